"""Values and differences of values as a trace shows them."""

from __future__ import annotations

import pytest

from mmu_smt.report.values import changes, compact
from mmu_smt.semantics.types import BOOL, ArrayType, EnumType, FlagsType, IntType, OptionalType, RecordType, Type, Value, WordType

SMALL = IntType(1, 3)
COLOUR = EnumType("Colour", ("RED", "BLUE"))
BITS = FlagsType("Bits", ("A", "B"), (0, 33))
PAIR = RecordType("Pair", (("left", SMALL), ("right", OptionalType(COLOUR))))
LONG = ArrayType(IntType(0, 15), COLOUR)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (ArrayType(SMALL, BOOL), (True, False, True), "{1, 3}"),
        (ArrayType(COLOUR, BOOL), (False, True), "{BLUE}"),
        (ArrayType(SMALL, BOOL), (False, False, False), "{}"),
        (ArrayType(COLOUR, ArrayType(SMALL, BOOL)), ((True, False, False), (False, False, False)), "[{1}, {}]"),
        (LONG, (0,) * 16, "[all RED]"),
        (LONG, (0,) * 7 + (1,) + (0,) * 8, "[all RED, but 7: BLUE]"),
        (PAIR, (2, None), "Pair(left: 2, right: none)"),
        (OptionalType(PAIR), (2, 1), "Pair(left: 2, right: BLUE)"),
        (BITS, 3, "A|B"),
        (BITS, 0, "Bits()"),
        (WordType(64), 255, "0xff"),
    ],
)
def test_compact(kind: Type, value: Value, shown: str) -> None:
    assert compact(kind, value) == shown


@pytest.mark.parametrize(
    ("kind", "old", "new", "shown"),
    [
        (BOOL, True, True, []),
        (ArrayType(SMALL, COLOUR), (0, 0, 1), (0, 1, 0), ["x[2]: RED -> BLUE", "x[3]: BLUE -> RED"]),
        (ArrayType(COLOUR, PAIR), ((1, 0), (1, 0)), ((1, 0), (1, None)), ["x[BLUE].right: RED -> none"]),
        (OptionalType(PAIR), None, (1, None), ["x: none -> Pair(left: 1, right: none)"]),
        (OptionalType(PAIR), (2, None), (1, None), ["x.left: 2 -> 1"]),
        (BITS, 1, 3, ["x: A -> A|B"]),
    ],
)
def test_changes_are_the_smallest_parts(kind: Type, old: Value, new: Value, shown: list[str]) -> None:
    assert [str(c) for c in changes("x", kind, old, new)] == shown
