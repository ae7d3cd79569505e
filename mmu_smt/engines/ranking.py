"""Absence of lassos by a ranking that is found, not given: variables that can only move one way.

In a loop every variable of the cone returns to its value. One that no transition of a loop can decrease (or none can increase) is therefore
constant there; with it constant, others may become monotone, and so on: a lexicographic ranking, found to its fixpoint. What remains is a
question about a few transitions: is there a run of n transitions in which all these variables stand still and which ends with the recurring
event? If not, neither is there a loop, since every loop can be gone round backwards for n transitions. The stem does not matter, nor does
reachability beyond proved invariants, and fairness plays no role.

Where steps can be interrupted, transitions are looked at along flights (see `flights`), of transitions that a loop may take; only those
that are no env steps are counted.

The idea is that of lexicographic ranking functions (Bradley, Manna, Sipma: Linear ranking with reachability, CAV 2005), with coordinates
taken from single variables, and of k-liveness's stabilising constraints (Claessen, Sörensson, FMCAD 2012).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmu_smt.engines.completeness import GaveUp, attempted
from mmu_smt.engines.flights import Flights
from mmu_smt.engines.unroll import Observer
from mmu_smt.model.system import ProgressQuery, TransitionSystem
from mmu_smt.model.term import Term
from mmu_smt.solve.session import Session

PHASE = "ranking"

LONGEST = 64
"""Places of a flight that are looked at; a step with more transitions is left to other arguments."""


class Ranking:
    """The search for such an argument for one query, in a session of its own.

    `cone`: the state variables on which the query's lassos close. `facts`: proved invariants, over constants and state. `idle`
    and `env`: as
    in `Flights`, which raises NoFlights. `limit`, here and elsewhere: rlimit units for each question. Raises GaveUp where one is spent (the
    search then goes on from there when asked again), OutOfBudget where the run's budget is.
    """

    def __init__(
        self,
        session: Session,
        system: TransitionSystem,
        query: ProgressQuery,
        cone: frozenset[str],
        *,
        facts: Sequence[Term],
        idle: Mapping[str, int],
        env: Observer | None,
        limit: int,
    ) -> None:
        self.stable: list[str] = []
        """Variables that stand still in every loop, in the order in which they were found."""
        self.length = 0
        """Transitions of the runs looked at."""
        self._session = session
        self._limit = limit
        table = system.table
        moves = table.and_(system.step_ok_loop, table.not_(query.never))
        self._recurs = Observer("recurs", query.recurs, on_state=False)
        self._flights = Flights(session, system, cone, idle=idle, env=env, moves=moves, facts=facts, limit=limit, phase=PHASE)
        self._unroller = self._flights.unroller
        self._same: dict[str, Observer] = {}
        self._monotone: dict[str, tuple[Observer, Observer]] = {}
        self._compare(system)
        self._longest = 0  # transitions of the longest flight, less one
        self._excluded = 0  # consecutive lengths for which no run ends with `recurs`
        self._applies: bool | None = None  # None: not known yet
        self._complete = False  # `stable` is

    def excludes_loops(self, limit: int) -> bool:
        """Look at runs of one more transition. True iff none of that many, or a few fewer, ends with `recurs`: then no lasso exists.

        Runs begin where no step is in flight. Going back n transitions from `recurs` may lead into a flight; its beginning is at most the
        length of a flight further back, so that all those lengths must be excluded.
        """
        self._limit = limit
        if self._applies is None:
            self._applies = not self._env_alone()
            self._flights.begin()
        if self._applies and not self._complete:
            self._find_stable()
        self.length += 1
        return self._applies and self._excludes(self.length)

    def _excludes(self, n: int) -> bool:
        while self._flights.places < n:
            self._flights.extend()
        run = [literal for t in range(n) for literal in self._flights.own(t)]
        ends = self._unroller.observe((self._recurs,), n - 1)[0]
        question = (*run, *self._flights.valid(n - 1), *self._still(n), ends)
        try:
            self._excluded = 0 if attempted(self._session, question, self._limit, PHASE) else self._excluded + 1
        except GaveUp:
            self._excluded = 0
            raise
        return self._excluded > self._longest

    def _env_alone(self) -> bool:
        """Can an env step be the recurring event? Then a loop may be of env steps alone, which are not counted. From any valid state."""
        recurs = self._unroller.observe((self._recurs,), 0)[0]
        question = (self._flights.moves(0), self._flights.is_env(0), *self._flights.valid(0), recurs)
        return attempted(self._session, question, self._limit, PHASE)

    def _compare(self, system: TransitionSystem) -> None:
        table = system.table
        now = {str(v.payload): v for v in system.state}
        for name in self._unroller.cone:
            before, after = now[name], system.primed[name]
            if before.width:
                up, down = table.ule(before, after), table.ule(after, before)
            else:
                up, down = table.or_(table.not_(before), after), table.or_(table.not_(after), before)
            self._same[name] = Observer(f"{name} stays", table.eq(before, after), on_state=False)
            self._monotone[name] = (Observer(f"{name} rises", up, on_state=False), Observer(f"{name} falls", down, on_state=False))

    def _find_stable(self) -> None:
        """Rounds to the fixpoint: whatever is monotone while the stable variables stand still is stable too."""
        while True:
            found = self._monotone_now([n for n in self._same if n not in self.stable])
            if not found:
                self._measure()
                self._complete = True
                return
            self.stable.extend(found)
            self._flights.undisturbed(found)

    def _monotone_now(self, names: Sequence[str]) -> list[str]:
        """Those of the names that every transition of a flight can only raise, or only lower. Each model drops all that it refutes."""
        observers = [(name, o) for name in names for o in self._monotone[name]]
        alive: list[Observer] = [o for _, o in observers]
        place = 0
        while alive:
            literals = dict(zip(alive, self._unroller.observe(alive, place), strict=True))
            context = (*self._flights.reaches(place), *self._still(place + 1))
            some = self._session.define_or("not monotone", [-literal for literal in literals.values()])
            if attempted(self._session, (*context, self._flights.moves(place), some), self._limit, PHASE):
                alive = [o for o in alive if self._session.value(literals[o])]
            elif self._goes_on(place):
                place += 1
                if place == LONGEST:
                    return []
                if self._flights.places <= place:
                    self._flights.extend()
            else:
                break
        return list(dict.fromkeys(name for name, o in observers if o in alive))

    def _measure(self) -> None:
        """Follow flights to their end. (The search for monotone variables stops where the last one is refuted.)"""
        place = 0
        while place < LONGEST and self._goes_on(place):
            place += 1
            if self._flights.places <= place:
                self._flights.extend()
        self._longest = place
        self._applies = place < LONGEST

    def _goes_on(self, place: int) -> bool:
        """Can a step be in flight after this place's transition, with the stable variables standing still?"""
        question = (*self._flights.reaches(place), *self._still(place + 1), *self._flights.own(place), -self._flights.lands(place))
        return attempted(self._session, question, self._limit, PHASE)

    def _still(self, n: int) -> tuple[int, ...]:
        """Literals: the stable variables stand still in the first n transitions."""
        observers = [self._same[name] for name in self.stable]
        return tuple(literal for t in range(n) for literal in self._unroller.observe(observers, t))
