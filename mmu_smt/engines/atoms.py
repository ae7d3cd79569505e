"""What conditions are put together from: atoms that may be worth asking about, with each value of the inputs in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from mmu_smt.model.system import TransitionSystem
from mmu_smt.model.table import TermTable, variables
from mmu_smt.model.term import Op, Term, topological

FREE = 6
"""Bits of the inputs that a condition may have: it is tried with each of their values."""

_ATOMS = (Op.VAR, Op.EQ, Op.BVULT, Op.BVULE, Op.BVSLT, Op.BVSLE)


def conditions(system: TransitionSystem, root: Term) -> Iterator[Term]:
    """Atoms of a condition, or of those in a next value, and their negations: over constants and state, with each value of the inputs in
    them.
    """
    inputs = {v.id: v for v in system.inputs}
    seen: set[int] = set()
    for condition in (root,) if not root.width else (t.args[0] for t in topological((root,)) if t.op is Op.ITE):
        for atom in _atoms(condition):
            free = [inputs[v.id] for v in variables((atom,)).values() if v.id in inputs]
            if atom.id in seen or sum(max(1, v.width) for v in free) > FREE:
                continue
            seen.add(atom.id)
            for chosen in _instances(system.table, atom, free):
                if chosen.op is not Op.CONST and (chosen is atom or chosen.id not in seen):
                    seen.add(chosen.id)
                    yield from (chosen, system.table.not_(chosen))


def _instances(table: TermTable, atom: Term, free: Sequence[Term]) -> Iterator[Term]:
    """The atom with each valuation of these inputs."""
    domains = [[table.const(n, v.width) for n in range(1 << v.width)] if v.width else [table.false, table.true] for v in free]
    for values in product(*domains):
        yield table.substitute(atom, dict(zip(free, values, strict=True)))


def _atoms(condition: Term) -> Iterator[Term]:
    """What a condition is put together from."""
    waiting = [condition]
    while waiting:
        term = waiting.pop()
        if term.op in (Op.AND, Op.OR, Op.NOT):
            waiting.extend(term.args)
        elif term.op in _ATOMS and not term.width:
            yield term


def conjuncts(table: TermTable, term: Term, *, negated: bool = False) -> Iterator[Term]:
    """Conditions that hold together iff the term does, or does not."""
    if term.op is Op.NOT:
        yield from conjuncts(table, term.args[0], negated=not negated)
    elif term.op is (Op.OR if negated else Op.AND):
        for part in term.args:
            yield from conjuncts(table, part, negated=negated)
    else:
        yield table.not_(term) if negated else term
