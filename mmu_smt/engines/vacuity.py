"""Does a proved property hold only because its premise, or the event that should recur, never happens? Premises are covers of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mmu_smt.engines.result import EngineVerdict
from mmu_smt.model.system import ProgressQuery, SafetyQuery
from mmu_smt.witness.verdicts import OpenPremise, Word


@dataclass(slots=True)
class Premise:
    """`query`: a cover of the premise. `reached`: None while open. `left`: how the search for it ended, where it did without an answer."""

    of: str
    query: SafetyQuery
    reached: bool | None = None
    left: OpenPremise = field(default_factory=OpenPremise)


def premises(queries: Iterable[SafetyQuery | ProgressQuery]) -> tuple[Premise, ...]:
    """The premise of each query that can be vacuous: an implication's left side, or the recurring event."""
    found: list[Premise] = []
    for query in queries:
        if query.is_cover:
            continue
        name = f"premise of {query.name}"  # no query's name has a blank
        if isinstance(query, ProgressQuery):
            found.append(Premise(query.name, SafetyQuery(name, query.recurs, on_state=False, is_cover=True)))
        elif query.premise is not None:
            found.append(Premise(query.name, SafetyQuery(name, query.premise, on_state=query.on_state, is_cover=True)))
    return tuple(found)


def judge(verdict: EngineVerdict, premise: Premise | None) -> EngineVerdict:
    """The verdict in the light of what is known of the premise. Only proofs are touched."""
    if premise is None or verdict.word is not Word.PROVED or premise.reached:
        return verdict
    if premise.reached is None:
        return replace(verdict, vacuity=premise.left)
    return replace(verdict, word=Word.VACUOUS)
