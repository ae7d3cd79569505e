"""What may stand still in every loop, if it can only move one way: state variables, and conditions on them.

First the variables themselves. Where these are not enough: whether one of the others has a certain value, and that under a rigid
condition. An env step that works on a chosen element of an array moves that both ways, but no other; so
`victim != 2 && page[2]` may only fall where `page[2]` does not.

Only suggestions of what is worth asking the solver; nothing rests on their being complete or right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mmu_smt.engines.atoms import conditions, conjuncts
from mmu_smt.engines.targets import Targets
from mmu_smt.engines.unroll import Observer
from mmu_smt.model.argument import Coordinate, Way
from mmu_smt.model.system import TransitionSystem
from mmu_smt.model.table import variables
from mmu_smt.model.term import Term

GUARDS = 16
"""Rigid conditions beyond which none is tried."""

WIDEST = 3
"""Bits of a variable whose values are told apart."""


@dataclass(frozen=True, slots=True)
class Condition:
    """That a variable has a certain value (`label`, for reading), where a rigid condition holds, if there is one."""

    label: str
    value: Term
    guard: Term | None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A term over constants and state. `same`: a transition leaves it alone. `ways`: it moves one way, if at all. `condition`: what it
    says, if it is no variable.
    """

    name: str
    term: Term
    same: Observer
    ways: dict[Observer, Coordinate]
    condition: Condition | None = None


class Coordinates:
    """The quantities of one system. `cone`: of these state variables."""

    def __init__(self, system: TransitionSystem, cone: Iterable[str]) -> None:
        self._system = system
        self._state = {str(v.payload): v for v in system.state}
        self._cone = tuple(cone)
        self._targets = Targets(system)
        self._primes = {v: system.primed[name] for name, v in self._state.items()}

    def plain(self) -> Iterator[Quantity]:
        """The variables themselves, by name."""
        for name in self._cone:
            yield self._quantity(name, self._state[name], self._targets.of(name))

    def refined(self, stable: Collection[str], changed: Collection[str]) -> Iterator[Quantity]:
        """Conditions on variables that describe no step in flight and are none of these. `changed`: what env steps change."""
        guards = self._guards()
        for name in self._cone:
            variable = self._state[name]
            if name in stable or name in self._system.flight or variable.width > WIDEST:
                continue
            for label, value in self._values(name, variable):
                if variable.width:
                    yield self._of(Condition(label, value, None))
                for guard in guards if name in changed else ():
                    yield self._of(Condition(label, value, guard))

    def joined(self, found: Mapping[str, Coordinate], quantities: Mapping[str, Quantity]) -> Iterator[tuple[Quantity, Coordinate]]:
        """The same with one condition where there are several that differ in their guards alone, which are made one."""
        groups: dict[tuple[int, Way], list[Condition]] = {}
        for name, coordinate in found.items():
            quantity = quantities[name]
            if quantity.condition is None:
                yield quantity, coordinate
            else:
                groups.setdefault((quantity.condition.value.id, coordinate.way), []).append(quantity.condition)
        for (_, way), group in groups.items():
            guards = [c.guard for c in group if c.guard is not None]
            guard = self._system.table.or_(*guards) if len(guards) == len(group) else None
            made = self._of(Condition(group[0].label, group[0].value, guard))
            yield made, next(c for c in made.ways.values() if c.way is way)

    def _values(self, name: str, variable: Term) -> Iterator[tuple[str, Term]]:
        table = self._system.table
        if not variable.width:
            yield name, variable
        for n in range(1 << variable.width) if variable.width else ():
            number = table.const(n, variable.width)
            if table.substitute(self._system.domain_state, {variable: number}) is not table.false:
                yield f"{name} = {n}", table.eq(variable, number)

    def _of(self, condition: Condition) -> Quantity:
        label, value, guard = condition.label, condition.value, condition.guard
        if guard is None:
            return replace(self._quantity(label, value), condition=condition)
        return replace(self._quantity(f"{label} where {guard.id}", self._system.table.and_(guard, value)), condition=condition)

    def _guards(self) -> Sequence[Term]:
        """Rigid conditions under which an env step of a loop works on something chosen, and their negations."""
        system = self._system
        constants, inputs = ({str(v.payload) for v in group} for group in (system.constants, system.inputs))
        found: dict[int, Term] = {}
        for choice in system.choices:
            for part in conjuncts(system.table, choice.loop_enabled) if choice.actor == "env" else ():
                seen = variables((part,)).keys()
                if seen & constants and seen & inputs and seen <= constants | inputs:
                    found |= {c.id: c for c in conditions(system, part)}
        return tuple(found.values()) if len(found) <= GUARDS else ()

    def _quantity(self, name: str, term: Term, targets: Sequence[Term] = ()) -> Quantity:
        table = self._system.table
        after = table.substitute(term, self._primes)
        if term.width:
            up, down = table.ule(term, after), table.ule(after, term)
        else:
            up, down = table.or_(table.not_(term), after), table.or_(table.not_(after), term)
        same = table.eq(term, after)
        ways = {
            Observer(f"{name} rises", up, on_state=False): Coordinate(term, Way.RISES),
            Observer(f"{name} falls", down, on_state=False): Coordinate(term, Way.FALLS),
        }
        for target in targets:
            settles = Observer(f"{name} settles {target.id}", table.or_(same, table.eq(after, target)), on_state=False)
            ways[settles] = Coordinate(term, Way.SETTLES, target)
        return Quantity(name, term, Observer(f"{name} stays", same, on_state=False), ways)
