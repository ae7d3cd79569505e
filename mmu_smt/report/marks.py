"""Verdicts of a matrix as marks of a few characters, and what each mark says in full. A mark never says more than its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from mmu_smt.report.trace_text import steps_text
from mmu_smt.witness.comparisons import Answer
from mmu_smt.witness.matrices import CellState
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mmu_smt.witness.matrices import Cell, CellVerdict, Judged, MatrixReport, Names

FAILED = "!"
MISSING = "."

# What stands for many verdicts: the first of these that one of them has.
_WORST = (
    Word.VIOLATED,
    Word.UNREACHABLE,
    Word.UNKNOWN,
    Word.BOUNDED,
    Word.VACUOUS,
    Word.PROVED,
    Word.REACHED,
    Word.INAPPLICABLE,
)

LEGEND: tuple[tuple[str, str, str], ...] = (
    ("P", "P, P7", "proved for runs of any length (within K: 7 is the least K)"),
    ("V", "V3", "violated: a run of 3 transitions, none is shorter"),
    ("V~", "V~18", "violated: by a run of 18 transitions in which no step is interrupted; there may be a shorter one"),
    ("B", "B12", "bounded: no run of up to 12 transitions; not a proof"),
    ("?", "?", "unknown: a budget ran out"),
    ("v", "v", "vacuous: holds, but its premise or its event never happens"),
    ("R", "R3", "reached by a run of 3 transitions"),
    ("R~", "R~18", "reached by a run of 18 transitions in which no step is interrupted; there may be a shorter one"),
    ("U", "U", "unreachable: proved that no run of any length gets there"),
    ("\N{EN DASH}", "\N{EN DASH}", "does not apply here"),
    (FAILED, FAILED, "failed: the process that judged the cell gave no answer"),
    (MISSING, MISSING, "not judged: the run was interrupted"),
)

CHANGE_LEGEND: tuple[tuple[str, str, str], ...] = (
    ("+", "V3+", "fixes: there is a scenario in which the row before violates it and this row does not"),
    ("-", "V3-", "introduces: there is a scenario in which this row violates it and the row before does not"),
    ("=", "V3=", "neither: both rows violate it, and in the same scenarios"),
    ("?", "V3?", "unknown whether this row fixes or introduces something"),
)


def mark(verdict: CellVerdict) -> str:
    """The mark of one verdict."""
    match verdict.word:
        case Word.PROVED:
            return "P" if verdict.least is None else f"P{verdict.least}"
        case Word.VIOLATED:
            return f"V{_about(verdict)}"
        case Word.REACHED:
            return f"R{_about(verdict)}"
        case Word.BOUNDED:
            return f"B{_number(verdict.bound)}"
        case Word.UNREACHABLE:
            return "U"
        case Word.VACUOUS:
            return "v"
        case Word.UNKNOWN:
            return "?"
        case Word.INAPPLICABLE:
            return "\N{EN DASH}"
        case _:
            assert_never(verdict.word)


def _about(verdict: CellVerdict) -> str:
    return ("" if verdict.shortest else "~") + _number(verdict.length)


def meaning(verdict: CellVerdict) -> str:
    """The verdict in words."""
    match verdict.word:
        case Word.VIOLATED:
            return f"violated, {_run(verdict)}"
        case Word.REACHED:
            return f"reached, {_run(verdict)}"
        case Word.PROVED if verdict.least is not None:
            return f"proved, least bound {verdict.least}"
        case Word.BOUNDED:
            return f"bounded, nothing in {steps_text(verdict.bound or 0)}"
        case Word.UNKNOWN:
            return f"unknown: {verdict.reason or 'no reason given'}"
        case Word.INAPPLICABLE:
            return "does not apply"
        case _:
            return verdict.word.value


def full_mark(cell: Cell, names: Names) -> str:
    """The mark of a cell, followed by that of what its row changes."""
    return cell_mark(cell, names) + change_mark(cell, names)


def cell_mark(cell: Cell, names: Names) -> str:
    """The mark of a cell for one property, or for several that are folded."""
    return _of_state(cell) or mark(worst(cell, names))


def cell_meaning(cell: Cell, names: Names) -> str:
    """What the mark says, in words; for several properties with the one that it is about."""
    match cell.state:
        case CellState.FAILED:
            return "failed"
        case CellState.MISSING:
            return "not judged"
        case CellState.JUDGED:
            found = worst(cell, names)
            about = f"{found.property} " if len(names) > 1 and found.word is not Word.PROVED else ""
            return about + meaning(found)
        case _:
            assert_never(cell.state)


def change_mark(cell: Cell, names: Names) -> str:
    """What the row changes in a cell, for one property or several: `+`, `-`, `?`, several of them, or `=`; empty where there is nothing to
    say.
    """
    changes = cell.changes
    if changes is None:
        return ""
    found = [c for c in changes.found if c.name in names]
    fixes = any(c.fixes.answer is Answer.YES for c in found)
    introduces = any(c.introduces.answer is Answer.YES for c in found)
    text = "+" * fixes + "-" * introduces + "?" * any(not c.decided for c in found)
    return text or "=" * any(_violated(cell, c.name) and _violated(changes.before, c.name) for c in found)


def change_meaning(cell: Cell, names: Names) -> str:
    """What `change_mark` says, in words; of several properties those that it is about."""
    if cell.changes is None:
        return ""
    texts: list[str] = []
    for change in cell.changes.found:
        if change.name in names and (change.word != "neither" or change_mark(cell, (change.name,))):
            about = f" {change.name}" if len(names) > 1 else ""
            rest = "" if change.decided or change.word == "unknown" else ", the rest unknown"
            texts.append(change.word + about + rest)
    return "; ".join(texts)


def _violated(cell: Cell, name: str) -> bool:
    verdict = cell.verdict(name)
    return verdict is not None and verdict.word is Word.VIOLATED


def worst(cell: Cell, names: Names) -> CellVerdict:
    """The verdict that stands for those on several properties: the worst word; of violations the shortest run, of bounds the least."""
    verdicts = [v for v in cell.verdicts if v.property in names]
    return min(verdicts, key=lambda v: (_WORST.index(v.word), v.length or 0, v.bound or 0))


def groups(properties: Iterable[Judged]) -> tuple[tuple[str, Names, str | None], ...]:
    """The tables of a matrix: title, properties, and what the author says of it. Folded properties come last, as one."""
    listed = tuple(properties)
    single = tuple((p.name, (p.name,), p.doc) for p in listed if not p.folded)
    folded = tuple(p.name for p in listed if p.folded)
    if not folded:
        return single
    return (*single, ("invariants", folded, "The worst of: " + ", ".join(folded)))


def legend(report: MatrixReport) -> tuple[tuple[str, str], ...]:
    """The marks that the tables of a report show, with their meanings."""
    tables = groups(report.properties)
    shown = [cell_mark(cell, names) for _, cell in report.cells for _, names, _ in tables]
    used = {m[: 2 if m[1:2] == "~" else 1] for m in shown}
    verdicts = tuple((example, text) for key, example, text in LEGEND if key in used)
    changes = {sign for _, cell in report.cells for _, names, _ in tables for sign in change_mark(cell, names)}
    return (*verdicts, *((example, text) for key, example, text in CHANGE_LEGEND if key in changes))


def joined(names: Names) -> str:
    """A sum of configs as it is written; empty for none."""
    return " + ".join(names)


def _of_state(cell: Cell) -> str:
    return {CellState.FAILED: FAILED, CellState.MISSING: MISSING, CellState.JUDGED: ""}[cell.state]


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _run(verdict: CellVerdict) -> str:
    length = steps_text(verdict.length or 0) + ("" if verdict.shortest else " (there may be a shorter one)")
    return f"run of {length}" if verdict.loop_start is None else f"run of {length} that loops"
