"""Terms on plain integers: constant folding for the table, and evaluation under an assignment (iterative, for candidates and tests).

A Boolean is 0 or 1, a bit-vector its unsigned value. Operators mean what SMT-LIB says, division by zero included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mmu_smt.model.term import Op, Term, topological


def to_signed(value: int, width: int) -> int:
    """The two's complement reading of an unsigned `width`-bit value."""
    return value - (1 << width) if value >> (width - 1) & 1 else value


def _shift_left(value: int, amount: int, width: int) -> int:
    return 0 if amount >= width else value << amount & ((1 << width) - 1)


def apply(op: Op, width: int, values: Sequence[int], widths: Sequence[int], payload: str | int | tuple[int, int] | None) -> int:
    """The value of an operator (not a variable or constant) on argument values of the given widths."""
    mask = (1 << width) - 1
    match op:
        case Op.NOT:
            return 1 - values[0]
        case Op.AND:
            return int(all(values))
        case Op.OR:
            return int(any(values))
        case Op.ITE:
            return values[1] if values[0] else values[2]
        case Op.EQ:
            return int(values[0] == values[1])
        case Op.BVNOT:
            return values[0] ^ mask
        case Op.BVNEG:
            return -values[0] & mask
        case Op.BVAND:
            return values[0] & values[1]
        case Op.BVOR:
            return values[0] | values[1]
        case Op.BVXOR:
            return values[0] ^ values[1]
        case Op.BVADD:
            return values[0] + values[1] & mask
        case Op.BVSUB:
            return values[0] - values[1] & mask
        case Op.BVMUL:
            return values[0] * values[1] & mask
        case Op.BVUDIV:
            return values[0] // values[1] if values[1] else mask
        case Op.BVUREM:
            return values[0] % values[1] if values[1] else values[0]
        case Op.BVSHL:
            return _shift_left(values[0], values[1], width)
        case Op.BVLSHR:
            return 0 if values[1] >= width else values[0] >> values[1]
        case Op.BVULT:
            return int(values[0] < values[1])
        case Op.BVULE:
            return int(values[0] <= values[1])
        case Op.BVSLT:
            return int(to_signed(values[0], widths[0]) < to_signed(values[1], widths[0]))
        case Op.BVSLE:
            return int(to_signed(values[0], widths[0]) <= to_signed(values[1], widths[0]))
        case Op.CONCAT:
            return values[0] << widths[1] | values[1]
        case Op.EXTRACT:
            assert isinstance(payload, tuple)
            return values[0] >> payload[1] & mask
        case Op.ZERO_EXTEND:
            return values[0]
        case Op.SIGN_EXTEND:
            return to_signed(values[0], widths[0]) & mask
        case Op.VAR | Op.CONST:
            raise ValueError(f"{op} is not an operator")


class Evaluation:
    """Some terms prepared for evaluation under many assignments."""

    def __init__(self, roots: Iterable[Term]) -> None:
        self._roots = tuple(roots)
        self._order = topological(self._roots)
        position = {t.id: i for i, t in enumerate(self._order)}
        self._arguments = [tuple(position[a.id] for a in t.args) for t in self._order]
        self._widths = [tuple(a.width for a in t.args) for t in self._order]
        self._results = [position[r.id] for r in self._roots]

    def run(self, assignment: Mapping[str, int]) -> list[int]:
        """The roots' values, in order. Raises KeyError for a variable without a value."""
        values: list[int] = []
        for term, arguments, widths in zip(self._order, self._arguments, self._widths, strict=True):
            match term.op:
                case Op.VAR:
                    assert isinstance(term.payload, str)
                    values.append(int(assignment[term.payload]))
                case Op.CONST:
                    assert isinstance(term.payload, int)
                    values.append(term.payload)
                case _:
                    values.append(apply(term.op, term.width, [values[i] for i in arguments], widths, term.payload))
        return [values[i] for i in self._results]


def evaluate(roots: Iterable[Term], assignment: Mapping[str, int]) -> list[int]:
    """The roots' values under one assignment of integers to variable names. Raises KeyError for a missing variable."""
    return Evaluation(roots).run(assignment)
