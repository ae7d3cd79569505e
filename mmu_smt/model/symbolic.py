"""Symbolic values: terms in the shape of a type.

A scalar (bool, integer, word, enum, flags) is one term; an array or record is a tuple of its parts; an optional is the pair (has, value).
The value of an absent optional is the all-zero encoding, so equal values have equal encodings everywhere and two symbolic values are
equal iff their leaves are. Integers are in two's complement at the least width for their interval, unsigned where the interval has no
negative number; enums and flags as in
`semantics.types`. A type without bits (one value) still takes one bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from mmu_smt.model.evaluate import to_signed
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Op, Term
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
)

SVal: TypeAlias = "Term | tuple[SVal, ...]"


def scalar(value: SVal) -> Term:
    """The term of a scalar value."""
    assert isinstance(value, Term)
    return value


def parts(value: SVal) -> tuple[SVal, ...]:
    """The parts of an array, record or optional value."""
    assert isinstance(value, tuple)
    return value


def is_signed(type: Type) -> bool:
    """True iff the encoding of a scalar type is in two's complement with a sign bit."""
    return isinstance(type, IntType) and type.low < 0


def interval_width(low: int, high: int) -> int:
    """Bits of an integer encoding for low..high."""
    if low >= 0:
        return max(1, high.bit_length())
    return max((-low - 1).bit_length(), high.bit_length() if high > 0 else 0) + 1


def width_of(type: Type) -> int:
    """Width of a scalar type's term (0 for bool)."""
    match type:
        case BoolType():
            return 0
        case IntType(low, high):
            return interval_width(low, high)
        case WordType(bits):
            return bits
        case EnumType(_, members):
            return max(1, (len(members) - 1).bit_length())
        case FlagsType(_, members, _):
            return max(1, len(members))
        case RecordType() | ArrayType() | OptionalType():
            raise TypeError(f"{type} is no scalar type")


def leaf_types(type: Type, path: str = "") -> Iterator[tuple[str, Type]]:
    """The scalar leaves of a type in encoding order, with their path below a variable (`[2].field`); `.has` of an optional is a bool."""
    match type:
        case RecordType(_, fields):
            for name, field_type in fields:
                yield from leaf_types(field_type, f"{path}.{name}")
        case ArrayType(index, element):
            offset = index_offset(index)
            for i in range(index_size(index)):
                label = index.members[i] if isinstance(index, EnumType) else str(i + offset)
                yield from leaf_types(element, f"{path}[{label}]")
        case OptionalType(inner):
            yield f"{path}.has", BoolType()
            yield from leaf_types(inner, f"{path}.value")
        case _:
            yield path, type


def shape(type: Type, leaves: Iterator[Term]) -> SVal:
    """A symbolic value of a type from its leaves in encoding order."""
    match type:
        case RecordType(_, fields):
            return tuple([shape(t, leaves) for _, t in fields])
        case ArrayType(index, element):
            return tuple([shape(element, leaves) for _ in range(index_size(index))])
        case OptionalType(inner):
            return (next(leaves), shape(inner, leaves))
        case _:
            return next(leaves)


def make_variable(table: TermTable, name: str, type: Type) -> SVal:
    """Variables for every leaf of a type, named `name` and the leaf's path."""
    return shape(type, iter([table.var(name + path, width_of(t)) for path, t in leaf_types(type)]))


def flatten(value: SVal) -> Iterator[Term]:
    """The leaves of a symbolic value in encoding order."""
    if isinstance(value, Term):
        yield value
    else:
        for part in value:
            yield from flatten(part)


def encode_leaves(type: Type, value: Value) -> Iterator[int]:
    """The unsigned encodings of a plain value's leaves."""
    match type, value:
        case RecordType(_, fields), tuple():
            for (_, field_type), part in zip(fields, value, strict=True):
                yield from encode_leaves(field_type, part)
        case ArrayType(_, element), tuple():
            for part in value:
                yield from encode_leaves(element, part)
        case OptionalType(inner), None:
            yield 0
            yield from (0 for _ in leaf_types(inner))
        case OptionalType(inner), _:
            yield 1
            yield from encode_leaves(inner, value)
        case BoolType(), _:
            yield int(bool(value))
        case _, int():
            yield value & ((1 << width_of(type)) - 1)
        case _:
            raise TypeError(f"{value!r} is no value of {type}")


def encode(table: TermTable, type: Type, value: Value) -> SVal:
    """A plain value as constants."""
    leaves = (
        table.const(code, width_of(t)) if width_of(t) else table.bool(code != 0)
        for (_, t), code in zip(leaf_types(type), encode_leaves(type, value), strict=True)
    )
    return shape(type, leaves)


def decode_leaves(type: Type, codes: Iterator[int]) -> Value:
    """The plain value with these leaf encodings (all of them are consumed)."""
    match type:
        case BoolType():
            return next(codes) != 0
        case IntType(low, high):
            code = next(codes)
            return to_signed(code, interval_width(low, high)) if low < 0 else code
        case WordType() | EnumType() | FlagsType():
            return next(codes)
        case RecordType(_, fields):
            return tuple([decode_leaves(t, codes) for _, t in fields])
        case ArrayType(index, element):
            return tuple([decode_leaves(element, codes) for _ in range(index_size(index))])
        case OptionalType(inner):
            has = next(codes)
            value = decode_leaves(inner, codes)
            return value if has else None


def decode(type: Type, name: str, codes: Mapping[str, int]) -> Value:
    """The plain value of the variable `name` of this type under integers for its leaves. Raises KeyError where one is missing."""
    return decode_leaves(type, iter([codes[name + path] for path, _ in leaf_types(type)]))


# ---------------------------------------------------------------------------------------------- operations


def merge(table: TermTable, condition: Term, then: SVal, orelse: SVal) -> SVal:
    """`condition ? then : orelse`, leaf by leaf."""
    if then is orelse:
        return then
    if isinstance(then, Term):
        return table.ite(condition, then, scalar(orelse))
    return tuple([merge(table, condition, a, b) for a, b in zip(then, parts(orelse), strict=True)])


def equal(table: TermTable, kind: Type, left: SVal, right: SVal) -> Term:
    """True iff two values of one type are equal. What is compared with `none` is asked only whether it is there."""
    if isinstance(left, Term):
        return table.eq(left, scalar(right))
    if isinstance(kind, OptionalType):
        for one, other in ((left, right), (right, left)):
            if parts(one)[0] is table.false:
                return table.not_(scalar(parts(other)[0]))
    return _equal(table, left, right)


def _equal(table: TermTable, left: SVal, right: SVal) -> Term:
    if isinstance(left, Term):
        return table.eq(left, scalar(right))
    return table.and_(*[_equal(table, a, b) for a, b in zip(left, parts(right), strict=True)])


def resize(table: TermTable, term: Term, signed: bool, width: int) -> Term:
    """The same integer at another width: extended by its sign, or truncated (right only where the value fits, or modulo 2^width)."""
    if width == term.width:
        return term
    if width < term.width:
        return table.extract(term, width - 1, 0)
    extra = width - term.width
    return table.sign_extend(term, extra) if signed else table.zero_extend(term, extra)


def compare(table: TermTable, left: tuple[Term, bool], right: tuple[Term, bool], *, strict: bool) -> Term:
    """`left < right` (or `<=`) of two integers given as (term, is signed), of any widths."""
    (a, a_signed), (b, b_signed) = left, right
    signed = a_signed or b_signed
    width = max(a.width + (signed and not a_signed), b.width + (signed and not b_signed))
    a, b = resize(table, a, a_signed, width), resize(table, b, b_signed, width)
    if signed:
        return table.slt(a, b) if strict else table.sle(a, b)
    return table.ult(a, b) if strict else table.ule(a, b)


def same_integer(table: TermTable, left: tuple[Term, bool], right: tuple[Term, bool]) -> Term:
    """Equality of two integers given as (term, is signed), of any widths."""
    (a, a_signed), (b, b_signed) = left, right
    signed = a_signed or b_signed
    width = max(a.width + (signed and not a_signed), b.width + (signed and not b_signed))
    return table.eq(resize(table, a, a_signed, width), resize(table, b, b_signed, width))


def outside(table: TermTable, term: Term, source: tuple[int, int], target: tuple[int, int]) -> Term:
    """True iff an integer encoded for the interval `source` lies outside the interval `target`."""
    (low, high), (least, greatest) = source, target
    signed, width = low < 0, term.width
    below, above = table.false, table.false
    if low < least:
        if high < least:
            return table.true
        bound = table.const(least, width)
        below = table.slt(term, bound) if signed else table.ult(term, bound)
    if high > greatest:
        if low > greatest:
            return table.true
        bound = table.const(greatest, width)
        above = table.slt(bound, term) if signed else table.ult(bound, term)
    return table.or_(below, above)


def fit(table: TermTable, value: SVal, source: Type, target: Type) -> SVal:
    """A value of one type in the encoding of another that differs in integer ranges only, and into whose range it fits."""
    if source is target or source == target:
        return value
    match source, target:
        case IntType(), IntType():
            return resize(table, scalar(value), source.low < 0, width_of(target))
        case OptionalType(), OptionalType():
            has, inner = parts(value)
            return (has, fit(table, inner, source.inner, target.inner))
        case ArrayType(), ArrayType():
            return tuple([fit(table, v, source.element, target.element) for v in parts(value)])
        case RecordType(), RecordType():
            pairs = zip(parts(value), source.fields, target.fields, strict=True)
            return tuple([fit(table, v, s, t) for v, (_, s), (_, t) in pairs])
        case _:
            return value


def domain(table: TermTable, type: Type, value: SVal) -> Term:
    """True iff an encoding is that of a value of the type."""
    match type:
        case BoolType() | WordType():
            return table.true
        case FlagsType(_, members, _):
            return table.true if members else table.eq(scalar(value), table.const(0, 1))
        case IntType(low, high):
            width = interval_width(low, high)
            full = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if low < 0 else (0, (1 << width) - 1)
            return table.not_(outside(table, scalar(value), full, (low, high)))
        case EnumType(_, members):
            return table.not_(outside(table, scalar(value), (0, (1 << width_of(type)) - 1), (0, len(members) - 1)))
        case RecordType(_, fields):
            return table.and_(*[domain(table, t, v) for (_, t), v in zip(fields, parts(value), strict=True)])
        case ArrayType(_, element):
            return table.and_(*[domain(table, element, v) for v in parts(value)])
        case OptionalType(inner):
            has, held = parts(value)
            empty = [table.eq(leaf, zero(table, leaf.width)) for leaf in flatten(held)]
            return table.ite(scalar(has), domain(table, inner, held), table.and_(*empty))


def zero(table: TermTable, width: int) -> Term:
    """The all-zero constant of a width (false for a Bool)."""
    return table.const(0, width) if width else table.false


def absent(table: TermTable, inner: Type) -> SVal:
    """`none` of an optional over `inner`."""
    return (table.false, shape(inner, iter([zero(table, width_of(t)) for _, t in leaf_types(inner)])))


# ---------------------------------------------------------------------------------------------- arrays


def _code(index: IntType | EnumType, position: int) -> int:
    """The unsigned encoding of the index value at a position."""
    return (position + index_offset(index)) & ((1 << width_of(index)) - 1)


def select(table: TermTable, array: Sequence[SVal], type: IntType | EnumType, index: Term) -> SVal:
    """`array[index]` for an index in the encoding and range of its type: a multiplexer tree over the index's bits."""
    if index.op is Op.CONST:
        assert isinstance(index.payload, int)
        position = (index.payload - index_offset(type)) % (1 << index.width)
        return array[min(position, len(array) - 1)]
    entries: dict[int, SVal] = {}
    for position, element in enumerate(array):
        code = _code(type, position)
        entries[code] = _assuming(table, element, table.eq(index, table.const(code, index.width)))
    return _tree(table, entries, index, index.width - 1)


def _tree(table: TermTable, entries: Mapping[int, SVal], index: Term, bit: int) -> SVal:
    if len(entries) == 1:
        return next(iter(entries.values()))
    low = {c: v for c, v in entries.items() if not c >> bit & 1}
    high = {c: v for c, v in entries.items() if c >> bit & 1}
    if not low or not high:
        return _tree(table, low or high, index, bit - 1)
    condition = table.eq(table.extract(index, bit, bit), table.const(1, 1))
    return merge(table, condition, _tree(table, high, index, bit - 1), _tree(table, low, index, bit - 1))


def _assuming(table: TermTable, value: SVal, fact: Term) -> SVal:
    """A value simplified, at its top only, under a condition that holds: what a write at the same index left there."""
    if not isinstance(value, Term):
        return tuple([_assuming(table, v, fact) for v in value])
    if value.op is Op.ITE and value.args[0] is fact:
        return value.args[1]
    if value.op is Op.OR and fact in value.args:
        return table.true
    if value.op is Op.AND and fact in value.args:
        return table.and_(*[a for a in value.args if a is not fact])
    return value


def written(
    table: TermTable, array: Sequence[SVal], type: IntType | EnumType, index: Term, update: Callable[[SVal], SVal]
) -> tuple[SVal, ...]:
    """The array after its element at `index` was replaced by `update` of it."""
    if index.op is Op.CONST:
        assert isinstance(index.payload, int)
        at = (index.payload - index_offset(type)) % (1 << index.width)
        return tuple([update(element) if position == at else element for position, element in enumerate(array)])
    result: list[SVal] = []
    for position, element in enumerate(array):
        here = table.eq(index, table.const(_code(type, position), index.width))
        result.append(merge(table, here, update(_assuming(table, element, here)), element))
    return tuple(result)
