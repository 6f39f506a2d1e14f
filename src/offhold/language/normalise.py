"""One plain form of what people type, for every rule that reads it."""

from __future__ import annotations

import re
import unicodedata

NLU_CHARS = 4_000
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_APOSTROPHE = re.compile(r"'(?=\w)")
_ALONE_S = re.compile(r"\b([a-z]{2,}) s\b")
_APART = str.maketrans("&.", "  ")
_WORD = re.compile(r"[^\W_]+(?:/[^\W_]+)*")


def plain(text: str) -> str:
    """NFKC, case folded, without marks and invisible or direction-changing characters; at most 4,000 code points."""
    kept = unicodedata.normalize("NFKC", text[:NLU_CHARS])
    kept = "".join(
        char for char in kept if unicodedata.category(char) not in ("Cf", "Cc", "Co", "Cs") or char in "\n\t "
    )
    kept = unicodedata.normalize("NFKD", kept.translate(_QUOTES).casefold())
    return " ".join("".join(char for char in kept if not unicodedata.combining(char)).split())


def words(text: str) -> tuple[str, ...]:
    """Words as they are compared: plain, apostrophes closed up ("joe's", "joe s": "joes")."""
    clean = text[:NLU_CHARS].lower() if text.isascii() and text.isprintable() else plain(text)
    if "'" in clean:
        clean = _APOSTROPHE.sub("", clean)
    if " s " in clean or clean.endswith(" s"):
        clean = _ALONE_S.sub(r"\1s", clean)
    return tuple(_WORD.findall(clean.translate(_APART)))
