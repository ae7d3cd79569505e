"""The value of a typed expression that is made of constants only."""

from __future__ import annotations

from mmu_smt.semantics.program import (
    BinaryExpr,
    BinaryOp,
    CondExpr,
    Conversion,
    Convert,
    Fill,
    Literal,
    RecordMake,
    TExpr,
    UnaryExpr,
    UnaryOp,
)
from mmu_smt.semantics.types import ArrayType, FlagsType, IntType, Value, WordType, index_size


class NotConstant(Exception):
    """The expression is not made of constants, or has no value (a division by zero, a number outside its range)."""


def constant(expression: TExpr) -> Value:
    """The value. Raises NotConstant."""
    match expression:
        case Literal(value=value):
            return value
        case UnaryExpr():
            return _unary(expression)
        case BinaryExpr():
            return _binary(expression)
        case CondExpr(condition=condition, then=then, orelse=orelse):
            return constant(then if constant(condition) else orelse)
        case Convert():
            return _convert(expression)
        case RecordMake(fields=fields):
            return tuple(constant(f) for f in fields)
        case Fill(element=element, type=type):
            assert isinstance(type, ArrayType)
            return (constant(element),) * index_size(type.index)
        case _:
            raise NotConstant


def _int(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _unary(expression: UnaryExpr) -> Value:
    value = constant(expression.operand)
    match expression.op, expression.type:
        case UnaryOp.NOT, _:
            return not value
        case UnaryOp.BITNOT, WordType(bits):
            return ~_int(value) % (1 << bits)
        case UnaryOp.BITNOT, FlagsType(_, members, _):
            return ~_int(value) % (1 << len(members))
        case UnaryOp.NEGATE, WordType(bits):
            return -_int(value) % (1 << bits)
        case _:
            return -_int(value)


def _binary(expression: BinaryExpr) -> Value:
    left = constant(expression.left)
    match expression.op:
        case BinaryOp.AND:
            return bool(left) and bool(constant(expression.right))
        case BinaryOp.OR:
            return bool(left) or bool(constant(expression.right))
        case BinaryOp.IMPLIES:
            return not left or bool(constant(expression.right))
        case _:
            pass
    right = constant(expression.right)
    if expression.op is BinaryOp.EQ:
        return left == right
    if expression.op is BinaryOp.NE:
        return left != right
    return _numeric(expression, _int(left), _int(right))


def _numeric(expression: BinaryExpr, a: int, b: int) -> Value:
    op, type = expression.op, expression.type
    compared = {BinaryOp.LT: a < b, BinaryOp.LE: a <= b, BinaryOp.GT: a > b, BinaryOp.GE: a >= b, BinaryOp.HAS: a & b == b}
    if op in compared:
        return compared[op]
    bits = type.bits if isinstance(type, WordType) else 0
    if (op in (BinaryOp.DIV, BinaryOp.MOD) and b == 0) or (op in (BinaryOp.SHL, BinaryOp.SHR) and b >= bits):
        raise NotConstant
    match op:
        case BinaryOp.BITOR:
            value = a | b
        case BinaryOp.BITXOR:
            value = a ^ b
        case BinaryOp.BITAND:
            value = a & b
        case BinaryOp.SHL:
            value = a << b
        case BinaryOp.SHR:
            value = a >> b
        case BinaryOp.ADD:
            value = a + b
        case BinaryOp.SUB:
            value = a - b
        case BinaryOp.MUL:
            value = a * b
        case BinaryOp.DIV:
            value = a // b
        case BinaryOp.MOD:
            value = a % b
        case _:
            raise NotConstant
    return value % (1 << bits) if bits else value


def flags_to_word(type: FlagsType, value: int) -> int:
    """The word with a bit at the documented position of each flag."""
    return sum(1 << position for i, position in enumerate(type.positions) if value >> i & 1)


def flags_from_word(type: FlagsType, value: int) -> int:
    """The flags whose documented bits are set; other bits are dropped."""
    return sum(1 << i for i, position in enumerate(type.positions) if value >> position & 1)


def _convert(expression: Convert) -> Value:
    value = constant(expression.operand)
    source, target = expression.operand.type, expression.type
    match expression.kind, target:
        case Conversion.SOME, _:
            return value
        case Conversion.WORD, WordType(bits):
            raw = flags_to_word(source, _int(value)) if isinstance(source, FlagsType) else _int(value)
            return raw % (1 << bits)
        case Conversion.TO_FLAGS, FlagsType():
            return flags_from_word(target, _int(value))
        case ((Conversion.RANGE | Conversion.FROM_WORD), IntType(low, high)):
            if not low <= _int(value) <= high:
                raise NotConstant
            return value
        case _:
            raise NotConstant
