"""The machine-readable result of `diff --json`. Runs, verdicts and places are those of `check --json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mmu_smt.report.comparison_json import AspectRecord, DivergenceRecord, VariantRecord, aspect_record, divergence_record, variant_record
from mmu_smt.report.json_report import (
    SCHEMA,
    DiagnosticRecord,
    Place,
    TraceRecord,
    VerdictRecord,
    Versions,
    diagnostic_record,
    trace_record,
    verdict_record,
    versions,
)
from mmu_smt.report.predicates import Predicates
from mmu_smt.witness.differences import has_changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.syntax.source import Span
    from mmu_smt.witness.differences import Difference, Literal, Part, Witness
    from mmu_smt.witness.traces import Test


class LiteralRecord(msgspec.Struct, frozen=True):
    """A test that comes out as one of `outcomes` (`others`: as none of them), made by the variants that have a place; or, with `state`,
    that this state variable has that value before the step (`others`: has not).
    """

    function: str | None
    state: str | None
    text: str
    outcomes: tuple[str, ...]
    others: bool
    first: Place | None
    second: Place | None


class TestMade(msgspec.Struct, frozen=True):
    """A test on a decision path, and how it came out."""

    function: str
    text: str
    outcome: str
    place: Place


class WitnessRecord(msgspec.Struct, frozen=True):
    """Both runs; they differ in the last transition. `leads`: the variant (1 or 2) that alone is known to reach the state; the other one's
    run is the last transition alone.
    """

    first: TraceRecord
    second: TraceRecord
    divergence: DivergenceRecord
    first_path: tuple[TestMade, ...]
    second_path: tuple[TestMade, ...]
    leads: int | None


class PartRecord(msgspec.Struct, frozen=True):
    """A conjunction. `clauses`: in words. `reached`: yes, no or unknown. `effect`: harmless, `changes a verdict` (`changes`: of which
    properties), `no verdict traced to it`, unreachable or unknown.
    """

    clauses: tuple[str, ...]
    literals: tuple[LiteralRecord, ...]
    exact: bool
    reached: str
    by: str
    effect: str
    changes: tuple[str, ...]
    witness: WitnessRecord | None


class VerdictPair(msgspec.Struct, frozen=True):
    """The verdicts of both on one property."""

    property: str
    changed: bool
    first: VerdictRecord
    second: VerdictRecord


class TextRecord(msgspec.Struct, frozen=True):
    """A declaration that differs, in canonical layout; empty where a variant has none."""

    name: str
    before: str
    after: str


class DifferenceRecord(msgspec.Struct, frozen=True):
    """`word`: equivalent, differs or unknown. The two differ iff a part holds (`exact`), only if one does, or, unless `complete`, also
    elsewhere, in states that satisfy the `invariants`.
    """

    first: VariantRecord
    second: VariantRecord
    config: str | None
    word: str
    by: str
    exact: bool
    complete: bool
    undisturbed: bool
    parts: tuple[PartRecord, ...]
    smallest: WitnessRecord | None
    invariants: tuple[str, ...]
    initial: AspectRecord
    verdicts: tuple[VerdictPair, ...]
    texts: tuple[TextRecord, ...]
    first_only: tuple[str, ...]
    second_only: tuple[str, ...]
    opaque: tuple[str, ...]
    seconds: float


class DiffDocument(msgspec.Struct, frozen=True):
    """The whole output. `exit_code` is that of the process."""

    schema: int
    versions: Versions
    exit_code: int
    difference: DifferenceRecord | None
    diagnostics: tuple[DiagnosticRecord, ...]


def diff_document(found: Difference | None, diagnostics: Iterable[Diagnostic], exit_code: int) -> DiffDocument:
    """The document for one difference; without one where it could not be found out."""
    made = None if found is None else difference_record(found)
    return DiffDocument(SCHEMA, versions(), exit_code, made, tuple(map(diagnostic_record, diagnostics)))


def diff_schema_text() -> str:
    """The JSON Schema of `DiffDocument`, as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(DiffDocument)), indent=2).decode() + "\n"


def difference_record(found: Difference) -> DifferenceRecord:
    """A difference with all its runs."""
    predicates = Predicates(found.first, found.second)
    return DifferenceRecord(
        first=variant_record(found.first),
        second=variant_record(found.second),
        config=found.second.config.name or None,
        word=found.word.value,
        by=found.by,
        exact=found.exact,
        complete=found.complete,
        undisturbed=found.undisturbed,
        parts=tuple(_part(found, predicates, p) for p in found.parts),
        smallest=_witness(found, found.smallest),
        invariants=found.invariants,
        initial=aspect_record((found.first.program, found.second.program), found.initial),
        verdicts=tuple(
            VerdictPair(a.property.name, has_changed(a, b), verdict_record(found.first, a), verdict_record(found.second, b))
            for a, b in found.verdicts
        ),
        texts=tuple(TextRecord(t.name, t.before, t.after) for t in found.texts),
        first_only=found.first_only,
        second_only=found.second_only,
        opaque=found.opaque,
        seconds=found.seconds,
    )


def _part(found: Difference, predicates: Predicates, part: Part) -> PartRecord:
    return PartRecord(
        clauses=tuple(predicates.clauses(part)),
        literals=tuple(map(_literal, part.literals)),
        exact=part.exact,
        reached=part.reached.value,
        by=part.by,
        effect=part.effect.value,
        changes=part.changes,
        witness=_witness(found, part.witness),
    )


def _literal(literal: Literal) -> LiteralRecord:
    return LiteralRecord(
        function=literal.function or None,
        state=literal.state,
        text=literal.text,
        outcomes=literal.outcomes,
        others=literal.others,
        first=_place(literal.first),
        second=_place(literal.second),
    )


def _place(span: Span | None) -> Place | None:
    return None if span is None else Place(span.file.name, span.line, span.column)


def _witness(found: Difference, witness: Witness | None) -> WitnessRecord | None:
    if witness is None:
        return None
    return WitnessRecord(
        first=trace_record(found.first.program, witness.first),
        second=trace_record(found.second.program, witness.second),
        divergence=divergence_record(witness.divergence),
        first_path=_path(witness.first_tests),
        second_path=_path(witness.second_tests),
        leads=None if witness.leads is None else witness.leads + 1,
    )


def _path(tests: Sequence[Test]) -> tuple[TestMade, ...]:
    return tuple(TestMade(t.function, t.text, t.outcome, Place(t.span.file.name, t.span.line, t.span.column)) for t in tests)
