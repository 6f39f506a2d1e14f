"""What a row is and which category it belongs to: by merchant category code, by name where the code is too coarse."""

from __future__ import annotations

import re
from enum import StrEnum

from offhold.answers import names
from offhold.language.normalise import words
from offhold.model.ledger import Direction, Transaction


class Kind(StrEnum):
    purchase = "purchase"
    bill = "bill"
    cash = "cash"
    fee = "fee"
    sent = "sent"
    refund = "refund"
    reversal = "reversal"
    income = "income"
    interest = "interest"
    received = "received"
    own_transfer = "own-transfer"
    card_payment = "card-payment"


SPENDING = frozenset({Kind.purchase, Kind.bill, Kind.cash, Kind.fee, Kind.sent})

_MCC: dict[str, str] = {
    code: key
    for key, codes in {
        "groceries": "5411 5300",
        "restaurants": "5812",
        "fast_food": "5814",
        "bars": "5813",
        "rideshare": "4121",
        "public_transport": "4111 4112",
        "fuel": "5541 5542",
        "parking": "7523",
        "car": "7512 5532 5533 7538",
        "hotels": "7011",
        "travel_other": "4722",
        "online_shopping": "5262 5931 5945 5964",
        "general": "5310 5311 5399",
        "clothing": "5651 5661",
        "sports": "5941",
        "home": "5200 5211 5712",
        "electronics": "5732",
        "books": "5942",
        "other_shop": "5994",
        "subscriptions": "4899 5734 5815 5818 5968 7273",
        "entertainment": "7832 7922 7941 7991 7995 7996 5816",
        "phone": "4814",
        "pharmacy": "5912",
        "medical": "8011 8021 8043 8062 8099",
        "fitness": "7997",
        "insurance": "6300",
        "kids": "7032",
        "education": "8299",
        "pets": "0742 5995",
        "personal_care": "7230",
        "charity": "8398",
        "taxes": "9399",
        "loan": "6012",
        "remittance": "4829",
        "other": "7392",
    }.items()
    for code in codes.split()
}

_COFFEE, _DELIVERY, _NAMED_SUBSCRIPTION, _BROADBAND = map(
    names.pattern, (names.COFFEE, names.DELIVERY, names.SUBSCRIPTIONS, names.BROADBAND)
)
_PAYEE_RULES = tuple((key, names.pattern(known)) for key, known in names.PAYEES)
_PERSON = re.compile(
    r"\b(?:zelle|venmo|paynow|faster payment|fast transfer|cash app|bizum|p2p|revolut|monzo|interac)\b"
)
_OWN = re.compile(
    r"\btransfer (?:to|from)\b|\b(?:online|internal|funds) transfer\b|\bown account\b|\bbkg svc\b|\bbrokerage\b|\bmoneyline\b|"
    r"\bvanguard\b|\bschwab\b|\btrading 212\b|\bto savings\b|\bfrom savings\b|\bfidelity\b|\brobinhood\b|\be ?trade\b|\bhargreaves\b|"
    r"\bdegiro\b|\binteractive brokers\b|\bfreetrade\b|\bwealthfront\b|\bbetterment\b|\bnutmeg\b|\bsyfe\b|\bendowus\b|\bstashaway\b|\bmoomoo\b|\btiger brokers\b"
)
_CARD_PAYMENT = re.compile(
    r"\bcredit card\b|\bautopay\b|\bpayment (?:received )?thank you\b|\bcard payment\b|\bcrd? (?:auto)?pay\b|\bcc payment\b|\bpayment cc\b|\bthank you\b|\bpayment received\b|\bcard autopay\b|\bepayment\b|\bbill payment cc\b"
)
_REVERSAL = re.compile(r"\b(?:reversal|reversed|rvsl)\b")
_PAYROLL = re.compile(
    r"\b(?:payroll|salary|dir dep|direct dep\w*|wages|pay|pension|benefit|invoice|inv|ssa|treas|giro salary|payout|dividend)\b"
)
_FEE = re.compile(r"\b(?:fee|fees|charge|charges|chg)\b")
_CARD_CODES = ("CustomerCardTransactions", "CCRD")
_CHARGED = ("Fees", "FEES", "CHRG")


def said(row: Transaction) -> str:
    """Everything the row says about its other side, as plain words."""
    return " ".join(words(f"{row.merchant_name} {row.description} {row.payee}"))


def kind(row: Transaction) -> Kind:
    """What sort of movement a row is."""
    if row.mcc and row.direction is Direction.debit and row.own_code != "ATM":
        return Kind.purchase
    text = said(row)
    return _debit(row, text) if row.direction is Direction.debit else _credit(row, text)


def _is_card(row: Transaction) -> bool:
    return row.code in _CARD_CODES or bool(row.mcc) or row.own_code == "POS"


def _debit(row: Transaction, text: str) -> Kind:
    cash = row.sub_code in ("CashWithdrawal", "CWDL") or row.own_code == "ATM" or "atm" in text.split()
    if (cash or text.startswith("cash ")) and not _FEE.search(text):
        return Kind.cash
    if row.sub_code in _CHARGED or row.own_code == "CHG" or "interest charge" in text:
        return Kind.fee
    if _is_card(row):
        return Kind.purchase
    if _CARD_PAYMENT.search(text):
        return Kind.card_payment
    if row.own_code in ("FPO", "P2P"):
        return Kind.sent
    if row.own_code == "TFR" or _OWN.search(text):
        return Kind.own_transfer
    return Kind.sent if _PERSON.search(text) and not _organisation(text) else Kind.bill


def _credit(row: Transaction, text: str) -> Kind:
    if _REVERSAL.search(text):
        return Kind.reversal
    if _is_card(row):
        return Kind.refund
    if row.sub_code in ("Interest", "INTR") or row.own_code == "INT":
        return Kind.interest
    if row.sub_code in _CHARGED or row.own_code == "CHG":
        return Kind.refund
    if row.own_code in ("FPI", "P2P"):
        return Kind.received
    if _CARD_PAYMENT.search(text):
        return Kind.card_payment
    if row.own_code == "TFR" or _OWN.search(text):
        return Kind.own_transfer
    if "interest" in text.split():
        return Kind.interest
    if re.search(r"\b(?:refund|refunded|returned)\b", text) and "tax" not in text:
        return Kind.refund
    return Kind.received if _PERSON.search(text) and not _PAYROLL.search(text) else Kind.income


def _organisation(text: str) -> bool:
    return bool(re.search(r"\b(?:ltd|limited|llc|inc|plc|llp|gmbh|pte|property|council)\b", text))


def category(row: Transaction, what: Kind) -> str:
    """The leaf category of a row of that kind."""
    if row.mcc and what in (Kind.purchase, Kind.refund, Kind.reversal):
        return _by_code(row)
    if what is Kind.cash:
        return "cash"
    text = said(row)
    if what is Kind.fee or (what is Kind.refund and (row.own_code == "CHG" or _FEE.search(text))):
        return _fee(text)
    if what is Kind.sent and re.search(r"\brent$|\b(?:ref|for) rent\b(?! [a-z]+ [a-z]+| (?!\S{6,}$)[a-z]+$)", text):
        return "rent"
    if what in (Kind.sent, Kind.received):
        return "people"
    return next((key for key, pattern in _PAYEE_RULES if pattern.search(text)), "other")


def _fee(text: str) -> str:
    if re.search(
        r"\b(?:foreign|non sterling|fx|ccy|currency|conversion|overseas|international|cross border|non euro)\b", text
    ):
        return "fx_fees"
    return "atm_fees" if "atm" in text.split() else "fees"


def _by_code(row: Transaction) -> str:
    mcc = row.mcc
    if "3000" <= mcc <= "3299":
        return "flights"
    if "3351" <= mcc <= "3441":
        return "travel_other"
    if "3501" <= mcc <= "3999":
        return "hotels"
    if mcc in _NAMED:
        text = said(row)
        for pattern, key in _NAMED[mcc]:
            if pattern.search(text):
                return key
    return _MCC.get(mcc, "other")


_AIRBNB = re.compile(r"\b(?:airbnb|agoda|booking|hotels? com|expedia|vrbo|hostelworld)\b")
_NAMED: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "5812": ((_DELIVERY, "delivery"),),
    "5814": ((_DELIVERY, "delivery"), (_COFFEE, "coffee")),
    "5942": ((re.compile(r"\b(?:amazon|amzn|amz)"), "online_shopping"),),
    "5816": ((_NAMED_SUBSCRIPTION, "subscriptions"),),
    "4814": ((_NAMED_SUBSCRIPTION, "subscriptions"), (_BROADBAND, "internet")),
    "4722": ((_AIRBNB, "hotels"),),
    "6300": ((re.compile(r"\b(?:pet|pets|paws|trupanion|petplan|vet|manypets|animal|embrace|figo)\w*\b"), "pets"),),
    "5300": ((re.compile(r"\b(?:membership|renewal|annual)\b"), "subscriptions"),),
}
"""Codes that are too coarse: the name decides first."""
