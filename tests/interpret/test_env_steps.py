"""Environment steps: when they are enabled, in the stem and in a loop."""

from __future__ import annotations

import pytest

from mmu_smt.interpret.machine import NotEnabled
from mmu_smt.witness.traces import Move
from tests.interpret.support import machine, start

TEXT = """
type Slot = 0..2
type Maybe = 0..3
state a: [Slot]0..1 = fill(0)
state o: Maybe? = none
step set(s: Slot, v: 0..1) by env when a[s] == 0 || v == 1 { a[s] = v }
step faulty() by env when o.value == 1 { a[0] = 1 }
step crash() by env { a[0] = o.value == 0 ? 1 : 0 }
step pick() by env { choose s: Slot; a[s] = 1 }
step go() by guest { }
config every { enable set }
config some { enable set(s, v) when s == 1  enable set(s, v) when s == 2 && a[0] == 1 }
config odd { enable set(s, v) when o.value == s }
config broken { enable faulty }
config crashing { enable crash }
config picking { enable pick }
config stem { enable set(s, v) when s == 0  enable set(s, v) when s == 1 in stem }
"""


def moves(*names: str, in_loop: bool = False) -> list[tuple[str, tuple[object, ...]]]:
    m = machine(TEXT, *names)
    consts, configuration = start(m)
    return [(o.move.step, o.args) for o in m.successors(consts, configuration, in_loop=in_loop) if o.move.step != "go"]


def test_a_step_that_changes_nothing_is_disabled() -> None:
    assert moves("every") == [("set", (0, 1)), ("set", (1, 1)), ("set", (2, 1))]


def test_some_clause_must_hold() -> None:
    assert moves("some") == [("set", (1, 1))]


def test_a_faulting_clause_does_not_enable() -> None:
    assert moves("odd") == []


def test_env_steps_run_only_where_enabled() -> None:
    assert moves() == []
    m = machine(TEXT)
    consts, configuration = start(m)
    with pytest.raises(NotEnabled, match="no step that the config enables"):
        m.perform(consts, configuration, Move("set", (0, 1)))


@pytest.mark.parametrize("name", ["broken", "crashing"])
def test_a_faulting_guard_or_body_is_enabled_and_faults(name: str) -> None:
    m = machine(TEXT, name)
    consts, configuration = start(m)
    (outcome,) = [o for o in m.successors(consts, configuration) if o.move.step != "go"]
    assert outcome.after is None
    assert outcome.fault is not None
    assert "none" in outcome.fault.message
    assert m.perform(consts, configuration, outcome.move).fault == outcome.fault


def test_each_choice_is_an_instance() -> None:
    m = machine(TEXT, "picking")
    consts, configuration = start(m)
    found = [o for o in m.successors(consts, configuration) if o.move.step == "pick"]
    assert [o.after.state[0] for o in found if o.after] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]


def test_stem_only_clauses_do_not_count_in_a_loop() -> None:
    assert moves("stem") == [("set", (0, 1)), ("set", (1, 1))]
    assert moves("stem", in_loop=True) == [("set", (0, 1))]
    m = machine(TEXT, "stem")
    consts, configuration = start(m)
    assert m.perform(consts, configuration, Move("set", (1, 1))).after is not None
    with pytest.raises(NotEnabled, match="inside a loop"):
        m.perform(consts, configuration, Move("set", (1, 1)), in_loop=True)


@pytest.mark.parametrize(
    ("move", "message"),
    [
        (Move("set", (3, 1)), "no arguments"),
        (Move("set", (1,)), "no arguments"),
        (Move("set", (True, 1)), "no arguments"),
        (Move("set", (1, 0)), "change nothing"),
        (Move("go", resume=True), "not in flight"),
        (Move("nothing"), "no step"),
    ],
)
def test_moves_that_are_not_enabled(move: Move, message: str) -> None:
    m = machine(TEXT, "every")
    consts, configuration = start(m)
    with pytest.raises(NotEnabled, match=message):
        m.perform(consts, configuration, move)
