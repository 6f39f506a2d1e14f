"""`offhold verify FILE`: is this receipt what we signed? Offline, and without our database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from offhold import config
from offhold.errors import ConfigurationError
from offhold.keys.file import Keys
from offhold.keys.signing import MAX_BYTES, NotSigned, verified
from offhold.privacy import agreement, receipts

_KINDS = {receipts.TYPE: "consent receipt", agreement.TYPE: "data-sharing agreement"}


def verify(
    file: Annotated[Path, typer.Argument(help="a receipt or an agreement")],
    key: Annotated[str, typer.Option(help="public key to trust, base64; default: this deployment's own")] = "",
    config_file: Annotated[Path | None, typer.Option("--config", help="TOML file with the settings tree")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Check a signed receipt, offline. Exits 1 when it was altered, or is not ours."""
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError((f"verify: cannot read {file}: {error.strerror}",)) from error
    why, document = "", {}
    try:
        document = verified(text, key or _own_key(config_file))
    except NotSigned as error:
        why = str(error)
    kind = _KINDS.get(str(document.get("type")), "document")
    if as_json:
        typer.echo(json.dumps({"holds": not why, "why": why, "kind": kind if not why else "", "document": document}))
    elif why:
        typer.echo(f"does not hold: {why}", err=True)
    else:
        mark = f" {document['watermark']}" if "watermark" in document else ""
        typer.echo(f"holds: a {kind}, unaltered since it was signed.{mark}")
    raise typer.Exit(1 if why else 0)


def _own_key(config_file: Path | None) -> str:
    """The receipt key of the deployment whose root key is here. Raises ConfigurationError where there is none."""
    root = config.key_files(config_file).root
    if not root.exists():
        problem = (
            "verify: say whose signature to trust with --key; the institution publishes it at /consent/receipt-key"
        )
        raise ConfigurationError((problem,))
    return receipts.key(Keys.from_file(root)).public
