"""Parts of a difference as conditions in the language: each test with what must have come out how on the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.report.lines import one_line, safe
from mmu_smt.report.trace_text import short_place
from mmu_smt.semantics.guards import Guarded, guards
from mmu_smt.semantics.program import BinaryExpr, BinaryOp, CondExpr, UnaryExpr, UnaryOp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mmu_smt.semantics.program import TExpr
    from mmu_smt.syntax.source import Span
    from mmu_smt.witness.differences import Literal, Part
    from mmu_smt.witness.verdicts import CheckResult

_SWAPPED = {BinaryOp.EQ: "!=", BinaryOp.NE: "=="}


def labels(first: CheckResult, second: CheckResult) -> tuple[str, str]:
    """What the two variants are called: what the user named where their names are the same."""
    one, two = (safe(r.program.variant or r.target) for r in (first, second))
    return (one, two) if one != two else (safe(first.target), safe(second.target))


class Predicates:
    """Writes the parts of the difference of two programs."""

    def __init__(self, first: CheckResult, second: CheckResult) -> None:
        self._programs = first.program, second.program
        self._labels = labels(first, second)
        self._guards: dict[tuple[int, str], Mapping[Span, Guarded]] = {}

    def clauses(self, part: Part) -> list[str]:
        """The part as conditions that hold together: of the state first, then function by function, with the place of the last test."""
        state = [one_line(x.text) for x in part.literals if x.state is not None]
        found = [" && ".join(state)] if state else []
        grouped: dict[tuple[str, int | None], list[Literal]] = {}
        for literal in part.literals:
            if literal.state is None:
                grouped.setdefault((literal.function, _only(literal)), []).append(literal)
        for (function, only), literals in grouped.items():
            conjuncts: dict[str, None] = {}
            for literal in sorted(literals, key=lambda x: _span(x).start):
                conjuncts.update(dict.fromkeys(self._conjuncts(literal)))
            where = short_place(_span(max(literals, key=lambda x: _span(x).start)))
            whose = "" if only is None else f"{self._labels[only]}, "
            found.append(f"{whose}{one_line(function)} ({where}): {' && '.join(conjuncts)}")
        return found

    def _conjuncts(self, literal: Literal) -> list[str]:
        guarded = self._guarded(literal)
        if guarded is None:
            return [_outcome_text(literal)]
        known = [_conjunct(k.condition, holds=k.holds) for k in guarded.known]
        if literal.outcomes in (("true",), ("false",)) and not literal.others:
            return [*known, _conjunct(guarded.test, holds=literal.outcomes == ("true",))]
        return [*known, _outcome_text(literal)]

    def _guarded(self, literal: Literal) -> Guarded | None:
        which = 1 if literal.second is not None else 0
        span = _span(literal)
        key = which, literal.function
        if key not in self._guards:
            function = self._programs[which].functions.get(literal.function)
            self._guards[key] = {} if function is None else guards(function)
        return self._guards[key].get(span)


def _only(literal: Literal) -> int | None:
    """The one variant that makes the test; None where both do."""
    if literal.first is not None and literal.second is not None:
        return None
    return 0 if literal.second is None else 1


def _span(literal: Literal) -> Span:
    span = literal.second or literal.first
    assert span is not None
    return span


def _outcome_text(literal: Literal) -> str:
    text = one_line(literal.text)
    if literal.outcomes == ("true",):
        return text
    if literal.outcomes == ("false",):
        return f"!({text})"
    word, between = ("!=", " && ") if literal.others else ("==", " || ")
    joined = between.join(f"{text} {word} {one_line(o)}" for o in literal.outcomes)
    return f"({joined})" if len(literal.outcomes) > 1 and not literal.others else joined


def _conjunct(expr: TExpr, *, holds: bool) -> str:
    """A condition, or its negation, as an operand of `&&`."""
    text = _bare(one_line(expr.span.text))
    match expr:
        case UnaryExpr(op=UnaryOp.NOT, operand=operand):
            return _conjunct(operand, holds=not holds)
        case BinaryExpr(op=BinaryOp.EQ | BinaryOp.NE as op, left=left, right=right) if not holds:
            return f"{one_line(left.span.text)} {_SWAPPED[op]} {one_line(right.span.text)}"
        case BinaryExpr(op=BinaryOp.AND):
            return text if holds else f"!({text})"
        case BinaryExpr(op=BinaryOp.OR | BinaryOp.IMPLIES) | CondExpr():
            return f"({text})" if holds else f"!({text})"
        case BinaryExpr():
            return text if holds else f"!({text})"
        case _:
            return text if holds else f"!{text}"


def _bare(text: str) -> str:
    """The text without brackets around the whole of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if not depth:
            return _bare(text[1:-1].strip()) if place == len(text) - 1 else text
    return text


def merged(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts, those together that differ in one condition on the state alone and are labelled alike."""
    groups: dict[object, list[Part]] = {}
    for number, part in enumerate(parts):
        state = [x for x in part.literals if x.state is not None]
        tests = frozenset((x.function, x.text, x.outcomes, x.others, x.first, x.second) for x in part.literals if x.state is None)
        key = (tests, part.reached, part.effect, part.changes, part.exact) if len(state) == 1 else number
        groups.setdefault(key, []).append(part)
    return list(groups.values())
