"""One variant under one config, from the checked program to replayed verdicts: the place where all parts meet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from mmu_smt.api.errors import UnconfirmedError
from mmu_smt.api.targets import inapplicable
from mmu_smt.witness.verdicts import CheckResult, Engine, UnknownReason, Verdict, Word, was_interrupted

if TYPE_CHECKING:
    from mmu_smt.engines.result import EngineResult, EngineVerdict, RawRun
    from mmu_smt.engines.uninterrupted import Uninterrupted
    from mmu_smt.model.argument import Proof
    from mmu_smt.model.lower import Lowered
    from mmu_smt.model.system import ProgressQuery, SafetyQuery
    from mmu_smt.semantics.program import Config, Program, Property
    from mmu_smt.witness.explanations import Explanation
    from mmu_smt.witness.traces import Candidate, Trace

    Query: TypeAlias = SafetyQuery | ProgressQuery

Progress: TypeAlias = Callable[[str], None]

COMPARE_SECONDS = 300.0
"""What a comparison may take unless the caller says otherwise: some of its questions have no other end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a check may cost; None means no limit. `bound`: transitions; `seconds`: wall time; `memory`: megabytes held by the solver."""

    bound: int | None = None
    seconds: float | None = None
    rlimit: int | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What to judge, of what, and how.

    `target` and `given` are what the user named, for the report; `simplify`: traces are to be read, and made plainer; `explain`: it is
    found out what would have broken a loop; `cross_check`: small systems are also searched by enumeration; `engines`: only these prove
    anything, default all.
    """

    target: str
    program: Program
    config: Config
    properties: tuple[Property, ...]
    limits: Limits = Limits()
    given: Mapping[str, int] = field(default_factory=dict[str, int])
    seed: int = 0
    simplify: bool = True
    explain: bool = False
    cross_check: bool = False
    engines: frozenset[Engine] | None = None


def check_program(
    request: Request,
    *,
    progress: Progress | None = None,
    settled: Callable[[Verdict], None] | None = None,
    proved: Callable[[Mapping[str, int], Proof], None] | None = None,
) -> CheckResult:
    """Judge the request's properties. Every trace has been replayed by the interpreter.

    `settled` is told verdicts as soon as nothing can change them any more, those without a run first; it may not hear of all.
    `proved` is told of each case that has been judged what was settled in it, and by which arguments.

    On Ctrl-C the properties without a verdict are unknown(interrupted). Raises SpecError where the system is too large to be lowered,
    UnconfirmedError where a counterexample does not replay, DisagreementError where a cross-check comes to another verdict.
    """
    clock = _Phases()
    asked = tuple(p for p in request.properties if not inapplicable(p, request.config))
    verdicts: Mapping[str, Verdict] = {}
    stats: Mapping[str, int | float | str] = {}
    if asked:
        with suppress(KeyboardInterrupt):
            verdicts, stats = _judge(request, asked, clock, progress, settled or _nobody, proved or _unproved)
        clock.leave()
    return CheckResult(
        program=request.program,
        config=request.config,
        verdicts=tuple(verdicts.get(p.name) or _without(p, request, clock) for p in request.properties),
        target=request.target,
        seconds=clock.seconds,
        stats=stats,
        given=request.given,
        seed=request.seed,
    )


def _judge(
    request: Request,
    asked: tuple[Property, ...],
    clock: _Phases,
    progress: Progress | None,
    settled: Callable[[Verdict], None],
    proved: Callable[[Mapping[str, int], Proof], None],
) -> tuple[dict[str, Verdict], Mapping[str, int | float | str]]:
    from mmu_smt.api.cases import merged, together, unbeatable
    from mmu_smt.model.lower import cases

    clock.enter("start")
    divided = cases(request.program, request.config)
    clock.leave()
    found: dict[str, list[Verdict]] = {p.name: [] for p in asked}
    stats: list[Mapping[str, int | float | str]] = []
    cones: dict[str, frozenset[str]] = {}
    for number, case in enumerate(divided):
        wanted = tuple(p for p in asked if not any(map(unbeatable, found[p.name])))
        if not wanted:
            break
        share = replace(request, limits=_share(request.limits, clock.elapsed(), len(divided) - number))
        prefix = f"case {number + 1} of {len(divided)}, " if len(divided) > 1 else ""
        say = None if progress is None else partial(_say, progress, prefix)
        lowered, queries, result, long_runs = search(share, wanted, clock, say, case)
        stats.append(result.stats)
        proved(case, result.proof)
        answers = zip(wanted, queries, result.verdicts, strict=True)
        for judged, query, answer in sorted(answers, key=lambda item: item[2].run is not None):
            clock.enter("replay")
            trace = _confirm(request, lowered, judged, query, answer, long_runs)
            found[judged.name].append(_verdict(judged, answer, trace, _explained(request, judged, trace)))
            if len(divided) == 1 and answer.reason is not UnknownReason.INTERRUPTED:
                settled(found[judged.name][-1])
            cones[judged.name] = cones.get(judged.name, frozenset()) | lowered.cone_names(query)
        if any(was_interrupted(found[judged.name][-1]) for judged in wanted):
            break
    verdicts = {p.name: merged(found[p.name], len(divided)) or _without(p, request, clock) for p in asked}
    counts = dict(together(stats))
    if request.cross_check:
        from mmu_smt.api.crosscheck import cross_check

        clock.enter("cross-check")
        counts["cross-check"] = cross_check(request.program, request.config, verdicts.values(), cones)
    clock.leave()
    return verdicts, counts


def _nobody(_verdict: Verdict) -> None:
    pass


def _unproved(_case: Mapping[str, int], _proof: Proof) -> None:
    pass


def _say(progress: Progress, prefix: str, what: str) -> None:
    progress(prefix + what)


def _share(limits: Limits, elapsed: float, cases: int) -> Limits:
    """What one of the cases still to be judged may cost: its part of what is left."""
    return replace(
        limits,
        seconds=None if limits.seconds is None else max(limits.seconds - elapsed, 0.0) / cases + elapsed,
        rlimit=None if limits.rlimit is None else max(limits.rlimit // cases, 1),
    )


def _explained(request: Request, judged: Property, trace: Trace | None) -> Explanation | None:
    """What would have broken the loop of a trace that is to be read."""
    if trace is None or not request.explain:
        return None
    from mmu_smt.interpret.breaking import explain

    return explain(request.program, request.config, judged, trace)


def _verdict(judged: Property, answer: EngineVerdict, trace: Trace | None, explanation: Explanation | None) -> Verdict:
    return Verdict(
        property=judged,
        word=answer.word,
        by=answer.by,
        bound=answer.bound,
        least=answer.least,
        trace=trace,
        reason=answer.reason,
        phase=answer.phase,
        seconds=answer.seconds,
        vacuity=answer.vacuity,
        shortest=not answer.uninterrupted,
        explanation=explanation,
        minima=answer.run.minima if answer.run is not None and trace is not None else None,
        engines=() if answer.engine is None else (answer.engine,),
    )


def search(
    request: Request,
    asked: tuple[Property, ...],
    clock: _Phases,
    progress: Progress | None,
    case: Mapping[str, int],
) -> tuple[Lowered, list[Query], EngineResult, Mapping[str, Candidate]]:
    """Lower one case of the program and let the engines answer; nothing is replayed yet but the runs of uninterrupted steps, which are
    returned by property.
    """
    clock.enter("start")
    from mmu_smt.engines.check import check_queries
    from mmu_smt.model.lower import lower
    from mmu_smt.model.plainness import levels
    from mmu_smt.solve.budget import Budget

    clock.enter("lower")
    lowered = lower(request.program, request.config, case)
    queries = [lowered.query(p) for p in asked]
    clock.leave()
    limits = request.limits
    seconds = None if limits.seconds is None else max(limits.seconds - clock.elapsed(), 0.0)
    long_runs: dict[str, Candidate] = {}
    result = check_queries(
        lowered.system,
        queries,
        max_bound=limits.bound,
        budget=Budget(seconds=seconds, rlimit=limits.rlimit, memory=limits.memory),
        seed=request.seed,
        progress=progress,
        uninterrupted=partial(_uninterrupted, request, asked, lowered, queries, case, long_runs),
        levels=levels(lowered) if request.simplify and request.explain else (),
        engines=request.engines,
    )
    clock.add(result.seconds)
    return lowered, queries, result, long_runs


@dataclass(frozen=True, slots=True)
class Answered:
    """What the engines answer in one case, by property, before anything is replayed; and what it takes to replay it."""

    lowered: Lowered
    queries: Mapping[str, Query]
    verdicts: Mapping[str, EngineVerdict]
    long_runs: Mapping[str, Candidate]


def search_case(request: Request, asked: tuple[Property, ...], case: Mapping[str, int], progress: Progress | None) -> Answered:
    """Let the engines answer in one case. Whoever wants a run of an answer calls `confirmed`."""
    lowered, queries, result, long_runs = search(request, asked, _Phases(), progress, case)
    return Answered(
        lowered,
        {p.name: q for p, q in zip(asked, queries, strict=True)},
        {p.name: v for p, v in zip(asked, result.verdicts, strict=True)},
        long_runs,
    )


def confirmed(request: Request, answered: Answered, name: str) -> Trace:
    """The run of an answer that has one, replayed. Raises UnconfirmedError where it does not replay."""
    judged = next(p for p in request.properties if p.name == name)
    trace = _confirm(request, answered.lowered, judged, answered.queries[name], answered.verdicts[name], answered.long_runs)
    assert trace is not None
    return trace


def _uninterrupted(
    request: Request,
    asked: tuple[Property, ...],
    lowered: Lowered,
    queries: Sequence[Query],
    case: Mapping[str, int],
    long_runs: dict[str, Candidate],
) -> Uninterrupted:
    """The system with atomic steps. What is found there and replays as a run of `lowered` is kept in `long_runs`."""
    from mmu_smt.engines.uninterrupted import Uninterrupted
    from mmu_smt.interpret.interrupting import piece_by_piece
    from mmu_smt.interpret.replay import ReplayMismatch, replay
    from mmu_smt.model.lower import lower

    atomic = lower(request.program, request.config, case, atomic=True)
    by_name = {p.name: (p, q) for p, q in zip(asked, queries, strict=True)}

    def confirm(name: str, run: RawRun) -> bool:
        judged, query = by_name[name]
        try:
            steps = atomic.candidate(run.consts, run.frames, run.inputs, run.loop_start)
            pieces = piece_by_piece(request.program, request.config, steps)
            replay(request.program, request.config, pieces, judged, cone=lowered.cone_names(query))
        except ReplayMismatch:
            return False  # what it shows of atomic steps it does not show of their pieces
        long_runs[name] = pieces
        return True

    return Uninterrupted(atomic.system, [atomic.query(p) for p in asked], confirm)


def _confirm(
    request: Request, lowered: Lowered, judged: Property, query: Query, answer: EngineVerdict, long_runs: Mapping[str, Candidate]
) -> Trace | None:
    """The replayed run of an answer that claims one; a simpler one like it where that replays too."""
    if answer.run is None:
        return None
    from mmu_smt.api.simplify import simplify_trace
    from mmu_smt.interpret.replay import ReplayMismatch, replay

    run = answer.run
    if answer.uninterrupted:
        candidate = long_runs[judged.name]
    else:
        candidate = lowered.candidate(run.consts, run.frames, run.inputs, run.loop_start)
    cone = lowered.cone_names(query)
    if request.simplify:
        with suppress(ReplayMismatch):
            return simplify_trace(request.program, request.config, candidate, judged, cone=cone)
    try:
        return replay(request.program, request.config, candidate, judged, cone=cone)
    except ReplayMismatch as mismatch:
        raise UnconfirmedError(judged, candidate, str(mismatch)) from mismatch


def _without(judged: Property, request: Request, clock: _Phases) -> Verdict:
    """The verdict of a property that no engine answered: it does not apply, or the user stopped the run."""
    reason = inapplicable(judged, request.config)
    if reason:
        return Verdict(judged, Word.INAPPLICABLE, by=reason)
    return Verdict(judged, Word.UNKNOWN, reason=UnknownReason.INTERRUPTED, phase=clock.phase)


class _Phases:
    """Wall seconds by phase. `phase` is the one that is running, or ran last."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.phase = ""
        self._start = self._mark = time.perf_counter()
        self._open = False

    def enter(self, phase: str) -> None:
        self.leave()
        self.phase, self._mark, self._open = phase, time.perf_counter(), True

    def leave(self) -> None:
        if self._open:
            self.add({self.phase: time.perf_counter() - self._mark})
        self._open = False

    def add(self, seconds: Mapping[str, float]) -> None:
        for phase, value in seconds.items():
            self.seconds[phase] = self.seconds.get(phase, 0.0) + value

    def elapsed(self) -> float:
        return time.perf_counter() - self._start
