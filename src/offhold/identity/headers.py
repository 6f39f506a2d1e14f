"""What a bank's HTTP headers say about time: Date and Retry-After (RFC 9110 6.6.1, 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The bank's own time as it answered; None where it told none that can be read."""
    return _moment(headers.get("date", ""))


def retry_after_s(headers: Mapping[str, str]) -> int | None:
    """Whole seconds to wait; None where the bank named none that can be read.

    An HTTP date is measured from the bank's own Date, so that a difference between two clocks does not count.
    """
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return int(given[:6])
    until = _moment(given)
    return max(0, int((until - (date_of(headers) or datetime.now(UTC))).total_seconds())) if until else None


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
