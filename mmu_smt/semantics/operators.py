"""Typing rules of operators on operands that are typed already."""

from __future__ import annotations

from mmu_smt.semantics.coercions import as_int, coerce, describe, number, word_literal
from mmu_smt.semantics.program import BinaryExpr, BinaryOp, Literal, TExpr, UnaryExpr, UnaryOp
from mmu_smt.semantics.types import (
    BOOL,
    BoolType,
    FlagsType,
    IntType,
    OptionalType,
    Type,
    WordType,
    type_name,
)
from mmu_smt.semantics.universe import Universe
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note
from mmu_smt.syntax.source import Span

COMPARISONS = frozenset({BinaryOp.EQ, BinaryOp.NE, BinaryOp.LT, BinaryOp.LE, BinaryOp.GT, BinaryOp.GE, BinaryOp.HAS})
BITS = frozenset({BinaryOp.BITAND, BinaryOp.BITOR, BinaryOp.BITXOR, BinaryOp.SHL, BinaryOp.SHR})
EQUALITIES = frozenset({BinaryOp.EQ, BinaryOp.NE})


def logical(op: BinaryOp, left: TExpr | None, right: TExpr | None, span: Span) -> TExpr | None:
    """`&& || =>` on conditions."""
    if left is None or right is None:
        return None
    return BinaryExpr(type=BOOL, span=span, op=op, left=left, right=right)


def compare(universe: Universe, op: BinaryOp, left: TExpr, right: TExpr, span: Span) -> TExpr | None:
    """`== != < <= > >=`; integers of different ranges are compared as numbers, everything else has one type on both sides."""
    findings = universe.findings
    a, b = left.type, right.type
    if op not in EQUALITIES and not (_ordered(a) and _ordered(b)):
        worst = right if _ordered(a) else left
        findings.error("MS203", f"`{op}` compares numbers and words, not {describe(worst)}", worst.span)
        return None
    pair: tuple[TExpr | None, TExpr | None] | None
    match a, b:
        case IntType(), IntType():
            pair = left, right
        case WordType(), IntType() if (value := as_int(right)) is not None:
            pair = left, word_literal(value, a, right.span, findings)
        case IntType(), WordType() if (value := as_int(left)) is not None:
            pair = word_literal(value, b, left.span, findings), right
        case _ if a == b:
            pair = left, right
        case OptionalType(inner), _ if _fits(right, inner):
            pair = left, coerce(right, a, universe)
        case _, OptionalType(inner) if _fits(left, inner):
            pair = coerce(left, b, universe), right
        case _:
            pair = None
    if pair is None:
        message = f"`{op}` compares {describe(left)} with {describe(right)}"
        findings.error("MS203", message, span, *_comparison_hint(a, b))
        return None
    if pair[0] is None or pair[1] is None:
        return None
    return BinaryExpr(type=BOOL, span=span, op=op, left=pair[0], right=pair[1])


def _ordered(type: Type) -> bool:
    return isinstance(type, IntType | WordType)


def _fits(expression: TExpr, inner: Type) -> bool:
    """Whether every value of the expression is one of an optional's inner type, so that a comparison cannot fault."""
    type = expression.type
    if type == inner:
        return True
    value = as_int(expression)
    if isinstance(inner, WordType):
        return value is not None and 0 <= value < 1 << inner.bits
    return isinstance(type, IntType) and isinstance(inner, IntType) and inner.low <= type.low and type.high <= inner.high


def _comparison_hint(a: Type, b: Type) -> tuple[Note, ...]:
    for one, other in ((a, b), (b, a)):
        match one, other:
            case WordType(), IntType() | WordType():
                return (Note(f"words compare with words of the same width: `{type_name(one)}(...)` converts"),)
            case FlagsType(name, _, _), IntType():
                return (Note(f"the empty set is `{name}()`"),)
            case BoolType(), IntType():
                return (Note("a condition stands for itself: no comparison is needed"),)
            case OptionalType(IntType() as inner), IntType():
                return (Note(f"the number must lie in the optional's range {inner.low}..{inner.high}: convert it first"),)
            case OptionalType(), _ if not isinstance(other, OptionalType):
                return (Note("an optional compares with `none`, with its like, or with a value of its inner type"),)
            case _:
                pass
    return ()


def has(universe: Universe, left: TExpr, right: TExpr, span: Span) -> TExpr | None:
    """`f has A|B` on flags of one type."""
    for operand in (left, right):
        if not isinstance(operand.type, FlagsType):
            universe.findings.error("MS204", f"`has` takes flags, found {describe(operand)}", operand.span)
            return None
    if left.type != right.type:
        universe.findings.error("MS204", f"`has` takes flags of one type, found {describe(left)} and {describe(right)}", span)
        return None
    return BinaryExpr(type=BOOL, span=span, op=BinaryOp.HAS, left=left, right=right)


def shift(universe: Universe, op: BinaryOp, left: TExpr, right: TExpr, span: Span) -> TExpr | None:
    """`<< >>`: a word by a number or word."""
    findings = universe.findings
    if not isinstance(left.type, WordType):
        note = Note("write the number as a word: `u64(...)`") if isinstance(left.type, IntType) else None
        findings.error("MS204", f"`{op}` shifts words, found {describe(left)}", left.span, *((note,) if note else ()))
        return None
    if not _ordered(right.type):
        findings.error("MS204", f"`{op}` shifts by a number or a word, found {describe(right)}", right.span)
        return None
    low = right.type.low if isinstance(right.type, IntType) else right.value if isinstance(right, Literal) else 0
    high = right.type.high if isinstance(right.type, IntType) else 0
    assert isinstance(low, int)
    if low >= left.type.bits or high < 0:
        message = f"a `{type_name(left.type)}` cannot be shifted by {describe(right)}"
        findings.error("MS225", message, right.span)
        return None
    if isinstance(right.type, IntType) and right.type.low < 0:
        findings.error("MS225", f"the shift distance {describe(right)} may be negative", right.span)
        return None
    return BinaryExpr(type=left.type, span=span, op=op, left=left, right=right)


def bitwise(universe: Universe, op: BinaryOp, left: TExpr, right: TExpr, node: nodes.Binary) -> TExpr | None:
    """`& | ^` on words or flags."""
    unified = _words(universe, left, right)
    if unified is None:
        return None
    a, b = unified
    if a.type == b.type and isinstance(a.type, WordType | FlagsType):
        return BinaryExpr(type=a.type, span=node.span, op=op, left=a, right=b)
    worst = next((e for e in (a, b) if not isinstance(e.type, WordType | FlagsType)), None)
    if worst is None:
        _mixed(universe, op, a, b, node.span)
    else:
        message = f"`{op}` takes words or flags, found {describe(worst)}"
        universe.findings.error("MS204", message, worst.span, *_precedence_hint(op, worst, node))
    return None


def _precedence_hint(op: BinaryOp, worst: TExpr, node: nodes.Binary) -> tuple[Note, ...]:
    match node.left, node.right:
        case _, nodes.Binary(op=inner) if inner in COMPARISONS and worst.span == node.right.span:
            return (Note(f"`{inner}` binds tighter than `{op}`, as in C: write `(a {op} b) {inner} c`"),)
        case nodes.Binary(op=inner), _ if inner in COMPARISONS and worst.span == node.left.span:
            return (Note(f"`{inner}` binds tighter than `{op}`, as in C: write `a {inner} (b {op} c)`"),)
        case _:
            pass
    if isinstance(worst.type, BoolType) and op in (BinaryOp.BITAND, BinaryOp.BITOR):
        return (Note(f"conditions are joined with `{op}{op}`"),)
    return (Note("write the number as a word: `u64(...)`"),) if isinstance(worst.type, IntType) else ()


def _words(universe: Universe, left: TExpr, right: TExpr) -> tuple[TExpr, TExpr] | None:
    """An exact number beside a word becomes a word. None: it does not fit (reported)."""
    a: TExpr | None = left
    b: TExpr | None = right
    if isinstance(right.type, WordType) and (value := as_int(left)) is not None:
        a = word_literal(value, right.type, left.span, universe.findings)
    elif isinstance(left.type, WordType) and (value := as_int(right)) is not None:
        b = word_literal(value, left.type, right.span, universe.findings)
    return None if a is None or b is None else (a, b)


def _mixed(universe: Universe, op: BinaryOp, left: TExpr, right: TExpr, span: Span) -> None:
    notes: tuple[Note, ...] = ()
    word = next((e.type for e in (left, right) if isinstance(e.type, WordType)), None)
    if word is not None:
        notes = (Note(f"convert one side: `{type_name(word)}(...)` makes a word of that width"),)
    universe.findings.error("MS224", f"`{op}` mixes {describe(left)} and {describe(right)}", span, *notes)


def arithmetic(universe: Universe, op: BinaryOp, left: TExpr, right: TExpr, span: Span) -> TExpr | None:
    """`+ - * / %`: exact on numbers, wrapping on words."""
    unified = _words(universe, left, right)
    if unified is None:
        return None
    a, b = unified
    for operand in (a, b):
        if not _ordered(operand.type):
            universe.findings.error("MS204", f"`{op}` takes numbers or words, found {describe(operand)}", operand.span)
            return None
    if op in (BinaryOp.DIV, BinaryOp.MOD) and _always_zero(b):
        universe.findings.error("MS208", "division by zero", b.span)
        return None
    if isinstance(a.type, IntType) and isinstance(b.type, IntType):
        return _exact(universe, op, a, b, a.type, b.type, span)
    if a.type != b.type:
        _mixed(universe, op, a, b, span)
        return None
    return BinaryExpr(type=a.type, span=span, op=op, left=a, right=b)


def _always_zero(divisor: TExpr) -> bool:
    match divisor.type:
        case IntType(0, 0):
            return True
        case WordType():
            return isinstance(divisor, Literal) and divisor.value == 0
        case _:
            return False


def _exact(universe: Universe, op: BinaryOp, a: TExpr, b: TExpr, x: IntType, y: IntType, span: Span) -> TExpr | None:
    """Interval arithmetic: the result's type has exactly the bounds that the operands' types allow."""
    left, right = as_int(a), as_int(b)
    if left is not None and right is not None:
        value = universe.arithmetic(op, left, right, span)
        return None if value is None else number(value, span)
    if op in (BinaryOp.DIV, BinaryOp.MOD):
        for operand, bounds in ((a, x), (b, y)):
            if bounds.low < 0:
                message = f"`{op}` takes numbers that are not negative, found {describe(operand)}"
                universe.findings.error("MS210", message, operand.span)
                return None
    match op:
        case BinaryOp.ADD:
            low, high = x.low + y.low, x.high + y.high
        case BinaryOp.SUB:
            low, high = x.low - y.high, x.high - y.low
        case BinaryOp.MUL:
            corners = [i * j for i in (x.low, x.high) for j in (y.low, y.high)]
            low, high = min(corners), max(corners)
        case BinaryOp.DIV:
            low, high = x.low // y.high, x.high // max(1, y.low)
        case _:
            # x % y is x itself where x < y always
            low, high = (x.low, x.high) if x.high < y.low else (0, min(x.high, y.high - 1))
    if not universe.representable(low, high, span):
        return None
    return BinaryExpr(type=IntType(low, high), span=span, op=op, left=a, right=b)


def negate(universe: Universe, operand: TExpr, span: Span) -> TExpr | None:
    """`-x`."""
    match operand.type:
        case IntType(low, high):
            if (value := as_int(operand)) is not None:
                return number(-value, span) if universe.representable(-value, -value, span) else None
            if not universe.representable(-high, -low, span):
                return None
            return UnaryExpr(type=IntType(-high, -low), span=span, op=UnaryOp.NEGATE, operand=operand)
        case WordType():
            return UnaryExpr(type=operand.type, span=span, op=UnaryOp.NEGATE, operand=operand)
        case _:
            universe.findings.error("MS204", f"`-` takes a number or a word, found {describe(operand)}", operand.span)
            return None


def complement(universe: Universe, operand: TExpr, span: Span) -> TExpr | None:
    """`~x`."""
    if isinstance(operand.type, WordType | FlagsType):
        return UnaryExpr(type=operand.type, span=span, op=UnaryOp.BITNOT, operand=operand)
    note = (Note("conditions are negated with `!`"),) if isinstance(operand.type, BoolType) else ()
    universe.findings.error("MS204", f"`~` takes words or flags, found {describe(operand)}", operand.span, *note)
    return None
