"""Soundness bugs planted in each engine, and in what all of them rest on: the comparison by engine must notice each in a few systems.

Unlike in `test_planted`, nothing counts but a disagreement with explicit search: an engine that finds itself inconsistent has been stopped
by a check of its own, and whether that would always notice is another question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count, islice
from typing import Any

import pytest

from mmu_smt.api import cases as api_cases
from mmu_smt.engines import check, directed, lasso, ledger, sums
from mmu_smt.engines.bounded import CountGoal, Search
from mmu_smt.engines.certified import NotInductive
from mmu_smt.engines.completeness import SimplePaths
from mmu_smt.engines.flights import Flights
from mmu_smt.engines.induction import Induction
from mmu_smt.engines.lasso import LassoGoal, Loops
from mmu_smt.engines.measure import Measuring
from mmu_smt.engines.pdr import Reachability
from mmu_smt.engines.ranking import Ranking
from mmu_smt.engines.rely import RelyGuarantee
from mmu_smt.engines.sums import Sums
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model import lower, statements
from mmu_smt.model.system import ProgressQuery, TransitionSystem
from mmu_smt.witness.verdicts import Verdict
from tests.differential.by_engine import SUMS, TOGETHER, judge
from tests.differential.generate import GeneratedSpec, generate
from tests.differential.shaped import budgets, divided, shaped

SYSTEMS = 60
"""A planted bug must be noticed within so many shaped systems that contain what it is about."""

Plant = Callable[[pytest.MonkeyPatch], None]
Population = Callable[[int], GeneratedSpec]
PLANTS: dict[str, tuple[Plant, frozenset[str], frozenset[str], Population]] = {}


def plant(*judges: str, about: Sequence[str] = (), among: Population = shaped) -> Callable[[Plant], Plant]:
    """Register a bug, who must be caught with it (alone, or all together), the constructs that it is about (tags of the generator), and the
    systems among which it is looked for.
    """

    def register(function: Plant) -> Plant:
        PLANTS[function.__name__] = function, frozenset(judges), frozenset(about), among
        return function

    return register


# ---------------------------------------------------------------------------------------------- what all engines rest on


def _lowered(patch: pytest.MonkeyPatch, change: Callable[[TransitionSystem], TransitionSystem]) -> None:
    honest = lower._system
    patch.setattr(lower, "_system", lambda *given: change(honest(*given)))


@plant("recurrence")
def lowering_drops_a_frame_condition(patch: pytest.MonkeyPatch) -> None:
    """What one step alone writes has the value that it writes after every other step, too."""
    honest = lower._next

    def following(table: Any, state: Any, images: Any) -> dict[str, Any]:
        alone = {n: w[0] for n in state if len(w := [i.next[n] for i in images if n in i.next]) == 1}
        return honest(table, state, images) | alone

    patch.setattr(lower, "_next", following)


@plant("recurrence", about=("assume",))
def lowering_loses_the_assumptions(patch: pytest.MonkeyPatch) -> None:
    _lowered(patch, lambda system: replace(system, assumptions=system.table.true))


@plant("recurrence")
def lowering_makes_init_unsatisfiable(patch: pytest.MonkeyPatch) -> None:
    _lowered(patch, lambda system: replace(system, init=system.table.false))


@plant("recurrence")
def lowering_takes_strong_for_weak_and_weak_for_strong(patch: pytest.MonkeyPatch) -> None:
    _lowered(patch, lambda system: _with_fairness(system, lambda f: replace(f, strong=not f.strong)))


@plant("recurrence", about=("for",), among=generate)
def lowering_lets_a_for_stop_one_turn_early(patch: pytest.MonkeyPatch) -> None:
    honest = statements.values
    patch.setattr(statements, "values", lambda type_: list(honest(type_))[:-1])


@plant(TOGETHER)
def a_variable_may_change_by_itself(patch: pytest.MonkeyPatch) -> None:
    """A frame condition is dropped: what no step writes is anything afterwards."""
    honest = Unroller.extend
    patch.setattr(Unroller, "extend", lambda self, free=(): honest(self, (*free, *self.cone[-1:])))


@plant("induction", about=("assume",))
def assumptions_are_lost(patch: pytest.MonkeyPatch) -> None:
    def initialise(self: Any) -> None:
        self._assert_terms([self._system.init])

    patch.setattr(Unroller, "assume", lambda self: None)
    patch.setattr(Unroller, "initialise", initialise)


@plant(TOGETHER)
def initial_states_contradict_each_other(patch: pytest.MonkeyPatch) -> None:
    honest = Unroller.initialise

    def initialise(self: Any) -> None:
        honest(self)
        self._assert_terms([self._system.table.not_(self._system.init)])

    patch.setattr(Unroller, "initialise", initialise)


@plant(TOGETHER, about=("init invariant",))
def an_init_invariant_is_taken_for_proved(patch: pytest.MonkeyPatch) -> None:
    honest = Search.advance

    def advance(self: Any) -> None:
        honest(self)
        for name, term in self.system.initial_invariants:
            self.session.clause(self.unroller.observe((Observer(f"kept {name}", term, on_state=True),), self.depth))

    patch.setattr(Search, "advance", advance)


# ---------------------------------------------------------------------------------------------- infinite runs


def _with_fairness(system: TransitionSystem, change: Callable[[Any], Any]) -> TransitionSystem:
    return replace(system, fairness=tuple(change(f) for f in system.fairness))


@plant("recurrence", about=("strongly fair",))
def lassos_take_strong_for_weak_and_weak_for_strong(patch: pytest.MonkeyPatch) -> None:
    honest = lasso._requirements
    patch.setattr(lasso, "_requirements", lambda system: honest(_with_fairness(system, lambda f: replace(f, strong=not f.strong))))


@plant("recurrence", about=("weakly fair",))
def lassos_take_enabled_for_disabled(patch: pytest.MonkeyPatch) -> None:
    honest = lasso._requirements

    def requirements(system: TransitionSystem) -> Any:
        return honest(_with_fairness(system, lambda f: replace(f, enabled=system.table.not_(f.enabled))))

    patch.setattr(lasso, "_requirements", requirements)


@plant("recurrence")
def loops_close_one_transition_early(patch: pytest.MonkeyPatch) -> None:
    honest = Loops.closes
    patch.setattr(Loops, "closes", lambda self, t: honest(self, t - 1) if t > 1 else honest(self, t))


# ---------------------------------------------------------------------------------------------- termination, recurrence


@plant("termination")
def termination_sees_the_end_two_transitions_early(patch: pytest.MonkeyPatch) -> None:
    honest = Search.exists

    def exists(self: Search, phase: str) -> bool:
        depth = self.depth
        while self.unroller.length < depth + 2:
            self.unroller.extend()
        return honest(self, phase) and (not depth or self.session.check((self.unroller.took(depth), self.unroller.took(depth + 1))).sat)

    patch.setattr(Search, "exists", exists)


@plant("recurrence")
def recurrence_bounds_are_one_too_small(patch: pytest.MonkeyPatch) -> None:
    honest, exists, extend = check._Check._recur, SimplePaths.exists, LassoGoal._extend

    def recur(self: Any, depth: int) -> None:
        unroller = self._search.unroller
        while unroller.length <= depth:
            unroller.extend()
        took = unroller.took(depth)
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(LassoGoal, "_extend", lambda s, n: extend(s, n + 1))
            inner.setattr(SimplePaths, "exists", lambda s, n, i, a=(): exists(s, n + 1, i, (*a, took)))
            honest(self, depth)

    patch.setattr(check._Check, "_recur", recur)


@plant("recurrence")
def recurrence_does_not_look_at_every_variable(patch: pytest.MonkeyPatch) -> None:
    honest = SimplePaths.__init__

    def init(self: Any, session: Any, name: str, key: Any) -> None:
        honest(self, session, name, lambda i, last: key(i, last)[1:] or key(i, last))

    patch.setattr(SimplePaths, "__init__", init)


@plant("recurrence", about=("fair step excluded",))
def recurrence_forgets_what_fairness_has_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LassoGoal, "_situation", lambda self, i, _last: self.loops.state(i))


# ---------------------------------------------------------------------------------------------- induction, sums, rely-guarantee


@plant("induction")
def induction_has_a_base_one_place_short(patch: pytest.MonkeyPatch) -> None:
    honest = Induction.inductive
    patch.setattr(Induction, "inductive", lambda self, k, until: honest(self, k + 1, until))


@plant("induction")
def induction_goes_on_assuming_what_has_failed(patch: pytest.MonkeyPatch) -> None:
    honest = Induction._failing
    patch.setattr(Induction, "_failing", lambda self, group, assumptions, k: honest(self, group[:1], assumptions, k))


@plant(SUMS, among=budgets)
def sums_need_not_hold_initially(patch: pytest.MonkeyPatch) -> None:
    honest = Sums._begin

    def begin(self: Any, query: Any, facts: Any) -> Any:
        attempt = honest(self, query, facts)
        if attempt is not None:
            attempt.initially = True
        return attempt

    patch.setattr(Sums, "_begin", begin)
    patch.setattr(sums, "certify", lambda *_: None)


@plant(SUMS, among=budgets)
def sums_are_not_asked_where_transitions_lead(patch: pytest.MonkeyPatch) -> None:
    honest = Sums._drop
    patch.setattr(Sums, "_drop", lambda self, attempt, given, after: not after and honest(self, attempt, given, after=after))
    patch.setattr(sums, "certify", lambda *_: None)


@plant("rely-guarantee", about=("env step",))
def flights_are_disturbed_by_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Flights, "_find_changed_by_env", lambda self: None)


@plant("rely-guarantee", about=("env step",))
def flights_end_after_their_first_transition(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RelyGuarantee, "_goes_on", lambda self, alive, place: False)


# ---------------------------------------------------------------------------------------------- ranking, measures


@plant("ranking")
def ranking_takes_what_moves_both_ways(patch: pytest.MonkeyPatch) -> None:
    def every(self: Any, names: Sequence[str]) -> Any:
        return {n: next(iter(self._quantities[n].ways.values())) for n in names}

    patch.setattr(Ranking, "_monotone_anywhere", every)


@plant("ranking")
def ranking_lets_nothing_move_at_all(patch: pytest.MonkeyPatch) -> None:
    """Of runs with the recurring event those are excluded in which everything stands still, not only what has to."""

    def still(self: Any, unroller: Unroller, place: int) -> Any:
        return unroller.observe([q.same for q in self._quantities.values()], place)

    patch.setattr(Ranking, "_still_in", still)


@plant("ranking", about=("measure",))
def measures_need_not_fall(patch: pytest.MonkeyPatch) -> None:
    honest = Measuring.__init__

    def init(self: Any, inquiry: Any, system: TransitionSystem, query: ProgressQuery, cone: Any) -> None:
        assert query.measure is not None
        honest(self, inquiry, system, replace(query, measure=(system.table.true, query.measure[1])), cone)

    patch.setattr(Measuring, "__init__", init)


@plant("ranking", about=("measure",))
def measures_may_rise(patch: pytest.MonkeyPatch) -> None:
    honest = Measuring.__init__

    def init(self: Any, inquiry: Any, system: TransitionSystem, query: ProgressQuery, cone: Any) -> None:
        assert query.measure is not None
        honest(self, inquiry, system, replace(query, measure=(query.measure[0], system.table.true)), cone)

    patch.setattr(Measuring, "__init__", init)


# ---------------------------------------------------------------------------------------------- reachability, k-liveness


def clauses_are_pushed_unchecked(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Any) -> Any:
        for frame in range(1, self.frames):
            for cube in sorted(self._own[frame]):
                self._learn(frame + 1, cube)
            return sorted(cube for own in self._own[frame + 1 :] for cube in own)
        self._pushed = True
        return None

    patch.setattr(Reachability, "_push", careless)


@plant("reachability")
def clauses_are_pushed_unchecked_and_nobody_checks_the_invariant(patch: pytest.MonkeyPatch) -> None:
    clauses_are_pushed_unchecked(patch)
    patch.setattr(directed, "certify", lambda *_: None)


def _counting(
    patch: pytest.MonkeyPatch, change: Callable[[TransitionSystem, ProgressQuery], tuple[TransitionSystem, ProgressQuery]]
) -> None:
    honest = directed.counted

    def counted(system: TransitionSystem, query: ProgressQuery, most: int, *, finite: bool) -> Any:
        return honest(*change(system, query), most, finite=finite)

    patch.setattr(directed, "counted", counted)


@plant("reachability")
def k_liveness_starts_again_whenever_nothing_recurs(patch: pytest.MonkeyPatch) -> None:
    def change(system: TransitionSystem, query: ProgressQuery) -> tuple[TransitionSystem, ProgressQuery]:
        table = system.table
        return system, replace(query, never=table.or_(query.never, table.not_(query.recurs)))

    _counting(patch, change)


@plant("reachability", about=("weakly fair",))
def k_liveness_takes_enabled_for_disabled(patch: pytest.MonkeyPatch) -> None:
    def change(system: TransitionSystem, query: ProgressQuery) -> tuple[TransitionSystem, ProgressQuery]:
        return _with_fairness(system, lambda f: replace(f, enabled=system.table.not_(f.enabled))), query

    _counting(patch, change)


@plant("reachability", about=("weakly fair",))
def k_liveness_waits_until_fair_steps_are_taken(patch: pytest.MonkeyPatch) -> None:
    def change(system: TransitionSystem, query: ProgressQuery) -> tuple[TransitionSystem, ProgressQuery]:
        return _with_fairness(system, lambda f: replace(f, enabled=system.table.true)), query

    _counting(patch, change)


# ---------------------------------------------------------------------------------------------- bounds, vacuity


@plant("recurrence")
def counts_may_exceed_their_bound_by_one(patch: pytest.MonkeyPatch) -> None:
    def literal(self: Any, length: int) -> int | None:
        return self.counter.at_least(length, self.most + 2) if length > self.most + 1 else None

    patch.setattr(CountGoal, "literal", literal)


@plant("reachability")
def counts_beside_the_system_may_exceed_their_bound_by_one(patch: pytest.MonkeyPatch) -> None:
    honest = directed.counted
    patch.setattr(directed, "counted", lambda system, query, most, *, finite: honest(system, query, most + finite, finite=finite))


@plant("recurrence")
def what_is_vacuous_is_called_proved(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "judge", lambda verdict, premise: verdict)


# ---------------------------------------------------------------------------------------------- cases


@plant(TOGETHER, among=divided)
def one_case_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    honest = lower.cases
    patch.setattr(lower, "cases", lambda program, config: honest(program, config)[:-1])


@plant("recurrence", about=("least",), among=divided)
def the_least_bound_of_some_case_is_that_of_all(patch: pytest.MonkeyPatch) -> None:
    honest = api_cases.merged

    def merged(verdicts: Sequence[Verdict], count: int) -> Verdict | None:
        found, least = honest(verdicts, count), [v.least for v in verdicts if v.least is not None]
        return replace(found, least=min(least)) if found is not None and found.least is not None else found

    patch.setattr(api_cases, "merged", merged)


# ---------------------------------------------------------------------------------------------- the tests


def _noticed(name: str) -> str:
    """Where the comparison first notices it, and how; "" where it does not."""
    _, judges, about, population = PLANTS[name]
    specs = islice((s for s in map(population, count()) if about <= set(s.tags)), SYSTEMS)
    for number, spec in enumerate(specs, start=1):
        judged = judge(spec, certified=False, only=judges)
        if judged.mismatches:
            return f"system {number}: seed {spec.seed}: {judged.mismatches[0]}"
    return ""


LONG = frozenset(
    {
        "measures_may_rise",
        "one_case_is_forgotten",
        "the_least_bound_of_some_case_is_that_of_all",
        "counts_beside_the_system_may_exceed_their_bound_by_one",
        "lowering_loses_the_assumptions",
        "sums_are_not_asked_where_transitions_lead",
    }
)
"""Noticed late, or in the same way as another."""


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in PLANTS])
def test_a_planted_bug_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS[name][0](monkeypatch)
    noticed = _noticed(name)
    print(f"{name}: {noticed}")
    assert noticed


def test_an_unchecked_clause_is_noticed_by_the_engine_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    clauses_are_pushed_unchecked(monkeypatch)

    def engine_refuses(seed: int) -> bool:
        try:
            judge(shaped(seed), certified=False, only=frozenset({"reachability"}))
        except NotInductive:
            return True
        return False

    assert any(map(engine_refuses, range(SYSTEMS)))
