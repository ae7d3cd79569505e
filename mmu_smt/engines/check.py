"""The scheduler: all queries of one system, shortest runs first, until each has a verdict or the budget ends.

At each depth, in this order: faults of the next transition; finite runs of this length (violations, covers, counts); lassos; premises for
vacuity; whether any run of this length exists; induction steps of this depth; recurrence. Later questions rest on what earlier ones have
refuted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from itertools import count

from mmu_smt.engines import directed, shares
from mmu_smt.engines.bounded import CountGoal, Goal, SafetyGoal, Search, valuation
from mmu_smt.engines.completeness import GaveUp, Inquiry
from mmu_smt.engines.dependencies import Cones
from mmu_smt.engines.directed import Claim, Directed
from mmu_smt.engines.flights import Flights, NoFlights
from mmu_smt.engines.induction import Induction
from mmu_smt.engines.lasso import LassoGoal
from mmu_smt.engines.ledger import LEAST, Ledger
from mmu_smt.engines.measure import Measures
from mmu_smt.engines.proofs import REST, Proofs
from mmu_smt.engines.rankings import Rankings
from mmu_smt.engines.rely import RelyGuarantee
from mmu_smt.engines.result import Argument, EngineResult, OutOfBudget
from mmu_smt.engines.sums import Sums
from mmu_smt.engines.uninterrupted import Provisional, Uninterrupted, UninterruptedSearch
from mmu_smt.model.argument import Measured
from mmu_smt.model.plainness import Level
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.solve.budget import Budget, Meter, OutOfMemory
from mmu_smt.solve.profiles import LONG_SEARCH
from mmu_smt.solve.session import Session
from mmu_smt.witness.verdicts import Engine, UnknownReason, Word


def check_queries(
    system: TransitionSystem,
    queries: Sequence[SafetyQuery | ProgressQuery],
    *,
    max_bound: int | None = None,
    budget: Budget | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    uninterrupted: Callable[[], Uninterrupted] | None = None,
    levels: Sequence[Level] = (),
    engines: frozenset[Engine] | None = None,
) -> EngineResult:
    """Judge every query.

    `max_bound`: search no run longer than that many transitions (then BOUNDED). `progress` is told the phase, for display.
    `uninterrupted` gives the same system with atomic steps: long runs may be found there first. `levels`: what runs should be plain in.
    `engines`: only these prove anything, and none of them waits for others; default all.
    Runs are candidates: the caller replays them. Never raises for want of time or memory, nor on Ctrl-C: what is open then is UNKNOWN.
    """
    names = [q.name for q in queries]
    if len(set(names)) != len(names):
        raise ValueError("two queries of one name")
    meter = Meter(budget or Budget())
    return _Check(system, queries, max_bound, meter, seed, progress or _silent, uninterrupted, levels, engines).run()


def _silent(_phase: str) -> None:
    return None


class _Check:
    """One run. `_goals` and `_lassos` hold what is still asked, by name; premises and lemmas are goals that are no query."""

    def __init__(
        self,
        system: TransitionSystem,
        queries: Sequence[SafetyQuery | ProgressQuery],
        max_bound: int | None,
        meter: Meter,
        seed: int,
        progress: Callable[[str], None],
        uninterrupted: Callable[[], Uninterrupted] | None,
        levels: Sequence[Level],
        engines: frozenset[Engine] | None,
    ) -> None:
        self._system = system
        self._max_bound = max_bound
        self._meter = meter
        self._seed = seed
        self._levels = levels
        self._engines = frozenset(Engine) if engines is None else engines
        self._patient = engines is None
        self._progress = progress
        self._ledger = Ledger(queries, meter.elapsed)
        self._premises = frozenset(q.name for q in self._ledger.premise_queries)
        self._goals: dict[str, Goal] = {}
        self._grown: dict[str, int] = {}  # the last depth at which a least bound was raised
        self._unsought: dict[str, Goal] = {}  # lemmas that no longer run is searched for
        self._lassos: dict[str, LassoGoal] = {}
        self._initial: dict[str, int] = {}  # state variables with one value in all initial states
        self._rely_guarantee: tuple[RelyGuarantee, Inquiry] | None = None
        self._rely_done = False
        self._rest: list[SafetyQuery] = []  # what may hold whenever no step is in flight, and is nobody's query
        self._lemmas: list[SafetyQuery] = []  # those of them that have been proved
        self._uninterrupted = uninterrupted if system.flight and max_bound is None else None
        self._uninterrupted_search: UninterruptedSearch | None = None
        self._provisional: dict[str, Provisional] = {}  # runs that need not be the shortest
        self._proofs = Proofs()
        self._sessions: dict[str, Session] = {}
        self._seconds: dict[str, float] = {}
        self._phase = "start"
        self._depth = -1  # completed
        self._alive = -1  # some run of that many transitions is known to exist
        self._recurrence_effort = 0  # of the search session's
        self._lasso_effort = 0  # of the search session's

    def run(self) -> EngineResult:
        try:
            self._begin()
            for depth in count():
                self._at_depth(depth)
                self._depth = depth
                if self._ledger.finished():
                    break
                if self._max_bound is not None and depth >= self._max_bound:
                    self._leave_open(Word.BOUNDED, None)
                    break
        except OutOfBudget as end:
            self._leave_open(Word.UNKNOWN, end.reason)
        except (OutOfMemory, MemoryError):
            self._leave_open(Word.UNKNOWN, UnknownReason.MEMORY)
        except KeyboardInterrupt:
            self._leave_open(Word.UNKNOWN, UnknownReason.INTERRUPTED)
        return EngineResult(self._ledger.verdicts(), dict(self._seconds), self._stats(), self._proofs.stages)

    # ------------------------------------------------------------------------------------------ one depth

    def _begin(self) -> None:
        with self._timed("unroll", "first state"):
            queries = tuple(self._ledger.queries.values())
            table = self._system.table
            asked = frozenset(q.name for q in queries)
            lemmas = tuple(
                SafetyQuery(f"lemma {name}", table.not_(term), on_state=True)
                for name, term in self._system.initial_invariants
                if name not in asked
            )
            self._safety = [q for q in (*queries, *self._ledger.premise_queries, *lemmas) if isinstance(q, SafetyQuery)]
            progress = [q for q in queries if isinstance(q, ProgressQuery)]
            cones = self._cones = Cones(self._system)
            cone_of = self._cone_of = {q.name: cones.of_safety(q) for q in self._safety} | {q.name: cones.of_progress(q) for q in progress}
            self._session = self._sessions["search"] = Session(self._meter, seed=self._seed, profile=LONG_SEARCH)
            self._search = Search(self._session, self._system, frozenset[str]().union(*cone_of.values()), self._levels)
            self._induction: Induction | None = None
            self._sums = Sums(self._system, cones, self._meter, self._seed, self._sessions)
            self._measures = Measures(self._system, cones, self._meter, self._seed, self._sessions)
            self._rankings = Rankings(self._system, cones, self._meter, self._seed, self._sessions)
            self._directed = Directed(self._system, cones, self._meter, self._seed, self._sessions)
            self._induction_cone = frozenset[str]().union(*(cone_of[q.name] for q in self._safety))
            for query in self._safety:
                self._goals[query.name] = self._search.safety(query, cone_of[query.name])
            for query in progress:
                if query.within is not None:
                    most = query.within if isinstance(query.within, int) else 0
                    self._goals[query.name] = self._search.count(query, cone_of[query.name], most)
                if query.within is None or query.within == LEAST:
                    self._lassos[query.name] = self._search.lasso(query, cone_of[query.name])

    def _at_depth(self, depth: int) -> None:
        if depth:
            with self._timed("unroll", f"depth {depth}"):
                self._search.extend()
            with self._timed("search", f"depth {depth}"):
                self._reach([g for g in self._goals.values() if _faulting(g)], depth)
                self._search.advance()
        if depth > shares.LEMMA_DEPTH:
            self._leave_lemmas()
        with self._timed("search", f"depth {depth}"):
            self._reach([g for g in self._goals.values() if not _faulting(g) and g.name not in self._premises], depth)
        if depth:
            with self._timed("lasso", f"depth {depth}, infinite runs"):
                self._seek_lassos(depth)
        with self._timed("uninterrupted", f"depth {depth}, uninterrupted steps"):
            self._seek_uninterrupted()
        self._drop_idle_premises()
        with self._timed("search", f"depth {depth}, premises"):
            self._reach([g for g in self._goals.values() if g.name in self._premises], depth)
        if self._ledger.finished():
            return
        if not depth and self._system.flight and self._search.env is not None:
            with self._timed("induction", "steps in flight"):
                self._initial = self._search.initial_values(self._phase)
        if Engine.TERMINATION in self._engines or not depth:
            with self._timed("completeness", f"depth {depth}, longer runs"):
                if self._alive < depth and not self._search.exists(self._phase):
                    self._exhausted(depth)
                    return
        if depth:
            self._prove(depth)

    def _prove(self, depth: int) -> None:
        """One share of effort for each engine."""
        if Engine.INDUCTION in self._engines:
            with self._timed("induction", f"depth {depth}, induction"):
                self._induct(depth)
        if Engine.RELY in self._engines:
            with self._timed("induction", f"depth {depth}, rely-guarantee induction"):
                self._rely()
        if Engine.RANKING in self._engines:
            with self._timed("ranking", f"depth {depth}, ranking"):
                self._rank(depth)
        if Engine.REACHABILITY in self._engines:
            with self._timed("reachability", f"depth {depth}, reachability"):
                self._direct(depth)
        if Engine.RECURRENCE in self._engines:
            with self._timed("recurrence", f"depth {depth}, recurrence"):
                self._recur(depth)

    # ------------------------------------------------------------------------------------------ search

    def _reach(self, goals: list[Goal], depth: int) -> None:
        if goals:
            self._search.reach(goals, depth, lambda goal, literal: self._found(goal, literal, depth), self._phase)

    def _found(self, goal: Goal, literal: int, depth: int) -> None:
        """The session has a model in which a run of that many transitions reaches the goal."""
        faulting = _faulting(goal)
        if not faulting:
            self._alive = depth
        name = goal.name
        if name in self._premises:
            self._ledger.premise_reached(name)
            self._close(name)
        elif name not in self._ledger.queries:
            self._close(name)  # a lemma that does not hold
        elif isinstance(goal, CountGoal) and self._wants_least(name):
            # One transition adds at most one to the count, so that no run of this length has more than the new maximum.
            goal.most += 1
            goal.refuted = depth
            self._grown[name] = depth
        else:
            run = self._search.shortest(depth, (literal,), faulting=faulting)
            self._ledger.witnessed(name, run, goal.refuted, self._phase)
            self._close(name)

    def _leave_lemmas(self) -> None:
        """What is not asked at a depth is not refuted there, and must not stay among the goals that induction assumes. It holds initially,
        which is all that rely-guarantee induction asks for.
        """
        for name in [n for n in self._goals if n not in self._ledger.queries and n not in self._premises]:
            self._unsought[name] = self._goals.pop(name)
            if self._induction is not None:
                self._induction.set_aside(name)

    def _drop_idle_premises(self) -> None:
        """What is not asked at a depth is not refuted there, and must not stay among the goals that induction assumes."""
        for name in self._premises.intersection(self._goals):
            if not self._ledger.wants_premise(name):
                self._close(name)

    def _seek_lassos(self, depth: int) -> None:
        """Ask for lassos of every length up to this one that has not been asked, within their share of the effort.

        They may lag behind: that more transitions have been asserted by then is no restriction, since a lasso is an infinite run and goes
        on for ever.
        """
        while self._lassos:
            length = min(goal.refuted for goal in self._lassos.values()) + 1
            if length > depth:
                return
            before = self._session.effort
            others = before - self._lasso_effort
            if all(self._only_bounds(name) for name in self._lassos):
                # An infinite run raises the count again and again: where it has not just grown, there may soon be no longer run.
                overspent = 32 * self._lasso_effort > others + 32 * shares.IDLE_LASSO_ALLOWANCE or depth not in self._grown.values()
                lag = shares.IDLE_LASSO_LAG
            else:
                overspent, lag = 2 * self._lasso_effort > others + 2 * shares.LASSO_ALLOWANCE, shares.LASSO_LAG
            if not self._goals and self._rankings.looping.intersection(self._lassos):
                overspent = False  # nothing else is searched for, and there may well be one
            if length and overspent and depth < length + lag and depth != self._max_bound:
                return
            goals = [goal for goal in self._lassos.values() if goal.refuted < length]
            if length:
                self._search.loop(goals, length, lambda goal, literal, length=length: self._found_lasso(goal, literal, length), self._phase)
            else:
                for goal in goals:
                    goal.refuted = length
            self._lasso_effort += self._session.effort - before

    def _found_lasso(self, goal: LassoGoal, literal: int, length: int) -> frozenset[str]:
        """The session has a model in which these transitions are a fair lasso for the goal. The names of the goals that this answers."""
        self._alive = self._search.depth  # it goes on through every transition asserted so far
        run = self._search.shortest(length, (literal,), loops=goal.loops)
        same = frozenset(other.name for other in self._lassos.values() if other is goal or other.asks_the_same(goal))
        for name in same:
            self._ledger.witnessed(name, run, goal.refuted, self._phase)
            self._close(name)
        return same

    # ------------------------------------------------------------------------------------------ uninterrupted runs

    def _seek_uninterrupted(self) -> None:
        """Look for runs in which no step is interrupted, within their share of the effort; take those for which no shorter one has turned
        up for long enough.
        """
        if self._uninterrupted is None:
            return
        self._provisional = {n: p for n, p in self._provisional.items() if self._ledger.is_open(n)}
        for name, found in self._provisional.items():
            if self._session.effort > found.effort + shares.UNINTERRUPTED_PATIENCE:
                self._settle_provisional(name)
        wanted = {n for n in self._ledger.queries if self._ledger.is_open(n) and n not in self._provisional}
        if not wanted:
            return
        if self._uninterrupted_search is None:
            self._uninterrupted_search = UninterruptedSearch(self._uninterrupted(), wanted, self._meter, self._seed)
            self._sessions["uninterrupted"] = self._uninterrupted_search.session
        search = self._uninterrupted_search
        while search.session.effort <= self._session.effort + shares.UNINTERRUPTED_ALLOWANCE:
            for name, run in search.deepen(wanted).items():
                self._provisional[name] = Provisional(run, self._session.effort)
                wanted.discard(name)
            if search.idle:
                return

    def _settle_provisional(self, name: str) -> None:
        goal = self._goals.get(name) or self._lassos[name]
        self._ledger.witnessed(name, self._provisional[name].run, goal.refuted, self._phase, uninterrupted=True)
        self._close(name)

    # ------------------------------------------------------------------------------------------ proofs

    def _exhausted(self, depth: int) -> None:
        """There is no run of `depth` transitions, and every shorter one has been asked about."""
        names = [*self._goals, *self._lassos] if depth else self._ledger.queries
        self._proofs.exhausted(names, depth, self._least())
        if depth == 0:
            self._ledger.no_initial_state(self._phase)
            return
        for name in [*self._goals, *self._lassos]:
            self._proved(name, Argument(f"termination bound {depth - 1}", Engine.TERMINATION, depth - 1))

    def _induct(self, depth: int) -> None:
        """Every open goal is refuted to this depth, which is the base of an induction with as many places."""
        candidates = [q for q in self._safety if q.name in self._goals and q.name not in self._provisional]
        if not candidates:
            return
        if self._induction is None:
            self._sessions["induction"] = Session(self._meter, seed=self._seed)
            self._induction = Induction(self._sessions["induction"], self._system, self._induction_cone, candidates)
        proved = self._induction.inductive(depth, 2 * self._session.effort + shares.INDUCTION_ALLOWANCE)
        self._proofs.inductive(proved, depth)
        for query in candidates:
            if query.name in proved:
                self._proved_safety(query.name, Argument(f"{depth}-induction", Engine.INDUCTION))
        waits = self._patient and depth < shares.SUMS_DEPTH and self._session.effort < shares.SUMS_PATIENCE
        for query in candidates if depth > 1 and not waits else ():
            self._add_up(query)

    def _add_up(self, query: SafetyQuery) -> None:
        """A bound that is not inductive may follow from sums that are."""
        if query.name not in self._goals:
            return
        facts = tuple(goal.query for goal in self._search.facts)
        found = self._sums.invariant(query, facts, 2 * self._session.effort + shares.SUMS_ALLOWANCE, self._phase)
        if found is not None:
            self._proofs.directed(query.name, found, finite=False)
            how = f"1-induction with {len(found.clauses)} {'sum' if len(found.clauses) == 1 else 'sums'}"
            self._proved_safety(query.name, Argument(how, Engine.INDUCTION, invariant=found))

    def _rely(self) -> None:
        """Where steps can be interrupted: induction along flights. Once, since depth tells it nothing; again as long as its units get too
        few.
        """
        candidates = [q for q in self._safety if q.name in self._goals or q.name in self._unsought]
        if self._rely_done or not self._interrupted or not candidates:
            return
        if self._rely_guarantee is None:
            self._rely_guarantee = self._begin_to_rely(candidates)
        rely, inquiry = self._rely_guarantee
        inquiry.until = 2 * self._session.effort + shares.RELY_ALLOWANCE
        try:
            proved = rely.provable()
        except GaveUp:
            return
        except NoFlights:
            proved = frozenset[str]()
        self._rely_done = True
        self._proofs.relied(proved, rely, self._idle, self._initial)
        self._lemmas = [q for q in self._rest if q.name in proved]
        for query in candidates:
            if query.name in proved:
                self._proved_safety(query.name, Argument("rely-guarantee induction", Engine.RELY))

    def _begin_to_rely(self, candidates: Sequence[SafetyQuery]) -> tuple[RelyGuarantee, Inquiry]:
        system = self._system
        idle = self._idle
        # What every run begins with is often restored whenever no step is in flight: lemmas, to be dropped where they are wrong.
        cone = self._cones.close(self._induction_cone | system.flight)
        table, nothing = system.table, valuation(system, idle)
        self._rest = [
            SafetyQuery(f"{REST}{n}", table.and_(nothing, table.not_(valuation(system, {n: v}))), on_state=True)
            for n, v in self._initial.items()
            if n in cone and n not in idle
        ]
        facts = [goal.query for goal in self._search.facts]
        session = self._sessions["rely-guarantee"] = Session(self._meter, seed=self._seed)
        inquiry = Inquiry(session, "rely-guarantee induction", 0)
        flights = Flights(inquiry, system, cone, idle=idle, env=self._search.env)
        return RelyGuarantee(inquiry, system, flights, [*candidates, *facts, *self._rest]), inquiry

    @property
    def _idle(self) -> dict[str, int]:
        """The values of the flight variables where no step is in flight, as far as the initial states say."""
        return {n: v for n, v in self._initial.items() if n in self._system.flight}

    @property
    def _interrupted(self) -> bool:
        """Steps can be interrupted, and it is known when none is in flight."""
        return 0 < len(self._system.flight) == len(self._idle)

    def _rank(self, depth: int) -> None:
        """Exclude loops whatever the stem, by variables that only move one way. What induction has proved by then helps."""
        facts = (*(goal.query for goal in self._search.facts), *self._lemmas)
        for name, lasso in list(self._lassos.items()):
            if self._measures.falls(lasso.query, facts, 2 * self._session.effort + shares.RANKING_ALLOWANCE, self._phase):
                self._proofs.add(Measured((name,)))
                self._proved(name, Argument("its own measure", Engine.RANKING))
        if self._waits_for_rely(shares.RELY_PATIENCE) or (self._system.flight and not self._interrupted):
            return
        rankings, longest = self._rankings, shares.RANKING_LENGTHS * depth
        for name, lasso in list(self._lassos.items()):
            if name in self._provisional:
                continue
            share = 3 * self._session.effort // len({rankings.shape(other.query) for other in self._lassos.values()})
            until = share + shares.RANKING_ALLOWANCE
            if self._only_bounds(name):
                until = self._lasso_effort
                if not rankings.begun(lasso.query) and (until <= shares.RANKING_ALLOWANCE // 2 or self._grown.get(name) != depth):
                    continue  # looking for lassos costs so little that there is no need to know that there are none
            known = (*(goal.query for goal in self._search.facts), *self._lemmas)
            if not rankings.excludes(lasso.query, known, until, longest, self._phase, idle=self._idle, env=self._search.env):
                continue
            if self._only_bounds(name):  # there is a bound, and the count goes on to find it
                self._lassos.pop(name)
            else:
                ranked, by = rankings.argument(lasso.query)
                self._proofs.add(ranked)
                self._proved(name, Argument(by, Engine.RANKING))

    def _waits_for_rely(self, patience: int) -> bool:
        """Invariants may soon be proved that make other arguments easier, and the search has not yet cost so many units."""
        return self._rely_guarantee is not None and not self._rely_done and self._session.effort < patience

    def _only_bounds(self, name: str) -> bool:
        """A `within least` query: no lasso means that there is a bound, which is for the count to find."""
        return name in self._goals

    def _direct(self, depth: int) -> None:
        """Property-directed reachability for whatever is open, safety first: what it proves of one query helps those after it."""
        if self._patient and (depth < directed.DEPTH or self._waits_for_rely(directed.RELY_PATIENCE)):
            return
        last = directed.SEARCH_DEPTH if self._goals else directed.ENDLESS_DEPTH
        waits = depth < last and self._session.effort < directed.SEARCH_PATIENCE
        if self._patient and not self._interrupted and waits:
            return
        counts = [g for g in self._goals.values() if isinstance(g, CountGoal) and depth >= self._grown.get(g.name, 0) + directed.PATIENCE]
        claims = [Claim(q) for q in self._safety if q.name in self._goals]
        claims += [Claim(lasso.query) for name, lasso in self._lassos.items() if not self._only_bounds(name)]
        claims += [Claim(goal.query, goal.most) for goal in counts]
        claims = [c for c in claims if self._ledger.waits_for(c.query.name) and c.query.name not in self._provisional]
        for claim in claims:
            facts = (*(goal.query for goal in self._search.facts), *self._lemmas)
            proof = self._directed.pursue(claim, facts, self._directed.share(self._session.effort, claims), self._phase)
            if proof is None:
                continue
            self._proofs.directed(claim.query.name, proof.invariant, finite=claim.most is not None)
            settle = self._proved_safety if isinstance(claim.query, SafetyQuery) else self._proved
            settle(claim.query.name, Argument(proof.by, Engine.REACHABILITY, invariant=proof.invariant))

    def _recur(self, depth: int) -> None:
        """Where every run of this length repeats itself, what has been refuted to this length is refuted for ever."""
        questions: dict[str, Callable[[int, Inquiry], bool]] = {}
        for name, lasso in self._lassos.items():
            if lasso.refuted >= depth:
                questions[name] = lasso.simple_path_exists
        for name, goal in self._goals.items():  # for `within least` the bound that counts is the count's
            questions[name] = goal.paths().exists
        answers: dict[object, bool] = {}
        for name, exists in questions.items():
            before = self._session.effort
            allowance = before - 2 * self._recurrence_effort + shares.RECURRENCE_ALLOWANCE
            if allowance <= 0:
                return
            try:
                if exists not in answers:
                    answers[exists] = exists(depth, Inquiry(self._session, self._phase, before + allowance))
                if not answers[exists]:
                    fair = name in self._lassos and name not in self._goals and self._lassos[name].product
                    self._proofs.recurrent(name, depth, self._least(), fair=fair)
                    self._proved(name, Argument(f"recurrence bound {depth - 1}", Engine.RECURRENCE, depth))
            except GaveUp:
                answers[exists] = True
            finally:
                self._recurrence_effort += self._session.effort - before

    def _proved_safety(self, name: str, why: Argument) -> None:
        """An induction has proved this goal: other arguments may rest on it."""
        if self._induction is not None:
            self._induction.prove(name)
        goal = self._goals.get(name) or self._unsought.pop(name)
        if isinstance(goal, SafetyGoal):
            self._search.fact(goal)
        self._proved(name, why)

    def _proved(self, name: str, why: Argument) -> None:
        """Nothing reaches the goal called so."""
        if name in self._provisional:
            raise AssertionError(f"{name}: {why.by} against a run that has been confirmed")
        goal = self._goals.get(name)
        if name in self._premises:
            self._ledger.premise_unreachable(name, why, self._phase)
        elif name in self._ledger.queries:
            least = goal.most if isinstance(goal, CountGoal) and self._wants_least(name) else None
            self._ledger.proved(name, why, least, self._phase)
        self._goals.pop(name, None)
        self._lassos.pop(name, None)

    # ------------------------------------------------------------------------------------------ bookkeeping

    def _least(self) -> dict[str, int]:
        """How often what recurs has been seen to happen, of queries that count."""
        return {name: goal.most for name, goal in self._goals.items() if isinstance(goal, CountGoal)}

    def _wants_least(self, name: str) -> bool:
        query = self._ledger.queries[name]
        return isinstance(query, ProgressQuery) and query.within == LEAST

    def _close(self, name: str) -> None:
        """Nobody asks about this goal any more; it does not hold, so induction must not assume it either."""
        self._goals.pop(name, None)
        self._lassos.pop(name, None)
        if self._induction is not None:
            self._induction.drop(name)

    def _leave_open(self, word: Word, reason: UnknownReason | None) -> None:
        for name in [n for n in self._provisional if self._ledger.is_open(n)]:
            self._settle_provisional(name)
        # A `within least` query has a count and a lasso, and only the lasso violates it.
        refuted = {name: goal.refuted for name, goal in self._goals.items()} | {name: goal.refuted for name, goal in self._lassos.items()}
        self._ledger.leave_open(word, refuted, reason, self._phase)

    @contextmanager
    def _timed(self, key: str, phase: str) -> Generator[None]:
        self._phase = phase
        self._progress(phase)
        started = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[key] = self._seconds.get(key, 0.0) + time.perf_counter() - started

    def _stats(self) -> dict[str, int | float | str]:
        stats: dict[str, int | float | str] = {"depth": self._depth}
        stats |= {f"measure of {name}": "may rise, or stand still" for name in sorted(self._measures.failed)}
        for name, session in self._sessions.items():
            stats[f"{name} checks"] = session.checks
            stats[f"{name} solver seconds"] = round(session.seconds, 4)
            stats[f"{name} rlimit"] = session.effort
        return stats


def _faulting(goal: Goal) -> bool:
    return isinstance(goal, SafetyGoal) and goal.query.faulting
