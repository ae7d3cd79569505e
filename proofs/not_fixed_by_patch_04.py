"""Claim: what patch 04/22 does not fix, as later mails of the series say.

(1) A vCPU that re-shadows the frame every time still makes KVM retry for ever: each RETRY zaps a shadow page, and so is justified on
its own; nothing remembers the last one (patch 08 adds that). The loop needs the other vCPU's step.
(2) An instruction that the emulator cannot handle makes KVM retry for ever, undisturbed: the retry after a failed emulation is not
tied to having zapped anything (patches 17 and 18).
(3) The emulator's own rule still skips an emulation without having zapped anything (patch 05); with one data access never twice in
a row. With two, as a page-crossing store makes, the guard's single entry can be overwritten in turn: a loop, undisturbed, of an
instruction that can be emulated.
"""

from __future__ import annotations

from claim import Claim

claim = Claim(__doc__ or "")
starved = claim.verdicts("v2_04", "hostile_1,one_access,svm_direct", {"retry_progress": "violated"})["retry_progress"].trace
assert starved is not None
assert starved.loop_start is not None
loop = starved.steps[starved.loop_start :]
claim.holds(any(s.actor == "env" for s in loop), "(1) the loop contains a step of another vCPU")
claim.holds(any(d.rule == "walk_rule" for s in loop for d in s.decisions), "(1) the rule for walks decides RETRY in it")

failing = claim.verdicts("v2_04", "quiet,not_emulable,svm_direct", {"retry_progress": "violated"})["retry_progress"].trace
assert failing is not None
claim.holds(not (failing.consts["emulable"] and failing.consts["decodable"]), "(2) the instruction cannot be emulated")

claim.verdicts("v2_04", "quiet,one_access,svm_direct", {"no_skipped_emulation_emulator": "violated", "never_twice": "proved"})
crossing = claim.verdicts("v2_04", "quiet,emulable_only,legacy_shadow", {"retry_progress": "violated"})["retry_progress"].trace
assert crossing is not None
assert crossing.loop_start is not None
addresses = {s.observed["fault_addr"] for s in crossing.steps[crossing.loop_start :] if any(d.rule for d in s.decisions)}
claim.holds(crossing.consts["used"] == (True, True, True), "(3) the looping instruction makes two data accesses")
claim.holds(len(addresses) == 2, "(3) KVM retries at two addresses in turn")
claim.conclude()
