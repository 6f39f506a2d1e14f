"""What customers read: one Fluent catalogue for each language (projectfluent.org, syntax 1.0), filled in by `say`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.resolver import Message
from fluent.syntax.ast import Junk

from offhold.model.period import Period


class CatalogueBroken(Exception):
    """A catalogue that is not Fluent: the message names the line. Raised when the service starts."""


@cache
def catalogue(language: str = "en") -> FluentBundle:
    """The texts of a language. Raises CatalogueBroken for an entry that does not parse."""
    resource = FluentResource(files(__package__).joinpath(f"{language}.ftl").read_text("utf-8"))
    for entry in resource.body:
        if isinstance(entry, Junk):
            line = (entry.content or "").partition("\n")[0]
            raise CatalogueBroken(f"{language}.ftl: {entry.annotations[0].message}: {line}")
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(resource)
    return bundle


def say(key: str, **values: object) -> str:
    """The text `key` with its arguments. Raises KeyError for a key or an argument that is not there."""
    text = _filled(key, values)
    return " ".join(text.split()).replace(" .", ".").replace(" ,", ",")


def plural(number: int, thing: str) -> str:
    """A counted thing: "1 purchase", "11 purchases". Raises KeyError for a thing that no catalogue counts."""
    return _filled(f"count.{thing.replace(' ', '-')}", {"number": number})


def _filled(key: str, values: dict[str, object]) -> str:
    message: Message = catalogue().get_message(key.replace(".", "-"))
    if message.value is None:
        raise KeyError(key)
    text, errors = catalogue().format_pattern(message.value, values)
    if errors:
        raise KeyError(f"{key}: {errors[0]}")
    return str(text)


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


catalogue()
