"""What one messaging object is: the platform's event kinds, each answered or knowingly dropped.

Source: Meta, "Webhook Events Reference" and the page of each event, 2026.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from offhold.channels.port import Event, EventKind
from offhold.language.redact import redact
from offhold.model.message import Contact

_SECONDS_BELOW = 10**11
_MID_CHARS = 256
_TEXT_CHARS = 20_000
_PAYLOAD_CHARS = 1_000
_FIELDS = frozenset(
    {
        "business_integrity",
        "feed",
        "inbox_labels",
        "message_template_status_update",
        "messages",
        "messaging_integrity",
        "messenger_template_status_update",
    }
)
_DROPPED = (
    "optin",
    "delivery",
    "read",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "app_roles",
    "policy_enforcement",
    "response_feedback",
    "messaging_feedback",
)
ALARMS = frozenset({"policy_enforcement", "change:business_integrity", "change:messaging_integrity"})
"""Dropped kinds that an operator must hear of: the platform restricts the Page."""


@dataclass(frozen=True, slots=True)
class Page:
    """A Page of ours, and our application's id there."""

    id: str
    app_id: str


class _Bad(Exception):
    """The object breaks the documented shape."""


def identifier(value: Any) -> str:
    """An id as text, whether it came as a string or as a JSON number; empty when it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    plain = isinstance(value, str) and len(value) <= _MID_CHARS and value.isascii() and value.isprintable()
    return value if plain else ""


def known_field(value: Any) -> str:
    """A field name that may label a metric."""
    return value if isinstance(value, str) and value in _FIELDS else "other"


def classify(item: Any, page: Page) -> Event | str:
    """The event, or the name under which it is counted and dropped. Order as the platform documents its keys."""
    if not isinstance(item, dict):
        return "malformed"
    try:
        return _classified(item, page)
    except (_Bad, RecursionError):
        return "malformed"


def _classified(item: dict[str, Any], page: Page) -> Event | str:
    for name, build in _BUILDERS.items():
        if name in item:
            if not isinstance(item[name], dict):
                raise _Bad
            return build(item, item[name], page)
    return next((name for name in _DROPPED if name in item), "unknown")


def _message(item: dict[str, Any], message: dict[str, Any], page: Page) -> Event | str:
    if message.get("is_echo") is True:
        return _echo(item, message, page)
    if message.get("is_deleted") is True:
        return _unsend(item, message, page)
    return _event(item, page, EventKind.message, _said(message), mid=message.get("mid"))


def _said(message: dict[str, Any]) -> dict[str, Any]:
    """What the person said, without attachments: those are never fetched, nor their addresses kept."""
    body: dict[str, Any] = {}
    if isinstance(text := message.get("text"), str):
        body["text"] = _safe(text)
    reply = message.get("quick_reply")
    if isinstance(reply, dict) and isinstance(reply.get("payload"), str):
        body["payload"] = reply["payload"][:_PAYLOAD_CHARS]
    return body


def _safe(text: str) -> str:
    """Text without what nobody should have sent: secrets are taken out before anything stores or logs them."""
    return redact(_legible(text[:_TEXT_CHARS])[:_TEXT_CHARS])[0]


def _whole(text: str) -> str:
    """Lone surrogates of broken escapes cannot be encoded; they become the replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _legible(text: str) -> str:
    """One plain form (NFKC) without invisible and direction characters, behind which a card number could hide."""
    return "".join(
        char
        for char in unicodedata.normalize("NFKC", _whole(text))
        if char in "\n\t" or unicodedata.category(char)[0] != "C"
    )


def _echo(item: dict[str, Any], message: dict[str, Any], page: Page) -> Event | str:
    """Our own message coming back. What a person or another application said for the Page is not ours to settle."""
    if identifier(_of(item, "sender")) != page.id:
        raise _Bad
    if identifier(message.get("app_id")) not in ("", page.app_id):
        return "echo-other"
    contact = Contact("messenger", page.id, _person(item, "recipient"))
    metadata = identifier(message.get("metadata"))
    mid = identifier(message.get("mid"))
    if not mid and not metadata:
        raise _Bad
    key = f"echo|{mid or metadata}"
    return Event(contact, EventKind.echo, key, _at_ms(item), {"metadata": metadata}, for_lane=False)


def _unsend(item: dict[str, Any], message: dict[str, Any], page: Page) -> Event:
    mid = _named(message)
    return _event(item, page, EventKind.unsend, {}, mid=mid, about=f"{EventKind.message.value}|{mid}")


def _edit(item: dict[str, Any], edit: dict[str, Any], page: Page) -> Event:
    mid = _named(edit)
    text = edit.get("text")
    if not isinstance(text, str):
        raise _Bad
    changed = f"{mid}#{identifier(edit.get('num_edit'))}"
    about = f"{EventKind.message.value}|{mid}"
    return _event(item, page, EventKind.edit, {"text": _safe(text)}, mid=changed, about=about)


def _postback(item: dict[str, Any], postback: dict[str, Any], page: Page) -> Event:
    payload = postback.get("payload")
    body = {"payload": payload[:_PAYLOAD_CHARS] if isinstance(payload, str) else ""}
    return _event(item, page, EventKind.postback, body, mid=postback.get("mid"))


def _linking(item: dict[str, Any], linking: dict[str, Any], page: Page) -> Event:
    status = linking.get("status")
    if status not in ("linked", "unlinked"):
        raise _Bad
    code = linking.get("authorization_code")
    body = {"status": status, "code": _whole(code[:_PAYLOAD_CHARS]) if isinstance(code, str) else ""}
    return _event(item, page, EventKind.account_linking, body)


def _referral(item: dict[str, Any], _referral: dict[str, Any], page: Page) -> Event:
    return _event(item, page, EventKind.referral, {})


def _reaction(item: dict[str, Any], _reaction: dict[str, Any], page: Page) -> Event:
    return _event(item, page, EventKind.reaction, {})


def _order(item: dict[str, Any], _order: dict[str, Any], page: Page) -> Event:
    """A shop's basket: nothing that a bank sells, so it is answered as a message without words."""
    return _event(item, page, EventKind.message, {})


_BUILDERS: dict[str, Callable[[dict[str, Any], dict[str, Any], Page], Event | str]] = {
    "message": _message,
    "message_edit": _edit,
    "postback": _postback,
    "referral": _referral,
    "account_linking": _linking,
    "reaction": _reaction,
    "order": _order,
}
_OPENS = frozenset({EventKind.message, EventKind.postback, EventKind.referral, EventKind.reaction})
_SILENT = frozenset({EventKind.unsend, EventKind.reaction})


def _event(
    item: dict[str, Any], page: Page, kind: EventKind, body: dict[str, Any], mid: Any = None, about: str = ""
) -> Event:
    if identifier(_of(item, "recipient")) != page.id:
        raise _Bad
    named = identifier(mid)
    return Event(
        contact=Contact("messenger", page.id, _person(item, "sender")),
        kind=kind,
        key=f"{kind.value}|{named or _digest(item)}",
        at_ms=_at_ms(item),
        body=body,
        opens_window=kind in _OPENS,
        for_lane=kind not in _SILENT,
        about=about,
    )


def _named(part: dict[str, Any]) -> str:
    """The id of the message that a part is about."""
    mid = identifier(part.get("mid"))
    if not mid:
        raise _Bad
    return mid


def _of(item: dict[str, Any], side: str) -> Any:
    given = item.get(side)
    return given.get("id") if isinstance(given, dict) else None


def _person(item: dict[str, Any], side: str) -> str:
    psid = identifier(_of(item, side))
    if not psid:
        raise _Bad
    return psid


def _digest(item: dict[str, Any]) -> str:
    """What recognises an event that carries no id: all of it."""
    return sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()


def _at_ms(item: dict[str, Any]) -> int:
    """Unix milliseconds; the platform also writes seconds, and digits in a string."""
    given = item.get("timestamp")
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given[:18])
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < 10**15:
        raise _Bad
    return given * 1000 if given < _SECONDS_BELOW else given
