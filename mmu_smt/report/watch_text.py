"""What `watch` says: every verdict once, then those that change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, Piece, Style, line, safe, table
from mmu_smt.report.snippets import diagnostics_lines
from mmu_smt.report.text import word_text
from mmu_smt.report.trace_text import steps_text
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.witness.matrices import CellVerdict

_STYLES = {
    Word.PROVED: Style.GOOD,
    Word.REACHED: Style.GOOD,
    Word.VIOLATED: Style.ERROR,
    Word.UNREACHABLE: Style.ERROR,
    Word.VACUOUS: Style.WARNING,
    Word.UNKNOWN: Style.WARNING,
    Word.BOUNDED: Style.WARNING,
}


def all_lines(verdicts: Mapping[tuple[str, str], CellVerdict], configs: Mapping[str, str]) -> tuple[Line, ...]:
    """Every verdict, variant by variant."""
    lines: list[Line] = []
    for variant in dict.fromkeys(v for v, _ in verdicts):
        config = configs.get(variant, "")
        head = safe(variant or "the modules") + (f" in {safe(config)}" if config else "")
        lines.append(line(Piece(head, Style.STRONG)))
        lines.extend(table([(Piece(safe(n)), _word(c), Piece(_detail(c), Style.FAINT)) for (v, n), c in verdicts.items() if v == variant]))
    return tuple(lines)


def change_lines(changes: Sequence[tuple[tuple[str, str], CellVerdict | None, CellVerdict | None]], unchanged: int) -> tuple[Line, ...]:
    """The verdicts that changed, `before -> after`, and how many did not."""
    return (*_changed(changes), line(f"  {unchanged} unchanged" if changes else f"  no verdict changed, of {unchanged}"))


def _changed(changes: Sequence[tuple[tuple[str, str], CellVerdict | None, CellVerdict | None]]) -> Iterator[Line]:
    for (variant, name), before, after in changes:
        label = f"  {safe(variant)}: {safe(name)}: " if variant else f"  {safe(name)}: "
        left = Piece("(new)", Style.FAINT) if before is None else _word(before)
        right = Piece("(gone)", Style.FAINT) if after is None else _word(after)
        detail = "" if after is None else _detail(after)
        yield line(label, left, " -> ", right, Piece(f" ({detail})" if detail else "", Style.FAINT))


def problem_lines(problems: Sequence[Diagnostic]) -> tuple[Line, ...]:
    """Why the file cannot be judged."""
    return diagnostics_lines(problems)


def _word(verdict: CellVerdict) -> Piece:
    text = word_text(verdict.word)
    if verdict.word is Word.BOUNDED:
        text += f"({verdict.bound})"
    return Piece(text, _STYLES.get(verdict.word, Style.PLAIN))


def _detail(verdict: CellVerdict) -> str:
    match verdict.word:
        case Word.VIOLATED | Word.REACHED if verdict.length is not None:
            if verdict.loop_start is None:
                return f"run of {steps_text(verdict.length)}" if verdict.length else "an initial state"
            return f"loop of {steps_text(verdict.length - verdict.loop_start)} after {steps_text(verdict.loop_start)}"
        case Word.UNKNOWN:
            return "" if verdict.reason is None else verdict.reason.value
        case Word.PROVED if verdict.least is not None:
            return f"least bound {verdict.least}"
        case Word.INAPPLICABLE:
            return safe(verdict.by)
        case _:
            return ""
