"""Starts of runs and moves as terms over a lowered program's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from mmu_smt.model.cone import query_cone
from mmu_smt.model.lower import Lowered
from mmu_smt.model.symbolic import encode, fit, flatten
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Op, Term
from mmu_smt.semantics.types import Value, default_value
from mmu_smt.witness.traces import Move, Valuation


def start_values(lowered: Lowered, consts: Valuation, state: Valuation) -> dict[Term, Term]:
    """The variables of those constants and state variables that have a value, each with its value."""
    scene, program, table = lowered.scene, lowered.program, lowered.system.table
    found: dict[Term, Term] = {}
    for declared, variables, given in ((program.consts, scene.constants, consts), (program.states, scene.states, state)):
        for name, variable in declared.items():
            if name in given:
                value = encode(table, variable.type, given[name])
                pairs = zip(flatten(variables[name]), flatten(value), strict=True)
                found |= {leaf: known for leaf, known in pairs if leaf.op is Op.VAR}
    return found


def start_facts(lowered: Lowered, consts: Valuation, state: Valuation) -> Term:
    """They have these values."""
    table = lowered.system.table
    return table.and_(*[table.eq(variable, value) for variable, value in start_values(lowered, consts, state).items()])


def starting(system: TransitionSystem, *conditions: Term) -> TransitionSystem:
    """The system with further conditions on its initial states."""
    return replace(system, init=system.table.and_(system.init, *conditions))


def violating_starts(lowered: Lowered, query: SafetyQuery | ProgressQuery, moves: Sequence[Move], common: frozenset[str]) -> Term | None:
    """Of the common constants and initial state: from there, these moves or the first of them violate the query. Where a move does not
    say what is chosen, something is.

    A condition over starts, so it stands for many of them. Exact for these moves: a run under given moves is a function of its start.
    None where a start's part that is not common is not determined by the rest.
    """
    own = _determined(lowered, common)
    return None if own is None else _Runs(lowered, query, moves, own).violated()


def _determined(lowered: Lowered, common: frozenset[str]) -> dict[Term, Term] | None:
    """The initial values of what is not common, over constants; of steps in flight too. None where one is free."""
    scene, program = lowered.scene, lowered.program
    values: dict[Term, Term] = {}
    if scene.flight is not None:
        values |= {v: scene.flight.idle_values[n] for n, v in scene.flight.variables.items()}
    if any(n not in common for n in program.consts):
        return None
    for name, variable in program.states.items():
        if name in common:
            continue
        if variable.initial is None:
            return None
        value, _ = lowered.over_states.value(variable.initial)
        fitted = fit(lowered.system.table, value, variable.initial.type, variable.type)
        values |= dict(zip(flatten(scene.states[name]), flatten(fitted), strict=True))
    return values


class _Runs:
    """The runs under given moves, from every start at once: each frame's state as terms over the start."""

    def __init__(self, lowered: Lowered, query: SafetyQuery | ProgressQuery, moves: Sequence[Move], own: Mapping[Term, Term]) -> None:
        self._system = system = lowered.system
        self._query = query
        self._table = system.table
        self._cone = query_cone(system, query)
        self._observed = _watched(system, query)
        state = {str(v.payload): own.get(v, v) for v in system.state}
        self._states = [state]
        self._steps: list[dict[str, Term]] = []
        for move in moves:
            state = self._advance(state, _inputs(lowered, move))
        self._last = self._observe(state, {}, {}, on_state=True)

    def _advance(self, state: Mapping[str, Term], inputs: Mapping[Term, Term]) -> dict[str, Term]:
        system = self._system
        replacements = {v: state[str(v.payload)] for v in system.state if str(v.payload) in state} | dict(inputs)
        names = [n for n in system.next if n in self._cone]
        following = self._table.substitute_all([system.next[n] for n in names], replacements)
        after = dict(zip(names, following, strict=True))
        self._steps.append(self._observe(state, after, inputs, on_state=False))
        self._states.append(after)
        return after

    def _observe(
        self, state: Mapping[str, Term], after: Mapping[str, Term], inputs: Mapping[Term, Term], *, on_state: bool
    ) -> dict[str, Term]:
        """The watched terms of a transition; of a state alone where there is no transition from it."""
        system = self._system
        watched = {n: t for n, (t, of_state) in self._observed.items() if of_state or not on_state}
        replacements = {v: state[str(v.payload)] for v in system.state if str(v.payload) in state} | dict(inputs)
        replacements |= {system.primed[n]: t for n, t in after.items()}
        return dict(zip(watched, self._table.substitute_all(list(watched.values()), replacements), strict=True))

    # ------------------------------------------------------------------------------------------ what violates

    def violated(self) -> Term:
        query = self._query
        if isinstance(query, SafetyQuery):
            return self._reaches_bad(query)
        if isinstance(query.within, int):
            return self._exceeds(query.within)
        table = self._table
        length = len(self._steps)
        found = [table.and_(self._taken(n), self._loops(start, n)) for n in range(1, length + 1) for start in range(n)]
        return table.or_(*found)

    def _taken(self, count: int) -> Term:
        return self._table.and_(*[step["taken"] for step in self._steps[:count]])

    def _reaches_bad(self, query: SafetyQuery) -> Term:
        table = self._table
        places = [*self._steps, self._last] if query.on_state else self._steps
        found: list[Term] = []
        for place, seen in enumerate(places):
            before = place if query.on_state or query.faulting else place + 1
            found.append(table.and_(self._taken(before), seen["bad"]))
        return table.or_(*found)

    def _exceeds(self, bound: int) -> Term:
        """More than so many times `recurs` since the last `never`, at some place."""
        table = self._table
        at_least = [table.true, *[table.false] * (bound + 1)]
        found: list[Term] = []
        for place, step in enumerate(self._steps):
            counted = [table.or_(more, table.and_(step["recurs"], fewer)) for fewer, more in pairwise(at_least)]
            at_least = [table.true, *[table.and_(table.not_(step["never"]), c) for c in counted]]
            found.append(table.and_(self._taken(place + 1), at_least[-1]))
        return table.or_(*found)

    def _loops(self, start: int, end: int) -> Term:
        """The states at both ends agree on the cone, and what lies between is a fair round."""
        table, inside = self._table, self._steps[start:end]
        names = [n for n in self._states[end] if n in self._cone]
        facts = [table.eq(self._states[start][n], self._states[end][n]) for n in names]
        facts.extend(step["loops"] for step in inside)
        facts.extend(table.not_(step["never"]) for step in inside)
        facts.append(table.or_(*[step["recurs"] for step in inside]))
        assert isinstance(self._query, ProgressQuery)
        for i, fair in enumerate(self._system.fairness if self._query.within is None else ()):
            idle = [table.not_(step[f"enabled{i}"]) for step in inside]
            taken = [step[f"taken{i}"] for step in inside]
            facts.append(table.or_(*taken, table.and_(*idle)) if fair.strong else table.or_(*taken, *idle))
        return table.and_(*facts)


def _watched(system: TransitionSystem, query: SafetyQuery | ProgressQuery) -> dict[str, tuple[Term, bool]]:
    """Terms by name, each with whether it is of a state alone."""
    found = {"taken": (system.step_ok, False)}
    if isinstance(query, SafetyQuery):
        bad = system.table.and_(system.domain_inputs, query.bad) if query.faulting else query.bad
        return {**found, "bad": (bad, query.on_state)}
    found |= {"loops": (system.step_ok_loop, False), "recurs": (query.recurs, False), "never": (query.never, False)}
    for i, fair in enumerate(system.fairness):
        found |= {f"enabled{i}": (fair.enabled, True), f"taken{i}": (fair.taken, False)}
    return found


def _inputs(lowered: Lowered, move: Move) -> dict[Term, Term]:
    """A value for every input: the move's, else any."""
    table, inputs = lowered.system.table, lowered.scene.inputs
    image = next(i for i in lowered.images if i.step.name == move.step)
    selector = inputs.selector
    code = table.const(image.index, selector.width) if selector.width else table.bool(image.index != 0)
    given: dict[str, Value] = {}
    if not move.resume:
        given |= {a.name: v for a, v in zip(image.arguments, move.args, strict=True)}
    sites = inputs.choices(move.step)
    given |= {sites[site].name: value for site, value in move.choices.items() if site in sites}
    values = {selector: code}
    for one in inputs.every():
        value = given.get(one.name, default_value(one.type))
        values |= dict(zip(flatten(one.value), flatten(encode(table, one.type, value)), strict=True))
    return values
