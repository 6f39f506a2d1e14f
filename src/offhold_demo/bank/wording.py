"""What the pages say about accounts, permissions and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from offhold_demo.bank.config import Client
from offhold_demo.bank.consents import Consent
from offhold_demo.households import Household, Resource

_SHARED = (
    ({"ReadAccountsBasic", "ReadAccountsDetail"}, "Account names, types and currencies"),
    ({"ReadAccountsDetail"}, "Account numbers (of cards the last four digits) and the name on the account"),
    ({"ReadPAN"}, "Full card numbers"),
    ({"ReadBalances"}, "Balances"),
    ({"ReadTransactionsCredits"}, "Transactions: money coming in"),
    ({"ReadTransactionsDebits"}, "Transactions: money going out"),
    ({"ReadTransactionsDetail"}, "Who was paid, where, and the text of each transaction"),
    ({"ReadStatementsBasic", "ReadStatementsDetail"}, "Statements"),
    ({"ReadDirectDebits"}, "Direct debits"),
    ({"ReadStandingOrdersBasic", "ReadStandingOrdersDetail"}, "Standing orders"),
    ({"ReadScheduledPaymentsBasic", "ReadScheduledPaymentsDetail"}, "Scheduled payments"),
    ({"ReadBeneficiariesBasic", "ReadBeneficiariesDetail"}, "People and companies you have saved to pay"),
    ({"ReadParty", "ReadPartyPSU"}, "Your name as the bank holds it"),
    ({"ReadProducts"}, "Which product each account is"),
    ({"ReadOffers"}, "Offers the bank has made you"),
)

_TYPES = {"CurrentAccount": "Current account", "Savings": "Savings", "CreditCard": "Credit card"}


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account in a list. `number` is masked."""

    account_id: str
    nickname: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent in the customer's words."""

    consent_id: str
    client: str
    shared: list[str]
    history: str
    until: str
    since: str
    accounts: list[AccountLine]


def account_line(account: Resource) -> AccountLine:
    """The account with no more than the last four characters of its number."""
    number = account["Account"][0]["Identification"]
    kind = f"{_TYPES[account['AccountSubType']]}, {account['Currency']}"
    return AccountLine(account["AccountId"], account["Nickname"], kind, f"•••• {number[-4:]}")


def shared(consent: Consent) -> list[str]:
    """Every kind of data that the consent lets out, a line each."""
    return [text for permissions, text in _SHARED if permissions & consent.permissions]


def long_date(moment: datetime) -> str:
    """A date as people write it: 18 March 2026."""
    return f"{moment.day} {moment:%B %Y}"


def history(consent: Consent) -> str:
    """How far back and forward transactions go; empty where none are shared."""
    if not consent.permissions & {"ReadTransactionsBasic", "ReadTransactionsDetail"}:
        return ""
    first = f"from {long_date(consent.oldest)}" if consent.oldest else "as far back as the bank holds them"
    last = f" to {long_date(consent.newest)}" if consent.newest else ""
    return f"Transactions {first}{last}"


def view(consent: Consent, client: Client, household: Household, accounts: list[Resource]) -> ConsentView:
    """The consent with these accounts, dates in the customer's zone."""
    zone = ZoneInfo(household.timezone)
    until = long_date(consent.expires.astimezone(zone)) if consent.expires else "you stop it"
    return ConsentView(
        consent_id=consent.consent_id,
        client=client.name,
        shared=shared(consent),
        history=history(consent),
        until=until,
        since=long_date(consent.status_at.astimezone(zone)),
        accounts=[account_line(each) for each in accounts],
    )
