"""Bring a confirmed counterexample closer to the defaults: what does not matter for it should not catch the eye.

Greedy, one variable after another (by `@minimise`, then in order of declaration) until nothing changes, each as a whole and then part by
part: a constant, or a part of the free initial state, takes its default if the interpreter then still performs the same moves, with the
same decisions, and the run still shows the property (where there is none: to the same states). Nothing is claimed to be minimal.

A run can also be shortened: moves are left out, env steps first, as long as what is left still shows the property. (What the engines find
is shortest already; what somebody saved from elsewhere need not be.)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.machine import Machine, NotEnabled
from mmu_smt.interpret.replay import ReplayMismatch, carry_out, replay
from mmu_smt.semantics.types import ArrayType, RecordType, default_value, index_size
from mmu_smt.witness.traces import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mmu_smt.interpret.replay import Run
    from mmu_smt.semantics.program import Config, Program, Property, Variable
    from mmu_smt.semantics.types import Type, Value
    from mmu_smt.witness.traces import Trace

ATTEMPTS = 1000  # transitions performed at most, over all tries

Way: TypeAlias = tuple[int, ...]  # positions from a value down to a part of it
Decided: TypeAlias = tuple[object, ...]


def simplify(program: Program, config: Config, candidate: Candidate) -> Candidate:
    """A candidate with the same moves to the same states with the same decisions and ghosts, and more defaults, whatever it shows.

    The caller replays it: no property is looked at here. Raises ReplayMismatch if the candidate itself cannot be performed.
    """
    machine = Machine(program, config, paths=False)
    simplifier = _Same(machine, Search(machine.codes, config), candidate)
    simplifier.run()
    return simplifier.candidate


def simplify_trace(
    program: Program, config: Config, candidate: Candidate, judged: Property, *, cone: frozenset[str] | None = None, shorten: bool = False
) -> Trace:
    """The trace of a candidate that shows a property, with the same moves and decisions, and more defaults; shorter too, if `shorten`.

    `cone`: as for a replay. Raises ReplayMismatch if the candidate itself does not replay.
    """
    simplifier = _Showing(program, config, candidate, judged, cone)
    if shorten:
        simplifier.shorten()
    simplifier.run()
    return simplifier.told()


class _Simplifier(ABC):
    """Tries a default for every part of a start. `candidate`: the plainest found so far."""

    def __init__(self, machine: Machine, search: Search, candidate: Candidate) -> None:
        self.candidate = candidate
        self._machine = machine
        self._search = search
        self._left: int = ATTEMPTS

    def run(self) -> None:
        program = self._machine.program
        constants = [(v, True) for v in program.consts.values()]
        states = [(v, False) for v in program.states.values() if v.initial is None]
        unimportant = 1 + max((v.display.minimise or 0 for v, _ in (*constants, *states)), default=0)
        order = sorted((*constants, *states), key=lambda item: item[0].display.minimise or unimportant)
        before = None
        while before is not self.candidate and self._left > 0:  # what stood in the way may have gone
            before = self.candidate
            for variable, rigid in order:
                self._lower(variable, rigid)

    def _lower(self, variable: Variable, rigid: bool) -> None:
        wanted = variable.display.default if variable.display.has_default else default_value(variable.type)
        for way in _ways(variable.type):
            if self._set(variable.name, way, _part(wanted, way), rigid) and not way:
                return

    @abstractmethod
    def _set(self, name: str, way: Way, wanted: Value, rigid: bool) -> bool:
        """Give a part the wanted value, if that changes nothing that counts; True iff it has that value then."""


class _Same(_Simplifier):
    """The run stays as it is, but for parts that it never changes."""

    def __init__(self, machine: Machine, search: Search, candidate: Candidate) -> None:
        super().__init__(machine, search, candidate)
        self._seen = _visible(carry_out(machine, candidate, self._search))

    def _set(self, name: str, way: Way, wanted: Value, rigid: bool) -> bool:
        old = self.candidate
        values = [old.consts[name]] if rigid else [s[name] for s in old.states if name in s]
        parts = {_part(v, way) for v in values}
        if parts == {wanted}:
            return True
        cost = max(len(old.moves), 1)
        if len(parts) > 1 or self._left < cost:
            return False
        self._left -= cost
        if rigid:
            tried = self._following(replace(old, consts=_with(old.consts, name, way, wanted)))
        else:
            tried = replace(old, states=tuple(_with(s, name, way, wanted) if name in s else s for s in old.states))
        try:
            if _visible(carry_out(self._machine, tried, self._search)) != self._seen:
                return False
        except ReplayMismatch:
            return False
        self.candidate = tried
        return True

    def _following(self, tried: Candidate) -> Candidate:
        """With the constants go the initial values that they give, for as long as the run keeps these."""
        before, after = self._search.given(self.candidate.consts), self._search.given(tried.consts)
        changed = {name for name, value in after.items() if before.get(name) != value}
        states: list[Mapping[str, Value]] = []
        for state in tried.states:
            changed = {name for name in changed if name in state and state[name] == before.get(name)}
            states.append({**state, **{name: after[name] for name in changed}})
        return replace(tried, states=tuple(states))


def _visible(run: Run) -> tuple[object, ...]:
    """What a run shows apart from the values themselves."""
    return tuple((tuple((d.handler, d.value, d.rule) for d in o.decisions), o.observed, o.fault is None) for o in run.outcomes)


class _Showing(_Simplifier):
    """The run may change, as long as it makes the same moves and decisions and still shows the property."""

    def __init__(self, program: Program, config: Config, candidate: Candidate, judged: Property, cone: frozenset[str] | None) -> None:
        machine = Machine(program, config, paths=False)
        super().__init__(machine, Search(machine.codes, config), candidate)
        self._judged, self._cone = judged, cone
        self._seen = _decided(self._shown(candidate, machine))

    def told(self) -> Trace:
        """The trace of the plainest candidate, with the decision paths."""
        return self._shown(self.candidate, Machine(self._machine.program, self._machine.config, paths=True, codes=self._machine.codes))

    def shorten(self) -> None:
        """Leave out moves, one at a time, those of env steps first and the later ones first."""
        again = True
        while again and self._left > 0:
            again = False
            moves = self.candidate.moves
            env = [i for i, m in enumerate(moves) if self._machine.program.steps[m.step].actor == "env"]
            for index in (*reversed(env), *(i for i in reversed(range(len(moves))) if i not in env)):
                if self._without(index):
                    again = True
                    break

    def _without(self, index: int) -> bool:
        old = self.candidate
        moves = (*old.moves[:index], *old.moves[index + 1 :])
        loop = old.loop_start if old.loop_start is None or index >= old.loop_start else old.loop_start - 1
        if not moves or (loop is not None and loop >= len(moves)):
            return False
        return self._accept(Candidate(old.consts, old.states[:1], moves, loop), None)

    def _shown(self, candidate: Candidate, machine: Machine) -> Trace:
        """The trace of a candidate that shows the property. Raises ReplayMismatch."""
        return replay(machine.program, machine.config, candidate, self._judged, cone=self._cone, machine=machine, search=self._search)

    def _accept(self, tried: Candidate, wanted: Decided | None) -> bool:
        """Take another candidate, of which the first state counts, if it shows the property and decides as it should."""
        self._left -= max(len(tried.moves), 1)
        try:
            reached = self._rerun(tried)
            trace = self._shown(reached, self._machine)
        except ReplayMismatch:
            return False
        if wanted is not None and _decided(trace) != wanted:
            return False
        self.candidate, self._seen = reached, _decided(trace)
        return True

    def _rerun(self, tried: Candidate) -> Candidate:
        """With the states to which the moves lead from the first one. Raises ReplayMismatch."""
        machine, start = self._machine, Candidate(tried.consts, tried.states[:1], ())
        states = [*tried.states[:1]]
        run = carry_out(machine, start, self._search)
        consts, now = run.consts, run.configurations[0]
        for index, move in enumerate(tried.moves):
            try:
                outcome = machine.perform(consts, now, move, in_loop=tried.loop_start is not None and index >= tried.loop_start)
            except NotEnabled as error:
                raise ReplayMismatch(str(error), index) from None
            if outcome.after is None:
                break
            now = outcome.after
            states.append(machine.valuation(now.state))
        return replace(tried, states=tuple(states))

    def _set(self, name: str, way: Way, wanted: Value, rigid: bool) -> bool:
        old = self.candidate
        holder = old.consts if rigid else old.states[0]
        if _part(holder[name], way) == wanted:
            return True
        if self._left < max(len(old.moves), 1):
            return False
        if rigid:
            consts = _with(old.consts, name, way, wanted)
            start = {**old.states[0], **self._search.given(consts)}
        else:
            consts, start = old.consts, _with(old.states[0], name, way, wanted)
        return self._accept(replace(old, consts=consts, states=(start,)), self._seen)


def _decided(trace: Trace) -> Decided:
    """What a run shows apart from the values themselves."""
    return tuple((tuple((d.handler, d.value, d.rule) for d in s.decisions), s.fault is None) for s in trace.steps)


def _ways(kind: Type) -> Iterator[Way]:
    """The whole, then its parts from the largest to the smallest."""
    level: list[tuple[Way, Type]] = [((), kind)]
    while level:
        below: list[tuple[Way, Type]] = []
        for way, part in level:
            yield way
            match part:
                case ArrayType(index, element):
                    below.extend(((*way, i), element) for i in range(index_size(index)))
                case RecordType(_, fields):
                    below.extend(((*way, i), t) for i, (_, t) in enumerate(fields))
                case _:
                    pass
        level = below


def _part(value: Value, way: Way) -> Value:
    for position in way:
        assert isinstance(value, tuple)
        value = value[position]
    return value


def _put(value: Value, way: Way, part: Value) -> Value:
    if not way:
        return part
    assert isinstance(value, tuple)
    first, rest = way[0], way[1:]
    return (*value[:first], _put(value[first], rest, part), *value[first + 1 :])


def _with(values: Mapping[str, Value], name: str, way: Way, part: Value) -> dict[str, Value]:
    return {**values, name: _put(values[name], way, part)}
