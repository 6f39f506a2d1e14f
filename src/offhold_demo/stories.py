"""Stories: conversations in plain text that are played against the running demo and must hold line by line.

The grammar is in docs/reference/stories.md.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from offhold_demo.bank import Faults
from offhold_demo.browser import Fill, Form, walk
from offhold_demo.households import USERNAMES
from offhold_demo.platform import Platform

_WITH_WORDS = frozenset({"person", "clock", "customer", "taps", "logs in", "bank", "bot", "not"})
_WITHOUT = frozenset({"declines", "logs out", "no digits"})
VERBS = tuple(sorted(_WITH_WORDS | _WITHOUT))
_LINE = re.compile(rf"(?P<verb>{'|'.join(VERBS)})(?::\s*(?P<what>.*))?")
_CHOICES = {
    "person": frozenset(USERNAMES),
    "bank": frozenset({"away", "back"}),
    "logs in": frozenset({"open", "sealed"}),
}
_PATIENCE_S = 30.0
_LOOK_S = 0.05


class StoryError(Exception):
    """A line that is not in the grammar."""


class StoryBroken(Exception):
    """A line that does not hold."""


@dataclass(frozen=True, slots=True)
class Line:
    """`where` is file:line."""

    where: str
    verb: str
    what: str


def read(file: Path) -> tuple[Line, ...]:
    """The lines of a story. Raises StoryError naming file and line."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoryError(f"{file}: cannot be read ({type(error).__name__})") from error
    numbered = ((f"{file}:{number}", raw.strip()) for number, raw in enumerate(text.splitlines(), start=1))
    lines = tuple(_line(where, line) for where, line in numbered if line and not line.startswith("#"))
    if not lines:
        raise StoryError(f"{file}: there is no line in it")
    return lines


def _line(where: str, line: str) -> Line:
    found = _LINE.fullmatch(line)
    if found is None:
        raise StoryError(f"{where}: expected one of {', '.join(VERBS)}, got {line!r}")
    verb, what = found["verb"], found["what"] or ""
    if bool(what) != (verb in _WITH_WORDS):
        raise StoryError(f"{where}: {verb!r} {'needs words after a colon' if verb in _WITH_WORDS else 'stands alone'}")
    if what not in _CHOICES.get(verb, {what}):
        raise StoryError(f"{where}: {verb!r} is one of {', '.join(sorted(_CHOICES[verb]))}, not {what!r}")
    if verb == "clock":
        _moment(where, what)
    return Line(where, verb, what)


def _moment(where: str, what: str) -> None:
    try:
        aware = datetime.fromisoformat(what).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise StoryError(f"{where}: a clock is an ISO time with offset such as 2026-03-18T09:00:00-07:00")


@dataclass(slots=True)
class Player:
    """Plays one story. `psids` says whose thread each person has; `set_clock` moves the whole demo's date."""

    platform: Platform
    faults: Faults
    set_clock: Callable[[str], None]
    tell: Callable[[str], None]
    psids: dict[str, str]
    person: str
    heard: Counter[str] = field(default_factory=Counter)

    async def play(self, lines: tuple[Line, ...]) -> None:
        """Play every line. Raises StoryBroken at the first that does not hold."""
        for line in lines:
            self.tell(f"{line.verb}: {line.what}" if line.what else line.verb)
            await self._do(line)

    @property
    def _psid(self) -> str:
        return self.psids[self.person]

    async def _do(self, line: Line) -> None:
        match line.verb:
            case "person":
                self.person = line.what
            case "clock":
                self.set_clock(line.what)
            case "customer":
                _need(await self.platform.say(self._psid, line.what), line, "Offhold did not acknowledge the message")
            case "taps":
                await self._tap(line)
            case "logs in" | "declines":
                await self._log_in(line)
            case "logs out":
                _need(await self.platform.log_out(self._psid), line, "Offhold did not acknowledge the event")
            case "bank":
                self._bank(line.what)
            case "bot":
                await self._expect(line)
            case "not":
                self._never(line, re.escape(line.what))
            case "no digits":
                self._never(line, r"\d")

    async def _tap(self, line: Line) -> None:
        try:
            acknowledged = await self.platform.tap(self._psid, line.what)
        except LookupError as error:
            raise StoryBroken(f"{line.where}: there is no {line.what!r} to tap") from error
        _need(acknowledged, line, "Offhold did not acknowledge the tap")

    async def _log_in(self, line: Line) -> None:
        """Through the browser, from the newest Log In button to the platform's confirmation."""
        accept = line.verb == "logs in"
        fills: dict[str, Fill] = {
            "username": lambda _form: {"username": self.person, "password": "demo"},
            "disclosure": lambda form: _consent(form, line.what, accept),
            "account": lambda form: {"account": form.values("account"), "decision": "allow"},
        }
        home = f"{self.platform.base_url}/linking/return"
        try:
            address = await walk(self.platform.log_in_address(self._psid), fills, home)
        except LookupError as error:
            raise StoryBroken(f"{line.where}: the login got stuck: {error}") from error
        code = re.search(r"[?&]authorization_code=([^&]+)", address)
        linked = await self.platform.finish_linking(self._psid, code[1] if code else None)
        _need(linked == accept, line, f"expected {'a' if accept else 'no'} link")

    def _bank(self, what: str) -> None:
        self.faults.clear()
        if what == "away":
            self.faults.storm(503, path="/open-banking")

    async def _expect(self, line: Line) -> None:
        """The next message of the bot that was not looked at yet."""
        text = await self._next(line)
        self.tell(f"   > {text}")
        pattern = r"\s*.*?\s*".join(re.escape(part.strip()) for part in line.what.split("…"))
        plain = " ".join(text.split())
        _need(re.fullmatch(pattern, plain, re.S), line, f"expected {line.what!r}, got {plain!r}")

    async def _next(self, line: Line) -> str:
        until = time.monotonic() + _PATIENCE_S
        answers = self.platform.threads.thread(self._psid)
        while time.monotonic() < until:
            if len(answers.answers) > self.heard[self._psid]:
                self.heard[self._psid] += 1
                return answers.answers[self.heard[self._psid] - 1].text
            await asyncio.sleep(_LOOK_S)
        raise StoryBroken(f"{line.where}: expected {line.what!r}, got no message in {_PATIENCE_S:g} s")

    def _never(self, line: Line, pattern: str) -> None:
        """Over all that the bot has said to this person, its buttons and quick replies included."""
        for bubble in self.platform.threads.thread(self._psid).answers:
            titles = (entry.get("title", "") for entry in (*bubble.quick_replies, *bubble.buttons))
            for said in (bubble.text, *titles):
                _need(not re.search(pattern, said), line, f"this was said: {said!r}")


def _need(holds: object, line: Line, otherwise: str) -> None:
    if not holds:
        raise StoryBroken(f"{line.where}: {otherwise}")


def _consent(form: Form, disclosure: str, accept: bool) -> dict[str, list[str] | str]:
    return {
        "account": form.values("account"),
        "purpose": form.values("purpose"),
        "disclosure": disclosure or "sealed",
        "decision": "accept" if accept else "decline",
    }
