"""`offhold log`: is the access log what was signed, and what does it say about one customer?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from offhold import config
from offhold.accesslog import leaves, proofs, trees
from offhold.accesslog.audit import audit
from offhold.accesslog.checkpoint import Signer
from offhold.accesslog.leaves import Leaf
from offhold.accesslog.trees import Logs
from offhold.accesslog.verify import DoesNotHold, read_checkpoint, verdict
from offhold.commands import ConfigFile, inspect
from offhold.config import Settings
from offhold.errors import ConfigurationError, OffholdError
from offhold.keys.file import Keys

app = typer.Typer(no_args_is_help=True, help="The access log, and its proofs.")

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]
Customer = Annotated[str, typer.Option("--customer", help="the customer's id")]


@app.command()
def verify(config_file: ConfigFile = None, as_json: AsJson = False) -> None:
    """Check every tree, every leaf and every customer's chain. Exits 1 when anything does not hold."""
    settings = config.load(config_file)
    keys, logs = Keys.from_file(settings.root_key_file), Logs.of(settings)

    def signers(connection: Connection) -> dict[str, Signer]:
        return {name: logs.signer(connection, name) for name in settings.institutions}

    signing = _asked(settings, signers)
    kept = {name: logs.kept(signer.origin) for name, signer in signing.items()}  # before the look that judges it

    def look(connection: Connection) -> list[dict[str, Any]]:
        return [asdict(audit(connection, keys, name, signer, kept[name])) for name, signer in signing.items()]

    found = _asked(settings, look)
    holds = not any(each["why"] for each in found)
    if as_json:
        typer.echo(json.dumps({"holds": holds, "logs": found}))
    else:
        for each in found:
            said = each["why"] or "holds"
            typer.echo(f"{each['institution']}: {said} ({each['size']} entries, {each['waiting']} waiting)")
    raise typer.Exit(0 if holds else 1)


@app.command()
def checkpoint(
    institution: Annotated[str, typer.Option(help="whose log; default: the first")] = "",
    config_file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """The newest published checkpoint; with --json also the keys that check it."""
    settings = config.load(config_file)
    name = institution or next(iter(settings.institutions))
    if name not in settings.institutions:
        raise ConfigurationError((f"--institution: {name!r} is not configured",))

    def look(connection: Connection) -> tuple[str, str, str]:
        row = trees.row_of(connection, name)
        return (row.published, row.vkey, trees.trust(connection, name, settings)) if row else ("", "", "")

    note, vkey, policy = _asked(settings, look)
    if not note:
        _fail(f"the log of {name!r} has no checkpoint yet: run `offhold serve`")
    if not as_json:
        typer.echo(note, nl=False)
        return
    read = read_checkpoint(note, policy)
    shown = {"institution": name, "origin": read.origin, "size": read.size, "root": read.root.hex()}
    typer.echo(json.dumps({**shown, "vkey": vkey, "policy": policy, "checkpoint": note}))


@app.command()
def entries(customer: Customer, config_file: ConfigFile = None, as_json: AsJson = False) -> None:
    """Who looked at a customer's data: one entry for each leaf, in order."""
    settings = config.load(config_file)
    found = [_entry(leaf) for leaf in _asked(settings, lambda connection: _history(connection, settings, customer))]
    if as_json:
        typer.echo(json.dumps({"customer": customer, "entries": found}))
        return
    for each in found:
        who = f"{each['actor']['kind']} {each['actor']['id']}"
        typer.echo(f"{each['seq']:>5}  {each['t']}  {each['act']:<20} {each.get('decision', ''):<18} {who}")


@app.command()
def prove(
    customer: Customer,
    since: Annotated[int, typer.Option(min=0, help="prove growth from this tree size too")] = 0,
    config_file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """A customer's proofs, for `accesslog/verify.py`. They are checked before they are shown."""
    settings = config.load(config_file)

    def look(connection: Connection) -> dict[str, Any]:
        found = _history(connection, settings, customer)
        policy = trees.trust(connection, found[0].institution, settings)
        return {"customer": customer, "policy": policy, **proofs.bundle(connection, found, since)}

    bundle = _asked(settings, look)
    if bundle["proofs"]:
        try:
            said = verdict(bundle["policy"], json.dumps(bundle), "", "", None)
        except DoesNotHold as why:
            _fail(f"does not hold: {why}")
    else:
        said = "nothing is in the tree yet"
    typer.echo(json.dumps(bundle) if as_json else f"{said}; {bundle['waiting']} leaves wait for the next batch")


def _asked(settings: Settings, ask: Any) -> Any:
    try:
        return inspect(settings, ask)
    except ConfigurationError:
        raise
    except OffholdError as error:
        return _fail(f"{error.code}: {error}")
    except SQLAlchemyError as error:
        return _fail(f"the database cannot be read, or holds what no program of ours wrote ({type(error).__name__})")


def _fail(why: str) -> Any:
    typer.echo(why, err=True)
    raise typer.Exit(1)


def _history(connection: Connection, settings: Settings, customer: str) -> tuple[Leaf, ...]:
    found = leaves.history(connection, Keys.from_file(settings.root_key_file), customer)
    return found or _fail(f"the log knows no customer {customer!r}")


def _entry(leaf: Leaf) -> dict[str, Any]:
    return {**leaf.record, "commitment": leaf.commitment.hex(), "institution": leaf.institution, "index": leaf.position}
