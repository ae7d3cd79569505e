"""Every statement of a program, for whoever looks for statements of one kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from mmu_smt.semantics.program import Call, CallStatement, Choose, For, If, Local, Lock, Match, Program, TStmt


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


def called_by_steps(program: Program) -> frozenset[str]:
    """The functions and handlers that a step's body calls itself, as statements, in right-hand sides or in conditions."""
    found: set[str] = set()
    waiting: list[object] = [step.body for step in program.steps.values()]
    while waiting:
        item = waiting.pop()
        if isinstance(item, tuple):
            waiting.extend(item)  # pyright: ignore[reportUnknownArgumentType]
        elif is_dataclass(item) and not isinstance(item, Local):
            if isinstance(item, Call | CallStatement):
                found.add(item.function)
            waiting.extend(getattr(item, f.name) for f in fields(item) if f.name not in ("span", "type"))
    return frozenset(found)
