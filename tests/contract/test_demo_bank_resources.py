"""The demo bank's resource server: OBIE v4.0 rules, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response
from tests.contract.demo_bank_world import OTHER, World, play

from offhold_demo.bank import RateLimit
from offhold_demo.bank.walk import EVERYTHING, OFFHOLD_PERMISSIONS
from offhold_demo.households import household

MAYA = household("maya")
CARD = MAYA.accounts[2]["AccountId"]
NEED_ACCOUNTS = "ReadAccountsBasic"


def told(answer: Response, status: int, reason: str) -> None:
    """An OBIE error body with that reason."""
    body = answer.json()
    assert (answer.status_code, body["Errors"][0]["ErrorCode"]) == (status, reason)
    assert body["Code"].startswith(str(status)) and body["Message"]


async def rows(world: World, token: str, path: str = "/transactions") -> list[dict[str, Any]]:
    """All pages, by Links.Next only."""
    found: list[dict[str, Any]] = []
    following: str | None = path
    while following:
        body = (await world.walk.get(following, token)).raise_for_status().json()
        found += body["Data"]["Transaction"]
        following = body["Links"].get("Next")
    return found


async def token_with(world: World, permissions: Sequence[str], **times: str) -> str:
    return str((await world.walk.link("maya", permissions, **times))["access_token"])


def test_every_row_of_the_household_is_told_once_newest_first() -> None:
    async def story(world: World) -> None:
        told_rows = await rows(world, await token_with(world, OFFHOLD_PERMISSIONS))
        ids = [row["TransactionId"] for row in told_rows]
        assert sorted(ids) == sorted(each["TransactionId"] for each in MAYA.transactions)
        moments = [datetime.fromisoformat(row["BookingDateTime"]) for row in told_rows]
        assert all(earlier <= later for later, earlier in pairwise(moments))

    play(story, page_size=400)


def test_a_row_keeps_its_amount_side_time_and_text() -> None:
    async def story(world: World) -> None:
        told_rows = await rows(world, await token_with(world, OFFHOLD_PERMISSIONS))
        shown = {row["TransactionId"]: row for row in told_rows}
        same = ("AccountId", "CreditDebitIndicator", "BookingDateTime", "Amount", "TransactionInformation")
        status = {"Booked": "BOOK", "Pending": "PDNG"}
        for source in MAYA.transactions:
            row = shown[source["TransactionId"]]
            assert [row[name] for name in same] == [source[name] for name in same]
            assert row["Status"] == status[source["Status"]]
            assert row.get("MerchantDetails") == source.get("MerchantDetails")
            running = source.get("Balance", {}).get("Amount")
            assert row.get("Balance", {}).get("Amount") == running

    play(story, page_size=1000)


def test_balances_are_those_that_the_household_states() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        shown = (await world.walk.get("/balances", token)).json()["Data"]["Balance"]
        kinds = {"InterimBooked": "ITBD", "InterimAvailable": "ITAV"}
        stated = [each | {"Type": kinds[each["Type"]]} for each in MAYA.balances]
        assert shown == stated

    play(story)


def test_rows_and_balances_are_as_of_the_banks_clock() -> None:
    async def story(world: World) -> None:
        world.clock.time = MAYA.closes_at - timedelta(days=365)
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        account = MAYA.accounts[0]["AccountId"]
        newest = (await rows(world, token, f"/accounts/{account}/transactions"))[0]
        assert datetime.fromisoformat(newest["BookingDateTime"]) <= world.clock.time
        shown = (await world.walk.get(f"/accounts/{account}/balances", token)).json()
        booked = shown["Data"]["Balance"][0]
        assert (booked["Type"], booked["Amount"]) == ("ITBD", newest["Balance"]["Amount"])

    play(story, page_size=1000)


def test_before_the_account_was_opened_there_is_nothing_and_zero_is_a_credit() -> None:
    async def story(world: World) -> None:
        world.clock.time = datetime.fromisoformat("2019-01-01T00:00:00+00:00")
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        assert await rows(world, token) == []
        shown = (await world.walk.get(f"/accounts/{CARD}/balances", token)).json()["Data"]["Balance"][0]
        assert (shown["Amount"]["Amount"], shown["CreditDebitIndicator"]) == ("0.00", "Credit")

    play(story)


DETAIL = {"TransactionInformation", "Balance", "MerchantDetails", "CreditorAccount", "DebtorAccount"}


def test_basic_transactions_do_not_say_who_was_paid() -> None:
    async def story(world: World) -> None:
        basic = [NEED_ACCOUNTS, "ReadTransactionsBasic", "ReadTransactionsDebits", "ReadTransactionsCredits"]
        told_rows = await rows(world, await token_with(world, basic))
        assert len(told_rows) == len(MAYA.transactions)
        assert not any(DETAIL & row.keys() for row in told_rows)

    play(story, page_size=1000)


@pytest.mark.parametrize("side", ["Credit", "Debit"])
def test_one_side_only_when_only_that_is_granted(side: str) -> None:
    async def story(world: World) -> None:
        permissions = [NEED_ACCOUNTS, "ReadTransactionsDetail", f"ReadTransactions{side}s"]
        told_rows = await rows(world, await token_with(world, permissions))
        assert {row["CreditDebitIndicator"] for row in told_rows} == {side}
        assert len(told_rows) == sum(each["CreditDebitIndicator"] == side for each in MAYA.transactions)

    play(story, page_size=1000)


def test_basic_accounts_have_no_number() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, [NEED_ACCOUNTS])
        shown = (await world.walk.get("/accounts", token)).json()["Data"]["Account"]
        assert len(shown) == 3 and not any("Account" in each for each in shown)
        told(await world.walk.get("/balances", token), 403, "U042")
        told(await world.walk.get("/transactions", token), 403, "U042")

    play(story)


def test_basic_statements_and_orders_have_no_detail() -> None:
    async def story(world: World) -> None:
        basic = [NEED_ACCOUNTS, "ReadStatementsBasic", "ReadStandingOrdersBasic"]
        token = (await world.walk.link("tom", basic))["access_token"]
        statements = (await world.walk.get("/statements", token)).json()["Data"]["Statement"]
        orders = (await world.walk.get("/standing-orders", token)).json()["Data"]["StandingOrder"]
        assert statements and not any("StatementAmount" in each for each in statements)
        assert orders and not any("CreditorAccount" in each for each in orders)

    play(story)


def test_a_statement_closes_where_the_next_one_opens() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, EVERYTHING)
        path = f"/accounts/{CARD}/statements"
        shown = (await world.walk.get(path, token)).json()["Data"]["Statement"]
        amounts = [[part["Amount"] for part in each["StatementAmount"]] for each in shown]
        assert len(shown) == 24
        assert all(newer[0] == older[1] for newer, older in pairwise(amounts))
        narrow = path + "?fromStatementDateTime=2026-01-01T00:00:00&toStatementDateTime=2026-01-31T23:59:59"
        january = (await world.walk.get(narrow, token)).json()["Data"]["Statement"]
        assert [each["StatementId"] for each in january] == [f"{CARD}-2026-01"]
        inside = await rows(world, token, f"{path}/{CARD}-2026-01/transactions")
        assert inside and {row["BookingDateTime"][:7] for row in inside} == {"2026-01"}

    play(story, page_size=100)


def test_a_statement_closes_with_the_running_balance_of_its_last_row() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, EVERYTHING)
        account = MAYA.accounts[0]["AccountId"]
        for month in ("2025-10", "2025-11", "2026-02"):
            path = f"/accounts/{account}/statements/{account}-{month}"
            (statement,) = (await world.walk.get(path, token)).json()["Data"]["Statement"]
            newest = (await rows(world, token, f"{path}/transactions"))[0]
            assert statement["StatementAmount"][1]["Amount"] == newest["Balance"]["Amount"]

    play(story)


def test_only_the_accounts_that_were_chosen() -> None:
    async def story(world: World) -> None:
        chosen = MAYA.accounts[0]["AccountId"]
        token = (await world.walk.link("maya", EVERYTHING, [chosen]))["access_token"]
        for kind in ("accounts", "balances", "transactions", "statements", "direct-debits", "products"):
            (listed,) = (await world.walk.get(f"/{kind}", token)).json()["Data"].values()
            assert {each["AccountId"] for each in listed} == {chosen}, kind
        for path in ("", "/balances", "/transactions", "/statements", "/party", "/product"):
            told(await world.walk.get(f"/accounts/{CARD}{path}", token), 403, "U042")

    play(story)


def test_another_customers_account_is_403_and_an_unknown_one_400() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, EVERYTHING)
        toms = household("tom").accounts[0]["AccountId"]
        told(await world.walk.get(f"/accounts/{toms}/transactions", token), 403, "U042")
        told(await world.walk.get("/accounts/1/transactions", token), 400, "U011")
        told(await world.walk.get(f"/accounts/{CARD}/statements/none", token), 400, "U011")

    play(story)


def test_a_customer_cannot_share_the_account_of_another() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        page = (await walk.visit(walk.parameters(await walk.consent()))).headers["location"]
        await walk.sign_in(page, "maya")
        toms = household("tom").accounts[0]["AccountId"]
        answer = await walk.decide(page, [CARD, toms])
        assert answer.status_code == 400 and "location" not in answer.headers

    play(story)


def test_the_consents_window_bounds_the_rows_and_meta_says_so() -> None:
    async def story(world: World) -> None:
        window = {
            "TransactionFromDateTime": "2025-06-01T00:00:00+00:00",
            "TransactionToDateTime": "2025-06-30T23:59:59+00:00",
        }
        token = await token_with(world, OFFHOLD_PERMISSIONS, **window)
        told_rows = await rows(world, token, "/transactions?fromBookingDateTime=2025-01-01T00:00:00")
        assert {row["BookingDateTime"][:7] for row in told_rows} == {"2025-06"}
        meta = (await world.walk.get("/transactions", token)).json()["Meta"]
        assert meta["FirstAvailableDateTime"].startswith("2025-06-01")
        assert meta["LastAvailableDateTime"].startswith("2025-07-01T06:59:59")

    play(story)


def test_meta_tells_the_whole_range_without_a_window() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        meta = (await world.walk.get("/transactions", token)).json()["Meta"]
        first, last = (datetime.fromisoformat(meta[f"{end}AvailableDateTime"]) for end in ("First", "Last"))
        assert (first, last) == (MAYA.opens_at, MAYA.closes_at)

    play(story)


@pytest.mark.parametrize("zone", ["", "Z", "%2B14:00", "-11:00"])
def test_the_zone_of_a_filter_is_ignored(zone: str) -> None:
    async def story(world: World) -> None:
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        span = f"fromBookingDateTime=2026-02-01T00:00:00{zone}&toBookingDateTime=2026-02-28T23:59:59{zone}"
        told_rows = await rows(world, token, f"/transactions?{span}")
        expected = [each for each in MAYA.transactions if each["BookingDateTime"].startswith("2026-02")]
        assert len(told_rows) == len(expected) > 50

    play(story)


@pytest.mark.parametrize("wrong", ["yesterday", "2026-13-01T00:00:00", "2026-02-01T00:00:00 01:00", ""])
def test_a_malformed_date_is_400(wrong: str) -> None:
    async def story(world: World) -> None:
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        answer = await world.walk.get(f"/transactions?fromBookingDateTime={wrong}", token)
        told(answer, 400, "U003")
        assert answer.json()["Errors"][0]["Path"] == "fromBookingDateTime"

    play(story)


def test_dates_outside_the_range_are_no_error() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        assert await rows(world, token, "/transactions?toBookingDateTime=1999-01-01T00:00:00") == []
        many = await rows(world, token, "/transactions?fromBookingDateTime=1999-01-01&toBookingDateTime=2999-01-01")
        assert len(many) == len(MAYA.transactions)

    play(story, page_size=1000)


def test_pages_are_linked_both_ways_and_keep_the_filter() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        path = "/transactions?fromBookingDateTime=2026-02-01T00:00:00"
        first = (await world.walk.get(path, token)).json()
        assert "Prev" not in first["Links"] and len(first["Data"]["Transaction"]) == 25
        second = (await world.walk.get(first["Links"]["Next"], token)).json()
        assert second["Links"]["Self"] == first["Links"]["Next"]
        back = (await world.walk.get(second["Links"]["Prev"], token)).json()
        assert back["Data"] == first["Data"]
        told_rows = await rows(world, token, path)
        assert min(row["BookingDateTime"] for row in told_rows) >= "2026-02-01"
        assert first["Meta"]["TotalPages"] == -(-len(told_rows) // 25)

    play(story, page_size=25)


def test_a_cursor_is_for_one_list_one_consent_and_ten_minutes() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, EVERYTHING)
        other = await token_with(world, EVERYTHING)
        following = (await world.walk.get("/transactions", token)).json()["Links"]["Next"]
        cursor = following.partition("cursor=")[2]
        assert (await world.walk.get(following, token)).status_code == 200
        told(await world.walk.get(following, other), 400, "U002")
        told(await world.walk.get(f"/statements?cursor={cursor}", token), 400, "U002")
        told(await world.walk.get(f"/transactions?cursor=x{cursor}", token), 400, "U002")
        narrowed = f"/transactions?fromBookingDateTime=2026-01-01&cursor={cursor}"
        told(await world.walk.get(narrowed, token), 400, "U002")
        world.clock.move(599)
        assert (await world.walk.get(following, token)).status_code == 200
        world.clock.move(1)
        told(await world.walk.get(following, token), 400, "U002")

    play(story, access_token_seconds=3600)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"Data": {"Permissions": []}, "Risk": {}}, "U004"),
        ({"Data": {"Permissions": ["ReadBalances"]}, "Risk": {}}, "U004"),
        ({"Data": {"Permissions": [NEED_ACCOUNTS, "ReadTransactionsDetail"]}, "Risk": {}}, "U004"),
        ({"Data": {"Permissions": [NEED_ACCOUNTS, "ReadTransactionsDebits"]}, "Risk": {}}, "U004"),
        ({"Data": {"Permissions": [NEED_ACCOUNTS, "WriteEverything"]}, "Risk": {}}, "U002"),
        ({"Data": {"Permissions": NEED_ACCOUNTS}, "Risk": {}}, "U002"),
        ({"Data": {"Permissions": [NEED_ACCOUNTS]}}, "U004"),
        ({"Data": {"Permissions": [NEED_ACCOUNTS]}, "Risk": {"Merchant": 1}}, "U005"),
        ({"Data": {"Permissions": [NEED_ACCOUNTS], "Purpose": "x"}, "Risk": {}}, "U005"),
        ({"Data": {}, "Risk": {}}, "U004"),
        ({"Data": [], "Risk": {}}, "U010"),
        ([], "U010"),
    ],
)
def test_a_consent_against_the_rules_is_400(body: Any, reason: str) -> None:
    async def story(world: World) -> None:
        headers = {"Authorization": f"Bearer {await world.walk.client_token()}"}
        address = world.walk.config.aisp_url + "/account-access-consents"
        told(await world.walk.http.post(address, json=body, headers=headers), 400, reason)

    play(story)


@pytest.mark.parametrize("wrong", ["2026-03-18T12:00:00-07:00", "2030-01-01", "2030-01-01T00:00:00", "soon", 3])
def test_a_consents_end_is_a_moment_to_come(wrong: Any) -> None:
    async def story(world: World) -> None:
        headers = {"Authorization": f"Bearer {await world.walk.client_token()}"}
        address = world.walk.config.aisp_url + "/account-access-consents"
        body = {"Data": {"Permissions": [NEED_ACCOUNTS], "ExpirationDateTime": wrong}, "Risk": {}}
        answer = await world.walk.http.post(address, json=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["Errors"][0]["Path"] == "Data.ExpirationDateTime"

    play(story)


async def status_of(world: World, consent_id: str) -> str:
    token = await world.walk.client_token()
    answer = await world.walk.get(f"/account-access-consents/{consent_id}", token)
    return str(answer.raise_for_status().json()["Data"]["Status"])


def test_a_consent_goes_from_awaiting_to_authorised_to_expired() -> None:
    async def story(world: World) -> None:
        end = {"ExpirationDateTime": "2026-03-19T00:00:00-07:00"}
        waiting = await world.walk.consent(**end)
        assert await status_of(world, waiting) == "AWAU"
        linked = await world.walk.link("maya", **end)
        assert await status_of(world, linked["consent_id"]) == "AUTH"
        world.clock.move(12 * 3600)
        assert [await status_of(world, each) for each in (waiting, linked["consent_id"])] == ["EXPD", "EXPD"]
        told(await world.walk.get("/accounts", linked["access_token"]), 401, "TKXP")
        form = {"grant_type": "refresh_token", "refresh_token": linked["refresh_token"]}
        assert (await world.walk.token(**form)).json()["error"] == "invalid_grant"

    play(story, access_token_seconds=24 * 3600)


def test_a_declined_consent_is_rejected_and_cannot_be_taken_up_again() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        consent_id = await walk.consent()
        page = (await walk.visit(walk.parameters(consent_id))).headers["location"]
        await walk.sign_in(page, "maya")
        answer = await walk.decide(page, [], "deny")
        assert "error=access_denied" in answer.headers["location"]
        assert await status_of(world, consent_id) == "RJCT"
        again = await walk.visit(walk.parameters(consent_id))
        assert "error=invalid_request" in again.headers["location"]

    play(story)


def test_declining_a_renewal_leaves_what_stands() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        linked = await walk.link("maya")
        page = (await walk.visit(walk.parameters(linked["consent_id"]))).headers["location"]
        await walk.sign_in(page, "maya")
        await walk.decide(page, [], "deny")
        assert await status_of(world, linked["consent_id"]) == "AUTH"
        assert (await walk.get("/accounts", linked["access_token"])).status_code == 200

    play(story)


def test_a_deleted_consent_is_gone_and_its_tokens_with_it() -> None:
    async def story(world: World) -> None:
        linked = await world.walk.link("maya")
        path = f"/account-access-consents/{linked['consent_id']}"
        headers = {"Authorization": f"Bearer {await world.walk.client_token()}"}
        address = world.walk.config.aisp_url + path
        assert (await world.walk.http.delete(address, headers=headers)).status_code == 204
        told(await world.walk.get(path, await world.walk.client_token()), 400, "U011")
        told(await world.walk.get("/accounts", linked["access_token"]), 403, "U009")

    play(story)


def test_a_consent_of_another_client_is_403() -> None:
    async def story(world: World) -> None:
        consent_id = await world.walk.consent()
        token = await world.as_client(OTHER).client_token()
        told(await world.walk.get(f"/account-access-consents/{consent_id}", token), 403, "U042")

    play(story)


def test_each_kind_of_token_is_for_its_own_resources() -> None:
    async def story(world: World) -> None:
        linked = await world.walk.link("maya")
        told(await world.walk.get("/accounts", await world.walk.client_token()), 403, "U042")
        path = f"/account-access-consents/{linked['consent_id']}"
        told(await world.walk.get(path, linked["access_token"]), 403, "U042")

    play(story)


def test_no_token_and_a_made_up_token_are_401_without_body() -> None:
    async def story(world: World) -> None:
        address = world.walk.config.aisp_url + "/accounts"
        for headers in ({}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic eDp5"}):
            answer = await world.walk.http.get(address, headers=headers)
            assert answer.status_code == 401 and not answer.content
            assert answer.headers["www-authenticate"].startswith("Bearer")

    play(story)


def test_the_interaction_id_is_echoed_or_made() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        name = "x-fapi-interaction-id"
        mine = "93bac548-d2de-4546-b106-880a5018460d"
        for path in ("/accounts", "/accounts/nobody", "/nothing"):
            assert (await world.walk.get(path, token, **{name: mine})).headers[name] == mine
            assert UUID((await world.walk.get(path, token)).headers[name])

    play(story)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("text/html, application/json;q=0.5", 200),
        ("*/*", 200),
        ("text/html", 406),
        ("application/jose+jwe", 406),
    ],
)
def test_only_json_is_had(accept: str, status: int) -> None:
    async def story(world: World) -> None:
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        assert (await world.walk.get("/accounts", token, accept=accept)).status_code == status

    play(story)


def test_only_json_is_taken() -> None:
    async def story(world: World) -> None:
        token = await world.walk.client_token()
        address = world.walk.config.aisp_url + "/account-access-consents"
        for kind, status in (("text/plain", 415), ("application/json; charset=utf-8", 201)):
            headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
            body = '{"Data": {"Permissions": ["ReadAccountsBasic"]}, "Risk": {}}'
            answer = await world.walk.http.post(address, content=body, headers=headers)
            assert answer.status_code == status
        broken = await world.walk.http.post(address, content="{", headers=headers)
        told(broken, 400, "U010")

    play(story)


def test_wrong_methods_and_unknown_paths() -> None:
    async def story(world: World) -> None:
        base = world.walk.config.aisp_url
        answer = await world.walk.http.put(base + "/accounts", json={})
        assert answer.status_code == 405 and set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
        token = await token_with(world, EVERYTHING)
        told(await world.walk.get("/card-accounts", token), 404, "U042")
        told(await world.walk.get(f"/accounts/{CARD}/statements/{CARD}-2026-01/file", token), 404, "U042")

    play(story)


def test_too_many_requests_are_429_with_the_time_to_wait() -> None:
    moments = [0.0]

    async def story(world: World) -> None:
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        statuses = [(await world.walk.get("/accounts", token)).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        answer = await world.walk.get("/accounts", token)
        assert answer.headers["retry-after"] == "1"
        moments[0] += 1.0
        assert (await world.walk.get("/accounts", token)).status_code == 200
        other = (await world.walk.link("tom"))["access_token"]
        assert (await world.walk.get("/accounts", other)).status_code == 200

    play(story, rate_limit=RateLimit(per_customer=3, per_client=50, timer=lambda: moments[0]))


def test_unattended_reads_are_counted_by_the_day() -> None:
    async def story(world: World) -> None:
        token = await token_with(world, OFFHOLD_PERMISSIONS)
        statuses = [(await world.walk.get("/balances", token)).status_code for _ in range(5)]
        assert statuses == [200] * 4 + [429]
        present = {"x-fapi-customer-ip-address": "192.0.2.1"}
        assert (await world.walk.get("/balances", token, **present)).status_code == 200
        assert (await world.walk.get("/accounts", token)).status_code == 200
        world.clock.move(24 * 3600)
        assert (await world.walk.get("/balances", token)).status_code == 200

    play(story, unattended_reads_per_day=4, access_token_seconds=48 * 3600)
