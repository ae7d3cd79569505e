"""What became of the mutants of a variant. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mmu_smt.witness.verdicts import Word


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"  # a verdict is worse than the original's
    EQUIVALENT = "equivalent"  # proved to do what the original does
    GAP = "gap"  # it does something else, and every property has the verdict of the original
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Kill:
    """A property that notices the mutant. `length`: of the run that shows it, None where none does (it has become vacuous)."""

    property: str
    config: str
    before: Word
    after: Word
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Apart:
    """A replayed run in which mutant and original come apart. `consts`, `initial`: where it begins, as in JSON documents.

    `steps`: so many transitions, the last of which differs. `text`: the run of both, for people. `behaviour`: states differ, or what can
    be done in them; else only what is decided or observed does.
    """

    config: str
    steps: int
    text: tuple[str, ...]
    consts: dict[str, Any] = field(default_factory=dict[str, Any])
    initial: dict[str, Any] = field(default_factory=dict[str, Any])
    behaviour: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found out about a mutant. `by`: the argument of a proof of equivalence by config, or why nothing is known.

    `kills`: the first one, or all of them where all were wanted. `apart`: what tells a gap from the original.
    """

    fate: Fate
    kills: tuple[Kill, ...] = ()
    apart: tuple[Apart, ...] = ()
    by: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class MutantResult:
    """`number` 0: a variant that somebody wrote. `place`: FILE:LINE of the change. `change`: lines that differ, marked - and +."""

    number: int
    name: str
    operator: str
    function: str
    place: str
    change: tuple[str, ...]
    judgement: Judgement
    problem: str = ""  # of this program, where it failed


@dataclass(frozen=True, slots=True)
class MutationReport:
    """The mutants of a variant under some configs. `counted`: by config, the properties that can kill, with the original's verdicts."""

    target: str
    variant: str | None
    subject: str | None
    configs: tuple[str, ...]
    counted: tuple[tuple[str, tuple[tuple[str, Word], ...]], ...]
    results: tuple[MutantResult, ...]
    ill_typed: int = 0
    repeated: int = 0
    missing: int = 0  # mutants that were not judged: the run was interrupted
    everything: bool = False  # every kill of every mutant is listed
    seconds: float | None = None
    seed: int = 0
    given: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, fate: Fate) -> tuple[MutantResult, ...]:
        """The mutants with this fate."""
        return tuple(r for r in self.results if r.judgement.fate is fate)
