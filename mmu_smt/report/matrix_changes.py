"""What the rows of a matrix fix and introduce, as a list of its own: row by row the properties, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.report.lines import WIDTH, Line, Piece, Style, flow, line, safe, split_words
from mmu_smt.report.marks import joined
from mmu_smt.witness.comparisons import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mmu_smt.witness.matrices import CellChange, MatrixReport, Row

_STYLES = {"fixes": Style.GOOD, "introduces": Style.ERROR, "unknown": Style.WARNING}


def changes_lines(report: MatrixReport, *, width: int = WIDTH) -> tuple[Line, ...]:
    """For each row that changes something, or may: the properties that it fixes, introduces, or of which that is unknown, with the settings
    and the numbers of the columns where that is so. Rows that change nothing are named at the end.
    """
    lines: list[Line] = [line(Piece("what each row fixes and introduces", Style.STRONG))]
    nothing: list[str] = []
    alone: list[str] = []
    for row in report.rows:
        if row.before is None:
            alone.append(safe(row.variant))
            continue
        found = tuple(_of_row(report, row, width))
        if found:
            lines.append(line(f"  {safe(row.variant)}", Piece(f" (against {safe(row.before.variant)})", Style.FAINT)))
            lines.extend(found)
        else:
            nothing.append(f"{safe(row.variant)} ({safe(row.before.variant)})")
    lines.extend(flow(nothing, "  nothing, against the row in brackets: ", width=width))
    lines.extend(flow(alone, "  the first: ", width=width))
    return tuple(lines)


def _of_row(report: MatrixReport, row: Row, width: int) -> Iterator[Line]:
    """A line for each word and each set of places, with the properties of which it holds there."""
    for word in ("fixes", "introduces", "unknown"):
        names: dict[tuple[int, ...], list[str]] = {}
        for judged in report.properties:
            places = tuple(
                place
                for place, cell in enumerate(row.cells)
                if cell.changes is not None and (change := cell.changes.of(judged.name)) is not None and _says(change, word)
            )
            if places:
                names.setdefault(places, []).append(safe(judged.name))
        for places, listed in names.items():
            head = f"    {word:10}  "
            rows = split_words(f"{_where(report, places)}: {', '.join(listed)}", width - len(head) - 2)
            for number, text in enumerate(rows):
                yield line(Piece(head if number == 0 else " " * (len(head) + 2), _STYLES[word]), text)


def _says(change: CellChange, word: str) -> bool:
    match word:
        case "fixes":
            return change.fixes.answer is Answer.YES
        case "introduces":
            return change.introduces.answer is Answer.YES
        case _:
            return not change.decided


def _where(report: MatrixReport, places: tuple[int, ...]) -> str:
    """The columns by number, setting by setting."""
    count = len(report.columns)
    texts: list[str] = []
    for index, setting in enumerate(report.settings):
        numbers = [str(p % count + 1) for p in places if p // count == index]
        if numbers:
            title = safe(joined(setting))
            texts.append((f"{title} " if title else "") + ",".join(numbers))
    return "; ".join(texts)
