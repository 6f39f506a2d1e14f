"""Bring a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError as UnknownRevision
from sqlalchemy import Connection

from offhold.store.tables import metadata

__all__ = ["UnknownRevision", "configuration", "differences", "pending", "upgrade"]


def configuration(connection: Connection) -> Config:
    """Alembic's settings for `connection`; the scripts travel inside the package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Apply every migration that is missing, in the caller's transaction. Raises UnknownRevision."""
    command.upgrade(configuration(connection), "head")


def pending(connection: Connection) -> bool:
    """Whether the schema is older than this program."""
    head = ScriptDirectory.from_config(configuration(connection)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() != head


def differences(connection: Connection) -> list[object]:
    """What the tables of this program have and the migrated schema has not, or the other way round."""
    return list(compare_metadata(MigrationContext.configure(connection), metadata))
