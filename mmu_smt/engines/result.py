"""What the engines answer: raw integers by variable name, before anybody turns them into typed values and replays them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from mmu_smt.model.argument import Proof
from mmu_smt.model.system import SafetyQuery
from mmu_smt.model.term import Term
from mmu_smt.witness.verdicts import Engine, Minima, OpenPremise, UnknownReason, Word

Ints: TypeAlias = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RawRun:
    """A run that an engine claims. `minima`: what is proved to be as small as it can be in runs of this length, where that was asked.

    Frame 0 holds every state variable, later ones those that some query can see. `frames` has one more element than `inputs`, except where
    the last transition faults: then equally many. `loop_start`: the frame that the last one closes back to.
    """

    consts: Ints
    frames: tuple[Ints, ...]
    inputs: tuple[Ints, ...]
    loop_start: int | None = None
    minima: Minima | None = None


@dataclass(frozen=True, slots=True)
class Invariant:
    """Why a query holds: `clauses` hold initially, every transition leads from states that satisfy them to states that do, and where they
    hold the query does not fail; all that given the queries `given`, proved before, of every state and transition.

    Terms over constants and state. `count`: where it speaks of the counter of `model.kliveness.counted` for this bound; None without a
    counter.
    """

    clauses: tuple[Term, ...]
    given: tuple[SafetyQuery, ...]
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """Why something holds: `by` in a few words, the engine that found it, the transitions that it exhausts, the invariant that it is."""

    by: str
    engine: Engine
    bound: int | None = None
    invariant: Invariant | None = None


@dataclass(frozen=True, slots=True)
class EngineVerdict:
    """The answer to one query; fields as in `witness.verdicts.Verdict`.

    `engine`: that proved it. `invariant`: where the argument is one. `uninterrupted`: `run` is one of the system whose steps are atomic
    (see `engines.uninterrupted`).
    """

    name: str
    word: Word
    by: str = ""
    bound: int | None = None
    least: int | None = None
    run: RawRun | None = None
    reason: UnknownReason | None = None
    phase: str = ""
    seconds: float = 0.0
    vacuity: OpenPremise | None = None
    uninterrupted: bool = False
    invariant: Invariant | None = None
    engine: Engine | None = None


@dataclass(frozen=True, slots=True)
class EngineResult:
    """One verdict for each query, in order; wall seconds by phase; counts for `--stats`; what was settled and why."""

    verdicts: tuple[EngineVerdict, ...]
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    stats: Mapping[str, int | float | str] = field(default_factory=dict[str, int | float | str])
    proof: Proof = ()

    def __getitem__(self, name: str) -> EngineVerdict:
        return next(v for v in self.verdicts if v.name == name)


class OutOfBudget(Exception):
    """A query came back without an answer. Carries why, and in which phase."""

    def __init__(self, reason: UnknownReason, phase: str) -> None:
        super().__init__(f"{phase}: {reason}")
        self.reason = reason
        self.phase = phase
