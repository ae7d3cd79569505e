"""Verdicts with their evidence, and what a whole check returns. Plain data; the words are never softened and never mixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mmu_smt.semantics.program import Config, Program, Property
from mmu_smt.witness.certificates import Written
from mmu_smt.witness.explanations import Explanation
from mmu_smt.witness.opinions import Opinion
from mmu_smt.witness.traces import Trace


class Word(StrEnum):
    PROVED = "proved"
    BOUNDED = "bounded"
    VIOLATED = "violated"
    REACHED = "reached"
    UNREACHABLE = "unreachable"
    VACUOUS = "vacuous"
    UNKNOWN = "unknown"
    INAPPLICABLE = "inapplicable"  # shown as –


class Engine(StrEnum):
    """The arguments by which something is proved. Beside them runs the search, which refutes, and on whose depth they rest."""

    TERMINATION = "termination"
    RECURRENCE = "recurrence"
    INDUCTION = "induction"
    RELY = "rely-guarantee"
    RANKING = "ranking"
    REACHABILITY = "reachability"


class UnknownReason(StrEnum):
    TIME = "time"
    RLIMIT = "rlimit"
    MEMORY = "memory"
    INTERRUPTED = "interrupted"
    SOLVER = "solver gave up"
    INCOMPLETE = "no completeness argument found"


@dataclass(frozen=True, slots=True)
class OpenPremise:
    """Why it is not known whether a proof is vacuous: the search for its premise, or for the event that should recur, was cut short.

    `reason` is None where the user's own bound was exhausted. `bound`: number of transitions within which the premise is not met, or None.
    """

    reason: UnknownReason | None = None
    phase: str = ""
    bound: int | None = None


@dataclass(frozen=True, slots=True)
class Minima:
    """What is proved to be minimal, one after the other, among the runs of a trace's length that show its property.

    `env_steps`: env transitions; None where their minimum is not proved. `parts`: by `@minimise` rank, how many parts of constants and
    initial state are off their defaults, for as many ranks as are proved. `complete`: these are all ranks.
    """

    env_steps: int | None
    parts: tuple[tuple[int, int], ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one property.

    `by`: the argument in a few words ("termination bound 9", "2-induction", "recurrence bound 14"); `engines`: those that found it.
    `bound`: number of transitions exhausted without a counterexample (bounded, unknown), or None. `least`: the least N of a `within least`
    property.
    `trace` with violated and reached; `shortest`: no run is shorter than this one, otherwise all of up to `bound` transitions have been
    excluded. `open_cases`: in so many of the cases that constants divide the system into a shorter one may exist. `explanation`
    says what would have broken a loop, `minima` what of the trace is proved minimal, where that was asked.
    `others`: further counterexamples, the n-th of them with `further` n: what is said of it is said of those that decide otherwise than all
    before it. `reason` and `phase` with unknown. `vacuity` with a proof that may be vacuous for all that is known.
    """

    property: Property
    word: Word
    by: str = ""
    bound: int | None = None
    least: int | None = None
    trace: Trace | None = None
    reason: UnknownReason | None = None
    phase: str = ""
    seconds: float = 0.0
    vacuity: OpenPremise | None = None
    shortest: bool = True
    explanation: Explanation | None = None
    minima: Minima | None = None
    others: tuple[Verdict, ...] = ()
    further: int = 0
    engines: tuple[Engine, ...] = ()
    open_cases: int = 0


def was_interrupted(verdict: Verdict) -> bool:
    """True iff the user stopped the search for this answer, or for whether it is vacuous."""
    reason = verdict.reason if verdict.vacuity is None else verdict.vacuity.reason
    return reason is UnknownReason.INTERRUPTED


@dataclass(frozen=True, slots=True)
class CheckResult:
    """All verdicts of one variant under one config, and what they rest on."""

    program: Program
    config: Config
    verdicts: tuple[Verdict, ...]
    target: str  # what the user named: a file or a variant
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])  # phase -> wall seconds
    stats: Mapping[str, int | float | str] = field(default_factory=dict[str, int | float | str])
    given: Mapping[str, int] = field(default_factory=dict[str, int])  # parameters that the user set, and to what
    seed: int = 0
    certificate: Written | None = None  # where one was asked for
    opinions: tuple[Opinion, ...] | None = None  # of others on the verdicts, where they were asked
