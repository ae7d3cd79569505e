"""The machine-readable result of `cover --json`: records with a published schema, `docs/schema/cover-result.schema.json`.

Fields are only added within one `schema` number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mmu_smt.report.json_report import (
    SCHEMA,
    DiagnosticRecord,
    Place,
    TraceRecord,
    Versions,
    diagnostic_record,
    place_record,
    trace_record,
    versions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.witness.coverage import Coverage, Found


class FoundRecord(msgspec.Struct, frozen=True):
    """Under one config: `reach` is reached, dead or unknown. `run`: index into `runs`; `steps`: its length."""

    config: str
    reach: str
    by: str
    reason: str | None
    phase: str | None
    run: int | None
    steps: int | None


class BranchRecord(msgspec.Struct, frozen=True):
    """`kind`: then, else (of an if), arm, true, false (of an operand), return. `reach`: under all configs together."""

    kind: str
    function: str
    text: str
    place: Place
    rule: str | None
    reach: str
    found: tuple[FoundRecord, ...]


class PremiseRecord(msgspec.Struct, frozen=True):
    property: str
    reach: str
    found: tuple[FoundRecord, ...]


class CoverRunRecord(msgspec.Struct, frozen=True):
    config: str
    trace: TraceRecord


class CoverageRecord(msgspec.Struct, frozen=True):
    """`unmarked`: functions called under quantifiers, too, where their branches are not seen."""

    target: str
    variant: str | None
    subject: str | None
    configs: tuple[str, ...]
    branches: tuple[BranchRecord, ...]
    premises: tuple[PremiseRecord, ...]
    runs: tuple[CoverRunRecord, ...]
    unmarked: tuple[str, ...]
    interrupted: bool
    seconds: float


class CoverDocument(msgspec.Struct, frozen=True):
    """The whole output. `exit_code` is that of the process."""

    schema: int
    versions: Versions
    exit_code: int
    coverage: CoverageRecord | None
    diagnostics: tuple[DiagnosticRecord, ...]


def cover_document(found: Coverage | None, diagnostics: Iterable[Diagnostic], exit_code: int) -> CoverDocument:
    """The document for one run."""
    coverage = None if found is None else _coverage(found)
    return CoverDocument(SCHEMA, versions(), exit_code, coverage, tuple(map(diagnostic_record, diagnostics)))


def cover_schema() -> str:
    """The JSON Schema of `CoverDocument`, as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(CoverDocument)), indent=2).decode() + "\n"


def _coverage(found: Coverage) -> CoverageRecord:
    program = found.program
    names = tuple(c.name for c in found.configs)
    return CoverageRecord(
        target=found.target,
        variant=program.variant,
        subject=program.subject,
        configs=names,
        branches=tuple(
            BranchRecord(
                p.kind,
                p.function,
                p.text,
                place_record(p.span),
                p.rule,
                p.reach.value,
                tuple(_found(found, n, f) for n, f in zip(names, p.found, strict=True)),
            )
            for p in found.places
        ),
        premises=tuple(
            PremiseRecord(
                p.judged.name,
                p.reach.value,
                tuple(_found(found, n, f) for n, f in zip(names, p.found, strict=True) if f is not None),
            )
            for p in found.premises
        ),
        runs=tuple(CoverRunRecord(names[r.config], trace_record(program, r.trace)) for r in found.runs),
        unmarked=found.unmarked,
        interrupted=found.interrupted,
        seconds=round(found.seconds, 3),
    )


def _found(coverage: Coverage, config: str, found: Found) -> FoundRecord:
    return FoundRecord(
        config=config,
        reach=found.reach.value,
        by=found.by,
        reason=None if found.reason is None else found.reason.value,
        phase=found.phase or None,
        run=found.run,
        steps=None if found.run is None else len(coverage.runs[found.run].trace.steps),
    )
