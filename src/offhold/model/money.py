"""Exact money: integer minor units and an ISO 4217 currency. No float touches it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_EXPONENTS = dict.fromkeys(("JPY", "KRW", "CLP", "ISK", "VND"), 0) | dict.fromkeys(
    ("BHD", "KWD", "JOD", "OMR", "TND"), 3
)
_SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€", "SGD": "S$", "JPY": "¥", "AUD": "A$", "CAD": "C$", "INR": "₹"}
_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,5})?")


def exponent(currency: str) -> int:
    """Digits after the point in `currency` (ISO 4217 minor unit): 2 unless listed."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units (cents, pence, yen) of `currency`. Signed: a balance owed is negative."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read a decimal string such as "12.5".

        Raises ValueError when it is not one or holds more non-zero digits than the currency has: rounding a
        bank's figure would be guessing.
        """
        if not _AMOUNT.fullmatch(text):
            raise ValueError("not a decimal amount")
        whole, _, fraction = text.lstrip("-").partition(".")
        digits = exponent(currency)
        if fraction[digits:].strip("0"):
            raise ValueError("more decimal places than the currency has")
        minor = int(whole) * 10**digits + int(fraction[:digits].ljust(digits, "0") or "0")
        return cls(-minor if text.startswith("-") else minor, currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.minor), self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")

    def plain(self) -> str:
        """Decimal string with a point and all places of the currency: "-1234.50"."""
        digits = exponent(self.currency)
        text = str(abs(self.minor)).rjust(digits + 1, "0")
        body = f"{text[:-digits]}.{text[-digits:]}" if digits else text
        return f"-{body}" if self.minor < 0 else body

    def shown(self) -> str:
        """What a customer reads: "$1,234.50", "-£3.00", "CHF 12.00"."""
        whole, _, fraction = self.plain().lstrip("-").partition(".")
        figure = f"{int(whole):,}" + (f".{fraction}" if fraction else "")
        symbol = _SYMBOLS.get(self.currency, f"{self.currency} ")
        return f"{'-' if self.minor < 0 else ''}{symbol}{figure}"


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Sum of amounts that are all in `currency`; zero of it when there are none."""
    return sum(amounts, Money(0, currency))


def divided(amount: Money, parts: int) -> Money:
    """`amount` shared over `parts`, half away from zero to the minor unit (as a shop till rounds)."""
    magnitude, rest = divmod(abs(amount.minor), parts)
    magnitude += rest * 2 >= parts
    return Money(-magnitude if amount.minor < 0 else magnitude, amount.currency)
