"""How large a program becomes when calls are inlined and loops and quantifiers unrolled. An estimate, computed without doing so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from mmu_smt.semantics.program import (
    Assert,
    Assign,
    BinaryExpr,
    Call,
    CallStatement,
    Choose,
    CondExpr,
    Condition,
    ConstRef,
    Convert,
    Decides,
    EventUse,
    FieldOf,
    Fill,
    For,
    Function,
    If,
    Index,
    IndexStep,
    Let,
    Literal,
    LocalRef,
    Lock,
    Match,
    OptionalValue,
    Primed,
    QuantifierOf,
    RecordMake,
    Return,
    StateRef,
    Taken,
    TExpr,
    TStmt,
    UnaryExpr,
    Yield,
)
from mmu_smt.semantics.types import cardinality


class Cost:
    """Costs of functions, each computed once. There is no recursion among `functions` and `events` (the checker refuses it)."""

    def __init__(self, functions: Mapping[str, Function], events: Mapping[str, Condition]) -> None:
        self._functions = functions
        self._events = events
        self._known: dict[str, int] = {}

    def function(self, name: str) -> int:
        """Statements of an inlined call."""
        if name not in self._known:
            function = self._functions.get(name)
            self._known[name] = 1 if function is None else 1 + self.block(function.body)
        return self._known[name]

    def block(self, statements: Iterable[TStmt]) -> int:
        return sum(1 + self._statement(s) for s in statements)

    def _statement(self, statement: TStmt) -> int:
        match statement:
            case Let(value=value):
                return self.expression(value)
            case Assign(target=target, value=value):
                indices = sum(self.expression(step.index) for step in target.steps if isinstance(step, IndexStep))
                return indices + self.expression(value)
            case CallStatement(function=function, args=args):
                return self.function(function) + self._all(args)
            case If(condition=condition, then=then, orelse=orelse):
                return self.expression(condition) + self.block(then) + self.block(orelse)
            case Match(subject=subject, arms=arms):
                return self.expression(subject) + sum(self.block(arm.body) for arm in arms)
            case For(local=local, body=body):
                return cardinality(local.type) * self.block(body)
            case Return(value=value):
                return 0 if value is None else self.expression(value)
            case Assert(condition=condition):
                return self.expression(condition)
            case Lock(body=body):
                return self.block(body)
            case Choose() | Yield():
                return 0
            case _:
                assert_never(statement)

    def _all(self, expressions: Iterable[TExpr]) -> int:
        return sum(self.expression(e) for e in expressions)

    def expression(self, expression: TExpr) -> int:
        """Quantified expressions and calls in an expression, unrolled; the rest costs nothing of note."""
        match expression:
            case Literal() | ConstRef() | StateRef() | LocalRef() | Decides() | Taken():
                return 0
            case BinaryExpr(left=left, right=right):
                return self.expression(left) + self.expression(right)
            case UnaryExpr(operand=operand) | Convert(operand=operand) | Primed(operand=operand):
                return self.expression(operand)
            case Index(base=base, index=index):
                return self.expression(base) + self.expression(index)
            case FieldOf(base=base) | OptionalValue(base=base):
                return self.expression(base)
            case CondExpr(condition=condition, then=then, orelse=orelse):
                return self._all((condition, then, orelse))
            case Call(function=function, args=args):
                return self.function(function) + self._all(args)
            case QuantifierOf(local=local, body=body):
                return cardinality(local.type) * (1 + self.expression(body))
            case RecordMake(fields=fields):
                return self._all(fields)
            case Fill(element=element):
                return self.expression(element)
            case EventUse(name=name):
                event = self._events.get(name)
                return 0 if event is None else self._event(name, event)
            case _:
                assert_never(expression)

    def _event(self, name: str, event: Condition) -> int:
        key = f"event {name}"
        if key not in self._known:
            self._known[key] = self.expression(event.condition)
        return self._known[key]
