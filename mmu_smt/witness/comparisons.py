"""What a comparison of two variants returns: are they equivalent, and what does the second fix or introduce? Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmu_smt.witness.traces import Trace, Valuation
    from mmu_smt.witness.verdicts import CheckResult, Verdict


@dataclass(frozen=True, slots=True)
class Divergence:
    """How two transitions differ.

    `enabled`, `faults`: of the first and of the second program. `states`, `ghosts`: names whose values differ afterwards. `places`: a step
    in flight stands elsewhere. `loops`: one of them may be taken in the stem of a lasso only.
    """

    enabled: tuple[bool, bool] = (True, True)
    faults: tuple[bool, bool] = (False, False)
    states: tuple[str, ...] = ()
    terminal: bool = False
    places: bool = False
    decisions: bool = False
    ghosts: tuple[str, ...] = ()
    loops: bool = False

    @property
    def of_state(self) -> bool:
        """They differ in whether they are enabled, whether they fault, or what they lead to."""
        differs = self.enabled[0] != self.enabled[1] or self.faults[0] != self.faults[1]
        return differs or bool(self.states) or self.terminal or self.loops

    @property
    def of_behaviour(self) -> bool:
        """The same, or a step in flight stands elsewhere."""
        return self.of_state or self.places

    @property
    def any(self) -> bool:
        """They differ in anything at all."""
        return self.of_behaviour or self.decisions or bool(self.ghosts)


class Likeness(StrEnum):
    """What is known of one aspect of two variants."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AspectResult:
    """`by`: the argument of a proof; with UNKNOWN why there is none. `bound`: transitions in which no difference was found (UNKNOWN).

    `first`, `second`: with DIFFERS, the run of each to the transition that differs, as `divergence` says; a variant that cannot take that
    transition has one step less. For initial states there is no step, and one run only: that of the variant that can begin so.
    """

    likeness: Likeness
    by: str = ""
    bound: int | None = None
    first: Trace | None = None
    second: Trace | None = None
    divergence: Divergence | None = None


class Equivalence(StrEnum):
    EQUIVALENT = "equivalent"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EquivalenceResult:
    """Whether the two behave alike: `initial` (states), `places` (where steps are interrupted) and `state` decide it; decisions and ghosts
    are reported beside it.

    `first_only`, `second_only`: constants and state variables that one variant declares: not compared. `opaque`: handlers and ghosts left
    out because their types differ or have too many values.
    """

    word: Equivalence
    by: str
    initial: AspectResult
    places: AspectResult
    state: AspectResult
    decisions: AspectResult
    ghosts: AspectResult
    first_only: tuple[str, ...] = ()
    second_only: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A valuation of the rigid constants and the initial state. `broken`: the run of the variant that violates the property from there.

    `intact`: a run of the other one from the same start; it satisfies the property there whatever stays free, by `by`.
    """

    consts: Valuation
    initial: Valuation
    broken: Trace
    intact: Trace
    by: str


class Basis(StrEnum):
    """What a mark rests on."""

    SCENARIO = "scenario"  # yes: here it is
    VERDICT = "verdict"  # no: the variant that should violate the property does not
    SAME_CHECK = "same check"  # no: nothing that the check depends on has changed
    EQUIVALENT = "equivalent"  # no: a proof that the variants are
    EVERY_SCENARIO = "every scenario"  # no: a proof that the other variant violates it wherever this one does
    OPEN = "open"  # nobody knows


@dataclass(frozen=True, slots=True)
class Mark:
    """Is there a scenario in which one variant violates a property and the other does not? `by`: why (not), or why nobody knows. `tried`:
    scenarios looked at.
    """

    answer: Answer
    by: str
    scenario: Scenario | None = None
    tried: int = 0
    basis: Basis = Basis.OPEN


def change_word(fixes: Answer, introduces: Answer) -> str:
    """What a variant does to a property in a word: `fixes`, `introduces`, both, `neither`, or `unknown` where an answer is."""
    yes = [word for word, answer in (("fixes", fixes), ("introduces", introduces)) if answer is Answer.YES]
    if yes:
        return " and ".join(yes)
    return "unknown" if Answer.UNKNOWN in (fixes, introduces) else "neither"


@dataclass(frozen=True, slots=True)
class Change:
    """What the second variant does to one property. `before` and `after` are the verdicts of the first and the second."""

    before: Verdict
    after: Verdict
    fixes: Mark
    introduces: Mark

    @property
    def name(self) -> str:
        return self.before.property.name

    @property
    def word(self) -> str:
        """`fixes`, `introduces`, both, `neither`, or `unknown` where a mark is."""
        return change_word(self.fixes.answer, self.introduces.answer)

    @property
    def decided(self) -> bool:
        """Both questions have an answer."""
        return Answer.UNKNOWN not in (self.fixes.answer, self.introduces.answer)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that was found about two variants under one config. `first` and `second` hold the verdicts of each alone.

    `left_out`: properties that only one variant declares, or that are covers in one, which nothing violates.
    """

    first: CheckResult
    second: CheckResult
    equivalence: EquivalenceResult
    changes: tuple[Change, ...]
    left_out: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def decided(self) -> bool:
        """Every question has an answer."""
        return self.equivalence.word is not Equivalence.UNKNOWN and all(c.decided for c in self.changes)

    def change(self, name: str) -> Change | None:
        return next((c for c in self.changes if c.name == name), None)
