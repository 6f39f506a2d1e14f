"""A browser without scripts: follows redirects, reads forms, fills them in. For stories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2

_HOPS = 20


@dataclass(slots=True)
class Field:
    """One control of a form. `kind` is the input's type, or `submit` for a button."""

    name: str
    value: str
    kind: str


@dataclass(slots=True)
class Form:
    """A page's first form."""

    action: str = ""
    fields: list[Field] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """What the form offers under a name."""
        return [entry.value for entry in self.fields if entry.name == name]

    def hidden(self) -> dict[str, list[str]]:
        return {entry.name: [entry.value] for entry in self.fields if entry.kind == "hidden"}


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.form = Form()
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.form.fields:
            self._inside = True
            self.form.action = given.get("action", "")
        elif self._inside and tag in ("input", "button") and given.get("name"):
            kind = "submit" if tag == "button" else given.get("type", "text")
            self.form.fields.append(Field(given["name"], given.get("value", ""), kind))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


Fill = Callable[[Form], Mapping[str, list[str] | str]]


async def walk(address: str, fills: Mapping[str, Fill], home: str) -> str:
    """From `address` through pages to one under `home`; returns that address.

    `fills` says by a field's name how to fill in the form that holds it; the first that fits counts. Raises
    LookupError for a page that nothing of it fits, with the page's status.
    """
    async with httpx2.AsyncClient(follow_redirects=False, timeout=15) as http:
        response = await http.get(address)
        for _ in range(_HOPS):
            if response.is_redirect:
                following = urljoin(str(response.url), response.headers["location"])
                if following.startswith(home):
                    return following
                response = await http.get(following)
                continue
            form = _Reader(response.text).form
            offered = {entry.name for entry in form.fields}
            fill = next((fills[name] for name in fills if name in offered), None)
            if fill is None:
                raise LookupError(f"no form that fits on {response.url.path} (HTTP {response.status_code})")
            body = {**form.hidden(), **fill(form)}
            response = await http.post(urljoin(str(response.url), form.action), data=body)
    raise LookupError("too many pages")
