"""A way around the gate does not build: the import contract turns red, and nothing else holds a connector."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import offhold

_ROOT = Path(offhold.__file__).parents[2]
_LINTER = Path(sys.executable).with_name("lint-imports")
_PLANTED = {
    "dialogue/deciding.py": "from offhold.banks.obie.connector import ObieConnector",
    "journal/turns.py": "from offhold.banks.memory import MemoryConnector",
    "web/chat.py": "from offhold.banks.obie.connector import ObieConnector",
    "channels/messenger/channel.py": "import offhold.banks.obie.connector",
    "identity/linking.py": "from offhold.banks.memory import MemoryConnector",
    "answers/book.py": "import httpx2",
    "privacy/consent.py": "from offhold.banks.obie.connector import ObieConnector",
}


@pytest.mark.threat(58)
@pytest.mark.parametrize("file", _PLANTED)
def test_a_planted_bypass_fails_the_build(tmp_path: Path, file: str) -> None:
    shutil.copytree(_ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.onnx"))
    shutil.copy(_ROOT / ".importlinter", tmp_path)
    planted = tmp_path / "src" / "offhold" / file
    planted.write_text(f"{planted.read_text()}\n{_PLANTED[file]}\n")
    environment = {"PYTHONPATH": str(tmp_path / "src")}
    ended = subprocess.run(
        [_LINTER, "--no-cache"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode != 0
    assert "BROKEN" in ended.stdout


@pytest.mark.threat(58)
def test_only_the_gate_and_the_wiring_know_a_connector() -> None:
    """Every other room has no object to call: nothing it is given leads to one."""
    rooms = _ROOT / "src" / "offhold"
    holders = {
        str(file.relative_to(rooms))
        for file in rooms.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in ("connector", "_connectors"))
        or (isinstance(node, ast.alias) and node.name in ("Connector", "ObieConnector", "MemoryConnector"))
    }
    assert holders == {"privacy/gate.py", "wiring.py", "bench/gate.py"}  # the bench builds a gate over its own bank
