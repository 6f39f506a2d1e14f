"""Client of the Graph API: send, typing, whom a linking token belongs to, unlink, subscribe (Meta, Send API, 2026)."""

from __future__ import annotations

import hmac
import math
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import httpx2
import structlog

from offhold.channels.messenger import usage
from offhold.channels.messenger.errors import meaning
from offhold.channels.port import SendOutcome, SendResult
from offhold.config import MessengerSettings
from offhold.errors import LinkRefused

_TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
_NOT_NOW = frozenset({SendResult.retry, SendResult.wait, SendResult.paused})
_HOLD_S = 60
_LONGEST_HOLD_S = 30 * 60
log = structlog.get_logger()


class GraphClient:
    """One Page's client. Every call carries the token as a bearer and the proof that we hold the app secret.

    A refusal that concerns the whole Page (rate limit, token, permission, policy) holds every send back, not only the
    one that met it: for as long as the platform says, else a minute, doubling to half an hour. `clock` counts seconds.
    """

    def __init__(
        self, http: httpx2.AsyncClient, settings: MessengerSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        token = settings.page_token.get_secret_value()
        secret = settings.app_secret.get_secret_value().encode()
        self._http = http
        self._base = f"{settings.graph_url}/{settings.graph_version}"
        self._page = settings.page_id
        self._app_id = settings.app_id
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._proof = {"appsecret_proof": hmac.new(secret, token.encode(), sha256).hexdigest()}
        self._clock = clock
        self._held = SendOutcome(SendResult.paused)
        self._held_until = 0.0
        self._holds = 0
        self._crowded = False

    async def send(self, body: Mapping[str, Any]) -> SendOutcome:
        """Give one message to the platform. What its answer says counts before its HTTP status."""
        if (left := self._held_until - self._clock()) > 0:
            return replace(self._held, retry_after_s=math.ceil(left))
        try:
            response = await self._post(f"{self._page}/messages", body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            return SendOutcome(SendResult.retry, detail="connect")
        except httpx2.HTTPError as error:
            return SendOutcome(SendResult.unknown, detail=type(error).__name__)
        self._crowded = usage.crowded(response.headers)
        return self._noted(_outcome(response))

    def _noted(self, outcome: SendOutcome) -> SendOutcome:
        if outcome.result is SendResult.sent:
            self._holds = 0
        if outcome.result not in (SendResult.wait, SendResult.paused):
            return outcome
        seconds = outcome.retry_after_s or min(_HOLD_S * 2**self._holds, _LONGEST_HOLD_S)
        self._holds += 1
        self._held = replace(outcome, retry_after_s=seconds)
        self._held_until = self._clock() + seconds
        log.error("messenger.held", reason=outcome.result.value, code=outcome.detail)
        return self._held

    async def typing(self, psid: str) -> None:
        """Show the typing dots; whatever goes wrong is of no consequence to the answer. Left out while calls are
        scarce."""
        if self._crowded or self._held_until > self._clock():
            return
        try:
            await self._post(f"{self._page}/messages", {"recipient": {"id": psid}, "sender_action": "typing_on"})
        except httpx2.HTTPError:
            return

    async def psid_of(self, account_linking_token: str) -> str:
        """Whose the token is. Raises LinkRefused: `link-expired`, or `platform-away` when nobody answers."""
        asked = {"fields": "recipient", "account_linking_token": account_linking_token}
        try:
            response = await self._get("me", asked)
        except httpx2.HTTPError as error:
            raise LinkRefused("platform-away") from error
        answer = _object(response)
        if answer.get("id") != self._page or not isinstance(answer.get("recipient"), str):
            raise LinkRefused("link-expired" if response.status_code < 500 else "platform-away")
        return str(answer["recipient"])

    async def unlink(self, psid: str) -> bool:
        """Tell the platform that the account is no longer linked; False asks for another try. Where it refuses for
        good, it knows of no link."""
        try:
            response = await self._post("me/unlink_accounts", {"psid": psid})
        except httpx2.HTTPError:
            return False
        error = _object(response).get("error")
        if isinstance(error, dict):
            return _refused(error, response).result not in _NOT_NOW
        return response.status_code < 500

    async def subscribe(self, fields: Collection[str]) -> bool:
        """See to it that the Page's events reach our application; whether they do."""
        edge = f"{self._page}/subscribed_apps"
        try:
            held = _object(await self._get(edge, {})).get("data")
            if _holds(held, self._app_id, fields):
                return True
            answer = _object(await self._post(edge, {}, subscribed_fields=",".join(sorted(fields))))
        except httpx2.HTTPError:
            return False
        return answer.get("success") in (True, "true")

    async def _get(self, path: str, asked: Mapping[str, str]) -> httpx2.Response:
        return await self._http.get(
            f"{self._base}/{path}", params={**self._proof, **asked}, headers=self._headers, timeout=_TIMEOUT
        )

    async def _post(self, path: str, body: Mapping[str, Any], **asked: str) -> httpx2.Response:
        return await self._http.post(
            f"{self._base}/{path}", params={**self._proof, **asked}, json=body, headers=self._headers, timeout=_TIMEOUT
        )


def _holds(apps: Any, app_id: str, fields: Collection[str]) -> bool:
    """Whether an edge's list has our application with all these fields."""
    for app in apps if isinstance(apps, list) else ():
        if isinstance(app, dict) and app.get("id") == app_id:
            held = app.get("subscribed_fields")
            return isinstance(held, list) and set(fields) <= set(map(str, held))
    return False


def _object(response: httpx2.Response) -> dict[str, Any]:
    try:
        value = response.json()
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _outcome(response: httpx2.Response) -> SendOutcome:
    answer = _object(response)
    if isinstance(answer.get("error"), dict):
        return _refused(answer["error"], response)
    if response.status_code == 200 and ("message_id" in answer or "recipient_id" in answer):
        return SendOutcome(SendResult.sent)
    if response.status_code >= 500:
        return SendOutcome(SendResult.retry, detail=f"http-{response.status_code}")
    return SendOutcome(SendResult.unknown, detail=f"http-{response.status_code}")


def _refused(error: dict[str, Any], response: httpx2.Response) -> SendOutcome:
    code, subcode = (
        value if isinstance(value, int) else 0 for value in (error.get("code"), error.get("error_subcode"))
    )
    result = meaning(code, subcode, error.get("is_transient") is True)
    wait = usage.regain_s(response.headers) if result is SendResult.wait else None
    return SendOutcome(result, wait, f"{code}-{subcode}")
