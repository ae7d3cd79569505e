"""Claim: each stage of the series differs from the one before exactly where docs/diff.md says, and with the effects that it says.

The page lists, for each pair of neighbours and some configs, the parts of the difference as conditions over what the handlers test, and
the verdicts that each changes. They are computed anew and compared, line by line. With `--write` the page is brought up to date.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

from claim import Claim

from mmu_smt import diff, predicate_text

PAGE = Path(__file__).resolve().parent.parent / "docs" / "diff.md"
BEGIN, END = "<!-- differences -->\n", "<!-- end -->"
STAGES = ("base", *(f"v2_{number:02d}" for number in range(1, 23)))
PAIRS = tuple(pairwise(STAGES))
EVERYWHERE = ("quiet,one_access,legacy_shadow", "quiet,one_access,svm_direct")
# What the two configs above cannot show: EPT violations, the delivery of events, and instructions that cannot be emulated.
ELSEWHERE = {
    "quiet,one_access,vmx_direct": PAIRS[:1],
    "quiet,legacy_shadow,delivery,mmio_flushed": PAIRS[11:14],
    "quiet,not_emulable,legacy_shadow": (PAIRS[8], *PAIRS[14:18]),
}
TABLES = {**dict.fromkeys(EVERYWHERE, PAIRS), **ELSEWHERE}
SLICE = {"quiet,one_access,svm_direct": (PAIRS[3], PAIRS[4], PAIRS[10])}
LABELS = ("        changes ", "                ", "        harmless", "        no verdict traced")

WRITE = "--write" in sys.argv
if WRITE:
    sys.argv.remove("--write")
claim = Claim(__doc__ or "", part="patches 04, 05 and 11 on an L1 guest on NPT, without verdicts")


def entry(first: str, second: str, config: str, *, verdicts: bool) -> str:
    """What the page says of a pair."""
    found = diff(first, second, config=config.split(","), timeout=None, verdicts=verdicts)
    changed = [a.property.name for a, b in found.verdicts if (a.word, a.least) != (b.word, b.least)]
    told = {name for part in found.parts for name in part.changes}
    rest = "".join(f"  also changed: {name}\n" for name in changed if name not in told)
    return f"{first} -> {second}: {found.word}\n{predicate_text(found)}{rest}"


def listed(text: str) -> dict[tuple[str, str], str]:
    """What the page says of each pair under each config."""
    entries: dict[tuple[str, str], str] = {}
    config = ""
    for line in text.splitlines(keepends=True):
        if line.startswith("### "):
            config = line.strip("# `\n").replace(" + ", ",")
        elif " -> " in line and not line.startswith(" "):
            key = config, line.partition(":")[0]
            entries[key] = line
        elif line.startswith("  ") and entries:
            entries[key] += line
    return entries


def without_labels(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(LABELS))


page = PAGE.read_text(encoding="utf-8")
before, _, rest = page.partition(BEGIN)
shown, _, after = rest.partition(END)
entries = listed(shown)
written: list[str] = []
for config, pairs in (SLICE if claim.sliced else TABLES).items():
    written.append(f"\n### `{config.replace(',', ' + ')}`\n\n```\n")
    for first, second in pairs:
        now = entry(first, second, config, verdicts=not claim.sliced)
        written.append(now)
        then = entries.get((config, f"{first} -> {second}"), "")
        if claim.sliced:
            then, now = without_labels(then), without_labels(now)
        claim.holds(WRITE or now == then, f"{first} -> {second} in {config}" + ("" if now == then else f":\n{now}"))
    written.append("```\n")
if WRITE and not claim.sliced:
    PAGE.write_text(f"{before}{BEGIN}{''.join(written)}\n{END}{after}", encoding="utf-8")
claim.conclude()
