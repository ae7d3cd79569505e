"""What a condition looks at: the variables in it, and the parts of them that it names."""

from __future__ import annotations

from collections.abc import Iterator

from mmu_smt.semantics.program import (
    BinaryExpr,
    Call,
    CondExpr,
    ConstRef,
    Convert,
    FieldOf,
    Index,
    Literal,
    LocalRef,
    OptionalValue,
    RecordMake,
    StateRef,
    TExpr,
    UnaryExpr,
)


def reads_of(expr: TExpr) -> Iterator[TExpr]:
    """The largest parts of an expression that name a variable or a part of one, in order.

    Where the expression itself is such a part its value is known, and only what it is indexed by is given. What stands under a quantifier
    is left out: it has many values.
    """
    waiting = list(reversed(tuple(_indices(expr) if _is_place(expr) else _operands(expr))))
    while waiting:
        part = waiting.pop()
        if _is_place(part):
            yield part
        else:
            waiting.extend(reversed(tuple(_operands(part))))


def reads_state(expr: TExpr) -> bool:
    """True iff a place that `reads_of` gives depends on a state variable or ghost."""
    return isinstance(expr, StateRef) or any(map(reads_state, _operands(expr)))


def _is_place(expr: TExpr) -> bool:
    """A variable, or a part of one that is addressed by places and numbers alone."""
    match expr:
        case LocalRef() | StateRef() | ConstRef():
            return True
        case FieldOf(base=base) | OptionalValue(base=base):
            return _is_place(base)
        case Index(base=base, index=index):
            return _is_place(base) and (isinstance(index, Literal) or _is_place(index))
        case Convert(operand=operand):
            return _is_place(operand)
        case _:
            return False


def _indices(place: TExpr) -> Iterator[TExpr]:
    """What a place is indexed by, in order."""
    match place:
        case Index(base=base, index=index):
            yield from _indices(base)
            yield index
        case FieldOf(base=base) | OptionalValue(base=base) | Convert(operand=base):
            yield from _indices(base)
        case _:
            return


def _operands(expr: TExpr) -> Iterator[TExpr]:
    match expr:
        case UnaryExpr(operand=operand) | Convert(operand=operand):
            yield operand
        case BinaryExpr(left=left, right=right):
            yield from (left, right)
        case CondExpr(condition=condition, then=then, orelse=orelse):
            yield from (condition, then, orelse)
        case Index(base=base, index=index):
            yield from (base, index)
        case FieldOf(base=base) | OptionalValue(base=base):
            yield base
        case Call(args=args):
            yield from args
        case RecordMake(fields=fields):
            yield from fields
        case _:
            return
