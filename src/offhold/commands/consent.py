"""`offhold consent`: end one for a customer who asked somebody at the institution."""

from __future__ import annotations

import asyncio
import getpass
import json
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from offhold import config
from offhold.banks.port import Grant
from offhold.errors import BankError
from offhold.keys.file import Keys
from offhold.ops.clock import Clock
from offhold.ops.metrics import Metrics
from offhold.privacy import consent as consents
from offhold.store import postgres, sqlite

app = typer.Typer(no_args_is_help=True, help="What customers agreed to.")


@app.callback()
def group() -> None:
    """What customers agreed to."""


@app.command()
def withdraw(
    consent_id: Annotated[str, typer.Argument(metavar="ID", help="the consent, or the customer: then all of theirs")],
    config_file: Annotated[Path | None, typer.Option("--config", help="TOML file with the settings tree")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """End a consent at once; the bank is told. Works beside a running service. Exits 1 when nothing stood."""
    settings = config.load(config_file)
    keys, clock = Keys.from_file(settings.root_key_file), Clock(settings.clock_file)
    operator, now_ms = getpass.getuser(), clock.ms()

    def end(connection: Connection) -> list[Grant]:
        named = (consent_id, *consents.of_customer(connection, consent_id))
        ended = [consents.withdraw(connection, keys, name, now_ms, operator) for name in named]
        return [grant for grant in ended if grant]

    if settings.postgres:
        grants = postgres.look(settings.database_url, end)
    else:
        grants = sqlite.change(settings.database_file, end)
    told = asyncio.run(_tell(settings, clock, grants))
    if as_json:
        typer.echo(json.dumps({"withdrawn": len(grants), "banks_told": told}))
    elif grants:
        typer.echo(f"Withdrawn: {len(grants)}. Nothing is read under it any more. Banks told: {told} of {len(grants)}.")
    else:
        typer.echo("No such consent stands.", err=True)
    raise typer.Exit(0 if grants else 1)


async def _tell(settings: config.Settings, clock: Clock, grants: list[Grant]) -> int:
    """How many banks took note. One that is away does not: its consent runs out by itself, its tokens are gone here."""
    from offhold import wiring  # heavy imports, only where needed

    told = 0
    for grant in grants:
        entry = wiring.bank(grant.institution, settings.institutions[grant.institution], settings, clock, Metrics())
        async with entry.http:
            try:
                await entry.consents.delete(grant.consent_id)
                told += 1
            except BankError:
                continue
    return told
