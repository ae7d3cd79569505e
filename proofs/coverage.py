"""Claim: of every branch of every stage it is known whether it can be taken, undisturbed.

Every side of an `if`, every operand of && and ||, every arm and every return of the handlers and of what they call is, under each column
of the matrix of the series with nobody interfering, either taken in a replayed run or proved never to be taken. The branches that are
taken under none of the columns are those that docs/coverage.md lists. (Of a function that is also called under a quantifier, where
nothing is seen, it is claimed that each branch is taken under some column.)
"""

from __future__ import annotations

from claim import SPEC, Claim

from mmu_smt import Reach, cover

STAGES = ("base", *(f"v2_{n:02}" for n in range(1, 23)), "v6_14", "v6_18")
SLICE = ("v2_04", "v2_22")

claim = Claim(__doc__ or "", part=f"the stages {' and '.join(SLICE)}")
listed = (SPEC.parent / "docs" / "coverage.md").read_text(encoding="utf-8")
for stage in STAGES:
    if claim.sliced and stage not in SLICE:
        continue
    found = cover(stage)
    places = found.places
    hidden = [p for p in places if p.function in found.unmarked]
    open_ones = [p for p in places if p not in hidden and any(f.reach is Reach.UNKNOWN for f in p.found)]
    open_ones += [p for p in hidden if p.reach is not Reach.REACHED]
    dead = [p for p in places if p.reach is Reach.DEAD]
    print(f"{stage}: {len(places)} branches under {len(found.configs)} configs, {len(dead)} dead", flush=True)
    for place in dead:
        print(f"  {place.span.file.name}:{place.span.line} {place.kind}: {place.text}")
    claim.holds(not open_ones, f"{stage}: every branch is decided under every config")
    texts = {p.text: p.text.replace("|", "\\|") for p in dead}  # a bar ends a cell of the page's table
    missing = sorted({f"{p.function}: {p.text}" for p in dead if f"`{texts[p.text]}`" not in listed})
    claim.holds(not missing, f"{stage}: every dead branch is explained {missing or ''}")
claim.conclude()
