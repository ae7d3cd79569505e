"""Which queries property-directed reachability is asked about, with which effort, and what it proves of them.

Progress and bounds are asked as safety, by a counter beside the system (see `model.kliveness`). For progress the bound is found by trying:
one that some run exceeds is followed by the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mmu_smt.engines.certified import certify
from mmu_smt.engines.completeness import GaveUp, Inquiry
from mmu_smt.engines.dependencies import Cones
from mmu_smt.engines.pdr import Reachability, Reachable
from mmu_smt.engines.result import Invariant
from mmu_smt.model.kliveness import counted
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.solve.budget import Meter
from mmu_smt.solve.session import Session

ALLOWANCE = 5_000_000
"""Solver units that all attempts together may spend beyond five times what the search has spent. A share, so that neither starves the
other, and in units, not in seconds, so that the course of a run does not depend on the machine."""

DEPTH = 2
"""Attempts begin at this depth of the search: what is violated at once, or proved by plain induction, needs none."""

SEARCH_PATIENCE = 40_000_000
"""Units of the search after which they begin where no step can be interrupted: there the other arguments decide most queries sooner, and
an attempt beside them would double what they cost."""

SEARCH_DEPTH = 16
"""They begin there at this depth at the latest: where a transition costs few units, depth is what the search gets nowhere with."""

ENDLESS_DEPTH = 24
"""The same for infinite runs: a lasso is longer than what leads into it."""

RELY_PATIENCE = 30_000_000
"""Units of the search after which they no longer wait for rely-guarantee induction, which proves many invariants at once."""

PATIENCE = 3
"""For `within least` they wait until the count has not grown for so many depths."""

MOST = 8
"""A progress query whose event recurs more often than this in some run is left to other arguments."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be proved: a query, and for one with `within` how often its event recurs at most."""

    query: SafetyQuery | ProgressQuery
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """`by`: the argument, for the report."""

    by: str
    invariant: Invariant


@dataclass(slots=True)
class _Attempt:
    """A search going on. `most`: of the counter, where there is one. `told`: names of the facts that it rests on."""

    claim: Claim
    most: int | None
    system: TransitionSystem
    query: SafetyQuery
    cone: frozenset[str]
    search: Reachability
    inquiry: Inquiry
    told: dict[str, SafetyQuery] = field(default_factory=dict[str, SafetyQuery])


class Directed:
    """All attempts of one run. `sessions`: where the sessions opened are noted, by the name of what they are for."""

    def __init__(self, system: TransitionSystem, cones: Cones, meter: Meter, seed: int, sessions: dict[str, Session]) -> None:
        self._system = system
        self._cones = cones
        self._meter = meter
        self._seed = seed
        self._sessions = sessions
        self._attempts: dict[str, _Attempt] = {}
        self._hopeless: set[tuple[str, int | None]] = set()
        self._closed = 0  # units spent on attempts that have ended

    def pursue(self, claim: Claim, facts: Sequence[SafetyQuery], until: int, phase: str) -> Proof | None:
        """Go on with the attempt to prove this, for as long as its total effort is below `until` units. None where there is no proof yet.

        `facts`: queries that have been proved. Raises OutOfBudget where the run's budget ends, NotInductive where the proof is none.
        """
        name = claim.query.name
        while (name, claim.most) not in self._hopeless:
            attempt = self._attempts.get(name)
            if attempt is None or attempt.claim != claim:
                attempt = self._begin(claim, claim.most if isinstance(claim.query, SafetyQuery) or claim.most is not None else 0)
            attempt.inquiry.until, attempt.inquiry.phase = max(until, attempt.inquiry.until), phase
            self._tell(attempt, facts)
            try:
                clauses = attempt.search.invariant()
            except GaveUp:
                return None
            except Reachable:
                until -= attempt.inquiry.session.effort
                self._exceeded(attempt)
                continue
            finally:
                self._sessions[f"reachability {name}"] = attempt.inquiry.session  # it may be another by now
            given = tuple(attempt.told.values())
            certify(self._open(f"certificate of {name}"), attempt.system, attempt.query, attempt.cone, clauses, given)
            self._end(name)
            argument = f"PDR, {_number(attempt.search.frames, 'frame')}, {_number(len(clauses), 'clause')}"
            counts = isinstance(claim.query, ProgressQuery) and claim.most is None
            return Proof(f"k-liveness {attempt.most} by {argument}" if counts else argument, Invariant(clauses, given, attempt.most))
        return None

    def share(self, effort: int, claims: Sequence[Claim]) -> int:
        """What the attempt for each of these claims, which are all that are open, may have cost by the time when the search has cost that
        much.
        """
        names = {claim.query.name for claim in claims}
        for name in [n for n in self._attempts if n not in names]:
            self._end(name)  # settled otherwise
        live = [claim for claim in claims if (claim.query.name, claim.most) not in self._hopeless]
        return (5 * effort + ALLOWANCE - self._closed) // max(1, len(live))

    def _begin(self, claim: Claim, most: int | None) -> _Attempt:
        name = claim.query.name
        self._end(name)
        if isinstance(claim.query, SafetyQuery):
            system, query, cone = self._system, claim.query, self._cones.of_safety(claim.query)
        else:
            assert most is not None
            made = counted(self._system, claim.query, most, finite=claim.most is not None)
            system, query, cone = made.system, made.query, self._cones.of_count(claim.query) | made.added
        inquiry = Inquiry(self._open(f"reachability {name}"), "", 0)
        search = Reachability(inquiry, system, query, cone)
        self._attempts[name] = _Attempt(claim, most, system, query, cone, search, inquiry)
        return self._attempts[name]

    def _exceeded(self, attempt: _Attempt) -> None:
        """A run fails the query: it has to be counted further, if that is all, or it is left to the search."""
        claim = attempt.claim
        self._end(claim.query.name)
        if isinstance(claim.query, SafetyQuery) or claim.most is not None or attempt.most is None or attempt.most >= MOST:
            self._hopeless.add((claim.query.name, claim.most))
        else:
            self._begin(claim, attempt.most + 1)

    def _tell(self, attempt: _Attempt, facts: Sequence[SafetyQuery]) -> None:
        """Facts that see no more than the attempt does."""
        news = [f for f in facts if f.name not in attempt.told and not f.faulting and self._cones.seen(f.bad) <= attempt.cone]
        attempt.search.learn(news)
        attempt.told.update((f.name, replace(f, premise=None)) for f in news)

    def _open(self, name: str) -> Session:
        self._sessions[name] = Session(self._meter, seed=self._seed)
        return self._sessions[name]

    def _end(self, name: str) -> None:
        if name in self._attempts:
            self._closed += self._attempts.pop(name).inquiry.session.effort


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
