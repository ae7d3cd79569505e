"""Initial states: assumptions, initial values and conditions; the narrowing search against plain enumeration."""

from __future__ import annotations

import random
from itertools import product

import pytest

from mmu_smt.interpret.initial import Sampled, Search
from mmu_smt.interpret.machine import TooLarge
from mmu_smt.interpret.run import Codes
from mmu_smt.semantics.types import values
from tests.interpret.support import config, program

SYSTEMS = [
    """const a: 0..3 const b: bool assume x { b => a > 1 }
       state s: 0..3 = a state t: bool init y { t == b || s == 2 } step go() by guest { }""",
    "const a: [0..2]0..2 assume d { all(i in 0..2, j in 0..2: i != j => a[i] != a[j]) } state s: bool step go() by guest { }",
    """record R { o: Bit?, k: 0..2 } type Bit = 0..1 const r: R assume x { r.o != none && r.o.value < r.k }
       state t: R init y { t.k == r.k && (t.o == none || t.o == r.o) } step go() by guest { }""",
    "const a: 0..3 assume x { a / (a * 1) == 1 } state s: 0..9 = 8 / a state t: 0..3 init y { 3 / t >= s } step go() by guest { }",
    """enum E { A, B } flags F { X @0, Y @9 } const e: E const f: F assume n { f has X || e == B }
       state s: F init m { (s & f) == f } step go() by guest { }""",
    "const a: 0..3 assume x { a > 3 } state s: bool step go() by guest { }",
    """type N = 0..5 const n: N? state r: [0..1]N? fn ok(v: N?) -> bool { match v { none => return false _ => return v.value % 2 == 0 } }
       assume even { ok(n) } init i { ok(r[0]) => r[0] == n } step go() by guest { }""",
]


@pytest.mark.parametrize("text", SYSTEMS)
def test_the_search_finds_exactly_the_initial_states(text: str) -> None:
    checked = program(text)
    search = Search(Codes(checked), config(checked))
    found = list(search.solutions())
    assert len(set(found)) == len(found)
    everything = product(
        product(*(tuple(values(v.type)) for v in checked.consts.values())),
        product(*(tuple(values(v.type)) for v in checked.states.values())),
    )
    expected = {
        (consts, state)
        for consts, state in everything
        if search.objection(dict(zip(checked.consts, consts, strict=True)), dict(zip(checked.states, state, strict=True))) is None
    }
    assert set(found) == expected
    assert expected or "a > 3" in text


def test_objections_name_what_is_wrong() -> None:
    checked = program(SYSTEMS[0])
    search = Search(Codes(checked), config(checked))
    assert search.objection({"a": 2, "b": True}, {"s": 2, "t": True}) is None
    assert search.objection({"a": 1, "b": True}, {"s": 1, "t": True}) == "x does not hold"
    assert search.objection({"a": 2, "b": True}, {"s": 1, "t": True}) == "s is 1, not its initial value"
    assert search.objection({"a": 3, "b": True}, {"s": 3, "t": False}) == "y does not hold"
    assert search.objection({"a": 4, "b": True}, {"s": 3, "t": True}) == "4 is no value of constant a"
    assert search.objection({"a": 3, "b": 1}, {"s": 3, "t": True}) == "1 is no value of constant b"
    assert search.objection({"a": 3, "b": True}, {"s": 3}) == "state variable t has no value"


def test_fixed_values_are_kept() -> None:
    checked = program(SYSTEMS[0])
    search = Search(Codes(checked), config(checked))
    assert {c for c, _ in search.solutions({"a": 2})} == {(2, False), (2, True)}
    assert {c for c, _ in search.solutions({"s": 3})} == {(3, False), (3, True)}
    assert list(search.solutions({"a": 1, "s": 3})) == []


def test_config_assumptions_count() -> None:
    checked = program("const a: 0..3 state s: bool = true config c { assume big { a == 3 } } step go() by guest { }")
    assert [c for c, _ in Search(Codes(checked), config(checked, "c")).solutions()] == [(3,)]
    assert len(list(Search(Codes(checked), config(checked)).solutions())) == 4


def test_narrowing_prunes_early() -> None:
    text = """const a: [0..39]0..999
    assume chain { all(i in 1..39: a[i] == (a[i - 1] + 1) % 1000) }
    assume first { a[0] == 5 }
    state s: u64 step go() by guest { }"""
    checked = program(text)
    consts, state = next(iter(Search(Codes(checked), config(checked)).solutions({"s": 9}, limit=60_000)))
    assert consts == (tuple(range(5, 45)),)
    assert state == (9,)


def test_what_cannot_be_enumerated_is_refused() -> None:
    checked = program("state s: u64 step go() by guest { }")
    search = Search(Codes(checked), config(checked))
    with pytest.raises(TooLarge, match="u64"):
        list(search.solutions())
    assert len(list(search.solutions(order=Sampled(random.Random(1))))) == 1
