"""The 21 permission codes of an account access consent, and which combinations a server must turn down."""

from __future__ import annotations

from collections.abc import Sequence

from offhold_demo.bank.refusals import invalid

PERMISSIONS = frozenset(
    {
        "ReadAccountsBasic",
        "ReadAccountsDetail",
        "ReadBalances",
        "ReadBeneficiariesBasic",
        "ReadBeneficiariesDetail",
        "ReadDirectDebits",
        "ReadOffers",
        "ReadPAN",
        "ReadParty",
        "ReadPartyPSU",
        "ReadProducts",
        "ReadScheduledPaymentsBasic",
        "ReadScheduledPaymentsDetail",
        "ReadStandingOrdersBasic",
        "ReadStandingOrdersDetail",
        "ReadStatementsBasic",
        "ReadStatementsDetail",
        "ReadTransactionsBasic",
        "ReadTransactionsCredits",
        "ReadTransactionsDebits",
        "ReadTransactionsDetail",
    }
)

Need = tuple[frozenset[str], ...]
"""Permissions that a resource takes: one of each set."""


def one_of(*names: str) -> frozenset[str]:
    """Any one of these will do."""
    return frozenset(names)


ACCOUNTS: Need = (one_of("ReadAccountsBasic", "ReadAccountsDetail"),)
BALANCES: Need = (one_of("ReadBalances"),)
BENEFICIARIES: Need = (one_of("ReadBeneficiariesBasic", "ReadBeneficiariesDetail"),)
DIRECT_DEBITS: Need = (one_of("ReadDirectDebits"),)
OFFERS: Need = (one_of("ReadOffers"),)
PARTY: Need = (one_of("ReadParty"),)
PARTY_PSU: Need = (one_of("ReadPartyPSU"),)
PRODUCTS: Need = (one_of("ReadProducts"),)
SCHEDULED_PAYMENTS: Need = (one_of("ReadScheduledPaymentsBasic", "ReadScheduledPaymentsDetail"),)
STANDING_ORDERS: Need = (one_of("ReadStandingOrdersBasic", "ReadStandingOrdersDetail"),)
STATEMENTS: Need = (one_of("ReadStatementsBasic", "ReadStatementsDetail"),)
_DEPTH = one_of("ReadTransactionsBasic", "ReadTransactionsDetail")
_SIDES = one_of("ReadTransactionsCredits", "ReadTransactionsDebits")
TRANSACTIONS: Need = (_DEPTH, _SIDES)


def allowed(need: Need, held: frozenset[str]) -> bool:
    """Whether the permissions held cover the need."""
    return all(group & held for group in need)


def check_permissions(asked: Sequence[str]) -> None:
    """Turn down what the profile forbids ("Permissions" of account-access-consents). Raises Refused (400)."""
    path = "Data.Permissions"
    if not asked:
        raise invalid("U004", "At least one permission is needed.", path)
    unknown = sorted(set(asked) - PERMISSIONS)
    if unknown:
        raise invalid("U002", f"Not a permission: {unknown[0]}", path)
    held = frozenset(asked)
    if not allowed(ACCOUNTS, held):
        raise invalid("U004", "ReadAccountsBasic or ReadAccountsDetail is needed.", path)
    if bool(held & _DEPTH) != bool(held & _SIDES):
        raise invalid("U004", "Transactions need Basic or Detail, and Credits or Debits.", path)
