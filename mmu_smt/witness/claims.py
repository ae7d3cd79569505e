"""What an evaluation of claims returns: one outcome a statement. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmu_smt.semantics.claims import Claim, Clause
    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.witness.comparisons import Comparison
    from mmu_smt.witness.expectations import Outcome


class Finding(StrEnum):
    """What the model says of a claim."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class ClauseOutcome:
    """One statement of a claim. `because`: in a few words. `comparison`, or `outcomes` where it is about verdicts: the evidence."""

    target: str
    claim: Claim
    clause: Clause
    config: str
    finding: Finding
    because: str
    comparison: Comparison | None = None
    outcomes: tuple[Outcome, ...] = ()

    @property
    def expected(self) -> Finding:
        """What the declaration says should be found."""
        return Finding.CONFIRMED if self.clause.contradicted is None else Finding.CONTRADICTED

    @property
    def met(self) -> bool:
        """It is as expected: confirmed, or contradicted where the declaration says so."""
        return self.finding is self.expected

    @property
    def missed(self) -> bool:
        """It is decided, and not as expected."""
        return not self.met and self.finding is not Finding.UNDECIDED


@dataclass(frozen=True, slots=True)
class ClaimsReport:
    """Every outcome of the files, in order, and what could not be evaluated: the diagnostics of each unusable file, by its name."""

    outcomes: tuple[ClauseOutcome, ...]
    unusable: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict[str, "tuple[Diagnostic, ...]"])
    seconds: float = 0.0

    @property
    def missed(self) -> tuple[ClauseOutcome, ...]:
        return tuple(o for o in self.outcomes if o.missed)

    @property
    def undecided(self) -> tuple[ClauseOutcome, ...]:
        return tuple(o for o in self.outcomes if o.finding is Finding.UNDECIDED)
