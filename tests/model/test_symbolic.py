"""Symbolic values against plain ones: encodings, domains, equality, merging, and arrays with symbolic indices."""

from __future__ import annotations

from itertools import product

import pytest

from mmu_smt.model.evaluate import evaluate
from mmu_smt.model.symbolic import (
    SVal,
    compare,
    decode,
    decode_leaves,
    domain,
    encode,
    encode_leaves,
    equal,
    fit,
    flatten,
    interval_width,
    leaf_types,
    make_variable,
    merge,
    outside,
    parts,
    resize,
    same_integer,
    scalar,
    select,
    width_of,
    written,
)
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Op
from mmu_smt.semantics.types import (
    BOOL,
    ArrayType,
    EnumType,
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    Value,
    WordType,
    values,
)

COLOUR = EnumType("Colour", ("RED", "GREEN", "BLUE"))
PAIR = RecordType("Pair", (("on", BOOL), ("at", OptionalType(IntType(1, 3)))))
TYPES: tuple[Type, ...] = (
    BOOL,
    IntType(0, 0),
    IntType(3, 5),
    IntType(-3, 2),
    IntType(-4, -2),
    IntType(0, 3),
    WordType(3),
    COLOUR,
    EnumType("One", ("ONLY",)),
    FlagsType("F", ("A", "B"), (0, 5)),
    FlagsType("Empty", (), ()),
    OptionalType(IntType(2, 4)),
    OptionalType(PAIR),
    PAIR,
    ArrayType(IntType(1, 2), OptionalType(COLOUR)),
    ArrayType(COLOUR, IntType(0, 2)),
)


def _codes(type: Type, value: Value, name: str = "x") -> dict[str, int]:
    return {name + path: code for (path, _), code in zip(leaf_types(type), encode_leaves(type, value), strict=True)}


@pytest.mark.parametrize("type", TYPES, ids=str)
def test_encodings_are_one_to_one_and_the_domain_is_exactly_their_image(type: Type) -> None:
    table = TermTable()
    variable = make_variable(table, "x", type)
    inside = domain(table, type, variable)
    encodings = [tuple(encode_leaves(type, v)) for v in values(type)]
    assert len(set(encodings)) == len(encodings)
    for value, codes in zip(values(type), encodings, strict=True):
        assert decode_leaves(type, iter(codes)) == value
        assert decode(type, "x", _codes(type, value)) == value
        assert tuple(int(str(t.payload)) for t in flatten(encode(table, type, value))) == codes
    names = [path for path, _ in leaf_types(type)]
    accepted = {
        codes
        for codes in product(*[range(1 << max(1, width_of(t))) for _, t in leaf_types(type)])
        if evaluate([inside], {f"x{n}": c for n, c in zip(names, codes, strict=True)}) == [1]
    }
    assert accepted == set(encodings)


@pytest.mark.parametrize("type", TYPES, ids=str)
def test_equality_and_merging(type: Type) -> None:
    table = TermTable()
    left, right, condition = make_variable(table, "x", type), make_variable(table, "y", type), table.var("c", 0)
    same, merged = equal(table, type, left, right), list(flatten(merge(table, condition, left, right)))
    some = list(values(type))[:7] + list(values(type))[-2:]
    for a, b in product(some, repeat=2):
        assignment = {**_codes(type, a), **_codes(type, b, "y")}
        assert evaluate([same], assignment | {"c": 0}) == [int(a == b)]
        for chosen, wanted in ((1, a), (0, b)):
            assert decode_leaves(type, iter(evaluate(merged, assignment | {"c": chosen}))) == wanted
        assert equal(table, type, encode(table, type, a), encode(table, type, b)) is table.bool(a == b)


@pytest.mark.parametrize(
    ("low", "high", "width"), [(0, 0, 1), (0, 1, 1), (0, 2, 2), (5, 8, 4), (-1, 0, 1), (-1, 1, 2), (-4, 3, 3), (-5, 3, 4)]
)
def test_interval_width(low: int, high: int, width: int) -> None:
    assert interval_width(low, high) == width


INTERVALS = (IntType(0, 3), IntType(1, 6), IntType(-2, 1), IntType(-5, -3), IntType(0, 0))


@pytest.mark.parametrize(("one", "two"), list(product(INTERVALS, INTERVALS)), ids=str)
def test_integers_of_different_intervals(one: IntType, two: IntType) -> None:
    table = TermTable()
    x, y = scalar(make_variable(table, "x", one)), scalar(make_variable(table, "y", two))
    a, b = (x, one.low < 0), (y, two.low < 0)
    terms = [compare(table, a, b, strict=True), compare(table, a, b, strict=False), same_integer(table, a, b)]
    terms.append(outside(table, x, (one.low, one.high), (two.low, two.high)))
    for m, n in product(range(one.low, one.high + 1), range(two.low, two.high + 1)):
        expected = [m < n, m <= n, m == n, not two.low <= m <= two.high]
        assert evaluate(terms, {**_codes(one, m), **_codes(two, n, "y")}) == [int(e) for e in expected]
    wide = IntType(min(one.low, two.low), max(one.high, two.high))
    fitted = list(flatten(fit(table, (table.true, x), OptionalType(one), OptionalType(wide))))
    for m in range(one.low, one.high + 1):
        assert decode_leaves(OptionalType(wide), iter(evaluate(fitted, _codes(one, m)))) == m


def test_resize_extends_by_sign_and_truncates() -> None:
    table = TermTable()
    assert resize(table, table.const(5, 3), True, 5).payload == 0b11101
    assert resize(table, table.const(5, 3), False, 5).payload == 5
    assert resize(table, table.const(0b1101, 4), False, 2).payload == 1


INDICES = (IntType(0, 3), IntType(0, 2), IntType(2, 6), IntType(-2, 1), IntType(4, 4), COLOUR)


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_reading_and_writing_at_a_symbolic_index(index: IntType | EnumType) -> None:
    table = TermTable()
    array = ArrayType(index, RecordType("R", (("v", IntType(0, 5)), ("b", BOOL))))
    held = parts(make_variable(table, "a", array))
    at = scalar(make_variable(table, "i", index))
    new: SVal = (table.const(4, 3), table.var("b", 0))

    def update(_: SVal) -> SVal:
        return new

    read = list(flatten(select(table, held, index, at)))
    after = written(table, held, index, at, update)
    reread = list(flatten(select(table, after, index, at)))
    assert reread == list(flatten(new)), "a read at the index just written is what was written"
    content: Value = tuple((n % 6, n % 2 == 0) for n in range(len(held)))
    for position, value in enumerate(values(index)):
        assignment = {**_codes(array, content, "a"), **_codes(index, value, "i"), "b": 1}
        assert decode_leaves(array.element, iter(evaluate(read, assignment))) == content[position]
        expected = (*content[:position], (4, True), *content[position + 1 :])
        assert decode_leaves(array, iter(evaluate(list(flatten(after)), assignment))) == expected
        constant = scalar(encode(table, index, value))
        assert select(table, held, index, constant) is held[position]
        assert written(table, held, index, constant, update) == (*held[:position], new, *held[position + 1 :])


def test_a_multiplexer_over_equal_elements_is_the_element() -> None:
    table = TermTable()
    x = table.var("x", 2)
    assert select(table, (x, x, x), IntType(0, 2), table.var("i", 2)) is x
    assert select(table, (x, table.const(1, 2)), IntType(0, 1), table.var("j", 1)).op is Op.ITE  # pyright: ignore[reportAttributeAccessIssue]
