"""Claim: undisturbed, every attempt completes by VM-entry N+1, for one and the same least N in every stage where it completes at all.

An instruction with at most one data access that can be emulated. On shadow paging N = 4 in every stage of the series, from before its
first patch on: none of them costs the guest an entry there. On NPT there is no N up to v2_03, where KVM loops, and N = 9 from v2_04 on,
whatever the later patches do. N is least: some attempt does enter the guest N times without completing.
"""

from __future__ import annotations

from claim import Claim

from mmu_smt import Word, check

STAGES = ("base", *(f"v2_{n:02}" for n in range(1, 23)), "v6_14", "v6_18")
LOOPING = STAGES[: STAGES.index("v2_04")]
SLICE = ("v2_03", "v2_04", "v2_22")

claim = Claim(__doc__ or "", part=f"the stages {', '.join(SLICE)}")
for machine, least, looping in (("legacy_shadow", 4, ()), ("svm_direct", 9, LOOPING)):
    for stage in SLICE if claim.sliced else STAGES:
        (result,) = check(stage, config=f"quiet,one_access,{machine}", properties=["completes_within"])
        (verdict,) = (v for v in result.verdicts if v.property.name == "completes_within")
        if stage in looping:
            claim.holds(verdict.word is Word.VIOLATED, f"{machine}, {stage}: {verdict.word}, there is no N")
        else:
            claim.holds(
                verdict.word is Word.PROVED and verdict.vacuity is None and verdict.least == least,
                f"{machine}, {stage}: {verdict.word}, N = {verdict.least} ({verdict.by})",
            )
claim.conclude()
