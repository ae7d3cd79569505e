"""Claim: what docs/findings.md says the model found is what the checker finds, each counterexample replayed.

One verdict or pair of verdicts for each finding, at the default sizes: where it shows, and where it does not show (any more).
Nobody interferes, but for finding 11. A finding is a fact of the model, not an observation on a machine.
"""

from __future__ import annotations

from claim import SPEC, Claim

SCENARIOS = str(SPEC / "series" / "scenarios.mmu")

#: By finding: the target, the config, and a property with its verdict.
FOUND: tuple[tuple[int, str, str, str, str], ...] = (
    (1, "v2_22", "quiet,legacy_shadow,no_event,no_third_party,mmio_flushed", "retry_progress", "violated"),
    (1, "v2_22", "quiet,legacy_shadow,one_access", "retry_progress", "proved"),
    (2, f"{SCENARIOS}:v2_07", "quiet,c11", "failure_is_final", "vacuous"),
    (2, f"{SCENARIOS}:v2_08", "quiet,c11", "failure_is_final", "violated"),
    (3, "v2_20", "quiet,legacy_shadow,delivery,mmio_flushed", "event_first", "proved"),
    (3, "v2_21", "quiet,legacy_shadow,delivery,mmio_flushed", "event_first", "violated"),
    (4, f"{SCENARIOS}:v2_17", "quiet,refused_fetch", "retry_progress", "violated"),
    (4, f"{SCENARIOS}:v2_18", "quiet,refused_fetch", "retry_progress", "proved"),
    (5, "v2_22", "quiet,nested_npt_or_ept,delivery,no_third_party", "retry_progress", "violated"),
    (5, "v2_22", "quiet,nested_npt_or_ept,delivery", "no_skipped_emulation_event", "violated"),
    (6, "v2_22", "quiet,vmx_direct,no_event,coverage", "walk_rule_taken", "unreachable"),
    (6, "v6_18", "quiet,vmx_direct,no_event,coverage", "walk_rule_taken", "reached"),
    (8, "v2_22", "quiet,legacy_shadow", "no_mmio_hit_on_write_protection", "violated"),
    (9, "v2_22", "quiet,svm_direct,delivery", "no_endless_fault", "violated"),
    (9, "v6_14", "quiet,svm_direct,delivery", "no_endless_fault", "proved"),
    (10, "v2_13", "quiet,legacy_shadow,delivery,no_third_party,mmio_flushed", "retry_progress", "violated"),
    (11, "v2_22", "hostile,svm_direct,one_access", "retry_progress", "violated"),
    (11, "v6_18", "hostile,vmx_direct,one_access", "retry_progress", "violated"),
)
ELSEWHERE = {7: "series_claims.py, as the claim on patch 15"}
SLICE = (2, 4, 8)

claim = Claim(__doc__ or "", part=f"the findings {', '.join(map(str, SLICE))}")
for number, target, config, name, word in FOUND:
    if not claim.sliced or number in SLICE:
        print(f"Finding {number}")
        claim.verdicts(target, config, {name: word})
for number, where in ELSEWHERE.items():
    print(f"Finding {number} is established by {where}.")
claim.conclude()
