"""The machine-readable result of `matrix --json`: records with a published schema, `docs/schema/matrix-result.schema.json`.

Runs are not in it: `mmu-smt matrix … --cell ROW,CONFIG --json` prints those of a cell as `check --json` does. Fields are only added
within one `schema` number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from mmu_smt.report.json_report import DiagnosticRecord, Versions, diagnostic_record, versions
from mmu_smt.report.marks import cell_mark
from mmu_smt.syntax.diagnostics import Diagnostic

if TYPE_CHECKING:
    from mmu_smt.witness.matrices import Cell, Judged, MatrixReport, Names, Row

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


class CellRecord(msgspec.Struct, frozen=True):
    """The verdict on one property under one config. `config`: setting and column joined. `state`: judged, failed or missing; `verdict` is
    null unless it is judged. `length`: transitions of the run; `loop_start`: where it loops back to. `problem`: why it failed.
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


class RowRecord(msgspec.Struct, frozen=True):
    """One variant of one matrix."""

    matrix: str
    variant: str
    subject: str | None
    link: str | None
    params: dict[str, int]
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
        cells=tuple(_cell(cell, judged) for cell in row.cells for judged in report.properties),
    )


def _cell(cell: Cell, judged: Judged) -> CellRecord:
    verdict = cell.verdict(judged.name)
    names: Names = (judged.name,)
    return CellRecord(
        property=judged.name,
        setting=cell.setting,
        column=cell.column,
        config=cell.config,
        state=cell.state.value,
        verdict=None if verdict is None else verdict.word.value,
        mark=cell_mark(cell, names),
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
    )
