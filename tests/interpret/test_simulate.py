"""Concrete runs with a seed."""

from __future__ import annotations

import pytest

from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.machine import Configuration, Machine
from mmu_smt.interpret.simulate import NoInitialState, simulate
from mmu_smt.semantics.program import Config, Program
from mmu_smt.witness.traces import Move, Trace
from tests.interpret.support import config, program

TEXT = """
type Page = 0..7
const used: [0..6]Page
const big: u64
assume distinct { all(i in 0..6, j in 0..6: i != j => used[i] != used[j]) }
assume large { big > 1000 }
state x: 0..9
state tick: bool = false
init fits { x == used[3] && x > 0 }
step down(n: Page) by guest when x > 0 && n <= x { choose spare: bool; lock a { } if !spare { x -= n } }
step env_tick() by env { tick = !tick }
terminal x == 0
config c { enable env_tick }
"""


def check(checked: Program, chosen: Config, trace: Trace) -> None:
    """The run is one of the machine."""
    m = Machine(checked, chosen)
    assert Search(m.codes, chosen).objection(trace.consts, trace.initial) is None
    consts = tuple(trace.consts[n] for n in checked.consts)
    configuration = Configuration(tuple(trace.initial[n] for n in checked.states))
    for step in trace.steps:
        move = Move(step.step, () if step.resume else step.args, step.resume, step.choices)
        outcome = m.perform(consts, configuration, move)
        assert outcome.after is not None
        assert m.valuation(outcome.after.state) == step.after
        configuration = outcome.after


@pytest.mark.parametrize("seed", range(8))
def test_runs_are_runs_and_end_in_terminal_states(seed: int) -> None:
    checked = program(TEXT)
    trace = simulate(checked, config(checked, "c"), seed=seed, steps=400)
    check(checked, config(checked, "c"), trace)
    assert trace.steps[-1].after["x"] == 0 or len(trace.steps) == 400
    assert trace == simulate(checked, config(checked, "c"), seed=seed, steps=400)


def test_seeds_differ() -> None:
    checked = program(TEXT)
    starts = {tuple(simulate(checked, config(checked), seed=s, steps=0).consts.items()) for s in range(5)}
    assert len(starts) == 5


def test_fixed_values_and_a_given_start() -> None:
    checked = program(TEXT)
    trace = simulate(checked, config(checked), seed=1, steps=3, fixed={"big": 2000, "x": 5})
    assert trace.consts["big"] == 2000
    assert trace.initial["x"] == 5
    again = simulate(checked, config(checked), seed=2, steps=3, start=(trace.consts, trace.initial))
    assert again.initial == trace.initial


def test_a_start_that_cannot_be_found_is_explained() -> None:
    checked = program(TEXT)
    with pytest.raises(NoInitialState, match="with x = 0"):
        simulate(checked, config(checked), seed=1, steps=3, fixed={"x": 0, "big": 2000})
    with pytest.raises(NoInitialState, match="10 is no value of x"):
        simulate(checked, config(checked), seed=1, steps=3, fixed={"x": 10})
    with pytest.raises(NoInitialState, match="y is no constant"):
        simulate(checked, config(checked), seed=1, steps=3, fixed={"y": 10})
    with pytest.raises(NoInitialState, match="fits does not hold"):
        simulate(checked, config(checked), seed=1, steps=3, start=({"used": tuple(range(7)), "big": 2000}, {"x": 1, "tick": False}))
    hard = program("const a: u64 const b: u64 assume s { a * b == 0xfedcba9876543211 } state x: bool step go() by guest { }")
    with pytest.raises(NoInitialState, match="no initial state was found in"):
        simulate(hard, config(hard), seed=1, steps=1)


def test_a_fault_ends_the_run() -> None:
    checked = program("state x: 0..3 = 0  step up() by guest { x += 1 }")
    trace = simulate(checked, config(checked), seed=1, steps=10)
    assert len(trace.steps) == 4
    assert trace.steps[-1].fault is not None
    assert trace.steps[-1].after == {"x": 3}


def test_a_step_with_many_arguments() -> None:
    checked = program("state x: u64 = 0  step set(v: u64, even: bool) by guest when (v % 2 == 0) == even { x = v }")
    trace = simulate(checked, config(checked), seed=3, steps=20)
    assert len(trace.steps) == 20
    check(checked, config(checked), trace)
