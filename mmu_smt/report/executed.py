"""Which lines of the source a decision went through, from the tests that led to it.

What is written down of a decision is the tests on its way. Between them a body has no choice, so the statements that were carried out
follow: `executed` walks a checked body and takes at each branch the side that its test says. A function that was called more than once
with different outcomes has the lines of all these calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from mmu_smt.semantics.program import (
    BinaryExpr,
    BinaryOp,
    For,
    Function,
    If,
    Lock,
    Match,
    Program,
    Return,
    TExpr,
    TStmt,
    UnaryExpr,
    UnaryOp,
)
from mmu_smt.semantics.types import show_value

if TYPE_CHECKING:
    from mmu_smt.syntax.source import Span
    from mmu_smt.witness.traces import Decision, Test

Outcomes: TypeAlias = "Mapping[tuple[int, int], frozenset[str]]"


@dataclass(slots=True)
class Lit:
    """What is lit of one function: its lines that were carried out, and for each the tests on it, in order."""

    function: str
    lines: dict[int, list[Test]] = field(default_factory=dict[int, "list[Test]"])


def executed(program: Program, decision: Decision) -> tuple[Lit, ...]:
    """The functions on the way to a decision with their lines: handlers first, the outermost one leading, then others as they were met."""
    names = dict.fromkeys((decision.handler, *(t.function for t in decision.path)))
    known = [program.functions[n] for n in names if n in program.functions]
    return tuple(_lit(f, decision) for f in sorted(known, key=lambda f: not f.is_handler))


def _lit(function: Function, decision: Decision) -> Lit:
    tests = [t for t in decision.path if t.function == function.name and t.span.file is function.span.file]
    outcomes: dict[tuple[int, int], frozenset[str]] = {}
    for test in tests:
        key = test.span.start, test.span.end
        outcomes[key] = outcomes.get(key, frozenset()) | {test.outcome}
    lit = Lit(function.name)
    for number in sorted({function.span.line, *_walk(function.body, outcomes).lines, *(t.span.line for t in tests)}):
        lit.lines[number] = [t for t in tests if t.span.line == number]
    if function.name == decision.handler:
        lit.lines.setdefault(decision.span.line, [])
    return lit


@dataclass(slots=True)
class _Way:
    """Lines that were carried out, and whether what comes after may have been too."""

    lines: set[int]
    goes_on: bool = True


def _walk(body: Iterable[TStmt], outcomes: Outcomes) -> _Way:
    way = _Way(set())
    for statement in body:
        inner = _statement(statement, outcomes)
        way.lines |= inner.lines
        if not inner.goes_on:
            return _Way(way.lines, goes_on=False)
    return way


def _statement(statement: TStmt, outcomes: Outcomes) -> _Way:
    match statement:
        case If(condition=condition, then=then, orelse=orelse):
            truth = _truth(condition, outcomes)
            return _joined(_lines(condition.span), [_walk(side, outcomes) for side, of in ((then, True), (orelse, False)) if of in truth])
        case Match(subject=subject, arms=arms):
            shown = outcomes.get((subject.span.start, subject.span.end), frozenset())
            named = {show_value(subject.type, v) for arm in arms for v in arm.values or ()}
            taken = [
                arm for arm in arms if (shown - named if arm.values is None else shown & {show_value(subject.type, v) for v in arm.values})
            ]
            return _joined(_lines(subject.span), [_walk(arm.body, outcomes) for arm in taken])
        case For(body=body) | Lock(body=body):
            inner = _walk(body, outcomes)
            return _Way({statement.span.line} | inner.lines, inner.goes_on or isinstance(statement, For))
        case Return():
            return _Way(_lines(statement.span), goes_on=False)
        case _:
            return _Way(_lines(statement.span))


def _joined(own: set[int], sides: list[_Way]) -> _Way:
    """A branch and the sides of it that were taken; where none is known, nothing after it is either."""
    return _Way(own.union(*(s.lines for s in sides)), any(s.goes_on for s in sides))


def _lines(span: Span) -> set[int]:
    first = span.line
    return set(range(first, first + span.text.count("\n") + 1))


def _truth(expr: TExpr, outcomes: Outcomes) -> frozenset[bool]:
    """The values that a condition had, as far as the tests say."""
    own = outcomes.get((expr.span.start, expr.span.end))
    if own is not None:
        return frozenset(o == "true" for o in own)
    return frozenset(_combined(expr, outcomes))


def _combined(expr: TExpr, outcomes: Outcomes) -> Iterator[bool]:
    match expr:
        case UnaryExpr(op=UnaryOp.NOT, operand=operand):
            yield from (not v for v in _truth(operand, outcomes))
        case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR as op, left=left, right=right):
            settling = op is BinaryOp.OR  # the value of the left operand that settles the whole
            for value in _truth(left, outcomes):
                if value is settling:
                    yield value
                else:
                    yield from _truth(right, outcomes)
        case _:
            return
