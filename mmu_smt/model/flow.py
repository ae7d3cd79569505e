"""Merged symbolic execution: flows of control, and how they join.

A *flow* is everything that may be at one place of an inlined body: a condition and what each name holds there. Its condition is absolute:
over constants, the frame's state and inputs. At a join two flows are told apart by a *selector*; the branch condition where both come
from one branching, which keeps terms small, and otherwise (a cut was passed in between, so that the branch condition says nothing about
the flow resumed there) the condition of one of them. An *epoch* numbers the cuts passed; flows of one epoch since a branching come from
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mmu_smt.model.symbolic import SVal, merge
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Term
from mmu_smt.semantics.program import Local

Key: TypeAlias = "str | Local"
"""A state variable or ghost by name, a local by identity, or one of the names below (no identifier has a `%`)."""

RULE = "%rule"
"""The rule register: 0 for none, else 1 + the rule's position."""

RETURNED = "%returned"
"""True iff an outermost handler has returned in this transition."""


def seen(ghost: str) -> str:
    """The key of a ghost's value when the last outermost handler of the transition returned."""
    return f"%seen.{ghost}"


@dataclass(slots=True)
class Flow:
    """Mutable: evaluation moves a flow on in place."""

    condition: Term
    store: dict[Key, SVal]
    epoch: int = 0

    def under(self, condition: Term) -> Flow:
        """A copy that has this condition instead."""
        return Flow(condition, dict(self.store), self.epoch)

    def become(self, other: Flow) -> None:
        self.condition, self.store, self.epoch = other.condition, other.store, other.epoch


@dataclass(slots=True)
class Returned:
    """A flow that leaves the function, with the result (None where there is none)."""

    flow: Flow
    value: SVal | None


@dataclass(slots=True)
class Outcome:
    """How a statement is left: by falling through, by returning, or either (never neither).

    `returns` says, of all that entered the statement, which of the two it does.
    """

    fall: Flow | None
    exit: Returned | None
    returns: Term


class Joiner:
    """Joins flows and outcomes over one table."""

    def __init__(self, table: TermTable) -> None:
        self.table = table
        self._epochs = 0

    def new_epoch(self) -> int:
        self._epochs += 1
        return self._epochs

    def flows(self, left: Flow, right: Flow, selector: Term, since: int, condition: Term | None = None) -> Flow:
        """Two exclusive flows as one. `selector` tells `left` from `right` if both are of epoch `since`; then `condition`, if given, is
        the joint condition.
        """
        return self._join(left, right, selector, since, condition)[0]

    def _join(self, left: Flow, right: Flow, selector: Term, since: int, condition: Term | None) -> tuple[Flow, Term]:
        table = self.table
        direct = left.epoch == right.epoch == since
        if not direct:
            selector = left.condition
        if not direct or condition is None:
            condition = table.or_(left.condition, right.condition)
        store: dict[Key, SVal] = {}
        others = right.store
        for key, value in left.store.items():
            other = others.get(key)
            if other is value:
                store[key] = value
            elif other is not None:
                store[key] = merge(table, selector, value, other)
        return Flow(condition, store, since if direct else self.new_epoch()), selector

    def exits(
        self, left: Returned | None, right: Returned | None, selector: Term, since: int, condition: Term | None = None
    ) -> Returned | None:
        """Two exclusive returns as one; see `flows`."""
        if left is None or right is None:
            return left or right
        flow, chosen = self._join(left.flow, right.flow, selector, since, condition)
        value = None
        if left.value is not None and right.value is not None:
            value = merge(self.table, chosen, left.value, right.value)
        return Returned(flow, value)

    def outcomes(self, condition: Term, left: Outcome, right: Outcome, entry: Term, since: int) -> Outcome:
        """What a branching does that goes `left` under `condition` and `right` otherwise; it was entered under `entry` in epoch `since`."""
        table = self.table
        flows = [f for o in (left, right) for f in (o.fall, o.exit.flow if o.exit else None) if f is not None]
        direct = all(f.epoch == since for f in flows)
        returns = table.ite(condition, left.returns, right.returns) if direct else table.false
        falls = table.and_(entry, table.not_(returns)) if direct else None
        if left.fall is not None and right.fall is not None:
            fall = self.flows(left.fall, right.fall, condition, since, falls)
        else:
            fall = left.fall or right.fall
        leaving = table.and_(entry, returns) if direct else None
        leave = self.exits(left.exit, right.exit, condition, since, leaving)
        if not direct:
            returns = self.tell(fall, leave)
        return Outcome(fall, leave, returns)

    def tell(self, fall: Flow | None, leave: Returned | None) -> Term:
        """A `returns` that holds whatever cuts were passed."""
        if leave is None:
            return self.table.false
        return self.table.true if fall is None else leave.flow.condition

    def sequence(self, exits: list[tuple[Returned, Term]], fall: Flow | None, since: int) -> Outcome:
        """The outcome of statements in a row: the returns of each with its `returns` (of what entered that statement), and what falls
        through the last.
        """
        table = self.table
        if not exits:
            return Outcome(fall, None, table.false)
        flows = [e.flow for e, _ in exits] + ([fall] if fall is not None else [])
        direct = all(f.epoch == since for f in flows)
        leave, _ = exits[-1]
        for earlier, returns in reversed(exits[:-1]):
            joined = self.exits(earlier, leave, returns, since)
            assert joined is not None
            leave = joined
        if fall is None:
            return Outcome(None, leave, table.true)
        return Outcome(fall, leave, table.or_(*[r for _, r in exits]) if direct else self.tell(fall, leave))
