"""Text → Ask. Closed parts by rules; what they leave over is the subject, to be found in the customer's own rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from offhold.language import periods
from offhold.language.lexicon import CATEGORY_WORDS, FILLERS
from offhold.language.normalise import plain, words
from offhold.model.ask import Ask, Bound, Measure


class Intent(StrEnum):
    """What a message is, when it is no question about rows."""

    ask = "ask"
    greeting = "greeting"
    thanks = "thanks"
    help = "help"
    person = "person"
    stop = "stop"
    start = "start"
    unlink = "unlink"
    link = "link"
    abuse = "abuse"
    goodbye = "goodbye"
    decline = "decline"
    vague = "vague"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Understood:
    """`reason` says why something is declined. `partial`: a follow-up that makes sense on the
    ask before; `refers`: one that makes none without it."""

    intent: Intent
    ask: Ask | None = None
    reason: str = ""
    partial: bool = False
    refers: bool = False


_COMMANDS: tuple[tuple[Intent, str], ...] = (
    (Intent.stop, r"(?:please )?(?:stop|unsubscribe|opt out|stop (?:messaging|texting|writing)(?: me)?)"),
    (Intent.start, r"(?:start|subscribe|opt in|get started)"),
    (Intent.unlink, r"(?:please )?(?:unlink|disconnect|log ?out|sign ?out)(?: me| my (?:account|bank|chat))?"),
    (Intent.link, r"(?:please )?(?:link|connect|log ?in|sign ?in)(?: me| my (?:account|bank|chat))?"),
    (
        Intent.help,
        r"(?:help|help me|menu|options|what can you do|what can i ask|what do you do|how does this work|commands)",
    ),
    (
        Intent.greeting,
        r"(?:hi|hello|hey|yo|hiya|howdy|good (?:morning|afternoon|evening)|greetings|sup|are you (?:a )?(?:bot|human|real)"
        r"|who are you)(?: there| again| bot| you)?",
    ),
    (
        Intent.thanks,
        r"(?:ok(?:ay)? |great |cool |perfect )?(?:thanks|thank you|thx|ta|cheers|many thanks|ty)(?: .{0,25})?",
    ),
    (Intent.goodbye, r"(?:bye|goodbye|see you|see ya|good night|later|cya)(?: .{0,15})?"),
    (Intent.thanks, r"(?:ok|okay|great|cool|perfect|nice|got it|lovely|awesome|fine)"),
)
_PERSON = re.compile(
    r"\b(?:(?:speak|talk|chat|get|put me|connect me|transfer me|through) .{0,20}?"
    r"(?:person|human|agent|someone|somebody|representative|rep|advisor|adviser|operator|people|staff)"
    r"|(?:real|actual|live) (?:person|human|agent)|customer (?:service|support)|(?:a )?(?:human|agent)(?: please| pls)?$)"
)
_ABUSE = re.compile(
    r"\b(?:fuck\w*|shit\w*|wank\w*|bastard|asshole|arsehole|idiot|stupid|useless|moron|dumb|crap|bollocks)\b"
)
_DECLINES: tuple[tuple[str, str], ...] = (
    ("rules", r"ignore (?:all |any |your |the |previous )|system prompt|\bprompt\b|pretend|jailbreak|developer mode|admin|"
     r"\bpassword\b|disregard|act as|\bhack\b|override|reveal your|bypass|you are now|drop table|select \*|<script"),
    ("others", r"\b(?:does|did) (?!i\b|we\b|my\b|our\b|the\b|it\b|that\b)\w+ (?:earn|make in)\b|\b(?:my |the )?(?:neighbou?r|roommate|flatmate|housemate|colleague|coworker|boss|friend|ex|exs|sister|brother"
     r"|boyfriend|girlfriend|landlord|mother|father|mom|mum|dad|cousin|manager)(?:'s|s)?\b(?: \w+){0,2} (?:spend|spent|earn|earns|pay|pays|make|makes"
     r"|balance|account|salary|income|owe|have|has)\b"
     r"|\b(?:other|another|average|typical) (?:people|person|customers?|users?|drivers?|families|households?)\b"
     r"|\b(?:everyone|somebody|someone|anyone) else\b|\bother people's\b|\baverage (?:american|brit|person|singaporean)\b"
     r"|\b(?!my\b|our\b|the\b|your\b)\w+'s (?:account|balance|bank|savings|salary|transactions|card|password)\b|\bowes? me\b|\bowe (?:me|him|her)\b"),
    ("afford", r"\b(?:can|could|do|will|should) (?:i|we) (?:\w+ )?(?:afford|have enough)\b|\bafford\b|enough (?:money|left|in) .{0,30}\b(?:to|for)\b"),
    ("advice", r"\bshould (?:i|we)\b|\b(?:recommend|advise|advice|suggest)\b|\bis it (?:worth|smart|wise|better)\b|\bbest "
     r"(?:card|account|credit card|savings account|mortgage|investment|stock|fund|way to)\b|\b(?:better|worse) than a\b|\binvest(?:ing)?\b|\bwhich (?:\w+ )?(?:fund|stock|shares|card|etf)\b"
     r"|\b(?:stock|crypto|bitcoin)s?\b (?:to buy|price)|\bhow (?:can|do) (?:i|we) (?:save|reduce|cut|lower)\b|\btax deductible\b|\bdeduct\b|\bset aside\b|\bwrite off\b|\bgood (?:deal|idea|rate)\b"),
    ("future", r"\b(?:forecast|predict|projection|project my)\b|\bgoing to (?:cost|be|spend)\b|\bnext (?:year|month|week|quarter|summer|winter)\b"
     r"|\bwill (?:my|the|i|we|it|our)\b|\bwill \w+(?: \w+)? (?:go|rise|cost|be|increase)\b|\bby (?:the )?(?:end of|christmas|year end)|\btomorrow\b"),
    ("action", r"^(?:can you |could you |please |pls |i want to |i'd like to |id like to |go ahead and )*(?:transfer|send|pay|cancel|dispute|block|freeze|unfreeze|"
     r"lock|unlock|move|open|close|increase|raise|lower|change|set up|order|replace|report|apply|update|delete|buy|refund|reverse|stop (?:my|the|paying)|remove|add|turn|activate|withdraw|book|zelle|paynow|venmo)\b"
     r"(?! (?:over|under|above|more))"),
    ("facts", r"\b(?:credit score|fico|credit rating|card number|account number|sort code|routing number|cvv|iban|pin\b|cpf|401k|pension pot|net worth"
     r"|interest rate|apr\b|exchange rate|statement pdf|due date on|minimum payment|opening hours|phone number|weather|joke|poem|recipe|football score|news|capital of|who won|president|points)\b|^(?:write|translate|sing|tell me a)\b"),
)  # fmt: skip
_DECLINED = tuple((reason, re.compile(pattern)) for reason, pattern in _DECLINES)
_VAGUE = re.compile(
    r"^(?:(?:how|is|are) (?:am i|my (?:spending|money|finances))(?: \w+){0,3}|am i ok(?:ay)?|how am i doing.*|money|spending|stuff|numbers|why|what|how much|"
    r"how much was (?:it|that|the thing.*)|how's it going)\??$"
)
_REFERENT = re.compile(
    r"\b(?:that place|the place|there(?! any| been| a )|the other day|that thing|the usual|him|her|them|those|these|they|both|"
    r"(?:was|is|does|did) (?:it|that)|on it|for it|that one|which one)\b"
)


@dataclass(frozen=True, slots=True)
class _Cue:
    measure: Measure
    pattern: re.Pattern[str]
    group_by: str = ""


def _cue(measure: Measure, pattern: str, group_by: str = "") -> _Cue:
    return _Cue(measure, re.compile(pattern), group_by)


_BUYS = r"(?:purchase|transaction|payment|charge|expense|spend|buy|thing|bill|order|item|ride|trip|visit|deposit)s?"
_CUES: tuple[_Cue, ...] = (
    _cue(Measure.unclear, r"\b(?:going|went|gone|go) (?:up|down)\b|\bi go to more\b|\bincl(?:uding)? (?!everything|all)|\bper (?:visit|trip|purchase|cup|ride|order|meal)\b|\bbefore (?:any )?refunds\b|\bgross of\b|\bmore\b.{0,40}\b(?:q[1-4]|earn|make|made)\b|\b(?:make|earn|made|earned) (?:more|less)\b"),
    _cue(Measure.card_paid, r"\b(?:pay|paid|paying|payments?)\b(?: \w+){0,2} (?:the |my |our )?(?:credit card|visa|amex|mastercard|card)\b(?: off| down| bill)?|\b(?:credit )?card payments?\b"),
    _cue(Measure.top, r"\b(?:single|one) day\b|\bwhich (?:day|month|week)\b|\bwhat (?:day|month|week) (?:did|was|have)\b|\bwhich (?:\w+ ){1,4}?.{0,40}\b(?:most|biggest share)\b|\bwhere do (?:i|we) .{0,20}most\b"),
    _cue(Measure.subscriptions, r"\b(?:what|which|list|show|any|my|our|all) .{0,25}(?:subscriptions|recurring|regular (?:payments|bills))\b|^(?:my |our )?subscriptions\b|\bsubscribed to\b"),
    _cue(Measure.next, r"\bwhen(?:'?s| is| are| will| does| do)\b.{0,40}\b(?:next|due|renew\w*)\b|\bnext .{0,30}\b(?:due|payment|charge|bill)\b|\bwhen .{0,30}\b(?:go|come|goes|comes|going) out\b|\bdue (?:next|soon)\b"),
    _cue(Measure.balance, r"\b(?:balance|balances)\b|\bhow much (?:money )?(?:do (?:i|we) have|have (?:i|we) got|is|s) (?:left )?(?:in|on)\b|\bhow much (?:do (?:i|we) )?owe\b|\b(?:credit|limit) left\b|\bleft on\b|\bavailable (?:credit|balance)\b|\bdo i owe\b|\bowed on\b|\bhow much (?:money )?(?:do i|do we) have\b|^how much in\b|\bwhat(?:'s| is) in (?:my|the|our)\b"),
    _cue(Measure.compare, r"\b(?:more|less|higher|lower|cheaper)\b.{0,60}\bthan\b|\bcompare\b|\bcompared (?:to|with)\b|\bversus\b|\bvs\b|\bdifference between\b|\bmore\b.{1,60}\bor\b|\bor\b.{1,60}\bmore\b|\bwhich .{0,30}\bmore\b"),
    _cue(Measure.share, r"\b(?:what )?(?:percent(?:age)?|share|proportion|fraction|%) (?:of|is|was|went|goes)\b"),
    _cue(Measure.pending, r"\bpending\b|\bnot (?:yet )?(?:cleared|posted|settled)\b|\bstill (?:processing|to clear)\b"),
    _cue(Measure.refunds, r"\brefund(?:s|ed)?\b|\bmoney back\b|\breturns?\b"),
    _cue(Measure.saved, r"\b(?:saved?|put|moved?|transferred|set aside|paid|going|went) (?:\w+ ){0,4}?(?:in|into|to|away in) (?:my |our |the )?(?:\w+ )?(?:savings?|isa|saver|rainy day)\b|\b(?:into|to) savings\b"),
    _cue(Measure.by, r"\b(?:by|per|each|every|for each) (?:spending )?category\b|\bcategory breakdown\b|\bbreak ?down\b|\bbroken down\b|\bbreak it down\b|\bwhere (?:did|does|is|has) (?:all )?my money\b", "category"),
    _cue(Measure.by, r"\b(?:top|biggest) (?:\d+|three|five|ten) (?:merchants|shops|stores|places)\b|\bby merchant\b|\btop (?:merchants|shops|stores|places)\b", "merchant"),
    _cue(Measure.average_per, r"\b(?:average|avg|typical(?:ly)?|on average|usually)\b.{0,60}\b(?:per|a|each|every)[ -](?P<unit>week|month|day)\b|\b(?P<unit2>weekly|monthly|daily)[ -](?:average|avg)\b|\baverage (?P<unit3>weekly|monthly|daily)\b|\b(?:per|a|each|every) (?P<unit4>week|month|day)\b.{0,40}\b(?:average|avg|on average)\b"),
    _cue(Measure.by, r"\b(?:by|per|for each)[ -]month\b|\bmonthly\b.{0,30}\b(?:breakdown|totals?|split|spend\w*|amounts)\b|\bmonth by month\b", "month"),
    _cue(Measure.average, r"\b(?:average|avg|typical)\b|\bthe mean\b"),
    _cue(Measure.income, r"\b(?:income(?! tax)|salary|wages?|paycheck|paychecks|payslip|earn(?:ed|ings)?|bonus|dividends?|interest (?:earned|received|paid to)|(?:did|do) (?:i|we) (?:make|earn|get paid)|got paid|been paid|paid me|pay me|get paid|money in|received from|make from|made from|pension|benefit|sent me|pay us|paid us|interest)\b"),
    _cue(Measure.count, r"\bhow (?:many|often)\b|\bnumber of\b|\bcount\b|^(?!.*\b(?:spen[dt]|costs?|how much|total|list|show)\b).*\bvisits\b"),
    _cue(Measure.biggest, r"\b(?:biggest|largest|most expensive|highest|priciest|max(?:imum)?|dearest)\b"),
    _cue(Measure.smallest, r"\b(?:smallest|cheapest|lowest|least expensive|min(?:imum)?)\b"),
    _cue(Measure.last, rf"\b(?:my |the |our )?(?:last|latest|most recent)(?: \w+){{0,3}}? {_BUYS}\b|\bwhen (?:did|was|were) (?:i|we|the|my)\b.{{0,30}}\blast\b|\blast time\b|\bwhen did i\b|^(?:latest|most recent)\b|\b(?:a|each|every) month\b"),
    _cue(Measure.first, r"\b(?:first|earliest)\b"),
    _cue(Measure.list, rf"\b(?:list|show|see|display|pull up|view)\b|\bwhat (?:did|have) (?:i|we) (?:buy|bought|get)\b|\brecent(?: \w+)? {_BUYS}\b|\b{_BUYS} (?:over|under|above|below)\b|\bwhich\b.{{0,20}}{_BUYS}|\brecent (?:activity|transactions)\b|\blatest transactions\b|\ball (?:my |the )?\w* ?{_BUYS}\b|^last \d+ "),
    _cue(Measure.happened, r"^(?:so |and )?(?:did|have|has|was|were|is|any)\b"),
)  # fmt: skip
_SPEND = re.compile(
    r"\b(?:how much|what did|spend\w*|spent|total|cost|costs|paid|pay|blow|blew|drop(?:ped)?|burn\w*|splurge\w*|went on|expenses?|"
    r"outgoings?|damage|paying|sum|charged|sent|send|gave|give|money on)\b"
)
_ACCOUNTS: tuple[tuple[str, str], ...] = (
    ("card", r"(?:on |from |in |with |for |just |to |off )?(?:(?:my |the |our )card\b(?! number)|(?:my |the |our )?(?:credit ?cards?|visa|mastercard|amex|cc)\b)(?: card| account| limit| bill)?"),
    ("savings", r"(?:in |into |from |to )?(?:my |the |our )?(?:savings?|saver)\b(?: account| pot)?"),
    ("current", r"(?:in |from |on |with )?(?:my |the |our )?(?:current|checking|chequing|everyday)\b(?: account)?"),
    ("joint", r"(?:in |from |on |with )?(?:my |the |our )?joint\b(?: account| one)?"),
    ("isa", r"(?:in |into |from |to )?(?:my |the |our )?isa\b(?: account)?"),
    ("debit", r"(?:on |from |with |my |the )*debit card\b"),
)  # fmt: skip
_AMOUNT = r"(?:[$£€]|s\$)? ?(?P<amount>\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?)(?: ?(?:dollars|bucks|pounds|quid|euros?|usd|gbp|sgd))?"
_BOUNDS = (
    ("gt", rf"\b(?:over|above|more than|greater than|bigger than|exceeding|>) ?{_AMOUNT}"),
    ("ge", rf"\b(?:at least|from|minimum of|>=) ?(?=[$£€]|s\$){_AMOUNT}"),
    ("lt", rf"\b(?:under|below|less than|smaller than|cheaper than|<) ?{_AMOUNT}"),
    ("le", rf"\b(?:at most|up to|no more than) ?{_AMOUNT}"),
    ("eq", rf"\b(?:of|for|exactly) ?(?=[$£€]|s\$){_AMOUNT}"),
)
_WEEKEND = re.compile(r"\b(?:on |at |only |just )?(?:the )?weekends?\b")
_WORKDAYS = re.compile(r"\b(?:on |only |just )?weekdays?\b")
_PLURAL_DAY = re.compile(r"\b(?:on )?(mon|tues|wednes|thurs|fri|satur|sun)days\b")
_DAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
_LIMIT = re.compile(
    r"\b(?:last|latest|top|recent|past|first|most recent|biggest|largest) (\d{1,3}|two|three|four|five|six|ten)\b(?! (?:day|week|month|year|full|complete))"
)
_SMALL = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_WITHOUT = re.compile(
    r"\b(?:excluding|except(?: for)?|without|not counting|not including|other than|apart from|ex|minus|but not|not)\b(?P<what>.+)$"
)
_NO_OP = re.compile(
    r"\b(?:minus|less|after|net of|taking off) (?:any|the|my|all)?(?:thing)? ?(?:refunds?|returned|returns?|i returned|we returned)\b"
    r"|\b(?:newest|latest|most recent|largest|biggest|highest) first\b|,? (?:please|pls|lol|ah|lah|thanks)\b"
)
_PARTIAL = re.compile(r"^(?:and|what about|how about|or|then|just|only|same|ok|so|now|no|also|but|on|for|in|at)\b")
_LEADING = re.compile(
    r"^(?:(?:and|what about|how about|then|just|only|same (?:for|question for|period|thing for|thing)|ok|now|no|also|but|so|ok so)\b[ ,]*)+"
)


def understand(message: str, today: date, locale: str) -> Understood:
    """What a message means on `today` (the customer's date)."""
    text = plain(message).strip(" .!?,;:")
    if not words(text):
        return Understood(Intent.unknown)
    for intent, pattern in _COMMANDS:
        if re.fullmatch(pattern, text):
            return Understood(intent)
    if _PERSON.search(text):
        return Understood(Intent.person)
    for reason, rule in _DECLINED:
        if rule.search(text):
            return Understood(Intent.decline, reason=reason)
    if _VAGUE.match(text):
        return Understood(Intent.vague)
    return _question(text, today, locale)


def _question(text: str, today: date, locale: str) -> Understood:
    found = periods.find(_NO_OP.sub(" ", text), today, locale)
    if found.future:
        return Understood(Intent.decline, reason="future")
    rest, bounds = _take_bounds(found.rest)
    rest, weekdays = _take_weekdays(rest)
    rest, without = _take_without(rest)
    limit = _limit(text)
    cue, unit, rest = _take_cue(rest)
    rest = _LIMIT.sub(" ", rest)
    account, rest = _take_account(rest)
    sides = _sides(rest, cue)
    ask = Ask(
        measure=cue.measure if cue else Measure.spend,
        subject=sides[0] if sides else (),
        others=tuple(sides[1:]),
        without=without,
        periods=found.periods,
        account=account,
        bounds=bounds,
        weekdays=weekdays,
        limit=limit or _latest_only(cue, found.rest),
        group_by=_grouping(cue, text),
        unit=unit,
        available=bool(re.search(r"\bavailable\b|\bleft\b", text)),
        counted=bool(
            re.search(
                r"\bhow (?:many|often)\b|\bgo to more\b|\bnumber of\b|\boften\b|\buse more\b|\bvisit\w* more\b", text
            )
        ),
        figure=bool(re.search(r"\bhow much\b|\btotal\b|\bcome to\b|\baltogether\b", text)),
    )
    spoken = bool(_SPEND.search(text)) or cue is not None
    anything = bool(sides or found.periods or account or bounds or weekdays)
    if not spoken and not anything:
        return Understood(Intent.unknown if _ABUSE.search(text) is None else Intent.abuse)
    if _ABUSE.search(text) and not anything:
        return Understood(Intent.abuse)
    if not sides and _REFERENT.search(text) and not account:
        return Understood(Intent.ask, replace(ask, subject=()), partial=True, refers=True)
    bare = not anything and ask.measure in _BARE and len(text.split()) <= 5
    return Understood(Intent.ask, ask, partial=bool(_PARTIAL.match(text)) or not spoken or bare)


_BARE = frozenset({Measure.count, Measure.average, Measure.biggest, Measure.smallest, Measure.first})


def _latest_only(cue: _Cue | None, rest: str) -> int:
    """ "My last paycheck" is one of them, "paid last month" is not (its words are taken as a period)."""
    one = cue is not None and cue.measure in (Measure.income, Measure.card_paid)
    return int(one and bool(re.search(r"\b(?:last|latest|most recent)\b", rest)))


def _grouping(cue: _Cue | None, text: str) -> str:
    if cue is None or cue.measure is not Measure.top:
        return cue.group_by if cue else ""
    unit = re.search(r"\b(day|month|week)\b(?! (?:ago|before))", text)
    if unit and re.search(rf"\b(?:which|what|single|one) {unit[1]}\b", text):
        return unit[1]
    return "merchant"


def _take_bounds(text: str) -> tuple[str, tuple[Bound, ...]]:
    bounds = []
    for op, pattern in _BOUNDS:
        for found in re.finditer(pattern, text):
            bounds.append(Bound(op, found["amount"].replace(",", "")))
        text = re.sub(pattern, " ", text)
    return text, tuple(bounds)


def _take_weekdays(text: str) -> tuple[str, tuple[int, ...]]:
    if _WEEKEND.search(text) and not _WORKDAYS.search(text):
        return _WEEKEND.sub(" ", text), (6, 7)
    if _WORKDAYS.search(text) and not _WEEKEND.search(text):
        return _WORKDAYS.sub(" ", text), (1, 2, 3, 4, 5)
    named = tuple(_DAYS.index(day) + 1 for day in _PLURAL_DAY.findall(text))
    return _PLURAL_DAY.sub(" ", text), named


def _take_without(text: str) -> tuple[str, tuple[str, ...]]:
    found = _WITHOUT.search(text)
    if found is None:
        return text, ()
    return text[: found.start()], content(found["what"])


def _limit(text: str) -> int:
    found = _LIMIT.search(text)
    return (_SMALL.get(found[1]) or int(found[1])) if found else 0


def _take_cue(rest: str) -> tuple[_Cue | None, str, str]:
    for cue in _CUES:
        found = cue.pattern.search(rest)
        if found is None:
            continue
        unit = next((value for name, value in found.groupdict().items() if name.startswith("unit") and value), "")
        unit = {"weekly": "week", "monthly": "month", "daily": "day"}.get(unit, unit)
        keep = cue.measure in (
            Measure.compare,
            Measure.happened,
            Measure.next,
            Measure.saved,
            Measure.subscriptions,
        )
        return cue, unit, rest if keep else _blank(cue, rest)
    return None, "", rest


_CUE_WORDS = frozenset(
    ["balance", "balances", "compare", "compared", "versus", "vs", "difference", "between", "than", "more", "less", "percent", "percentage", "share", "proportion", "fraction", "pending", "refund", "refunds", "refunded", "returns", "category", "breakdown", "broken", "break", "average", "avg", "typical", "mean", "how", "many", "often", "number", "count", "biggest", "largest", "expensive", "highest", "priciest", "max", "maximum", "smallest", "cheapest", "lowest", "least", "min", "minimum", "last", "latest", "recent", "first", "earliest", "list", "show", "see", "display", "pull", "view", "buy", "bought", "top", "merchants", "single", "next", "due", "renew", "renews", "renewal", "usual", "income", "earn", "earned", "earnings", "received", "subscriptions", "recurring", "regular", "into", "put", "moved", "saved", "save", "transferred", "available", "limit", "owe", "owed", "still", "cleared", "posted", "merchant", "subscribed", "coming", "come", "came", "yet", "through", "happen", "happened", "twice", "higher", "lower", "cheaper"]
)  # fmt: skip


def _blank(cue: _Cue, rest: str) -> str:
    """The cue's own words go; words of the subject that its pattern ran over stay."""
    return cue.pattern.sub(
        lambda found: " ".join(w for w in found[0].split() if w.strip("?,.") not in _CUE_WORDS), rest
    )


_NAMED_ACCOUNT = re.compile(r"\b(?:in |from |on |with |into |to )?(?:my |the |our )(\w+) account\b")


def _take_account(rest: str) -> tuple[str, str]:
    for name, pattern in _ACCOUNTS:
        found = re.search(rf"\b{pattern}|^{pattern}", rest)
        if found:
            return name, rest[: found.start()] + " " + rest[found.end() :]
    if (named := _NAMED_ACCOUNT.search(rest)) and named[1] not in ("bank", "own", "main"):
        return named[1], rest[: named.start()] + " " + rest[named.end() :]
    return "", rest


def _sides(rest: str, cue: _Cue | None) -> list[tuple[str, ...]]:
    """The open parts: one, or several joined by "and", "or", "vs", "than"."""
    joined = re.sub(r"\b(?:versus|vs|compared to|compared with|than)\b", " or ", rest)
    pieces = re.split(r"\bor\b|\band\b|\bplus\b|[,;/+]|\bn\b", joined.replace("|", " ; "))
    phrases = [content(piece) for piece in pieces]
    whole = " ".join(words(rest))
    kept = [phrase for phrase in phrases if phrase]
    if any(phrase in CATEGORY_WORDS for phrase in (whole,)):
        return [tuple(whole.split())]
    return kept


def content(text: str) -> tuple[str, ...]:
    """The words of a phrase that say something: no fillers, no measure words, but whole category names."""
    spoken = " ".join(words(text))
    for phrase in sorted(CATEGORY_WORDS, key=len, reverse=True):
        if " " in phrase:
            spoken = re.sub(rf"\b{phrase}\b", phrase.replace(" ", "_"), spoken)
    return tuple(
        word.replace("_", " ")
        for word in spoken.split()
        if "_" in word or (word not in FILLERS and word not in _CUE_WORDS)
    )


def merged(before: Ask, now: Ask, said: str) -> Ask:
    """A follow-up on the ask before: what it names replaces, what it leaves out stays."""
    changes: dict[str, object] = {}
    for name in ("periods", "account", "bounds", "weekdays", "without"):
        if getattr(now, name):
            changes[name] = getattr(now, name)
    if now.subject:
        changes |= {"subject": now.subject, "others": now.others}
    if before.others and re.search(r"\b(?:both|together|combined)\b", said):
        changes["measure"] = Measure.spend
    elif now.measure is not Measure.spend or re.search(r"\b(?:spen[dt]|costs?)\b", said):
        changes |= {"measure": now.measure, "group_by": now.group_by, "unit": now.unit, "limit": now.limit}
    return replace(before, **changes)  # type: ignore[arg-type]
