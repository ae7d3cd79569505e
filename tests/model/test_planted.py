"""Bugs planted in the lowering: the comparison with the interpreter must notice each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from mmu_smt.model import expressions, fairness, flight, flow, statements, steps
from mmu_smt.model.flow import RETURNED, RULE, Flow, Joiner
from mmu_smt.model.properties import ConditionWalker
from mmu_smt.model.statements import BodyWalker
from mmu_smt.model.term import Term
from tests.model.test_lower import SPECS
from tests.model.walk import Comparison

Plant = Callable[[pytest.MonkeyPatch], None]
PLANTS: dict[str, tuple[Plant, str]] = {}


def plant(spec: str) -> Callable[[Plant], Plant]:
    """Register a bug and the specification that shows it."""

    def register(function: Plant) -> Plant:
        PLANTS[function.__name__] = (function, spec)
        return function

    return register


@plant("control")
def joins_swap_their_sides(patch: pytest.MonkeyPatch) -> None:
    honest = flow.merge
    patch.setattr(flow, "merge", lambda table, c, a, b: honest(table, c, b, a))


@plant("control")
def an_effect_behind_a_short_circuit_always_happens(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Any, at: Flow, condition: Term, then: Any, orelse: Any) -> Any:
        left = then(at)
        return expressions.merge(self.table, condition, left, orelse(at))

    patch.setattr(expressions.ExpressionWalker, "_fork", careless)


@plant("optionals")
def faults_ignore_the_path(patch: pytest.MonkeyPatch) -> None:
    honest = expressions.ExpressionWalker.fault
    patch.setattr(expressions.ExpressionWalker, "fault", lambda self, at, c, m, s: honest(self, Flow(self.table.true, at.store), c, m, s))


@plant("arrays")
def a_write_goes_everywhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(statements, "written", lambda table, array, kind, index, update: tuple(update(e) for e in array))


@plant("handlers one after another")
def the_rule_register_is_never_cleared(patch: pytest.MonkeyPatch) -> None:
    honest = BodyWalker._enter

    def stale(self: BodyWalker, at: Flow) -> None:
        rule = at.store[RULE]
        honest(self, at)
        at.store[RULE] = rule

    patch.setattr(BodyWalker, "_enter", stale)


@plant("handlers")
def ghosts_are_not_reset(patch: pytest.MonkeyPatch) -> None:
    def stale(self: BodyWalker, at: Flow) -> None:
        at.store[RULE] = self.rule(None)

    patch.setattr(BodyWalker, "_enter", stale)


@plant("handlers one after another")
def ghosts_are_observed_at_the_end(patch: pytest.MonkeyPatch) -> None:
    def blind(self: BodyWalker, at: Flow) -> None:
        at.store[RETURNED] = self.table.false

    patch.setattr(BodyWalker, "_leave", blind)


@plant("handlers")
def decisions_ignore_the_path(patch: pytest.MonkeyPatch) -> None:
    honest = ConditionWalker._decides

    def careless(self: ConditionWalker, image: Any, expr: Any) -> Term:
        always = tuple(replace(d, condition=self.table.true) for d in image.decisions)
        return honest(self, replace(image, decisions=always), expr)

    patch.setattr(ConditionWalker, "_decides", careless)


@plant("cuts in calls")
def a_resumed_flow_counts_as_the_one_that_arrived(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Joiner, "new_epoch", lambda self: 0)


@plant("cuts in calls")
def locals_are_not_saved(patch: pytest.MonkeyPatch) -> None:
    honest = flight.Flight._keep

    def forgetful(self: Any, name: str, kind: Any, value: Any, saving: Any) -> Any:
        resumed = honest(self, name, kind, value, saving)
        for stored in saving.flight:
            if stored.startswith(name):
                saving.flight[stored] = self.idle_values[stored]
        return resumed

    patch.setattr(flight.Flight, "_keep", forgetful)


@plant("cuts")
def the_lock_is_not_released_before_a_return(patch: pytest.MonkeyPatch) -> None:
    honest = BodyWalker._cut

    def eager(self: BodyWalker, place: Any, at: Flow, value: Any) -> Any:
        return (at, value) if place.returning else honest(self, place, at, value)

    patch.setattr(BodyWalker, "_cut", eager)


@plant("cuts")
def an_env_step_may_change_nothing(patch: pytest.MonkeyPatch) -> None:
    honest = steps._lower_env
    patch.setattr(steps, "_lower_env", lambda *a: (lambda i: replace(i, enabled=i.startable, loop_enabled=i.startable))(honest(*a)))


@plant("cuts")
def clauses_for_the_stem_count_in_loops(patch: pytest.MonkeyPatch) -> None:
    honest = steps._lower_env
    patch.setattr(steps, "_lower_env", lambda *a: (lambda i: replace(i, loop_enabled=i.enabled))(honest(*a)))


@plant("faults")
def a_clause_that_faults_enables(patch: pytest.MonkeyPatch) -> None:
    def lenient(walker: BodyWalker, scene: Any, clauses: Sequence[Any], arguments: Any) -> Term:
        return scene.table.true if clauses else scene.table.false

    patch.setattr(steps, "_clauses", lenient)


@plant("cuts")
def each_ignores_the_arguments_in_flight(patch: pytest.MonkeyPatch) -> None:
    honest = fairness._in_flight
    patch.setattr(fairness, "_in_flight", lambda scene, image, arguments: honest(scene, image, None))


@plant("optionals")
def absent_optionals_keep_their_value(patch: pytest.MonkeyPatch) -> None:
    honest = expressions.ExpressionWalker._literal

    def sloppy(self: Any, expr: Any) -> Any:
        value = honest(self, expr)
        if expr.value is None and isinstance(value, tuple):
            return (value[0], self.table.const(1, value[1].width))
        return value

    patch.setattr(expressions.ExpressionWalker, "_literal", sloppy)


def _agrees(spec: str) -> bool:
    text, config = SPECS[spec]
    try:
        Comparison(text, config, seed=len(spec)).run()
    except (AssertionError, KeyError):
        return False
    return True


@pytest.mark.parametrize("name", list(PLANTS))
def test_a_planted_bug_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant_it, spec = PLANTS[name]
    plant_it(monkeypatch)
    assert not _agrees(spec)
