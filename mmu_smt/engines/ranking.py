"""Absence of lassos by a ranking that is found, not given: variables that can only move one way, or only to one place.

In a loop every variable of the cone returns to its value. One that no transition of a loop can decrease (or none can increase) is therefore
constant there; so is one that every transition leaves alone or sets to the same rigid value, since once there it never leaves. With these
constant, others may become so too: a lexicographic ranking, found to its fixpoint. What remains is a question about a few transitions: is
there a run of n transitions in which all these variables stand still and which ends with the recurring event? If not, neither is there a
loop, since every loop can be gone round backwards for n transitions. The stem does not matter, nor does reachability beyond proved
invariants. Where there is such a run, fairness may exclude the loop still: see `company`.

Where steps can be interrupted, transitions are looked at along flights (see `flights`), of transitions that a loop may take; only those
that are no env steps are counted.

The idea is that of lexicographic ranking functions (Bradley, Manna, Sipma: Linear ranking with reachability, CAV 2005), with coordinates
taken from single variables and conditions on them (see `coordinates`), and of k-liveness's stabilising constraints (Claessen, Sörensson,
FMCAD 2012).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mmu_smt.engines.company import Company
from mmu_smt.engines.completeness import Inquiry
from mmu_smt.engines.coordinates import Coordinates
from mmu_smt.engines.flights import Flights, NoFlights
from mmu_smt.engines.imprint import Imprint
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.argument import Along, Coordinate, Ranked, Round
from mmu_smt.model.system import TransitionSystem
from mmu_smt.model.term import Op, Term

PLAIN = 8
"""Runs that are longer by this than a flight are excluded only with conditions besides variables."""

LONGEST = 64
"""Places of a flight that are looked at; a step with more transitions is left to other arguments."""

LOOPS = 8
"""Fair loops of so many transitions at most are looked for, which show that this argument leads nowhere for what is known. Without fairness
they are found so soon by the search that it would not pay."""


@dataclass(slots=True)
class _Event:
    """A recurring event. `fair_only`: loops that are not fair do not count. `by_env`: an env step can be it; None where that is not known
    yet. `first`: runs of this many transitions and a few more may all be excluded. `excluded`: they are; `lonely`: for want of transitions
    that are fair to them. `loops`: they never will be, with what is known.
    """

    observer: Observer
    fair_only: bool
    by_env: bool | None = None
    first: int = 1
    excluded: bool = False
    lonely: bool = False
    loops: bool = False
    excluded_at: tuple[int, int] = (0, 0)  # `first` and the length of a flight by then
    imprint: Imprint | None = None
    kept: tuple[str, ...] | None = None
    fleeting: bool = False  # what it leaves behind does not keep it from happening again


class Ranking:
    """The search for such an argument, in a session of its own, for all queries of one cone that exclude the same event from the loop.

    `cone`: the state variables on which the queries' lassos close. `idle` and `env`: as in `Flights`. Whatever asks raises NoFlights where
    the argument cannot apply, GaveUp where the inquiry is spent (the search then goes on from there when asked again) and OutOfBudget where
    the run's budget is.
    """

    def __init__(
        self,
        inquiry: Inquiry,
        system: TransitionSystem,
        never: Term,
        cone: frozenset[str],
        *,
        idle: Mapping[str, int],
        env: Observer | None,
    ) -> None:
        self.stable: list[str] = []
        """Names of the variables and conditions that stand still in every loop, in the order in which they were found."""
        self.rounds: list[Round] = []
        """The same, with the ways in which they move, as they were found together."""
        self.length = 0
        """Transitions of the longest runs looked at."""
        self._inquiry = inquiry
        self._session = inquiry.session
        table = system.table
        moves = table.and_(system.step_ok_loop, table.not_(never))
        self._events: dict[tuple[int, bool], _Event] = {}  # by the term's id, and whether fairness counts
        self._flights = Flights(inquiry, system, cone, idle=idle, env=env, moves=moves)
        self._unroller = self._flights.unroller
        self._anywhere = Unroller(self._session, system, cone | system.flight)
        """One transition from any valid state: fewer variables move one way there, but those that do are cheap to find."""
        self._anywhere.assume()
        self._anywhere.extend()
        self._moves = Observer("moves", moves, on_state=False)
        self._refuted: dict[Observer, frozenset[str]] = {}  # by a transition from a valid state in which these variables moved
        self._coordinates = Coordinates(system, self._unroller.cone)
        self._quantities = {q.name: q for q in self._coordinates.plain()}
        self._refined = False
        self._has_env = env is not None
        self._company: Company | None = None
        self._system = system
        self._idle = dict(idle)
        self._cheap = False  # nothing else stands still in every transition
        self._complete = False  # nor in flights
        self._round: list[Observer] | None = None  # what the round going on has not refuted
        self._place = 0  # of the round
        self._longest: int | None = None  # transitions of the longest flight, less one
        self._runs: list[int] = []  # literals: the first n transitions are of a loop in which `stable` stands still

    def learn(self, facts: Sequence[Term]) -> None:
        """Take note of proved invariants. What did not stand still may do so among fewer states."""
        self._flights.learn(facts)
        for event in self._events.values():
            event.by_env = None
        self._reconsider()
        self._grown()
        self._refuted.clear()

    def excludes_loops(self, recurs: Term, longest: int, *, fair: bool = False) -> bool:
        """True iff no lasso exists with this event in its loop, as far as that can be seen from runs of at most `longest` transitions.
        `fair`: no fair one.
        """
        event = self._event(recurs, fair=fair)
        if event.excluded:
            return True
        if event.by_env is None:
            event.by_env = self._env_alone(event)
        if event.by_env or (event.loops and self._refined):
            return False
        self._flights.begin()
        if not self._refined:
            self._find_stable(in_flights=True)
            if self._excluded_by_runs(event, min(longest, self._flight() + PLAIN)):
                return True
            if longest <= self._flight() + PLAIN:
                return False
            self._refine()
        # Rounds along flights find more, but are dear, and as a rule not needed with an imprint.
        self._find_stable(in_flights=False)
        if self._imprints(event):
            return True
        self._find_stable(in_flights=True)
        return self._imprints(event) or self._excluded_by_runs(event, longest)

    def _refine(self) -> None:
        """Variables alone are not enough."""
        self._refined = True
        self._quantities |= {q.name: q for q in self._coordinates.refined(self.stable, self._flights.changed)}
        self._reconsider()

    def _reconsider(self) -> None:
        """There may be more that stands still."""
        self._cheap = self._complete = False
        self._round = None

    def _grown(self) -> None:
        """More stands still than when questions were last put together from it."""
        self._longest = None
        self._runs = []
        for event in self._events.values():
            event.first = 1
            event.imprint = None
            event.fleeting = event.loops = False

    def _imprints(self, event: _Event) -> bool:
        """Does what the event leaves behind keep it from happening again?"""
        if event.fleeting:
            return False
        if event.imprint is None:
            flights, still = self._flights, {*self.stable, *self._idle, *self._flights.changed}
            event.imprint = Imprint(
                self._inquiry,
                flights,
                event.observer,
                [n for n in self._unroller.cone if n not in still],
                self._flight(),
                still=lambda flights, place: self._still_in(flights.unroller, place),
                values=lambda flights: self._values_in(flights.unroller),
            )
        event.kept = event.imprint.kept()
        event.excluded, event.fleeting = event.kept is not None, event.kept is None
        event.excluded_at = 0, self._flight()
        return event.excluded

    def finds_loop(self, recurs: Term, *, fair: bool = False) -> bool:
        """A loop has been found with this event, of states that may not be reachable: no argument of this kind excludes it."""
        return self._event(recurs, fair=fair).loops

    def argument(self, query: str, recurs: Term, *, fair: bool = False) -> Ranked:
        """Why no loop has this event, once that has been found."""
        event = self._event(recurs, fair=fair)
        first, behind = event.excluded_at
        along = Along(tuple(self._idle.items()), tuple(sorted(self._flights.changed))) if self._has_env else None
        return Ranked((query,), tuple(self.rounds), first, behind, along, event.kept, event.lonely)

    def _event(self, recurs: Term, *, fair: bool) -> _Event:
        fair = fair and bool(self._system.fairness)
        key = recurs.id, fair
        if key not in self._events:
            self._events[key] = _Event(Observer(f"recurs{recurs.id}", recurs, on_state=False), fair)
        return self._events[key]

    def how(self, recurs: Term, *, fair: bool = False) -> str:
        """The same, for the report."""
        event = self._event(recurs, fair=fair)
        what = "conditions and variables" if self._refined else "variables"
        by = f"ranking by {len(self.stable)} monotone {what}{' and fairness' if event.lonely else ''}"
        return (
            f"{by}, {self.length} step{'' if self.length == 1 else 's'}"
            if event.kept is None
            else f"{by}, imprint of {len(event.kept)} variables"
        )

    def _excluded_by_runs(self, event: _Event, longest: int) -> bool:
        """Runs begin where no step is in flight. Going back n transitions from `recurs` may lead into a flight; its beginning is at most
        the length of a flight further back (`behind`), so that all those lengths must be excluded: they are asked about together.
        """
        behind = self._flight()
        while event.first + behind <= longest:
            self.length = event.first + behind
            ends = {n: self._ends(event, n) for n in range(event.first, self.length + 1)}
            some = self._session.define_or("recurs", list(ends.values()))
            if not self._inquiry.ask((self._run(event.first), some)):
                event.excluded = True
                event.excluded_at = event.first, behind
                return True
            first = 1 + max(n for n, literal in ends.items() if self._session.value(literal))
            # Where steps can be interrupted this is dear, and as a rule not needed with an imprint.
            company = self._in_company() if event.fair_only and (self._refined or not self._has_env) else ()
            if company and not self._inquiry.ask((self._run(event.first), some, *company), model=False):
                event.lonely = event.excluded = True
                event.excluded_at = event.first, behind
                return True
            if event.fair_only and not (self._has_env or behind) and event.first <= LOOPS and self._closes(event.first, some, company):
                event.loops = True
                return False
            event.first = first
        return False

    def _closes(self, n: int, recurs: int, company: tuple[int, ...]) -> bool:
        """Is there a loop of n transitions with the event, all of them such as are looked at? Then there are such runs of every length."""
        unroller = self._unroller
        ends = unroller.state(0, unroller.cone), unroller.state(n, unroller.cone)
        return self._inquiry.ask((self._run(n), recurs, self._session.define_equal(f"closes after {n}", *ends), *company), model=False)

    def _in_company(self) -> tuple[int, ...]:
        """Literals: transitions of the same loop that meet each requirement of fairness."""
        if self._company is None:
            self._company = Company(self._session, self._system, self._unroller, moves=self._moves)
        return self._company.literals(
            valid=self._flights.valid_in, still=lambda unroller: self._still_in(unroller, 0), values=self._values_in
        )

    def _ends(self, event: _Event, n: int) -> int:
        """The literal: a run of n transitions ends with the event."""
        run = self._run(n)
        return self._session.define_and(f"recurs after {n}", (run, self._unroller.observe((event.observer,), n - 1)[0]))

    def _run(self, n: int) -> int:
        while len(self._runs) < n:
            place = len(self._runs)
            if self._flights.places <= place:
                self._flights.extend()
            parts = [*self._flights.own(place), *self._flights.valid_at(place), *self._still_at(place)]
            self._runs.append(self._session.define_and(f"run {place + 1}", parts + self._runs[-1:]))
        return self._runs[n - 1]

    def _env_alone(self, event: _Event) -> bool:
        """Can an env step be the recurring event? Then a loop may be of env steps alone, which are not counted. From any valid state."""
        recurs = self._unroller.observe((event.observer,), 0)[0]
        return self._inquiry.ask((self._flights.moves(0), self._flights.is_env(0), *self._flights.valid(0), recurs))

    def _flight(self) -> int:
        """Transitions of the longest flight, less one. Raises NoFlights where it is too long."""
        if self._longest is None:
            place = 0
            while self._goes_on(place):
                place += 1
            self._longest = place
        return self._longest

    def _goes_on(self, place: int) -> bool:
        """Is a step in flight after the transition of this place, on some flight? Raises NoFlights where flights are too long."""
        flights = self._flights
        question = (*flights.reaches(place), *self._still(place + 1), *flights.own(place), -flights.lands(place))
        if not self._inquiry.ask(question):
            return False
        if place + 1 >= LONGEST:
            raise NoFlights
        if flights.places <= place + 1:
            flights.extend()
        return True

    # ------------------------------------------------------------------------------------------ what stands still

    def _find_stable(self, *, in_flights: bool) -> None:
        """Rounds to the fixpoint: whatever moves one way while the stable quantities stand still is stable too. `in_flights`: also what
        does so only along flights.
        """
        while not self._complete and (in_flights or not self._cheap):
            names = [n for n in self._quantities if n not in self.stable]
            turn = self._monotone_anywhere(names) if not self._cheap else {}
            self._cheap = not turn
            last: int | None = None
            if self._cheap and in_flights:
                turn, last = self._monotone_now(names), self._place
                self._round = None
                self._complete = not turn
            if turn:
                self._take(turn, last)

    def _take(self, turn: Mapping[str, Coordinate], last: int | None) -> None:
        """These stand still."""
        joined = list(self._coordinates.joined(turn, self._quantities))
        self._forget(turn)
        self._quantities |= {q.name: q for q, _ in joined}
        self.rounds.append(Round(tuple(c for _, c in joined), last))
        self.stable.extend(q.name for q, _ in joined)
        self._flights.undisturbed([q.term for q, _ in joined])
        self._reconsider()
        self._grown()

    def _forget(self, found: Iterable[str]) -> None:
        """Conditions that have been joined."""
        for name in [n for n in found if self._quantities[n].condition is not None]:
            del self._quantities[name]

    def _monotone_anywhere(self, names: Sequence[str]) -> dict[str, Coordinate]:
        """Those of the names that move one way in every transition from a valid state."""
        observe, value = self._anywhere.observe, self._session.value
        still = dict(zip(self._quantities, observe([q.same for q in self._quantities.values()], 0), strict=True))
        context = (*self._flights.valid_in(self._anywhere), *(still[n] for n in self.stable), *observe((self._moves,), 0))
        # A transition that refuted something before does so still, unless something moved in it that has been found to stand still.
        every = [o for name in names for o in self._quantities[name].ways]
        left: list[Observer] = [o for o in every if o not in self._refuted or self._refuted[o].intersection(self.stable)]
        while left:
            literals = dict(zip(left, observe(left, 0), strict=True))
            if not self._inquiry.ask((*context, self._session.define_or("not one way", [-literal for literal in literals.values()]))):
                break
            moved = frozenset(n for n, literal in still.items() if not value(literal))
            self._refuted.update((o, moved) for o in left if not value(literals[o]))
            left = [o for o in left if value(literals[o])]
        return self._of(names, left)

    def _monotone_now(self, names: Sequence[str]) -> dict[str, Coordinate]:
        """Those of the names that move one way in every transition of a flight. Each model drops all that it refutes."""
        if self._round is None:
            self._round = [o for name in names if self._quantities[name].condition is None for o in self._quantities[name].ways]
            self._place = 0
        while self._round:
            literals = dict(zip(self._round, self._unroller.observe(self._round, self._place), strict=True))
            context = (*self._flights.reaches(self._place), *self._still(self._place + 1), self._flights.moves(self._place))
            some = self._session.define_or("not one way", [-literal for literal in literals.values()])
            if self._inquiry.ask((*context, some)):
                self._round = [o for o in self._round if self._session.value(literals[o])]
            elif self._goes_on(self._place):
                self._place += 1
            else:
                break
        return self._of(names, self._round)

    def _of(self, names: Sequence[str], left: Sequence[Observer]) -> dict[str, Coordinate]:
        """Of each of the names one way that is left, if there is any."""
        found: dict[str, Coordinate] = {}
        for name in names:
            ways = self._quantities[name].ways
            way = next((o for o in ways if o in left), None)
            if way is not None:
                found[name] = ways[way]
        return found

    def _still(self, n: int) -> tuple[int, ...]:
        """Literals: the stable variables stand still in the first n transitions."""
        return tuple(literal for t in range(n) for literal in self._still_at(t))

    def _still_at(self, place: int) -> tuple[int, ...]:
        return self._still_in(self._unroller, place)

    def _values_in(self, unroller: Unroller) -> tuple[int, ...]:
        """What stands still, at place 0: variables and literals."""
        terms = [self._quantities[name].term for name in self.stable]
        conditions = [Observer(f"value {t.id}", t, on_state=True) for t in terms if t.op is not Op.VAR]
        return unroller.state(0, [str(t.payload) for t in terms if t.op is Op.VAR]) + unroller.observe(conditions, 0)

    def _still_in(self, unroller: Unroller, place: int) -> tuple[int, ...]:
        return unroller.observe([self._quantities[name].same for name in self.stable], place)
