"""What a row is and which category it belongs to: by merchant category code, by name where the code is too coarse."""

from __future__ import annotations

import re
from enum import StrEnum

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

_COFFEE = re.compile(
    r"\b(?:coffee|caffe|cafe|espresso|roast\w*|kopi(?!tiam)\w*|kaya toast|toast box|ya kun|starbucks|blue bottle|peets?|costa|nero|"
    r"dutch bros|tim hortons|dunkin\w*|gregorys|philz|stumptown|black sheep|monmouth)\b"
)
_DELIVERY = re.compile(
    r"\b(?:doordash|uber ?eats|eats|deliveroo|just ?eat|grab ?food|food ?panda|grab|bolt food|grubhub|postmates|seamless|instacart)\b"
)
_NAMED_SUBSCRIPTION = re.compile(r"\b(?:spotify|netflix|disney|apple com bill|icloud|xbox|playstation plus|"
    r"nintendo|game pass|audible|adobe|dropbox|youtube|hulu|hbo|viu|prime)\b")  # fmt: skip
_PAYEES: tuple[tuple[str, str], ...] = (
    ("council_tax", r"\bcouncil\b|\bctax\b"),
    ("mortgage", r"\bmortgage\b|\bhdb\b|\bhome loan\b"),
    ("rent", r"\brent\b|\brental\b|\blettings?\b|\bproperty m\w*|\bproperties\b|\blandlord\b|\bapartments?\b|\bleasing\b"),
    ("housing_other", r"\bhoa\b|\bhomeowners\b"),
    ("childcare", r"\bnursery\b|\bdaycare\b|\bchildcare\b|\bpreschool\b"),
    ("education", r"\binstitut\b|\btuition\b|\bschool\b|\buniversity\b|\bcollege\b|\blearning\b"),
    ("subscriptions", r"\btv licen[cs]e\b|\bnews\b|\bguardian news\b"),
    ("insurance", r"\binsurance\b|\binsur\w*|\baviva\b|\bgeico\b|\bbupa\b|\bmedicare\b|\bstate farm\b|\ballstate\b|\bprudential\b|\baia\b|\bprogressive\b|\bhealthcare\b|\baarp\b|\bprem(?:ium)?\b"),
    ("electricity", r"\belectric\w*|\benergy\b|\bpower\b|\bpg e\b|\bcomed\b|\boctopus\b|\bovo\b|\bsp services\b|\butilities\b|\bedf\b|\beon\b|\bcon ed\w*|\bedison\b"),
    ("gas", r"\bgas\b"),
    ("water", r"\bwater\b|\bmud\b|\bthames\b|\bsewer\b|\bcity of .*utilit\w+"),
    ("internet", r"\bcomcast\b|\bxfinity\b|\bbroadband\b|\bbt group\b|\bvirgin media\b|\bfib(?:re|er)\b|\bspectrum\b|\binternet\b|\bcable\b|\bsky\b|\bstarhub\b|\bmyrepublic\b"),
    ("phone", r"\bmobile\b|\btmobile\b|\bverizon\b|\bat t\b|\bee limited\b|\bvoxi\b|\bsingtel\b|\bwireless\b|\bo2\b|\bvodafone\b|\bcricket\b|\btelecom\b|\bphone\b"),
    ("taxes", r"\birs\b|\bhmrc\b|\biras\b|\btax(?:es)?\b|\btreasurer\b|\bdvla\b|\bcounty\b|\btxdmv\b"),
    ("loan", r"\bloan\b|\bfinance\b|\bfinancial\b|\bnelnet\b|\bnavient\b|\bcredit corp\b|\bauto pmt\b"),
    ("charity", r"\bcharity\b|\bdonation\b|\bchurch\b|\bparish\b|\bfoundation\b|\bred cross\b|\boxfam\b|\bnational trust\b"),
    ("fitness", r"\bgym\b|\bfitness\b|\byoga\b|\bactive\b|\bleisure\b"),
    ("other", r"\bbetahaus\b|\bcowork\w*|\bcheck(?: \d+| paid|$)|\bcheque\b|\bchk\b"),
)  # fmt: skip
_PAYEE_RULES = tuple((key, re.compile(pattern)) for key, pattern in _PAYEES)
_PERSON = re.compile(r"\b(?:zelle|venmo|paynow|faster payment|fast transfer|cash app|bizum|p2p|fpo|fpi)\b")
_OWN = re.compile(
    r"\btransfer (?:to|from)\b|\b(?:online|internal) transfer\b|\bown account\b|\bbkg svc\b|\bbrokerage\b|\bmoneyline\b|"
    r"\bvanguard\b|\bschwab\b|\btrading 212\b|\bto savings\b|\bfrom savings\b"
)
_CARD_PAYMENT = re.compile(
    r"\bcredit card\b|\bautopay\b|\bpayment (?:received )?thank you\b|\bcard payment\b|\bcrd? (?:auto)?pay\b|\bcc payment\b|\bpayment cc\b|\bthank you\b"
)
_REVERSAL = re.compile(r"\b(?:reversal|rvsl)\b")
_PAYROLL = re.compile(
    r"\b(?:payroll|salary|dir dep|wages|pay|pension|benefit|invoice|inv|ssa|treas|giro salary|payout)\b"
)
_FEE = re.compile(r"\b(?:fee|fees|charge|chg)\b")
_CARD_CODES = ("CustomerCardTransactions", "CCRD")


def said(row: Transaction) -> str:
    """Everything the row says about its other side, as plain words."""
    return " ".join(words(f"{row.merchant_name} {row.description} {row.payee}"))


def kind(row: Transaction) -> Kind:
    """What sort of movement a row is."""
    text = said(row)
    if row.direction is Direction.debit:
        return _debit(row, text)
    return _credit(row, text)


def _is_card(row: Transaction) -> bool:
    return row.code in _CARD_CODES or bool(row.mcc) or row.own_code == "POS"


def _is_cash(row: Transaction, text: str) -> bool:
    coded = row.sub_code in ("CashWithdrawal", "CWDL") or row.own_code == "ATM"
    return coded or ("atm" in text.split() and "fee" not in text) or text.startswith("cash ")


def _debit(row: Transaction, text: str) -> Kind:
    if _is_cash(row, text) and not _FEE.search(text):
        return Kind.cash
    if row.sub_code in ("Fees", "FEES", "CHRG") or row.own_code == "CHG" or "interest charge" in text:
        return Kind.fee
    if _is_card(row):
        return Kind.purchase
    if _CARD_PAYMENT.search(text):
        return Kind.card_payment
    if _OWN.search(text) or row.own_code == "TFR":
        return Kind.own_transfer
    return Kind.sent if _PERSON.search(text) and not _organisation(text) else Kind.bill


def _credit(row: Transaction, text: str) -> Kind:
    if _is_card(row):
        return Kind.reversal if _REVERSAL.search(text) else Kind.refund
    if row.sub_code in ("Interest", "INTR") or row.own_code == "INT" or "interest" in text.split():
        return Kind.interest
    if _CARD_PAYMENT.search(text):
        return Kind.card_payment
    if _OWN.search(text) or row.own_code == "TFR":
        return Kind.own_transfer
    if _REVERSAL.search(text):
        return Kind.reversal
    if re.search(r"\b(?:refund|refunded|returned)\b", text) and "tax" not in text:
        return Kind.refund
    return Kind.received if _PERSON.search(text) and not _PAYROLL.search(text) else Kind.income


def _organisation(text: str) -> bool:
    return bool(re.search(r"\b(?:ltd|limited|llc|inc|plc|llp|gmbh|pte|property|council|clean\w*)\b", text))


def category(row: Transaction, what: Kind) -> str:
    """The leaf category of a row of that kind."""
    text = said(row)
    if what is Kind.cash:
        return "cash"
    if what is Kind.fee:
        return _fee(text)
    if what is Kind.sent and re.search(r"\b(?:ref|for) rent\b", text):
        return "rent"
    if what in (Kind.sent, Kind.received):
        return "people"
    if what is Kind.refund and not row.mcc and _FEE.search(text):
        return _fee(text)
    if row.mcc:
        return _by_code(row.mcc, text)
    return next((key for key, pattern in _PAYEE_RULES if pattern.search(text)), "other")


def _fee(text: str) -> str:
    if re.search(r"\b(?:foreign|non sterling|fx|ccy|currency|conversion|overseas|international|cross border)\b", text):
        return "fx_fees"
    return "atm_fees" if "atm" in text.split() else "fees"


def _by_code(mcc: str, text: str) -> str:
    if "3000" <= mcc <= "3299":
        return "flights"
    if "3351" <= mcc <= "3441":
        return "travel_other"
    if "3501" <= mcc <= "3999":
        return "hotels"
    if mcc in ("5812", "5814") and _DELIVERY.search(text):
        return "delivery"
    if mcc == "5814" and _COFFEE.search(text):
        return "coffee"
    if mcc == "5942" and re.search(r"\b(?:amazon|amzn|amz)", text):
        return "online_shopping"
    if mcc in ("5816", "4814") and _NAMED_SUBSCRIPTION.search(text):
        return "subscriptions"
    if mcc == "4722" and re.search(r"\b(?:airbnb|agoda|booking)\b", text):
        return "hotels"
    if mcc == "6300" and re.search(r"\b(?:pet|paws|trupanion|petplan|vet)\w*\b", text):
        return "pets"
    if mcc == "5300" and re.search(r"\b(?:membership|renewal)\b", text):
        return "subscriptions"
    return _MCC.get(mcc, "other")
