"""Constants that the assumptions leave no choice about, so that the lowering can put their values in their place and fold what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from mmu_smt.model.term import Op, Term


def pinned(assumptions: Callable[[Mapping[str, int]], Term], given: Mapping[str, int] = MappingProxyType({})) -> dict[str, int]:
    """Values of constants' scalar parts, by name, those `given` among them. `assumptions`: the conjunction of all assumptions with the
    values put in.

    Unit propagation: a conjunct that is a variable, a negated one, or one equated with a constant settles it, which may leave others no
    choice in turn.
    """
    values = dict(given)
    while found := dict(_units(assumptions(values))):
        values |= found
    return values


def _units(assumed: Term) -> Iterator[tuple[str, int]]:
    waiting = [(assumed, True)]
    while waiting:
        term, holds = waiting.pop()
        match term.op:
            case Op.NOT:
                waiting.append((term.args[0], not holds))
            case Op.AND if holds:
                waiting.extend((a, True) for a in term.args)
            case Op.OR if not holds:
                waiting.extend((a, False) for a in term.args)
            case Op.VAR:
                yield str(term.payload), int(holds)
            case Op.EQ if holds:
                for variable, value in (term.args, term.args[::-1]):
                    if variable.op is Op.VAR and value.op is Op.CONST:
                        assert isinstance(value.payload, int)
                        yield str(variable.payload), value.payload
            case _:
                pass
