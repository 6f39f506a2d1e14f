"""Stories: conversations in plain text that are played against the running demo and must hold line by line.

The grammar is in docs/reference/stories.md.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from offhold_demo.bank import Faults
from offhold_demo.browser import Fill, Form, walk
from offhold_demo.platform import Platform

VERBS = (
    "person",
    "clock",
    "customer",
    "taps",
    "logs in",
    "declines",
    "bank",
    "bot",
    "not",
)
_LINE = re.compile(rf"(?P<verb>{'|'.join(VERBS)})(?:: *(?P<what>.*))?")
_PATIENCE_S = 30.0
_QUIET_S = 0.05


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
    lines = []
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoryError(f"{file}: cannot be read ({type(error).__name__})") from error
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise StoryError(f"{file}:{number}: expected one of {', '.join(VERBS)}, got {line!r}")
        lines.append(Line(f"{file}:{number}", found["verb"], found["what"] or ""))
    return tuple(lines)


@dataclass(slots=True)
class Player:
    """Plays one story. `set_clock` moves the whole demo's date."""

    platform: Platform
    faults: Faults
    set_clock: Callable[[str], None]
    tell: Callable[[str], None]
    person: str = "maya"
    heard: int = 0

    async def play(self, lines: tuple[Line, ...]) -> None:
        """Play every line. Raises StoryBroken at the first that does not hold."""
        for line in lines:
            await self._do(line)

    async def _do(self, line: Line) -> None:
        match line.verb:
            case "person":
                self.person = line.what
            case "clock":
                self.set_clock(line.what)
            case "customer":
                self.tell(f"customer: {line.what}")
                await self._delivered(line, await self.platform.say(self.platform.me, line.what))
            case "taps":
                await self._tap(line)
            case "logs in":
                await self._log_in(line, accept=True)
            case "declines":
                await self._log_in(line, accept=False)
            case "bank":
                self._bank(line)
            case "bot":
                await self._expect(line)
            case "not":
                self._never(line)

    async def _delivered(self, line: Line, acknowledged: bool) -> None:
        if not acknowledged:
            raise StoryBroken(f"{line.where}: Offhold did not acknowledge the message")

    async def _tap(self, line: Line) -> None:
        self.tell(f"taps: {line.what}")
        try:
            await self._delivered(line, await self.platform.tap(self.platform.me, line.what))
        except LookupError as error:
            raise StoryBroken(f"{line.where}: there is no reply {line.what!r} to tap") from error

    async def _log_in(self, line: Line, accept: bool) -> None:
        """`logs in: open` or `logs in: sealed` (the page's default)."""
        self.tell(f"{line.verb}: {line.what}" if line.what else line.verb)
        psid = self.platform.me
        fills: dict[str, Fill] = {
            "username": lambda _form: {"username": self.person, "password": "demo"},
            "disclosure": lambda form: _consent(form, line.what or "sealed", accept),
            "account": lambda form: {"account": form.values("account"), "decision": "allow"},
        }
        try:
            home = await walk(self.platform.log_in_address(psid), fills, f"{self.platform.base_url}/linking/return")
        except LookupError as error:
            raise StoryBroken(f"{line.where}: the login got stuck: {error}") from error
        code = re.search(r"[?&]authorization_code=([^&]+)", home)
        linked = await self.platform.finish_linking(psid, code[1] if code else None)
        if linked != accept:
            raise StoryBroken(f"{line.where}: expected {'a' if accept else 'no'} link")

    def _bank(self, line: Line) -> None:
        self.tell(f"bank: {line.what}")
        if line.what == "away":
            self.faults.storm(503, times=1_000_000, path="/open-banking")
        elif line.what == "back":
            self.faults.clear()
        else:
            raise StoryError(f"{line.where}: a bank is away or back")

    async def _expect(self, line: Line) -> None:
        """The next message of the bot that was not looked at yet."""
        bubbles = await self._next_bubble(line)
        self.tell(f"bot: {bubbles}")
        pattern = ".*?".join(re.escape(part.strip()) for part in line.what.split("…"))
        plain = " ".join(bubbles.split())
        if not re.fullmatch(rf"\s*{pattern}\s*", plain, re.S) and not (
            line.what.endswith("…") and re.match(pattern, plain, re.S)
        ):
            raise StoryBroken(f"{line.where}: expected {line.what!r}, got {plain!r}")

    async def _next_bubble(self, line: Line) -> str:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            theirs = [bubble for bubble in self.platform.threads.thread(self.platform.me).bubbles if not bubble.mine]
            if len(theirs) > self.heard:
                self.heard += 1
                return theirs[self.heard - 1].text
            await asyncio.sleep(_QUIET_S)
        raise StoryBroken(f"{line.where}: expected {line.what!r}, got no message in {_PATIENCE_S:g} s")

    def _never(self, line: Line) -> None:
        for bubble in self.platform.threads.thread(self.platform.me).bubbles:
            if not bubble.mine and line.what in bubble.text:
                raise StoryBroken(f"{line.where}: {line.what!r} was said: {bubble.text!r}")


def _consent(form: Form, disclosure: str, accept: bool) -> dict[str, list[str] | str]:
    return {
        "account": form.values("account"),
        "purpose": form.values("purpose"),
        "disclosure": disclosure,
        "decision": "accept" if accept else "decline",
    }
