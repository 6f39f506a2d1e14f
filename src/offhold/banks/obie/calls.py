"""One HTTP call to the bank's resources: headers, patience, counting."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from offhold.errors import BankError
from offhold.identity.headers import retry_after_s
from offhold.model.access import Failure

_TRIES = 3
_PATIENCE_S = 2
_BODY_BYTES = 64 * 1024 * 1024
"""A page of ten thousand rows is about ten megabytes; nothing that a bank means to send is longer than this."""


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """`body` is None where the bank sent no JSON object."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None


class Calls:
    """`observe` is told each status, or `timeout`/`connect` where there was none. `base` ends without a slash."""

    def __init__(self, http: httpx2.AsyncClient, base: str, observe: Callable[[str], None]) -> None:
        self._http = http
        self._observe = observe
        self.base = base

    async def send(self, method: str, path: str, token: str, body: Mapping[str, Any] | None = None) -> BankAnswer:
        """Call `path` below the base, or a full address. A GET is tried again after a 5xx or a broken connection.

        Raises BankError: bank-away after the last try, bank-busy for a 429 that asks for more than two seconds,
        bank-unclear for a body over 64 MiB.
        """
        address = path if path.startswith("http") else self.base + path
        tries = _TRIES if method == "GET" else 1
        for attempt in range(1, tries + 1):
            answer = await self._once(method, address, token, body)
            if answer is not None and answer.status == 429:
                await self._hold_back(answer, attempt == tries)
            elif answer is not None and answer.status < 500:
                return answer
            elif attempt < tries:
                await asyncio.sleep(random.uniform(0.2, 0.8))  # noqa: S311 - spreads retries, keeps no secret
        raise BankError(Failure.bank_away.value)

    async def _once(self, method: str, address: str, token: str, body: Mapping[str, Any] | None) -> BankAnswer | None:
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "x-fapi-interaction-id": str(uuid.uuid4()),
        }
        try:
            async with self._http.stream(method, address, headers=headers, json=body, follow_redirects=False) as sent:
                content = await _content(sent)
        except httpx2.HTTPError as error:
            self._observe("timeout" if isinstance(error, httpx2.TimeoutException) else "connect")
            return None
        except httpx2.InvalidURL as error:
            raise BankError(Failure.bank_unclear.value) from error
        self._observe(str(sent.status_code))
        return BankAnswer(sent.status_code, sent.headers, _object(content))

    async def _hold_back(self, answer: BankAnswer, last: bool) -> None:
        wait = retry_after_s(answer.headers)
        if last or wait is None or wait > _PATIENCE_S:
            raise BankError(Failure.bank_busy.value, status=429, retry_after_s=wait)
        await asyncio.sleep(wait)


async def _content(response: httpx2.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > _BODY_BYTES:
            raise BankError(Failure.bank_unclear.value, status=response.status_code)
    return bytes(content)


def _object(content: bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
