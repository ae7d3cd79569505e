"""Bugs planted in what finds differences: known handlers, compared with enumeration, must give each away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mmu_smt.api import differing as finding
from mmu_smt.api.equivalence import UnconfirmedDifferenceError
from mmu_smt.engines import implicants
from mmu_smt.interpret.run import Run
from mmu_smt.model import product, watching
from mmu_smt.model.difference import Question
from mmu_smt.witness.differences import Literal
from tests.diff.specs import BODIES, two
from tests.diff.support import differ_sides, enumerated, sides
from tests.diff.test_random_differences import problems

Plant = Callable[[pytest.MonkeyPatch], None]


def next_states_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(product._Parts, "_next_differs", lambda self, pair: self.table.false)


def decisions_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(product._Parts, "decisions", lambda self: self.table.false)


def faults_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(product._Parts, "_fails", lambda self, image: self.table.false)
    honest = product._Parts._takes
    patch.setattr(
        product._Parts,
        "_takes",
        lambda self, image: honest(self, image) if image is None else self.table.and_(image.selected, image.enabled),
    )


def outcomes_are_swapped(patch: pytest.MonkeyPatch) -> None:
    honest = watching.WatchingWalker._note

    def note(self: Any, function: str, span: Any, outcomes: Any, flow: Any, holds: Any, *, others: bool = False) -> None:
        honest(self, function, span, outcomes, flow, self.table.not_(holds), others=others)

    patch.setattr(watching.WatchingWalker, "_note", note)


def places_are_reached_whatever_comes_before(patch: pytest.MonkeyPatch) -> None:
    honest = watching.WatchingWalker._note

    def note(self: Any, function: str, span: Any, outcomes: Any, flow: Any, holds: Any, *, others: bool = False) -> None:
        honest(self, function, span, outcomes, replace(flow, condition=self.table.true), holds, others=others)

    patch.setattr(watching.WatchingWalker, "_note", note)


def second_operands_are_tested_always(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(watching.WatchingWalker, "_choice", watching.BodyWalker._choice)


def every_literal_may_be_given_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(implicants._Description, "_lowered", staticmethod(lambda cube, too_little: cube[-1:]))


def nothing_is_ambiguous(patch: pytest.MonkeyPatch) -> None:
    honest = implicants._Description._generalised
    patch.setattr(implicants._Description, "_generalised", lambda self, cube: honest(self, cube) or cube)


def one_cube_is_enough(patch: pytest.MonkeyPatch) -> None:
    honest = implicants._Description._drop_redundant

    def drop(self: Any) -> None:
        honest(self)
        self._cubes = self._cubes[:1]

    patch.setattr(implicants._Description, "_drop_redundant", drop)


def only_initial_states_are_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(implicants._Description, "_enumerate", _only_initial)


def _only_initial(self: Any) -> None:
    while self._ask((self._chosen, self._aside, self._initial), model=True):
        valuation = self._valuation()
        self._add(self._generalised(valuation) or valuation, exact=True)


def everything_stands_still(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(finding, "standing", lambda system, candidates, given, **_: tuple(range(len(candidates))))


def reachability_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    honest = Question.runs_of
    patch.setattr(Question, "runs_of", lambda self, which: replace(honest(self, which), init=self.product.system.table.false))


def the_interpreter_records_no_tests(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Run, "_record", lambda self, test, outcome, frame: None)


def literals_always_hold(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Literal, "holds", lambda self, first, second, before: True)


PLANTS: tuple[Plant, ...] = (
    next_states_are_not_compared,
    decisions_are_not_compared,
    faults_are_not_compared,
    outcomes_are_swapped,
    places_are_reached_whatever_comes_before,
    second_operands_are_tested_always,
    every_literal_may_be_given_up,
    nothing_is_ambiguous,
    one_cube_is_enough,
    only_initial_states_are_looked_at,
    everything_stands_still,
    reachability_is_forgotten,
    the_interpreter_records_no_tests,
    literals_always_hold,
)

# Differ in two places, one of them under a test behind `&&` that can fault, and in what an `or` decides.
TELLING = {
    **BODIES,
    "twice": "seen = write if direct && write { zap() return RETRY @slow } if size == 3 { kept = 1 } return EMULATE",
    "after a test": "seen = write if write && (direct || size > 1) { return RETRY @quick } if size == 2 || page { zap() } return EMULATE",
}


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_noticed(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert any(_noticed(body) for body in TELLING.values())


def test_without_one_nothing_is_noticed() -> None:
    assert [name for name in ("twice", "after a test") if _noticed(TELLING[name])] == []


def _noticed(body: str) -> bool:
    pair = sides(two(body))
    try:
        found = differ_sides(*pair)
    except UnconfirmedDifferenceError:
        return True
    return bool(problems(found, list(enumerated(*pair))))
