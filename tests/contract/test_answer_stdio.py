"""`offhold answer --stdio` from a separate process: one line out for each line in, whatever comes in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.counterparts.households import document, meta


def test_lines_in_and_lines_out(tmp_path: Path) -> None:
    ledger = tmp_path / "maya.json"
    ledger.write_text(json.dumps(document("maya")))
    known = meta("maya")
    load = {"op": "load", "ledger": str(ledger), **{name: known[name] for name in ("today", "timezone", "locale")}}

    def ask(text: str) -> str:
        return json.dumps({"op": "ask", "conversation": "c", "text": text})

    lines = [
        ask("before any load"),
        json.dumps(load),
        ask("what did I spend on eating out in feb"),
        ask("and in jan?"),
        "not json",
        "[1]",
        '{"op":"fly"}',
        ask("zorbing"),
        ask("balance and did my salary come in this month?"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "offhold", "answer", "--stdio"],
        input="\n".join(lines),
        text=True,
        capture_output=True,
        check=True,
    )
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(replies) == len(lines)
    assert "error" in replies[0] and all("error" in replies[index] for index in (4, 5, 6))
    assert (replies[2]["kind"], replies[2]["value"], replies[2]["currency"]) == ("money", "452.74", "USD")
    assert replies[3]["value"] == "490.61" and replies[3]["value"] in replies[3]["text"].replace(",", "")
    assert replies[7]["kind"] == "decline" and replies[7]["evidence"] == []
    assert replies[8]["kind"] == "balance" and "Yes" in replies[8]["text"]
