"""What the exchange formats can say of a system and one question: a total sequential machine with a bad state, or with events that recur.

Every printer of this folder prints a `Machine`; `questions` makes them. Rigid constants are states that keep their value. A run that
ends is expressed by a state (`GOING`), not by a constraint, so that no printer depends on what a format says about runs that cannot go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmu_smt.model.table import TermTable, variables
from mmu_smt.model.term import Op, Term

FIRST, GOING, LATE, COUNT = "!first", "!going", "!late", "!count"
"""Names of the states that `questions` adds; those of a specification contain no `!`."""


@dataclass(frozen=True, slots=True)
class Machine:
    """`initial`: constant first values, by state; a state that is not there begins with any value. `next`: by state; one that is not there
    has any value, any time. `constraints` hold at all times; whatever satisfies them at first has a successor for any inputs.

    `bad`: over states and inputs. `justice`: all of them hold again and again, if there is a run that answers the question. Neither: no
    question is asked. `lag`: how many transitions of the specification have happened when `bad` holds, beyond those before.
    """

    table: TermTable
    states: tuple[Term, ...]
    inputs: tuple[Term, ...]
    initial: Mapping[str, Term]
    next: Mapping[str, Term]
    constraints: tuple[Term, ...]
    bad: Term | None = None
    justice: tuple[Term, ...] = ()
    lag: int = 0
    notes: tuple[str, ...] = ()

    def roots(self) -> tuple[Term, ...]:
        """Every term that a printer needs but the initial values."""
        return (*self.next.values(), *self.constraints, *(() if self.bad is None else (self.bad,)), *self.justice)


def trimmed(machine: Machine) -> Machine:
    """Without the states and inputs that no term mentions and no next value needs."""
    needed = {*variables((*machine.constraints, *(() if machine.bad is None else (machine.bad,)), *machine.justice))}
    waiting = list(needed)
    while waiting:
        following = machine.next.get(waiting.pop())
        for name in () if following is None else variables((following,)):
            if name not in needed:
                needed.add(name)
                waiting.append(name)
    return Machine(
        table=machine.table,
        states=tuple(v for v in machine.states if v.payload in needed),
        inputs=tuple(v for v in machine.inputs if v.payload in needed),
        initial={n: v for n, v in machine.initial.items() if n in needed},
        next={n: v for n, v in machine.next.items() if n in needed},
        constraints=machine.constraints,
        bad=machine.bad,
        justice=machine.justice,
        lag=machine.lag,
        notes=machine.notes,
    )


def split_initial(table: TermTable, init: Term, states: Sequence[Term]) -> tuple[dict[str, Term], Term]:
    """An initial condition as constant values of states and what else it says."""
    plain = set(states)
    values: dict[str, Term] = {}
    rest: list[Term] = []
    waiting = [init]
    while waiting:
        term = waiting.pop()
        if term.op is Op.AND:
            waiting.extend(reversed(term.args))
            continue
        fixed = _fixed(table, term)
        if fixed is not None and fixed[0] in plain and str(fixed[0].payload) not in values:
            values[str(fixed[0].payload)] = fixed[1]
        else:
            rest.append(term)
    return values, table.and_(*rest)


def _fixed(table: TermTable, term: Term) -> tuple[Term, Term] | None:
    """A variable and the constant that the term says it is."""
    if term.op is Op.VAR:
        return term, table.true
    if term.op is Op.NOT and term.args[0].op is Op.VAR:
        return term.args[0], table.false
    if term.op is Op.EQ:
        for one, other in (term.args, term.args[::-1]):
            if one.op is Op.VAR and other.op is Op.CONST:
                return one, other
    return None
