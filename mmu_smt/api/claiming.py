"""Evaluate the `claim` declarations of files: each statement is put to the model."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, assert_never

from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.api.comparing import FIXES, INTRODUCES, Comparing, Variant, compare_programs
from mmu_smt.api.targets import choose_config, choose_properties, load
from mmu_smt.semantics.claims import ClaimKind
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.claims import ClaimsReport, ClauseOutcome, Finding
from mmu_smt.witness.comparisons import Answer, Equivalence
from mmu_smt.witness.expectations import Outcome
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mmu_smt.api.targets import Spec
    from mmu_smt.semantics.claims import Claim, Clause
    from mmu_smt.semantics.program import Config, Program
    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.witness.comparisons import Comparison, Mark


def judge_claims(
    files: Iterable[str],
    *,
    only: Sequence[str] | None,
    params: Mapping[str, int],
    limits: Limits,
    seed: int,
    each: Callable[[ClauseOutcome], None] | None = None,
    progress: Callable[[str], None] | None = None,
) -> ClaimsReport:
    """Evaluate every claim that the files declare (`only`: those of these names). `limits` are for each statement."""
    started = time.perf_counter()
    outcomes: list[ClauseOutcome] = []
    unusable: dict[str, tuple[Diagnostic, ...]] = {}
    for name in files:
        try:
            for outcome in _outcomes(name, only, _Judge(params, limits, seed, progress)):
                outcomes.append(outcome)
                if each is not None:
                    each(outcome)
        except SpecError as error:
            unusable[name] = error.diagnostics
    return ClaimsReport(tuple(outcomes), unusable, time.perf_counter() - started)


def _outcomes(name: str, only: Sequence[str] | None, judge: _Judge) -> Iterator[ClauseOutcome]:
    spec = load(name)
    for claim in spec.claims():
        if only is None or claim.name in only:
            for clause in claim.clauses:
                yield judge.clause(spec, claim, clause)


class _Judge:
    def __init__(self, params: Mapping[str, int], limits: Limits, seed: int, progress: Callable[[str], None] | None) -> None:
        self._params, self._limits, self._seed, self._progress = params, limits, seed, progress

    def clause(self, spec: Spec, claim: Claim, clause: Clause) -> ClauseOutcome:
        program, config = self._variant(spec, clause.variant, clause)
        if clause.kind is ClaimKind.VERDICTS:
            return self._verdicts(spec, claim, clause, program, config)
        assert clause.other is not None
        found = compare_programs(
            Comparing(
                Variant(spec.target, *self._variant(spec, clause.other, clause)),
                Variant(spec.target, program, config),
                clause.properties or None,
                equivalence=clause.kind is ClaimKind.EQUALS,
                marks=_marks(clause.kind),
                limits=self._limits,
                given=self._params,
                seed=self._seed,
            ),
            progress=self._progress,
        )
        finding, because = _judged(clause, found)
        return ClauseOutcome(spec.target, claim, clause, config.name, finding, because, found)

    def _variant(self, spec: Spec, name: str, clause: Clause) -> tuple[Program, Config]:
        program = spec.program(name, self._params)
        return program, choose_config(program, clause.configs or None)

    def _verdicts(self, spec: Spec, claim: Claim, clause: Clause, program: Program, config: Config) -> ClauseOutcome:
        properties = choose_properties(program, [e.property for e in clause.verdicts])
        bounds = [w.bound for e in clause.verdicts for w in e.wanted if w.bound is not None]
        limits = Limits(max(bounds, default=None), self._limits.seconds, self._limits.rlimit, self._limits.memory)
        result = check_program(Request(spec.target, program, config, properties, limits, self._params, self._seed), progress=self._progress)
        found = {v.property.name: v for v in result.verdicts}
        outcomes = tuple(Outcome(spec.target, e, config.name, found[e.property]) for e in clause.verdicts)
        missed = [o for o in outcomes if not o.met]
        decided = [o for o in missed if o.verdict.word not in (Word.UNKNOWN, Word.BOUNDED)]
        if decided:
            because = ", ".join(f"{o.expectation.property} is {o.verdict.word.value}" for o in decided)
            return ClauseOutcome(spec.target, claim, clause, config.name, Finding.CONTRADICTED, because, None, outcomes)
        if missed:
            because = ", ".join(f"{o.expectation.property} is {o.verdict.word.value}" for o in missed)
            return ClauseOutcome(spec.target, claim, clause, config.name, Finding.UNDECIDED, because, None, outcomes)
        return ClauseOutcome(spec.target, claim, clause, config.name, Finding.CONFIRMED, "every verdict is as claimed", None, outcomes)


def _marks(kind: ClaimKind) -> tuple[str, ...]:
    match kind:
        case ClaimKind.FIXES:
            return (FIXES,)
        case ClaimKind.INTRODUCES:
            return (INTRODUCES,)
        case ClaimKind.EQUALS | ClaimKind.VERDICTS:
            return ()
        case _:
            assert_never(kind)


def _judged(clause: Clause, found: Comparison) -> tuple[Finding, str]:
    if clause.kind is ClaimKind.EQUALS:
        words = {
            Equivalence.EQUIVALENT: Finding.CONFIRMED,
            Equivalence.DIFFERS: Finding.CONTRADICTED,
            Equivalence.UNKNOWN: Finding.UNDECIDED,
        }
        return words[found.equivalence.word], found.equivalence.by
    marks = {c.name: c.fixes if clause.kind is ClaimKind.FIXES else c.introduces for c in found.changes}
    wanted = Answer.YES if clause.properties else Answer.NO
    against = [(n, m) for n, m in marks.items() if m.answer not in (wanted, Answer.UNKNOWN)]
    still_open = [(n, m) for n, m in marks.items() if m.answer is Answer.UNKNOWN]
    if against:
        return Finding.CONTRADICTED, _listed(against)
    if still_open:
        return Finding.UNDECIDED, _listed(still_open)
    if not clause.properties:
        return Finding.CONFIRMED, f"none of {len(marks)} properties"
    return Finding.CONFIRMED, _listed(list(marks.items()))


def _listed(marks: Sequence[tuple[str, Mark]]) -> str:
    return "; ".join(f"{name}: {mark.by}" for name, mark in marks)
