"""The Boolean half of the term table: interning, variables and constants, and connectives with their simplifications."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from mmu_smt.model.term import Op, Term

_FLATTEN = 8
"""Nested conjunctions and disjunctions of more arguments stay nested: their sharing is worth more than a flat list."""

_by_id = attrgetter("id")


class BooleanTable:
    """Makes variables, constants and Boolean terms (width 0). Methods raise ValueError on ill-sorted arguments."""

    def __init__(self) -> None:
        self._terms: dict[tuple[Op, tuple[Term, ...], int, str | int | tuple[int, int] | None], Term] = {}
        self._variables: dict[str, Term] = {}
        self._negations: dict[Term, Term] = {}
        self.false = self._make(Op.CONST, (), 0, 0)
        self.true = self._make(Op.CONST, (), 0, 1)

    def __len__(self) -> int:
        return len(self._terms)

    def _make(self, op: Op, args: tuple[Term, ...], width: int, payload: str | int | tuple[int, int] | None = None) -> Term:
        key = (op, args, width, payload)
        term = self._terms.get(key)
        if term is None:
            term = Term(len(self._terms), op, args, width, payload)
            self._terms[key] = term
        return term

    # ------------------------------------------------------------------------------------------ leaves

    def var(self, name: str, width: int) -> Term:
        """The variable of this name. Raises ValueError if it exists with another width."""
        term = self._variables.get(name)
        if term is None:
            term = self._variables[name] = self._make(Op.VAR, (), width, name)
        elif term.width != width:
            raise ValueError(f"variable {name!r} has width {term.width}, not {width}")
        return term

    def const(self, value: int, width: int) -> Term:
        """The bit-vector constant `value` modulo 2^width."""
        if width <= 0:
            raise ValueError(f"a bit-vector constant of width {width}")
        return self._make(Op.CONST, (), width, value & ((1 << width) - 1))

    def bool(self, value: bool) -> Term:
        return self.true if value else self.false

    # ------------------------------------------------------------------------------------------ Boolean operators

    def not_(self, term: Term) -> Term:
        if term.width:
            raise ValueError("not: a Bool is needed")
        if term is self.true:
            return self.false
        if term is self.false:
            return self.true
        if term.op is Op.NOT:
            return term.args[0]
        negation = self._negations.get(term)
        if negation is None:
            negation = self._negations[term] = self._make(Op.NOT, (term,), 0)
        return negation

    def and_(self, *args: Term) -> Term:
        return self._junction(Op.AND, Op.OR, self.true, self.false, args)

    def or_(self, *args: Term) -> Term:
        return self._junction(Op.OR, Op.AND, self.false, self.true, args)

    def implies(self, left: Term, right: Term) -> Term:
        return self.or_(self.not_(left), right)

    def _junction(self, op: Op, dual: Op, unit: Term, zero: Term, args: Iterable[Term]) -> Term:
        """A conjunction or disjunction: flat, without duplicates, units, complements and absorbed members."""
        members: dict[Term, None] = {}
        has_dual = False
        for arg in args:
            if arg is unit:
                continue
            if arg is zero:
                return zero
            if arg.width:
                raise ValueError(f"{op}: a Bool is needed")
            if arg.op is op and len(arg.args) <= _FLATTEN:
                for inner in arg.args:
                    members[inner] = None
                    has_dual = has_dual or inner.op is dual
            else:
                members[arg] = None
                has_dual = has_dual or arg.op is dual
        if len(members) > 1:
            for member in members:
                if member.op is Op.NOT and member.args[0] in members:
                    return zero
            if has_dual:
                reduced = self._absorb(op, dual, unit, zero, members)
                if reduced is not None:
                    return reduced
        if not members:
            return unit
        if len(members) == 1:
            return next(iter(members))
        return self._make(op, tuple(sorted(members, key=_by_id)), 0)

    def _negated(self, term: Term) -> Term | None:
        """The complement of a term if it exists in the table."""
        return term.args[0] if term.op is Op.NOT else self._negations.get(term)

    def _absorb(self, op: Op, dual: Op, unit: Term, zero: Term, members: dict[Term, None]) -> Term | None:
        """One absorption step, and the result of starting again; None if there is none.

        x & (x | y) = x;  x & (!x | y) = x & y;  (p | c) & (p | !c) = p; and the duals.
        """
        for member in members:
            if member.op is not dual:
                continue
            rest = [m for m in members if m is not member]
            if any(a in members for a in member.args):
                return self._junction(op, dual, unit, zero, rest)
            kept = [a for a in member.args if self._negated(a) not in members]
            if len(kept) < len(member.args):
                return self._junction(op, dual, unit, zero, [*rest, self._junction(dual, op, zero, unit, kept)])
        if len(members) == 2:
            left, right = members
            if left.op is dual and right.op is dual and len(left.args) == len(right.args):
                differing = [a for a in left.args if a not in right.args]
                if len(differing) == 1 and self._negated(differing[0]) in right.args:
                    return self._junction(dual, op, zero, unit, [a for a in left.args if a is not differing[0]])
        return None

    def iff(self, left: Term, right: Term) -> Term:
        """Equality of Booleans."""
        if left.width or right.width:
            raise ValueError("=: Bools are needed")
        if left is right:
            return self.true
        if left.op is Op.CONST or (right.op is not Op.CONST and right.id < left.id):
            left, right = right, left
        if right.op is Op.CONST:
            return left if right is self.true else self.not_(left)
        if self._negated(left) is right:
            return self.false
        return self._make(Op.EQ, (left, right), 0)

    def _ite_bool(self, condition: Term, then: Term, orelse: Term) -> Term:
        if then is self.true or then is condition:
            return self.or_(condition, orelse)
        if then is self.false:
            return self.and_(self.not_(condition), orelse)
        if orelse is self.true:
            return self.or_(self.not_(condition), then)
        if orelse is self.false or orelse is condition:
            return self.and_(condition, then)
        if self._negated(then) is orelse:
            return self.iff(condition, then)
        return self._make(Op.ITE, (condition, then, orelse), 0)
