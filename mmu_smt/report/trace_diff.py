"""Two traces side by side: where they agree a line for both, where they do not one for each, marked as in a diff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, flow, line, safe
from mmu_smt.report.trace_text import closing_text, decision_text, event_texts, shape, steps_text
from mmu_smt.report.values import changes, compact, display_name
from mmu_smt.semantics.walks import choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mmu_smt.semantics.program import Program, Variable
    from mmu_smt.witness.traces import Trace, Valuation


@dataclass(frozen=True, slots=True)
class Side:
    """One of the traces. `name`: the file, or what tells it from the other."""

    name: str
    program: Program
    trace: Trace


@dataclass(frozen=True, slots=True)
class Difference:
    """What two traces differ in: the lines of both, and whether there is a difference at all."""

    lines: tuple[Line, ...]
    differ: bool


def difference(first: Side, second: Side) -> Difference:
    """The traces side by side. Only what differs has two lines, `-` for the first and `+` for the second."""
    rows: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
        ("", (shape(first.trace),), (shape(second.trace),)),
        ("with", *_valuations(first, second, "consts")),
        ("0", *_valuations(first, second, "states")),
    ]
    length = max(len(first.trace.steps), len(second.trace.steps))
    rows.extend((str(i + 1), tuple(_step(first, i)), tuple(_step(second, i))) for i in range(length))
    rows.append(("end", tuple(_end(first)), tuple(_end(second))))
    lines = [line(f"- {safe(first.name)}"), line(f"+ {safe(second.name)}")]
    for head, one, two in rows:
        lines.extend(_row(head, one, two))
    parts = [n for n, one, two in rows if one != two]
    if not parts:
        lines.append(line("  the traces are the same"))
    elif parts[0].isdigit() and parts[0] != "0":
        lines.append(line(f"  the same for {steps_text(int(parts[0]) - 1)}, then different"))
    return Difference(tuple(lines), bool(parts))


def _row(head: str, one: tuple[str, ...], two: tuple[str, ...]) -> Iterator[Line]:
    """The items that agree, each once; around an item that does not, one line for each side."""
    same = [item for item in one if item in two]
    if one == two:
        yield from flow(same, f"  {head:>4} ")
        return
    yield from flow(same, f"  {head:>4} ")
    left, right = [i for i in one if i not in two], [i for i in two if i not in one]
    yield from flow(left, f"- {head if not same else '':>4} ")
    yield from flow(right, f"+ {head if not same else '':>4} ")


def _valuations(first: Side, second: Side, which: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Constants, or the initial state: the variables that differ in full, and in both those that are off their defaults."""
    found: list[dict[str, str]] = []
    for side, other in ((first, second), (second, first)):
        variables = side.program.consts if which == "consts" else side.program.states
        values = side.trace.consts if which == "consts" else side.trace.initial
        others = other.trace.consts if which == "consts" else other.trace.initial
        found.append(_shown(variables, values, others))
    return tuple(found[0].values()), tuple(found[1].values())


def _shown(variables: Mapping[str, Variable], values: Valuation, others: Valuation) -> dict[str, str]:
    shown: dict[str, str] = {}
    for name, variable in variables.items():
        if name not in values:
            continue
        display = variable.display
        plain = (display.has_default and display.default == values[name]) or variable.initial is not None
        if not plain or (name in others and others[name] != values[name]):
            shown[name] = f"{display_name(variable)}: {compact(variable.type, values[name])}"
    return shown


def _step(side: Side, index: int) -> Iterator[str]:
    program, trace = side.program, side.trace
    if index >= len(trace.steps):
        yield "(has ended)"
        return
    step, before = trace.steps[index], trace.state_before(index)
    yield f"{step.actor}: " + ", ".join(event_texts(program, step, choices(program)))
    yield from (decision_text(d, placed=False) for d in step.decisions)
    for name, variable in program.states.items():
        yield from (str(c) for c in changes(display_name(variable), variable.type, before[name], step.after[name]))
    if step.fault is not None:
        yield f"fault: {step.fault.message}"


def _end(side: Side) -> Iterator[str]:
    if side.trace.loop_start is not None:
        yield closing_text(side.program, side.trace)
