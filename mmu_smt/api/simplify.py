"""Bring a confirmed counterexample closer to the defaults: what does not matter for it should not catch the eye.

Greedy, one variable after another (by `@minimise`, then in order of declaration) until nothing changes, each as a whole and then part by
part: a constant, or a state variable's part that the run never changes, takes its default if the interpreter then still performs the
same moves to the same states with the same decisions. Nothing is claimed to be minimal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.machine import Machine
from mmu_smt.interpret.replay import ReplayMismatch, carry_out
from mmu_smt.semantics.types import ArrayType, RecordType, default_value, index_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mmu_smt.interpret.replay import Run
    from mmu_smt.semantics.program import Config, Program, Variable
    from mmu_smt.semantics.types import Type, Value
    from mmu_smt.witness.traces import Candidate

ATTEMPTS = 1000  # transitions performed at most, over all tries

Way: TypeAlias = tuple[int, ...]  # positions from a value down to a part of it


def simplify(program: Program, config: Config, candidate: Candidate) -> Candidate:
    """A candidate with the same moves and decisions, and more defaults. The caller replays it: the property is not looked at here.

    Raises ReplayMismatch if the candidate itself cannot be performed.
    """
    return _Simplifier(Machine(program, config, paths=False), candidate).run()


class _Simplifier:
    def __init__(self, machine: Machine, candidate: Candidate) -> None:
        self._machine = machine
        self._search = Search(machine.codes, machine.config)
        self._candidate = candidate
        self._seen = _visible(carry_out(machine, candidate, self._search))
        self._left = ATTEMPTS

    def run(self) -> Candidate:
        program = self._machine.program
        constants = [(v, True) for v in program.consts.values()]
        states = [(v, False) for v in program.states.values() if v.initial is None]
        unimportant = 1 + max((v.display.minimise or 0 for v, _ in (*constants, *states)), default=0)
        order = sorted((*constants, *states), key=lambda item: item[0].display.minimise or unimportant)
        before = None
        while before is not self._candidate and self._left > 0:  # what stood in the way may have gone
            before = self._candidate
            for variable, rigid in order:
                self._lower(variable, rigid)
        return self._candidate

    def _lower(self, variable: Variable, rigid: bool) -> None:
        wanted = variable.display.default if variable.display.has_default else default_value(variable.type)
        for way in _ways(variable.type):
            if self._set(variable.name, way, _part(wanted, way), rigid) and not way:
                return

    def _set(self, name: str, way: Way, wanted: Value, rigid: bool) -> bool:
        """Give a part the wanted value for the whole run, if that changes nothing else; True iff it has that value then."""
        old = self._candidate
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
        self._candidate = tried
        return True

    def _following(self, tried: Candidate) -> Candidate:
        """With the constants go the initial values that they give, for as long as the run keeps these."""
        before, after = self._search.given(self._candidate.consts), self._search.given(tried.consts)
        changed = {name for name, value in after.items() if before.get(name) != value}
        states: list[Mapping[str, Value]] = []
        for state in tried.states:
            changed = {name for name in changed if name in state and state[name] == before.get(name)}
            states.append({**state, **{name: after[name] for name in changed}})
        return replace(tried, states=tuple(states))


def _visible(run: Run) -> tuple[object, ...]:
    """What a run shows apart from the values themselves."""
    return tuple((tuple((d.handler, d.value, d.rule) for d in o.decisions), o.observed, o.fault is None) for o in run.outcomes)


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
