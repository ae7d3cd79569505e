"""What a run may cost, and how much of it is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mmu_smt.witness.verdicts import UnknownReason


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one run; None means no limit.

    `seconds`: wall time. `rlimit`: the solver's own deterministic resource units, summed over every query. `memory`: megabytes that the
    solver may hold.
    """

    seconds: float | None = None
    rlimit: int | None = None
    memory: int | None = None


class OutOfMemory(Exception):
    """The solver gets no more memory, or no more than the budget allows."""


@dataclass(slots=True)
class Meter:
    """A budget being spent. One meter is shared by every session of a run."""

    budget: Budget
    clock: Callable[[], float] = time.monotonic
    spent: int = 0
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def elapsed(self) -> float:
        return self.clock() - self.started

    def remaining_seconds(self) -> float | None:
        return None if self.budget.seconds is None else self.budget.seconds - self.elapsed()

    def remaining_rlimit(self) -> int | None:
        return None if self.budget.rlimit is None else self.budget.rlimit - self.spent

    def spend(self, units: int) -> None:
        self.spent += units

    def exhausted(self) -> UnknownReason | None:
        """The limit that leaves nothing for a further query, or None."""
        seconds, units = self.remaining_seconds(), self.remaining_rlimit()
        if seconds is not None and seconds <= 0:
            return UnknownReason.TIME
        if units is not None and units <= 0:
            return UnknownReason.RLIMIT
        return None
