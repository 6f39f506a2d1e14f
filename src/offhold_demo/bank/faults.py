"""Faults that a test, or the admin page of a demo, sets while the bank runs. All are off at the start."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from offhold.errors import OffholdError


class UnknownFault(OffholdError):
    """A fault was named that does not exist, or its value has the wrong type."""

    code = "unknown-fault"


@dataclass(slots=True)
class Storm:
    """The next `times` requests to resources (None: all) whose path contains `path` are answered with `status`.

    `retry_after` is sent as the Retry-After header as it stands: seconds or an HTTP date (RFC 9110 10.2.3).
    `code` is the OBIE error code to tell, such as U028 (sign in again) with a 403.
    """

    status: int
    times: int | None = None
    retry_after: str = ""
    path: str = ""
    code: str = ""


@dataclass(slots=True)
class Faults:
    """Mutable on purpose: the same object is shared between the bank and whoever breaks it.

    `delay_seconds`: wait before each resource answer. `drop_bodies`: that many answers are cut in the middle
    of their body. `break_bodies`: that many successful answers are sent with signed amounts and an unknown
    property, against the schema. `overlap`: rows of a page that the next one repeats. `page_size`,
    `token_seconds`: instead of the configured ones. `clock_offset_seconds`: the bank's clock runs ahead
    (behind where negative). `revoke_now`: at the next request every consent is cancelled as if its customer
    had done it, then the flag falls back. `revoke_now` and the counts use themselves up; the others stay
    until they are changed.
    """

    storms: list[Storm] = field(default_factory=list)
    delay_seconds: float = 0.0
    drop_bodies: int = 0
    break_bodies: int = 0
    overlap: int = 0
    page_size: int | None = None
    token_seconds: int | None = None
    clock_offset_seconds: int = 0
    revoke_now: bool = False

    def storm(
        self, status: int, times: int | None = None, retry_after: str = "", path: str = "", code: str = ""
    ) -> None:
        """Add a storm. The oldest that fits a request is used first."""
        self.storms.append(Storm(status, times, retry_after, path, code))

    def clear(self) -> None:
        """All faults off."""
        blank = Faults()
        for each in fields(self):
            setattr(self, each.name, getattr(blank, each.name))

    def next_storm(self, path: str) -> Storm | None:
        """The storm that answers this request, counted down; None where the weather is fine."""
        for storm in self.storms:
            if storm.path in path:
                self._count_down(storm)
                return storm
        return None

    def take(self, count: str) -> bool:
        """Use up one of a counted fault (`drop_bodies`, `break_bodies`); False where none is left."""
        left: int = getattr(self, count)
        if left:
            setattr(self, count, left - 1)
        return left > 0

    def take_revocation(self) -> bool:
        """Whether all consents are to be cancelled now; asks once."""
        due, self.revoke_now = self.revoke_now, False
        return due

    def _count_down(self, storm: Storm) -> None:
        if storm.times is None:
            return
        storm.times -= 1
        if storm.times <= 0:
            self.storms.remove(storm)


def set_faults(faults: Faults, wanted: Any) -> None:
    """Set faults from JSON: the names of `Faults`; `storms` is a list of objects with the names of `Storm`.

    Raises UnknownFault and then changes nothing.
    """
    if not isinstance(wanted, dict):
        raise UnknownFault("an object of faults is needed")
    known = {each.name for each in fields(Faults)}
    try:
        storms = [Storm(**each) for each in wanted.get("storms", [])]
    except TypeError as error:
        raise UnknownFault(str(error)) from error
    plain = {name: value for name, value in wanted.items() if name != "storms"}
    for name, value in plain.items():
        if name not in known or not isinstance(value, int | float | None):
            raise UnknownFault(name)
    for name, value in plain.items():
        setattr(faults, name, value)
    if "storms" in wanted:
        faults.storms[:] = storms
