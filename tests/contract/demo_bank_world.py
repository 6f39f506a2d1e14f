"""One demo bank in the process of a test, a clock to move, and clients to walk through it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from httpx2 import ASGITransport, AsyncClient

from offhold_demo.bank import BankConfig, Client, Faults, build_bank
from offhold_demo.bank.state import Bank
from offhold_demo.bank.walk import Walk
from offhold_demo.households import household

PEOPLE = (household("maya"), household("tom"))
CALLBACK = "https://offhold.test/callback"
SECRETIVE = Client("offhold", (CALLBACK,), secret="a secret/with+signs")
OTHER = Client("other", ("https://other.test/callback",), secret="other-secret")


@dataclass
class Clock:
    """Stands until it is moved."""

    time: datetime = PEOPLE[0].closes_at

    def __call__(self) -> datetime:
        return self.time

    def move(self, seconds: int) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class World:
    """One bank in this process, and a walk through it."""

    walk: Walk
    bank: Bank
    clock: Clock

    @property
    def faults(self) -> Faults:
        return self.bank.config.faults

    def as_client(self, client: Client) -> Walk:
        return Walk(self.walk.http, self.walk.config, client)


Story = Callable[[World], Awaitable[None]]


def play(story: Story, **changes: Any) -> None:
    """Run a story against a fresh bank. `changes`: fields of its configuration."""

    async def played() -> None:
        clock = Clock()
        plain = BankConfig("https://bank.test", (SECRETIVE, OTHER), now=clock, households=PEOPLE, faults=Faults())
        config = replace(plain, **changes)
        app = build_bank(config)
        async with AsyncClient(transport=ASGITransport(app)) as http:
            await story(World(Walk(http, config, SECRETIVE), app.state.bank, clock))

    asyncio.run(played())
