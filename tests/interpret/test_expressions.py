"""Every operator and conversion, on hand-computed values."""

from __future__ import annotations

import pytest

from mmu_smt.semantics.types import Value
from tests.interpret.support import after, transition

DECLARATIONS = """
type Digit = 0..9
enum Colour { RED, GREEN, BLUE }
flags F { LOW @0, MID @5, TOP @33 }
record Pair { a: 0..9, b: bool }
state n: 0..9 = 7
state m: 0..9 = 3
state zero: 0..9 = 0
state yes: bool = true
state no: bool = false
state w: u8 = 200
state v: u8 = 100
state c: Colour = GREEN
state f: F = F(LOW, TOP)
state p: Pair = Pair(a: 4, b: true)
state arr: [Colour]0..9 = fill(5)
state low: [2..4]bool = fill(false)
state some: Digit? = 6
state nothing: Digit? = none
fn add(x: 0..9, y: 0..9) -> 0..18 { return x + y }
fn bigger(x: 0..9) -> bool { if x > 5 { return true } return false }
"""

CASES: list[tuple[str, str, Value]] = [
    ("bool", "!yes", False),
    ("bool", "yes && no", False),
    ("bool", "no || yes", True),
    ("bool", "no => no", True),
    ("bool", "yes => no", False),
    ("-20..20", "n - m - m", 1),
    ("-20..20", "m - n", -4),
    ("-20..20", "-n", -7),
    ("0..99", "n * m + 1", 22),
    ("0..9", "n / m", 2),
    ("0..9", "n % m", 1),
    ("bool", "n > m", True),
    ("bool", "n <= m", False),
    ("bool", "n < m", False),
    ("bool", "n >= 7", True),
    ("bool", "n != m", True),
    ("bool", "n == 7", True),
    ("u8", "w + v", 44),
    ("u8", "v - w", 156),
    ("u8", "w * v", 32),
    ("u8", "-v", 156),
    ("u8", "~w", 55),
    ("u8", "w & v", 64),
    ("u8", "w | v", 236),
    ("u8", "w ^ v", 172),
    ("u8", "w << 1", 144),
    ("u8", "w >> 3", 25),
    ("u8", "w / v", 2),
    ("u8", "w % v", 0),
    ("bool", "w > v", True),
    ("u64", "u64(f)", 1 << 33 | 1),
    ("u8", "u8(n)", 7),
    ("u8", "u8(u16(w) + 100)", 44),
    ("F", "F(u64(0xffffffff))", 0b011),
    ("F", "~f", 0b010),
    ("F", "f | MID", 0b111),
    ("F", "f & TOP", 0b100),
    ("F", "f ^ LOW", 0b100),
    ("F", "F()", 0),
    ("bool", "f has LOW|TOP", True),
    ("bool", "f has LOW|MID", False),
    ("0..9", "yes ? n : m", 7),
    ("0..9", "no ? n : m", 3),
    ("Colour", "BLUE", 2),
    ("bool", "c == Colour.GREEN", True),
    ("0..9", "p.a", 4),
    ("Pair", "Pair(b: no, a: m)", (3, False)),
    ("bool", "p == Pair(a: 4, b: true)", True),
    ("0..9", "arr[c]", 5),
    ("[0..1]u8", "fill(v)", (100, 100)),
    ("bool", "low[2]", False),
    ("Digit?", "some", 6),
    ("Digit?", "n", 7),
    ("Digit?", "none", None),
    ("0..9", "some.value", 6),
    ("bool", "nothing == none", True),
    ("bool", "some == 6", True),
    ("0..18", "add(n, m)", 10),
    ("bool", "bigger(m) || bigger(n)", True),
    ("bool", "all(i in 0..9: i < 9)", False),
    ("bool", "all(i in 0..9: i <= 9)", True),
    ("bool", "any(i in 0..9, k in Colour: i == 3 && k == BLUE)", True),
    ("0..10", "count(i in 0..9: i % 3 == 0)", 4),
    ("0..10", "count(i in 0..9: any(j in 0..9: j * j == i))", 4),
]


@pytest.mark.parametrize(("kind", "expression", "expected"), CASES, ids=[f"{e}" for _, e, _ in CASES])
def test_value(kind: str, expression: str, expected: Value) -> None:
    initial = {"bool": "false", "F": "F()", "Colour": "RED", "Pair": "Pair(a: 0, b: false)"}.get(kind, "none" if "?" in kind else "0")
    if kind.startswith("["):
        initial = "fill(0)"
    found = after(f"{DECLARATIONS} state r: {kind} = {initial}\n step go() by guest {{ r = {expression} }}")["r"]
    assert found == expected
    assert type(found) is type(expected)


FAULTS = [
    ("small", "n", "value 7 is outside"),
    ("small", "m - 4", "value -1 is outside"),
    ("small", "Colour2(w)", "value 200 is outside"),
    ("n", "arr3[n]", "index 7 is outside"),
    ("n", "nothing.value", "the value of none"),
    ("n", "n / zero", "division by zero"),
    ("w", "w % (v - v)", "division by zero"),
    ("w", "w << n + 1", "shift of u8 by 8"),
    ("w", "w >> w", "shift of u8 by 200"),
]


@pytest.mark.parametrize(("target", "expression", "message"), FAULTS, ids=[e for _, e, _ in FAULTS])
def test_fault(target: str, expression: str, message: str) -> None:
    text = f"""{DECLARATIONS}
    type Colour2 = 0..2
    state arr3: [0..2]0..9 = fill(1)
    state small: 0..3 = 0
    step go() by guest {{ {target} = {expression} }}"""
    _, outcome = transition(text)
    assert outcome.after is None
    assert outcome.fault is not None
    assert message in outcome.fault.message
    assert outcome.fault.span.text in expression


@pytest.mark.parametrize(
    "expression",
    [
        "no && nothing.value == 1",
        "!(yes || nothing.value == 1)",
        "!(no => nothing.value == 1)",
        "yes ? no : nothing.value == 1",
        "all(i in 0..9: i < 3 && (i < 2 || nothing.value == 1)) && yes ? no : no",
    ],
)
def test_short_circuit_hides_faults(expression: str) -> None:
    if expression.startswith("all"):
        _, outcome = transition(f"{DECLARATIONS} state r: bool = true  step go() by guest {{ r = {expression} }}")
        assert outcome.fault is not None  # evaluated up to the third value
    else:
        assert after(f"{DECLARATIONS} state r: bool = true  step go() by guest {{ r = {expression} }}")["r"] is False


def test_quantifiers_stop_at_the_first_witness() -> None:
    text = DECLARATIONS + "state q: bool = false  step go() by guest { q = any(i in 0..9: i == 0 || nothing.value == 1) }"
    assert after(text)["q"] is True
    text = DECLARATIONS + "state q: 0..10 = 0  step go() by guest { q = count(i in 0..9: i == 0 || nothing.value == 1) }"
    assert transition(text)[1].fault is not None
