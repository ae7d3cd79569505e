"""The machine-readable result of `matrix --json`: records with a published schema, `docs/schema/matrix-result.schema.json`.

Runs are not in it: `mmu-smt matrix … --cell ROW,CONFIG --json` prints those of a cell as `check --json` does, and with `--marks` what its
row changes as `compare --json` does. Fields are only added
within one `schema` number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from mmu_smt.report.json_report import DiagnosticRecord, Json, Versions, diagnostic_record, valuation_record, versions
from mmu_smt.report.marks import full_mark
from mmu_smt.syntax.diagnostics import Diagnostic
from mmu_smt.witness.serialise import candidate_from_json

if TYPE_CHECKING:
    from mmu_smt.semantics.program import Program
    from mmu_smt.witness.matrices import Cell, CellMark, Judged, MatrixReport, Names, Row

SCHEMA = 1


class PropertyRecord(msgspec.Struct, frozen=True):
    """`folded`: shown in one table with the others of its sort."""

    name: str
    kind: str
    doc: str | None
    folded: bool


class MatrixHead(msgspec.Struct, frozen=True):
    """What a matrix declares, and the limits of every cell. Columns and settings are lists of configs that are joined."""

    name: str
    subject: str | None
    file: str
    columns: tuple[tuple[str, ...], ...]
    settings: tuple[tuple[str, ...], ...]
    properties: tuple[PropertyRecord, ...]
    bound: int | None
    seconds: float | None
    seed: int


class MarkedScenario(msgspec.Struct, frozen=True):
    """A valuation of the constants and the initial state. `length`, `loop_start`: of the run of the row that violates the property;
    `other_length`: of the other row's run from there.
    """

    consts: dict[str, Json]
    initial: dict[str, Json]
    length: int
    loop_start: int | None
    other_length: int


class CellMarkRecord(msgspec.Struct, frozen=True):
    """`answer`: yes, no or unknown. `basis`: scenario (yes); verdict, same check, equivalent or every scenario (no); open (unknown). `by`:
    the argument, or why there is none. `tried`: scenarios looked at.
    """

    answer: str
    basis: str
    by: str
    tried: int
    scenario: MarkedScenario | None


class CellChangeRecord(msgspec.Struct, frozen=True):
    """What the row does to the property. `word`: fixes, introduces, `fixes and introduces`, neither or unknown."""

    word: str
    fixes: CellMarkRecord
    introduces: CellMarkRecord


class CellRecord(msgspec.Struct, frozen=True):
    """The verdict on one property under one config. `config`: setting and column joined. `state`: judged, failed or missing; `verdict` is
    null unless it is judged. `length`: transitions of the run; `loop_start`: where it loops back to. `problem`: why it failed.
    `change`: what the row changes, with --marks; null also where the property is not declared by both rows, or cannot be violated.
    """

    property: str
    setting: tuple[str, ...]
    column: tuple[str, ...]
    config: tuple[str, ...]
    state: str
    verdict: str | None
    mark: str
    by: str
    bound: int | None
    least: int | None
    length: int | None
    shortest: bool | None
    loop_start: int | None
    reason: str | None
    phase: str | None
    seconds: float | None
    problem: str | None
    change: CellChangeRecord | None


class RowRecord(msgspec.Struct, frozen=True):
    """One variant of one matrix. `before`: the variant that it is marked against."""

    matrix: str
    variant: str
    subject: str | None
    link: str | None
    params: dict[str, int]
    before: str | None
    cells: tuple[CellRecord, ...]


class MatrixDocument(msgspec.Struct, frozen=True):
    """The whole output. `exit_code` is that of the process."""

    schema: int
    versions: Versions
    exit_code: int
    interrupted: bool
    matrices: tuple[MatrixHead, ...]
    rows: tuple[RowRecord, ...]
    diagnostics: tuple[DiagnosticRecord, ...]


def matrix_document(reports: Sequence[MatrixReport], diagnostics: Iterable[Diagnostic], exit_code: int) -> MatrixDocument:
    """The document for the matrices of one run."""
    return MatrixDocument(
        schema=SCHEMA,
        versions=versions(),
        exit_code=exit_code,
        interrupted=any(r.interrupted for r in reports),
        matrices=tuple(map(_head, reports)),
        rows=tuple(_row(report, row) for report in reports for row in report.rows),
        diagnostics=tuple(map(diagnostic_record, diagnostics)),
    )


def encode_matrix(value: MatrixDocument) -> str:
    """The document as indented JSON, ended by a line break."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def matrix_schema_text() -> str:
    """The JSON Schema of `MatrixDocument`, as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(MatrixDocument)), indent=2).decode() + "\n"


def _head(report: MatrixReport) -> MatrixHead:
    return MatrixHead(
        name=report.name,
        subject=report.subject,
        file=report.file,
        columns=report.columns,
        settings=report.settings,
        properties=tuple(PropertyRecord(p.name, p.kind.value, p.doc, p.folded) for p in report.properties),
        bound=report.bound,
        seconds=report.seconds,
        seed=report.seed,
    )


def _row(report: MatrixReport, row: Row) -> RowRecord:
    program = row.program
    return RowRecord(
        matrix=report.name,
        variant=row.variant,
        subject=program.subject,
        link=program.link,
        params=dict(program.params),
        before=None if row.before is None else row.before.variant,
        cells=tuple(_cell(row, cell, judged) for cell in row.cells for judged in report.properties),
    )


def _cell(row: Row, cell: Cell, judged: Judged) -> CellRecord:
    verdict = cell.verdict(judged.name)
    names: Names = (judged.name,)
    return CellRecord(
        property=judged.name,
        setting=cell.setting,
        column=cell.column,
        config=cell.config,
        state=cell.state.value,
        verdict=None if verdict is None else verdict.word.value,
        mark=full_mark(cell, names),
        by="" if verdict is None else verdict.by,
        bound=None if verdict is None else verdict.bound,
        least=None if verdict is None else verdict.least,
        length=None if verdict is None else verdict.length,
        shortest=None if verdict is None or verdict.length is None else verdict.shortest,
        loop_start=None if verdict is None else verdict.loop_start,
        reason=verdict.reason.value if verdict is not None and verdict.reason is not None else None,
        phase=(verdict.phase or None) if verdict is not None else None,
        seconds=None if verdict is None else verdict.seconds,
        problem=None if cell.problem is None else f"{cell.problem.message} [{cell.problem.code}]",
        change=_change(row, cell, judged),
    )


def _change(row: Row, cell: Cell, judged: Judged) -> CellChangeRecord | None:
    change = None if cell.changes is None else cell.changes.of(judged.name)
    if change is None or row.before is None:
        return None
    return CellChangeRecord(change.word, _mark(change.fixes, row.before.program), _mark(change.introduces, row.program))


def _mark(mark: CellMark, broken: Program) -> CellMarkRecord:
    return CellMarkRecord(mark.answer.value, mark.basis.value, mark.by, mark.tried, _scenario(mark, broken))


def _scenario(mark: CellMark, broken: Program) -> MarkedScenario | None:
    if mark.evidence is None:
        return None
    found = candidate_from_json(mark.evidence)
    return MarkedScenario(
        consts=valuation_record(broken.consts, found.consts),
        initial=valuation_record(broken.states, found.states[0]),
        length=mark.length or 0,
        loop_start=mark.loop_start,
        other_length=mark.other_length or 0,
    )
