"""What one messaging object is: the platform's event kinds, each answered or knowingly dropped."""

from __future__ import annotations

import json
from collections.abc import Callable
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
        "messaging_integrity",
        "message_template_status_update",
        "inbox_labels",
        "messages",
        "feed",
    }
)
_DROPPED = (
    "optin",
    "delivery",
    "read",
    "reaction",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "app_roles",
    "policy_enforcement",
    "response_feedback",
    "messaging_feedback",
)


class _Bad(Exception):
    """The object breaks the documented shape."""


def identifier(value: Any) -> str:
    """An id as text, whether it came as a string or as a JSON number; empty when it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    plain = isinstance(value, str) and len(value) <= _MID_CHARS and value.isascii() and value.isprintable()
    return value if plain else ""


def known_field(value: Any) -> str:
    """A field name that may label a metric."""
    return value if isinstance(value, str) and value in _FIELDS else "other"


def classify(item: Any, page: str) -> Event | str:
    """The event, or the name under which it is counted and dropped. Order as the platform documents its keys."""
    if not isinstance(item, dict):
        return "malformed"
    try:
        return _classified(item, page)
    except _Bad:
        return "malformed"


def _classified(item: dict[str, Any], page: str) -> Event | str:
    message = item.get("message")
    if isinstance(message, dict):
        if message.get("is_echo") is True:
            return _echo(item, message, page)
        if message.get("is_deleted") is True:
            return "unsend"
        return _event(item, page, EventKind.message, _said(message), mid=message.get("mid"))
    for name, build in _BUILDERS.items():
        if isinstance(item.get(name), dict):
            return build(item, item[name], page)
    return next((name for name in _DROPPED if name in item), "unknown")


def _said(message: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    text = message.get("text")
    if isinstance(text, str):
        body |= _safe("text", text)
    reply = message.get("quick_reply")
    if isinstance(reply, dict) and isinstance(reply.get("payload"), str):
        body["payload"] = reply["payload"][:_PAYLOAD_CHARS]
    if message.get("attachments"):
        body["attachments"] = True
    return body


def _safe(name: str, text: str) -> dict[str, Any]:
    """Text without what nobody should have sent: it is redacted before it is stored or logged anywhere."""
    clean, hit = redact(_well_formed(text[:_TEXT_CHARS]))
    return {name: clean, "secret": True} if hit else {name: clean}


def _well_formed(text: str) -> str:
    """Lone surrogates of broken escapes cannot be encoded; they become the replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _echo(item: dict[str, Any], message: dict[str, Any], page: str) -> Event | str:
    contact = Contact("messenger", page, _person(item, "recipient"))
    metadata = identifier(message.get("metadata"))
    mid = identifier(message.get("mid"))
    if not mid and not metadata:
        return "malformed"
    key = f"echo|{mid or metadata}"
    return Event(contact, EventKind.echo, key, _at_ms(item), {"metadata": metadata}, for_lane=False)


def _postback(item: dict[str, Any], postback: dict[str, Any], page: str) -> Event | str:
    payload = postback.get("payload")
    body = {"payload": payload[:_PAYLOAD_CHARS] if isinstance(payload, str) else ""}
    return _event(item, page, EventKind.postback, body, mid=postback.get("mid"))


def _edit(item: dict[str, Any], edit: dict[str, Any], page: str) -> Event | str:
    number = identifier(edit.get("num_edit"))
    mid = identifier(edit.get("mid"))
    return _event(item, page, EventKind.edit, {}, mid=f"{mid}#{number}" if mid else None)


def _linking(item: dict[str, Any], linking: dict[str, Any], page: str) -> Event | str:
    status = linking.get("status")
    if status not in ("linked", "unlinked"):
        return "malformed"
    code = linking.get("authorization_code")
    body = {"status": status, "code": code[:_PAYLOAD_CHARS] if isinstance(code, str) else ""}
    return _event(item, page, EventKind.account_linking, body)


def _referral(item: dict[str, Any], _referral: dict[str, Any], page: str) -> Event | str:
    return _event(item, page, EventKind.referral, {})


_BUILDERS: dict[str, Callable[[dict[str, Any], dict[str, Any], str], Event | str]] = {
    "message_edit": _edit,
    "postback": _postback,
    "referral": _referral,
    "account_linking": _linking,
}
_OPENS = frozenset({EventKind.message, EventKind.postback, EventKind.referral})


def _event(item: dict[str, Any], page: str, kind: EventKind, body: dict[str, Any], mid: Any = None) -> Event:
    if identifier(_of(item, "recipient")) != page:
        raise _Bad
    contact = Contact("messenger", page, _person(item, "sender"))
    named = identifier(mid)
    return Event(
        contact=contact,
        kind=kind,
        key=f"{kind.value}|{named or _digest(item)}",
        at_ms=_at_ms(item),
        body=body,
        opens_window=kind in _OPENS,
    )


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
    given = item.get("timestamp", 0)
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given[:18])
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < 10**15:
        raise _Bad
    return given * 1000 if given < _SECONDS_BELOW else given
