"""Ask × rows → Answer: one function for each measure, registered below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from offhold.answers import resolve
from offhold.answers.book import Book, Entry, book
from offhold.answers.categories import SPENDING, Kind
from offhold.answers.caveats import known_from, with_caveats
from offhold.answers.resolve import Chosen, Subject
from offhold.errors import Mismatch
from offhold.language.lexicon import CATEGORY_WORDS, leaves, title
from offhold.model.answer import Answer, AnswerKind, Evidence, EvidenceRow, TableRow
from offhold.model.ask import Ask, Measure
from offhold.model.ledger import Balance, BalanceType, Rows
from offhold.model.money import Money, divided, total
from offhold.model.period import Period
from offhold.words import period_text, plural, say

_SHOWN = 5
_MONTH_DAYS = 31
_TWICE_DAYS = 10


@dataclass(frozen=True, slots=True)
class _Question:
    """An ask with its open parts resolved."""

    ask: Ask
    book: Book
    subject: Subject
    chosen: Chosen
    without: Subject
    today: date

    @property
    def period(self) -> Period | None:
        return self.ask.period

    def fits(self, entry: Entry) -> bool:
        row = entry.row
        return (
            not entry.void
            and row.account_id in self.chosen.ids
            and (self.period is None or row.day in self.period)
            and (not self.ask.weekdays or row.day.isoweekday() in self.ask.weekdays)
            and resolve.within(entry, self.ask.bounds)
            and self.subject.holds(entry)
            and (self.without == resolve.EVERYTHING or not self.without.holds(entry))
        )

    def spending(self) -> tuple[Entry, ...]:
        """Purchases, bills, cash, fees, money sent, and refunds; the latter only where they can be told apart."""
        return tuple(entry for entry in self.book.spending() if self.fits(entry))

    def bought(self) -> tuple[Entry, ...]:
        """Spending without refunds: what is counted and listed."""
        return tuple(entry for entry in self.spending() if entry.kind in SPENDING)

    def of_kind(self, *kinds: Kind) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.book.entries if entry.kind in kinds and self.fits(entry))

    @property
    def about(self) -> str:
        return f" on {self.subject.label}" if self.subject.label else ""

    @property
    def when(self) -> str:
        covered = self.book.rows.covered
        if self.period is None and covered:
            first = max(covered.first, self.book.rows.first_on_file or covered.first)
            return f"since {first:%-d %B %Y}"
        return period_text(self.period) if self.period else ""


def answer(ask: Ask, rows: Rows, today: date) -> Answer:
    """The answer to `ask` from `rows`, or a question back, or a refusal that says why."""
    known = book(rows)
    first = known_from(rows)
    if first and any(period.last < first for period in ask.periods):
        return _decline("before", say("none.before", first=f"{first:%-d %B %Y}"))
    subject, chosen = _resolved(ask, known)
    if chosen.unknown:
        return clarify("account", say("ask.account"))
    if subject.unknown:
        return _unknown(subject)
    without = resolve.subject(known, ask.without)
    if without.unknown:
        return _unknown(without)
    if ask.measure is Measure.last and ask.others:
        return clarify("unclear", say("ask.unclear"))
    if len(ask.periods) > 1 and ask.measure is not Measure.compare:
        joined = _contiguous(ask.periods)
        if joined is None:
            return clarify("period", say("ask.period"))
        ask = replace(ask, periods=(joined,))
    question = _Question(ask, known, subject, chosen, without, today)
    made = _MEASURES[ask.measure](question)
    return with_caveats(_with_rows(made, known), ask, rows)


def _contiguous(periods: Sequence[Period]) -> Period | None:
    """Periods that follow one another without a gap, as one; None for others."""
    ordered = sorted(periods, key=lambda period: period.first)
    for earlier, later in zip(ordered, ordered[1:], strict=False):
        if later.first != earlier.last + timedelta(days=1):
            return None
    return Period(ordered[0].first, ordered[-1].last)


def _resolved(ask: Ask, known: Book) -> tuple[Subject, Chosen]:
    """The subject and the accounts; a phrase that names one of the customer's accounts is that account."""
    chosen = resolve.accounts(known, ask)
    if ask.subject and not ask.account:
        subject = resolve.subject(known, ask.subject)
        named = resolve.named_account(known, ask.subject)
        if named and (subject.unknown or ask.measure in (Measure.balance, Measure.saved)):
            return resolve.EVERYTHING, named
        return subject, chosen
    if ask.subject and ask.measure is Measure.balance:
        named = resolve.named_account(known, (*ask.subject, *_account_words(ask)))
        return resolve.EVERYTHING, named or chosen
    return resolve.subject(known, ask.subject), chosen


def _account_words(ask: Ask) -> tuple[str, ...]:
    return (ask.account,) if ask.account not in ("card", "debit") else ()


def _unknown(subject: Subject) -> Answer:
    if subject.choices:
        text = say("ask.which", what=subject.label, choices=" or ".join(subject.choices))
        return replace(clarify("which", text), choices=subject.choices)
    return clarify("unknown", say("ask.unknown", what=subject.label))


def clarify(reason: str, text: str) -> Answer:
    """A question back."""
    return Answer(AnswerKind.clarify, {"reason": reason}, text)


def _decline(reason: str, text: str) -> Answer:
    return Answer(AnswerKind.decline, {"reason": reason}, text)


def _evidence(question: _Question, entries: Sequence[Entry]) -> Evidence:
    ids = tuple(entry.row.transaction_id for entry in entries)
    return Evidence(ids, question.period or question.book.rows.covered, len(question.book.entries))


def _with_rows(made: Answer, known: Book) -> Answer:
    """The rows behind an answer, as shown; a sum is recomputed from them before it leaves."""
    if not made.evidence.transactions:
        return made
    by_id = {entry.row.transaction_id: entry for entry in known.entries}
    entries = [by_id[name] for name in made.evidence.transactions]
    if made.rule == "spend":
        _recompute(made, entries)
    return replace(made, rows=tuple(_shown(entry, known) for entry in entries))


def _recompute(made: Answer, entries: Sequence[Entry]) -> None:
    sums: dict[str, int] = {}
    for entry in entries:
        sums[entry.row.amount.currency] = sums.get(entry.row.amount.currency, 0) + entry.spent.minor
    given = {amount.currency: amount.minor for amount in made.value if isinstance(amount, Money)}  # type: ignore[union-attr]
    if sums != given:
        raise Mismatch("spend")


def _shown(entry: Entry, known: Book) -> EvidenceRow:
    row = entry.row
    credit = entry.spent.minor < 0 and entry.kind in (Kind.refund, Kind.reversal)
    label = known.brands.title(entry.brand) if row.mcc or row.merchant_name else row.description
    return EvidenceRow(f"{row.day:%-d %b %Y}", label, -row.amount if credit else row.amount, entry.pending)


def _sums(entries: Sequence[Entry]) -> tuple[Money, ...]:
    """What the entries come to, one figure for each currency, the largest first."""
    currencies = sorted({entry.row.amount.currency for entry in entries})
    figures = [total((e.spent for e in entries if e.row.amount.currency == code), code) for code in currencies]
    return tuple(sorted(figures, key=lambda figure: -figure.minor))


def _home(question: _Question) -> str:
    currencies = [account.currency for account in question.chosen.accounts or question.book.rows.accounts]
    return max(set(currencies), key=currencies.count) if currencies else "USD"


def _figures(amounts: Sequence[Money]) -> str:
    return " and ".join(amount.shown() for amount in amounts)


def _spend(question: _Question) -> Answer:
    if question.ask.others:
        question = _together(question)
        if question.subject.unknown:
            return _unknown(question.subject)
    entries = question.spending()
    if not entries:
        return _nothing(question)
    bought = [entry for entry in entries if entry.kind in SPENDING]
    refunds = len(entries) - len(bought)
    sums = _sums(entries)
    key = "spend.total.refunds" if refunds else "spend.total"
    text = say(
        key,
        figure=_figures(sums),
        about=question.about,
        when=question.when,
        count=plural(len(bought), "purchase" if question.subject.label else "payment"),
        refunds=plural(refunds, "refund"),
    )
    pending = sum(entry.pending for entry in entries)
    if pending:
        text += " " + say("spend.pending", count=plural(pending, "of them is"))
    return Answer(AnswerKind.money, sums, text, _evidence(question, entries), rule="spend")


def _nothing(question: _Question) -> Answer:
    text = say(
        "spend.none",
        about=question.about,
        when=question.when,
        count=plural(len(question.book.entries), "row"),
    )
    return Answer(AnswerKind.money, (Money(0, _home(question)),), text, _evidence(question, ()))


def _together(question: _Question) -> _Question:
    """Several subjects at once: the sum over all of them."""
    parts = [resolve.subject(question.book, phrase) for phrase in question.ask.others]
    unknown = next((part for part in parts if part.unknown), None)
    if unknown:
        return replace(question, subject=unknown)
    several = (question.subject, *parts)
    label = " and ".join(part.label for part in several)
    return replace(question, subject=Subject(label, any_of=several))


def _count(question: _Question) -> Answer:
    if question.ask.others:
        question = _together(question)
        if question.subject.unknown:
            return _unknown(question.subject)
    entries = question.bought()
    text = say(
        "count",
        count=plural(len(entries), "purchase"),
        about=question.about.replace(" on ", " at ", 1) if question.subject.brands else question.about,
        when=question.when,
    )
    return Answer(AnswerKind.count, len(entries), text, _evidence(question, entries))


def _list(question: _Question) -> Answer:
    if question.ask.others:
        question = _together(question)
        if question.subject.unknown:
            return _unknown(question.subject)
    entries = question.bought() if _narrowed(question) else tuple(filter(question.fits, question.book.entries))
    if question.ask.limit:
        entries = entries[: question.ask.limit]
    elif not _narrowed(question) and question.period is None:
        entries = entries[:_SHOWN]
    return _listed(question, entries, "list")


def _narrowed(question: _Question) -> bool:
    ask = question.ask
    return bool(question.subject.label or ask.bounds)


def _listed(question: _Question, entries: Sequence[Entry], key: str) -> Answer:
    ids = tuple(entry.row.transaction_id for entry in entries)
    about = f" for {question.subject.label}" if question.subject.label else ""
    text = say(key, count=plural(len(entries), "payment"), about=about, when=question.when)
    if not entries:
        text = say("list.none", about=about, when=question.when)
    return Answer(AnswerKind.list, ids, text, _evidence(question, entries))


def _extreme(largest: bool) -> Callable[[_Question], Answer]:
    def find(question: _Question) -> Answer:
        entries = question.bought()
        if not question.subject.label:
            entries = tuple(entry for entry in entries if entry.kind is Kind.purchase)
        if not entries:
            return _nothing(question)
        ordered = sorted(entries, key=lambda entry: entry.row.amount.minor, reverse=largest)
        kept = ordered[: question.ask.limit or 1]
        key = "biggest" if largest else "smallest"
        text = say(
            key,
            figure=kept[0].row.amount.shown(),
            merchant=question.book.brands.title(kept[0].brand),
            day=f"{kept[0].row.day:%-d %B %Y}",
        )
        ids = tuple(entry.row.transaction_id for entry in kept)
        return Answer(AnswerKind.list, ids, text, _evidence(question, kept))

    return find


def _top(question: _Question) -> Answer:
    """The day, month or merchant with the most spending."""
    if question.ask.group_by == "week":
        return _unclear(question)
    key = {"day": _day_key, "month": _month_key}.get(question.ask.group_by, _merchant_key)
    entries = question.spending()
    if not entries or len(_sums(entries)) > 1:
        return clarify("currency", say("ask.currency")) if entries else _nothing(question)
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry, question.book), []).append(entry)
    name, best = max(groups.items(), key=lambda item: _sums(item[1])[0].minor)
    text = say("top", name=name, figure=_sums(best)[0].shown(), about=question.about, when=question.when)
    return Answer(AnswerKind.text, {"name": name}, text, _evidence(question, best))


def _day_key(entry: Entry, _book: Book) -> str:
    return entry.row.day.isoformat()


def _card_paid(question: _Question) -> Answer:
    """Payments to a credit card, seen on the card's side where it is among the accounts."""
    cards = frozenset(a.account_id for a in question.book.rows.accounts if a.kind.value == "card")
    every = replace(question, chosen=Chosen(question.book.rows.accounts, ids=frozenset(question.book.account_ids)))
    found = every.of_kind(Kind.card_payment)
    entries = tuple(e for e in found if e.row.account_id in cards and e.spent.minor < 0) or tuple(
        e for e in found if e.spent.minor > 0
    )
    if len(cards) > 1:
        return clarify("account", say("ask.account"))
    if question.ask.limit == 1:
        entries = entries[:1]
    if not entries:
        return Answer(AnswerKind.money, (Money(0, _home(question)),), say("card.none", when=question.when))
    sums = tuple(abs(amount) for amount in _sums(entries))
    text = say("card.paid", figure=_figures(sums), when=question.when, count=plural(len(entries), "payment"))
    return Answer(AnswerKind.money, sums, text, _evidence(question, entries))


def _unclear(_question: _Question) -> Answer:
    return clarify("unclear", say("ask.unclear"))


def _latest(newest: bool) -> Callable[[_Question], Answer]:
    def find(question: _Question) -> Answer:
        entries = question.bought() if question.subject.label else tuple(filter(question.fits, question.book.entries))
        if not entries:
            return _listed(question, (), "list")
        kept = entries[: question.ask.limit or 1] if newest else entries[::-1][: question.ask.limit or 1]
        if question.ask.limit > 1:
            return _listed(question, kept, "list")
        row = kept[0].row
        text = say(
            "last" if newest else "first",
            figure=row.amount.shown(),
            merchant=question.book.brands.title(kept[0].brand),
            day=f"{row.day:%-d %B %Y}",
        )
        return Answer(AnswerKind.list, (row.transaction_id,), text, _evidence(question, kept))

    return find


def _average(question: _Question) -> Answer:
    entries = question.bought()
    sums = _sums(entries)
    if len(sums) != 1:
        return _nothing(question) if not entries else clarify("currency", say("ask.currency"))
    mean = divided(sums[0], len(entries))
    text = say(
        "average",
        figure=mean.shown(),
        about=question.about,
        when=question.when,
        count=plural(len(entries), "purchase"),
    )
    return Answer(AnswerKind.money, (mean,), text, _evidence(question, entries))


def _average_per(question: _Question) -> Answer:
    """The net total over the number of months (days / 7 for weeks)."""
    period = question.period
    entries = question.spending()
    sums = _sums(entries)
    if len(sums) != 1 or period is None:
        return clarify("period", say("ask.period"))
    units = _units(period, question.ask.unit)
    if units == 0:
        return clarify("period", say("ask.period"))
    mean = divided(Money(sums[0].minor * 7, sums[0].currency), period.days) if units < 0 else divided(sums[0], units)
    text = say("average.per", figure=mean.shown(), unit=question.ask.unit, about=question.about, when=question.when)
    return Answer(AnswerKind.money, (mean,), text, _evidence(question, entries))


def _units(period: Period, unit: str) -> int:
    """How many units the period has; -1 for weeks, which are counted by days; 0 when they do not fill it."""
    if unit == "week":
        return -1
    if unit == "day":
        return period.days
    ends_month = (period.last + timedelta(days=1)).day == 1
    months = (period.last.year - period.first.year) * 12 + period.last.month - period.first.month + 1
    return months if period.first.day == 1 and ends_month else 0


def _balance(question: _Question) -> Answer:
    wanted = BalanceType.available if question.ask.available else BalanceType.booked
    balances = [
        entry
        for entry in question.book.rows.balances
        if entry.kind is wanted and entry.account_id in question.chosen.ids
    ]
    if not balances:
        return _decline("balance", say("balance.none"))
    if not question.chosen.named:
        return _all_balances(question, balances)
    if len(balances) > 1:
        return clarify("account", say("ask.account"))
    account = question.chosen.accounts[0]
    name = account.nickname or account.description or "account"
    only = balances[0].amount
    key = "balance.owed" if only.minor < 0 and account.kind.value == "card" else "balance.one"
    kind = "available" if question.ask.available else "booked"
    text = say(key, name=name, figure=(abs(only) if key == "balance.owed" else only).shown(), kind=kind)
    return Answer(AnswerKind.balance, (only,), text)


def _all_balances(question: _Question, balances: Sequence[Balance]) -> Answer:
    names = {account.account_id: account for account in question.book.rows.accounts}
    if len(balances) == 1:
        only = balances[0]
        name = names[only.account_id].nickname or "account"
        text = say("balance.one", name=name, figure=only.amount.shown(), kind="booked")
        return Answer(AnswerKind.balance, (only.amount,), text)
    rows = tuple(TableRow(entry.account_id, entry.amount) for entry in balances)
    shown = "; ".join(
        f"{names[entry.account_id].nickname or entry.account_id} {entry.amount.shown()}" for entry in balances
    )
    return Answer(AnswerKind.balance, rows, say("balance.all", shown=shown))


def _income(question: _Question) -> Answer:
    words_said = set(question.ask.subject)
    if words_said & {"interest"}:
        question = replace(question, subject=resolve.EVERYTHING)
        entries = question.of_kind(Kind.interest)
    elif question.subject.brands:
        entries = question.of_kind(Kind.income, Kind.interest, Kind.received)
    else:
        entries = question.of_kind(Kind.income, Kind.interest)
    if question.ask.limit == 1:
        entries = entries[:1]
    if not entries and question.subject.label:
        return clarify("unknown", say("ask.unknown", what=question.subject.label))
    sums = tuple(-figure for figure in _sums(entries))
    if not entries:
        return Answer(
            AnswerKind.money,
            (Money(0, _home(question)),),
            say("income.none", when=question.when),
            _evidence(question, ()),
        )
    text = say(
        "income",
        figure=_figures(sums),
        about=f" from {question.subject.label}" if question.subject.label else "",
        when=question.when,
        count=plural(len(entries), "payment"),
    )
    return Answer(AnswerKind.money, sums, text, _evidence(question, entries))


def _refunds(question: _Question) -> Answer:
    entries = question.of_kind(Kind.refund)
    about = f" from {question.subject.label}" if question.subject.label else ""
    if not entries:
        return Answer(
            AnswerKind.list, (), say("refunds.none", about=about, when=question.when), _evidence(question, ())
        )
    figure = _figures(tuple(-amount for amount in _sums(entries)))
    text = say("refunds", count=plural(len(entries), "refund"), figure=figure, about=about, when=question.when)
    if question.ask.figure:
        sums = tuple(-amount for amount in _sums(entries))
        return Answer(AnswerKind.money, sums, text, _evidence(question, entries))
    ids = tuple(entry.row.transaction_id for entry in entries)
    return Answer(AnswerKind.list, ids, text, _evidence(question, entries))


def _pending(question: _Question) -> Answer:
    entries = tuple(entry for entry in question.book.entries if entry.pending and question.fits(entry))
    key = "pending" if entries else "pending.none"
    ids = tuple(entry.row.transaction_id for entry in entries)
    text = say(key, count=plural(len(entries), "pending payment"), figure=_figures(_sums(entries)))
    if entries and question.ask.figure:
        return Answer(AnswerKind.money, _sums(entries), text, _evidence(question, entries), rule="spend")
    return Answer(AnswerKind.list, ids, text, _evidence(question, entries))


_PARENT = {
    leaf: key
    for key in ("eating_out", "transport", "travel", "shopping", "utilities", "housing", "health", "kids", "fees")
    for leaf in leaves(key)
} | {"remittance": "people", "council_tax": "taxes"}


def _by(question: _Question) -> Answer:
    key = {"category": _category_key, "month": _month_key, "merchant": _merchant_key}[question.ask.group_by]
    entries = question.spending()
    if not entries or len(_sums(entries)) > 1:
        return clarify("currency", say("ask.currency")) if entries else _nothing(question)
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry, question.book), []).append(entry)
    rows = [TableRow(name, _sums(group)[0]) for name, group in groups.items()]
    if question.ask.group_by == "month":
        rows.sort(key=lambda row: row.key)
    else:
        rows.sort(key=lambda row: -_minor(row))
    rows = rows[: question.ask.limit or len(rows)]
    kept = {row.key for row in rows}
    counted = [entry for entry in entries if key(entry, question.book) in kept]
    shown = "; ".join(
        f"{title(row.key)} {row.figure.shown()}" for row in rows[:_SHOWN] if isinstance(row.figure, Money)
    )
    text = say("by", when=question.when, about=question.about, shown=shown)
    return Answer(AnswerKind.table, tuple(rows), text, _evidence(question, counted))


def _minor(row: TableRow) -> int:
    return row.figure.minor if isinstance(row.figure, Money) else row.figure


def _category_key(entry: Entry, _book: Book) -> str:
    return _PARENT.get(entry.category, entry.category)


def _month_key(entry: Entry, _book: Book) -> str:
    return f"{entry.row.day:%Y-%m}"


def _merchant_key(entry: Entry, known: Book) -> str:
    return known.brands.title(entry.brand)


def _compare(question: _Question) -> Answer:
    """Two subjects over one period, or one subject over two periods."""
    ask = question.ask
    if len(ask.others) == 1 and len(ask.periods) <= 1:
        other = resolve.subject(question.book, ask.others[0])
        if other.unknown:
            return _unknown(other)
        sides = (question, replace(question, subject=other))
        names = (question.subject.label, other.label)
    elif len(ask.periods) == 2 and not ask.others:
        sides = tuple(replace(question, ask=replace(ask, periods=(one,))) for one in ask.periods)  # type: ignore[assignment]
        names = tuple(period_text(one) for one in ask.periods)  # type: ignore[assignment]
    else:
        return clarify("compare", say("ask.compare"))
    found = [side.bought() if ask.counted else side.spending() for side in sides]
    if any(len(_sums(entries)) > 1 for entries in found):
        return clarify("currency", say("ask.currency"))
    figures: list[Money | int] = [
        len(entries) if ask.counted else next(iter(_sums(entries)), Money(0, _home(question))) for entries in found
    ]
    rows = tuple(TableRow(name, figure) for name, figure in zip(names, figures, strict=True))
    one, two = map(_minor, rows)
    verdict = "more" if one > two else "less" if one < two else "same"
    shown = [figure.shown() if isinstance(figure, Money) else str(figure) for figure in figures]
    text = say("compare", one=names[0], two=names[1], first=shown[0], second=shown[1], verdict=verdict)
    return Answer(AnswerKind.table, rows, text, _evidence(question, (*found[0], *found[1])), verdict=verdict)


def _share(question: _Question) -> Answer:
    part, whole = question.spending(), replace(question, subject=resolve.EVERYTHING).spending()
    sums, over = _sums(part), _sums(whole)
    if len(over) != 1 or len(sums) > 1 or not question.subject.label or over[0].minor <= 0:
        return clarify("share", say("ask.share"))
    tenths = divided(Money((sums[0].minor if sums else 0) * 1000, over[0].currency), over[0].minor).minor
    percent = f"{tenths // 10}.{tenths % 10}"
    text = say("share", percent=percent, about=question.subject.label, when=question.when, whole=over[0].shown())
    return Answer(AnswerKind.text, {"percent": percent}, text, _evidence(question, part))


def _saved(question: _Question) -> Answer:
    savings = frozenset(
        account.account_id
        for account in question.book.rows.accounts
        if account.kind.value == "savings" and (not question.chosen.named or account.account_id in question.chosen.ids)
    )
    if len(savings) != 1:
        return clarify("account", say("ask.account"))
    open_question = replace(question, subject=resolve.EVERYTHING, chosen=Chosen(question.chosen.accounts, ids=savings))
    entries = tuple(entry for entry in open_question.of_kind(Kind.own_transfer) if entry.spent.minor < 0)
    sums = tuple(-amount for amount in _sums(entries)) or (Money(0, _home(question)),)
    text = say("saved", figure=_figures(sums), when=question.when, count=plural(len(entries), "transfer"))
    return Answer(AnswerKind.money, sums, text, _evidence(question, entries))


def _happened(question: _Question) -> Answer:
    if not question.subject.label:
        return clarify("what", say("ask.unclear"))
    entries = question.bought()
    about = question.subject.label
    key = "happened.yes" if entries else "happened.no"
    text = say(key, about=about, when=question.when, count=plural(len(entries), "payment"))
    value = {"answer": "yes" if entries else "no"}
    return Answer(AnswerKind.text, value, text, _evidence(question, entries))


def _next(question: _Question) -> Answer:
    """The last payment plus its usual interval, for something paid regularly."""
    if not question.subject.label:
        return clarify("what", say("ask.unclear"))
    days = sorted({entry.row.day for entry in question.bought()})
    gaps = [(later - earlier).days for earlier, later in zip(days[-7:], days[-6:], strict=False)]
    if len(gaps) < 3 or max(gaps) - min(gaps) > 9:
        return _decline("regular", say("next.unknown", about=question.subject.label))
    due = _following(days[-1], sorted(gaps)[len(gaps) // 2])
    text = say("next", about=question.subject.label, day=f"{due:%-d %B %Y}")
    return Answer(AnswerKind.text, {"date": due.isoformat()}, text, _evidence(question, ()))


def _following(last: date, gap: int) -> date:
    if 27 <= gap <= _MONTH_DAYS:
        index = last.year * 12 + last.month
        month_end = date((index + 1) // 12, (index + 1) % 12 + 1, 1) - timedelta(days=1)
        return month_end.replace(day=min(last.day, month_end.day))
    return last + timedelta(days=gap)


def _subscriptions(question: _Question) -> Answer:
    """Live monthly ones of the category: the last charge of each, less than eight days overdue."""
    groups: dict[str, list[Entry]] = {}
    for entry in question.book.spending():
        if entry.kind in SPENDING and entry.category == "subscriptions" and entry.row.account_id in question.chosen.ids:
            groups.setdefault(entry.brand, []).append(entry)
    live = {brand: entries for brand, entries in groups.items() if _live(entries, question.today)}
    rows = tuple(TableRow(question.book.brands.title(brand), entries[0].row.amount) for brand, entries in live.items())
    if not rows:
        return _nothing(question)
    shown = "; ".join(f"{row.key} {row.figure.shown()}" for row in rows if isinstance(row.figure, Money))
    evidence = _evidence(question, [entries[0] for entries in live.values()])
    return Answer(AnswerKind.table, rows, say("subscriptions", count=len(rows), shown=shown), evidence)


def _live(entries: Sequence[Entry], today: date) -> bool:
    days = sorted(entry.row.day for entry in entries)
    gaps = [(later - earlier).days for earlier, later in zip(days, days[1:], strict=False)]
    gaps = [gap for gap in gaps if gap > _TWICE_DAYS][-3:]
    return len(gaps) >= 2 and all(25 <= gap <= 36 for gap in gaps) and (today - days[-1]).days < _MONTH_DAYS + 8


_MEASURES: dict[Measure, Callable[[_Question], Answer]] = {
    Measure.spend: _spend,
    Measure.count: _count,
    Measure.list: _list,
    Measure.biggest: _extreme(True),
    Measure.smallest: _extreme(False),
    Measure.last: _latest(True),
    Measure.first: _latest(False),
    Measure.average: _average,
    Measure.average_per: _average_per,
    Measure.balance: _balance,
    Measure.income: _income,
    Measure.refunds: _refunds,
    Measure.pending: _pending,
    Measure.by: _by,
    Measure.compare: _compare,
    Measure.share: _share,
    Measure.saved: _saved,
    Measure.happened: _happened,
    Measure.next: _next,
    Measure.subscriptions: _subscriptions,
    Measure.top: _top,
    Measure.card_paid: _card_paid,
    Measure.unclear: _unclear,
}
"""A new answer is a function and a line here."""


def needs_history(ask: Ask) -> bool:
    """Whether the rows of the asked period alone cannot say what the words mean."""
    phrases = (ask.subject, *ask.others, ask.without)
    closed = all(not phrase or " ".join(phrase) in CATEGORY_WORDS for phrase in phrases)
    return not closed or ask.measure in (Measure.next, Measure.subscriptions) or ask.period is None
