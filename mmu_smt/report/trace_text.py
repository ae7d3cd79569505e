"""A replayed trace as text: one row a transition, only what changed, the loop marked once and closed by a real step.

Rows are numbered by the state they lead to: row 0 is the initial state, row i the i-th transition with the state after it.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, flow, line, one_line, safe, shorten
from mmu_smt.report.values import changes, compact, display_name
from mmu_smt.semantics.program import Choose, Literal, Program, Step, Variable
from mmu_smt.semantics.walks import choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mmu_smt.semantics.types import Value
    from mmu_smt.syntax.source import Span
    from mmu_smt.witness.traces import Decision, Test, Trace, TraceStep, Valuation

_GUTTER = " " * 14  # in front of what belongs to a row
_TESTS = 8  # tests of a decision path that are shown unless everything is asked for
_TEST_WIDTH = 60


def short_place(span: Span) -> str:
    """`file:line` with the file's last name only; traces are narrow and the finding names the path."""
    name = span.file.name.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{safe(name)}:{span.line}"


def steps_text(count: int) -> str:
    """`1 step`, `2 steps`."""
    return f"{count} step" if count == 1 else f"{count} steps"


def shape(trace: Trace) -> str:
    """What kind of run it is, in a few words."""
    if trace.loop_start is not None:
        return f"loop of {steps_text(len(trace.steps) - trace.loop_start)} after {steps_text(trace.loop_start)}"
    return f"run of {steps_text(len(trace.steps))}" if trace.steps else "an initial state"


def trace_lines(
    program: Program,
    trace: Trace,
    *,
    constants: frozenset[str] | None = None,
    ghosts: frozenset[str] = frozenset(),
    full: bool = False,
) -> tuple[Line, ...]:
    """The whole trace: constants that differ from their defaults, the initial state, and a row for each transition.

    `constants`: those that can matter (None: all). State variables with a declared initial value are left out of the initial state.
    `ghosts` are shown as observed wherever a handler decided. `full` shows every constant and ghost, the initial state without omissions,
    and after each transition the whole state.
    """
    seen = {n: v for n, v in program.ghosts.items() if full or n in ghosts}
    chosen = choices(program)
    defaults = ghost_defaults(program)
    lines: list[Line] = []
    relevant = {n: v for n, v in program.consts.items() if full or constants is None or n in constants}
    consts = _valuation(relevant, trace.consts, full)
    if consts:
        lines.extend(flow(consts, "  with  "))
    lines.append(line("  step  who   event"))
    free = {n: v for n, v in program.states.items() if full or v.initial is None}
    start = _valuation(free, trace.initial, full)
    lines.extend(flow(start or ["initial state"], "   0    -     "))
    for number, step in enumerate(trace.steps):
        told = _observed(seen, step.observed, defaults, full) if full or step.decisions else []
        lines.extend(_row(program, trace, number, step, chosen, told, full=full))
        if full:
            lines.extend(flow(["now " + ", ".join(_valuation(program.states, step.after, True))], _GUTTER))
    if trace.loop_start is not None:
        lines.extend(_closing(program, trace))
    return tuple(lines)


def ghost_defaults(program: Program) -> Valuation:
    """What the ghosts are where no handler has written them, of those whose initial value is a literal."""
    return {n: v.initial.value for n, v in program.ghosts.items() if isinstance(v.initial, Literal)}


def _observed(ghosts: Mapping[str, Variable], values: Valuation, defaults: Valuation, full: bool) -> list[str]:
    """Ghosts as observed; unless `full`, those that a handler has written."""
    told = {n: v for n, v in ghosts.items() if full or n not in defaults or values.get(n) != defaults[n]}
    return _valuation(told, values, True)


def step_lines(program: Program, trace: Trace, number: int, *, full: bool = False) -> tuple[Line, ...]:
    """The row of one transition (counted from 0) alone. `full`: with all ghosts."""
    step = trace.steps[number]
    told = _valuation(program.ghosts, step.observed, True) if full else []
    return tuple(_row(program, trace, number, step, choices(program), told, full=full))


def state_lines(program: Program, trace: Trace, number: int) -> tuple[Line, ...]:
    """The whole state before transition `number` (after the last one: their number)."""
    return flow(_valuation(program.states, trace.state_before(number), True), f"{number:4d} is ")


def _valuation(variables: Mapping[str, Variable], values: Valuation, full: bool) -> list[str]:
    """`name: value` items, declarations with `@show` first. Values equal to the `@default` are left out unless `full`."""
    shown: list[tuple[bool, str]] = []
    for name, variable in variables.items():
        if name not in values:
            continue
        value, display = values[name], variable.display
        if not full and display.has_default:
            shown.extend((display.show is None, text) for text in _exceptions(variable, value))
        else:
            shown.append((display.show is None, f"{display_name(variable)}: {compact(variable.type, value)}"))
    return [text for _, text in sorted(shown, key=lambda item: item[0])]


def _exceptions(variable: Variable, value: Value) -> Iterator[str]:
    """How a value differs from the default: part by part where that is little, else the whole value."""
    parts = list(changes(display_name(variable), variable.type, variable.display.default, value))
    if len(parts) > 2:
        yield f"{display_name(variable)}: {compact(variable.type, value)}"
    else:
        yield from (f"{part.path}: {part.new}" for part in parts)


def _row(
    program: Program,
    trace: Trace,
    number: int,
    step: TraceStep,
    chosen: Mapping[int, Choose],
    observed: Sequence[str] = (),
    *,
    full: bool = False,
) -> Iterator[Line]:
    """A transition; `observed`: what the ghosts were, in words."""
    inside = trace.loop_start is not None and number >= trace.loop_start
    mark = ("+>" if number == trace.loop_start else "| ") if inside else "  "
    head = f"{number + 1:4d} {mark} {step.actor:<6}"
    yield from flow(event_texts(program, step, chosen), head)
    yield from flow(list(_decisions(step.decisions, full)), _GUTTER)
    seen = [("seen " if i == 0 else "") + text for i, text in enumerate(observed)]
    yield from flow([*_effects(program, trace.state_before(number), step), *seen], _GUTTER)
    if step.fault is not None:
        yield from flow([f"fault: {one_line(step.fault.message)} ({short_place(step.fault.span)})"], _GUTTER)


def step_name(step: Step) -> str:
    """How a trace names a step: its `@show` text, else its name."""
    return one_line(step.display.show or step.name)


def event_texts(program: Program, step: TraceStep, chosen: Mapping[int, Choose]) -> list[str]:
    """The step with its arguments and choices, and where it stops; `goes on` for the one step that can be in flight."""
    declared = program.steps[step.step]
    args = ", ".join(f"{p.name}: {compact(p.type, v)}" for p, v in zip(declared.params, step.args, strict=False))
    if step.resume:
        items = ["goes on"]
    else:
        items = [step_name(declared) + (f" ({args})" if args else "")]
    for site, value in step.choices.items():
        statement = chosen.get(site[-1])
        if statement is not None:
            items.append(f"{safe(statement.local.name)} = {compact(statement.local.type, value)}")
    if step.position is not None and step.actor != "env":
        where = f" ({short_place(step.cut)})" if step.cut is not None else ""
        items.append(f"stops {one_line(step.position)}{where}")
    return items


def decision_text(decision: Decision, *, placed: bool = True) -> str:
    """Who decided what, by which rule, and where."""
    rule = f" @{decision.rule}" if decision.rule else ""
    where = f" ({short_place(decision.span)})" if placed else ""
    return f"{decision.handler}: {one_line(decision.shown)}{rule}{where}"


def _decisions(decisions: tuple[Decision, ...], full: bool) -> Iterator[str]:
    """Each decision; unless `full`, of those in a row that come to the same only the first, which the others pass on."""
    for _, same in groupby(decisions, key=lambda d: (d.shown, d.rule)):
        first, *others = same
        if full or not others:
            yield from map(decision_text, (first, *others))
        else:
            yield f"{decision_text(first)}, passed on"


def _effects(program: Program, before: Valuation, step: TraceStep) -> list[str]:
    """What the transition changed, part by part."""
    items: list[str] = []
    for name, variable in program.states.items():
        if name in before and name in step.after:
            items.extend(str(c) for c in changes(display_name(variable), variable.type, before[name], step.after[name]))
    if not items and step.fault is None and step.position is None:
        items.append("no state changes")
    return items


def closing_text(program: Program, trace: Trace) -> str:
    """Where the last step of a loop leads, and what differs there."""
    if not trace.unclosed:
        return f"back to {trace.loop_start}: every state variable is as it was"
    names = [display_name(program.states[n]) if n in program.states else n for n in trace.unclosed]
    return f"back to {trace.loop_start}; unseen by the property: {', '.join(names)}"


def _closing(program: Program, trace: Trace) -> tuple[Line, ...]:
    return flow([closing_text(program, trace)], f"{len(trace.steps):4d} -+ ")


# ---------------------------------------------------------------------------------------------- what explains it


def deciding(trace: Trace) -> Decision | None:
    """The decision that explains a run best: the last one, which lies in the loop where there is one."""
    first = trace.loop_start or 0
    decisions = [d for step in trace.steps[first:] for d in step.decisions]
    return decisions[-1] if decisions else None


def why_lines(program: Program, trace: Trace, *, full: bool = False) -> tuple[Line, ...]:
    """The tests that led to the deciding decision, in the order of evaluation; file and line stand where they change.

    Unless `full`, only those made by handlers and by functions that attach the decision's rule, where there are any.
    """
    decision = deciding(trace)
    if decision is None or not decision.path:
        return ()
    telling = [t for t in decision.path if _tells(program, decision, t)]
    path = list(decision.path) if full or not telling else telling
    left_out = 0 if full else max(len(path) - _TESTS, 0)
    items = [f"(after {left_out} earlier tests)"] if left_out else []
    file = number = ""
    for test in path[left_out:]:
        place = short_place(test.span)
        name, _, line_number = place.rpartition(":")
        shown = "" if (name, line_number) == (file, number) else f":{line_number} " if name == file else f"{place} "
        items.append(shown + shown_test(test, full=full))
        file, number = name, line_number
    return flow(items, "  why: ", separator=";")


def _tells(program: Program, decision: Decision, test: Test) -> bool:
    function = program.functions.get(test.function)
    return function is not None and (function.is_handler or (decision.rule is not None and decision.rule in function.rules))


def shown_test(test: Test, *, full: bool = False) -> str:
    """A test and how it came out; `full`: with the values that it looked at."""
    values = ", ".join(f"{one_line(text)} = {one_line(value)}" for text, value in test.values) if full else ""
    return f"{shorten(one_line(test.text), _TEST_WIDTH)}: {one_line(test.outcome)}" + (f" ({values})" if values else "")


def needs_lines(program: Program, trace: Trace) -> tuple[Line, ...]:
    """How many env steps the run needs, by name: those in the loop apart from those before it. Nothing where there is none."""
    loop = trace.steps[trace.loop_start :] if trace.loop_start is not None else ()
    stem = trace.steps[: len(trace.steps) - len(loop)]
    lines: list[Line] = []
    if trace.loop_start is not None:
        lines.extend(_needs(loop, "in the loop"))
        lines.extend(_needs(stem, "before the loop"))
    else:
        lines.extend(_needs(stem, "in the run"))
    return tuple(lines)


def _needs(steps: tuple[TraceStep, ...], where: str) -> tuple[Line, ...]:
    counts = Counter(s.step for s in steps if s.actor == "env")
    if not counts:
        return ()
    names = [name if n == 1 else f"{name} ({n} times)" for name, n in counts.items()]
    total = sum(counts.values())
    return flow([f"{total} env {'step' if total == 1 else 'steps'} {where}: {names[0]}", *names[1:]], "  needs: ")
