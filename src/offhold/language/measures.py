"""What is asked for: which rows (flow), what over them (measure), and in which form (wanted)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from offhold.language.cues import CUES, FLOWS, GROUPED
from offhold.model.ask import Flow, Measure, Wanted

_NOT_INCOME = re.compile(
    r"\binterest (?:\w+ )?(?:charged|charges?|paid on|i paid|we paid)\b|\binterest (?:was|were|did|have|has) (?:i|we) (?:\w+ )?(?:charged|pay|paid)\b|\bincome tax\b|\b(?:purchases?|payments?|transactions?|orders?|trips?|visits?|transfers?|withdrawals?)\b.{0,40}\b(?:i|we) (?:\w+ )?ma[dk]e\b|\bcharged (?:\w+ )*interest\b|\boverdraft interest\b|\b(?:pension|salary) (?:contribution|sacrifice)\b|\bcost of benefits\b"
)
_FLOW_RULES = tuple((flow, re.compile("|".join(patterns))) for flow, patterns in FLOWS)
_ASIDE_REFUND = re.compile(
    r"\b(?:before|ignoring|without|gross of|not counting|excluding) (?:any )?(?:refunds|returns)\b"
)


@dataclass(frozen=True, slots=True)
class Cue:
    """What a phrase gives away. `group_by` and `unit` as in Ask."""

    measure: Measure
    group_by: str = ""
    unit: str = ""


_GROUP = {
    "categories": "category", "type": "category", "merchant": "merchant", "shop": "merchant", "store": "merchant",
    "retailer": "merchant", "payee": "merchant", "place": "merchant", "vendor": "merchant", "monthly": "month",
    "weekly": "week", "daily": "day", "yearly": "year", "annual": "year", "quarterly": "quarter", "company": "merchant",
    "card": "account", "supermarket": "merchant", "restaurant": "merchant", "utility": "merchant", "brand": "merchant",
    "day of the week": "weekday", "weekday": "weekday", "dow": "weekday", "airline": "merchant", "pub": "merchant",
    "bar": "merchant", "cafe": "merchant", "app": "merchant", "business": "merchant", "kind": "category", "area": "category",
    "sort": "category", "utilitie": "merchant", "compan": "merchant", "businesse": "merchant", "bucket": "category",
}  # fmt: skip
_CUE_RULES = tuple((measure, re.compile("|".join(patterns))) for measure, patterns in CUES)
_BALANCE = re.compile(
    r"\bbalances?\b|\bhow much (?:money |cash |funds |do (?:i|we) |have (?:i|we) |is |i |we )*(?:have|got|is|do i have)?(?: got| left| sitting| available)? ?(?:in|on|inside|within) (?:my|the|our|that)? ?(?:[\w']+ ){0,3}(?:account|accounts|savings?|saver|checking|chequing|current|isa|pot|card|visa|mastercard|amex|wallet|bank|money market|joint|multiplier)\b(?!.{0,30}\b(?:spend|spent|spending|this|last|since))"
    r"|\bhow much (?:money |cash |funds )?(?:do|have|has) (?:i|we) (?:have|got)\b(?! (?:i|we|spent|paid|to pay|on (?!my|the|hand)|for))(?!.{0,20}\b(?:spent|paid|sent|saved|put|earned|made|pending|refund\w*|withdrawn|left to))"
    r"|\bwhat(?:'s| is|s| do (?:i|we) have|'ve i got| have (?:i|we) got)\b.{0,10}\b(?:in|left (?:in|on)|sitting in|left) (?:(?:my|the|our) |(?=checking|savings|current|joint))(?:\w+ ?){0,3}\b(?!.{0,20}pending)"
    r"|\b(?:available|left|remaining)\b.{0,25}\b(?:credit|limit|balance|card|to spend|right now|now|funds|money)\b|\bcredit (?:left|available|remaining|limit)\b|\b(?:do|does|did) (?:i|we) owe\b|\bowed? on\b|\bi owe\b|\boutstanding\b.{0,20}\b(?:amount|balance|card|on)?\b|\bsitting at\b|\b(?:amount|money|much)\b.{0,15}\bavailable\b|\bcard debt\b|\btotal (?:across|in|of|over) (?:all )?(?:(?:of )?(?:my|our|the) )?accounts\b|\bhow much (?:is )?(?:inside|in there)\b|\bhow much (?:is|have i got|have we got|do i have|money is|money's|s) (?:left )?(?:in|on) \w+|\ball my money\b|\b(?:money|cash|funds) (?:left|sitting)\b|\bmy total (?:money|funds|cash)\b|\bwhat am i worth\b|\bhow much (?:do|did) we have\b|\bdo (?:i|we) have (?:any |enough )?(?:money|cash|funds) (?:in|left)\b|\bhow much in (?:my |the |our )?(?!total|fees|rent|tax|interest|refunds|january|february|march|april|may|june|july|august|september|october|november|december)[\w ]{2,20}$"
)
_NOT_BALANCE = re.compile(
    r"\b(?:spen[dt]|spending|transactions?|purchases?|refund\w*|pending|interest|charges?|fees?|paid|transfer\w*|moved?|put|saved|went|rides?|orders?|buy|bought|withdr\w+)\b"
)
_AVAILABLE = re.compile(r"\bavailable\b|\bleft\b|\bremaining\b|\bcredit limit\b|\bto spend\b|\bspendable\b")
_WANTED: tuple[tuple[Wanted, str], ...] = (
    (Wanted.count, r"\bhow (?:many|often|frequently)\b|\bnumber of\b|\boften\b|\bmore times\b|\b(?:go|went|been|visit\w*|eat|ate|shop\w*) (?:to |at )?(?:\w+ )?more\b(?! on)|\b(?:use|used) more\b|\bmost (?:often|frequent\w*|visited)\b|\b(?:go|went|been|shop|eat|visit)\w* (?:to )?(?:the )?most\b|\bmost (?:go|visit)\w*\b"),
    (Wanted.date, r"\bwhen\b|\bwhat (?:day|date)\b|\bwhich date\b|\bhow long (?:ago|since)\b"),
    (Wanted.amount, r"\bhow much\b|\btotal\b|\bcome to\b|\bcame to\b|\baltogether\b|\badd(?:s|ed)? up\b|\bsum\b|\bwhat (?:did|does|do|was|were|is)\b.{0,40}\bcosts?\b|\bamount\b|\bwhat'?s? (?:did|have|do|does|has) (?:i|we) (?:\w+ )?(?:spen[dt]|pa(?:y|id))\b"),
    (Wanted.list, r"\b(?:list|show|see|display|view)\b|\bwhich (?:transactions|purchases|payments|charges|orders)\b"),
    (Wanted.name, r"\bwhich\b|\bwho\b|\bwhere\b"),
    (Wanted.yes_no, r"^(?:\W|so |and |ok |hey |hi )*(?:did|have|has|had|was|were|is|are|any|am|do|does)\b"),
)  # fmt: skip
_WANTED_RULES = tuple((wanted, re.compile(pattern)) for wanted, pattern in _WANTED)
_UNIT_WORDS = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year", "annual": "year"}
_LOWEST = re.compile(r"\b(?:least|lowest|cheapest|fewest|cheaper|smallest)\b")
_COUNTED = re.compile(
    r"\bhow (?:many|often)\b|\bgo(?:ing)? to (?:the )?(?:more|most)\b|\bnumber of\b|\boften\b|\buse[ds]? (?:the )?(?:more|most)\b|\bvisit\w* (?:the )?(?:more|most)\b|\bmore times\b|\b(?:times|visits|trips|orders|rides)\b.{0,20}\b(?:more|most)\b|\bgo(?:ne|ing)? (?:the )?(?:more|most)\b|\bmost (?:frequent\w*|often)\b|\bwhere do (?:i|we) (?:shop|eat|go|drink) (?:the )?most\b|\b(?:go|went|eat|ate|shop|drink|drank)\b.{0,30}\bmore than\b|\bi go to more\b|\bgo more\b"
)
_PER_VISIT = re.compile(
    r"\b(?:bill|premium|rent|subscription|payment)s? (?:any )?(?:higher|lower|bigger|smaller|more|less) than\b|\b(?:is|are|was|were)\b.{0,40}\b(?:more expensive|cheaper|dearer|pricier) than\b|\bper (?:visit|trip|purchase|order|ride|time|shop|meal|go|transaction)\b|\b(?:average|avg|typical)\b|\beach time\b"
)


def flow(text: str) -> Flow | None:
    """Which rows a text names, None when it names none in particular."""
    text = _ASIDE_REFUND.sub(" ", text)
    for found, pattern in _FLOW_RULES:
        if pattern.search(text) and not (found is Flow.income and _NOT_INCOME.search(text)):
            return found
    return None


def cue(text: str) -> Cue | None:
    """The measure that a text names, None when it names none."""
    for measure, pattern in _CUE_RULES:
        found = pattern.search(text)
        if found is None:
            continue
        groups = {name: value for name, value in found.groupdict().items() if value}
        unit = next((value for name, value in groups.items() if name.startswith("unit")), "")
        group = next((value for name, value in groups.items() if name.startswith("group")), "")
        return Cue(measure, _grouping(measure, group, text), _UNIT_WORDS.get(unit, unit))
    return None


def _grouping(measure: Measure, said: str, text: str) -> str:
    if measure is Measure.breakdown:
        named = _GROUP.get(said.rstrip("s"), said.rstrip("s"))
        if not named and (other := re.search(rf"\b(?:by|per|each|every|into) {GROUPED}\b", text)):
            named = _GROUP.get(other["group"], other["group"])
        return named or "category"
    if measure is Measure.top:
        named = _GROUP.get(said.rstrip("s"), said.rstrip("s"))
        if named in ("categorie", "categor", "category", "area") or re.search(
            r"\bwhat (?:do|did|have) (?:i|we) (?:\w+ )?sp\w+\b.{0,20}\bmost\b|\bcategor|\bspending categor|\bexpenses\b",
            text,
        ):
            return "category"
        if re.search(r"\bdays? of the week\b|\bweekday\b", text):
            return "weekday"
        unit = re.search(r"\b(?:which|what|single|one|any|expensive) (day|week|month|weekday|quarter|year)\b", text)
        return (
            unit[1]
            if unit
            else named
            if named in ("day", "week", "month", "quarter", "year", "weekday")
            else "merchant"
        )
    return ""


def wanted(text: str) -> Wanted | None:
    """The form of answer asked for."""
    return next((form for form, pattern in _WANTED_RULES if pattern.search(text)), None)


def asks_balance(text: str) -> bool:
    """Whether what is in an account is asked, not what went through it."""
    if re.search(r"\bbalances?\b|\bowed?\b(?! me)|\bleft on\b|\bcredit (?:left|limit)\b", text):
        return not re.search(r"\bbalance transfer|\b(?:owes?|owed?) me\b", text)
    return "|" not in text and bool(_BALANCE.search(text)) and not _NOT_BALANCE.search(text)


def available(text: str) -> bool:
    """Whether it is what can be spent, with pending items off and credit in."""
    return bool(_AVAILABLE.search(text))


def of(text: str) -> Measure:
    """What a comparison or a ranking weighs: money, times, or money a time."""
    if _PER_VISIT.search(text):
        return Measure.average
    return Measure.count if _COUNTED.search(text) else Measure.sum


def lowest(text: str) -> bool:
    """Whether the small end of a ranking is meant."""
    return bool(_LOWEST.search(text))
