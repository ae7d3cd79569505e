"""Every statement of a program, for whoever looks for statements of one kind."""

from __future__ import annotations

from collections.abc import Iterator

from mmu_smt.semantics.program import Choose, For, If, Lock, Match, Program, TStmt


def statements(program: Program) -> Iterator[TStmt]:
    """Those of all functions and steps, nested ones too, in no particular order."""
    waiting: list[TStmt] = [s for f in program.functions.values() for s in f.body]
    waiting.extend(s for step in program.steps.values() for s in step.body)
    while waiting:
        statement = waiting.pop()
        yield statement
        match statement:
            case If(then=then, orelse=orelse):
                waiting.extend((*then, *orelse))
            case Match(arms=arms):
                waiting.extend(s for arm in arms for s in arm.body)
            case For(body=body) | Lock(body=body):
                waiting.extend(body)
            case _:
                pass


def chooses(program: Program) -> bool:
    """True iff some statement of the program is a `choose`."""
    return any(isinstance(s, Choose) for s in statements(program))


def choices(program: Program) -> dict[int, Choose]:
    """Every `choose` statement by its id, for naming what a transition chose."""
    return {s.id: s for s in statements(program) if isinstance(s, Choose)}
