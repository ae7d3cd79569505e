"""Obligations along flights: the transitions of a step that can be interrupted, with whatever env steps do left free between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mmu_smt.certify.cases import Case, NoCertificate, Obligation, finished
from mmu_smt.certify.smtlib import Script
from mmu_smt.certify.unrolling import Unrolling, by_env, valuation
from mmu_smt.model.argument import Along, Relied
from mmu_smt.model.cone import cone_of
from mmu_smt.model.system import SafetyQuery, TransitionSystem
from mmu_smt.model.table import variables
from mmu_smt.model.term import Op, Term


class Flight:
    """A flight that goes on to a place, where the facts hold. Its last transition is still open.

    `facts`: over constants and state. `moves`: the transitions that count. `undisturbed`: what env steps leave alone,
    whatever `along` says: state variables, and conditions over constants and state.
    `beside`: a script that has a flight of the same run already.
    """

    def __init__(
        self,
        case: Case,
        cone: frozenset[str],
        along: Along,
        place: int,
        *,
        facts: Sequence[Term],
        moves: Term,
        undisturbed: Sequence[Term] = (),
        beside: Script | None = None,
    ) -> None:
        system = case.system
        check_along(system, along)
        loose = frozenset(along.disturbed).difference(str(t.payload) for t in undisturbed if t.op is Op.VAR)
        self._held = [t for t in undisturbed if t.op is not Op.VAR]
        self.script = Script() if beside is None else beside
        self.run = run = Unrolling(self.script, system, cone, loose=loose, mark="" if beside is None else "again ")
        self.place = place
        self._idle = valuation(system, dict(along.idle))
        self._moves, self._env = moves, by_env(system)
        run.permit()
        self.script.demand("no step is in flight at place 0", run.at(0, self._idle))
        for at in range(place + 1):
            for fact in facts:
                self.script.demand(f"place {at}: types and what has been shown", run.at(at, fact))
        for before in range(place):
            self.own(before)
            self.stays(before)
            self.hold(before)

    def hold(self, place: int) -> None:
        """The next place finds the undisturbed conditions as this one's transition has left them."""
        for term in self._held:
            left, found = self.run.after(place, term), self.run.at(place + 1, term)
            self.script.demand(f"env steps after transition {place} leave it alone", self.script.equal(left, found))

    def own(self, place: int) -> None:
        """This place's transition counts, and is no env step."""
        self.counts(place)
        self.script.demand(f"transition {place} is no env step", self.script.negated(self.run.at(place, self._env)))

    def counts(self, place: int) -> None:
        """This place's transition is one that counts."""
        self.script.demand(f"transition {place} can be taken", self.run.at(place, self._moves))
        self.run.move(place)

    def stays(self, place: int) -> None:
        """A step is in flight after this place's transition."""
        self.script.demand(f"a step is in flight after transition {place}", self.script.negated(self.run.after(place, self._idle)))


def check_along(system: TransitionSystem, along: Along) -> None:
    """Raises NoCertificate where that cannot be a description of flights."""
    state = {str(v.payload): v.width for v in system.state}
    if frozenset(n for n, _ in along.idle) != system.flight or len(along.idle) != len(system.flight):
        raise NoCertificate("when no step is in flight is not said by the variables that describe it")
    for name, value in along.idle:
        if not 0 <= value < 1 << max(1, state[name]):
            raise NoCertificate(f"`{name}` has no value {value}")
    if not frozenset(along.disturbed) <= state.keys():
        raise NoCertificate("what env steps change is not state")
    if system.flight.intersection(along.disturbed):
        raise NoCertificate("an env step changes the step in flight")


def over(system: TransitionSystem, terms: Iterable[Term], cone: frozenset[str]) -> list[Term]:
    """The conjuncts of these that are over the constants and the cone; leaving some out only permits more."""
    known = cone | {str(v.payload) for v in system.constants}
    kept: dict[int, Term] = {}
    waiting = list(terms)[::-1]
    while waiting:
        term = waiting.pop()
        if term.op is Op.AND:
            waiting.extend(reversed(term.args))
        elif variables((term,)).keys() <= known:
            kept[term.id] = term
    return list(kept.values())


def env_leaves_alone(case: Case, cone: frozenset[str], along: Along, *, facts: Sequence[Term], moves: Term, name: str) -> Obligation:
    """No env step changes what is not said to be disturbed."""
    system = case.system
    check_along(system, along)
    script = Script()
    run = Unrolling(script, system, cone)
    run.permit()
    for fact in facts:
        script.demand("place 0: types and what has been shown", run.at(0, fact))
    script.demand("transition 0 can be taken", run.at(0, moves))
    script.demand("transition 0 is an env step", run.at(0, by_env(system)))
    run.move(0)
    alone = [n for n in run.cone if n not in along.disturbed]
    script.demand("something else changes", script.negated(run.same(0, 1, alone)))
    return finished(name, script, "Env steps change nothing but:", *(f"  {n}" for n in along.disturbed))


def relied(case: Case, stage: Relied, prefix: str) -> Iterator[Obligation]:
    """Rely-guarantee induction: the obligations. Raises NoCertificate."""
    return _Relied(case, stage, prefix).obligations()


class _Relied:
    def __init__(self, case: Case, stage: Relied, prefix: str) -> None:
        system = self._system = case.system
        self._case, self._stage, self._prefix = case, stage, prefix
        check_along(system, stage.along)
        members = [*case.safety(stage.queries), *rest_queries(system, stage)]
        self._states = [q for q in members if q.on_state]
        self._steps = [q for q in members if not q.on_state and not q.faulting]
        self._faults = [q for q in members if q.faulting]
        self._cone = cone_of(system, [q.bad for q in members], system.flight)
        table = system.table
        self._facts = over(system, [system.domain_state, *(table.not_(q.bad) for q in self._states)], self._cone)
        if stage.last < 0:
            raise NoCertificate("a flight of no place")

    def obligations(self) -> Iterator[Obligation]:
        yield self._base()
        facts, system, along = self._facts, self._system, self._stage.along
        yield env_leaves_alone(self._case, self._cone, along, facts=facts, moves=system.step_ok, name=f"{self._prefix}env")
        for place in range(self._stage.last + 1):
            yield self._kept(place)
        yield self._end()

    def _base(self) -> Obligation:
        script = Script()
        run = Unrolling(script, self._system, self._cone)
        run.initialise()
        idle = valuation(self._system, dict(self._stage.along.idle))
        hits = [script.negated(run.at(0, idle)), *(run.bad(0, q) for q in self._states)]
        script.demand("a step is in flight, or place 0 is bad", script.any(hits))
        says = "Along flights, base: in initial states no step is in flight, and none of these is bad:"
        return finished(f"{self._prefix}base", script, says, *(f"  {q.name}" for q in self._states))

    def _flight(self, place: int) -> Flight:
        """A flight to this place, with the claims at every state on it and of every transition before it."""
        flight = Flight(self._case, self._cone, self._stage.along, place, facts=self._facts, moves=self._system.step_ok)
        script, run = flight.script, flight.run
        for before in range(place):
            for query in self._states:
                script.demand(f"assumed after transition {before}: no {query.name}", script.negated(run.bad(before, query, after=True)))
            for query in self._steps:
                script.demand(f"assumed of transition {before}: no {query.name}", script.negated(run.bad(before, query)))
        return flight

    def _kept(self, place: int) -> Obligation:
        flight = self._flight(place)
        script, run = flight.script, flight.run
        run.move(place)
        took = run.took(place)
        broken = [script.all((took, run.bad(place, q, after=True))) for q in self._states]
        broken += [script.all((took, run.bad(place, q))) for q in self._steps]
        broken += [run.bad(place, q) for q in self._faults]
        script.demand(f"transition {place} breaks something", script.any(broken))
        says = f"Along flights: no transition from place {place} of a flight, of env or not, breaks any of these:"
        names = (f"  {q.name}" for q in (*self._states, *self._steps, *self._faults))
        return finished(f"{self._prefix}place-{place}", script, says, *names)

    def _end(self) -> Obligation:
        last = self._stage.last
        flight = self._flight(last)
        flight.own(last)
        flight.stays(last)
        return finished(f"{self._prefix}end", flight.script, f"Along flights: no flight goes on behind place {last}.")


def rest_queries(system: TransitionSystem, stage: Relied) -> list[SafetyQuery]:
    """What holds whenever no step is in flight, as queries that never happen. Raises NoCertificate."""
    table, state = system.table, {str(v.payload): v.width for v in system.state}
    idle = valuation(system, dict(stage.along.idle))
    found: list[SafetyQuery] = []
    for name, value in stage.rest:
        if name not in state or not 0 <= value < 1 << max(1, state[name]):
            raise NoCertificate(f"`{name}` has no value {value}")
        bad = table.and_(idle, table.not_(valuation(system, {name: value})))
        found.append(SafetyQuery(f"rest {name}", bad, on_state=True))
    return found
