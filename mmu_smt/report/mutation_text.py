"""The mutants of a variant as text for people: a score, who kills what, and each survivor with what tells it from the original."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, Piece, Style, flow, line, one_line, safe, shorten, split_words
from mmu_smt.variants.operators import OPERATORS
from mmu_smt.witness.mutations import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mmu_smt.witness.mutations import Kill, MutantResult, MutationReport

_STYLES = {Fate.KILLED: Style.GOOD, Fate.EQUIVALENT: Style.NOTE, Fate.GAP: Style.ERROR, Fate.UNKNOWN: Style.WARNING}


def mutation_lines(report: MutationReport, *, full: bool = False) -> tuple[Line, ...]:
    """Score, kill matrix, survivors. `full`: killed and equivalent mutants too, with what was changed."""
    lines: list[Line] = [*score_lines(report), (), *matrix_lines(report)]
    for fate, head in (
        (Fate.GAP, "gaps: no property notices the difference"),
        (Fate.UNKNOWN, "unknown"),
        (Fate.EQUIVALENT, "equivalent: proved to do what the original does"),
        (Fate.KILLED, "killed"),
    ):
        found = report.of(fate)
        if found and (full or fate in (Fate.GAP, Fate.UNKNOWN)):
            lines.extend(((), line(Piece(head, Style.STRONG))))
            for result in found:
                lines.extend(result_lines(result, full=full))
    return tuple(lines)


def score_lines(report: MutationReport) -> tuple[Line, ...]:
    """What was judged, and how many of each fate."""
    name = safe(report.variant or report.target)
    head = line(Piece(f"{name} in {' and '.join(map(safe, report.configs)) or 'no config'}", Style.STRONG))
    counts = Counter(r.judgement.fate for r in report.results)
    words = [f"{counts[f]} {f.value if f is not Fate.GAP else 'gaps' if counts[f] != 1 else 'gap'}" for f in Fate]
    lines: list[Line] = [head, *flow([f"{len(report.results)} mutants: {words[0]}", *words[1:]], "  ")]
    different = counts[Fate.KILLED] + counts[Fate.GAP]
    if different:
        lines.append(line(f"  score: {counts[Fate.KILLED]} of {different} that are known to differ are noticed"))
    left = [f"{report.ill_typed} changes ill-typed", f"{report.repeated} repeated"]
    if report.missing:
        left.append(f"{report.missing} mutants not judged: interrupted")
    lines.extend(flow(left, "  left out: "))
    return tuple(lines)


def matrix_lines(report: MutationReport) -> tuple[Line, ...]:
    """Operators against what became of their mutants, then properties against how many mutants they kill, and which ones."""
    rows: list[Line] = [line(Piece("  operator               killed  equivalent  gaps  unknown", Style.STRONG))]
    for operator in dict.fromkeys((*OPERATORS, *(r.operator for r in report.results))):
        own = [r for r in report.results if r.operator == operator]
        if own:
            counts = Counter(r.judgement.fate for r in own)
            numbers = [counts[f] for f in (Fate.KILLED, Fate.EQUIVALENT, Fate.GAP, Fate.UNKNOWN)]
            cells = "".join(f"{n or '.':>{w}}" for n, w in zip(numbers, (6, 12, 6, 9), strict=True))
            rows.append(line(f"  {operator:<23}{cells}"))
    how = "every property that notices a mutant" if report.everything else "the first property that notices a mutant"
    rows.extend(((), line(Piece(f"  {how}", Style.STRONG))))
    killed: dict[tuple[str, str], list[str]] = {}
    for result in report.results:
        for kill in result.judgement.kills:
            killed.setdefault((kill.config, kill.property), []).append(_label(result))
    for config, properties in report.counted:
        rows.append(line(Piece(f"  in {safe(config)}", Style.FAINT)))
        for name, word in properties:
            those = killed.get((config, name), [])
            head = f"    {safe(name):<34} {word.value:<9} {len(those) or '.':>4}"
            rows.append(line(head))
            rows.extend(flow(those, "      ", separator=""))
    return tuple(rows)


def result_lines(result: MutantResult, *, full: bool = False) -> Iterator[Line]:
    """One mutant: what was changed, what became of it, and what tells it from the original."""
    judgement = result.judgement
    where = f"{result.operator}, {safe(result.function)} {safe(result.place)}" if result.function else safe(result.place)
    yield line(f"  {_label(result)}: ", Piece(judgement.fate.value, _STYLES[judgement.fate]), f"  {where}")
    for changed in result.change:
        yield line(shorten(f"      {one_line(changed)}", 100))
    for kill in judgement.kills:
        yield from flow([_kill(kill)], "      ")
    texts = [f"internal: {result.problem}"] if result.problem else [judgement.by] if judgement.by else []
    for text in texts:
        for part in split_words(one_line(text), 74):
            yield line(Piece(f"      {part}", Style.FAINT))
    if judgement.fate is Fate.GAP or full:
        for apart in judgement.apart[: None if full else 1]:
            yield line(f"      they come apart in {safe(apart.config)}:")
            yield from (line(f"      {safe(text)}") for text in _told(apart.text, full=full))


def _told(text: Iterable[str], *, full: bool) -> Iterator[str]:
    """The run of both, without its first line, which says that they differ."""
    for number, one in enumerate(text):
        if number or full:
            yield one


def _label(result: MutantResult) -> str:
    return f"#{result.number}" if result.number else safe(result.name)


def _kill(kill: Kill) -> str:
    run = "" if kill.length is None else f", run of {kill.length} step{'s' if kill.length != 1 else ''}"
    return f"{safe(kill.property)} in {safe(kill.config)}: {kill.before.value} -> {kill.after.value}{run}"
