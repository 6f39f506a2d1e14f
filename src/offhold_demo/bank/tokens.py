"""Codes, access tokens and refresh tokens: opaque, in memory, each bound to one client and one consent.

All tokens that stem from one authorisation are a family. A code or refresh token used twice ends its family
(RFC 9700, 2.1.1 and 4.14.2); so does authorising the consent anew.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Protocol, TypeVar

from offhold_demo.bank.pushed import AuthorizationRequest


@dataclass(frozen=True, slots=True)
class Family:
    """One authorisation by a customer; without consent and customer, a client on its own behalf."""

    family_id: str
    client_id: str
    scope: str
    consent_id: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code. `request` is what it was given for."""

    family: Family
    request: AuthorizationRequest
    expires: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """An access or refresh token. `used`: a refresh token that was exchanged already."""

    family: Family
    expires: datetime
    used: bool = False


class _Expiring(Protocol):
    @property
    def expires(self) -> datetime: ...


Held = TypeVar("Held", bound=_Expiring)


def forget_expired(store: MutableMapping[str, Held], now: datetime, keep: timedelta = timedelta(0)) -> None:
    """Drop what expired longer than `keep` ago."""
    for key in [key for key, each in store.items() if each.expires + keep <= now]:
        del store[key]


@dataclass(slots=True)
class Tokens:
    """Everything handed out and not yet forgotten. Worn-out codes stay a day, so that a replay is noticed."""

    _codes: dict[str, Code] = field(default_factory=dict)
    _access: dict[str, Token] = field(default_factory=dict)
    _refresh: dict[str, Token] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)

    def issue_code(self, family: Family, request: AuthorizationRequest, now: datetime, seconds: int) -> str:
        """A new code for that authorisation."""
        forget_expired(self._codes, now, timedelta(days=1))
        code = token_urlsafe(32)
        self._codes[code] = Code(family, request, now + timedelta(seconds=seconds))
        return code

    def take_code(self, code: str, client_id: str, now: datetime) -> Code | None:
        """Use up the client's code. None for an unknown, worn-out or used one; a used one ends its family."""
        found = self._codes.get(code)
        if found is None or found.family.client_id != client_id:
            return None
        if found.used:
            self.end(found.family)
            return None
        self._codes[code] = replace(found, used=True)
        return found if found.expires > now and found.family.family_id not in self._ended else None

    def issue_access(self, family: Family, now: datetime, seconds: int) -> str:
        """A new access token."""
        forget_expired(self._access, now, timedelta(days=1))
        return self._issue(self._access, family, now, seconds)

    def issue_refresh(self, family: Family, now: datetime, seconds: int) -> str:
        """A new refresh token."""
        forget_expired(self._refresh, now)
        return self._issue(self._refresh, family, now, seconds)

    def take_refresh(self, token: str, client_id: str, now: datetime) -> Family | None:
        """Use up a refresh token. None where it is not good; one used before ends its family."""
        found = self._refresh.get(token)
        if found is None or found.family.client_id != client_id:
            return None
        if found.used:
            self.end(found.family)
        if found.used or not self._lives(found, now):
            return None
        self._refresh[token] = replace(found, used=True)
        return found.family

    def access(self, token: str, now: datetime) -> Family | None:
        """Whose access token that is; None for an unknown, expired or ended one."""
        found = self._access.get(token)
        return found.family if found and self._lives(found, now) else None

    def revoke(self, token: str, client_id: str) -> None:
        """End one access token, or a whole family by its refresh token (RFC 7009 2.1). Unknown: nothing."""
        refresh, access = self._refresh.get(token), self._access.get(token)
        if refresh and refresh.family.client_id == client_id:
            self.end(refresh.family)
        elif access and access.family.client_id == client_id:
            del self._access[token]

    def end(self, family: Family) -> None:
        """No token of the family works from now on."""
        self._ended.add(family.family_id)

    def end_consent(self, consent_id: str) -> None:
        """No token given so far for that consent works from now on."""
        codes = [each.family for each in self._codes.values()]
        tokens = [each.family for each in (*self._access.values(), *self._refresh.values())]
        self._ended |= {each.family_id for each in codes + tokens if each.consent_id == consent_id}

    def _issue(self, store: dict[str, Token], family: Family, now: datetime, seconds: int) -> str:
        token = token_urlsafe(32)
        store[token] = Token(family, now + timedelta(seconds=seconds))
        return token

    def _lives(self, token: Token, now: datetime) -> bool:
        return token.expires > now and token.family.family_id not in self._ended
