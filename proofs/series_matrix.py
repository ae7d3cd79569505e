"""Claim: since when, and until when, the series loops, skips an emulation, or lets a failure go on: the quiet cells of its matrix.

Nobody interferes. (1) An L1 guest on NPT, an instruction with at most one data access that can be emulated: KVM retries for ever up to
v2_03 and, by a proof, no longer from v2_04 on; the emulator's rule skips an emulation up to v2_04, and no longer from v2_05 on. (2) On
shadow paging, an instruction that cannot be emulated: KVM retries for ever up to v2_17, and no longer from v2_18 on, since when every
retry after a failure is remembered. (3) On shadow paging, while an event awaits re-injection: the instruction is emulated although
unprotecting could have let the event through up to v2_13, no longer from v2_14 to v2_20, and again from v2_21 on, until v6_14 keeps the
emulator out of it.

The transitions between the words are what is claimed; every row between them is judged.
"""

from __future__ import annotations

from itertools import pairwise

from claim import Claim

from mmu_smt import Word, matrix

NPT = "svm_direct + one_access"
FAILING = "legacy_shadow + not_emulable"
EVENT = "legacy_shadow + delivery + mmio_flushed"

#: For a column and a property: from which row on which word.
TURNS: dict[tuple[str, str], tuple[tuple[str, Word], ...]] = {
    (NPT, "retry_progress"): (("base", Word.VIOLATED), ("v2_04", Word.PROVED)),
    (NPT, "no_skipped_emulation_emulator"): (("base", Word.VIOLATED), ("v2_05", Word.PROVED)),
    (FAILING, "retry_progress"): (("base", Word.VIOLATED), ("v2_18", Word.PROVED)),
    (FAILING, "forced_retry_guarded"): (("base", Word.VIOLATED), ("v2_18", Word.PROVED)),
    (EVENT, "event_first"): (("base", Word.VIOLATED), ("v2_14", Word.PROVED), ("v2_21", Word.VIOLATED), ("v6_14", Word.PROVED)),
}
SLICE = ("base", "v2_03", "v2_05", "v2_17", "v2_18")
SECONDS = 180.0  # for a cell; those here take seconds

claim = Claim(__doc__ or "", part=f"the rows {', '.join(SLICE)}")
(report,) = matrix(
    "series",
    rows=SLICE if claim.sliced else None,
    columns=(NPT, FAILING, EVENT),
    settings=("quiet",),
    properties=tuple(dict.fromkeys(name for _, name in TURNS)),
    timeout=SECONDS,
    cache=False,
)
rows = [row.variant for row in report.rows]
order = ["base", *(f"v2_{n:02}" for n in range(1, 23)), "v6_14", "v6_18"]
claim.holds(rows == (list(SLICE) if claim.sliced else order), f"{len(rows)} rows, {len(report.cells)} cells are judged")
for (column, name), turns in TURNS.items():
    found = {
        row.variant: verdict.word
        for row, cell in report.cells
        if " + ".join(cell.column) == column and (verdict := cell.verdict(name)) is not None
    }
    ends = [*(order.index(first) for first, _ in turns), len(order)]
    for (_, word), (start, end) in zip(turns, pairwise(ends), strict=True):
        span = [v for v in order[start:end] if v in rows]
        wrong = {v: str(found.get(v, "not judged")) for v in span if found.get(v) is not word}
        if span:
            claim.holds(not wrong, f"{name} in {column}: {word} in {', '.join(span)}" + (f"; not in {wrong}" if wrong else ""))
claim.conclude()
