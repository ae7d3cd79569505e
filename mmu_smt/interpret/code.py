"""Bodies of functions and steps as flat instruction lists, so that a run can stop anywhere, be copied and go on.

A body becomes a `Code`. Control flow is explicit (branches and jumps to labels); everything that is pure is a closure of `evaluate`.
An expression with an effectful call is taken apart: the call leaves its result in the slot `RESULT` of the caller's frame, and the rest
of the expression reads it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import assert_never

from mmu_smt.interpret.evaluate import Evaluate, EvaluateInt, Expressions, Locals, Memory, RuntimeFault, Scope, domain_of
from mmu_smt.interpret.instructions import (
    FIRST_LOCAL,
    PENDING,
    RESULT,
    Branch,
    Code,
    Cut,
    Do,
    Enter,
    FinishReturn,
    HoldReturn,
    Instruction,
    Jump,
    Label,
    Leave,
    Locks,
    NextTurn,
    Pick,
    Reading,
    Spot,
    Switch,
    TestPoint,
)
from mmu_smt.interpret.readings import reads_of, reads_state
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
    FieldStep,
    For,
    Function,
    If,
    IndexStep,
    Let,
    Local,
    Lock,
    Match,
    OptionalValue,
    Place,
    Program,
    Return,
    Step,
    TExpr,
    TStmt,
    UnaryExpr,
    UnaryOp,
    Yield,
)
from mmu_smt.semantics.types import Type, Value
from mmu_smt.syntax.source import Span


@dataclass(slots=True, eq=False)
class _OpenLock:
    """A lock whose body is being compiled. `tail` is where a return inside goes on; `returns`: there is one."""

    statement: Lock
    live: tuple[int, ...]
    turns: tuple[int, ...]
    tail: Label = field(default_factory=Label)
    returns: bool = False


def compile_function(program: Program, expressions: Expressions, function: Function, *, primed: bool = False) -> Code:
    """The code of a function or handler. `primed`: it reads the state after the transition (a call inside a primed expression)."""
    builder = _Builder(program, expressions, function.name, primed)
    return builder.code(function.params, function.body, function.is_handler, function.returns, function.span)


def compile_step(program: Program, expressions: Expressions, step: Step) -> Code:
    """The code of a step's body, without its guard."""
    builder = _Builder(program, expressions, step.name, primed=False)
    return builder.code(step.params, step.body, is_handler=False, returns=None, span=step.span)


class _Builder:
    """Compiles one body."""

    def __init__(self, program: Program, expressions: Expressions, name: str, primed: bool) -> None:
        self._program = program
        self._expressions = expressions
        self._name = name
        self._primed = primed
        self._scope = Scope(size=FIRST_LOCAL)
        self._out: list[Instruction] = []
        self._live: list[int] = []
        self._turns: list[int] = []
        self._locks: list[_OpenLock] = []

    def code(self, params: tuple[Local, ...], body: tuple[TStmt, ...], is_handler: bool, returns: Type | None, span: Span) -> Code:
        slots = tuple(self._declare(p) for p in params)
        self._block(body)
        self._emit(Leave(None, None, span))
        return Code(self._name, is_handler, returns, slots, self._scope.size, tuple(self._out), self._scope, span)

    # ------------------------------------------------------------------------------------------ bookkeeping

    def _emit(self, instruction: Instruction) -> None:
        self._out.append(instruction)

    def _mark(self, label: Label) -> None:
        label.at = len(self._out)

    def _declare(self, local: Local) -> int:
        slot = self._scope.slot(local)
        self._live.append(slot)
        return slot

    def _spot(self, number: int, span: Span) -> Spot:
        return Spot(number, tuple(self._turns), tuple(self._live), span)

    def _pure(self, expr: TExpr) -> Evaluate:
        return self._expressions.compile(expr, self._scope, self._primed)

    def _test(self, expr: TExpr) -> TestPoint:
        return TestPoint(expr.span, self._name, expr.type, cache(lambda: tuple(self._readings(expr))))

    def _readings(self, expr: TExpr) -> Iterator[Reading]:
        """The variables, and parts of them, that a condition looks at; not those that a call in it may have changed by now."""
        settled = not self._effectful(expr)
        seen: set[str] = set()
        for read in reads_of(expr):
            text = " ".join(read.span.text.split())
            if text not in seen and (settled or not reads_state(read)):
                seen.add(text)
                yield Reading(text, read.type, self._pure(read))

    # ------------------------------------------------------------------------------------------ statements

    def _block(self, statements: tuple[TStmt, ...]) -> None:
        depth = len(self._live)
        for statement in statements:
            self._statement(statement)
        del self._live[depth:]

    def _statement(self, statement: TStmt) -> None:
        match statement:
            case Let(local=local, value=value):
                self._emit(Do(_store(self._scope.slot(local), self._value(value))))
                self._declare(local)
            case Assign():
                self._assign(statement)
            case CallStatement(id=id, function=function, args=args, span=span):
                self._emit(Enter(function, tuple(self._pure(a) for a in args), self._spot(id, span)))
            case If(condition=condition, then=then, orelse=orelse):
                self._if(condition, then, orelse)
            case Match():
                self._match(statement)
            case For():
                self._for(statement)
            case Return():
                self._return(statement)
            case Choose(id=id, local=local, span=span):
                self._emit(Pick(self._scope.slot(local), local.type, self._spot(id, span)))
                self._declare(local)
            case Assert(condition=condition, span=span):
                self._emit(Do(_assertion(self._value(condition), span)))
            case Lock():
                self._lock(statement)
            case Yield(id=id, label=label, span=span):
                self._emit(Cut(self._spot(id, span), "at", label))
            case _:
                assert_never(statement)

    def _if(self, condition: TExpr, then: tuple[TStmt, ...], orelse: tuple[TStmt, ...]) -> None:
        otherwise, end = Label(), Label()
        self._condition(condition, otherwise)
        self._block(then)
        self._emit(Jump(end))
        self._mark(otherwise)
        self._block(orelse)
        self._mark(end)

    def _match(self, statement: Match) -> None:
        subject = self._value(statement.subject)
        labels = [Label() for _ in statement.arms]
        table: dict[Value, Label] = {}
        default: Label | None = None
        for arm, label in zip(statement.arms, labels, strict=True):
            if arm.values is None:
                default = label
            else:
                table.update(dict.fromkeys(arm.values, label))
        self._emit(Switch(subject, table, default, self._test(statement.subject)))
        end = Label()
        for arm, label in zip(statement.arms, labels, strict=True):
            self._mark(label)
            self._block(arm.body)
            self._emit(Jump(end))
        self._mark(end)

    def _for(self, statement: For) -> None:
        turn, variable = self._scope.fresh(), self._scope.slot(statement.local)
        head, leave = Label(), Label()
        self._emit(Do(_set_counter(turn)))
        self._mark(head)
        self._emit(NextTurn(turn, variable, domain_of(statement.local.type), leave))
        self._live += (turn, variable)
        self._turns.append(turn)
        self._block(statement.body)
        self._turns.pop()
        del self._live[-2:]
        self._emit(Do(_count_up(turn)))
        self._emit(Jump(head))
        self._mark(leave)

    def _return(self, statement: Return) -> None:
        value = None if statement.value is None else self._value(statement.value)
        if not self._locks:
            self._emit(Leave(value, statement.rule, statement.span))
            return
        outermost = self._locks[0]
        outermost.returns = True
        self._emit(HoldReturn(value, statement.rule, statement.span))
        if len(self._locks) > 1:
            self._emit(Locks(1 - len(self._locks)))
        self._emit(Jump(outermost.tail))

    def _lock(self, statement: Lock) -> None:
        opened = _OpenLock(statement, tuple(self._live), tuple(self._turns))
        spot = Spot(statement.id, opened.turns, opened.live, statement.span)
        self._emit(Cut(spot, "before", statement.name))
        self._emit(Locks(+1))
        self._locks.append(opened)
        self._block(statement.body)
        self._locks.pop()
        self._emit(Locks(-1))
        self._emit(Cut(spot, "after", statement.name))
        if opened.returns:
            self._returning_tail(opened, spot)

    def _returning_tail(self, opened: _OpenLock, spot: Spot) -> None:
        """Where every return inside an outermost lock of the body goes on: one place, as all of them are one position of the run."""
        end = Label()
        self._emit(Jump(end))
        self._mark(opened.tail)
        self._emit(Locks(-1))
        self._emit(Cut(Spot(spot.id, spot.turns, (*spot.live, PENDING), spot.span), "after", opened.statement.name))
        self._emit(FinishReturn())
        self._mark(end)

    def _assign(self, statement: Assign) -> None:
        target = statement.target
        positions, temporaries = self._positions(target)
        self._live += temporaries  # an index is evaluated before the value, and the value may be cut
        value = self._value(statement.value)
        del self._live[len(self._live) - len(temporaries) :]
        self._emit(Do(self._writer(target, positions, value)))

    def _positions(self, target: Place) -> tuple[tuple[int | EvaluateInt, ...], list[int]]:
        """The path of a place, as positions or as readers of temporaries; emits the evaluation of its indices into these temporaries."""
        positions: list[int | EvaluateInt] = []
        temporaries: list[int] = []
        for step in target.steps:
            match step:
                case IndexStep(array=array, index=index):
                    slot = self._scope.fresh()
                    temporaries.append(slot)
                    self._emit(Do(_store(slot, self._expressions.position(array, index, self._scope, self._primed))))
                    positions.append(_read_int(slot))
                case FieldStep(position=position):
                    positions.append(position)
                case _:
                    assert_never(step)
        return tuple(positions), temporaries

    def _writer(self, target: Place, path: tuple[int | EvaluateInt, ...], value: Evaluate) -> Callable[[Memory, Locals], None]:
        if isinstance(target.root, Local):
            slot = self._scope.slot(target.root)
            if not path:
                return _store(slot, value)

            def write_local(memory: Memory, frame: Locals) -> None:
                frame[slot] = _replaced(frame[slot], _resolve(path, memory, frame), value(memory, frame))

            return write_local
        is_ghost = target.root in self._program.ghosts
        slot = list(self._program.ghosts if is_ghost else self._program.states).index(target.root)

        def write(memory: Memory, frame: Locals) -> None:
            bank = memory.ghosts if is_ghost else memory.state
            written = value(memory, frame)
            bank[slot] = _replaced(bank[slot], _resolve(path, memory, frame), written) if path else written

        return write

    # ------------------------------------------------------------------------------------------ expressions in statements

    def _effectful(self, expr: TExpr) -> bool:
        """True iff evaluating a statement's expression enters an effectful function (only the shapes that the language allows)."""
        match expr:
            case Call(function=function):
                return self._program.functions[function].effectful
            case UnaryExpr(operand=operand) | Convert(operand=operand):
                return self._effectful(operand)
            case OptionalValue(base=base):
                return self._effectful(base)
            case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR | BinaryOp.IMPLIES, left=left, right=right):
                return self._effectful(left) or self._effectful(right)
            case BinaryExpr(left=left):
                return self._effectful(left)
            case _:
                return False

    def _value(self, expr: TExpr) -> Evaluate:
        """Emits what must run before the value is known; the closure then gives the value."""
        match expr:
            case Call(id=id, function=function, args=args, span=span):
                self._emit(Enter(function, tuple(self._pure(a) for a in args), self._spot(id, span)))
                return _read(RESULT)
            case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR):
                return self._truth(expr)
            case CondExpr(condition=condition, then=then, orelse=orelse):
                otherwise, end = Label(), Label()
                self._condition(condition, otherwise)
                self._emit(Do(_store(RESULT, self._value(then))))
                self._emit(Jump(end))
                self._mark(otherwise)
                self._emit(Do(_store(RESULT, self._value(orelse))))
                self._mark(end)
                return _read(RESULT)
            case UnaryExpr(op=op, operand=operand) if self._effectful(operand) or (op is UnaryOp.NOT and _is_composed(operand)):
                return self._expressions.unary(expr, self._value(operand))
            case Convert(operand=operand):
                return self._expressions.convert(expr, self._value(operand))
            case BinaryExpr(op=op, left=left, right=right) if op is not BinaryOp.IMPLIES and self._effectful(left):
                return self._expressions.binary(expr, self._value(left), self._pure(right))
            case _ if self._effectful(expr):
                raise AssertionError(f"{expr.span}: an effectful call where the language allows none")
            case _:
                return self._pure(expr)

    def _truth(self, expr: TExpr) -> Evaluate:
        """A condition as a value, operand by operand."""
        false, end = Label(), Label()
        self._condition(expr, false)
        self._emit(Do(_store(RESULT, _constant(True))))
        self._emit(Jump(end))
        self._mark(false)
        self._emit(Do(_store(RESULT, _constant(False))))
        self._mark(end)
        return _read(RESULT)

    def _condition(self, expr: TExpr, otherwise: Label) -> None:
        """Emits code that goes on where the condition holds and jumps to `otherwise` where it does not. Operands are tested one by one."""
        match expr:
            case BinaryExpr(op=BinaryOp.AND, left=left, right=right):
                self._condition(left, otherwise)
                self._condition(right, otherwise)
            case BinaryExpr(op=BinaryOp.OR, left=left, right=right):
                second, holds = Label(), Label()
                self._condition(left, second)
                self._emit(Jump(holds))
                self._mark(second)
                self._condition(right, otherwise)
                self._mark(holds)
            case UnaryExpr(op=UnaryOp.NOT, operand=operand) if self._effectful(operand) or _is_composed(operand):
                holds = Label()
                self._condition(operand, holds)
                self._emit(Jump(otherwise))
                self._mark(holds)
            case Call() if not self._effectful(expr):
                self._emit(Branch(self._pure(expr), otherwise, self._test(expr)))
            case _:
                self._emit(Branch(self._value(expr), otherwise, self._test(expr)))


def _is_composed(expr: TExpr) -> bool:
    match expr:
        case BinaryExpr(op=BinaryOp.AND | BinaryOp.OR):
            return True
        case UnaryExpr(op=UnaryOp.NOT, operand=operand):
            return _is_composed(operand)
        case _:
            return False


def _constant(value: Value) -> Evaluate:
    return lambda memory, frame: value


def _read(slot: int) -> Evaluate:
    return lambda memory, frame: frame[slot]


def _read_int(slot: int) -> EvaluateInt:
    def read(memory: Memory, frame: Locals) -> int:
        value = frame[slot]
        assert isinstance(value, int)
        return value

    return read


def _store(slot: int, value: Evaluate) -> Callable[[Memory, Locals], None]:
    def store(memory: Memory, frame: Locals) -> None:
        frame[slot] = value(memory, frame)

    return store


def _set_counter(slot: int) -> Callable[[Memory, Locals], None]:
    return _store(slot, _constant(0))


def _count_up(slot: int) -> Callable[[Memory, Locals], None]:
    counter = _read_int(slot)
    return _store(slot, lambda memory, frame: counter(memory, frame) + 1)


def _assertion(condition: Evaluate, span: Span) -> Callable[[Memory, Locals], None]:
    def check(memory: Memory, frame: Locals) -> None:
        if not condition(memory, frame):
            raise RuntimeFault("assertion failed", span)

    return check


def _resolve(path: tuple[int | EvaluateInt, ...], memory: Memory, frame: Locals) -> list[int]:
    return [p if isinstance(p, int) else p(memory, frame) for p in path]


def _replaced(whole: Value, path: Sequence[int], part: Value) -> Value:
    """`whole` with the part at `path` (positions from the outside in) replaced."""
    if not path:
        return part
    assert isinstance(whole, tuple)
    at = path[0]
    return (*whole[:at], _replaced(whole[at], path[1:], part), *whole[at + 1 :])
