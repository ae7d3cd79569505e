"""The cone of influence: which state variables some terms depend on, through any number of transitions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.table import variables
from mmu_smt.model.term import Term


def cone_of(system: TransitionSystem, roots: Iterable[Term]) -> frozenset[str]:
    """State variables that decide the roots' values along a run: those in them, in `step_ok`, and in the next values of any of these.

    A primed variable stands for the variable itself.
    """
    plain = {str(v.payload) for v in system.state}
    primed = {str(v.payload): name for name, v in system.primed.items()}
    cone: set[str] = set()
    waiting = list(variables((system.step_ok, *roots)))
    while waiting:
        name = waiting.pop()
        name = primed.get(name, name)
        if name in plain and name not in cone:
            cone.add(name)
            waiting.extend(variables((system.next[name],)))
    return frozenset(cone)


def query_roots(system: TransitionSystem, query: SafetyQuery | ProgressQuery) -> tuple[Term, ...]:
    """The terms that decide a query."""
    if isinstance(query, SafetyQuery):
        return (query.bad,)
    if query.within is not None:
        return (query.recurs, query.never)
    fairness = (t for f in system.fairness for t in (f.enabled, f.taken))
    return (query.recurs, query.never, system.step_ok_loop, *fairness)


def query_cone(system: TransitionSystem, query: SafetyQuery | ProgressQuery) -> frozenset[str]:
    """The cone of a query. For an infinite run it includes the whole step in flight, on which a loop must close."""
    cone = cone_of(system, query_roots(system, query))
    return cone | system.flight if isinstance(query, ProgressQuery) else cone


def restrict(system: TransitionSystem, cone: frozenset[str]) -> TransitionSystem:
    """The system with the state variables of a cone only (`init` may mention others)."""
    return replace(
        system,
        state=tuple(v for v in system.state if v.payload in cone),
        next={name: term for name, term in system.next.items() if name in cone},
        primed={name: term for name, term in system.primed.items() if name in cone},
    )
