"""What a message may hold (Meta, Send API, Quick replies, Buttons, Button template, 2026). All else is refused by the
field's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TEXT, TEMPLATE_TEXT, TITLE, PAYLOAD, METADATA = 2_000, 640, 20, 1_000, 1_000
QUICK_REPLIES, BUTTONS = 13, 3


class Refused(Exception):
    """The platform refuses a request: an error code, and the field that is wrong."""

    def __init__(self, code: int, subcode: int = 0, field: str = "", status: int = 400) -> None:
        super().__init__(field)
        self.code, self.subcode, self.field, self.status = code, subcode, field, status


def check_message(message: Any) -> None:
    """Raises Refused 100-2534015 naming the field."""
    _need(isinstance(message, dict) and ("text" in message) != ("attachment" in message), "message")
    if "text" in message:
        _need(_sized(message["text"], TEXT), "text")
    if "metadata" in message:
        _need(isinstance(message["metadata"], str) and len(message["metadata"]) <= METADATA, "metadata")
    _check_quick_replies(message.get("quick_replies", []))
    if "attachment" in message:
        _check_attachment(message["attachment"])


def _check_quick_replies(given: Any) -> None:
    _need(isinstance(given, list) and len(given) <= QUICK_REPLIES, "quick_replies")
    for entry in given:
        _need(isinstance(entry, dict) and entry.get("content_type") == "text", "quick_replies.content_type")
        _need(_sized(entry.get("title"), TITLE), "quick_replies.title")
        _need(_sized(entry.get("payload"), PAYLOAD), "quick_replies.payload")


def _check_attachment(attachment: Any) -> None:
    _need(isinstance(attachment, dict) and attachment.get("type") == "template", "attachment.type")
    payload = attachment.get("payload")
    _need(isinstance(payload, dict) and payload.get("template_type") == "button", "template_type")
    _need(_sized(payload.get("text"), TEMPLATE_TEXT), "payload.text")
    buttons = payload.get("buttons")
    _need(isinstance(buttons, list) and 1 <= len(buttons) <= BUTTONS, "buttons")
    for button in buttons:
        _need(isinstance(button, dict) and button.get("type") in _BUTTONS, "buttons.type")
        for field, holds in _BUTTONS[button["type"]].items():
            _need(holds(button.get(field)), f"buttons.{field}")


def _sized(value: Any, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value.encode("utf-16-le", "surrogatepass")) // 2 <= most


def _title(value: Any) -> bool:
    return _sized(value, TITLE)


def _address(value: Any) -> bool:
    """https, or this machine for a simulator's sake."""
    return isinstance(value, str) and value.startswith(("https://", "http://127.0.0.1", "http://localhost"))


def _missing(value: Any) -> bool:
    return value is None


_BUTTONS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "web_url": {"title": _title, "url": _address},
    "postback": {"title": _title, "payload": lambda value: _sized(value, PAYLOAD)},
    "phone_number": {"title": _title, "payload": lambda value: _sized(value, 20) and value.startswith("+")},
    "account_link": {"title": _missing, "url": _address},
    "account_unlink": {"title": _missing, "url": _missing},
}


def _need(holds: bool, field: str) -> None:
    if not holds:
        raise Refused(100, 2534015, field)
