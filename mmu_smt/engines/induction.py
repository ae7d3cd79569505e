"""k-induction with simple paths, for many safety queries at once.

A query holds of every run if it holds in the first k places of every run (the base, which the bounded search supplies) and if no run from
an arbitrary state has it in k places and not in the next (the step). Sheeran, Singh, Stålmarck: Checking safety properties using induction
and a SAT-solver (FMCAD 2000). Queries are assumed and proved together; those that fail are dropped until the rest carries itself, as in
Houdini (Flanagan, Leino, FME 2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmu_smt.engines.bounded import bad_observer
from mmu_smt.engines.completeness import GaveUp, Inquiry, SimplePaths
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.system import SafetyQuery, TransitionSystem
from mmu_smt.solve.session import Session

PHASE = "induction"


@dataclass(slots=True)
class _Candidate:
    """`assumed`: literal under which the query holds in every place before the one in question."""

    query: SafetyQuery
    observer: Observer
    assumed: int
    places: int = 0  # how many places `assumed` speaks of
    proved: bool = False
    aside: bool = False
    facts: int = 0  # how many places a proved query has been asserted of


class Induction:
    """Induction steps of growing depth in one session.

    A place of a state query is a state; of a query of transitions, a transition. At depth k the places 0 … k-1 are assumed good and place k
    is in question; for transitions the state queries are assumed in state k as well, since they are proved there from the same assumptions.
    """

    def __init__(self, session: Session, system: TransitionSystem, cone: frozenset[str], queries: Iterable[SafetyQuery]) -> None:
        self._session = session
        self._inquiry = Inquiry(session, PHASE, 0)
        self._unroller = Unroller(session, system, cone)
        self._unroller.assume()
        self._unroller.extend()
        self._simple = SimplePaths(session, "step", lambda i, _: self._unroller.state(i, self._unroller.cone))
        self._taken = 0  # transitions asserted to be taken
        self._candidates = {q.name: _Candidate(q, bad_observer(system, q), session.variable(f"{q.name}.assumed")) for q in queries}

    def prove(self, name: str) -> None:
        """Take note that this holds of every run: it is a fact from here on."""
        self._candidates[name].proved = True

    def set_aside(self, name: str) -> None:
        """This one's base is not extended any more: it is no candidate, but may yet be proved by others."""
        self._candidates[name].aside = True

    def drop(self, name: str) -> None:
        """This one does not hold, or nobody asks any more."""
        self._candidates.pop(name, None)

    def inductive(self, k: int, until: int) -> frozenset[str]:
        """Candidates that are k-inductive together with the facts (k >= 1). `until`: the session's total effort in rlimit units at which
        the attempt is given up and nothing is claimed.

        Raises OutOfBudget when the run's own budget ends.
        """
        self._inquiry.until = until
        self._deepen(k)
        alive = [c for c in self._candidates.values() if not c.proved and not c.aside]
        try:
            return frozenset(c.query.name for c in self._fixpoint(alive, k))
        except GaveUp:
            return frozenset()

    def _deepen(self, k: int) -> None:
        """Assert k taken transitions, define one more, and bring assumptions and facts up to place k."""
        session, unroller = self._session, self._unroller
        while self._taken < k:
            session.clause((unroller.took(self._taken),))
            self._taken += 1
            unroller.extend()
        for t in range(k + 1):
            unroller.observe([c.observer for c in self._candidates.values() if c.query.on_state], t)
            unroller.observe([c.observer for c in self._candidates.values() if not c.query.on_state], t)
        for candidate in self._candidates.values():
            while candidate.places < k:
                session.clause((-candidate.assumed, -self._bad(candidate, candidate.places)))
                candidate.places += 1
            # A proved query of transitions is a fact of transitions that are taken: of all before k. A proved state query also of state k.
            last = k + 1 if candidate.query.on_state else k
            while candidate.proved and candidate.facts < last:
                session.clause((-self._bad(candidate, candidate.facts),))
                candidate.facts += 1

    def _fixpoint(self, alive: list[_Candidate], k: int) -> list[_Candidate]:
        """Drop what fails until nothing does. A dropped query is no assumption any more, so everything is asked again."""
        while True:
            states = [c for c in alive if c.query.on_state]
            steps = [c for c in alive if not c.query.on_state and not c.query.faulting]
            faults = [c for c in alive if c.query.faulting]
            assumed = [c.assumed for c in alive]
            here = [-self._bad(c, k) for c in states]
            took = self._unroller.took(k)
            failed = self._failing(states, assumed, k)
            failed = failed or self._failing(faults, assumed + here, k)
            failed = failed or self._failing(steps, [*assumed, *here, took], k)
            if not failed:
                return alive
            alive = [c for c in alive if c.query.name not in failed]

    def _failing(self, group: Sequence[_Candidate], assumptions: list[int], k: int) -> frozenset[str]:
        """Those of the group that fail in place k of one simple path, or none if there is no such path for any."""
        if not group:
            return frozenset()
        bads = [self._bad(c, k) for c in group]
        some = self._session.define_or(f"step fails@{k}", bads)
        question = (*assumptions, some, self._simple.active)
        while self._inquiry.ask(question):
            if not self._simple.refine(k):
                return frozenset(c.query.name for c, bad in zip(group, bads, strict=True) if self._session.value(bad))
        return frozenset()

    def _bad(self, candidate: _Candidate, place: int) -> int:
        return self._unroller.observe((candidate.observer,), place)[0]
