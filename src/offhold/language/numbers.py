"""Number words."""

from __future__ import annotations

CARDINALS = {
    word: number
    for number, words in {
        1: "one a an single", 2: "two couple", 3: "three few", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight",
        9: "nine", 10: "ten", 11: "eleven", 12: "twelve dozen", 14: "fourteen", 15: "fifteen", 18: "eighteen",
        20: "twenty", 24: "twentyfour", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 90: "ninety",
        100: "hundred",
    }.items()
    for word in words.split()
}  # fmt: skip
ORDINALS = {
    word: number
    for number, words in {
        1: "first 1st", 2: "second 2nd", 3: "third 3rd", 4: "fourth 4th", 5: "fifth 5th",
    }.items()
    for word in words.split()
}  # fmt: skip
_VAGUE = ("few", "a", "an", "single")
COUNT = r"\d{1,4}|(?:a )?couple(?: of)?|a few|" + "|".join(
    sorted((word for word in CARDINALS if word not in (*_VAGUE, "couple")), key=len, reverse=True)
)
"""What may stand for a count, as a pattern."""


def number(text: str) -> int:
    """The value of digits or of a number word. Raises KeyError for anything else."""
    if text.isdigit():
        return int(text)
    word = text.removeprefix("a ").removesuffix(" of").strip() or "a"
    return CARDINALS[word]
