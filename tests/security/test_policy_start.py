"""A policy that nobody approved is not served under, and the commands that show and prove the policy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import offhold
from tests.counterparts.service import World

PACKAGE = Path(offhold.__file__).parent


def _offhold(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "offhold", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300)


@pytest.mark.threat(43)
def test_a_changed_policy_is_refused_at_start(counterparts: World, tmp_path: Path) -> None:
    copied = tmp_path / "changed"
    shutil.copytree(PACKAGE, copied / "offhold")
    policy = copied / "offhold" / "privacy" / "policy" / "offhold.cedar"
    policy.write_text(policy.read_text().replace('    "dpv:Advertising",\n', ""))
    environment = {**counterparts.service.environment(), "PYTHONPATH": str(copied)}
    serve = [sys.executable, "-m", "offhold", "serve", "--port", "0"]
    refused = subprocess.run(serve, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2
    assert "is not approved" in refused.stderr and "offhold policy prove" in refused.stderr
    assert _offhold("policy", "check", PYTHONPATH=str(copied)).returncode == 2


def test_check_and_table_say_what_is_approved() -> None:
    checked = json.loads(_offhold("policy", "check", "--json").stdout)
    shown = json.loads(_offhold("policy", "table", "--json").stdout)
    assert checked["holds"] is True
    assert shown["sha256"] == checked["sha256"] == checked["approved"]
    assert {row["purpose"] for row in shown["allows"]} == {"dpv:RequestedServiceProvision"}
    assert {row["actor"] for row in shown["allows"]} == {"customer"}


def test_prove_without_z3_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['z3'] = None\n")
    ended = _offhold("policy", "prove", PYTHONPATH=str(tmp_path))
    assert ended.returncode == 2
    assert "offhold[proof]" in ended.stderr
