"""What a test run of `expect` blocks returns: one outcome an expectation. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mmu_smt.witness.verdicts import Verdict, Word, was_interrupted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mmu_smt.semantics.program import Expectation, VerdictWant
    from mmu_smt.syntax.diagnostics import Diagnostic


_OPEN = (Word.BOUNDED, Word.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation and the verdict that the check gave. `config` is the name of the config in which it was judged (empty: none)."""

    target: str
    expectation: Expectation
    config: str
    verdict: Verdict

    @property
    def met(self) -> bool:
        """True iff the verdict is one of those wanted. `bounded(N)` is met by a search that exhausted at least N transitions. A proof whose
        vacuity is open is `proved` only to an expectation that allows for something open.
        """
        return any(self._satisfies(w) for w in self.expectation.wanted)

    @property
    def interrupted(self) -> bool:
        """True iff the user stopped the search before it was over."""
        return was_interrupted(self.verdict)

    def _satisfies(self, want: VerdictWant) -> bool:
        if want.word != self.verdict.word:
            return False
        if self.verdict.vacuity is not None and not any(w.word in _OPEN for w in self.expectation.wanted):
            return False
        return want.bound is None or (self.verdict.bound is not None and self.verdict.bound >= want.bound)


@dataclass(frozen=True, slots=True)
class TestReport:
    """Every outcome of the files tested, in order, and what could not be tested: the diagnostics of each unusable file, by its name."""

    __test__ = False  # no test class, whatever pytest thinks of its name

    outcomes: tuple[Outcome, ...]
    unusable: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict[str, "tuple[Diagnostic, ...]"])
    without: tuple[str, ...] = ()  # files that state no expectation
    seconds: float = 0.0

    @property
    def missed(self) -> tuple[Outcome, ...]:
        return tuple(o for o in self.outcomes if not o.met)
