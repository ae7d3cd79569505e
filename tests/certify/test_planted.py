"""Planted bugs in what derives and prints obligations: the comparison of certificates and mutants with explicit search notices each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from inspect import isfunction

import pytest

from mmu_smt.certify import fairness, flights, obligations, ranks, smtlib
from mmu_smt.certify.cases import Obligation
from mmu_smt.certify.flights import _Relied
from mmu_smt.certify.ranks import _Rank
from mmu_smt.certify.smtlib import Node, Script
from mmu_smt.certify.unrolling import Unrolling
from mmu_smt.model import kliveness
from mmu_smt.model.system import SafetyQuery, TransitionSystem
from mmu_smt.model.term import Op, Term
from tests.certify import mutants
from tests.certify.mutants import tried

HAND = tuple(range(-len(mutants.HAND), 0))
FAIR = tuple(mutants.FAIR_SEEDS[i] for i in (0, 1, 2, -1))
SEEDS = range(3000, 3040)

Plant = Callable[[pytest.MonkeyPatch], None]


def _base_one_place_short(patch: pytest.MonkeyPatch) -> None:
    original = obligations._within

    def within(case, cone, facts, ends, name, says):
        return original(case, cone, facts, [replace(e, last=e.last - 1) for e in ends], name, says)

    patch.setattr(obligations, "_within", within)


def _frame_condition_dropped(patch: pytest.MonkeyPatch) -> None:
    original = Unrolling.__init__

    def init(self: Unrolling, script: Script, system: object, cone: frozenset[str], **more: object) -> None:
        original(self, script, system, cone, **more)  # type: ignore[arg-type]
        self._cone = self._cone[:-1]

    patch.setattr(Unrolling, "__init__", init)


def _assumptions_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Unrolling, "initialise", lambda self: self.script.demand("", self.at(0, self._system.domain_state)))


def _initial_states_contradict(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Unrolling, "initialise", lambda self: self.script.demand("", self.script.false))


def _last_bad_forgotten(patch: pytest.MonkeyPatch) -> None:
    original = Script.any

    def any_(self: Script, parts: object) -> Node:
        parts = list(parts)  # type: ignore[call-overload]
        return original(self, parts[:-1] if len(parts) > 1 else parts)

    patch.setattr(Script, "any", any_)


def _bad_place_assumed_good(patch: pytest.MonkeyPatch) -> None:
    original = obligations.known_states

    def known(run: Unrolling, facts: list[SafetyQuery], place: int) -> None:
        original(run, facts, place)
        run.script.demand("", run.script.negated(run.took(place)))

    patch.setattr(obligations, "known_states", known)


def _everything_moves_one_way(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_Rank, "_way", lambda self, run, place, coordinate: run.script.true)


def _never_ignored(patch: pytest.MonkeyPatch) -> None:
    original = _Rank.__init__

    def init(self: _Rank, *args: object) -> None:
        original(self, *args)  # type: ignore[arg-type]
        self._moves = self._system.table.and_(self._moves, self._query.never)

    patch.setattr(_Rank, "__init__", init)


def _end_one_late(patch: pytest.MonkeyPatch) -> None:
    original = obligations._run_of
    patch.setattr(obligations, "_run_of", lambda case, cone, facts, length: original(case, cone, facts, length + 2))


def _negations_lost(patch: pytest.MonkeyPatch) -> None:
    original = Script._operator

    def operator(self: Script, term: Term, args: tuple[Node, ...]) -> Node:
        return args[0] if term.op is Op.NOT else original(self, term, args)

    patch.setattr(Script, "_operator", operator)


def _constants_cut(patch: pytest.MonkeyPatch) -> None:
    original = smtlib._head
    patch.setattr(smtlib, "_head", lambda term: original(term).replace("bv3 ", "bv2 ") if term.op is Op.CONST else original(term))


def _frames_confused(patch: pytest.MonkeyPatch) -> None:
    original = Unrolling.state
    patch.setattr(Unrolling, "state", lambda self, place, name: original(self, max(0, place - 1), name))


def _fulfilled(original: Callable[..., Obligation]) -> Callable[..., Obligation]:
    """An obligation that holds whatever it says."""
    return lambda *args, **named: replace(original(*args, **named), text="(set-logic QF_BV)\n(assert false)\n(check-sat)\n")


def _flights_end_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_Relied, "_end", _fulfilled(_Relied._end))


def _env_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(flights, "env_leaves_alone", _fulfilled(flights.env_leaves_alone))


def _simple_paths_of_less(patch: pytest.MonkeyPatch) -> None:
    original = Unrolling.same
    patch.setattr(Unrolling, "same", lambda self, left, right, names: original(self, left, right, list(names)[1:]))


def _one_more_is_let_pass(patch: pytest.MonkeyPatch) -> None:
    original = obligations.Counter.at_least
    patch.setattr(obligations.Counter, "at_least", lambda self, place, count: original(self, place, count + 1))


def _one_more_beside_is_let_pass(patch: pytest.MonkeyPatch) -> None:
    original = kliveness.counted
    patch.setattr(kliveness, "counted", lambda system, query, most, *, finite: original(system, query, most + 1, finite=finite))


def _loops_are_fair_only_where_steps_are_taken(patch: pytest.MonkeyPatch) -> None:
    original = fairness.Met.all

    def all_(self: fairness.Met) -> Node:
        self._ever = [self._run.script.true if f.strong else self._run.script.false for f in self._fairness]
        return original(self)

    patch.setattr(fairness.Met, "all", all_)


def _what_has_been_met_is_not_told_apart(patch: pytest.MonkeyPatch) -> None:
    original = fairness._seen
    patch.setattr(fairness, "_seen", lambda *args: ([] for _ in original(*args)))


def _loops_begin_at_once(patch: pytest.MonkeyPatch) -> None:
    original = fairness.no_repetition

    def without(run: Unrolling, *args: object) -> None:
        run.script.demand("", run.script.variable("in the loop@0", 0))
        original(run, *args)  # type: ignore[arg-type]

    patch.setattr(obligations, "no_repetition", without)


def _company_is_fair_only_where_steps_are_taken(patch: pytest.MonkeyPatch) -> None:
    original = fairness.in_company

    def wrong(run: Unrolling, system: TransitionSystem, *args: object) -> None:
        enabled = tuple(replace(f, enabled=system.table.true) for f in system.fairness)
        original(run, replace(system, fairness=enabled), *args)  # type: ignore[arg-type]

    patch.setattr(ranks, "in_company", wrong)


def _company_agrees_on_everything(patch: pytest.MonkeyPatch) -> None:
    original = fairness.in_company

    def wrong(run: Unrolling, system: TransitionSystem, cone: frozenset[str], facts: list[Term], moves: Term, stable: object) -> None:
        original(run, system, cone, facts, moves, [v for v in system.state if v.payload in cone])

    patch.setattr(ranks, "in_company", wrong)


def _what_is_left_behind_need_not_stay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_Rank, "_kept", lambda self, run, place, names: run.script.true)


def _what_is_left_behind_need_not_prevent(patch: pytest.MonkeyPatch) -> None:
    """Only the first of the two runs that are looked at has the event: variables of the second are marked."""
    original = _Rank._happens
    patch.setattr(_Rank, "_happens", lambda self, run, place: run.script.false if run._mark else original(self, run, place))


def _what_is_left_behind_may_be_disturbed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_Rank, "_check_imprint", lambda self, names: None)


PLANTS: dict[str, Plant] = {
    name.removeprefix("_"): plant
    for name, plant in list(globals().items())
    if isfunction(plant) and plant.__module__ == __name__ and name.startswith("_") and name not in ("_fulfilled",)
}
SOME = ("frame_condition_dropped", "flights_end_at_once", "env_is_not_looked_at", "what_is_left_behind_need_not_stay")
"""Planted in every run of the suite."""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PLANTS)
def test_planted_bugs_are_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS[name](monkeypatch)
    assert _caught([*HAND, *SEEDS], 150)


@pytest.mark.parametrize("name", SOME)
def test_some_planted_bugs_are_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS[name](monkeypatch)
    assert _caught(HAND, 60)


@pytest.mark.parametrize("name", [n for n in PLANTS if n.startswith(("loops_", "what_has_been_met", "company_"))])
def test_planted_bugs_of_fairness_are_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS[name](monkeypatch)
    assert _caught(FAIR, 100)


def _caught(seeds: Iterable[int], count: int) -> bool:
    return any(found is not None and found.wrong for found in (tried(seed, count if seed < 0 else 8) for seed in seeds))
