"""A trace as a table: a row per variable, a column per step. What stays as it was is a dot.

Columns are numbered by the state they show: column 0 is the initial state, column i the i-th transition with the state after it. Where
they do not fit side by side the table goes on below, with the column names again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mmu_smt.report.explain_text import contest_lines, cut_lines, failing_lines, unchanged_lines
from mmu_smt.report.lines import WIDTH, Line, flow, line, one_line, safe
from mmu_smt.report.mentions import constants_of, ghosts_of
from mmu_smt.report.text import assumes_lines, head_line, minimal_lines, reproduce, subject_text
from mmu_smt.report.trace_text import closing_text, decision_text, event_texts, ghost_defaults, why_lines
from mmu_smt.report.values import compact, display_name, part_path
from mmu_smt.semantics.types import ArrayType, RecordType, index_size
from mmu_smt.semantics.walks import choices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mmu_smt.semantics.program import Program, Variable
    from mmu_smt.semantics.types import Type, Value
    from mmu_smt.witness.traces import Trace
    from mmu_smt.witness.verdicts import CheckResult, Verdict

_CELL = 22  # columns of a cell at most; longer texts go on in the line below
_NAME = 26  # columns of a variable's name at most
_SAME = "."


def table_lines(result: CheckResult, verdict: Verdict, *, full: bool = False) -> tuple[Line, ...]:
    """The trace of a verdict with what explains it. `full`: every part of every variable, else those that matter to the eye."""
    program, trace = result.program, verdict.trace
    assert trace is not None
    constants = constants_of(program, result.config, (verdict.property,))
    ghosts = ghosts_of(program, verdict.property)
    rows = [
        *_event_rows(program, trace),
        *_variable_rows(program, trace, full),
        *_ghost_rows(program, trace, frozenset(program.ghosts) if full else ghosts, full),
    ]
    relevant = {n: v for n, v in program.consts.items() if full or n in constants}
    with_ = [text for v in relevant.values() for text in _constant(v, trace.consts[v.name], full)]
    return (
        head_line(result, verdict),
        *flow([subject_text(result, verdict)], "  "),
        *minimal_lines(result, verdict),
        *flow(with_, "  with  "),
        *_laid_out(_heads(trace), rows),
        *(flow([closing_text(program, trace)], "  loop: ") if trace.loop_start is not None else ()),
        *failing_lines(program, verdict),
        *why_lines(program, trace, full=full),
        *unchanged_lines(program, trace, full=full),
        *cut_lines(program, verdict, full=full),
        *contest_lines(program, trace),
        *assumes_lines(result, full=full),
        *flow([reproduce(result, verdict)], "  reproduce: "),
    )


def _heads(trace: Trace) -> list[str]:
    """The column names; the states of the loop are marked."""
    count = len(trace.steps) + 1
    return [f"{i}{'*' if trace.loop_start is not None and i > trace.loop_start else ''}" for i in range(count)]


def _event_rows(program: Program, trace: Trace) -> Iterator[tuple[str, list[str]]]:
    chosen = choices(program)
    yield "who", ["-", *(s.actor for s in trace.steps)]
    yield "event", ["init", *(", ".join(event_texts(program, replace(s, position=None), chosen)) for s in trace.steps)]
    if any(s.decisions for s in trace.steps):
        yield "decision", ["", *("; ".join(decision_text(d) for d in s.decisions[:1]) for s in trace.steps)]
    if any(s.position is not None for s in trace.steps):
        yield "stops", ["", *(one_line(s.position or "") for s in trace.steps)]
    if any(s.fault is not None for s in trace.steps):
        yield "fault", ["", *(one_line(s.fault.message) if s.fault is not None else "" for s in trace.steps)]


def _variable_rows(program: Program, trace: Trace, full: bool) -> Iterator[tuple[str, list[str]]]:
    states = [trace.initial, *(s.after for s in trace.steps)]
    for variable in program.states.values():
        for way, kind in _leaves(variable.type, [s[variable.name] for s in states]):
            values = [_part(s[variable.name], way) for s in states]
            plain = variable.display.has_default and values[0] == _part(variable.display.default, way)
            if not full and len(set(values)) == 1 and (plain or variable.initial is not None):
                continue
            shown = [compact(kind, v) for v in values]
            yield display_name(variable) + part_path(variable.type, way), _dotted(shown)


def _ghost_rows(program: Program, trace: Trace, wanted: frozenset[str], full: bool) -> Iterator[tuple[str, list[str]]]:
    defaults = ghost_defaults(program)
    for name, ghost in program.ghosts.items():
        if not full and all(s.observed.get(name) == defaults.get(name) for s in trace.steps if s.decisions):
            continue
        shown = [compact(ghost.type, s.observed[name]) if s.decisions and name in s.observed else "" for s in trace.steps]
        if name in wanted and any(shown):
            yield f"seen {display_name(ghost)}", ["", *shown]


def _constant(variable: Variable, value: Value, full: bool) -> Iterator[str]:
    if full or not variable.display.has_default or variable.display.default != value:
        yield f"{display_name(variable)}: {compact(variable.type, value)}"


def _dotted(values: list[str]) -> list[str]:
    return [v if i == 0 or v != values[i - 1] else _SAME for i, v in enumerate(values)]


def _leaves(kind: Type, values: list[Value]) -> Iterator[tuple[tuple[int, ...], Type]]:
    """The smallest parts that a row can show."""
    match kind:
        case ArrayType(index, element):
            for position in range(index_size(index)):
                for way, leaf in _leaves(element, [_part(v, (position,)) for v in values]):
                    yield (position, *way), leaf
        case RecordType(_, fields):
            for position, (_, part) in enumerate(fields):
                for way, leaf in _leaves(part, [_part(v, (position,)) for v in values]):
                    yield (position, *way), leaf
        case _:
            yield (), kind


def _part(value: Value, way: tuple[int, ...]) -> Value:
    for position in way:
        assert isinstance(value, tuple)
        value = value[position]
    return value


# ---------------------------------------------------------------------------------------------- layout


def _laid_out(heads: list[str], rows: list[tuple[str, list[str]]]) -> Iterator[Line]:
    """The table in blocks of columns that fit."""
    named = [(_wrapped(name, _NAME), [_wrapped(cell, _CELL) for cell in cells]) for name, cells in rows]
    name_width = max((len(part) for name, _ in named for part in name), default=4)
    widths = [max([len(heads[c]), *(len(part) for _, cells in named for part in cells[c])]) for c in range(len(heads))]
    first = 0
    while first < len(heads):
        last, used = first, 2 + name_width
        while last < len(heads) and (last == first or used + 2 + widths[last] <= WIDTH):
            used += 2 + widths[last]
            last += 1
        columns = range(first, last)
        yield line("  " + "  ".join(["step".ljust(name_width), *(heads[c].ljust(widths[c]) for c in columns)]))
        for name, cells in named:
            if all(cells[c] == [""] for c in columns):
                continue
            for number in range(max(len(name), *(len(cells[c]) for c in columns))):
                texts = [_line_of(name, number).ljust(name_width), *(_line_of(cells[c], number).ljust(widths[c]) for c in columns)]
                yield line("  " + "  ".join(texts))
        first = last


def _line_of(parts: list[str], number: int) -> str:
    return parts[number] if number < len(parts) else ""


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns: broken at blanks, words that are longer anywhere."""
    lines = [""]
    for word in safe(text).split(" "):
        rest = word
        if lines[-1] and len(lines[-1]) + 1 + len(rest) <= width:
            lines[-1] += " " + rest
            continue
        if lines[-1]:
            lines.append("")
        while len(rest) > width:
            lines[-1] = rest[:width]
            lines.append("")
            rest = rest[width:]
        lines[-1] = rest
    return lines
