"""Claim: the final handler cannot go wrong about the retry flag without a property noticing.

Every mutant of the statement of `v2_22` that sets ALLOW_RETRY_PF (left out, another flag, another assignment) is killed by a property or
proved to do what the original does, in the default config. (docs/mutants.md has the mutants of the whole handler: `make mutants`.)
"""

from __future__ import annotations

from claim import Claim

from mmu_smt import Fate, mutate

OPERATORS = ("assign-op", "flag", "drop-assignment")
SIZES = {"GFNS": 3, "LEVELS": 2}  # of the slice

claim = Claim(__doc__ or "", part="3 frames and 2 levels")
report = mutate(
    "v2_22",
    functions=("write_protect_fault",),
    operators=OPERATORS,
    params=SIZES if claim.sliced else None,
    without=("completes_within",),
    timeout=300.0,
    cache=False,
)
for found in report.results:
    judgement = found.judgement
    why = ", ".join(f"{k.property}: {k.before} -> {k.after}" for k in judgement.kills) or judgement.by
    print(f"#{found.number} {found.operator} at {found.place}: {judgement.fate} ({why})", *found.change, sep="\n    ")
known = {Fate.KILLED, Fate.EQUIVALENT}
claim.holds(not report.missing, "every mutant was judged")
for found in report.results:
    claim.holds(found.judgement.fate in known, f"#{found.number} is {found.judgement.fate}")
claim.conclude()
