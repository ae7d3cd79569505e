"""What explains a trace beside its rows: what did not change, what would have broken the loop, which part failed, who undoes whose work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.interpret.observe import Faulted, Observer
from mmu_smt.report.lines import Line, flow, one_line, shorten
from mmu_smt.report.mentions import assigned_by
from mmu_smt.report.values import changes, compact, display_name, part_path
from mmu_smt.semantics.program import BinaryExpr, BinaryOp, EventUse, Program, PropertyKind, UnaryExpr, UnaryOp
from mmu_smt.witness.explanations import AtomKind
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mmu_smt.semantics.program import TExpr
    from mmu_smt.witness.explanations import Change, Explanation
    from mmu_smt.witness.traces import Trace, TraceStep
    from mmu_smt.witness.verdicts import Verdict

_CUT_LINES = 2  # for sets of changes, unless everything is asked for
_PARTS = 10  # of a condition
_PART_WIDTH = 60


# ---------------------------------------------------------------------------------------------- what would have broken a loop


def cut_texts(program: Program, explanation: Explanation) -> list[str]:
    """The sets of changes, each in a few words."""
    return [" and ".join(_change(program, c) for c in cut) for cut in explanation.cuts]


def _change(program: Program, change: Change) -> str:
    atom = change.atom
    variable = program.consts.get(atom.name) or program.states.get(atom.name)
    name = atom.name if variable is None or atom.kind is AtomKind.DECISION else display_name(variable) + part_path(variable.type, atom.way)
    others = [compact(atom.type, v) for v in change.values]
    if change.any_other and len(others) > 1:
        return f"{name} != {compact(atom.type, atom.value)}"
    return f"{name} = {' or '.join(others)}"


def cut_lines(program: Program, verdict: Verdict, *, full: bool = False) -> tuple[Line, ...]:
    """What breaks the loop of a verdict, where that was asked."""
    explanation = verdict.explanation
    if explanation is None:
        return ()
    texts = cut_texts(program, explanation)
    if not texts:
        what = "nothing that was tried breaks the loop" if explanation.complete else "undecided: too many changes to try"
        return flow([what], "  breaks: ")
    if len(texts) > 1:
        texts[0] = f"any of {texts[0]}"
    return _fitting(texts, "  breaks: ", 0 if full else _CUT_LINES, ";")


def _fitting(texts: list[str], head: str, most: int, separator: str) -> tuple[Line, ...]:
    """As many of the texts as fit into `most` lines (0: all), and how many more there are."""
    for count in range(len(texts), 0, -1):
        left = [f"{len(texts) - count} more"] if count < len(texts) else []
        lines = flow([*texts[:count], *left], head, separator=separator)
        if not most or len(lines) <= most or count == 1:
            return lines
    return ()


# ---------------------------------------------------------------------------------------------- what did not change


def unchanged_lines(program: Program, trace: Trace, *, full: bool = False) -> tuple[Line, ...]:
    """State that the steps taken could have changed and did not: in the loop, else in the last transition."""
    first = trace.loop_start if trace.loop_start is not None else len(trace.steps) - 1
    part = trace.steps[first:]
    if not part or part[-1].fault is not None:
        return ()
    before = trace.state_before(first)
    assignable = assigned_by(program, (program.steps[s.step] for s in part))
    kept = [
        v
        for n, v in program.states.items()
        if n in assignable and n in before and all(n in s.after and s.after[n] == before[n] for s in part)
    ]
    kept.sort(key=lambda v: v.display.minimise if v.display.minimise is not None else 1 << 30)
    if not kept:
        return ()
    return _fitting([display_name(v) for v in kept], "  unchanged: ", 0 if full else 1, ",")


# ---------------------------------------------------------------------------------------------- which part failed


def failing_lines(program: Program, verdict: Verdict) -> tuple[Line, ...]:
    """The parts of the condition that the last transition (or state) violates or reaches, with their values; nothing for loops."""
    judged, trace = verdict.property, verdict.trace
    if trace is None or judged.condition is None or verdict.word not in (Word.VIOLATED, Word.REACHED):
        return ()
    if judged.kind is not PropertyKind.INVARIANT and (not trace.steps or trace.steps[-1].fault is not None):
        return ()
    observer = Observer(program, trace)

    def value(expr: TExpr) -> str:
        found = (
            observer.in_state(expr, len(trace.steps))
            if judged.kind is PropertyKind.INVARIANT
            else observer.in_transition(expr, len(trace.steps) - 1)
        )
        return "faults" if isinstance(found, Faulted) else compact(expr.type, found)

    parts = list(_parts(judged.condition))
    items = [_valued(program, part, value) for part in parts[:_PARTS]]
    return flow(items, "  fails: " if verdict.word is Word.VIOLATED else "  shows: ", separator=";")


def _valued(program: Program, part: TExpr, value: object) -> str:
    assert callable(value)
    text = f"{_text(part)}: {value(part)}"
    if not isinstance(part, EventUse):
        return text
    inner = list(_parts(program.events[part.name].condition))
    if len(inner) > _PARTS:
        return text
    return f"{text} ({'; '.join(f'{_text(p)}: {value(p)}' for p in inner)})"


def _text(expr: TExpr) -> str:
    return shorten(one_line(expr.span.text), _PART_WIDTH)


def _parts(expr: TExpr) -> Iterator[TExpr]:
    """The operands of the Boolean connectives, in order of evaluation."""
    match expr:
        case BinaryExpr(op=BinaryOp.IMPLIES | BinaryOp.AND | BinaryOp.OR, left=left, right=right):
            yield from _parts(left)
            yield from _parts(right)
        case UnaryExpr(op=UnaryOp.NOT, operand=BinaryExpr() as operand):
            yield from _parts(operand)
        case _:
            yield expr


# ---------------------------------------------------------------------------------------------- who undoes whose work


def contest_lines(program: Program, trace: Trace) -> tuple[Line, ...]:
    """In a loop with env steps: which of them undoes what which other step did, and where."""
    from mmu_smt.report.trace_text import step_name

    if trace.loop_start is None:
        return ()
    found: dict[tuple[str, str], dict[str, None]] = {}
    done: dict[str, tuple[TraceStep, str]] = {}  # part -> who changed it last in the loop, and what it was before
    for number in (*range(trace.loop_start, len(trace.steps)), *range(trace.loop_start, len(trace.steps))):
        step, before = trace.steps[number], trace.state_before(number)
        for name, variable in program.states.items():
            for change in changes(display_name(variable), variable.type, before[name], step.after[name]):
                earlier = done.get(change.path)
                if step.actor == "env" and earlier is not None and earlier[0].actor != "env" and earlier[1] == change.new:
                    pair = step_name(program.steps[step.step]), step_name(program.steps[earlier[0].step])
                    found.setdefault(pair, {})[change.path] = None
                done[change.path] = step, change.old
    texts = (f"`{env}` undoes what `{other}` did to {', '.join(paths)}" for (env, other), paths in found.items())
    return tuple(line for text in texts for line in flow([text], "  starves: "))
