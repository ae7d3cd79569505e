"""A search for a repair as text for people: the change as a diff, the file to check, and what was searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, Piece, Style, flow, line, one_line, safe, split_words
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from mmu_smt.witness.repairs import RepairReport, Suggestion


def repair_lines(report: RepairReport) -> tuple[Line, ...]:
    """Every suggestion with its diff and what its check said; then what was searched. The variant files are `file_text`."""
    lines: list[Line] = []
    for number, suggestion in enumerate(report.suggestions):
        head = "suggestion" if len(report.suggestions) == 1 else f"suggestion {number + 1} of {len(report.suggestions)}"
        lines.extend((*(((),) if lines else ()), *_suggestion(head, suggestion)))
    if lines:
        lines.append(())
    lines.extend(searched_lines(report))
    return tuple(lines)


def file_lines(suggestion: Suggestion) -> tuple[Line, ...]:
    """The variant file as it is written."""
    return tuple(line(safe(text)) for text in suggestion.text.splitlines())


def _suggestion(head: str, found: Suggestion) -> tuple[Line, ...]:
    place = f"{found.place.file.name}:{found.place.line}:{found.place.column}"
    lines: list[Line] = [
        line(
            Piece(safe(place) + ":", Style.PLACE),
            " ",
            Piece(f"{head}:", Style.GOOD),
            f" {one_line(found.function)}, a change of {found.size}",
        )
    ]
    lines.extend(line("  " + text) for text in split_words(one_line(found.what), 78))
    lines.append(())
    for text in found.diff.splitlines():
        style = Style.GOOD if text.startswith("+") else Style.ERROR if text.startswith("-") else Style.PLAIN
        lines.append(line(Piece("  " + safe(text), style)))
    lines.append(())
    by = {(r.config.name, v.property.name): v.by for r in found.results for v in r.verdicts}
    for config, name in found.mended:
        lines.extend(flow([f"{name} in {config or 'the empty config'}, by {by[config, name]}"], "  proved: "))
    if found.emptied:
        lines.extend(flow([f"{name} in {config}" for config, name in found.emptied], "  now vacuous: "))
    where = ", ".join(r.config.name or "the empty config" for r in found.results)
    lines.extend(flow([f"{found.kept} verdicts that held before, in {where}"], "  kept: "))
    return tuple(lines)


def searched_lines(report: RepairReport) -> tuple[Line, ...]:
    """How far the search went, and what became of the candidates."""
    counts = report.counts
    name = safe(report.variant or report.target)
    lines: list[Line] = []
    if not report.suggestions:
        lines.append(line(Piece(f"{name}: {_nothing(report)}", Style.STRONG)))
    refuted = [
        f"{counts.made} changes of {len(report.functions)} function{'s' if len(report.functions) != 1 else ''}",
        *([f"{counts.unusable} of them no program"] if counts.unusable else []),
        f"{counts.by_runs} refuted by runs",
        f"{counts.by_check} by a check of what is to be mended",
        f"{counts.by_regression} by a check of the rest",
        *([f"{counts.undecided} undecided"] if counts.undecided else []),
    ]
    lines.extend(flow(refuted, "  searched: "))
    lines.extend(flow([f"{report.wrong} that must not recur", f"{report.right} that must end as they did (tried, not proved)"], "  runs: "))
    if report.stopped:
        lines.append(line(f"  stopped early: {safe(report.stopped)}; no change of up to {report.searched} is left out"))
    return tuple(lines)


def _nothing(report: RepairReport) -> str:
    made, size = report.counts.made, report.searched
    if not report.before:
        return "stopped before the variant was checked"
    if report.stopped:
        return f"none found among {made} changes"
    undecided = f", but {report.counts.undecided} are undecided" if report.counts.undecided else ""
    return f"none of {made} changes up to size {size} is a repair{undecided}"


def before_words(report: RepairReport) -> tuple[tuple[str, str, Word], ...]:
    """What the named properties were before: config, property, verdict."""
    return tuple(
        (r.config.name, v.property.name, v.word) for r in report.before for v in r.verdicts if v.property.name in report.properties
    )
