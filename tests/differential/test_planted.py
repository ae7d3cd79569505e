"""Bugs planted in the lowering, the encoder, the engines and the interpreter: the comparison must notice each within a few random systems.

This is what the differential test is worth: a bug of one of these kinds, in one of the two meanings, does not get past it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from z3 import z3core

from mmu_smt.cli.app import main
from mmu_smt.engines import lasso
from mmu_smt.engines.bounded import Search
from mmu_smt.engines.lasso import Loops
from mmu_smt.interpret import evaluate, explicit, machine, run
from mmu_smt.interpret.machine import Machine
from mmu_smt.interpret.run import Run
from mmu_smt.model import expressions, flight, flow, statements, steps
from mmu_smt.model.expressions import ExpressionWalker
from mmu_smt.model.flow import RETURNED, RULE, Flow
from mmu_smt.model.statements import BodyWalker
from mmu_smt.model.term import Op
from mmu_smt.semantics.program import BinaryOp
from mmu_smt.solve import encode
from tests.differential.compare import compare
from tests.differential.generate import GeneratedSpec, generate

SYSTEMS = 150
"""A planted bug must be noticed within so many random systems that contain what it is about."""

Plant = Callable[[pytest.MonkeyPatch], None]
PLANTS: dict[str, tuple[Plant, frozenset[str]]] = {}


def plant(*constructs: str) -> Callable[[Plant], Plant]:
    """Register a bug and the constructs that it is about (tags of the generator)."""

    def register(function: Plant) -> Plant:
        PLANTS[function.__name__] = function, frozenset(constructs)
        return function

    return register


def _systems(constructs: frozenset[str]) -> Iterator[GeneratedSpec]:
    return islice((spec for spec in map(generate, range(100_000)) if constructs <= set(spec.tags)), SYSTEMS)


# ---------------------------------------------------------------------------------------------- lowering


@plant()
def lowering_lets_an_assignment_under_a_false_branch_leak(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(flow, "merge", lambda table, condition, left, right: left)


@plant()
def lowering_swaps_the_sides_of_a_join(patch: pytest.MonkeyPatch) -> None:
    honest = flow.merge
    patch.setattr(flow, "merge", lambda table, condition, left, right: honest(table, condition, right, left))


@plant("call in a condition")
def lowering_ignores_that_a_short_circuit_spares_an_effect(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Any, at: Flow, condition: Any, then: Any, orelse: Any) -> Any:
        left = then(at)
        return expressions.merge(self.table, condition, left, orelse(at))

    patch.setattr(ExpressionWalker, "_fork", careless)


@plant("range check")
def lowering_forgets_the_path_to_a_fault(patch: pytest.MonkeyPatch) -> None:
    honest = ExpressionWalker.fault
    patch.setattr(ExpressionWalker, "fault", lambda self, at, c, m, s: honest(self, Flow(self.table.true, at.store), c, m, s))


@plant("range check")
def lowering_has_no_faults(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ExpressionWalker, "fault", lambda self, at, condition, message, span: None)


@plant("array write")
def lowering_writes_every_element(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(statements, "written", lambda table, array, kind, index, update: tuple(update(e) for e in array))


@plant("ghost write after a handler", "ghost read")
def lowering_observes_ghosts_at_the_end(patch: pytest.MonkeyPatch) -> None:
    def blind(self: BodyWalker, at: Flow) -> None:
        at.store[RETURNED] = self.table.false

    patch.setattr(BodyWalker, "_leave", blind)


@plant("ghost write", "ghost read")
def lowering_never_resets_ghosts(patch: pytest.MonkeyPatch) -> None:
    def stale(self: BodyWalker, at: Flow) -> None:
        at.store[RULE] = self.rule(None)

    patch.setattr(BodyWalker, "_enter", stale)


@plant("labelled return", "decides under a rule")
def lowering_never_clears_the_rule_register(patch: pytest.MonkeyPatch) -> None:
    honest = BodyWalker._enter  # pyright: ignore[reportPrivateUsage]

    def stale(self: BodyWalker, at: Flow) -> None:
        rule = at.store[RULE]
        honest(self, at)
        at.store[RULE] = rule

    patch.setattr(BodyWalker, "_enter", stale)


@plant("lock", "env step")
def lowering_does_not_save_locals(patch: pytest.MonkeyPatch) -> None:
    honest = flight.Flight._keep  # pyright: ignore[reportPrivateUsage]

    def forgetful(self: Any, name: str, kind: Any, value: Any, saving: Any) -> Any:
        resumed = honest(self, name, kind, value, saving)
        for stored in saving.flight:
            if stored.startswith(name):
                saving.flight[stored] = self.idle_values[stored]
        return resumed

    patch.setattr(flight.Flight, "_keep", forgetful)


@plant("return in lock", "env step")
def lowering_holds_the_lock_until_after_a_return(patch: pytest.MonkeyPatch) -> None:
    honest = BodyWalker._cut  # pyright: ignore[reportPrivateUsage]
    patch.setattr(BodyWalker, "_cut", lambda self, place, at, value: (at, value) if place.returning else honest(self, place, at, value))


@plant("env step")
def lowering_enables_env_steps_that_change_nothing(patch: pytest.MonkeyPatch) -> None:
    honest = steps._lower_env  # pyright: ignore[reportPrivateUsage]
    patch.setattr(steps, "_lower_env", lambda *a: (lambda i: replace(i, enabled=i.startable, loop_enabled=i.startable))(honest(*a)))


@plant("in stem")
def lowering_takes_steps_of_the_stem_in_the_loop(patch: pytest.MonkeyPatch) -> None:
    honest = steps._lower_env  # pyright: ignore[reportPrivateUsage]
    patch.setattr(steps, "_lower_env", lambda *a: (lambda i: replace(i, loop_enabled=i.enabled))(honest(*a)))


# ---------------------------------------------------------------------------------------------- encoder and engines


@plant()
def encoder_takes_less_for_at_most(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(encode._BINARY, Op.BVULT, z3core.Z3_mk_bvule)  # pyright: ignore[reportPrivateUsage]
    patch.setitem(encode._BINARY, Op.BVULE, z3core.Z3_mk_bvult)  # pyright: ignore[reportPrivateUsage]


@plant()
def encoder_swaps_ite(patch: pytest.MonkeyPatch) -> None:
    honest = z3core.Z3_mk_ite
    patch.setattr(z3core, "Z3_mk_ite", lambda ref, condition, left, right: honest(ref, condition, right, left))


@plant()
def engine_closes_loops_one_early(patch: pytest.MonkeyPatch) -> None:
    honest = Loops.closes
    patch.setattr(Loops, "closes", lambda self, t: honest(self, t - 1) if t > 1 else honest(self, t))


@plant("fair each")
def engine_ignores_fairness(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lasso, "_requirements", lambda system: ())


# ---------------------------------------------------------------------------------------------- interpreter


@plant()
def interpreter_takes_less_for_at_most(patch: pytest.MonkeyPatch) -> None:
    table = evaluate._COMPARISON  # pyright: ignore[reportPrivateUsage]
    patch.setitem(table, BinaryOp.LT, table[BinaryOp.LE])


@plant("lock", "env step")
def interpreter_has_no_cuts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(machine, "has_cuts", lambda program, config: False)


@plant("fair each")
def interpreter_ignores_fairness(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(explicit, "requirements", lambda machine: ())


@plant("labelled return", "decides under a rule")
def interpreter_never_labels(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Run, "_attach", lambda self, rule: None)


@plant("for")
def interpreter_lets_a_for_stop_early(patch: pytest.MonkeyPatch) -> None:
    honest = run._next_turn  # pyright: ignore[reportPrivateUsage]

    def short(instruction: Any, frame: Any) -> None:
        honest(replace(instruction, domain=instruction.domain[:-1]), frame)

    patch.setattr(run, "_next_turn", short)


@plant("disturbing step")
def interpreter_runs_env_steps_once_per_state_at_most(patch: pytest.MonkeyPatch) -> None:
    honest = Machine._env_instances  # pyright: ignore[reportPrivateUsage]

    def first_only(self: Machine, *args: Any) -> Iterator[Any]:
        for outcome in honest(self, *args):
            yield outcome
            return

    patch.setattr(Machine, "_env_instances", first_only)


@plant("env step")
def the_engines_take_the_first_run_of_the_least_length(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Any, length: int, literals: Any, *, loops: Any = None, faulting: bool = False) -> Any:
        return self._run(length, loops, faulting)

    patch.setattr(Search, "shortest", careless)


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_bug_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, constructs = PLANTS[name]
    plant(monkeypatch)
    for spec in _systems(constructs):
        try:
            comparison = compare(spec, max_configurations=400, seconds=2.0)
        except (AssertionError, KeyError, ValueError) as error:  # a part found itself inconsistent
            print(f"{name}: seed {spec.seed}: {type(error).__name__}: {error}")
            return
        if comparison.mismatches:
            print(f"{name}: seed {spec.seed}: {comparison.mismatches[0]}")
            return
    pytest.fail(f"{SYSTEMS} random systems did not notice: {name}")


# ---------------------------------------------------------------------------------------------- the command

COUNTER = """
state n: 0..3 = 0
state idle: bool = false
step move() by guest {
    if n < 1 { n = 1 } else { n = 3 }
    idle = n == 3
}
invariant small { n <= 1 }
progress moves { recurs taken(move)  never idle }
"""


@pytest.mark.parametrize("plant", [lowering_swaps_the_sides_of_a_join, encoder_swaps_ite])
def test_the_command_refuses_a_counterexample_that_does_not_replay(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "counter.mmu").write_text(COUNTER)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "counter.mmu"]) == 1
    capsys.readouterr()
    plant(monkeypatch)
    assert main(["check", "counter.mmu"]) == 5
    said = "".join(capsys.readouterr())
    assert "MS601" in said
    assert "violated" not in said.split("MS601")[0], "a verdict was printed that does not hold"
