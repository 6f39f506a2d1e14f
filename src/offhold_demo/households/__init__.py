"""The six invented households: rows in the shapes of OBIE Read/Write v3.1, and who they belong to."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from offhold.errors import OffholdError

USERNAMES = ("maya", "tom", "priya", "kevin", "elena", "linda")

Resource = dict[str, Any]
"""One OBIE resource as its JSON object."""


class UnknownHousehold(OffholdError):
    """No demo household has that name."""

    code = "unknown-household"


@dataclass(frozen=True, slots=True, eq=False)
class Household:
    """One customer, equal only to itself. `transactions` are newest first, as the file holds them; `closes_at`
    is the moment up to which the rows were told, and a good time for the bank's clock. `today` is that moment's
    date for the customer."""

    username: str
    name: str
    institution: str
    today: date
    timezone: str
    locale: str
    opens_at: datetime
    closes_at: datetime
    accounts: tuple[Resource, ...]
    balances: tuple[Resource, ...]
    transactions: tuple[Resource, ...]


@cache
def household(username: str) -> Household:
    """The household of that sign-in name. Raises UnknownHousehold."""
    if username not in USERNAMES:
        raise UnknownHousehold(username)
    folder = files(__name__)
    meta = json.loads((folder / f"{username}.meta.json").read_text("utf-8"))
    ledger = json.loads(gzip.decompress((folder / f"{username}.json.gz").read_bytes()))
    return _assemble(meta, ledger)


def all_households() -> tuple[Household, ...]:
    """All six, in the order of USERNAMES."""
    return tuple(household(name) for name in USERNAMES)


def _assemble(meta: dict[str, str], ledger: dict[str, Any]) -> Household:
    data = ledger["Data"]
    return Household(
        username=meta["username"],
        name=meta["name"],
        institution=meta["institution"],
        today=date.fromisoformat(meta["today"]),
        timezone=meta["timezone"],
        locale=meta["locale"],
        opens_at=datetime.fromisoformat(ledger["Meta"]["FirstAvailableDateTime"]),
        closes_at=datetime.fromisoformat(ledger["Meta"]["LastAvailableDateTime"]),
        accounts=tuple(data["Account"]),
        balances=tuple(data["Balance"]),
        transactions=tuple(data["Transaction"]),
    )
