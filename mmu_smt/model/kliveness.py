"""Progress as safety: count how often an event recurs, and show that it does so only a bounded number of times (k-liveness).

A run that violates a progress query has, from some point on, only transitions that a loop may take, none with `never`, and infinitely many
with `recurs`. So if every other kind of transition sets the count back to nothing, the count exceeds every number there, and a bound for it
proves the query; which one does not matter. Claessen, Sörensson: A liveness checking algorithm that counts (FMCAD 2012).

Fairness helps: the run meets each requirement (the step is taken, or is disabled) infinitely often, so that recurrences may be counted only
once all have been met since the one counted last. Strong fairness is taken for the weak one that it implies; that a step which is enabled
again and again must be taken is not made use of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term


@dataclass(frozen=True, slots=True)
class Counted:
    """A system with a counter beside it, which changes none of its runs. `query`: the count exceeds the bound. `added`: names of the state
    variables of the counter.
    """

    system: TransitionSystem
    query: SafetyQuery
    added: frozenset[str]


def counted(system: TransitionSystem, query: ProgressQuery, most: int, *, finite: bool) -> Counted:
    """Count in unary, and no further than `most` + 1.

    `finite`: count every `recurs` since the last `never`, as a bound says that is given. Otherwise as much may be left out as infinite runs
    make up for: what comes before a transition that no loop may take, and what is not fair.
    """
    table = system.table
    names = [f"count {n} {query.name}" for n in range(1, most + 2)]
    state = {str(v.payload): v for v in system.state}
    after = {primed: system.next[name] for name, primed in system.primed.items()}
    counts = [table.var(name, 0) for name in names]
    ticks, resets = table.substitute_all((query.recurs, query.never), after)
    added: dict[str, tuple[Term, Term]] = {}  # name -> variable, next value
    if not finite:
        resets = table.or_(resets, table.not_(system.step_ok_loop))
        met: list[tuple[Term, Term]] = []
        for i, fair in enumerate(system.fairness):
            seen = table.var(f"fair {i} {query.name}", 0)
            now = table.or_(seen, table.substitute(fair.taken, after), table.not_(fair.enabled))
            met.append((seen, now))
        ticks = table.and_(ticks, *(now for _, now in met))
        for seen, now in met:
            added[str(seen.payload)] = (seen, table.and_(now, table.not_(ticks), table.not_(resets)))
    for n, count in enumerate(counts):
        reached = table.or_(count, table.and_(ticks, counts[n - 1]) if n else ticks)
        added[str(count.payload)] = (count, table.and_(reached, table.not_(resets)))
    variables = [v for v, _ in added.values()]
    primed = {name: table.var(f"{name}'", 0) for name in added}
    if state.keys() & added.keys():
        raise ValueError("counted twice")
    return Counted(
        system=replace(
            system,
            state=(*system.state, *variables),
            primed={**system.primed, **primed},
            next={**system.next, **{name: following for name, (_, following) in added.items()}},
            init=table.and_(system.init, *(table.not_(v) for v in variables)),
        ),
        query=SafetyQuery(query.name, counts[-1], on_state=True),
        added=frozenset(added),
    )
