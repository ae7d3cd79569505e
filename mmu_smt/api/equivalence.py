"""Do two variants behave alike? A safety question about their common runs, and the replay of what distinguishes them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mmu_smt.api.simplify import simplify
from mmu_smt.engines.check import check_queries
from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.lockstep import Apart, Names, lockstep
from mmu_smt.interpret.machine import Machine, TooLarge
from mmu_smt.interpret.replay import SEARCH_LIMIT, ReplayMismatch
from mmu_smt.model.inputs import SELECTOR
from mmu_smt.model.product import Aspect, Product
from mmu_smt.model.system import SafetyQuery
from mmu_smt.solve.budget import Budget
from mmu_smt.witness.comparisons import AspectResult, Divergence, Equivalence, EquivalenceResult, Likeness
from mmu_smt.witness.traces import Candidate, Trace
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from mmu_smt.engines.result import EngineVerdict, RawRun
    from mmu_smt.model.lower import Lowered
    from mmu_smt.model.term import Term
    from mmu_smt.semantics.program import Config, Program

IDENTICAL = "identical terms"


class UnconfirmedDifferenceError(Exception):
    """A difference between two variants that the interpreter does not confirm: a defect of this program."""


@dataclass(frozen=True, slots=True)
class Question:
    """Two programs, each under its config."""

    first: tuple[Program, Config]
    second: tuple[Program, Config]


@dataclass(frozen=True, slots=True)
class Findings:
    """The result, and the properties that say the same of every run of both."""

    result: EquivalenceResult
    alike: frozenset[str]


def decide(
    question: Question,
    made: Product,
    *,
    bound: int | None,
    budget: Budget,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> Findings:
    """Compare the two programs of a product. Every difference has been replayed.

    Raises UnconfirmedDifferenceError where a difference does not replay.
    """
    return _Decision(question, made, bound, budget, seed, progress).run()


def begin_alike(question: Question, made: Product, *, budget: Budget, seed: int) -> AspectResult:
    """Can each of the two programs begin with whatever the other one can begin with? A start that only one has was replayed.

    Raises UnconfirmedDifferenceError where it does not replay.
    """
    return _Decision(question, made, None, budget, seed, None).initial()


class _Decision:
    def __init__(
        self,
        question: Question,
        made: Product,
        bound: int | None,
        budget: Budget,
        seed: int,
        progress: Callable[[str], None] | None,
    ) -> None:
        self._question, self._product = question, made
        self._bound, self._budget, self._seed, self._progress = bound, budget, seed, progress

    def run(self) -> Findings:
        made = self._product
        asked = (*made.queries, *made.signals.values())
        trivial = {q.name for q in asked if q.bad is made.system.table.false}
        result = check_queries(
            made.system,
            [q for q in asked if q.name not in trivial],
            max_bound=self._bound,
            budget=self._budget,
            seed=self._seed,
            progress=self._progress,
        )
        answers = {v.name: v for v in result.verdicts}
        aspects = {q.name: self._aspect(Aspect(q.name), answers.get(q.name)) for q in made.queries}
        initial = self.initial()
        word, by = _judge(initial, aspects)
        proved = {name for name, v in answers.items() if v.word in (Word.PROVED, Word.VACUOUS)} | trivial
        alike = frozenset(name for name, q in made.signals.items() if q.name in proved)
        common = made.common
        return Findings(
            EquivalenceResult(
                word,
                by,
                initial,
                aspects[Aspect.PLACES],
                aspects[Aspect.STATE],
                aspects[Aspect.DECISIONS],
                aspects[Aspect.GHOSTS],
                common.first_only,
                common.second_only,
                common.opaque,
            ),
            alike if word is Equivalence.EQUIVALENT else frozenset(),
        )

    # ------------------------------------------------------------------------------------------ common runs

    def _aspect(self, aspect: Aspect, answer: EngineVerdict | None) -> AspectResult:
        if answer is None:
            return AspectResult(Likeness.SAME, IDENTICAL)
        match answer.word:
            case Word.PROVED | Word.VACUOUS:
                return AspectResult(Likeness.SAME, answer.by)
            case Word.VIOLATED if answer.run is not None:
                return self._replayed(aspect, answer.run)
            case Word.BOUNDED:
                return AspectResult(Likeness.UNKNOWN, f"no difference in {answer.bound} transitions, unknown beyond", answer.bound)
            case _:
                return AspectResult(Likeness.UNKNOWN, str(answer.reason or "no reason given"), answer.bound)

    def _replayed(self, aspect: Aspect, run: RawRun) -> AspectResult:
        made, question = self._product, self._question
        names = Names(made.common.states, made.common.ghosts, made.common.handlers)
        one, two = self._candidate(made.first, run), self._candidate(made.second, run)
        try:
            apart = lockstep((*question.first, one), (*question.second, two), names, len(run.inputs))
        except ReplayMismatch as mismatch:
            raise UnconfirmedDifferenceError(f"the difference of {aspect.value} does not replay: {mismatch}") from mismatch
        if not _shows(aspect, apart.divergence):
            raise UnconfirmedDifferenceError(f"the interpreter sees no difference of {aspect.value}: {apart.divergence}")
        if apart.avoidable:
            why = "the variants choose differently, and under other choices each does what the other one did"
            return AspectResult(Likeness.UNKNOWN, why, len(run.inputs) - 1)
        apart = self._simpler(aspect, apart, one, two, names) or apart
        return AspectResult(Likeness.DIFFERS, "", None, apart.first, apart.second, apart.divergence)

    def _simpler(self, aspect: Aspect, apart: Apart, one: Candidate, two: Candidate, names: Names) -> Apart | None:
        """The same difference from a start with more defaults, if that is one."""
        question, common = self._question, self._product.common
        states = (apart.first.initial, *(s.after for s in apart.first.steps))
        length = max(len(one.moves), len(two.moves))
        with suppress(ReplayMismatch):
            simple = simplify(*question.first, replace(one, states=states[: len(one.moves) + 1]))
            consts = {**two.consts, **{n: simple.consts[n] for n in common.consts}}
            start = {**two.states[0], **{n: simple.states[0][n] for n in common.states}}
            found = lockstep((*question.first, simple), (*question.second, replace(two, consts=consts, states=(start,))), names, length)
            if _shows(aspect, found.divergence) and not found.avoidable:
                return found
        return None

    @staticmethod
    def _candidate(lowered: Lowered, run: RawRun) -> Candidate:
        """The run as one program's; without its last transition where the program lacks that step."""
        has = {i.index for i in lowered.images}
        inputs = run.inputs if not run.inputs or run.inputs[-1].get(SELECTOR, 0) in has else run.inputs[:-1]
        return lowered.candidate(run.consts, run.frames, inputs, None)

    # ------------------------------------------------------------------------------------------ initial states

    def initial(self) -> AspectResult:
        """Can each begin with whatever the other one can begin with?"""
        results = [self._begins(of_second=of_second) for of_second in (False, True)]
        for wanted in (Likeness.DIFFERS, Likeness.UNKNOWN):
            for found in results:
                if found.likeness is wanted:
                    return found
        return next((r for r in results if r.by != IDENTICAL), results[0])

    def _begins(self, *, of_second: bool) -> AspectResult:
        made = self._product
        term = made.initial_difference(of_second=of_second)
        if isinstance(term, str):
            return AspectResult(Likeness.UNKNOWN, term)
        if term is made.system.table.false:
            return AspectResult(Likeness.SAME, IDENTICAL)
        answer = self._somewhere(term)
        match answer.word:
            case Word.BOUNDED | Word.PROVED:
                return AspectResult(Likeness.SAME, "proved")
            case Word.VIOLATED if answer.run is not None:
                return self._start(answer.run, of_second=of_second)
            case _:
                return AspectResult(Likeness.UNKNOWN, str(answer.reason or "no reason given"))

    def _somewhere(self, term: Term) -> EngineVerdict:
        """Is there a valuation of constants and state, initial or not, with which this holds?"""
        system = self._product.system
        anywhere = replace(system, assumptions=system.table.true, init=system.table.true, initial_invariants=())
        query = SafetyQuery("initial states", term, on_state=True)
        return check_queries(anywhere, [query], max_bound=0, budget=self._budget, seed=self._seed).verdicts[0]

    def _start(self, run: RawRun, *, of_second: bool) -> AspectResult:
        """The start, if the interpreter agrees that one program can begin so and the other one cannot."""
        made, question = self._product, self._question
        mine, other = (question.second, question.first) if of_second else (question.first, question.second)
        lowered = made.second if of_second else made.first
        found = lowered.candidate(run.consts, run.frames[:1], (), None)
        objection = Search(Machine(*mine).codes, mine[1]).objection(found.consts, found.states[0])
        common = (*made.common.consts, *made.common.states)
        fixed = {n: v for n, v in {**found.consts, **found.states[0]}.items() if n in common}
        try:
            counterpart = next(Search(Machine(*other).codes, other[1]).solutions(fixed, limit=SEARCH_LIMIT), None)
        except TooLarge:
            return AspectResult(Likeness.UNKNOWN, "too many values to tell whether both variants can begin alike")
        if objection is not None or counterpart is not None:
            raise UnconfirmedDifferenceError(f"the initial states do not differ as claimed: {objection or 'both variants begin so'}")
        trace = Trace(found.consts, found.states[0], ())
        return AspectResult(Likeness.DIFFERS, "", None, None if of_second else trace, trace if of_second else None, Divergence())


def _shows(aspect: Aspect, divergence: Divergence) -> bool:
    match aspect:
        case Aspect.PLACES:
            return divergence.places
        case Aspect.STATE:
            return divergence.of_state
        case Aspect.DECISIONS:
            return divergence.decisions
        case Aspect.GHOSTS:
            return bool(divergence.ghosts)


def _judge(initial: AspectResult, aspects: dict[str, AspectResult]) -> tuple[Equivalence, str]:
    """Equivalent: no common run ends with a difference, and both begin alike; then both have the same runs."""
    state, places = aspects[Aspect.STATE], aspects[Aspect.PLACES]
    if state.likeness is Likeness.DIFFERS:
        return Equivalence.DIFFERS, "they do something else"
    if initial.likeness is Likeness.DIFFERS:
        return Equivalence.DIFFERS, "one of them can begin with what the other one cannot begin with"
    if places.likeness is Likeness.DIFFERS:
        return Equivalence.UNKNOWN, "they can be interrupted at different places, so that their steps do not correspond"
    for open_one in (state, places, initial):
        if open_one.likeness is Likeness.UNKNOWN:
            return Equivalence.UNKNOWN, open_one.by
    arguments = dict.fromkeys(r.by for r in (state, places) if r.by != IDENTICAL)
    return Equivalence.EQUIVALENT, ", ".join(arguments) or IDENTICAL
