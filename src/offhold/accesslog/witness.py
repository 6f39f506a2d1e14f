"""Asking witnesses to cosign: C2SP tlog-witness, add-checkpoint."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx2
import structlog

from offhold.accesslog.checkpoint import Witness, size_of
from offhold.accesslog.verify import DoesNotHold, read_vkey, signers
from offhold.errors import OffholdError

log = structlog.get_logger()

Growth = Callable[[int], Awaitable[Sequence[bytes]]]
"""old size → the consistency proof from it to the checkpoint's size"""
_SIZE = "text/x.tlog.size"


class Forked(OffholdError):
    """So many witnesses hold that the log is not the one they saw that no quorum is left. The text is the evidence."""

    code = "log-forked"


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A witness's statement that our checkpoint does not follow what it saw."""

    evidence: str


class Cosigners:
    """The witnesses of a deployment; `quorum` of them must see each checkpoint."""

    def __init__(self, http: httpx2.AsyncClient, witnesses: Sequence[Witness], quorum: int) -> None:
        self._http = http
        self._witnesses = witnesses
        self._quorum = quorum
        self._seen: dict[tuple[str, str], int] = {}

    async def collect(self, note: str, growth: Growth) -> str | None:
        """The cosignature lines of a checkpoint; None while too few witnesses answer. Raises Forked."""
        answers = await asyncio.gather(*(self._ask(witness, note, growth) for witness in self._witnesses))
        refusals = [answer.evidence for answer in answers if isinstance(answer, _Refusal)]
        if len(refusals) > len(self._witnesses) - self._quorum:
            raise Forked("\n".join(refusals))
        lines = [answer for answer in answers if isinstance(answer, str)]
        return "".join(lines) if len(lines) >= self._quorum else None

    async def _ask(self, witness: Witness, note: str, growth: Growth) -> str | _Refusal | None:
        try:
            return await self._cosigned(witness, note, growth)
        except (httpx2.HTTPError, DoesNotHold, ValueError) as error:
            log.warning("log.witness", address=witness.name, error=type(error).__name__)
            return None

    async def _cosigned(self, witness: Witness, note: str, growth: Growth) -> str | _Refusal | None:
        """Ask from the size the witness saw last; it says which one that is when we do not know."""
        place, size = (witness.name, note.partition("\n")[0]), size_of(note)
        old = min(self._seen.get(place, 0), size)
        for _ in range(2):
            body = _request(old, await growth(old), note)
            reply = await self._http.post(f"{witness.url.rstrip('/')}/add-checkpoint", content=body)
            if reply.status_code == 200:
                self._seen[place] = size
                return _own(reply.text, note, witness)
            refusal = _Refusal(f"{witness.name} answered {reply.status_code} {reply.text.strip()[:80]} to\n{body}")
            if reply.status_code == 409 and reply.headers.get("content-type") == _SIZE:
                if (latest := int(reply.text)) > size or latest == old:
                    return refusal
                old = self._seen[place] = latest
                continue
            if reply.status_code in (409, 422):
                return refusal
            log.warning("log.witness", address=witness.name, status=reply.status_code)
            return None
        return None


def _request(old: int, proof: Sequence[bytes], note: str) -> str:
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof), "", note]
    return "\n".join(lines)


def _own(lines: str, note: str, witness: Witness) -> str:
    """The witness's own valid cosignature among the lines. Raises DoesNotHold."""
    key = read_vkey(witness.vkey)
    for line in lines.splitlines(keepends=True):
        if line.startswith(f"\u2014 {witness.name} ") and signers(note + line, [key]):
            return line
    raise DoesNotHold(f"{witness.name} sent no cosignature of its own")
