"""The web chat: a page that works without script, messages by form or JSON, replies as server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from offhold.channels.webchat.conversations import SHOWN, TEXT_CHARS, Conversations
from offhold.channels.webchat.log import Message
from offhold.config import Settings
from offhold.errors import StoreUnavailable
from offhold.identity.linking import Linking, web_contact
from offhold.identity.sessions import Level, Session, Sessions
from offhold.model.ids import new_token
from offhold.model.message import Contact
from offhold.web.browser import Browser, Handler, Problem, form, guarded, same_site, single
from offhold.web.pages import Pages, headers

_BODY_BYTES = 16_000
_LOOK_S = 1.0
_KEEP_ALIVE_S = 15.0
_SESSION_CHECK_S = 60.0
_STREAMS_EACH = 8
_NAME_CHARS = 64


@dataclass(frozen=True, slots=True)
class _Here:
    """Who is at the page: the session, the secret of its cookie, and their address in the chat."""

    session: Session
    secret: str
    contact: Contact


def routes(
    conversations: Conversations,
    linking: Linking,
    sessions: Sessions,
    settings: Settings,
    pages: Pages,
    stopping: Callable[[], bool],
) -> list[BaseRoute]:
    """`stopping`: the service is going down, so that streams must end."""
    chat = _Chat(conversations, linking, sessions, settings, pages, stopping)

    def page(path: str, handler: Handler, method: str = "GET") -> Route:
        return Route(path, guarded(pages, handler), methods=[method])

    return [
        page("/chat", chat.show),
        page("/chat/sign-in", chat.sign_in, "POST"),
        page("/chat/sign-out", chat.sign_out, "POST"),
        page("/chat/messages", chat.say, "POST"),
        page("/chat/messages/{place:int}", chat.one),
        page("/chat/events", chat.events),
    ]


class _Chat:
    def __init__(
        self,
        conversations: Conversations,
        linking: Linking,
        sessions: Sessions,
        settings: Settings,
        pages: Pages,
        stopping: Callable[[], bool],
    ) -> None:
        self._conversations = conversations
        self._linking = linking
        self._sessions = sessions
        self._settings = settings
        self._pages = pages
        self._stopping = stopping
        self._browser = Browser(settings.secure)
        self._streams: dict[str, int] = {}

    async def _here(self, request: Request) -> _Here | None:
        secret = self._browser.session(request)
        session = await self._sessions.current(secret)
        if session is None or session.level is not Level.bank:
            return None
        return _Here(session, secret, web_contact(session.institution, session.customer))

    async def show(self, request: Request) -> Response:
        """The conversation, or where to sign in."""
        here = await self._here(request)
        if here is None:
            return await self._signed_out(request)
        place = request.query_params.get("before", "")
        messages = await (
            self._conversations.before(here.contact, int(place[:12]))
            if place.isdecimal()
            else self._conversations.before(here.contact)
        )
        return self._pages.page(
            "chat.html",
            here.session.institution,
            may_go_to=(await self._linking.login_address(here.session.institution),),
            script="chat.js",
            messages=[self._shown(here.session, message) for message in messages],
            earlier=messages[0].place if len(messages) == SHOWN else 0,
            last=messages[-1].place if messages else 0,
            waiting=bool(messages) and messages[-1].mine,
            days=self._settings.limits.chat_days,
            form_token=self._sessions.form_token(here.secret),
            name=new_token(96),
            limit=TEXT_CHARS,
        )

    async def _signed_out(self, request: Request) -> Response:
        asked = request.query_params.get("institution", "")
        institution = asked if asked in self._settings.institutions else next(iter(self._settings.institutions))
        return self._pages.page(
            "chat-start.html",
            institution,
            may_go_to=(await self._linking.login_address(institution),),
            ended=bool(self._browser.session(request)),
            days=self._settings.limits.chat_days,
        )

    def _shown(self, session: Session, message: Message) -> dict[str, Any]:
        """A message as the templates take it, with its time as the institution's clock shows it."""
        zone = ZoneInfo(self._settings.institutions[session.institution].timezone)
        at = datetime.fromtimestamp(message.at_ms / 1000, zone)
        absent = {"parts": None, "choices": (), "sign_in": False}
        return {"place": message.place, "at": at, "mine": message.mine, **absent, **message.body}

    async def sign_in(self, request: Request) -> Response:
        """To the bank's login, and back here by way of the consent page where there is no consent yet."""
        same_site(request, self._settings.public_url)
        institution = single(await form(request), "institution")
        if not institution:
            institution = next(iter(self._settings.institutions))
        address, state, secret = await self._linking.sign_in(institution)
        return self._browser.logging_in(RedirectResponse(address, 303), state, secret)

    async def sign_out(self, request: Request) -> Response:
        """End the session; the conversation is still there after the next sign-in."""
        here = await self._here(request)
        if here is not None:
            self._own_form(here, single(await form(request), "token"), request)
            await self._sessions.end(here.secret)
        return self._browser.signed_out(RedirectResponse("/chat", 303))

    async def say(self, request: Request) -> Response:
        """One message: JSON `{"text"}` for programs and the page's script, a form for the page without it."""
        plain = request.headers.get("content-type", "").partition(";")[0].strip() == "application/json"
        here = await self._here(request)
        if here is None:
            return _refused(401, "signed-out") if plain else RedirectResponse("/chat", 303)
        if int(request.headers.get("content-length", "0") or "0") > _BODY_BYTES:
            return _refused(413, "too-long") if plain else self._pages.problem("form-broken", 413)
        return await (self._from_program(request, here) if plain else self._from_form(request, here))

    async def _from_program(self, request: Request, here: _Here) -> Response:
        """JSON cannot be posted by another site's form, and its script is stopped by the origin check."""
        same_site(request, self._settings.public_url)
        try:
            given = json.loads(await request.body())
            text, payload, name = (given.get(key, "") for key in ("text", "payload", "id"))
            if not all(isinstance(entry, str) for entry in (text, payload, name)) or not text.strip():
                raise ValueError("text")
        except (ValueError, AttributeError, UnicodeDecodeError, RecursionError):
            return _refused(400, "expected JSON with a text")
        if len(text) > TEXT_CHARS:
            return _refused(413, "too-long")
        try:
            place = await self._conversations.say(here.contact, text, payload, name[:_NAME_CHARS])
        except StoreUnavailable:
            return _refused(503, "try-again")
        return JSONResponse({"id": place}, 202, headers={"Cache-Control": "no-store"})

    async def _from_form(self, request: Request, here: _Here) -> Response:
        """Without script the browser waits here a little, so that the page it gets has the answer."""
        fields = await form(request)
        self._own_form(here, single(fields, "token"), request)
        text, payload = single(fields, "text"), single(fields, "payload")
        title, _, signed = payload.partition("\n")
        if text.strip() or signed:
            said = title if signed else text
            place = await self._conversations.say(here.contact, said, signed, single(fields, "id")[:_NAME_CHARS])
            if place:
                await self._conversations.answered(here.contact, place)
        return RedirectResponse("/chat#end", 303)

    def _own_form(self, here: _Here, token: str, request: Request) -> None:
        same_site(request, self._settings.public_url)
        if token != self._sessions.form_token(here.secret):
            raise Problem("form-broken", 403)

    async def one(self, request: Request) -> Response:
        """One message as the page draws it, for its script to put in."""
        here = await self._here(request)
        place = request.path_params["place"]
        found = await self._conversations.after(here.contact, place - 1) if here else ()
        if here is None or not found or found[0].place != place:
            return Response(status_code=404)
        return self._pages.page(
            "chat-message.html",
            here.session.institution,
            message=self._shown(here.session, found[0]),
            form_token=self._sessions.form_token(here.secret),
            name=new_token(96),
        )

    async def events(self, request: Request) -> Response:
        """Replies as they come. `Last-Event-ID` (or `after`) resumes; without it, from the customer's last message."""
        here = await self._here(request)
        if here is None:
            return _refused(401, "signed-out")
        lane = self._conversations.lane(here.contact)
        if self._streams.get(lane, 0) >= _STREAMS_EACH:
            return _refused(429, "too-many-pages")
        given = request.headers.get("last-event-id") or request.query_params.get("after", "")
        place = int(given[:12]) if given.isdecimal() else await self._conversations.unanswered_from(here.contact)
        return StreamingResponse(
            self._stream(here, lane, place),
            media_type="text/event-stream",
            headers={**headers(), "X-Accel-Buffering": "no"},
        )

    async def _stream(self, here: _Here, lane: str, place: int) -> AsyncIterator[str]:
        self._streams[lane] = self._streams.get(lane, 0) + 1
        spoke = checked = time.monotonic()
        typing = False
        try:
            yield "retry: 1000\n\n"
            while not self._stopping():
                for message in await self._conversations.after(here.contact, place):
                    place = message.place
                    yield _event(message)
                    spoke, typing = time.monotonic(), False
                writing = await self._conversations.wait(here.contact, _LOOK_S)
                if writing and not typing:
                    yield "event: typing\ndata: {}\n\n"
                typing = writing
                now = time.monotonic()
                if now - spoke > _KEEP_ALIVE_S:
                    yield ": still here\n\n"
                    spoke = now
                if now - checked > _SESSION_CHECK_S:
                    checked = now
                    if await self._sessions.current(here.secret) is None:
                        yield "event: signed-out\ndata: {}\n\n"
                        return
        finally:
            self._streams[lane] -= 1
            if not self._streams[lane]:
                del self._streams[lane]


def _event(message: Message) -> str:
    """A reply carries `text` and `answer`; what the customer said comes under another name, for their other pages."""
    body: Mapping[str, Any] = message.body
    if message.mine:
        return f"id: {message.place}\nevent: said\ndata: {json.dumps({'said': body['said']})}\n\n"
    data = {"text": body["text"], "answer": body["answer"], "choices": [title for title, _ in body["choices"]]}
    return f"id: {message.place}\ndata: {json.dumps(data)}\n\n"


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status, headers={"Cache-Control": "no-store"})
