"""Outcomes of the machine as steps of a trace."""

from __future__ import annotations

from collections.abc import Sequence

from mmu_smt.interpret.machine import Configuration, Machine, Outcome
from mmu_smt.semantics.types import Value
from mmu_smt.witness.traces import TraceStep, Valuation


def consts_valuation(machine: Machine, consts: Sequence[Value]) -> Valuation:
    """Constants by name."""
    return dict(zip(machine.program.consts, consts, strict=True))


def trace_step(machine: Machine, before: Configuration, outcome: Outcome) -> TraceStep:
    """One transition as a trace shows it. After a fault the state is the one before: the transition does not happen."""
    step = machine.program.steps[outcome.move.step]
    after = outcome.after or before
    flight = None if outcome.after is None else after.flight
    return TraceStep(
        step=step.name,
        actor=step.actor,
        args=outcome.args,
        resume=outcome.move.resume,
        choices=outcome.move.choices,
        after=machine.valuation(after.state),
        observed=machine.ghost_valuation(outcome.observed),
        decisions=outcome.decisions,
        position=None if flight is None else flight.position,
        cut=None if flight is None else flight.cut.spot.span,
        fault=outcome.fault,
        span=step.span,
    )
