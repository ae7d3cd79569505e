"""Check fault handlers, written in a small language, with an SMT solver. The names below are the public interface."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmu_smt.api import (
        DisagreementError,
        Limits,
        Spec,
        UnconfirmedError,
        check,
        claims,
        compare,
        diff,
        format_text,
        load,
        matrix,
        open_cell,
        open_changes,
        predicate_text,
        report_text,
        run,
        test,
    )
    from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
    from mmu_smt.witness.claims import ClaimsReport, ClauseOutcome, Finding
    from mmu_smt.witness.comparisons import Comparison
    from mmu_smt.witness.differences import Difference
    from mmu_smt.witness.expectations import Outcome, TestReport
    from mmu_smt.witness.matrices import Cell, CellState, CellVerdict, MatrixReport, Row
    from mmu_smt.witness.traces import Trace, TraceStep
    from mmu_smt.witness.verdicts import CheckResult, OpenPremise, UnknownReason, Verdict, Word

__all__ = [
    "Cell",
    "CellState",
    "CellVerdict",
    "CheckResult",
    "ClaimsReport",
    "ClauseOutcome",
    "Comparison",
    "Diagnostic",
    "Difference",
    "DisagreementError",
    "Finding",
    "Limits",
    "MatrixReport",
    "OpenPremise",
    "Outcome",
    "Row",
    "Spec",
    "SpecError",
    "TestReport",
    "Trace",
    "TraceStep",
    "UnconfirmedError",
    "UnknownReason",
    "Verdict",
    "Word",
    "check",
    "claims",
    "compare",
    "diff",
    "format_text",
    "load",
    "matrix",
    "open_cell",
    "open_changes",
    "predicate_text",
    "report_text",
    "run",
    "test",
]

# Imported by the first use: the command imports only what it needs, and most of its time goes into starting.
_HOMES = {
    "mmu_smt.api": (
        "DisagreementError",
        "Limits",
        "Spec",
        "UnconfirmedError",
        "check",
        "claims",
        "compare",
        "diff",
        "format_text",
        "load",
        "matrix",
        "open_cell",
        "open_changes",
        "predicate_text",
        "report_text",
        "run",
        "test",
    ),
    "mmu_smt.syntax.diagnostics": (
        "Diagnostic",
        "SpecError",
    ),
    "mmu_smt.witness.claims": (
        "ClaimsReport",
        "ClauseOutcome",
        "Finding",
    ),
    "mmu_smt.witness.comparisons": ("Comparison",),
    "mmu_smt.witness.differences": ("Difference",),
    "mmu_smt.witness.expectations": (
        "Outcome",
        "TestReport",
    ),
    "mmu_smt.witness.matrices": (
        "Cell",
        "CellState",
        "CellVerdict",
        "MatrixReport",
        "Row",
    ),
    "mmu_smt.witness.traces": (
        "Trace",
        "TraceStep",
    ),
    "mmu_smt.witness.verdicts": (
        "CheckResult",
        "OpenPremise",
        "UnknownReason",
        "Verdict",
        "Word",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
