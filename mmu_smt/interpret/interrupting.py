"""From a run of atomic steps to the run of the program itself in which nobody interrupts any of them."""

from __future__ import annotations

from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.machine import Machine, NotEnabled, Outcome
from mmu_smt.interpret.replay import ReplayMismatch, carry_out
from mmu_smt.semantics.program import Config, Program
from mmu_smt.witness.traces import Candidate, Move, Valuation


@deep_recursion()
def piece_by_piece(program: Program, config: Config, candidate: Candidate) -> Candidate:
    """The run of a candidate with atomic steps, each step taken from cut to cut without a pause, with the states that it comes through.

    Nothing is claimed of it: the caller replays it. Raises ReplayMismatch if the moves cannot be performed.
    """
    machine = Machine(program, config)
    first = carry_out(machine, Candidate(candidate.consts, candidate.states[:1], ()))
    consts, configuration = first.consts, first.configurations[0]
    moves: list[Move] = []
    states: list[Valuation] = [machine.valuation(configuration.state)]
    loop_start = None
    for index, move in enumerate(candidate.moves):
        if index == candidate.loop_start:
            loop_start = len(moves)
        in_loop = loop_start is not None
        piece = move
        while True:
            try:
                outcome: Outcome = machine.perform(consts, configuration, piece, in_loop=in_loop)
            except NotEnabled as error:
                raise ReplayMismatch(str(error), len(moves)) from None
            moves.append(piece)
            if outcome.after is None:
                return Candidate(candidate.consts, tuple(states), tuple(moves), loop_start)
            configuration = outcome.after
            states.append(machine.valuation(configuration.state))
            if configuration.flight is None or program.steps[move.step].actor == "env":
                break
            piece = Move(move.step, (), True, move.choices)
    return Candidate(candidate.consts, tuple(states), tuple(moves), loop_start)
