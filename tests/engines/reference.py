"""Explicit-state answers for tiny systems: every state and input enumerated, breadth-first search, no solver.

Shares with the engines only the evaluation of terms on integers.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from mmu_smt.model.evaluate import evaluate
from mmu_smt.model.inputs import SELECTOR
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Op, Term, topological

State = tuple[int, ...]
Query = SafetyQuery | ProgressQuery


@dataclass(frozen=True)
class Edge:
    """One choice of inputs in a state. `holds`: the observed terms' values."""

    target: State
    ok: bool
    loops: bool
    env: bool
    holds: tuple[int, ...]


@dataclass(frozen=True)
class Expected:
    """`length` for violated and reached, with the fewest env transitions at that length; `least` where asked."""

    word: str
    length: int | None = None
    env: int | None = None
    least: int | None = None


def answer(system: TransitionSystem, queries: Iterable[Query]) -> dict[str, Expected]:
    return _Reference(system, tuple(queries)).answer()


class _Reference:
    def __init__(self, system: TransitionSystem, queries: tuple[Query, ...]) -> None:
        self.system = system
        self.queries = queries
        self.state_terms: list[Term] = []
        self.step_terms: list[Term] = []
        for q in queries:
            if isinstance(q, ProgressQuery):
                self.step_terms += [q.recurs, q.never]
            else:
                (self.state_terms if q.on_state else self.step_terms).append(q.bad)
                if q.premise is not None:
                    (self.state_terms if q.on_state else self.step_terms).append(q.premise)
        self.state_terms += [f.enabled for f in system.fairness]
        self.step_terms += [f.taken for f in system.fairness]
        self.graphs = [self._graph(c) for c in _assignments(system.constants) if self._admits(c)]

    def answer(self) -> dict[str, Expected]:
        if not any(g.initial for g in self.graphs):
            return {q.name: Expected("unreachable" if q.is_cover else "vacuous") for q in self.queries}
        return {q.name: self._safety(q) if isinstance(q, SafetyQuery) else self._progress(q) for q in self.queries}

    def _admits(self, consts: dict[str, int]) -> bool:
        return all(evaluate([self.system.domain_constants, self.system.assumptions], consts))

    def _graph(self, consts: dict[str, int]) -> _Graph:
        system = self.system
        names = [str(v.payload) for v in system.state]
        graph = _Graph()
        for assignment in _assignments(system.state):
            here = {**consts, **assignment}
            state = tuple(assignment[n] for n in names)
            initial, *holds = evaluate([system.table.and_(system.init, system.domain_state), *self.state_terms], here)
            if initial:
                graph.initial.append(state)
            graph.holds[state] = tuple(holds)
            for inputs in _assignments(system.inputs):
                there = {**here, **inputs}
                ok, loops, domain, *after = evaluate(
                    [system.step_ok, system.step_ok_loop, system.domain_inputs, *(system.next[n] for n in names)], there
                )
                if not domain:
                    continue
                primed = {str(system.primed[n].payload): v for n, v in zip(names, after, strict=True)}
                seen = tuple(evaluate(self.step_terms, {**there, **primed}))
                env = any(c.actor == "env" and c.index == inputs.get(SELECTOR) for c in system.choices)
                graph.edges.setdefault(state, []).append(Edge(tuple(after), bool(ok), bool(loops), env, seen))
        graph.explore()
        return graph

    def _safety(self, query: SafetyQuery) -> Expected:
        length = self._reach(query.bad, query)
        if length is not None:
            return Expected("reached" if query.is_cover else "violated", length[0], length[1])
        if query.is_cover:
            return Expected("unreachable")
        if query.premise is not None and self._reach(query.premise, query) is None:
            return Expected("vacuous")
        return Expected("proved")

    def _reach(self, term: Term, query: SafetyQuery) -> tuple[int, int] | None:
        found: list[tuple[int, int]] = []
        for graph in self.graphs:
            for state, cost in graph.cost.items():
                if query.on_state:
                    if graph.holds[state][self.state_terms.index(term)]:
                        found.append(cost)
                else:
                    found += [
                        (cost[0] + 1, cost[1] + e.env)
                        for e in graph.edges.get(state, ())
                        if e.holds[self.step_terms.index(term)] and (query.faulting or e.ok)
                    ]
        return min(found, default=None)

    def _progress(self, query: ProgressQuery) -> Expected:
        recurs, never = self.step_terms.index(query.recurs), self.step_terms.index(query.never)
        happens = any(e.ok and e.holds[recurs] for g in self.graphs for s in g.cost for e in g.edges.get(s, ()))
        if isinstance(query.within, int):
            found = [x for g in self.graphs if (x := g.count(recurs, never, query.within + 1)) is not None]
            if found:
                return Expected("violated", *min(found))
            return Expected("proved" if happens else "vacuous")
        cone = self._cone([query.recurs, query.never, self.system.step_ok, self.system.step_ok_loop], fair=query.within is None)
        keep = [i for i, v in enumerate(self.system.state) if v.payload in cone]
        fairness = self.system.fairness if query.within is None else ()
        found = [x for g in self.graphs if (x := g.lasso(recurs, never, fairness, self, keep)) is not None]
        if found:
            return Expected("reached" if query.is_cover else "violated", *min(found))
        if query.is_cover:
            return Expected("unreachable")
        if query.within == "least":
            best = 0
            while any(g.count(recurs, never, best + 1) is not None for g in self.graphs):
                best += 1
                if best > 200:
                    return Expected("endless")
            return Expected("proved" if happens else "vacuous", least=best)
        return Expected("proved" if happens else "vacuous")

    def _cone(self, terms: list[Term], *, fair: bool) -> set[str]:
        if fair:
            terms = [*terms, *(t for f in self.system.fairness for t in (f.enabled, f.taken))]
        unprimed = {str(p.payload): n for n, p in self.system.primed.items()}
        cone: set[str] = set(self.system.flight)
        while True:
            roots = [*terms, *(self.system.next[n] for n in cone)]
            seen = {unprimed.get(str(t.payload), str(t.payload)) for t in topological(roots) if t.op is Op.VAR}
            grown = cone | (seen & self.system.next.keys())
            if grown == cone:
                return cone
            cone = grown


class _Graph:
    """One valuation of the constants. `cost`: of each reachable state, least transitions and then least env transitions."""

    def __init__(self) -> None:
        self.initial: list[State] = []
        self.holds: dict[State, tuple[int, ...]] = {}
        self.edges: dict[State, list[Edge]] = {}
        self.cost: dict[State, tuple[int, int]] = {}

    def explore(self) -> None:
        self.cost = _search(dict.fromkeys(self.initial, (0, 0)), lambda s: ((e.target, e.env) for e in self.edges.get(s, ()) if e.ok))

    def count(self, recurs: int, never: int, wanted: int) -> tuple[int, int] | None:
        """The cheapest run with `wanted` recurring transitions and none that resets since the first of them."""

        def successors(node: tuple[State, int]) -> Iterator[tuple[tuple[State, int], bool]]:
            state, n = node
            for e in self.edges.get(state, ()):
                if e.ok:
                    yield (e.target, 0 if e.holds[never] else min(wanted, n + e.holds[recurs])), e.env

        cost = _search({(s, 0): (0, 0) for s in self.initial}, successors)
        return min((c for (_, n), c in cost.items() if n == wanted), default=None)

    def lasso(
        self, recurs: int, never: int, fairness: tuple[object, ...], reference: _Reference, keep: list[int]
    ) -> tuple[int, int] | None:
        """The cheapest fair lasso whose ends agree on the state variables at the positions kept."""
        first_state, first_step = (
            len(reference.state_terms) - len(reference.system.fairness),
            len(reference.step_terms) - len(reference.system.fairness),
        )

        def successors(node: tuple[State, int, tuple[int, ...], tuple[int, ...]]) -> Iterator[tuple[Hashable, bool]]:
            state, seen, taken, enabled_always_or_ever = node
            for e in self.edges.get(state, ()):
                if e.ok and e.loops and not e.holds[never]:
                    now = tuple(self.holds[state][first_state + i] for i in range(len(fairness)))
                    took = tuple(t | e.holds[first_step + i] for i, t in enumerate(taken))
                    disabled = tuple(
                        (b | now[i]) if reference.system.fairness[i].strong else (b & now[i]) for i, b in enumerate(enabled_always_or_ever)
                    )
                    yield (e.target, seen | e.holds[recurs], took, disabled), e.env

        found: list[tuple[int, int]] = []
        strong = [f.strong for f in reference.system.fairness][: len(fairness)]
        for head, (stem, stem_env) in self.cost.items():
            start = (head, 0, tuple(0 for _ in fairness), tuple(0 if s else 1 for s in strong))
            for (state, seen, taken, bits), (length, env) in _search({start: (0, 0)}, successors).items():
                closed = all(state[i] == head[i] for i in keep)
                if length and closed and seen and all(t or not b for t, b in zip(taken, bits, strict=True)):
                    found.append((stem + length, stem_env + env))
        return min(found, default=None)


def _search(start: dict, successors) -> dict:
    """Dijkstra by levels: least transitions first, then least env transitions."""
    cost = dict(start)
    level = dict(start)
    while level:
        following: dict = {}
        for node, (length, env) in level.items():
            for target, is_env in successors(node):
                if target in cost:
                    continue
                now = (length + 1, env + is_env)
                if target not in following or now < following[target]:
                    following[target] = now
        cost.update(following)
        level = following
    return cost


def _assignments(variables: Iterable[Term]) -> Iterator[dict[str, int]]:
    variables = tuple(variables)
    domains = [range(1 << max(1, v.width)) for v in variables]
    for values in product(*domains):
        yield {str(v.payload): x for v, x in zip(variables, values, strict=True)}
