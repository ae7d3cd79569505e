"""What a variant fixes and another one introduces: scenarios in which one violates a property and the other does not.

A scenario is a valuation of the rigid constants and the initial state. One in which the first variant violates the property is looked for,
the other variant is judged from there under everything that stays free, and where it violates the property too, all scenarios that fail it
for the same reason are put aside: until one is found that tells the two apart, or none is left.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmu_smt.api.errors import UnconfirmedError
from mmu_smt.api.settled import holds, label, stated
from mmu_smt.api.simplify import simplify
from mmu_smt.engines.check import check_queries
from mmu_smt.interpret.explicit import explore
from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.lockstep import follow
from mmu_smt.interpret.machine import Machine, TooLarge
from mmu_smt.interpret.replay import SEARCH_LIMIT, ReplayMismatch, replay
from mmu_smt.model.scenarios import start_facts, start_values, starting, violating_starts
from mmu_smt.model.table import variables
from mmu_smt.solve.budget import Budget
from mmu_smt.witness.comparisons import Answer, Basis, Mark, Scenario
from mmu_smt.witness.traces import Candidate, Move, Trace, Valuation
from mmu_smt.witness.verdicts import Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mmu_smt.model.lower import Lowered
    from mmu_smt.model.product import Common
    from mmu_smt.model.system import ProgressQuery, SafetyQuery
    from mmu_smt.model.term import Term
    from mmu_smt.semantics.program import Config, Program, Property
    from mmu_smt.semantics.types import Value

SCENARIOS = 24
"""Scenarios that are tried before the search gives up."""

CONFIGURATIONS = 2_000
TRANSITIONS = 20_000
"""Runs from one scenario are enumerated up to these sizes; beyond them the solver is asked."""

HORIZON = 12
"""Transitions over which the moves of a loop are repeated to find other starts that end in one."""

FURTHER = 24
"""Transitions that the other variant's run may take beyond those of the one that it is shown beside."""


@dataclass(frozen=True, slots=True)
class Party:
    """One variant, and what a check of it found."""

    program: Program
    config: Config
    verdicts: Mapping[str, Verdict]

    @property
    def label(self) -> str:
        return label(self.program)


@dataclass(frozen=True, slots=True)
class Side(Party):
    """The same, lowered in one term table with the other one."""

    lowered: Lowered


@dataclass(frozen=True, slots=True)
class Effort:
    """What the search for scenarios may cost. `deadline`: of `time.monotonic`."""

    deadline: float | None = None
    scenarios: int = SCENARIOS
    bound: int | None = None
    seed: int = 0
    rlimit: int | None = None
    memory: int | None = None

    def seconds(self) -> float | None:
        return None if self.deadline is None else max(self.deadline - time.monotonic(), 0.0)

    def budget(self) -> Budget:
        return Budget(seconds=self.seconds(), rlimit=self.rlimit, memory=self.memory)


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What a variant does in one scenario. YES: it satisfies the property there, by `by`. NO: it does not, as `candidate` shows."""

    answer: Answer
    by: str = ""
    candidate: Candidate | None = None  # None with NO: it cannot begin so


def find_mark(
    broken: Side, intact: Side, name: str, common: Common, effort: Effort, *, progress: Callable[[str], None] | None = None
) -> Mark:
    """Is there a scenario in which `broken`, which violates the property somewhere, does so while `intact` satisfies it?

    Every run shown has been replayed. Raises UnconfirmedError where one does not replay.
    """
    trace = broken.verdicts[name].trace
    assert trace is not None
    return _Hunt(broken, intact, name, common, effort, progress).run(trace)


def mark_of_first_run(broken: Party, intact: Party, name: str, common: Common) -> Mark | None:
    """Yes, where the other variant satisfies the property everywhere and can begin as the run that violates it does; else None."""
    trace, verdict = broken.verdicts[name].trace, intact.verdicts[name]
    if trace is None or not holds(verdict):
        return None
    by = stated(intact.program, verdict)
    with suppress(TooLarge):
        scenario = side_by_side(intact, trace, by, common)
        return None if scenario is None else Mark(Answer.YES, by, scenario, 1, Basis.SCENARIO)
    return None


def side_by_side(intact: Party, broken: Trace, by: str, common: Common) -> Scenario | None:
    """The scenario of a violating run, with the other variant's run from there; None where the other one cannot begin so. Raises
    TooLarge where too many values would have to be tried to tell.
    """
    start = _completed(intact, _shared(common, {**broken.consts, **broken.initial}))
    if start is None:
        return None
    moves = [Move(s.step, () if s.resume else s.args, s.resume, s.choices) for s in broken.steps]
    other = follow(intact.program, intact.config, start, moves, steps=len(moves) + FURTHER)
    return Scenario(broken.consts, broken.initial, broken, other, by)


def _completed(party: Party, fixed: Mapping[str, Value]) -> tuple[Valuation, Valuation] | None:
    """A start of a variant with these values; None where it cannot begin so."""
    program, config = party.program, party.config
    found = next(Search(Machine(program, config).codes, config).solutions(fixed, limit=SEARCH_LIMIT), None)
    if found is None:
        return None
    return dict(zip(program.consts, found[0], strict=True)), dict(zip(program.states, found[1], strict=True))


def _shared(common: Common, values: Mapping[str, Value]) -> dict[str, Value]:
    """Those of names that both variants declare."""
    return {n: values[n] for n in (*common.consts, *common.states) if n in values}


class _Hunt:
    def __init__(
        self, broken: Side, intact: Side, name: str, common: Common, effort: Effort, progress: Callable[[str], None] | None
    ) -> None:
        self._broken, self._intact, self._name = broken, intact, name
        self._common = common
        self._names = frozenset((*common.consts, *common.states))
        self._effort = effort
        self._progress = progress
        self._regions: list[Term] = []  # in none of them do the two differ
        self._undecided = 0

    def run(self, first: Trace) -> Mark:
        trace: Trace | str | None = first
        tried = 0
        while isinstance(trace, Trace):
            if tried == self._effort.scenarios or self._effort.seconds() == 0.0:
                return Mark(Answer.UNKNOWN, f"none of the {tried} scenarios tried tells them apart", tried=tried)
            tried += 1
            if self._progress is not None:
                self._progress(f"{self._name}: scenario {tried}")
            judgement = self._judge(trace)
            if judgement.answer is Answer.YES:
                scenario = side_by_side(self._intact, trace, judgement.by, self._common)
                assert scenario is not None
                return Mark(Answer.YES, judgement.by, scenario, tried, Basis.SCENARIO)
            self._undecided += judgement.answer is Answer.UNKNOWN
            self._regions.append(self._region(trace, judgement))
            trace = self._next()
        if trace is not None:
            return Mark(Answer.UNKNOWN, f"{tried} scenarios tried, then: {trace}", tried=tried)
        if self._undecided:
            return Mark(Answer.UNKNOWN, f"{self._undecided} of {tried} scenarios could not be judged", tried=tried)
        why = f"{self._intact.label} violates it in every scenario in which {self._broken.label} does"
        return Mark(Answer.NO, f"{why} ({tried} kinds)" if tried > 1 else why, tried=tried, basis=Basis.EVERY_SCENARIO)

    # ------------------------------------------------------------------------------------------ the other variant from one scenario

    def _judge(self, trace: Trace) -> _Judgement:
        with suppress(TooLarge):
            return self._judged(trace)
        return _Judgement(Answer.UNKNOWN)  # too many values to tell whether it can begin so

    def _judged(self, trace: Trace) -> _Judgement:
        """Raises TooLarge."""
        verdict = self._intact.verdicts[self._name]
        fixed = _shared(self._common, {**trace.consts, **trace.initial})
        if holds(verdict):
            if _completed(self._intact, fixed) is None:
                return _Judgement(Answer.NO)
            return _Judgement(Answer.YES, stated(self._intact.program, verdict))
        try:
            return self._enumerated(fixed)
        except TooLarge:
            return self._solved(trace)

    def _enumerated(self, fixed: Mapping[str, Value]) -> _Judgement:
        """Every run of the other variant from there, one by one. Raises TooLarge."""
        program, config = self._intact.program, self._intact.config
        found = explore(
            program,
            config,
            max_configurations=CONFIGURATIONS,
            max_initial=CONFIGURATIONS,
            max_transitions=TRANSITIONS,
            only=(self._name,),
            fixed=fixed,
        )
        if not found.initial:
            return _Judgement(Answer.NO)
        verdict = found.verdicts[self._name]
        if verdict.candidate is not None and verdict.word is Word.VIOLATED:
            return _Judgement(Answer.NO, candidate=verdict.candidate)
        if verdict.word is Word.UNKNOWN:
            return _Judgement(Answer.UNKNOWN)
        states = f"{found.configurations} state" + ("" if found.configurations == 1 else "s")
        return _Judgement(Answer.YES, f"every run from there, by enumeration ({states})")

    def _solved(self, trace: Trace) -> _Judgement:
        """The same by the engines, with the scenario as initial state."""
        side = self._intact
        facts = start_facts(side.lowered, _shared(self._common, trace.consts), _shared(self._common, trace.initial))
        system = starting(side.lowered.system, facts)
        query = side.lowered.query(self._property(side))
        answer = check_queries(system, [query], max_bound=self._effort.bound, budget=self._effort.budget(), seed=self._effort.seed)
        verdict = answer.verdicts[0]
        match verdict.word:
            case Word.PROVED | Word.VACUOUS:
                if _completed(self._intact, _shared(self._common, {**trace.consts, **trace.initial})) is None:
                    return _Judgement(Answer.NO)
                return _Judgement(Answer.YES, f"every run from there, by {verdict.by}")
            case Word.VIOLATED if verdict.run is not None:
                run = verdict.run
                return _Judgement(Answer.NO, candidate=side.lowered.candidate(run.consts, run.frames, run.inputs, run.loop_start))
            case _:
                return _Judgement(Answer.UNKNOWN)

    # ------------------------------------------------------------------------------------------ what is put aside

    def _region(self, trace: Trace, judgement: _Judgement) -> Term:
        """Scenarios in which the other variant fails by the same moves; this one alone where there are no moves."""
        side, candidate = self._intact, judgement.candidate
        if candidate is not None:
            self._confirm(side, candidate)
            found = violating_starts(side.lowered, side.lowered.query(self._property(side)), _prolonged(candidate), self._names)
            if found is not None:
                return found
        return start_facts(side.lowered, _shared(self._common, trace.consts), _shared(self._common, trace.initial))

    def _confirm(self, side: Side, candidate: Candidate) -> Trace:
        judged = self._property(side)
        try:
            return replay(side.program, side.config, candidate, judged, cone=side.lowered.cone_names(side.lowered.query(judged)))
        except ReplayMismatch as mismatch:
            raise UnconfirmedError(judged, candidate, str(mismatch)) from mismatch

    # ------------------------------------------------------------------------------------------ the next scenario

    def _next(self) -> Trace | str | None:
        """A violating run from a scenario that has not been put aside; None where there is none, a text where nobody knows."""
        side = self._broken
        query = side.lowered.query(self._property(side))
        table = side.lowered.system.table
        system = starting(side.lowered.system, *map(table.not_, self._regions), *self._also_initial())
        answer = check_queries(
            system, [query], max_bound=self._effort.bound, budget=self._effort.budget(), seed=self._effort.seed, progress=self._progress
        )
        verdict = answer.verdicts[0]
        match verdict.word:
            case Word.PROVED | Word.VACUOUS:
                return None
            case Word.VIOLATED if verdict.run is not None:
                run = verdict.run
                return self._simple(query, side.lowered.candidate(run.consts, run.frames, run.inputs, run.loop_start))
            case _:
                return str(verdict.reason or verdict.word.value)

    def _also_initial(self) -> tuple[Term, ...]:
        """What the other variant asks of a start, where that can be said of common names alone."""
        system = self._intact.lowered.system
        terms = (system.assumptions, system.init)
        known = {str(v.payload) for v in (*self._broken.lowered.system.constants, *self._broken.lowered.system.state)}
        return terms if known.issuperset(variables(terms)) else ()

    def _simple(self, query: SafetyQuery | ProgressQuery, found: Candidate) -> Trace:
        """The run, or a simpler one like it whose start has not been put aside either."""
        side = self._broken
        with suppress(ReplayMismatch):
            simple = simplify(side.program, side.config, found)
            if not self._put_aside(simple):
                cone = side.lowered.cone_names(query)
                return replay(side.program, side.config, simple, self._property(side), cone=cone)
        return self._confirm(side, found)

    def _put_aside(self, candidate: Candidate) -> bool:
        table, lowered = self._broken.lowered.system.table, self._broken.lowered
        values = start_values(lowered, candidate.consts, candidate.states[0])
        return any(term is not table.false for term in table.substitute_all(self._regions, values))

    def _property(self, side: Side) -> Property:
        return side.program.properties[self._name]


def _prolonged(candidate: Candidate) -> tuple[Move, ...]:
    """The moves of a run; those of a loop again and again, so that they also lead from other starts into a loop."""
    moves = candidate.moves
    if candidate.loop_start is None or not moves:
        return moves
    again = moves[candidate.loop_start :]
    while len(moves) < HORIZON:
        moves = (*moves, *again)
    return moves[: max(HORIZON, len(candidate.moves))]
