"""Further counterexamples that differ in what is decided.

The question is asked again, each time with what has been seen excused: a transition in which the handlers decide as in an earlier
counterexample's last decided step (each the same value, by the same rule) does not count as a violation any more, and may not lie in a
loop. Such a run violates the property itself too, so it is a counterexample like any other, and replayed as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from mmu_smt.api.checking import Request, check_program
from mmu_smt.interpret.breaking import explain
from mmu_smt.semantics.program import BinaryExpr, BinaryOp, Decides, PropertyKind, TExpr, UnaryExpr, UnaryOp
from mmu_smt.semantics.types import BOOL
from mmu_smt.witness.verdicts import Verdict, Word

if TYPE_CHECKING:
    from mmu_smt.semantics.program import Property
    from mmu_smt.syntax.source import Span
    from mmu_smt.witness.traces import Trace, TraceStep


def further(request: Request, verdict: Verdict, most: int) -> tuple[Verdict, ...]:
    """At most that many further runs that show what the verdict's does, each deciding otherwise than all before it, shortest first.

    Runs are looked for up to twice the length of the first one and two more steps, or to the request's own bound. There are none for a
    verdict without a trace, or where the trace has no decision to tell it by.
    """
    if verdict.trace is None:
        return ()
    judged, found = verdict.property, [verdict]
    bound = request.limits.bound if request.limits.bound is not None else 2 * len(verdict.trace.steps) + 2
    limits = replace(request.limits, bound=bound)
    while len(found) <= most:
        excused = _excusing(judged, found[-1].trace)
        if excused is None:
            break
        judged = excused
        (answer,) = check_program(replace(request, properties=(judged,), limits=limits, cross_check=False)).verdicts
        if answer.word is not verdict.word or answer.trace is None:
            break
        explanation = None
        if request.explain:  # of the property itself, not of what is left of it
            explanation = explain(request.program, request.config, verdict.property, answer.trace)
        found.append(replace(answer, property=verdict.property, explanation=explanation, further=len(found)))
    return tuple(found[1:])


def _excusing(judged: Property, trace: Trace | None) -> Property | None:
    """The property without what the trace shows; None where the trace decides nothing, or the property is of another kind."""
    step = None if trace is None else next(_decided(trace), None)
    span = judged.span
    if step is None or span is None:
        return None
    seen = _decides(step, span)
    match judged.kind:
        case PropertyKind.PROGRESS | PropertyKind.COVER_LASSO if judged.never is not None:
            return replace(judged, never=_either(judged.never, seen, span))
        case PropertyKind.STEP if judged.condition is not None:
            return replace(judged, condition=_either(judged.condition, seen, span))
        case PropertyKind.COVER if judged.condition is not None:
            other = UnaryExpr(type=BOOL, span=span, op=UnaryOp.NOT, operand=seen)
            return replace(judged, condition=BinaryExpr(type=BOOL, span=span, op=BinaryOp.AND, left=judged.condition, right=other))
        case _:
            return None


def _decided(trace: Trace) -> Iterator[TraceStep]:
    """The decided steps that count, the last first: those of the loop, or the last step."""
    first = trace.loop_start if trace.loop_start is not None else len(trace.steps) - 1
    yield from (s for s in reversed(trace.steps[max(first, 0) :]) if s.decisions)


def _decides(step: TraceStep, span: Span) -> TExpr:
    parts: list[TExpr] = [Decides(type=BOOL, span=span, handler=d.handler, value=d.value, rule=d.rule) for d in step.decisions]
    return reduce(lambda left, right: BinaryExpr(type=BOOL, span=span, op=BinaryOp.AND, left=left, right=right), parts)


def _either(left: TExpr, right: TExpr, span: Span) -> TExpr:
    return BinaryExpr(type=BOOL, span=span, op=BinaryOp.OR, left=left, right=right)


def with_further(request: Request, verdicts: tuple[Verdict, ...], most: int) -> tuple[Verdict, ...]:
    """The verdicts, those that are violated with at most that many further counterexamples."""
    return tuple(replace(v, others=further(request, v, most)) if v.word is Word.VIOLATED else v for v in verdicts)
