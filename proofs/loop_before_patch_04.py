"""Claim: before patch 04/22 KVM can answer RETRY for ever although nothing changes.

Undisturbed, for an instruction that can be emulated and makes at most one data access, the handler of stage v2_03 has an infinite run
of RETRY decisions, one attempt per turn: under a direct MMU a walk of the guest's page tables hits a frame that somebody else write-
tracks and that has no shadow page. Nobody tells the solver where to look.
"""

from __future__ import annotations

from claim import Claim

claim = Claim(__doc__ or "")
found = claim.verdicts(
    "v2_03",
    "quiet,one_access",
    {"retry_progress": "violated", "no_skipped_emulation_walk": "violated"},
)
trace = found["retry_progress"].trace
assert trace is not None
start = trace.loop_start
assert start is not None
loop = trace.steps[start:]
decisions = [d for step in loop for d in step.decisions]
claim.holds(len(loop) == 1, "the loop is one attempt per turn")
claim.holds(trace.consts["direct"] is True, "the MMU is direct")
claim.holds(any(d.rule == "walk_rule" for d in decisions), "the decision is taken by the rule for walks of the guest's tables")
before = trace.state_before(start)
gfn = loop[0].observed["fault_gfn"]
assert isinstance(gfn, int)


def at_the_frame(name: str, frame: int) -> object:
    values = before[name]
    assert isinstance(values, tuple)
    return values[frame]


claim.holds(at_the_frame("external", gfn) is True, "the frame is tracked by somebody else")
claim.holds(not any(at_the_frame(kind, gfn) for kind in ("upper_page", "root_page", "leaf_page")), "and has no shadow page")
claim.conclude()
