"""Fair use: token buckets by client and customer, and a daily count of reads without the customer present."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime

from offhold_demo.bank.config import BankConfig, RateLimit
from offhold_demo.bank.refusals import Refused


def too_many(seconds: int) -> Refused:
    """429: come back after so many seconds."""
    headers = {"Retry-After": str(seconds)}
    return Refused(429, "U042", "Too many requests.", headers=headers)


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float

    def take(self, rate: float, now: float) -> float:
        """Seconds to wait before the next request; zero where this one may pass. Holds a second's worth."""
        self.left = min(max(rate, 1.0), self.left + (now - self.at) * rate)
        self.at = now
        if self.left < 1:
            return (1 - self.left) / rate
        self.left -= 1
        return 0.0


@dataclass(slots=True)
class FairUse:
    """Raises Refused (429) for what is too much."""

    config: BankConfig
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _reads: dict[tuple[str, str], int] = field(default_factory=dict)
    _day: date | None = None

    def check_rate(self, client_id: str, customer: str) -> None:
        """Count one request of the client, and of the customer where there is one."""
        limit = self.config.rate_limit
        if limit is None:
            return
        waits = [self._wait(f"client {client_id}", limit.per_client, limit)]
        if customer:
            waits.append(self._wait(f"customer {customer}", limit.per_customer, limit))
        if max(waits):
            raise too_many(math.ceil(max(waits)))

    def check_presence(self, consent_id: str, path: str, present: bool, now: datetime) -> None:
        """Count one read of a resource without `x-fapi-customer-ip-address`, by the calendar day in UTC."""
        most = self.config.unattended_reads_per_day
        if most is None or present:
            return
        if self._day != now.date():
            self._day, self._reads = now.date(), {}
        count = self._reads[consent_id, path] = self._reads.get((consent_id, path), 0) + 1
        if count > most:
            raise too_many(_seconds_left(now))

    def _wait(self, name: str, rate: float, limit: RateLimit) -> float:
        now = limit.timer()
        bucket = self._buckets.setdefault(name, _Bucket(max(rate, 1.0), now))
        return bucket.take(rate, now)


def _seconds_left(now: datetime) -> int:
    """To the end of the day."""
    return 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)
