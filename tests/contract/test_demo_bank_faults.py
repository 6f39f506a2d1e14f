"""The faults that other tests lean on do what they say."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from httpx2 import AsyncClient
from tests.contract.demo_bank_world import SECRETIVE, World, play
from tests.counterparts.servers import address, free_socket, serving

from offhold_demo.bank import BankConfig, Faults, build_bank
from offhold_demo.bank.walk import Walk
from offhold_demo.households import household


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_storm_passes_after_its_time(status: int) -> None:
    async def story(world: World) -> None:
        token = (await world.walk.link("maya"))["access_token"]
        world.faults.storm(status, times=2, retry_after="7", path="/balances")
        statuses = [(await world.walk.get("/balances", token)) for _ in range(3)]
        assert [each.status_code for each in statuses] == [status, status, 200]
        assert (await world.walk.get("/accounts", token)).status_code == 200
        if status != 401:
            assert statuses[0].headers["retry-after"] == "7" and statuses[0].json()["Errors"]

    play(story)


def test_a_storm_without_end_stays_until_it_is_cleared() -> None:
    async def story(world: World) -> None:
        token = (await world.walk.link("maya"))["access_token"]
        world.faults.storm(503)
        assert [(await world.walk.get("/accounts", token)).status_code for _ in range(5)] == [503] * 5
        world.faults.clear()
        assert (await world.walk.get("/accounts", token)).status_code == 200

    play(story)


def test_overlap_repeats_one_row_across_pages_and_loses_none() -> None:
    async def story(world: World) -> None:
        token = (await world.walk.link("maya"))["access_token"]
        world.faults.overlap, world.faults.page_size = 1, 50
        path: str | None = "/transactions?fromBookingDateTime=2026-01-01T00:00:00"
        pages: list[list[str]] = []
        while path:
            body = (await world.walk.get(path, token)).json()
            pages.append([row["TransactionId"] for row in body["Data"]["Transaction"]])
            path = body["Links"].get("Next")
        assert len(pages) > 3
        assert all(earlier[-1] == later[0] for earlier, later in zip(pages, pages[1:], strict=False))
        told = {each for page in pages for each in page}
        expected = {
            each["TransactionId"] for each in household("maya").transactions if each["BookingDateTime"] >= "2026-01-01"
        }
        assert told == expected and sum(map(len, pages)) == len(told) + len(pages) - 1

    play(story)


def test_a_body_against_the_schema_has_signed_amounts() -> None:
    async def story(world: World) -> None:
        token = (await world.walk.link("maya"))["access_token"]
        world.faults.break_bodies = 1
        broken = (await world.walk.get("/balances", token)).json()
        assert broken["Surprise"] and broken["Data"]["Balance"][0]["Amount"]["Amount"].startswith("-")
        assert "Surprise" not in (await world.walk.get("/balances", token)).json()

    play(story)


def test_revoke_now_cancels_every_consent_once() -> None:
    async def story(world: World) -> None:
        token = (await world.walk.link("maya"))["access_token"]
        world.faults.revoke_now = True
        answer = await world.walk.get("/accounts", token)
        assert (answer.status_code, answer.json()["Errors"][0]["ErrorCode"]) == (403, "U009")
        fresh = (await world.walk.link("maya"))["access_token"]
        assert (await world.walk.get("/accounts", fresh)).status_code == 200

    play(story)


def test_the_clock_runs_ahead_and_tokens_live_shorter() -> None:
    async def story(world: World) -> None:
        world.faults.token_seconds = 5
        linked = await world.walk.link("maya")
        assert linked["expires_in"] == 5
        assert (await world.walk.get("/accounts", linked["access_token"])).status_code == 200
        world.faults.clock_offset_seconds = 5
        assert (await world.walk.get("/accounts", linked["access_token"])).status_code == 401

    play(story)


def test_the_date_header_tells_the_banks_clock() -> None:
    async def story(world: World) -> None:
        page = "https://bank.test/jwks"
        assert (await world.walk.http.get(page)).headers["date"] == "Wed, 18 Mar 2026 19:00:00 GMT"
        world.faults.clock_offset_seconds = -90
        assert (await world.walk.http.get(page)).headers["date"] == "Wed, 18 Mar 2026 18:58:30 GMT"

    play(story)


def test_a_connection_is_dropped_in_the_middle_of_a_body() -> None:
    listening = free_socket()
    faults, maya = Faults(), household("maya")
    config = BankConfig(address(listening), (SECRETIVE,), now=lambda: maya.closes_at, households=(maya,), faults=faults)

    async def read() -> None:
        async with AsyncClient() as http:
            walk = Walk(http, config, SECRETIVE)
            token = (await walk.link("maya"))["access_token"]
            faults.drop_bodies = 1
            with pytest.raises(httpx2.RemoteProtocolError):
                await walk.get("/transactions", token)
            assert (await walk.get("/transactions", token)).status_code == 200

    with serving(build_bank(config), listening):
        asyncio.run(read())


def test_a_delay_lets_a_hasty_client_go() -> None:
    async def story(world: World) -> None:
        token = (await world.walk.link("maya"))["access_token"]
        world.faults.delay_seconds = 3600
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(world.walk.get("/accounts", token), 0.01)

    play(story)


def test_the_admin_page_sets_faults_and_refuses_what_it_does_not_know() -> None:
    async def story(world: World) -> None:
        page = "https://bank.test/demo/faults"
        wanted: dict[str, Any] = {"overlap": 1, "storms": [{"status": 503, "times": 1}]}
        assert (await world.walk.http.put(page, json=wanted)).json()["overlap"] == 1
        assert world.faults.storms[0].status == 503
        for wrong in ({"overlap": 2, "hurricane": 1}, {"storms": [{"strength": 1}]}, {"overlap": "x"}, []):
            assert (await world.walk.http.put(page, json=wrong)).status_code == 400
        assert world.faults.overlap == 1

    play(story, admin=True)


def test_there_is_no_admin_page_unless_asked_for() -> None:
    async def story(world: World) -> None:
        assert (await world.walk.http.get("https://bank.test/demo/faults")).status_code == 404

    play(story)
