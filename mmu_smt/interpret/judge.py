"""Properties judged on plain values: conditions of states and of transitions, and what a proof of them would rest on."""

from __future__ import annotations

from collections.abc import Sequence

from mmu_smt.interpret.evaluate import Memory, RuntimeFault, Scope
from mmu_smt.interpret.machine import Configuration, Outcome, State
from mmu_smt.interpret.run import Codes
from mmu_smt.semantics.program import (
    BinaryExpr,
    BinaryOp,
    Config,
    EventUse,
    Program,
    Property,
    Quantifier,
    QuantifierOf,
    TExpr,
)
from mmu_smt.semantics.types import BOOL, Value


def applies(prop: Property, config: Config) -> bool:
    """True iff the property is judged under the config (else its verdict is `–`)."""
    return prop.applies and (not prop.configs or bool(prop.configs & config.includes))


class Judge:
    """A compiled property expression."""

    def __init__(self, codes: Codes, expr: TExpr) -> None:
        self._codes = codes
        self._scope = Scope()
        self._evaluate = codes.expressions.compile(expr, self._scope)

    def of_state(self, consts: Sequence[Value], state: State) -> bool | None:
        """Its value in a state; None where its evaluation faults."""
        return self._value(Memory(consts, state, self._codes.ghost_defaults))

    def of_transition(self, consts: Sequence[Value], before: Configuration, outcome: Outcome) -> bool | None:
        """Its value of a transition that does not fault; None where its evaluation faults."""
        assert outcome.after is not None
        memory = Memory(consts, before.state, outcome.observed)
        memory.after = outcome.after.state
        memory.decisions = list(outcome.decisions)
        memory.step = outcome.move.step
        return self._value(memory)

    def _value(self, memory: Memory) -> bool | None:
        try:
            return bool(self._evaluate(memory, [None] * self._scope.size))
        except RuntimeFault:
            return None


def premise(program: Program, condition: TExpr) -> TExpr | None:
    """What must be reachable for the condition to say anything; None where it is no implication.

    `A => B` has the premise A, and `A => (B => C)` has A && B; an event stands for its condition; under `all` some value must satisfy it.
    """
    match condition:
        case EventUse(name=name):
            return premise(program, program.events[name].condition)
        case QuantifierOf(kind=Quantifier.ALL, local=local, body=body, span=span):
            inner = premise(program, body)
            return None if inner is None else QuantifierOf(kind=Quantifier.ANY, local=local, body=inner, type=BOOL, span=span)
        case BinaryExpr(op=BinaryOp.IMPLIES, left=left, right=right, span=span):
            inner = premise(program, right)
            return left if inner is None else BinaryExpr(op=BinaryOp.AND, left=left, right=inner, type=BOOL, span=span)
        case _:
            return None
