"""Replies as Send API bodies, within the platform's limits (Meta, Send API, Quick replies, Button template)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from offhold.language.tainted import foreign, legible, unlinked
from offhold.model.answer import Answer, EvidenceRow
from offhold.model.message import Button, Choice, Contact, Reply
from offhold.words import say

TEXT_UNITS = 1_800  # UTF-16 units; the platform takes 2,000 and does not say of what
BUTTON_TEXT_UNITS = 640
TITLE_UNITS = 20
PAYLOAD_CHARS = 1_000
QUICK_REPLIES = 13
MESSAGES = 5  # of one reply: a thread is no place for bursts
ROWS_SHOWN = 10
_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", " ")
_MORE = "…"

Sign = Callable[[str], str]


def render(reply: Reply, contact: Contact, link_url: str, sign: Sign) -> tuple[dict[str, Any], ...]:
    """One body for each message. Rows follow the figure; a button or tappable replies hang on the last of them."""
    text = reply.text
    if reply.answer is not None:
        text = "\n".join((unlinked(legible(text)), *_rows(reply.answer)))
    parts = _parts(text, TEXT_UNITS if reply.button is None else BUTTON_TEXT_UNITS)
    messages: list[dict[str, Any]] = [{"text": part} for part in parts]
    if reply.button is not None:
        messages[-1] = _template(parts[-1], _drawn(reply.button, reply.link, link_url))
    if taps := list(_quick_replies(reply.choices, sign)):
        messages[-1]["quick_replies"] = taps
    return tuple(_body(contact, message) for message in messages)


def _body(contact: Contact, message: dict[str, Any]) -> dict[str, Any]:
    return {"recipient": {"id": contact.address}, "messaging_type": "RESPONSE", "message": message}


def _drawn(button: Button, link: str, link_url: str) -> dict[str, str]:
    match button:
        case Button.log_in:
            return {"type": "account_link", "url": link_url}
        case Button.log_out:
            return {"type": "account_unlink"}
        case Button.open_answer:
            shape = {"webview_height_ratio": "tall", "webview_share_button": "hide"}
            return {"type": "web_url", "title": say("sealed.open"), "url": link, **shape}


def _template(text: str, drawn: dict[str, str]) -> dict[str, Any]:
    payload = {"template_type": "button", "text": text, "buttons": [drawn]}
    return {"attachment": {"type": "template", "payload": payload}}


def _quick_replies(choices: tuple[Choice, ...], sign: Sign) -> Iterator[dict[str, str]]:
    for choice in choices[:QUICK_REPLIES]:
        title, payload = next(split(legible(choice.title), TITLE_UNITS)), sign(choice.action)
        if title and len(payload) <= PAYLOAD_CHARS:
            yield {"content_type": "text", "title": title, "payload": payload}


def _parts(text: str, limit: int) -> list[str]:
    """The text in messages, not more than a thread takes; what is left out is seen to be."""
    parts = list(split(text, limit))
    if len(parts) > MESSAGES:
        last = next(split(parts[MESSAGES - 1], limit - len(_MORE)))
        parts[MESSAGES - 1 :] = [last + _MORE]
    return parts


def _rows(answer: Answer) -> Iterator[str]:
    """The rows behind a figure, as many as a chat bears, and how many more there are."""
    for row in answer.rows[:ROWS_SHOWN]:
        yield _row(row)
    if len(answer.rows) > ROWS_SHOWN:
        yield f"… and {len(answer.rows) - ROWS_SHOWN} more"


def _row(row: EvidenceRow) -> str:
    return f"• {row.amount.shown()} {foreign(row.label)}, {row.day}{' (pending)' if row.pending else ''}"


def split(text: str, limit: int) -> Iterator[str]:
    """Pieces of at most `limit` UTF-16 units, cut at a paragraph, a sentence or a space where there is one."""
    rest = text.strip()
    while _units(rest) > limit:
        room = _prefix(rest, limit)
        cut = next((at + len(mark) for mark in _BREAKS if (at := room.rfind(mark)) > 0), len(room))
        yield rest[:cut].rstrip()
        rest = rest[cut:].lstrip()
    yield rest


def _units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def _prefix(text: str, limit: int) -> str:
    """As much of `text` as fits, never ending between a character and the marks that belong to it."""
    end = used = 0
    for end, char in enumerate(text):  # noqa: B007 - the index is the result
        used += 2 if char > "\uffff" else 1
        if used > limit:
            break
    whole = end
    while end > 1 and (unicodedata.combining(text[end]) or text[end] in "\u200d\ufe0f" or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end] if end > 1 else text[:whole]
