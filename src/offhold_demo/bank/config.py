"""What a demo bank is built from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from offhold.errors import ConfigurationError
from offhold_demo.bank.faults import Faults
from offhold_demo.households import Household, all_households

AISP_PATH = "/open-banking/v4.0/aisp"


@dataclass(frozen=True, slots=True)
class Client:
    """A registered OAuth client. With `jwks` (public keys) it signs its assertions: `private_key_jwt`, PS256
    or ES256; otherwise it sends `secret` by HTTP Basic: `client_secret_basic`. Redirect addresses are
    compared whole."""

    client_id: str
    redirect_uris: tuple[str, ...]
    name: str = "Offhold"
    secret: str = ""
    jwks: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if bool(self.secret) == bool(self.jwks):
            raise ConfigurationError((f"client {self.client_id} needs a secret or keys, one of the two",))


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Token buckets: requests a second, and as many at once. `timer` is in seconds and only ever rises."""

    per_customer: float = 10.0
    per_client: float = 50.0
    timer: Callable[[], float] = time.monotonic


def machine_clock() -> datetime:
    """The time of the machine, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class BankConfig:
    """All of it. `issuer` is the address under which the bank is reached, without a slash at the end; a path in
    it is allowed for a bank mounted beside others. `now` gives an aware time and is asked at each use. Rows and
    balances are told as of that time. `households`: the customers. Lifetimes are in seconds.
    `unattended_reads_per_day`: how often a resource may be read in a day without `x-fapi-customer-ip-address`.
    `admin` opens `/demo/faults`, without a password: for loopback only."""

    issuer: str
    clients: tuple[Client, ...]
    now: Callable[[], datetime] = machine_clock
    households: tuple[Household, ...] = field(default_factory=all_households)
    faults: Faults = field(default_factory=Faults)
    name: str = "Demo Bank"
    page_size: int = 100
    access_token_seconds: int = 600
    refresh_token_seconds: int = 90 * 24 * 3600
    code_seconds: int = 60
    par_seconds: int = 90
    require_par: bool = False
    id_token_alg: Literal["PS256", "ES256"] = "PS256"
    rate_limit: RateLimit | None = None
    unattended_reads_per_day: int | None = None
    admin: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if parts.scheme not in ("http", "https") or not parts.netloc or self.issuer.endswith("/"):
            raise ConfigurationError(("issuer must be an http(s) address without a slash at the end",))

    @property
    def aisp_url(self) -> str:
        """Base address of the account information resources."""
        return self.issuer + AISP_PATH

    @property
    def path(self) -> str:
        """The path part of the issuer: what stands before every path of ours, empty at the root of a host."""
        return urlsplit(self.issuer).path

    @property
    def secure(self) -> bool:
        """Whether browsers reach the bank by https."""
        return self.issuer.startswith("https:")
