"""When a bounded search has seen everything: there is no longer run, or no longer run without a repetition.

Recurrence bounds follow Biere, Cimatti, Clarke, Zhu: Symbolic model checking without BDDs (TACAS 1999); that only pairs which a model
violates are told apart follows Eén, Sörensson: Temporal induction by incremental SAT solving (BMC 2003).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mmu_smt.engines.result import OutOfBudget
from mmu_smt.solve.session import Answer, Session
from mmu_smt.witness.verdicts import UnknownReason


def settled(answer: Answer, phase: str) -> bool:
    """True for SAT, False for UNSAT. Raises OutOfBudget on anything else."""
    if answer.reason is not None:
        raise OutOfBudget(answer.reason, phase)
    return answer.sat


class GaveUp(Exception):
    """A question was given up at its own limit, with the run's budget not yet spent: nothing is known, and the search goes on."""


def attempted(session: Session, assumptions: Iterable[int], limit: int, phase: str) -> bool:
    """Like `settled`, for a question that is only worth so many rlimit units. Raises GaveUp when they are spent, OutOfBudget when the run's
    are.
    """
    answer = session.check(assumptions, rlimit=limit)
    if answer.reason is UnknownReason.RLIMIT and not session.exhausted:
        raise GaveUp
    return settled(answer, phase)


class SimplePaths:
    """Runs that never repeat what `key` shows.

    `key(i, last)`: variables that identify the situation after i transitions; two situations i < j are told apart by `key(i, j)` and
    `key(j, j)`.
    """

    def __init__(self, session: Session, name: str, key: Callable[[int, int], Sequence[int]]) -> None:
        self._session = session
        self._name = name
        self._key = key
        self._apart: set[tuple[int, int]] = set()
        self.active = session.variable(f"{name}.simple")
        """Assumed in every question about simple paths; otherwise nothing here restricts any run."""

    def refine(self, length: int) -> bool:
        """Tell apart whatever the session's model repeats within that many transitions. False if it repeats nothing."""
        first_at: dict[tuple[int, ...], list[int]] = {}
        for i in range(length + 1):
            first_at.setdefault(self._session.values(self._key(i, length)), []).append(i)
        repeated = [(group[a], group[b]) for group in first_at.values() for b in range(len(group)) for a in range(b)]
        for i, j in repeated:
            if (i, j) in self._apart:
                raise AssertionError(f"{self._name}: situations {i} and {j} were told apart and are equal")
            self._apart.add((i, j))
            equal = self._session.define_equal(f"{self._name}.equal@{i},{j}", self._key(i, j), self._key(j, j))
            self._session.clause((-self.active, -equal))
        return bool(repeated)

    def exists(self, length: int, limit: int, phase: str, assumptions: Sequence[int] = ()) -> bool:
        """Is there a run of that many transitions without a repetition? The transitions must have been asserted.

        `limit`: rlimit units for the whole question. Raises GaveUp and OutOfBudget as `attempted` does.
        """
        end = self._session.effort + limit
        for i in range(length + 1):
            self._key(i, length)  # so that the model has a value for each
        while attempted(self._session, (self.active, *assumptions), end - self._session.effort, phase):
            if not self.refine(length):
                return True
            if self._session.effort >= end:
                raise GaveUp
        return False
