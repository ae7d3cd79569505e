"""The machine-readable results of `run --json` and `test --json`, in the terms of `check --json` (see `json_report`).

The schemas in `docs/schema/` are generated from these records. Fields are only added within one `schema` number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from mmu_smt.report.json_report import (
    SCHEMA,
    DiagnosticRecord,
    Place,
    TraceRecord,
    VacuityRecord,
    Versions,
    diagnostic_record,
    place_record,
    trace_record,
    vacuity_record,
    versions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mmu_smt.semantics.program import Program
    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.witness.expectations import Outcome, TestReport
    from mmu_smt.witness.traces import Trace


class RunRecord(msgspec.Struct, frozen=True):
    """A run on plain values. `digest`: sha256 over the text of every file and the parameters."""

    variant: str | None
    subject: str | None
    digest: str
    params: dict[str, int]
    trace: TraceRecord


class RunDocument(msgspec.Struct, frozen=True):
    """The whole output of `run --json`. `exit_code` is that of the process; no `run` where there are errors."""

    schema: int
    versions: Versions
    exit_code: int
    target: str
    config: tuple[str, ...] | None
    seed: int
    run: RunRecord | None
    diagnostics: tuple[DiagnosticRecord, ...]


class OutcomeRecord(msgspec.Struct, frozen=True):
    """One expectation and what came of it. `wanted`: verdict words, `bounded(N)` with its bound. The rest as in `check --json`."""

    target: str
    variant: str | None
    config: str | None
    property: str
    place: Place
    wanted: tuple[str, ...]
    met: bool
    verdict: str
    by: str
    bound: int | None
    least: int | None
    reason: str | None
    seconds: float
    vacuity: VacuityRecord | None


class UnusableRecord(msgspec.Struct, frozen=True):
    """A file that could not be tested."""

    file: str
    diagnostics: tuple[DiagnosticRecord, ...]


class TestDocument(msgspec.Struct, frozen=True):
    """The whole output of `test --json`. `exit_code` is that of the process; `without`: files that state no expectation."""

    __test__ = False

    schema: int
    versions: Versions
    exit_code: int
    outcomes: tuple[OutcomeRecord, ...]
    unusable: tuple[UnusableRecord, ...]
    without: tuple[str, ...]
    seconds: float
    diagnostics: tuple[DiagnosticRecord, ...]


Document: TypeAlias = RunDocument | TestDocument


def run_record(program: Program, trace: Trace) -> RunRecord:
    """A run of the program."""
    return RunRecord(program.variant, program.subject, program.digest, dict(program.params), trace_record(program, trace))


def run_document(
    target: str, config: Iterable[str] | None, seed: int, run: RunRecord | None, diagnostics: Iterable[Diagnostic], exit_code: int
) -> RunDocument:
    """The document for one run, or for what kept it from running."""
    named = None if config is None else tuple(config)
    return RunDocument(SCHEMA, versions(), exit_code, target, named, seed, run, tuple(map(diagnostic_record, diagnostics)))


def test_document(report: TestReport, diagnostics: Iterable[Diagnostic], exit_code: int) -> TestDocument:
    """The document for a report, with diagnostics that belong to no file."""
    return TestDocument(
        schema=SCHEMA,
        versions=versions(),
        exit_code=exit_code,
        outcomes=tuple(map(_outcome, report.outcomes)),
        unusable=_unusable(report.unusable),
        without=report.without,
        seconds=report.seconds,
        diagnostics=tuple(map(diagnostic_record, diagnostics)),
    )


test_document.__test__ = False  # pyright: ignore[reportFunctionMemberAccess]  (no test)


def encode_document(value: Document) -> str:
    """The document as indented JSON, ended by a line break."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def document_schema(kind: type[msgspec.Struct]) -> str:
    """The JSON Schema of a document, as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(kind)), indent=2).decode() + "\n"


def _outcome(outcome: Outcome) -> OutcomeRecord:
    expected, verdict = outcome.expectation, outcome.verdict
    return OutcomeRecord(
        target=outcome.target,
        variant=expected.variant,
        config=outcome.config or None,
        property=expected.property,
        place=place_record(expected.span),
        wanted=tuple(w.word if w.bound is None else f"{w.word}({w.bound})" for w in expected.wanted),
        met=outcome.met,
        verdict=verdict.word.value,
        by=verdict.by,
        bound=verdict.bound,
        least=verdict.least,
        reason=verdict.reason.value if verdict.reason is not None else None,
        seconds=verdict.seconds,
        vacuity=vacuity_record(verdict.vacuity) if verdict.vacuity is not None else None,
    )


def _unusable(found: Mapping[str, tuple[Diagnostic, ...]]) -> tuple[UnusableRecord, ...]:
    return tuple(UnusableRecord(name, tuple(map(diagnostic_record, diagnostics))) for name, diagnostics in found.items())
