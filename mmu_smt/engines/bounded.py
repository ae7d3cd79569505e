"""Bounded search, shortest runs first: one unrolling and one incremental session for all queries.

At depth n every question is about runs of exactly n transitions, and only those n are asserted to be taken. Nothing about what follows is
ever asserted before the questions about it have been asked, so a run that can go no further is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from mmu_smt.engines.completeness import SimplePaths, settled
from mmu_smt.engines.counting import Counter
from mmu_smt.engines.lasso import LassoGoal, Loops
from mmu_smt.engines.result import RawRun
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.inputs import SELECTOR
from mmu_smt.model.plainness import Level
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term
from mmu_smt.solve.session import Session
from mmu_smt.witness.verdicts import Minima

PLAINNESS_ALLOWANCE = 500_000
"""Solver units that may be spent on making one run plain."""


class Goal(Protocol):
    """Something that a finite run may reach. `refuted`: no run of up to that many transitions does."""

    name: str
    refuted: int

    def literal(self, length: int) -> int | None:
        """Reached at the end of a run of that many transitions; None where that cannot be."""
        ...

    def paths(self) -> SimplePaths:
        """Runs without a repetition of all that this goal depends on."""
        ...


@dataclass(slots=True)
class SafetyGoal:
    """A bad (or covered) state or transition."""

    name: str
    query: SafetyQuery
    unroller: Unroller
    observer: Observer
    simple: SimplePaths
    refuted: int = -1

    def literal(self, length: int) -> int | None:
        if self.query.on_state:
            return self.unroller.observe((self.observer,), length)[0]
        return self.unroller.observe((self.observer,), length - 1)[0] if length else None

    def paths(self) -> SimplePaths:
        return self.simple


@dataclass(slots=True)
class CountGoal:
    """More than `most` transitions that recur, and none since the first of them that resets."""

    name: str
    session: Session
    unroller: Unroller
    query: ProgressQuery
    cone: tuple[str, ...]
    counter: Counter
    most: int
    refuted: int = -1
    _simple: dict[int, SimplePaths] = field(default_factory=dict)

    def literal(self, length: int) -> int | None:
        return self.counter.at_least(length, self.most + 1) if length > self.most else None

    def paths(self) -> SimplePaths:
        """States paired with the count: a shortest violation repeats no such pair. No run examined counts more than `most`."""
        if self.most not in self._simple:
            self._simple[self.most] = SimplePaths(self.session, f"{self.name}.count{self.most}", self._situation)
        return self._simple[self.most]

    def _situation(self, i: int, last: int) -> Sequence[int]:
        counts = tuple(self.counter.at_least(i, n) for n in range(1, min(self.most, last) + 1))
        return self.unroller.state(i, self.cone) + counts


class Search:
    """The shared unrolling from the initial states. `depth`: number of transitions asserted. `levels`: what runs should be plain in."""

    def __init__(self, session: Session, system: TransitionSystem, cone: frozenset[str], levels: Sequence[Level] = ()) -> None:
        self.session = session
        self.system = system
        self._levels = levels
        self._off: list[tuple[int, tuple[int, ...]]] | None = None
        self._off_counts: list[Counter] = []
        self.unroller = Unroller(session, system, cone)
        self.unroller.initialise()
        self.depth = 0
        self.facts: list[SafetyGoal] = []
        self._simple: dict[tuple[str, ...], SimplePaths] = {}
        self._loops: dict[tuple[str, ...], Loops] = {}
        self.env = env = _env_selected(system)
        self._env_count = None if env is None else Counter(session, "env", lambda t: self.unroller.observe((env,), t)[0])

    def initial_values(self, phase: str) -> dict[str, int]:
        """The state variables of the cone that have one value in all initial states. To be asked at depth 0. Raises OutOfBudget."""
        if not settled(self.session.check(), phase):
            return {}
        names = self.unroller.cone
        values = dict(zip(names, self.session.values(self.unroller.state(0, names)), strict=True))
        observers = [Observer(f"{n} initially", valuation(self.system, {n: v}), on_state=True) for n, v in values.items()]
        left = dict(zip(names, self.unroller.observe(observers, 0), strict=True))
        while left:
            other = self.session.define_or("initial values", [-literal for literal in left.values()])
            if not settled(self.session.check((other,)), phase):
                break
            left = {n: literal for n, literal in left.items() if self.session.value(literal)}
        return {n: values[n] for n in left}

    # ------------------------------------------------------------------------------------------ goals

    def safety(self, query: SafetyQuery, cone: frozenset[str]) -> SafetyGoal:
        observer = bad_observer(self.system, query)
        return SafetyGoal(query.name, query, self.unroller, observer, self.simple_paths(self._ordered(cone)))

    def count(self, query: ProgressQuery, cone: frozenset[str], most: int) -> CountGoal:
        recurs = Observer(f"{query.name}.counted", query.recurs, on_state=False)
        never = Observer(f"{query.name}.reset", query.never, on_state=False)
        observe = self.unroller.observe
        counter = Counter(self.session, query.name, lambda t: observe((recurs, never), t)[0], lambda t: observe((recurs, never), t)[1])
        return CountGoal(query.name, self.session, self.unroller, query, self._ordered(cone), counter, most)

    def lasso(self, query: ProgressQuery, cone: frozenset[str]) -> LassoGoal:
        names = self._ordered(cone)
        if names not in self._loops:
            self._loops[names] = Loops(self.session, self.unroller, self.system, names, self.simple_paths(names))
        return LassoGoal(self.session, self.unroller, self.system, query, self._loops[names])

    def simple_paths(self, names: tuple[str, ...]) -> SimplePaths:
        """Runs that repeat no valuation of these state variables."""
        if names not in self._simple:
            state = self.unroller.state
            self._simple[names] = SimplePaths(self.session, f"cone{len(self._simple)}", lambda i, _: state(i, names))
        return self._simple[names]

    # ------------------------------------------------------------------------------------------ depth

    def fact(self, goal: SafetyGoal) -> None:
        """This goal is reached by no run: say so in every frame, past and to come. Redundant, but the solver need not find it out anew."""
        if goal.query.faulting:
            return
        self.facts.append(goal)
        for t in range(self.depth + 1 if goal.query.on_state else self.depth):
            self._assert_fact(goal, t)

    def _assert_fact(self, goal: SafetyGoal, place: int) -> None:
        self.session.clause((-self.unroller.observe((goal.observer,), place)[0],))

    def extend(self) -> None:
        """Define one more transition, not yet asserted to be taken."""
        self.unroller.extend()
        if self._env_count is not None:
            self._env_count.tick(self.depth)  # so that every model says which transitions are env steps

    def advance(self) -> None:
        """Assert that the transition defined last is taken."""
        self.session.clause((self.unroller.took(self.depth),))
        self.depth += 1
        for goal in self.facts:
            self._assert_fact(goal, self.depth if goal.query.on_state else self.depth - 1)

    def exists(self, phase: str) -> bool:
        """Is there a run of `depth` transitions at all? Raises OutOfBudget."""
        return settled(self.session.check(), phase)

    def reach(self, goals: Iterable[Goal], length: int, found: Callable[[Goal, int], None], phase: str) -> None:
        """Ask all the goals at once whether a run of that many transitions reaches one, and again without those reached.

        `found(goal, literal)` is called with a model at hand in which the literal holds. What is refuted is learned: it follows from what
        is asserted, which the session keeps for ever. Raises OutOfBudget.
        """
        goals = tuple(goals)
        self._encode_together(goals, length)
        literals = [(goal, goal.literal(length)) for goal in goals]
        open_goals = [(goal, literal) for goal, literal in literals if literal is not None]
        while open_goals:
            some = open_goals[0][1] if len(open_goals) == 1 else self.session.define_or(f"{phase}@{length}", [lit for _, lit in open_goals])
            if not settled(self.session.check((some,)), phase):
                break
            hit = [(goal, literal) for goal, literal in open_goals if self.session.value(literal)]
            open_goals = [pair for pair in open_goals if pair not in hit]
            for i, (goal, literal) in enumerate(hit):
                if i and not settled(self.session.check((literal,)), phase):
                    raise AssertionError(f"{goal.name} was reached in a model and is not any more")
                found(goal, literal)
        for goal, literal in open_goals:
            self.session.clause((-literal,))
            goal.refuted = length
        for goal, literal in literals:
            if literal is None:
                goal.refuted = length

    def loop(self, goals: Iterable[LassoGoal], length: int, found: Callable[[LassoGoal, int], Container[str]], phase: str) -> None:
        """The same for lassos of that many transitions: one question for all goals until none is left or none is reached.

        `found` returns the names of the goals that need not be asked about any more. A goal for which a lasso that need not be fair is
        there is asked for a fair one from then on. Raises OutOfBudget.
        """
        open_goals = list(goals)
        while open_goals:
            claims = {goal.name: goal.claim(length) for goal in open_goals}
            if not settled(self.session.check((self.session.define_or(f"lasso@{length}", tuple(claims.values())),)), phase):
                break
            hit = [goal for goal in open_goals if self.session.value(claims[goal.name])]
            for goal in hit:
                if goal.fair and goal in open_goals:
                    literal = claims[goal.name]
                    if goal is not hit[0] and not settled(self.session.check((literal,)), phase):
                        raise AssertionError(f"{goal.name}: a lasso was there in a model and is not any more")
                    answered = found(goal, literal)
                    open_goals = [g for g in open_goals if g.name not in answered]
                goal.fair = True
        for goal in open_goals:
            goal.refuted = length

    def _encode_together(self, goals: Sequence[Goal], length: int) -> None:
        """Observers asked for in one go share their encoding."""
        safety = [g for g in goals if isinstance(g, SafetyGoal)]
        on_state = tuple(g.observer for g in safety if g.query.on_state)
        on_step = tuple(g.observer for g in safety if not g.query.on_state)
        self.unroller.observe(on_state, length)
        if length:
            self.unroller.observe(on_step, length - 1)

    def shortest(self, length: int, literals: Sequence[int], *, loops: Loops | None = None, faulting: bool = False) -> RawRun:
        """The run in the session's model, which satisfies the literals, or one of the same length that is plainer, if the budget allows:
        with the fewest env transitions, and among those with the fewest parts off their defaults, level by level.
        """
        best = self._run(length, loops, faulting)
        bounds, env = list(literals), 0
        if self._env_count is not None:
            env, answer = self._count(self._env_ticks(length)), None
            while env:
                answer = self.session.check((*literals, -self._env_count.at_least(length, env)))
                if not answer.sat:
                    break
                best = self._run(length, loops, faulting)
                env = self._count(self._env_ticks(length))
            if answer is not None and not answer.sat and not answer.unsat:
                return replace(best, minima=Minima(None, (), complete=False)) if self._levels else best
            if env < length:
                bounds.append(-self._env_count.at_least(length, env + 1))
        if not self._levels:
            return best
        spent = self.session.effort
        try:
            return self._plainest(length, bounds, best, env, loops, faulting)
        finally:
            self.session.effort = spent  # others have their share of what the search has cost, and this is no search

    def _plainest(self, length: int, bounds: list[int], best: RawRun, env: int, loops: Loops | None, faulting: bool) -> RawRun:
        """The same with the fewest parts off their defaults on each level, given those on the levels before."""
        proved: list[tuple[int, int]] = []

        def minima(*, complete: bool) -> Minima:
            return Minima(env, tuple(proved), complete)

        if self._off is None:
            self._off = [(level.rank, self.unroller.initially(level.off)) for level in self._levels]
            self._off_counts = [Counter(self.session, f"off {rank}", lambda i, off=off: off[i]) for rank, off in self._off]
        spent = self.session.effort
        if not self.session.check(bounds, rlimit=PLAINNESS_ALLOWANCE).sat:
            return replace(best, minima=minima(complete=False))
        best = self._run(length, loops, faulting)
        counts = [self._count(off) for _, off in self._off]
        for number, (rank, off) in enumerate(self._off):
            counter = self._off_counts[number]
            while counts[number]:
                left = PLAINNESS_ALLOWANCE - (self.session.effort - spent)
                if left <= 0:
                    return replace(best, minima=minima(complete=False))
                answer = self.session.check((*bounds, -counter.at_least(len(off), counts[number])), rlimit=left)
                if answer.unsat:
                    break
                if not answer.sat:
                    return replace(best, minima=minima(complete=False))
                best = self._run(length, loops, faulting)
                counts = [self._count(literals) for _, literals in self._off]
            proved.append((rank, counts[number]))
            if counts[number] < len(off):
                bounds.append(-counter.at_least(len(off), counts[number] + 1))
        return replace(best, minima=minima(complete=True))

    def _count(self, literals: Iterable[int]) -> int:
        """How many of them hold in the session's model."""
        return sum(self.session.value(literal) for literal in literals)

    def _env_ticks(self, length: int) -> list[int]:
        return [self._env_at(t) for t in range(length)]

    def _run(self, length: int, loops: Loops | None, faulting: bool) -> RawRun:
        return self.unroller.run(length, loop_start=None if loops is None else loops.start(length), faulting=faulting)

    def _env_at(self, t: int) -> int:
        assert self._env_count is not None
        return self._env_count.tick(t)

    def _ordered(self, cone: frozenset[str]) -> tuple[str, ...]:
        return tuple(n for n in self.unroller.cone if n in cone)


def bad_observer(system: TransitionSystem, query: SafetyQuery) -> Observer:
    """The query's bad states or transitions. A faulting transition is outside the relation, so the domains of its inputs are asked for
    here.
    """
    bad = system.table.and_(system.domain_inputs, query.bad) if query.faulting else query.bad
    return Observer(f"{query.name}.bad", bad, query.on_state)


def valuation(system: TransitionSystem, values: Mapping[str, int]) -> Term:
    """These state variables have these values."""
    table = system.table
    variables = [v for v in system.state if v.payload in values]
    wanted = [(v, values[str(v.payload)]) for v in variables]
    return table.and_(*(table.eq(v, table.const(n, v.width) if v.width else table.bool(bool(n))) for v, n in wanted))


def _env_selected(system: TransitionSystem) -> Observer | None:
    """A transition is an env step. None where there is none, or nothing to select."""
    selector = next((v for v in system.inputs if v.payload == SELECTOR), None)
    codes = [c.index for c in system.choices if c.actor == "env"]
    if selector is None or not codes:
        return None
    table = system.table
    is_code = [table.eq(selector, table.const(c, selector.width) if selector.width else table.bool(bool(c))) for c in codes]
    return Observer("env", table.or_(*is_code), on_state=False)
