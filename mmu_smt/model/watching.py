"""What handlers test while they decide, as terms: a test is made, and comes out so.

The same tests that the interpreter records on a decision path: conditions operand by operand, and subjects of matches, in handlers and in
what they enter; a pure function within a condition is one test with it. Both sides find them by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mmu_smt.model.flow import Flow, Joiner
from mmu_smt.model.statements import BodyWalker, Cutter
from mmu_smt.model.symbolic import SVal, encode, equal, scalar
from mmu_smt.model.term import Term
from mmu_smt.model.traits import Trait, Traits
from mmu_smt.semantics.program import (
    Assert,
    Assign,
    BinaryExpr,
    BinaryOp,
    Call,
    CallStatement,
    CondExpr,
    Convert,
    For,
    If,
    Let,
    Local,
    Lock,
    Match,
    OptionalValue,
    Program,
    Return,
    Site,
    TExpr,
    TStmt,
    UnaryExpr,
    UnaryOp,
)
from mmu_smt.semantics.types import show_value
from mmu_smt.syntax.source import Span


@dataclass(frozen=True, slots=True)
class Tested:
    """A test made at `span` in `function` comes out as one of `outcomes` (as a trace shows them), or, if `others`, as none of them,
    whenever `condition` holds of a transition that selects the step.
    """

    function: str
    span: Span
    outcomes: tuple[str, ...]
    others: bool
    condition: Term = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """Of a program: the conditions that are tests, with the function that makes them; the same for subjects of matches; and the calls
    that are entered.
    """

    conditions: Mapping[TExpr, str]
    subjects: Mapping[TExpr, tuple[str, Match]]
    entered: frozenset[int]


def watched_in(program: Program) -> Watched:
    """The tests of a program, found in its text."""
    finder = _Finder(program)
    for function in program.functions.values():
        finder.block(function.name, function.body)
    for step in program.steps.values():
        finder.block(step.name, step.body)
    return Watched(finder.conditions, finder.subjects, frozenset(finder.entered))


class _Finder:
    def __init__(self, program: Program) -> None:
        self._program = program
        self.conditions: dict[TExpr, str] = {}
        self.subjects: dict[TExpr, tuple[str, Match]] = {}
        self.entered: set[int] = set()

    def block(self, name: str, statements: Iterable[TStmt]) -> None:
        for statement in statements:
            match statement:
                case Let(value=value) | Assign(value=value) | Assert(condition=value):
                    self._value(name, value)
                case Return(value=value):
                    if value is not None:
                        self._value(name, value)
                case CallStatement(id=id):
                    self.entered.add(id)
                case If(condition=condition, then=then, orelse=orelse):
                    self._condition(name, condition)
                    self.block(name, then)
                    self.block(name, orelse)
                case Match(subject=subject, arms=arms):
                    self._value(name, subject)
                    self.subjects[subject] = name, statement
                    for arm in arms:
                        self.block(name, arm.body)
                case For(body=body) | Lock(body=body):
                    self.block(name, body)
                case _:
                    pass

    def _value(self, name: str, expr: TExpr) -> None:
        match expr:
            case Call(id=id):
                self.entered.add(id)
            case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR):
                self._condition(name, expr)
            case CondExpr(condition=condition, then=then, orelse=orelse):
                self._condition(name, condition)
                self._value(name, then)
                self._value(name, orelse)
            case UnaryExpr(op=op, operand=operand) if self._effectful(operand) or (op is UnaryOp.NOT and _is_composed(operand)):
                self._value(name, operand)
            case Convert(operand=operand):
                self._value(name, operand)
            case BinaryExpr(op=op, left=left) if op is not BinaryOp.IMPLIES and self._effectful(left):
                self._value(name, left)
            case _:
                pass

    def _condition(self, name: str, expr: TExpr) -> None:
        match expr:
            case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR, left=left, right=right):
                self._condition(name, left)
                self._condition(name, right)
            case UnaryExpr(op=UnaryOp.NOT, operand=operand) if self._effectful(operand) or _is_composed(operand):
                self._condition(name, operand)
            case Call() if not self._effectful(expr):
                self.conditions[expr] = name
            case _:
                self._value(name, expr)
                self.conditions[expr] = name

    def _effectful(self, expr: TExpr) -> bool:
        match expr:
            case Call(function=function):
                return self._program.functions[function].effectful
            case UnaryExpr(operand=operand) | Convert(operand=operand) | OptionalValue(base=operand):
                return self._effectful(operand)
            case BinaryExpr(left=left, right=right):
                return self._effectful(left) or self._effectful(right)
            case _:
                return False


def _is_composed(expr: TExpr) -> bool:
    match expr:
        case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR):
            return True
        case UnaryExpr(op=UnaryOp.NOT, operand=operand):
            return _is_composed(operand)
        case _:
            return False


class WatchingWalker(BodyWalker):
    """Walks a body as its base does, and keeps what the handlers in it test."""

    def __init__(
        self,
        program: Program,
        constants: Mapping[str, SVal],
        joiner: Joiner,
        traits: Traits,
        *,
        choose: Callable[[Site, Local], SVal],
        cutter: Cutter | None,
        watched: Watched,
    ) -> None:
        super().__init__(program, constants, joiner, traits, choose=choose, cutter=cutter, recording=True)
        self.tests: list[Tested] = []
        self._watched = watched
        self._opaque = 0
        self._faulted = self.table.false
        self._counted = 0

    def evaluate(self, expr: TExpr, flow: Flow) -> SVal:
        value = super().evaluate(expr, flow)
        if self._handlers and not self._opaque:
            function = self._watched.conditions.get(expr)
            if function is not None:
                holds = scalar(value)
                self._note(function, expr.span, ("true",), flow, holds)
                self._note(function, expr.span, ("false",), flow, self.table.not_(holds))
            subject = self._watched.subjects.get(expr)
            if subject is not None:
                self._note_arms(*subject, value, flow)
        return value

    def call(self, function: str, args: list[SVal], call: int, flow: Flow) -> SVal | None:
        closed = call not in self._watched.entered and not self.program.functions[function].effectful
        self._opaque += closed
        result = super().call(function, args, call, flow)
        self._opaque -= closed
        return result

    def _choice(self, flow: Flow, condition: Term, then: Callable[[Flow], SVal], orelse: Callable[[Flow], SVal], *parts_of: TExpr) -> SVal:
        """A side that nothing can go wrong in is walked under its condition all the same: a test in it is made only there."""
        if self._handlers and not self._opaque and not any(Trait.TOUCHES in self.traits.of(p) for p in parts_of):
            table, entry = self.table, flow.condition
            inner_then, inner_orelse = then, orelse

            def under(side: Callable[[Flow], SVal], holds: Term) -> Callable[[Flow], SVal]:
                def walk(inner: Flow) -> SVal:
                    flow.condition = table.and_(entry, holds)
                    value = side(inner)
                    flow.condition = entry
                    return value

                return walk

            then, orelse = under(inner_then, condition), under(inner_orelse, table.not_(condition))
        return super()._choice(flow, condition, then, orelse, *parts_of)

    def _note_arms(self, function: str, statement: Match, value: SVal, flow: Flow) -> None:
        table, kind = self.table, statement.subject.type
        seen: list[str] = []
        before = table.false
        for arm in statement.arms:
            if arm.values is None:
                self._note(function, statement.subject.span, tuple(seen), flow, table.not_(before), others=True)
            else:
                shown = tuple(show_value(kind, v) for v in arm.values)
                fits = table.or_(*[equal(table, kind, value, encode(table, kind, v)) for v in arm.values])
                self._note(function, statement.subject.span, shown, flow, fits)
                seen.extend(shown)
                before = table.or_(before, fits)

    def _note(self, function: str, span: Span, outcomes: tuple[str, ...], flow: Flow, holds: Term, *, others: bool = False) -> None:
        table = self.table
        for fault in self.faults[self._counted :]:
            self._faulted = table.or_(self._faulted, fault.condition)
        self._counted = len(self.faults)
        condition = table.and_(flow.condition, holds, table.not_(self._faulted))
        if condition is not table.false:
            self.tests.append(Tested(function, span, outcomes, others, condition))
