"""The connector's tokens, consents and patience, against the demo bank: an OAuth server not written for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from joserfc.jwk import ECKey, Key, RSAKey
from tests.contract.demo_bank_world import CALLBACK, OTHER, SECRETIVE, World, play
from tests.contract.obie_world import Reading, before_demo

from offhold.errors import BankError
from offhold.identity.oauth import Credentials
from offhold.model.access import Data
from offhold.model.ledger import Rows
from offhold.model.period import Period
from offhold_demo.bank import Client
from offhold_demo.households import household

EC = ECKey.generate_key("P-256", auto_kid=True)
RSA = RSAKey.generate_key(2048, auto_kid=True)
SIGNING = Client("signing", (CALLBACK,), jwks={"keys": [EC.as_dict(private=False), RSA.as_dict(private=False)]})

Story = Callable[[World, Reading], Awaitable[None]]


def linked(story: Story, seconds: float = 60.0, credentials: Credentials | None = None, **changes: Any) -> None:
    """Run a story in front of a fresh demo bank, as maya who has just linked."""

    async def played(world: World) -> None:
        async with before_demo(world, credentials=credentials, seconds=seconds) as reader:
            await story(world, reader)

    play(played, **changes)


async def failure(reader: Reading) -> BankError:
    with pytest.raises(BankError) as raised:
        await reader.rows()
    return raised.value


def test_every_row_of_the_period_is_read_over_all_pages() -> None:
    async def story(world: World, reader: Reading) -> None:
        rows = await reader.rows(Period(date(2025, 10, 1), date(2026, 3, 18)), *Data)
        told = {row.transaction_id for row in rows.transactions}
        expected = {
            each["TransactionId"] for each in household("maya").transactions if each["BookingDateTime"] >= "2025-10-01"
        }
        assert told == expected and len(told) > 100
        assert len(rows.balances) == 2 * len(rows.accounts) and (rows.unreadable, rows.missing) == (0, 0)
        assert reader.kept == []

    linked(story, page_size=25)


@pytest.mark.parametrize("overlap", [1, 7])
def test_rows_on_two_pages_count_once(overlap: int) -> None:
    async def story(world: World, reader: Reading) -> None:
        plain = await reader.rows()
        world.faults.overlap, world.faults.page_size = overlap, 10
        assert set((await reader.rows()).transactions) == set(plain.transactions)
        assert len((await reader.rows()).transactions) == len(plain.transactions)

    linked(story)


def test_expired_tokens_are_renewed_once_for_all_reads_and_kept_before_use() -> None:
    async def story(world: World, reader: Reading) -> None:
        world.clock.move(700)
        answers = await asyncio.gather(*(reader.rows() for _ in range(5)))
        assert len({answer.transactions for answer in answers}) == 1
        assert len(reader.kept) == 1 and reader.kept[0].refresh_token != reader.grant.refresh_token
        assert reader.kept[0].accounts == reader.grant.accounts

    linked(story)


def test_a_read_that_began_with_the_old_tokens_does_not_spend_them_again() -> None:
    """A second use of a rotated refresh token would end the customer's authorisation at the bank."""

    async def story(world: World, reader: Reading) -> None:
        world.clock.move(700)
        await reader.rows()
        first = reader.kept.pop()
        await reader.rows()
        assert reader.kept == []
        reader.kept.append(first)
        world.clock.move(700)
        await reader.rows()
        assert len(reader.kept) == 2

    linked(story)


def test_new_tokens_are_kept_even_when_the_read_fails() -> None:
    async def story(world: World, reader: Reading) -> None:
        world.clock.move(700)
        world.faults.storm(503, path="/accounts")
        assert (await failure(reader)).code == "bank-away"
        assert len(reader.kept) == 1
        world.faults.clear()
        assert isinstance(await reader.rows(), Rows)

    linked(story)


def test_a_token_that_the_bank_dropped_early_is_renewed_after_one_401() -> None:
    async def story(world: World, reader: Reading) -> None:
        world.faults.storm(401, times=1)
        await reader.rows()
        assert len(reader.kept) == 1 and reader.seen.count("401") == 1

    linked(story)


def test_a_bank_that_refuses_every_token_wants_the_customer_to_sign_in() -> None:
    """The consent stands, so it must not be ended for what may be the bank's own trouble."""

    async def story(world: World, reader: Reading) -> None:
        world.faults.storm(401, path="/accounts")
        assert (await failure(reader)).code == "bank-login"

    linked(story)


def test_a_refused_refresh_ends_the_consent_here() -> None:
    async def story(world: World, reader: Reading) -> None:
        world.clock.move(91 * 86_400)
        assert (await failure(reader)).code == "consent-ended"
        assert reader.kept == []

    linked(story)


def test_a_consent_that_the_customer_ended_at_the_bank_ends_here() -> None:
    async def story(world: World, reader: Reading) -> None:
        world.faults.revoke_now = True
        assert (await failure(reader)).code == "consent-ended"

    linked(story)


def test_a_consent_deleted_by_us_is_over() -> None:
    async def story(world: World, reader: Reading) -> None:
        assert not await reader.consents.ended(reader.grant.consent_id)
        await reader.consents.delete(reader.grant.consent_id)
        assert await reader.consents.ended(reader.grant.consent_id)
        await reader.consents.delete(reader.grant.consent_id)
        assert (await failure(reader)).code == "consent-ended"

    linked(story)


@pytest.mark.parametrize(("code", "meaning"), [("U028", "bank-login"), ("U042", "forbidden")])
def test_a_403_is_told_apart(code: str, meaning: str) -> None:
    async def story(world: World, reader: Reading) -> None:
        world.faults.storm(403, code=code, path="/transactions")
        assert (await failure(reader)).code == meaning

    linked(story)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_two_bad_answers_in_a_row_are_ridden_out(status: int) -> None:
    async def story(world: World, reader: Reading) -> None:
        world.faults.storm(status, times=2, path="/accounts")
        assert (await reader.rows()).transactions
        assert reader.seen.count(str(status)) == 2

    linked(story)


def test_a_bank_that_stays_away_is_asked_three_times() -> None:
    async def story(world: World, reader: Reading) -> None:
        world.faults.storm(503)
        assert (await failure(reader)).code == "bank-away"
        assert reader.seen == ["503"] * 3

    linked(story)


def test_a_short_wait_is_waited_and_a_long_one_is_told() -> None:
    async def story(world: World, reader: Reading) -> None:
        world.faults.storm(429, times=1, retry_after="1")
        assert (await reader.rows()).transactions
        world.faults.storm(429, times=1, retry_after="90")
        told = await failure(reader)
        assert (told.code, told.retry_after_s) == ("bank-busy", 90)

    linked(story)


@pytest.mark.parametrize("text", ["soon", "-5", "Wed, 32 Foo 2026 99:00:00 GMT", ""])
def test_a_wait_that_cannot_be_read_is_not_guessed(text: str) -> None:
    async def story(world: World, reader: Reading) -> None:
        world.faults.storm(429, times=1, retry_after=text)
        told = await failure(reader)
        assert (told.code, told.retry_after_s) == ("bank-busy", None)

    linked(story)


@pytest.mark.parametrize("skew_s", [-600, 0, 600])
def test_a_wait_until_a_date_is_measured_by_the_banks_own_clock(skew_s: int) -> None:
    async def story(world: World, reader: Reading) -> None:
        world.faults.clock_offset_seconds = skew_s
        until = world.clock.time + timedelta(seconds=skew_s + 45)
        world.faults.storm(429, times=1, retry_after=format_datetime(until.astimezone(UTC), usegmt=True))
        told = await failure(reader)
        assert (told.code, told.retry_after_s) == ("bank-busy", 45)

    linked(story)


def test_the_whole_read_has_one_deadline() -> None:
    async def story(world: World, reader: Reading) -> None:
        world.faults.delay_seconds = 3600
        async with asyncio.timeout(10):
            assert (await failure(reader)).code == "bank-away"

    linked(story, seconds=0.05)


def test_a_body_against_the_schema_gives_no_figure() -> None:
    async def story(world: World, reader: Reading) -> None:
        world.faults.break_bodies = 10
        rows = await reader.rows()
        assert rows.transactions == () and rows.unreadable > 0
        world.faults.break_bodies = 10
        with pytest.raises(BankError, match="bank-unclear"):
            await reader.rows(Period(date(2026, 2, 1), date(2026, 2, 28)), Data.accounts, Data.balances)

    linked(story)


@pytest.mark.parametrize("skew_s", [-300, -45, 45, 300])
@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES256"), (RSA, "PS256")])
def test_a_signing_client_links_and_renews_whatever_the_clocks_say(key: Key, algorithm: str, skew_s: int) -> None:
    async def story(world: World) -> None:
        world.faults.clock_offset_seconds = skew_s
        credentials = Credentials("signing", key=key, algorithm=algorithm)
        async with before_demo(world, credentials=credentials) as reader:
            assert (await reader.rows()).transactions
            world.clock.move(700)
            assert (await reader.rows()).transactions
            assert len(reader.kept) == 1

    play(story, clients=(SIGNING, OTHER))


def test_a_key_that_is_not_registered_opens_nothing() -> None:
    async def story(world: World) -> None:
        stranger = ECKey.generate_key("P-256", auto_kid=True)
        with pytest.raises(BankError, match="bank-unclear"):
            async with before_demo(world, credentials=Credentials("signing", key=stranger, algorithm="ES256")):
                raise AssertionError("linked")

    play(story, clients=(SIGNING, OTHER))


def test_a_bank_that_requires_pushed_requests_is_linked() -> None:
    async def story(world: World, reader: Reading) -> None:
        assert (await reader.rows()).transactions

    linked(story, require_par=True, clients=(SECRETIVE, OTHER))
