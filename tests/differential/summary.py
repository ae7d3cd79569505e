"""What the comparison by engine has met, as tables: `python -m tests.differential.summary FILE…`.

A file has one line for each chunk of seeds, in JSON, as `record` writes it. A chunk that was run again counts once, as it was run last.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.differential.by_engine import ALONE, PROOFS, TOGETHER, Judged, Met

ANYTHING = ("step property", "invariant", "no_deadlock", "no_runtime_fault", "cover", "within N", "within least")
LASSO = tuple(f"{kind}{fair}" for kind in ("progress", "cover of infinite runs") for fair in ("", ", weakly fair", ", strongly fair"))
PROGRESS = LASSO[:3]
NEEDED = ("progress, weakly fair, needed", "progress, strongly fair, needed")

POSSIBLE: Mapping[str, tuple[str, ...]] = {
    "termination": ANYTHING + LASSO,
    "recurrence": ANYTHING + LASSO + (*NEEDED, "progress, strongly fair, needed as it is"),
    "1-induction": ANYTHING + PROGRESS,
    "k-induction": ANYTHING[:5],
    "sums": ("invariant",),
    "rely-guarantee": ANYTHING + PROGRESS,
    "ranking": LASSO,
    "its own measure": PROGRESS,
    "PDR": ANYTHING + PROGRESS,
    "k-liveness": LASSO + NEEDED,  # strong fairness is no more than weak to it
}
"""The kinds of properties that each argument can prove. Of progress, induction and its kin prove that nothing recurs at all."""

_LISTS = (("Systems", "systems: "), ("Explicit search", "explicit: "), ("Certificates", "certificates: "))


def record(first: int, judged: Sequence[Judged], seconds: float) -> str:
    """One line: what came of the seeds from `first` on, in so many seconds of processor time."""
    counts: Counter[Met] = sum((j.counts for j in judged), Counter())
    other: Counter[str] = sum((j.other for j in judged), Counter())
    return json.dumps(
        {
            "first": first,
            "seeds": len(judged),
            "skipped": sum(j.skipped for j in judged),
            "seconds": round(seconds, 2),
            "counts": [[*met, n] for met, n in sorted(counts.items())],
            "other": dict(sorted(other.items())),
            "disagreements": [f"seed {j.spec.seed}: {m}" for j in judged for m in j.mismatches],
        }
    )


class Total:
    """All chunks of some files."""

    def __init__(self, lines: Iterable[str]) -> None:
        chunks: dict[int, dict[str, Any]] = {}
        for line in lines:
            chunk = json.loads(line)
            chunks[chunk["first"]] = chunk
        self.seeds = sum(c["seeds"] for c in chunks.values())
        self.skipped = sum(c["skipped"] for c in chunks.values())
        self.seconds = sum(c["seconds"] for c in chunks.values())
        self.ranges: list[tuple[int, int]] = []
        for first in sorted(chunks):
            end = first + chunks[first]["seeds"]
            if self.ranges and self.ranges[-1][1] == first:
                self.ranges[-1] = self.ranges[-1][0], end
            else:
                self.ranges.append((first, end))
        self.disagreements = [d for c in chunks.values() for d in c["disagreements"]]
        self.counts: Counter[Met] = Counter()
        self.other: Counter[str] = Counter()
        for chunk in chunks.values():
            for *met, n in chunk["counts"]:
                self.counts[Met(*met)] += n
            self.other.update(chunk["other"])

    def proved(self, argument: str, kind: str) -> tuple[int, int]:
        """By this argument, of engines alone; and how many of them where steps can be interrupted."""
        found = [(m, n) for m, n in self.counts.items() if m.judge != TOGETHER and m.argument == argument and m.kind == kind]
        return sum(n for _, n in found), sum(n for m, n in found if m.interrupted)

    def hardly_met(self, least: int) -> list[tuple[str, str, int]]:
        """Arguments and kinds of properties that have met less often than that, although they could."""
        pairs = [(a, k, self.proved(a, k)[0]) for a, kinds in POSSIBLE.items() for k in kinds]
        return [pair for pair in pairs if pair[2] < least]

    def tables(self, least: int = 10) -> str:
        lines = [
            f"seeds {', '.join(f'{a} to {b - 1}' for a, b in self.ranges)}:",
            f"{self.seeds} systems, {self.skipped} too large, {self.seconds:.0f} s of processor time"
            f" ({self.seconds / max(1, self.seeds):.2f} s each), {len(self.disagreements)} disagreements",
            *self.disagreements,
            "",
            "Proved by an engine alone, by argument (of these where steps can be interrupted):",
            *_table(
                ["kind", *POSSIBLE],
                [[k, *(_cell(self.proved(a, k)) for a in POSSIBLE)] for k in sorted({m.kind for m in self.counts})],
            ),
            "",
            "Verdicts by judge:",
            *_table(
                ["judge", "proved", "violated or reached", "open", "proved, no run at all"],
                [[j, *map(str, self._of(j))] for j in (TOGETHER, *ALONE)],
            ),
            "",
            *(f"{title}: {self._listed(prefix)}" for title, prefix in _LISTS),
        ]
        hardly = self.hardly_met(least)
        if hardly:
            lines += ["", f"Met less than {least} times: " + ", ".join(f"{a} of {k} {n}" for a, k, n in hardly)]
        return "\n".join(lines)

    def _listed(self, prefix: str) -> str:
        return ", ".join(f"{k.removeprefix(prefix)} {n}" for k, n in sorted(self.other.items()) if k.startswith(prefix))

    def _of(self, judge: str) -> tuple[int, int, int, int]:
        found = [(m, n) for m, n in self.counts.items() if m.judge == judge]
        empty = sum(n for m, n in found if m.argument == "no initial state")
        return (
            sum(n for m, n in found if m.word in PROOFS) - empty,
            sum(n for m, n in found if m.word in ("violated", "reached")),
            sum(n for m, n in found if m.word in ("bounded", "unknown")),
            empty,
        )


def _cell(pair: tuple[int, int]) -> str:
    every, interrupted = pair
    return "" if not every else f"{every} ({interrupted})" if interrupted else str(every)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    return [
        "  ".join(cell.ljust(w) if not i else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in (head, *rows)
    ]


def main(arguments: Sequence[str]) -> int:
    """Print the tables of all files together. 1 if there was a disagreement."""
    if not arguments:
        print("usage: python -m tests.differential.summary FILE…", file=sys.stderr)
        return 2
    total = Total(line for name in arguments for line in Path(name).read_text(encoding="utf-8").splitlines())
    print(total.tables())
    return 1 if total.disagreements else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
