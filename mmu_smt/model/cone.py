"""The cone of influence: which state variables some terms depend on, through any number of transitions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Op, Term


def cone_of(system: TransitionSystem, roots: Iterable[Term], also: Iterable[str] = (), *, whole: bool = False) -> frozenset[str]:
    """State variables that decide the roots' values along a run, and those `also` named: these, what `step_ok` depends on, and whatever
    occurs in the next values of any of them. A primed variable stands for the variable itself. `whole`: with one part of a declared
    variable all of them.
    """
    siblings = {name: group for group in system.parts for name in group} if whole else {}
    plain = {str(v.payload) for v in system.state}
    primed = {str(v.payload): name for name, v in system.primed.items()}
    cone: set[str] = set()
    names = list(also)
    seen: set[int] = set()
    terms = [system.step_ok, *roots]
    while names or terms:
        while terms:  # next values share most of what they consist of: each term is looked at once for all of them
            term = terms.pop()
            if term.id not in seen:
                seen.add(term.id)
                terms.extend(term.args)
                if term.op is Op.VAR:
                    names.append(str(term.payload))
        while names:
            name = names.pop()
            name = primed.get(name, name)
            if name in plain and name not in cone:
                cone.add(name)
                terms.append(system.next[name])
                names.extend(siblings.get(name, ()))
    return frozenset(cone)


def query_cone(system: TransitionSystem, query: SafetyQuery | ProgressQuery) -> frozenset[str]:
    """The cone of a query. For an infinite run it consists of whole declared variables and includes the step in flight: the loop must close
    on them.
    """
    if isinstance(query, SafetyQuery):
        return cone_of(system, (query.bad,))
    roots = [query.recurs, query.never, system.step_ok_loop]
    if query.within is None:
        roots += [t for f in system.fairness for t in (f.enabled, f.taken)]
    return cone_of(system, roots, system.flight, whole=True)


def restrict(system: TransitionSystem, cone: frozenset[str]) -> TransitionSystem:
    """The system with the state variables of a cone only (`init` may mention others)."""
    return replace(
        system,
        state=tuple(v for v in system.state if v.payload in cone),
        next={name: term for name, term in system.next.items() if name in cone},
        primed={name: term for name, term in system.primed.items() if name in cone},
    )
