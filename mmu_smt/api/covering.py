"""Which branches of the handlers can be taken, and which premises of properties are ever met.

Each branch point is a cover of a program with marks (`variants.points`); all of them share one unrolling. Every run is replayed by the
interpreter, and answers for all points that it passes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mmu_smt.api.checking import Limits, Request, check_program, confirmed, search_case
from mmu_smt.api.targets import choose_config, inapplicable, unknown
from mmu_smt.semantics.program import Property, PropertyKind, StateRef, UnaryExpr, UnaryOp
from mmu_smt.semantics.types import BOOL
from mmu_smt.syntax.source import Span
from mmu_smt.variants.points import Marked, Point, mark, original_name
from mmu_smt.witness.coverage import Coverage, Found, PlaceResult, PremiseResult, Reach, Run
from mmu_smt.witness.verdicts import UnknownReason, Verdict, Word

if TYPE_CHECKING:
    from mmu_smt.api.targets import Spec
    from mmu_smt.semantics.program import Config, Function, Program
    from mmu_smt.witness.traces import Decision, Trace

SECONDS = 300.0
"""What one config may take, unless the user says otherwise."""

_DEAD = (Word.UNREACHABLE,)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look at. `configs`: each a sum of names; `at`: this FILE:LINE only. `limits.seconds` is for each config."""

    target: str
    program: Program
    configs: tuple[Config, ...]
    limits: Limits = field(default_factory=lambda: Limits(seconds=SECONDS))
    given: Mapping[str, int] = field(default_factory=dict[str, int])
    seed: int = 0
    at: str | None = None
    simplify: bool = False


def default_configs(spec: Spec, variant: str | None, params: Mapping[str, int]) -> tuple[Config, ...]:
    """The columns, under its first setting, of the matrix that has most rows of those with a row for the variant; its default config where
    there is none.
    """
    program = spec.program(variant, params)
    best: tuple[tuple[str, ...], ...] = ()
    rows = 0
    for matrix in spec.matrices_with(variant):
        if len(matrix.rows) > rows:
            rows, setting = len(matrix.rows), matrix.settings[0] if matrix.settings else ()
            best = tuple((*setting, *column) for column in matrix.columns)
    known = [names for names in best if all(name in program.configs for name in names)]
    return tuple(choose_config(program, names) for names in known) or (choose_config(program, None),)


def cover(asked: Asked, *, progress: Callable[[str], None] | None = None) -> Coverage:
    """Decide every branch point and every premise under each config. After a Ctrl-C what is open is unknown.

    Raises SpecError where no branch stands at `at` (MS547), UnconfirmedError where a run does not replay.
    """
    started = time.monotonic()
    marked = mark(asked.program)
    points = _at(asked, marked)
    runs: list[Run] = []
    found: list[dict[str, Found]] = []
    premises: list[dict[str, Found]] = []
    interrupted = False
    for number, config in enumerate(asked.configs):
        say = None if progress is None else _prefixed(progress, f"{config.name}: ")
        one = _Covering(asked, marked, config, number, runs, say)
        ghosts = tuple(dict.fromkeys(p.ghost for p in points))
        if interrupted:
            found.append(one.open(ghosts))
            premises.append({})
            continue
        answers, stopped = one.points(ghosts, {p.ghost: p for p in points})
        found.append(answers)
        judged, stopped_too = ({}, False) if stopped or asked.at else one.premises()
        premises.append(judged)
        interrupted = stopped or stopped_too
    program = asked.program
    hidden = frozenset(marked.unmarked)
    places = tuple(
        PlaceResult(p.kind.value, p.function, p.text, p.span, p.rule, tuple(_seen(f[p.ghost], p.function in hidden) for f in found))
        for p in points
    )
    judged = () if asked.at else tuple(_premises_of(program))
    return Coverage(
        target=asked.target,
        program=program,
        configs=asked.configs,
        functions=tuple(map(_whole, marked.functions)),
        places=places,
        premises=tuple(
            PremiseResult(p, tuple(_premise(p, c, f) for c, f in zip(asked.configs, premises, strict=True)))
            for p in judged
            if any(p.name in f for f in premises)
        ),
        runs=tuple(runs),
        unmarked=marked.unmarked,
        seconds=time.monotonic() - started,
        interrupted=interrupted,
    )


def _seen(found: Found, hidden: bool) -> Found:
    """What is not reached by any call that is marked may be reached by one that is not."""
    if found.reach is Reach.DEAD and hidden:
        return Found(Reach.UNKNOWN, "its function is also called under a quantifier, where nothing is seen")
    return found


def _whole(function: Function) -> Span:
    """From a function's name to the end of its last statement."""
    return Span(function.span.file, function.span.start, max((s.span.end for s in function.body), default=function.span.end))


def _premise(judged: Property, config: Config, found: Mapping[str, Found]) -> Found | None:
    if inapplicable(judged, config):
        return None
    return found.get(judged.name, Found(Reach.UNKNOWN, reason=UnknownReason.INTERRUPTED))


def _prefixed(progress: Callable[[str], None], prefix: str) -> Callable[[str], None]:
    return lambda text: progress(prefix + text)


def _at(asked: Asked, marked: Marked) -> tuple[Point, ...]:
    if asked.at is None:
        return marked.points
    there = [p for p in marked.points if _stands_at(p, asked.at)]
    if not there:
        places = dict.fromkeys(f"{p.span.file.name}:{p.span.line}" for p in marked.points)
        raise unknown("MS547", "branch at", asked.at, places)
    return tuple(there)


def _stands_at(point: Point, at: str) -> bool:
    """`FILE:LINE`, where the file may be named by its last parts."""
    name, _, line = at.rpartition(":")
    file = point.span.file.name.replace("\\", "/")
    return line == str(point.span.line) and (file == name or file.endswith("/" + name))


class _Covering:
    """One config."""

    def __init__(
        self, asked: Asked, marked: Marked, config: Config, number: int, runs: list[Run], progress: Callable[[str], None] | None
    ) -> None:
        self._asked, self._marked, self._number, self._runs, self._progress = asked, marked, number, runs, progress
        self._config = config
        self._deadline = None if asked.limits.seconds is None else time.monotonic() + asked.limits.seconds

    def open(self, ghosts: Sequence[str]) -> dict[str, Found]:
        """Nothing is known."""
        return {g: Found(Reach.UNKNOWN, reason=UnknownReason.INTERRUPTED) for g in ghosts}

    def points(self, ghosts: tuple[str, ...], points: Mapping[str, Point]) -> tuple[dict[str, Found], bool]:
        """The answers by mark, and whether the user stopped the search."""
        from mmu_smt.model.lower import cases

        found: dict[str, Found] = {}
        arguments: dict[str, list[Found]] = {g: [] for g in ghosts}
        stopped = False
        try:
            divided = cases(self._marked.program, self._config)
            for number, case in enumerate(divided):
                left = [g for g in ghosts if g not in found]
                if not left:
                    break
                judged = tuple(_cover_of(points[g]) for g in left)
                request = Request(
                    self._asked.target,
                    self._marked.program,
                    self._config,
                    judged,
                    self._limits(len(divided) - number),
                    self._asked.given,
                    self._asked.seed,
                    simplify=self._asked.simplify,
                )
                answered = search_case(request, judged, case, self._progress)
                for name, answer in answered.verdicts.items():
                    if answer.run is not None:
                        if name not in found:
                            trace = confirmed(request, answered, name)
                            self._passed(trace, name, ghosts, found)
                    elif answer.word in _DEAD:
                        arguments[name].append(Found(Reach.DEAD, answer.by))
                    else:
                        arguments[name].append(Found(Reach.UNKNOWN, reason=answer.reason, phase=answer.phase))
                        stopped = stopped or answer.reason is UnknownReason.INTERRUPTED
                if stopped:
                    break
        except KeyboardInterrupt:
            stopped = True
            divided = ()
        for ghost in ghosts:
            if ghost not in found:
                found[ghost] = _all_cases(arguments[ghost], len(divided))
        return found, stopped

    def _passed(self, trace: Trace, name: str, ghosts: Sequence[str], found: dict[str, Found]) -> None:
        """Everything that a run passes is reached by it; what it is for, always, if it is replayed as claimed."""
        self._runs.append(Run(self._number, _unmarked(trace)))
        seen = {g for g in ghosts if any(s.observed.get(g) for s in trace.steps)}
        for ghost in (name, *seen):
            found.setdefault(ghost, Found(Reach.REACHED, run=len(self._runs) - 1))

    def _limits(self, parts: int) -> Limits:
        seconds = None if self._deadline is None else max(self._deadline - time.monotonic(), 0.0) / parts
        return replace(self._asked.limits, seconds=seconds)

    def premises(self) -> tuple[dict[str, Found], bool]:
        """For each property that can be vacuous and applies, whether what it rests on happens; and whether the user stopped it."""
        program = self._asked.program
        covers = {p.name: _premise_cover(program, p) for p in _premises_of(program) if not inapplicable(p, self._config)}
        asked = tuple(c for c in covers.values() if c is not None)
        request = Request(
            self._asked.target, program, self._config, asked, self._limits(1), self._asked.given, self._asked.seed, simplify=False
        )
        found: dict[str, Found] = {}
        with suppress(KeyboardInterrupt):
            result = check_program(request, progress=self._progress)
            for name, verdict in zip((n for n, c in covers.items() if c is not None), result.verdicts, strict=True):
                found[name] = self._premise_found(verdict)
        return found, len(found) < len(asked) or any(f.reason is UnknownReason.INTERRUPTED for f in found.values())

    def _premise_found(self, verdict: Verdict) -> Found:
        if verdict.trace is not None:
            self._runs.append(Run(self._number, verdict.trace))
            return Found(Reach.REACHED, run=len(self._runs) - 1)
        if verdict.word in (Word.UNREACHABLE, Word.PROVED):
            return Found(Reach.DEAD, verdict.by)
        return Found(Reach.UNKNOWN, reason=verdict.reason, phase=verdict.phase)


def _unmarked(trace: Trace) -> Trace:
    """The run as one of the program without marks: on the path to a decision each operand is tested once."""

    def decided(decision: Decision) -> Decision:
        path = [replace(t, function=original_name(t.function)) for t in decision.path]
        befores = [None, *path]
        again = [b is not None and (b.span, b.outcome) == (t.span, t.outcome) for t, b in zip(path, befores, strict=False)]
        return replace(decision, path=tuple(t for t, twice in zip(path, again, strict=True) if not twice))

    return replace(trace, steps=tuple(replace(s, decisions=tuple(map(decided, s.decisions))) for s in trace.steps))


def _all_cases(found: Sequence[Found], cases: int) -> Found:
    """Dead where every case says so."""
    if any(f.reach is Reach.UNKNOWN for f in found):
        return next(f for f in found if f.reach is Reach.UNKNOWN)
    if not cases or len(found) < cases:
        return Found(Reach.UNKNOWN, reason=UnknownReason.INTERRUPTED)
    return Found(Reach.DEAD, "; ".join(dict.fromkeys(f.by for f in found)))


def _cover_of(point: Point) -> Property:
    condition = StateRef(type=BOOL, span=point.span, name=point.ghost)
    return Property(name=point.ghost, kind=PropertyKind.COVER, condition=condition, span=point.span)


def _premises_of(program: Program) -> tuple[Property, ...]:
    """The properties that could hold in vain, and the covers that the specification declares."""
    return tuple(p for p in program.properties.values() if p.kind not in (PropertyKind.NO_FAULT, PropertyKind.NO_DEADLOCK))


def _premise_cover(program: Program, judged: Property) -> Property | None:
    """A question whose run meets what the property rests on; None where it rests on nothing."""
    from mmu_smt.model.properties import premise

    match judged.kind:
        case PropertyKind.COVER | PropertyKind.COVER_LASSO:
            return judged
        case PropertyKind.PROGRESS:
            return replace(judged, kind=PropertyKind.COVER, condition=judged.recurs, recurs=None, never=None, within=None)
        case PropertyKind.STEP | PropertyKind.INVARIANT if judged.condition is not None:
            rests_on = premise(program, judged.condition)
            if rests_on is None:
                return None
            if judged.kind is PropertyKind.STEP:
                return replace(judged, kind=PropertyKind.COVER, condition=rests_on)
            never = UnaryExpr(type=BOOL, span=judged.condition.span, op=UnaryOp.NOT, operand=rests_on)
            return replace(judged, condition=never)
        case _:
            return None
