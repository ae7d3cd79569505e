"""Claim: the race that the mail of patch 04/22 accepts exists, and is harmless.

Another vCPU that faulted on the same frame may zap its shadow pages after this vCPU's handler saw the frame tracked and before it takes
mmu_lock. This vCPU then finds nothing to zap and emulates, although a retry would have worked. For an L1 guest on NPT the model reaches
that race (`needless`); the attempt is complete with it; and as long as others only zap, the rule for walks skips no emulation.

Nor does KVM retry for ever. That is proved with the state that matters around patch 04 (`benchmarks/small`: no MMIO, no memslots that
change, no leaf shadow pages) at the default sizes, under either kind of MMU and also where others re-shadow, but not for ever; with the
full state at two frames, two levels and no data access (larger sizes take long to prove).
"""

from __future__ import annotations

from claim import SPEC, Claim

CONFIG = "zaps,one_access,svm_direct"
SMALL = f"{SPEC.parent / 'benchmarks' / 'small' / 'stages.mmu'}:v2_04"

claim = Claim(__doc__ or "")
race = claim.verdicts("v2_04", CONFIG, {"needless": "reached"})["needless"].trace
assert race is not None
last = race.steps[-1]
zaps = [s for s in race.steps if s.actor == "env"]
claim.holds(bool(zaps), "another vCPU zaps during the attempt")
claim.holds(last.after["done"] is True, "the attempt completes: the instruction is emulated")
claim.verdicts("v2_04", CONFIG, {"no_skipped_emulation_walk": "proved"})
claim.verdicts("v2_04", CONFIG, {"retry_progress": "proved"}, params={"GFNS": 2, "LEVELS": 2, "ACCESSES": 1, "OFFSETS": 1})
for config in ("zaps,one_access,direct_mmu", "zaps,one_access,indirect_mmu", "settling,one_access"):
    claim.verdicts(SMALL, config, {"retry_progress": "proved"})
claim.conclude()
