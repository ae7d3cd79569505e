"""State that no enabled step can assign: it keeps the value it begins with, which the lowering then puts in its place."""

from __future__ import annotations

from collections.abc import Iterable

from mmu_smt.model.traits import blocks, expressions, operands
from mmu_smt.semantics.program import Assign, Call, CallStatement, Program, Step, TExpr, TStmt


def assigned(program: Program, steps: Iterable[Step]) -> frozenset[str]:
    """Names of the state variables and ghosts that the steps assign, or what they call does. A statement counts although it may be out of
    reach.
    """
    names: set[str] = set()
    called: set[str] = set()
    statements: list[TStmt] = [s for step in steps for s in step.body]

    def call(name: str) -> None:
        if name not in called:
            called.add(name)
            statements.extend(program.functions[name].body)

    while statements:
        statement = statements.pop()
        if isinstance(statement, Assign):
            root = statement.target.root
            if isinstance(root, str):
                names.add(root)
        if isinstance(statement, CallStatement):
            call(statement.function)
        waiting: list[TExpr] = list(expressions(statement))
        while waiting:
            expr = waiting.pop()
            if isinstance(expr, Call):
                call(expr.function)
            waiting.extend(operands(expr))
        for block in blocks(statement):
            statements.extend(block)
    return frozenset(names)
