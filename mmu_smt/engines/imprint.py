"""What a recurring event leaves behind: values that keep it from happening again.

A rank (see `ranking`) makes quantities stand still; but an event may still happen once, after any number of transitions that achieve
nothing. Then it is of use that it *has* happened: it has left some variables with certain values. Take one flight of the loop in which the
event happens, the witness, and any other that begins with what the witness has left behind. Both are of one run, so that they share
constants and all that stands still. If such a flight leaves the same values behind, and the event does not happen in it, then by induction
the event never happens again. What the values are need not be known.

Two flights in one question are a self-composition (Barthe, D'Argenio, Rezk: Secure information flow by self-composition, CSFW 2004).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mmu_smt.engines.completeness import Inquiry
from mmu_smt.engines.flights import Flights
from mmu_smt.engines.unroll import Observer

Literals = Callable[[Flights, int], tuple[int, ...]]
"""Literals of a flight: at this place."""


class Imprint:
    """The question for one event and one set of quantities that stand still.

    `names`: state variables that the event may leave behind; no env step changes one. `last`: no flight goes on behind this place. `still`:
    this place's transition leaves alone what stands still. `values`: of what stands still, at place 0 of a flight.
    """

    def __init__(
        self,
        inquiry: Inquiry,
        flights: Flights,
        event: Observer,
        names: Sequence[str],
        last: int,
        *,
        still: Literals,
        values: Callable[[Flights], tuple[int, ...]],
    ) -> None:
        self._inquiry = inquiry
        self._session = session = inquiry.session
        self._event = event
        self._last = last
        self._still = still
        self._names: tuple[str, ...] = tuple(names)
        witness, self._flight = flights, flights.twin()
        left = [session.variable(f"left behind {n}", witness.unroller.width(n)) for n in names]
        landings: list[int] = []
        for place, (lead, lands) in enumerate(self._landings(witness)):
            happened = session.define_or("the event happens", [witness.unroller.observe((event,), p)[0] for p in range(place + 1)])
            equal = session.define_equal("left behind", left, witness.unroller.after(place, names))
            landings.append(session.define_and(f"the witness lands at {place}", (*lead, lands, happened, equal)))
        self._context = [
            session.define_or("the witness lands", landings),
            session.define_equal("one run", values(witness), values(self._flight)),
            *witness.valid(0),
        ]
        self._ends = list(self._landings(self._flight))
        self._happens: int | None = None
        self._left = dict(zip(names, left, strict=True))

    def kept(self) -> tuple[str, ...] | None:
        """Variables whose values, once left behind, stay and keep the event from happening; None where there are none.

        Raises GaveUp and OutOfBudget as the inquiry does, and goes on from there when called again.
        """
        session, flight = self._session, self._flight
        if self._happens is None:
            observe = flight.unroller.observe
            again = [session.define_and("again", (*lead, *observe((self._event,), p))) for p, (lead, _) in enumerate(self._ends)]
            self._happens = session.define_or("the event happens again", again)
        while self._names:
            if self._inquiry.ask((*self._begin(), self._happens)):
                return None
            lost = self._lost()
            if not lost:
                return self._names
            self._names = tuple(n for n in self._names if n not in lost)
        return None

    def _lost(self) -> frozenset[str]:
        """Some of the variables that a flight does not leave as it has found them, if there are any."""
        session, flight = self._session, self._flight
        changes: dict[str, list[int]] = {n: [] for n in self._names}
        for place, (lead, lands) in enumerate(self._ends):
            for name, found in changes.items():
                same = session.define_equal("kept", (self._left[name],), flight.unroller.after(place, (name,)))
                found.append(session.define_and("lost", (*lead, lands, -same)))
        some = session.define_or("something is lost", [literal for found in changes.values() for literal in found])
        if not self._inquiry.ask((*self._begin(), some)):
            return frozenset()
        return frozenset(n for n, found in changes.items() if any(map(session.value, found)))

    def _begin(self) -> tuple[int, ...]:
        session, names = self._session, self._names
        begins = session.define_equal("as left behind", [self._left[n] for n in names], self._flight.unroller.state(0, names))
        return (*self._context, begins, *self._flight.valid(0))

    def _landings(self, flights: Flights) -> list[tuple[tuple[int, ...], int]]:
        """For each place: literals that say that the flight goes on to there and through its transition; and that it lands with that."""
        found: list[tuple[tuple[int, ...], int]] = []
        lead: tuple[int, ...] = ()
        for place in range(self._last + 1):
            if flights.places <= place:
                flights.extend()
            through = (*lead, *flights.valid_at(place), *flights.own(place), *self._still(flights, place))
            lands = flights.lands(place)
            found.append((through, lands))
            lead = (self._session.define_and(f"goes on behind {place}", (*through, -lands)),)
        return found
