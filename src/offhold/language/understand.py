"""Text → Ask. Closed parts by grammars, each taking its words out; what is left over is the subject, to be found in the
customer's own rows. Nothing that carries content is dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from offhold.language import amounts, measures, periods, scope, slots
from offhold.language.calendar import a_year_before
from offhold.language.carrier import ASIDES
from offhold.language.commands import Intent, abusive, command
from offhold.language.normalise import plain, words
from offhold.language.spelling import spelled
from offhold.language.subjects import content, phrases
from offhold.model.ask import Ask, Flow, Measure, Wanted
from offhold.model.period import Period


@dataclass(frozen=True, slots=True)
class Understood:
    """`reason` says why something is declined. `named`: the slots that the message itself fills. `partial`: it makes
    sense only on the ask before; `refers`: it points at something said before ("there", "those")."""

    intent: Intent
    ask: Ask | None = None
    reason: str = ""
    named: frozenset[str] = frozenset()
    partial: bool = False
    refers: bool = False
    both: bool = False


_ASIDES = re.compile(ASIDES)
_SPEND = re.compile(
    r"\b(?:how much|what did|what do|what have|spend\w*|spent|cost|costs|paid|pay|blow|blew|drop(?:ped)?|burn\w*|splurge\w*|went on|expenses?|outgoings?|"
    r"damage|paying|charged|sent|send|gave|give|fork\w*|shell\w*|splash\w*|withdr\w+|take out|took out|pulled out)\b"
)
_SPOKEN = re.compile(r"\b(?:total|sum|money on|amount|tally|tab|spend\w*)\b")
_CONNECTED = re.compile(
    r"^(?:and|what about|how about|or|then|just|only|same|ok so|so|now|no|nope|also|but|actually|sorry|i meant?|instead|make (?:it|that)|for|in|on|at|with|without|excluding|except|vs|versus|compared?|add)\b"
)
_REFERS = re.compile(
    r"\b(?:that place|the place|there(?! any| been| a| is| was| were)|the other day|that thing|the thing|the usual|him|her|them|those|these|they|both|it|that one|"
    r"which one|same|that(?= than|\?|$|\.| more| cost| in | come)|the former|the latter|this one|each of them)\b"
)
_ITS_OWN = re.compile(r"\b(?:it|that|this)(?:'?s)? (?:been|possible|true|right)\b|\bis it\b.{0,8}\b(?:possible)\b")
_BOTH = re.compile(r"\b(?:both|together|combined|add (?:them|those|these|both)|the two|all of them)\b")
_QUESTION_START = r"(?:how|what|what's|whats|did|has|have|when|which|is|are|was|were|show|list|who|where|do|does|any|can|tell|compare)"
_CLAUSE = re.compile(rf"[?!;\n]+\s*|\.\s+|,? (?:and|also|plus)(?: also| then)? (?={_QUESTION_START}\b)")


def understand(message: str, today: date, locale: str, anchor: Period | None = None) -> tuple[Understood, ...]:
    """What a message means on `today` (the customer's date): mostly one thing, several where it asks several.

    `anchor` is the period spoken of before, for "the month before that".
    """
    text = spelled(plain(message)).strip(" .!?,;:")
    whole = _one(text, today, locale, anchor)
    if whole.intent is not Intent.ask:
        return (whole,)
    pieces = [piece.strip(" .!?,;:") for piece in _CLAUSE.split(text)]
    pieces = [piece for piece in pieces if piece]
    if not 1 < len(pieces) <= 4:
        return (whole,)
    parts = tuple(_one(piece, today, locale, anchor) for piece in pieces)
    return parts if all(map(_whole, parts)) and len({_topic(part) for part in parts}) == len(parts) else (whole,)


def _whole(part: Understood) -> bool:
    """Whether a clause is a question by itself."""
    return (
        part.intent is Intent.ask
        and not part.partial
        and not part.refers
        and "measure" in part.named
        and part.ask is not None
    )


def _topic(part: Understood) -> tuple[object, ...]:
    ask = part.ask
    return (ask.measure, ask.flow, ask.subjects, ask.account, ask.periods) if ask else ()


def _one(text: str, today: date, locale: str, anchor: Period | None) -> Understood:
    said = words(text)
    if not said:
        return Understood(Intent.unknown)
    if len(said) > scope.MAX_WORDS:
        return Understood(Intent.too_long)
    if intent := command(text):
        return Understood(intent)
    if scope.foreign(text):
        return Understood(Intent.foreign)
    if reason := scope.declined(text):
        return Understood(Intent.decline, reason=reason)
    if scope.vague(text):
        return Understood(Intent.vague)
    return _question(text, said, today, locale, anchor)


def _question(text: str, said: tuple[str, ...], today: date, locale: str, anchor: Period | None) -> Understood:
    tidy, without, gross = slots.without(text)
    tidy = _ONLY_AT.sub(" at ", _ASIDES.sub(" ", tidy))
    tidy, since_payday = _SINCE_PAYDAY.subn(" ", tidy)
    found = periods.find(tidy, today, locale, anchor)
    if found.no_day:
        return Understood(Intent.decline, reason="no-day")
    if found.future:
        return Understood(Intent.decline, reason="future")
    if _PART_OF_PERIOD.search(found.rest):
        return Understood(Intent.part_of_period)
    if _MONTHS_OVER.search(found.rest) or _TIME_OF_DAY.search(found.rest):
        return Understood(Intent.part_of_period)
    if _THINGS_COUNTED.search(found.rest) and not re.search(r"\b(?:since|ago|until|till)\b", found.rest):
        return Understood(Intent.vague)
    rest, bounds = amounts.bounds(found.rest)
    rest, weekdays, against = slots.weekdays(rest)
    cue = measures.cue(rest)
    balance = measures.asks_balance(rest) and not (cue and cue.measure is Measure.subscriptions)
    flow = measures.flow(rest) or Flow.spending
    if balance and _CREDIT_LEFT.search(rest) and "card" not in rest:
        rest += " on my card"
    rest, limit, rank = slots.limit(rest)
    rest, account, to_account = (rest, "", "") if flow is Flow.card_payments else slots.account(rest)
    measure = (
        Measure.balance
        if balance and flow in (Flow.spending, Flow.saved, Flow.income)
        else _measure(cue, flow, text, bool(bounds), bool(found.periods))
    )
    if to_account and flow is Flow.spending and measure is Measure.sum:
        flow = Flow.saved
    subjects = _shared(rest) if measure is Measure.share else phrases(rest, flow, measure)
    if not subjects and measure in (Measure.biggest, Measure.smallest) and re.search(r"\bbills?\b", rest):
        subjects = (("bills",),)
    if measure is Measure.top and not subjects and _SENT_TO_WHOM.search(rest):
        subjects = (("people",),)
    if against and measure is not Measure.breakdown:
        measure = Measure.compare
    ask = Ask(
        measure=measure,
        flow=Flow.spending if measure in (Measure.balance, Measure.cash_flow) else flow,
        wanted=measures.wanted(text),
        subjects=subjects,
        without=tuple(filter(None, (content(piece) for piece in without))),
        periods=_periods(found, measure, today),
        account=account or (to_account if measure is Measure.balance or flow is not Flow.saved else ""),
        to_account=to_account if flow is Flow.saved and measure is not Measure.balance else "",
        bounds=bounds,
        weekdays=weekdays,
        limit=limit,
        rank=rank,
        group_by="weekend"
        if against
        else cue.group_by
        if cue and cue.measure in (Measure.breakdown, Measure.top)
        else "",
        unit=cue.unit if cue and cue.measure is Measure.average_per else "",
        of=measures.of(text),
        available=measure is Measure.balance and measures.available(text),
        gross=gross,
        lowest=measures.lowest(text),
        since_payday=bool(since_payday),
        place=_place(rest, subjects),
        said=said,
    )
    return _placed(ask, text, cue, measures.flow(rest))


def _place(rest: str, subjects: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The subject that is said like a place ("in Lisbon", "the Lisbon trip"), if any."""
    for said in slots.places(rest):
        candidate = content(said)
        if candidate and any(set(candidate) <= set(phrase) for phrase in subjects):
            return candidate
    return ()


def _placed(ask: Ask, text: str, cue: measures.Cue | None, flow: Flow | None) -> Understood:
    """Whether the message stands by itself, leans on the one before, or means nothing."""
    named = frozenset(
        name
        for name, there in {
            "measure": cue is not None or ask.measure is Measure.balance or bool(_SPEND.search(text)),
            "flow": flow is not None or bool(re.search(r"\b(?:spen[dt]\w*|costs?|bought|buy)\b", text)),
            "subjects": ask.subjects,
            "without": ask.without,
            "periods": ask.periods or ask.since_payday,
            "account": ask.account or ask.to_account,
            "bounds": ask.bounds,
            "weekdays": ask.weekdays,
            "limit": ask.limit,
        }.items()
        if there
    )
    spoken = "measure" in named or bool(_SPOKEN.search(text)) or flow is not None
    slots_named = named - {"measure", "flow"}
    if not spoken and not slots_named and not (_BOTH.search(text) and len(text.split()) <= 5):
        return Understood(Intent.abuse if abusive(text) else Intent.unknown)
    if abusive(text) and not slots_named:
        return Understood(Intent.abuse)
    refers = bool(_REFERS.search(_ITS_OWN.sub(" ", text))) and ask.measure is not Measure.balance
    whole = ask.measure in _WHOLE_ALONE and (ask.measure is not Measure.top or bool(_OURS.search(text)))
    bare = (
        not slots_named
        and not whole
        and flow is None
        and (len(text.split()) <= 6 and not re.search(r"\b(?:spen[dt]|spending|transactions|purchases)\b", text))
    )
    connected = bool(_CONNECTED.match(text))
    dangling = not spoken or (
        named <= {"measure", "periods"}
        and flow is None
        and not re.search(
            r"\b(?:spen[dt]\w*|pa(?:y|id)|transactions?|purchases?|buy|bought|money|payments?|charges?|merchants?|shops?|category)\b",
            text,
        )
        and not whole
        and not _COMPLETE.search(text)
    )
    fresh = bool(ask.subjects and (ask.periods or ask.since_payday)) and not connected and not refers
    return Understood(
        Intent.ask,
        ask,
        named=named,
        partial=(connected or dangling or bare or refers) and not fresh,
        refers=refers and not ask.subjects and not (ask.account and flow),
        both=bool(_BOTH.search(text)),
    )


_WHOLE_ALONE = frozenset(
    {Measure.balance, Measure.subscriptions, Measure.cash_flow, Measure.top, Measure.breakdown, Measure.twice}
)
"""Measures whose words alone make a question."""
_OURS = re.compile(r"\b(?:i|we|my|our)\b")
_COMPLETE = re.compile(r"\b(?:damage|outgoings|expenses|expenditure|splash\w*|blow|blew|blown|fork\w*|shell\w*)\b")
_SINCE_PAYDAY = re.compile(
    r"\bsince (?:my |the |our |i |we |being )?(?:last |most recent |latest )?(?:pay ?days?|pay ?che(?:ck|que)|salary(?: came in)?|got paid|was paid|were paid|paid)(?: last)?\b|\bthis pay period\b"
)
_ONLY_AT = re.compile(r",? (?:but )?only (?:at|from)\b")
_PART_OF_PERIOD = re.compile(
    r"\b(?:early|late|mid|middle|end|start|beginning|half|halves)(?: of| in)?(?: the)? *\||"
    r"\b(?:first|last|final|\d+|two|three|few|couple) (?:\w+ )?(?:weeks?|days?|months?)(?: of| in)(?: the)? *\|"
)
_THINGS_COUNTED = re.compile(
    r"\b(?:how many|number of) (?:different |separate )?(?:days|weeks|months|merchants|shops|places|stores|people|categories)\b"
)
_MONTHS_OVER = re.compile(
    r"\b(?:which|what|how many|any) (?:months?|weeks?|days?|years?) (?:\w+ ){0,4}?(?:over|under|above|below|more than|less than|exceed\w*) (?:\S )?\S?\d"
)
"""Groups told apart by what they come to."""
_TIME_OF_DAY = re.compile(
    r"\b(?:before|after) (?:work|lunch|school|midnight|noon|dark|\d{1,2} ?(?:am|pm))\b|\bin the (?:mornings?|evenings?|afternoons?)\b|"
    r"\bat (?:night|lunch ?time)\b|\blate at night\b"
)
"""Rows know days, not what the clock said."""
_SENT_TO_WHOM = re.compile(r"\bwho\b.*\b(?:send|sent|give|gave|given|zelle\w*|venmo\w*|paynow\w*|lend|lent)\b")
_CREDIT_LEFT = re.compile(r"\bcredit (?:left|available|remaining|limit)\b|\b(?:available|remaining) credit\b")
_PLURAL = re.compile(
    r"\b(?:purchases|transactions|charges|orders|runs|visits|trips|rides|deposits|invoices|debits|entries)\b"
)
_SPENT = re.compile(
    r"\b(?:what|how much) (?:did |have |do |has |had )?(?:i|we) (?:\w+ )?(?:spen[dt]|paid|pay)\b|^(?:total )?spen[dt]\w*\b"
)
_CHANGED = re.compile(
    r"\b(?:prices?|pricier|dearer|expensive|cheaper|higher|lower|raised?|hiked?|changed?|increased?|decreased?|risen|rose|"
    r"different)\b"
)
"""Words that ask for more than whether a payment happened."""
_WHICH_CHARGE = re.compile(
    r"\b(?:what|which|who|that)\b.*\b(?:charges?|payments?|purchases?|transactions?|debits?|one)\b(?!.*\bin total\b)"
)
_GOING_RATE = re.compile(
    r"\bhow much (?:is|are) (?:my|our|the)\b|\b(?:how much|what) (?:does|do) (?!i\b|we\b)(?:the |my |our )?\w+(?: \w+)? cost\b|\bwhat(?:'?s| is) (?:my|our|the) (?:\w+ ){0,3}(?:bill|subscription|rent|premium|payment|membership|plan|fee|mortgage)\b"
)
_TOTALLED = re.compile(r"\b(?:total|sum|spen[dt]\w*|costs?|how much|amount|tally|damage|what)\b")


def _measure(cue: measures.Cue | None, flow: Flow, text: str, bounded: bool = False, period: bool = False) -> Measure:
    if (
        not period
        and flow is Flow.spending
        and (cue is None or cue.measure is Measure.sum)
        and _GOING_RATE.search(text)
    ):
        return Measure.average_per
    if cue is None and bounded and _WHICH_CHARGE.search(text):
        return Measure.list
    if cue is None and measures.wanted(text) is Wanted.date:
        return Measure.last
    if cue is None:
        listed = flow is Flow.spending and (bool(_PLURAL.search(text)) or bounded) and not _TOTALLED.search(text)
        return Measure.list if listed else Measure.sum
    if cue.measure is Measure.list and _SPENT.search(text):
        return Measure.sum
    if (
        cue.measure is Measure.list
        and measures.wanted(text) is Wanted.amount
        and re.search(r"\b(?:total|how much|altogether|sum|add(?:s|ed)? up)\b", text)
    ):
        return Measure.sum
    if cue.measure is Measure.average_per and not re.search(
        r"\b(?:average|avg|mean|typical\w*|usual\w*|normal\w*|monthly|weekly|daily|per|a|each|every)\b", text
    ):
        return Measure.sum
    if cue.measure is Measure.happened and flow is Flow.spending and _CHANGED.search(text):
        return Measure.price_change
    if cue.measure is Measure.happened and re.search(r"\bhow much\b|\bwhat (?:did|have|has|do)\b", text):
        return Measure.sum
    if cue.measure is Measure.sum and measures.wanted(text) is Wanted.date:
        return Measure.last
    return cue.measure


_SHARED = re.compile(
    r"\b(?:of|out of) (?:all )?(?:my|our|the|all|total)\b(?P<whole>.*?)\b(?:was|is|were|are|went|goes|go|going|gets|got|did|do|comes?|came|spent)\b(?P<part>.*)"
)
_SHARED_AFTER = re.compile(r"(?P<part>.*)\bas (?:a|the) (?:share|percent\w*|proportion|fraction|part) of (?P<whole>.*)")


def _shared(rest: str) -> tuple[tuple[str, ...], ...]:
    """The part and, where it is not all spending, the whole."""
    found = _SHARED_AFTER.search(rest) or _SHARED.search(rest)
    if found is None:
        return phrases(rest, Flow.spending)
    part, whole = phrases(found["part"], Flow.spending), phrases(found["whole"], Flow.income)
    return (part[:1] + whole[:1]) if part else ()


def _periods(found: periods.Found, measure: Measure, today: date) -> tuple[Period, ...]:
    """The other side of "than the same month last year"."""
    if found.earlier and len(found.periods) <= 1:
        one = found.periods[0] if found.periods else Period(today.replace(day=1), today)
        return (one, a_year_before(one)) if measure is Measure.compare else (a_year_before(one),)
    return found.periods
