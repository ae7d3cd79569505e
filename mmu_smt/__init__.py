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
        bundled,
        check,
        claims,
        compare,
        cover,
        diff,
        format_text,
        interrupted,
        load,
        matrix,
        minimize,
        mutate,
        open_cell,
        open_changes,
        open_traces,
        predicate_text,
        repair,
        report_text,
        run,
        save_traces,
        test,
    )
    from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
    from mmu_smt.witness.claims import ClaimsReport, ClauseOutcome, Finding
    from mmu_smt.witness.comparisons import Comparison
    from mmu_smt.witness.coverage import Coverage, Reach
    from mmu_smt.witness.differences import Difference
    from mmu_smt.witness.expectations import Outcome, TestReport
    from mmu_smt.witness.matrices import Cell, CellState, CellVerdict, MatrixReport, Row
    from mmu_smt.witness.mutations import Fate, MutationReport
    from mmu_smt.witness.repairs import RepairReport, Suggestion
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
    "Coverage",
    "Diagnostic",
    "Difference",
    "DisagreementError",
    "Fate",
    "Finding",
    "Limits",
    "MatrixReport",
    "MutationReport",
    "OpenPremise",
    "Outcome",
    "Reach",
    "RepairReport",
    "Row",
    "Spec",
    "SpecError",
    "Suggestion",
    "TestReport",
    "Trace",
    "TraceStep",
    "UnconfirmedError",
    "UnknownReason",
    "Verdict",
    "Word",
    "bundled",
    "check",
    "claims",
    "compare",
    "cover",
    "diff",
    "format_text",
    "interrupted",
    "load",
    "matrix",
    "minimize",
    "mutate",
    "open_cell",
    "open_changes",
    "open_traces",
    "predicate_text",
    "repair",
    "report_text",
    "run",
    "save_traces",
    "test",
]

# A new public function: its name in `__all__`, under TYPE_CHECKING and in the home below. tests/house/test_library.py compares them.
# Imported by the first use: the command imports only what it needs, and most of its time goes into starting.
_HOMES = {
    "mmu_smt.api": (
        "DisagreementError",
        "Limits",
        "Spec",
        "UnconfirmedError",
        "bundled",
        "check",
        "claims",
        "compare",
        "cover",
        "diff",
        "format_text",
        "interrupted",
        "load",
        "matrix",
        "minimize",
        "mutate",
        "open_cell",
        "open_changes",
        "open_traces",
        "repair",
        "predicate_text",
        "report_text",
        "run",
        "save_traces",
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
    "mmu_smt.witness.coverage": ("Coverage", "Reach"),
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
    "mmu_smt.witness.repairs": (
        "RepairReport",
        "Suggestion",
    ),
    "mmu_smt.witness.mutations": ("Fate", "MutationReport"),
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
