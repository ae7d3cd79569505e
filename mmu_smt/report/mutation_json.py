"""The machine-readable result of `mutate --json`: records with a published schema, `docs/schema/mutate-result.schema.json`.

Fields are only added within one `schema` number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mmu_smt.report.json_report import SCHEMA, DiagnosticRecord, Json, Versions, diagnostic_record, versions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.witness.mutations import MutantResult, MutationReport


class KillRecord(msgspec.Struct, frozen=True):
    """`length`: of the run that violates the property; null where it has become vacuous."""

    property: str
    config: str
    before: str
    after: str
    length: int | None


class ApartRecord(msgspec.Struct, frozen=True):
    """A replayed run in which mutant and original come apart: where it begins, its length, and both in text."""

    config: str
    steps: int
    behaviour: bool
    consts: dict[str, Json]
    initial: dict[str, Json]
    text: tuple[str, ...]


class MutantRecord(msgspec.Struct, frozen=True):
    """`fate`: killed, equivalent, gap or unknown. `number` 0: a variant that somebody wrote."""

    number: int
    name: str
    operator: str
    function: str
    place: str
    change: tuple[str, ...]
    fate: str
    by: str
    kills: tuple[KillRecord, ...]
    apart: tuple[ApartRecord, ...]
    seconds: float
    problem: str


class CountedRecord(msgspec.Struct, frozen=True):
    """The properties that can kill under a config, with the verdicts of the original."""

    config: str
    verdicts: dict[str, str]


class MutationRecord(msgspec.Struct, frozen=True):
    """`everything`: all kills of every mutant are listed, not only the first. `seconds`: the limit of each question."""

    target: str
    variant: str | None
    subject: str | None
    configs: tuple[str, ...]
    counted: tuple[CountedRecord, ...]
    mutants: tuple[MutantRecord, ...]
    ill_typed: int
    repeated: int
    missing: int
    everything: bool
    seconds: float | None
    seed: int
    given: dict[str, int]


class MutateDocument(msgspec.Struct, frozen=True):
    """The whole output. `exit_code` is that of the process."""

    schema: int
    versions: Versions
    exit_code: int
    mutation: MutationRecord | None
    diagnostics: tuple[DiagnosticRecord, ...]


def mutate_document(report: MutationReport | None, diagnostics: Iterable[Diagnostic], exit_code: int) -> MutateDocument:
    """The document for one run."""
    found = None if report is None else _mutation(report)
    return MutateDocument(SCHEMA, versions(), exit_code, found, tuple(map(diagnostic_record, diagnostics)))


def mutate_schema() -> str:
    """The JSON Schema of `MutateDocument`, as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(MutateDocument)), indent=2).decode() + "\n"


def _mutation(report: MutationReport) -> MutationRecord:
    return MutationRecord(
        target=report.target,
        variant=report.variant,
        subject=report.subject,
        configs=report.configs,
        counted=tuple(CountedRecord(c, {n: w.value for n, w in words}) for c, words in report.counted),
        mutants=tuple(map(_mutant, report.results)),
        ill_typed=report.ill_typed,
        repeated=report.repeated,
        missing=report.missing,
        everything=report.everything,
        seconds=report.seconds,
        seed=report.seed,
        given=dict(report.given),
    )


def _mutant(result: MutantResult) -> MutantRecord:
    judgement = result.judgement
    return MutantRecord(
        number=result.number,
        name=result.name,
        operator=result.operator,
        function=result.function,
        place=result.place,
        change=result.change,
        fate=judgement.fate.value,
        by=judgement.by,
        kills=tuple(KillRecord(k.property, k.config, k.before.value, k.after.value, k.length) for k in judgement.kills),
        apart=tuple(ApartRecord(a.config, a.steps, a.behaviour, a.consts, a.initial, a.text) for a in judgement.apart),
        seconds=judgement.seconds,
        problem=result.problem,
    )
