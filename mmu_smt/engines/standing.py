"""Facts about states that hold in the beginning and that no transition ends: the largest set of candidates that is inductive.

The candidates that a counterexample to induction refutes are dropped until there is none (C. Flanagan and K. R. M. Leino, Houdini, an
Annotation Assistant for ESC/Java, FME 2001).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.solve.budget import Budget, Meter, OutOfMemory
from mmu_smt.solve.session import Session
from mmu_smt.witness.verdicts import UnknownReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmu_smt.model.system import TransitionSystem
    from mmu_smt.model.term import Term


def standing(
    system: TransitionSystem, candidates: Sequence[Term], given: Sequence[Term] = (), *, budget: Budget | None = None, seed: int = 0
) -> tuple[int, ...]:
    """Positions of the candidates that hold of every reachable state, by one induction for all of them. None where the budget ends.
    Raises KeyboardInterrupt on Ctrl-C.

    Terms over constants and state. `given`: what is known to hold of every reachable state.
    """
    try:
        return _standing(system, candidates, given, Meter(budget or Budget()), seed)
    except (OutOfMemory, MemoryError):
        return ()


def _standing(system: TransitionSystem, candidates: Sequence[Term], given: Sequence[Term], meter: Meter, seed: int) -> tuple[int, ...]:
    session = Session(meter, seed=seed)
    unroller = Unroller(session, system, frozenset(str(v.payload) for v in system.state))
    unroller.assume()
    initial = unroller.initial()
    unroller.extend()
    watched = [Observer(f"candidate {i}", t, on_state=True) for i, t in enumerate(candidates)]
    for literal in unroller.observe([Observer(f"given {i}", t, on_state=True) for i, t in enumerate(given)], 0):
        session.clause((literal,))
    if not watched:
        return ()
    before, after = unroller.observe(watched, 0), unroller.observe_after(watched, 0)
    left = list(range(len(candidates)))
    for premise, at in (((initial,), before), ((unroller.took(0),), after)):
        while left:
            some = session.variable("refuted")
            session.clause((-some, *(-at[i] for i in left)))
            assumed = (*premise, some, *(() if at is before else [before[i] for i in left]))
            answer = session.check(assumed)
            if answer.reason is UnknownReason.INTERRUPTED:
                raise KeyboardInterrupt
            if answer.reason is not None:
                return ()
            if answer.unsat:
                break
            left = [i for i in left if session.value(at[i])]
    return tuple(left)
