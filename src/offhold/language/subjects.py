"""The open part of a question: phrases that name something, without the words that only carry the question."""

from __future__ import annotations

import re

from offhold.language.carrier import CARRIER
from offhold.language.lexicon import CATEGORY_WORDS, CODE_WORDS, LOOSE_WORDS, RAILS
from offhold.language.normalise import words
from offhold.model.ask import Flow, Measure

_JOINS = re.compile(
    r"\bor\b|\band\b|\bplus\b|[,;/+|()?!:]|\bn\b|\bversus\b|\bvs\b|\bcompared (?:to|with)\b|\bthan\b|\bagainst\b|(?<=\s)&(?=\s)|\.(?=\s|$)"
)
_AT = re.compile(r"\bat (?P<name>[a-z][\w'-]*)")
_AMPERSAND = re.compile(r"\b\w+&\w+\b")
_NOT_NAMES = frozenset(
    "the a an my our all least most any each that this home work once it them which what present both either".split()
)
_PHRASES = sorted(
    (phrase for phrase in {**CATEGORY_WORDS, **LOOSE_WORDS, **CODE_WORDS} if " " in phrase), key=len, reverse=True
)
_TOWNS = frozenset(
    "new york|new orleans|new jersey|new mexico|new zealand|new delhi|las vegas|los angeles|st ives|little rock|la jolla|"
    "grand canyon|big sur|long island|round rock|great yarmouth|high wycombe".split("|")
)
"""Names of places that begin with an everyday word."""
_LONGEST = max(len(phrase.split()) for phrase in _PHRASES)
_QUALIFIED = frozenset(
    f"{word} {thing}" for word in ("late", "annual", "monthly", "card", "service") for thing in ("fee", "fees")
)
"""Where an everyday word narrows the one after it."""
_KNOWN_PHRASES = frozenset(_PHRASES) | _TOWNS | _QUALIFIED | frozenset(RAILS)
MEASURE_WORDS: dict[Measure, frozenset[str]] = {
    Measure.balance: frozenset("balance balances owe owed owing left available credit limit outstanding sitting debt remaining funds worth cleared".split()),
    Measure.twice: frozenset("twice double doubled duplicate duplicates duplicated 2x".split()),
    Measure.cash_flow: frozenset("cash flow cashflow net income earn earned earnings saved flow".split()),
    Measure.subscriptions: frozenset("subscriptions subscription subscribed subscribing recurring regular standing orders direct debits active live memberships".split()),
    Measure.next: frozenset("until till standing direct due renew renews renewal renewed upcoming".split()),
    Measure.price_change: frozenset("premium subscription rises jump jumped price prices hikes".split()),
    Measure.trend: frozenset("creep creeps creeping".split()),
    Measure.stopped: frozenset("stop stopped stops membership subscription still cancelled canceled cancel active".split()),
}  # fmt: skip
"""Words that belong to a measure's own way of being asked."""
FLOW_WORDS: dict[Flow, frozenset[str]] = {
    Flow.spending: frozenset(),
    Flow.pending: frozenset("pending cleared clear posted post settled settle uncleared hold processing hasnt havent authorised authorized yet still through".split()),
    Flow.refunds: frozenset("refund refunds refunded refunding return returns returned money back reimbursed reimbursement reimbursements credited chargeback chargebacks hit".split()),
    Flow.card_payments: frozenset("credit card cards visa mastercard amex pay paid off payment payments cc repayment repayments autopay towards down".split()),
    Flow.saved: frozenset("put move moved moving transfer transferred transfers transfered stash stashed aside save saved saves saving contribute contributed contribution contributions deposit deposited invest invested add added savings into away squirrel squirreled shift shifted sterling".split()),
    Flow.received: frozenset("receive received transfer transferred repaid repay back".split()),
    Flow.income: frozenset("income incomes earn earned earns earning earnings take-home home takehome deposit deposits deposited payout payouts paid pay money credit credits driving work job".split()),
}  # fmt: skip


def phrases(text: str, flow: Flow, measure: Measure = Measure.sum) -> tuple[tuple[str, ...], ...]:
    """The phrases of a text that carry content, in the order said."""
    if measure is Measure.compare:
        text = re.sub(r"\bwith\b", " vs ", text)
    found = (content(piece, flow, measure) for piece in _JOINS.split(text))
    return tuple(dict.fromkeys(phrase for phrase in found if phrase))


def content(piece: str, flow: Flow = Flow.spending, measure: Measure = Measure.sum) -> tuple[str, ...]:
    """The words of a piece that say something; a known phrase of several words stays one. A word after "at" is a name,
    whatever else it may mean."""
    named = {"".join(words(found["name"])) for found in _AT.finditer(piece)} - _NOT_NAMES
    named |= {word for joined in _AMPERSAND.findall(piece) for word in words(joined)}
    carried_here = FLOW_WORDS[flow] | MEASURE_WORDS.get(measure, frozenset())
    kept: list[str] = []
    said = words(piece)
    index = 0
    while index < len(said):
        size = next(
            (n for n in range(_LONGEST, 1, -1) if " ".join(said[index : index + n]) in _KNOWN_PHRASES),
            1,
        )
        phrase = " ".join(said[index : index + size])
        carried = phrase in carried_here or (phrase in CARRIER and phrase not in named)
        told_already = phrase in RAILS and set(phrase.split()) <= carried_here | CARRIER
        if (size > 1 and not told_already) or not carried and not told_already:
            kept.append(phrase)
        index += size
    return tuple(kept)
