"""Claim: with patch 04/22 every attempt completes, within a known number of VM-entries.

Undisturbed, for an instruction that can be emulated and makes at most one data access, the handler of stage v2_04 lets at most
N VM-entries leave the attempt incomplete, so it completes by entry N+1; N is the least such number. Hence no endless loop of
any kind, and the rule for walks of the guest's tables answers RETRY only after zapping a shadow page at the frame of a
write-protection fault. Nor does a race leave a permanent loop behind: if others zap and re-shadow any frames, but not for ever,
KVM does not retry for ever either.
"""

from __future__ import annotations

from claim import Claim

claim = Claim(__doc__ or "")
quiet = claim.verdicts(
    "v2_04",
    "quiet,one_access",
    {
        "completes_within": "proved",
        "retry_progress": "proved",
        "no_endless_fault": "proved",
        "no_skipped_emulation_walk": "proved",
    },
)
least = quiet["completes_within"].least
claim.holds(least is not None, f"N = {least} VM-entries may leave the attempt incomplete, it completes by the next")
claim.verdicts("v2_04", "settling,one_access", {"retry_progress": "proved", "no_skipped_emulation_walk": "proved"})
claim.conclude()
