"""Two programs on plain values, side by side: the same moves from the same start, and where they come apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.machine import Condition, Configuration, Machine, NotEnabled, Outcome, TooLarge
from mmu_smt.interpret.replay import ReplayMismatch
from mmu_smt.interpret.tracing import consts_valuation, trace_step
from mmu_smt.semantics.program import Config, Program
from mmu_smt.semantics.types import Value
from mmu_smt.semantics.walks import chooses
from mmu_smt.witness.comparisons import Divergence
from mmu_smt.witness.traces import Candidate, Move, Test, Trace, Valuation


@dataclass(frozen=True, slots=True)
class Names:
    """What both programs declare alike: state variables, ghosts, handlers."""

    states: tuple[str, ...]
    ghosts: tuple[str, ...]
    handlers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """The runs of both, and how their last transitions differ.

    `avoidable`: under other choices each does what the other one did, so that the difference says nothing. `tests`: what the handlers of
    each tested in its last transition.
    """

    first: Trace
    second: Trace
    divergence: Divergence
    avoidable: bool = False
    tests: tuple[tuple[Test, ...], tuple[Test, ...]] = ((), ())


class _Side:
    """One of the two runs."""

    def __init__(self, program: Program, config: Config, candidate: Candidate, *, atomic: bool = False) -> None:
        self.machine = Machine(program, config, paths=True, atomic=atomic)
        search = Search(self.machine.codes, config)
        objection = search.objection(candidate.consts, candidate.states[0])
        if objection is not None:
            raise ReplayMismatch(f"no initial state of {program.variant or 'the program'}: {objection}")
        self.consts = tuple(candidate.consts[n] for n in program.consts)
        self.start = Configuration(tuple(candidate.states[0][n] for n in program.states))
        self.now = self.start
        self.taken: list[tuple[Configuration, Outcome]] = []
        self._moves = candidate.moves

    def move(self, index: int) -> Outcome | None:
        """Carry out the move, if the program has it and it is enabled."""
        try:
            outcome = self.machine.perform(self.consts, self.now, self._moves[index]) if index < len(self._moves) else None
        except NotEnabled:
            outcome = None
        if outcome is not None:
            self.taken.append((self.now, outcome))
            if outcome.after is not None:
                self.now = outcome.after
        return outcome

    def alternatives(self, before: Configuration, move: Move) -> Iterator[Outcome]:
        """What the same step with the same arguments can lead to, whatever it chooses. Raises TooLarge."""
        for outcome in self.machine.successors(self.consts, before):
            if (outcome.move.step, outcome.move.args, outcome.move.resume) == (move.step, move.args, move.resume):
                yield outcome

    def trace(self) -> Trace:
        steps = tuple(trace_step(self.machine, before, outcome) for before, outcome in self.taken)
        return Trace(consts_valuation(self.machine, self.consts), self.machine.valuation(self.start.state), steps)


@deep_recursion()
def lockstep(
    first: tuple[Program, Config, Candidate], second: tuple[Program, Config, Candidate], names: Names, length: int, *, atomic: bool = False
) -> Apart:
    """Carry out both candidates' moves, `length` of them, and say how the last transitions differ. `atomic`: no step is interrupted.

    A candidate has fewer moves where its program lacks the last step. Raises ReplayMismatch where a start is no initial state, the starts
    disagree on what is common, or the runs come apart before the last transition.
    """
    one, two = _Side(*first, atomic=atomic), _Side(*second, atomic=atomic)
    _agree(one, two, names)
    for index in range(length):
        befores = one.now, two.now
        outcomes = one.move(index), two.move(index)
        found = _diverge((one, two), befores, outcomes, names)
        if index + 1 < length:
            if outcomes[0] is None or outcomes[1] is None:
                raise ReplayMismatch("a move is not enabled", index)
            if found.of_behaviour:
                raise ReplayMismatch("the runs come apart too early", index)
        else:
            avoidable = _avoidable((one, two), befores, outcomes, names)
            return Apart(one.trace(), two.trace(), found, avoidable, (_tests(outcomes[0]), _tests(outcomes[1])))
    raise ReplayMismatch("there is no transition in which the runs could differ")


def _tests(outcome: Outcome | None) -> tuple[Test, ...]:
    return () if outcome is None else outcome.tests


@deep_recursion()
def part_after(
    lead: tuple[Program, Config, Candidate], other: tuple[Program, Config], names: Names, *, starts: bool = True, atomic: bool = False
) -> Apart:
    """Carry out a candidate's run; before its last move let the other program make that move from the same state, too.

    `first` of the result is the leading program's run, `second` the other one's single transition; both declare the same constants and
    state. `starts`: the candidate's first state must be an initial one. Raises ReplayMismatch where the run is none of the leading program,
    or the other one excludes its constants.
    """
    if starts:
        one = _Side(*lead, atomic=atomic)
    else:
        one = _Placed(Machine(lead[0], lead[1], paths=True, atomic=atomic), lead[2], lead[2].states[0])
    for index in range(len(lead[2].moves) - 1):
        outcome = one.move(index)
        if outcome is None or outcome.after is None:
            raise ReplayMismatch("a move is not possible", index)
    there = one.machine.valuation(one.now.state)
    last = Candidate(lead[2].consts, (there,), lead[2].moves[-1:])
    two = _Placed(Machine(*other, paths=True, atomic=atomic), last, there)
    befores = one.now, two.now
    outcomes = one.move(len(lead[2].moves) - 1), two.move(0)
    found = _diverge((one, two), befores, outcomes, names)
    avoidable = _avoidable((one, two), befores, outcomes, names)
    return Apart(one.trace(), two.trace(), found, avoidable, (_tests(outcomes[0]), _tests(outcomes[1])))


class _Placed(_Side):
    """A run that begins in any state, under constants that the assumptions permit."""

    def __init__(self, machine: Machine, candidate: Candidate, state: Valuation) -> None:
        self.machine = machine
        program = machine.program
        self.consts = tuple(candidate.consts[n] for n in program.consts)
        for assumed in (*program.assumptions, *machine.config.assumptions):
            if not Condition(machine.codes, (), assumed.condition).holds_safely(self.consts, ()):
                raise ReplayMismatch(f"{program.variant or 'the program'} excludes the constants: {assumed.name}")
        self.start = self.now = Configuration(tuple(state[n] for n in program.states))
        self.taken = []
        self._moves = candidate.moves


def _agree(one: _Side, two: _Side, names: Names) -> None:
    a, b = one.machine.valuation(one.now.state), two.machine.valuation(two.now.state)
    consts_a, consts_b = consts_valuation(one.machine, one.consts), consts_valuation(two.machine, two.consts)
    for name in names.states:
        if a[name] != b[name]:
            raise ReplayMismatch(f"{name} differs initially")
    for name, value in consts_a.items():
        if name in consts_b and consts_b[name] != value:
            raise ReplayMismatch(f"{name} differs")


def _terminal(side: _Side, configuration: Configuration) -> bool:
    return side.machine.is_terminal(side.consts, configuration.state)


def _differing(one: _Side, two: _Side, a: Configuration, b: Configuration, names: Names) -> tuple[str, ...]:
    here, there = one.machine.valuation(a.state), two.machine.valuation(b.state)
    return tuple(n for n in names.states if here[n] != there[n])


def _diverge(
    sides: tuple[_Side, _Side], befores: tuple[Configuration, Configuration], outcomes: tuple[Outcome | None, Outcome | None], names: Names
) -> Divergence:
    """How two attempts at one move differ, or the states in which it is attempted."""
    one, two = sides
    a, b = outcomes
    terminal = _terminal(one, befores[0]) != _terminal(two, befores[1])
    if a is None or b is None:
        return Divergence(enabled=(a is not None, b is not None), terminal=terminal)
    if a.after is None or b.after is None:
        return Divergence(faults=(a.fault is not None, b.fault is not None), terminal=terminal)
    here, there = one.machine.ghost_valuation(a.observed), two.machine.ghost_valuation(b.observed)
    return Divergence(
        states=_differing(one, two, a.after, b.after, names),
        terminal=terminal,
        places=_place(a.after) != _place(b.after),
        decisions=_decided(a, names) != _decided(b, names),
        ghosts=tuple(n for n in names.ghosts if here[n] != there[n]),
        loops=a.in_loop != b.in_loop,
    )


def _place(configuration: Configuration) -> tuple[str, str, str] | None:
    flight = configuration.flight
    return None if flight is None else (flight.step, flight.cut.phase, flight.cut.label)


def _decided(outcome: Outcome, names: Names) -> frozenset[tuple[str, Value, str | None]]:
    return frozenset((d.handler, d.value, d.rule) for d in outcome.decisions if d.handler in names.handlers)


def _avoidable(
    sides: tuple[_Side, _Side], befores: tuple[Configuration, Configuration], outcomes: tuple[Outcome | None, Outcome | None], names: Names
) -> bool:
    """Does each outcome have a counterpart after all, under some choice of the other program?"""
    if not any(chooses(side.machine.program) for side in sides):
        return False
    present = [(outcome, 1 - whose) for whose, outcome in enumerate(outcomes) if outcome is not None]
    try:
        return all(_matched(sides, befores, outcome, other, names) for outcome, other in present)
    except TooLarge:
        return True  # nobody knows; the caller must not claim a difference


def _matched(sides: tuple[_Side, _Side], befores: tuple[Configuration, Configuration], wanted: Outcome, other: int, names: Names) -> bool:
    """Some outcome of the other side, of the same step with the same arguments, is like the wanted one."""
    for found in sides[other].alternatives(befores[other], wanted.move):
        pair = (wanted, found) if other else (found, wanted)
        if not _diverge(sides, befores, pair, names).any:
            return True
    return False


@deep_recursion()
def follow(program: Program, config: Config, start: tuple[Valuation, Valuation], moves: Sequence[Move], *, steps: int) -> Trace:
    """A run from a start under somebody else's schedule: his moves as long as they are enabled, then whatever guest or kvm step is, every
    choice the least. It ends where the program may end, can go no further, is where it was before, or has taken `steps` transitions.

    Raises ReplayMismatch where the start is none of this program.
    """
    side = _Side(program, config, Candidate(start[0], (start[1],), ()))
    machine, consts = side.machine, side.consts
    seen = {side.now}
    for index in range(steps):
        if side.now.flight is None and machine.is_terminal(consts, side.now.state):
            break
        outcome = _scheduled(machine, consts, side.now, moves[index] if index < len(moves) else None)
        if outcome is None:
            break
        side.taken.append((side.now, outcome))
        if outcome.after is None:
            break
        side.now = outcome.after
        if index >= len(moves) and side.now in seen:
            break
        seen.add(side.now)
    return side.trace()


def _scheduled(machine: Machine, consts: tuple[Value, ...], before: Configuration, move: Move | None) -> Outcome | None:
    if move is not None:
        try:
            return machine.perform(consts, before, move)
        except NotEnabled:
            pass
    own = (o for o in machine.successors(consts, before) if machine.program.steps[o.move.step].actor != "env")
    return next(own, None)
