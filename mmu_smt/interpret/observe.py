"""Expressions of the language evaluated along a replayed trace: in a state, or of a transition as properties see it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mmu_smt.interpret.evaluate import Evaluate, Memory, RuntimeFault, Scope
from mmu_smt.interpret.run import Codes
from mmu_smt.semantics.program import Program, TExpr
from mmu_smt.semantics.types import Value
from mmu_smt.syntax.source import Span
from mmu_smt.witness.traces import Trace, Valuation


@dataclass(frozen=True, slots=True)
class Faulted:
    """An evaluation that ends in a run-time fault."""

    message: str
    span: Span = field(repr=False)


class Observer:
    """Evaluates expressions of one program along one of its traces. State i is the state before transition i."""

    def __init__(self, program: Program, trace: Trace, codes: Codes | None = None) -> None:
        self._program = program
        self._trace = trace
        self._codes = codes or Codes(program)
        self._consts = tuple(trace.consts[n] for n in program.consts)
        self._compiled: dict[int, tuple[TExpr, Evaluate, Scope]] = {}

    def in_state(self, expr: TExpr, index: int) -> Value | Faulted:
        """The value of an expression without events, primes and ghosts in state `index`."""
        return self._value(expr, self.memory_of_state(index))

    def in_transition(self, expr: TExpr, index: int) -> Value | Faulted:
        """The value of an expression of transition `index`, which does not fault."""
        return self._value(expr, self.memory_of_transition(index))

    def memory_of_state(self, index: int) -> Memory:
        """What expressions of state `index` read."""
        return Memory(self._consts, self._state(self._trace.state_before(index)), self._codes.ghost_defaults)

    def memory_of_transition(self, index: int) -> Memory:
        """What expressions of transition `index`, which does not fault, read."""
        step = self._trace.steps[index]
        memory = Memory(self._consts, self._state(self._trace.state_before(index)), tuple(step.observed[n] for n in self._program.ghosts))
        memory.after = self._state(step.after)
        memory.decisions = list(step.decisions)
        memory.step = step.step
        return memory

    def _state(self, values: Valuation) -> tuple[Value, ...]:
        return tuple(values[n] for n in self._program.states)

    def _value(self, expr: TExpr, memory: Memory) -> Value | Faulted:
        if id(expr) not in self._compiled:  # the expression is kept, so that its id stays its own
            scope = Scope()
            self._compiled[id(expr)] = expr, self._codes.expressions.compile(expr, scope), scope
        _, evaluate, scope = self._compiled[id(expr)]
        try:
            return evaluate(memory, [None] * scope.size)
        except RuntimeFault as fault:
            return Faulted(fault.message, fault.span)
