"""One plain form of what people type, for every rule that reads it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

NLU_CHARS = 4_000
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_WORD = re.compile(r"[^\W_]+(?:[&/.][^\W_]+)*")


def plain(text: str) -> str:
    """NFKC, case folded, without marks and invisible or direction-changing characters; at most 4,000 code points."""
    kept = unicodedata.normalize("NFKC", text[:NLU_CHARS])
    kept = "".join(
        char for char in kept if unicodedata.category(char) not in ("Cf", "Cc", "Co", "Cs") or char in "\n\t "
    )
    kept = unicodedata.normalize("NFKD", kept.translate(_QUOTES).casefold())
    return " ".join("".join(char for char in kept if not unicodedata.combining(char)).split())


@lru_cache(maxsize=32_768)
def words(text: str) -> tuple[str, ...]:
    """Words as they are compared: plain, apostrophes closed up ("joe's", "joe s": "joes"). Remembers recent texts."""
    closed = re.sub(r"'(?=s\b|\w)", "", plain(text))
    closed = re.sub(r"\b([a-z]{2,}) s\b", r"\1s", closed)
    return tuple(word for word in _WORD.findall(re.sub(r"[&.]+", " ", closed)))
