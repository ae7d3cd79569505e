"""Which branches of the handlers are taken, and which premises of properties are met. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mmu_smt.semantics.program import Config, Program, Property
from mmu_smt.syntax.source import Span
from mmu_smt.witness.traces import Trace
from mmu_smt.witness.verdicts import UnknownReason


class Reach(StrEnum):
    """What is known of a place."""

    REACHED = "reached"  # by a replayed run
    DEAD = "dead"  # proved: no run gets there
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Found:
    """The answer under one config. `by`: the argument of a proof; `run`: index of the run that gets there, in `Coverage.runs`."""

    reach: Reach
    by: str = ""
    run: int | None = None
    reason: UnknownReason | None = None
    phase: str = ""


@dataclass(frozen=True, slots=True)
class PlaceResult:
    """A branch point. `kind`: then, else, arm, true, false or return; `rule`: the label of a return. `found`: by config, in order."""

    kind: str
    function: str
    text: str
    span: Span = field(repr=False)
    rule: str | None
    found: tuple[Found, ...]

    @property
    def reach(self) -> Reach:
        """Under all configs together: dead only where it is under each."""
        return together(self.found)


@dataclass(frozen=True, slots=True)
class PremiseResult:
    """Whether what a property rests on ever happens. `found`: None where the property does not apply."""

    judged: Property
    found: tuple[Found | None, ...]

    @property
    def reach(self) -> Reach:
        return together(tuple(f for f in self.found if f is not None))


@dataclass(frozen=True, slots=True)
class Run:
    """A replayed run under the config of that index. `trace` is one of the program with marks; `shown` without them."""

    config: int
    trace: Trace


@dataclass(frozen=True, slots=True)
class Coverage:
    """All of one variant. `unmarked`: functions that handlers call under quantifiers, too, where their branches are
    not seen."""

    target: str
    program: Program
    configs: tuple[Config, ...]
    functions: tuple[Span, ...]
    places: tuple[PlaceResult, ...]
    premises: tuple[PremiseResult, ...]
    runs: tuple[Run, ...]
    unmarked: tuple[str, ...] = ()
    seconds: float = 0.0
    interrupted: bool = False


def together(found: tuple[Found, ...]) -> Reach:
    """Reached if under one; dead if under all; else unknown."""
    if any(f.reach is Reach.REACHED for f in found):
        return Reach.REACHED
    return Reach.DEAD if found and all(f.reach is Reach.DEAD for f in found) else Reach.UNKNOWN
