"""Secrets that people type into a chat and should not: taken out before anything stores or reads them."""

from __future__ import annotations

import re

MARK = "[removed]"
_CARD = re.compile(r"(?<![\d])(?:\d[ .-]?){12,18}\d(?!\d)", re.ASCII)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b", re.ASCII | re.IGNORECASE)
_NAMED = re.compile(
    r"\b(cvv2?|cvc|pin(?: (?:code|number))?|passcode|password|passwd|otp|one[- ]time code|security code)"
    r"(\s*(?:is|:|=)\s*|\s+(?=\d))(\S+)",
    re.IGNORECASE,
)


def redact(text: str) -> tuple[str, bool]:
    """The text without card numbers (Luhn, ISO/IEC 7812), IBANs (ISO 13616) and named secrets; whether it had any."""
    clean = _CARD.sub(lambda found: MARK if _luhn(found[0]) else found[0], text)
    clean = _IBAN.sub(lambda found: MARK if _iban(found[0]) else found[0], clean)
    clean = _NAMED.sub(lambda found: f"{found[1]}{found[2]}{MARK}", clean)
    return clean, clean != text


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    plain = text.replace(" ", "").upper()
    if not 15 <= len(plain) <= 34:
        return False
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1
