"""The machine-readable result of `repair --json`. Verdicts and places are those of `check --json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mmu_smt.report.json_report import (
    SCHEMA,
    DiagnosticRecord,
    Place,
    Rests,
    Versions,
    diagnostic_record,
    place_record,
    rests_record,
    versions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.witness.repairs import RepairReport, Suggestion
    from mmu_smt.witness.verdicts import CheckResult


class CellRecord(msgspec.Struct, frozen=True):
    """The verdict of one property under one config."""

    config: str | None
    property: str
    verdict: str
    by: str


class CellName(msgspec.Struct, frozen=True):
    config: str | None
    property: str


class SuggestionRecord(msgspec.Struct, frozen=True):
    """`text`: the variant file, `variant` the name in it. `verdicts`: of an ordinary check of that file, under each config.

    `emptied`: cells that hold only because their premise never happens any more. `kept`: how many cells held before and hold still.
    """

    what: str
    function: str
    place: Place
    size: int
    variant: str
    text: str
    diff: str
    verdicts: tuple[CellRecord, ...]
    assumes: tuple[Rests, ...]
    mended: tuple[CellName, ...]
    emptied: tuple[CellName, ...]
    kept: int


class CountsRecord(msgspec.Struct, frozen=True):
    """What became of the candidates."""

    made: int
    unusable: int
    by_runs: int
    by_check: int
    by_regression: int
    undecided: int


class RepairRecord(msgspec.Struct, frozen=True):
    """`searched`: every change up to this size was decided, or counts as undecided. `stopped`: why the search ended early."""

    target: str
    variant: str | None
    properties: tuple[str, ...]
    before: tuple[CellRecord, ...]
    suggestions: tuple[SuggestionRecord, ...]
    functions: tuple[str, ...]
    searched: int
    largest: int
    counts: CountsRecord
    wrong_starts: int
    right_starts: int
    stopped: str | None
    seconds: float


class RepairDocument(msgspec.Struct, frozen=True):
    """The whole output. `exit_code` is that of the process."""

    schema: int
    versions: Versions
    exit_code: int
    repair: RepairRecord | None
    diagnostics: tuple[DiagnosticRecord, ...]


def repair_document(report: RepairReport | None, diagnostics: Iterable[Diagnostic], exit_code: int) -> RepairDocument:
    """The document for one search; without one where it could not be made."""
    made = None if report is None else _repair(report)
    return RepairDocument(SCHEMA, versions(), exit_code, made, tuple(map(diagnostic_record, diagnostics)))


def repair_schema_text() -> str:
    """The JSON Schema of `RepairDocument`, as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(RepairDocument)), indent=2).decode() + "\n"


def _repair(report: RepairReport) -> RepairRecord:
    counts = report.counts
    return RepairRecord(
        target=report.target,
        variant=report.variant,
        properties=report.properties,
        before=tuple(c for r in report.before for c in _cells(r)),
        suggestions=tuple(map(_suggestion, report.suggestions)),
        functions=report.functions,
        searched=report.searched,
        largest=report.largest,
        counts=CountsRecord(counts.made, counts.unusable, counts.by_runs, counts.by_check, counts.by_regression, counts.undecided),
        wrong_starts=report.wrong,
        right_starts=report.right,
        stopped=report.stopped or None,
        seconds=report.seconds,
    )


def _suggestion(found: Suggestion) -> SuggestionRecord:
    return SuggestionRecord(
        what=found.what,
        function=found.function,
        place=place_record(found.place),
        size=found.size,
        variant=found.variant,
        text=found.text,
        diff=found.diff,
        verdicts=tuple(c for r in found.results for c in _cells(r)),
        assumes=tuple(map(rests_record, found.results)),
        mended=tuple(CellName(c or None, p) for c, p in found.mended),
        emptied=tuple(CellName(c or None, p) for c, p in found.emptied),
        kept=found.kept,
    )


def _cells(result: CheckResult) -> tuple[CellRecord, ...]:
    return tuple(CellRecord(result.config.name or None, v.property.name, v.word.value, v.by) for v in result.verdicts)
