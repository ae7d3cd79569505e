"""What others say of a verdict: further engines, further solvers, the interpreter. Plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """In what a source is independent of the engine that came to the verdict."""

    ENGINE = "engine"  # another argument
    SOLVER = "solver"  # another encoding as text, and whoever reads it
    INTERPRETER = "interpreter"  # the other meaning of the program


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one source says of the verdict on a property. `agrees`: None where it has no answer. `detail`: what it was asked, and said."""

    property: str
    role: Role
    source: str
    agrees: bool | None
    detail: str


SOLVERS = 2
"""So many solvers must have an answer."""

_NEEDED = {Role.ENGINE: "a second engine", Role.SOLVER: "two solvers", Role.INTERPRETER: "the interpreter"}


def lacking(opinions: Sequence[Opinion]) -> tuple[str, ...]:
    """Whose agreement the verdict lacks that these opinions are about, in words; nothing where an engine, two solvers and the interpreter
    agree. For a run no second engine is asked: the interpreter has carried it out.
    """
    lacks: list[str] = []
    for role, words in _NEEDED.items():
        asked = [o for o in opinions if o.role is role]
        if role is Role.ENGINE and not asked:
            continue
        if len({o.source for o in asked if o.agrees}) < (SOLVERS if role is Role.SOLVER else 1):
            lacks.append(words)
    return tuple(lacks)


def by_property(opinions: Sequence[Opinion]) -> dict[str, tuple[Opinion, ...]]:
    """The opinions on each property, in order."""
    found: dict[str, tuple[Opinion, ...]] = {}
    for opinion in opinions:
        found[opinion.property] = (*found.get(opinion.property, ()), opinion)
    return found


def unconfirmed(opinions: Sequence[Opinion]) -> int:
    """How many verdicts lack somebody's agreement."""
    return sum(bool(lacking(group)) for group in by_property(opinions).values())
