"""Proving the policy: tried out over its finite domain, and by z3 for every request there can be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from offhold.errors import ConfigurationError
from offhold.privacy.policy import deciding, domain
from offhold.privacy.policy.deciding import Policy

_SOLVER_MS = 60_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing proved or not. `detail` says over how many requests, or which one speaks against it."""

    name: str
    holds: bool
    detail: str
    seconds: float


def prove(policy: Policy, smt: Path | None = None) -> Iterator[Finding]:
    """All findings; SMT-LIB 2 files, one for each claim, go to the folder `smt`.

    Raises ConfigurationError when z3 is not installed: half a proof is none.
    """
    try:
        import z3  # noqa: F401 - an optional dependency
    except ImportError as error:
        problem = "policy prove: z3 is missing; install it with `pip install offhold[proof]`"
        raise ConfigurationError((problem,)) from error
    yield _table(policy)
    yield _exhaustive(policy)
    yield from symbolic(policy, smt)


def _table(policy: Policy) -> Finding:
    began = time.perf_counter()
    found = [asdict(row) for row in domain.table(policy)]
    same = found == deciding.approval()["allows"]
    return Finding("the disclosure list is the approved one", same, f"{len(found)} rows", time.perf_counter() - began)


def _exhaustive(policy: Policy) -> Finding:
    began = time.perf_counter()
    asked, wrong = domain.disagreements(policy)
    detail = f"{asked} requests, {len(wrong)} answered otherwise than meant"
    if wrong:
        detail += f"; the first: {wrong[0]}"
    return Finding("the finite domain is answered as meant", not wrong, detail, time.perf_counter() - began)


def symbolic(policy: Policy, smt: Path | None = None) -> Iterator[Finding]:
    """The claims of `symbolic.py`, each decided by z3."""
    import z3

    from offhold.privacy.policy.symbolic import Model, claims

    model = Model(policy)
    for number, claim in enumerate(claims(model), start=1):
        began = time.perf_counter()
        solver = z3.Solver(ctx=model.context)
        solver.set("timeout", _SOLVER_MS)
        solver.add(claim.formula)
        if smt is not None:
            _write(smt, number, claim.name, claim.satisfiable, solver.to_smt2(), policy)
        result = solver.check()
        wanted = z3.sat if claim.satisfiable else z3.unsat
        name = claim.name if claim.satisfiable else f"never: {claim.name}"
        against = f" by {solver.model()}" if result == z3.sat and not claim.satisfiable else ""
        yield Finding(name, result == wanted, f"{result}{against}", time.perf_counter() - began)


def _write(folder: Path, number: int, name: str, satisfiable: bool, text: str, policy: Policy) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    head = f"; {name}\n; expected: {'sat' if satisfiable else 'unsat'}\n; policy sha256: {policy.sha256}\n"
    body = "\n".join(line for line in text.splitlines() if not line.startswith(";"))
    slug = "-".join("".join(char if char.isalnum() else " " for char in name).split())
    (folder / f"{number:02d}-{slug}.smt2").write_text(f"{head}{body}\n")
