"""The institutions that one deployment serves."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Institution:
    """`zone`: where its days begin; `locale`: BCP 47, decides week starts and numeric dates."""

    id: str
    name: str
    zone: ZoneInfo
    locale: str
