"""ISO 8601 times as they come in requests and go out in answers."""

from __future__ import annotations

from datetime import UTC, datetime

from offhold_demo.bank.refusals import invalid


def _read(text: str, path: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise invalid("U003", "Not an ISO 8601 date and time.", path) from None


def wall_time(text: str, path: str) -> datetime:
    """A filter's time with its zone dropped: the profile has the server ignore it. A bare date is its midnight.

    Raises Refused (400 U003), naming `path`.
    """
    return _read(text, path).replace(tzinfo=None)


def instant(text: object, path: str) -> datetime:
    """A moment in a request body, which must have its zone. Raises Refused (400 U002 or U003), naming `path`."""
    if not isinstance(text, str):
        raise invalid("U002", "A date and time is written as text.", path)
    moment = _read(text, path)
    offset = moment.utcoffset()
    if offset is None or offset.seconds % 60 or "T" not in text:
        raise invalid("U003", "A date, a time and a zone of whole minutes are needed.", path)
    return moment


def written(moment: datetime) -> str:
    """The moment in UTC to the second, with its zone."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
