"""Where two variants decide differently: a predicate over what their handlers test, a run for each of its parts, and what each changes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.api.comparing import Variant, refuse_clashes
from mmu_smt.api.equivalence import Question as Pair
from mmu_smt.api.equivalence import UnconfirmedDifferenceError, begin_alike, decide
from mmu_smt.api.passing import Passing
from mmu_smt.api.targets import inapplicable, unknown
from mmu_smt.engines.check import check_queries
from mmu_smt.engines.implicants import describe
from mmu_smt.engines.standing import standing
from mmu_smt.interpret.lockstep import Names, lockstep, part_after
from mmu_smt.interpret.replay import ReplayMismatch
from mmu_smt.model.difference import difference
from mmu_smt.model.inputs import SELECTOR
from mmu_smt.model.plainness import levels
from mmu_smt.model.product import common_names, product
from mmu_smt.model.system import SafetyQuery
from mmu_smt.semantics.program import PropertyKind, has_cuts
from mmu_smt.solve.budget import Budget
from mmu_smt.witness.comparisons import Equivalence, Likeness
from mmu_smt.witness.differences import Difference, Effect, Part, Reached, Rewritten, Witness, Word
from mmu_smt.witness.verdicts import UnknownReason, was_interrupted
from mmu_smt.witness.verdicts import Word as Verdicted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mmu_smt.engines.implicants import Cube
    from mmu_smt.engines.result import RawRun
    from mmu_smt.interpret.lockstep import Apart
    from mmu_smt.model.difference import Question
    from mmu_smt.model.lower import Lowered
    from mmu_smt.model.system import TransitionSystem
    from mmu_smt.model.term import Term
    from mmu_smt.witness.comparisons import AspectResult, EquivalenceResult
    from mmu_smt.witness.differences import Literal
    from mmu_smt.witness.traces import Candidate
    from mmu_smt.witness.verdicts import CheckResult, Verdict

NO_LIMITS = Limits()

_ORDER = (Reached.YES, Reached.UNKNOWN, Reached.NO)


@dataclass(frozen=True, slots=True)
class Differing:
    """What to compare, and how. `changed`: declarations of functions, handlers and steps that differ. `properties`: names, None for all
    that both declare. `verdicts` False: no property is judged but the invariants, which say what states there are.
    """

    first: Variant
    second: Variant
    changed: tuple[Rewritten, ...]
    properties: tuple[str, ...] | None = None
    limits: Limits = NO_LIMITS
    given: Mapping[str, int] = field(default_factory=dict[str, int])
    seed: int = 0
    verdicts: bool = True


def diff_programs(asked: Differing, *, progress: Callable[[str], None] | None = None) -> Difference:
    """Judge both variants, and say where they differ.

    What is not settled within the limits is unknown. Raises SpecError where the two cannot be compared (MS517) or a named property is not
    declared by both (MS503), UnconfirmedError and UnconfirmedDifferenceError for defects of this program, KeyboardInterrupt on Ctrl-C.
    """
    common = common_names(asked.first.program, asked.second.program)
    refuse_clashes((asked.first, asked.second), common.clashes)
    return _Differing(asked, progress).run()


class _Differing:
    def __init__(self, asked: Differing, progress: Callable[[str], None] | None) -> None:
        self._started = time.monotonic()
        self._asked, self._progress = asked, progress
        seconds = asked.limits.seconds
        self._deadline = None if seconds is None else self._started + seconds
        self._sides = (asked.first.program, asked.first.config), (asked.second.program, asked.second.config)
        self._undisturbed = any(has_cuts(*side) for side in self._sides)

    def run(self) -> Difference:
        asked = self._asked
        names, invariants = self._names()
        one, two = (self._checked(v, (*invariants, *(n for n in names if n not in invariants))) for v in (asked.first, asked.second))
        both = _by_name(one), _by_name(two)
        question = difference(*self._sides, frozenset(t.name for t in asked.changed))
        proved = [n for n in invariants if all(v[n].word in (Verdicted.PROVED, Verdicted.VACUOUS) for v in both)]
        known = question.invariants(proved)
        known = {**known, **self._standing(question, list(known.values()))}
        found = describe(
            question.product.system,
            question.differ,
            [t for _, t in question.literals],
            list(known.values()),
            spare=question.spare,
            levels=levels(question.product.first),
            budget=self._budget(0.6),
            seed=asked.seed,
            progress=self._progress,
        )
        if found.reason is UnknownReason.INTERRUPTED:
            raise KeyboardInterrupt
        pair = Pair(*self._sides)
        initial = begin_alike(pair, question.product, budget=self._budget(0.3), seed=asked.seed)
        if initial.by == UnknownReason.INTERRUPTED:
            raise KeyboardInterrupt
        compared = tuple((both[0][n], both[1][n]) for n in names)
        parts = self._parts(question, found.cubes)
        smallest = None if found.smallest is None else self._replayed(question, found.smallest, (), 0)
        parts = Passing(self._sides, _names_of(question)).attributed(parts, compared)
        complete = found.reason is None
        word, by = self._word(parts, initial, list(known), None if complete else str(found.reason))
        return Difference(
            first=one,
            second=two,
            word=word,
            by=by,
            parts=parts,
            exact=found.exact,
            complete=complete,
            invariants=tuple(known),
            initial=initial,
            smallest=smallest,
            texts=asked.changed,
            verdicts=compared,
            first_only=question.product.common.first_only,
            second_only=question.product.common.second_only,
            opaque=question.product.common.opaque,
            undisturbed=self._undisturbed,
            seconds=time.monotonic() - self._started,
        )

    # ------------------------------------------------------------------------------------------ verdicts

    def _names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The properties to compare, and the invariants that both declare, in the first program's order."""
        asked = self._asked
        one, two = asked.first, asked.second
        shared = [n for n in one.program.properties if n in two.program.properties]
        shared = [n for n in shared if not all(inapplicable(v.program.properties[n], v.config) for v in (one, two))]
        invariants = tuple(n for n in shared if all(v.program.properties[n].kind is PropertyKind.INVARIANT for v in (one, two)))
        if asked.properties is None:
            return tuple(shared) if asked.verdicts else (), invariants
        for name in asked.properties:
            if name not in shared:
                raise unknown("MS503", "property of both variants", name, shared)
        return tuple(n for n in shared if n in asked.properties), invariants

    def _checked(self, variant: Variant, names: Sequence[str]) -> CheckResult:
        asked = self._asked
        seconds = self._seconds()
        limits = replace(asked.limits, seconds=None if seconds is None else seconds * 0.45)
        properties = tuple(variant.program.properties[n] for n in names)
        request = Request(variant.target, variant.program, variant.config, properties, limits, asked.given, asked.seed)
        result = check_program(request, progress=self._progress)
        if any(map(was_interrupted, result.verdicts)):
            raise KeyboardInterrupt
        return result

    def _seconds(self) -> float | None:
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0.0)

    def _budget(self, share: float) -> Budget:
        seconds, limits = self._seconds(), self._asked.limits
        return Budget(seconds=None if seconds is None else seconds * share, rlimit=limits.rlimit, memory=limits.memory)

    def _standing(self, question: Question, given: Sequence[Term]) -> dict[str, Term]:
        """State that has the value which it began with whenever no step is under way, whatever happens."""
        candidates = question.beginnings()
        kept = set(range(len(candidates)))
        for system in self._systems(question):
            kept &= set(standing(system, list(candidates.values()), given, budget=self._budget(0.2), seed=self._asked.seed))
        return {f"{name} as in the beginning": t for n, (name, t) in enumerate(candidates.items()) if n in kept}

    @staticmethod
    def _systems(question: Question) -> tuple[TransitionSystem, ...]:
        """The runs of each; the common ones where each has state of its own."""
        common = question.product.common
        if common.first_only or common.second_only:
            return (question.product.system,)
        return question.runs_of(0), question.runs_of(1)

    # ------------------------------------------------------------------------------------------ parts

    def _parts(self, question: Question, cubes: Sequence[Cube]) -> tuple[Part, ...]:
        """The parts with their runs: those that are reached, then those of which that is unknown, then those that are not."""
        parts: list[Part] = []
        for cube in cubes:
            literals = tuple(question.literals[i][0] for i in cube.literals)
            term = question.product.system.table.and_(question.differ, *(question.literals[i][1] for i in cube.literals))
            if cube.run is not None:
                witness, reached, by = self._replayed(question, cube.run, literals, 0), Reached.YES, ""
                if witness is None:
                    reached, by = Reached.UNKNOWN, "under other choices each does what the other one did"
            else:
                witness, reached, by = self._reach(question, term, literals)
            parts.append(Part(literals, cube.exact, reached, witness, Effect.UNKNOWN, (), by))
        return tuple(sorted(parts, key=lambda p: _ORDER.index(p.reached)))

    def _reach(self, question: Question, bad: Term, literals: tuple[Literal, ...]) -> tuple[Witness | None, Reached, str]:
        """Is there a run, of one variant or (where each has state of its own) of both, to a state in which this part shows?"""
        systems = self._systems(question)
        separate = len(systems) > 1
        arguments: dict[str, None] = {}
        for which, system in enumerate(systems):
            query = SafetyQuery("difference", bad, on_state=False, faulting=True)
            answer = check_queries(
                system,
                [query],
                max_bound=self._asked.limits.bound,
                budget=self._budget(0.4),
                seed=self._asked.seed,
                progress=self._progress,
                levels=levels((question.product.first, question.product.second)[which]),
            ).verdicts[0]
            if answer.reason is UnknownReason.INTERRUPTED:
                raise KeyboardInterrupt
            match answer.word:
                case Verdicted.VIOLATED if answer.run is not None:
                    witness = self._replayed(question, answer.run, literals, which if separate else None)
                    if witness is not None:
                        return witness, Reached.YES, ""
                    arguments["under other choices each does what the other one did"] = None
                    return None, Reached.UNKNOWN, ", ".join(arguments)
                case Verdicted.PROVED | Verdicted.VACUOUS:
                    arguments[answer.by] = None
                case Verdicted.BOUNDED:
                    return None, Reached.UNKNOWN, f"not in {answer.bound} transitions, unknown beyond"
                case _:
                    return None, Reached.UNKNOWN, str(answer.reason or "no reason given")
        return None, Reached.NO, ", ".join(arguments)

    def _replayed(self, question: Question, run: RawRun, literals: Sequence[Literal], lead: int | None) -> Witness | None:
        """The runs of both, if they differ as claimed. None where under other choices they would not."""
        made, names = question.product, _names_of(question)
        one, two = _candidate(made.first, run), _candidate(made.second, run)
        length = len(run.inputs)
        try:
            if lead is None or length == 1:
                lead = None
                apart = lockstep((*self._sides[0], one), (*self._sides[1], two), names, length, atomic=True)
                ordered = apart
            else:
                leading, other = (one, 1) if lead == 0 else (two, 0)
                apart = part_after((*self._sides[lead], leading), self._sides[other], names, atomic=True)
                ordered = _swapped(apart) if lead else apart
        except ReplayMismatch as mismatch:
            raise UnconfirmedDifferenceError(f"a difference does not replay: {mismatch}") from mismatch
        divergence = ordered.divergence
        if not divergence.of_behaviour and not divergence.decisions:
            raise UnconfirmedDifferenceError(f"the interpreter sees no difference: {divergence}")
        witness = Witness(ordered.first, ordered.second, divergence, *ordered.tests, lead)
        for literal in literals:
            if not literal.holds(*ordered.tests, witness.before):
                raise UnconfirmedDifferenceError(f"the interpreter does not find `{literal.text}` ({literal.function}) as claimed")
        return None if ordered.avoidable else witness

    # ------------------------------------------------------------------------------------------ the whole

    def _word(self, parts: Sequence[Part], initial: AspectResult, known: Sequence[str], reason: str | None) -> tuple[Word, str]:
        if any(p.reached is Reached.YES for p in parts):
            return Word.DIFFERS, "they do or decide something else"
        if initial.likeness is Likeness.DIFFERS:
            return Word.DIFFERS, "one of them can begin with what the other one cannot begin with"
        if reason is not None:
            return Word.UNKNOWN, reason
        if any(p.reached is Reached.UNKNOWN for p in parts):
            return Word.UNKNOWN, "whether a state in which they differ is reachable"
        if initial.likeness is Likeness.UNKNOWN:
            return Word.UNKNOWN, initial.by
        states = "every state" + (f" that satisfies {len(known)} proved invariant{'s' * (len(known) > 1)}" if known else "")
        if parts:
            states += f", but for {len(parts)} unreachable parts" if len(parts) > 1 else ", but for an unreachable part"
        if self._undisturbed:
            found = self._interrupted()
            if found is not None:
                return Word.UNKNOWN if found.word is Equivalence.UNKNOWN else Word.DIFFERS, f"where steps are interrupted: {found.by}"
        return Word.EQUIVALENT, f"the same in {states}"

    def _interrupted(self) -> EquivalenceResult | None:
        """What a comparison of the interrupted steps says, unless it is that they are equivalent."""
        made = product(*self._sides)
        found = decide(
            Pair(*self._sides),
            made,
            bound=self._asked.limits.bound,
            budget=self._budget(0.9),
            seed=self._asked.seed,
            progress=self._progress,
        ).result
        return None if found.word is Equivalence.EQUIVALENT and found.decisions.likeness is Likeness.SAME else found


def rewritten(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[Rewritten, ...]:
    """The declarations that differ, of those of two programs by name, in canonical layout."""
    names = dict.fromkeys((*first, *second))
    return tuple(Rewritten(n, first.get(n, ""), second.get(n, "")) for n in names if first.get(n) != second.get(n))


def _by_name(result: CheckResult) -> dict[str, Verdict]:
    return {v.property.name: v for v in result.verdicts}


def _names_of(question: Question) -> Names:
    common = question.product.common
    return Names(common.states, common.ghosts, common.handlers)


def _candidate(lowered: Lowered, run: RawRun) -> Candidate:
    """The run as one program's; without its last transition where the program lacks that step."""
    has = {i.index for i in lowered.images}
    inputs = run.inputs if not run.inputs or run.inputs[-1].get(SELECTOR, 0) in has else run.inputs[:-1]
    return lowered.candidate(run.consts, run.frames, inputs, None)


def _swapped(apart: Apart) -> Apart:
    d = apart.divergence
    divergence = replace(d, enabled=d.enabled[::-1], faults=d.faults[::-1])
    return replace(apart, first=apart.second, second=apart.first, divergence=divergence, tests=apart.tests[::-1])
