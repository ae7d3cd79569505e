"""Claim: in the situations by which the mails argue, each stage does what `spec/series/scenarios.mmu` expects.

C1 an EPT violation without a valid address on a read-only memslot; C2 page tables in a read-only memslot; C3 page tables that a third
party tracks; C4 page tables shared with L2's NPT, C5 and C6 the same with interference; C7 a store to a frame that a third party tracks;
C8 a store to the table that maps its own code, C9 the same where emulation fails, on and off the store's own walk; C11 a
failing store to a frame on no walk; C14 a write-protection fault of L2; C18 an address that the guest unmaps meanwhile; and a fetch
that the guest's tables refuse.

Where the model says something else than one would read off the patches: C9 off the store's own walk loops up to v2_16 and not only
before the guard covers every rule (v2_08), if the instruction cannot even be decoded: the failure rule then runs without the guard. And
in C11 a failure may be reported from v2_08 on although zapping would have helped, if the guard still holds this RIP and address from
before.
"""

from __future__ import annotations

from claim import SPEC, Claim

from mmu_smt import check, load

SLICE = ("c1", "c2", "c3", "c7")
STAGES = ("base", "v2_01", "v2_03", "v2_04", "v2_05", "v2_22")

claim = Claim(__doc__ or "", part=f"the scenarios {', '.join(SLICE)} at {', '.join(STAGES)}")
file = SPEC / "series" / "scenarios.mmu"
spec = load(str(file))
groups: dict[tuple[str, tuple[str, ...]], dict[str, frozenset[str]]] = {}
for expectation in spec.expectations():
    if expectation.variant is None or (claim.sliced and not (set(expectation.configs) & set(SLICE) and expectation.variant in STAGES)):
        continue
    wanted = groups.setdefault((expectation.variant, expectation.configs), {})
    wanted[expectation.property] = frozenset(str(want.word) for want in expectation.wanted)
claim.holds(bool(groups), f"{len(groups)} pairs of a stage and a scenario are expected to do something")
for (stage, configs), wanted in groups.items():
    (result,) = check(spec, variant=stage, config=configs, properties=list(wanted))
    for verdict in result.verdicts:
        name = verdict.property.name
        if name in wanted:
            found = verdict.word.value
            claim.holds(
                found in wanted[name] and (verdict.vacuity is None or "bounded" in wanted[name]),
                f"{stage} in {'+'.join(configs)}: {name}: {found}" + ("" if found in wanted[name] else f", expected {wanted[name]}"),
            )
claim.conclude()
