"""Values of the language as a trace shows them: compact, and as differences between two states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmu_smt.report.lines import one_line, safe
from mmu_smt.semantics.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    Value,
    index_offset,
    show_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mmu_smt.semantics.program import Variable

_LONG = 44  # a longer array is shown as its most frequent element and the exceptions


@dataclass(frozen=True, slots=True)
class Change:
    """One part of a variable whose value differs. `path` is how it is addressed, as in `pages[2].mode`."""

    path: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.path}: {self.old} -> {self.new}"


def display_name(variable: Variable) -> str:
    """How a trace names a variable: its `@show` text, else its name."""
    return one_line(variable.display.show or variable.name)


def index_text(index: IntType | EnumType, position: int) -> str:
    """The index value of the array element at a position."""
    return index.members[position] if isinstance(index, EnumType) else str(index_offset(index) + position)


def compact(kind: Type, value: Value) -> str:
    """A value in few characters: an array of bool as the set of indices where it is true, a long array by its exceptions."""
    match kind, value:
        case OptionalType(inner), _ if value is not None:
            return compact(inner, value)
        case RecordType(name, fields), tuple():
            inner_text = ", ".join(f"{f}: {compact(t, v)}" for (f, t), v in zip(fields, value, strict=True))
            return f"{name}({inner_text})"
        case ArrayType(index, BoolType()), tuple():
            return "{" + ", ".join(index_text(index, i) for i, v in enumerate(value) if v) + "}"
        case ArrayType(index, element), tuple():
            return _compact_array(index, [compact(element, v) for v in value])
        case _:
            return safe(show_value(kind, value))


def _compact_array(index: IntType | EnumType, shown: list[str]) -> str:
    text = "[" + ", ".join(shown) + "]"
    usual = max(shown, key=shown.count)
    others = [f"{index_text(index, i)}: {v}" for i, v in enumerate(shown) if v != usual]
    if len(text) <= _LONG or len(others) > len(shown) // 2:
        return text
    return f"[all {usual}" + (", but " + ", ".join(others) if others else "") + "]"


def _parts(kind: Type, old: Value, new: Value) -> Iterator[tuple[str, Type, Value, Value]]:
    """The parts of one level with the way to each; none for a type without parts, or where there is no value to go into."""
    match kind, old, new:
        case ArrayType(index, element), tuple(), tuple():
            for i, (a, b) in enumerate(zip(old, new, strict=True)):
                yield f"[{index_text(index, i)}]", element, a, b
        case RecordType(_, fields), tuple(), tuple():
            for (name, field_type), a, b in zip(fields, old, new, strict=True):
                yield f".{name}", field_type, a, b
        case _:
            return


def changes(path: str, kind: Type, old: Value, new: Value) -> Iterator[Change]:
    """The smallest parts that differ between two values of a type, in index order."""
    if old == new:
        return
    match kind:
        case ArrayType() | RecordType():
            for step, part, a, b in _parts(kind, old, new):
                yield from changes(path + step, part, a, b)
        case OptionalType(inner) if old is not None and new is not None:
            yield from changes(path, inner, old, new)
        case _:
            yield Change(path, compact(kind, old), compact(kind, new))


def part_path(kind: Type, way: tuple[int, ...]) -> str:
    """How a part of a value is addressed, as in `[2].mode`."""
    text = ""
    for position in way:
        match kind:
            case ArrayType(index, element):
                text += f"[{index_text(index, position)}]"
                kind = element
            case RecordType(_, fields):
                name, kind = fields[position]
                text += f".{name}"
            case _:
                raise ValueError(f"{way} leads into a value without parts")
    return text
