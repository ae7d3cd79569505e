"""Where two variants decide differently: the parts of a predicate over what their handlers test, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from mmu_smt.syntax.source import Span
from mmu_smt.witness.traces import Test

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmu_smt.semantics.types import Value
    from mmu_smt.witness.comparisons import AspectResult, Divergence
    from mmu_smt.witness.traces import Trace, Valuation
    from mmu_smt.witness.verdicts import CheckResult, Verdict


@dataclass(frozen=True, slots=True)
class Literal:
    """A test is made, and comes out as one of `outcomes` or, if `others`, as none of them.

    `first`, `second`: where the variants make it; None where it is not a test of that variant. A test of both says the same of both in
    every state. `state`: it is no test, but this state variable, before the transition, that has the value `is_`, or not, if `others`.
    """

    function: str
    text: str
    outcomes: tuple[str, ...]
    others: bool
    first: Span | None = field(default=None, repr=False)
    second: Span | None = field(default=None, repr=False)
    state: str | None = None
    is_: Value = None

    def holds(self, first: Sequence[Test], second: Sequence[Test], before: Valuation) -> bool:
        """True iff it is so in a transition of both from the state `before`, whose tests these are."""
        if self.state is not None:
            return (before[self.state] == self.is_) != self.others
        return all(self._among(span, tests) for span, tests in ((self.first, first), (self.second, second)) if span is not None)

    def _among(self, span: Span, tests: Sequence[Test]) -> bool:
        return any(t.span == span and t.function == self.function and (t.outcome in self.outcomes) != self.others for t in tests)


class Reached(StrEnum):
    """Is there a run to a state in which this part of the difference shows?"""

    YES = "yes"  # a run, replayed
    NO = "no"  # a proof that there is none
    UNKNOWN = "unknown"


class Effect(StrEnum):
    """What a part of the difference does to the verdicts."""

    HARMLESS = "harmless"  # every verdict is the same
    CHANGES = "changes a verdict"
    UNTRACED = "no verdict traced to it"  # verdicts change, and none of the runs that show it passes through this part
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"  # verdicts are not all known


@dataclass(frozen=True, slots=True)
class Witness:
    """A state in which the two differ, reached and replayed: the run of each, which differ in the last transition as `divergence` says.

    Where only one variant leads there (`leads` is 0 or 1) the trace of the other one is the last transition alone.
    """

    first: Trace
    second: Trace
    divergence: Divergence
    first_tests: tuple[Test, ...] = ()
    second_tests: tuple[Test, ...] = ()
    leads: int | None = None

    @property
    def before(self) -> Valuation:
        """The state in which they differ."""
        trace = self.second if self.leads == 1 else self.first
        longest = trace if self.leads is not None or len(trace.steps) >= len(self.second.steps) else self.second
        return longest.state_before(max(len(longest.steps) - 1, 0))


@dataclass(frozen=True, slots=True)
class Part:
    """One conjunction. `exact`: wherever it holds, in a state that satisfies the known invariants, the two differ; else only there. `by`:
    why it cannot be reached, or why nobody knows. `changes`: names of properties.
    """

    literals: tuple[Literal, ...]
    exact: bool
    reached: Reached
    witness: Witness | None
    effect: Effect
    changes: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A function, handler or step whose declaration differs: both texts in the canonical layout; empty where a variant has none."""

    name: str
    before: str = field(repr=False)
    after: str = field(repr=False)


class Word(StrEnum):
    EQUIVALENT = "equivalent"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """All that was found. `exact`: the two differ, in a state that satisfies `invariants`, iff a part holds; else only if one does; where
    `complete` is False not even that is known.

    `initial`: do both begin alike? `smallest`: the witness with the plainest start. `texts`: the declarations that differ. `verdicts`: of
    each property that both declare, unless only some were asked for. `first_only`, `second_only`, `opaque`: as in a comparison.
    `undisturbed`: the predicate is of steps that nobody interrupts, since the config has env steps.
    """

    first: CheckResult
    second: CheckResult
    word: Word
    by: str
    parts: tuple[Part, ...]
    exact: bool
    complete: bool
    invariants: tuple[str, ...]
    initial: AspectResult
    smallest: Witness | None
    texts: tuple[Rewritten, ...]
    verdicts: tuple[tuple[Verdict, Verdict], ...]
    first_only: tuple[str, ...] = ()
    second_only: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    undisturbed: bool = False
    seconds: float = 0.0


def has_changed(first: Verdict, second: Verdict) -> bool:
    """True iff two verdicts are not the same: in the word, or in the least number that one names."""
    return first.word is not second.word or first.least != second.least
