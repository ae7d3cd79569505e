"""Running code: an explicit stack of frames that can stop at a cut or a `choose`, be copied, and go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from mmu_smt.interpret.code import compile_function, compile_step
from mmu_smt.interpret.evaluate import Expressions, Layout, Locals, Memory, RuntimeFault, Scope
from mmu_smt.interpret.instructions import (
    PENDING,
    RESULT,
    Branch,
    Code,
    Cut,
    Do,
    Enter,
    FinishReturn,
    HoldReturn,
    Jump,
    Leave,
    Locks,
    NextTurn,
    Pick,
    Spot,
    Switch,
    TestPoint,
)
from mmu_smt.semantics.program import Program, Site
from mmu_smt.semantics.types import Value, show_value
from mmu_smt.syntax.source import Span
from mmu_smt.witness.traces import Decision, Test


@dataclass(slots=True, eq=False)
class Frame:
    """An active function or step. `pc` is the next instruction; `spot` where it calls the frame above it.

    `prefix`: the site of its call. `tests_from`: where its part of the decision path begins. `held`: the span of a pending return.
    """

    code: Code
    pc: int
    locals: Locals
    prefix: Site = ()
    tests_from: int = 0
    spot: Spot | None = None
    held: Span | None = None

    def copy(self) -> Frame:
        return Frame(self.code, self.pc, list(self.locals), self.prefix, self.tests_from, self.spot, self.held)

    def site(self, spot: Spot) -> Site:
        """The site of a statement or call of this frame, in the present turns of the loops around it."""
        turns: list[int] = []
        for slot in spot.turns:
            turn = self.locals[slot]
            assert isinstance(turn, int)
            turns.append(-(turn + 1))
        return (*self.prefix, *turns, spot.id)


@dataclass(frozen=True, slots=True)
class Ended:
    """The outermost frame returned."""

    value: Value


@dataclass(frozen=True, slots=True)
class Paused:
    """A cut point was reached."""

    cut: Cut
    site: Site


@dataclass(frozen=True, slots=True)
class Choosing:
    """A `choose` was reached; `Run.choose` goes on."""

    pick: Pick
    site: Site


Stop: TypeAlias = Ended | Paused | Choosing


class Codes:
    """The compiled bodies of a program, each made when it is first needed.

    `forced`: what handlers return at a `return` statement, whatever its expression says; for asking what would be otherwise.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.layout = Layout.of(program)
        self.expressions = Expressions(program, self.invoke)
        self._functions: dict[tuple[str, bool], Code] = {}
        self._steps: dict[str, Code] = {}
        self.forced: Mapping[tuple[str, Span], Value] = {}
        blank = Memory((), (), ())
        self.ghost_defaults: tuple[Value, ...] = tuple(
            None if g.initial is None else self.expressions.compile(g.initial, Scope())(blank, []) for g in program.ghosts.values()
        )

    def function(self, name: str, primed: bool = False) -> Code:
        """The code of a function or handler; `primed`: reading the state after the transition."""
        key = name, primed
        if key not in self._functions:
            self._functions[key] = compile_function(self.program, self.expressions, self.program.functions[name], primed=primed)
        return self._functions[key]

    @property
    def entered(self) -> frozenset[str]:
        """The functions and handlers that have been called so far."""
        return frozenset(name for name, _ in self._functions)

    def step(self, name: str) -> Code:
        """The code of a step's body."""
        if name not in self._steps:
            self._steps[name] = compile_step(self.program, self.expressions, self.program.steps[name])
        return self._steps[name]

    def invoke(self, memory: Memory, function: str, primed: bool, args: list[Value]) -> Value:
        """Call a pure function from within an expression."""
        run = Run(self, memory)
        run.enter(self.function(function, primed), args, ())
        stop = run.advance()
        assert isinstance(stop, Ended), f"{function} is called as a pure function but stops"
        return stop.value


class Run:
    """A body being executed.

    `cuts`: cut points stop it. `locks`: number of locks held. `choices`: values taken so far in this transition. `tests`: the decision
    path, where `paths` asks for it; `met`: every test since the run was started or resumed.
    """

    __slots__ = ("_codes", "choices", "cuts", "frames", "locks", "memory", "met", "paths", "tests")

    def __init__(self, codes: Codes, memory: Memory, *, cuts: bool = False, paths: bool = False) -> None:
        self._codes = codes
        self.memory = memory
        self.cuts = cuts
        self.paths = paths
        self.frames: list[Frame] = []
        self.locks = 0
        self.choices: dict[Site, Value] = {}
        self.tests: list[Test] = []
        self.met: list[Test] = []

    def fork(self) -> Run:
        """An independent copy."""
        other = Run(self._codes, self.memory.copy(), cuts=self.cuts, paths=self.paths)
        other.frames = [f.copy() for f in self.frames]
        other.locks = self.locks
        other.choices = dict(self.choices)
        other.tests = list(self.tests)
        other.met = list(self.met)
        return other

    def enter(self, code: Code, args: list[Value], prefix: Site) -> None:
        """Push a frame."""
        frame_locals: Locals = [None] * code.size
        for slot, value in zip(code.params, args, strict=True):
            frame_locals[slot] = value
        memory = self.memory
        if code.is_handler and memory.recording:
            if memory.handlers == 0:
                memory.ghosts[:] = self._codes.ghost_defaults
                memory.rule = None
                self.tests.clear()
            memory.handlers += 1
        self.frames.append(Frame(code, 0, frame_locals, prefix, len(self.tests)))

    def choose(self, stop: Choosing, value: Value) -> None:
        """Take a value at the `choose` where the run stopped."""
        self.choices[stop.site] = value
        self.frames[-1].locals[stop.pick.variable] = value

    def advance(self) -> Stop:
        """Run to the end, the next cut or the next `choose`. Raises RuntimeFault."""
        memory = self.memory
        frame = self.frames[-1]
        while True:
            instruction = frame.code.instructions[frame.pc]
            frame.pc += 1
            match instruction:
                case Do(action=action):
                    action(memory, frame.locals)
                case Branch():
                    self._branch(instruction, frame)
                case Jump(target=target):
                    frame.pc = target.at
                case NextTurn():
                    _next_turn(instruction, frame)
                case Enter(function=function, args=args, spot=spot):
                    frame.spot = spot
                    self.enter(self._codes.function(function), [a(memory, frame.locals) for a in args], frame.site(spot))
                    frame = self.frames[-1]
                case Leave(value=value, rule=rule, span=span):
                    result = None if value is None else value(memory, frame.locals)
                    self._attach(rule)
                    ended = self._leave(result, span)
                    if ended is not None:
                        return ended
                    frame = self.frames[-1]
                case Switch():
                    self._switch(instruction, frame)
                case HoldReturn(value=value, rule=rule, span=span):
                    frame.locals[PENDING] = None if value is None else value(memory, frame.locals)
                    frame.held = span
                    self._attach(rule)
                case FinishReturn():
                    assert frame.held is not None
                    ended = self._leave(frame.locals[PENDING], frame.held)
                    if ended is not None:
                        return ended
                    frame = self.frames[-1]
                case Locks(change=change):
                    self.locks += change
                case Cut(spot=spot):
                    if self.cuts and self.locks == 0:
                        frame.spot = spot
                        return Paused(instruction, frame.site(spot))
                case Pick(spot=spot):
                    return Choosing(instruction, frame.site(spot))
                case _:
                    assert_never(instruction)

    def _branch(self, branch: Branch, frame: Frame) -> None:
        holds = branch.condition(self.memory, frame.locals)
        if not holds:
            frame.pc = branch.otherwise.at
        if self.paths and branch.test is not None:
            self._record(branch.test, bool(holds), frame)

    def _switch(self, switch: Switch, frame: Frame) -> None:
        subject = switch.subject(self.memory, frame.locals)
        label = switch.table.get(subject, switch.default)
        assert label is not None, f"{switch.test.span}: no arm of the match fits"
        frame.pc = label.at
        if self.paths:
            self._record(switch.test, subject, frame)

    def _record(self, test: TestPoint, outcome: Value, frame: Frame) -> None:
        if self.memory.handlers:
            values = tuple(self._read(test, frame))
            made = Test(test.span, test.text, show_value(test.type, outcome), test.function, values)
            self.tests.append(made)
            self.met.append(made)

    def _read(self, test: TestPoint, frame: Frame) -> Iterator[tuple[str, str]]:
        """What the test looked at. What cannot be evaluated was not: an operand before it has settled the outcome."""
        for reading in test.readings():
            with suppress(RuntimeFault):
                yield reading.text, show_value(reading.type, reading.evaluate(self.memory, frame.locals))

    def _attach(self, rule: str | None) -> None:
        if rule is not None and self.memory.handlers:
            self.memory.rule = rule

    def _leave(self, value: Value, span: Span) -> Ended | None:
        """Pop the frame and hand its result to the caller; Ended if there is none."""
        frame = self.frames.pop()
        code, memory = frame.code, self.memory
        if code.is_handler and memory.recording:
            value = self._codes.forced.get((code.name, span), value)
            shown = "" if code.returns is None else show_value(code.returns, value)
            path = tuple(self.tests[frame.tests_from :])
            memory.decisions.append(Decision(code.name, value, shown, memory.rule, span, path))
            memory.handlers -= 1
            if memory.handlers == 0:
                memory.observed = tuple(memory.ghosts)
        if not self.frames:
            return Ended(value)
        self.frames[-1].locals[RESULT] = value
        return None


def _next_turn(instruction: NextTurn, frame: Frame) -> None:
    turn = frame.locals[instruction.turn]
    assert isinstance(turn, int)
    if turn < len(instruction.domain):
        frame.locals[instruction.variable] = instruction.domain[turn]
    else:
        frame.pc = instruction.leave.at


@dataclass(frozen=True, slots=True)
class FrozenFrame:
    """A frame at a cut. Two are equal iff they stand at the same place with equal locals in scope."""

    name: str
    pc: int
    locals: tuple[Value, ...]
    prefix: Site
    code: Code = field(compare=False, repr=False)
    tests_from: int = field(compare=False, repr=False)
    spot: Spot | None = field(compare=False, repr=False)
    held: Span | None = field(compare=False, repr=False)


def freeze(frame: Frame) -> FrozenFrame:
    """A frame as part of a configuration: locals out of scope at its spot are blanked."""
    spot = frame.spot
    assert spot is not None
    kept: Locals = [None] * len(frame.locals)
    for slot in spot.live:
        kept[slot] = frame.locals[slot]
    return FrozenFrame(frame.code.name, frame.pc, tuple(kept), frame.prefix, frame.code, frame.tests_from, spot, frame.held)


def thaw(frame: FrozenFrame) -> Frame:
    """A frame that can run again."""
    return Frame(frame.code, frame.pc, list(frame.locals), frame.prefix, frame.tests_from, frame.spot, frame.held)
