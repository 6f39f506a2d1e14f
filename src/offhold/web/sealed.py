"""Sealed answers, /s/<token>. Who only has the link sees that there is an answer, and nothing of it.

GET is the same for people, previews and crawlers. An answer needs a proof for this very link: a key of this browser or
a passkey (posted with the form), or a sign-in at the bank that was begun here; each proof opens once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from offhold.answers.shape import parts, rendered
from offhold.channels.webchat.conversations import TEXT_CHARS
from offhold.config import Settings
from offhold.errors import Mismatch
from offhold.identity.linking import Linking
from offhold.identity.proofs import Challenges
from offhold.identity.sessions import FRESH_MS, Level, Session, Sessions
from offhold.journal.opening import NotConnected, NotProved, Opened, Opening
from offhold.language.redact import redact
from offhold.model.consent import Consent
from offhold.ops.clock import Clock
from offhold.privacy.sealed import SealedAsk
from offhold.web.browser import Browser, Handler, Problem, form, guarded, same_site, single
from offhold.web.pages import Pages

_TOKEN_CHARS = 100
_UNSTORED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}


def routes(
    opening: Opening,
    challenges: Challenges,
    linking: Linking,
    sessions: Sessions,
    settings: Settings,
    pages: Pages,
    clock: Clock,
) -> list[BaseRoute]:
    """The page, its challenge, and the questions that follow."""
    answers = _Answers(opening, challenges, linking, sessions, settings, pages, clock)

    def page(path: str, handler: Handler, method: str) -> Route:
        return Route(path, guarded(pages, handler), methods=[method])

    return [
        page("/s/{token}", answers.neutral, "GET"),
        page("/s/{token}", answers.open, "POST"),
        page("/s/{token}/challenge", answers.challenge, "GET"),
        page("/s/{token}/next", answers.go_on, "POST"),
    ]


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request for one link. `json`: a program asks."""

    token: str
    ask: SealedAsk
    secret: str
    session: Session | None
    json: bool

    @property
    def page(self) -> str:
        """What a challenge is for: this link's next opening."""
        return f"{self.token}/{self.ask.openings}"


class _Answers:
    def __init__(
        self,
        opening: Opening,
        challenges: Challenges,
        linking: Linking,
        sessions: Sessions,
        settings: Settings,
        pages: Pages,
        clock: Clock,
    ) -> None:
        self._opening = opening
        self._challenges = challenges
        self._linking = linking
        self._sessions = sessions
        self._settings = settings
        self._pages = pages
        self._clock = clock
        self._browser = Browser(settings.secure)

    async def _visit(self, request: Request) -> _Visit:
        token = request.path_params["token"]
        ask = await self._opening.find(token) if len(token) <= _TOKEN_CHARS else None
        if ask is None:
            raise Problem("answer-unknown", 404)
        secret = self._browser.session(request)
        wants_json = request.headers.get("accept", "").startswith("application/json")
        return _Visit(token, ask, secret, await self._sessions.current(secret), wants_json)

    async def neutral(self, request: Request) -> Response:
        """That there is an answer; or the answer, where the browser comes back from the sign-in begun here."""
        visit = await self._visit(request)
        if visit.session is not None and visit.session.opens == visit.token:
            return await self._opened(visit, "")
        return await self._closed(visit)

    async def _closed(self, visit: _Visit, why: str = "", status: int = 200) -> Response:
        if visit.json:
            return JSONResponse({"error": why or "proof-needed"}, 403 if why else 401, headers=_UNSTORED)
        now_ms = self._clock.ms()
        state = "waiting" if visit.ask.live(now_ms) else "used" if visit.ask.openings else "ended"
        return self._pages.page(
            "sealed.html",
            visit.ask.institution,
            status,
            may_go_to=(await self._linking.login_address(visit.ask.institution),),
            script="sealed.js",
            token=visit.token,
            state=state,
            why=why,
        )

    async def challenge(self, request: Request) -> Response:
        """What a key of the browser is to sign."""
        visit = await self._visit(request)
        return JSONResponse({"challenge": self._challenges.issue(visit.page, self._clock.ms())}, headers=_UNSTORED)

    async def open(self, request: Request) -> Response:
        """With a proof: the answer. Without one: to the bank's sign-in, which is one."""
        same_site(request, self._settings.public_url)
        visit = await self._visit(request)
        proof = single(await form(request), "proof")
        if proof or (visit.session is not None and visit.session.opens == visit.token):
            return await self._opened(visit, proof)
        address, state, secret = await self._linking.prove(visit.ask.institution, f"/s/{visit.token}")
        return self._browser.logging_in(RedirectResponse(address, 303), state, secret)

    async def _opened(self, visit: _Visit, proof: str) -> Response:
        try:
            opened = await self._opening.open(visit.ask, partial(self._proved, visit, proof))
        except NotProved:
            if not proof:
                await self._sessions.end(visit.secret)  # a sign-in for nothing: the next may be another's
            return await self._closed(visit, "proof-refused" if proof else "someone-else", 403)
        except (NotConnected, Mismatch) as error:
            return self._withheld(visit, error)
        proved_ms = self._clock.ms()
        level = _level(visit, opened, proof)
        given = Session(opened.customer, visit.ask.institution, proved_ms, level, shows=visit.token)
        secret = await self._sessions.begin(given, instead_of=visit.secret)
        return self._browser.signed_in(self._answer(visit, opened, secret, proved_ms), secret)

    def _proved(
        self, visit: _Visit, proof: str, connection: Connection, ask: SealedAsk, consent: Consent, now_ms: int
    ) -> bool:
        if proof:
            return self._challenges.holds(connection, ask.lane, visit.page, proof, now_ms)
        session = visit.session
        return (
            session is not None
            and session.opens == visit.token
            and session.fresh(now_ms)
            and (session.customer, session.institution) == (consent.customer, consent.institution)
        )

    def _withheld(self, visit: _Visit, error: Exception) -> Response:
        key = "not-connected" if isinstance(error, NotConnected) else "mismatch"
        if visit.json:
            return JSONResponse({"error": key}, 409, headers=_UNSTORED)
        return self._pages.problem(key, 409, visit.ask.institution)

    async def go_on(self, request: Request) -> Response:
        """Another question on the open page, for as long as it shows its figures."""
        same_site(request, self._settings.public_url)
        visit = await self._visit(request)
        fields = await form(request)
        session = visit.session
        shown = session is not None and session.shows == visit.token and session.fresh(self._clock.ms())
        if session is None or not shown:
            return await self._closed(visit)
        if single(fields, "form") != self._sessions.form_token(visit.secret):
            raise Problem("form-broken", 403)
        text = single(fields, "text").encode("utf-16", "surrogatepass").decode("utf-16", "replace")[:TEXT_CHARS]
        if not text.strip():
            return await self._closed(visit)
        try:
            opened = await self._opening.go_on(visit.ask, redact(text)[0])
        except (NotConnected, Mismatch) as error:
            return self._withheld(visit, error)
        return self._answer(visit, opened, visit.secret, session.proved_ms)

    def _answer(self, visit: _Visit, opened: Opened, secret: str, proved_ms: int) -> Response:
        made, text = opened.reply.answer, opened.reply.text
        if visit.json:
            body = {**rendered(made), "text": text} if made else {"text": text, "answer": None}
            return JSONResponse(body, headers=_UNSTORED)
        zone = ZoneInfo(self._settings.institutions[visit.ask.institution].timezone)
        clears_s = max(1, (proved_ms + FRESH_MS - self._clock.ms()) // 1000)
        return self._pages.page(
            "answer.html",
            visit.ask.institution,
            script="answer.js",
            token=visit.token,
            form_token=self._sessions.form_token(secret),
            channel=opened.channel.capitalize(),
            asked=opened.asked,
            text=text,
            parts=parts(made) if made else None,
            opened_at=datetime.fromtimestamp(proved_ms / 1000, zone),
            clears_at=datetime.fromtimestamp((proved_ms + FRESH_MS) / 1000, zone),
            clears_s=clears_s,
            limit=TEXT_CHARS,
        )


def _level(visit: _Visit, opened: Opened, proof: str) -> Level:
    """A key shows its answer and no more; it takes nothing away from a session of the same customer."""
    session = visit.session
    if not proof:
        return Level.bank
    whose = (opened.customer, visit.ask.institution)
    return session.level if session is not None and (session.customer, session.institution) == whose else Level.key
