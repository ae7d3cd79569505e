"""What the scheduler keeps of questions that are not settled yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from mmu_smt.engines.completeness import Inquiry
from mmu_smt.engines.ranking import Ranking
from mmu_smt.engines.result import RawRun

Shape: TypeAlias = tuple[int, frozenset[str]]
"""Of a progress query: the event that it excludes from the loop (a term's id), and its cone."""


@dataclass(slots=True)
class Ongoing:
    """A ranking going on. `told`: names of the facts that it has been told."""

    ranking: Ranking
    inquiry: Inquiry
    told: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True)
class Provisional:
    """A run that shows what a query asks for, found when the search for the shortest had spent `effort`."""

    run: RawRun
    effort: int
