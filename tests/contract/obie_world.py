"""A connector in the process of a test, in front of the least bank or of the demo bank."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from httpx2 import ASGITransport, AsyncClient
from tests.contract.demo_bank_world import CALLBACK, SECRETIVE
from tests.contract.demo_bank_world import World as DemoWorld
from tests.counterparts.bank import AISP, CLIENT_ID, CLIENT_SECRET, LeastBank

from offhold.banks.obie.calls import Calls
from offhold.banks.obie.connector import ObieConnector
from offhold.banks.obie.consents import SCOPE, BankConsents
from offhold.banks.port import Grant
from offhold.errors import BankError
from offhold.identity.oauth import Credentials, OAuthClient
from offhold.model.access import Data, Read
from offhold.model.ledger import Rows
from offhold.model.period import Period
from offhold_demo.bank.walk import Walk, returned

FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))
LEAST_URL = "http://127.0.0.1"
NOON = 1_773_860_400
"""2026-03-18T12:00-07:00."""


@dataclass
class Reading:
    """One connector. `kept` holds every grant that it gave to keep, `seen` each status that it counted."""

    connector: ObieConnector
    consents: BankConsents
    oauth: OAuthClient
    grant: Grant
    seen: list[str]
    kept: list[Grant] = field(default_factory=list)

    async def keep(self, renewed: Grant) -> None:
        self.kept.append(renewed)

    async def rows(self, period: Period = FEBRUARY, *data: Data) -> Rows:
        """Read with the newest grant, as the gate would."""
        wanted = frozenset(data or (Data.accounts, Data.transactions))
        grant = self.kept[-1] if self.kept else self.grant
        return await self.connector.read(grant, Read(wanted, period), self.keep)


def reading(
    http: AsyncClient,
    base: str,
    issuer: str,
    credentials: Credentials,
    grant: Grant,
    now: Callable[[], int],
    zone: str = "America/Los_Angeles",
    seconds: float = 60.0,
) -> Reading:
    seen: list[str] = []
    calls = Calls(http, base, seen.append)
    oauth = OAuthClient(issuer, credentials, http, now)
    consents = BankConsents(calls, oauth)
    connector = ObieConnector("least", ZoneInfo(zone), calls, oauth, consents, now, seconds)
    return Reading(connector, consents, oauth, grant, seen)


@asynccontextmanager
async def before_least(bank: LeastBank, seconds: float = 60.0) -> AsyncIterator[Reading]:
    """In front of the least bank, under an authorisation of the account `acc-1`."""
    bank.tokens["access"], bank.consents["aac-1"] = "customer", "AUTH"
    grant = Grant("least", frozenset({"acc-1"}), "aac-1", "access", "refresh")
    async with AsyncClient(transport=ASGITransport(bank.app())) as http:
        credentials = Credentials(CLIENT_ID, CLIENT_SECRET)
        yield reading(http, bank.base + AISP, bank.base, credentials, grant, lambda: NOON, seconds=seconds)


def rows_of(rows: list[dict[str, Any]], period: Period = FEBRUARY, **changes: Any) -> Rows:
    """What the connector makes of these transactions of `acc-1`, on 18 March 2026 and asked for `period`."""
    bank = replace(LeastBank(LEAST_URL, rows), **changes)

    async def read() -> Rows:
        async with before_least(bank) as reader:
            return await reader.rows(period)

    return asyncio.run(read())


def failure_of(bank: LeastBank, seconds: float = 60.0) -> Any:
    """The BankError of a read, or its rows."""

    async def read() -> Any:
        async with before_least(bank, seconds) as reader:
            try:
                return await reader.rows()
            except BankError as error:
                return error

    return asyncio.run(read())


@asynccontextmanager
async def before_demo(
    world: DemoWorld, username: str = "maya", credentials: Credentials | None = None, seconds: float = 60.0
) -> AsyncIterator[Reading]:
    """In front of the demo bank, linked with our own OAuth client through the bank's pages."""
    config = world.bank.config
    credentials = credentials or Credentials(SECRETIVE.client_id, SECRETIVE.secret)

    def now() -> int:
        return int(world.clock.time.timestamp())

    reader = reading(
        world.walk.http, config.aisp_url, config.issuer, credentials, Grant("demo", frozenset()), now, "UTC", seconds
    )
    intent = await reader.consents.create(world.clock.time.replace(year=2027), world.clock.time.replace(year=2024))
    login = await reader.oauth.begin(CALLBACK, SCOPE, intent, "state", "nonce")
    code = await _code(world.walk, login.url, username)
    tokens = await reader.oauth.exchange(code, login.verifier, CALLBACK, "nonce", intent)
    accounts = frozenset(world.walk.accounts(username))
    reader.grant = Grant("demo", accounts, intent, tokens.access_token, tokens.refresh_token, tokens.expires_at)
    reader.seen.clear()
    yield reader


async def _code(walk: Walk, address: str, username: str) -> str:
    page = urlsplit((await walk.http.get(address)).headers["location"]).path
    await walk.sign_in(page, username)
    return returned(await walk.decide(page, walk.accounts(username)))["code"]
