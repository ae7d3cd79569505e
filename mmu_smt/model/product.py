"""Two programs step by step: one run of both, from one start, under the same choices, for as long as they agree.

The state of the product is what both declare, once, and what only one declares, beside it; steps in flight are kept for each. A run goes on
only while the two agree, so its one copy of the common state is exact; where they first disagree is a bad transition of the product.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from mmu_smt.model.flight import MARK
from mmu_smt.model.lower import Lowered, lower_pair
from mmu_smt.model.properties import conjunction
from mmu_smt.model.steps import StepImage
from mmu_smt.model.symbolic import SVal, encode, equal, fit, flatten
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.table import TermTable, variables
from mmu_smt.model.term import Op, Term
from mmu_smt.semantics.program import (
    Config,
    Decides,
    Lock,
    Program,
    Property,
    PropertyKind,
    StateRef,
    Yield,
)
from mmu_smt.semantics.types import BOOL, Value, cardinality, default_value, values
from mmu_smt.semantics.walks import statements

T = TypeVar("T")

DECIDABLE = 256
"""Decisions are compared value by value up to so many values."""


class Aspect(StrEnum):
    """In what two steps can differ. The values name the queries."""

    PLACES = "places"  # where they can be interrupted
    STATE = "state"  # whether they can be taken, whether they fault, and what they lead to
    DECISIONS = "decisions"
    GHOSTS = "ghosts"


@dataclass(frozen=True, slots=True)
class Common:
    """Names that both programs declare alike, names that one declares, and what cannot be compared.

    `clashes`: constants and state variables that both declare with different types or kinds. `opaque`: handlers and ghosts that are left
    out because their types differ or are too large.
    """

    consts: tuple[str, ...]
    states: tuple[str, ...]
    ghosts: tuple[str, ...]
    handlers: tuple[str, ...]
    first_only: tuple[str, ...]
    second_only: tuple[str, ...]
    clashes: tuple[str, ...]
    opaque: tuple[str, ...]


def common_names(first: Program, second: Program) -> Common:
    """What can be compared of two programs."""
    one, two = {**first.consts, **first.states}, {**second.consts, **second.states}
    clashes = tuple(n for n, v in one.items() if n in two and (two[n].type != v.type or (n in first.consts) != (n in second.consts)))
    ghosts = tuple(n for n, v in first.ghosts.items() if n in second.ghosts and second.ghosts[n].type == v.type)
    both = [n for n, f in first.functions.items() if f.is_handler and n in second.functions and second.functions[n].is_handler]
    handlers = tuple(n for n in both if _comparable(first, second, n))
    return Common(
        consts=tuple(n for n in first.consts if n in second.consts and n not in clashes),
        states=tuple(n for n in first.states if n in second.states and n not in clashes),
        ghosts=ghosts,
        handlers=handlers,
        first_only=tuple(n for n in one if n not in two),
        second_only=tuple(n for n in two if n not in one),
        clashes=clashes,
        opaque=(*(n for n in both if n not in handlers), *(n for n in first.ghosts if n in second.ghosts and n not in ghosts)),
    )


def _comparable(first: Program, second: Program, handler: str) -> bool:
    kind = first.functions[handler].returns
    return kind == second.functions[handler].returns and (kind is None or cardinality(kind) <= DECIDABLE)


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """Both programs, lowered into one table, and the system of their common runs.

    `queries`: may they differ in an aspect? Each is violated by a run of the product and one transition more. `signals`: for a property,
    may they differ in what it says of a state or a transition? Those that are certainly equal have the term `false`.
    """

    first: Lowered
    second: Lowered
    common: Common
    system: TransitionSystem
    queries: tuple[SafetyQuery, ...]
    signals: Mapping[str, SafetyQuery]

    def initial_difference(self, *, of_second: bool) -> Term | str:
        """Over constants and state: an initial valuation of one program (the second, if `of_second`) whose common part the other one
        cannot begin with. A text that says why where that cannot be told.
        """
        here, there = (self.second, self.first) if of_second else (self.first, self.second)
        given = _completion(there, frozenset((*self.common.consts, *self.common.states)))
        if isinstance(given, str):
            return given
        table = self.system.table
        return table.and_(_begins(here), given, table.not_(_begins(there)))


def _begins(lowered: Lowered) -> Term:
    """A valuation with which a run can begin."""
    system = lowered.system
    return system.table.and_(system.domain_constants, system.assumptions, system.init)


def _completion(lowered: Lowered, common: frozenset[str]) -> Term | str:
    """What determines the part of an initial valuation that is not common, given the rest: initial values, and any value where nothing
    depends on it. A text where a condition does.
    """
    scene, program, table = lowered.scene, lowered.program, lowered.system.table
    conditions = (lowered.system.assumptions, conjunction(table, lowered.over_states, [c.condition for c in program.inits]))
    constrained = variables(conditions)
    facts: list[Term] = [scene.flight.all_idle()] if scene.flight is not None else []
    for declared, found in ((program.consts, scene.constants), (program.states, scene.states)):
        for name, variable in declared.items():
            if name in common:
                continue
            if variable.initial is not None:
                value, _ = lowered.over_states.value(variable.initial)
                facts.append(equal(table, variable.type, found[name], fit(table, value, variable.initial.type, variable.type)))
            elif any(str(leaf.payload) in constrained for leaf in flatten(found[name])):
                return f"what is initial depends on `{name}`, which only {program.variant or 'one of them'} declares"
            else:
                plain = encode(table, variable.type, default_value(variable.type))
                pairs = zip(flatten(found[name]), flatten(plain), strict=True)
                facts.extend(table.eq(leaf, value) for leaf, value in pairs if leaf.op is Op.VAR)
    return table.and_(*facts)


def product(
    first: tuple[Program, Config],
    second: tuple[Program, Config],
    properties: Iterable[tuple[Property, Property]] = (),
    *,
    atomic: bool = False,
    watch: bool = False,
) -> Product:
    """The product of two programs, each under a config, without clashes. `properties`: pairs whose signals are to be compared.
    `atomic`, `watch`: as for `lower_pair`.

    Raises SpecError as `lower` does.
    """
    one, two = lower_pair(first, second, atomic=atomic, watch=watch)
    common = common_names(first[0], second[0])
    parts = _Parts(one, two, common)
    table = parts.table
    places, state = parts.places(), parts.state()
    queries = (
        SafetyQuery(Aspect.PLACES, places, on_state=False, faulting=True),
        SafetyQuery(Aspect.STATE, state, on_state=False, faulting=True),
        SafetyQuery(Aspect.DECISIONS, parts.decisions(), on_state=False, faulting=True),
        SafetyQuery(Aspect.GHOSTS, parts.ghosts(), on_state=False, faulting=True),
    )
    signals = {a.name: parts.signal(a, b) for a, b in properties}
    system = parts.system(table.and_(parts.both(), table.not_(state), table.not_(places)))
    return Product(one, two, common, system, queries, signals)


@dataclass(frozen=True, slots=True)
class _Pair:
    """One step in both programs; None where one does not have it."""

    first: StepImage | None
    second: StepImage | None


class _Parts:
    """Builds the product's terms."""

    def __init__(self, first: Lowered, second: Lowered, common: Common) -> None:
        self._first, self._second, self._common = first, second, common
        self.table: TermTable = first.system.table
        names = dict.fromkeys(i.step.name for i in (*first.images, *second.images))
        self._pairs = tuple(_Pair(_image(first, n), _image(second, n)) for n in names)

    def both(self) -> Term:
        """Both take the selected step, and neither faults."""
        return self.table.or_(*[self._both(p) for p in self._pairs])

    def _both(self, pair: _Pair) -> Term:
        return self.table.and_(self._takes(pair.first), self._takes(pair.second))

    def _takes(self, image: StepImage | None) -> Term:
        table = self.table
        return table.false if image is None else table.and_(image.selected, image.enabled, table.not_(image.fault))

    def _fails(self, image: StepImage | None) -> Term:
        return self.table.false if image is None else self.table.and_(image.selected, image.enabled, image.fault)

    def _loops(self, image: StepImage | None) -> Term:
        return self.table.false if image is None else self.table.and_(image.selected, image.loop_enabled)

    # ------------------------------------------------------------------------------------------ differences

    def state(self) -> Term:
        table = self.table
        differs = [table.ne(self._first.system.terminal, self._second.system.terminal)]
        for pair in self._pairs:
            differs.extend(table.ne(of(pair.first), of(pair.second)) for of in (self._takes, self._fails, self._loops))
            differs.append(table.and_(self._both(pair), self._next_differs(pair), table.not_(self._apart(pair))))
        return table.or_(*differs)

    def _next_differs(self, pair: _Pair) -> Term:
        if pair.first is None or pair.second is None:
            return self.table.false
        differs: list[Term] = []
        for name in self._common.states:
            for variable in flatten(self._first.scene.states[name]):
                leaf = str(variable.payload)
                differs.append(self.table.ne(pair.first.next.get(leaf, variable), pair.second.next.get(leaf, variable)))
        return self.table.or_(*differs)

    def places(self) -> Term:
        """After a transition of both, a step is in flight in one only, or stands at places that are not called alike."""
        return self.table.or_(*[self.table.and_(self._both(pair), self._apart(pair)) for pair in self._pairs])

    def _apart(self, pair: _Pair) -> Term:
        if pair.first is None or pair.second is None:
            return self.table.false
        labels = dict.fromkeys(label for lowered in (self._first, self._second) for label, _ in _labelled(lowered))
        stands = [(self._stands(self._first, pair.first, at), self._stands(self._second, pair.second, at)) for at in labels]
        return self.table.or_(*[self.table.ne(here, there) for here, there in stands])

    def _stands(self, lowered: Lowered, image: StepImage, label: tuple[str, str, str]) -> Term:
        flight = lowered.scene.flight
        if flight is None:
            return self.table.false
        position = image.next.get(flight.pc_name, flight.pc)
        codes = [code for found, code in _labelled(lowered) if found == label]
        return self.table.or_(*[self.table.eq(position, self.table.const(code, position.width)) for code in codes])

    def decisions(self) -> Term:
        """A shared handler decides what it does not decide in the other one, as far as a property can tell."""
        table = self.table
        differs: list[Term] = []
        rules = (None, *dict.fromkeys((*self._first.program.rules, *self._second.program.rules)))
        for handler in self._common.handlers:
            kind = self._first.program.functions[handler].returns
            for value in values(kind) if kind is not None else ():
                for rule in rules:
                    asked = handler, value, rule
                    differs.append(table.ne(self._decides(self._first, asked), self._decides(self._second, asked)))
        return table.and_(self.both(), table.or_(*differs))

    def _decides(self, lowered: Lowered, asked: tuple[str, Value, str | None]) -> Term:
        handler, value, rule = asked
        if rule is not None and rule not in lowered.program.rules:
            return self.table.false
        span = lowered.program.functions[handler].span
        return lowered.over_steps.judge(Decides(type=BOOL, span=span, handler=handler, value=value, rule=rule), on_fault=False)

    def ghosts(self) -> Term:
        table = self.table
        differs: list[Term] = []
        for name in self._common.ghosts:
            kind = self._first.program.ghosts[name].type
            differs.append(table.not_(equal(table, kind, _observed(self._first, name), _observed(self._second, name))))
        return table.and_(self.both(), table.or_(*differs))

    def signal(self, first: Property, second: Property) -> SafetyQuery:
        """May the two properties of one name see something else? Asked where both programs take the same transition."""
        name = f"signal {first.name}"
        table = self.table
        if (first.kind, first.within) != (second.kind, second.within) or self._fairness(self._first) != self._fairness(self._second):
            return SafetyQuery(name, table.true, on_state=True)
        if first.kind in (PropertyKind.NO_FAULT, PropertyKind.NO_DEADLOCK):
            return SafetyQuery(name, table.false, on_state=True)
        match self._first.query(first), self._second.query(second):
            case SafetyQuery() as one, SafetyQuery() as two:
                return SafetyQuery(name, table.ne(one.bad, two.bad), on_state=one.on_state)
            case ProgressQuery() as one, ProgressQuery() as two:
                return SafetyQuery(name, table.or_(table.ne(one.recurs, two.recurs), table.ne(one.never, two.never)), on_state=False)
            case _:
                return SafetyQuery(name, table.true, on_state=True)

    @staticmethod
    def _fairness(lowered: Lowered) -> tuple[tuple[str, bool, str], ...]:
        return tuple((f.step, f.strong, f.label) for f in lowered.system.fairness)

    # ------------------------------------------------------------------------------------------ the system

    def system(self, goes_on: Term) -> TransitionSystem:
        """Common runs: a transition is one of both after which they agree (`goes_on`)."""
        table, one, two = self.table, self._first.system, self._second.system
        inputs = table.and_(one.domain_inputs, two.domain_inputs)
        taken = table.and_(inputs, goes_on)
        return TransitionSystem(
            table=table,
            constants=_distinct(one.constants, two.constants),
            state=_distinct(one.state, two.state),
            inputs=_distinct(one.inputs, two.inputs),
            primed={**two.primed, **one.primed},
            next={**two.next, **one.next},
            domain_constants=table.and_(one.domain_constants, two.domain_constants),
            domain_state=table.and_(one.domain_state, two.domain_state),
            domain_inputs=inputs,
            assumptions=table.and_(one.assumptions, two.assumptions),
            init=table.and_(one.init, two.init),
            choices=tuple({c.index: c for c in (*two.choices, *one.choices)}.values()),
            step_ok=taken,
            step_ok_loop=taken,
            step_fault=table.false,
            faults=(),
            terminal=one.terminal,
            can_move=one.can_move,
            fairness=(),
            initial_invariants=tuple(self._lemmas()),
            flight=one.flight | two.flight,
            parts=_distinct(one.parts, two.parts),
        )

    def _lemmas(self) -> Iterator[tuple[str, Term]]:
        """What may hold of every state of a common run: the invariants of both, and that steps in flight remember the same. Each is tried
        and dropped where it is wrong.
        """
        for lowered, whose in ((self._first, "first"), (self._second, "second")):
            for name, judged in lowered.program.properties.items():
                if judged.kind is PropertyKind.INVARIANT:
                    query = lowered.query(judged)
                    assert isinstance(query, SafetyQuery)
                    yield f"{name} of {whose}", self.table.not_(query.bad)
        mine, others = _in_flight(self._first, MARK), _in_flight(self._second, 2 * MARK)
        for key, variable in mine.items():
            other = others.get(key)
            if other is not None and other.width == variable.width:
                yield f"same {variable.payload}", self.table.eq(variable, other)


def _image(lowered: Lowered, step: str) -> StepImage | None:
    return next((i for i in lowered.images if i.step.name == step), None)


def _observed(lowered: Lowered, ghost: str) -> SVal:
    variable = lowered.program.ghosts[ghost]
    return lowered.over_steps.value(StateRef(type=variable.type, span=variable.span, name=ghost))[0]


def _distinct(*groups: Sequence[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(x for group in groups for x in group))


def _in_flight(lowered: Lowered, mark: str) -> dict[tuple[str, int], Term]:
    """Flight variables by what they hold: a name without the number that tells locals of one name apart, and a count."""
    flight = lowered.scene.flight
    found: dict[tuple[str, int], Term] = {}
    counts: dict[str, int] = {}
    for name, variable in flight.variables.items() if flight is not None else ():
        base = re.sub(r"#\d+", "#", name.removeprefix(mark))
        counts[base] = counts.get(base, -1) + 1
        found[base, counts[base]] = variable
    return found


def _labelled(lowered: Lowered) -> Iterator[tuple[tuple[str, str, str], int]]:
    """What each position is called: the step, before or after or at, the lock or the label; and its code."""
    flight = lowered.scene.flight
    if flight is None:
        return
    names = dict(_names(lowered.program))
    for cut in flight.cuts:
        yield (cut.step, cut.place.phase, names.get(cut.place.site[-1], "")), cut.code


def _names(program: Program) -> Iterator[tuple[int, str]]:
    """The lock or label of every statement that has one."""
    for statement in statements(program):
        if isinstance(statement, Lock):
            yield statement.id, statement.name
        elif isinstance(statement, Yield):
            yield statement.id, statement.label
