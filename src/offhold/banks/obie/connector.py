"""Reading accounts, balances and transactions from an OBIE bank, complete or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx2

from offhold.banks.obie import decode
from offhold.banks.obie.calls import Calls
from offhold.banks.obie.consents import BankConsents
from offhold.banks.port import Grant, Reading
from offhold.errors import BankError
from offhold.identity.oauth import OAuthClient
from offhold.model.access import Data, Failure, Read
from offhold.model.ledger import Account, Rows, Status, Transaction
from offhold.model.period import Period

_PAGES = 200
_ROWS = 50_000
_EARLY_S = 30


@dataclass(frozen=True, slots=True)
class _Page:
    resources: list[dict[str, Any]]
    first_available: date | None


class ObieConnector:
    """One institution. `seconds` bounds a whole read; `now` gives unix seconds."""

    def __init__(
        self,
        institution: str,
        zone: ZoneInfo,
        calls: Calls,
        oauth: OAuthClient,
        consents: BankConsents,
        now: Callable[[], int],
        seconds: float,
    ) -> None:
        self._institution = institution
        self._zone = zone
        self._calls = calls
        self._oauth = oauth
        self._consents = consents
        self._now = now
        self._seconds = seconds
        self._refreshing: dict[str, asyncio.Task[Grant]] = {}

    async def read(self, grant: Grant, request: Read) -> Reading:
        """All that is asked of the granted accounts. Raises BankError rather than return part of a period."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(grant, request)
        except TimeoutError as error:
            raise BankError(Failure.bank_away.value) from error

    async def _read(self, grant: Grant, request: Read) -> Reading:
        fresh = grant
        if grant.expires_at and grant.expires_at < self._now() + _EARLY_S and grant.refresh_token:
            fresh = await self._refreshed(grant)
        try:
            rows = await self._rows(fresh, request)
        except _Unauthorised:
            fresh = await self._refreshed(grant)
            try:
                rows = await self._rows(fresh, request)
            except _Unauthorised as error:
                raise BankError(Failure.consent_ended.value, status=401) from error
        return Reading(rows, fresh if fresh is not grant else None)

    async def _refreshed(self, grant: Grant) -> Grant:
        """New tokens, asked for once however many reads wait: a rotated refresh token works a single time."""
        if not grant.refresh_token:
            raise BankError(Failure.consent_ended.value, status=401)
        task = self._refreshing.get(grant.consent_id)
        if task is None:
            task = asyncio.create_task(self._refresh(grant))
            self._refreshing[grant.consent_id] = task
            task.add_done_callback(lambda _done: self._refreshing.pop(grant.consent_id, None))
        return replace(await asyncio.shield(task), accounts=grant.accounts)

    async def _refresh(self, grant: Grant) -> Grant:
        tokens = await self._oauth.refresh(grant.refresh_token)
        return replace(
            grant,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_at=tokens.expires_at,
        )

    async def _rows(self, grant: Grant, request: Read) -> Rows:
        page = await self._all(grant, "/accounts", "Account")
        accounts = [decode.account(resource, self._institution) for resource in page.resources]
        if grant.accounts:
            accounts = [account for account in accounts if account.account_id in grant.accounts]
        rows = Rows(tuple(accounts))
        if Data.balances in request.data:
            pages = await self._each(grant, accounts, "balances", "Balance")
            balances = (decode.balance(resource) for page in pages for resource in page.resources)
            rows = replace(rows, balances=tuple(balances))
        if Data.transactions in request.data and request.period:
            rows = await self._with_transactions(grant, rows, request.period)
        return rows

    async def _with_transactions(self, grant: Grant, rows: Rows, period: Period) -> Rows:
        """A bank ignores the zone of a filter, so a day more is asked on both sides and dropped again here."""
        padded = period.padded(1)
        query = f"?fromBookingDateTime={padded.first}T00:00:00&toBookingDateTime={padded.last}T23:59:59"
        pages = await self._each(grant, rows.accounts, f"transactions{query}", "Transaction")
        found: list[Transaction] = []
        unreadable = 0
        for page in pages:
            read, odd = decode.transactions(page.resources, self._zone)
            found += read
            unreadable += odd
        kept = tuple(row for row in _distinct(found) if row.day in period)
        starts = [page.first_available for page in pages if page.first_available]
        first = max(starts) if starts else None
        covered = Period(max(period.first, first), period.last) if first and first <= period.last else period
        return replace(rows, transactions=kept, covered=covered, first_on_file=first, unreadable=unreadable)

    async def _each(self, grant: Grant, accounts: Sequence[Account], what: str, name: str) -> list[_Page]:
        """The same for every account, side by side."""
        reads = [self._all(grant, f"/accounts/{account.account_id}/{what}", name) for account in accounts]
        tasks = [asyncio.ensure_future(read) for read in reads]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def _all(self, grant: Grant, path: str, name: str) -> _Page:
        """Every page, by the bank's own Links.Next alone (OBL Read/Write v4.0, Pagination)."""
        resources: list[dict[str, Any]] = []
        seen: set[str] = set()
        first: date | None = None
        following: str | None = path
        while following:
            if following in seen or len(seen) >= _PAGES or len(resources) > _ROWS:
                raise BankError(Failure.bank_unclear.value)
            seen.add(following)
            body = await self._page(grant, following)
            resources += _list(body, name)
            first = first or _first_available(body)
            following = self._next(body)
        return _Page(resources, first)

    async def _page(self, grant: Grant, path: str) -> Mapping[str, Any]:
        response = await self._calls.send("GET", path, grant.access_token)
        if response.status_code == 200:
            return _body(response)
        if response.status_code == 401:
            raise _Unauthorised
        if response.status_code in (400, 403):
            raise await self._refusal(grant, response)
        raise BankError(Failure.bank_unclear.value, status=response.status_code)

    async def _refusal(self, grant: Grant, response: httpx2.Response) -> BankError:
        """Why the bank said no: sign in again (U028), a consent that is over, or something not allowed."""
        codes = {str(entry.get("ErrorCode", "")) for entry in _errors(response)}
        if codes & {"U028", "UK.OBIE.Reauthenticate"}:
            return BankError(Failure.bank_login.value, status=403)
        if grant.consent_id and await self._consents.ended(grant.consent_id):
            return BankError(Failure.consent_ended.value, status=403)
        return BankError(Failure.forbidden.value, status=response.status_code)

    def _next(self, body: Mapping[str, Any]) -> str | None:
        """The next page's address; one that leaves the bank's own API would carry the token elsewhere."""
        links = body.get("Links")
        address = links.get("Next") if isinstance(links, Mapping) else None
        if not address:
            return None
        base, there = urlsplit(self._calls.base), urlsplit(str(address))
        if there.scheme == "" and there.netloc == "" and there.path.startswith(base.path):
            return f"{base.scheme}://{base.netloc}{address}"
        same = (there.scheme, there.netloc) == (base.scheme, base.netloc)
        if not same or not there.path.startswith(base.path) or ".." in there.path:
            raise BankError(Failure.bank_unclear.value)
        return str(address)


class _Unauthorised(Exception):
    """401: the access token is missing, expired or dead."""


def _distinct(rows: Sequence[Transaction]) -> list[Transaction]:
    """One row for each id: pages may overlap, and a pending row may stand beside its booked self."""
    kept: dict[tuple[str, str], Transaction] = {}
    nameless: list[Transaction] = []
    for row in rows:
        key = (row.account_id, row.transaction_id)
        if not row.transaction_id:
            nameless.append(row)
        elif key not in kept or kept[key].status is Status.pending:
            kept[key] = row
    return [*kept.values(), *nameless]


def _body(response: httpx2.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError as error:
        raise BankError(Failure.bank_unclear.value) from error
    if not isinstance(body, Mapping):
        raise BankError(Failure.bank_unclear.value)
    return body


def _list(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    data = body.get("Data")
    resources = data.get(name, []) if isinstance(data, Mapping) else None
    if not isinstance(resources, list) or not all(isinstance(entry, dict) for entry in resources):
        raise BankError(Failure.bank_unclear.value)
    return resources


def _errors(response: httpx2.Response) -> list[Mapping[str, Any]]:
    try:
        body = response.json()
    except ValueError:
        return []
    errors = body.get("Errors") if isinstance(body, Mapping) else None
    return [entry for entry in errors if isinstance(entry, Mapping)] if isinstance(errors, list) else []


def _first_available(body: Mapping[str, Any]) -> date | None:
    meta = body.get("Meta")
    given = meta.get("FirstAvailableDateTime") if isinstance(meta, Mapping) else None
    try:
        return date.fromisoformat(str(given)[:10]) if given else None
    except ValueError:
        return None
