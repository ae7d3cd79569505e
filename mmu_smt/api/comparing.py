"""Two variants under one config: what each does alone, whether they are equivalent, and what the second fixes and introduces."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.api.equivalence import Findings, Question, decide
from mmu_smt.api.scenarios import SCENARIOS, Effort, Party, Side, find_mark, mark_of_first_run
from mmu_smt.api.settled import EQUIVALENT, NOT_ASKED, settled_mark
from mmu_smt.api.targets import inapplicable, unknown
from mmu_smt.model.product import common_names, product
from mmu_smt.semantics.program import PropertyKind
from mmu_smt.solve.budget import Budget
from mmu_smt.syntax.diagnostics import Diagnostic, Note, SpecError
from mmu_smt.witness.comparisons import Answer, AspectResult, Change, Comparison, Equivalence, EquivalenceResult, Likeness, Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mmu_smt.model.product import Common, Product
    from mmu_smt.semantics.program import Config, Program, Property
    from mmu_smt.witness.verdicts import CheckResult

NO_LIMITS = Limits()

_COVERS = (PropertyKind.COVER, PropertyKind.COVER_LASSO)


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the two: what the user named, its program and its config."""

    target: str
    program: Program
    config: Config


FIXES, INTRODUCES = "fixes", "introduces"


@dataclass(frozen=True, slots=True)
class Comparing:
    """What to compare, and how. `properties`: names, None for all that both declare. `marks`: which of the two questions to ask of them;
    without any, only equivalence is decided. `known`: what checks of the two have found already; it is taken for these properties.
    """

    first: Variant
    second: Variant
    properties: tuple[str, ...] | None = None
    equivalence: bool = True
    marks: tuple[str, ...] = (FIXES, INTRODUCES)
    limits: Limits = NO_LIMITS
    scenarios: int = SCENARIOS
    given: Mapping[str, int] = field(default_factory=dict[str, int])
    seed: int = 0
    known: tuple[CheckResult, CheckResult] | None = None


def compare_programs(
    asked: Comparing, *, progress: Callable[[str], None] | None = None, each: Callable[[Change], None] | None = None
) -> Comparison:
    """Judge both variants, decide whether they are equivalent, and look for scenarios that tell them apart.

    `each` is told what the second does to a property as soon as both questions about it are answered.

    What is not settled within the limits is unknown. Raises SpecError where the two cannot be compared (MS517) or a named property is not
    declared by both (MS503), UnconfirmedError and UnconfirmedDifferenceError for defects of this program.
    """
    common = common_names(asked.first.program, asked.second.program)
    refuse_clashes((asked.first, asked.second), common.clashes)
    return _Comparison(asked, common, progress, each).run()


class _Comparison:
    def __init__(
        self, asked: Comparing, common: Common, progress: Callable[[str], None] | None, each: Callable[[Change], None] | None
    ) -> None:
        self._started = time.monotonic()
        self._asked, self._common, self._progress, self._each = asked, common, progress, each
        self._names, self._left_out = _chosen(asked)
        self._marks: dict[tuple[str, str], Mark] = {}
        self._changes: dict[str, Change] = {}
        limits = asked.limits
        deadline = None if limits.seconds is None else self._started + limits.seconds
        self._effort = Effort(deadline, asked.scenarios, limits.bound, asked.seed, limits.rlimit, limits.memory)

    def run(self) -> Comparison:
        asked = self._asked
        results = asked.known or (self._checked(asked.first, 0.3), self._checked(asked.second, 0.4))
        one, two = (
            Party(v.program, v.config, {f.property.name: f for f in r.verdicts})
            for v, r in zip((asked.first, asked.second), results, strict=True)
        )
        waiting: list[tuple[str, str]] = []
        for name in self._names:
            for question, broken, intact in ((FIXES, one, two), (INTRODUCES, two, one)):
                mark = self._at_once(question, broken, intact, name)
                if mark is None:
                    waiting.append((name, question))
                else:
                    self._settle(name, question, mark, one, two)
        found = Findings(_not_asked(), frozenset())
        if asked.equivalence or waiting:
            found = self._searched(waiting, one, two)
        seconds = time.monotonic() - self._started
        changes = tuple(self._changes[name] for name in self._names)
        return Comparison(results[0], results[1], found.result, changes, self._left_out, seconds)

    def _at_once(self, question: str, broken: Party, intact: Party, name: str) -> Mark | None:
        """The answer that the verdicts give. A verdict that is not known gives none: the two may be equivalent for all that."""
        if question not in self._asked.marks:
            return Mark(Answer.UNKNOWN, NOT_ASKED)
        mark = settled_mark(broken.program, broken.verdicts[name])
        if mark is None:
            return mark_of_first_run(broken, intact, name, self._common)
        return None if mark.answer is Answer.UNKNOWN else mark

    def _searched(self, waiting: Sequence[tuple[str, str]], first: Party, second: Party) -> Findings:
        """Answer the questions that are left; and whether the two are equivalent, which may answer some."""
        pairs = tuple((first.program.properties[n], second.program.properties[n]) for n in self._names)
        made = product((first.program, first.config), (second.program, second.config), pairs)
        one = Side(first.program, first.config, first.verdicts, made.first)
        two = Side(second.program, second.config, second.verdicts, made.second)
        found = self._equivalence(made)
        for number, (name, question) in enumerate(waiting):
            broken, intact = (one, two) if question == FIXES else (two, one)
            settled = settled_mark(broken.program, broken.verdicts[name])
            if name in found.alike:
                mark = EQUIVALENT
            elif settled is not None:
                mark = settled
            else:
                effort = _share(self._effort, len(waiting) - number)
                mark = find_mark(broken, intact, name, self._common, effort, progress=self._progress)
            self._settle(name, question, mark, first, second)
        return found

    def _settle(self, name: str, question: str, mark: Mark, one: Party, two: Party) -> None:
        self._marks[name, question] = mark
        if (name, FIXES) in self._marks and (name, INTRODUCES) in self._marks:
            change = Change(one.verdicts[name], two.verdicts[name], self._marks[name, FIXES], self._marks[name, INTRODUCES])
            self._changes[name] = change
            if self._each is not None:
                self._each(change)

    def _checked(self, variant: Variant, share: float) -> CheckResult:
        asked, seconds = self._asked, self._effort.seconds()
        limits = replace(asked.limits, seconds=None if seconds is None else seconds * share)
        properties = tuple(_property(variant, n) for n in self._names)
        request = Request(variant.target, variant.program, variant.config, properties, limits, asked.given, asked.seed)
        return check_program(request, progress=self._progress)

    def _equivalence(self, made: Product) -> Findings:
        asked, seconds = self._asked, self._effort.seconds()
        share = 0.4 if asked.marks else 1.0
        return decide(
            Question((asked.first.program, asked.first.config), (asked.second.program, asked.second.config)),
            made,
            bound=asked.limits.bound,
            budget=Budget(seconds=None if seconds is None else seconds * share, rlimit=asked.limits.rlimit, memory=asked.limits.memory),
            seed=asked.seed,
            progress=self._progress,
        )


def _not_asked() -> EquivalenceResult:
    nothing = AspectResult(Likeness.UNKNOWN, NOT_ASKED)
    return EquivalenceResult(Equivalence.UNKNOWN, NOT_ASKED, nothing, nothing, nothing, nothing, nothing)


def refuse_clashes(pair: tuple[Variant, Variant], names: Sequence[str]) -> None:
    """Raise SpecError (MS517) if there are names that both declare with different types."""
    if not names:
        return
    first, second = pair[0].program, pair[1].program
    listed = ", ".join(f"`{n}`" for n in names)
    notes: list[Note] = []
    for program in (first, second):
        declared = {**program.consts, **program.states}
        notes.extend(Note(f"of {program.variant or 'the modules'}", declared[n].span) for n in names)
    raise SpecError((Diagnostic("MS517", f"the variants declare {listed} with different types", notes[0].span, tuple(notes)),))


def _chosen(asked: Comparing) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The properties to compare in the first program's order, and those left out. Raises SpecError (MS503)."""
    if not asked.marks:
        return (), ()
    first, second = asked.first, asked.second
    every = dict.fromkeys((*first.program.properties, *second.program.properties))
    comparable = [n for n in every if _is_comparable(first.program, n) and _is_comparable(second.program, n)]
    if asked.properties is not None:
        for name in asked.properties:
            if name not in comparable:
                raise unknown("MS503", "property of both variants that can be violated", name, comparable)
        return tuple(n for n in comparable if n in asked.properties), ()
    judged = [n for n in comparable if not (_aside(first, n) and _aside(second, n))]
    return tuple(judged), tuple(n for n in every if n not in comparable)


def _is_comparable(program: Program, name: str) -> bool:
    found = program.properties.get(name)
    return found is not None and found.kind not in _COVERS


def _aside(variant: Variant, name: str) -> bool:
    return bool(inapplicable(_property(variant, name), variant.config))


def _property(variant: Variant, name: str) -> Property:
    return variant.program.properties[name]


def _share(effort: Effort, parts: int) -> Effort:
    """The effort for one of so many searches: its even share of what is left."""
    seconds = effort.seconds()
    return effort if seconds is None else replace(effort, deadline=time.monotonic() + seconds / parts)
