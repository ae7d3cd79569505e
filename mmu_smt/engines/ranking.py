"""Absence of lassos by a ranking that is found, not given: variables that can only move one way.

In a loop every variable of the cone returns to its value. One that no transition of a loop can decrease (or none can increase) is therefore
constant there; with it constant, others may become monotone, and so on: a lexicographic ranking, found to its fixpoint. What remains is a
question about a few transitions: does a run of n transitions exist, from any state, in which all these variables stand still and which ends
with the recurring event? If not, neither does a loop, since every loop can be gone round backwards for n transitions. No reachability is
needed beyond proved invariants, and fairness plays no role.

The idea is that of lexicographic ranking functions (Bradley, Manna, Sipma: Linear ranking with reachability, CAV 2005), with coordinates
taken from single variables, and of k-liveness's stabilising constraints (Claessen, Sörensson, FMCAD 2012).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mmu_smt.engines.completeness import attempted
from mmu_smt.engines.dependencies import variables_of
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.system import ProgressQuery, TransitionSystem
from mmu_smt.model.term import Term
from mmu_smt.solve.session import Session

PHASE = "ranking"


class Ranking:
    """The search for such an argument for one query, in a session of its own.

    `cone`: the state variables on which the query's lassos close. `facts`: proved invariants, over constants and state.
    """

    def __init__(self, session: Session, system: TransitionSystem, query: ProgressQuery, cone: frozenset[str], facts: Iterable[Term]) -> None:
        self.stable: list[str] = []
        """Variables that stand still in every loop, in the order in which they were found."""
        self._session = session
        self._unroller = Unroller(session, system, cone)
        self._unroller.assume()
        known = cone | {str(v.payload) for v in system.constants}
        self._facts = tuple(Observer(f"fact{i}", t, on_state=True) for i, t in enumerate(facts) if variables_of((t,)) <= known)
        self._moves = Observer("took in loop", system.step_ok_loop, on_state=False)
        self._recurs = Observer("recurs", query.recurs, on_state=False)
        self._never = Observer("never", query.never, on_state=False)
        self._same: dict[str, Observer] = {}
        self._monotone: dict[str, tuple[Observer, Observer]] = {}
        self._compare(system)
        self._complete = False
        self._assert_state(0)

    def excludes_loops(self, n: int, limit: int) -> bool:
        """True iff no run of n loop transitions in which the stable variables stand still ends with `recurs`: then no lasso exists.

        `limit`: rlimit units for each question. Raises GaveUp where one is spent, OutOfBudget where the run's budget is.
        """
        if not self._complete:
            self._find_stable(limit)
            self._complete = True
        while self._unroller.length < n:
            self._extend()
        last = self._unroller.observe((self._recurs,), n - 1)[0]
        return not attempted(self._session, (last,), limit, PHASE)

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

    def _find_stable(self, limit: int) -> None:
        """Rounds to the fixpoint: whatever is monotone while the stable variables stand still is stable too."""
        self._extend()
        while True:
            found = self._monotone_now([n for n in self._same if n not in self.stable], limit)
            if not found:
                return
            self.stable.extend(found)
            self._hold_still(found, 0)

    def _monotone_now(self, names: Sequence[str], limit: int) -> list[str]:
        """Those of the names that transition 0 can only raise, or only lower. Each model drops every direction that it refutes."""
        observers = [(name, o) for name in names for o in self._monotone[name]]
        literals = self._unroller.observe([o for _, o in observers], 0)
        alive = [(name, lit) for (name, _), lit in zip(observers, literals, strict=True)]
        while alive:
            some = self._session.define_or("not monotone", [-lit for _, lit in alive])
            if not attempted(self._session, (some,), limit, PHASE):
                break
            alive = [(name, lit) for name, lit in alive if self._session.value(lit)]
        return list(dict.fromkeys(name for name, _ in alive))

    def _extend(self) -> None:
        """One more transition that a loop may take: none that satisfies `never`, none that changes a stable variable."""
        t = self._unroller.length
        self._unroller.extend()
        moves, never = self._unroller.observe((self._moves, self._never), t)
        self._session.clause((moves,))
        self._session.clause((-never,))
        self._hold_still(self.stable, t)
        self._assert_state(t + 1)

    def _hold_still(self, names: Sequence[str], t: int) -> None:
        for literal in self._unroller.observe([self._same[n] for n in names], t):
            self._session.clause((literal,))

    def _assert_state(self, t: int) -> None:
        for literal in self._unroller.observe(self._facts, t):
            self._session.clause((literal,))
