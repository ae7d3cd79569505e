"""The transition relation of a program under a config, on plain values.

A `Configuration` is what a run is between transitions: the state and, where a guest or kvm step is in flight, all that it needs to go
on. Two configurations are equal iff the language cannot tell them apart, whatever runs led to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mmu_smt.interpret.evaluate import Evaluate, Locals, Memory, RuntimeFault, Scope, arguments_of, domain_of, is_member, size_of
from mmu_smt.interpret.instructions import Cut
from mmu_smt.interpret.run import Choosing, Codes, Ended, FrozenFrame, Paused, Run, freeze, thaw
from mmu_smt.semantics.program import Config, Local, Program, Site, Step, TExpr, enabled_steps, has_cuts
from mmu_smt.semantics.types import Type, Value, cardinality, show_value
from mmu_smt.witness.traces import Decision, Fault, Move, Test

State: TypeAlias = tuple[Value, ...]
Chooser: TypeAlias = Callable[[Site, Type], Value]

MAX_INSTANCES = 1 << 16


class TooLarge(Exception):
    """Something would have to be enumerated that has too many values; the message says what and how many."""


class NotEnabled(Exception):
    """A move is not possible in a configuration; the message says why."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A guest or kvm step in flight: its arguments, where it stands (the frames), the ghosts and the rule register."""

    step: str
    args: tuple[Value, ...]
    frames: tuple[FrozenFrame, ...]
    ghosts: tuple[Value, ...]
    rule: str | None
    site: Site = field(compare=False)
    cut: Cut = field(compare=False, repr=False)
    tests: tuple[Test, ...] = field(compare=False, repr=False)

    @property
    def position_key(self) -> tuple[str, Site, tuple[int, ...]]:
        """What two flights at the same position agree on (the frames tell a pending return from none)."""
        return self.step, self.site, tuple(f.pc for f in self.frames)

    @property
    def position(self) -> str:
        """Where the step stands, in words."""
        place = f'at "{self.cut.label}"' if self.cut.phase == "at" else f"{self.cut.phase} lock {self.cut.label}"
        return f"{place} in {self.frames[-1].name}"


@dataclass(frozen=True, slots=True)
class Configuration:
    """`state`: values of the state variables in declaration order. `flight`: None between steps."""

    state: State
    flight: Flight | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A transition, or an attempt at one that faults (`after` is None, `fault` is set: no transition of the relation).

    `args`: of the step, on a resumption too. `in_loop`: it may also be taken in a lasso's loop. `observed`: the ghosts as properties see
    them. `tests`: those that handlers made in this transition, where the machine records paths.
    """

    move: Move
    args: tuple[Value, ...]
    in_loop: bool
    after: Configuration | None
    fault: Fault | None
    decisions: tuple[Decision, ...]
    observed: tuple[Value, ...]
    tests: tuple[Test, ...] = field(default=(), compare=False, repr=False)


class Condition:
    """A compiled condition on consts, state and parameters."""

    def __init__(self, codes: Codes, params: tuple[Local, ...], condition: TExpr | None) -> None:
        self._codes = codes
        self._scope = Scope()
        self._params = tuple(self._scope.slot(p) for p in params)
        self._evaluate: Evaluate | None = None if condition is None else codes.expressions.compile(condition, self._scope)

    def holds(self, consts: Sequence[Value], state: Sequence[Value], args: Sequence[Value] = ()) -> bool:
        """Its value; raises RuntimeFault."""
        if self._evaluate is None:
            return True
        frame: Locals = [None] * self._scope.size
        for slot, value in zip(self._params, args, strict=False):
            frame[slot] = value
        return bool(self._evaluate(Memory(consts, state, self._codes.ghost_defaults), frame))

    def holds_safely(self, consts: Sequence[Value], state: Sequence[Value], args: Sequence[Value] = ()) -> bool:
        """Its value; False where it faults."""
        try:
            return self.holds(consts, state, args)
        except RuntimeFault:
            return False


@dataclass(frozen=True, slots=True, eq=False)
class _EnableClause:
    when: Condition
    stem_only: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Startable:
    """A step that the config allows to run. `clauses` only of env steps."""

    step: Step
    guard: Condition
    clauses: tuple[_EnableClause, ...]

    @property
    def is_env(self) -> bool:
        return self.step.actor == "env"


class Machine:
    """Runs a program under a config. `paths`: record the tests that led to each decision (slower). `atomic`: no step is interrupted,
    whatever the config enables.
    """

    def __init__(self, program: Program, config: Config, *, paths: bool = False, codes: Codes | None = None, atomic: bool = False) -> None:
        self.program = program
        self.config = config
        self.codes = codes or Codes(program)
        self.paths = paths
        self.cuts = has_cuts(program, config) and not atomic
        self.steps: Mapping[str, _Startable] = {s.name: self._startable(s) for s in enabled_steps(program, config)}
        self._terminal = tuple(Condition(self.codes, (), t) for t in program.terminal)

    def _startable(self, step: Step) -> _Startable:
        clauses = tuple(
            _EnableClause(Condition(self.codes, e.params, e.when), e.stem_only)
            for e in self.config.enables
            if e.step == step.name and step.actor == "env"
        )
        return _Startable(step, Condition(self.codes, step.params, step.guard), clauses)

    # ------------------------------------------------------------------------------------------ names and values

    def valuation(self, state: Sequence[Value]) -> dict[str, Value]:
        """State values by name."""
        return dict(zip(self.program.states, state, strict=True))

    def ghost_valuation(self, ghosts: Sequence[Value]) -> dict[str, Value]:
        """Ghost values by name."""
        return dict(zip(self.program.ghosts, ghosts, strict=True))

    def is_terminal(self, consts: Sequence[Value], state: Sequence[Value]) -> bool:
        """True iff a `terminal` condition holds (one that faults does not)."""
        return any(t.holds_safely(consts, state) for t in self._terminal)

    # ------------------------------------------------------------------------------------------ exploration

    def successors(self, consts: Sequence[Value], configuration: Configuration, *, in_loop: bool = False) -> Iterator[Outcome]:
        """Every enabled transition, faulting ones included, in a fixed order. `in_loop`: only those that a lasso's loop may contain.

        Raises TooLarge where a step has more than MAX_INSTANCES instances.
        """
        if configuration.flight is not None:
            yield from self._resumptions(consts, configuration, configuration.flight)
        for name, startable in self.steps.items():
            if startable.is_env:
                yield from self._env_instances(consts, configuration, startable, in_loop)
            elif configuration.flight is None:
                for args in self.arguments(name):
                    yield from self._starts(consts, configuration, startable, args)

    def arguments(self, step: str) -> Iterator[tuple[Value, ...]]:
        """Every tuple of arguments of a step. Raises TooLarge."""
        types = [p.type for p in self.program.steps[step].params]
        size = 1
        for type in types:
            size *= cardinality(type)
        if size > MAX_INSTANCES:
            raise TooLarge(f"step {step} has {size} instances, more than {MAX_INSTANCES}")
        return arguments_of(types)

    def _starts(self, consts: Sequence[Value], before: Configuration, startable: _Startable, args: tuple[Value, ...]) -> Iterator[Outcome]:
        try:
            if not startable.guard.holds(consts, before.state, args):
                return
        except RuntimeFault as fault:
            yield self._faulting(Move(startable.step.name, args), args, before, fault)
            return
        for run, stop in _branches(self._started(consts, before, startable, args)):
            yield self._outcome(run, stop, before, startable.step.name, args, resume=False)

    def _resumptions(self, consts: Sequence[Value], before: Configuration, flight: Flight) -> Iterator[Outcome]:
        for run, stop in _branches(self._resumed(consts, before, flight)):
            yield self._outcome(run, stop, before, flight.step, flight.args, resume=True)

    def _env_instances(self, consts: Sequence[Value], before: Configuration, startable: _Startable, in_loop: bool) -> Iterator[Outcome]:
        name = startable.step.name
        for args in self.arguments(name):
            stem, loop = _allowed(startable, consts, before.state, args)
            if not stem or (in_loop and not loop):
                continue
            try:
                if not startable.guard.holds(consts, before.state, args):
                    continue
            except RuntimeFault as fault:
                yield self._faulting(Move(name, args), args, before, fault, loop)
                continue
            for run, stop in _branches(self._started(consts, before, startable, args)):
                outcome = self._env_outcome(run, stop, before, name, args, loop)
                if outcome is not None:
                    yield outcome

    # ------------------------------------------------------------------------------------------ one move

    def perform(
        self, consts: Sequence[Value], before: Configuration, move: Move, *, in_loop: bool = False, chooser: Chooser | None = None
    ) -> Outcome:
        """The transition that a move denotes; it may fault. Values of `choose` come from `chooser`, else from the move.

        Raises NotEnabled if the move is not enabled.
        """
        startable = self.steps.get(move.step)
        if startable is None:
            raise NotEnabled(f"{move.step} is no step that the config enables")

        def choose(site: Site, type: Type) -> Value:
            if chooser is not None:
                return chooser(site, type)
            if site not in move.choices:
                raise NotEnabled(f"the move gives no value for the choice at {site}")
            return move.choices[site]

        if move.resume:
            flight = before.flight
            if flight is None or flight.step != move.step:
                raise NotEnabled(f"{move.step} is not in flight")
            run, stop = _only_branch(self._resumed(consts, before, flight), choose)
            return self._outcome(run, stop, before, flight.step, flight.args, resume=True)
        return self._perform_start(consts, before, startable, move, in_loop, choose)

    def _perform_start(
        self, consts: Sequence[Value], before: Configuration, startable: _Startable, move: Move, in_loop: bool, choose: Chooser
    ) -> Outcome:
        step, args = startable.step, move.args
        if len(args) != len(step.params) or not all(is_member(p.type, a) for p, a in zip(step.params, args, strict=True)):
            raise NotEnabled(f"{args} are no arguments of {step.name}")
        loop = True
        if startable.is_env:
            stem, loop = _allowed(startable, consts, before.state, args)
            if not (loop if in_loop else stem):
                raise NotEnabled(f"the config does not enable {step.name} here" + (" inside a loop" if stem else ""))
        elif before.flight is not None:
            raise NotEnabled(f"{step.name} cannot start while {before.flight.step} is in flight")
        try:
            if not startable.guard.holds(consts, before.state, args):
                raise NotEnabled(f"the guard of {step.name} does not hold")
        except RuntimeFault as fault:
            return self._faulting(Move(step.name, args), args, before, fault, loop)
        run, stop = _only_branch(self._started(consts, before, startable, args), choose)
        if not startable.is_env:
            return self._outcome(run, stop, before, step.name, args, resume=False)
        outcome = self._env_outcome(run, stop, before, step.name, args, loop)
        if outcome is None:
            raise NotEnabled(f"{step.name} would change nothing")
        return outcome

    # ------------------------------------------------------------------------------------------ runs and outcomes

    def _started(self, consts: Sequence[Value], before: Configuration, startable: _Startable, args: tuple[Value, ...]) -> Run:
        ghosts = self.codes.ghost_defaults if before.flight is None else before.flight.ghosts
        memory = Memory(consts, before.state, ghosts)
        memory.recording = not startable.is_env
        run = Run(self.codes, memory, cuts=self.cuts and not startable.is_env, paths=self.paths and not startable.is_env)
        run.enter(self.codes.step(startable.step.name), list(args), ())
        return run

    def _resumed(self, consts: Sequence[Value], before: Configuration, flight: Flight) -> Run:
        memory = Memory(consts, before.state, flight.ghosts)
        memory.recording = True
        memory.rule = flight.rule
        memory.handlers = sum(f.code.is_handler for f in flight.frames)
        run = Run(self.codes, memory, cuts=self.cuts, paths=self.paths)
        run.frames = [thaw(f) for f in flight.frames]
        run.tests = list(flight.tests)
        return run

    def _outcome(self, run: Run, stop: Stopped, before: Configuration, step: str, args: tuple[Value, ...], *, resume: bool) -> Outcome:
        """The outcome of a guest or kvm transition."""
        memory = run.memory
        move = Move(step, () if resume else args, resume, dict(run.choices))
        observed = tuple(memory.ghosts) if memory.observed is None else memory.observed
        after = None
        if not isinstance(stop, Fault):
            flight = None
            if isinstance(stop, Paused):
                frames = tuple(freeze(f) for f in run.frames)
                flight = Flight(step, args, frames, tuple(memory.ghosts), memory.rule, stop.site, stop.cut, tuple(run.tests))
            after = Configuration(tuple(memory.state), flight)
        fault = stop if isinstance(stop, Fault) else None
        return Outcome(move, args, True, after, fault, tuple(memory.decisions), observed, tuple(run.met))

    def _env_outcome(
        self, run: Run, stop: Stopped, before: Configuration, step: str, args: tuple[Value, ...], in_loop: bool
    ) -> Outcome | None:
        """The outcome of an env step; None if it changes nothing."""
        state = tuple(run.memory.state)
        fault = stop if isinstance(stop, Fault) else None
        if fault is None and state == before.state:
            return None
        after = Configuration(state, before.flight) if fault is None else None
        return Outcome(Move(step, args, False, dict(run.choices)), args, in_loop, after, fault, (), tuple(run.memory.ghosts))

    def _faulting(self, move: Move, args: tuple[Value, ...], before: Configuration, fault: RuntimeFault, in_loop: bool = True) -> Outcome:
        """The outcome of a step whose guard faults."""
        ghosts = self.codes.ghost_defaults if before.flight is None else before.flight.ghosts
        return Outcome(move, args, in_loop, None, Fault(fault.message, fault.span), (), ghosts)


Stopped: TypeAlias = Ended | Paused | Fault


def _allowed(startable: _Startable, consts: Sequence[Value], state: State, args: tuple[Value, ...]) -> tuple[bool, bool]:
    """Whether some enable clause holds, and whether one holds that counts inside a loop."""
    stem = loop = False
    for clause in startable.clauses:
        if (not stem or (not loop and not clause.stem_only)) and clause.when.holds_safely(consts, state, args):
            stem = True
            loop = loop or not clause.stem_only
    return stem, loop


def _branches(run: Run) -> Iterator[tuple[Run, Stopped]]:
    """Every way in which a run can go on to its next stop, for all values of each `choose` in increasing order. Consumes the run."""
    waiting = [run]
    while waiting:
        current = waiting.pop()
        try:
            stop = current.advance()
        except RuntimeFault as fault:
            yield current, Fault(fault.message, fault.span)
            continue
        if not isinstance(stop, Choosing):
            yield current, stop
            continue
        domain = domain_of(stop.pick.type)
        if size_of(domain) > MAX_INSTANCES:
            raise TooLarge(f"{stop.pick.spot.span}: a choice among {size_of(domain)} values, more than {MAX_INSTANCES}")
        for value in reversed(domain):
            branch = current.fork()
            branch.choose(stop, value)
            waiting.append(branch)


def _only_branch(run: Run, choose: Chooser) -> tuple[Run, Stopped]:
    """Run to the next stop with the values that `choose` gives. Raises NotEnabled if one is outside its type."""
    while True:
        try:
            stop = run.advance()
        except RuntimeFault as fault:
            return run, Fault(fault.message, fault.span)
        if not isinstance(stop, Choosing):
            return run, stop
        value = choose(stop.site, stop.pick.type)
        if not is_member(stop.pick.type, value):
            raise NotEnabled(f"{value} is no value for the choice at {stop.site}")
        run.choose(stop, value)


def show_arguments(step: Step, args: tuple[Value, ...]) -> str:
    """A call of a step in the language's syntax."""
    return f"{step.name}({', '.join(show_value(p.type, a) for p, a in zip(step.params, args, strict=True))})"
