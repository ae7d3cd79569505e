"""Cones against hand-computed ones, and against the engines' own."""

from __future__ import annotations

import pytest

from mmu_smt.engines.dependencies import Cones
from mmu_smt.model.cone import cone_of, query_cone, restrict
from mmu_smt.model.lower import Lowered, lower
from mmu_smt.model.system import SafetyQuery
from mmu_smt.semantics.program import EMPTY_CONFIG
from mmu_smt.semantics.workspace import Workspace
from tests.model.test_lower import SPECS

CHAIN = """
state a: bool = false
state b: bool = false
state c: 0..3 = 0
state d: [0..1]bool = fill(false)
state guard: bool
step s() by guest when guard { a = b; b = d[0]; c = (c + 1) % 4; d[1] = a }
invariant ia { !a }
invariant ic { c < 3 }
step property pc { c' != c }
progress pr { recurs c == 0  never a }
"""


def _lowered(text: str, config: str | None = None) -> Lowered:
    program = Workspace.from_text(text).program(None)
    return lower(program, program.configs[config] if config else EMPTY_CONFIG)


def test_a_cone_follows_next_values_and_always_has_what_transitions_depend_on() -> None:
    lowered = _lowered(CHAIN)
    cones = {n: query_cone(lowered.system, lowered.query(p)) for n, p in lowered.program.properties.items()}
    assert cones["ia"] == {"guard", "a", "b", "d[0]"}
    assert cones["ic"] == cones["pc"] == {"guard", "c"}
    assert cones["pr"] == {"guard", "c", "a", "b", "d[0]", "d[1]"}
    assert lowered.cone_names(lowered.query(lowered.program.properties["ia"])) == {"guard", "a", "b", "d"}


def test_restrict_keeps_the_cone_only() -> None:
    lowered = _lowered(CHAIN)
    query = lowered.query(lowered.program.properties["ic"])
    assert isinstance(query, SafetyQuery)
    small = restrict(lowered.system, cone_of(lowered.system, (query.bad,)))
    assert [v.payload for v in small.state] == ["c", "guard"]
    assert set(small.next) == set(small.primed) == {"c", "guard"}


@pytest.mark.parametrize("name", list(SPECS))
def test_cones_are_those_of_the_engines(name: str) -> None:
    text, config = SPECS[name]
    lowered = _lowered(text, config)
    theirs = Cones(lowered.system)
    for prop in lowered.program.properties.values():
        query = lowered.query(prop)
        expected = theirs.of_safety(query) if isinstance(query, SafetyQuery) else theirs.of_progress(query)
        assert query_cone(lowered.system, query) == expected
