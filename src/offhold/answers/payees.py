"""Who money went to or came from between people: the name and the note in a transfer's text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RAIL = (
    r"(?:zelle|venmo|cash app|paynow(?:-fast)?|faster payments?|fast(?: transfer| payment)?|instant (?:payment|transfer)|sepa(?: instant)?|revolut|bizum|"
    r"bank transfer|mobile transfer|interac|p2p|monzo|standing order|online transfer|transfer|payment|giro|bill payment|pay ?pal)"
)
_WAY = r"(?:payment|transfer|received|sent|credit|debit|out|in|to|from|-)"
_TO = re.compile(r"\b(?:to|from) (?P<name>[a-z][a-z'. -]*?)(?= on \d| ref\b| for\b| othr\b| pib| via\b| \S*\d|$)")
_AFTER = re.compile(rf"^{_RAIL}(?:[ -]+{_WAY})* (?P<name>[a-z][a-z'. -]*?)(?= on \d| ref\b| othr\b| pib| \S*\d|$)")
_NOTE = re.compile(r"\b(?:ref|othr|for)\b[ :]*(?:# ?\S+)? ?(?P<note>[^#]*?)(?= pib\S+| to [a-z]|$)")


@dataclass(frozen=True, slots=True)
class Payee:
    """`name` and `note` in lower case, either may be empty."""

    name: str
    note: str


def payee(description: str) -> Payee:
    """The other side of a transfer between people."""
    text = description.casefold()
    found = _TO.search(text) or _AFTER.search(text)
    name = found["name"].strip(" -.") if found else ""
    noted = _NOTE.search(text)
    return Payee(name, noted["note"].strip() if noted else "")
