"""What the documentation names exists, and what exists is documented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from pydantic import BaseModel
from typer.core import TyperGroup

from offhold.cli import app
from offhold.config import InstitutionSettings, MessengerSettings, Settings
from offhold.ops.metrics import Metrics

_ROOT = Path(__file__).parents[2]
_PAGES = [*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md")]
_REFERENCE = _ROOT / "docs" / "reference"


def _settings(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, entry in model.model_fields.items():
        kind = entry.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _settings(kind, f"{prefix}{name.upper()}__")
        elif name != "institutions":
            yield f"{prefix}{name.upper()}"


def _commands(group: TyperGroup, prefix: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_each_setting_is_documented() -> None:
    text = (_REFERENCE / "settings.md").read_text()
    deployment = {name for name in _settings(Settings, "OFFHOLD_") if "__MESSENGER__" not in name}
    missing = {name for name in deployment if f"`{name}`" not in text}
    parts = {*InstitutionSettings.model_fields, *MessengerSettings.model_fields}
    assert missing | {name for name in parts if f"`{name.upper()}`" not in text} == set()


def test_each_command_is_documented() -> None:
    text = (_REFERENCE / "commands.md").read_text()
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    assert {name for name in _commands(group, "offhold") if f"`{name}" not in text} == set()


def test_each_metric_is_documented() -> None:
    text = (_REFERENCE / "metrics.md").read_text()
    names = set(re.findall(r"^# TYPE (\S+)", Metrics().text().decode(), re.M))
    shown = {name for name in names if not name.endswith("_created")}
    assert shown and {name for name in shown if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
