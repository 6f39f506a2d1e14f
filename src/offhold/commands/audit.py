"""`offhold audit`: what a stranger gets to check the promise with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from offhold import config
from offhold.accesslog import trees, verify
from offhold.commands import ConfigFile, inspect
from offhold.errors import ConfigurationError
from offhold.keys.file import Keys
from offhold.ops import egress
from offhold.privacy import receipts
from offhold.privacy.policy import deciding, domain, proof

app = typer.Typer(no_args_is_help=True, help="Evidence for strangers.")

_READ_ME = """# Evidence

Everything here can be checked without us.

- `offhold.cedar`, `offhold.cedarschema`: the policy in force and its vocabulary. Any Cedar engine reads them.
- `table.json`: everything that the policy allows. Nothing else is allowed.
- `proof.json`, `smt/`: what was proved about the policy, and each claim as an SMT-LIB 2 file whose first lines say the
  answer that a solver must give.
- `egress.json`: every host that the service speaks to, and what for. A guard in the process refuses all others.
- `receipt-key.txt`: the Ed25519 public key that signs receipts; `offhold verify FILE --key KEY` checks one.
- `log/*.checkpoint`, `log/*.policy`: the newest checkpoint of each institution's access log, and the keys for it.
  Mirror `/log/<institution>/` and run `verify.py log/<institution>.policy MIRROR log/<institution>.checkpoint`.
- `SHA256SUMS`: the hash of each file here.
"""


@app.command("egress")
def show_egress(
    config_file: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Every host that these settings make the service speak to."""
    exits = [asdict(entry) for entry in egress.exits(config.load(config_file))]
    if as_json:
        typer.echo(json.dumps({"exits": exits}))
        return
    for entry in exits:
        typer.echo(f"{entry['host']}:{entry['port']}  {entry['purpose']}: {entry['says']}")


@app.command()
def pack(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="an empty or new folder")],
    config_file: ConfigFile = None,
) -> None:
    """Write the evidence into DIR. Exits 1 when something in it does not hold."""
    settings = config.load(config_file)
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError((f"audit pack: {folder} is not empty",))
    folder.mkdir(parents=True, exist_ok=True)
    policy = deciding.approved()
    findings = [asdict(finding) for finding in proof.prove(policy, folder / "smt")]
    for name, text in (*_files(settings, policy, findings), *_logs(settings)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    written = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = (f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in written)
    (folder / "SHA256SUMS").write_text("".join(sums))
    holds = all(finding["holds"] for finding in findings)
    typer.echo(f"{len(written) + 1} files in {folder}; {'everything holds' if holds else 'something does not hold'}")
    raise typer.Exit(0 if holds else 1)


def _files(
    settings: config.Settings, policy: deciding.Policy, findings: list[dict[str, Any]]
) -> Iterator[tuple[str, str]]:
    def shown(value: object) -> str:
        return json.dumps(value, indent=1) + "\n"

    yield "README.md", _READ_ME
    yield "offhold.cedar", policy.text
    yield "offhold.cedarschema", policy.schema
    yield "table.json", shown({"sha256": policy.sha256, "allows": [asdict(row) for row in domain.table(policy)]})
    yield "proof.json", shown({"sha256": policy.sha256, "findings": findings})
    yield "egress.json", shown({"exits": [asdict(entry) for entry in egress.exits(settings)]})
    yield "receipt-key.txt", receipts.key(Keys.from_file(settings.root_key_file)).public + "\n"


def _logs(settings: config.Settings) -> Iterator[tuple[str, str]]:
    """The checkpoints of the logs that were begun, whom to trust for them, and the program that checks them."""
    yield "verify.py", Path(verify.__file__).read_text()
    if not settings.postgres and not settings.database_file.exists():
        return

    def look(connection: Connection) -> list[tuple[str, str]]:
        found = []
        for name in settings.institutions:
            if (row := trees.row_of(connection, name)) is not None and row.published:
                found.append((f"log/{name}.checkpoint", row.published))
                found.append((f"log/{name}.policy", trees.trust(connection, name, settings)))
        return found

    yield from inspect(settings, look)
