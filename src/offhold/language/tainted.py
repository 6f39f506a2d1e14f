"""Text that somebody else wrote: merchant names, payment notes. It is shown, never followed and never a template."""

from __future__ import annotations

import re
import unicodedata

_LABEL_CHARS = 40
_LINKISH = re.compile(r"\b[^\W_][\w+.-]*://|\bwww\b[.。]|(?<=[^\W_])[.。](?=[^\W\d_]{2})")


def foreign(text: str) -> str:
    """`text` made harmless: no control or direction characters, no links, at most 40 characters."""
    plain = unlinked(legible(unicodedata.normalize("NFKC", text)))
    return " ".join(plain.split())[:_LABEL_CHARS].rstrip()


def legible(text: str) -> str:
    """Without characters that are not seen, or that change the direction of others; lines stay."""
    return "".join(char for char in text if char == "\n" or unicodedata.category(char)[0] != "C")


def unlinked(text: str) -> str:
    """Without anything that a chat would make tappable: schemes, `www.`, dots between a name and a letter."""
    return _LINKISH.sub(" ", text)
