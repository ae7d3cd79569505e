"""What the evaluation of an expression can do besides giving a value. Lets the lowering skip path conditions that nothing will use."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntFlag
from typing import assert_never

from mmu_smt.semantics.program import (
    Assert,
    Assign,
    BinaryExpr,
    BinaryOp,
    Call,
    CallStatement,
    Choose,
    CondExpr,
    ConstRef,
    Conversion,
    Convert,
    Decides,
    EventUse,
    FieldOf,
    Fill,
    For,
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
    Program,
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


class Trait(IntFlag):
    """FAULTS: there may be a run-time fault. TOUCHES: the flow may change: state, choices, cuts, or the record of a handler's decisions."""

    NONE = 0
    FAULTS = 1
    TOUCHES = 2


_FAULTING = frozenset({BinaryOp.DIV, BinaryOp.MOD, BinaryOp.SHL, BinaryOp.SHR})


def operands(expr: TExpr) -> tuple[TExpr, ...]:
    """The direct sub-expressions, in order of evaluation."""
    match expr:
        case Literal() | ConstRef() | StateRef() | LocalRef() | Decides() | Taken() | EventUse():
            return ()
        case BinaryExpr():
            return (expr.left, expr.right)
        case Index():
            return (expr.base, expr.index)
        case FieldOf() | OptionalValue():
            return (expr.base,)
        case UnaryExpr() | Convert() | Primed():
            return (expr.operand,)
        case CondExpr():
            return (expr.condition, expr.then, expr.orelse)
        case Call():
            return expr.args
        case QuantifierOf():
            return (expr.body,)
        case RecordMake():
            return expr.fields
        case Fill():
            return (expr.element,)
        case _:
            assert_never(expr)


def expressions(statement: TStmt) -> Iterator[TExpr]:
    """The expressions of a statement itself, not of the statements in it."""
    match statement:
        case Let() | Return():
            if statement.value is not None:
                yield statement.value
        case Assign():
            yield from (s.index for s in statement.target.steps if isinstance(s, IndexStep))
            yield statement.value
        case CallStatement():
            yield from statement.args
        case If() | Assert():
            yield statement.condition
        case Match():
            yield statement.subject
        case For() | Choose() | Lock() | Yield():
            pass
        case _:
            assert_never(statement)


def blocks(statement: TStmt) -> tuple[tuple[TStmt, ...], ...]:
    """The blocks of statements inside a statement."""
    match statement:
        case If():
            return (statement.then, statement.orelse)
        case Match():
            return tuple(a.body for a in statement.arms)
        case For() | Lock():
            return (statement.body,)
        case _:
            return ()


class Traits:
    """Traits of the expressions and functions of one program, computed on demand and remembered."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._expressions: dict[TExpr, Trait] = {}
        self._functions: dict[str, Trait] = {}

    def of(self, expr: TExpr) -> Trait:
        known = self._expressions.get(expr)
        if known is None:
            known = self._own(expr)
            for operand in operands(expr):
                known |= self.of(operand)
            self._expressions[expr] = known
        return known

    def touches(self, expr: TExpr) -> bool:
        return Trait.TOUCHES in self.of(expr)

    def _own(self, expr: TExpr) -> Trait:
        match expr:
            case Index() | OptionalValue():
                return Trait.FAULTS
            case BinaryExpr() if expr.op in _FAULTING:
                return Trait.FAULTS
            case Convert() if expr.kind in (Conversion.RANGE, Conversion.FROM_WORD):
                return Trait.FAULTS
            case EventUse():
                return self.of(self._program.events[expr.name].condition)
            case Call():
                return self.function(expr.function)
            case _:
                return Trait.NONE

    def function(self, name: str) -> Trait:
        """Of a function's body (functions are not recursive)."""
        known = self._functions.get(name)
        if known is None:
            function = self._program.functions[name]
            known = Trait.TOUCHES if function.effectful or function.is_handler else Trait.NONE
            known |= self._block(function.body)
            self._functions[name] = known
        return known

    def _block(self, statements: tuple[TStmt, ...]) -> Trait:
        traits = Trait.NONE
        for statement in statements:
            if isinstance(statement, Assert) or (isinstance(statement, Assign) and statement.target.steps):
                traits |= Trait.FAULTS
            elif isinstance(statement, CallStatement):
                traits |= self.function(statement.function)
            for expr in expressions(statement):
                traits |= self.of(expr)
            for block in blocks(statement):
                traits |= self._block(block)
        return traits
