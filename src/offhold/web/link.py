"""The browser leg of linking: /link → the institution's login → callback → /consent → back to the platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from offhold.channels.messenger.graph import GraphClient
from offhold.channels.messenger.linking import redirect_allowed, with_code
from offhold.config import Settings
from offhold.errors import BankError, LinkRefused
from offhold.identity.linking import Attempt, Choice, Linking
from offhold.model.access import Purpose
from offhold.model.ledger import Account
from offhold.model.message import Contact, Disclosure
from offhold.web.pages import page, static

_FORM_FIELDS = 100
_FORM_BYTES = 20_000
_TOKEN_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class _Problem(Exception):
    """Why the page cannot go on: a key of `problem.html`, and the status to answer with."""

    key: str
    status: int


def routes(linking: Linking, graph: GraphClient, settings: Settings, now: Callable[[], datetime]) -> list[BaseRoute]:
    """The three addresses and the stylesheet."""
    pages = _LinkPages(linking, graph, settings, now)
    return [
        Route("/link", pages.guarded(pages.begin), methods=["GET"]),
        Route("/institutions/{institution}/callback", pages.guarded(pages.returned), methods=["GET"]),
        Route("/consent", pages.guarded(pages.offer), methods=["GET"]),
        Route("/consent", pages.guarded(pages.decide), methods=["POST"]),
        static(),
    ]


class _LinkPages:
    def __init__(self, linking: Linking, graph: GraphClient, settings: Settings, now: Callable[[], datetime]) -> None:
        self._linking = linking
        self._graph = graph
        self._settings = settings
        self._now = now
        self._cookie = "__Host-offhold-link" if settings.secure else "offhold-link"

    def guarded(self, handler: Any) -> Any:
        """Every refusal becomes a page in plain words; nothing of the request is shown again."""

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)  # type: ignore[no-any-return]
            except LinkRefused as refused:
                return self._problem(refused.code, 502 if refused.code == "platform-away" else 400)
            except BankError:
                return self._problem("bank-away", 502)
            except _Problem as problem:
                return self._problem(problem.key, problem.status)

        return answer

    def _problem(self, key: str, status: int) -> Response:
        name = next(iter(self._settings.institutions.values())).name
        return page("problem.html", status, key=key, institution=name)

    async def begin(self, request: Request) -> Response:
        """From the Log In button. The person behind the token is known before any login starts."""
        token, back = _one(request.query_params.multi_items(), "account_linking_token", "redirect_uri")
        loopback = self._settings.mode == "test"
        if not token or len(token) > _TOKEN_CHARS or not redirect_allowed(back, loopback):
            raise _Problem("link-broken", 400)
        institution = request.query_params.get("institution", next(iter(self._settings.institutions)))
        psid = await self._graph.psid_of(token)
        contact = Contact("messenger", self._settings.channels.messenger.page_id, psid)
        address, state, secret = await self._linking.begin(contact, institution, back, token)
        return self._remember(RedirectResponse(address, 303), state, secret)

    async def returned(self, request: Request) -> Response:
        """From the institution's login, with a code or a refusal."""
        state, secret = self._session(request)
        asked = request.query_params
        if asked.get("state") != state or len(asked.getlist("state")) != 1:
            raise _Problem("link-foreign", 400)
        if asked.get("error") == "access_denied":
            attempt = await self._linking.decline(state, secret)
            return self._forget(RedirectResponse(attempt.redirect_uri, 303))
        if "error" in asked or not asked.get("code"):
            raise _Problem("bank-away", 502)
        institution = request.path_params["institution"]
        secret = await self._linking.returned(institution, state, secret, asked["code"], asked.get("iss"))
        return self._remember(RedirectResponse("/consent", 303), state, secret)

    async def offer(self, request: Request) -> Response:
        """The consent page."""
        attempt, accounts = await self._linking.accounts(*self._session(request))
        return self._consent_page(attempt, accounts, "")

    async def decide(self, request: Request) -> Response:
        """The customer's decision. A same-site cookie and the origin check keep other sites out."""
        self._same_site(request)
        state, secret = self._session(request)
        if int(request.headers.get("content-length", "0") or "0") > _FORM_BYTES:
            raise _Problem("form-broken", 413)
        form = await request.form(max_fields=_FORM_FIELDS)
        decision = _single(form, "decision")
        if decision == "decline":
            attempt = await self._linking.decline(state, secret)
            return self._forget(RedirectResponse(attempt.redirect_uri, 303))
        attempt = await self._linking.offered(state, secret)
        if decision != "accept":
            raise _Problem("form-broken", 400)
        chosen = _choice(form, attempt)
        if not chosen.accounts or not chosen.purposes:
            attempt, accounts = await self._linking.accounts(state, secret)
            return self._consent_page(attempt, accounts, "Choose at least one account and tick what I may do.", 422)
        code = await self._linking.accept(state, attempt, chosen)
        return self._forget(RedirectResponse(with_code(attempt.redirect_uri, code), 303))

    def _consent_page(
        self, attempt: Attempt, accounts: tuple[Account, ...], problem: str, status: int = 200
    ) -> Response:
        days = self._settings.consent_life
        return page(
            "consent.html",
            status,
            may_go_to=attempt.redirect_uri,
            institution=self._settings.institutions[attempt.institution].name,
            accounts=accounts,
            purpose=Purpose.requested_service.value,
            until=f"{self._now() + days:%-d %B %Y}",
            months=self._settings.limits.history_months,
            problem=problem,
        )

    def _same_site(self, request: Request) -> None:
        """A browser names the site that submits a form (Fetch metadata, Origin). Another one's is refused."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin", self._settings.public_url)
        if site not in ("same-origin", "none") or origin not in (self._settings.public_url, "null"):
            raise _Problem("link-foreign", 403)

    def _session(self, request: Request) -> tuple[str, str]:
        state, _, secret = request.cookies.get(self._cookie, "").partition(".")
        if not state or not secret:
            raise _Problem("link-foreign", 400)
        return state, secret

    def _remember(self, response: Response, state: str, secret: str) -> Response:
        secure = self._settings.secure
        response.set_cookie(
            self._cookie, f"{state}.{secret}", max_age=600, httponly=True, samesite="lax", secure=secure, path="/"
        )
        return _unstored(response)

    def _forget(self, response: Response) -> Response:
        response.delete_cookie(self._cookie, path="/", secure=self._settings.secure, httponly=True, samesite="lax")
        return _unstored(response)


def _unstored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _one(items: list[tuple[str, str]], *names: str) -> list[str]:
    """Parameters that must each stand exactly once; empty for one that does not."""
    found = {name: [value for key, value in items if key == name] for name in names}
    return [values[0] if len(values) == 1 else "" for values in found.values()]


def _single(form: FormData, name: str) -> str:
    values = form.getlist(name)
    return values[0] if len(values) == 1 and isinstance(values[0], str) else ""


def _choice(form: FormData, attempt: Attempt) -> Choice:
    """The choice, if every value of it was on offer."""
    accounts = frozenset(map(str, form.getlist("account")))
    purposes = frozenset(map(str, form.getlist("purpose")))
    disclosure = _single(form, "disclosure")
    known = accounts <= frozenset(attempt.accounts) and purposes <= {Purpose.requested_service.value}
    if not known or disclosure not in frozenset(Disclosure):
        raise _Problem("form-broken", 400)
    return Choice(accounts, frozenset(map(Purpose, purposes)), Disclosure(disclosure))
