"""Hash-consed terms over Booleans and bit-vectors: the expressions of the transition-system IR.

A `Term` is made only by a `TermTable`, which interns it and folds what is decided by constants; equality is identity. Terms are walked
iteratively (`topological`), never by recursion: they are deep and shared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Op(StrEnum):
    """Operators, spelled as in SMT-LIB."""

    VAR = "var"
    CONST = "const"
    NOT = "not"
    AND = "and"  # n-ary
    OR = "or"  # n-ary
    ITE = "ite"
    EQ = "="
    BVNOT = "bvnot"
    BVNEG = "bvneg"
    BVAND = "bvand"
    BVOR = "bvor"
    BVXOR = "bvxor"
    BVADD = "bvadd"
    BVSUB = "bvsub"
    BVMUL = "bvmul"
    BVUDIV = "bvudiv"
    BVUREM = "bvurem"
    BVSHL = "bvshl"
    BVLSHR = "bvlshr"
    BVULT = "bvult"
    BVULE = "bvule"
    BVSLT = "bvslt"
    BVSLE = "bvsle"
    CONCAT = "concat"
    EXTRACT = "extract"  # payload (high, low)
    ZERO_EXTEND = "zero_extend"  # payload: number of bits added
    SIGN_EXTEND = "sign_extend"


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """`width` is 0 for Bool, else the number of bits. `payload`: a variable's name, a constant's value (Bool: 0 or 1), or an operator's
    indices.
    """

    id: int
    op: Op
    args: tuple[Term, ...] = field(repr=False)  # deep
    width: int
    payload: str | int | tuple[int, int] | None = None


def topological(roots: Iterable[Term]) -> list[Term]:
    """Every subterm of the roots, each once, arguments before the terms that use them."""
    done: set[int] = set()
    order: list[Term] = []
    stack = list(roots)[::-1]
    while stack:
        term = stack[-1]
        if term.id in done:
            stack.pop()
        elif waiting := [a for a in term.args if a.id not in done]:
            stack.extend(reversed(waiting))
        else:
            stack.pop()
            done.add(term.id)
            order.append(term)
    return order
