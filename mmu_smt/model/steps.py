"""From a step to its part of the transition relation: what it does when it is started, and when it goes on from one of its cuts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mmu_smt.model.flight import Cut, Exit, Flight, no_record
from mmu_smt.model.flow import RETURNED, RULE, Flow, Joiner, Key, seen
from mmu_smt.model.inputs import Input, Inputs
from mmu_smt.model.statements import BodyWalker, Decision, rule_width
from mmu_smt.model.symbolic import SVal, flatten, leaf_types, merge, scalar
from mmu_smt.model.system import FaultCheck
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Term
from mmu_smt.model.traits import Traits
from mmu_smt.model.watching import Tested, Watched, WatchingWalker
from mmu_smt.semantics.program import Enable, Local, Program, Site, Step
from mmu_smt.syntax.source import Span


@dataclass(frozen=True, slots=True)
class Scene:
    """What all steps of one lowering share. `flight` is None where no step can be cut; `ghosts` are the ghosts' defaults. `watched`: the
    tests to keep, where they are asked for.
    """

    program: Program
    table: TermTable
    joiner: Joiner
    traits: Traits
    inputs: Inputs
    flight: Flight | None
    constants: Mapping[str, SVal]
    states: Mapping[str, SVal]
    ghosts: Mapping[str, SVal]
    watched: Watched | None = None

    @property
    def idle(self) -> Term:
        return self.flight.idle if self.flight is not None else self.table.true


@dataclass(frozen=True, slots=True)
class StepImage:
    """A step, lowered; every term is under the proviso that it is selected.

    `startable`: the guard holds or faults (of the parameters' inputs; an env step: and some enable clause holds). `enabled` and
    `loop_enabled`: as in `Choice`.
    `fault`: it faults if it is enabled. `next`: the variables it changes. `observed`: the ghosts as properties see them.
    `tests`: what handlers test, and how it comes out, where the scene asks for that.
    """

    step: Step
    index: int
    selected: Term
    arguments: tuple[Input, ...]
    startable: Term = field(repr=False)
    enabled: Term = field(repr=False)
    loop_enabled: Term = field(repr=False)
    fault: Term = field(repr=False)
    faults: tuple[FaultCheck, ...] = field(repr=False)
    next: Mapping[str, Term] = field(repr=False)
    decisions: tuple[Decision, ...] = field(repr=False)
    observed: Mapping[str, SVal] = field(repr=False)
    cuts: tuple[Cut, ...] = field(repr=False)
    origins: Mapping[str, tuple[Span, ...]] = field(repr=False)
    tests: tuple[Tested, ...] = field(default=(), repr=False)


def lower_step(scene: Scene, step: Step, index: int, clauses: Sequence[Enable]) -> StepImage:
    """Lower one step; `clauses` are the config's `enable` clauses for it."""
    if step.actor == "env":
        return _lower_env(scene, step, index, clauses)
    table, flight = scene.table, scene.flight
    arguments = scene.inputs.parameters(step)
    first_cut = len(flight.cuts) if flight is not None else 0
    if flight is not None:
        flight.begin(step)
    walker = _walker(scene, step, is_env=False)
    bound = {p: a.value for p, a in zip(step.params, arguments, strict=True)}
    startable, guard_faults = _guard(walker, step, scene, bound)
    start: dict[Key, SVal] = {**scene.states, **scene.ghosts, **no_record(table, scene.ghosts)}
    start[RULE] = table.const(0, rule_width(scene.program))
    last = _run(walker, step, Flow(scene.idle, start), bound)
    exits = [*(flight.exits if flight is not None else ()), Exit(last.condition, last.store, {})]
    cuts = tuple(flight.cuts[first_cut:]) if flight is not None else ()
    faults = (*[FaultCheck(table.and_(scene.idle, f.condition), f.message, f.span) for f in guard_faults], *walker.faults)
    enabled = table.or_(*[c.here for c in cuts], table.and_(scene.idle, startable))
    return StepImage(
        step=step,
        index=index,
        selected=scene.inputs.selected(index),
        arguments=arguments,
        startable=startable,
        enabled=enabled,
        loop_enabled=enabled,
        fault=table.or_(*[f.condition for f in faults]),
        faults=faults,
        next={**_next_states(scene, exits), **_next_flight(scene, exits, cuts)},
        decisions=tuple(walker.decisions),
        observed={g: _observed(table, exits, g) for g in scene.ghosts},
        cuts=cuts,
        origins={n: tuple(s) for n, s in walker.assigned.items()},
        tests=_tests(scene, walker, enabled, guard_faults),
    )


def _tests(scene: Scene, walker: BodyWalker, enabled: Term, guard_faults: Sequence[FaultCheck]) -> tuple[Tested, ...]:
    """The tests that the walk of an enabled step has met."""
    if not isinstance(walker, WatchingWalker):
        return ()
    table = scene.table
    begun = table.and_(enabled, *[table.not_(table.and_(scene.idle, f.condition)) for f in guard_faults])
    return tuple(replace(t, condition=table.and_(begun, t.condition)) for t in walker.tests)


def _lower_env(scene: Scene, step: Step, index: int, clauses: Sequence[Enable]) -> StepImage:
    """An env step: atomic, and enabled only where some clause allows it and it faults or changes something."""
    table = scene.table
    arguments = scene.inputs.parameters(step)
    walker = _walker(scene, step, is_env=True)
    bound = {p: a.value for p, a in zip(step.params, arguments, strict=True)}
    guard, guard_faults = _guard(walker, step, scene, bound)
    last = _run(walker, step, Flow(table.true, {**scene.states}), bound)
    faults = (*guard_faults, *walker.faults)
    fault = table.or_(*[f.condition for f in faults])
    changed = _next_states(scene, [Exit(last.condition, last.store, {})])
    differs = [table.ne(value, table.var(name, value.width)) for name, value in changed.items()]
    effective = table.or_(fault, *differs)
    anywhere = _clauses(walker, scene, clauses, arguments)
    in_loops = _clauses(walker, scene, [c for c in clauses if not c.stem_only], arguments)
    flight = scene.flight
    return StepImage(
        step=step,
        index=index,
        selected=scene.inputs.selected(index),
        arguments=arguments,
        startable=table.and_(guard, anywhere),
        enabled=table.and_(guard, anywhere, effective),
        loop_enabled=table.and_(guard, in_loops, effective),
        fault=fault,
        faults=faults,
        next=changed,
        decisions=(),
        observed={g: default if flight is None else flight.ghost_now(g) for g, default in scene.ghosts.items()},
        cuts=(),
        origins={n: tuple(s) for n, s in walker.assigned.items()},
    )


def _walker(scene: Scene, step: Step, *, is_env: bool) -> BodyWalker:
    def choose(site: Site, local: Local) -> SVal:
        return scene.inputs.choice(step.name, site, local)

    cutter = None if is_env else scene.flight
    if scene.watched is not None and not is_env:
        return WatchingWalker(
            scene.program, scene.constants, scene.joiner, scene.traits, choose=choose, cutter=cutter, watched=scene.watched
        )
    return BodyWalker(scene.program, scene.constants, scene.joiner, scene.traits, choose=choose, cutter=cutter, recording=not is_env)


def _guard(walker: BodyWalker, step: Step, scene: Scene, bound: Mapping[Local, SVal]) -> tuple[Term, tuple[FaultCheck, ...]]:
    """Where the guard holds or faults, and the faults."""
    table = scene.table
    if step.guard is None:
        return table.true, ()
    holds = walker.condition(step.guard, Flow(table.true, {**scene.states, **bound}))
    faults = tuple(walker.faults)
    walker.faults.clear()
    return table.or_(holds, *[f.condition for f in faults]), faults


def _run(walker: BodyWalker, step: Step, flow: Flow, bound: Mapping[Local, SVal]) -> Flow:
    """Walk a step's body; the flow at its end."""
    for local, value in bound.items():
        walker.declare(local, value, flow)
    since = flow.epoch
    outcome = walker.block(step.body, flow)
    if outcome.exit is None or outcome.fall is None:
        last = outcome.fall or (outcome.exit.flow if outcome.exit is not None else None)
        assert last is not None
        return last
    return walker.joiner.flows(outcome.exit.flow, outcome.fall, outcome.returns, since)


def _clauses(walker: BodyWalker, scene: Scene, clauses: Iterable[Enable], arguments: Sequence[Input]) -> Term:
    """Some clause's condition holds, without a fault."""
    table = scene.table
    allowed: list[Term] = []
    for clause in clauses:
        if clause.when is None:
            return table.true
        walker.faults.clear()
        bound = {p: a.value for p, a in zip(clause.params, arguments, strict=True)} if clause.params else {}
        holds = walker.condition(clause.when, Flow(table.true, {**scene.states, **bound}))
        allowed.append(table.and_(holds, *[table.not_(f.condition) for f in walker.faults]))
    return table.or_(*allowed)


def _merged(table: TermTable, exits: Sequence[Exit], values: Sequence[SVal]) -> SVal:
    """The value at whichever exit is taken; exactly one is."""
    result = values[-1]
    for leaving, value in zip(reversed(exits[:-1]), reversed(values[:-1]), strict=True):
        result = merge(table, leaving.condition, value, result)
    return result


def _next_states(scene: Scene, exits: Sequence[Exit]) -> dict[str, Term]:
    changed: dict[str, Term] = {}
    for name, old in scene.states.items():
        values = [e.store[name] for e in exits]
        if all(v is old for v in values):
            continue
        kind = scene.program.states[name].type
        merged = _merged(scene.table, exits, values)
        for (path, _), before, after in zip(leaf_types(kind), flatten(old), flatten(merged), strict=True):
            if before is not after:
                changed[name + path] = after
    return changed


def _next_flight(scene: Scene, exits: Sequence[Exit], cuts: Sequence[Cut]) -> dict[str, Term]:
    """Flight variables that one of the step's cuts uses; the others are idle throughout."""
    flight = scene.flight
    if flight is None or not cuts:
        return {}
    used = dict.fromkeys(name for c in exits for name in c.flight)
    return {name: scalar(_merged(scene.table, exits, [e.flight.get(name, flight.idle_values[name]) for e in exits])) for name in used}


def _observed(table: TermTable, exits: Sequence[Exit], ghost: str) -> SVal:
    """A ghost when the last outermost handler of the transition returned, or at its end if none did."""
    values = [merge(table, scalar(e.store[RETURNED]), e.store[seen(ghost)], e.store[ghost]) for e in exits]
    return _merged(table, exits, values)
