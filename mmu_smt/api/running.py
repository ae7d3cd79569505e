"""Runs of a specification on plain values: from a random start, or from one that the solver finds where chance finds none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.syntax.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from mmu_smt.semantics.program import Config, Program
    from mmu_smt.witness.traces import Trace, Valuation


def run_program(program: Program, config: Config, *, seed: int, steps: int) -> Trace:
    """A run of at most `steps` transitions, chosen with the seed. Raises SpecError (MS511) where no initial state exists."""
    from mmu_smt.interpret.simulate import NoInitialState, simulate

    try:
        return simulate(program, config, seed=seed, steps=steps)
    except NoInitialState:
        return simulate(program, config, seed=seed, steps=steps, start=_solved_start(program, config, seed))


def _solved_start(program: Program, config: Config, seed: int) -> tuple[Valuation, Valuation]:
    """Constants and an initial state found by the solver."""
    from mmu_smt.engines.check import check_queries
    from mmu_smt.model.lower import lower
    from mmu_smt.model.system import SafetyQuery
    from mmu_smt.solve.budget import Budget

    lowered = lower(program, config)
    anything = SafetyQuery("initial state", lowered.system.table.true, on_state=True, is_cover=True)
    answer = check_queries(lowered.system, [anything], max_bound=0, budget=Budget(), seed=seed, progress=None).verdicts[0]
    if answer.run is None:
        raise SpecError((Diagnostic("MS511", "no initial state satisfies the assumptions and initial conditions", None),))
    candidate = lowered.candidate(answer.run.consts, answer.run.frames, answer.run.inputs, None)
    return candidate.consts, candidate.states[0]
