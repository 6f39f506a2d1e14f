"""`offhold understand --stdio` from a separate process: one line out for each line in, whatever comes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

WHEN = {"now": "2026-03-18T23:30:00-07:00", "timezone": "America/Los_Angeles", "locale": "en-US"}
FIELDS = {"measure", "period", "compare_to", "filters", "group_by", "unresolved", "confidence", "latency_ms"}


def understood(*lines: bytes) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "offhold", "understand", "--stdio"],
        input=b"".join(line + b"\n" for line in lines),
        capture_output=True,
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def line(text: str, **changed: object) -> bytes:
    return json.dumps({"text": text, **WHEN, **changed}).encode()


def test_a_question_gives_its_parts() -> None:
    (made,) = understood(line("groceries over $20: february vs january"))
    assert made.keys() >= FIELDS
    assert made["measure"] == "compare"
    assert made["period"] == {"first": "2026-02-01", "last": "2026-02-28"}
    assert made["compare_to"] == {"first": "2026-01-01", "last": "2026-01-31"}
    assert made["unresolved"] == [] and made["confidence"] == 1
    assert {"op": "gt", "amount": "20"} in made["filters"]["bounds"]


def test_words_that_no_rule_reads_are_named_and_lower_the_confidence() -> None:
    sure, unsure = understood(line("how much on coffee last month"), line("how much on flibbertigibbets last month"))
    assert sure["unresolved"] == []
    assert [entry["text"] for entry in unsure["unresolved"]] == ["flibbertigibbets"]
    assert unsure["unresolved"][0]["why"]
    assert unsure["confidence"] < sure["confidence"]


def test_today_is_the_customers_day_not_that_of_utc() -> None:
    west, utc = understood(line("spent today"), line("spent today", timezone="UTC"))
    assert west["period"]["last"] == "2026-03-18"
    assert utc["period"]["last"] == "2026-03-19"


BAD = [
    b"",
    b"not json",
    b"[1, 2]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"text": "hi"}',
    line("hi").replace(b'"hi"', b"17"),
    line("hi", now="yesterday"),
    line("hi", now="2026-03-18T12:00:00"),
    line("hi", now="0001-01-01T00:00:00+14:00"),
    line("hi", now="9999-12-31T23:59:59-12:00"),
    line("hi", timezone="Mars/Olympus"),
    line("hi", timezone="../../etc/passwd"),
    line("hi", timezone=""),
    line("hi", locale=None),
]


def test_each_bad_line_gets_one_error_line_and_the_next_good_one_is_read() -> None:
    good = line("how much on coffee last month")
    made = understood(*(part for bad in BAD for part in (bad, good)))
    assert len(made) == 2 * len(BAD)
    assert all(set(entry) == {"error"} for entry in made[::2])
    assert all(entry["measure"] for entry in made[1::2])


def test_a_hostile_text_is_read_like_any_other() -> None:
    texts = ["", "🙂" * 50, "word " * 5_000, "\ud800 lone", "';DROP TABLE x;--", "<script>", "31 June", "9" * 4_000]
    made = understood(*map(line, texts))
    assert len(made) == len(texts)
    assert all(entry.keys() >= FIELDS for entry in made)
