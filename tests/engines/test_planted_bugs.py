"""Planted bugs in the encoder and the engines: the comparison with explicit search must notice each within a few random systems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from inspect import signature

import pytest
from z3 import z3core

from mmu_smt.engines import bounded, check, lasso, vacuity
from mmu_smt.engines.bounded import CountGoal, SafetyGoal, Search
from mmu_smt.engines.completeness import Inquiry, SimplePaths
from mmu_smt.engines.coordinates import Coordinates, Quantity
from mmu_smt.engines.counting import Counter
from mmu_smt.engines.cubes import Cube, Transition
from mmu_smt.engines.dependencies import Cones
from mmu_smt.engines.flights import Flights
from mmu_smt.engines.induction import Induction
from mmu_smt.engines.lasso import LassoGoal, Loops
from mmu_smt.engines.pdr import Reachability
from mmu_smt.engines.ranking import Ranking
from mmu_smt.engines.rely import RelyGuarantee
from mmu_smt.engines.targets import Targets
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model import kliveness
from mmu_smt.model.argument import Coordinate, Way
from mmu_smt.model.kliveness import Counted
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.table import variables
from mmu_smt.model.term import Op, Term
from mmu_smt.solve import encode
from mmu_smt.solve.session import Session
from tests.engines import test_arguments, test_check, test_kliveness
from tests.engines.test_arguments import refuted_claims
from tests.engines.test_random_systems import compare

SEEDS = range(1000, 1040)

Plant = Callable[[pytest.MonkeyPatch], None]


def _operator(op: Op, instead: Callable[..., object]) -> Plant:
    return lambda patch: patch.setitem(encode._BINARY, op, instead)  # pyright: ignore[reportPrivateUsage]


def _ite_swapped(patch: pytest.MonkeyPatch) -> None:
    original = z3core.Z3_mk_ite
    patch.setattr(z3core, "Z3_mk_ite", lambda ref, c, a, b: original(ref, c, b, a))


def _inputs_shared_by_frames(patch: pytest.MonkeyPatch) -> None:
    original = Unroller.extend

    def extend(self: Unroller, free: object = ()) -> None:
        if self._inputs_at:
            fresh = self._session.variable
            given = self._inputs_at[0]
            self._session.variable = lambda name, width=0: given.get(name.split("@")[0]) or fresh(name, width)  # type: ignore[method-assign]
            try:
                original(self, free)
            finally:
                del self._session.variable
        else:
            original(self, free)

    patch.setattr(Unroller, "extend", extend)


def _assumptions_dropped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Unroller, "initialise", lambda self: self._assert_terms([self._system.init]))


def _domains_dropped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Unroller, "initialise", lambda self: None)


def _transition_taken_too_early(patch: pytest.MonkeyPatch) -> None:
    original = Search.extend

    def extend(self: Search) -> None:
        original(self)
        self.session.clause((self.unroller.took(self.depth),))

    patch.setattr(Search, "extend", extend)


def _refuted_is_learned_of_the_next_state(patch: pytest.MonkeyPatch) -> None:
    original = SafetyGoal.literal

    def literal(self: SafetyGoal, length: int) -> int | None:
        return original(self, length - 1) if length > 2 else original(self, length)

    patch.setattr(SafetyGoal, "literal", literal)


def _loop_closes_one_early(patch: pytest.MonkeyPatch) -> None:
    original = Loops.closes
    patch.setattr(Loops, "closes", lambda self, t: original(self, max(0, t - 1)) if t > 1 else original(self, t))


def _loop_may_begin_twice(patch: pytest.MonkeyPatch) -> None:
    original = Session.define_equal

    def define_equal(self: Session, name: str, left: object, right: object) -> int:
        return self.true if name.startswith("closes") else original(self, name, left, right)  # type: ignore[arg-type]

    patch.setattr(Session, "define_equal", define_equal)


def _loop_takes_steps_of_the_stem(patch: pytest.MonkeyPatch) -> None:
    original = Loops.__init__

    def init(self: Loops, session: Session, unroller: Unroller, system: object, *rest: object) -> None:
        original(self, session, unroller, system, *rest)  # type: ignore[arg-type]
        self._may_loop = Observer("took", system.step_ok, on_state=False)  # type: ignore[attr-defined]

    patch.setattr(Loops, "__init__", init)


def _resetting_in_the_loop(patch: pytest.MonkeyPatch) -> None:
    original = LassoGoal.__init__

    def init(self: LassoGoal, *args: object) -> None:
        original(self, *args)  # type: ignore[arg-type]
        self._never = Observer(f"{self.name}.never", args[2].table.false, on_state=False)  # type: ignore[attr-defined]

    patch.setattr(LassoGoal, "__init__", init)


def _weak_for_strong(patch: pytest.MonkeyPatch) -> None:
    original = lasso._requirements  # pyright: ignore[reportPrivateUsage]

    def weak(system: object) -> object:
        for made, fair in zip(original(system), system.fairness, strict=True):  # type: ignore[arg-type, attr-defined]
            enabled = made.disabled or made.forbidden
            yield lasso._Requirement(fair.label, made.met, enabled, None)  # pyright: ignore[reportPrivateUsage]

    patch.setattr(lasso, "_requirements", weak)


def _recurrence_one_early(patch: pytest.MonkeyPatch) -> None:
    original = SimplePaths.exists
    patch.setattr(SimplePaths, "exists", lambda self, length, inquiry, extra=(): length < 3 and original(self, length, inquiry, extra))


def _simple_paths_forget_the_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CountGoal, "_situation", lambda self, i, last: self.unroller.state(i, self.cone))


def _fair_paths_forget_what_was_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LassoGoal, "_situation", lambda self, i, last: self.loops.state(i))


def _cone_without_its_closure(patch: pytest.MonkeyPatch) -> None:
    original = Cones.of_progress

    def of_progress(self: Cones, query: object) -> frozenset[str]:
        self.close = lambda seeds, **_: seeds  # type: ignore[method-assign]
        try:
            return original(self, query)  # type: ignore[arg-type]
        finally:
            del self.close

    patch.setattr(Cones, "of_progress", of_progress)


def _induction_without_its_base(patch: pytest.MonkeyPatch) -> None:
    original = Induction.inductive

    def inductive(self: Induction, k: int, limit: int) -> frozenset[str]:
        return original(self, k + 2, limit)

    patch.setattr(Induction, "inductive", inductive)


def _induction_keeps_what_fails_elsewhere(patch: pytest.MonkeyPatch) -> None:
    original = Induction._fixpoint  # pyright: ignore[reportPrivateUsage]

    def fixpoint(self: Induction, alive: list[object], k: int) -> list[object]:
        return [c for c in alive if original(self, [c], k) or len(alive) > 6]  # type: ignore[arg-type, list-item]

    patch.setattr(Induction, "_fixpoint", fixpoint)


def _count_off_by_one(patch: pytest.MonkeyPatch) -> None:
    original = CountGoal.literal
    patch.setattr(
        CountGoal, "literal", lambda self, length: self.counter.at_least(length, self.most + 2) if length > self.most + 1 else None
    )
    assert original is not CountGoal.literal


def _count_never_resets(patch: pytest.MonkeyPatch) -> None:
    original = Counter.__init__
    patch.setattr(Counter, "__init__", lambda self, session, name, tick, reset=None: original(self, session, name, tick))


def _least_starts_at_one(patch: pytest.MonkeyPatch) -> None:
    original = bounded.Search.count
    patch.setattr(bounded.Search, "count", lambda self, query, cone, most: original(self, query, cone, max(1, most)))


def _premises_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(vacuity, "judge", lambda verdict, premise: verdict)
    patch.setattr("mmu_smt.engines.ledger.judge", lambda verdict, premise: verdict)


def _termination_one_early(patch: pytest.MonkeyPatch) -> None:
    original = Search.exists
    patch.setattr(Search, "exists", lambda self, phase: original(self, phase) and self.depth < 2)


def _faults_asked_after_the_transition(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(check, "_faulting", lambda goal: False)


def _env_steps_not_counted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Search, "shortest", lambda self, length, literals, *, loops=None, faulting=False: self._run(length, loops, faulting))


def _cover_and_violation_confused(patch: pytest.MonkeyPatch) -> None:
    original = bounded.bad_observer

    def negated(system: object, query: SafetyQuery) -> Observer:
        made = original(system, query)  # type: ignore[arg-type]
        return Observer(made.name, system.table.not_(made.term), made.on_state) if query.is_cover else made  # type: ignore[attr-defined]

    patch.setattr(bounded, "bad_observer", negated)


def _env_disturbs_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Flights, "_find_changed_by_env", lambda self: None)


def _flights_of_one_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RelyGuarantee, "_goes_on", lambda self, alive, place: False)


def _env_steps_promise_nothing(patch: pytest.MonkeyPatch) -> None:
    original = Flights.moves
    patch.setattr(Flights, "moves", lambda self, place: self._session.define_and("own", [original(self, place), -self.is_env(place)]))


def _dropped_claims_still_assumed(patch: pytest.MonkeyPatch) -> None:
    begin, original = RelyGuarantee.__init__, RelyGuarantee._context  # pyright: ignore[reportPrivateUsage]

    def remember(self: RelyGuarantee, *arguments: object) -> None:
        begin(self, *arguments)  # type: ignore[arg-type]
        self.every = tuple(self._alive)  # type: ignore[attr-defined]

    patch.setattr(RelyGuarantee, "__init__", remember)
    patch.setattr(RelyGuarantee, "_context", lambda self, alive, place: original(self, self.every, place))


def _monotone_at_the_first_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Flights, "lands", lambda self, place: self._session.true)


def _everything_stands_still(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ranking, "_monotone_anywhere", lambda self, names: {n: next(iter(self._quantities[n].ways.values())) for n in names})


def _everything_settles(patch: pytest.MonkeyPatch) -> None:
    """At values that change themselves."""
    begin = Targets.__init__

    def remember(self: Targets, system: TransitionSystem) -> None:
        begin(self, system)
        state = {str(v.payload): v for v in system.state}
        self.read = {  # type: ignore[attr-defined]
            name: tuple(state[n] for n in variables((term,)) if n in state and state[n].width == term.width)
            for name, term in system.next.items()
        }

    def of(self: Targets, name: str) -> tuple[Term, ...]:
        return self.read[name]  # type: ignore[attr-defined, no-any-return]

    patch.setattr(Targets, "__init__", remember)
    patch.setattr(Targets, "of", of)


def _longest_flight_where_the_round_ended(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ranking, "_flight", lambda self: self._place)


def _monotone_one_way_is_enough(patch: pytest.MonkeyPatch) -> None:
    original = Coordinates._quantity  # pyright: ignore[reportPrivateUsage]

    def quantity_with_another_way(self: Coordinates, name: str, term: Term, targets: Sequence[Term] = ()) -> Quantity:
        made = original(self, name, term, targets)
        anything = Observer(f"{name} anything", self._system.table.true, on_state=False)
        made.ways[anything] = Coordinate(term, Way.RISES)
        return made

    patch.setattr(Coordinates, "_quantity", quantity_with_another_way)


def _env_alone_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ranking, "_env_alone", lambda self, event: False)


def _runs_need_not_recur(patch: pytest.MonkeyPatch) -> None:
    original = Ranking.excludes_loops
    patch.setattr(Ranking, "excludes_loops", lambda self, recurs, longest, **how: original(self, recurs, longest, **how) or self.length > 3)


def _clauses_taken_on_unasked(patch: pytest.MonkeyPatch) -> None:
    original = Transition.kept_out

    def kept_out(self: Transition, frame: int, cube: Cube, *, model: bool = False) -> Cube | None:
        found = original(self, frame, cube, model=model)
        return found if model or found is not None else cube

    patch.setattr(Transition, "kept_out", kept_out)
    patch.setattr(Reachability, "_generalised", lambda self, frame, cube: cube)


def _initial_states_not_asked_about(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transition, "meets_initial", lambda self, cube: False)


def _frame_before_taken_for_the_frame(patch: pytest.MonkeyPatch) -> None:
    original = Transition._frame  # pyright: ignore[reportPrivateUsage]
    patch.setattr(Transition, "_frame", lambda self, frame: original(self, max(0, frame - 1)))


def _excluded_from_one_frame_too_many(patch: pytest.MonkeyPatch) -> None:
    """A cube is excluded from one frame more than was asked about."""
    original = Reachability._learn  # pyright: ignore[reportPrivateUsage]
    patch.setattr(Reachability, "_learn", lambda self, frame, cube: original(self, min(frame + 1, self.frames), cube))


def _what_does_not_change_is_free(patch: pytest.MonkeyPatch) -> None:
    """A state variable takes any value in the transition: more seems reachable than is."""
    original = Reachability.__init__

    def init(self: Reachability, inquiry: Inquiry, system: TransitionSystem, *rest: object) -> None:
        name = str(system.state[0].payload)
        free = system.table.var("free", system.state[0].width)
        original(self, inquiry, replace(system, next={**system.next, name: free}, inputs=(*system.inputs, free)), *rest)  # type: ignore[arg-type]

    patch.setattr(Reachability, "__init__", init)


def _widened_to_anything(patch: pytest.MonkeyPatch) -> None:
    original = Transition._widened  # pyright: ignore[reportPrivateUsage]
    patch.setattr(Transition, "_widened", lambda self, leads: original(self, leads)[1:])


def _counter(change: Callable[[TransitionSystem, ProgressQuery, int, bool], Counted]) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        for module in (kliveness, test_kliveness):
            patch.setattr(module, "counted", lambda system, query, most, *, finite: change(system, query, most, finite))
        patch.setattr(Cones, "of_count", Cones.of_progress)  # it sees more, as what is planted may

    return plant


_counted = kliveness.counted


def _one_more(system: TransitionSystem, query: ProgressQuery, most: int, finite: bool) -> Counted:
    return _counted(system, query, most + 1, finite=finite)


def _one_less(system: TransitionSystem, query: ProgressQuery, most: int, finite: bool) -> Counted:
    return _counted(system, query, max(0, most - 1), finite=finite)


def _reset_where_a_loop_may_go(system: TransitionSystem, query: ProgressQuery, most: int, finite: bool) -> Counted:
    return _counted(replace(system, step_ok_loop=system.table.not_(system.step_ok_loop)), query, most, finite=finite)


def _enabled_is_enough(system: TransitionSystem, query: ProgressQuery, most: int, finite: bool) -> Counted:
    """The requirement is met where the step is neither disabled nor taken."""
    table = system.table
    never = tuple(replace(fair, taken=table.false, enabled=table.true) for fair in system.fairness)
    return _counted(replace(system, fairness=never), query, most, finite=finite)


def _worked_examples_fail() -> bool:
    """Does any of the systems worked out by hand come out differently?"""
    for group in (test_check.TestSafety, test_check.TestProofs, test_check.TestLassos, test_check.TestWithin):
        for name, method in vars(group).items():
            if name.startswith("test_"):
                with pytest.MonkeyPatch.context() as own:
                    try:
                        method(group(), *[own] * ("monkeypatch" in signature(method).parameters))
                    except AssertionError:
                        return True
    return False


ARGUMENT_PLANTS: dict[str, tuple[str, Plant]] = {
    "env disturbs nothing": ("rely-guarantee", _env_disturbs_nothing),
    "flights of one place": ("rely-guarantee", _flights_of_one_place),
    "env steps promise nothing": ("rely-guarantee", _env_steps_promise_nothing),
    "dropped claims still assumed": ("rely-guarantee", _dropped_claims_still_assumed),
    "everything stands still": ("ranking", _everything_stands_still),
    "everything settles": ("ranking", _everything_settles),
    "longest flight where the round ended": ("ranking", _longest_flight_where_the_round_ended),
    "monotone one way is enough": ("ranking", _monotone_one_way_is_enough),
    "monotone at the first place": ("ranking", _monotone_at_the_first_place),
    "env disturbs nothing in loops": ("ranking", _env_disturbs_nothing),
    "env alone forgotten": ("ranking", _env_alone_forgotten),
    "runs need not recur": ("ranking", _runs_need_not_recur),
    "clauses taken on unasked": ("reachability", _clauses_taken_on_unasked),
    "initial states not asked about": ("reachability", _initial_states_not_asked_about),
    "frame before taken for the frame": ("reachability", _frame_before_taken_for_the_frame),
    "excluded from one frame too many": ("reachability", _excluded_from_one_frame_too_many),
    "reset where a loop may go": ("k-liveness", _counter(_reset_where_a_loop_may_go)),
    "fairness never met": ("k-liveness", _counter(_enabled_is_enough)),
}


@pytest.mark.parametrize("name", ARGUMENT_PLANTS)
def test_a_planted_bug_in_an_argument_makes_false_claims(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    argument, plant = ARGUMENT_PLANTS[name]
    plant(monkeypatch)
    for seed in range(5000, 5100):
        if refuted_claims(argument, range(seed, seed + 1))[1]:
            return
    assert _worked_examples_fail(), f"no false claim noticed: {name}"


NOTICED_PLANTS: dict[str, tuple[Plant, Callable[[], None]]] = {
    "what does not change is free": (_what_does_not_change_is_free, test_arguments.test_reachability_decides_every_safety_query),
    "widened to anything": (_widened_to_anything, test_arguments.test_reachability_decides_every_safety_query),
    "one more is counted": (_counter(_one_more), test_kliveness.test_a_bound_is_exact),
    "one less is counted": (_counter(_one_less), test_kliveness.test_a_bound_is_exact),
}


@pytest.mark.parametrize("name", NOTICED_PLANTS)
def test_a_planted_bug_in_reachability_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, test = NOTICED_PLANTS[name]
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        test()


PLANTS: dict[str, Plant] = {
    "bvult is bvule": _operator(Op.BVULT, z3core.Z3_mk_bvule),
    "bvult is bvslt": _operator(Op.BVULT, z3core.Z3_mk_bvslt),
    "bvsub is bvadd": _operator(Op.BVSUB, z3core.Z3_mk_bvadd),
    "bvxor is bvor": _operator(Op.BVXOR, z3core.Z3_mk_bvor),
    "ite swapped": _ite_swapped,
    "inputs shared by frames": _inputs_shared_by_frames,
    "assumptions dropped": _assumptions_dropped,
    "initial states dropped": _domains_dropped,
    "transition taken before it is asked about": _transition_taken_too_early,
    "depths confused": _refuted_is_learned_of_the_next_state,
    "loop closes one early": _loop_closes_one_early,
    "loop need not close": _loop_may_begin_twice,
    "stem steps in the loop": _loop_takes_steps_of_the_stem,
    "resets in the loop": _resetting_in_the_loop,
    "weak for strong fairness": _weak_for_strong,
    "recurrence bound too early": _recurrence_one_early,
    "count forgotten in simple paths": _simple_paths_forget_the_count,
    "fairness forgotten in simple paths": _fair_paths_forget_what_was_seen,
    "cone not closed": _cone_without_its_closure,
    "induction without its base": _induction_without_its_base,
    "induction keeps what fails": _induction_keeps_what_fails_elsewhere,
    "count off by one": _count_off_by_one,
    "count never resets": _count_never_resets,
    "least starts at one": _least_starts_at_one,
    "premises ignored": _premises_ignored,
    "termination one early": _termination_one_early,
    "faults asked too late": _faults_asked_after_the_transition,
    "env steps not counted": _env_steps_not_counted,
    "covers negated": _cover_and_violation_confused,
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_bug_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS[name](monkeypatch)
    for seed in SEEDS:
        try:
            problems, _ = compare(seed)
        except (AssertionError, ValueError, encode.EncodingError):  # an engine found itself inconsistent
            return
        if problems:
            return
    assert _worked_examples_fail(), f"neither {len(SEEDS)} random systems nor the worked examples noticed: {name}"
