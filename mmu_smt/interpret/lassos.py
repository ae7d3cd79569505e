"""Shortest fair lassos in a graph of configurations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mmu_smt.interpret.fairness import Requirement
from mmu_smt.interpret.graph import Edge, Graph, Node


def components(size: int, successors: Callable[[int], Sequence[int]]) -> list[int]:
    """The strongly connected component of each node, numbered so that every edge leads to a component with the same or a lower number.

    Tarjan's algorithm (SIAM J. Computing 1972) with an explicit stack.
    """
    index = [-1] * size
    low = [0] * size
    component = [-1] * size
    stack: list[int] = []
    counter = found = 0
    for root in range(size):
        if index[root] >= 0:
            continue
        work = [(root, iter(successors(root)))]
        index[root] = low[root] = counter
        counter += 1
        stack.append(root)
        while work:
            node, rest = work[-1]
            child = next(rest, None)
            if child is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    while True:
                        member = stack.pop()
                        component[member] = found
                        if member == node:
                            break
                    found += 1
            elif index[child] < 0:
                index[child] = low[child] = counter
                counter += 1
                stack.append(child)
                work.append((child, iter(successors(child))))
            elif component[child] < 0:
                low[node] = min(low[node], index[child])
    return component


@dataclass(frozen=True, slots=True)
class Lasso:
    """Edges from an initial node to the loop's head, and round the loop."""

    stem: tuple[Edge, ...]
    loop: tuple[Edge, ...]


class LassoSearch:
    """Shortest lassos with `recurs` in the loop, no `never`, and every fairness requirement met.

    `recurs` and `never` judge the graph's edges, by number. `keys`: the loop is closed when it returns to a node with an equal key.

    What a loop has shown is a set of bits, to which its nodes and edges contribute: bit 0, `recurs`; and for requirement i bit 2i+1, the
    step is taken (weak fairness: or somewhere disabled), and bit 2i+2, the step is somewhere enabled.
    """

    RECURS = 1

    def __init__(
        self,
        graph: Graph,
        recurs: Sequence[bool],
        never: Sequence[bool],
        keys: Sequence[object],
        fairness: tuple[Requirement, ...],
    ) -> None:
        self._graph = graph
        self._fairness = fairness
        self._usable = [tuple(e for e in leaving if e.outcome.in_loop and not never[e.number]) for leaving in graph.leaving]
        self._node_bits = [self._bits_of_node(n.number) for n in graph.nodes]
        self._edge_bits = [self._bits_of_edge(e) | (self.RECURS if recurs[e.number] else 0) for e in graph.edges]
        numbers: dict[object, int] = {}
        self._key = [numbers.setdefault(k, len(numbers)) for k in keys]
        projected: list[set[int]] = [set() for _ in numbers]
        for node, edges in enumerate(self._usable):
            projected[self._key[node]].update(self._key[e.target] for e in edges)
        self._component = components(len(numbers), lambda k: tuple(projected[k]))

    def _bits_of_node(self, number: int) -> int:
        bits = 0
        possible = [o for o in self._graph.attempts[number] if o.in_loop]
        for i, requirement in enumerate(self._fairness):
            if requirement.enabled(possible):
                bits |= 2 << 2 * i + 1
            elif not requirement.strong:
                bits |= 1 << 2 * i + 1
        return bits

    def _bits_of_edge(self, edge: Edge) -> int:
        return sum(1 << 2 * i + 1 for i, requirement in enumerate(self._fairness) if requirement.concerns(edge.outcome))

    def _accepted(self, bits: int) -> bool:
        """True iff a loop that has shown these bits is a counterexample."""
        if not bits & self.RECURS:
            return False
        for i, requirement in enumerate(self._fairness):
            met = bits >> 2 * i + 1 & 1
            enabled = bits >> 2 * i + 2 & 1
            if not met and (enabled or not requirement.strong):
                return False
        return True

    def _inside(self, edge: Edge) -> bool:
        return self._component[self._key[edge.source]] == self._component[self._key[edge.target]]

    def shortest(self) -> Lasso | None:
        """A lasso of the least length (stem and loop together), with the fewest env steps among those; None if there is none."""
        graph = self._graph
        promising = {
            self._component[self._key[e.source]]
            for edges in self._usable
            for e in edges
            if self._edge_bits[e.number] & self.RECURS and self._inside(e)
        }
        best: Lasso | None = None
        cost = (0, 0)  # of the best: length, env steps
        for node in graph.nodes:  # in order of distance
            if best is not None and node.distance + 1 > cost[0]:
                break
            if self._component[self._key[node.number]] not in promising:
                continue
            limit = None if best is None else cost[0] - node.distance
            loop = self._round(node, limit)
            if loop is not None:
                env = graph.env[node.number] + sum(graph.is_env(e.outcome) for e in loop)
                now = (node.distance + len(loop), env)
                if best is None or now < cost:
                    best, cost = Lasso(tuple(graph.path_to(node)), loop), now
        return best

    def _round(self, head: Node, limit: int | None) -> tuple[Edge, ...] | None:
        """The shortest accepted loop from a head, of at most `limit` transitions, with the fewest env steps among those."""
        home = self._key[head.number]
        start = (head.number, self._node_bits[head.number])
        parents: dict[tuple[int, int], tuple[tuple[int, int], Edge] | None] = {start: None}
        cost = {start: 0}  # env steps, of the places of earlier levels and of this one
        level = [start]
        depth = 0
        while level and depth != limit:
            depth += 1
            closing: tuple[int, tuple[int, int], Edge] | None = None
            following: dict[tuple[int, int], int] = {}
            for place in level:
                number, seen = place
                for edge in self._usable[number]:
                    if not self._inside(edge):
                        continue
                    bits = seen | self._edge_bits[edge.number] | self._node_bits[edge.target]
                    env = cost[place] + self._graph.is_env(edge.outcome)
                    if self._key[edge.target] == home and self._accepted(bits) and (closing is None or env < closing[0]):
                        closing = (env, place, edge)
                    reached = (edge.target, bits)
                    if reached not in cost and env < following.get(reached, env + 1):
                        following[reached] = env
                        parents[reached] = (place, edge)
            if closing is not None:
                return _unwound(parents, closing[1], closing[2])
            cost |= following
            level = list(following)
        return None


def _unwound(parents: dict[tuple[int, int], tuple[tuple[int, int], Edge] | None], place: tuple[int, int], last: Edge) -> tuple[Edge, ...]:
    loop = [last]
    link = parents[place]
    while link is not None:
        place, edge = link
        loop.append(edge)
        link = parents[place]
    return tuple(reversed(loop))
