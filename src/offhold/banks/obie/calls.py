"""One HTTP call to the bank's resources: headers, patience, counting."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from offhold.errors import BankError
from offhold.model.access import Failure

_TRIES = 3
_PATIENCE_S = 2


class Calls:
    """`observe` is told each status, or `timeout`/`connect` where there was none. `base` ends without a slash."""

    def __init__(self, http: httpx2.AsyncClient, base: str, observe: Callable[[str], None]) -> None:
        self._http = http
        self._observe = observe
        self.base = base

    async def send(self, method: str, path: str, token: str, body: Mapping[str, Any] | None = None) -> httpx2.Response:
        """Call `path` below the base, or a full address. A GET is tried again after a 5xx or a broken connection.

        Raises BankError: bank-away after the last try, bank-busy for a 429 that asks for more than two seconds.
        """
        address = path if path.startswith("http") else self.base + path
        tries = _TRIES if method == "GET" else 1
        for attempt in range(1, tries + 1):
            response = await self._once(method, address, token, body)
            if response is not None and response.status_code == 429:
                await self._hold_back(response, attempt == tries)
            elif response is not None and response.status_code < 500:
                return response
            elif attempt < tries:
                await asyncio.sleep(random.uniform(0.2, 0.8))  # noqa: S311 - spreads retries, keeps no secret
        raise BankError(Failure.bank_away.value)

    async def _once(
        self, method: str, address: str, token: str, body: Mapping[str, Any] | None
    ) -> httpx2.Response | None:
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "x-fapi-interaction-id": str(uuid.uuid4()),
        }
        try:
            response = await self._http.request(method, address, headers=headers, json=body, follow_redirects=False)
        except httpx2.HTTPError as error:
            self._observe("timeout" if isinstance(error, httpx2.TimeoutException) else "connect")
            return None
        self._observe(str(response.status_code))
        return response

    async def _hold_back(self, response: httpx2.Response, last: bool) -> None:
        wait = _retry_after_s(response)
        if last or wait is None or wait > _PATIENCE_S:
            raise BankError(Failure.bank_busy.value, status=429, retry_after_s=wait)
        await asyncio.sleep(wait)


def _retry_after_s(response: httpx2.Response) -> int | None:
    """Retry-After as seconds, from a number or an HTTP date (RFC 9110 10.2.3)."""
    given = response.headers.get("retry-after", "")
    if given.isascii() and given.isdigit():
        return int(given[:6])
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, int((moment - datetime.now(UTC)).total_seconds()))
