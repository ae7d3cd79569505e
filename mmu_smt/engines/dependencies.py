"""Which state variables a set of terms can see: directly, or through the next values of those it sees (the cone of influence)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Op, Term, topological


def variables_of(terms: Iterable[Term]) -> frozenset[str]:
    """Names of the variables that occur."""
    return frozenset(str(t.payload) for t in topological(terms) if t.op is Op.VAR)


class Cones:
    """Cones of one system. The variables of each next value are collected once."""

    def __init__(self, system: TransitionSystem) -> None:
        self._system = system
        self._names = frozenset(str(v.payload) for v in system.state)
        self._unprimed = {str(v.payload): name for name, v in system.primed.items()}
        self._siblings = {name: group for group in system.parts for name in group}
        self._reads: dict[str, frozenset[str]] = {}
        self._bits: dict[str, int] = {}  # variable -> its bit in the sets below
        self._occurring: dict[int, int] = {}  # term's id -> the variables that occur in it
        self._relation = self.seen(system.step_ok)

    def seen(self, *terms: Term) -> frozenset[str]:
        """State variables that occur, plain or primed."""
        found = self._occur(terms)
        return frozenset(self._unprimed.get(name, name) for name, bit in self._bits.items() if found & bit) & self._names

    def _occur(self, terms: Sequence[Term]) -> int:
        """The variables that occur, as a set of bits. Next values share most of their terms, so that each is looked at once for all."""
        occurring = self._occurring
        stack = list(terms)
        while stack:
            term = stack[-1]
            if term.id in occurring:
                stack.pop()
            elif term.op is Op.VAR:
                occurring[term.id] = self._bits.setdefault(str(term.payload), 1 << len(self._bits))
            elif waiting := [a for a in term.args if a.id not in occurring]:
                stack.extend(waiting)
            else:
                bits = 0
                for argument in term.args:
                    bits |= occurring[argument.id]
                occurring[term.id] = bits
        bits = 0
        for term in terms:
            bits |= occurring[term.id]
        return bits

    def close(self, seeds: frozenset[str], *, whole: bool = False) -> frozenset[str]:
        """The seeds and whatever their next values depend on, transitively. `whole`: with one part of a declared variable all of them."""
        cone: set[str] = set()
        todo = sorted(seeds)
        while todo:
            name = todo.pop()
            if name in cone:
                continue
            cone.add(name)
            if name not in self._reads:
                self._reads[name] = self.seen(self._system.next[name])
            todo.extend(sorted(self._reads[name] - cone))
            if whole and name in self._siblings:
                todo.extend(sorted(self._siblings[name] - cone))
        return frozenset(cone)

    def of_safety(self, query: SafetyQuery) -> frozenset[str]:
        """What decides whether a run reaches the query's `bad`: it and whether transitions can be taken."""
        seeds = self._relation | self.seen(query.bad)
        return self.close(seeds)

    def of_progress(self, query: ProgressQuery) -> frozenset[str]:
        """What decides whether a lasso answers the query: its events, both relations, fairness where it plays a role, and the step in
        flight; whole declared variables, so that the loop's end is equal for anybody who sees one of them.
        """
        terms = [query.recurs, query.never, self._system.step_ok_loop]
        if query.within is None:
            terms += [t for f in self._system.fairness for t in (f.enabled, f.taken)]
        return self.close(self._relation | self._system.flight | self.seen(*terms), whole=True)

    def of_count(self, query: ProgressQuery) -> frozenset[str]:
        """What decides how often the event recurs (see `model.kliveness`): the events, both relations, and fairness where it matters."""
        terms = [query.recurs, query.never]
        if query.within is None:
            terms += [self._system.step_ok_loop, *(t for f in self._system.fairness for t in (f.enabled, f.taken))]
        return self.close(self._relation | self.seen(*terms))
