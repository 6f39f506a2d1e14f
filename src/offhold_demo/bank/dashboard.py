"""The bank's own page where a customer sees who may read their data, and stops it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from secrets import token_urlsafe

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from offhold_demo.bank.consents import Consent
from offhold_demo.bank.pages import Pages
from offhold_demo.bank.pushed import client_of
from offhold_demo.bank.state import Bank
from offhold_demo.bank.tokens import forget_expired
from offhold_demo.bank.wording import ConsentView, view

_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. `token` is in its forms, so that no other site can send them."""

    customer: str
    token: str
    expires: datetime


@dataclass(slots=True)
class Dashboard:
    """Sessions are kept in memory for fifteen minutes."""

    bank: Bank
    pages: Pages
    _sessions: dict[str, Session] = field(default_factory=dict)

    async def show(self, request: Request) -> Response:
        """The list of active consents, or the sign-in page."""
        session = self._session(request)
        if session is None:
            return self.pages.sign_in(self._path("/login"))
        household = self.bank.books[session.customer].household
        active = self.bank.consents.of_customer(session.customer, self.bank.clock())
        return self.pages.dashboard(household.name, [self._view(each) for each in active], session.token)

    async def login(self, request: Request) -> Response:
        """Any password is right: this is a demonstration."""
        form = await request.form()
        username = str(form.get("username", "")).strip().lower()
        if username not in self.bank.books or not form.get("password"):
            return self.pages.sign_in(self._path("/login"), wrong=True)
        return self._open(username)

    async def revoke(self, request: Request) -> Response:
        """End one consent of the signed-in customer."""
        form = await request.form()
        session = self._session(request)
        if session is None or not compare_digest(session.token, str(form.get("token", ""))):
            return self.pages.problem("You were signed out. Please sign in again.")
        active = self.bank.consents.of_customer(session.customer, self.bank.clock())
        for consent in active:
            if consent.consent_id == form.get("consent"):
                self.bank.cancel(consent)
        return RedirectResponse(self._path(), 303)

    def _open(self, username: str) -> Response:
        now = self.bank.clock()
        forget_expired(self._sessions, now)
        key = token_urlsafe(24)
        self._sessions[key] = Session(username, token_urlsafe(24), now + timedelta(minutes=_MINUTES))
        response = RedirectResponse(self._path(), 303)
        response.set_cookie(
            "bank_session",
            key,
            max_age=_MINUTES * 60,
            path=self._path(),
            secure=self.bank.config.secure,
            httponly=True,
            samesite="strict",
        )
        return response

    def _session(self, request: Request) -> Session | None:
        session = self._sessions.get(request.cookies.get("bank_session", ""))
        return session if session and session.expires > self.bank.clock() else None

    def _view(self, consent: Consent) -> ConsentView:
        books = self.bank.books[consent.customer]
        accounts = [account for key, account in books.accounts.items() if key in consent.accounts]
        return view(consent, client_of(self.bank.config, consent.client_id), books.household, accounts)

    def _path(self, step: str = "") -> str:
        return f"{self.bank.config.path}/dashboard{step}"
