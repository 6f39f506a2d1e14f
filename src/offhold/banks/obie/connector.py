"""Reading accounts, balances and transactions from an OBIE bank, complete or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from offhold.banks.obie import decode
from offhold.banks.obie.calls import BankAnswer, Calls
from offhold.banks.obie.consents import BankConsents
from offhold.banks.obie.rows import movements
from offhold.banks.port import Grant, Keep
from offhold.errors import BankError
from offhold.identity.oauth import OAuthClient
from offhold.model.access import Data, Failure, Read
from offhold.model.ledger import Account, Rows, Status, Transaction
from offhold.model.period import Period

_PAGES = 1_000
_ROWS = 200_000
"""Bounds on what one account may send; the time for a whole read usually ends an endless one before."""
_EARLY_S = 30
_EXPECTED_WITHIN = timedelta(days=14)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class _Listing:
    """Every page of one list, and the first day for which the bank says it has rows."""

    pages: list[list[dict[str, Any]]]
    first_available: date | None = None

    @property
    def resources(self) -> list[dict[str, Any]]:
        """Those of all pages, each once: pages may overlap."""
        return list({json.dumps(each, sort_keys=True): each for page in self.pages for each in page}.values())


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
        self._refreshing: dict[tuple[str, str], asyncio.Task[Grant]] = {}

    async def read(self, grant: Grant, request: Read, keep: Keep) -> Rows:
        """All that is asked of the granted accounts. Raises BankError rather than return part of a period."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(grant, request, keep)
        except TimeoutError as error:
            raise BankError(Failure.bank_away.value) from error

    async def _read(self, grant: Grant, request: Read, keep: Keep) -> Rows:
        if grant.refresh_token and 0 < grant.expires_at < self._now() + _EARLY_S:
            grant = await self._refreshed(grant, keep)
        try:
            return await self._rows(grant, request)
        except _Unauthorised:
            grant = await self._refreshed(grant, keep)
        try:
            return await self._rows(grant, request)
        except _Unauthorised as error:
            raise await self._locked_out(grant) from error

    async def _refreshed(self, grant: Grant, keep: Keep) -> Grant:
        """New tokens for spent ones, asked for once however many reads hold them.

        A read that began before the tokens changed still comes with the old ones, for as long as a read may last.
        """
        if not grant.refresh_token:
            raise await self._locked_out(grant)
        spent = (grant.access_token, grant.refresh_token)
        task = self._refreshing.get(spent)
        if task is None:
            task = self._refreshing[spent] = asyncio.create_task(self._refresh(grant, keep))
            task.add_done_callback(lambda done: self._forget(spent, done))
        return replace(await asyncio.shield(task), accounts=grant.accounts)

    async def _refresh(self, grant: Grant, keep: Keep) -> Grant:
        tokens = await self._oauth.refresh(grant.refresh_token)
        renewed = replace(
            grant,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_at=tokens.expires_at,
        )
        await keep(renewed)
        return renewed

    def _forget(self, spent: tuple[str, str], done: asyncio.Task[Grant]) -> None:
        kept_s = 0.0 if done.cancelled() or done.exception() else self._seconds
        asyncio.get_running_loop().call_later(kept_s, self._refreshing.pop, spent, None)

    async def _locked_out(self, grant: Grant) -> BankError:
        """No token works: the consent is over, or it stands and the customer has to sign in again."""
        over = bool(grant.consent_id) and await self._consents.ended(grant.consent_id)
        return BankError((Failure.consent_ended if over else Failure.bank_login).value, status=401)

    async def _rows(self, grant: Grant, request: Read) -> Rows:
        listing = await self._all(grant, "/accounts", "Account")
        accounts = {each.account_id: each for each in map(self._account, listing.resources)}
        if grant.accounts:
            accounts = {name: each for name, each in accounts.items() if name in grant.accounts}
            if not accounts:
                raise BankError(Failure.forbidden.value)
        rows = Rows(tuple(accounts.values()), missing=len(grant.accounts - accounts.keys()))
        if Data.balances in request.data:
            listings = await self._each(grant, rows.accounts, "balances", "Balance")
            balances = (decode.balance(each, self._zone) for listing in listings for each in listing.resources)
            rows = replace(rows, balances=tuple(balances))
        if Data.transactions in request.data and request.period:
            rows = await self._with_transactions(grant, rows, request.period)
        return rows

    def _account(self, resource: Mapping[str, Any]) -> Account:
        return decode.account(resource, self._institution)

    async def _with_transactions(self, grant: Grant, rows: Rows, period: Period) -> Rows:
        """A bank ignores the zone of a filter, so a day more is asked on both sides and dropped again here.

        A pending row carries the day on which the bank expects to book it, which may lie ahead: it is pending today.
        """
        padded = period.padded(1)
        today = datetime.fromtimestamp(self._now(), self._zone).date()
        ahead = max(padded.last, today + _EXPECTED_WITHIN) if today in period else padded.last
        query = f"?fromBookingDateTime={padded.first}T00:00:00&toBookingDateTime={ahead}T23:59:59"

        def asked(row: Transaction) -> bool:
            awaited = row.status is Status.pending and period.last < row.day <= ahead and today in period
            return row.day in period or awaited

        listings = await self._each(grant, rows.accounts, f"transactions{query}", "Transaction")
        found = [movements(listing.pages, self._zone) for listing in listings]
        starts = [listing.first_available for listing in listings if listing.first_available]
        first = max(starts) if starts else None
        return replace(
            rows,
            transactions=tuple(row for each in found for row in each.rows if asked(row)),
            covered=Period(max(period.first, first), period.last) if first and first <= period.last else period,
            first_on_file=first,
            unreadable=sum(each.unreadable for each in found),
            twice=sum(asked(row) for each in found for row in each.twice),
        )

    async def _each(self, grant: Grant, accounts: Sequence[Account], what: str, name: str) -> list[_Listing]:
        """The same for every account, side by side."""
        paths = [f"/accounts/{quote(account.account_id, safe='')}/{what}" for account in accounts]
        tasks = [asyncio.ensure_future(self._all(grant, path, name)) for path in paths]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def _all(self, grant: Grant, path: str, name: str) -> _Listing:
        """Every page, by the bank's own Links.Next alone (OBL Read/Write v4.0, Pagination)."""
        pages: list[list[dict[str, Any]]] = []
        seen: set[str] = set()
        first: date | None = None
        following: str | None = path
        while following:
            if following in seen or len(seen) >= _PAGES or sum(map(len, pages)) > _ROWS:
                raise BankError(Failure.bank_unclear.value)
            seen.add(following)
            body = await self._page(grant, following)
            pages.append(_list(body, name))
            first = first or _first_available(body)
            following = self._next(body)
        return _Listing(pages, first)

    async def _page(self, grant: Grant, path: str) -> Mapping[str, Any]:
        answer = await self._calls.send("GET", path, grant.access_token)
        if answer.status == 200 and answer.body is not None:
            return answer.body
        if answer.status == 401:
            raise _Unauthorised
        if answer.status in (400, 403):
            raise await self._refusal(grant, answer)
        raise BankError(Failure.bank_unclear.value, status=answer.status)

    async def _refusal(self, grant: Grant, answer: BankAnswer) -> BankError:
        """Why the bank said no: sign in again (U028), a consent that is over, or something not allowed."""
        if _error_codes(answer) & {"U028", "UK.OBIE.Reauthenticate"}:
            return BankError(Failure.bank_login.value, status=answer.status)
        if grant.consent_id and await self._consents.ended(grant.consent_id):
            return BankError(Failure.consent_ended.value, status=answer.status)
        return BankError(Failure.forbidden.value, status=answer.status)

    def _next(self, body: Mapping[str, Any]) -> str | None:
        """The next page's address; one that leaves the bank's own API would carry the token elsewhere."""
        links = body.get("Links")
        address = links.get("Next") if isinstance(links, Mapping) else None
        if not address:
            return None
        try:
            base, there = urlsplit(self._calls.base), urlsplit(str(address))
            relative = not there.scheme and not there.netloc
            within = unquote(there.path).startswith(f"{base.path}/") and ".." not in unquote(there.path)
            if within and (relative or _host(there) == _host(base)):
                return (there._replace(scheme=base.scheme, netloc=base.netloc) if relative else there).geturl()
        except ValueError as error:
            raise BankError(Failure.bank_unclear.value) from error
        raise BankError(Failure.bank_unclear.value)


class _Unauthorised(Exception):
    """401: the access token is missing, expired or dead."""


def _host(parts: SplitResult) -> tuple[object, ...]:
    """What must be the same for a token to be sent there. Raises ValueError for a port that is none."""
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme), parts.username, parts.password


def _list(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    data = body.get("Data")
    resources = data.get(name, []) if isinstance(data, Mapping) else None
    if not isinstance(resources, list) or not all(isinstance(entry, dict) for entry in resources):
        raise BankError(Failure.bank_unclear.value)
    return resources


def _error_codes(answer: BankAnswer) -> set[str]:
    errors = answer.body.get("Errors") if answer.body else None
    entries = errors if isinstance(errors, list) else []
    return {str(entry.get("ErrorCode")) for entry in entries if isinstance(entry, Mapping)}


def _first_available(body: Mapping[str, Any]) -> date | None:
    meta = body.get("Meta")
    given = meta.get("FirstAvailableDateTime") if isinstance(meta, Mapping) else None
    try:
        return date.fromisoformat(str(given)[:10]) if given else None
    except ValueError:
        return None
