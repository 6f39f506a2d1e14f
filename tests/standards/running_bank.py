"""A demo bank on a port of its own, with one customer linked to it with every permission."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from httpx2 import AsyncClient

from offhold_demo.bank import BankConfig, Client, Faults, build_bank
from offhold_demo.bank.walk import EVERYTHING, Walk
from offhold_demo.households import household
from tests.counterparts.servers import address, free_socket, serving

OFFICIAL = Path(__file__).parent / "obie-v4" / "account-info-openapi.json"
CLIENT = Client("offhold", ("https://offhold.test/callback",), secret="demo-secret")
SPARE_CONSENTS = 24


@dataclass(frozen=True, slots=True)
class RunningBank:
    """Where it is, and real tokens and ids to ask it with. `spare` consents may be deleted."""

    base: str
    faults: Faults
    client_token: str
    customer_token: str
    accounts: tuple[str, ...]
    statements: tuple[str, ...]
    spare: tuple[str, ...]


@contextmanager
def running_bank() -> Iterator[RunningBank]:
    """Pages of 25 rows: the least that the profile allows."""
    tom = household("tom")
    listening = free_socket()
    config = BankConfig(address(listening), (CLIENT,), now=lambda: tom.closes_at, households=(tom,), page_size=25)
    with serving(build_bank(config), listening):
        yield asyncio.run(_linked(config))


async def _linked(config: BankConfig) -> RunningBank:
    async with AsyncClient() as http:
        walk = Walk(http, config, CLIENT)
        token = (await walk.link("tom", EVERYTHING))["access_token"]
        listed = (await walk.get("/statements", token)).json()["Data"]["Statement"]
        return RunningBank(
            base=config.aisp_url,
            faults=config.faults,
            client_token=await walk.client_token(),
            customer_token=token,
            accounts=tuple(walk.accounts("tom")),
            statements=tuple(each["StatementId"] for each in listed),
            spare=tuple([await walk.consent() for _ in range(SPARE_CONSENTS)]),
        )
