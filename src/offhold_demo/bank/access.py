"""From a bearer token to what it shows: the checks that come before every resource."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from offhold_demo.bank.consents import Consent
from offhold_demo.bank.limits import FairUse
from offhold_demo.bank.permissions import Need, allowed
from offhold_demo.bank.refusals import consent_expired, forbidden, invalid, not_found, unauthorised
from offhold_demo.bank.shapes import View
from offhold_demo.bank.state import Bank
from offhold_demo.bank.tokens import Family

_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_AUTH_DATE = re.compile(rf"({_DAYS}), \d{{2}} ({_MONTHS}) \d{{4}} \d{{2}}:\d{{2}}:\d{{2}} (GMT|UTC)", re.ASCII)
"""x-fapi-auth-date, as the official OpenAPI file has it."""


@dataclass(frozen=True, slots=True)
class Access:
    """Raises Refused: 401 without a good token, 403 for what the token is not for, 429 for too much."""

    bank: Bank
    fair_use: FairUse

    def client(self, request: Request) -> str:
        """The client that asks on its own behalf (client credentials)."""
        family = self._family(request)
        if family.consent_id:
            raise forbidden("This takes a client's own token.")
        return family.client_id

    def view(self, request: Request, need: Need) -> View:
        """What the request's token shows. The consent must stand, and cover the need."""
        family, now = self._family(request), self.bank.clock()
        if not family.consent_id:
            raise forbidden("This takes a token that a customer authorised.")
        consent = self._standing(family.consent_id, now)
        if not allowed(need, consent.permissions):
            raise forbidden("The consent does not have the permission for this.")
        if "cursor" not in request.query_params:
            present = "x-fapi-customer-ip-address" in request.headers
            self.fair_use.check_presence(consent.consent_id, request.url.path, present, now)
        return View(self.bank.books[consent.customer], consent, now)

    def account(self, request: Request, view: View) -> str:
        """The account of the path, if the customer chose it: 403 otherwise, 400 where there is none such."""
        account_id: str = request.path_params["account_id"]
        if account_id in view.consent.accounts:
            return account_id
        if self.bank.owns(account_id):
            raise forbidden("The consent is not for this account.")
        raise not_found("AccountId")

    def _family(self, request: Request) -> Family:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorised()
        family = self.bank.tokens.access(token.strip(), self.bank.clock())
        if family is None:
            raise unauthorised("invalid_token")
        self.fair_use.check_rate(family.client_id, family.customer)
        _check_auth_date(request)
        return family

    def _standing(self, consent_id: str, now: datetime) -> Consent:
        consent = self.bank.consents.find(consent_id, now)
        if consent is None:
            raise forbidden("The consent was deleted.", "U009")
        if consent.status == "EXPD":
            raise consent_expired()
        if consent.status != "AUTH":
            raise forbidden(f"The consent is {consent.status}.", "U009")
        return consent


def _check_auth_date(request: Request) -> None:
    """400 for an x-fapi-auth-date that is no date."""
    stated = request.headers.get("x-fapi-auth-date")
    if stated is not None and not _AUTH_DATE.fullmatch(stated):
        raise invalid("U006", "Not a date of RFC 7231.", "x-fapi-auth-date")
