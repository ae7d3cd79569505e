"""Symbolic evaluation of checked expressions on a flow.

The run-time faults met on the way are collected in order as `FaultCheck`s; a value computed past a fault is arbitrary. Only the calls
that the language allows to have effects change the flow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

from mmu_smt.model.flow import Flow, Joiner
from mmu_smt.model.symbolic import (
    SVal,
    compare,
    encode,
    equal,
    fit,
    is_signed,
    merge,
    outside,
    parts,
    resize,
    same_integer,
    scalar,
    select,
    width_of,
)
from mmu_smt.model.system import FaultCheck
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Term
from mmu_smt.model.traits import Trait, Traits
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
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    WordType,
    index_size,
    type_name,
    values,
)
from mmu_smt.syntax.source import Span

_ORDERS = frozenset({BinaryOp.LT, BinaryOp.LE, BinaryOp.GT, BinaryOp.GE})


class ExpressionWalker:
    """Evaluates expressions; `call` and the references of step expressions are up to the subclasses."""

    def __init__(self, program: Program, constants: Mapping[str, SVal], joiner: Joiner, traits: Traits) -> None:
        self.program = program
        self.constants = constants
        self.joiner = joiner
        self.table: TermTable = joiner.table
        self.traits = traits
        self.faults: list[FaultCheck] = []
        self._literals: dict[Literal, SVal] = {}

    def call(self, function: str, args: list[SVal], call: int, flow: Flow) -> SVal | None:
        """The result of an inlined call (None where the function has none), with its effect on the flow."""
        raise NotImplementedError

    def reference(self, expr: Primed | Decides | Taken | EventUse, flow: Flow) -> SVal:
        """The value of what only step expressions may contain."""
        raise NotImplementedError

    def fault(self, flow: Flow, condition: Term, message: str, span: Span) -> None:
        """Record that the flow faults when `condition` holds."""
        reached = self.table.and_(flow.condition, condition)
        if reached is not self.table.false:
            self.faults.append(FaultCheck(reached, message, span))

    # ------------------------------------------------------------------------------------------ dispatch

    def evaluate(self, expr: TExpr, flow: Flow) -> SVal:
        """The value of an expression; faults go to `faults`, effects to the flow."""
        match expr:
            case StateRef():
                return flow.store[expr.name]
            case ConstRef():
                return self.constants[expr.name]
            case LocalRef():
                return flow.store[expr.local]
            case Literal():
                return self._literal(expr)
            case BinaryExpr():
                return self._binary(expr, flow)
            case Index():
                return self._index(expr, flow, ())
            case FieldOf():
                return self._field(expr, flow)
            case UnaryExpr():
                return self._unary(expr, flow)
            case Convert():
                return self._convert(expr, flow)
            case Call():
                result = self.call(expr.function, [self.evaluate(a, flow) for a in expr.args], expr.id, flow)
                assert result is not None
                return result
            case QuantifierOf():
                return self._quantifier(expr, flow)
            case CondExpr():
                condition = self.condition(expr.condition, flow)
                return self._choice(
                    flow,
                    condition,
                    lambda f: self._fitted(expr.then, expr.type, f),
                    lambda f: self._fitted(expr.orelse, expr.type, f),
                    expr.then,
                    expr.orelse,
                )
            case OptionalValue():
                has, value = parts(self.evaluate(expr.base, flow))
                self.fault(flow, self.table.not_(scalar(has)), "`.value` of none", expr.span)
                return value
            case RecordMake():
                return self._record(expr, flow)
            case Fill():
                assert isinstance(expr.type, ArrayType)
                return (self._fitted(expr.element, expr.type.element, flow),) * index_size(expr.type.index)
            case Primed() | Decides() | Taken() | EventUse():
                return self.reference(expr, flow)
            case _:
                assert_never(expr)

    def condition(self, expr: TExpr, flow: Flow) -> Term:
        """The value of a bool expression."""
        return scalar(self.evaluate(expr, flow))

    def _fitted(self, expr: TExpr, target: Type, flow: Flow) -> SVal:
        return fit(self.table, self.evaluate(expr, flow), expr.type, target)

    def _literal(self, expr: Literal) -> SVal:
        value = self._literals.get(expr)
        if value is None:
            value = self._literals[expr] = encode(self.table, expr.type, expr.value)
        return value

    def _record(self, expr: RecordMake, flow: Flow) -> SVal:
        assert isinstance(expr.type, RecordType)
        return tuple([self._fitted(f, t, flow) for f, (_, t) in zip(expr.fields, expr.type.fields, strict=True)])

    # ------------------------------------------------------------------------------------------ branching

    def _choice(self, flow: Flow, condition: Term, then: Callable[[Flow], SVal], orelse: Callable[[Flow], SVal], *parts_of: TExpr) -> SVal:
        """`condition ? then : orelse` where only the taken side is evaluated; `parts_of` tells what evaluation may do."""
        table = self.table
        if condition is table.true:
            return then(flow)
        if condition is table.false:
            return orelse(flow)
        traits = Trait.NONE
        for part in parts_of:
            traits |= self.traits.of(part)
        if Trait.TOUCHES in traits:
            return self._fork(flow, condition, then, orelse)
        if Trait.FAULTS not in traits:
            return merge(table, condition, then(flow), orelse(flow))
        entry = flow.condition
        flow.condition = table.and_(entry, condition)
        left = then(flow)
        flow.condition = table.and_(entry, table.not_(condition))
        right = orelse(flow)
        flow.condition = entry
        return merge(table, condition, left, right)

    def _fork(self, flow: Flow, condition: Term, then: Callable[[Flow], SVal], orelse: Callable[[Flow], SVal]) -> SVal:
        table, entry, since = self.table, flow.condition, flow.epoch
        one = flow.under(table.and_(entry, condition))
        two = flow.under(table.and_(entry, table.not_(condition)))
        left, right = then(one), orelse(two)
        selector = condition if one.epoch == two.epoch == since else one.condition
        flow.become(self.joiner.flows(one, two, condition, since, entry))
        return merge(table, selector, left, right)

    def _short_circuit(self, expr: BinaryExpr, flow: Flow) -> Term:
        table = self.table
        left = self.condition(expr.left, flow)

        def right(inner: Flow) -> SVal:
            return self.condition(expr.right, inner)

        match expr.op:
            case BinaryOp.AND:
                return scalar(self._choice(flow, left, right, lambda _: table.false, expr.right))
            case BinaryOp.OR:
                return scalar(self._choice(flow, left, lambda _: table.true, right, expr.right))
            case _:
                return scalar(self._choice(flow, left, right, lambda _: table.true, expr.right))

    def _quantifier(self, expr: QuantifierOf, flow: Flow) -> SVal:
        table, domain = self.table, [encode(self.table, expr.local.type, v) for v in values(expr.local.type)]
        if expr.kind is Quantifier.COUNT:
            bits = [self._at(expr, value, flow) for value in domain]
            return self._sum(bits, width_of(expr.type))
        is_all = expr.kind is Quantifier.ALL
        if self.traits.of(expr.body) is Trait.NONE:
            results = [self._at(expr, value, flow) for value in domain]
            return table.and_(*results) if is_all else table.or_(*results)
        return self._each(expr, domain, flow, is_all)

    def _each(self, expr: QuantifierOf, domain: list[SVal], flow: Flow, is_all: bool) -> Term:
        """`all` or `any` of a body that may fault: each turn under the condition that the turns before did not settle it."""
        table, entry = self.table, flow.condition
        if self.traits.touches(expr.body):
            raise ValueError("a quantifier's body has an effect")
        settled = table.false
        for value in domain:
            flow.condition = table.and_(entry, table.not_(settled))
            result = self._at(expr, value, flow)
            settled = table.or_(settled, table.not_(result) if is_all else result)
        flow.condition = entry
        return table.not_(settled) if is_all else settled

    def _at(self, expr: QuantifierOf, value: SVal, flow: Flow) -> Term:
        flow.store[expr.local] = value
        result = self.condition(expr.body, flow)
        del flow.store[expr.local]
        return result

    def _sum(self, bits: list[Term], width: int) -> Term:
        """The number of true bits, by a balanced tree of adders that widen towards the root."""
        table = self.table
        layer = [table.ite(b, table.const(1, 1), table.const(0, 1)) for b in bits] or [table.const(0, 1)]
        while len(layer) > 1:
            wider = layer[0].width + 1
            pairs = [layer[i : i + 2] for i in range(0, len(layer), 2)]
            extended = [[table.zero_extend(t, wider - t.width) for t in pair] for pair in pairs]
            layer = [table.bvadd(pair[0], pair[1]) if len(pair) == 2 else pair[0] for pair in extended]
        return resize(table, layer[0], False, width)

    # ------------------------------------------------------------------------------------------ access

    def _field(self, expr: FieldOf, flow: Flow) -> SVal:
        positions = [expr.position]
        base = expr.base
        while isinstance(base, FieldOf):
            positions.append(base.position)
            base = base.base
        path = tuple(reversed(positions))
        if isinstance(base, Index):
            return self._index(base, flow, path)
        return _project(self.evaluate(base, flow), path)

    def _index(self, expr: Index, flow: Flow, path: tuple[int, ...]) -> SVal:
        """`base[index]` and the fields below it: these are taken first, so that only what is read gets multiplexed."""
        array = parts(self.evaluate(expr.base, flow))
        index = self.index(expr.index, expr.array, flow)
        return select(self.table, [_project(element, path) for element in array], expr.array.index, index)

    def index(self, expr: TExpr, array: ArrayType, flow: Flow) -> Term:
        """An index in the encoding of the array's index type, with the check that it is in range."""
        index = scalar(self.evaluate(expr, flow))
        if isinstance(expr.type, IntType) and isinstance(array.index, IntType):
            return self._narrowed(flow, index, expr.type, array.index, f"index outside {type_name(array.index)}", expr.span)
        return index

    def _narrowed(self, flow: Flow, term: Term, source: IntType, target: IntType, message: str, span: Span) -> Term:
        """An integer in the encoding of another interval, with the check that it is in there."""
        bad = outside(self.table, term, (source.low, source.high), (target.low, target.high))
        if bad is not self.table.false:
            self.fault(flow, bad, message, span)
        return resize(self.table, term, source.low < 0, width_of(target))

    # ------------------------------------------------------------------------------------------ operators

    def _unary(self, expr: UnaryExpr, flow: Flow) -> SVal:
        table, operand = self.table, scalar(self.evaluate(expr.operand, flow))
        match expr.op:
            case UnaryOp.NOT:
                return table.not_(operand)
            case UnaryOp.BITNOT:
                empty = isinstance(expr.type, FlagsType) and not expr.type.members
                return operand if empty else table.bvnot(operand)
            case UnaryOp.NEGATE:
                return table.bvneg(resize(table, operand, is_signed(expr.operand.type), width_of(expr.type)))

    def _binary(self, expr: BinaryExpr, flow: Flow) -> SVal:
        if expr.op in (BinaryOp.AND, BinaryOp.OR, BinaryOp.IMPLIES):
            return self._short_circuit(expr, flow)
        left = self.evaluate(expr.left, flow)
        right = self.evaluate(expr.right, flow)
        if expr.op in (BinaryOp.EQ, BinaryOp.NE):
            same = self._same(expr, left, right)
            return same if expr.op is BinaryOp.EQ else self.table.not_(same)
        if expr.op in _ORDERS:
            return self._order(expr, scalar(left), scalar(right))
        return self._arithmetic(expr, scalar(left), scalar(right), flow)

    def _same(self, expr: BinaryExpr, left: SVal, right: SVal) -> Term:
        if isinstance(expr.left.type, IntType) and isinstance(expr.right.type, IntType):
            return same_integer(self.table, (scalar(left), expr.left.type.low < 0), (scalar(right), expr.right.type.low < 0))
        return equal(self.table, expr.left.type, left, fit(self.table, right, expr.right.type, expr.left.type))

    def _order(self, expr: BinaryExpr, left: Term, right: Term) -> Term:
        one, two = (left, is_signed(expr.left.type)), (right, is_signed(expr.right.type))
        if expr.op in (BinaryOp.GT, BinaryOp.GE):
            one, two = two, one
        return compare(self.table, one, two, strict=expr.op in (BinaryOp.LT, BinaryOp.GT))

    def _arithmetic(self, expr: BinaryExpr, left: Term, right: Term, flow: Flow) -> Term:
        table = self.table
        match expr.op:
            case BinaryOp.DIV | BinaryOp.MOD:
                return self._division(expr, left, right, flow)
            case BinaryOp.SHL | BinaryOp.SHR:
                return self._shift(expr, left, right, flow)
            case BinaryOp.HAS:
                return table.eq(table.bvand(left, right), right)
            case BinaryOp.BITOR:
                return table.bvor(left, right)
            case BinaryOp.BITXOR:
                return table.bvxor(left, right)
            case BinaryOp.BITAND:
                return table.bvand(left, right)
            case _:
                pass
        # Sums, differences and products are exact modulo 2^width, and the result's interval fits its width.
        width = width_of(expr.type)
        one = resize(table, left, is_signed(expr.left.type), width)
        two = resize(table, right, is_signed(expr.right.type), width)
        match expr.op:
            case BinaryOp.ADD:
                return table.bvadd(one, two)
            case BinaryOp.SUB:
                return table.bvsub(one, two)
            case BinaryOp.MUL:
                return table.bvmul(one, two)
            case _:
                raise ValueError(f"no arithmetic operator: {expr.op}")

    def _division(self, expr: BinaryExpr, left: Term, right: Term, flow: Flow) -> Term:
        table = self.table
        zero = table.eq(right, table.const(0, right.width))
        if zero is not table.false:
            self.fault(flow, zero, "division by zero", expr.span)
        width = max(left.width, right.width)
        one, two = resize(table, left, False, width), resize(table, right, False, width)
        result = table.bvudiv(one, two) if expr.op is BinaryOp.DIV else table.bvurem(one, two)
        return resize(table, result, False, width_of(expr.type))

    def _shift(self, expr: BinaryExpr, left: Term, right: Term, flow: Flow) -> Term:
        table, width = self.table, left.width
        if isinstance(expr.right.type, IntType):
            source = (expr.right.type.low, expr.right.type.high)
        else:
            source = (0, (1 << right.width) - 1)
        too_far = outside(table, right, source, (0, width - 1))
        if too_far is not table.false:
            self.fault(flow, too_far, f"shift by {width} bits or more", expr.span)
        amount = resize(table, right, source[0] < 0, width)
        return table.bvshl(left, amount) if expr.op is BinaryOp.SHL else table.bvlshr(left, amount)

    # ------------------------------------------------------------------------------------------ conversions

    def _convert(self, expr: Convert, flow: Flow) -> SVal:
        source, target = expr.operand.type, expr.type
        value = self.evaluate(expr.operand, flow)
        match expr.kind:
            case Conversion.SOME:
                assert isinstance(target, OptionalType)
                return (self.table.true, fit(self.table, value, source, target.inner))
            case Conversion.RANGE:
                assert isinstance(source, IntType)
                assert isinstance(target, IntType)
                return self._narrowed(flow, scalar(value), source, target, f"value outside {type_name(target)}", expr.span)
            case Conversion.FROM_WORD:
                assert isinstance(target, IntType)
                word = scalar(value)
                return self._narrowed(
                    flow, word, IntType(0, (1 << word.width) - 1), target, f"value outside {type_name(target)}", expr.span
                )
            case Conversion.WORD:
                assert isinstance(target, WordType)
                if isinstance(source, FlagsType):
                    return self._flags_to_word(scalar(value), source, target.bits)
                return resize(self.table, scalar(value), is_signed(source), target.bits)
            case Conversion.TO_FLAGS:
                assert isinstance(target, FlagsType)
                return self._word_to_flags(scalar(value), target)

    def _flags_to_word(self, value: Term, flags: FlagsType, bits: int) -> Term:
        table = self.table
        at = {position: i for i, position in enumerate(flags.positions)}
        word: Term | None = None
        for position in reversed(range(bits)):
            bit = table.extract(value, at[position], at[position]) if position in at else table.const(0, 1)
            word = bit if word is None else table.concat(word, bit)
        assert word is not None
        return word

    def _word_to_flags(self, value: Term, flags: FlagsType) -> Term:
        table = self.table
        result: Term | None = None
        for position in reversed(flags.positions):
            bit = table.extract(value, position, position) if position < value.width else table.const(0, 1)
            result = bit if result is None else table.concat(result, bit)
        return table.const(0, 1) if result is None else result


def _project(value: SVal, path: tuple[int, ...]) -> SVal:
    for position in path:
        value = parts(value)[position]
    return value
