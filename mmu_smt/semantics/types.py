"""Types of checked expressions, and the plain Python values that inhabit them.

Values: `bool` for bool; `int` for ranges, words, enums (ordinal) and flags (bit i set = i-th declared member); `None` or the inner value
for optionals; `tuple` for records (declaration order) and arrays (index order). Values are hashable and compare structurally.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias

Value: TypeAlias = "bool | int | tuple[Value, ...] | None"


@dataclass(frozen=True, slots=True)
class BoolType:
    pass


@dataclass(frozen=True, slots=True)
class IntType:
    """The integers low..high, both included. `name` is the alias it was declared under, for display."""

    low: int
    high: int
    name: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class WordType:
    """Unsigned machine word of `bits` bits."""

    bits: int


@dataclass(frozen=True, slots=True)
class EnumType:
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlagsType:
    """`members[i]` has the documented bit position `positions[i]`; values use bit i, not the position."""

    name: str
    members: tuple[str, ...]
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RecordType:
    name: str
    fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class ArrayType:
    index: IntType | EnumType
    element: Type


@dataclass(frozen=True, slots=True)
class OptionalType:
    """`inner` is never optional itself."""

    inner: Type


Type: TypeAlias = "BoolType | IntType | WordType | EnumType | FlagsType | RecordType | ArrayType | OptionalType"

BOOL = BoolType()


def index_size(index: IntType | EnumType) -> int:
    """Number of elements of an array with this index type."""
    return len(index.members) if isinstance(index, EnumType) else index.high - index.low + 1


def index_offset(index: IntType | EnumType) -> int:
    """The index value of element 0."""
    return 0 if isinstance(index, EnumType) else index.low


def cardinality(type: Type) -> int:
    """Number of values of a type (exact, may be huge)."""
    match type:
        case BoolType():
            return 2
        case IntType(low, high):
            return high - low + 1
        case WordType(bits):
            return 1 << bits
        case EnumType(_, members):
            return len(members)
        case FlagsType(_, members, _):
            return 1 << len(members)
        case RecordType(_, fields):
            total = 1
            for _, field_type in fields:
                total *= cardinality(field_type)
            return total
        case ArrayType(index, element):
            return cardinality(element) ** index_size(index)
        case OptionalType(inner):
            return 1 + cardinality(inner)


def values(type: Type) -> Iterator[Value]:
    """Every value of a type, in increasing order (false before true, none first)."""
    match type:
        case BoolType():
            yield from (False, True)
        case IntType(low, high):
            yield from range(low, high + 1)
        case WordType(bits):
            yield from range(1 << bits)
        case EnumType(_, members):
            yield from range(len(members))
        case FlagsType(_, members, _):
            yield from range(1 << len(members))
        case RecordType(_, fields):
            yield from product(*(tuple(values(t)) for _, t in fields))
        case ArrayType(index, element):
            yield from product(tuple(values(element)), repeat=index_size(index))
        case OptionalType(inner):
            yield None
            yield from values(inner)


def default_value(type: Type) -> Value:
    """The least value: false, the lower bound, the first member, no flag, none."""
    match type:
        case BoolType():
            return False
        case IntType(low, _):
            return low
        case WordType() | EnumType() | FlagsType():
            return 0
        case RecordType(_, fields):
            return tuple(default_value(t) for _, t in fields)
        case ArrayType(index, element):
            return (default_value(element),) * index_size(index)
        case OptionalType():
            return None


def type_name(type: Type) -> str:
    """The type in the language's own syntax."""
    match type:
        case BoolType():
            return "bool"
        case IntType(low, high, name):
            return name or f"{low}..{high}"
        case WordType(bits):
            return f"u{bits}"
        case EnumType(name, _) | FlagsType(name, _, _) | RecordType(name, _):
            return name
        case ArrayType(index, element):
            return f"[{type_name(index)}]{type_name(element)}"
        case OptionalType(inner):
            return f"{type_name(inner)}?"


def show_value(type: Type, value: Value) -> str:
    """A value in the language's own syntax (arrays and records in brackets)."""
    match type, value:
        case BoolType(), _:
            return "true" if value else "false"
        case OptionalType(inner), _:
            return "none" if value is None else show_value(inner, value)
        case EnumType(_, members), int():
            return members[value]
        case FlagsType(name, members, _), int():
            names = [m for i, m in enumerate(members) if value >> i & 1]
            return "|".join(names) if names else f"{name}()"
        case WordType(), int():
            return hex(value) if value > 9 else str(value)
        case RecordType(name, fields), tuple():
            inner_text = ", ".join(f"{f}: {show_value(t, v)}" for (f, t), v in zip(fields, value, strict=True))
            return f"{name}({inner_text})"
        case ArrayType(_, element), tuple():
            return "[" + ", ".join(show_value(element, v) for v in value) + "]"
        case _:
            return str(value)
