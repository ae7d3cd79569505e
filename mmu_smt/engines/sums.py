"""Bounds made inductive by sums: `x <= c` follows from `x + y + [p] <= c`, which may be inductive where the bound itself is not.

A counter that only grows where something else is used up is bounded by what there is of it. Tried for queries that say of some state
variables that each is at most a constant: with one further number of the state (`y`), which is no element of an array, and one condition
(`p`, which counts for one if it holds) out of those on which the counter's next value, or a step, depends. Of all such sums those are
dropped that some initial state or some transition refutes, until the rest carries itself, as in Houdini (Flanagan, Leino, FME 2001).
Sums of this kind are ranking functions of what is tried again and again, read backwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mmu_smt.engines.atoms import conditions, conjuncts
from mmu_smt.engines.bounded import bad_observer
from mmu_smt.engines.certified import certify
from mmu_smt.engines.completeness import GaveUp, Inquiry
from mmu_smt.engines.dependencies import Cones
from mmu_smt.engines.result import Invariant
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.system import SafetyQuery, TransitionSystem
from mmu_smt.model.table import TermTable, variables
from mmu_smt.model.term import Op, Term
from mmu_smt.solve.budget import Meter
from mmu_smt.solve.session import Session

MOST = 4_000
"""So many sums are tried for a query; with more it is left to other arguments."""

WIDEST = 16
"""Bits of a number that takes part."""

LEFT_OUT = 200
"""With more sums that carry themselves than this, none is left out again."""

GUARDS = 64
"""Conditions under which steps can be taken are tried as well, if there are no more than this."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A state variable and what it is at most, over constants."""

    variable: Term
    most: Term


@dataclass(slots=True)
class _Attempt:
    """A search going on: sums that nothing has refuted yet, by bound, with the literals before and after a transition."""

    inquiry: Inquiry
    unroller: Unroller
    alive: dict[Bound, list[Observer]]
    facts: list[SafetyQuery]
    initially: bool = False  # initial states have been asked about
    over: bool = False


class Sums:
    """The attempts of one run. `sessions`: where sessions are noted."""

    def __init__(self, system: TransitionSystem, cones: Cones, meter: Meter, seed: int, sessions: dict[str, Session]) -> None:
        self._system = system
        self._cones = cones
        self._meter = meter
        self._seed = seed
        self._sessions = sessions
        self._attempts: dict[str, _Attempt | None] = {}

    def invariant(self, query: SafetyQuery, facts: Sequence[SafetyQuery], until: int, phase: str) -> Invariant | None:
        """Sums from which the query follows, and which are inductive given the facts; None where none have been found before the session
        has cost so many units. `facts`: what has been proved when this is asked first. Raises OutOfBudget.
        """
        if query.name not in self._attempts:
            self._attempts[query.name] = self._begin(query, facts)
        attempt = self._attempts[query.name]
        if attempt is None or attempt.over:
            return None
        attempt.inquiry.until, attempt.inquiry.phase = max(until, attempt.inquiry.until), phase
        try:
            if not self._refute(attempt):
                attempt.over = True
                return None
            clauses = [o.term for o in self._chosen(attempt)]
        except GaveUp:
            return None
        attempt.over = True
        session = self._sessions[f"certificate of {query.name}"] = Session(self._meter, seed=self._seed)
        certify(session, self._system, query, self._cones.of_safety(query) | self._cones.close(self._seen(attempt)), clauses, attempt.facts)
        return Invariant(tuple(clauses), tuple(attempt.facts))

    def _begin(self, query: SafetyQuery, facts: Sequence[SafetyQuery]) -> _Attempt | None:
        found = bounds(self._system, query)
        if not found:
            return None
        alive = {bound: [Observer(f"sum {t.id}", t, on_state=True) for t in sums(self._system, bound)] for bound in found}
        if sum(map(len, alive.values())) > MOST:
            return None
        session = self._sessions[f"sums {query.name}"] = Session(self._meter, seed=self._seed)
        known = [f for f in facts if f.on_state]
        terms = [o.term for group in alive.values() for o in group]
        cone = self._cones.of_safety(query) | self._cones.close(self._cones.seen(*terms, *(f.bad for f in known)))
        unroller = Unroller(session, self._system, cone)
        unroller.assume()
        unroller.extend()
        for fact in known:
            session.clause((-unroller.observe((bad_observer(self._system, fact),), 0)[0],))
        return _Attempt(Inquiry(session, "", 0), unroller, alive, known)

    def _seen(self, attempt: _Attempt) -> frozenset[str]:
        return self._cones.seen(*(o.term for group in attempt.alive.values() for o in group), *(f.bad for f in attempt.facts))

    def _refute(self, attempt: _Attempt) -> bool:
        """Drop what is refuted until the rest is inductive. False where some bound is left without a sum."""
        unroller = attempt.unroller
        if not attempt.initially:
            while self._drop(attempt, (unroller.initial(),), after=False):
                pass
            attempt.initially = True
        while all(attempt.alive.values()):
            if not self._drop(attempt, (*self._before(attempt.alive, unroller), unroller.took(0)), after=True):
                return True
        return False

    def _before(self, alive: dict[Bound, list[Observer]], unroller: Unroller) -> tuple[int, ...]:
        return unroller.observe([o for group in alive.values() for o in group], 0)

    def _drop(self, attempt: _Attempt, given: tuple[int, ...], *, after: bool) -> bool:
        """Drop the sums that a model of `given` refutes, where its transition leads or in its state. False where there is none."""
        every = [o for group in attempt.alive.values() for o in group]
        observe = attempt.unroller.observe_after if after else attempt.unroller.observe
        literals = dict(zip(every, observe(every, 0), strict=True))
        session = attempt.inquiry.session
        if not attempt.inquiry.ask((*given, session.define_or("some sum is exceeded", [-literal for literal in literals.values()]))):
            return False
        kept = {o for o in every if session.value(literals[o])}
        attempt.alive = {bound: [o for o in group if o in kept] for bound, group in attempt.alive.items()}
        return True

    def _chosen(self, attempt: _Attempt) -> list[Observer]:
        """Few sums that carry themselves, at least one for each bound: those are left out, plain ones first, that the others do without."""
        kept = [(bound, o) for bound, group in attempt.alive.items() for o in group]
        for pair in list(kept) if len(kept) <= LEFT_OUT else ():
            rest = [other for other in kept if other is not pair]
            if any(bound is pair[0] for bound, _ in rest) and self._carry_themselves(attempt, [o for _, o in rest]):
                kept = rest
        return [o for _, o in kept]

    def _carry_themselves(self, attempt: _Attempt, group: list[Observer]) -> bool:
        unroller, session = attempt.unroller, attempt.inquiry.session
        before, after = unroller.observe(group, 0), unroller.observe_after(group, 0)
        some = session.define_or("one sum is exceeded", [-literal for literal in after])
        return not attempt.inquiry.ask((*before, unroller.took(0), some), model=False)


def bounds(system: TransitionSystem, query: SafetyQuery) -> tuple[Bound, ...]:
    """What the query says, if it says of state variables that each is at most something rigid; nothing otherwise."""
    if not query.on_state or query.is_cover:
        return ()
    table = system.table
    state = {v.id for v in system.state}
    constants = {str(v.payload) for v in system.constants}
    found: list[Bound] = []
    for part in conjuncts(table, query.bad, negated=True):
        if part.op is not Op.BVULE or part.args[0].id not in state or not variables((part.args[1],)).keys() <= constants:
            return ()
        found.append(Bound(part.args[0], part.args[1]))
    return tuple(found)


def sums(system: TransitionSystem, bound: Bound) -> Iterator[Term]:
    """Conditions from each of which the bound follows, plain ones first."""
    table = system.table
    x = bound.variable
    numbers = [v for v in system.state if 0 < v.width <= WIDEST and v is not x and "[" not in str(v.payload)]
    tried = list(conditions(system, system.next[str(x.payload)]))
    guards = [p for p in conditions(system, system.step_ok) if p not in tried]
    tried += guards if len(guards) <= GUARDS else []
    for y in (None, *numbers):
        for p in (None, *tried):
            width = max(x.width, bound.most.width, 0 if y is None else y.width) + 2
            total = _wide(table, x, width)
            if y is not None:
                total = table.bvadd(total, _wide(table, y, width))
            if p is not None:
                total = table.bvadd(total, table.ite(p, table.const(1, width), table.const(0, width)))
            yield table.ule(total, _wide(table, bound.most, width))


def _wide(table: TermTable, term: Term, width: int) -> Term:
    return table.zero_extend(term, width - term.width)
