"""The authorization endpoint and what the customer does there: sign in, choose accounts, say yes or no."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from secrets import token_urlsafe
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from offhold_demo.bank.config import Client
from offhold_demo.bank.consents import Consent
from offhold_demo.bank.pages import Pages
from offhold_demo.bank.pushed import AuthorizationRequest, RequestError, client_of, read_request
from offhold_demo.bank.state import Bank
from offhold_demo.bank.tokens import Family, forget_expired

_MINUTES = 15
"""How long a customer may take over the pages."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One customer at the pages. `secret` is in the cookie of the browser that began."""

    interaction_id: str
    secret: str
    request: AuthorizationRequest
    expires: datetime
    customer: str = ""


@dataclass(slots=True)
class AuthorizationServer:
    """Everything of /authorize. Interactions are forgotten when decided, and after fifteen minutes."""

    bank: Bank
    pages: Pages
    _open: dict[str, Interaction] = field(default_factory=dict)

    async def authorize(self, request: Request) -> Response:
        """Begin: check the request, then send the browser to its own page."""
        parameters = await _parameters(request)
        try:
            asked = self._request(parameters)
            self._consent(asked)
        except RequestError as error:
            return self._told(error)
        return self._begin(asked)

    async def show(self, request: Request) -> Response:
        """The sign-in page, or the consent page once signed in."""
        found = self._found(request)
        if found is None:
            return self.pages.problem("This page has expired. Please start again where you came from.")
        if not found.customer:
            return self.pages.sign_in(self._path(found, "/login"), self._client(found))
        return self._consent_page(found)

    async def login(self, request: Request) -> Response:
        """Take the customer's name. Any password is right: this is a demonstration."""
        found = self._found(request)
        if found is None:
            return self.pages.problem("This page has expired. Please start again where you came from.")
        form = await request.form()
        username = str(form.get("username", "")).strip().lower()
        if username not in self.bank.books or not form.get("password"):
            return self.pages.sign_in(self._path(found, "/login"), self._client(found), wrong=True)
        self._open[found.interaction_id] = replace(found, customer=username)
        return RedirectResponse(self._path(found), 303)

    async def decide(self, request: Request) -> Response:
        """Take the customer's answer and send the browser back to the client."""
        found = self._found(request)
        if found is None or not found.customer:
            return self.pages.problem("This page has expired. Please start again where you came from.")
        form = await request.form()
        accounts = frozenset(str(each) for each in form.getlist("account"))
        try:
            consent = self._consent(found.request, found.customer)
        except RequestError as error:
            return self._told(error)
        if form.get("decision") == "allow":
            return self._allow(found, consent, accounts)
        return self._deny(found, consent)

    def _request(self, parameters: dict[str, str]) -> AuthorizationRequest:
        uri = parameters.get("request_uri")
        if uri:
            return self.bank.pushed.take(uri, parameters.get("client_id", ""), self.bank.clock())
        asked = read_request(self.bank.config, parameters)
        if self.bank.config.require_par:
            raise _refusal(asked, "invalid_request", "Push the request first.")
        return asked

    def _consent(self, asked: AuthorizationRequest, customer: str = "") -> Consent:
        """The consent asked about, if it is the client's and open to this customer. Raises RequestError."""
        consent = self.bank.consents.find(asked.consent_id, self.bank.clock())
        if consent is None or consent.client_id != asked.client_id:
            raise _refusal(asked, "invalid_request", "There is no such consent.")
        if consent.status not in ("AWAU", "AUTH"):
            raise _refusal(asked, "invalid_request", f"The consent is {consent.status}.")
        if customer and consent.customer not in ("", customer):
            raise _refusal(asked, "access_denied", "The consent belongs to another customer.")
        return consent

    def _begin(self, asked: AuthorizationRequest) -> Response:
        now = self.bank.clock()
        forget_expired(self._open, now)
        expires = now + timedelta(minutes=_MINUTES)
        found = Interaction(token_urlsafe(16), token_urlsafe(24), asked, expires)
        self._open[found.interaction_id] = found
        response = RedirectResponse(self._path(found), 303, headers={"Cache-Control": "no-store"})
        response.set_cookie(
            "bank_visit",
            found.secret,
            max_age=_MINUTES * 60,
            path=self._path(found),
            secure=self.bank.config.secure,
            httponly=True,
            samesite="lax",
        )
        return response

    def _found(self, request: Request) -> Interaction | None:
        """The interaction of this address, if this is the browser that began it."""
        found = self._open.get(request.path_params["interaction"])
        if found is None or found.expires <= self.bank.clock():
            return None
        held = request.cookies.get("bank_visit", "")
        return found if compare_digest(found.secret.encode(), held.encode()) else None

    def _consent_page(self, found: Interaction, none_chosen: bool = False) -> Response:
        try:
            consent = self._consent(found.request, found.customer)
        except RequestError as error:
            return self._told(error)
        books = self.bank.books[found.customer]
        return self.pages.consent(
            self._path(found, "/decision"), self._client(found), consent, books, found.request, none_chosen
        )

    def _allow(self, found: Interaction, consent: Consent, accounts: frozenset[str]) -> Response:
        if not accounts or not accounts <= self.bank.books[found.customer].accounts.keys():
            return self._consent_page(found, none_chosen=True)
        now = self.bank.clock()
        self.bank.tokens.end_consent(consent.consent_id)
        self.bank.consents.authorise(consent, found.customer, accounts, now)
        asked = found.request
        family = Family(token_urlsafe(16), asked.client_id, asked.scope, consent.consent_id, found.customer)
        code = self.bank.tokens.issue_code(family, asked, now, self.bank.config.code_seconds)
        del self._open[found.interaction_id]
        return self._back(asked.redirect_uri, {"code": code, "state": asked.state})

    def _deny(self, found: Interaction, consent: Consent) -> Response:
        """A consent that stands already stays as it is when its renewal is declined."""
        if consent.status == "AWAU":
            self.bank.consents.reject(consent, self.bank.clock())
        del self._open[found.interaction_id]
        return self._told(_refusal(found.request, "access_denied", "The customer declined."))

    def _told(self, error: RequestError) -> Response:
        """Tell the client where that is safe, otherwise only the person in front of the browser."""
        if not error.answer_to:
            return self.pages.problem(error.description)
        told = {"error": error.error, "error_description": error.description, "state": error.state}
        return self._back(error.answer_to, told)

    def _back(self, address: str, values: dict[str, str]) -> Response:
        """To the client, with the issuer named (RFC 9207)."""
        query = urlencode({name: value for name, value in values.items() if value})
        joint = "&" if "?" in address else "?"
        issuer = urlencode({"iss": self.bank.config.issuer})
        return RedirectResponse(f"{address}{joint}{query}&{issuer}", 303, headers={"Cache-Control": "no-store"})

    def _client(self, found: Interaction) -> Client:
        return client_of(self.bank.config, found.request.client_id)

    def _path(self, found: Interaction, step: str = "") -> str:
        return f"{self.bank.config.path}/visit/{found.interaction_id}{step}"


def _refusal(asked: AuthorizationRequest, error: str, description: str) -> RequestError:
    return RequestError(error, description, asked.redirect_uri, asked.state)


async def _parameters(request: Request) -> dict[str, str]:
    """Query or form, as OIDC Core 3.1.2.1 allows both. A parameter that came twice counts as its last."""
    if request.method == "POST":
        return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return dict(request.query_params)
