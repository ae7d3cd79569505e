"""Starts from which a change has to do better, or no worse: judged by running the changed program from each of them.

All that can happen from one start is followed (the constants and the initial state are fixed, so without env steps that is one short run),
and properties are decided by explicit search on it. What is too large to be followed refutes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.explicit import Explorer
from mmu_smt.interpret.graph import Graph
from mmu_smt.interpret.initial import Initial, Sampled, Search
from mmu_smt.interpret.judge import applies
from mmu_smt.interpret.lassos import components
from mmu_smt.interpret.machine import Machine, TooLarge
from mmu_smt.interpret.run import Codes
from mmu_smt.semantics.program import Config, Program, Property, PropertyKind, has_cuts
from mmu_smt.semantics.types import Value
from mmu_smt.syntax.source import Span
from mmu_smt.witness.traces import Trace
from mmu_smt.witness.verdicts import Word

MAX_CONFIGURATIONS = 400
MAX_TRANSITIONS = 2_000
MAX_PARTIAL = 1_000

Ending: TypeAlias = frozenset[tuple[tuple[str, Value], ...]]
"""What the handlers decide in the transitions with which the runs from one start end."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """From here a property is violated, or a cover reached, and must not be."""

    config: Config
    property: str
    start: Initial


@dataclass(frozen=True, slots=True)
class Right:
    """From here all runs end, and no property is violated: that must stay so, and they must end as they do."""

    config: Config
    properties: tuple[str, ...]
    start: Initial
    ending: Ending


@dataclass(frozen=True, slots=True)
class Executed:
    """What of a program is executed from a start: functions, and the places of the conditions that handlers evaluate."""

    functions: frozenset[str]
    tests: frozenset[Span]

    def evaluates(self, condition: Span) -> bool:
        """Whether something in this text has been evaluated."""
        return any(t.file is condition.file and condition.start <= t.start and t.end <= condition.end for t in self.tests)


def start_of(program: Program, trace: Trace) -> Initial:
    """Where a run begins."""
    return tuple(trace.consts[n] for n in program.consts), tuple(trace.initial[n] for n in program.states)


@deep_recursion()
def violates(program: Program, example: Wrong) -> bool:
    """Whether the program can still do from there what it must not. False where there is too much to follow."""
    judged = program.properties[example.property]
    machine = Machine(program, example.config)
    try:
        return _word(machine, _graph(machine, example.start), judged) in (Word.VIOLATED, Word.REACHED)
    except TooLarge:
        return False


@deep_recursion()
def right(program: Program, config: Config, properties: Iterable[Property], start: Initial) -> Right | None:
    """The example that a program gives, if all its runs from there end and violate nothing."""
    judged = tuple(p for p in properties if p.kind is not PropertyKind.COVER and p.kind is not PropertyKind.COVER_LASSO)
    ending = None if has_cuts(program, config) else _ending(program, config, judged, start)
    return None if not ending else Right(config, tuple(p.name for p in judged), start, ending)


@deep_recursion()
def spoils(program: Program, example: Right) -> bool:
    """Whether the program does something wrong from there, or does not end in the same way."""
    judged = [program.properties[n] for n in example.properties]
    return _ending(program, example.config, judged, example.start) != example.ending


@deep_recursion()
def executed(program: Program, example: Wrong) -> Executed:
    """What the program executes from there, as far as it is followed."""
    machine = Machine(program, example.config, paths=True)
    try:
        graph = _graph(machine, example.start)
    except TooLarge:
        return Executed(frozenset(program.functions), frozenset())
    tests = {t.span for e in graph.edges for d in e.outcome.decisions for t in d.path}
    return Executed(machine.codes.entered, frozenset(tests))


def _graph(machine: Machine, start: Initial) -> Graph:
    return Graph(machine, max_configurations=MAX_CONFIGURATIONS, max_initial=1, max_transitions=MAX_TRANSITIONS, start=start)


def _word(machine: Machine, graph: Graph, judged: Property) -> Word:
    return Explorer(machine, graph, {}).verdict(judged).word


def _ending(program: Program, config: Config, judged: Iterable[Property], start: Initial) -> Ending | None:
    """How the runs from a start end; None where one does not, or violates something, or there is too much to follow."""
    machine = Machine(program, config)
    try:
        graph = _graph(machine, start)
    except TooLarge:
        return None
    if any(o.fault is not None for attempts in graph.attempts for o in attempts) or _has_cycle(graph):
        return None
    if any(_word(machine, graph, p) is Word.VIOLATED for p in judged if applies(p, config)):
        return None
    over = [machine.is_terminal(n.consts, n.configuration.state) for n in graph.nodes]
    if not all(over[n.number] or graph.leaving[n.number] for n in graph.nodes):
        return None
    return frozenset(tuple((d.handler, d.value) for d in e.outcome.decisions) for e in graph.edges if over[e.target] and not over[e.source])


def _has_cycle(graph: Graph) -> bool:
    component = components(len(graph.nodes), lambda n: tuple(e.target for e in graph.leaving[n]))
    return len(set(component)) < len(graph.nodes) or any(e.source == e.target for e in graph.edges)


def random_starts(program: Program, config: Config, random: Random, count: int) -> list[Initial]:
    """So many initial states, each found by a search of its own in random order; fewer where that takes too long."""
    search = Search(Codes(program), config)
    found: list[Initial] = []
    for _ in range(count):
        try:
            start = next(search.solutions(order=Sampled(random), limit=MAX_PARTIAL), None)
        except TooLarge:
            continue
        if start is not None:
            found.append(start)
    return found
