"""How far the start of a run is from the plain values: which parts of constants and of the initial state are off their defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mmu_smt.model.lower import Lowered
from mmu_smt.model.symbolic import encode_leaves, leaf_types
from mmu_smt.model.term import Term
from mmu_smt.semantics.program import Variable
from mmu_smt.semantics.types import default_value


@dataclass(frozen=True, slots=True)
class Level:
    """Parts of equal weight, by `@minimise`: for each a term over constants and state, true where the part is off its default."""

    rank: int
    off: tuple[Term, ...]


def levels(lowered: Lowered) -> tuple[Level, ...]:
    """The parts of the variables with a `@minimise`, the most important first, without what the assumptions settle."""
    program = lowered.program
    ranked: dict[int, list[Term]] = {}
    for variable in (*program.consts.values(), *(v for v in program.states.values() if v.initial is None)):
        if variable.display.minimise is not None:
            ranked.setdefault(variable.display.minimise, []).extend(_off(lowered, variable))
    return tuple(Level(rank, tuple(terms)) for rank, terms in sorted(ranked.items()) if terms)


def _off(lowered: Lowered, variable: Variable) -> Iterator[Term]:
    """Of an optional part that is absent by default only its presence counts: the value below it is not there."""
    table = lowered.system.table
    there = {str(v.payload): v for v in (*lowered.system.constants, *lowered.system.state)}
    default = variable.display.default if variable.display.has_default else default_value(variable.type)
    absent: list[str] = []
    for (path, _), code in zip(leaf_types(variable.type), encode_leaves(variable.type, default), strict=True):
        if any(path.startswith(prefix) for prefix in absent):
            continue
        if path.endswith(".has") and not code:
            absent.append(path.removesuffix(".has") + ".value")
        leaf = there.get(variable.name + path)
        if leaf is not None:
            plain = table.const(code, leaf.width) if leaf.width else table.bool(bool(code))
            yield table.not_(table.eq(leaf, plain))
