"""A measure that a progress query brings along: does it fall with each recurrence, and never rise, whatever the state?

If it does, no infinite run violates the query: from some place on all transitions are ones that a loop may take, without `never`; there a
number that cannot fall for ever would fall with each `recurs`, of which there are infinitely many. One question about one transition from
any valid state; a ranking function that is given (Floyd 1967), where `ranking` looks for one.
"""

from __future__ import annotations

from collections.abc import Sequence

from mmu_smt.engines.bounded import bad_observer
from mmu_smt.engines.completeness import GaveUp, Inquiry
from mmu_smt.engines.dependencies import Cones
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.solve.budget import Meter
from mmu_smt.solve.session import Session


class Measures:
    """The measures of one run's queries. `failed`: names of queries whose measure may rise, or stand still, for all that is known."""

    def __init__(self, system: TransitionSystem, cones: Cones, meter: Meter, seed: int, sessions: dict[str, Session]) -> None:
        self._system = system
        self._cones = cones
        self._meter = meter
        self._seed = seed
        self._sessions = sessions
        self._measuring: dict[str, Measuring] = {}
        self.failed: set[str] = set()

    def falls(self, query: ProgressQuery, facts: Sequence[SafetyQuery], until: int, phase: str) -> bool:
        """Is the query's measure one, given the facts, as far as that is found before its session has cost so many units? Asked again only
        when there are more facts.
        """
        if query.measure is None:
            return False
        if query.name not in self._measuring:
            session = self._sessions[f"measure {query.name}"] = Session(self._meter, seed=self._seed)
            seen = self._cones.seen(*query.measure, *(f.bad for f in facts if f.on_state))
            cone = self._cones.of_progress(query) | self._cones.close(seen)
            self._measuring[query.name] = Measuring(Inquiry(session, phase, 0), self._system, query, cone)
        measuring = self._measuring[query.name]
        news = measuring.learn([f for f in facts if self._cones.seen(f.bad) <= measuring.cone])
        if query.name in self.failed and not news:
            return False
        try:
            falls = measuring.falls(until)
        except GaveUp:
            return False
        (self.failed.discard if falls else self.failed.add)(query.name)
        return falls


class Measuring:
    """The question, which may be asked again when more is known. `cone`: closed, and with all that the measure, the events and the facts
    see that it is told of.
    """

    def __init__(self, inquiry: Inquiry, system: TransitionSystem, query: ProgressQuery, cone: frozenset[str]) -> None:
        assert query.measure is not None
        table = system.table
        less, most = query.measure
        self._inquiry = inquiry
        self._system = system
        self._unroller = Unroller(inquiry.session, system, cone)
        self._unroller.assume()
        self._unroller.extend()
        self._known: set[str] = set()
        self.cone = cone
        moves = table.and_(system.step_ok_loop, table.not_(query.never))
        wrong = table.or_(table.not_(most), table.and_(query.recurs, table.not_(less)))
        self._counters = Observer("the measure fails", table.and_(moves, wrong), on_state=False)

    def learn(self, facts: Sequence[SafetyQuery]) -> bool:
        """Take note of what has been proved of states. True iff there is something new."""
        news = [f for f in facts if f.on_state and f.name not in self._known]
        for fact in news:
            self._known.add(fact.name)
            self._inquiry.session.clause((-self._unroller.observe((bad_observer(self._system, fact),), 0)[0],))
        return bool(news)

    def falls(self, until: int) -> bool:
        """True iff the measure does what is said of it in every transition from a valid state. Raises GaveUp, OutOfBudget."""
        self._inquiry.until = max(until, self._inquiry.until)
        return not self._inquiry.ask(self._unroller.observe((self._counters,), 0))
