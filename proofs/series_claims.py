"""Claim: of what the mails of the series say, each statement is decided by the model as `spec/series/claims.mmu` declares.

A statement is confirmed, or contradicted where the file declares that the model says otherwise, and why. `fixes` and `introduces` show
a scenario with the run of the one variant, and that the other is innocent in it; `introduces nothing` and `equals` are proofs. A
statement that is not decided within its time fails the claim: it has not been established.
"""

from __future__ import annotations

from claim import SPEC, Claim

from mmu_smt import ClauseOutcome, claims

SLICE = ("p01_loop", "p02_no_functional_change", "p03_loop", "p05_skipped")

claim = Claim(__doc__ or "", part=f"the claims {', '.join(SLICE)}")


def tell(outcome: ClauseOutcome) -> None:
    expected = "" if outcome.met else f", declared {outcome.expected}"
    claim.holds(outcome.met, f"{outcome.claim.name} in {outcome.config}: {outcome.finding}{expected}: {outcome.because}")


report = claims(SPEC / "series" / "claims.mmu", only=SLICE if claim.sliced else None, each=tell)
claim.holds(bool(report.outcomes) and not report.unusable, f"{len(report.outcomes)} statements were put to the model")
claim.conclude()
