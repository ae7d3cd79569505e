"""The hash-consing term table: the only maker of terms.

Every method checks widths, folds constants and applies simplifications that look at most a few levels deep, so that making a term stays
cheap. Identifiers count up in creation order and order the arguments of commutative operators: the same calls give the same terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mmu_smt.model.booleans import BooleanTable
from mmu_smt.model.evaluate import apply
from mmu_smt.model.term import Op, Term, topological

_PUSH = 32
"""How many `ite` an equality or comparison with a constant is pushed through."""


class TermTable(BooleanTable):
    """Makes terms over Booleans (width 0) and bit-vectors (width > 0). Methods raise ValueError on ill-sorted arguments."""

    def __init__(self) -> None:
        super().__init__()
        self._equalities: dict[tuple[Term, Term], Term] = {}

    def _fold(self, op: Op, args: tuple[Term, ...], width: int, payload: tuple[int, int] | int | None = None) -> Term | None:
        """The constant that an operator yields when all its arguments are constants."""
        values: list[int] = []
        for arg in args:
            if arg.op is not Op.CONST:
                return None
            assert isinstance(arg.payload, int)
            values.append(arg.payload)
        value = apply(op, width, values, [a.width for a in args], payload)
        return self.const(value, width) if width else self.bool(value != 0)

    def ite(self, condition: Term, then: Term, orelse: Term) -> Term:
        if condition.width or then.width != orelse.width:
            raise ValueError(f"ite: widths {condition.width}, {then.width}, {orelse.width}")
        if condition is self.true:
            return then
        if condition is self.false:
            return orelse
        if then is orelse:
            return then
        if condition.op is Op.NOT:
            condition, then, orelse = condition.args[0], orelse, then
        if then.op is Op.ITE:
            if then.args[0] is condition:
                return self.ite(condition, then.args[1], orelse)
            if then.args[2] is orelse:
                return self.ite(self.and_(condition, then.args[0]), then.args[1], orelse)
            if then.args[1] is orelse:
                return self.ite(self.and_(condition, self.not_(then.args[0])), then.args[2], orelse)
        if orelse.op is Op.ITE:
            if orelse.args[0] is condition:
                return self.ite(condition, then, orelse.args[2])
            if orelse.args[1] is then:
                return self.ite(self.or_(condition, orelse.args[0]), then, orelse.args[2])
            if orelse.args[2] is then:
                return self.ite(self.or_(condition, self.not_(orelse.args[0])), then, orelse.args[1])
        if not then.width:
            return self._ite_bool(condition, then, orelse)
        return self._make(Op.ITE, (condition, then, orelse), then.width)

    # ------------------------------------------------------------------------------------------ equality and order

    def eq(self, left: Term, right: Term) -> Term:
        """Equality of two terms of one width, Booleans included."""
        if left.width != right.width:
            raise ValueError(f"=: widths {left.width} and {right.width}")
        return self._eq(left, right, 0)

    def ne(self, left: Term, right: Term) -> Term:
        return self.not_(self.eq(left, right))

    def _eq(self, left: Term, right: Term, depth: int) -> Term:
        if not left.width:
            return self.iff(left, right)
        if left is right:
            return self.true
        if left.op is Op.CONST or (right.op is not Op.CONST and right.id < left.id):
            left, right = right, left
        if left.op is Op.CONST:
            return self.false
        known = self._equalities.get((left, right))
        if known is None:
            known = self._eq_vector(left, right, depth)
            if depth < _PUSH:
                self._equalities[left, right] = known
        return known

    def _eq_vector(self, left: Term, right: Term, depth: int) -> Term:
        if right.op is Op.CONST and right.width == 1 and not right.payload:
            return self.not_(self._eq(left, self.const(1, 1), depth))
        for one, other in ((left, right), (right, left)):
            if one.op is not Op.ITE:
                continue
            condition, then, orelse = one.args
            if other is orelse:
                return self.or_(self.not_(condition), self._eq(then, other, depth + 1))
            if other is then:
                return self.or_(condition, self._eq(orelse, other, depth + 1))
            if other.op is Op.CONST and (then.op is Op.CONST or orelse.op is Op.CONST) and depth < _PUSH:
                return self.ite(condition, self._eq(then, other, depth + 1), self._eq(orelse, other, depth + 1))
        if left.op is Op.ZERO_EXTEND:
            inner = left.args[0]
            if right.op is Op.CONST:
                assert isinstance(right.payload, int)
                return self.false if right.payload >> inner.width else self._eq(inner, self.const(right.payload, inner.width), depth)
            if right.op is Op.ZERO_EXTEND and right.args[0].width == inner.width:
                return self._eq(inner, right.args[0], depth)
        return self._make(Op.EQ, (left, right), 0)

    def ult(self, left: Term, right: Term) -> Term:
        return self._less(Op.BVULT, left, right)

    def ule(self, left: Term, right: Term) -> Term:
        return self._less(Op.BVULE, left, right)

    def slt(self, left: Term, right: Term) -> Term:
        return self._less(Op.BVSLT, left, right)

    def sle(self, left: Term, right: Term) -> Term:
        return self._less(Op.BVSLE, left, right)

    def _less(self, op: Op, left: Term, right: Term) -> Term:
        width = left.width
        if width != right.width or not width:
            raise ValueError(f"{op}: widths {left.width} and {right.width}")
        if left is right:
            return self.bool(op in (Op.BVULE, Op.BVSLE))
        folded = self._fold(op, (left, right), 0)
        if folded is not None:
            return folded
        signed = op in (Op.BVSLT, Op.BVSLE)
        least, greatest = (1 << (width - 1), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
        if op in (Op.BVULT, Op.BVSLT):
            if self._is(right, least) or self._is(left, greatest):
                return self.false
        elif self._is(right, greatest) or self._is(left, least):
            return self.true
        for one, other, swapped in ((left, right, False), (right, left, True)):
            if one.op is Op.ITE and other.op is Op.CONST and one.args[1].op is Op.CONST and one.args[2].op is Op.CONST:
                parts = [self._less(op, other, a) if swapped else self._less(op, a, other) for a in one.args[1:]]
                return self.ite(one.args[0], parts[0], parts[1])
        return self._make(op, (left, right), 0)

    # ------------------------------------------------------------------------------------------ arithmetic

    def _binary(self, op: Op, left: Term, right: Term, *, commutes: bool = False) -> Term:
        if left.width != right.width or not left.width:
            raise ValueError(f"{op}: widths {left.width} and {right.width}")
        folded = self._fold(op, (left, right), left.width)
        if folded is not None:
            return folded
        for one, other, swapped in ((left, right, False), (right, left, True)):
            if one.op is Op.ITE and other.op is Op.CONST and one.args[1].op is Op.CONST and one.args[2].op is Op.CONST:
                parts = [self._binary(op, other, a) if swapped else self._binary(op, a, other) for a in one.args[1:]]
                return self.ite(one.args[0], parts[0], parts[1])
        if commutes and right.id < left.id:
            left, right = right, left
        return self._make(op, (left, right), left.width)

    def _is(self, term: Term, value: int) -> bool:
        return term.op is Op.CONST and term.payload == value

    def bvnot(self, term: Term) -> Term:
        if not term.width:
            raise ValueError("bvnot: a bit-vector is needed")
        if term.op is Op.BVNOT:
            return term.args[0]
        return self._fold(Op.BVNOT, (term,), term.width) or self._make(Op.BVNOT, (term,), term.width)

    def bvneg(self, term: Term) -> Term:
        if not term.width:
            raise ValueError("bvneg: a bit-vector is needed")
        return self._fold(Op.BVNEG, (term,), term.width) or self._make(Op.BVNEG, (term,), term.width)

    def bvand(self, left: Term, right: Term) -> Term:
        if left.width == right.width and left.width:
            ones = (1 << left.width) - 1
            if left is right or self._is(right, ones) or self._is(left, 0):
                return left
            if self._is(left, ones) or self._is(right, 0):
                return right
        return self._binary(Op.BVAND, left, right, commutes=True)

    def bvor(self, left: Term, right: Term) -> Term:
        if left.width == right.width and left.width:
            ones = (1 << left.width) - 1
            if left is right or self._is(right, 0) or self._is(left, ones):
                return left
            if self._is(left, 0) or self._is(right, ones):
                return right
        return self._binary(Op.BVOR, left, right, commutes=True)

    def bvxor(self, left: Term, right: Term) -> Term:
        if left is right and left.width:
            return self.const(0, left.width)
        if self._is(right, 0) and left.width == right.width:
            return left
        return self._binary(Op.BVXOR, left, right, commutes=True)

    def bvadd(self, left: Term, right: Term) -> Term:
        if left.width == right.width:
            if self._is(right, 0):
                return left
            if self._is(left, 0):
                return right
        return self._binary(Op.BVADD, left, right, commutes=True)

    def bvsub(self, left: Term, right: Term) -> Term:
        if left.width == right.width and left.width:
            if self._is(right, 0):
                return left
            if left is right:
                return self.const(0, left.width)
        return self._binary(Op.BVSUB, left, right)

    def bvmul(self, left: Term, right: Term) -> Term:
        if left.width == right.width:
            for one, other in ((left, right), (right, left)):
                if self._is(one, 0):
                    return one
                if self._is(one, 1):
                    return other
        return self._binary(Op.BVMUL, left, right, commutes=True)

    def bvudiv(self, left: Term, right: Term) -> Term:
        if left.width == right.width and self._is(right, 1):
            return left
        return self._binary(Op.BVUDIV, left, right)

    def bvurem(self, left: Term, right: Term) -> Term:
        return self._binary(Op.BVUREM, left, right)

    def bvshl(self, left: Term, right: Term) -> Term:
        if left.width == right.width and self._is(right, 0):
            return left
        return self._binary(Op.BVSHL, left, right)

    def bvlshr(self, left: Term, right: Term) -> Term:
        if left.width == right.width and self._is(right, 0):
            return left
        return self._binary(Op.BVLSHR, left, right)

    # ------------------------------------------------------------------------------------------ bits

    def concat(self, high: Term, low: Term) -> Term:
        if not high.width or not low.width:
            raise ValueError("concat: bit-vectors are needed")
        width = high.width + low.width
        if self._is(high, 0):
            return self.zero_extend(low, high.width)
        return self._fold(Op.CONCAT, (high, low), width) or self._make(Op.CONCAT, (high, low), width)

    def extract(self, term: Term, high: int, low: int) -> Term:
        """Bits high..low (both included, bit 0 the least significant)."""
        if not 0 <= low <= high < term.width:
            raise ValueError(f"extract {high}..{low} of width {term.width}")
        width = high - low + 1
        if width == term.width:
            return term
        match term.op:
            case Op.EXTRACT:
                assert isinstance(term.payload, tuple)
                return self.extract(term.args[0], high + term.payload[1], low + term.payload[1])
            case Op.CONCAT:
                split = term.args[1].width
                if high < split:
                    return self.extract(term.args[1], high, low)
                if low >= split:
                    return self.extract(term.args[0], high - split, low - split)
            case Op.ZERO_EXTEND:
                inner = term.args[0]
                if high < inner.width:
                    return self.extract(inner, high, low)
                if low >= inner.width:
                    return self.const(0, width)
                return self.zero_extend(self.extract(inner, inner.width - 1, low), high - inner.width + 1)
            case Op.SIGN_EXTEND if high < term.args[0].width:
                return self.extract(term.args[0], high, low)
            case Op.ITE if term.args[1].op is Op.CONST and term.args[2].op is Op.CONST:
                return self.ite(term.args[0], self.extract(term.args[1], high, low), self.extract(term.args[2], high, low))
            case _:
                pass
        payload = (high, low)
        return self._fold(Op.EXTRACT, (term,), width, payload) or self._make(Op.EXTRACT, (term,), width, payload)

    def zero_extend(self, term: Term, bits: int) -> Term:
        return self._extend(Op.ZERO_EXTEND, term, bits)

    def sign_extend(self, term: Term, bits: int) -> Term:
        return self._extend(Op.SIGN_EXTEND, term, bits)

    def _extend(self, op: Op, term: Term, bits: int) -> Term:
        if bits < 0 or not term.width:
            raise ValueError(f"{op}: width {term.width} by {bits}")
        if bits == 0:
            return term
        if term.op is op:
            return self._extend(op, term.args[0], bits + term.width - term.args[0].width)
        width = term.width + bits
        if term.op is Op.ITE and term.args[1].op is Op.CONST and term.args[2].op is Op.CONST:
            return self.ite(term.args[0], self._extend(op, term.args[1], bits), self._extend(op, term.args[2], bits))
        return self._fold(op, (term,), width, bits) or self._make(op, (term,), width, bits)

    # ------------------------------------------------------------------------------------------ rebuilding

    def rebuild(self, term: Term, args: Sequence[Term]) -> Term:
        """The operator of `term` (not a variable or constant) on other arguments of the same widths."""
        match term.op:
            case Op.NOT:
                return self.not_(args[0])
            case Op.AND:
                return self.and_(*args)
            case Op.OR:
                return self.or_(*args)
            case Op.ITE:
                return self.ite(args[0], args[1], args[2])
            case Op.EQ:
                return self.eq(args[0], args[1])
            case Op.BVNOT:
                return self.bvnot(args[0])
            case Op.BVNEG:
                return self.bvneg(args[0])
            case Op.EXTRACT:
                assert isinstance(term.payload, tuple)
                return self.extract(args[0], term.payload[0], term.payload[1])
            case Op.ZERO_EXTEND | Op.SIGN_EXTEND:
                assert isinstance(term.payload, int)
                return self._extend(term.op, args[0], term.payload)
            case Op.VAR | Op.CONST:
                return term
            case _:
                return self._rebuild_binary(term.op, args[0], args[1])

    def _rebuild_binary(self, op: Op, left: Term, right: Term) -> Term:
        makers = {
            Op.BVAND: self.bvand,
            Op.BVOR: self.bvor,
            Op.BVXOR: self.bvxor,
            Op.BVADD: self.bvadd,
            Op.BVSUB: self.bvsub,
            Op.BVMUL: self.bvmul,
            Op.BVUDIV: self.bvudiv,
            Op.BVUREM: self.bvurem,
            Op.BVSHL: self.bvshl,
            Op.BVLSHR: self.bvlshr,
            Op.BVULT: self.ult,
            Op.BVULE: self.ule,
            Op.BVSLT: self.slt,
            Op.BVSLE: self.sle,
            Op.CONCAT: self.concat,
        }
        return makers[op](left, right)

    def substitute(self, root: Term, replacements: Mapping[Term, Term]) -> Term:
        """`root` with variables replaced by terms of the same width, simplified on the way."""
        return self.substitute_all((root,), replacements)[0]

    def substitute_all(self, roots: Sequence[Term], replacements: Mapping[Term, Term]) -> tuple[Term, ...]:
        """The same of several terms; what they share is looked at once."""
        images: dict[Term, Term] = {}
        for term in topological(roots):
            replacement = replacements.get(term)
            if replacement is not None:
                images[term] = replacement
                continue
            args = [images[a] for a in term.args]
            same = all(a is b for a, b in zip(args, term.args, strict=True))
            images[term] = term if same else self.rebuild(term, args)
        return tuple(images[root] for root in roots)


def variables(roots: Iterable[Term]) -> dict[str, Term]:
    """The variables that occur in some terms, by name, in order of first occurrence."""
    found: dict[str, Term] = {}
    for term in topological(roots):
        if term.op is Op.VAR:
            assert isinstance(term.payload, str)
            found[term.payload] = term
    return found
