"""The rankings of one run: queries that exclude the same event from the loop, and see the same, share one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mmu_smt.engines.completeness import GaveUp, Inquiry
from mmu_smt.engines.dependencies import Cones
from mmu_smt.engines.flights import NoFlights
from mmu_smt.engines.ranking import Ranking
from mmu_smt.engines.unroll import Observer
from mmu_smt.model.argument import Ranked
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.solve.budget import Meter
from mmu_smt.solve.session import Session

Shape: TypeAlias = tuple[int, frozenset[str]]
"""Of a progress query: the event that it excludes from the loop (a term's id), and its cone."""


@dataclass(slots=True)
class _Ongoing:
    """A ranking going on. `told`: names of the facts that it has been told."""

    ranking: Ranking
    inquiry: Inquiry
    told: set[str] = field(default_factory=set[str])


class Rankings:
    """The search for them. `sessions`: where sessions are noted. `looping`: names of queries that some loop violates, from a state that may
    not be reachable.
    """

    def __init__(self, system: TransitionSystem, cones: Cones, meter: Meter, seed: int, sessions: dict[str, Session]) -> None:
        self._system = system
        self._cones = cones
        self._meter = meter
        self._seed = seed
        self._sessions = sessions
        self._ongoing: dict[Shape, _Ongoing] = {}
        self._impossible: set[Shape] = set()
        self.looping: set[str] = set()

    def shape(self, query: ProgressQuery) -> Shape:
        """Queries of one shape have one ranking."""
        return query.never.id, self._cones.of_progress(query)

    def begun(self, query: ProgressQuery) -> bool:
        """There is a ranking of this query's shape."""
        return self.shape(query) in self._ongoing

    def excludes(
        self,
        query: ProgressQuery,
        facts: Sequence[SafetyQuery],
        until: int,
        longest: int,
        phase: str,
        *,
        idle: Mapping[str, int],
        env: Observer | None,
    ) -> bool:
        """True iff no loop violates the query (fair or not, where it has a bound), as far as that is found before its shape's session has
        cost so many units, from runs of at most `longest` transitions. `facts`: what has been proved. `idle`, `env`: as for `Flights`.
        Raises OutOfBudget.
        """
        shape = self.shape(query)
        if shape in self._impossible:
            return False
        if shape not in self._ongoing:
            session = self._sessions[f"ranking {query.name}"] = Session(self._meter, seed=self._seed)
            inquiry = Inquiry(session, phase, 0)
            self._ongoing[shape] = _Ongoing(Ranking(inquiry, self._system, query.never, shape[1], idle=idle, env=env), inquiry)
        ongoing = self._ongoing[shape]
        news = {f.name: self._system.table.not_(f.bad) for f in facts if f.on_state and f.name not in ongoing.told}
        if news:
            ongoing.ranking.learn(list(news.values()))
            ongoing.told.update(news)
        ongoing.inquiry.until, ongoing.inquiry.phase = max(until, ongoing.inquiry.until), phase
        try:
            found = ongoing.ranking.excludes_loops(query.recurs, longest, fair=query.within is None)
        except GaveUp:
            return False
        except NoFlights:
            self._impossible.add(shape)
            return False
        if not found and ongoing.ranking.finds_loop(query.recurs, fair=query.within is None):
            self.looping.add(query.name)
        return found

    def argument(self, query: ProgressQuery) -> tuple[Ranked, str]:
        """Why no loop violates the query, once that has been found: for a certificate, and for the report."""
        ranking, fair = self._ongoing[self.shape(query)].ranking, query.within is None
        return ranking.argument(query.name, query.recurs, fair=fair), ranking.how(query.recurs, fair=fair)
