"""When a bounded search has seen everything: there is no longer run, or no longer run without a repetition.

Recurrence bounds follow Biere, Cimatti, Clarke, Zhu: Symbolic model checking without BDDs (TACAS 1999); that only pairs which a model
violates are told apart follows Eén, Sörensson: Temporal induction by incremental SAT solving (BMC 2003).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

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


@dataclass(slots=True)
class Inquiry:
    """Questions to one session that are worth its effort only up to a total of `until` rlimit units, which may be raised later.

    A question that was given up is asked again only with twice the units, so that asking in vain costs no more than the answer.
    """

    session: Session
    phase: str
    until: int
    _lost: int = 0  # units of the question given up last, if none has been answered since

    def ask(self, assumptions: Iterable[int] = (), *, model: bool = True) -> bool:
        """Like `settled`. `model`: as for `check`. Raises GaveUp when the units are spent, OutOfBudget when the run's are."""
        left = self.until - self.session.effort
        if left <= 0 or left < 2 * self._lost:
            raise GaveUp
        answer = self.session.check(assumptions, rlimit=left, model=model)
        if answer.reason is UnknownReason.RLIMIT and not self.session.exhausted:
            self._lost = left
            raise GaveUp
        self._lost = 0
        return settled(answer, self.phase)


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

    def exists(self, length: int, inquiry: Inquiry, assumptions: Sequence[int] = ()) -> bool:
        """Is there a run of that many transitions without a repetition? The transitions must have been asserted.

        `inquiry`: of the same session. Raises GaveUp and OutOfBudget as it does.
        """
        for i in range(length + 1):
            self._key(i, length)  # so that the model has a value for each
        while inquiry.ask((self.active, *assumptions)):
            if not self.refine(length):
                return True
        return False
