"""What a search for a repair found: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from mmu_smt.syntax.source import Span
from mmu_smt.witness.verdicts import CheckResult


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change that has been checked: a variant file that can be checked again, and what an ordinary check of that file said.

    `what`: the change in words; `function`, `place`: where it is; `size`: expressions and statements that it adds, changes or takes away.
    `text`: the file, `variant` the name in it; `diff`: the change of the file that the function stands in, as a unified diff.
    `results`: one for each config. `mended`: (config, property) that were violated before and hold now; `kept`: how many cells of
    properties and configs held before, all of which still hold; `emptied`: those among them that hold only because their premise never
    happens any more.
    """

    what: str
    function: str
    place: Span
    size: int
    variant: str
    text: str
    diff: str
    results: tuple[CheckResult, ...]
    mended: tuple[tuple[str, str], ...]
    kept: int
    emptied: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the candidates: so many made, so many of them no program, refuted by runs from known starts, by a check of what is
    to be mended, by a check of everything; and so many that were not decided in time.
    """

    made: int = 0
    unusable: int = 0
    by_runs: int = 0
    by_check: int = 0
    by_regression: int = 0
    undecided: int = 0


@dataclass(frozen=True, slots=True)
class RepairReport:
    """The search for the smallest changes of a variant that mend the named properties in the named configs.

    `before`: the ordinary check of the variant, one for each config, those given to be kept last. `functions`: those that could be changed.
    `searched`: every change up to this size has been decided, or is counted as undecided. `wrong`, `right`: how many starts the candidates
    were run from, of runs that must not recur and of runs that must end as they did. `stopped`: why the search ended early, else empty.
    """

    target: str
    variant: str | None
    properties: tuple[str, ...]
    before: tuple[CheckResult, ...]
    suggestions: tuple[Suggestion, ...]
    functions: tuple[str, ...]
    searched: int
    largest: int
    counts: Counts = field(default_factory=Counts)
    wrong: int = 0
    right: int = 0
    stopped: str = ""
    interrupted: bool = False
    seconds: float = 0.0
