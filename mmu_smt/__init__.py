"""Check fault handlers, written in a small language, with an SMT solver. The names below are the public interface."""

from __future__ import annotations

from mmu_smt.api import (
    DisagreementError,
    Limits,
    Spec,
    UnconfirmedError,
    check,
    claims,
    compare,
    format_text,
    load,
    matrix,
    open_cell,
    report_text,
    run,
    test,
)
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
from mmu_smt.witness.claims import ClaimsReport, ClauseOutcome, Finding
from mmu_smt.witness.comparisons import Comparison
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
    "format_text",
    "load",
    "matrix",
    "open_cell",
    "report_text",
    "run",
    "test",
]
