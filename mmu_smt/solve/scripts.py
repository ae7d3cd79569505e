"""SMT-LIB scripts, as text, put to solvers: Z3, and whichever others are installed (the extra `certify`).

Each solver reads the text with its own parser, so that nothing of this package stands between the text and the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from types import MappingProxyType
from typing import Any

from mmu_smt.solve.session import Status


@dataclass(frozen=True, slots=True)
class Reply:
    """What a solver says of a script. `trouble`: in its own words, why it says nothing."""

    solver: str
    status: Status
    seconds: float
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class ScriptSolver:
    """A solver that is installed, under its usual name with its version."""

    name: str
    version: str

    def ask(self, text: str, *, seconds: float | None = None) -> Reply:
        """Put a script with one `(check-sat)` to it, in at most so many seconds. Never raises for what the script says."""
        started = perf_counter()
        try:
            said, trouble = _ASK[self.name](text, seconds), ""
        except Exception as error:  # each has exceptions of its own, for syntax errors and for limits alike
            said, trouble = "", " ".join(str(error).split())[:200]
        status = {"sat": Status.SAT, "unsat": Status.UNSAT}.get(said, Status.UNKNOWN)
        return Reply(self.name, status, perf_counter() - started, trouble or ("" if said in ("sat", "unsat", "unknown") else said))


def solvers(names: Iterable[str] | None = None) -> tuple[tuple[ScriptSolver, ...], tuple[str, ...]]:
    """Those that are installed, and the names of those that are not. Default: all that are known."""
    there: list[ScriptSolver] = []
    missing: list[str] = []
    for name in names or KNOWN:
        try:
            import_module(_MODULES[name])
            there.append(ScriptSolver(name, version(_PACKAGES[name])))
        except (ImportError, PackageNotFoundError):
            missing.append(name)
    return tuple(there), tuple(missing)


def _z3(text: str, seconds: float | None) -> str:
    z3: Any = import_module("z3")
    context = z3.Context()
    solver = z3.SolverFor("QF_BV", ctx=context)
    if seconds is not None:
        solver.set("timeout", max(1, int(seconds * 1000)))
    solver.from_string(text)
    return str(solver.check())


def _cvc5(text: str, seconds: float | None) -> str:
    cvc5: Any = import_module("cvc5")
    solver = cvc5.Solver(cvc5.TermManager())
    if seconds is not None:
        solver.setOption("tlimit-per", str(max(1, int(seconds * 1000))))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
    while not (command := parser.nextCommand()).isNull():
        # A script that states its answer would be answered with an error where the answer is another one.
        if command.getCommandName() in ("set-info", "check-sat"):
            continue
        said = str(command.invoke(solver, parser.getSymbolManager()))
        if said.startswith("(error"):
            raise ValueError(said)
    result = solver.checkSat()
    return "sat" if result.isSat() else "unsat" if result.isUnsat() else "unknown"


def _bitwuzla(text: str, seconds: float | None) -> str:
    bitwuzla: Any = import_module("bitwuzla")
    options = bitwuzla.Options()
    if seconds is not None:
        options.set(bitwuzla.Option.TIME_LIMIT_PER, max(1, int(seconds * 1000)))
    parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
    parser.parse(text, parse_only=True, parse_file=False)
    return {"SAT": "sat", "UNSAT": "unsat"}.get(parser.bitwuzla().check_sat().name, "unknown")


_MODULES: Mapping[str, str] = MappingProxyType({"z3": "z3", "cvc5": "cvc5", "bitwuzla": "bitwuzla"})
_PACKAGES: Mapping[str, str] = MappingProxyType({"z3": "z3-solver", "cvc5": "cvc5", "bitwuzla": "bitwuzla"})
_ASK: Mapping[str, Callable[[str, float | None], str]] = MappingProxyType({"z3": _z3, "cvc5": _cvc5, "bitwuzla": _bitwuzla})

KNOWN = tuple(_MODULES)
"""The names of the solvers that can be asked, installed or not."""
