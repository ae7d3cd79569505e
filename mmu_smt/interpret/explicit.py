"""Explicit-state search: verdicts, shortest counterexamples and least bounds of small systems, by enumeration.

It decides every property from the set of all reachable configurations, so it shares nothing with the engines but the checked program. It is
the measure in differential tests; correctness goes before speed.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.fairness import Requirement, requirements
from mmu_smt.interpret.graph import Edge, Graph, Node
from mmu_smt.interpret.judge import Judge, applies, premise
from mmu_smt.interpret.lassos import LassoSearch, components
from mmu_smt.interpret.machine import Machine, Outcome
from mmu_smt.semantics.program import Config, Program, Property, PropertyKind, TExpr
from mmu_smt.semantics.types import Value
from mmu_smt.witness.traces import Candidate
from mmu_smt.witness.verdicts import Word


@dataclass(frozen=True, slots=True)
class ExplicitVerdict:
    """`word` is proved, violated, reached, unreachable or vacuous; unknown only where `within least` has no least bound and no lasso.

    `length`: transitions of the shortest counterexample (or run that reaches a cover), `candidate` one of that length with the fewest env
    steps. `least`: the least bound of a `within least` property that holds.
    """

    word: Word
    length: int | None = None
    least: int | None = None
    candidate: Candidate | None = None


@dataclass(frozen=True, slots=True)
class ExplicitResult:
    """Verdicts by property (those that apply), and the size of what was searched."""

    verdicts: Mapping[str, ExplicitVerdict]
    initial: int
    configurations: int
    transitions: int


@deep_recursion()
def explore(
    program: Program,
    config: Config,
    *,
    max_configurations: int = 20_000,
    max_initial: int = 10_000,
    max_transitions: int = 200_000,
    cone: Mapping[str, frozenset[str]] | None = None,
    only: Container[str] | None = None,
    fixed: Mapping[str, Value] | None = None,
) -> ExplicitResult:
    """Decide every property that applies under the config. Raises TooLarge beyond the given sizes.

    `only`: these properties. `fixed`: from the initial states alone in which the named variables have these values. `cone`: for some
    properties, the state variables that must agree where a loop closes (with the step in flight); all of them by default.
    """
    machine = Machine(program, config)
    graph = Graph(machine, max_configurations=max_configurations, max_initial=max_initial, max_transitions=max_transitions, fixed=fixed)
    explorer = Explorer(machine, graph, cone or {})
    verdicts = {
        name: explorer.verdict(p) for name, p in program.properties.items() if applies(p, config) and (only is None or name in only)
    }
    return ExplicitResult(verdicts, graph.initial, len(graph.nodes), len(graph.edges))


class Explorer:
    """Decides properties on a graph that is complete. `cone`: as for `explore`."""

    def __init__(self, machine: Machine, graph: Graph, cone: Mapping[str, frozenset[str]]) -> None:
        self._machine = machine
        self._graph = graph
        self._cone = cone
        self._fairness = requirements(machine)

    def verdict(self, prop: Property) -> ExplicitVerdict:
        """The answer for a property that applies."""
        match prop.kind:
            case PropertyKind.NO_FAULT:
                return self._no_fault()
            case PropertyKind.NO_DEADLOCK:
                return self._first_node(self._is_deadlock) or ExplicitVerdict(Word.PROVED)
            case PropertyKind.INVARIANT:
                return self._invariant(_required(prop.condition))
            case PropertyKind.STEP:
                return self._step(_required(prop.condition))
            case PropertyKind.COVER:
                return self._first_edge(_required(prop.condition), True, Word.REACHED) or ExplicitVerdict(Word.UNREACHABLE)
            case PropertyKind.PROGRESS:
                return self._progress(prop)
            case PropertyKind.COVER_LASSO:
                recurs, never = self._events(prop)
                return self._lasso(prop, recurs, never, self._fairness, Word.REACHED) or ExplicitVerdict(Word.UNREACHABLE)
            case _:
                assert_never(prop.kind)

    # ------------------------------------------------------------------------------------------ finite runs

    def _no_fault(self) -> ExplicitVerdict:
        best = self._cheapest((n, o, None) for n in self._graph.nodes for o in self._graph.attempts[n.number] if o.fault is not None)
        if best is None:
            return ExplicitVerdict(Word.PROVED)
        node, outcome, _ = best
        return ExplicitVerdict(Word.VIOLATED, node.distance + 1, candidate=self._graph.run_to(node, fault=outcome))

    def _cheapest(self, found: Iterator[tuple[Node, Outcome, Edge | None]]) -> tuple[Node, Outcome, Edge | None] | None:
        """Of nodes, in order of distance, with what is done there: the first that is nearest and takes the fewest env steps."""
        best: tuple[Node, Outcome, Edge | None] | None = None
        fewest = 0
        for node, outcome, edge in found:
            env = self._graph.env[node.number] + self._graph.is_env(outcome)
            if best is not None and node.distance > best[0].distance:
                break
            if best is None or env < fewest:
                best, fewest = (node, outcome, edge), env
        return best

    def _is_deadlock(self, node: Node) -> bool:
        if node.configuration.flight is not None or self._machine.is_terminal(node.consts, node.configuration.state):
            return False
        return all(self._machine.program.steps[o.move.step].actor == "env" for o in self._graph.attempts[node.number])

    def _invariant(self, condition: TExpr) -> ExplicitVerdict:
        judge = Judge(self._machine.codes, condition)
        violated = self._first_node(lambda n: judge.of_state(n.consts, n.configuration.state) is not True)
        if violated is not None:
            return violated
        needed = premise(self._machine.program, condition)
        if needed is None:
            return ExplicitVerdict(Word.PROVED)
        applicable = Judge(self._machine.codes, needed)
        met = any(applicable.of_state(n.consts, n.configuration.state) for n in self._graph.nodes)
        return ExplicitVerdict(Word.PROVED if met else Word.VACUOUS)

    def _step(self, condition: TExpr) -> ExplicitVerdict:
        violated = self._first_edge(condition, False, Word.VIOLATED)
        if violated is not None:
            return violated
        needed = premise(self._machine.program, condition)
        met = needed is None or any(self._edge_values(needed))
        return ExplicitVerdict(Word.PROVED if met else Word.VACUOUS)

    def _first_node(self, bad: Callable[[Node], bool]) -> ExplicitVerdict | None:
        """Violated in the nearest bad node (they are in order of distance) that takes the fewest env steps."""
        best: Node | None = None
        for node in self._graph.nodes:
            if best is not None and node.distance > best.distance:
                break
            if (best is None or self._graph.env[node.number] < self._graph.env[best.number]) and bad(node):
                best = node
        return None if best is None else ExplicitVerdict(Word.VIOLATED, best.distance, candidate=self._graph.run_to(best))

    def _first_edge(self, condition: TExpr, wanted: bool, word: Word) -> ExplicitVerdict | None:
        """A nearest transition in which the condition has (True) or does not have (False) the value true, with the fewest env steps."""
        judge = Judge(self._machine.codes, condition)
        graph = self._graph
        best = self._cheapest(
            (n, e.outcome, e)
            for n in graph.nodes
            for e in graph.leaving[n.number]
            if (judge.of_transition(n.consts, n.configuration, e.outcome) is True) == wanted
        )
        if best is None:
            return None
        node, _, edge = best
        return ExplicitVerdict(word, node.distance + 1, candidate=graph.run_to(node, edge))

    def _edge_values(self, expr: TExpr) -> list[bool]:
        """An expression's value of each transition; False where it faults."""
        judge = Judge(self._machine.codes, expr)
        nodes = self._graph.nodes
        return [judge.of_transition(nodes[e.source].consts, nodes[e.source].configuration, e.outcome) is True for e in self._graph.edges]

    # ------------------------------------------------------------------------------------------ infinite runs

    def _events(self, prop: Property) -> tuple[list[bool], list[bool]]:
        return self._edge_values(_required(prop.recurs)), self._edge_values(_required(prop.never))

    def _progress(self, prop: Property) -> ExplicitVerdict:
        recurs, never = self._events(prop)
        held = Word.PROVED if any(recurs) else Word.VACUOUS
        if isinstance(prop.within, int):
            return self._within(recurs, never, prop.within) or ExplicitVerdict(held)
        fairness = self._fairness if prop.within is None else ()
        violated = self._lasso(prop, recurs, never, fairness, Word.VIOLATED)
        if violated is not None:
            return violated
        if prop.within is None:
            return ExplicitVerdict(held)
        least = self._least(recurs, never)
        return ExplicitVerdict(Word.UNKNOWN) if least is None else ExplicitVerdict(held, least=least)

    def _within(self, recurs: Sequence[bool], never: Sequence[bool], bound: int) -> ExplicitVerdict | None:
        """Violated by a shortest run, with the fewest env steps, that has more than `bound` times `recurs` since the last `never`."""
        graph = self._graph
        parents: dict[tuple[int, int], tuple[tuple[int, int], Edge] | None] = {(n, 0): None for n in range(graph.initial)}
        cost = dict.fromkeys(parents, 0)  # env steps, of the places of earlier levels and of this one
        level = list(parents)
        depth = 0
        while level:
            depth += 1
            last: tuple[int, tuple[int, int], Edge] | None = None
            following: dict[tuple[int, int], int] = {}
            for place in level:
                number, count = place
                for edge in graph.leaving[number]:
                    total = 0 if never[edge.number] else count + recurs[edge.number]
                    env = cost[place] + graph.is_env(edge.outcome)
                    reached = edge.target, total
                    if total > bound:
                        last = (env, place, edge) if last is None or env < last[0] else last
                    elif reached not in cost and env < following.get(reached, env + 1):
                        following[reached] = env
                        parents[reached] = place, edge
            if last is not None:
                _, place, edge = last
                path = [edge]
                link = parents[place]
                while link is not None:
                    place, earlier = link
                    path.append(earlier)
                    link = parents[place]
                return ExplicitVerdict(Word.VIOLATED, depth, candidate=graph.candidate(graph.nodes[place[0]], path[::-1]))
            cost |= following
            level = list(following)
        return None

    def _least(self, recurs: Sequence[bool], never: Sequence[bool]) -> int | None:
        """The greatest number of `recurs` in a run without `never`.

        None where there is no greatest although there is no lasso: the cycles need env steps that the config keeps out of loops.
        """
        graph = self._graph
        onward = [tuple(e for e in leaving if not never[e.number]) for leaving in graph.leaving]
        component = components(len(graph.nodes), lambda n: tuple(e.target for e in onward[n]))
        best = [0] * len(graph.nodes)  # by component; edges lead to lower or equal numbers
        for number in sorted(range(len(graph.nodes)), key=component.__getitem__):
            for edge in onward[number]:
                here, there = component[number], component[edge.target]
                if here == there and recurs[edge.number]:
                    return None
                if here != there:
                    best[here] = max(best[here], best[there] + recurs[edge.number])
        return max(best, default=0)

    def _lasso(
        self, prop: Property, recurs: Sequence[bool], never: Sequence[bool], fairness: tuple[Requirement, ...], word: Word
    ) -> ExplicitVerdict | None:
        search = LassoSearch(self._graph, recurs, never, self._keys(prop), fairness)
        lasso = search.shortest()
        if lasso is None:
            return None
        path = (*lasso.stem, *lasso.loop)
        start = self._graph.nodes[path[0].source]
        candidate = self._graph.candidate(start, path, loop_start=len(lasso.stem))
        return ExplicitVerdict(word, len(path), candidate=candidate)

    def _keys(self, prop: Property) -> Sequence[object]:
        """What must agree where a loop closes."""
        cone = self._cone.get(prop.name)
        if cone is None:
            return range(len(self._graph.nodes))
        kept = [i for i, name in enumerate(self._machine.program.states) if name in cone]
        return [(n.consts, n.configuration.flight, tuple(n.configuration.state[i] for i in kept)) for n in self._graph.nodes]


def _required(expr: TExpr | None) -> TExpr:
    assert expr is not None
    return expr
