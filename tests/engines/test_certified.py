"""Invariants are believed only once they have been checked: what is none must be refused, for each of the three reasons."""

from __future__ import annotations

import pytest

from mmu_smt.engines.certified import NotInductive, certify
from mmu_smt.engines.check import check_queries
from mmu_smt.engines.cubes import Transition
from mmu_smt.engines.dependencies import Cones
from mmu_smt.engines.pdr import Reachability
from mmu_smt.engines.result import OutOfBudget
from mmu_smt.model.system import SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term
from mmu_smt.solve.budget import Budget, Meter
from mmu_smt.solve.session import Session
from tests.engines.systems import Builder
from tests.engines.test_arguments import reachability
from tests.engines.test_random_systems import generate


def by_twos() -> tuple[Builder, TransitionSystem, SafetyQuery]:
    """A number that grows by two from 0, and never is 7."""
    b = Builder()
    t = b.table
    x, up = b.var("x", 4), b.input("up", 0)
    b.next["x"] = t.ite(up, t.bvadd(x, b.n(2, 4)), x)
    return b, b.build(init=t.eq(x, b.n(0, 4))), SafetyQuery("seven", t.eq(x, b.n(7, 4)), on_state=True)


def check(system: TransitionSystem, query: SafetyQuery, *clauses: Term, given: tuple[SafetyQuery, ...] = ()) -> None:
    certify(Session(Meter(Budget())), system, query, Cones(system).of_safety(query), clauses, given)


class TestRefused:
    def test_an_invariant_passes(self) -> None:
        b, system, seven = by_twos()
        check(system, seven, b.table.eq(b.table.extract(b.state[0], 0, 0), b.n(0, 1)))

    def test_an_initial_state_outside(self) -> None:
        b, system, seven = by_twos()
        with pytest.raises(NotInductive, match="an initial state"):
            check(system, seven, b.table.false)

    def test_a_transition_that_leads_outside(self) -> None:
        b, system, seven = by_twos()
        with pytest.raises(NotInductive, match="a transition"):
            check(system, seven, b.table.ne(b.state[0], b.n(7, 4)))

    def test_a_failure_inside(self) -> None:
        _, system, seven = by_twos()
        with pytest.raises(NotInductive, match="fails inside"):
            check(system, seven, system.table.true)

    def test_what_has_been_proved_may_be_taken_for_granted(self) -> None:
        b, system, seven = by_twos()
        odd = SafetyQuery("odd", b.table.eq(b.table.extract(b.state[0], 0, 0), b.n(1, 1)), on_state=True)
        check(system, seven, system.table.true, given=(odd,))

    def test_without_a_budget_nothing_is_said(self) -> None:
        b, system, seven = by_twos()
        meter = Meter(Budget(rlimit=1))
        meter.spend(1)
        with pytest.raises(OutOfBudget):
            certify(Session(meter), system, seven, Cones(system).of_safety(seven), (b.table.true,), ())


def test_what_reachability_finds_is_inductive() -> None:
    found = 0
    for seed in range(6000, 6020):
        system, queries = generate(seed)
        for query in queries:
            if isinstance(query, SafetyQuery):
                clauses = reachability(system, query, Cones(system).of_safety(query))
                if clauses is not None:
                    check(system, query, *clauses)
                    found += len(clauses) > 0
    assert found > 10  # or the test says nothing


def test_a_defect_of_the_engine_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is proved by an invariant that is none. Here clauses are taken on to the next frame unasked."""
    original = Transition.kept_out

    def believe(self: Transition, frame: int, cube: tuple[int, ...], *, model: bool = False) -> tuple[int, ...] | None:
        return original(self, frame, cube, model=model) if model else cube

    monkeypatch.setattr(Transition, "kept_out", believe)
    monkeypatch.setattr(Reachability, "_generalised", lambda self, frame, cube: cube)
    with pytest.raises(NotInductive):
        _check_all(range(6000, 6040))


def _check_all(seeds: range) -> None:
    for seed in seeds:
        system, queries = generate(seed)
        check_queries(system, [q for q in queries if isinstance(q, SafetyQuery)], max_bound=3)
