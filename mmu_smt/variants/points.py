"""Branch points: a program with a ghost for each of them that says whether it was passed.

The program is changed, not its meanings: a mark is an assignment to a ghost, or a call that makes one, so that the interpreter and the
lowering both run it, and every run that a solver finds is replayed. Ghosts are read by no handler and ignored where loops close, so that
a marked program has the runs of the original.

Marked are the handlers and the functions that they call. What properties, guards, quantifiers and the steps of others call are the
functions as they were, under their own names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias, assert_never

from mmu_smt.semantics.program import (
    Assert,
    Assign,
    BinaryExpr,
    BinaryOp,
    Call,
    CallStatement,
    Choose,
    CondExpr,
    Convert,
    Display,
    FieldOf,
    Fill,
    For,
    Function,
    If,
    Index,
    IndexStep,
    Let,
    Literal,
    Lock,
    Match,
    OptionalValue,
    Place,
    Program,
    QuantifierOf,
    RecordMake,
    Return,
    Statement,
    TExpr,
    TStmt,
    UnaryExpr,
    UnaryOp,
    Variable,
    Yield,
)
from mmu_smt.semantics.types import BOOL
from mmu_smt.syntax.source import Span
from mmu_smt.variants.calls import closure, observers
from mmu_smt.variants.walk import within

_MARKED = ".marked"

Inside: TypeAlias = "Callable[[TExpr], TExpr]"


class PointKind(StrEnum):
    """What a branch point is."""

    THEN = "then"
    ELSE = "else"
    ARM = "arm"
    TRUE = "true"  # an operand of && or ||, or the condition of `?:`, was evaluated and held
    FALSE = "false"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Point:
    """A branch point. `ghost`: the name of its mark. `span`: the condition, the arm or the return; `rule`: the label of a return."""

    ghost: str
    kind: PointKind
    function: str
    span: Span = field(repr=False)
    rule: str | None = None

    @property
    def text(self) -> str:
        """What stands there, on one line."""
        return " ".join(self.span.text.split())


@dataclass(frozen=True, slots=True)
class Marked:
    """A program with marks. `functions`: those that are marked. `unmarked`: those that handlers call, perhaps among other places, where no
    mark can stand: there their branches are not seen.
    """

    program: Program
    points: tuple[Point, ...]
    functions: tuple[Function, ...]
    unmarked: tuple[str, ...]


def original_name(function: str) -> str:
    """What a function of a marked program is called in the original."""
    return function.removesuffix(_MARKED)


def mark(program: Program) -> Marked:
    """The program with a mark at each branch point of its handlers and of what they call."""
    return _Marker(program).run()


class _Marker:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._observers = observers(program)
        self._points: list[Point] = []
        self._made: dict[str, Function] = {}  # marked functions and probes, by their new names
        self._waiting: list[str] = []
        self._order: list[str] = []
        self._mentioned: set[str] = set()
        self._ids = 1 + max((n for f in (*program.functions.values(), *program.steps.values()) for n in _ids(f.body)), default=0)
        self._function = ""
        self._shared: str | None = None

    def run(self) -> Marked:
        program = self._program
        for name, function in program.functions.items():
            if function.is_handler:
                self._reach(name)
        while self._waiting:
            name = self._waiting.pop(0)
            self._function = name
            function = program.functions[name]
            body = self._block(function.body)
            self._made[self._name(name)] = replace(function, name=self._name(name), body=body, effectful=True)
        marked = frozenset(self._order)
        ghosts = {p.ghost: _ghost(p.ghost, p.span) for p in self._points}
        functions = dict(program.functions)
        functions.update(self._made)
        return Marked(
            program=replace(program, functions=functions, ghosts={**program.ghosts, **ghosts}),
            points=tuple(self._points),
            functions=tuple(f for n, f in program.functions.items() if n in marked),
            unmarked=tuple(n for n in program.functions if n in closure(program, self._mentioned) - self._observers),
        )

    def _name(self, function: str) -> str:
        """A handler keeps its name, which properties use. A dot is in no name that a specification can give."""
        return function if self._program.functions[function].is_handler else f"{function}{_MARKED}"

    def _reach(self, function: str) -> str:
        if function in self._observers:
            return function
        if function not in self._order:
            self._order.append(function)
            self._waiting.append(function)
        return self._name(function)

    def _id(self) -> int:
        self._ids += 1
        return self._ids

    def _point(self, kind: PointKind, span: Span, rule: str | None = None, shared: str | None = None) -> str:
        ghost = shared or f"point.{len(self._points)}"
        self._points.append(Point(ghost, kind, self._function, span, rule))
        return ghost

    def _set(self, ghost: str, value: TExpr | None, span: Span) -> Assign:
        """`ghost = value`; true without one."""
        place = Place(root=ghost, root_type=BOOL, steps=(), type=BOOL, span=span)
        return Assign(id=self._id(), span=span, target=place, value=value or Literal(type=BOOL, span=span, value=True))

    # ------------------------------------------------------------------------------------------ statements

    def _block(self, statements: tuple[TStmt, ...]) -> tuple[TStmt, ...]:
        return tuple(s for statement in statements for s in self._statement(statement))

    def _passed(self, kind: PointKind, span: Span, statements: tuple[TStmt, ...]) -> tuple[TStmt, ...]:
        """A block with a mark at its beginning. A return that comes first has the same mark."""
        ghost = self._point(kind, span)
        mark = self._set(ghost, None, span)
        if statements and isinstance(statements[0], Return):
            self._shared = ghost
        return (mark, *self._block(statements))

    def _statement(self, statement: TStmt) -> tuple[TStmt, ...]:
        new = self._id()
        match statement:
            case Let():
                return (replace(statement, id=new, value=self._value(statement.value)),)
            case Assign(target=target):
                steps = tuple(replace(s, index=self._inner(s.index)) if isinstance(s, IndexStep) else s for s in target.steps)
                return (replace(statement, id=new, target=replace(target, steps=steps), value=self._value(statement.value)),)
            case CallStatement(args=args):
                return (replace(statement, id=new, function=self._reach(statement.function), args=tuple(map(self._inner, args))),)
            case If(condition=condition, then=then, orelse=orelse):
                condition_ = self._condition(condition)
                sides = [self._passed(kind, condition.span, side) for kind, side in ((PointKind.THEN, then), (PointKind.ELSE, orelse))]
                return (replace(statement, id=new, condition=condition_, then=sides[0], orelse=sides[1]),)
            case Match(subject=subject, arms=arms):
                subject_ = self._value(subject)
                arms_ = tuple(replace(a, body=self._passed(PointKind.ARM, a.span, a.body)) for a in arms)
                return (replace(statement, id=new, subject=subject_, arms=arms_),)
            case For() | Lock():
                return (replace(statement, id=new, body=self._block(statement.body)),)
            case Return(value=value, rule=rule):
                shared, self._shared = self._shared, None
                ghost = self._point(PointKind.RETURN, statement.span, rule, shared)
                marks = () if shared else (self._set(ghost, None, statement.span),)
                return (*marks, replace(statement, id=new, value=None if value is None else self._value(value)))
            case Assert(condition=condition):
                return (replace(statement, id=new, condition=self._condition(condition)),)
            case Choose() | Yield():
                return (replace(statement, id=new),)
            case _:
                assert_never(statement)

    # ------------------------------------------------------------------------------------------ expressions

    def _mention(self, expr: TExpr) -> None:
        self._mentioned.update(_calls(expr))

    def _value(self, expr: TExpr) -> TExpr:
        """An expression of a statement. The interpreter takes it apart where an effect may stand (`interpret.code`), by these shapes."""
        match expr:
            case Call(args=args):
                return replace(expr, id=self._id(), function=self._reach(expr.function), args=tuple(map(self._inner, args)))
            case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR):
                return self._condition(expr)
            case CondExpr(then=then, orelse=orelse):
                return replace(expr, condition=self._tested(expr), then=self._value(then), orelse=self._value(orelse))
            case UnaryExpr(operand=operand) if _may_be_marked(operand):
                return replace(expr, operand=self._value(operand))
            case Convert(operand=operand):
                return replace(expr, operand=self._value(operand))
            case OptionalValue() | BinaryExpr(op=BinaryOp.IMPLIES) if _may_be_marked(expr):
                self._mention(expr)
                return expr
            case BinaryExpr(left=left, right=right) if _may_be_marked(left):
                return replace(expr, left=self._value(left), right=self._inner(right))
            case _:
                return self._inner(expr)

    def _inner(self, expr: TExpr) -> TExpr:
        """An expression that is evaluated as a whole. A mark may stand in it, but not under a quantifier."""
        match expr:
            case Call(args=args):
                return replace(expr, id=self._id(), function=self._reach(expr.function), args=tuple(map(self._inner, args)))
            case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR):
                return self._condition(expr, self._inner)
            case BinaryExpr(left=left, right=right):
                return replace(expr, left=self._inner(left), right=self._inner(right))
            case CondExpr(then=then, orelse=orelse):
                return replace(expr, condition=self._tested(expr, self._inner), then=self._inner(then), orelse=self._inner(orelse))
            case UnaryExpr(operand=operand) | Convert(operand=operand):
                return replace(expr, operand=self._inner(operand))
            case Index(base=base, index=index):
                return replace(expr, base=self._inner(base), index=self._inner(index))
            case FieldOf(base=base) | OptionalValue(base=base):
                return replace(expr, base=self._inner(base))
            case RecordMake(fields=fields):
                return replace(expr, fields=tuple(map(self._inner, fields)))
            case Fill(element=element):
                return replace(expr, element=self._inner(element))
            case QuantifierOf():
                self._mention(expr)
                return expr
            case _:
                return expr

    def _tested(self, expr: CondExpr, inside: Inside | None = None) -> TExpr:
        """The condition of `? :`, marked on both sides."""
        condition = expr.condition
        return self._condition(condition, inside) if _is_composed(condition) else self._operand(condition, inside)

    def _condition(self, expr: TExpr, inside: Inside | None = None) -> TExpr:
        """A condition, each of whose operands is marked if there are several. `inside`: what is done with a single one."""
        match expr:
            case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR, left=left, right=right):
                left_, right_ = (self._condition(e, inside) if _is_composed(e) else self._operand(e, inside) for e in (left, right))
                return replace(expr, left=left_, right=right_)
            case UnaryExpr(op=UnaryOp.NOT, operand=operand) if _is_composed(operand):
                return replace(expr, operand=self._condition(operand, inside))
            case _:
                return (inside or self._value)(expr)

    def _operand(self, expr: TExpr, inside: Inside | None = None) -> TExpr:
        """`(expr && held()) || failed()`: the calls leave a mark, one is true and the other one false."""
        span = expr.span
        held, failed = (
            self._probe(self._point(kind, span), span, result=kind is PointKind.TRUE) for kind in (PointKind.TRUE, PointKind.FALSE)
        )
        both = BinaryExpr(type=BOOL, span=span, op=BinaryOp.AND, left=(inside or self._value)(expr), right=held)
        return BinaryExpr(type=BOOL, span=span, op=BinaryOp.OR, left=both, right=failed)

    def _probe(self, ghost: str, span: Span, *, result: bool) -> Call:
        returned = Return(id=self._id(), span=span, value=Literal(type=BOOL, span=span, value=result), rule=None)
        body = (self._set(ghost, None, span), returned)
        name = f"{ghost}.probe"
        self._made[name] = Function(
            name=name,
            is_handler=False,
            params=(),
            returns=BOOL,
            body=body,
            effectful=True,
            rules=(),
            display=Display(),
            span=span,
        )
        return Call(type=BOOL, span=span, id=self._id(), function=name, args=())


def _may_be_marked(expr: TExpr) -> bool:
    """Whether the interpreter would take an expression apart if what it calls had an effect."""
    match expr:
        case Call():
            return True
        case UnaryExpr(operand=operand) | Convert(operand=operand):
            return _may_be_marked(operand)
        case OptionalValue(base=base):
            return _may_be_marked(base)
        case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR):
            return True
        case BinaryExpr(op=BinaryOp.IMPLIES, left=left, right=right):
            return _may_be_marked(left) or _may_be_marked(right)
        case BinaryExpr(left=left):
            return _may_be_marked(left)
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


def _ghost(name: str, span: Span) -> Variable:
    return Variable(name=name, type=BOOL, initial=Literal(type=BOOL, span=span, value=False), display=Display(), span=span)


def _ids(body: tuple[TStmt, ...]) -> Iterator[int]:
    return (n.id for n in within(body) if isinstance(n, (Statement, Call)))


def _calls(root: object) -> Iterator[str]:
    return (n.function for n in within(root) if isinstance(n, (Call, CallStatement)))
