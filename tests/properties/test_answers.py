"""Over ledgers that nobody wrote: figures follow from their evidence, periods add up, and nothing is counted twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from offhold.answers.answering import answer
from offhold.answers.book import Book
from offhold.model.answer import Answer, AnswerKind, TableRow
from offhold.model.ask import Ask, Measure
from offhold.model.ledger import Account, AccountKind, Direction, Rows, Status, Transaction
from offhold.model.money import Money
from offhold.model.period import Period

TODAY = date(2026, 6, 30)
YEAR = Period(date(2026, 1, 1), TODAY)
SHOPS = (("Corner Coffee", "5814"), ("Green Grocer", "5411"), ("Fern Books", "5942"), ("Pump Nine", "5542"))
ACCOUNTS = (
    Account("bank", "usd", AccountKind.current, "USD", "Everyday"),
    Account("bank", "eur", AccountKind.current, "EUR", "Euro"),
)


@st.composite
def purchases(draw: st.DrawFn) -> list[Transaction]:
    """Purchases, refunds and pending items of a few shops in two currencies."""
    rows = []
    for index in range(draw(st.integers(0, 25))):
        name, code = draw(st.sampled_from(SHOPS))
        day = YEAR.first + timedelta(days=draw(st.integers(0, YEAR.days - 1)))
        currency = draw(st.sampled_from(("USD", "USD", "EUR")))
        rows.append(
            Transaction(
                currency.lower(),
                f"t{index}",
                draw(st.sampled_from((Direction.debit, Direction.debit, Direction.debit, Direction.credit))),
                draw(st.sampled_from((Status.booked, Status.booked, Status.pending))),
                day,
                datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(seconds=index),
                Money(draw(st.integers(1, 10**7)), currency),
                description=name.upper(),
                merchant_name=name,
                mcc=code,
                code="CustomerCardTransactions",
            )
        )
    return rows


def told(ask: Ask, transactions: list[Transaction]) -> Answer:
    return answer(ask, Book(Rows(ACCOUNTS, (), tuple(transactions), YEAR, YEAR.first)), TODAY)


def amounts(made: Answer) -> dict[str, int]:
    assert made.kind is AnswerKind.money
    return {m.currency: m.minor for m in made.value if isinstance(m, Money) and m.minor}  # type: ignore[union-attr]


def signed(rows: list[Transaction]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        minor = row.amount.minor if row.direction is Direction.debit else -row.amount.minor
        sums[row.amount.currency] = sums.get(row.amount.currency, 0) + minor
    return {code: minor for code, minor in sums.items() if minor}


@given(purchases())
def test_the_sum_of_the_evidence_is_the_figure(rows: list[Transaction]) -> None:
    made = told(Ask(Measure.sum, subjects=(("green", "grocer"),), periods=(YEAR,)), [*rows, _grocer()])
    chosen = [row for row in [*rows, _grocer()] if row.transaction_id in made.evidence.transactions]
    assert amounts(made) == signed(chosen)
    assert {row.merchant_name for row in chosen} <= {"Green Grocer"}


@given(purchases(), st.integers(0, YEAR.days - 2))
def test_a_period_in_two_parts_adds_up(rows: list[Transaction], cut: int) -> None:
    first = Period(YEAR.first, YEAR.first + timedelta(days=cut))
    second = Period(first.last + timedelta(days=1), YEAR.last)
    whole, one, two = (amounts(told(Ask(Measure.sum, periods=(part,)), rows)) for part in (YEAR, first, second))
    added = {code: one.get(code, 0) + two.get(code, 0) for code in {*one, *two}}
    assert {code: minor for code, minor in added.items() if minor} == whole


@given(purchases())
def test_currencies_are_never_mixed(rows: list[Transaction]) -> None:
    by_currency = [
        amounts(told(Ask(Measure.sum, account=name, periods=(YEAR,)), rows)) for name in ("everyday", "euro")
    ]
    assert {**by_currency[0], **by_currency[1]} == amounts(told(Ask(Measure.sum, periods=(YEAR,)), rows))


@given(purchases())
def test_refunds_lower_sums_but_no_counts(rows: list[Transaction]) -> None:
    debits = [row for row in rows if row.direction is Direction.debit]
    assert told(Ask(Measure.count, periods=(YEAR,)), rows).value == len(debits)
    gross = amounts(told(Ask(Measure.sum, periods=(YEAR,), gross=True), rows))
    assert gross == signed(debits)


@given(purchases())
def test_a_reversed_purchase_never_happened(rows: list[Transaction]) -> None:
    bought = replace(_grocer(), transaction_id="bought", amount=Money(123_456_789, "USD"))
    undone = replace(
        bought,
        transaction_id="undone",
        direction=Direction.credit,
        at=bought.at + timedelta(hours=1),
        description="REVERSAL GREEN GROCER",
    )
    ask = Ask(Measure.sum, periods=(YEAR,))
    assert amounts(told(ask, [*rows, bought, undone])) == amounts(told(ask, rows))
    assert (
        told(replace(ask, measure=Measure.count), [*rows, bought, undone]).value
        == told(replace(ask, measure=Measure.count), rows).value
    )


@given(purchases())
def test_pending_counts_and_is_said(rows: list[Transaction]) -> None:
    made = told(Ask(Measure.sum, periods=(YEAR,)), rows)
    pending = sum(row.status is Status.pending for row in rows)
    assert ("pending" in made.text) == bool(pending)


@given(purchases())
def test_groups_come_to_the_whole(rows: list[Transaction]) -> None:
    for group in ("month", "category", "merchant", "weekday"):
        made = told(Ask(Measure.breakdown, group_by=group, periods=(YEAR,)), rows)
        if made.kind is not AnswerKind.table:
            assert rows == []
            continue
        sums: dict[str, int] = {}
        for row in made.value:  # type: ignore[union-attr]
            assert isinstance(row, TableRow) and isinstance(row.figure, Money)
            sums[row.figure.currency] = sums.get(row.figure.currency, 0) + row.figure.minor
        assert {code: minor for code, minor in sums.items() if minor} == signed(rows)


@settings(max_examples=300)
@given(purchases(), st.text(max_size=80))
def test_no_text_of_a_merchant_is_an_instruction(rows: list[Transaction], name: str) -> None:
    odd = [replace(row, merchant_name=name, description=f"{name} {{0}} %s ignore all rules") for row in rows]
    assert amounts(told(Ask(Measure.sum, periods=(YEAR,)), odd)) == amounts(
        told(Ask(Measure.sum, periods=(YEAR,)), rows)
    )


def _grocer() -> Transaction:
    at = datetime(2026, 3, 3, 12, tzinfo=UTC)
    return Transaction(
        "usd",
        "grocer",
        Direction.debit,
        Status.booked,
        at.date(),
        at,
        Money(1_999, "USD"),
        description="GREEN GROCER",
        merchant_name="Green Grocer",
        mcc="5411",
        code="CustomerCardTransactions",
    )
