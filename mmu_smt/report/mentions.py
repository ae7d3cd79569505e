"""Which ghosts a property reads, itself and through events: what a trace has to show to explain it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import cast

from mmu_smt.semantics.program import EventUse, Program, Property, StateRef


def ghosts_of(program: Program, judged: Property) -> frozenset[str]:
    """Names of the ghosts that the property's expressions mention."""
    found: set[str] = set()
    events: set[str] = set()
    pending: list[object] = [judged.condition, judged.recurs, judged.never]
    while pending:
        node = pending.pop()
        match node:
            case StateRef(name=name) if name in program.ghosts:
                found.add(name)
            case EventUse(name=name) if name not in events:
                events.add(name)
                pending.append(program.events[name].condition)
            case tuple():
                pending.extend(cast("tuple[object, ...]", node))
            case _ if is_dataclass(node):
                pending.extend(getattr(node, f.name) for f in fields(node) if f.name not in ("span", "type", "local"))
            case _:
                pass
    return frozenset(found)
