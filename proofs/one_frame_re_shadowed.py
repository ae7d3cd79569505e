"""Claim: with the final stage one frame that other vCPUs re-shadow for ever does not make KVM retry for ever; two frames do.

The instruction can be emulated and makes at most one data access; others zap and re-shadow what they like before the loop.
(1) In the loop they work on one frame, whichever it is (`hostile_1`): KVM does not retry for ever, on NPT, EPT, shadow paging or as L2.
(2) Patch 08, whose guard remembers the last address, is what ends it, on NPT: with patch 07 a loop of 5 transitions, with 08 none.
(3) In the loop they work on any frame (`hostile`): on NPT and EPT KVM retries for ever, at two addresses in turn; on shadow paging never.
"""

from __future__ import annotations

from claim import Claim

NAME = "retry_progress"
claim = Claim(__doc__ or "", part="patch 07 of (2), and shadow paging of (3)")
if not claim.sliced:
    for mmu in ("svm_direct", "vmx_direct", "legacy_shadow", "nested_npt_or_ept", "l2_without_nested_tdp"):
        claim.verdicts("v2_22", f"hostile_1,one_access,{mmu}", {NAME: "proved | vacuous"})
before = claim.verdicts("v2_07", "hostile_1,one_access,svm_direct", {NAME: "violated"})[NAME].trace
assert before is not None
claim.holds(len(before.steps) == 5, "(2) the run has 5 transitions")
if not claim.sliced:
    claim.verdicts("v2_08", "hostile_1,one_access,svm_direct", {NAME: "proved"})
claim.verdicts("v2_22", "hostile,one_access,legacy_shadow", {NAME: "proved"})
for mmu in () if claim.sliced else ("svm_direct", "vmx_direct"):
    two = claim.verdicts("v2_22", f"hostile,one_access,{mmu}", {NAME: "violated"})[NAME].trace
    assert two is not None
    assert two.loop_start is not None
    addresses = {s.observed["fault_addr"] for s in two.steps[two.loop_start :] if any(d.rule for d in s.decisions)}
    claim.holds(len(addresses) == 2, f"(3) on {mmu} KVM retries at two addresses in turn")
claim.conclude()
