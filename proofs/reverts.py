"""Claim: taking back a functional patch at the end of the series changes a verdict of the matrix, but for five patches.

Each variant of `spec/mutants/reverts.mmu` is `v2_22` without one patch. Nobody interferes. Without patch 03, 04, 05, 08, 14, 17, 18 or
21 some decided cell differs from that of `v2_22`; without 01, 12, 15, 16 or 22 none does, for the reasons that docs/findings.md gives:
what they change shows only under interference, in a warning, in the cost, or where another patch of the series makes up for it.
"""

from __future__ import annotations

from claim import Claim

from mmu_smt import Word, matrix

END = "v2_22"
NEEDED = ("03", "04", "05", "08", "14", "17", "18", "21")
MADE_UP_FOR = ("01", "12", "15", "16", "22")
SLICE = ("03", "05", "18", "16")
SECONDS = 180.0  # for a cell
OPEN = (Word.UNKNOWN, Word.BOUNDED)

claim = Claim(__doc__ or "", part=f"the patches {', '.join(SLICE)}, for an L1 guest on shadow paging without an event")
patches = [p for p in (*NEEDED, *MADE_UP_FOR) if not claim.sliced or p in SLICE]
(report,) = matrix(
    "reverts",
    rows=(END, *(f"revert_{p}" for p in patches)),
    columns=("legacy_shadow + no_event",) if claim.sliced else None,
    settings=("quiet",),
    timeout=SECONDS,
    cache=False,
)
end = next(row for row in report.rows if row.variant == END)
for patch in patches:
    row = next(row for row in report.rows if row.variant == f"revert_{patch}")
    changed: list[str] = []
    for before, after in zip(end.cells, row.cells, strict=True):
        for old in before.verdicts:
            new = after.verdict(old.property)
            if new is not None and old.word is not new.word and old.word not in OPEN and new.word not in OPEN:
                changed.append(f"{old.property} in {'+'.join(after.column)}: {old.word} -> {new.word}")
    print(f"without patch {patch}:", *(changed or ["no decided cell differs"]), sep="\n  ")
    claim.holds(bool(changed) == (patch in NEEDED), f"patch {patch} is {'needed' if patch in NEEDED else 'made up for'}")
claim.conclude()
