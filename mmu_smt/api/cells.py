"""Verdicts as the cells of a matrix hold them, with their runs as text; and opened again, with their runs replayed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from mmu_smt.api.cellcache import Damaged
from mmu_smt.api.targets import choose_config
from mmu_smt.semantics.fingerprint import Fingerprints
from mmu_smt.witness.matrices import CellVerdict
from mmu_smt.witness.serialise import candidate_from_json, candidate_to_json
from mmu_smt.witness.traces import Candidate, Move
from mmu_smt.witness.verdicts import CheckResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection

    from mmu_smt.semantics.program import Config, Program, Property, Site
    from mmu_smt.witness.matrices import Cell, MatrixReport, Row
    from mmu_smt.witness.traces import Trace


def kept_verdict(verdict: Verdict, fingerprints: Fingerprints) -> CellVerdict:
    """A verdict as a cell holds it."""
    trace = verdict.trace
    return CellVerdict(
        property=verdict.property.name,
        word=verdict.word,
        by=verdict.by,
        bound=verdict.bound,
        least=verdict.least,
        reason=verdict.reason,
        phase=verdict.phase,
        seconds=round(verdict.seconds, 3),
        length=None if trace is None else len(trace.steps),
        shortest=verdict.shortest,
        loop_start=None if trace is None else trace.loop_start,
        evidence=None if trace is None else evidence_of(trace, fingerprints),
        unclosed=() if trace is None else trace.unclosed,
    )


def evidence_of(trace: Trace, fingerprints: Fingerprints) -> str:
    """The run as text that survives edits elsewhere in the specification."""
    ended_by_fault = bool(trace.steps) and trace.steps[-1].fault is not None
    states = (trace.initial, *(s.after for s in (trace.steps[:-1] if ended_by_fault else trace.steps)))
    moves = tuple(
        Move(s.step, s.args, s.resume, {cast("Site", fingerprints.portable(site)): value for site, value in s.choices.items()})
        for s in trace.steps
    )
    return candidate_to_json(Candidate(trace.consts, states, moves, trace.loop_start), indent=None)


def open_cell(report: MatrixReport, row: Row, cell: Cell, only: Collection[str] | None = None, *, explain: bool = False) -> CheckResult:
    """The verdicts of a judged cell (on these properties `only`) with their runs, each replayed now. `explain`: with what would have broken
    their loops. Raises Damaged where one does not replay.
    """
    from mmu_smt.interpret import breaking

    program = row.program
    config = choose_config(program, cell.config)
    fingerprints = Fingerprints(program)
    verdicts: list[Verdict] = []
    for kept in cell.verdicts:
        judged = program.properties.get(kept.property)
        if judged is None or (only is not None and kept.property not in only):
            continue
        trace: Trace | None = None
        if kept.evidence is not None:
            try:
                trace = replayed(program, config, judged, kept.evidence, kept.unclosed, fingerprints)
            except Damaged as damage:
                raise Damaged(f"the run kept for {kept.property} does not replay: {damage}") from damage
        verdicts.append(
            Verdict(
                property=judged,
                word=kept.word,
                by=kept.by,
                bound=kept.bound,
                least=kept.least,
                trace=trace,
                reason=kept.reason,
                phase=kept.phase,
                seconds=kept.seconds,
                explanation=breaking.explain(program, config, judged, trace) if explain and trace is not None else None,
            )
        )
    target = f"{report.file}:{row.variant}"
    seconds = {"judging": sum(v.seconds for v in verdicts)}
    return CheckResult(program, config, tuple(verdicts), target, seconds, given=dict(report.given), seed=report.seed)


def replayed(
    program: Program, config: Config, judged: Property, evidence: str, unclosed: Collection[str], fingerprints: Fingerprints
) -> Trace:
    """A kept run, replayed now. Raises Damaged where it does not replay."""
    from mmu_smt.interpret.replay import ReplayMismatch, replay

    try:
        return replay(program, config, _candidate(evidence, fingerprints), judged, cone=frozenset(program.states) - frozenset(unclosed))
    except (ReplayMismatch, KeyError, ValueError) as error:
        raise Damaged(str(error)) from error


def _candidate(evidence: str, fingerprints: Fingerprints) -> Candidate:
    kept = candidate_from_json(evidence)
    moves = tuple(replace(m, choices={fingerprints.site(site): value for site, value in m.choices.items()}) for m in kept.moves)
    return replace(kept, moves=moves)
