"""What the lowering knows beforehand: state that nothing assigns, constants that the assumptions settle, and cases."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mmu_smt.model.lower import Lowered, cases, lower
from mmu_smt.model.pinned import pinned
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Term
from mmu_smt.semantics.program import EMPTY_CONFIG, combine
from mmu_smt.semantics.workspace import Workspace
from tests.model.walk import Comparison

TEXT = """
enum Kind { LEFT, RIGHT, BOTH }
const fast: bool @cases
const kind: Kind @cases
const used: [0..2]bool
const start: 0..3
assume fast_is_left { fast => kind == LEFT }
state still: 0..3 = start
state given: [0..1]bool = fill(fast)
state free: 0..3
state x: 0..3 = 0
step go() by guest { x = used[2] ? still : free; helper() }
step poke() by env { given[0] = !given[0] }
step unused() by env { still = 0 }
fn helper() { if kind == BOTH { free = 0 } }
invariant small { x <= 2 }
progress moves { recurs taken(go) never x' != x }
config quick { assume is_fast { fast } assume two { !used[2] && (used[0] || !used[1]) && !(used[1] || start == 1) } }
config poked { enable poke }
"""


def _lowered(config: str | None = None, case: Mapping[str, int] | None = None) -> Lowered:
    program = Workspace.from_text(TEXT).program(None)
    chosen = combine(tuple(program.configs[c] for c in config.split("+"))) if config else EMPTY_CONFIG
    return lower(program, chosen, case or {})


def _names(terms: tuple[Term, ...]) -> set[str]:
    return {str(t.payload) for t in terms}


def test_state_that_no_enabled_step_assigns_is_no_variable() -> None:
    assert _names(_lowered().system.state) == {"free", "x"}
    assert _names(_lowered("poked").system.state) == {"given[0]", "given[1]", "free", "x", *_lowered("poked").system.flight}


def test_assumptions_settle_constants_and_what_follows_from_them() -> None:
    lowered = _lowered("quick")
    assert lowered.settled == {"fast": 1, "kind": 0, "used[2]": 0, "used[1]": 0}
    assert _names(lowered.system.constants) == {"used[0]", "start"}


@pytest.mark.parametrize("config", [None, "quick", "poked", "poked+quick"])
def test_candidates_have_every_value(config: str | None) -> None:
    lowered = _lowered(config)
    consts = {str(v.payload): 0 for v in lowered.system.constants} | {"start": 2}
    frame = {str(v.payload): 0 for v in lowered.system.state}
    candidate = lowered.candidate(consts, [frame], [], None)
    assert set(candidate.consts) == set(lowered.program.consts)
    assert set(candidate.states[0]) == set(lowered.program.states)
    assert candidate.states[0]["still"] == 2
    assert candidate.consts["fast"] is (config is not None and "quick" in config)


@pytest.mark.parametrize("config", [None, "quick", "poked", "poked+quick"])
def test_the_smaller_system_has_the_same_transitions(config: str | None) -> None:
    assert Comparison(TEXT, config).run().transitions


def test_cases_are_the_combinations_that_the_assumptions_allow() -> None:
    program = Workspace.from_text(TEXT).program(None)
    assert list(cases(program, EMPTY_CONFIG)) == [
        {"fast": 0, "kind": 0},
        {"fast": 0, "kind": 1},
        {"fast": 0, "kind": 2},
        {"fast": 1, "kind": 0},
    ]
    assert list(cases(program, program.configs["quick"])) == [{"fast": 1, "kind": 0}]
    assert _lowered(case={"fast": 0, "kind": 2}).settled == {"fast": 0, "kind": 2}


def test_a_contradiction_settles_without_end_or_error() -> None:
    table = TermTable()
    a, b = table.var("a", 0), table.var("b", 4)

    def assumed(values: Mapping[str, int]) -> Term:
        known = {a: table.bool(bool(values["a"]))} if "a" in values else {}
        known |= {b: table.const(values["b"], 4)} if "b" in values else {}
        return table.substitute(
            table.and_(a, table.eq(b, table.const(3, 4)), table.or_(table.not_(a), table.eq(b, table.const(5, 4)))), known
        )

    assert pinned(assumed) == {"a": 1, "b": 3}
    assert assumed(pinned(assumed)) is table.false
