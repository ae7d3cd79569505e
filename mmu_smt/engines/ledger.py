"""The book of verdicts: what has been settled, what is open, and what vacuity makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mmu_smt.engines.result import Argument, EngineVerdict, RawRun
from mmu_smt.engines.vacuity import judge, premises
from mmu_smt.model.system import ProgressQuery, SafetyQuery
from mmu_smt.witness.verdicts import Engine, OpenPremise, UnknownReason, Word

LEAST = "least"


class Ledger:
    """`clock`: wall seconds since the run began. A query is settled once; later evidence changes nothing."""

    def __init__(self, queries: Sequence[SafetyQuery | ProgressQuery], clock: Callable[[], float]) -> None:
        self.queries = {q.name: q for q in queries}
        self._clock = clock
        self._verdicts: dict[str, EngineVerdict] = {}
        self._premises = {p.of: p for p in premises(queries)}
        self._of = {p.query.name: p for p in self._premises.values()}

    @property
    def premise_queries(self) -> tuple[SafetyQuery, ...]:
        return tuple(p.query for p in self._premises.values())

    def is_open(self, name: str) -> bool:
        return name not in self._verdicts

    def finished(self) -> bool:
        """Every query has its verdict, and no proof waits for its premise."""
        if len(self._verdicts) < len(self.queries):
            return False
        return all(p.reached is not None or self._verdicts[p.of].word is not Word.PROVED for p in self._premises.values())

    def wants_premise(self, name: str) -> bool:
        """Is it worth asking whether this premise is reachable?"""
        premise = self._of[name]
        return premise.reached is None and (self.is_open(premise.of) or self._verdicts[premise.of].word is Word.PROVED)

    def waits_for(self, name: str) -> bool:
        """A query without a verdict, or a premise of which it is worth asking; lemmas are neither."""
        return self.is_open(name) if name in self.queries else name in self._of and self.wants_premise(name)

    def witnessed(self, name: str, run: RawRun, refuted: int, phase: str, *, uninterrupted: bool = False) -> None:
        """A run violates or reaches the query; none of up to `refuted` transitions does."""
        word = Word.REACHED if self.queries[name].is_cover else Word.VIOLATED
        self._settle(EngineVerdict(name, word, bound=_natural(refuted), run=run, phase=phase, uninterrupted=uninterrupted))

    def proved(self, name: str, why: Argument, least: int | None, phase: str) -> None:
        """No run violates or reaches the query."""
        word = Word.UNREACHABLE if self.queries[name].is_cover else Word.PROVED
        found = EngineVerdict(name, word, by=why.by, bound=why.bound, least=least, phase=phase, invariant=why.invariant, engine=why.engine)
        self._settle(found)

    def no_initial_state(self, phase: str) -> None:
        """Nothing can happen: what holds, holds of nothing."""
        for name, query in self.queries.items():
            word = Word.UNREACHABLE if query.is_cover else Word.VACUOUS
            self._settle(EngineVerdict(name, word, by="no initial state", phase=phase, engine=Engine.TERMINATION))

    def premise_reached(self, name: str) -> None:
        self._of[name].reached = True

    def premise_unreachable(self, name: str, why: Argument, phase: str) -> None:
        """The premise happens in no run. What never happens does not recur either, so a progress query is proved with it."""
        premise = self._of[name]
        premise.reached = False
        query = self.queries[premise.of]
        if isinstance(query, ProgressQuery) and self.is_open(premise.of):
            plain = Argument(why.by, why.engine)
            self.proved(premise.of, plain, 0 if query.within == LEAST else None, phase)

    def leave_open(self, word: Word, refuted: Mapping[str, int], reason: UnknownReason | None, phase: str) -> None:
        """Give every open query this word, with the number of transitions exhausted for it. Premises that are open stay so."""
        for name in self.queries:
            if self.is_open(name):
                self._settle(EngineVerdict(name, word, bound=_natural(refuted.get(name, -1)), reason=reason, phase=phase))
        for premise in self._premises.values():
            premise.left = OpenPremise(reason, phase, _natural(refuted.get(premise.query.name, -1)))

    def verdicts(self) -> tuple[EngineVerdict, ...]:
        """In the order of the queries, with vacuity taken into account."""
        return tuple(judge(self._verdicts[name], self._premises.get(name)) for name in self.queries)

    def _settle(self, verdict: EngineVerdict) -> None:
        self._verdicts.setdefault(verdict.name, replace(verdict, seconds=self._clock()))


def _natural(number: int) -> int | None:
    return number if number >= 0 else None
