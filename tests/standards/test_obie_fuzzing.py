"""The running demo bank against the official OBIE v4.0 file, by schemathesis: all 29 operations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.standards.running_bank import OFFICIAL, RunningBank, running_bank

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).parent / "schemathesis"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "negative_data_rejection",
    "missing_required_header",
    "refused_without_token",
)
NOT_KEPT = "GET /accounts/{AccountId}/statements/{StatementId}/file"
"""The statement as a PDF: answered 404, as the profile has it for what a bank does not offer."""


def fuzz(bank: RunningBank, report: Path, tokens: bool, *more: str) -> dict[str, Any]:
    """One bounded run; its report."""
    world = {
        "client_token": bank.client_token if tokens else "",
        "customer_token": bank.customer_token if tokens else "",
        "accounts": bank.accounts,
        "statements": bank.statements,
        "spare": bank.spare,
    }
    environment = {"OBIE_WORLD": json.dumps(world), "SCHEMATHESIS_HOOKS": "tests.standards.fuzzing"}
    command = [str(COMMAND), "run", str(OFFICIAL), "--url", bank.base, "--seed", "7", "--no-color"]
    command += ["--phases", "examples,coverage,fuzzing", "--generation-database", "none"]
    command += ["--checks", ",".join(CHECKS), "--report-json-path", str(report), *more]
    done = subprocess.run(command, env=os.environ | environment, cwd=ROOT, capture_output=True, text=True)
    assert report.exists(), done.stdout + done.stderr
    told: dict[str, Any] = json.loads(report.read_text())
    return told | {"output": done.stdout}


def accepted(report: dict[str, Any]) -> dict[str, int]:
    """How many requests of each operation were answered with success."""
    return {
        operation: sum(phase["accepted"] for phase in phases.values())
        for operation, phases in report["valid_rates"].items()
    }


def tell(capsys: pytest.CaptureFixture[str], what: str, report: dict[str, Any]) -> None:
    cases, operations = report["test_cases"], report["operations"]
    with capsys.disabled():
        print(
            f"\nOBIE v4.0, {what}: {operations['tested']} of {operations['total']} operations, "
            f"{cases['generated']} requests, {cases['unique_failures']} failures"
        )


def test_the_official_file_is_unchanged() -> None:
    digest = sha256(OFFICIAL.read_bytes()).hexdigest()
    assert digest in (OFFICIAL.parent / "ORIGIN.md").read_text()


def test_every_operation_holds_to_the_official_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_bank() as bank:
        report = fuzz(bank, tmp_path / "report.json", True, "--max-examples", "15")
    tell(capsys, "with tokens", report)
    assert report["failures"] == [], report["output"]
    assert report["errors"] == []
    assert report["operations"]["tested"] == report["operations"]["total"] == 29
    unanswered = [operation for operation, count in accepted(report).items() if not count]
    assert unanswered == [NOT_KEPT]


def test_nothing_is_told_without_a_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_bank() as bank:
        report = fuzz(bank, tmp_path / "report.json", False, "--max-examples", "5")
    tell(capsys, "without token", report)
    assert report["failures"] == [], report["output"]
    assert report["operations"]["tested"] == 29
    assert not any(accepted(report).values())


def test_a_bank_that_breaks_the_schema_is_caught(tmp_path: Path) -> None:
    """The negative control: the same run fails where the bodies are against the file."""
    with running_bank() as bank:
        bank.faults.break_bodies = 10_000
        more = ("--max-examples", "3", "--include-path", "/balances", "--include-path", "/accounts")
        report = fuzz(bank, tmp_path / "report.json", True, *more)
    assert report["test_cases"]["unique_failures"] >= 2
    assert "additional properties" in report["output"].lower()
