"""Induction along flights: safety queries where a step in flight can be interrupted.

Plain induction starts from any position with any values of the locals, most of which no run produces. Here a transition is judged where a
flight leads (see `flights`): what is claimed must hold after each transition from each place of every flight, env steps included, while it
may be assumed at every earlier place. Claims are proved together, and those that fail are dropped until the rest carries itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mmu_smt.engines.bounded import bad_observer
from mmu_smt.engines.completeness import attempted
from mmu_smt.engines.flights import Flights
from mmu_smt.engines.unroll import Observer
from mmu_smt.model.system import SafetyQuery, TransitionSystem
from mmu_smt.solve.session import Session

PHASE = "rely-guarantee induction"

LONGEST = 64
"""Places of a flight that are looked at; a step with more transitions is left to other arguments."""


class RelyGuarantee:
    """The argument for some queries, each of which must hold of the initial states (the bounded search has seen to that)."""

    def __init__(self, session: Session, system: TransitionSystem, flights: Flights, queries: Iterable[SafetyQuery], limit: int) -> None:
        self._session = session
        self._flights = flights
        self._limit = limit
        self._queries = tuple(queries)
        flights.begin()
        self._observers = {q.name: bad_observer(system, q) for q in self._queries}

    def provable(self) -> frozenset[str]:
        """Names of the queries that hold of every run (covers: that no run reaches).

        Raises GaveUp where a question's limit is spent, OutOfBudget where the run's budget is.
        """
        alive = list(self._queries)
        place = 0
        while alive and place < LONGEST:
            failed = self._failing(alive, place)
            if failed:
                # What was assumed of earlier places is assumed no more.
                alive = [q for q in alive if q.name not in failed]
                place = 0
            elif self._goes_on(alive, place):
                if self._flights.places <= place + 1:
                    self._flights.extend()
                place += 1
            else:
                return frozenset(q.name for q in alive)
        return frozenset()

    def _failing(self, alive: Sequence[SafetyQuery], place: int) -> frozenset[str]:
        """Claims that some transition from this place breaks."""
        context = self._context(alive, place)
        took = self._flights.moves(place)
        states = [q for q in alive if q.on_state]
        steps = [q for q in alive if not q.on_state and not q.faulting]
        faults = [q for q in alive if q.faulting]
        for group, assumptions in ((states, (*context, took)), (steps, (*context, took)), (faults, context)):
            bads = dict(zip((q.name for q in group), self._bads(group, place), strict=True))
            if bads:
                some = self._session.define_or(f"breaks@{place}", list(bads.values()))
                if attempted(self._session, (*assumptions, some), self._limit, PHASE):
                    return frozenset(name for name, bad in bads.items() if self._session.value(bad))
        return frozenset()

    def _goes_on(self, alive: Sequence[SafetyQuery], place: int) -> bool:
        """Can a step be in flight after the transition of this place?"""
        question = (*self._context(alive, place), *self._flights.own(place), -self._flights.lands(place))
        return attempted(self._session, question, self._limit, PHASE)

    def _context(self, alive: Sequence[SafetyQuery], place: int) -> tuple[int, ...]:
        """A flight to this place, with the claims at every state on it and of every transition before it."""
        unroller = self._flights.unroller
        states = [self._observers[q.name] for q in alive if q.on_state]
        steps = [self._observers[q.name] for q in alive if not q.on_state]
        literals = list(self._flights.reaches(place))
        for before in range(place + 1):
            literals += [-bad for bad in unroller.observe(states, before)]
        for before in range(place):
            literals += [-bad for bad in unroller.observe_after(states, before)]
            literals += [-bad for bad in unroller.observe(steps, before)]
        return tuple(literals)

    def _bads(self, group: Sequence[SafetyQuery], place: int) -> tuple[int, ...]:
        observers: list[Observer] = [self._observers[q.name] for q in group]
        unroller = self._flights.unroller
        return unroller.observe_after(observers, place) if group and group[0].on_state else unroller.observe(observers, place)
