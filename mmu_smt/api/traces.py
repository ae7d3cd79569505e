"""Saved traces: read, replayed by the interpreter against the specification as it is now, evaluated, made plainer."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmu_smt.api.targets import choose_config, load, single_variant, unknown
from mmu_smt.report.trace_json import MAX_BYTES, NotATrace, Unfit, candidate_of, decode_traces
from mmu_smt.syntax.diagnostics import Diagnostic, Note, SpecError
from mmu_smt.witness.verdicts import CheckResult, Minima, Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmu_smt.interpret.observe import Faulted
    from mmu_smt.report.trace_json import SavedTrace
    from mmu_smt.semantics.program import Config, Program, Property, TExpr
    from mmu_smt.semantics.types import Value
    from mmu_smt.witness.traces import Candidate, Trace


@dataclass(frozen=True, slots=True)
class Opened:
    """A saved trace and what became of it. `result` holds the one verdict with the trace as it was replayed just now.

    `stale`: the specification has changed since the trace was saved. `difference`: where handlers decide otherwise than they did then.
    """

    file: str
    saved: SavedTrace
    result: CheckResult
    stale: bool
    difference: str = ""

    @property
    def verdict(self) -> Verdict:
        return self.result.verdicts[0]

    @property
    def trace(self) -> Trace:
        trace = self.verdict.trace
        assert trace is not None
        return trace


@dataclass(frozen=True, slots=True)
class Refuted:
    """A saved trace that does not replay. `reason`: why, with the transition where that is known; `stale` as in `Opened`."""

    file: str
    saved: SavedTrace
    target: str
    reason: str
    stale: bool


def read_traces(path: str | Path, properties: Sequence[str] | None = None) -> tuple[SavedTrace, ...]:
    """The traces of a file, those of the named properties; of `FILE#N` the N-th of them, counted from 1. Nothing is replayed.

    Raises SpecError (MS620, MS503, MS531).
    """
    name, number = _numbered(str(path))
    try:
        with Path(name).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise SpecError((Diagnostic("MS620", f"{name} cannot be read: {reason}", None),)) from error
    try:
        document = decode_traces(data)
    except NotATrace as error:
        raise SpecError((Diagnostic("MS620", f"{name}: {error}", None),)) from error
    names = list(dict.fromkeys(t.property for t in document.traces))
    for wanted in properties or ():
        if wanted not in names:
            raise unknown("MS503", "property", wanted, names)
    found = tuple(t for t in document.traces if properties is None or t.property in properties)
    if number is None:
        return found
    if not 1 <= number <= len(found):
        raise SpecError((Diagnostic("MS531", f"{name} has no trace {number}: there are {len(found)}", None),))
    return (found[number - 1],)


def _numbered(name: str) -> tuple[str, int | None]:
    """`FILE#N` in its two parts, unless there is a file of the whole name."""
    file, mark, number = name.rpartition("#")
    if not mark or not number.isdecimal() or len(number) > 9 or os.path.lexists(name):
        return name, None
    return file, int(number)


def open_trace(file: str, saved: SavedTrace, *, spec: str | None = None, explain: bool = False) -> Opened | Refuted:
    """Replay a saved trace against its specification as it is now, or against `spec`.

    Raises SpecError where the specification cannot be used, or lacks what the trace speaks of (MS621).
    """
    program, config, judged, target = _subject(file, saved, spec)
    stale = program.digest != saved.spec.digest
    try:
        candidate = candidate_of(program, saved)
        trace = _replayed(program, config, candidate, judged)
    except Unfit as error:
        raise _unfit(file, target, str(error), stale=stale) from error
    except _Mismatch as error:
        return Refuted(file, saved, target, error.reason, stale)
    word = Word.REACHED if judged.kind.value.startswith("cover") else Word.VIOLATED
    difference = _difference(saved, trace)
    if difference and not stale:
        return Refuted(file, saved, target, difference, stale)
    given = dict(saved.spec.given)
    minima = None if stale or saved.minima is None else Minima(saved.minima.env_steps, saved.minima.parts, saved.minima.complete)
    verdict = Verdict(judged, word, trace=trace, shortest=saved.shortest and not stale, minima=minima, further=saved.further)
    result = CheckResult(program, config, (verdict,), target, given=given, seed=saved.spec.seed)
    opened = Opened(file, saved, result, stale, difference)
    return explained(opened) if explain else opened


def _difference(saved: SavedTrace, trace: Trace) -> str:
    """The first step in which what is decided differs from what the file says; empty where there is none."""
    for number, (then, now) in enumerate(zip(saved.steps, trace.steps, strict=True), 1):
        was = [(d.handler, d.shown, d.rule) for d in then.decisions]
        found = [(d.handler, d.shown, d.rule) for d in now.decisions]
        if was != found:
            return f"step {number} decides {_told(found)}, not {_told(was)} as saved"
    return ""


def _told(decisions: Sequence[tuple[str, str, str | None]]) -> str:
    texts = (f"{handler}: {shown}" + (f" @{rule}" if rule else "") for handler, shown, rule in decisions)
    return ", ".join(texts) or "nothing"


def evaluate(opened: Opened, text: str) -> Evaluated:
    """The values of an expression of the language along a trace. Raises SpecError where it is none."""
    from mmu_smt.interpret.observe import Observer

    result, trace = opened.result, opened.trace
    spec = load(opened.result.target)
    expr, of_step = spec.expression(result.program, text, dict(result.given))
    observer = Observer(result.program, trace)
    length = len(trace.steps) - (1 if trace.steps and trace.steps[-1].fault is not None else 0)
    if of_step:
        return Evaluated(text, expr, True, tuple(observer.in_transition(expr, i) for i in range(length)))
    return Evaluated(text, expr, False, tuple(observer.in_state(expr, i) for i in range(length + 1)))


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Values of one expression: of transitions (`of_step`) or of the states between them, in order."""

    text: str
    expr: TExpr
    of_step: bool
    values: tuple[Value | Faulted, ...]


def minimize(opened: Opened) -> Opened:
    """The trace made plainer: transitions taken away, and values set to their defaults, as far as it still shows the property.

    Greedy: nothing is claimed to be minimal.
    """
    from mmu_smt.api.simplify import simplify_trace

    result, judged = opened.result, opened.verdict.property
    cone = _cone(result.program, result.config, judged) if opened.trace.unclosed else None
    trace = simplify_trace(result.program, result.config, candidate_of_trace(opened.trace), judged, cone=cone, shorten=True)
    same = len(trace.steps) == len(opened.trace.steps)
    verdict = replace(opened.verdict, trace=trace, explanation=None, minima=None, shortest=same and opened.verdict.shortest)
    return replace(opened, result=replace(result, verdicts=(verdict,)))


def explained(opened: Opened) -> Opened:
    """The same, with what would have broken its loop."""
    from mmu_smt.interpret import breaking

    result = opened.result
    explanation = breaking.explain(result.program, result.config, opened.verdict.property, opened.trace)
    return replace(opened, result=replace(result, verdicts=(replace(opened.verdict, explanation=explanation),)))


def candidate_of_trace(trace: Trace) -> Candidate:
    """A trace as the claim that a replay would have to confirm."""
    from mmu_smt.witness.traces import Candidate, Move

    ended_by_fault = bool(trace.steps) and trace.steps[-1].fault is not None
    states = (trace.initial, *(s.after for s in (trace.steps[:-1] if ended_by_fault else trace.steps)))
    moves = tuple(Move(s.step, () if s.resume else s.args, s.resume, s.choices) for s in trace.steps)
    return Candidate(trace.consts, states, moves, trace.loop_start)


class _Mismatch(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _subject(file: str, saved: SavedTrace, spec: str | None) -> tuple[Program, Config, Property, str]:
    """The program, config and property that a trace is about, and the target that stands for them."""
    target = spec or saved.spec.target
    try:
        loaded = load(target)
        variant = saved.spec.variant if spec is None and saved.spec.variant in loaded.all_variants else single_variant(loaded)
        program = loaded.program(variant, saved.spec.given)
        config = choose_config(program, saved.spec.config or None)
    except SpecError as error:
        first = error.diagnostics[0]
        note = Note(f"{file} was saved from {target}; --spec names another specification to replay it against")
        raise SpecError((replace(first, notes=(*first.notes, note)), *error.diagnostics[1:])) from error
    judged = program.properties.get(saved.property)
    if judged is None:
        raise _unfit(file, target, f"there is no property {saved.property}", stale=program.digest != saved.spec.digest)
    return program, config, judged, target


def _unfit(file: str, target: str, reason: str, *, stale: bool) -> SpecError:
    why = "the specification has changed since it was saved" if stale else "the file is not as it was saved"
    return SpecError((Diagnostic("MS621", f"{file} does not fit {target}: {reason}", None, (Note(why),)),))


def _replayed(program: Program, config: Config, candidate: Candidate, judged: Property) -> Trace:
    """Raises _Mismatch. A loop must close in all that the property can see, and go on for ever where other state differs."""
    from mmu_smt.interpret.replay import ReplayMismatch, replay

    try:
        return replay(program, config, candidate, judged)
    except ReplayMismatch as error:
        if candidate.loop_start is None or "does not close" not in error.message:
            raise _Mismatch(str(error)) from error
    try:
        return replay(program, config, candidate, judged, cone=_cone(program, config, judged))
    except ReplayMismatch as error:
        raise _Mismatch(str(error)) from error


def _cone(program: Program, config: Config, judged: Property) -> frozenset[str]:
    """The state variables that a property can see, in whatever case its run is."""
    from mmu_smt.model.lower import cases, lower

    found: frozenset[str] = frozenset()
    for case in cases(program, config):
        lowered = lower(program, config, case)
        found |= lowered.cone_names(lowered.query(judged))
    return found
