"""A filled matrix as text: what rows, columns and marks stand for, then one table for each property. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmu_smt.report.lines import WIDTH, Line, Piece, Style, flow, line, one_line, safe, shorten, table
from mmu_smt.report.marks import full_mark, groups, joined, legend
from mmu_smt.report.matrix_changes import changes_lines
from mmu_smt.report.text import word_text
from mmu_smt.witness.matrices import CellState
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mmu_smt.witness.matrices import MatrixReport, Names, Row

_STYLES = {"P": Style.GOOD, "R": Style.GOOD, "V": Style.ERROR, "U": Style.ERROR, "!": Style.ERROR, "B": Style.WARNING, "?": Style.WARNING}


@dataclass(frozen=True, slots=True)
class _Block:
    """Neighbouring columns of one setting that stand in one band: the setting's text and the positions of the columns."""

    title: str
    places: tuple[int, ...]
    columns: tuple[str, ...]


def matrix_lines(report: MatrixReport, *, width: int = WIDTH) -> tuple[Line, ...]:
    """The whole report in lines of at most `width` characters, except where a single name needs more."""
    lines: list[Line] = [line(Piece(f"matrix {safe(report.name)}", Style.STRONG), Piece(_sizes(report), Style.FAINT))]
    if report.subject:
        lines.append(line("  " + shorten(one_line(report.subject), width - 2)))
    lines.extend(((), *_legends(report, width)))
    tables = groups(report.properties)
    size = max((len(full_mark(c, names)) for _, c in report.cells for _, names, _ in tables), default=1)
    size = max(size, len(str(len(report.columns))))
    for title, names, doc in tables:
        lines.extend(((), line(Piece(safe(title), Style.STRONG))))
        lines.extend(_remark(doc, width))
        lines.extend(_table(report, names, size, width))
    if report.marked:
        lines.extend(((), *changes_lines(report, width=width)))
    lines.extend(((), *flow([summary(report)], "", width=width), *flow([_opening(report)], "", width=width)))
    return tuple(lines)


def summary(report: MatrixReport) -> str:
    """How many verdicts of each word, and how many cells have none."""
    counts = Counter(v.word for _, cell in report.cells for v in cell.verdicts)
    words = ", ".join(f"{counts[w]} {word_text(w)}" for w in Word if counts[w])
    states = Counter(cell.state for _, cell in report.cells)
    total = len(report.cells)
    text = f"{total} {'cell' if total == 1 else 'cells'}: {words or 'no verdict'}"
    if states[CellState.FAILED]:
        text += f"; {states[CellState.FAILED]} failed"
    if states[CellState.MISSING]:
        text += f"; interrupted, {states[CellState.MISSING]} not judged"
    return text


def _opening(report: MatrixReport) -> str:
    place = report.file
    marks = " --marks" if report.marked else ""
    return safe(f"open a cell: mmu-smt matrix {place}{marks} --cell ROW,CONFIG[,PROPERTY]")


def _sizes(report: MatrixReport) -> str:
    sizes = {f"{n}={v}" for row in report.rows for n, v in row.program.params.items()}
    first = [f"{n}={v}" for n, v in report.rows[0].program.params.items()] if report.rows else []
    texts = [t for t in first if t in sizes]
    bound = [f"-k {report.bound}"] if report.bound is not None else []
    inner = " ".join((*texts, *bound))
    return f" ({inner})" if inner else ""


def _remark(doc: str | None, width: int) -> tuple[Line, ...]:
    if not doc:
        return ()
    return flow([one_line(doc.strip().split("\n\n")[0])], "  ", width=width)


def _legends(report: MatrixReport, width: int) -> Iterator[Line]:
    yield line(Piece("rows", Style.STRONG))
    room = width - 4 - max((len(r.variant) for r in report.rows), default=0)
    yield from table([(Piece(r.variant), Piece(shorten(one_line(r.program.subject or ""), room), Style.FAINT)) for r in report.rows])
    yield line(Piece("columns", Style.STRONG))
    yield from table([(Piece(str(i)), Piece(joined(names), Style.FAINT)) for i, names in enumerate(report.columns, 1)])
    yield line(Piece("marks", Style.STRONG))
    yield from table([(Piece(example), Piece(text, Style.FAINT)) for example, text in legend(report)])


def _table(report: MatrixReport, names: Names, size: int, width: int) -> Iterator[Line]:
    label = max((len(r.variant) for r in report.rows), default=0)
    for number, band in enumerate(_bands(report, size, width - label - 2)):
        if number:
            yield ()
        titles = [b.title for b in band]
        if any(titles):
            yield line(
                " " * (label + 2), *(Piece("  " + t.ljust(_extent(b, size)), Style.STRONG) for t, b in zip(titles, band, strict=True))
            )
        yield line(" " * (label + 2), *(Piece("  " + _spread(b.columns, size).ljust(_extent(b, size)), Style.FAINT) for b in band))
        for row in report.rows:
            yield line("  " + row.variant.ljust(label), *_cells(row, names, band, size))


def _cells(row: Row, names: Names, band: Sequence[_Block], size: int) -> Iterator[Piece]:
    for block in band:
        marks = [full_mark(row.cells[place], names) for place in block.places]
        used = len(marks) * (size + 1) - 1
        for i, text in enumerate(marks):
            yield Piece("  " if i == 0 else " ")
            yield Piece(text.ljust(size), _STYLES.get(text[:1], Style.PLAIN))
        yield Piece(" " * (_extent(block, size) - used))


def _spread(texts: Sequence[str], size: int) -> str:
    return " ".join(t.ljust(size) for t in texts)


def _extent(block: _Block, size: int) -> int:
    return max(len(block.title), len(block.columns) * (size + 1) - 1)


def _bands(report: MatrixReport, size: int, room: int) -> Iterator[list[_Block]]:
    """Settings side by side as far as there is room; a setting with too many columns is cut."""
    at_once = max((room - 2 + 1) // (size + 1), 1)
    band: list[_Block] = []
    for block in _blocks(report, at_once):
        if band and sum(_extent(b, size) + 2 for b in (*band, block)) > room:
            yield band
            band = []
        band.append(block)
    if band:
        yield band


def _blocks(report: MatrixReport, at_once: int) -> Iterator[_Block]:
    count = len(report.columns)
    for index, setting in enumerate(report.settings):
        for first in range(0, count, at_once):
            part = range(first, min(first + at_once, count))
            yield _Block("+".join(setting), tuple(index * count + i for i in part), tuple(str(i + 1) for i in part))
