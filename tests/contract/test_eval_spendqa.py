"""`offhold eval spendqa` from a separate process: the set's own scorer is given the real command to question."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCORER = """
import json, subprocess, sys
questions, candidate = sys.argv[1], sys.argv[sys.argv.index("--") + 1:]
asked = open(questions).read()
done = subprocess.run(candidate, input=asked, capture_output=True, text=True)
replies = [json.loads(line) for line in done.stdout.splitlines()]
print("asked", asked.count("\\n"), "answered", len(replies), "options", sys.argv[2:sys.argv.index("--")])
sys.exit(0 if all("error" in reply for reply in replies) else 1)
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "offhold", "eval", "spendqa", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_the_scorer_beside_the_questions_judges_the_real_answers(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(SCORER)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "questions.jsonl").write_text('{"op":"ask","conversation":"c","text":"balance"}\n[]\n')
    done = run("--questions", tmp_path / "dev" / "questions.jsonl", "--show-wrong", 3)
    assert "asked 2 answered 2 options ['--show-wrong', '3']" in done.stdout
    assert done.returncode == 0


def test_a_scorer_that_fails_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "judge.py").write_text("raise SystemExit(3)")
    (tmp_path / "q.jsonl").write_text("")
    assert run("--questions", tmp_path / "q.jsonl", "--scorer", tmp_path / "judge.py").returncode == 1


def test_a_missing_file_is_wrong_use_and_named(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text("")
    done = run("--questions", tmp_path / "q.jsonl")
    assert done.returncode == 2 and "score.py" in done.stderr and "--scorer" in done.stderr
