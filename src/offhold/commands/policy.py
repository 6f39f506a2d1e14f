"""`offhold policy`: is it the approved one, what does it allow, and is that proved?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from offhold.privacy.policy import deciding, domain, proof

app = typer.Typer(no_args_is_help=True, help="What may be done with bank data, and the proof of it.")

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]


@app.command()
def check(as_json: AsJson = False) -> None:
    """Is the policy valid under its schema, and the one that was approved?"""
    policy, wanted = deciding.packaged(), deciding.approval()["sha256"]
    if as_json:
        typer.echo(json.dumps({"sha256": policy.sha256, "approved": wanted, "holds": policy.sha256 == wanted}))
    else:
        deciding.approved()
        typer.echo(f"approved  {policy.sha256}")
    raise typer.Exit(0 if policy.sha256 == wanted else 1)


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
