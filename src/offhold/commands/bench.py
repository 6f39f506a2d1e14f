"""`offhold bench`: what the service costs on this machine, held against its budgets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from offhold.bench.figures import Figure, machine
from offhold.errors import ConfigurationError

_out = Console()


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="understand, spend, gate, turn, ack; default: all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Measure, and say which budgets hold. Exits 1 when one does not."""
    from offhold.bench import running  # the whole service, only where needed

    unknown = set(names or ()) - set(running.GROUPS)
    if unknown:
        raise ConfigurationError((f"bench: there is no {min(unknown)!r}; there are {', '.join(running.GROUPS)}",))
    on = machine()
    taken = running.run(names or (), lambda line: typer.echo(line, err=True))
    if as_json:
        typer.echo(json.dumps({"machine": on, "figures": [{**asdict(each), "ok": each.ok} for each in taken]}))
    else:
        _out.print(_table(taken))
        typer.echo(f"{on['system']}, {on['cores']} cores, Python {on['python']}, load {on['load']} at the start")
    raise typer.Exit(0 if all(each.ok for each in taken) else 1)


def _table(taken: Sequence[Figure]) -> Table:
    table = Table("figure", "value", "unit", "held against", "ratio", "holds", box=None)
    for each in taken:
        held = f"≥ {each.floor} of the reference" if each.floor else f"≤ {each.budget:g}" if each.budget else ""
        holds = ("yes" if each.ok else "NO") if held else ""
        ratio = "" if each.ratio is None else f"{each.ratio:g}"
        table.add_row(each.name, f"{each.value:g}", each.unit, held, ratio, holds)
    return table
