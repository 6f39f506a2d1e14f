"""The command line's groups, one module each, registered in `cli.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Connection

from offhold.config import Settings
from offhold.store import postgres, sqlite

T = TypeVar("T")
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file with the settings tree")]


def inspect(settings: Settings, ask: Callable[[Connection], T]) -> T:
    """Look at the database beside a running service."""
    if settings.postgres:
        return postgres.look(settings.database_url, ask)
    return sqlite.look(settings.database_file, ask)
