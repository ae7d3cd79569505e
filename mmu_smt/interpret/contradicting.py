"""Does a run that somebody made contradict what is said to hold of all runs?"""

from __future__ import annotations

from collections.abc import Iterable

from mmu_smt.interpret.machine import Machine
from mmu_smt.interpret.replay import ReplayMismatch, replay
from mmu_smt.semantics.program import Config, Program, Property, PropertyKind
from mmu_smt.witness.traces import Candidate, Move, Trace


def contradictions(program: Program, config: Config, trace: Trace, properties: Iterable[Property]) -> dict[str, Candidate]:
    """For each property (or cover) that a prefix of the run violates (or reaches), the shortest such prefix, as a candidate that replays.

    Of progress properties only a bound that is exceeded shows in a finite run.
    """
    machine = Machine(program, config, paths=True)
    found: dict[str, Candidate] = {}
    prefixes = [_prefix(trace, length) for length in range(len(trace.steps) + 1)]
    for judged in properties:
        if judged.kind is PropertyKind.COVER_LASSO or (judged.kind is PropertyKind.PROGRESS and not isinstance(judged.within, int)):
            continue
        for prefix in prefixes:
            try:
                replay(program, config, prefix, judged, machine=machine)
            except ReplayMismatch:
                continue
            found[judged.name] = prefix
            break
    return found


def _prefix(trace: Trace, length: int) -> Candidate:
    steps = trace.steps[:length]
    moves = tuple(Move(s.step, () if s.resume else s.args, s.resume, s.choices) for s in steps)
    states = (trace.initial, *(s.after for s in steps if s.fault is None))
    return Candidate(trace.consts, states, moves)
