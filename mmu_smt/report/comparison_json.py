"""The machine-readable results of `compare --json` and `claims --json`. Runs, verdicts and places are those of `check --json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mmu_smt.report.claims_text import clause_text
from mmu_smt.report.json_report import (
    SCHEMA,
    DiagnosticRecord,
    Json,
    Place,
    Rests,
    TraceRecord,
    VerdictRecord,
    Versions,
    diagnostic_record,
    rests_record,
    trace_record,
    valuation_record,
    verdict_record,
    versions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mmu_smt.semantics.program import Program
    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.witness.claims import ClaimsReport, ClauseOutcome
    from mmu_smt.witness.comparisons import AspectResult, Change, Comparison, Divergence, EquivalenceResult, Mark, Scenario
    from mmu_smt.witness.expectations import Outcome
    from mmu_smt.witness.traces import Trace
    from mmu_smt.witness.verdicts import CheckResult


class DivergenceRecord(msgspec.Struct, frozen=True):
    """How the last transitions differ; pairs are of the first and of the second variant."""

    enabled: tuple[bool, bool]
    faults: tuple[bool, bool]
    states: tuple[str, ...]
    terminal: bool
    places: bool
    decisions: bool
    ghosts: tuple[str, ...]
    loops: bool


class AspectRecord(msgspec.Struct, frozen=True):
    """`likeness`: same, differs or unknown. With differs, the run of each variant to where they come apart."""

    likeness: str
    by: str
    bound: int | None
    divergence: DivergenceRecord | None
    first: TraceRecord | None
    second: TraceRecord | None


class EquivalenceRecord(msgspec.Struct, frozen=True):
    """`word`: equivalent, differs or unknown."""

    word: str
    by: str
    initial: AspectRecord
    places: AspectRecord
    state: AspectRecord
    decisions: AspectRecord
    ghosts: AspectRecord
    first_only: tuple[str, ...]
    second_only: tuple[str, ...]
    opaque: tuple[str, ...]


class ScenarioRecord(msgspec.Struct, frozen=True):
    """`broken` violates the property, `intact` starts alike and satisfies it, whatever stays free, by `by`."""

    consts: dict[str, Json]
    initial: dict[str, Json]
    broken: TraceRecord
    intact: TraceRecord
    by: str


class MarkRecord(msgspec.Struct, frozen=True):
    """`answer`: yes, no or unknown."""

    answer: str
    by: str
    tried: int
    scenario: ScenarioRecord | None


class ChangeRecord(msgspec.Struct, frozen=True):
    """`word`: fixes, introduces, `fixes and introduces`, neither or unknown."""

    property: str
    word: str
    fixes: MarkRecord
    introduces: MarkRecord
    before: VerdictRecord
    after: VerdictRecord


class VariantRecord(msgspec.Struct, frozen=True):
    target: str
    variant: str | None
    subject: str | None
    link: str | None
    digest: str
    assumes: Rests


class ComparisonRecord(msgspec.Struct, frozen=True):
    first: VariantRecord
    second: VariantRecord
    config: str | None
    equivalence: EquivalenceRecord
    changes: tuple[ChangeRecord, ...]
    left_out: tuple[str, ...]
    seconds: float


class CompareDocument(msgspec.Struct, frozen=True):
    """The whole output. `exit_code` is that of the process."""

    schema: int
    versions: Versions
    exit_code: int
    comparison: ComparisonRecord | None
    diagnostics: tuple[DiagnosticRecord, ...]


class VerdictFound(msgspec.Struct, frozen=True):
    """A verdict that is part of a claim: what was claimed, and what was found."""

    property: str
    claimed: tuple[str, ...]
    met: bool
    verdict: str
    by: str


class StatementRecord(msgspec.Struct, frozen=True):
    """`finding` and `expected`: confirmed, contradicted or undecided; `expected` is what the declaration says should be found."""

    claim: str
    text: str | None
    link: str | None
    statement: str
    place: Place
    finding: str
    expected: str
    because: str
    reason: str | None
    comparison: ComparisonRecord | None
    verdicts: tuple[VerdictFound, ...]


class ClaimsDocument(msgspec.Struct, frozen=True):
    """The whole output of `claims --json`. `exit_code` is that of the process."""

    schema: int
    versions: Versions
    exit_code: int
    statements: tuple[StatementRecord, ...]
    diagnostics: tuple[DiagnosticRecord, ...]


def claims_document(report: ClaimsReport, exit_code: int) -> ClaimsDocument:
    """The document for one evaluation of claims."""
    diagnostics = tuple(diagnostic_record(d) for found in report.unusable.values() for d in found)
    return ClaimsDocument(SCHEMA, versions(), exit_code, tuple(map(_statement, report.outcomes)), diagnostics)


def claims_schema_text() -> str:
    """The JSON Schema of `ClaimsDocument`, as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(ClaimsDocument)), indent=2).decode() + "\n"


def _statement(outcome: ClauseOutcome) -> StatementRecord:
    span = outcome.clause.span
    return StatementRecord(
        claim=outcome.claim.name,
        text=outcome.claim.text,
        link=outcome.claim.link,
        statement=clause_text(outcome.clause, outcome.config),
        place=Place(span.file.name, span.line, span.column),
        finding=outcome.finding.value,
        expected=outcome.expected.value,
        because=outcome.because,
        reason=outcome.clause.contradicted,
        comparison=None if outcome.comparison is None else comparison_record(outcome.comparison),
        verdicts=tuple(map(_verdict_found, outcome.outcomes)),
    )


def _verdict_found(outcome: Outcome) -> VerdictFound:
    verdict = outcome.verdict
    return VerdictFound(
        property=outcome.expectation.property,
        claimed=tuple(w.word if w.bound is None else f"{w.word}({w.bound})" for w in outcome.expectation.wanted),
        met=outcome.met,
        verdict=verdict.word.value,
        by=verdict.by,
    )


def compare_document(found: Comparison | None, diagnostics: Iterable[Diagnostic], exit_code: int) -> CompareDocument:
    """The document for one comparison; without one where it could not be made."""
    made = None if found is None else comparison_record(found)
    return CompareDocument(SCHEMA, versions(), exit_code, made, tuple(map(diagnostic_record, diagnostics)))


def compare_schema_text() -> str:
    """The JSON Schema of `CompareDocument`, as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(CompareDocument)), indent=2).decode() + "\n"


def comparison_record(found: Comparison) -> ComparisonRecord:
    """A comparison with all its runs."""
    programs = found.first.program, found.second.program
    return ComparisonRecord(
        first=variant_record(found.first),
        second=variant_record(found.second),
        config=found.second.config.name or None,
        equivalence=_equivalence(programs, found.equivalence),
        changes=tuple(_change(found, c) for c in found.changes),
        left_out=found.left_out,
        seconds=found.seconds,
    )


def variant_record(result: CheckResult) -> VariantRecord:
    """A variant of a comparison, and what its verdicts rest on."""
    program = result.program
    return VariantRecord(result.target, program.variant, program.subject, program.link, program.digest, rests_record(result))


def _equivalence(programs: Sequence[Program], result: EquivalenceResult) -> EquivalenceRecord:
    return EquivalenceRecord(
        word=result.word.value,
        by=result.by,
        initial=aspect_record(programs, result.initial),
        places=aspect_record(programs, result.places),
        state=aspect_record(programs, result.state),
        decisions=aspect_record(programs, result.decisions),
        ghosts=aspect_record(programs, result.ghosts),
        first_only=result.first_only,
        second_only=result.second_only,
        opaque=result.opaque,
    )


def aspect_record(programs: Sequence[Program], aspect: AspectResult) -> AspectRecord:
    """One aspect of a comparison of these two programs."""
    return AspectRecord(
        likeness=aspect.likeness.value,
        by=aspect.by,
        bound=aspect.bound,
        divergence=None if aspect.divergence is None else divergence_record(aspect.divergence),
        first=_run(programs[0], aspect.first),
        second=_run(programs[1], aspect.second),
    )


def divergence_record(found: Divergence) -> DivergenceRecord:
    """How two transitions differ."""
    return DivergenceRecord(
        found.enabled, found.faults, found.states, found.terminal, found.places, found.decisions, found.ghosts, found.loops
    )


def _run(program: Program, trace: Trace | None) -> TraceRecord | None:
    return None if trace is None else trace_record(program, trace)


def _change(found: Comparison, change: Change) -> ChangeRecord:
    one, two = found.first, found.second
    return ChangeRecord(
        property=change.name,
        word=change.word,
        fixes=_mark(change.fixes, one.program, two.program),
        introduces=_mark(change.introduces, two.program, one.program),
        before=verdict_record(one, change.before),
        after=verdict_record(two, change.after),
    )


def _mark(mark: Mark, broken: Program, intact: Program) -> MarkRecord:
    scenario = None if mark.scenario is None else _scenario(mark.scenario, broken, intact)
    return MarkRecord(mark.answer.value, mark.by, mark.tried, scenario)


def _scenario(scenario: Scenario, broken: Program, intact: Program) -> ScenarioRecord:
    return ScenarioRecord(
        consts=valuation_record(broken.consts, scenario.consts),
        initial=valuation_record(broken.states, scenario.initial),
        broken=trace_record(broken, scenario.broken),
        intact=trace_record(intact, scenario.intact),
        by=scenario.by,
    )
