"""Conditions over states and transitions: assumptions, initial conditions, invariants, step expressions, and what makes a proof vacuous."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmu_smt.model.flow import Flow, Joiner, Key
from mmu_smt.model.statements import BodyWalker
from mmu_smt.model.steps import StepImage
from mmu_smt.model.symbolic import SVal, encode, equal
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Term
from mmu_smt.model.traits import Traits
from mmu_smt.semantics.program import (
    BinaryExpr,
    BinaryOp,
    Decides,
    EventUse,
    Local,
    Primed,
    Program,
    Quantifier,
    QuantifierOf,
    Site,
    Taken,
    TExpr,
)
from mmu_smt.semantics.types import BOOL


def _no_choice(site: Site, local: Local) -> SVal:
    raise ValueError(f"`choose {local.name}` at {site} in a condition")


class ConditionWalker(BodyWalker):
    """Evaluates conditions over one state or one transition.

    `now` gives state variables and ghosts, `after` the state variables primed, `images` the steps. Conditions over a single state are
    given none of the last two.
    """

    def __init__(
        self,
        program: Program,
        constants: Mapping[str, SVal],
        joiner: Joiner,
        traits: Traits,
        *,
        now: Mapping[str, SVal],
        after: Mapping[str, SVal] | None = None,
        images: Sequence[StepImage] = (),
    ) -> None:
        super().__init__(program, constants, joiner, traits, choose=_no_choice)
        self._now: dict[Key, SVal] = {**now}
        self._after = after
        self._images = images
        self._events: dict[str, SVal] = {}

    def judge(self, condition: TExpr, *, on_fault: bool) -> Term:
        """Whether a condition holds; `on_fault` where its evaluation faults."""
        table = self.table
        self.faults.clear()
        holds = self.condition(condition, Flow(table.true, dict(self._now)))
        faulted = table.or_(*[f.condition for f in self.faults])
        return table.or_(holds, faulted) if on_fault else table.and_(holds, table.not_(faulted))

    def value(self, expr: TExpr) -> tuple[SVal, Term]:
        """An expression's value and whether its evaluation faults."""
        self.faults.clear()
        value = self.evaluate(expr, Flow(self.table.true, dict(self._now)))
        return value, self.table.or_(*[f.condition for f in self.faults])

    def reference(self, expr: Primed | Decides | Taken | EventUse, flow: Flow) -> SVal:
        table = self.table
        match expr:
            case EventUse():
                return self.evaluate(self.program.events[expr.name].condition, flow)
            case Primed():
                if self._after is None:
                    raise ValueError("a primed expression in a condition over one state")
                return self.evaluate(expr.operand, Flow(flow.condition, {**flow.store, **self._after}))
            case Taken():
                return table.or_(*[i.selected for i in self._images if i.step.name == expr.step])
            case Decides():
                return table.or_(*[table.and_(i.selected, self._decides(i, expr)) for i in self._images])

    def _decides(self, image: StepImage, expr: Decides) -> Term:
        table = self.table
        kind = self.program.functions[expr.handler].returns
        hits: list[Term] = []
        for decision in image.decisions:
            if decision.handler != expr.handler or decision.value is None or kind is None:
                continue
            same = [equal(table, kind, decision.value, encode(table, kind, expr.value))]
            if expr.rule is not None:
                same.append(table.eq(decision.rule, self.rule(expr.rule)))
            hits.append(table.and_(decision.condition, *same))
        return table.or_(*hits)


def premise(program: Program, condition: TExpr) -> TExpr | None:
    """What an implication rests on: `A` of `A => B`, `A && B` of `A => (B => C)`, within `all` for some value; None where there is no
    implication.
    """
    match condition:
        case EventUse():
            return premise(program, program.events[condition.name].condition)
        case QuantifierOf(kind=Quantifier.ALL):
            inner = premise(program, condition.body)
            if inner is None:
                return None
            return QuantifierOf(type=BOOL, span=condition.span, kind=Quantifier.ANY, local=condition.local, body=inner)
        case BinaryExpr(op=BinaryOp.IMPLIES):
            inner = premise(program, condition.right)
            if inner is None:
                return condition.left
            return BinaryExpr(type=BOOL, span=condition.span, op=BinaryOp.AND, left=condition.left, right=inner)
        case _:
            return None


def conjunction(table: TermTable, walker: ConditionWalker, conditions: Sequence[TExpr]) -> Term:
    """All conditions hold, none faults."""
    return table.and_(*[walker.judge(c, on_fault=False) for c in conditions])
