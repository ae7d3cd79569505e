"""A filled matrix: what was asked of every row and config, and the verdicts. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from mmu_smt.semantics.program import Program, PropertyKind
from mmu_smt.syntax.diagnostics import Diagnostic
from mmu_smt.witness.verdicts import UnknownReason, Word

Names: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """The verdict on one property in one row under one config: as `witness.verdicts.Verdict`, with the run told but not shown.

    `length`: transitions of the run; `loop_start`: where it loops back to. `evidence`: the run as text, enough to replay it; `unclosed`:
    the state variables that may differ where its loop closes.
    """

    property: str
    word: Word
    by: str = ""
    bound: int | None = None
    least: int | None = None
    reason: UnknownReason | None = None
    phase: str = ""
    seconds: float = 0.0
    length: int | None = None
    loop_start: int | None = None
    evidence: str | None = field(default=None, repr=False)
    unclosed: Names = ()
    shortest: bool = True


class CellState(StrEnum):
    JUDGED = "judged"
    FAILED = "failed"  # the process that judged it ended without an answer, or refused
    MISSING = "missing"  # the run was interrupted before


@dataclass(frozen=True, slots=True)
class Cell:
    """One row under one setting joined with one column. `verdicts`: one for each property of the matrix, in its order.

    `problem`: why it failed. `cached`: nothing had to be judged.
    """

    setting: Names
    column: Names
    state: CellState
    verdicts: tuple[CellVerdict, ...] = ()
    problem: Diagnostic | None = None
    cached: bool = False

    @property
    def config(self) -> Names:
        """The configs that are joined, each once."""
        return tuple(dict.fromkeys((*self.setting, *self.column)))

    def verdict(self, name: str) -> CellVerdict | None:
        """The verdict on a property; None where the cell has none."""
        return next((v for v in self.verdicts if v.property == name), None)


@dataclass(frozen=True, slots=True)
class Row:
    """One variant and its cells, setting by setting, in each column by column."""

    variant: str
    program: Program = field(repr=False)
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A property of a matrix. `folded`: shown together with the others of its sort, because nobody asked for a table of its own."""

    name: str
    kind: PropertyKind
    doc: str | None
    folded: bool


@dataclass(frozen=True, slots=True)
class MatrixReport:
    """A matrix with all its cells. `file` is where it is declared, `notes` are remarks about the cache.

    `given`: the parameters that the user set, `bound` and `seconds` the limits of every cell.
    """

    name: str
    subject: str | None
    doc: str | None
    file: str
    columns: tuple[Names, ...]
    settings: tuple[Names, ...]
    properties: tuple[Judged, ...]
    rows: tuple[Row, ...]
    given: tuple[tuple[str, int], ...] = ()
    bound: int | None = None
    seconds: float | None = None
    seed: int = 0
    interrupted: bool = False
    notes: tuple[Diagnostic, ...] = ()

    @property
    def cells(self) -> tuple[tuple[Row, Cell], ...]:
        """Every cell with its row, row by row."""
        return tuple((row, cell) for row in self.rows for cell in row.cells)
