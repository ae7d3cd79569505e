"""Queries of a transition system as machines.

An infinite run is asked for in two ways: as events that recur (`infinite`), with a guessed point from which on nothing happens that must
stop happening; or as a lasso (`lasso`), by the reduction of liveness to safety of Biere, Artho and Schuppan (FMICS 2002), where the machine
copies its state at a guessed point and is bad when it is there again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from mmu_smt.export.machine import COUNT, FIRST, GOING, LATE, Machine, split_initial, trimmed
from mmu_smt.model.cone import query_cone
from mmu_smt.model.system import FairStep, ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term

_Seen: TypeAlias = Callable[[str, Term], Term]
"""Adds a state of this name that remembers whether an event has happened in the loop."""


def whole(system: TransitionSystem) -> Machine:
    """The system alone. No run goes on where `GOING` is false."""
    kit = _Kit(system, frozenset(str(v.payload) for v in system.state))
    return kit.machine({GOING: (kit.true, kit.going_on)}, keep=True)


def safety(system: TransitionSystem, query: SafetyQuery) -> Machine:
    """Bad where the query is."""
    kit, table = _Kit(system, query_cone(system, query)), system.table
    bad = kit.over_inputs(query.bad)
    if query.faulting:
        bad = table.and_(system.domain_inputs, bad)
    elif not query.on_state:
        bad = table.and_(system.step_ok, bad)
    lag = 0 if query.on_state else 1
    return kit.machine({GOING: (kit.true, kit.going_on)}, bad=table.and_(kit.going, bad), lag=lag)


def counted(system: TransitionSystem, query: ProgressQuery, most: int) -> Machine:
    """Bad where `recurs` has happened more than `most` times with no `never` since."""
    kit, table = _Kit(system, query_cone(system, query)), system.table
    recurs, never = kit.over_inputs(query.recurs), kit.over_inputs(query.never)
    width = (most + 1).bit_length()
    name = f"{COUNT}{most}"
    count, limit, zero = table.var(name, width), table.const(most + 1, width), table.const(0, width)
    more = table.ite(table.and_(recurs, table.ult(count, limit)), table.bvadd(count, table.const(1, width)), count)
    now = table.ite(never, zero, more)
    bad = table.and_(kit.going_on, table.eq(now, limit))
    return kit.machine({GOING: (kit.true, kit.going_on), name: (zero, now)}, bad=bad, lag=1)


def infinite(system: TransitionSystem, query: ProgressQuery) -> Machine:
    """`recurs` and what fairness asks for, again and again, from a guessed point on without `never`.

    A strongly fair step is taken again and again, or from a guessed point on never enabled.
    """
    kit, table = _Kit(system, query_cone(system, query)), system.table
    late = kit.guessed(LATE)
    allowed = table.and_(system.step_ok_loop, table.not_(kit.over_inputs(query.never)))
    goes = [kit.going_on, table.or_(table.not_(late), allowed)]
    states = {LATE: (kit.false, late)}
    justice: list[Term] = []
    for i, fair in enumerate(system.fairness):
        taken = kit.over_inputs(fair.taken)
        if fair.strong:
            idle = kit.guessed(f"!idle{i}")
            states[f"!idle{i}"] = (kit.false, idle)
            goes.append(table.not_(table.and_(idle, fair.enabled)))
            justice.append(table.or_(taken, idle))
        else:
            justice.append(table.or_(taken, table.not_(fair.enabled)))
    going_on = table.and_(*goes)
    justice.insert(0, table.and_(going_on, late, kit.over_inputs(query.recurs)))
    return kit.machine({GOING: (kit.true, going_on), **states}, justice=tuple(justice))


def lasso(system: TransitionSystem, query: ProgressQuery) -> Machine:
    """Bad where a run is back at the state that was copied, and the loop answers the query. As short as the specification's own lassos."""
    cone = query_cone(system, query)
    kit, table = _Kit(system, cone), system.table
    inside = kit.guessed(LATE)
    begun = table.var(LATE, 0)
    starts = table.and_(inside, table.not_(begun))
    allowed = table.and_(system.step_ok_loop, table.not_(kit.over_inputs(query.never)))
    going_on = table.and_(kit.going_on, table.or_(table.not_(inside), allowed))
    states = {GOING: (kit.true, going_on), LATE: (kit.false, inside)}
    closed = [kit.going, begun]
    for variable in system.state:
        if variable.payload in cone:
            name = f"{variable.payload}!copy"
            copy = table.var(name, variable.width)
            states[name] = (table.const(0, variable.width) if variable.width else kit.false, table.ite(starts, variable, copy))
            closed.append(table.eq(variable, copy))

    def seen(name: str, event: Term) -> Term:
        bit = table.var(name, 0)
        states[name] = (kit.false, table.or_(bit, table.and_(inside, event)))
        return bit

    closed.append(seen("!recurred", kit.over_inputs(query.recurs)))
    for i, fair in enumerate(system.fairness):
        closed.append(_met(kit, fair, i, seen))
    return kit.machine(states, bad=table.and_(*closed))


def _met(kit: _Kit, fair: FairStep, i: int, seen: _Seen) -> Term:
    """The loop so far satisfies a fairness requirement."""
    table = kit.system.table
    taken = kit.over_inputs(fair.taken)
    if fair.strong:
        return table.or_(seen(f"!taken{i}", taken), table.not_(seen(f"!enabled{i}", fair.enabled)))
    return seen(f"!fair{i}", table.or_(taken, table.not_(fair.enabled)))


class _Kit:
    """What all questions about one system share. `going_on`: no transition so far was outside the relation, this one included."""

    def __init__(self, system: TransitionSystem, cone: frozenset[str]) -> None:
        table = system.table
        self.system, self.true, self.false = system, table.true, table.false
        self.going = table.var(GOING, 0)
        self.going_on = table.and_(self.going, system.step_ok)
        self._cone = cone
        self._after = {v: system.next[n] for n, v in system.primed.items()}
        self._guesses: list[Term] = []

    def over_inputs(self, term: Term) -> Term:
        """A term of a transition with next values in place of primed variables."""
        return self.system.table.substitute(term, self._after)

    def guessed(self, name: str) -> Term:
        """True from a point on that an input chooses, if any. The caller makes it the next value of the state of this name."""
        table = self.system.table
        self._guesses.append(table.var(f"{name}!now", 0))
        return table.or_(table.var(name, 0), self._guesses[-1])

    def machine(
        self,
        states: Mapping[str, tuple[Term, Term]],
        *,
        bad: Term | None = None,
        justice: tuple[Term, ...] = (),
        lag: int = 0,
        keep: bool = False,
    ) -> Machine:
        """The system with further states: first and next value by name. `keep`: nothing is left out."""
        system, table = self.system, self.system.table
        initial, rest = split_initial(table, table.and_(system.domain_state, system.init), system.state)
        first = table.var(FIRST, 0)
        added = dict(states)
        held = [c for c in (table.and_(system.domain_constants, system.assumptions),) if c is not table.true]
        if rest is not table.true:
            added[FIRST] = (table.true, table.false)
            held.append(table.or_(table.not_(first), rest))
        own = tuple(table.var(name, value.width) for name, (value, _) in added.items())
        following = {str(v.payload): v for v in system.constants} | {n: t for n, t in system.next.items() if n in self._cone}
        made = Machine(
            table=table,
            states=(*system.constants, *system.state, *own),
            inputs=(*system.inputs, *self._guesses),
            initial=initial | {name: value for name, (value, _) in added.items()},
            next=following | {name: value for name, (_, value) in added.items()},
            constraints=tuple(held),
            bad=bad,
            justice=justice,
            lag=lag,
        )
        return made if keep else trimmed(made)
