"""The unbounded arguments on their own: whatever they claim of a random system, explicit search must find true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from mmu_smt.engines.bounded import Search
from mmu_smt.engines.completeness import Inquiry
from mmu_smt.engines.dependencies import Cones
from mmu_smt.engines.flights import Flights, NoFlights
from mmu_smt.engines.induction import Induction
from mmu_smt.engines.pdr import Reachability, Reachable
from mmu_smt.engines.ranking import Ranking
from mmu_smt.engines.rely import RelyGuarantee
from mmu_smt.model import kliveness
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term
from mmu_smt.solve.budget import Budget, Meter
from mmu_smt.solve.session import Session
from tests.engines.reference import Query, answer
from tests.engines.test_random_systems import generate

SEEDS = range(5000, 5060)
LIMIT = 10**9


def flights_of(system: TransitionSystem, cone: frozenset[str]) -> tuple[dict[str, int], Search] | None:
    """How idleness is encoded; None where the initial states do not say."""
    search = Search(Session(Meter(Budget())), system, cone | system.flight)
    initial = search.initial_values("test")
    idle = {n: v for n, v in initial.items() if n in system.flight}
    return (idle, search) if len(idle) == len(system.flight) else None


def rely_claims(system: TransitionSystem, queries: tuple[Query, ...]) -> Iterator[str]:
    """What rely-guarantee induction claims of queries that hold of the initial states."""
    safety = [q for q in queries if isinstance(q, SafetyQuery)]
    cones = Cones(system)
    cone = frozenset[str]().union(*(cones.of_safety(q) for q in safety))
    found = flights_of(system, cone)
    if found is None:
        return
    idle, search = found
    base = [q for q in safety if not q.on_state or not _initially(search, q)]
    session = Session(Meter(Budget()))
    try:
        inquiry = Inquiry(session, "test", LIMIT)
        flights = Flights(inquiry, system, cone, idle=idle, env=search.env)
        yield from RelyGuarantee(inquiry, system, flights, base).provable()
    except NoFlights:
        return


def _initially(search: Search, query: SafetyQuery) -> bool:
    goal = search.safety(query, frozenset(search.unroller.cone))
    literal = goal.literal(0)
    assert literal is not None
    return search.session.check((literal,)).sat


def ranking_claims(system: TransitionSystem, queries: tuple[Query, ...]) -> Iterator[str]:
    cones = Cones(system)
    for query in queries:
        if isinstance(query, ProgressQuery) and query.within is None:
            cone = cones.of_progress(query)
            found = flights_of(system, cone)
            if found is None:
                continue
            idle, search = found
            inquiry = Inquiry(Session(Meter(Budget())), "test", LIMIT)
            ranking = Ranking(inquiry, system, query.never, cone, idle=idle, env=search.env)
            with suppress(NoFlights):
                if ranking.excludes_loops(query.recurs, 24):
                    yield query.name


def induction_claims(system: TransitionSystem, queries: tuple[Query, ...]) -> Iterator[str]:
    """1-induction for the queries that explicit search finds unviolated within one transition."""
    wanted = answer(system, queries)
    base = [q for q in queries if isinstance(q, SafetyQuery) and (wanted[q.name].length is None or wanted[q.name].length > 1)]  # type: ignore[operator]
    cones = Cones(system)
    cone = frozenset[str]().union(*(cones.of_safety(q) for q in base))
    yield from Induction(Session(Meter(Budget())), system, cone, base).inductive(1, LIMIT)


def reachability_claims(system: TransitionSystem, queries: tuple[Query, ...]) -> Iterator[str]:
    """What property-directed reachability proves of each safety query, without any facts."""
    cones = Cones(system)
    for query in queries:
        if isinstance(query, SafetyQuery) and reachability(system, query, cones.of_safety(query)) is not None:
            yield query.name


def k_liveness_claims(system: TransitionSystem, queries: tuple[Query, ...]) -> Iterator[str]:
    """What it proves by counting, of progress as far as some bound suffices, and of bounds that are given."""
    cones = Cones(system)
    for query in queries:
        if isinstance(query, ProgressQuery) and query.within != "least":
            finite = isinstance(query.within, int)
            for most in [int(query.within or 0)] if finite else range(4):
                made = kliveness.counted(system, query, most, finite=finite)
                if reachability(made.system, made.query, cones.of_count(query) | made.added) is not None:
                    yield query.name
                    break


def reachability(system: TransitionSystem, query: SafetyQuery, cone: frozenset[str]) -> tuple[Term, ...] | None:
    """The invariant, or None where the query fails in some run."""
    try:
        return Reachability(Inquiry(Session(Meter(Budget())), "test", LIMIT), system, query, cone).invariant()
    except Reachable:
        return None


ARGUMENTS = {
    "rely-guarantee": rely_claims,
    "ranking": ranking_claims,
    "induction": induction_claims,
    "reachability": reachability_claims,
    "k-liveness": k_liveness_claims,
}


def refuted_claims(name: str, seeds: range) -> tuple[int, list[str]]:
    """How many claims the argument made over the seeds, and those that are wrong."""
    made, wrong = 0, []
    for seed in seeds:
        system, queries = generate(seed)
        claims = list(ARGUMENTS[name](system, queries))
        if claims:
            wanted = answer(system, queries)
            made += len(claims)
            wrong += [f"seed {seed}: {c}: {wanted[c]}" for c in claims if wanted[c].length is not None]
    return made, wrong


@pytest.mark.parametrize("name", ARGUMENTS)
def test_claims_are_true(name: str) -> None:
    made, wrong = refuted_claims(name, SEEDS)
    assert not wrong, "\n".join(wrong)
    assert made >= len(SEEDS) // 4  # or the test says nothing


def test_reachability_decides_every_safety_query() -> None:
    """It is complete: what it does not prove, some run violates. So are bounds that are given, by the counter."""
    for seed in SEEDS[:20]:
        system, queries = generate(seed)
        wanted = answer(system, queries)
        proved = {*reachability_claims(system, queries), *k_liveness_claims(system, queries)}
        for query in queries:
            if isinstance(query, SafetyQuery) or isinstance(query.within, int):
                assert (query.name in proved) == (wanted[query.name].length is None), f"seed {seed}: {query.name}"
