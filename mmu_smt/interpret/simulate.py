"""Concrete runs: constants, an initial state and moves drawn with a seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.evaluate import arguments_of, is_member
from mmu_smt.interpret.initial import Sampled, Search, random_value
from mmu_smt.interpret.machine import Configuration, Machine, NotEnabled, Outcome, TooLarge
from mmu_smt.interpret.tracing import consts_valuation, trace_step
from mmu_smt.semantics.program import Config, Program, Step
from mmu_smt.semantics.types import Value, cardinality, show_value, type_name
from mmu_smt.witness.traces import Move, Trace, TraceStep, Valuation

RESTARTS = 22
LIMIT = 100  # partial valuations tried before the first restart; a fifth more before each later one
LISTED = 256
DRAWN = 64


class NoInitialState(Exception):
    """No start of a run was found; the message says whether there is none or the search gave up."""


@deep_recursion()
def simulate(
    program: Program,
    config: Config,
    *,
    seed: int,
    steps: int,
    fixed: Mapping[str, Value] | None = None,
    start: tuple[Valuation, Valuation] | None = None,
) -> Trace:
    """A run of at most `steps` transitions that stops in a terminal state, in a deadlock and at a run-time fault.

    `fixed`: values of some constants and state variables. `start`: all constants and the initial state, instead of a search for them.
    The same seed gives the same run. Raises NoInitialState.
    """
    random = Random(seed)
    machine = Machine(program, config, paths=True)
    consts, state = _given(machine, start) if start is not None else _sampled(machine, fixed or {}, random)
    configuration = Configuration(state)
    taken: list[TraceStep] = []
    while len(taken) < steps:
        if configuration.flight is None and machine.is_terminal(consts, configuration.state):
            break
        outcome = _any_move(machine, consts, configuration, random)
        if outcome is None:
            break
        taken.append(trace_step(machine, configuration, outcome))
        if outcome.after is None:
            break
        configuration = outcome.after
    return Trace(consts_valuation(machine, consts), machine.valuation(state), tuple(taken))


def _given(machine: Machine, start: tuple[Valuation, Valuation]) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    objection = Search(machine.codes, machine.config).objection(*start)
    if objection is not None:
        raise NoInitialState(f"the given start is no initial state: {objection}")
    return tuple(start[0][n] for n in machine.program.consts), tuple(start[1][n] for n in machine.program.states)


def _sampled(machine: Machine, fixed: Mapping[str, Value], random: Random) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """A random initial valuation, by narrowing with restarts."""
    declared = {**machine.program.consts, **machine.program.states}
    for name, value in fixed.items():
        if name not in declared:
            raise NoInitialState(f"{name} is no constant or state variable")
        if not is_member(declared[name].type, value):
            raise NoInitialState(f"{value} is no value of {name}: {type_name(declared[name].type)}")
    search = Search(machine.codes, machine.config)
    for restart in range(RESTARTS):
        order = Sampled(random)
        try:
            found = next(search.solutions(fixed, order, limit=int(LIMIT * 1.2**restart)), None)
        except TooLarge:
            continue
        if found is not None:
            return found
        if order.complete:
            shown = ", ".join(f"{n} = {show_value(declared[n].type, v)}" for n, v in fixed.items())
            raise NoInitialState("no initial state satisfies the assumptions" + (f" with {shown}" if shown else ""))
    raise NoInitialState(f"no initial state was found in {RESTARTS} searches from different random values")


def _any_move(machine: Machine, consts: tuple[Value, ...], configuration: Configuration, random: Random) -> Outcome | None:
    """An enabled move: the step is drawn first, then its arguments, then its choices. None where none was found."""
    flight = configuration.flight
    names = list(machine.steps)
    for name in random.sample(names, len(names)):
        step = machine.program.steps[name]
        if flight is not None and step.actor != "env":
            if name != flight.step:
                continue
            candidates: Iterator[Move] = iter((Move(name, resume=True),))
        else:
            candidates = (Move(name, args) for args in _arguments(step, random))
        for move in candidates:
            try:
                return machine.perform(consts, configuration, move, chooser=lambda site, type: random_value(type, random))
            except NotEnabled:
                continue
    return None


def _arguments(step: Step, random: Random) -> Iterator[tuple[Value, ...]]:
    """The step's arguments in random order; of very many only some."""
    types = [p.type for p in step.params]
    total = 1
    for type in types:
        total *= cardinality(type)
    if total > LISTED:
        for _ in range(DRAWN):
            yield tuple(random_value(t, random) for t in types)
        return
    listed = list(arguments_of(types))
    yield from random.sample(listed, len(listed))
