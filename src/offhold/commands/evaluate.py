"""`offhold eval`: how well is understood what customers write, measured on labelled files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from offhold.errors import ConfigurationError

app = typer.Typer(no_args_is_help=True, help="Measure understanding on labelled files.")


@app.command()
def intents(
    train_file: Annotated[Path, typer.Option("--train", help="CSV with the columns text and label")],
    test_file: Annotated[Path, typer.Option("--test", help="CSV of the same form; label oos: out of scope")],
    several: Annotated[bool, typer.Option("--multi-label", help="labels joined by |, none or many a text")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Train intent heads on one file, answer the other one text at a time, and print the figures."""
    os.environ["OPENBLAS_NUM_THREADS"] = (
        "1"  # read when numpy loads: figures are those of one core, the same everywhere
    )
    try:
        from offhold import models  # heavy imports, only where needed
        from offhold.evaluation import intents as command
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            (f"eval intents needs {error.name}, which only training uses; `make install` brings it",)
        ) from error
    figures = command.measure(models.encoder().levels, train_file, test_file, several).as_dict()
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        typer.echo(f"{name:<18} {'does not apply' if value is None else value}")


@app.command()
def spendqa(
    questions: Annotated[Path, typer.Option(help="questions.jsonl, its ledgers in ledgers/ beside it")],
    scorer: Annotated[Path | None, typer.Option(help="the set's own score.py; default: in the folder or above")] = None,
    show_wrong: Annotated[int, typer.Option(help="print the first N wrong answers")] = 0,
) -> None:
    """Answer a SpendQA question file with `offhold answer --stdio`, judged by the scorer that belongs to the set."""
    places = [scorer] if scorer else [folder / "score.py" for folder in questions.absolute().parents[:2]]
    judge = next((place for place in places if place.is_file()), None)
    if judge is None or not questions.is_file():
        missing = questions if judge else " or ".join(map(str, places))
        raise ConfigurationError((f"there is no {missing}; name the files with --questions and --scorer",))
    options = ["--show-wrong", str(show_wrong)] if show_wrong else []
    candidate = [sys.executable, "-m", "offhold", "answer", "--stdio"]
    judged = subprocess.run([sys.executable, str(judge), str(questions), *options, "--", *candidate], check=False)
    raise typer.Exit(1 if judged.returncode else 0)
