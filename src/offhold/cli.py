"""The command `offhold`. Exit status: 0 holds, 1 does not hold, 2 wrong use."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from offhold import config
from offhold.commands import ConfigFile, audit, bench, consent, evaluate, inspect, log, policy, verify
from offhold.config import Role
from offhold.errors import ConfigurationError, OffholdError
from offhold.journal.status import left_to_do, status
from offhold.keys.file import make_root_key
from offhold.ops import failpoints, logs

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
keys_app = typer.Typer(no_args_is_help=True, help="Keys of the deployment.")
app.add_typer(keys_app, name="keys")
app.add_typer(policy.app, name="policy")
app.add_typer(evaluate.app, name="eval")
app.add_typer(consent.app, name="consent")
app.add_typer(audit.app, name="audit")
app.command("verify")(verify.verify)
app.command()(bench.bench)
app.add_typer(log.app, name="log")

_out = Console()
_err = Console(stderr=True)
_DRAIN_POLL_S = 0.1


@app.callback()
def offhold() -> None:
    """A bank's own messaging service: exact answers, nothing read without consent, every access logged."""


@app.command()
def serve(
    config_file: ConfigFile = None,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="port to listen on; 0 picks one")] = 8080,
    role: Annotated[Role, typer.Option(help="web takes webhooks, worker answers them (SQLite: all)")] = Role.all,
    ready_file: Annotated[Path | None, typer.Option(help="written with our address once we serve")] = None,
) -> None:
    """Take webhooks, answer customers. SIGTERM finishes what is at hand and exits 0."""
    from offhold import serving, wiring  # heavy imports, only where needed

    settings = config.load(config_file)
    if role is not Role.all and not settings.postgres:
        raise ConfigurationError(("--role: SQLite serves one process; leave it at all, or use PostgreSQL",))
    logs.configure()
    failpoints.arm(settings.failpoints)
    service = wiring.service(settings, role)
    try:
        service.guard()
        service.prepare()
        serving.run(service.app, serving.listen(host, port), ready_file)
    finally:
        service.close()


@app.command("status")
def show_status(
    config_file: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """What is waiting, working, sent and parked."""
    figures = inspect(config.load(config_file), status)
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        shown = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
        _out.print(f"{name:<8} {shown}")


@app.command()
def drain(
    config_file: ConfigFile = None,
    timeout: Annotated[float, typer.Option(min=0, help="seconds to wait")] = 30.0,
) -> None:
    """Wait until every message is answered and every reply settled."""
    settings = config.load(config_file)
    until = time.monotonic() + timeout
    while (left := inspect(settings, left_to_do)) and time.monotonic() < until:
        time.sleep(_DRAIN_POLL_S)
    if left:
        _err.print(f"{left} left to do after {timeout:g} s; is `offhold serve` running?")
        raise typer.Exit(1)
    _out.print("Nothing is left to do.")


@app.command()
def doctor(
    config_file: ConfigFile = None,
    list_failpoints: Annotated[bool, typer.Option("--failpoints", help="list the names tests may use")] = False,
) -> None:
    """Check configuration, database, keys, bank and platform, and say what to do."""
    if list_failpoints:
        for name, meaning in failpoints.NAMES.items():
            typer.echo(f"{name}\t{meaning}")
        return
    from offhold import wiring

    checks = asyncio.run(wiring.examine(config.load(config_file)))
    for check in checks:
        mark = "[green]ok  [/]" if check.holds else "[red]fail[/]"
        _out.print(f"{mark} {check.name}: {escape(check.says)}", soft_wrap=True)
    if not all(check.holds for check in checks):
        raise typer.Exit(1)


@app.command()
def answer(
    stdio: Annotated[bool, typer.Option("--stdio", help="JSON lines on standard input and output")] = False,
) -> None:
    """Answer questions over a ledger file, through the same gate and code as on the channels."""
    if not stdio:
        raise ConfigurationError(("answer: only --stdio is there",))
    from offhold import stdio as protocol
    from offhold import wiring

    asyncio.run(protocol.answer(sys.stdin, sys.stdout, wiring.ledger_institution))


@app.command()
def understand(
    stdio: Annotated[bool, typer.Option("--stdio", help="JSON lines on standard input and output")] = False,
) -> None:
    """Say what each message means, before any row is read."""
    if not stdio:
        raise ConfigurationError(("understand: only --stdio is there",))
    from offhold import understanding

    understanding.read(sys.stdin.buffer, sys.stdout)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="first of three ports on 127.0.0.1")] = 8800,
    script: Annotated[Path | None, typer.Option(help="story file to play")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="stop at once; a story stops anyway")] = False,
) -> None:
    """A bank, a messenger and Offhold on this machine, to talk to."""
    from offhold_demo import run

    raise typer.Exit(run.demo(port, script, wait=not no_wait))


@keys_app.command("init")
def keys_init(
    file: Annotated[Path | None, typer.Option(help="where to write; default: the configured place")] = None,
    config_file: ConfigFile = None,
) -> None:
    """Make the root key and the access log's signing key, where they are missing. Refuses to overwrite one."""
    places = config.key_files(config_file)
    log_key = file.with_name("log.key") if file else places.log
    wanted = {file or places.root: "without it nothing opens", log_key: "the access log stands or falls with it"}
    missing = {target: why for target, why in wanted.items() if not target.exists()}
    if not missing or (file and file not in missing):
        raise ConfigurationError((f"{file or places.root} exists; a key is never overwritten",))
    for target, why in missing.items():
        try:
            make_root_key(target)
        except OSError as error:
            raise ConfigurationError((f"cannot write {target}: {error.strerror}",)) from error
        _out.print(f"Wrote {target}. Back it up apart from the database: {why}.", soft_wrap=True)


def main() -> None:
    """Entry point of the console script."""
    try:
        app(prog_name="offhold")
    except ConfigurationError as error:
        for problem in error.problems:
            _err.print(problem, markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except OffholdError as error:
        _err.print(f"{error.code}: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
