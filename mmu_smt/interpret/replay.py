"""Replay: is a run that an engine claims really a run, and does it really show what it is claimed to show?

Nothing of the candidate is believed. Its constants and initial state are judged by the assumptions, its moves are carried out by the
machine, the states it claims are compared with those the machine reaches, and the property is evaluated on what happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.fairness import requirements, unmet
from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.judge import Judge
from mmu_smt.interpret.machine import Chooser, Configuration, Machine, NotEnabled, Outcome, TooLarge, show_arguments
from mmu_smt.interpret.tracing import consts_valuation, trace_step
from mmu_smt.semantics.program import Config, Program, Property, PropertyKind, TExpr
from mmu_smt.semantics.types import Value, default_value, show_value
from mmu_smt.witness.traces import Candidate, Move, Trace, Valuation

SEARCH_LIMIT = 200_000
MAX_ROUNDS = 256


class ReplayMismatch(Exception):
    """A candidate that is no such run. `step`: the index of the transition concerned; None where it is the start or the whole run."""

    def __init__(self, message: str, step: int | None = None) -> None:
        super().__init__(message if step is None else f"transition {step}: {message}")
        self.message = message
        self.step = step


@dataclass(frozen=True, slots=True)
class Run:
    """What the machine did: `configurations` has one more element than `outcomes`, or as many where the last one faulted."""

    consts: tuple[Value, ...]
    configurations: tuple[Configuration, ...]
    outcomes: tuple[Outcome, ...]


@deep_recursion()
def replay(
    program: Program,
    config: Config,
    candidate: Candidate,
    prop: Property,
    *,
    cone: frozenset[str] | None = None,
    machine: Machine | None = None,
    search: Search | None = None,
) -> Trace:
    """Carry out a candidate for a violation (or a cover) of a property and check every claim of it.

    `cone`: None, and a lasso must return to an equal configuration; or the names of the state variables that must agree where the loop
    closes, with the step in flight. Where other state differs, the loop is followed round by round: every round must be possible and show
    the same, until a configuration recurs or MAX_ROUNDS have shown nothing else. `machine` (one that records paths) and `search`: of the
    program and config, from whoever replays many candidates. Raises ReplayMismatch.
    """
    machine = machine or Machine(program, config, paths=True)
    run = carry_out(machine, candidate, search)
    if candidate.loop_start is None:
        _check_finite(machine, run, prop)
        unclosed: tuple[str, ...] = ()
    else:
        unclosed = _check_lasso(machine, run, candidate, prop, cone)
    steps = tuple(trace_step(machine, run.configurations[i], o) for i, o in enumerate(run.outcomes))
    initial = machine.valuation(run.configurations[0].state)
    return Trace(consts_valuation(machine, run.consts), initial, steps, candidate.loop_start, unclosed)


@deep_recursion()
def carry_out(machine: Machine, candidate: Candidate, search: Search | None = None) -> Run:
    """Perform the candidate's moves from its initial state, comparing every state it claims. Raises ReplayMismatch.

    `search`: the machine's initial states, from whoever carries out many candidates.
    """
    moves, loop_start = candidate.moves, candidate.loop_start
    if not candidate.states:
        raise ReplayMismatch("the candidate has no initial state")
    if loop_start is not None and not 0 <= loop_start < len(moves):
        raise ReplayMismatch(f"loop start {loop_start} of a run of {len(moves)} transitions")
    consts, configuration = _start(machine, candidate, search or Search(machine.codes, machine.config))
    configurations, outcomes = [configuration], list[Outcome]()
    for index, move in enumerate(moves):
        in_loop = loop_start is not None and index >= loop_start
        try:
            outcome = machine.perform(consts, configuration, move, in_loop=in_loop)
        except NotEnabled as error:
            raise ReplayMismatch(str(error), index) from None
        outcomes.append(outcome)
        if outcome.after is None:
            if index != len(moves) - 1:
                assert outcome.fault is not None
                raise ReplayMismatch(f"a run-time fault ends the run: {outcome.fault.message}", index)
            break
        configuration = outcome.after
        configurations.append(configuration)
        if index + 1 < len(candidate.states):
            _compare(machine, configuration, candidate.states[index + 1], index)
    faulted = bool(outcomes) and outcomes[-1].after is None
    expected = (len(moves), len(moves) + 1) if faulted else (len(moves) + 1,)
    if len(candidate.states) not in expected:
        raise ReplayMismatch(f"the candidate has {len(candidate.states)} states for {len(moves)} moves")
    return Run(consts, tuple(configurations), tuple(outcomes))


def _start(machine: Machine, candidate: Candidate, search: Search) -> tuple[tuple[Value, ...], Configuration]:
    """The initial configuration; variables that the candidate leaves out get any values that fit the others."""
    program = machine.program
    consts, state = candidate.consts, candidate.states[0]
    for name in (*consts, *state):
        if name not in program.consts and name not in program.states:
            raise ReplayMismatch(f"{name} is no constant or state variable")
    if len(consts) == len(program.consts) and len(state) == len(program.states):
        objection = search.objection(consts, state)
        if objection is not None:
            raise ReplayMismatch(f"no initial state: {objection}")
        return tuple(consts[n] for n in program.consts), Configuration(tuple(state[n] for n in program.states))
    try:
        found = next(search.solutions({**consts, **state}, limit=SEARCH_LIMIT), None)
    except TooLarge as error:
        raise ReplayMismatch(f"the candidate's initial state is partial, and could not be completed: {error}") from None
    if found is None:
        raise ReplayMismatch("no initial state has the candidate's values")
    return found[0], Configuration(found[1])


def _compare(machine: Machine, reached: Configuration, claimed: Valuation, index: int) -> None:
    found = machine.valuation(reached.state)
    for name, value in claimed.items():
        variable = machine.program.states.get(name)
        if variable is None:
            raise ReplayMismatch(f"{name} is no state variable", index)
        if found[name] != value:
            shown = show_value(variable.type, found[name])
            raise ReplayMismatch(f"{name} is {shown} afterwards, not {value} as claimed", index)


# ---------------------------------------------------------------------------------------------- finite runs


def _check_finite(machine: Machine, run: Run, prop: Property) -> None:
    """Raises ReplayMismatch unless the run's end violates (or reaches) the property."""
    last = run.outcomes[-1] if run.outcomes else None
    if prop.kind is PropertyKind.NO_FAULT:
        if last is None or last.fault is None:
            raise ReplayMismatch("the run ends without a run-time fault")
        return
    if last is not None and last.fault is not None:
        raise ReplayMismatch(f"a run-time fault ends the run: {last.fault.message}", len(run.outcomes) - 1)
    match prop.kind:
        case PropertyKind.INVARIANT:
            if Judge(machine.codes, _required(prop.condition)).of_state(run.consts, run.configurations[-1].state) is True:
                raise ReplayMismatch(f"{prop.name} holds in the last state")
        case PropertyKind.NO_DEADLOCK:
            _check_deadlock(machine, run)
        case PropertyKind.STEP | PropertyKind.COVER:
            if last is None:
                raise ReplayMismatch(f"a run without transitions shows nothing of {prop.name}")
            value = Judge(machine.codes, _required(prop.condition)).of_transition(run.consts, run.configurations[-2], last)
            if (value is True) != (prop.kind is PropertyKind.COVER):
                raise ReplayMismatch(f"the last transition does not {'violate' if prop.kind is PropertyKind.STEP else 'reach'} {prop.name}")
        case PropertyKind.PROGRESS:
            _check_bound(machine, run, prop)
        case PropertyKind.COVER_LASSO:
            raise ReplayMismatch(f"{prop.name} asks for an infinite run")
        case _:
            assert_never(prop.kind)


def _check_deadlock(machine: Machine, run: Run) -> None:
    last = run.configurations[-1]
    if machine.is_terminal(run.consts, last.state):
        raise ReplayMismatch("the last state is terminal")
    for outcome in machine.successors(run.consts, last):
        step = machine.program.steps[outcome.move.step]
        if step.actor != "env":
            raise ReplayMismatch(f"{show_arguments(step, outcome.args)} can go on in the last state")


def _check_bound(machine: Machine, run: Run, prop: Property) -> None:
    """`within N`: the run must end with the (N+1)th `recurs` since the last `never`."""
    if not isinstance(prop.within, int):
        raise ReplayMismatch(f"{prop.name} asks for an infinite run")
    recurs, never = Judge(machine.codes, _required(prop.recurs)), Judge(machine.codes, _required(prop.never))
    count = 0
    for before, outcome in zip(run.configurations, run.outcomes, strict=False):
        if never.of_transition(run.consts, before, outcome):
            count = 0
        elif recurs.of_transition(run.consts, before, outcome):
            count += 1
    if count <= prop.within:
        raise ReplayMismatch(f"{prop.name}: {count} times at the end of the run, not more than {prop.within}")


# ---------------------------------------------------------------------------------------------- lassos


def _check_lasso(machine: Machine, run: Run, candidate: Candidate, prop: Property, cone: frozenset[str] | None) -> tuple[str, ...]:
    """Names of the state variables outside the cone that differ where the loop closes. Raises ReplayMismatch."""
    is_progress = prop.kind is PropertyKind.PROGRESS and not isinstance(prop.within, int)
    if prop.kind is not PropertyKind.COVER_LASSO and not is_progress:
        raise ReplayMismatch(f"{prop.name} is shown by a finite run, not by a lasso")
    assert candidate.loop_start is not None
    if run.outcomes[-1].after is None:
        raise ReplayMismatch("a run-time fault ends the run", len(run.outcomes) - 1)
    loop = candidate.loop_start
    head, end = run.configurations[loop], run.configurations[-1]
    _check_position(head, end)
    differing = tuple(n for n, a, b in zip(machine.program.states, head.state, end.state, strict=True) if a != b)
    for name in differing:
        if cone is None or name in cone:
            raise ReplayMismatch(f"the loop does not close: {name} differs")
    if head.flight != end.flight:
        raise ReplayMismatch("the loop does not close: a local or a ghost of the step in flight differs")
    fair = prop.within is None
    _check_round(machine, run.consts, run.configurations[loop:], run.outcomes[loop:], prop, fair)
    if head != end:
        _follow(machine, run.consts, (head, end), candidate, prop, fair)
    return differing


def _check_position(head: Configuration, end: Configuration) -> None:
    """Raises ReplayMismatch unless the same step is in flight at the same place."""
    a, b = head.flight, end.flight
    if (a is None) != (b is None):
        raise ReplayMismatch("the loop does not close: a step is in flight at one end only")
    if a is not None and b is not None and a.position_key != b.position_key:
        raise ReplayMismatch("the loop does not close: the step in flight stands elsewhere")


def _check_round(
    machine: Machine, consts: Sequence[Value], states: Sequence[Configuration], outcomes: Sequence[Outcome], prop: Property, fair: bool
) -> None:
    """Raises ReplayMismatch unless one round of the loop has `recurs`, no `never`, and is fair (where `fair` asks for it)."""
    recurs, never = Judge(machine.codes, _required(prop.recurs)), Judge(machine.codes, _required(prop.never))
    for before, outcome in zip(states, outcomes, strict=False):
        if never.of_transition(consts, before, outcome):
            raise ReplayMismatch(f"{prop.name}: `never` holds in the loop (of {outcome.move.step})")
    if not any(recurs.of_transition(consts, before, o) for before, o in zip(states, outcomes, strict=False)):
        raise ReplayMismatch(f"{prop.name}: `recurs` holds nowhere in the loop")
    needed = requirements(machine) if fair else ()
    if needed:
        enabled = [tuple(machine.successors(consts, c, in_loop=True)) for c in states[: len(outcomes)]]
        missing = unmet(needed, outcomes, enabled)
        if missing is not None:
            raise ReplayMismatch(f"the loop is not fair: {missing.label}")


def _follow(
    machine: Machine, consts: Sequence[Value], ends: tuple[Configuration, Configuration], candidate: Candidate, prop: Property, fair: bool
) -> None:
    """Repeat a loop whose ends differ until a configuration recurs. Raises ReplayMismatch if a round fails."""
    moves = candidate.moves[candidate.loop_start :]
    seen, configuration = {*ends}, ends[1]
    for _ in range(MAX_ROUNDS):
        states, outcomes = [configuration], list[Outcome]()
        for move in moves:
            try:
                outcome = machine.perform(consts, configuration, move, in_loop=True, chooser=_again(move))
            except NotEnabled as error:
                raise ReplayMismatch(f"the loop cannot be repeated: {error}") from None
            if outcome.after is None:
                raise ReplayMismatch("the loop cannot be repeated: a run-time fault ends it")
            configuration = outcome.after
            states.append(configuration)
            outcomes.append(outcome)
        _check_position(ends[0], configuration)
        _check_round(machine, consts, states, outcomes, prop, fair)
        if configuration in seen:
            return
        seen.add(configuration)


def _again(move: Move) -> Chooser:
    """The move's choices; where state that the property cannot see leads to another `choose`, any value will do."""
    return lambda site, type: move.choices.get(site, default_value(type))


def _required(expr: TExpr | None) -> TExpr:
    assert expr is not None
    return expr
