"""Claim: with patch 04/22 every attempt completes, within a known number of VM-entries.

Undisturbed, for an instruction that can be emulated and makes at most one data access, the handler of stage v2_04 has no run of
K+1 attempts that is not complete; K is the least such number. Hence no endless loop of any kind, and the rule for walks of the
guest's tables answers RETRY only after zapping a shadow page at the frame of a write-protection fault. The same holds for every
instruction that can be emulated, whatever accesses it makes.
"""

from __future__ import annotations

from claim import Claim

claim = Claim(__doc__ or "")
wanted = {
    "completes_within": "proved",
    "retry_progress": "proved",
    "no_endless_fault": "proved",
    "no_skipped_emulation_walk": "proved",
}
one = claim.verdicts("v2_04", "quiet,one_access", wanted)["completes_within"].least
every = claim.verdicts("v2_04", "quiet,emulable_only", wanted)["completes_within"].least
claim.holds(one is not None, f"one data access: K = {one} VM-entries")
claim.holds(every is not None, f"any accesses: K = {every} VM-entries")
claim.conclude()
