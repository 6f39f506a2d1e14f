"""What customers read. One catalogue for each language; `say` fills a text in."""

from __future__ import annotations

from offhold.model.period import Period
from offhold.words.en import TEXTS


def say(key: str, **values: object) -> str:
    """The text `key` with its arguments. Raises KeyError for a key or an argument that is not there."""
    return " ".join(TEXTS[key].format(**values).split()).replace(" .", ".").replace(" ,", ",")


def plural(number: int, one: str, many: str = "") -> str:
    """ "1 purchase", "11 purchases"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def period_text(period: Period) -> str:
    """ "on 3 October 2026", "from 1 to 31 October 2026", "from 3 March to 4 May 2026"."""
    first, last = period.first, period.last
    if first == last:
        return f"on {last:%-d %B %Y}"
    if first.year != last.year:
        return f"from {first:%-d %B %Y} to {last:%-d %B %Y}"
    if first.month != last.month:
        return f"from {first:%-d %B} to {last:%-d %B %Y}"
    return f"from {first.day} to {last:%-d %B %Y}"
