"""An institution's data-sharing agreement: which data, which purposes, how long. It comes before any consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from offhold.errors import ConfigurationError
from offhold.keys.signing import NotSigned, verified
from offhold.model.access import FORBIDDEN, Data, Purpose
from offhold.privacy.policy.deciding import Allowed

TYPE = "offhold/agreement/v1"


@dataclass(frozen=True, slots=True)
class Agreement:
    """`days`: the longest life of a consent under it; in force on every day from `first` to `last`, by the
    institution's calendar (`zone`)."""

    data: frozenset[Data]
    purposes: frozenset[Purpose]
    days: int
    first: date
    last: date
    zone: ZoneInfo

    def at(self, moment: datetime) -> Allowed:
        """What it allows at this moment, for the policy to look at."""
        in_force = self.first <= moment.astimezone(self.zone).date() <= self.last
        return Allowed(in_force, frozenset(map(str, self.purposes)), frozenset(map(str, self.data)))


def silent(zone: ZoneInfo) -> Agreement:
    """Where an institution gave none: all that the policy knows, for a year."""
    return Agreement(frozenset(Data), frozenset(Purpose) - FORBIDDEN, 365, date.min, date.max, zone)


def read(file: Path, public: str, institution: str, zone: ZoneInfo, setting: str) -> Agreement:
    """The signed agreement in `file`. Raises ConfigurationError for a forged, foreign or malformed one.

    One that has run out, or has not begun, is read: then nothing is allowed, and `offhold doctor` says so.
    """
    try:
        document = verified(file.read_bytes(), public)
        return _agreement(document, institution, zone)
    except OSError as error:
        raise ConfigurationError((f"{setting}: cannot read {file}: {error.strerror}",)) from error
    except NotSigned as error:
        raise ConfigurationError((f"{setting}: {file} is not the institution's agreement: {error}",)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError((f"{setting}: {file} is not an agreement: {error}",)) from error


def _agreement(document: Mapping[str, Any], institution: str, zone: ZoneInfo) -> Agreement:
    if document["type"] != TYPE:
        raise ValueError(f"its type is not {TYPE}")
    if document["institution"] != institution:
        raise ValueError("it is for another institution")
    days = document["days"]
    if not isinstance(days, int) or not 1 <= days <= 365:
        raise ValueError("days must be 1 to 365")
    purposes = frozenset(map(Purpose, document["purposes"]))
    if purposes & FORBIDDEN:
        raise ValueError("no agreement can allow a forbidden purpose")
    first, last = date.fromisoformat(document["first"]), date.fromisoformat(document["last"])
    return Agreement(frozenset(map(Data, document["data"])), purposes, days, first, last, zone)
