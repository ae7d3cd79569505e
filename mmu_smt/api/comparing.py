"""Two variants under one config: what each does alone, whether they are equivalent, and what the second fixes and introduces."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.api.equivalence import Findings, Question, decide
from mmu_smt.api.scenarios import SCENARIOS, Effort, Side, find_mark, settled_mark
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
NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Comparing:
    """What to compare, and how. `properties`: names, None for all that both declare. `marks`: which of the two questions to ask of them;
    without any, only equivalence is decided.
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


def compare_programs(asked: Comparing, *, progress: Callable[[str], None] | None = None) -> Comparison:
    """Judge both variants, decide whether they are equivalent, and look for scenarios that tell them apart.

    What is not settled within the limits is unknown. Raises SpecError where the two cannot be compared (MS517) or a named property is not
    declared by both (MS503), UnconfirmedError and UnconfirmedDifferenceError for defects of this program.
    """
    common = common_names(asked.first.program, asked.second.program)
    if common.clashes:
        raise _clash(asked, common.clashes)
    return _Comparison(asked, common, progress).run()


class _Comparison:
    def __init__(self, asked: Comparing, common: Common, progress: Callable[[str], None] | None) -> None:
        self._started = time.monotonic()
        self._asked, self._common, self._progress = asked, common, progress
        self._names, self._left_out = _chosen(asked)
        seconds = asked.limits.seconds
        self._effort = Effort(None if seconds is None else self._started + seconds, asked.scenarios, asked.limits.bound, asked.seed)

    def run(self) -> Comparison:
        asked = self._asked
        first, second = asked.first, asked.second
        results = self._checked(first, 0.3), self._checked(second, 0.4)
        pairs = tuple((first.program.properties[n], second.program.properties[n]) for n in self._names)
        made = product((first.program, first.config), (second.program, second.config), pairs)
        one = Side(first.program, first.config, made.first, {v.property.name: v for v in results[0].verdicts})
        two = Side(second.program, second.config, made.second, {v.property.name: v for v in results[1].verdicts})
        marks = {
            (name, mark): settled_mark(broken, name) if mark in asked.marks else Mark(Answer.UNKNOWN, NOT_ASKED)
            for name in self._names
            for mark, broken in ((FIXES, one), (INTRODUCES, two))
        }
        waiting = [key for key, mark in marks.items() if mark is None]
        if asked.equivalence or waiting:
            found = self._equivalence(made)
        else:
            found = Findings(_not_asked(), frozenset())
        for number, (name, mark) in enumerate(waiting):
            if name in found.alike:
                marks[name, mark] = Mark(Answer.NO, "the variants are equivalent")
                continue
            broken, intact = (one, two) if mark == FIXES else (two, one)
            effort = _share(self._effort, len(waiting) - number)
            marks[name, mark] = find_mark(broken, intact, name, self._common, effort, progress=self._progress)
        changes = [Change(one.verdicts[n], two.verdicts[n], _made(marks[n, FIXES]), _made(marks[n, INTRODUCES])) for n in self._names]
        seconds = time.monotonic() - self._started
        return Comparison(results[0], results[1], found.result, tuple(changes), self._left_out, seconds)

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


def _made(mark: Mark | None) -> Mark:
    assert mark is not None
    return mark


def _not_asked() -> EquivalenceResult:
    nothing = AspectResult(Likeness.UNKNOWN, NOT_ASKED)
    return EquivalenceResult(Equivalence.UNKNOWN, NOT_ASKED, nothing, nothing, nothing, nothing, nothing)


def _clash(asked: Comparing, names: Sequence[str]) -> SpecError:
    first, second = asked.first.program, asked.second.program
    listed = ", ".join(f"`{n}`" for n in names)
    notes: list[Note] = []
    for program in (first, second):
        declared = {**program.consts, **program.states}
        notes.extend(Note(f"of {program.variant or 'the modules'}", declared[n].span) for n in names)
    return SpecError((Diagnostic("MS517", f"the variants declare {listed} with different types", notes[0].span, tuple(notes)),))


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
