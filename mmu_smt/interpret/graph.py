"""The reachable configurations of a small system, for all values of its constants at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from mmu_smt.interpret.initial import Initial, Search
from mmu_smt.interpret.machine import Configuration, Machine, Outcome, TooLarge
from mmu_smt.semantics.types import Value
from mmu_smt.witness.traces import Candidate


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A transition between two nodes; `number` is its index in the graph."""

    number: int
    source: int
    target: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A configuration under one valuation of the constants, first reached after `distance` transitions."""

    number: int
    consts: tuple[Value, ...]
    configuration: Configuration
    distance: int


class Graph:
    """Nodes in breadth-first order from all initial states, their transitions, and everything that can be attempted in them."""

    def __init__(
        self,
        machine: Machine,
        *,
        max_configurations: int,
        max_initial: int,
        max_transitions: int,
        fixed: Mapping[str, Value] | None = None,
        start: Initial | None = None,
    ) -> None:
        """`fixed`: only from initial states in which the named variables have these values. `start`: from this one alone, as it is.

        Raises TooLarge beyond the given sizes.
        """
        self.machine = machine
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.leaving: list[tuple[Edge, ...]] = []
        self.attempts: list[tuple[Outcome, ...]] = []
        self.env: list[int] = []
        """The fewest env steps on a shortest path to each node."""
        self._parents: list[Edge | None] = []  # the last edge of such a path
        self._numbers: dict[tuple[tuple[Value, ...], Configuration], int] = {}
        for consts, state in Search(machine.codes, machine.config).solutions(fixed) if start is None else (start,):
            if len(self.nodes) == max_initial:
                raise TooLarge(f"more than {max_initial} initial states")
            self._number(consts, Configuration(state), 0)
        self.initial = len(self.nodes)
        at = 0
        while at < len(self.nodes):
            self._expand(self.nodes[at], max_transitions)
            if len(self.nodes) > max_configurations:
                raise TooLarge(f"more than {max_configurations} configurations")
            at += 1

    def is_env(self, outcome: Outcome) -> bool:
        """True iff the step taken or attempted is an env step."""
        return self.machine.program.steps[outcome.move.step].actor == "env"

    def _number(self, consts: tuple[Value, ...], configuration: Configuration, distance: int) -> int:
        key = consts, configuration
        number = self._numbers.get(key)
        if number is None:
            number = len(self.nodes)
            self._numbers[key] = number
            self.nodes.append(Node(number, consts, configuration, distance))
            self.env.append(0)
            self._parents.append(None)
        return number

    def _expand(self, node: Node, max_transitions: int) -> None:
        room = max_transitions - len(self.edges)
        attempts = tuple(islice(self.machine.successors(node.consts, node.configuration), room + 1))
        if len(attempts) > room:
            raise TooLarge(f"more than {max_transitions} transitions")
        leaving: list[Edge] = []
        for outcome in attempts:
            if outcome.after is None:
                continue
            target = self._number(node.consts, outcome.after, node.distance + 1)
            edge = Edge(len(self.edges), node.number, target, outcome)
            env = self.env[node.number] + self.is_env(outcome)
            # All nodes of one distance are expanded before those of the next, whose paths are final then.
            if self.nodes[target].distance == node.distance + 1 and (self._parents[target] is None or env < self.env[target]):
                self.env[target], self._parents[target] = env, edge
            self.edges.append(edge)
            leaving.append(edge)
        self.attempts.append(attempts)
        self.leaving.append(tuple(leaving))

    def path_to(self, node: Node) -> list[Edge]:
        """A shortest path to a node from an initial one, with the fewest env steps among those."""
        path: list[Edge] = []
        parent = self._parents[node.number]
        while parent is not None:
            path.append(parent)
            parent = self._parents[parent.source]
        return path[::-1]

    def run_to(self, node: Node, edge: Edge | None = None, *, fault: Outcome | None = None) -> Candidate:
        """A shortest run to a node (see `path_to`), and then one transition more: along an edge, or into a fault."""
        path = [*self.path_to(node), *(() if edge is None else (edge,))]
        start = self.nodes[path[0].source] if path else node
        return self.candidate(start, path, fault=fault)

    def candidate(self, start: Node, path: Sequence[Edge], *, loop_start: int | None = None, fault: Outcome | None = None) -> Candidate:
        """A path from an initial node as a run, with a last move that faults where `fault` is given."""
        machine = self.machine
        states = [start.configuration.state, *(self.nodes[e.target].configuration.state for e in path)]
        moves = [e.outcome.move for e in path] + ([fault.move] if fault is not None else [])
        return Candidate(
            consts=dict(zip(machine.program.consts, start.consts, strict=True)),
            states=tuple(machine.valuation(s) for s in states),
            moves=tuple(moves),
            loop_start=loop_start,
        )
