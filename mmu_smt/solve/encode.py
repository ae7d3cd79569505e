"""Terms of the transition-system IR as Z3 expressions.

A term is translated once, over numbered parameters in place of its variables; an instance for one frame is then a single substitution
inside Z3. Expressions are made by the C interface: Z3's Python operators cost several times more and choose signed comparisons silently.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, assert_never

import z3
from z3 import z3core

from mmu_smt.model.term import Op, Term


class EncodingError(Exception):
    """A term that is no well-sorted expression over Booleans and bit-vectors: a defect of whoever built it."""


def out_of_memory(error: z3.Z3Exception) -> bool:
    """Does Z3 say that it gets no more memory, or no more than it was allowed?"""
    return "memory" in str(error)


_BINARY: Mapping[Op, Callable[..., z3.Ast]] = {
    Op.BVAND: z3core.Z3_mk_bvand,
    Op.BVOR: z3core.Z3_mk_bvor,
    Op.BVXOR: z3core.Z3_mk_bvxor,
    Op.BVADD: z3core.Z3_mk_bvadd,
    Op.BVSUB: z3core.Z3_mk_bvsub,
    Op.BVMUL: z3core.Z3_mk_bvmul,
    Op.BVUDIV: z3core.Z3_mk_bvudiv,
    Op.BVUREM: z3core.Z3_mk_bvurem,
    Op.BVSHL: z3core.Z3_mk_bvshl,
    Op.BVLSHR: z3core.Z3_mk_bvlshr,
    Op.BVULT: z3core.Z3_mk_bvult,
    Op.BVULE: z3core.Z3_mk_bvule,
    Op.BVSLT: z3core.Z3_mk_bvslt,
    Op.BVSLE: z3core.Z3_mk_bvsle,
    Op.EQ: z3core.Z3_mk_eq,
}
_UNARY: Mapping[Op, Callable[..., z3.Ast]] = {Op.NOT: z3core.Z3_mk_not, Op.BVNOT: z3core.Z3_mk_bvnot, Op.BVNEG: z3core.Z3_mk_bvneg}


_WIDTH_CHECKED_BY_Z3 = frozenset({Op.NOT, Op.AND, Op.OR, Op.EQ, Op.BVULT, Op.BVULE, Op.BVSLT, Op.BVSLE})
"""Operators whose result can only be Boolean: Z3 has compared the operands' sorts already."""


class Encoder:
    """Translates terms in one context. Every expression made is kept alive until the context goes."""

    def __init__(self, context: z3.Context) -> None:
        self._context = context
        self._ref: Any = context.ref()
        self._sorts: dict[int, Any] = {}

    def sort(self, width: int) -> Any:
        """The sort of terms of this width: Bool for 0, else the bit-vectors."""
        if width not in self._sorts:
            made = z3core.Z3_mk_bool_sort(self._ref) if width == 0 else z3core.Z3_mk_bv_sort(self._ref, width)
            self._sorts[width] = self._keep(made)
        return self._sorts[width]

    def fresh(self, name: str, width: int) -> z3.Ast:
        """A solver constant of this name. The caller keeps names distinct."""
        symbol = z3core.Z3_mk_string_symbol(self._ref, name)
        return self._keep(z3core.Z3_mk_const(self._ref, symbol, self.sort(width)))

    def negation(self, expression: z3.Ast) -> z3.Ast:
        return self._keep(z3core.Z3_mk_not(self._ref, expression))

    def equality(self, left: z3.Ast, right: z3.Ast) -> z3.Ast:
        return self._keep(z3core.Z3_mk_eq(self._ref, left, right))

    def conjunction(self, expressions: Sequence[z3.Ast]) -> z3.Ast:
        if len(expressions) == 1:
            return expressions[0]
        return self._keep(z3core.Z3_mk_and(self._ref, len(expressions), _array(expressions)))

    def disjunction(self, expressions: Sequence[z3.Ast]) -> z3.Ast:
        if len(expressions) == 1:
            return expressions[0]
        return self._keep(z3core.Z3_mk_or(self._ref, len(expressions), _array(expressions)))

    def parameter(self, index: int, width: int) -> z3.Ast:
        """The index-th parameter of a template."""
        return self._keep(z3core.Z3_mk_bound(self._ref, index, self.sort(width)))

    def instance(self, template: z3.Ast, actuals: Sequence[z3.Ast]) -> z3.Ast:
        """The template with the i-th actual in place of the i-th parameter."""
        return self._keep(z3core.Z3_substitute_vars(self._ref, template, len(actuals), _array(actuals)))

    def encode(self, roots: Iterable[Term], variables: Mapping[str, z3.Ast], named: Mapping[int, z3.Ast]) -> list[z3.Ast]:
        """Each root as an expression, `variables` standing for the variables by name, and `named` for terms by id.

        Raises EncodingError on a variable that is missing and on ill-sorted terms, Z3Exception for want of memory.
        """
        roots = tuple(roots)
        made: dict[int, z3.Ast] = dict(named)
        for term in _below(roots, named):
            if term.op is Op.VAR:
                expression = variables.get(str(term.payload))
                if expression is None:
                    raise EncodingError(f"variable {term.payload} has no meaning here")
                made[term.id] = expression
                _audit(self._ref, expression, term)
            else:
                try:
                    made[term.id] = self._keep(self._operator(term, [made[a.id] for a in term.args]))
                except z3.Z3Exception as error:
                    if out_of_memory(error):
                        raise
                    raise EncodingError(f"term {term.id} ({term.op}): {error}") from error
                if term.op not in _WIDTH_CHECKED_BY_Z3:
                    _audit(self._ref, made[term.id], term)
        return [made[r.id] for r in roots]

    def _keep(self, expression: Any) -> Any:
        z3core.Z3_inc_ref(self._ref, expression)
        return expression

    def _operator(self, term: Term, args: list[z3.Ast]) -> z3.Ast:
        ref, op = self._ref, term.op
        match op:
            case Op.CONST:
                return self._constant(term)
            case Op.AND:
                return z3core.Z3_mk_and(ref, len(args), _array(args))
            case Op.OR:
                return z3core.Z3_mk_or(ref, len(args), _array(args))
            case Op.ITE:
                return z3core.Z3_mk_ite(ref, args[0], args[1], args[2])
            case Op.CONCAT:
                joined = args[0]
                for part in args[1:]:
                    joined = self._keep(z3core.Z3_mk_concat(ref, joined, part))
                return joined
            case Op.EXTRACT:
                high, low = _indices(term)
                return z3core.Z3_mk_extract(ref, high, low, args[0])
            case Op.ZERO_EXTEND:
                return z3core.Z3_mk_zero_ext(ref, _added(term), args[0])
            case Op.SIGN_EXTEND:
                return z3core.Z3_mk_sign_ext(ref, _added(term), args[0])
            case Op.NOT | Op.BVNOT | Op.BVNEG:
                return _UNARY[op](ref, args[0])
            case (
                Op.EQ | Op.BVAND | Op.BVOR | Op.BVXOR | Op.BVADD | Op.BVSUB | Op.BVMUL | Op.BVUDIV | Op.BVUREM | Op.BVSHL | Op.BVLSHR
                | Op.BVULT | Op.BVULE | Op.BVSLT | Op.BVSLE
            ):  # fmt: skip
                return _BINARY[op](ref, args[0], args[1])
            case Op.VAR:
                raise AssertionError("variables are looked up, not made")
        assert_never(op)

    def _constant(self, term: Term) -> z3.Ast:
        if not isinstance(term.payload, int):
            raise EncodingError(f"constant {term.id} has no value")
        if term.width == 0:
            return z3core.Z3_mk_true(self._ref) if term.payload else z3core.Z3_mk_false(self._ref)
        if not 0 <= term.payload < 1 << term.width:
            raise EncodingError(f"constant {term.payload} does not fit {term.width} bits")
        return z3core.Z3_mk_numeral(self._ref, str(term.payload), self.sort(term.width))


def _below(roots: Iterable[Term], named: Container[int]) -> list[Term]:
    """Subterms of the roots, arguments first, without those that are named and what is only in them."""
    done: set[int] = set()
    order: list[Term] = []
    stack = list(roots)[::-1]
    while stack:
        term = stack[-1]
        if term.id in done or term.id in named:
            stack.pop()
        elif waiting := [a for a in term.args if a.id not in done and a.id not in named]:
            stack.extend(reversed(waiting))
        else:
            stack.pop()
            done.add(term.id)
            order.append(term)
    return order


def _audit(ref: Any, expression: z3.Ast, term: Term) -> None:
    """The finite-domain solver takes other sorts for uninterpreted without a word, so the sort of every expression is compared with the
    term's width.
    """
    sort = z3core.Z3_get_sort(ref, expression)
    kind = z3core.Z3_get_sort_kind(ref, sort)
    width = 0 if kind == z3.Z3_BOOL_SORT else z3core.Z3_get_bv_sort_size(ref, sort) if kind == z3.Z3_BV_SORT else -1
    if width != term.width:
        raise EncodingError(f"term {term.id} ({term.op}) has width {term.width}, its encoding {width}")


def _array(expressions: Sequence[z3.Ast]) -> object:
    return (z3.Ast * len(expressions))(*expressions)


def _indices(term: Term) -> tuple[int, int]:
    if not isinstance(term.payload, tuple):
        raise EncodingError(f"extract {term.id} without indices")
    return term.payload


def _added(term: Term) -> int:
    if not isinstance(term.payload, int):
        raise EncodingError(f"extension {term.id} without a number of bits")
    return term.payload
