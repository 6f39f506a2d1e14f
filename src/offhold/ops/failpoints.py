"""Named places where a test makes the process crash, fail or wait (OFFHOLD_FAILPOINTS, test mode only).

`name:crash@2,other:delay=500,third:error` means: die at the second pass of `name`, wait 500 ms at each pass
of `other`, raise at each pass of `third`. Without `@n` an action applies to every pass.
"""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass

from offhold.errors import ConfigurationError, OffholdError

NAMES = {
    "accept.before-commit": "a verified webhook is about to be committed",
    "accept.after-commit": "it is committed, the platform has no 200 yet",
    "lane.claimed": "a worker holds the lane, nothing is decided",
    "gate.before-leaf": "T1 has not begun",
    "gate.after-leaf": "T1 is durable, the bank was not asked yet",
    "bank.after-read": "the rows are here, nothing is answered",
    "turn.before-commit": "T2 is about to begin",
    "turn.after-commit": "T2 is durable, nothing is sent",
    "send.before-call": "the row says sending, the platform was not called",
    "send.after-call": "the platform answered, the outcome is not recorded",
    "send.after-record": "the outcome is recorded",
    "log.before-integrate": "leaves wait, the batch has not begun",
    "log.after-integrate": "the batch and its checkpoint are durable, nobody has seen the checkpoint",
    "log.before-publish": "the checkpoint is kept apart and witnessed, not published",
}

CRASH_STATUS = 137
_RULE = re.compile(r"(?P<name>[a-z.-]+):(?P<action>crash|error|delay=(?P<ms>\d{1,6}))(?:@(?P<pass>\d{1,6}))?")


class FailpointHit(OffholdError):
    """Raised by an `error` failpoint."""

    code = "failpoint"


@dataclass(slots=True)
class _Rule:
    action: str
    delay_ms: int
    only_pass: int | None
    passes: int = 0

    def due(self) -> bool:
        self.passes += 1
        return self.only_pass in (None, self.passes)


_rules: dict[str, _Rule] = {}


def arm(text: str) -> None:
    """Read the setting. Raises ConfigurationError naming each part that is not understood."""
    _rules.clear()
    problems = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = _RULE.fullmatch(part)
        if match is None or match["name"] not in NAMES:
            problems.append(f"OFFHOLD_FAILPOINTS: {part!r} is no failpoint (see `offhold doctor --failpoints`)")
            continue
        _rules[match["name"]] = _Rule(
            match["action"].split("=")[0],
            int(match["ms"] or 0),
            int(match["pass"]) if match["pass"] else None,
        )
    if problems:
        raise ConfigurationError(tuple(problems))


async def reach(name: str) -> None:
    """Pass the failpoint `name`: nothing happens unless a test armed it."""
    rule = _rules.get(name)
    if rule is None or not rule.due():
        return
    if rule.action == "crash":
        os._exit(CRASH_STATUS)
    if rule.action == "error":
        raise FailpointHit(f"failpoint {name}")
    await asyncio.sleep(rule.delay_ms / 1000)
