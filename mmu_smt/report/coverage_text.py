"""Which branches are taken, beside the source, and which premises are met: text for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, Piece, Style, flow, line, one_line, safe, shorten, split_words
from mmu_smt.report.trace_text import trace_lines, why_lines
from mmu_smt.witness.coverage import Reach, together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mmu_smt.syntax.source import Span
    from mmu_smt.witness.coverage import Coverage, Found, PlaceResult, PremiseResult

_STYLES = {Reach.REACHED: Style.GOOD, Reach.DEAD: Style.ERROR, Reach.UNKNOWN: Style.WARNING}
_KINDS = {
    "then": "true",
    "else": "false",
    "arm": "arm",
    "true": "operand true",
    "false": "operand false",
    "return": "return",
}


def coverage_lines(found: Coverage, *, width: int = 80) -> tuple[Line, ...]:
    """The columns, the source of every function that the handlers call, what is dead or open, the premises, and a summary."""
    lines: list[Line] = [*_columns(found)]
    for span in found.functions:
        lines.extend(((), *_function(found, span, width)))
    left = [p for p in found.places if p.reach is not Reach.REACHED]
    if left:
        lines.extend(((), line(Piece("never taken, or not decided", Style.STRONG))))
        for place in left:
            lines.extend(_left(place))
    lines.extend(_premises(found))
    lines.extend(((), *summary_lines(found)))
    return tuple(lines)


def _columns(found: Coverage) -> Iterator[Line]:
    yield line(Piece(f"{safe(found.program.variant or found.target)}: branches by config", Style.STRONG))
    for number, config in enumerate(found.configs):
        yield line(f"  {_digit(number)}  {safe(config.name or 'no config')}")
    yield line("  + all branches of a line are taken there, - some, . none (proved), ? open")


def _digit(number: int) -> str:
    return str(number + 1) if number < 9 else chr(ord("a") + number - 9) if number < 35 else "*"


def _function(found: Coverage, span: Span, width: int) -> Iterator[Line]:
    first, source = span.line, span.file
    last = min(source.position(max(span.end - 1, span.start))[0] + 1, source.position(len(source.text))[0])  # and the closing brace
    head = "".join(_digit(n) for n in range(len(found.configs)))
    yield line(Piece(f"{head}  {safe(source.name)}", Style.STRONG))
    for number in range(first, last + 1):
        there = [p for p in found.places if p.span.file is source and p.span.line == number and span.start <= p.span.start < span.end]
        marks = "".join(_mark([p.found[c] for p in there]) for c in range(len(found.configs)))
        style = _STYLES[_worst(there)] if there else Style.PLAIN
        text = safe(source.line(number))
        yield line(Piece(marks, style), shorten(f" {number:4d} | {text}", width - len(marks)))


def _worst(places: Sequence[PlaceResult]) -> Reach:
    reaches = {p.reach for p in places}
    return Reach.UNKNOWN if Reach.UNKNOWN in reaches else Reach.DEAD if Reach.DEAD in reaches else Reach.REACHED


def _mark(found: Sequence[Found]) -> str:
    reaches = {f.reach for f in found}
    if not reaches:
        return " "
    if reaches == {Reach.REACHED}:
        return "+"
    if Reach.UNKNOWN in reaches:
        return "?"
    return "-" if Reach.REACHED in reaches else "."


def _left(place: PlaceResult) -> Iterator[Line]:
    where = f"{safe(place.span.file.name)}:{place.span.line}"
    word = Piece(place.reach.value, _STYLES[place.reach])
    rule = f" @{place.rule}" if place.rule and f"@{place.rule}" not in place.text else ""
    yield line("  ", word, shorten(f"  {where} {_KINDS[place.kind]}: {one_line(place.text)}{rule}", 90))
    for part in split_words(_why(place.found), 70):
        yield line(Piece(f"          {part}", Style.FAINT))


def _why(found: Sequence[Found]) -> str:
    """The arguments, each with the number of configs that it settles."""
    said = Counter(f.by or f"{f.reason or 'no reason given'}" for f in found if f.reach is not Reach.REACHED)
    return "; ".join(one_line(text) + (f" ({n} configs)" if n > 1 else "") for text, n in said.items())


def _premises(found: Coverage) -> Iterator[Line]:
    if not found.premises:
        return
    yield ()
    yield line(Piece("is what a property rests on ever met?", Style.STRONG))
    for premise in found.premises:
        yield _premise(premise)
        if premise.reach is not Reach.REACHED:
            left = tuple(f for f in premise.found if f is not None)
            yield line(Piece(shorten(f"          {_why(left)}", 90), Style.FAINT))


def _premise(premise: PremiseResult) -> Line:
    applies = tuple(f for f in premise.found if f is not None)
    marks = "".join(" " if f is None else _mark((f,)) for f in premise.found)
    reach = together(applies)
    return line(f"  {marks}  {safe(premise.judged.name)}  ", Piece(reach.value, _STYLES[reach]))


def summary_lines(found: Coverage) -> Iterator[Line]:
    """How many branches are reached, dead and open."""
    counts = Counter(p.reach for p in found.places)
    parts = [f"{counts[r]} {r.value}" for r in Reach if counts[r] or r is Reach.REACHED]
    yield line(Piece(f"{len(found.places)} branches: {', '.join(parts)}", Style.STRONG), f" ({found.seconds:.1f} s)")
    premises = Counter(p.reach for p in found.premises)
    if found.premises:
        yield line(f"{len(found.premises)} premises: " + ", ".join(f"{premises[r]} {r.value}" for r in Reach if premises[r]))
    if found.unmarked:
        yield from flow(list(map(safe, found.unmarked)), "called under quantifiers too, where nothing is seen: ")
    if found.interrupted:
        yield line(Piece("interrupted: what is open was not asked", Style.WARNING))


def opened_lines(found: Coverage, *, full: bool = False) -> tuple[Line, ...]:
    """The branches of one place, each with the run that gets there."""
    lines: list[Line] = []
    for place in found.places:
        head = f"{safe(place.span.file.name)}:{place.span.line}: {_KINDS[place.kind]}: {one_line(place.text)}"
        for config, one in zip(found.configs, place.found, strict=True):
            lines.append(line(Piece(shorten(head, 90), Style.PLACE)))
            lines.append(line(f"  in {safe(config.name or 'no config')}: ", Piece(one.reach.value, _STYLES[one.reach])))
            if one.run is None:
                lines.append(line(Piece(f"  {_why((one,))}", Style.FAINT)))
            else:
                trace = found.runs[one.run].trace
                lines.extend(trace_lines(found.program, trace, full=full))
                lines.extend(why_lines(found.program, trace, full=full))
            lines.append(())
    return tuple(lines[:-1])
