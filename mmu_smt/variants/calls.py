"""Who calls whom in a checked program, and which functions are there for properties only."""

from __future__ import annotations

from collections.abc import Iterable

from mmu_smt.semantics.program import (
    Assign,
    Call,
    CallStatement,
    Choose,
    EventUse,
    Function,
    Lock,
    Program,
    Return,
    Yield,
)
from mmu_smt.variants.walk import within


def observers(program: Program) -> frozenset[str]:
    """The functions that do nothing but write ghosts: they are there for properties."""
    found: set[str] = set()
    for name in _callees_first(program):
        function = program.functions[name]
        if not function.is_handler and function.returns is None and function.body and _only_observes(program, function, found):
            found.add(name)
    return frozenset(found)


def _only_observes(program: Program, function: Function, known: set[str]) -> bool:
    wrote = False
    for item in within(function.body):
        match item:
            case Assign(target=target):
                if isinstance(target.root, str) and target.root not in program.ghosts:
                    return False
                wrote = wrote or isinstance(target.root, str)
            case CallStatement(function=callee):
                if callee not in known:
                    return False
                wrote = True
            case Lock() | Yield() | Choose():
                return False
            case Call(function=callee):
                if program.functions[callee].effectful:
                    return False
            case Return(rule=rule):
                if rule is not None:
                    return False
            case _:
                pass
    return wrote


def called(program: Program, roots: object) -> set[str]:
    """The functions that these call themselves, through events too."""
    found: set[str] = set()
    waiting: list[object] = [roots]
    events: set[str] = set()
    while waiting:
        for item in within(waiting.pop()):
            if isinstance(item, (Call, CallStatement)):
                found.add(item.function)
            elif isinstance(item, EventUse) and item.name not in events:
                events.add(item.name)
                waiting.append(program.events[item.name])
    return found


def closure(program: Program, names: Iterable[str]) -> set[str]:
    """With everything that these functions call."""
    found, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(called(program, program.functions[name].body))
    return found


def _callees_first(program: Program) -> tuple[str, ...]:
    order: dict[str, None] = {}
    for start in program.functions:
        stack = [(start, iter(sorted(called(program, program.functions[start].body))))]
        while stack:
            name, callees = stack[-1]
            following = next((c for c in callees if c not in order), None)
            if following is None:
                order.setdefault(name)
                stack.pop()
            else:
                stack.append((following, iter(sorted(called(program, program.functions[following].body)))))
    return tuple(order)
