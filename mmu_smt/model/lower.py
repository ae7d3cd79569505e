"""The lowering: from a checked program under a config to a transition system, and back from a solver's integers to values.

Calls are inlined and loops unrolled; state variables are split into their scalar parts. See `flow` for how control flow becomes terms and
`flight` for steps that can be interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType

from mmu_smt.model.cone import query_cone
from mmu_smt.model.evaluate import evaluate
from mmu_smt.model.fairness import can_start, requirements
from mmu_smt.model.flight import MARK, CutCounter, Flight
from mmu_smt.model.flow import Joiner
from mmu_smt.model.frozen import assigned
from mmu_smt.model.inputs import SELECTOR, Inputs, decoded
from mmu_smt.model.pinned import pinned
from mmu_smt.model.properties import ConditionWalker, conjunction, premise
from mmu_smt.model.steps import Scene, StepImage, lower_step
from mmu_smt.model.symbolic import SVal, decode, domain, equal, fit, flatten, leaf_types, make_variable, merge, shape, width_of
from mmu_smt.model.system import Choice, FaultCheck, ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Op, Term
from mmu_smt.model.traits import Traits
from mmu_smt.model.watching import watched_in
from mmu_smt.semantics.program import Config, Program, Property, PropertyKind, TExpr, Variable, enabled_steps, has_cuts
from mmu_smt.semantics.types import BoolType, Type, Value, cardinality
from mmu_smt.syntax.source import Span
from mmu_smt.witness.traces import Candidate, Move, Valuation

_DEPTH = 100_000
"""Recursion limit while walking a program: calls nested as deep as the checker allows, each with statements and expressions nested as
deep.
"""


@contextmanager
def _deep_recursion() -> Generator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@dataclass(frozen=True, slots=True, eq=False)
class Lowered:
    """A lowered program. `origins`: where each program state variable and ghost is assigned.

    A state variable that no enabled step can assign is no variable of the system: the term of its initial value stands for it. Nor is
    a part of a constant about which the assumptions, or the case, leave no choice: `settled` has its value.
    """

    program: Program
    config: Config
    system: TransitionSystem
    origins: Mapping[str, tuple[Span, ...]]
    frozen: Mapping[str, SVal] = field(repr=False)
    settled: Mapping[str, int] = field(repr=False)
    _scene: Scene = field(repr=False)
    _images: tuple[StepImage, ...] = field(repr=False)
    _over_states: ConditionWalker = field(repr=False)
    _over_steps: ConditionWalker = field(repr=False)

    @property
    def scene(self) -> Scene:
        """The terms of constants, state variables and inputs by name."""
        return self._scene

    @property
    def images(self) -> tuple[StepImage, ...]:
        """The steps that the config enables, lowered."""
        return self._images

    @property
    def over_states(self) -> ConditionWalker:
        """Judges conditions over one state."""
        return self._over_states

    @property
    def over_steps(self) -> ConditionWalker:
        """Judges conditions over one transition."""
        return self._over_steps

    def query(self, prop: Property) -> SafetyQuery | ProgressQuery:
        """The question that decides a property."""
        with _deep_recursion():
            return self._query(prop)

    def _query(self, prop: Property) -> SafetyQuery | ProgressQuery:
        table, system, name = self.system.table, self.system, prop.name
        match prop.kind:
            case PropertyKind.NO_FAULT:
                return SafetyQuery(name, system.step_fault, on_state=False, faulting=True)
            case PropertyKind.NO_DEADLOCK:
                bad = table.and_(table.not_(system.terminal), table.not_(system.can_move))
                return SafetyQuery(name, bad, on_state=True)
            case PropertyKind.INVARIANT | PropertyKind.STEP:
                on_state = prop.kind is PropertyKind.INVARIANT
                walker = self._over_states if on_state else self._over_steps
                condition = _given(prop.condition)
                bad = table.not_(walker.judge(condition, on_fault=False))
                rests_on = premise(self.program, condition)
                reach = None if rests_on is None else walker.judge(rests_on, on_fault=False)
                return SafetyQuery(name, bad, on_state=on_state, premise=reach)
            case PropertyKind.COVER:
                wanted = self._over_steps.judge(_given(prop.condition), on_fault=False)
                return SafetyQuery(name, wanted, on_state=False, is_cover=True)
            case PropertyKind.PROGRESS | PropertyKind.COVER_LASSO:
                recurs = self._over_steps.judge(_given(prop.recurs), on_fault=False)
                never = self._over_steps.judge(_given(prop.never), on_fault=False)
                is_cover = prop.kind is PropertyKind.COVER_LASSO
                measure = None
                if prop.measure is not None:
                    less, most = (self._over_steps.judge(e, on_fault=False) for e in (prop.measure.less, prop.measure.most))
                    measure = less, most
                return ProgressQuery(name, recurs, never, prop.within, is_cover, measure)

    def cone_names(self, query: SafetyQuery | ProgressQuery) -> frozenset[str]:
        """The program's state variables in a query's cone: those that a loop must return to."""
        cone = query_cone(self.system, query)
        return frozenset(n for n, v in self.program.states.items() if any(n + path in cone for path, _ in leaf_types(v.type)))

    def candidate(
        self, consts: Mapping[str, int], frames: Sequence[Mapping[str, int]], inputs: Sequence[Mapping[str, int]], loop_start: int | None
    ) -> Candidate:
        """A run in values from integers by variable name. Program variables that a frame leaves out are left out of its state.

        `frames[i]` is the state before the transition with `inputs[i]`.
        """
        consts = {**self.settled, **consts}
        frozen = self.frozen_values(consts)
        return Candidate(
            consts={n: decode(v.type, n, consts) for n, v in self.program.consts.items()},
            states=tuple(self._state({**frozen, **frame}) for frame in frames),
            moves=tuple(self._move(frame, given) for frame, given in zip(frames, inputs, strict=False)),
            loop_start=loop_start,
        )

    def frozen_values(self, consts: Mapping[str, int]) -> dict[str, int]:
        """The values of the state that never changes, by variable name, from those of all constants."""
        kinds = {n: self.program.states[n].type for n in self.frozen}
        leaves = {n + path: term for n, v in self.frozen.items() for (path, _), term in zip(leaf_types(kinds[n]), flatten(v), strict=True)}
        return dict(zip(leaves, evaluate(list(leaves.values()), consts), strict=True))

    def _state(self, frame: Mapping[str, int]) -> Valuation:
        state: dict[str, Value] = {}
        for name, variable in self.program.states.items():
            if all(name + path in frame for path, _ in leaf_types(variable.type)):
                state[name] = decode(variable.type, name, frame)
        return state

    def _move(self, frame: Mapping[str, int], given: Mapping[str, int]) -> Move:
        image = next(i for i in self._images if i.index == given.get(SELECTOR, 0))
        flight = self._scene.flight
        resume = image.step.actor != "env" and flight is not None and frame.get(flight.pc_name, 0) != 0
        choices = {site: decoded(choice, given) for site, choice in self._scene.inputs.choices(image.step.name).items()}
        args = () if resume else tuple(decoded(a, given) for a in image.arguments)
        return Move(image.step.name, args, resume, choices)


def _given(expr: TExpr | None) -> TExpr:
    assert expr is not None
    return expr


def lower(program: Program, config: Config, case: Mapping[str, int] = MappingProxyType({}), *, atomic: bool = False) -> Lowered:
    """Lower a program under a config. `case`: values of some constants of type bool or an enum, to which the system is limited.
    `atomic`: no step can be interrupted, whatever the config enables.

    Raises SpecError (MS510) where it would become too large.
    """
    with _deep_recursion():
        return _lower(program, config, case, atomic=atomic)


def cases(program: Program, config: Config) -> tuple[Mapping[str, int], ...]:
    """The cases that are judged one by one: the combinations of values of the constants so marked that the assumptions do not exclude
    at first sight. One without any values where no constant is marked, or where they exclude everything.
    """
    marked = [v for v in program.consts.values() if v.display.cases]
    found: list[Mapping[str, int]] = []
    with _deep_recursion():
        for values in product(*[range(2 if isinstance(v.type, BoolType) else cardinality(v.type)) for v in marked]):
            case = {v.name: value for v, value in zip(marked, values, strict=True)}
            table = TermTable()
            if _settle(program, config, table, case)[2] is not table.false:
                found.append(case)
    return tuple(found) or ({},)


def _settle(
    program: Program, config: Config, table: TermTable, case: Mapping[str, int], *, only: Mapping[str, int] | None = None
) -> tuple[dict[str, int], dict[str, SVal], Term]:
    """The parts of constants that the assumptions settle in a case, the constants with these values put in, and what is left to assume.

    `only`: to put these values in, which are known to be settled.
    """
    assumed = [a.condition for a in (*program.assumptions, *config.assumptions)]

    def constants(values: Mapping[str, int]) -> dict[str, SVal]:
        return {n: _constant(table, n, v.type, values) for n, v in program.consts.items()}

    def assumptions(values: Mapping[str, int]) -> Term:
        return conjunction(table, ConditionWalker(program, constants(values), Joiner(table), Traits(program), now={}), assumed)

    settled = pinned(assumptions, case) if only is None else dict(only)
    return settled, constants(settled), assumptions(settled)


def lower_pair(
    first: tuple[Program, Config], second: tuple[Program, Config], *, atomic: bool = False, watch: bool = False
) -> tuple[Lowered, Lowered]:
    """Lower two programs into one term table. Constants and state variables of one name are one variable; so are the inputs, and a value of
    the selector stands for the step of one name in both. Steps in flight have variables of their own.

    A constant or state variable that both declare must have one type. `atomic`: as for `lower`. `watch`: the steps' images say what the
    handlers test. Raises SpecError as `lower` does.
    """
    steps = tuple(dict.fromkeys(s.name for program, config in (first, second) for s in enabled_steps(program, config)))
    table = TermTable()
    with _deep_recursion():
        own, other = (_settle(program, config, table, {})[0] for program, config in (first, second))
        one = _lower(*first, {}, _Common(table, steps, None, MARK, _agreed(own, other, second[0]), watch), atomic=atomic)
        agreed = _agreed(other, own, first[0])
        return one, _lower(*second, {}, _Common(table, steps, one.scene.inputs, 2 * MARK, agreed, watch), atomic=atomic)


def _agreed(own: Mapping[str, int], other: Mapping[str, int], other_program: Program) -> dict[str, int]:
    """Of the parts of constants that one program settles, those that the other one settles alike or does not declare."""
    declared = {n + path for n, v in other_program.consts.items() for path, _ in leaf_types(v.type)}
    return {name: value for name, value in own.items() if name not in declared or other.get(name) == value}


@dataclass(frozen=True, slots=True)
class _Common:
    """What two lowerings share: the table, the steps that the selector stands for, the inputs of the first one; and what is put in for
    constants in this one.
    """

    table: TermTable
    steps: tuple[str, ...]
    inputs: Inputs | None
    mark: str
    settled: Mapping[str, int]
    watch: bool


def _lower(program: Program, config: Config, case: Mapping[str, int], common: _Common | None = None, *, atomic: bool = False) -> Lowered:
    steps = enabled_steps(program, config)
    table = TermTable() if common is None else common.table
    numbers = {name: i for i, name in enumerate(common.steps if common is not None else [s.name for s in steps])}
    joiner, traits = Joiner(table), Traits(program)
    settled, constants, assumptions = _settle(program, config, table, case, only=None if common is None else common.settled)
    over_consts = ConditionWalker(program, constants, joiner, traits, now={})
    # What never changes in one of two programs may change in the other one, and is to be compared.
    frozen = _frozen(program, over_consts, assigned(program, steps)) if common is None else {}
    states = {n: frozen.get(n) or make_variable(table, n, v.type) for n, v in program.states.items()}
    after = {n: frozen.get(n) or make_variable(table, n + "'", v.type) for n, v in program.states.items()}
    ghosts = {n: over_consts.ghost_default(n) for n in program.ghosts}
    capacity = CutCounter(program).steps() if has_cuts(program, config) and not atomic else 0
    flight = None
    if capacity:
        mark = MARK if common is None else common.mark
        flight = Flight(table, program, constants=constants, states=states, ghosts=ghosts, capacity=capacity, mark=mark)
    inputs = Inputs(table, len(numbers), None if common is None else common.inputs)
    watched = watched_in(program) if common is not None and common.watch else None
    scene = Scene(program, table, joiner, traits, inputs, flight, constants, states, ghosts, watched)
    images = tuple(lower_step(scene, s, numbers[s.name], [c for c in config.enables if c.step == s.name]) for s in steps)
    over_states = ConditionWalker(program, constants, joiner, traits, now=states)
    observed = {g: _by_step(table, images, ghosts[g], [i.observed[g] for i in images]) for g in program.ghosts}
    over_steps = ConditionWalker(program, constants, joiner, traits, now={**states, **observed}, after=after, images=images)
    system = _system(scene, config, images, after, over_consts, over_states, frozen, assumptions)
    origins: dict[str, tuple[Span, ...]] = {}
    for image in images:
        for name, spans in image.origins.items():
            origins[name] = tuple(dict.fromkeys((*origins.get(name, ()), *spans)))
    return Lowered(program, config, system, origins, frozen, settled, scene, images, over_states, over_steps)


def _constant(table: TermTable, name: str, kind: Type, settled: Mapping[str, int]) -> SVal:
    """A constant; the parts of it that are settled as their values."""

    def leaf(path: str, part: Type) -> Term:
        width, value = width_of(part), settled.get(name + path)
        if value is None:
            return table.var(name + path, width)
        return table.const(value, width) if width else table.bool(value != 0)

    return shape(kind, iter([leaf(path, part) for path, part in leaf_types(kind)]))


def _frozen(program: Program, over_consts: ConditionWalker, changing: Container[str]) -> dict[str, SVal]:
    """State that begins with a given value and never changes. (Where that value can fault it stays a variable, so that `init` says so.)"""
    values: dict[str, SVal] = {}
    for name, variable in program.states.items():
        if variable.initial is not None and name not in changing:
            value, faulted = over_consts.value(variable.initial)
            if faulted is over_consts.table.false:
                values[name] = fit(over_consts.table, value, variable.initial.type, variable.type)
    return values


def _by_step(table: TermTable, images: Sequence[StepImage], otherwise: SVal, values: Sequence[SVal]) -> SVal:
    """The value that belongs to the selected step."""
    result = values[-1] if values else otherwise
    for image, value in zip(reversed(images[:-1]), reversed(values[:-1]), strict=True):
        result = merge(table, image.selected, value, result)
    return result


def _system(
    scene: Scene,
    config: Config,
    images: Sequence[StepImage],
    after: Mapping[str, SVal],
    over_consts: ConditionWalker,
    over_states: ConditionWalker,
    frozen: Container[str],
    assumptions: Term,
) -> TransitionSystem:
    program, table, flight = scene.program, scene.table, scene.flight
    moving = {n: v for n, v in scene.states.items() if n not in frozen}
    state = {str(v.payload): v for value in moving.values() for v in flatten(value)}
    primed = dict(zip(state, (v for n in moving for v in flatten(after[n])), strict=True))
    if flight is not None:
        state |= flight.variables
        primed |= {n: table.var(n + "'", v.width) for n, v in flight.variables.items()}
    domain_state = _domain(table, {n: program.states[n] for n in moving}, moving)
    if flight is not None:
        domain_state = table.and_(domain_state, flight.domain())
    domain_inputs = scene.inputs.domain()
    faults = tuple(FaultCheck(table.and_(i.selected, i.enabled, f.condition), f.message, f.span) for i in images for f in i.faults)
    takes = [table.and_(i.selected, i.enabled, table.not_(i.fault)) for i in images]
    takes_in_loop = [table.and_(i.selected, i.loop_enabled, table.not_(i.fault)) for i in images]
    fails = [table.and_(i.selected, i.enabled, i.fault) for i in images]
    return TransitionSystem(
        table=table,
        constants=tuple(v for value in scene.constants.values() for v in flatten(value) if v.op is Op.VAR),
        state=tuple(state.values()),
        inputs=scene.inputs.variables(),
        primed=primed,
        next=_next(table, state, images),
        domain_constants=_domain(table, program.consts, scene.constants),
        domain_state=domain_state,
        domain_inputs=domain_inputs,
        assumptions=assumptions,
        init=table.and_(
            domain_state, _initial(scene, over_consts, frozen), conjunction(table, over_states, [c.condition for c in program.inits])
        ),
        choices=tuple(Choice(i.step.name, i.step.actor, i.index, i.enabled, i.loop_enabled, i.step.span) for i in images),
        step_ok=table.and_(domain_inputs, table.or_(*takes)),
        step_ok_loop=table.and_(domain_inputs, table.or_(*takes_in_loop)),
        step_fault=table.and_(domain_inputs, table.or_(*fails)),
        faults=faults,
        terminal=table.or_(*[over_states.judge(t, on_fault=False) for t in program.terminal]),
        can_move=table.or_(*[can_start(scene, i) for i in images if i.step.actor != "env"]),
        fairness=tuple(f for i in images for f in requirements(scene, i, [c for c in config.enables if c.step == i.step.name])),
        initial_invariants=tuple((c.name, over_states.judge(c.condition, on_fault=False)) for c in program.inits if c.is_invariant),
        flight=frozenset(flight.variables) if flight is not None else frozenset(),
        parts=tuple(frozenset(str(v.payload) for v in flatten(value)) for value in moving.values()),
    )


def _domain(table: TermTable, variables: Mapping[str, Variable], values: Mapping[str, SVal]) -> Term:
    return table.and_(*[domain(table, v.type, values[n]) for n, v in variables.items()])


def _next(table: TermTable, state: Mapping[str, Term], images: Sequence[StepImage]) -> dict[str, Term]:
    following: dict[str, Term] = {}
    for name, variable in state.items():
        value = variable
        for image in reversed(images):
            if name in image.next:
                value = table.ite(image.selected, image.next[name], value)
        following[name] = value
    return following


def _initial(scene: Scene, over_consts: ConditionWalker, frozen: Container[str]) -> Term:
    """Given initial values, and no step in flight."""
    table = scene.table
    facts: list[Term] = [scene.flight.all_idle()] if scene.flight is not None else []
    for name, variable in scene.program.states.items():
        if variable.initial is not None and name not in frozen:
            value, faulted = over_consts.value(variable.initial)
            value = fit(table, value, variable.initial.type, variable.type)
            facts.append(table.and_(equal(table, variable.type, scene.states[name], value), table.not_(faulted)))
    return table.and_(*facts)
