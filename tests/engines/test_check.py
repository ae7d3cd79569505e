"""The engines on systems whose answers are worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest

from mmu_smt.engines import directed
from mmu_smt.engines.check import check_queries
from mmu_smt.engines.dependencies import Cones
from mmu_smt.model.inputs import SELECTOR
from mmu_smt.model.system import FairStep, ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term
from mmu_smt.solve.budget import Budget, OutOfMemory
from mmu_smt.solve.session import Session
from mmu_smt.witness.verdicts import OpenPremise, UnknownReason, Word
from tests.engines.systems import Builder


def counter(width: int, *, stop: int | None = None) -> tuple[Builder, Term]:
    """x = 0, 1, 2, …; with `stop` no transition from that value."""
    b = Builder()
    x = b.var("x", width)
    b.next["x"] = b.table.bvadd(x, b.n(1, width))
    return b, x


class TestSafety:
    def test_shortest_violation_of_a_state_and_of_a_transition(self) -> None:
        b, x = counter(4)
        system = b.build(init=b.table.eq(x, b.n(0, 4)))
        state = SafetyQuery("state", b.table.eq(x, b.n(5, 4)), on_state=True)
        step = SafetyQuery("step", b.table.eq(b.primed["x"], b.n(5, 4)), on_state=False)
        result = check_queries(system, [state, step])
        for name in ("state", "step"):
            run = result[name].run
            assert result[name].word is Word.VIOLATED
            assert run is not None
            assert [f["x"] for f in run.frames] == [0, 1, 2, 3, 4, 5]
            assert result[name].bound == 4

    def test_violation_in_an_initial_state_has_length_zero(self) -> None:
        b, x = counter(2)
        result = check_queries(b.build(), [SafetyQuery("q", b.table.eq(x, b.n(3, 2)), on_state=True)])
        run = result["q"].run
        assert run is not None
        assert (run.inputs, len(run.frames)) == ((), 1)
        assert result["q"].bound is None

    def test_a_run_that_ends_does_not_hide_what_happens_in_it(self) -> None:
        b, x = counter(3)
        t = b.table
        system = b.build(init=t.eq(x, b.n(0, 3)), step_ok=t.ult(x, b.n(2, 3)))
        queries = [
            SafetyQuery("last_state", t.eq(x, b.n(2, 3)), on_state=True),
            SafetyQuery("last_step", t.eq(x, b.n(1, 3)), on_state=False),
            SafetyQuery("beyond", t.eq(x, b.n(3, 3)), on_state=True),
        ]
        result = check_queries(system, queries)
        assert [v.word for v in result.verdicts] == [Word.VIOLATED, Word.VIOLATED, Word.PROVED]

    def test_a_fault_ends_the_run_and_only_the_fault_query_sees_it(self) -> None:
        b, x = counter(3)
        t = b.table
        fault = t.eq(x, b.n(2, 3))
        system = b.build(init=t.eq(x, b.n(0, 3)), step_ok=t.not_(fault), step_fault=fault)
        queries = [
            SafetyQuery("no_fault", fault, on_state=False, faulting=True),
            SafetyQuery("not_taken", fault, on_state=False),
            SafetyQuery("not_reached", t.eq(x, b.n(3, 3)), on_state=True),
        ]
        result = check_queries(system, queries)
        assert [v.word for v in result.verdicts] == [Word.VIOLATED, Word.PROVED, Word.PROVED]
        run = result["no_fault"].run
        assert run is not None
        assert (len(run.inputs), len(run.frames)) == (3, 3)

    def test_fewest_env_transitions_among_the_shortest(self) -> None:
        b = Builder()
        t = b.table
        x, sel = b.var("x", 3), b.input(SELECTOR, 1)
        # A guest step adds one; an env step adds one or, from 0, two: 0 -> 2 -> 3 -> 4 needs one env step, and three are as short.
        is_env = t.eq(sel, b.n(1, 1))
        b.next["x"] = t.bvadd(x, t.ite(t.and_(is_env, t.eq(x, b.n(0, 3))), b.n(2, 3), b.n(1, 3)))
        system = b.build(init=t.eq(x, b.n(0, 3)), env=(1,), guests=(0,))
        run = check_queries(system, [SafetyQuery("q", t.eq(x, b.n(4, 3)), on_state=True)])["q"].run
        assert run is not None
        assert [i[SELECTOR] for i in run.inputs] == [1, 0, 0]

    def test_constants_are_rigid_and_assumptions_hold(self) -> None:
        b = Builder()
        t = b.table
        c, x = b.const("c", 2), b.var("x", 2)
        system = b.build(init=t.eq(x, c), assumptions=t.ne(c, b.n(3, 2)))
        queries = [SafetyQuery("differs", t.ne(x, c), on_state=True), SafetyQuery("excluded", t.eq(x, b.n(3, 2)), on_state=True)]
        assert [v.word for v in check_queries(system, queries).verdicts] == [Word.PROVED, Word.PROVED]

    def test_no_initial_state(self) -> None:
        b, _x = counter(2)
        system = b.build(init=b.table.false)
        queries = [SafetyQuery("q", b.table.true, on_state=True), SafetyQuery("c", b.table.true, on_state=False, is_cover=True)]
        result = check_queries(system, queries)
        assert [(v.word, v.by) for v in result.verdicts] == [(Word.VACUOUS, "no initial state"), (Word.UNREACHABLE, "no initial state")]


class TestProofs:
    def test_one_induction_before_a_deep_search(self) -> None:
        b = Builder()
        t = b.table
        x, up = b.var("x", 16), b.input("up", 0)
        b.next["x"] = t.ite(up, t.bvadd(x, b.n(2, 16)), x)
        result = check_queries(b.build(init=t.eq(x, b.n(0, 16))), [SafetyQuery("even", t.eq(x, b.n(7, 16)), on_state=True)], max_bound=1)
        assert result["even"].word is Word.BOUNDED  # x != 7 alone is not inductive
        odd = SafetyQuery("even", t.eq(t.extract(x, 0, 0), b.n(1, 1)), on_state=True)
        verdict = check_queries(b.build(init=t.eq(x, b.n(0, 16))), [odd])["even"]
        assert (verdict.word, verdict.by) == (Word.PROVED, "1-induction")

    def test_reachability_finds_what_a_query_alone_is_too_weak_for(self) -> None:
        b = Builder()
        t = b.table
        x, up = b.var("x", 16), b.input("up", 0)
        b.next["x"] = t.ite(up, t.bvadd(x, b.n(2, 16)), x)
        odd = SafetyQuery("odd", t.eq(x, b.n(7, 16)), on_state=True)
        verdict = check_queries(b.build(init=t.eq(x, b.n(0, 16))), [odd])["odd"]
        assert (verdict.word, verdict.by) == (Word.PROVED, "PDR, 2 frames, 1 clause")
        assert verdict.invariant is not None
        assert verdict.invariant.clauses == (t.not_(t.eq(t.extract(x, 0, 0), b.n(1, 1))),)

    def test_flights_know_all_that_their_variables_depend_on(self) -> None:
        """A step in flight keeps what the invariant sees, and `other`, which depends on `y`; no safety query sees either."""
        b = Builder()
        t = b.table
        x, at, kept, other, y = b.var("x", 1), b.var("at", 1), b.var("kept", 1), b.var("other", 1), b.var("y", 1)
        is_env = t.eq(b.input(SELECTOR, 1), b.n(1, 1))
        zero, one = b.n(0, 1), b.n(1, 1)
        starts = t.eq(at, zero)
        b.next["at"] = t.ite(is_env, at, t.bvnot(at))
        b.next["kept"] = t.ite(is_env, kept, t.ite(starts, one, zero))
        b.next["other"] = t.ite(is_env, other, t.ite(starts, y, zero))
        b.next["y"] = t.ite(is_env, t.bvnot(y), y)
        b.next["x"] = t.ite(t.and_(t.not_(is_env), t.eq(at, one), t.eq(kept, zero)), one, x)
        system = b.build(init=t.and_(*(t.eq(v, zero) for v in (x, at, kept, other))), env=(1,), guests=(0,))
        system = replace(system, flight=frozenset({"at", "kept", "other"}))
        invariant = SafetyQuery("kept_is_kept", t.eq(x, one), on_state=True)
        assert Cones(system).of_safety(invariant) == {"x", "at", "kept"}
        result = check_queries(system, [invariant, ProgressQuery("goes_on", t.true, t.false)])
        assert (result["kept_is_kept"].word, result["kept_is_kept"].by) == (Word.PROVED, "rely-guarantee induction")
        assert result["goes_on"].word is Word.VIOLATED

    def test_queries_carry_one_another(self) -> None:
        b = Builder()
        t = b.table
        x, y = b.var("x", 8), b.var("y", 8)
        b.next["x"], b.next["y"] = y, x
        system = b.build(init=t.and_(t.ult(x, b.n(5, 8)), t.ult(y, b.n(5, 8))))
        queries = [SafetyQuery(n, t.ule(b.n(5, 8), v), on_state=True) for n, v in (("x", x), ("y", y))]
        assert [v.by for v in check_queries(system, queries).verdicts] == ["1-induction", "1-induction"]
        alone = check_queries(system, queries[:1])["x"]
        assert alone.word is Word.PROVED
        assert alone.by != "1-induction"

    def test_initial_invariants_help_though_nobody_asks_for_them(self) -> None:
        b = Builder()
        t = b.table
        x, y = b.var("x", 8), b.var("y", 8)
        b.next["x"], b.next["y"] = y, x
        lemma = t.and_(t.ult(x, b.n(5, 8)), t.ult(y, b.n(5, 8)))
        system = b.build(init=lemma, invariants={"both": lemma})
        result = check_queries(system, [SafetyQuery("x", t.ule(b.n(5, 8), x), on_state=True)])
        assert [(v.name, v.by) for v in result.verdicts] == [("x", "1-induction")]

    def test_termination_bound(self) -> None:
        b, x = counter(4)
        t = b.table
        system = b.build(init=t.eq(x, b.n(3, 4)), step_ok=t.ult(x, b.n(9, 4)))
        queries = [
            ProgressQuery("progress", t.true, t.false),
            ProgressQuery("least", t.ult(x, b.n(6, 4)), t.false, within="least"),
            SafetyQuery("never_two", t.eq(x, b.n(11, 4)), on_state=False, is_cover=True),
        ]
        with patch.object(directed, "DEPTH", 100):
            result = check_queries(system, queries)
        assert result["progress"].word is Word.PROVED
        assert (result["least"].word, result["least"].least, result["least"].by) == (Word.PROVED, 3, "termination bound 6")
        assert result["never_two"].word is Word.UNREACHABLE

    def test_ranking_excludes_loops_whatever_the_stem(self) -> None:
        # Two of three bits can only be set; `spin` keeps the stem, and with it the runs, as long as one likes.
        b = Builder()
        t = b.table
        low, high, clock, step = b.var("low", 0), b.var("high", 0), b.var("clock", 16), b.input("step", 0)
        b.next["low"] = t.or_(low, step)
        b.next["high"] = t.or_(high, t.and_(low, step))
        b.next["clock"] = t.bvadd(clock, b.n(1, 16))
        query = ProgressQuery("p", t.and_(step, t.not_(high)), t.false)
        verdict = check_queries(b.build(init=t.and_(t.not_(low), t.not_(high))), [query])["p"]
        assert verdict.word is Word.PROVED
        assert verdict.by.startswith("ranking")

    def test_ranking_sees_a_variable_settle(self) -> None:
        # Whatever the guard was, it is only ever set to the constant `mine`, and once it is, the step that sets it is refused.
        b = Builder()
        t = b.table
        mine, guard = b.const("mine", 8), b.var("guard", 8)
        clock, sets = b.var("clock", 16), b.input("sets", 0)
        b.next["guard"] = t.ite(sets, mine, guard)
        b.next["clock"] = t.bvadd(clock, b.n(1, 16))
        system = b.build(step_ok=t.not_(t.and_(sets, t.eq(guard, mine))))
        verdict = check_queries(system, [ProgressQuery("p", sets, t.false)])["p"]
        assert verdict.word is Word.PROVED
        assert verdict.by.startswith("ranking")

    def test_a_variable_set_to_what_changes_does_not_settle(self) -> None:
        b = Builder()
        t = b.table
        other, guard, sets = b.var("other", 1), b.var("guard", 1), b.input("sets", 0)
        b.next["guard"] = t.ite(sets, other, guard)
        b.next["other"] = t.bvnot(other)
        system = b.build(step_ok=t.not_(t.and_(sets, t.eq(guard, other))))
        assert check_queries(system, [ProgressQuery("p", sets, t.false)])["p"].word is Word.VIOLATED

    def test_ranking_goes_as_far_back_as_the_longest_flight(self) -> None:
        # Flights have two or four transitions: `at` is 0 1 0 or 0 1 2 3 0. That no variable is monotone shows in the short ones already.
        system, at, own = flights_of_two_lengths()
        t = system.table
        late = t.and_(own, t.eq(at, t.const(3, 2)))
        assert check_queries(system, [ProgressQuery("p", late, t.false)])["p"].word is Word.VIOLATED
        # Every flight passes 1.
        assert check_queries(system, [ProgressQuery("p", late, t.eq(at, t.const(1, 2)))])["p"].word is Word.PROVED

    def test_recurrence_bound(self) -> None:
        # 0 1 2 3 0 … is reached, 8 9 … 15 8 … is not: no induction of few places tells them apart, and no variable is monotone.
        b = Builder()
        t = b.table
        x = b.var("x", 4)
        b.next["x"] = t.ite(t.eq(x, b.n(3, 4)), b.n(0, 4), t.ite(t.eq(x, b.n(15, 4)), b.n(8, 4), t.bvadd(x, b.n(1, 4))))
        system = b.build(init=t.eq(x, b.n(0, 4)))
        queries = [
            SafetyQuery("elsewhere", t.eq(x, b.n(9, 4)), on_state=True, is_cover=True),
            ProgressQuery("round", t.ult(x, b.n(2, 4)), t.eq(x, b.n(2, 4))),
            ProgressQuery("again", t.eq(x, b.n(3, 4)), t.false),
        ]
        with patch.object(directed, "DEPTH", 100):
            result = check_queries(system, queries)
        assert (result["elsewhere"].word, result["elsewhere"].by) == (Word.UNREACHABLE, "recurrence bound 3")
        assert result["round"].word is Word.PROVED
        assert result["again"].word is Word.VIOLATED
        assert result["again"].run is not None
        assert len(result["again"].run.inputs) == 4

    def test_vacuity(self) -> None:
        b, x = counter(3)
        t = b.table
        system = b.build(init=t.eq(x, b.n(0, 3)), step_ok=t.ult(x, b.n(3, 3)))
        queries = [
            SafetyQuery("never_asked", t.and_(t.eq(x, b.n(6, 3)), t.false), on_state=True, premise=t.eq(x, b.n(6, 3))),
            SafetyQuery("asked", t.false, on_state=True, premise=t.eq(x, b.n(3, 3))),
            ProgressQuery("nothing_recurs", t.eq(x, b.n(6, 3)), t.false),
        ]
        assert [v.word for v in check_queries(system, queries).verdicts] == [Word.VACUOUS, Word.PROVED, Word.VACUOUS]

    def test_undecided_vacuity_leaves_the_proof_and_says_so(self) -> None:
        b, x = counter(8)
        t = b.table
        system = b.build(init=t.eq(x, b.n(0, 8)))
        query = SafetyQuery("q", t.false, on_state=True, premise=t.eq(x, b.n(200, 8)))
        verdict = check_queries(system, [query], max_bound=3)["q"]
        assert (verdict.word, verdict.vacuity) == (Word.PROVED, OpenPremise(None, verdict.vacuity.phase if verdict.vacuity else "", 3))

        def interrupt(phase: str) -> None:
            if phase == "depth 5":
                raise KeyboardInterrupt

        stopped = check_queries(system, [query], progress=interrupt)["q"].vacuity
        assert stopped == OpenPremise(UnknownReason.INTERRUPTED, "depth 5", 4)
        assert check_queries(system, [query])["q"].vacuity is None


def flights_of_two_lengths() -> tuple[TransitionSystem, Term, Term]:
    """A step with cuts (sel 0) that ends after its second or fourth transition, and an env step (sel 1). The system, the position, and that
    a transition is no env step.
    """
    b = Builder()
    t = b.table
    at, noise = b.var("at", 2), b.var("noise", 0)
    sel, ends = b.input(SELECTOR, 1), b.input("ends", 0)
    is_env = t.eq(sel, b.n(1, 1))
    goes_on = t.ite(t.and_(t.eq(at, b.n(1, 2)), ends), b.n(0, 2), t.bvadd(at, b.n(1, 2)))
    b.next["at"] = t.ite(is_env, at, goes_on)
    b.next["noise"] = t.ite(is_env, t.not_(noise), noise)
    system = b.build(init=t.eq(at, b.n(0, 2)), env=(1,), guests=(0,))
    return replace(system, flight=frozenset({"at"})), at, t.not_(is_env)


def ring() -> tuple[Builder, Term, Term]:
    """Two steps: `work` (sel 0) moves x around 0..3, `idle` (sel 1) leaves it."""
    b = Builder()
    x, sel = b.var("x", 2), b.input(SELECTOR, 1)
    b.next["x"] = b.table.ite(b.table.eq(sel, b.n(0, 1)), b.table.bvadd(x, b.n(1, 2)), x)
    return b, x, b.table.eq(sel, b.n(0, 1))


class TestLassos:
    def test_weak_fairness_excludes_idling(self) -> None:
        b, x, work = ring()
        t = b.table
        idles = ProgressQuery("idles", t.not_(work), work)
        unfair = check_queries(b.build(init=t.eq(x, b.n(0, 2))), [idles])["idles"]
        assert unfair.word is Word.VIOLATED
        assert unfair.run is not None
        assert (len(unfair.run.inputs), unfair.run.loop_start) == (1, 0)
        fair = b.build(init=t.eq(x, b.n(0, 2)), fairness=[FairStep("work", False, t.true, work, "work")])
        assert check_queries(fair, [idles])["idles"].word is Word.PROVED

    def test_weak_fairness_is_content_where_the_step_is_disabled_once(self) -> None:
        b, x, work = ring()
        t = b.table
        enabled = t.ne(x, b.n(2, 2))
        query = ProgressQuery("q", t.not_(work), t.and_(work, t.eq(x, b.n(2, 2))))
        for strong, length in ((False, 3), (True, 3)):
            system = b.build(init=t.eq(x, b.n(0, 2)), fairness=[FairStep("work", strong, enabled, work, "work")])
            run = check_queries(system, [query])["q"].run
            assert run is not None, strong
            assert len(run.inputs) == length
            assert run.loop_start == 2

    def test_strong_fairness_excludes_what_weak_fairness_allows(self) -> None:
        # x alternates; `take` is enabled at x = 0 only and leads out to `done`. Refusing it for ever is weakly fair, not strongly.
        b = Builder()
        t = b.table
        x, done, take = b.var("x", 0), b.var("done", 0), b.input("take", 0)
        b.next["x"] = t.not_(x)
        b.next["done"] = t.or_(done, t.and_(take, t.not_(x)))
        enabled = t.and_(t.not_(x), t.not_(done))
        taken = t.and_(take, enabled)
        query = ProgressQuery("q", t.true, done)
        words = []
        for strong in (False, True):
            system = b.build(init=t.and_(t.not_(x), t.not_(done)), fairness=[FairStep("take", strong, enabled, taken, "take")])
            words.append(check_queries(system, [query])["q"].word)
        assert words == [Word.VIOLATED, Word.PROVED]

    def test_env_steps_of_the_loop_feed_the_others(self) -> None:
        # `take` (sel 0) is enabled where x is set and clears it; an env step (sel 1) sets it.
        b = Builder()
        t = b.table
        x, sel = b.var("x", 0), b.input(SELECTOR, 1)
        take = t.eq(sel, b.n(0, 1))
        b.next["x"] = t.not_(take)
        query = ProgressQuery("q", take, t.false)
        system = b.build(init=x, step_ok=t.ite(take, x, t.not_(x)), env=(1,), guests=(0,))
        run = check_queries(system, [query])["q"].run
        assert run is not None
        assert len(run.inputs) == 2
        alone = b.build(init=x, step_ok=t.and_(take, x), env=(1,), guests=(0,))
        assert check_queries(alone, [query])["q"].word is Word.PROVED

    def test_fairness_for_each_parameter(self) -> None:
        b = Builder()
        t = b.table
        x, arg = b.var("x", 1), b.input("arg", 1)
        b.next["x"] = arg
        each = [FairStep("s", False, t.true, t.eq(arg, b.n(i, 1)), f"s({i})") for i in range(2)]
        query = ProgressQuery("q", t.true, t.false)
        run = check_queries(b.build(init=t.eq(x, b.n(0, 1)), fairness=each), [query])["q"].run
        assert run is not None
        assert sorted(i["arg"] for i in run.inputs[run.loop_start :]) == [0, 1]

    def test_steps_of_the_stem_stay_out_of_the_loop(self) -> None:
        b, x, work = ring()
        t = b.table
        system = b.build(init=t.eq(x, b.n(0, 2)), step_ok_loop=t.and_(t.not_(work), t.eq(x, b.n(3, 2))))
        run = check_queries(system, [ProgressQuery("q", t.true, t.false)])["q"].run
        assert run is not None
        assert (len(run.inputs), run.loop_start) == (4, 3)

    def test_what_the_property_cannot_see_need_not_return(self) -> None:
        b, x, work = ring()
        t = b.table
        clock = b.var("clock", 8)
        b.next["clock"] = t.bvadd(clock, b.n(1, 8))
        query = ProgressQuery("q", t.eq(x, b.n(0, 2)), work)
        run = check_queries(b.build(init=t.eq(x, b.n(0, 2))), [query])["q"].run
        assert run is not None
        assert len(run.inputs) == 1
        assert run.frames[0].keys() == {"x", "clock"}
        assert run.frames[1].keys() == {"x"}

    def test_the_step_in_flight_must_return_whatever_the_property_sees(self) -> None:
        b, x, work = ring()
        t = b.table
        pc = b.var("pc", 1)
        b.next["pc"] = t.bvnot(pc)
        system = replace(b.build(init=t.and_(t.eq(x, b.n(0, 2)), t.eq(pc, b.n(0, 1)))), flight=frozenset({"pc"}))
        run = check_queries(system, [ProgressQuery("q", t.not_(work), work)])["q"].run
        assert run is not None
        assert len(run.inputs) == 2

    def test_cover_of_infinite_runs(self) -> None:
        b, x, work = ring()
        t = b.table
        system = b.build(init=t.eq(x, b.n(0, 2)), step_ok=work)
        queries = [
            ProgressQuery("around", t.eq(x, b.n(3, 2)), t.false, is_cover=True),
            ProgressQuery("stuck", t.eq(x, b.n(3, 2)), t.eq(x, b.n(1, 2)), is_cover=True),
        ]
        assert [v.word for v in check_queries(system, queries).verdicts] == [Word.REACHED, Word.UNREACHABLE]

    def test_a_loop_closes_on_whole_variables(self) -> None:
        b = Builder()
        t = b.table
        seen, unseen = b.var("d[0]", 1), b.var("d[1]", 2)
        b.next["d[1]"] = t.bvadd(unseen, b.n(1, 2))
        query = ProgressQuery("stays", t.eq(seen, b.n(0, 1)), t.false)
        scalars = b.build(init=t.and_(t.eq(seen, b.n(0, 1)), t.eq(unseen, b.n(0, 2))))
        for system, length in ((scalars, 1), (replace(scalars, parts=(frozenset({"d[0]", "d[1]"}),)), 4)):
            run = check_queries(system, [query])["stays"].run
            assert run is not None
            assert (len(run.inputs), run.loop_start) == (length, 0)
            assert run.frames[0]["d[0]"] == run.frames[-1]["d[0]"]
            assert length == 1 or run.frames[0]["d[1]"] == run.frames[-1]["d[1]"]


class TestWithin:
    def test_bounds_count_what_recurs_since_the_last_reset(self) -> None:
        b, x, work = ring()
        t = b.table
        system = b.build(init=t.eq(x, b.n(0, 2)), step_ok=work)
        # x = 0 1 2 3 0 …: three transitions start below 3, then one resets.
        recurs, never = t.ne(x, b.n(3, 2)), t.eq(x, b.n(3, 2))
        queries = [ProgressQuery(f"w{n}", recurs, never, within=n) for n in (2, 3)] + [
            ProgressQuery("least", recurs, never, within="least")
        ]
        result = check_queries(system, queries)
        assert [v.word for v in result.verdicts] == [Word.VIOLATED, Word.PROVED, Word.PROVED]
        assert result["w2"].run is not None
        assert len(result["w2"].run.inputs) == 3
        assert result["least"].least == 3

    def test_a_transition_that_does_both_resets(self) -> None:
        b, x, work = ring()
        t = b.table
        system = b.build(init=t.eq(x, b.n(0, 2)), step_ok=work)
        query = ProgressQuery("least", t.true, t.ne(x, b.n(1, 2)), within="least")
        assert check_queries(system, [query])["least"].least == 1

    def test_least_is_violated_by_a_loop_and_fairness_plays_no_role(self) -> None:
        b, x, work = ring()
        t = b.table
        system = b.build(init=t.eq(x, b.n(0, 2)), fairness=[FairStep("work", False, t.true, work, "work")])
        verdict = check_queries(system, [ProgressQuery("least", t.not_(work), work, within="least")])["least"]
        assert verdict.word is Word.VIOLATED
        assert verdict.run is not None
        assert verdict.run.loop_start == 0

    def test_a_bound_of_least_is_that_of_the_lassos_looked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mmu_smt.engines.shares.IDLE_LASSO_ALLOWANCE", -(10**12))  # lassos lag as far as they may
        b, x = counter(3)
        t = b.table
        system = b.build(init=t.eq(x, b.n(0, 3)))

        def interrupt(phase: str) -> None:
            if phase.startswith("depth 12,"):
                raise KeyboardInterrupt

        query = ProgressQuery("least", t.eq(x, b.n(5, 3)), t.false, within="least")
        verdict = check_queries(system, [query], progress=interrupt)["least"]
        assert verdict.word is Word.UNKNOWN  # there is a lasso of 8 transitions
        assert verdict.bound is None or verdict.bound < 8


class TestBudgets:
    def test_an_exhausted_bound_is_bounded(self) -> None:
        b, x = counter(8)
        verdict = check_queries(
            b.build(init=b.table.eq(x, b.n(0, 8))), [SafetyQuery("q", b.table.eq(x, b.n(99, 8)), on_state=True)], max_bound=5
        )["q"]
        assert (verdict.word, verdict.bound, verdict.reason) == (Word.BOUNDED, 5, None)

    def test_no_time_is_unknown(self) -> None:
        b, x = counter(8)
        query = SafetyQuery("q", b.table.eq(x, b.n(99, 8)), on_state=True)
        verdict = check_queries(b.build(), [query], budget=Budget(seconds=0))["q"]
        assert (verdict.word, verdict.reason) == (Word.UNKNOWN, UnknownReason.TIME)

    def test_rlimit_is_unknown_and_keeps_what_was_settled(self) -> None:
        b = Builder()
        t = b.table
        x, i = b.var("x", 24), b.input("i", 24)
        b.next["x"] = t.bvmul(x, i)
        hard = SafetyQuery("hard", t.eq(t.bvmul(x, x), b.n(0x7FFFE3, 24)), on_state=True)
        easy = SafetyQuery("easy", t.eq(x, b.n(3, 24)), on_state=True)
        system = b.build(init=t.eq(x, b.n(3, 24)))
        result = check_queries(system, [hard, easy], budget=Budget(rlimit=60_000))
        assert result["easy"].word is Word.VIOLATED
        assert (result["hard"].word, result["hard"].reason) == (Word.UNKNOWN, UnknownReason.RLIMIT)

    @pytest.mark.parametrize("ends", [OutOfMemory, MemoryError])
    def test_memory_that_ends_between_questions_is_unknown(self, ends: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
        b, x = counter(8)
        t = b.table
        original = Session.instantiate
        calls = count()

        def fail(session: Session, *args: Any) -> None:
            if next(calls) == 25:
                raise ends
            original(session, *args)

        monkeypatch.setattr(Session, "instantiate", fail)
        queries = [SafetyQuery("early", t.eq(x, b.n(1, 8)), on_state=True), SafetyQuery("late", t.eq(x, b.n(99, 8)), on_state=True)]
        result = check_queries(b.build(init=t.eq(x, b.n(0, 8))), queries)
        assert result["early"].word is Word.VIOLATED
        assert (result["late"].word, result["late"].reason) == (Word.UNKNOWN, UnknownReason.MEMORY)
        assert result["late"].bound in range(1, 90)

    def test_ctrl_c_keeps_what_was_settled(self) -> None:
        b, x = counter(8)
        t = b.table

        def interrupt(phase: str) -> None:
            if phase == "depth 4":
                raise KeyboardInterrupt

        queries = [SafetyQuery("early", t.eq(x, b.n(2, 8)), on_state=True), SafetyQuery("late", t.eq(x, b.n(9, 8)), on_state=True)]
        result = check_queries(b.build(init=t.eq(x, b.n(0, 8))), queries, progress=interrupt)
        assert result["early"].word is Word.VIOLATED
        assert (result["late"].word, result["late"].reason, result["late"].bound) == (Word.UNKNOWN, UnknownReason.INTERRUPTED, 3)

    def test_the_same_run_every_time(self) -> None:
        b = Builder()
        t = b.table
        x, i = b.var("x", 6), b.input("i", 6)
        b.next["x"] = t.bvadd(x, i)
        system = b.build(init=t.eq(x, b.n(0, 6)))
        query = SafetyQuery("q", t.eq(x, b.n(33, 6)), on_state=True)
        first, second = (check_queries(system, [query, ProgressQuery("p", t.true, t.false)]) for _ in range(2))
        assert [v.run for v in first.verdicts] == [v.run for v in second.verdicts]

    def test_names_must_differ(self) -> None:
        b, _x = counter(2)
        query = SafetyQuery("q", b.table.false, on_state=True)
        with pytest.raises(ValueError, match="one name"):
            check_queries(b.build(), [query, query])
