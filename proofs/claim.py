"""What the proof scripts share: say the claim, compare verdicts with it, show the evidence, fail if it fails.

A script that takes minutes looks at a part of its claim with `--slice`, and says which; `make proofs` runs it so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from mmu_smt import CheckResult, Verdict, Word, check, report_text

SPEC = Path(__file__).resolve().parent.parent / "spec"


class Claim:
    """One claim, established query by query. `conclude` prints the outcome and exits with 0 or 1.

    `part`: what `--slice` looks at, in words; without it, at everything. `sliced` says whether only the part is asked for.
    """

    def __init__(self, text: str, *, part: str | None = None) -> None:
        parser = argparse.ArgumentParser(description=text.strip(), formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--slice", action="store_true", help="everything: it is quick" if part is None else f"only {part}")
        options = vars(parser.parse_args())
        self.sliced: bool = part is not None and bool(options["slice"])
        self._missed: list[str] = []
        self._part = part if self.sliced else None
        print(text.strip(), end="\n\n")
        if self._part is not None:
            print(f"A slice of it: {self._part}.", end="\n\n")

    def verdicts(
        self,
        target: str,
        config: str,
        wanted: Mapping[str, str],
        *,
        bound: int | None = None,
        params: Mapping[str, int] | None = None,
    ) -> dict[str, Verdict]:
        """Check the named properties and compare the verdict words. `wanted` may give several, joined with `|`."""
        (result,) = check(target, config=config, properties=list(wanted), bound=bound, params=params)
        print(report_text(result))
        found = {v.property.name: v for v in result.verdicts}
        for name, words in wanted.items():
            accepted = [Word(w.strip()) for w in words.split("|")]
            vacuity_open = found[name].vacuity is not None and Word.BOUNDED not in accepted
            if found[name].word not in accepted or vacuity_open:
                what = f"{found[name].word}{', vacuity undecided' if vacuity_open else ''}"
                self._missed.append(f"{target} in {config}: {name} is {what}, claimed {words}")
        return found

    def holds(self, fact: bool, text: str) -> None:
        """A further part of the claim, decided by the caller from the evidence."""
        print(f"{'yes' if fact else 'NO '}  {text}", flush=True)
        if not fact:
            self._missed.append(text)

    def conclude(self) -> None:
        if self._missed:
            print("\nThe claim FAILS:", *self._missed, sep="\n  ")
            sys.exit(1)
        print("\nThe claim holds." if self._part is None else f"\nThe claim holds, as far as this slice goes: {self._part}.")


__all__ = ["SPEC", "CheckResult", "Claim", "Verdict"]
