"""The counter beside a system: exact where a bound is given, and fair where only infinite runs count."""

from __future__ import annotations

from mmu_smt.engines.check import check_queries
from mmu_smt.engines.dependencies import Cones
from mmu_smt.model.kliveness import counted
from mmu_smt.model.system import FairStep, ProgressQuery, TransitionSystem
from mmu_smt.witness.verdicts import Word
from tests.engines.systems import Builder
from tests.engines.test_arguments import reachability


def bounded_by(system: TransitionSystem, query: ProgressQuery, most: int) -> bool:
    made = counted(system, query, most, finite=query.within is not None)
    return reachability(made.system, made.query, Cones(system).of_count(query) | made.added) is not None


def up_to_three() -> tuple[Builder, ProgressQuery]:
    """x grows to 3 and stays; the event is that it grows."""
    b = Builder()
    t = b.table
    x = b.var("x", 2)
    b.next["x"] = t.ite(t.eq(x, b.n(3, 2)), x, t.bvadd(x, b.n(1, 2)))
    return b, ProgressQuery("grows", t.ne(x, b.primed["x"]), t.false, within=3)


def test_a_bound_is_exact() -> None:
    b, query = up_to_three()
    system = b.build(init=b.table.eq(b.state[0], b.n(0, 2)))
    assert [bounded_by(system, query, most) for most in range(5)] == [False, False, False, True, True]


def test_the_count_begins_anew() -> None:
    """After `never`, which counts for more than `recurs` in the same transition."""
    b, query = up_to_three()
    t, x = b.table, b.state[0]
    system = b.build(init=t.eq(x, b.n(0, 2)))
    reset = ProgressQuery("grows", query.recurs, t.eq(x, b.n(1, 2)), within=1)
    assert [bounded_by(system, reset, most) for most in range(3)] == [False, True, True]


def blinking(*, strong: bool = False) -> tuple[Builder, TransitionSystem, ProgressQuery]:
    """`on` is turned off by a fair step, and never on again; the event is that it stays on."""
    b = Builder()
    t = b.table
    on, off = b.var("on", 0), b.input("off", 0)
    b.next["on"] = t.and_(on, t.not_(off))
    fair = FairStep("off", strong, on, off, "off")
    return b, b.build(init=on, fairness=[fair]), ProgressQuery("blinks", t.and_(on, t.not_(off)), t.false)


def test_a_recurrence_that_is_not_fair_is_not_counted() -> None:
    _, system, query = blinking()
    assert bounded_by(system, query, 0)


def test_strong_fairness_counts_as_weak() -> None:
    _, system, query = blinking(strong=True)
    assert bounded_by(system, query, 0)


def test_no_more_is_made_of_strong_fairness() -> None:
    """A step that is enabled at every other place and never taken: no such run is fair, but the counter does not see that."""
    b = Builder()
    t = b.table
    x = b.var("x", 0)
    b.next["x"] = t.not_(x)
    system = b.build(fairness=[FairStep("step", True, x, t.false, "step")])
    assert not bounded_by(system, ProgressQuery("always", t.true, t.false), 3)


def test_what_the_stem_alone_may_do_is_not_counted() -> None:
    b = Builder()
    t = b.table
    go = b.input("go", 0)
    b.var("x", 0)
    query = ProgressQuery("goes", go, t.false)
    assert not bounded_by(b.build(), query, 2)
    assert bounded_by(b.build(step_ok_loop=t.not_(go)), query, 0)


def test_the_verdict_carries_its_invariant() -> None:
    b, query = up_to_three()
    t, x = b.table, b.state[0]
    back = b.input("back", 0)
    b.next["x"] = t.ite(t.and_(back, t.eq(x, b.n(2, 2))), b.n(0, 2), b.next["x"])
    system = b.build(init=t.eq(x, b.n(0, 2)))
    verdict = check_queries(system, [ProgressQuery("grows", query.recurs, t.eq(x, b.n(2, 2)), within=2)])["grows"]
    assert verdict.word is Word.PROVED
    if verdict.by.startswith("PDR"):
        assert verdict.invariant is not None
        assert verdict.invariant.count == 2
