"""What would have broken a loop, as data: the changes after each of which the same steps no longer go round for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mmu_smt.semantics.types import Type, Value
from mmu_smt.syntax.source import Span


class AtomKind(StrEnum):
    DECISION = "decision"  # what a handler returns at one `return`
    CONSTANT = "constant"
    INITIAL = "initial state"


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing that could be different: a decision, or the smallest part of a constant or of the initial state.

    `name`: of the handler or the variable. `way`: positions from the variable's value down to the part. `span`: the decision's `return`.
    """

    kind: AtomKind
    name: str
    way: tuple[int, ...]
    type: Type
    value: Value
    span: Span | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """An atom with the values that break the loop; `any_other`: these are all other values that are possible here at all."""

    atom: Atom
    values: tuple[Value, ...]
    any_other: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The cut set of a loop: the smallest sets of changes, all of one size, each of which breaks it.

    `tried`: how many changes of that size were tried. `complete`: none was left out.
    """

    cuts: tuple[tuple[Change, ...], ...]
    tried: int
    complete: bool
