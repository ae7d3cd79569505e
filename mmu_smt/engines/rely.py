"""Induction along flights: safety queries where a step in flight can be interrupted.

Plain induction starts from any position with any values of the locals, most of which no run produces. Here a transition is judged where a
flight leads (see `flights`): what is claimed must hold after each transition from each place of every flight, env steps included, while it
may be assumed at every earlier place. Claims are proved together, and those that fail are dropped until the rest carries itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mmu_smt.engines.bounded import bad_observer
from mmu_smt.engines.completeness import Inquiry
from mmu_smt.engines.flights import Flights
from mmu_smt.engines.unroll import Observer
from mmu_smt.model.system import SafetyQuery, TransitionSystem

LONGEST = 64
"""Places of a flight that are looked at; a step with more transitions is left to other arguments."""


class RelyGuarantee:
    """The argument for some queries, each of which must hold of the initial states (the bounded search has seen to that)."""

    def __init__(self, inquiry: Inquiry, system: TransitionSystem, flights: Flights, queries: Iterable[SafetyQuery]) -> None:
        self._inquiry = inquiry
        self._session = inquiry.session
        self._flights = flights
        self._alive: list[SafetyQuery] = list(queries)
        self._place = 0
        self._observers = {q.name: bad_observer(system, q) for q in self._alive}

    @property
    def last(self) -> int:
        """The place behind which no flight goes on, once something has been proved."""
        return self._place

    @property
    def disturbed(self) -> frozenset[str]:
        """State variables that env steps change, once something has been proved."""
        return self._flights.changed

    def provable(self) -> frozenset[str]:
        """Names of the queries that hold of every run (covers: that no run reaches).

        Raises NoFlights; GaveUp and OutOfBudget as the inquiry does, and goes on from there when called again.
        """
        self._flights.begin()
        while self._alive and self._place < LONGEST:
            failed = self._failing(self._alive, self._place)
            if failed:
                # What was assumed of earlier places is assumed no more.
                self._alive = [q for q in self._alive if q.name not in failed]
                self._place = 0
            elif self._goes_on(self._alive, self._place):
                if self._flights.places <= self._place + 1:
                    self._flights.extend()
                self._place += 1
            else:
                return frozenset(q.name for q in self._alive)
        return frozenset()

    def _failing(self, alive: Sequence[SafetyQuery], place: int) -> frozenset[str]:
        """Claims that some transition from this place breaks."""
        took = self._flights.moves(place)
        broken: dict[str, int] = {}
        for group in (
            [q for q in alive if q.on_state],
            [q for q in alive if not q.on_state and not q.faulting],
            [q for q in alive if q.faulting],
        ):
            for query, bad in zip(group, self._bads(group, place), strict=True):
                broken[query.name] = bad if query.faulting else self._session.define_and(f"breaks {query.name}@{place}", (took, bad))
        some = self._session.define_or(f"breaks@{place}", list(broken.values()))
        if not self._inquiry.ask((*self._context(alive, place), some)):
            return frozenset()
        return frozenset(name for name, literal in broken.items() if self._session.value(literal))

    def _goes_on(self, alive: Sequence[SafetyQuery], place: int) -> bool:
        """Can a step be in flight after the transition of this place?"""
        question = (*self._context(alive, place), *self._flights.own(place), -self._flights.lands(place))
        return self._inquiry.ask(question)

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
