"""A comparison of two variants as text for people: one line a property, then what distinguishes the two, with both runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, Piece, Style, flow, line, one_line, safe, shorten, table
from mmu_smt.report.mentions import constants_of, ghosts_of
from mmu_smt.report.text import assumes_lines, place_line, sizes, verdict_text
from mmu_smt.report.trace_text import needs_lines, shape, step_lines, steps_text, trace_lines, why_lines
from mmu_smt.report.values import compact, display_name
from mmu_smt.witness.comparisons import Answer, Basis, Equivalence, Likeness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mmu_smt.semantics.program import Program, Property
    from mmu_smt.witness.comparisons import AspectResult, Change, Comparison, Divergence, EquivalenceResult, Scenario
    from mmu_smt.witness.traces import Trace
    from mmu_smt.witness.verdicts import CheckResult

_WORDS = {
    "fixes": Style.GOOD,
    "introduces": Style.ERROR,
    "fixes and introduces": Style.ERROR,
    "neither": Style.PLAIN,
    "unknown": Style.WARNING,
}

_BEHAVIOUR = {
    Equivalence.EQUIVALENT: Style.GOOD,
    Equivalence.DIFFERS: Style.NOTE,
    Equivalence.UNKNOWN: Style.WARNING,
}


def comparison_lines(found: Comparison, *, named: frozenset[str] = frozenset(), full: bool = False) -> tuple[Line, ...]:
    """The summary, then every run that it speaks of. A scenario is shown once, with the first property that it tells the two apart by.

    `named` properties always get their runs; `full`: every property does, and traces have no omissions.
    """
    lines: list[Line] = [*summary_lines(found)]
    for part in (difference_lines(found, full=full), _scenarios_lines(found, named, full=full)):
        if part:
            lines.extend(((), *part))
    return tuple(lines)


def change_lines(found: Comparison, *, named: frozenset[str] = frozenset(), full: bool = False) -> tuple[Line, ...]:
    """What the second does to the properties, and why that is so: without a word on whether the two are equivalent.

    Of a property neither fixed nor introduced the arguments are given where it is `named`, or violated by one of the two.
    """
    one, two = labels(found)
    config = found.second.config.name
    head = f"what {two} fixes and introduces, against {one}" + (f", in {safe(config)}" if config else "")
    lines: list[Line] = [line(Piece(head, Style.STRONG))]
    for change in found.changes:
        lines.append(
            line(
                f"  {safe(change.name)}: ",
                Piece(change.word, _WORDS[change.word]),
                Piece(f" ({verdict_text(change.before)} -> {verdict_text(change.after)})", Style.FAINT),
            )
        )
        told = full or change.name in named or any(v.trace is not None for v in (change.before, change.after)) or not change.decided
        for what, mark in (("fixes", change.fixes), ("introduces", change.introduces)):
            if told and mark.answer is not Answer.YES:
                lines.extend(flow(one_line(mark.by).split(" "), f"    {what}? {mark.answer.value}: ", separator=""))
    scenarios = _scenarios_lines(found, named, full=full)
    return (*lines, *(((), *scenarios) if scenarios else ()))


def labels(found: Comparison) -> tuple[str, str]:
    """What the two variants are called."""
    one, two = (safe(r.program.variant or r.target) for r in (found.first, found.second))
    return one, two


# ---------------------------------------------------------------------------------------------- summary


def summary_lines(found: Comparison) -> tuple[Line, ...]:
    """What was compared, whether the two are equivalent, and a line for each property."""
    one, two = labels(found)
    config = found.second.config.name
    head = f"{one} -> {two}" + (f" in {safe(config)}" if config else "")
    lines: list[Line] = [line(Piece(head, Style.STRONG), Piece(f" ({' '.join(sizes(found.second))})", Style.FAINT))]
    if found.second.program.subject:
        lines.append(line(Piece(shorten(f"  {one_line(found.second.program.subject)}", 80), Style.FAINT)))
    lines.extend(equivalence_lines(found.equivalence, one, two))
    if found.changes:
        lines.extend(table([_row(c) for c in found.changes]))
    if found.left_out:
        lines.extend(flow(list(map(safe, found.left_out)), "  not compared: "))
    lines.append(line(f"  ({found.seconds:.2f} s)"))
    return tuple(lines)


def equivalence_lines(result: EquivalenceResult, one: str, two: str) -> tuple[Line, ...]:
    """Whether the two behave alike, by what argument, and what else was compared."""
    word = Piece(result.word.value, _BEHAVIOUR[result.word])
    by = f" ({result.by})" if result.by else ""
    lines: list[Line] = [line("  behaviour: ", word, Piece(shorten(by, 100), Style.FAINT))]
    beside = [f"{what} {_likeness(aspect)}" for what, aspect in (("decisions", result.decisions), ("ghosts", result.ghosts))]
    beside.append(f"initial states {_likeness(result.initial)}")
    lines.extend(flow(beside, "  beside it: "))
    for names, whose in ((result.first_only, one), (result.second_only, two)):
        if names:
            lines.extend(flow(list(map(safe, names)), f"  only in {whose}: "))
    if result.opaque:
        lines.extend(flow(list(map(safe, result.opaque)), "  too different or too large to compare: "))
    return tuple(lines)


def _likeness(aspect: AspectResult) -> str:
    match aspect.likeness:
        case Likeness.SAME:
            return "same"
        case Likeness.DIFFERS:
            return "differ"
        case Likeness.UNKNOWN:
            return f"unknown ({one_line(aspect.by)})"


def _row(change: Change) -> tuple[Piece, ...]:
    return (
        Piece(safe(change.name)),
        Piece(f"{verdict_text(change.before)} -> {verdict_text(change.after)}"),
        Piece(change.word, _WORDS[change.word]),
        Piece(_basis(change), Style.FAINT),
    )


def _basis(change: Change) -> str:
    """Why it is neither, or what is not known."""
    open_marks = [
        f"{what}: {m.by}" for what, m in (("fixes?", change.fixes), ("introduces?", change.introduces)) if m.answer is Answer.UNKNOWN
    ]
    if open_marks:
        return one_line("; ".join(open_marks))
    if change.word == "neither" and change.fixes.tried + change.introduces.tried:
        return one_line(change.fixes.by)
    return one_line(change.fixes.by) if change.fixes.basis is Basis.EQUIVALENT else ""


# ---------------------------------------------------------------------------------------------- what distinguishes their behaviour


def difference_lines(found: Comparison, *, full: bool = False) -> tuple[Line, ...]:
    """The run that distinguishes the two; nothing where there is none."""
    result = found.equivalence
    one, two = labels(found)
    if result.state.likeness is Likeness.DIFFERS:
        return _apart(found, result.state, place_line(f"{one} -> {two}", Style.NOTE, "the variants differ", "MS707"), full=full)
    if result.places.likeness is Likeness.DIFFERS:
        message = "the variants can be interrupted at different places"
        return _apart(found, result.places, place_line(f"{one} -> {two}", Style.WARNING, message, "MS708"), full=full)
    if result.initial.likeness is Likeness.DIFFERS:
        whose, program, trace = _beginning(found)
        head = place_line(f"{one} -> {two}", Style.NOTE, f"only {whose} can begin like this", "MS707")
        return (head, *trace_lines(program, trace, full=full))
    for aspect, what in ((result.decisions, "decide differently"), (result.ghosts, "differ in ghosts")):
        if aspect.likeness is Likeness.DIFFERS:
            return _apart(found, aspect, place_line(f"{one} -> {two}", Style.NOTE, f"the variants {what}", "MS707"), full=full)
    return ()


def _beginning(found: Comparison) -> tuple[str, Program, Trace]:
    one, two = labels(found)
    initial = found.equivalence.initial
    if initial.first is not None:
        return one, found.first.program, initial.first
    assert initial.second is not None
    return two, found.second.program, initial.second


def _apart(found: Comparison, aspect: AspectResult, head: Line, *, full: bool) -> tuple[Line, ...]:
    """The common run and the last transition of each, with the tests that led to its decision."""
    assert aspect.first is not None
    assert aspect.second is not None
    assert aspect.divergence is not None
    length = max(len(aspect.first.steps), len(aspect.second.steps))
    start = "an initial state" if length <= 1 else f"a state reached in {steps_text(length - 1)}"
    lines: list[Line] = [
        head,
        line(f"  distinguishing state: {start}"),
        *flow(divergence_items(found.first.program, labels(found), (aspect.first, aspect.second), aspect.divergence), "  differs in: "),
    ]
    for label, result, trace in zip(labels(found), (found.first, found.second), (aspect.first, aspect.second), strict=True):
        if result is found.first:
            constants = constants_of(result.program, result.config, ())
            lines.append(line(Piece(f"  {label}:", Style.STRONG)))
            lines.extend(trace_lines(result.program, trace, constants=constants, full=full))
        else:
            lines.append(line(Piece(f"  {label}, from the same state:", Style.STRONG)))
            if len(trace.steps) == length and length:
                lines.extend(step_lines(result.program, trace, length - 1))
        if length and len(trace.steps) < length:
            lines.append(line(f"{length:4d}    -     cannot take this step"))
        lines.extend(why_lines(result.program, trace, full=full))
    return tuple(lines)


def divergence_items(program: Program, names: tuple[str, str], traces: tuple[Trace, Trace], divergence: Divergence) -> list[str]:
    """How the last transitions of two runs differ. `program`: the first one's; `names`: what the two are called."""
    one, two = names
    items: list[str] = []
    if divergence.enabled[0] != divergence.enabled[1]:
        items.append(f"only {one if divergence.enabled[0] else two} can take the step")
    if divergence.faults[0] != divergence.faults[1]:
        items.append(f"only {one if divergence.faults[0] else two} faults")
    for name in divergence.states:
        variable = program.states[name]
        values = [compact(variable.type, trace.steps[-1].after[name]) for trace in traces]
        items.append(f"{display_name(variable)}: {values[0]} / {values[1]}")
    items.extend(
        what for what, holds in (("decisions", divergence.decisions), ("place", divergence.places), ("end", divergence.terminal)) if holds
    )
    items.extend(f"ghost {safe(name)}" for name in divergence.ghosts)
    return items


# ---------------------------------------------------------------------------------------------- scenarios


def _scenarios_lines(found: Comparison, named: frozenset[str], *, full: bool) -> tuple[Line, ...]:
    lines: list[Line] = []
    shown: list[tuple[str, Scenario]] = []
    for change in found.changes:
        for what, mark in (("fixes", change.fixes), ("introduces", change.introduces)):
            scenario = mark.scenario
            if scenario is None:
                continue
            earlier = next((name for name, other in shown if _same(other, scenario)), None)
            if lines:
                lines.append(())
            if earlier is not None and not full and change.name not in named:
                lines.append(line(Piece(f"{what} {safe(change.name)}", _WORDS[what]), f": in the scenario of {safe(earlier)}"))
                continue
            shown.append((change.name, scenario))
            lines.extend(scenario_lines(found, change, what, scenario, full=full))
    return tuple(lines)


def _same(one: Scenario, two: Scenario) -> bool:
    return (one.consts, one.initial, one.broken.steps) == (two.consts, two.initial, two.broken.steps)


def scenario_lines(found: Comparison, change: Change, what: str, scenario: Scenario, *, full: bool = False) -> tuple[Line, ...]:
    """A scenario that tells the two apart: the run that violates the property, then the other variant's from the same start."""
    pair = list(zip(labels(found), (found.first, found.second), (change.before, change.after), strict=True))
    broken, intact = pair if what == "fixes" else pair[::-1]
    head = line(Piece(f"{labels(found)[1]} {what} {safe(change.name)}", _WORDS[what]), ": a scenario in which the two differ")
    return (
        head,
        line(Piece(f"  {broken[0]} violates it: ", Style.STRONG), shape(scenario.broken)),
        *_run_lines(broken[1], broken[2].property, scenario.broken, full=full),
        line(Piece(f"  {intact[0]} does not: ", Style.STRONG), one_line(scenario.by)),
        *_run_lines(intact[1], intact[2].property, scenario.intact, full=full, start=False),
        *assumes_lines(broken[1], full=full),
    )


def _run_lines(result: CheckResult, judged: Property, trace: Trace, *, full: bool, start: bool = True) -> Iterator[Line]:
    program = result.program
    ghosts = ghosts_of(program, judged)
    if start:
        constants = constants_of(program, result.config, (judged,))
        yield from trace_lines(program, trace, constants=constants, ghosts=ghosts, full=full)
    else:
        for number in range(len(trace.steps)):
            yield from step_lines(program, trace, number)
        if not trace.steps:
            yield line("   0    -     ends here")
    yield from why_lines(program, trace, full=full)
    yield from needs_lines(program, trace)
