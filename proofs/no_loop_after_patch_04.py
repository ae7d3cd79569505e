"""Claim: with patch 04/22 every attempt completes, within a known number of VM-entries.

Undisturbed, for an instruction that can be emulated and makes at most one data access, on NPT and on shadow paging, the handler of
stage v2_04 lets at most N VM-entries leave the attempt incomplete, so it completes by entry N+1; N is the least such number. Hence no
endless loop of any kind; and on NPT the rule for walks of the guest's tables, which shadow paging never takes, answers RETRY only after
zapping a shadow page at the frame of a write-protection fault.
"""

from __future__ import annotations

from claim import Claim

claim = Claim(__doc__ or "")
for machine, walk_rule in (("svm_direct", "proved"), ("legacy_shadow", "vacuous")):
    quiet = claim.verdicts(
        "v2_04",
        f"quiet,one_access,{machine}",
        {
            "completes_within": "proved",
            "retry_progress": "proved",
            "no_endless_fault": "proved",
            "no_skipped_emulation_walk": walk_rule,
        },
    )
    least = quiet["completes_within"].least
    claim.holds(least is not None, f"{machine}: N = {least} VM-entries may leave the attempt incomplete, it completes by the next")
claim.conclude()
