"""Expressions evaluated along a trace, whatever they are."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from mmu_smt.api.running import run_program
from mmu_smt.api.targets import choose_config
from mmu_smt.interpret.observe import Faulted, Observer
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax.diagnostics import SpecError
from tests.cli.support import DOOR

WORDS = (
    "n done decide ( ) . decides GO STOP @ gave_up taken act ' && || => == != < + - * / % 1 3 0 any all ( g in Answer : ) { } ; = stopped "
    'none fill has ? : MAX true ! ~ [ ] , count " // #'
).split()


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace.from_text(DOOR)


def test_values_of_states_and_steps(workspace: Workspace) -> None:
    program = workspace.program("calm")
    trace = run_program(program, choose_config(program, None), seed=1, steps=9)
    observer = Observer(program, trace)
    states = [trace.initial, *(s.after for s in trace.steps)]
    expr, of_step = workspace.expression(program, "n * 2 + 1")
    assert not of_step
    assert [observer.in_state(expr, i) for i in range(len(states))] == [2 * int(s["n"] or 0) + 1 for s in states]
    expr, of_step = workspace.expression(program, "n' - n")
    assert of_step
    wanted = [int(b["n"] or 0) - int(a["n"] or 0) for a, b in pairwise(states)]
    assert [observer.in_transition(expr, i) for i in range(len(trace.steps))] == wanted
    expr, of_step = workspace.expression(program, "decide.decides(STOP) @gave_up")
    assert of_step
    assert [observer.in_transition(expr, i) for i in range(len(trace.steps))] == [
        any(d.rule == "gave_up" for d in s.decisions) for s in trace.steps
    ]


def test_a_fault_is_a_value_of_its_own(workspace: Workspace) -> None:
    program = workspace.program("calm")
    trace = run_program(program, choose_config(program, None), seed=1, steps=3)
    found = Observer(program, trace).in_state(workspace.expression(program, "3 / n")[0], 0)
    assert isinstance(found, Faulted)
    assert found.message == "division by zero"


def test_whatever_is_typed_is_evaluated_or_refused(workspace: Workspace) -> None:
    program = workspace.program("loud")
    trace = run_program(program, choose_config(program, None), seed=1, steps=4)
    observer = Observer(program, trace)
    accepted = 0
    for seed in range(3000):
        random = Random(seed)
        text = " ".join(random.choice(WORDS) for _ in range(random.randint(0, 8)))
        try:
            expr, of_step = workspace.expression(program, text)
        except SpecError as error:
            assert error.diagnostics, text
            continue
        accepted += 1
        for i in range(len(trace.steps)):
            observer.in_transition(expr, i) if of_step else observer.in_state(expr, i)
    assert accepted > 20
