"""Bugs planted in the comparison: the tests beside this one must notice each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mmu_smt.api import equivalence, scenarios
from mmu_smt.interpret import lockstep
from mmu_smt.model import inputs, product
from mmu_smt.model import scenarios as regions
from mmu_smt.witness.comparisons import Answer, Equivalence
from tests.compare import test_equivalence as known
from tests.compare import test_scenarios as marks
from tests.compare.test_random_pairs import mismatches
from tests.differential.generate import generate

Plant = Callable[[pytest.MonkeyPatch], None]


def next_states_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(product._Parts, "_next_differs", lambda self, pair: self.table.false)


def enabledness_is_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(product._Parts, "_takes", lambda self, image: self.table.true if image is None else image.selected)
    patch.setattr(product._Parts, "_loops", lambda self, image: self.table.false)


def faults_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    honest = product._Parts._takes

    def takes(self: Any, image: Any) -> Any:
        return honest(self, image) if image is None else self.table.and_(image.selected, image.enabled)

    patch.setattr(product._Parts, "_fails", lambda self, image: self.table.false)
    patch.setattr(product._Parts, "_takes", takes)


def the_second_programs_own_state_stands_still(patch: pytest.MonkeyPatch) -> None:
    honest = product._Parts.system

    def system(self: Any, goes_on: Any) -> Any:
        made = honest(self, goes_on)
        own = {str(v.payload): v for v in made.state if str(v.payload) not in self._first.system.next}
        return replace(made, next={**made.next, **own})

    patch.setattr(product._Parts, "system", system)


def places_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(product._Parts, "_apart", lambda self, pair: self.table.false)


def initial_states_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(product.Product, "initial_difference", lambda self, *, of_second: self.system.table.false)


def decisions_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(product._Parts, "_decides", lambda self, lowered, asked: self.table.false)


def choices_are_not_shared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inputs.Inputs, "_counterpart", lambda self, step, local: None)
    patch.setattr(lockstep, "_avoidable", lambda sides, befores, outcomes, names: False)


def other_choices_are_not_tried(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lockstep, "_avoidable", lambda sides, befores, outcomes, names: False)


def signals_are_taken_for_equal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(equivalence, "_judge", lambda initial, aspects: (Equivalence.EQUIVALENT, ""))


def every_scenario_is_put_aside(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scenarios, "violating_starts", lambda lowered, query, moves, common: lowered.system.table.true)


def loops_need_not_close(patch: pytest.MonkeyPatch) -> None:
    honest = regions._Runs._loops

    def loops(self: Any, start: int, end: int) -> Any:
        states = self._states
        self._states = [states[end]] * len(states)
        try:
            return honest(self, start, end)
        finally:
            self._states = states

    patch.setattr(regions._Runs, "_loops", loops)


def runs_go_on_although_nothing_is_enabled(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(regions._Runs, "_taken", lambda self, count: self._table.true)


def the_other_variant_is_believed_everywhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scenarios._Hunt, "_enumerated", lambda self, fixed: scenarios._Judgement(Answer.YES, "so it seems"))


PLANTS: dict[Plant, Callable[[], None]] = {
    next_states_are_not_compared: known.test_the_first_difference_is_found_and_shown,
    enabledness_is_not_compared: known.test_only_one_can_take_the_step,
    faults_are_not_compared: known.test_only_one_faults,
    the_second_programs_own_state_stands_still: known.test_state_that_one_declares_can_make_the_difference,
    places_are_not_compared: lambda: known.test_steps_that_can_be_interrupted(
        "lock m { a += 1 }", "lock m { a += 1 } lock m { assert a > 0 }", Equivalence.EQUIVALENT, Equivalence.UNKNOWN
    ),
    initial_states_are_not_compared: known.test_one_can_begin_with_what_the_other_cannot,
    decisions_are_not_compared: known.test_decisions_and_ghosts_are_reported_beside,
    choices_are_not_shared: known.test_choices_correspond_by_name,
    other_choices_are_not_tried: lambda: known.test_choices_that_do_not_correspond_are_no_difference("x", "3 - x"),
    signals_are_taken_for_equal: marks.test_a_red_property_may_hide_a_regression_alone,
    the_other_variant_is_believed_everywhere: marks.test_the_same_violations_are_neither_and_that_is_proved,
    every_scenario_is_put_aside: marks.test_a_scenario_that_does_not_tell_them_apart_is_put_aside,
}


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_known_system_notices(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, equivalence.UnconfirmedDifferenceError)):
        PLANTS[plant]()


@pytest.mark.slow
@pytest.mark.parametrize(
    "plant",
    [next_states_are_not_compared, every_scenario_is_put_aside, loops_need_not_close, runs_go_on_although_nothing_is_enabled],
    ids=lambda plant: plant.__name__,
)
def test_random_pairs_notice(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    met: Counter[str] = Counter()
    assert any(mismatches(generate(seed), met) for seed in range(400)), met
