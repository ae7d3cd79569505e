"""Small transition systems built by hand, for the engine tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mmu_smt.model.system import Choice, FairStep, FaultCheck, TransitionSystem
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Term
from mmu_smt.syntax.source import SourceFile, Span

SPAN = Span(SourceFile("engine-test.mmu", ""), 0, 0)


@dataclass
class Builder:
    """Collects the parts of a system; what is left out is trivial."""

    table: TermTable = field(default_factory=TermTable)
    constants: list[Term] = field(default_factory=list)
    state: list[Term] = field(default_factory=list)
    inputs: list[Term] = field(default_factory=list)
    next: dict[str, Term] = field(default_factory=dict)
    primed: dict[str, Term] = field(default_factory=dict)

    def const(self, name: str, width: int) -> Term:
        self.constants.append(self.table.var(name, width))
        return self.constants[-1]

    def var(self, name: str, width: int) -> Term:
        """A state variable that keeps its value until `next[name]` is set."""
        variable = self.table.var(name, width)
        self.state.append(variable)
        self.next[name] = variable
        self.primed[name] = self.table.var(f"{name}'", width)
        return variable

    def input(self, name: str, width: int) -> Term:
        self.inputs.append(self.table.var(name, width))
        return self.inputs[-1]

    def n(self, value: int, width: int) -> Term:
        return self.table.const(value, width) if width else self.table.bool(bool(value))

    def build(
        self,
        *,
        init: Term | None = None,
        step_ok: Term | None = None,
        step_ok_loop: Term | None = None,
        step_fault: Term | None = None,
        terminal: Term | None = None,
        can_move: Term | None = None,
        fairness: Sequence[FairStep] = (),
        env: Sequence[int] = (),
        guests: Sequence[int] = (),
        assumptions: Term | None = None,
        domain_state: Term | None = None,
        invariants: Mapping[str, Term] | None = None,
    ) -> TransitionSystem:
        true, false = self.table.true, self.table.false
        ok = true if step_ok is None else step_ok
        choices = [Choice(f"env{i}", "env", i, true, true, SPAN) for i in env] + [
            Choice(f"go{i}", "guest", i, true, true, SPAN) for i in guests
        ]
        return TransitionSystem(
            table=self.table,
            constants=tuple(self.constants),
            state=tuple(self.state),
            inputs=tuple(self.inputs),
            primed=self.primed,
            next=self.next,
            domain_constants=true,
            domain_state=domain_state or true,
            domain_inputs=true,
            assumptions=assumptions or true,
            init=true if init is None else init,
            choices=tuple(choices),
            step_ok=ok,
            step_ok_loop=ok if step_ok_loop is None else step_ok_loop,
            step_fault=false if step_fault is None else step_fault,
            faults=() if step_fault is None else (FaultCheck(step_fault, "planted", SPAN),),
            terminal=false if terminal is None else terminal,
            can_move=true if can_move is None else can_move,
            fairness=tuple(fairness),
            initial_invariants=tuple((invariants or {}).items()),
        )
