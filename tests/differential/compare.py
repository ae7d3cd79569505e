"""The two meanings side by side: explicit search on plain values against lowering, engines and replay."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.api.errors import UnconfirmedError
from mmu_smt.interpret.explicit import ExplicitResult, ExplicitVerdict, explore
from mmu_smt.interpret.machine import TooLarge
from mmu_smt.model.lower import lower
from mmu_smt.semantics.program import Config, Program, Property, PropertyKind, combine, has_cuts
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.witness.verdicts import UnknownReason, Verdict, Word
from tests.differential.generate import GeneratedSpec

UNDECIDED = frozenset({Word.BOUNDED, Word.UNKNOWN})
LASSOS = frozenset({PropertyKind.PROGRESS, PropertyKind.COVER_LASSO})
FIRST_BOUND = 12


@dataclass(slots=True)
class Comparison:
    """What comparing one system gave. `skipped`: it is too large for the explicit search. `met`: what occurred, for the coverage
    of the generator."""

    spec: GeneratedSpec
    mismatches: list[str] = field(default_factory=list)
    skipped: bool = False
    met: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return "\n".join((f"seed {self.spec.seed}: {self.spec.description}", *self.mismatches, self.spec.text))


def checked(spec: GeneratedSpec) -> tuple[Program, Config]:
    """The program and the config of a generated system. Raises SpecError: the generator or the checker is wrong then."""
    program = Workspace.from_text(spec.text, name="generated.mmu").program(spec.variant)
    return program, combine(tuple(program.configs[c] for c in spec.configs))


def compare(spec: GeneratedSpec, *, max_configurations: int = 2_500, seconds: float = 6.0, bounded_first: bool = True) -> Comparison:
    """Judge every property in both ways. `seconds`: for the solver, where it must settle a property without a bound; `bounded_first`: after
    a search up to FIRST_BOUND.
    """
    comparison = Comparison(spec)
    program, config = checked(spec)
    lowered = lower(program, config)
    asked = [p for p in program.properties.values() if p.applies and (not p.configs or p.configs & config.includes)]
    cones = {p.name: lowered.cone_names(lowered.query(p)) for p in asked}
    try:
        explicit = explore(program, config, max_configurations=max_configurations, max_initial=max_configurations, cone=cones)
    except TooLarge:
        comparison.skipped = True
        return comparison
    try:
        bound = FIRST_BOUND if bounded_first else None
        solved = _solve(program, config, tuple(program.properties.values()), Limits(bound=bound, seconds=4 * seconds))
        open_ones = tuple(v.property for v in solved.values() if bounded_first and _is_open(v) and not _may_stay_open(v.property, config))
        if open_ones:
            again = _solve(program, config, open_ones, Limits(seconds=seconds))
            solved |= {name: v for name, v in again.items() if not (v.word in UNDECIDED and solved[name].word is Word.PROVED)}
    except UnconfirmedError as error:
        comparison.mismatches.append(f"replay: {error}")
        return comparison
    for verdict in solved.values():
        _judge(comparison, verdict, explicit, program, config)
    note(comparison, explicit, program, config)
    return comparison


def _solve(program: Program, config: Config, properties: tuple[Property, ...], limits: Limits) -> dict[str, Verdict]:
    result = check_program(Request("generated.mmu", program, config, properties, limits))
    return {v.property.name: v for v in result.verdicts}


def _is_open(verdict: Verdict) -> bool:
    return verdict.word in UNDECIDED or verdict.vacuity is not None


def _may_stay_open(prop: Property, config: Config) -> bool:
    """No completeness argument is promised for infinite runs under fairness."""
    fair = any(e.fairness is not None for e in config.enables)
    return prop.kind in LASSOS and prop.within is None and fair


def _judge(comparison: Comparison, verdict: Verdict, explicit: ExplicitResult, program: Program, config: Config) -> None:
    """Record what is wrong with one verdict, if anything."""
    name, met = verdict.property.name, comparison.met
    expected = explicit.verdicts.get(name)
    met[f"solver: {verdict.property.kind} {verdict.word}"] += 1
    if (expected is None) != (verdict.word is Word.INAPPLICABLE):
        comparison.mismatches.append(f"{name}: solver {verdict.word}, explicit {expected}")
    if expected is None or verdict.word is Word.INAPPLICABLE:
        return
    if explicit.initial == 0 and verdict.word is Word.VACUOUS:
        return  # the solver says of everything that it holds for want of a run; the explicit search judges it as it stands
    problem = _open(verdict, expected, config) if verdict.word in UNDECIDED else _settled(verdict, expected, program)
    if problem:
        shown = f"{expected.word} length {expected.length} least {expected.least}"
        comparison.mismatches.append(f"{name} ({verdict.property.kind}): {problem}: explicit {shown}, solver {_shown(verdict)}")
    elif _is_open(verdict) and not _may_stay_open(verdict.property, config):
        met["undecided in time"] += 1


def _open(verdict: Verdict, expected: ExplicitVerdict, config: Config) -> str:
    """What is wrong with the solver not having settled a property, "" where nothing is."""
    if expected.length is not None and verdict.bound is not None and expected.length <= verdict.bound:
        return "the solver says that there is none up to its bound"
    if expected.word is Word.UNKNOWN or _may_stay_open(verdict.property, config):
        return ""
    return "" if verdict.reason is UnknownReason.TIME else "the solver should have settled it"


def _settled(verdict: Verdict, expected: ExplicitVerdict, program: Program) -> str:
    if verdict.word is not expected.word and not (verdict.vacuity is not None and expected.word is Word.VACUOUS):
        return "different verdicts"
    if verdict.least != expected.least:
        return "different least bounds"
    if (verdict.trace is None) != (expected.length is None):
        return "only one has a run"
    if verdict.trace is not None and not verdict.shortest:
        return "" if (verdict.bound or 0) < (expected.length or 0) <= len(verdict.trace.steps) else "a run that cannot be that long"
    if verdict.trace is not None and len(verdict.trace.steps) != expected.length:
        return "different lengths"
    if verdict.trace is not None and expected.candidate is not None:
        fewest = sum(program.steps[m.step].actor == "env" for m in expected.candidate.moves)
        if sum(s.actor == "env" for s in verdict.trace.steps) != fewest:
            return f"not the fewest env steps, {fewest}"
    return ""


def _shown(verdict: Verdict) -> str:
    length = None if verdict.trace is None else len(verdict.trace.steps)
    known = f"length {length} least {verdict.least} bound {verdict.bound} by {verdict.by!r}"
    return f"{verdict.word} {known} {verdict.reason or ''} vacuity {verdict.vacuity}"


def note(comparison: Comparison, explicit: ExplicitResult, program: Program, config: Config) -> None:
    """Features of the system's behaviour, beyond those of its text."""
    met = comparison.met
    met["configurations"] += explicit.configurations
    met["cut position"] += has_cuts(program, config) and any(w in comparison.spec.text for w in ("lock ", "yield "))
    if explicit.initial == 0:
        met["no initial state"] += 1
    for verdict in explicit.verdicts.values():
        met[verdict.word] += 1
        met["least"] += verdict.least is not None
        candidate = verdict.candidate
        if candidate is None:
            continue
        met["run into a fault"] += len(candidate.moves) == len(candidate.states)
        met["env step taken"] += any(program.steps[m.step].actor == "env" for m in candidate.moves)
        met["resumed step"] += any(m.resume for m in candidate.moves)
        if candidate.loop_start is not None:
            met["lasso"] += 1
            loop = candidate.moves[candidate.loop_start :]
            met["lasso with an env step in the loop"] += any(program.steps[m.step].actor == "env" for m in loop)
            met["lasso with a cut in the loop"] += any(m.resume for m in loop)
            met["lasso with a stem"] += candidate.loop_start > 0
            met["lasso under fairness"] += any(e.fairness is not None for e in config.enables)
        met["long run"] += len(candidate.moves) >= 4
