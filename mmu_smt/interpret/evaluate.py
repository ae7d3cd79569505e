"""Pure expressions on plain values: each is compiled once to a Python closure.

An expression reads a `Memory` (constants, state before and after, ghosts, what happened in the transition) and the local slots of the
frame that evaluates it. Closures raise `RuntimeFault` where the language has a run-time fault; evaluation is strictly left to right.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Protocol, TypeAlias, assert_never, cast

from mmu_smt.semantics.program import (
    BinaryExpr,
    BinaryOp,
    Call,
    CondExpr,
    ConstRef,
    Conversion,
    Convert,
    Decides,
    EventUse,
    FieldOf,
    Fill,
    Index,
    Literal,
    Local,
    LocalRef,
    OptionalValue,
    Primed,
    Program,
    Quantifier,
    QuantifierOf,
    RecordMake,
    StateRef,
    Taken,
    TExpr,
    UnaryExpr,
    UnaryOp,
)
from mmu_smt.semantics.types import (
    ArrayType,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    Value,
    WordType,
    index_offset,
    index_size,
    type_name,
    values,
)
from mmu_smt.syntax.source import Span
from mmu_smt.witness.traces import Decision

Locals: TypeAlias = list[Value]
Evaluate: TypeAlias = "Callable[[Memory, Locals], Value]"
EvaluateInt: TypeAlias = "Callable[[Memory, Locals], int]"
EvaluateTuple: TypeAlias = "Callable[[Memory, Locals], tuple[Value, ...]]"


class RuntimeFault(Exception):
    """A run-time fault of the specification: what went wrong and where."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.message = message
        self.span = span


class Memory:
    """Everything that expressions read and statements write, other than locals.

    `state`, `ghosts`: current values by slot (in a property: before the transition, and as observed). `after`: the state after the
    transition, for primed references. `handlers`: number of handlers entered and not yet left. `rule`, `observed`, `decisions`: as recorded
    so far in this transition (`recording` False: guards, env steps and properties record nothing).
    """

    __slots__ = ("after", "consts", "decisions", "ghosts", "handlers", "observed", "recording", "rule", "state", "step")

    def __init__(self, consts: Sequence[Value], state: Sequence[Value], ghosts: Sequence[Value]) -> None:
        self.consts = consts
        self.state = list(state)
        self.ghosts = list(ghosts)
        self.after: Sequence[Value] = ()
        self.decisions: list[Decision] = []
        self.observed: tuple[Value, ...] | None = None
        self.rule: str | None = None
        self.handlers = 0
        self.recording = False
        self.step = ""

    def copy(self) -> Memory:
        """An independent copy."""
        other = Memory(self.consts, self.state, self.ghosts)
        other.after = self.after
        other.decisions = list(self.decisions)
        other.observed = self.observed
        other.rule = self.rule
        other.handlers = self.handlers
        other.recording = self.recording
        other.step = self.step
        return other


@dataclass(frozen=True, slots=True)
class Layout:
    """Slots of the program's variables, in declaration order."""

    consts: dict[str, int]
    states: dict[str, int]
    ghosts: dict[str, int]

    @staticmethod
    def of(program: Program) -> Layout:
        return Layout(*({name: slot for slot, name in enumerate(group)} for group in (program.consts, program.states, program.ghosts)))


@dataclass(slots=True)
class Scope:
    """Slots of the locals of one body or one expression. `size` grows as slots are given out."""

    size: int = 0
    slots: dict[int, int] = field(default_factory=dict[int, int])

    def fresh(self) -> int:
        self.size += 1
        return self.size - 1

    def slot(self, local: Local) -> int:
        """The slot of a local; given out at first use."""
        if local.id not in self.slots:
            self.slots[local.id] = self.fresh()
        return self.slots[local.id]


class Invoke(Protocol):
    """How an expression calls a function: runs it to its end on the given memory and returns its result."""

    def __call__(self, memory: Memory, function: str, primed: bool, args: list[Value]) -> Value: ...


def domain_of(type: Type) -> Sequence[Value]:
    """Every value of a type in increasing order, without listing integers and words one by one."""
    match type:
        case IntType(low, high):
            return range(low, high + 1)
        case WordType(bits):
            return range(1 << bits)
        case EnumType(_, members):
            return range(len(members))
        case FlagsType(_, members, _):
            return range(1 << len(members))
        case _:
            return tuple(values(type))


def size_of(domain: Sequence[Value]) -> int:
    """Number of values of a domain (`len` refuses a range of 2^63 and more)."""
    return domain.stop - domain.start if isinstance(domain, range) else len(domain)


def arguments_of(types: Sequence[Type]) -> product[tuple[Value, ...]]:
    """Every tuple of arguments, in increasing order."""
    return product(*(domain_of(t) for t in types))


def is_member(type: Type, value: Value) -> bool:
    """True iff a plain value is a value of the type."""
    match type:
        case BoolType():
            return isinstance(value, bool)
        case IntType(low, high):
            return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        case WordType(bits):
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << bits
        case EnumType(_, members):
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(members)
        case FlagsType(_, members, _):
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << len(members)
        case RecordType(_, fields):
            if not isinstance(value, tuple) or len(value) != len(fields):
                return False
            return all(is_member(t, v) for (_, t), v in zip(fields, value, strict=True))
        case ArrayType(index, element):
            return isinstance(value, tuple) and len(value) == index_size(index) and all(is_member(element, v) for v in value)
        case OptionalType(inner):
            return value is None or is_member(inner, value)


def flags_to_word(flags: FlagsType, value: int) -> int:
    """A set of flags as a word: the bits at the members' documented positions."""
    return sum(1 << position for bit, position in enumerate(flags.positions) if value >> bit & 1)


def word_to_flags(flags: FlagsType, value: int) -> int:
    """The set of the members whose bits are set in a word."""
    return sum(1 << bit for bit, position in enumerate(flags.positions) if value >> position & 1)


_EXACT: dict[BinaryOp, Callable[[int, int], int]] = {
    BinaryOp.BITOR: lambda x, y: x | y,
    BinaryOp.BITXOR: lambda x, y: x ^ y,
    BinaryOp.BITAND: lambda x, y: x & y,
    BinaryOp.ADD: operator.add,
    BinaryOp.SUB: operator.sub,
    BinaryOp.MUL: operator.mul,
}

_COMPARISON: dict[BinaryOp, Callable[[int, int], bool]] = {
    BinaryOp.LT: operator.lt,
    BinaryOp.LE: operator.le,
    BinaryOp.GT: operator.gt,
    BinaryOp.GE: operator.ge,
}


class Expressions:
    """Compiles expressions of one program. `primed` below: state references read the state after the transition."""

    def __init__(self, program: Program, invoke: Invoke) -> None:
        self._program = program
        self._layout = Layout.of(program)
        self._invoke = invoke

    def compile(self, expr: TExpr, scope: Scope, primed: bool = False) -> Evaluate:
        """A closure that gives the expression's value, or raises RuntimeFault."""
        match expr:
            case Literal(value=value):
                return lambda memory, frame: value
            case ConstRef(name=name):
                slot = self._layout.consts[name]
                return lambda memory, frame: memory.consts[slot]
            case StateRef(name=name):
                return self._state(name, primed)
            case LocalRef(local=local):
                slot = scope.slot(local)
                return lambda memory, frame: frame[slot]
            case UnaryExpr():
                return self._unary(expr, scope, primed)
            case BinaryExpr():
                left = self.compile(expr.left, scope, primed)
                right = self.compile(expr.right, scope, primed)
                return self.binary(expr, left, right)
            case CondExpr():
                return self._conditional(expr, scope, primed)
            case Index():
                return self._index(expr, scope, primed)
            case FieldOf(base=base, position=position):
                record = self._tuple(base, scope, primed)
                return lambda memory, frame: record(memory, frame)[position]
            case OptionalValue():
                return self._optional_value(expr, scope, primed)
            case Convert(operand=operand):
                return self.convert(expr, self.compile(operand, scope, primed))
            case Call():
                return self._call(expr, scope, primed)
            case QuantifierOf():
                return self._quantifier(expr, scope, primed)
            case RecordMake(fields=fields):
                parts = tuple(self.compile(f, scope, primed) for f in fields)
                return lambda memory, frame: tuple([part(memory, frame) for part in parts])
            case Fill():
                return self._fill(expr, scope, primed)
            case Primed(operand=operand):
                return self.compile(operand, scope, primed=True)
            case Decides():
                return self._decides(expr)
            case Taken(step=step):
                return lambda memory, frame: memory.step == step
            case EventUse(name=name):
                return self.compile(self._program.events[name].condition, scope, primed)
            case _:
                assert_never(expr)

    def integer(self, expr: TExpr, scope: Scope, primed: bool = False) -> EvaluateInt:
        """`compile` for an expression whose values are Python ints."""
        return cast(EvaluateInt, self.compile(expr, scope, primed))

    def _tuple(self, expr: TExpr, scope: Scope, primed: bool) -> EvaluateTuple:
        return cast(EvaluateTuple, self.compile(expr, scope, primed))

    def _state(self, name: str, primed: bool) -> Evaluate:
        if name in self._layout.ghosts:
            slot = self._layout.ghosts[name]
            return lambda memory, frame: memory.ghosts[slot]
        slot = self._layout.states[name]
        if primed:
            return lambda memory, frame: memory.after[slot]
        return lambda memory, frame: memory.state[slot]

    def _unary(self, expr: UnaryExpr, scope: Scope, primed: bool) -> Evaluate:
        return self.unary(expr, self.compile(expr.operand, scope, primed))

    def unary(self, expr: UnaryExpr, operand: Evaluate) -> Evaluate:
        """The operator applied to an operand that is already compiled."""
        integer = cast(EvaluateInt, operand)
        match expr.op, expr.type:
            case UnaryOp.NOT, _:
                return lambda memory, frame: not operand(memory, frame)
            case UnaryOp.BITNOT, WordType(bits):
                mask = (1 << bits) - 1
                return lambda memory, frame: integer(memory, frame) ^ mask
            case UnaryOp.BITNOT, FlagsType(_, members, _):
                mask = (1 << len(members)) - 1
                return lambda memory, frame: integer(memory, frame) ^ mask
            case UnaryOp.NEGATE, WordType(bits):
                mask = (1 << bits) - 1
                return lambda memory, frame: -integer(memory, frame) & mask
            case UnaryOp.NEGATE, IntType():
                return lambda memory, frame: -integer(memory, frame)
            case _:
                raise AssertionError(f"operator {expr.op} on {type_name(expr.type)}")

    def binary(self, expr: BinaryExpr, left: Evaluate, right: Evaluate) -> Evaluate:
        """The operator applied to operands that are already compiled: left to right, short-circuit where the language says so."""
        match expr.op:
            case BinaryOp.IMPLIES:
                return lambda memory, frame: right(memory, frame) if left(memory, frame) else True
            case BinaryOp.OR:
                return lambda memory, frame: True if left(memory, frame) else right(memory, frame)
            case BinaryOp.AND:
                return lambda memory, frame: right(memory, frame) if left(memory, frame) else False
            case BinaryOp.EQ:
                return lambda memory, frame: left(memory, frame) == right(memory, frame)
            case BinaryOp.NE:
                return lambda memory, frame: left(memory, frame) != right(memory, frame)
            case _:
                return self._arithmetic(expr, cast(EvaluateInt, left), cast(EvaluateInt, right))

    def _arithmetic(self, expr: BinaryExpr, left: EvaluateInt, right: EvaluateInt) -> Evaluate:
        op, span = expr.op, expr.span
        mask = (1 << expr.type.bits) - 1 if isinstance(expr.type, WordType) else None
        if op in _COMPARISON:
            compare = _COMPARISON[op]
            return lambda memory, frame: compare(left(memory, frame), right(memory, frame))
        if op in _EXACT:
            exact = _EXACT[op]
            if mask is None:
                return lambda memory, frame: exact(left(memory, frame), right(memory, frame))
            return lambda memory, frame: exact(left(memory, frame), right(memory, frame)) & mask
        if op is BinaryOp.HAS:

            def has(memory: Memory, frame: Locals) -> Value:
                whole = left(memory, frame)
                wanted = right(memory, frame)
                return whole & wanted == wanted

            return has
        if op in (BinaryOp.DIV, BinaryOp.MOD):
            return _division(op, left, right, span)
        assert isinstance(expr.type, WordType), f"operator {op} on {type_name(expr.type)}"
        return _shift(op, left, right, expr.type.bits, span)

    def _conditional(self, expr: CondExpr, scope: Scope, primed: bool) -> Evaluate:
        condition = self.compile(expr.condition, scope, primed)
        then = self.compile(expr.then, scope, primed)
        orelse = self.compile(expr.orelse, scope, primed)
        return lambda memory, frame: then(memory, frame) if condition(memory, frame) else orelse(memory, frame)

    def _index(self, expr: Index, scope: Scope, primed: bool) -> Evaluate:
        base = self._tuple(expr.base, scope, primed)
        position = self.position(expr.array, expr.index, scope, primed)

        def read(memory: Memory, frame: Locals) -> Value:
            array = base(memory, frame)
            return array[position(memory, frame)]

        return read

    def position(self, array: ArrayType, index: TExpr, scope: Scope, primed: bool = False) -> EvaluateInt:
        """The position (from 0) that an index expression denotes; RuntimeFault when it is outside the array."""
        number = self.integer(index, scope, primed)
        offset, size = index_offset(array.index), index_size(array.index)
        span, domain = index.span, type_name(array.index)

        def checked(memory: Memory, frame: Locals) -> int:
            value = number(memory, frame)
            if 0 <= value - offset < size:
                return value - offset
            raise RuntimeFault(f"index {value} is outside {domain}", span)

        return checked

    def _optional_value(self, expr: OptionalValue, scope: Scope, primed: bool) -> Evaluate:
        base = self.compile(expr.base, scope, primed)
        span = expr.span

        def value(memory: Memory, frame: Locals) -> Value:
            inner = base(memory, frame)
            if inner == None:  # noqa: E711 - `==` so that a value that is not chosen yet can object
                raise RuntimeFault("the value of none is read", span)
            return inner

        return value

    def convert(self, expr: Convert, operand: Evaluate) -> Evaluate:
        """The conversion applied to an operand that is already compiled."""
        source = expr.operand.type
        integer = cast(EvaluateInt, operand)
        match expr.kind, expr.type:
            case Conversion.SOME, _:
                return operand
            case ((Conversion.RANGE | Conversion.FROM_WORD), IntType(low, high)):
                return _checked_range(integer, low, high, type_name(expr.type), expr.span)
            case Conversion.WORD, WordType(bits):
                mask = (1 << bits) - 1
                if isinstance(source, FlagsType):
                    return lambda memory, frame: flags_to_word(source, integer(memory, frame)) & mask
                return lambda memory, frame: integer(memory, frame) & mask
            case Conversion.TO_FLAGS, FlagsType() as flags:
                return lambda memory, frame: word_to_flags(flags, integer(memory, frame))
            case _:
                raise AssertionError(f"conversion {expr.kind} to {type_name(expr.type)}")

    def _call(self, expr: Call, scope: Scope, primed: bool) -> Evaluate:
        args = tuple(self.compile(a, scope, primed) for a in expr.args)
        invoke, function = self._invoke, expr.function
        return lambda memory, frame: invoke(memory, function, primed, [a(memory, frame) for a in args])

    def _quantifier(self, expr: QuantifierOf, scope: Scope, primed: bool) -> Evaluate:
        slot = scope.slot(expr.local)
        domain = domain_of(expr.local.type)
        body = self.compile(expr.body, scope, primed)

        def holds_for_all(memory: Memory, frame: Locals) -> Value:
            for value in domain:
                frame[slot] = value
                if not body(memory, frame):
                    return False
            return True

        def holds_for_any(memory: Memory, frame: Locals) -> Value:
            for value in domain:
                frame[slot] = value
                if body(memory, frame):
                    return True
            return False

        def count(memory: Memory, frame: Locals) -> Value:
            total = 0
            for value in domain:
                frame[slot] = value
                if body(memory, frame):
                    total += 1
            return total

        match expr.kind:
            case Quantifier.ALL:
                return holds_for_all
            case Quantifier.ANY:
                return holds_for_any
            case Quantifier.COUNT:
                return count
            case _:
                assert_never(expr.kind)

    def _fill(self, expr: Fill, scope: Scope, primed: bool) -> Evaluate:
        assert isinstance(expr.type, ArrayType)
        size = index_size(expr.type.index)
        element = self.compile(expr.element, scope, primed)
        return lambda memory, frame: (element(memory, frame),) * size

    def _decides(self, expr: Decides) -> Evaluate:
        handler, value, rule = expr.handler, expr.value, expr.rule

        def decided(memory: Memory, frame: Locals) -> Value:
            for decision in memory.decisions:
                if decision.handler == handler and decision.value == value and (rule is None or decision.rule == rule):
                    return True
            return False

        return decided


def _division(op: BinaryOp, left: EvaluateInt, right: EvaluateInt, span: Span) -> Evaluate:
    quotient = op is BinaryOp.DIV

    def divide(memory: Memory, frame: Locals) -> Value:
        dividend = left(memory, frame)
        divisor = right(memory, frame)
        if divisor == 0:
            raise RuntimeFault("division by zero", span)
        return dividend // divisor if quotient else dividend % divisor

    return divide


def _shift(op: BinaryOp, left: EvaluateInt, right: EvaluateInt, bits: int, span: Span) -> Evaluate:
    mask = (1 << bits) - 1
    leftwards = op is BinaryOp.SHL

    def shift(memory: Memory, frame: Locals) -> Value:
        word = left(memory, frame)
        amount = right(memory, frame)
        if not 0 <= amount < bits:
            raise RuntimeFault(f"shift of u{bits} by {amount}", span)
        return word << amount & mask if leftwards else word >> amount

    return shift


def _checked_range(operand: EvaluateInt, low: int, high: int, shown: str, span: Span) -> Evaluate:
    def checked(memory: Memory, frame: Locals) -> Value:
        value = operand(memory, frame)
        if low <= value <= high:
            return value
        raise RuntimeFault(f"value {value} is outside {shown}", span)

    return checked
