"""The browser leg of logins: /link or /chat → the institution's login → callback → /consent → back.

The cookie of a login in progress is not a session: it holds the attempt's state and secret, and ends with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from offhold.channels.messenger.graph import GraphClient
from offhold.channels.messenger.linking import redirect_allowed, with_code
from offhold.config import Settings
from offhold.identity import proofs
from offhold.identity.linking import Attempt, Choice, Goal, Linking, web_contact
from offhold.identity.proofs import Origin, ProofKey
from offhold.identity.sessions import Session, Sessions
from offhold.model.access import Purpose
from offhold.model.ledger import Account
from offhold.model.message import Contact, Disclosure
from offhold.web.browser import Browser, Form, Problem, form, guarded, same_site, single, unstored
from offhold.web.pages import Pages

_TOKEN_CHARS = 2_000
_UNDECIDED = (("decide", "Say whether to connect"),)
Greet = Callable[[Contact], Awaitable[None]]


def routes(
    linking: Linking,
    graph: GraphClient,
    settings: Settings,
    now: Callable[[], datetime],
    pages: Pages,
    sessions: Sessions,
    greet: Greet,
) -> list[BaseRoute]:
    """The three addresses. `greet` tells the web chat's conversation that its customer connected."""
    legs = _Legs(linking, graph, settings, now, pages, sessions, greet)
    return [
        Route("/link", guarded(pages, legs.begin), methods=["GET"]),
        Route("/institutions/{institution}/callback", guarded(pages, legs.returned), methods=["GET"]),
        Route("/consent", guarded(pages, legs.offer), methods=["GET"]),
        Route("/consent", guarded(pages, legs.decide), methods=["POST"]),
    ]


class _Legs:
    def __init__(
        self,
        linking: Linking,
        graph: GraphClient,
        settings: Settings,
        now: Callable[[], datetime],
        pages: Pages,
        sessions: Sessions,
        greet: Greet,
    ) -> None:
        self._linking = linking
        self._graph = graph
        self._settings = settings
        self._now = now
        self._pages = pages
        self._sessions = sessions
        self._greet = greet
        self._browser = Browser(settings.secure)
        self._origin = Origin(settings.public_url)

    async def begin(self, request: Request) -> Response:
        """From the Log In button. The person behind the token is known before any login starts."""
        token, back = _one(request.query_params.multi_items(), "account_linking_token", "redirect_uri")
        loopback = self._settings.mode == "test"
        if not token or len(token) > _TOKEN_CHARS or not redirect_allowed(back, loopback):
            raise Problem("link-broken", 400)
        institution = request.query_params.get("institution", next(iter(self._settings.institutions)))
        psid = await self._graph.psid_of(token)
        contact = Contact("messenger", self._settings.channels.messenger.page_id, psid)
        address, state, secret = await self._linking.begin(contact, institution, back, token)
        return self._browser.logging_in(RedirectResponse(address, 303), state, secret)

    async def returned(self, request: Request) -> Response:
        """From the institution's login, with a code or a refusal."""
        state, secret = self._browser.login(request)
        asked = request.query_params
        if asked.get("state") != state or len(asked.getlist("state")) != 1:
            raise Problem("link-foreign", 400)
        if asked.get("error") == "access_denied":
            attempt = await self._linking.decline(state, secret)
            return self._browser.logged_in(RedirectResponse(attempt.redirect_uri, 303))
        if "error" in asked or not asked.get("code"):
            raise Problem("login-failed", 502)
        institution = request.path_params["institution"]
        attempt = await self._linking.returned(institution, state, secret, asked["code"], asked.get("iss"))
        if attempt.goal is Goal.proof:
            place, _, token = attempt.redirect_uri.rpartition("/")
            return await self._signed_in(request, attempt, opens=token if place == "/s" else "")
        if attempt.goal is Goal.web and await self._linking.resumed(state, attempt):
            return await self._signed_in(request, attempt)
        return self._browser.logging_in(RedirectResponse("/consent", 303), state, attempt.secret)

    async def _signed_in(self, request: Request, attempt: Attempt, opens: str = "") -> Response:
        """A session with a new secret, and on to where the login was for."""
        proved_ms = int(self._now().timestamp() * 1000)
        given = Session(attempt.customer, attempt.institution, proved_ms, opens=opens)
        secret = await self._sessions.begin(given, instead_of=self._browser.session(request))
        response = self._browser.logged_in(RedirectResponse(attempt.redirect_uri, 303))
        return self._browser.signed_in(response, secret)

    async def offer(self, request: Request) -> Response:
        """The consent page."""
        state, secret = self._browser.login(request)
        return await self._shown(state, secret)

    async def decide(self, request: Request) -> Response:
        """The customer's decision. A same-site cookie and the origin check keep other sites out."""
        same_site(request, self._settings.public_url)
        state, secret = self._browser.login(request)
        fields = await form(request)
        decision = single(fields, "decision")
        if decision == "decline":
            attempt = await self._linking.decline(state, secret)
            return self._browser.logged_in(RedirectResponse(attempt.redirect_uri, 303))
        attempt = await self._linking.offered(state, secret)
        if decision not in ("accept", "none"):
            raise Problem("form-broken", 400)
        chosen = self._choice(fields, attempt)
        missing = _UNDECIDED if decision == "none" else _missing(chosen)
        if missing:
            return await self._shown(state, secret, chosen, missing)
        code = await self._linking.accept(state, attempt, chosen)
        if attempt.goal is Goal.web:
            await self._greet(web_contact(attempt.institution, attempt.customer))
            return await self._signed_in(request, attempt)
        return unstored(RedirectResponse(with_code(attempt.redirect_uri, code), 303))

    async def _shown(
        self,
        state: str,
        secret: str,
        incomplete: Choice | None = None,
        problem: tuple[tuple[str, str], ...] = (),
    ) -> Response:
        """The consent page, kept as it was shown."""
        attempt, accounts = await self._linking.accounts(state, secret)
        response = self._consent_page(attempt, accounts, incomplete, problem)
        await self._linking.shown(state, secret, bytes(response.body))
        return response

    def _consent_page(
        self,
        attempt: Attempt,
        accounts: tuple[Account, ...],
        incomplete: Choice | None = None,
        problem: tuple[tuple[str, str], ...] = (),
    ) -> Response:
        """The page, or the page again with what was ticked kept and what is missing named."""
        settings = self._settings
        offer = self._origin.offer(settings.institutions[attempt.institution].name, attempt.customer, _nonce(attempt))
        return self._pages.page(
            "consent.html",
            attempt.institution,
            422 if incomplete else 200,
            may_go_to=(attempt.redirect_uri,),
            script="consent.js",
            web=attempt.goal is Goal.web,
            channel="the web chat" if attempt.goal is Goal.web else "Messenger",
            accounts=accounts,
            purpose=Purpose.requested_service.value,
            until=f"{self._now() + timedelta(days=self._linking.days(attempt.institution)):%-d %B %Y}",
            months=settings.limits.history_months,
            left_out=sorted(self._linking.left_out(attempt.institution)),
            chat_days=settings.limits.chat_days,
            refusal_days=settings.limits.refusal_days,
            passkey=offer,
            problem=problem,
            ticked={*incomplete.accounts, *incomplete.purposes} if incomplete else frozenset(),
            disclosure=incomplete.disclosure.value if incomplete else Disclosure.sealed.value,
        )

    def _choice(self, fields: Form, attempt: Attempt) -> Choice:
        """The choice, if every value of it was on offer."""
        accounts = frozenset(fields.get("account", []))
        purposes = frozenset(fields.get("purpose", []))
        disclosure = single(fields, "disclosure")
        known = accounts <= frozenset(attempt.accounts) and purposes <= {Purpose.requested_service.value}
        if not known or disclosure not in frozenset(Disclosure):
            raise Problem("form-broken", 400)
        shown = Disclosure.open if attempt.goal is Goal.web else Disclosure(disclosure)
        return Choice(accounts, frozenset(map(Purpose, purposes)), shown, self._keys(fields, attempt))

    def _keys(self, fields: Form, attempt: Attempt) -> tuple[ProofKey, ...]:
        """The keys that the page's script made, where it could."""
        device, passkey = single(fields, "device_key"), single(fields, "passkey")
        made = [proofs.device(device)] if device else []
        return (*made, self._origin.passkey(passkey, _nonce(attempt))) if passkey else tuple(made)


def _nonce(attempt: Attempt) -> bytes:
    """The challenge for a passkey made on the consent page: as secret and as short-lived as the attempt."""
    return attempt.secret.encode()


def _missing(choice: Choice) -> tuple[tuple[str, str], ...]:
    wanted = (
        ("purposes", "Tick what it may do", choice.purposes),
        ("accounts", "Choose at least one account", choice.accounts),
    )
    return tuple((target, text) for target, text, given in wanted if not given)


def _one(items: list[tuple[str, str]], *names: str) -> list[str]:
    """Parameters that must each stand exactly once; empty for one that does not."""
    found = {name: [value for key, value in items if key == name] for name in names}
    return [values[0] if len(values) == 1 else "" for values in found.values()]
