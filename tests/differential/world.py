"""What a random specification has declared so far: the generators draw from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from mmu_smt.semantics.types import FlagsType, IntType, Type, Value, show_value, type_name

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that an expression may read. `assignable`: a `let`, which statements may write."""

    name: str
    type: Type
    assignable: bool = False


@dataclass(frozen=True, slots=True)
class Callable:
    """A fn or handler that was already generated. `writes_ghosts` and `decides` (is or calls a handler): itself or through a call.

    `ways`: at most so many combinations of `choose` values, a measure for the explicit search's work.
    """

    name: str
    params: tuple[Type, ...]
    returns: Type | None
    effectful: bool
    is_handler: bool = False
    writes_ghosts: bool = False
    decides: bool = False
    ways: int = 1


@dataclass(slots=True)
class World:
    """Everything declared, in order. Mutable: a generator fills it while it writes the text."""

    rng: Random
    types: list[Type] = field(default_factory=list)
    consts: list[Variable] = field(default_factory=list)
    states: list[Variable] = field(default_factory=list)
    ghosts: list[Variable] = field(default_factory=list)
    functions: list[Callable] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    steps: list[tuple[str, str, tuple[Type, ...]]] = field(default_factory=list)  # name, actor, parameter types
    words: bool = False
    fault_rate: float = 0.05
    tags: Counter[str] = field(default_factory=Counter)
    names: int = 0

    def fresh(self, prefix: str) -> str:
        """A name used nowhere else in the text."""
        self.names += 1
        return f"{prefix}{self.names}"

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def pick(self, items: list[T] | tuple[T, ...]) -> T:
        return self.rng.choice(items)

    def tag(self, feature: str) -> None:
        self.tags[feature] += 1


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be read at a place, and what may stand there.

    `states`, `ghosts`: readable or not. `primes`: state may be primed. `calls`: pure functions may be called.
    """

    locals: tuple[Variable, ...] = ()
    states: bool = True
    ghosts: bool = False
    primes: bool = False
    calls: bool = True

    def with_local(self, *variables: Variable) -> Scope:
        return replace(self, locals=(*self.locals, *variables))


def spell(type: Type) -> str:
    """A type as source text (a negative lower bound included)."""
    return type_name(type)


def literal(type: Type, value: Value) -> str:
    """A scalar value as source text."""
    if isinstance(type, IntType) and isinstance(value, int) and value < 0:
        return f"(-{-value})"
    if isinstance(type, FlagsType) and isinstance(value, int):
        return f"{type.name}({', '.join(m for i, m in enumerate(type.members) if value >> i & 1)})"
    return show_value(type, value)
