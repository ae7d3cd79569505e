"""Where a state variable can go: terms over constants alone that its next value may be, found by looking at how next values are built.

Only a suggestion of what is worth asking the solver; nothing rests on its being complete or right.
"""

from __future__ import annotations

from mmu_smt.model.system import TransitionSystem
from mmu_smt.model.term import Op, Term

MOST = 12
"""A variable with more targets settles at none of them, as a rule; it is not worth the questions."""


class Targets:
    """The targets of every state variable of one system, computed together."""

    def __init__(self, system: TransitionSystem) -> None:
        self._constants = frozenset(system.constants)
        self._rigid: dict[int, bool] = {}
        state = {str(v.payload): v for v in system.state}
        chosen = {name: self._choices(system.next[name]) for name in state}
        found = {name: {t.id: t for t in terms if self._is_rigid(t)} for name, terms in chosen.items()}
        sources = {name: [str(t.payload) for t in terms if t.op is Op.VAR and t.payload in state] for name, terms in chosen.items()}
        grown = True
        while grown:  # a value may have been kept elsewhere first
            grown = False
            for name, others in sources.items():
                before = len(found[name])
                for other in others:
                    found[name].update(found[other])
                grown = grown or len(found[name]) > before
        self._found = found

    def of(self, name: str) -> tuple[Term, ...]:
        """The targets of a bit-vector variable, by age; none where there are too many. A Boolean's are the ways in which it is monotone."""
        terms = [term for _, term in sorted(self._found[name].items()) if term.width]
        return tuple(terms) if len(terms) <= MOST else ()

    def _choices(self, term: Term) -> list[Term]:
        """The terms that an if-then-else may be."""
        leaves: dict[int, Term] = {}
        seen: set[int] = set()
        waiting = [term]
        while waiting:
            current = waiting.pop()
            if current.id in seen:
                continue
            seen.add(current.id)
            if current.op is Op.ITE and not self._is_rigid(current):
                waiting.extend(current.args[1:])
            else:
                leaves[current.id] = current
        return list(leaves.values())

    def _is_rigid(self, term: Term) -> bool:
        """The term is over constants alone."""
        waiting = [term]
        while waiting:
            current = waiting[-1]
            if current.id in self._rigid:
                waiting.pop()
            elif open_args := [a for a in current.args if a.id not in self._rigid]:
                waiting.extend(open_args)
            else:
                own = current in self._constants if current.op is Op.VAR else all(self._rigid[a.id] for a in current.args)
                self._rigid[current.id] = own
                waiting.pop()
        return self._rigid[term.id]
