"""Fairness requirements of a config, and whether a loop meets them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmu_smt.interpret.machine import Machine, Outcome
from mmu_smt.semantics.types import Value


@dataclass(frozen=True, slots=True)
class Requirement:
    """Fairness of a step, or (where `args` is set) of one of its instances."""

    step: str
    args: tuple[Value, ...] | None
    strong: bool

    def concerns(self, outcome: Outcome) -> bool:
        """True iff the transition takes the step."""
        return outcome.move.step == self.step and (self.args is None or outcome.args == self.args)

    def enabled(self, outcomes: Iterable[Outcome]) -> bool:
        """True iff the step is enabled in a state, given all that can be attempted there (inside a loop)."""
        return any(self.concerns(o) for o in outcomes)

    @property
    def label(self) -> str:
        return f"{'strong' if self.strong else 'weak'} fairness of {self.step}" + ("" if self.args is None else f"{self.args}")


def requirements(machine: Machine) -> tuple[Requirement, ...]:
    """Every requirement of the machine's config, `each` expanded. Raises TooLarge where that gives too many."""
    found: list[Requirement] = []
    for clause in machine.config.enables:
        if clause.fairness is None:
            continue
        instances: Iterable[tuple[Value, ...] | None] = machine.arguments(clause.step) if clause.each else (None,)
        found.extend(Requirement(clause.step, args, clause.fairness == "strong") for args in instances)
    return tuple(dict.fromkeys(found))


def unmet(needed: Sequence[Requirement], taken: Sequence[Outcome], enabled: Sequence[Iterable[Outcome]]) -> Requirement | None:
    """A requirement that a loop does not meet; None if it is fair.

    `taken`: the loop's transitions. `enabled`: for each of its states, every outcome that is possible there inside a loop.
    """
    for requirement in needed:
        if any(requirement.concerns(o) for o in taken):
            continue
        possible = [requirement.enabled(outcomes) for outcomes in enabled]
        if any(possible) if requirement.strong else all(possible):
            return requirement
    return None
