"""Is an invariant one? Three questions to a session that knows nothing of how it was found."""

from __future__ import annotations

from collections.abc import Sequence

from mmu_smt.engines.bounded import bad_observer
from mmu_smt.engines.completeness import settled
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.system import SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term
from mmu_smt.solve.session import Session

PHASE = "checking an invariant"


class NotInductive(AssertionError):
    """What an engine calls an invariant is none: a defect of that engine."""


def certify(
    session: Session,
    system: TransitionSystem,
    query: SafetyQuery,
    cone: frozenset[str],
    clauses: Sequence[Term],
    given: Sequence[SafetyQuery],
) -> None:
    """Does the conjunction of the clauses hold initially, is it kept by every transition, and does the query not fail where it holds?

    `session`: a new one. `given`: queries that have been proved; they are assumed of both states and of the transition. Raises NotInductive
    if not, OutOfBudget where the run's budget ends first.
    """
    unroller = Unroller(session, system, cone)
    unroller.assume()
    unroller.extend()
    took = unroller.took(0)
    holds = Observer("invariant", system.table.and_(*clauses), on_state=True)
    before, after = unroller.observe((holds,), 0)[0], unroller.observe_after((holds,), 0)[0]
    if settled(session.check((unroller.initial(), -before), model=False), PHASE):
        raise NotInductive(f"{query.name}: an initial state is outside")
    bad = unroller.observe((bad_observer(system, query),), 0)[0]
    for fact in given:
        failing = bad_observer(system, fact)
        session.clause((-took, -unroller.observe((failing,), 0)[0]))
        if fact.on_state:
            session.clause((-unroller.observe((failing,), 0)[0],))
            session.clause((-took, -unroller.observe_after((failing,), 0)[0]))
    if settled(session.check((before, took, -after), model=False), PHASE):
        raise NotInductive(f"{query.name}: a transition leads outside")
    fails = (before, bad) if query.on_state or query.faulting else (before, bad, took)
    if settled(session.check(fails, model=False), PHASE):
        raise NotInductive(f"{query.name}: the query fails inside")
