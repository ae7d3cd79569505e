"""Claim: the race that the mail of patch 04/22 accepts exists, and is harmless.

Another vCPU that faulted on the same frame may zap its shadow pages after this vCPU's handler saw the frame tracked and before it takes
mmu_lock. This vCPU then finds nothing to zap and emulates, although a retry would have worked. The model reaches that race (`needless`);
the attempt is complete with it; and as long as others only zap, no rule for walks skips an emulation and, under a direct MMU, KVM
never retries for ever.
"""

from __future__ import annotations

from claim import Claim

claim = Claim(__doc__ or "")
race = claim.verdicts("v2_04", "zaps,one_access,direct_mmu", {"needless": "reached"})["needless"].trace
assert race is not None
last = race.steps[-1]
zaps = [s for s in race.steps if s.actor == "env"]
claim.holds(bool(zaps), "another vCPU zaps during the attempt")
claim.holds(last.after["done"] is True, "the attempt completes: the instruction is emulated")
claim.verdicts(
    "v2_04",
    "zaps,one_access,direct_mmu",
    {"retry_progress": "proved", "no_skipped_emulation_walk": "proved"},
)
claim.conclude()
