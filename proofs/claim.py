"""What the proof scripts share: say the claim, compare verdicts with it, show the evidence, fail if it fails."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from mmu_smt import CheckResult, Verdict, Word, check, report_text


class Claim:
    """One claim, established query by query. `conclude` prints the outcome and exits with 0 or 1."""

    def __init__(self, text: str) -> None:
        self._missed: list[str] = []
        print(text.strip(), end="\n\n")

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
        print(f"{'yes' if fact else 'NO '}  {text}")
        if not fact:
            self._missed.append(text)

    def conclude(self) -> None:
        if self._missed:
            print("\nThe claim FAILS:", *self._missed, sep="\n  ")
            sys.exit(1)
        print("\nThe claim holds.")


__all__ = ["CheckResult", "Claim", "Verdict"]
