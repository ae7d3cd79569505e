"""What breaks a loop: the same steps are taken again with one thing changed, and it is seen whether they still go round for ever.

A *change* gives another value to an atom: to what a handler returns at one of the `return`s taken in the loop, to the smallest part of a
constant, or to that of a state variable whose initial value is free. The changed start must satisfy every assumption and initial
condition. Then stem and loop are carried out with the same moves, arguments and choices, the loop again and again until a configuration
recurs. The change *breaks* the loop iff the run ends in a terminal state, or what goes round does not violate the property: `never` holds
in it, or `recurs` nowhere. A run that cannot be carried out otherwise, or that does not recur, says nothing, and its change is not counted.

Single changes are tried first; pairs only where no single one breaks the loop. This is a minimal intervention in the sense of actual
causality (Beer, Ben-David, Chockler, Orni, Trefler: "Explaining counterexamples using causality", CAV 2009), decided by running instead
of by a formula: it says what would have broken *this* loop, not that no other loop would then exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import TypeAlias

from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.judge import Judge
from mmu_smt.interpret.machine import Chooser, Configuration, Machine, NotEnabled, Outcome
from mmu_smt.semantics.program import Config, Program, Property, Variable
from mmu_smt.semantics.types import (
    ArrayType,
    RecordType,
    Type,
    Value,
    cardinality,
    index_size,
    values,
)
from mmu_smt.witness.explanations import Atom, AtomKind, Change, Explanation
from mmu_smt.witness.traces import Move, Trace, Valuation

TRANSITIONS = 6000  # performed at most, over all changes
ROUNDS = 64  # of a changed loop
LISTED = 16  # values of an atom of a larger type that are tried: the least ones

_Setting: TypeAlias = tuple[tuple[Atom, Value], ...]


@deep_recursion()
def explain(program: Program, config: Config, judged: Property, trace: Trace, *, transitions: int = TRANSITIONS) -> Explanation | None:
    """The cut set of a replayed loop; None for a finite run, or where the property is not about loops."""
    if trace.loop_start is None or judged.recurs is None or judged.never is None:
        return None
    return _Breaking(program, config, judged, trace, transitions).run()


class _Exhausted(Exception):
    """The transitions that may be performed are used up."""


@dataclass(frozen=True, slots=True)
class _Start:
    consts: Valuation
    state: Valuation


class _Breaking:
    def __init__(self, program: Program, config: Config, judged: Property, trace: Trace, transitions: int) -> None:
        assert judged.recurs is not None
        assert judged.never is not None
        self._program = program
        self._machine = Machine(program, config, paths=False)
        self._search = Search(self._machine.codes, config)
        self._recurs = Judge(self._machine.codes, judged.recurs)
        self._never = Judge(self._machine.codes, judged.never)
        self._trace = trace
        self._moves = tuple(Move(s.step, () if s.resume else s.args, s.resume, s.choices) for s in trace.steps)
        self._left = transitions

    def run(self) -> Explanation:
        atoms = tuple(self._atoms())
        for size in (1, 2):
            cuts: list[tuple[Change, ...]] = []
            tried, complete = 0, True
            try:
                for group in combinations(atoms, size):
                    found = self._cut(group)
                    tried += 1
                    if found is not None:
                        cuts.append(found)
            except _Exhausted:
                complete = False
            if cuts or not complete:
                return Explanation(tuple(cuts), tried, complete)
        return Explanation((), tried, complete)

    # ------------------------------------------------------------------------------------------ what can be changed

    def _atoms(self) -> Iterator[Atom]:
        """Decisions of the loop, then constants, then the free part of the initial state; each in order."""
        assert self._trace.loop_start is not None
        decided: dict[tuple[str, object], Atom] = {}
        for step in self._trace.steps[self._trace.loop_start :]:
            for decision in step.decisions:
                returns = self._program.functions[decision.handler].returns
                if returns is not None:
                    atom = Atom(AtomKind.DECISION, decision.handler, (), returns, decision.value, decision.span)
                    decided.setdefault((decision.handler, decision.span), atom)
        yield from decided.values()
        for kind, variables, start in (
            (AtomKind.CONSTANT, self._program.consts, self._trace.consts),
            (AtomKind.INITIAL, self._program.states, self._trace.initial),
        ):
            for variable in sorted(variables.values(), key=_rank):
                if kind is AtomKind.CONSTANT or variable.initial is None:
                    for way, leaf, value in _leaves(variable.type, start[variable.name]):
                        yield Atom(kind, variable.name, way, leaf, value)

    def _cut(self, group: tuple[Atom, ...]) -> tuple[Change, ...] | None:
        """The change of these atoms, if some of their other values break the loop. Of a pair one combination of values is enough."""
        possible = 0
        breaking: list[tuple[Value, ...]] = []
        for chosen in product(*(_others(a) for a in group)):
            outcome = self._breaks(tuple(zip(group, chosen, strict=True)))
            if outcome is None:
                continue
            possible += 1
            if outcome:
                breaking.append(chosen)
                if len(group) > 1:
                    break
        if not breaking:
            return None
        if len(group) == 1:
            # Only what was tried can be called all: of a large type that is a part.
            every = len(breaking) == possible and cardinality(group[0].type) <= LISTED
            return (Change(group[0], tuple(c[0] for c in breaking), every),)
        return tuple(Change(atom, (value,), False) for atom, value in zip(group, breaking[0], strict=True))

    # ------------------------------------------------------------------------------------------ one change

    def _breaks(self, setting: _Setting) -> bool | None:
        """Whether the loop is broken under a change; None where the change is not possible or nothing can be said."""
        forced = {(a.name, a.span): value for a, value in setting if a.kind is AtomKind.DECISION and a.span is not None}
        start = self._changed(setting)
        if start is None:
            return None
        codes = self._machine.codes
        codes.forced = forced
        try:
            return self._follow(start)
        finally:
            codes.forced = {}

    def _changed(self, setting: _Setting) -> _Start | None:
        """The start with the changed facts; None where it is no initial state."""
        consts, state = dict(self._trace.consts), dict(self._trace.initial)
        for atom, value in setting:
            match atom.kind:
                case AtomKind.CONSTANT:
                    consts[atom.name] = _put(consts[atom.name], atom.way, value)
                case AtomKind.INITIAL:
                    state[atom.name] = _put(state[atom.name], atom.way, value)
                case AtomKind.DECISION:
                    pass
        if consts != self._trace.consts:
            state.update(self._search.given(consts))
        if (consts, state) != (self._trace.consts, self._trace.initial) and self._search.objection(consts, state) is not None:
            return None
        return _Start(consts, state)

    def _follow(self, start: _Start) -> bool | None:
        program, loop = self._program, self._trace.loop_start
        consts = tuple(start.consts[n] for n in program.consts)
        now = Configuration(tuple(start.state[n] for n in program.states))
        for move in self._moves[:loop]:
            outcome = self._perform(consts, now, move, in_loop=False)
            if outcome is None or outcome.after is None:
                return None
            now = outcome.after
        seen: dict[Configuration, int] = {}
        rounds: list[tuple[bool, bool]] = []  # of each round: `recurs` somewhere, `never` somewhere
        while now not in seen and len(seen) < ROUNDS:
            seen[now] = len(rounds)
            recurs = never = False
            for move in self._moves[loop:]:
                outcome = self._perform(consts, now, move, in_loop=True)
                if outcome is None or outcome.after is None:
                    ended = self._machine.is_terminal(consts, now.state) and now.flight is None
                    return True if ended else None
                recurs = recurs or self._recurs.of_transition(consts, now, outcome) is True
                never = never or self._never.of_transition(consts, now, outcome) is True
                now = outcome.after
            rounds.append((recurs, never))
        if now not in seen:
            return None
        again = rounds[seen[now] :]
        return any(never for _, never in again) or not any(recurs for recurs, _ in again)

    def _perform(self, consts: tuple[Value, ...], now: Configuration, move: Move, *, in_loop: bool) -> Outcome | None:
        if self._left <= 0:
            raise _Exhausted
        self._left -= 1
        try:
            return self._machine.perform(consts, now, move, in_loop=in_loop, chooser=_same(move))
        except NotEnabled:
            return None


def _same(move: Move) -> Chooser:
    """The move's own choices and no others: where the changed run chooses elsewhere, it is another run."""

    def choose(site: tuple[int, ...], type: Type) -> Value:
        if site not in move.choices:
            raise NotEnabled(f"the move gives no value for the choice at {site}")
        return move.choices[site]

    return choose


def _rank(variable: Variable) -> int:
    return variable.display.minimise if variable.display.minimise is not None else 1 << 30


def _others(atom: Atom) -> tuple[Value, ...]:
    """Other values of an atom: all, or of a large type the least ones."""
    if cardinality(atom.type) <= LISTED:
        return tuple(v for v in values(atom.type) if v != atom.value)
    kept: list[Value] = []
    for value in values(atom.type):
        if value != atom.value:
            kept.append(value)
        if len(kept) == LISTED:
            break
    return tuple(kept)


def _leaves(kind: Type, value: Value) -> Iterator[tuple[tuple[int, ...], Type, Value]]:
    """The smallest parts of a value, with the way to each. An optional value is one part."""
    match kind, value:
        case ArrayType(index, element), tuple():
            for position in range(index_size(index)):
                for way, leaf, part in _leaves(element, value[position]):
                    yield (position, *way), leaf, part
        case RecordType(_, fields), tuple():
            for position, (_, part_type) in enumerate(fields):
                for way, leaf, part in _leaves(part_type, value[position]):
                    yield (position, *way), leaf, part
        case _:
            yield (), kind, value


def _put(value: Value, way: tuple[int, ...], part: Value) -> Value:
    if not way:
        return part
    assert isinstance(value, tuple)
    first = way[0]
    return (*value[:first], _put(value[first], way[1:], part), *value[first + 1 :])
