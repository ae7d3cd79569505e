"""Diagnostics with an excerpt of the source under them and a caret at the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, Piece, Style, line, safe
from mmu_smt.syntax.diagnostics import Diagnostic, Severity, sort_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mmu_smt.syntax.source import Span

_SEVERITIES = {Severity.ERROR: Style.ERROR, Severity.WARNING: Style.WARNING, Severity.NOTE: Style.NOTE}
_COLUMNS = 100  # of an excerpt; a longer line is cut around the place
_TAB = "    "


def diagnostics_lines(diagnostics: Iterable[Diagnostic]) -> tuple[Line, ...]:
    """Every diagnostic in the order of presentation, a blank line between them, and their number at the end if there are several."""
    ordered = sorted(diagnostics, key=sort_key)
    lines: list[Line] = []
    for diagnostic in ordered:
        lines.extend((*diagnostic_lines(diagnostic), ()))
    errors = sum(d.severity is Severity.ERROR for d in ordered)
    if errors > 1:
        lines.append(line(Piece(f"{errors} errors", Style.ERROR)))
        return tuple(lines)
    return tuple(lines[:-1])


def diagnostic_lines(diagnostic: Diagnostic) -> tuple[Line, ...]:
    """`file:line:column: severity: message [CODE]`, the excerpt, and the notes with theirs."""
    lines = [_head(diagnostic.span, _SEVERITIES[diagnostic.severity], diagnostic.message, diagnostic.code)]
    if diagnostic.span is not None:
        lines.extend(excerpt(diagnostic.span))
    for note in diagnostic.notes:
        if note.span is None:
            lines.append(line(Piece("  note: ", Style.NOTE), safe(note.message)))
        else:
            lines.append(_head(note.span, Style.NOTE, note.message, ""))
            lines.extend(excerpt(note.span))
    return tuple(lines)


def _head(span: Span | None, severity: Style, message: str, code: str) -> Line:
    place = (Piece(safe(str(span)) + ":", Style.PLACE), Piece(" ")) if span is not None else ()
    tail = (Piece(f" [{code}]", Style.FAINT),) if code else ()
    return line(*place, Piece(severity.value + ":", severity), " " + safe(message), *tail)


def excerpt(span: Span) -> tuple[Line, ...]:
    """The first line of the span with its number, and carets under the part of it that the span covers."""
    number, column = span.file.position(span.start)
    text = span.file.line(number)
    start = column - 1
    end = min(start + max(span.end - span.start, 1), max(len(text), start + 1))
    before, marked, after = _printable(text[:start]), _printable(text[start:end]), _printable(text[end:])
    before, marked, after = _cut(before, marked or " ", after)
    gutter = f"{number:5d} | "
    blank = " " * (len(gutter) - 2) + "| "
    carets = "^" * max(len(marked), 1)
    return (
        line(Piece(gutter, Style.FAINT), before + marked + after),
        line(Piece(blank, Style.FAINT), " " * len(before), Piece(carets, Style.STRONG)),
    )


def _printable(text: str) -> str:
    return safe(text.replace("\t", _TAB))


def _cut(before: str, marked: str, after: str) -> tuple[str, str, str]:
    """The three parts of a source line shortened to at most `_COLUMNS`, the marked part kept as long as possible."""
    marked = marked[:_COLUMNS]
    room = _COLUMNS - len(marked)
    left = min(len(before), max(room - len(after), room // 2))
    if left < len(before):
        before = ("..." + before[len(before) - left + 3 :]) if left > 3 else ""
    right = room - len(before)
    if right < len(after):
        after = (after[: right - 3] + "...") if right > 3 else ""
    return before, marked, after
