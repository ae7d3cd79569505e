"""What runs should be found of, so that a change can be asked whether it still does what was right: one cover for each decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mmu_smt.interpret.judge import premise
from mmu_smt.semantics.program import BinaryExpr, BinaryOp, Config, Decides, Program, Property, PropertyKind, TExpr
from mmu_smt.semantics.types import BOOL, cardinality, values
from mmu_smt.semantics.walks import called_by_steps

MOST_VALUES = 16


def decisions_to_reach(program: Program, config: Config, named: Iterable[Property]) -> tuple[Property, ...]:
    """Covers: each decision of each handler, under each rule too for handlers that steps call; and where a step property that is to be
    mended has its premise and holds.
    """
    found = [*_right_steps(program, named), *_decisions(program)]
    return tuple(Property(name=f"goal {number}", kind=PropertyKind.COVER, condition=condition) for number, condition in enumerate(found))


def _right_steps(program: Program, named: Iterable[Property]) -> Iterator[TExpr]:
    for judged in named:
        if judged.kind is PropertyKind.STEP and judged.condition is not None:
            needed = premise(program, judged.condition)
            if needed is not None:
                yield BinaryExpr(op=BinaryOp.AND, left=needed, right=judged.condition, type=BOOL, span=judged.condition.span)


def _decisions(program: Program) -> Iterator[TExpr]:
    outermost = called_by_steps(program)
    for name, function in program.functions.items():
        if not function.is_handler or function.returns is None or cardinality(function.returns) > MOST_VALUES:
            continue
        for value in values(function.returns):
            for rule in (None, *program.rules) if name in outermost else (None,):
                yield Decides(handler=name, value=value, rule=rule, type=BOOL, span=function.span)
