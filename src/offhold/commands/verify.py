"""`offhold verify FILE`: is this receipt, or are these proofs, what we signed? Offline, and without our database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from offhold import config
from offhold.accesslog.checkpoint import Signer, trust_policy
from offhold.accesslog.verify import DoesNotHold, verdict
from offhold.errors import ConfigurationError
from offhold.keys.file import Keys
from offhold.keys.signing import MAX_BYTES, NotSigned, verified
from offhold.privacy import agreement, receipts

_PROOFS_BYTES = 64 << 20
_PROOFS = "access log"
_KINDS = {receipts.TYPE: "consent receipt", agreement.TYPE: "data-sharing agreement"}


def verify(
    file: Annotated[Path, typer.Argument(help="a receipt, an agreement, or the proofs of an access log")],
    key: Annotated[
        str,
        typer.Option(help="key to trust, base64, or a log's verifier key; default: this deployment's own"),
    ] = "",
    config_file: Annotated[Path | None, typer.Option("--config", help="TOML file with the settings tree")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Check a signed receipt or an access log's proofs, offline. Exits 1 when it was altered, or is not ours."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_PROOFS_BYTES)
    except OSError as error:
        raise ConfigurationError((f"verify: cannot read {file}: {error.strerror}",)) from error
    why, kind, document = "", _PROOFS, {}
    try:
        if (bundle := _bundle(text)) is not None:
            policy = trust_policy(key or _own_log(bundle, config_file))
            document = {"verdict": verdict(policy, json.dumps(bundle), "", "", None)}
        else:
            document = verified(text[: MAX_BYTES + 1], key or _own_key(config_file))
            kind = _KINDS.get(str(document.get("type")), "document")
    except (NotSigned, DoesNotHold) as error:
        why = str(error)
    if as_json:
        typer.echo(json.dumps({"holds": not why, "why": why, "kind": kind if not why else "", "document": document}))
    elif why:
        typer.echo(f"does not hold: {why}", err=True)
    else:
        mark = f" {document['watermark']}" if "watermark" in document else ""
        typer.echo(document.get("verdict") or f"holds: a {kind}, unaltered since it was signed.{mark}")
    raise typer.Exit(1 if why else 0)


def _bundle(text: bytes) -> dict[str, Any] | None:
    """The proofs of an access log, if the file holds some."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "proofs" in found else None


def _own_log(bundle: dict[str, Any], config_file: Path | None) -> str:
    """The verifier key that our signing key has for the log that the proofs name."""
    file = config.key_files(config_file).log
    if not file.exists():
        problem = "verify: say which log to trust with --key; `offhold log checkpoint --json` shows its vkey"
        raise ConfigurationError((problem,))
    first = str(bundle["proofs"][0]) if isinstance(bundle["proofs"], list) and bundle["proofs"] else ""
    origin = first.partition("\n\n")[2].partition("\n")[0]
    return Signer(Keys.from_file(file, "OFFHOLD_LOG__SIGNING_KEY_FILE"), str(bundle.get("institution")), origin).vkey


def _own_key(config_file: Path | None) -> str:
    """The receipt key of the deployment whose root key is here. Raises ConfigurationError where there is none."""
    root = config.key_files(config_file).root
    if not root.exists():
        problem = (
            "verify: say whose signature to trust with --key; the institution publishes it at /consent/receipt-key"
        )
        raise ConfigurationError((problem,))
    return receipts.key(Keys.from_file(root)).public
