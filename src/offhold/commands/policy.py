"""`offhold policy`: is it the approved one, what does it allow, and is that proved?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from offhold import config
from offhold.accesslog import leaves
from offhold.keys.file import Keys
from offhold.privacy.gate import decided_again
from offhold.privacy.policy import deciding, domain, proof
from offhold.store import postgres, sqlite

app = typer.Typer(no_args_is_help=True, help="What may be done with bank data, and the proof of it.")

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]


@app.command()
def check(
    customer: Annotated[str, typer.Option(help="decide again everything that the log holds about this customer")] = "",
    config_file: Annotated[Path | None, typer.Option("--config", help="TOML file with the settings tree")] = None,
    as_json: AsJson = False,
) -> None:
    """Is the policy valid under its schema, and the one that was approved? Were decisions made as it says?"""
    policy, wanted = deciding.packaged(), deciding.approval()["sha256"]
    report = {"sha256": policy.sha256, "approved": wanted, "holds": policy.sha256 == wanted}
    if not as_json:
        deciding.approved()
        typer.echo(f"approved  {policy.sha256}")
    if customer:
        again = _again(policy, customer, config_file)
        report |= {"decisions": len(again), "holds": report["holds"] and all(again)}
        if not as_json:
            typer.echo(f"{sum(again)} of {len(again)} decisions come out as the log says")
    if as_json:
        typer.echo(json.dumps(report))
    raise typer.Exit(0 if report["holds"] else 1)


def _again(policy: deciding.Policy, customer: str, config_file: Path | None) -> list[bool]:
    """Whether each decision about the customer comes out again as its leaf says."""
    settings = config.load(config_file)
    keys = Keys.from_file(settings.root_key_file)

    def look(connection: Connection) -> tuple[leaves.Leaf, ...]:
        return leaves.history(connection, keys, customer)

    if settings.postgres:
        history = postgres.look(settings.database_url, look)
    else:
        history = sqlite.look(settings.database_file, look)
    return [decided_again(policy, leaf.record) for leaf in history if "decision" in leaf.record]


@app.command()
def table(as_json: AsJson = False) -> None:
    """Everything that may be read, by whom, for what, and where it may be shown. Nothing else may."""
    policy = deciding.packaged()
    rows = [asdict(row) for row in domain.table(policy)]
    if as_json:
        typer.echo(json.dumps({"sha256": policy.sha256, "allows": rows}, indent=1))
        return
    for row in rows:
        typer.echo("  ".join(str(value).ljust(width) for value, width in zip(row.values(), _WIDTHS, strict=True)))
    typer.echo(f"Nothing else is allowed. Policy {policy.sha256}")


_WIDTHS = (8, 5, 29, 12, 10, 0)


@app.command()
def prove(
    out: Annotated[Path | None, typer.Option(help="folder for the SMT-LIB files of the claims")] = None,
    as_json: AsJson = False,
) -> None:
    """Try the policy over its finite domain, and prove its claims for every request there can be (z3)."""
    policy = deciding.packaged()
    findings = []
    for finding in proof.prove(policy, out):
        findings.append(finding)
        if not as_json:
            mark = "holds" if finding.holds else "FAILS"
            typer.echo(f"{mark}  {finding.name}: {finding.detail} ({finding.seconds * 1000:.0f} ms)")
    if as_json:
        typer.echo(json.dumps({"sha256": policy.sha256, "findings": [asdict(finding) for finding in findings]}))
    raise typer.Exit(0 if all(finding.holds for finding in findings) else 1)
