"""The contract of checked programs as a checker of its own: every node has the types that `semantics/program.py` promises."""

from __future__ import annotations

from collections.abc import Iterable
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
    PropertyKind,
    Quantifier,
    QuantifierOf,
    RecordMake,
    Return,
    StateRef,
    Taken,
    TExpr,
    TStmt,
    UnaryExpr,
    UnaryOp,
    Yield,
)
from mmu_smt.semantics.types import (
    BOOL,
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
    cardinality,
    index_size,
)

COMPARES = frozenset({BinaryOp.EQ, BinaryOp.NE, BinaryOp.LT, BinaryOp.LE, BinaryOp.GT, BinaryOp.GE})


def inhabits(type: Type, value: Value) -> bool:
    match type, value:
        case BoolType(), bool():
            return True
        case IntType(low, high), int():
            return low <= value <= high
        case WordType(bits), int():
            return 0 <= value < 1 << bits
        case EnumType(_, members), int():
            return 0 <= value < len(members)
        case FlagsType(_, members, _), int():
            return 0 <= value < 1 << len(members)
        case OptionalType(inner), _:
            return value is None or inhabits(inner, value)
        case RecordType(_, fields), tuple():
            return len(fields) == len(value) and all(inhabits(t, v) for (_, t), v in zip(fields, value, strict=True))
        case ArrayType(index, element), tuple():
            return len(value) == index_size(index) and all(inhabits(element, v) for v in value)
        case _:
            return False


class Contract:
    """Asserts the contract of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.ids: dict[int, object] = {}
        self.scope: set[int] = set()

    def check(self) -> None:
        program = self.program
        for variable in (*program.consts.values(), *program.states.values(), *program.ghosts.values()):
            if variable.initial is not None:
                self.expression(variable.initial, variable.type)
            if variable.display.has_default:
                assert inhabits(variable.type, variable.display.default)
        for ghost in program.ghosts.values():
            assert isinstance(ghost.initial, Literal)
        for condition in (*program.assumptions, *program.inits):
            self.expression(condition.condition, BOOL)
        for terminal in program.terminal:
            self.expression(terminal, BOOL)
        for event in program.events.values():
            self.expression(event.condition, BOOL, step=True)
        for function in program.functions.values():
            self.scope = {p.id for p in function.params}
            self.returns = function.returns
            self.block(function.body)
        for step in program.steps.values():
            self.scope = {p.id for p in step.params}
            self.returns = None
            if step.guard is not None:
                self.expression(step.guard, BOOL)
            self.block(step.body)
        self.scope = set()
        self.properties()
        for config in program.configs.values():
            assert config.name in config.includes
            for assumption in config.assumptions:
                self.expression(assumption.condition, BOOL)
            for enable in config.enables:
                self.scope = {p.id for p in enable.params}
                assert len(enable.params) in (0, len(program.steps[enable.step].params))
                if enable.when is not None:
                    self.expression(enable.when, BOOL)
        assert program.default_config is None or program.default_config in program.configs

    def properties(self) -> None:
        assert list(self.program.properties)[:2] == [PropertyKind.NO_FAULT.value, PropertyKind.NO_DEADLOCK.value]
        for name, judged in self.program.properties.items():
            assert judged.name == name
            step = judged.kind is not PropertyKind.INVARIANT
            match judged.kind:
                case PropertyKind.NO_FAULT | PropertyKind.NO_DEADLOCK:
                    assert judged.condition is None
                case PropertyKind.PROGRESS | PropertyKind.COVER_LASSO:
                    assert judged.condition is None
                    assert judged.recurs is not None
                    assert judged.never is not None
                    self.expression(judged.recurs, BOOL, step=True)
                    self.expression(judged.never, BOOL, step=True)
                case _:
                    assert judged.condition is not None
                    assert judged.recurs is None
                    self.expression(judged.condition, BOOL, step=step)

    def fresh(self, number: int, owner: object) -> None:
        """An id belongs to one statement or call (which the configs that include it, and an `init invariant`, share)."""
        assert self.ids.setdefault(number, owner) is owner, f"id {number} is used twice"

    # ------------------------------------------------------------------------------------------ statements

    def block(self, statements: Iterable[TStmt]) -> None:
        outer = set(self.scope)
        for statement in statements:
            self.statement(statement)
        self.scope = outer

    def statement(self, statement: TStmt) -> None:
        self.fresh(statement.id, statement)
        match statement:
            case Let(local=local, value=value):
                self.expression(value, local.type, free=True)
                self.scope.add(local.id)
            case Choose(local=local):
                self.scope.add(local.id)
            case Assign(target=target, value=value):
                type = target.root_type
                if isinstance(target.root, str):
                    variables = {**self.program.states, **self.program.ghosts}
                    assert variables[target.root].type == type
                else:
                    assert target.root.id in self.scope
                    assert target.root.type == type
                for part in target.steps:
                    if isinstance(part, IndexStep):
                        assert part.array == type
                        self.index(part.array, part.index)
                        type = part.array.element
                    else:
                        assert part.record == type
                        type = part.record.fields[part.position][1]
                assert type == target.type
                self.expression(value, type, free=True)
            case CallStatement(function=function, args=args):
                self.arguments(function, args)
            case If(condition=condition, then=then, orelse=orelse):
                self.expression(condition, BOOL, free=True)
                self.block(then)
                self.block(orelse)
            case Match(subject=subject, arms=arms):
                self.expression(subject, subject.type, free=True)
                values = [v for arm in arms for v in arm.values or ()]
                assert len(values) == len(set(values))
                assert all(inhabits(subject.type, v) for v in values)
                wildcards = [arm for arm in arms if arm.values is None]
                assert wildcards == list(arms[-1:]) if wildcards else len(values) == cardinality(subject.type)
                for arm in arms:
                    self.block(arm.body)
            case For(local=local, body=body):
                self.scope.add(local.id)
                self.block(body)
                self.scope.discard(local.id)
            case Return(value=value, rule=rule):
                assert rule is None or rule in self.program.rules
                if self.returns is None:
                    assert value is None
                else:
                    assert value is not None
                    self.expression(value, self.returns, free=True)
            case Assert(condition=condition):
                self.expression(condition, BOOL)
            case Lock(body=body):
                self.block(body)
            case Yield():
                pass
            case _:
                assert_never(statement)

    # ------------------------------------------------------------------------------------------ expressions

    def arguments(self, function: str, args: tuple[TExpr, ...]) -> None:
        params = self.program.functions[function].params
        for argument, parameter in zip(args, params, strict=True):
            self.expression(argument, parameter.type)

    def index(self, array: ArrayType, index: TExpr) -> None:
        assert isinstance(index.type, IntType) if isinstance(array.index, IntType) else index.type == array.index
        self.expression(index, index.type)

    def expression(self, node: TExpr, type: Type, *, free: bool = False, step: bool = False) -> None:
        assert node.type == type, f"{node.span.text}: {node.type} is no {type}"
        match node:
            case Literal(value=value):
                assert inhabits(type, value), f"{value} is no {type}"
            case ConstRef(name=name):
                assert self.program.consts[name].type == type
            case StateRef(name=name):
                assert {**self.program.states, **self.program.ghosts}[name].type == type
            case LocalRef(local=local):
                assert local.id in self.scope, local.name
                assert local.type == type
            case UnaryExpr(op=op, operand=operand):
                expected = {UnaryOp.NOT: BoolType, UnaryOp.BITNOT: WordType | FlagsType, UnaryOp.NEGATE: IntType | WordType}[op]
                assert isinstance(type, expected)
                self.expression(operand, operand.type if isinstance(type, IntType) else type, free=free and op is UnaryOp.NOT, step=step)
            case BinaryExpr():
                self.binary(node, free=free, step=step)
            case CondExpr(condition=condition, then=then, orelse=orelse):
                self.expression(condition, BOOL, step=step)
                self.expression(then, type, step=step)
                self.expression(orelse, type, step=step)
            case Index(base=base, index=index, array=array):
                assert array.element == type
                self.expression(base, array, step=step)
                self.index(array, index)
            case FieldOf(base=base, record=record, position=position):
                assert record.fields[position][1] == type
                self.expression(base, record, step=step)
            case OptionalValue(base=base, optional=optional):
                assert optional.inner == type
                self.expression(base, optional, step=step)
            case Convert():
                self.convert(node, free=free, step=step)
            case Call(function=function, args=args):
                self.fresh(node.id, node)
                assert self.program.functions[function].returns == type
                assert free or not self.program.functions[function].effectful
                self.arguments(function, args)
            case QuantifierOf(kind=kind, local=local, body=body):
                expected_type = IntType(0, cardinality(local.type)) if kind is Quantifier.COUNT else BOOL
                assert type == expected_type
                assert local.id not in self.scope
                self.scope.add(local.id)
                self.expression(body, BOOL, step=step)
                self.scope.discard(local.id)
            case RecordMake(fields=fields):
                assert isinstance(type, RecordType)
                for value, (_, field_type) in zip(fields, type.fields, strict=True):
                    self.expression(value, field_type, step=step)
            case Fill(element=element):
                assert isinstance(type, ArrayType)
                self.expression(element, type.element, step=step)
            case Primed(operand=operand):
                assert step
                self.expression(operand, type)
            case Decides(handler=handler, value=value, rule=rule):
                assert step
                returns = self.program.functions[handler].returns
                assert self.program.functions[handler].is_handler
                assert returns is not None
                assert inhabits(returns, value)
                assert rule is None or rule in self.program.rules
            case Taken(step=name):
                assert step
                assert name in self.program.steps
            case EventUse(name=name):
                assert step
                assert name in self.program.events
            case _:
                assert_never(node)

    def binary(self, node: BinaryExpr, *, free: bool, step: bool) -> None:
        op, a, b, type = node.op, node.left.type, node.right.type, node.type
        logical = op in (BinaryOp.AND, BinaryOp.OR, BinaryOp.IMPLIES)
        numbers = isinstance(a, IntType) and isinstance(b, IntType)
        if logical:
            assert a == b == type == BOOL
        elif op in COMPARES:
            assert type == BOOL
            assert numbers or a == b
            assert op in (BinaryOp.EQ, BinaryOp.NE) or isinstance(a, IntType | WordType)
        elif op is BinaryOp.HAS:
            assert type == BOOL
            assert a == b
            assert isinstance(a, FlagsType)
        elif op in (BinaryOp.SHL, BinaryOp.SHR):
            assert a == type
            assert isinstance(a, WordType)
            assert isinstance(b, IntType | WordType)
        elif op in (BinaryOp.BITAND, BinaryOp.BITOR, BinaryOp.BITXOR):
            assert a == b == type
            assert isinstance(a, WordType | FlagsType)
        elif numbers:
            assert isinstance(type, IntType)
            if op in (BinaryOp.DIV, BinaryOp.MOD):
                assert a.low >= 0
                assert b.low >= 0
        else:
            assert a == b == type
            assert isinstance(a, WordType)
        left_free = free and (op in (BinaryOp.AND, BinaryOp.OR, BinaryOp.HAS) or op in COMPARES)
        self.expression(node.left, a, free=left_free, step=step)
        self.expression(node.right, b, free=free and op in (BinaryOp.AND, BinaryOp.OR), step=step)

    def convert(self, node: Convert, *, free: bool, step: bool) -> None:
        source, target = node.operand.type, node.type
        match node.kind:
            case Conversion.RANGE:
                assert isinstance(source, IntType)
                assert isinstance(target, IntType)
                assert source != target
            case Conversion.SOME:
                assert isinstance(target, OptionalType)
                assert target.inner == source
            case Conversion.WORD:
                assert isinstance(source, IntType | WordType | FlagsType)
                assert isinstance(target, WordType)
            case Conversion.FROM_WORD:
                assert isinstance(source, WordType)
                assert isinstance(target, IntType)
            case Conversion.TO_FLAGS:
                assert isinstance(source, WordType)
                assert isinstance(target, FlagsType)
        self.expression(node.operand, source, free=free, step=step)
