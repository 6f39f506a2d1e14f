"""Replies as Send API bodies, within the platform's limits (Meta, Send API, Quick replies, Button template)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from offhold.model.answer import Answer, EvidenceRow
from offhold.model.message import Button, Contact, Reply

TEXT_UNITS = 1_800  # UTF-16 units; the platform takes 2,000 and does not say of what
BUTTON_TEXT_UNITS = 640
TITLE_CHARS = 20
QUICK_REPLIES = 13
ROWS_SHOWN = 10
_LABEL_CHARS = 40
_LINKISH = re.compile(r"(?i)(?:https?://|www\.)|(?<=\w)\.(?=[a-z]{2,}\b)")
_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", " ")

Sign = Callable[[str], str]


def render(reply: Reply, contact: Contact, link_url: str, sign: Sign) -> tuple[dict[str, Any], ...]:
    """One body for each message. Rows follow the figure; tappable replies hang on the last text."""
    text = reply.text if reply.answer is None else "\n".join((reply.text, *_rows(reply.answer)))
    if reply.button is not None:
        return (_body(contact, _template(text, reply.button, link_url)),)
    parts = list(split(text, TEXT_UNITS))
    messages: list[dict[str, Any]] = [{"text": part} for part in parts]
    if reply.choices:
        messages[-1]["quick_replies"] = [
            {"content_type": "text", "title": choice.title[:TITLE_CHARS], "payload": sign(choice.action)}
            for choice in reply.choices[:QUICK_REPLIES]
        ]
    return tuple(_body(contact, message) for message in messages)


def _body(contact: Contact, message: dict[str, Any]) -> dict[str, Any]:
    return {"recipient": {"id": contact.address}, "messaging_type": "RESPONSE", "message": message}


def _template(text: str, button: Button, link_url: str) -> dict[str, Any]:
    log_in = button is Button.log_in
    drawn = {"type": "account_link", "url": link_url} if log_in else {"type": "account_unlink"}
    payload = {"template_type": "button", "text": next(split(text, BUTTON_TEXT_UNITS)), "buttons": [drawn]}
    return {"attachment": {"type": "template", "payload": payload}}


def _rows(answer: Answer) -> Iterator[str]:
    """The rows behind a figure, as many as fit, and how many more there are."""
    for row in answer.rows[:ROWS_SHOWN]:
        yield _row(row)
    if len(answer.rows) > ROWS_SHOWN:
        yield f"… and {len(answer.rows) - ROWS_SHOWN} more"


def _row(row: EvidenceRow) -> str:
    return f"{row.day}  {foreign(row.label)}  {row.amount.shown()}{'  (pending)' if row.pending else ''}"


def foreign(text: str) -> str:
    """Text that somebody else wrote, made harmless: no control or direction characters, no links, 40 characters."""
    kept = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFKC", text)
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    return " ".join(_LINKISH.sub(" ", kept).split())[:_LABEL_CHARS]


def split(text: str, limit: int) -> Iterator[str]:
    """Pieces of at most `limit` UTF-16 units, cut at a paragraph, a sentence or a space where there is one."""
    rest = text
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
    while end > 1 and (unicodedata.combining(text[end]) or text[end] in "\u200d\ufe0f" or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end]
