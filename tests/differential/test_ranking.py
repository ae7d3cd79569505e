"""Ranking where steps can be interrupted: how long a flight may be matters for how far back a loop is followed."""

from __future__ import annotations

from collections import Counter

from mmu_smt.api.checking import Limits
from mmu_smt.witness.verdicts import Word
from tests.differential.compare import _solve, checked, compare
from tests.differential.generate import GeneratedSpec

TEXT = """\
state x: 0..3 = 0
state w: bool = false
step up() by guest when x == 1 { x = 2 }
step short() by guest when x == 2 {
    yield "one"
    x = 2
}
step long() by guest when x == 0 {
    yield "one"
    yield "two"
    x = 3
}
step again() by guest when x == 3 { x = 0 }
step other() by env { w = !w }
config busy { enable other }
progress p { recurs taken(again) never false }
"""
"""The loop is `long`, in three transitions, and `again`. No variable is monotone, as flights of two transitions show already."""


def test_flights_are_followed_to_their_end() -> None:
    spec = GeneratedSpec(0, TEXT, None, ("busy",), "a long and a short flight", Counter())
    program, config = checked(spec)
    verdict = _solve(program, config, (program.properties["p"],), Limits())["p"]
    assert verdict.word is Word.VIOLATED
    assert verdict.trace is not None
    assert len(verdict.trace.steps) == 4
    assert compare(spec).mismatches == []
