"""From the type that an expression has to the type that its place wants, with an explicit `Convert` or an error."""

from __future__ import annotations

from mmu_smt.semantics.findings import Findings
from mmu_smt.semantics.program import Conversion, Convert, Literal, TExpr
from mmu_smt.semantics.types import (
    BoolType,
    FlagsType,
    IntType,
    OptionalType,
    Type,
    WordType,
    type_name,
)
from mmu_smt.semantics.universe import Universe
from mmu_smt.syntax.diagnostics import Note
from mmu_smt.syntax.source import Span


def describe(expression: TExpr) -> str:
    """An expression's type for a message; numbers known exactly are shown as such."""
    if isinstance(expression, Literal) and isinstance(expression.type, IntType):
        return f"the number {expression.value}"
    return f"`{type_name(expression.type)}`"


def as_int(expression: TExpr) -> int | None:
    """The value of a number that is known exactly."""
    if isinstance(expression, Literal) and isinstance(expression.type, IntType):
        assert isinstance(expression.value, int)
        return expression.value
    return None


def number(value: int, span: Span) -> Literal:
    """An exact number."""
    return Literal(type=IntType(value, value), span=span, value=value)


def word_literal(value: int, word: WordType, span: Span, findings: Findings) -> Literal | None:
    """A number as a word, if it fits."""
    if 0 <= value < 1 << word.bits:
        return Literal(type=word, span=span, value=value)
    note = Note(f"a conversion wraps: `u{word.bits}({value})` is {hex(value % (1 << word.bits))}")
    findings.error("MS205", f"{value} does not fit `u{word.bits}`", span, note)
    return None


def coerce(expression: TExpr | None, target: Type, universe: Universe, *, what: str = "") -> TExpr | None:
    """The expression as a value of `target`. `what` says in an error whose type that is (`the parameter \\`g\\``)."""
    if expression is None or expression.type == target:
        return expression
    source, findings = expression.type, universe.findings
    match source, target:
        case IntType(), IntType():
            return _narrow(expression, source, target, universe)
        case IntType(), WordType() if (value := as_int(expression)) is not None:
            return word_literal(value, target, expression.span, findings)
        case OptionalType(), OptionalType():
            _mismatch(expression, target, findings, what)
            return None
        case _, OptionalType(inner):
            if not _may_convert(expression, inner):
                _mismatch(expression, target, findings, what)
                return None
            return _some(coerce(expression, inner, universe, what=what), target)
        case _, BoolType():
            findings.error("MS202", f"a condition is wanted here, found {describe(expression)}", expression.span, *bool_hint(source))
            return None
        case _:
            _mismatch(expression, target, findings, what)
            return None


def _may_convert(expression: TExpr, target: Type) -> bool:
    source = expression.type
    if source == target or (isinstance(source, IntType) and isinstance(target, IntType)):
        return True
    return isinstance(target, WordType) and as_int(expression) is not None


def _some(inner: TExpr | None, target: OptionalType) -> TExpr | None:
    if inner is None:
        return None
    if isinstance(inner, Literal):
        return Literal(type=target, span=inner.span, value=inner.value)
    return Convert(type=target, span=inner.span, kind=Conversion.SOME, operand=inner)


def _narrow(expression: TExpr, source: IntType, target: IntType, universe: Universe) -> TExpr | None:
    if (source.high < target.low or source.low > target.high) and universe.is_certain(expression):
        what = describe(expression) if as_int(expression) is not None else f"`{source.low}..{source.high}`"
        limits = f"{target.low}..{target.high}"
        shown = f"`{target.name}` ({limits})" if target.name else limits
        universe.findings.error("MS206", f"{what} is always outside {shown}", expression.span)
        return None
    if isinstance(expression, Literal):
        return Literal(type=target, span=expression.span, value=expression.value)
    return Convert(type=target, span=expression.span, kind=Conversion.RANGE, operand=expression)


def bool_hint(source: Type) -> tuple[Note, ...]:
    """How to make a condition of a value."""
    match source:
        case IntType() | WordType():
            return (Note("there is no conversion to `bool`: compare with `!= 0`"),)
        case FlagsType(name, _, _):
            return (Note(f"compare with `!= {name}()`, or ask for particular flags with `has`"),)
        case OptionalType():
            return (Note("compare with `!= none`"),)
        case _:
            return ()


def _mismatch(expression: TExpr, target: Type, findings: Findings, what: str) -> None:
    owner = f" for {what}" if what else ""
    code = "MS224" if _mixes_words(expression.type, target) else "MS201"
    message = f"expected `{type_name(target)}`{owner}, found {describe(expression)}"
    findings.error(code, message, expression.span, *_hint(expression.type, target))


def _mixes_words(source: Type, target: Type) -> bool:
    return isinstance(source, IntType | WordType) and isinstance(target, IntType | WordType)


def _hint(source: Type, target: Type) -> tuple[Note, ...]:
    match source, target:
        case (IntType() | WordType() | FlagsType(), WordType()):
            return (Note(f"convert explicitly: `{type_name(target)}(...)`"),)
        case (WordType(), IntType(name=name)) if name:
            return (Note(f"convert explicitly: `{name}(...)`; a value outside the range is then a run-time fault"),)
        case (WordType(), IntType()):
            return (Note("convert with the name of a range: declare `type N = LO..HI` and write `N(...)`"),)
        case (WordType(), FlagsType(name, _, _)):
            return (Note(f"convert explicitly: `{name}(...)`"),)
        case (OptionalType(inner), _) if inner == target:
            return (Note("read it with `.value`, which is a run-time fault where it is `none`"),)
        case (BoolType(), IntType() | WordType()):
            return (Note("write `... ? 1 : 0`"),)
        case (OptionalType(left), OptionalType(right)) if isinstance(left, IntType) and isinstance(right, IntType):
            return (Note("optionals of different ranges do not mix: read one with `.value`"),)
        case _:
            return ()


def join(left: TExpr, right: TExpr) -> Type | None:
    """The type of a choice between two expressions; None where they have nothing in common."""
    a, b = left.type, right.type
    if a == b:
        return a
    match a, b:
        case IntType(), IntType():
            return IntType(min(a.low, b.low), max(a.high, b.high))
        case WordType(), IntType() if as_int(right) is not None:
            return a
        case IntType(), WordType() if as_int(left) is not None:
            return b
        case OptionalType(inner), _ if _may_convert(right, inner):
            return a
        case _, OptionalType(inner) if _may_convert(left, inner):
            return b
        case _:
            return None
