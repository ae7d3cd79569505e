"""A filled matrix: what was asked of every row and config, and the verdicts. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from mmu_smt.semantics.program import Program, PropertyKind
from mmu_smt.syntax.diagnostics import Diagnostic
from mmu_smt.witness.comparisons import Answer, Basis, change_word
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


@dataclass(frozen=True, slots=True)
class CellMark:
    """Is there a scenario in which one of two rows violates a property and the other does not? As `witness.comparisons.Mark`, with the
    scenario told but not shown.

    `length`, `loop_start`: of the run that violates the property in it, `other_length`: of the other row's run from there. `evidence`: the
    former run as text, enough to replay both; `unclosed`: the state variables that may differ where its loop closes.
    """

    answer: Answer
    by: str
    basis: Basis
    tried: int = 0
    length: int | None = None
    loop_start: int | None = None
    other_length: int | None = None
    evidence: str | None = field(default=None, repr=False)
    unclosed: Names = ()


@dataclass(frozen=True, slots=True)
class CellChange:
    """What a row does to the property of this name, compared with the row that it is marked against."""

    name: str
    fixes: CellMark
    introduces: CellMark

    @property
    def word(self) -> str:
        """`fixes`, `introduces`, both, `neither`, or `unknown` where a mark is."""
        return change_word(self.fixes.answer, self.introduces.answer)

    @property
    def decided(self) -> bool:
        """Both questions have an answer."""
        return Answer.UNKNOWN not in (self.fixes.answer, self.introduces.answer)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a row changes in one cell: an entry for each property that both rows declare and that can be violated, in the matrix's order.

    `before`: the cell of the row that it is marked against. `problem`: why the process that should have decided it has not. `cached`: no
    process was needed.
    """

    before: Cell
    found: tuple[CellChange, ...]
    problem: Diagnostic | None = None
    cached: bool = True

    def of(self, name: str) -> CellChange | None:
        """What it does to a property; None where that is not asked of it."""
        return next((c for c in self.found if c.name == name), None)


class CellState(StrEnum):
    JUDGED = "judged"
    FAILED = "failed"  # the process that judged it ended without an answer, or refused
    MISSING = "missing"  # the run was interrupted before


@dataclass(frozen=True, slots=True)
class Cell:
    """One row under one setting joined with one column. `verdicts`: one for each property of the matrix, in its order.

    `problem`: why it failed. `cached`: nothing had to be judged. `changes`: what the row changes here; None where nobody asked, and in a
    row that is marked against none.
    """

    setting: Names
    column: Names
    state: CellState
    verdicts: tuple[CellVerdict, ...] = ()
    problem: Diagnostic | None = None
    cached: bool = False
    changes: Changes | None = None

    @property
    def config(self) -> Names:
        """The configs that are joined, each once."""
        return tuple(dict.fromkeys((*self.setting, *self.column)))

    def verdict(self, name: str) -> CellVerdict | None:
        """The verdict on a property; None where the cell has none."""
        return next((v for v in self.verdicts if v.property == name), None)


@dataclass(frozen=True, slots=True)
class Row:
    """One variant and its cells, setting by setting, in each column by column. `before`: the row that it is marked against, which need not
    be in the report; None where it is not marked.
    """

    variant: str
    program: Program = field(repr=False)
    cells: tuple[Cell, ...]
    before: Row | None = field(default=None, repr=False)


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

    `given`: the parameters that the user set, `bound` and `seconds` the limits of every cell. `marked`: it was asked what rows
    change.
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
    marked: bool = False

    @property
    def cells(self) -> tuple[tuple[Row, Cell], ...]:
        """Every cell with its row, row by row."""
        return tuple((row, cell) for row in self.rows for cell in row.cells)
