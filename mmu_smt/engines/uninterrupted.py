"""Bounded search among the runs in which no step is interrupted: env steps happen only between the steps of others.

Where steps can be interrupted a run of few steps is one of many transitions, and the search for the shortest runs gets nowhere near it. In
a system whose steps are atomic the same run has as many transitions as steps. It shows less (what needs an interruption is not found), and
what it finds need not be the shortest run; but every run that it finds is one of the system itself, since nobody has to interrupt. Reducing
the schedules that are looked at is the idea of context bounding (Qadeer, Rehof: Context-bounded model checking of concurrent software,
TACAS 2005).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

from mmu_smt.engines.bounded import Goal, Search
from mmu_smt.engines.dependencies import Cones
from mmu_smt.engines.lasso import LassoGoal
from mmu_smt.engines.result import RawRun
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.solve.budget import Meter
from mmu_smt.solve.session import Session

PHASE = "uninterrupted steps"


@dataclass(frozen=True, slots=True)
class Uninterrupted:
    """The same program with atomic steps, and the queries that are asked of the program itself, by the same names.

    `confirm`: is this a run of the program itself that shows what the query of this name asks for?
    """

    system: TransitionSystem
    queries: Sequence[SafetyQuery | ProgressQuery]
    confirm: Callable[[str, RawRun], bool]


@dataclass(frozen=True, slots=True)
class Provisional:
    """A run that shows what a query asks for, found when the search for the shortest had spent `effort`."""

    run: RawRun
    effort: int


class UninterruptedSearch:
    """The search, one depth at a time. `depth`: transitions that have been searched."""

    def __init__(self, uninterrupted: Uninterrupted, wanted: Container[str], meter: Meter, seed: int) -> None:
        system = uninterrupted.system
        self.session = Session(meter, seed=seed)
        self.depth = -1
        self._confirm = uninterrupted.confirm
        queries = [q for q in uninterrupted.queries if q.name in wanted]
        safety = [q for q in queries if isinstance(q, SafetyQuery) and not q.faulting]
        progress = [q for q in queries if isinstance(q, ProgressQuery) and not isinstance(q.within, int)]
        cones = Cones(system)
        cone_of = {q.name: cones.of_safety(q) for q in safety} | {q.name: cones.of_progress(q) for q in progress}
        self._search = Search(self.session, system, frozenset[str]().union(*cone_of.values()))
        self._goals: dict[str, Goal] = {q.name: self._search.safety(q, cone_of[q.name]) for q in safety}
        self._lassos = {q.name: self._search.lasso(q, cone_of[q.name]) for q in progress}

    def deepen(self, wanted: Container[str]) -> dict[str, RawRun]:
        """Search the runs of one more transition for the queries still wanted; those found, and confirmed, by name.

        A run that is not confirmed ends the search for its query. Raises OutOfBudget.
        """
        found: dict[str, RawRun] = {}
        self._goals = {n: g for n, g in self._goals.items() if n in wanted}
        self._lassos = {n: g for n, g in self._lassos.items() if n in wanted}
        if not self._goals and not self._lassos:
            return found
        length = self.depth + 1
        if length:
            self._search.extend()
            self._search.advance()
        self._search.reach(list(self._goals.values()), length, lambda g, literal: self._reached(g, literal, length, found), PHASE)
        if length:
            self._search.loop(list(self._lassos.values()), length, lambda g, literal: self._looped(g, literal, length, found), PHASE)
        self.depth = length
        return found

    @property
    def idle(self) -> bool:
        """There is nothing left to search for."""
        return not self._goals and not self._lassos

    def _reached(self, goal: Goal, literal: int, length: int, found: dict[str, RawRun]) -> None:
        self._goals.pop(goal.name)
        self._claim(goal.name, self._search.shortest(length, (literal,)), found)

    def _looped(self, goal: LassoGoal, literal: int, length: int, found: dict[str, RawRun]) -> tuple[str, ...]:
        self._lassos.pop(goal.name)
        self._claim(goal.name, self._search.shortest(length, (literal,), loops=goal.loops), found)
        return (goal.name,)

    def _claim(self, name: str, run: RawRun, found: dict[str, RawRun]) -> None:
        if self._confirm(name, run):
            found[name] = run
