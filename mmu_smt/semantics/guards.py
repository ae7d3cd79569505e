"""What must have come out how before a test is made, within its function: the conditions around it and those that leave before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mmu_smt.semantics.program import (
    Assert,
    Assign,
    BinaryExpr,
    BinaryOp,
    CondExpr,
    Convert,
    For,
    Function,
    If,
    Let,
    Lock,
    Match,
    OptionalValue,
    Return,
    TExpr,
    TStmt,
    UnaryExpr,
    UnaryOp,
)
from mmu_smt.syntax.source import Span


@dataclass(frozen=True, slots=True)
class Known:
    """A condition that has come out as `holds`; or the subject of a match that has none of the values that lead elsewhere (not kept)."""

    condition: TExpr
    holds: bool


@dataclass(frozen=True, slots=True)
class Guarded:
    """A test, and what is known before it, in the order of evaluation."""

    test: TExpr
    known: tuple[Known, ...] = field(repr=False)


def guards(function: Function) -> Mapping[Span, Guarded]:
    """Every condition of a function, operand by operand, and every subject of a match, by its place."""
    reader = _Reader()
    reader.block(function.body, ())
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found: dict[Span, Guarded] = {}

    def block(self, statements: tuple[TStmt, ...], known: tuple[Known, ...]) -> tuple[Known, ...]:
        """What is known at the end, where it is reached."""
        for statement in statements:
            known = self._statement(statement, known)
        return known

    def _statement(self, statement: TStmt, known: tuple[Known, ...]) -> tuple[Known, ...]:
        match statement:
            case If(condition=condition, then=then, orelse=orelse):
                self._condition(condition, known)
                held, failed = (*known, *_expanded(condition, holds=True)), (*known, *_expanded(condition, holds=False))
                after_then, after_else = self.block(then, held), self.block(orelse, failed)
                if _leaves(then):
                    return after_else
                return after_then if orelse and _leaves(orelse) else known
            case Match(subject=subject, arms=arms):
                self._value(subject, known)
                self.found[subject.span] = Guarded(subject, known)
                for arm in arms:
                    self.block(arm.body, known)
            case For(body=body):
                self.block(body, known)
            case Lock(body=body):
                return self.block(body, known)
            case Let(value=value) | Assign(value=value) | Assert(condition=value):
                self._value(value, known)
            case Return(value=value):
                if value is not None:
                    self._value(value, known)
            case _:
                pass
        return known

    def _value(self, expr: TExpr, known: tuple[Known, ...]) -> None:
        match expr:
            case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR) | CondExpr() | UnaryExpr(op=UnaryOp.NOT):
                self._condition(expr, known)
            case Convert(operand=operand) | UnaryExpr(operand=operand) | OptionalValue(base=operand) | BinaryExpr(left=operand):
                self._value(operand, known)
            case _:
                pass

    def _condition(self, expr: TExpr, known: tuple[Known, ...]) -> None:
        self.found.setdefault(expr.span, Guarded(expr, known))
        match expr:
            case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR as op, left=left, right=right):
                self._condition(left, known)
                self._condition(right, (*known, *_expanded(left, holds=op is BinaryOp.AND)))
            case CondExpr(condition=condition, then=then, orelse=orelse):
                self._condition(condition, known)
                self._value(then, (*known, *_expanded(condition, holds=True)))
                self._value(orelse, (*known, *_expanded(condition, holds=False)))
            case UnaryExpr(op=UnaryOp.NOT, operand=operand):
                self._condition(operand, known)
            case _:
                pass


def _expanded(condition: TExpr, *, holds: bool) -> Iterator[Known]:
    """A condition that came out so as conditions without connectives, where that is a conjunction."""
    match condition:
        case BinaryExpr(op=BinaryOp.AND, left=left, right=right) if holds:
            yield from (*_expanded(left, holds=True), *_expanded(right, holds=True))
        case BinaryExpr(op=BinaryOp.OR, left=left, right=right) if not holds:
            yield from (*_expanded(left, holds=False), *_expanded(right, holds=False))
        case UnaryExpr(op=UnaryOp.NOT, operand=operand):
            yield from _expanded(operand, holds=not holds)
        case _:
            yield Known(condition, holds)


def _leaves(statements: tuple[TStmt, ...]) -> bool:
    """True iff a block is certain to return."""
    if not statements:
        return False
    match statements[-1]:
        case Return():
            return True
        case If(then=then, orelse=orelse):
            return _leaves(then) and _leaves(orelse)
        case Match(arms=arms):
            return all(_leaves(a.body) for a in arms)
        case Lock(body=body):
            return _leaves(body)
        case _:
            return False
