"""Runs in which a step can be interrupted, seen step by step: the transitions of one step in flight, with everything between them left
free.

Between two transitions of a step, env steps may act any number of times. They change some state variables only, and never what describes
the step in flight. A *flight* is therefore: a state with no step in flight, then transitions that are no env steps; after each, the
variables that env steps can change take any values that the facts assumed of every state permit. Every reachable state lies on a flight if
the facts hold of every reachable state. Leaving the others' steps free between one's own, subject to what they guarantee, is rely-guarantee
reasoning (Jones: Tentative steps toward a development method for interfering programs, TOPLAS 1983).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mmu_smt.engines.bounded import valuation
from mmu_smt.engines.completeness import Inquiry
from mmu_smt.engines.dependencies import variables_of
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.system import TransitionSystem
from mmu_smt.model.term import Op, Term


class NoFlights(Exception):
    """The system is not of this kind: an env step changes the step in flight."""


class Flights:
    """The transitions of a flight, unrolled in a session. Place j: the state before transition j and that transition.

    `idle`: values of the flight variables when no step is in flight. `env`: a transition is an env step; None where there are none.
    `moves`: the transitions that count, of the system's own relation unless given.
    """

    def __init__(
        self,
        inquiry: Inquiry,
        system: TransitionSystem,
        cone: frozenset[str],
        *,
        idle: Mapping[str, int],
        env: Observer | None,
        moves: Term | None = None,
    ) -> None:
        self._inquiry = inquiry
        self._session = session = inquiry.session
        self._system = system
        self.unroller = Unroller(session, system, cone | system.flight)
        self.unroller.assume()
        self._moves = Observer("moves", system.step_ok if moves is None else moves, on_state=False)
        self._idle = Observer("idle", valuation(system, idle), on_state=True)
        self._idle_values = idle
        self._env = env
        self._facts: list[Term] = []
        self._valid: list[Observer] = []
        self.learn([system.domain_state])
        self._free = () if env is None else tuple(n for n in self.unroller.cone if n not in system.flight)
        self.unroller.extend(free=self._free)
        self.disturbed: frozenset[str] = frozenset()
        """State variables that env steps change. Known when it has begun."""
        self._begun = False
        self._changed: set[str] = set()
        self._unchanged: Sequence[str] = () if env is None else self.unroller.cone  # as far as is known
        self._held: list[Observer] = []  # conditions that env steps leave alone, though not the variables in them

    @property
    def places(self) -> int:
        return self.unroller.length

    @property
    def changed(self) -> frozenset[str]:
        """State variables that env steps change, whatever has been found out since. Known when it has begun."""
        return frozenset(self._changed)

    def twin(self) -> Flights:
        """Another flight of the same run, in the same session, which has begun, as this one has."""
        moves = self._moves.term
        made = Flights(self._inquiry, self._system, frozenset(self.unroller.cone), idle=self._idle_values, env=self._env, moves=moves)
        made.learn(self._facts)
        made.unroller.share(self.unroller)
        made._changed, made.disturbed, made._held = set(self._changed), self.disturbed, list(self._held)
        made._start()
        return made

    def learn(self, facts: Sequence[Term]) -> None:
        """Take note of what holds of every reachable state."""
        self._facts += facts
        conjuncts = _over(self._system, facts, frozenset(self.unroller.cone))
        self._valid.append(Observer(f"valid{len(self._valid)}", conjuncts, on_state=True))

    def begin(self) -> None:
        """Find what env steps change, and assert that no step is in flight at place 0; until then it is any state.

        Raises NoFlights; GaveUp and OutOfBudget as the inquiry does, and goes on from there when called again.
        """
        if not self._begun:
            self._find_changed_by_env()
            self._start()

    def _start(self) -> None:
        self._begun = True
        self._session.clause((self.idle(0),))
        self._settle(0, self._free)
        self._hold(0, self._held)

    def undisturbed(self, terms: Iterable[Term]) -> None:
        """Take note that env steps leave these alone, whatever was found: state variables, and conditions over constants and state."""
        terms = tuple(terms)
        names = [str(t.payload) for t in terms if t.op is Op.VAR]
        free = [n for n in names if n in self.disturbed]
        held = [Observer(f"held {t.id}", t, on_state=True) for t in terms if t.op is not Op.VAR and self._env is not None]
        self.disturbed = self.disturbed.difference(free)
        self._held += held
        for place in range(self.places):
            self._settle(place, free)
            self._hold(place, held)

    def extend(self) -> None:
        """One more place. Only once it has begun: what env steps change must be known."""
        if not self._begun:
            raise ValueError("flights are extended once they have begun")
        self.unroller.extend(free=self._free)
        self._settle(self.places - 1, self._free)
        self._hold(self.places - 1, self._held)

    def idle(self, place: int) -> int:
        return self.unroller.observe((self._idle,), place)[0]

    def lands(self, place: int) -> int:
        """No step is in flight after this place's transition."""
        return self.unroller.observe_after((self._idle,), place)[0]

    def moves(self, place: int) -> int:
        """This place's transition counts."""
        return self.unroller.observe((self._moves,), place)[0]

    def is_env(self, place: int) -> int:
        return -self._session.true if self._env is None else self.unroller.observe((self._env,), place)[0]

    def own(self, place: int) -> tuple[int, ...]:
        """Literals: this place's transition counts, and is no env step."""
        return (self.moves(place), -self.is_env(place))

    def valid(self, place: int) -> tuple[int, ...]:
        """Literals: up to this place, states have values of their types and satisfy the facts."""
        return tuple(literal for t in range(place + 1) for literal in self.valid_at(t))

    def valid_at(self, place: int) -> tuple[int, ...]:
        """Literals: the state of this place has values of its types and satisfies the facts."""
        return tuple(self.unroller.observe((valid,), place)[0] for valid in self._valid)

    def valid_in(self, unroller: Unroller) -> tuple[int, ...]:
        """The same of the first state of another unrolling, of the same variables."""
        return unroller.observe(self._valid, 0)

    def reaches(self, place: int) -> tuple[int, ...]:
        """Literals: the flight goes on to this place."""
        literals = list(self.valid(place))
        for before in range(place):
            literals += [*self.own(before), -self.lands(before)]
        return tuple(literals)

    def _settle(self, place: int, names: Iterable[str]) -> None:
        """What env steps cannot change is after the place as its transition left it."""
        names = [n for n in names if n not in self.disturbed]
        after, following = self.unroller.after(place, names), self.unroller.state(place + 1, names)
        self._session.clause((self._session.define_equal(f"undisturbed@{place}", after, following),))

    def _hold(self, place: int, held: Sequence[Observer]) -> None:
        """These conditions are after the place as its transition left them."""
        after, following = self.unroller.observe_after(held, place), self.unroller.observe(held, place + 1)
        self._session.clause((self._session.define_equal(f"held@{place}", after, following),))

    def _find_changed_by_env(self) -> None:
        """Asked of transition 0 from an arbitrary valid state. Each model shows some, until there are no more."""
        system = self._system
        table, now = system.table, {str(v.payload): v for v in system.state}
        assumptions = (self.moves(0), self.is_env(0), *self.valid(0))
        while self._unchanged:
            differs = [Observer(f"{n} changes", table.ne(now[n], system.primed[n]), on_state=False) for n in self._unchanged]
            literals = dict(zip(self._unchanged, self.unroller.observe(differs, 0), strict=True))
            if not self._inquiry.ask((*assumptions, self._session.define_or("env changes", list(literals.values())))):
                break
            self._changed.update(n for n, literal in literals.items() if self._session.value(literal))
            self._unchanged = tuple(n for n in self._unchanged if n not in self._changed)
        if self._changed & system.flight:
            raise NoFlights
        self.disturbed = frozenset(self._changed)


def _over(system: TransitionSystem, terms: Iterable[Term], cone: frozenset[str]) -> Term:
    """The conjuncts of these that are over the constants and the cone; leaving some out only permits more."""
    known = cone | {str(v.payload) for v in system.constants}
    kept: list[Term] = []
    waiting = list(terms)
    while waiting:
        term = waiting.pop()
        if term.op is Op.AND:
            waiting.extend(reversed(term.args))
        elif variables_of((term,)) <= known:
            kept.append(term)
    return system.table.and_(*kept)
