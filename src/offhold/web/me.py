"""Your data, /me: what is connected, until when and how much it shows, how to end it, and who looked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from offhold.accesslog import leaves, proofs, trees
from offhold.accesslog.looks import looks
from offhold.banks.port import Grant
from offhold.config import Settings
from offhold.identity.linking import Linking
from offhold.identity.sessions import Level, Session, Sessions
from offhold.journal.turns import Turns
from offhold.keys.file import Keys
from offhold.model.access import Actor, Look
from offhold.model.consent import Consent
from offhold.model.message import Disclosure, Instruction
from offhold.ops.clock import Clock
from offhold.privacy import consent as consents
from offhold.store import tables
from offhold.store.port import Store
from offhold.web.browser import Browser, Handler, Problem, form, guarded, same_site, single
from offhold.web.pages import Pages, headers

_LOOKS = 50
_SIZE_DIGITS = 15
_CHANNELS = {"messenger": "Messenger", "web": "Web chat"}


@dataclass(frozen=True, slots=True)
class _Connection:
    """A channel of the customer, and the consent it is connected under."""

    lane: str
    channel: str
    consent: Consent


def routes(me: YourData) -> list[BaseRoute]:
    """The page and its forms."""

    def page(path: str, handler: Handler, method: str) -> Route:
        return Route(path, guarded(me.pages, handler), methods=[method])

    return [
        page("/me", me.show, "GET"),
        page("/me/proofs", me.proofs, "GET"),
        page("/me/sign-in", me.sign_in, "POST"),
        page("/me/disconnect", me.disconnect, "POST"),
        page("/me/seal", me.seal, "POST"),
    ]


@dataclass(frozen=True, slots=True)
class YourData:
    """What the page needs. `ended` tells a bank that a consent is over."""

    store: Store
    keys: Keys
    turns: Turns
    linking: Linking
    ended: Callable[[Grant], Awaitable[None]]
    sessions: Sessions
    settings: Settings
    pages: Pages
    clock: Clock

    @property
    def _browser(self) -> Browser:
        return Browser(self.settings.secure)

    async def show(self, request: Request) -> Response:
        """What is held under the customer's name, or where to sign in."""
        secret = self._browser.session(request)
        session = await self.sessions.current(secret)
        if session is None or session.level is not Level.bank:
            institution = next(iter(self.settings.institutions))
            login = await self.linking.login_address(institution)
            return self.pages.page("me-start.html", institution, may_go_to=(login,))
        zone = ZoneInfo(self.settings.institutions[session.institution].timezone)
        found = await self.store.read(lambda connection: tuple(self._connections(connection, session)))
        log = await self.store.read(lambda connection: leaves.history(connection, self.keys, session.customer))
        return self.pages.page(
            "me.html",
            session.institution,
            connections=[_shown(entry, zone) for entry in found],
            looks=[_line(look, zone) for look in islice(looks(log), _LOOKS)],
            whole=leaves.chain_holds(log),
            count=len(log),
            form_token=self.sessions.form_token(secret),
            shelf=self.keys.pseudonym("log-shelf", session.customer),
            script="log-verify.js",
        )

    async def proofs(self, request: Request) -> Response:
        """All that proves the customer's log, for the page's script and for `verify.py`; `since`: a tree size seen."""
        session = await self.sessions.current(self._browser.session(request))
        if session is None or session.level is not Level.bank:
            raise Problem("link-foreign", 403)
        since = request.query_params.get("since", "0")
        if not (since.isascii() and since.isdecimal() and len(since) <= _SIZE_DIGITS):
            raise Problem("form-broken", 400)

        def look(connection: Connection) -> dict[str, Any]:
            history = leaves.history(connection, self.keys, session.customer)
            policy = trees.trust(connection, session.institution, self.settings)
            return {"policy": policy, **proofs.bundle(connection, history, int(since))}

        return JSONResponse(await self.store.read(look), headers=headers())

    def _connections(self, connection: Connection, session: Session) -> Iterator[_Connection]:
        mine = (tables.link.c.customer == session.customer) & (tables.link.c.institution == session.institution)
        rows = connection.execute(
            select(tables.link.c.lane, tables.contact.c.channel)
            .join(tables.contact, tables.contact.c.lane == tables.link.c.lane)
            .where(mine)
            .order_by(tables.link.c.linked_ms)
        )
        for row in rows.all():
            standing = consents.of_lane(connection, self.keys, row.lane)
            if standing is not None:
                yield _Connection(row.lane, row.channel, standing.consent)

    async def sign_in(self, request: Request) -> Response:
        """To the bank's login, only to know who is there."""
        same_site(request, self.settings.public_url)
        address, state, secret = await self.linking.prove(next(iter(self.settings.institutions)), "/me")
        return self._browser.logging_in(RedirectResponse(address, 303), state, secret)

    async def disconnect(self, request: Request) -> Response:
        """End one connection at once; the bank and the platform are told."""
        lane = await self._mine(request)
        grant = await self.store.write(lambda connection: self.turns.carry_out(connection, lane, (Instruction.unlink,)))
        if grant is not None:
            await self.ended(grant)
        return RedirectResponse("/me", 303)

    async def seal(self, request: Request) -> Response:
        """Show nothing more in a channel, from now on."""
        lane = await self._mine(request)
        await self.store.write(
            lambda connection: consents.narrow(connection, self.keys, lane, self.clock.ms(), Disclosure.sealed)
        )
        return RedirectResponse("/me", 303)

    async def _mine(self, request: Request) -> str:
        """The lane that a form names, if it is the customer's. Raises Problem."""
        same_site(request, self.settings.public_url)
        secret = self._browser.session(request)
        session = await self.sessions.current(secret)
        fields = await form(request)
        if session is None or session.level is not Level.bank:
            raise Problem("link-foreign", 403)
        if single(fields, "token") != self.sessions.form_token(secret):
            raise Problem("form-broken", 403)
        lane = single(fields, "connection")
        found = await self.store.read(lambda connection: tuple(self._connections(connection, session)))
        if lane not in {entry.lane for entry in found}:
            raise Problem("form-broken", 400)
        return lane


def _shown(entry: _Connection, zone: ZoneInfo) -> dict[str, Any]:
    consent = entry.consent
    return {
        "lane": entry.lane,
        "name": _CHANNELS[entry.channel],
        "accounts": len(consent.accounts),
        "until": datetime.fromtimestamp(consent.expires_ms / 1000, zone),
        "since": datetime.fromtimestamp(consent.given_ms / 1000, zone),
        "sealed": consent.disclosure is Disclosure.sealed,
        "may_seal": entry.channel != "web" and consent.disclosure is Disclosure.open,
    }


_ACTS = {
    "consent.offer": "Looked up which accounts there are, for the page where you chose",
    "consent.give": "You agreed",
    "consent.narrowed": "You chose to show or share less",
    "consent.withdrawn": "You disconnected",
    "consent.superseded": "You connected another chat in the place of this one",
    "consent.revoked-at-bank": "The bank ended a connection",
}
_WHO = {
    Actor.customer: "The bot",
    Actor.agent: "One of our staff",
    Actor.job: "An automatic job",
    Actor.operator: "Somebody who runs the service",
}


def _line(look: Look, zone: ZoneInfo) -> dict[str, Any]:
    """One line of the log in words."""
    what = _ACTS.get(look.act, look.act)
    if look.act == "read":
        data = " and ".join(look.data)
        what = f"Read your {data} to answer your question" if look.allowed else f"Was refused your {data}"
        what += f": {look.rows} rows" if look.rows is not None else ""
    you = look.actor is Actor.customer and not look.data
    return {
        "at": datetime.fromtimestamp(look.at_ms / 1000, zone),
        "number": look.number,
        "proof": look.proof,
        "bot": look.actor is Actor.customer and not you,
        "who": "You" if you else _WHO[look.actor],
        "what": what,
    }
