"""What a property can depend on, by what its text mentions: what a trace has to show, and what it may leave out."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, cast

from mmu_smt.semantics.program import Assign, Call, CallStatement, ConstRef, EventUse, StateRef, enabled_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mmu_smt.semantics.program import Config, Program, Property, Step

_LEAVES = frozenset({"span", "type", "local", "display", "array", "record", "root_type", "optional"})  # fields without expressions in them


def ghosts_of(program: Program, judged: Property) -> frozenset[str]:
    """Names of the ghosts that a trace shows: those with `@show`, and those that the property mentions, itself or through events."""
    shown = {name for name, ghost in program.ghosts.items() if ghost.display.show is not None}
    return frozenset(shown | {n for n in _mentioned(program, (judged,)) if n in program.ghosts})


def constants_of(program: Program, config: Config, judged: Iterable[Property]) -> frozenset[str]:
    """Names of the constants that the steps running under a config, its assumptions, the initial conditions or the properties mention."""
    roots = (*program.assumptions, *program.inits, *program.states.values(), *config.assumptions, *config.enables, *program.terminal)
    found = _mentioned(program, (*roots, *enabled_steps(program, config), *judged))
    return frozenset(n for n in found if n in program.consts)


def assigned_by(program: Program, steps: Iterable[Step]) -> frozenset[str]:
    """Names of the state variables that the steps can change, themselves or through what they call."""
    assigned = (n.target.root for n in _nodes(program, steps) if isinstance(n, Assign))
    return frozenset(root for root in assigned if isinstance(root, str) and root in program.states)


def _mentioned(program: Program, roots: Iterable[object]) -> set[str]:
    """Names of constants, state variables and ghosts in what is given, and in the functions and events that it uses."""
    return {n.name for n in _nodes(program, roots) if isinstance(n, StateRef | ConstRef)}


def _nodes(program: Program, roots: Iterable[object]) -> Iterator[object]:
    """The records of what is given, and of the functions and events that it uses."""
    used: set[str] = set()
    pending: list[object] = list(roots)
    while pending:
        node = pending.pop()
        if isinstance(node, tuple):
            pending.extend(cast("tuple[object, ...]", node))
            continue
        yield node
        match node:
            case EventUse(name=name) if name not in used:
                used.add(name)
                pending.append(program.events[name])
            case Call(function=name) | CallStatement(function=name) if name not in used:
                used.add(name)
                pending.extend(program.functions[name].body)
            case _:
                pass
        if is_dataclass(node):
            pending.extend(getattr(node, f.name) for f in fields(node) if f.name not in _LEAVES)
