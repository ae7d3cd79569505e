"""One transition system with the queries that a proof may name, and what its stages have settled so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mmu_smt.certify.smtlib import Script
from mmu_smt.model.argument import LEMMA, PREMISE
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term

Query: TypeAlias = SafetyQuery | ProgressQuery


class NoCertificate(Exception):
    """A stage that cannot be written down, or that settles what it cannot settle. The message says why."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """`name`: of its file, without an ending. `says`: what `unsat` means, in lines of words. `text`: the script. `unrolled`: it
    follows several transitions, which some solvers find hard.
    """

    name: str
    says: tuple[str, ...]
    text: str
    unrolled: bool


@dataclass(slots=True)
class Case:
    """One transition system and what its proof has settled so far. `queries`: every query that a stage may name."""

    system: TransitionSystem
    queries: Mapping[str, Query]
    settled: dict[str, Query]
    clauses: list[Term]

    def facts(self) -> list[SafetyQuery]:
        """What holds of every place of every run, as queries that never happen."""
        table = self.system.table
        found = [q for q in self.settled.values() if isinstance(q, SafetyQuery)]
        return found + [SafetyQuery(f"clause {i}", table.not_(c), on_state=True) for i, c in enumerate(self.clauses)]

    def query(self, name: str) -> Query:
        if name not in self.queries:
            raise NoCertificate(f"there is no `{name}` to be proved")
        return self.queries[name]

    def safety(self, names: Iterable[str]) -> list[SafetyQuery]:
        found: list[SafetyQuery] = []
        for name in names:
            query = self.query(name)
            if not isinstance(query, SafetyQuery):
                raise NoCertificate(f"`{name}` is about infinite runs")
            found.append(query)
        return found


def case_of(system: TransitionSystem, asked: Sequence[Query]) -> Case:
    """A case in which nothing is settled yet. `asked`: the queries of the properties that are judged."""
    queries: dict[str, Query] = {q.name: q for q in asked}
    for query in asked:
        if isinstance(query, ProgressQuery):
            queries[PREMISE + query.name] = SafetyQuery(PREMISE + query.name, query.recurs, on_state=False)
        elif query.premise is not None:
            queries[PREMISE + query.name] = SafetyQuery(PREMISE + query.name, query.premise, on_state=query.on_state)
    for name, term in system.initial_invariants:
        queries[LEMMA + name] = SafetyQuery(LEMMA + name, system.table.not_(term), on_state=True)
    return Case(system, queries, {}, [])


def finished(name: str, script: Script, *says: str) -> Obligation:
    """The obligation that a script makes."""
    return Obligation(name, says, script.text(says), script.transitions > 1)
