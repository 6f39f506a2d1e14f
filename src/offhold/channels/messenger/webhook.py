"""Webhooks of the Messenger Platform: verification, signature, and events out of a batch.

Source: Meta, "Webhooks for Messenger Platform" and the event reference pages, 2026.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from offhold.channels.messenger import events
from offhold.channels.port import Batch, Event
from offhold.errors import MalformedWebhook, UnknownObject

_CHALLENGE = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_SIGNATURE = re.compile(rb"sha256=[0-9a-f]{64}")
_NAMES = ("hub.mode", "hub.challenge", "hub.verify_token")


def challenge(query: Sequence[tuple[str, str]], verify_token: str) -> tuple[int, str]:
    """Status and body for the platform's GET: 400 for a parameter missing, repeated or odd; 403 for a wrong one."""
    given = {name: [value for key, value in query if key == name] for name in _NAMES}
    if any(len(values) != 1 for values in given.values()):
        return 400, ""
    mode, asked, token = (given[name][0] for name in _NAMES)
    if not _CHALLENGE.fullmatch(asked):
        return 400, ""
    right = hmac.compare_digest(token.encode(errors="replace"), verify_token.encode())
    return (200, asked) if right and mode == "subscribe" else (403, "")


def signature_holds(values: Sequence[bytes], body: bytes, secrets: Sequence[str]) -> bool:
    """Whether the one X-Hub-Signature-256 is the HMAC-SHA256 of the bytes on the wire under an app secret."""
    if len(values) != 1 or not _SIGNATURE.fullmatch(values[0]):
        return False
    digests = (hmac.new(secret.encode(), body, sha256).hexdigest() for secret in secrets)
    return any([hmac.compare_digest(values[0][7:], digest.encode()) for digest in digests])


def parse(body: bytes, pages: Mapping[str, str]) -> Batch:
    """The events of a verified body; `pages` maps our Pages to our application's id there.

    Raises MalformedWebhook or UnknownObject.

    One bad event is dropped and named; the good ones beside it are kept.
    """
    envelope = _json(body)
    if envelope.get("object") != "page":
        raise UnknownObject(UnknownObject.code)
    entries = envelope.get("entry")
    if not isinstance(entries, list):
        raise MalformedWebhook(MalformedWebhook.code)
    kept: list[Event] = []
    dropped: list[str] = []
    for entry in entries:
        for result in _entry(entry, pages):
            if isinstance(result, Event):
                kept.append(result)
            else:
                dropped.append(result)
    return Batch(tuple(kept), tuple(dropped))


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedWebhook(MalformedWebhook.code) from error
    if not isinstance(value, dict):
        raise MalformedWebhook(MalformedWebhook.code)
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _entry(entry: Any, pages: Mapping[str, str]) -> Iterator[Event | str]:
    if not isinstance(entry, dict):
        yield "malformed"
        return
    name = events.identifier(entry.get("id"))
    if name not in pages:
        yield "unknown-page"
        return
    page = events.Page(name, pages[name])
    for item in _items(entry, "messaging"):
        yield events.classify(item, page)
    for _ in _items(entry, "standby"):
        yield "standby"
    for change in _items(entry, "changes"):
        yield _change(change, page)


def _items(entry: dict[str, Any], name: str) -> list[Any]:
    """The objects under a key; one without a time of its own has its entry's."""
    items = entry.get(name, [])
    if not isinstance(items, list):
        return [None]
    return [{"timestamp": entry.get("time"), **item} if isinstance(item, dict) else item for item in items]


def _change(change: Any, page: events.Page) -> Event | str:
    """The dashboard's Test button wraps a messaging object; page fields are for operators and only counted."""
    if not isinstance(change, dict) or not isinstance(change.get("value"), dict):
        return "malformed"
    value = change["value"]
    if "sender" in value and "recipient" in value:
        return events.classify({"timestamp": change.get("timestamp"), **value}, page)
    return f"change:{events.known_field(change.get('field'))}"
