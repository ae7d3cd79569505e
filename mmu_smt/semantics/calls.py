"""Expressions that are written like calls: functions, conversions, flag sets, records, `fill`, `taken`."""

from __future__ import annotations

from mmu_smt.semantics.checking import Checker
from mmu_smt.semantics.coercions import as_int, coerce, describe
from mmu_smt.semantics.constants import constant
from mmu_smt.semantics.effects import CallUse
from mmu_smt.semantics.names import BUILT_IN_TYPES, Kind, Symbol, did_you_mean
from mmu_smt.semantics.program import (
    BinaryExpr,
    BinaryOp,
    Call,
    Conversion,
    Convert,
    Fill,
    Literal,
    RecordMake,
    Taken,
    TExpr,
)
from mmu_smt.semantics.types import (
    BOOL,
    ArrayType,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    WordType,
    type_name,
)
from mmu_smt.semantics.universe import WORDS
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note
from mmu_smt.syntax.source import Span


def call(checker: Checker, node: nodes.CallExpr, hint: Type | None, *, free: bool) -> TExpr | None:
    """Anything of the form `name(args)` that has a value."""
    name = node.callee.text
    if name == "fill":
        return _fill(checker, node, hint)
    if name == "taken":
        return _taken(checker, node)
    if name in WORDS:
        return _conversion(checker, node, WORDS[name])
    symbol = checker.universe.symbols.get(name)
    if symbol is None or name == "bool":
        _unknown(checker, node)
        return None
    checker.universe.use(symbol, node.span)
    match symbol.kind:
        case Kind.FUNCTION | Kind.HANDLER:
            return _value_of_call(checker, node, symbol, free=free)
        case Kind.TYPE:
            type = checker.universe.declared_type(name)
            return None if type is None else _conversion(checker, node, type)
        case _:
            message = f"`{name}` is a {symbol.kind}: it cannot be called"
            checker.findings.error("MS110", message, node.callee.span, Note("declared here", symbol.span))
            return None


def _unknown(checker: Checker, node: nodes.CallExpr) -> None:
    name = node.callee.text
    if name == "bool":
        note = Note("write the comparison that is meant, for example `x != 0`")
        checker.findings.error("MS214", "there is no conversion to `bool`", node.span, note)
        return
    callable_names = (s.name for s in checker.universe.named(Kind.FUNCTION, Kind.HANDLER, Kind.TYPE))
    hint = did_you_mean(name, (*callable_names, *BUILT_IN_TYPES, "fill", "taken"))
    checker.findings.error("MS113", f"there is no function `{name}`{hint}", node.callee.span)
    for argument in node.args:
        if isinstance(argument, nodes.CallExpr | nodes.IndexExpr | nodes.FieldExpr):
            checker.infer(argument)


def _value_of_call(checker: Checker, node: nodes.CallExpr, symbol: Symbol, *, free: bool) -> TExpr | None:
    args = arguments(checker, node, symbol, free=free)
    signature = checker.universe.signature(symbol.name)
    if not signature.has_result:
        message = f"`{symbol.name}` returns nothing: it has no value to use"
        checker.findings.error("MS222", message, node.span, Note("declared here", symbol.span))
        return None
    if args is None or signature.returns is None:
        return None
    return Call(type=signature.returns, span=node.span, id=checker.universe.fresh(), function=symbol.name, args=args)


def arguments(checker: Checker, node: nodes.CallExpr, symbol: Symbol, *, free: bool) -> tuple[TExpr, ...] | None:
    """The arguments of a call of a function, one for each parameter; the call is noted for the rules about effects."""
    signature = checker.universe.signature(symbol.name)
    checker.uses.calls.append(CallUse(symbol.name, node.span, free, checker.where))
    checker.state_seen += 1
    wanted, found = len(signature.params), len(node.args)
    if wanted != found:
        plural = "argument" if wanted == 1 else "arguments"
        message = f"`{symbol.name}` takes {wanted} {plural}, found {found}"
        checker.findings.error("MS213", message, node.span, Note("declared here", symbol.span))
        return None
    typed: list[TExpr | None] = []
    for (parameter, local), argument in zip(signature.params, node.args, strict=True):
        if local is None:
            continue
        typed.append(checker.need(argument, local.type, what=f"parameter `{parameter.name.text}`"))
    known = tuple(a for a in typed if a is not None)
    return known if len(known) == wanted else None


# ---------------------------------------------------------------------------------------------- built-in forms


def _fill(checker: Checker, node: nodes.CallExpr, hint: Type | None) -> TExpr | None:
    if len(node.args) != 1:
        checker.findings.error("MS213", f"`fill` takes 1 argument, found {len(node.args)}", node.span)
        return None
    array = hint.inner if isinstance(hint, OptionalType) else hint
    if not isinstance(array, ArrayType):
        found = "where no type is known" if hint is None else f"where a `{type_name(array or BOOL)}` is wanted"
        checker.findings.error("MS220", f"`fill` makes an array, but stands {found}", node.span)
        return None
    element = checker.need(node.args[0], array.element, what="the array's element")
    return None if element is None else Fill(type=array, span=node.span, element=element)


def _taken(checker: Checker, node: nodes.CallExpr) -> TExpr | None:
    if not checker.in_step_expression("`taken`", node.span):
        return None
    if len(node.args) != 1:
        checker.findings.error("MS213", f"`taken` takes 1 argument, found {len(node.args)}", node.span)
        return None
    argument = node.args[0]
    text = argument.name if isinstance(argument, nodes.NameRef) else argument.span.text
    symbol = checker.universe.symbols.get(text)
    if symbol is None or symbol.kind is not Kind.STEP:
        hint = did_you_mean(text, (s.name for s in checker.universe.named(Kind.STEP)))
        checker.findings.error("MS114", f"there is no step `{text}`{hint}", argument.span)
        return None
    checker.universe.use(symbol, node.span)
    return Taken(type=BOOL, span=node.span, step=text)


# ---------------------------------------------------------------------------------------------- conversions


def _conversion(checker: Checker, node: nodes.CallExpr, target: Type) -> TExpr | None:
    name = node.callee.text
    match target:
        case FlagsType():
            return _flags(checker, node, target)
        case RecordType():
            shown = ", ".join(f"{f}: ..." for f, _ in target.fields)
            checker.findings.error("MS214", f"a record is written with its fields: `{name}({shown})`", node.span)
            return None
        case WordType() | IntType():
            pass
        case BoolType() | EnumType() | ArrayType() | OptionalType():
            checker.findings.error("MS214", f"there is no conversion to `{name}`", node.span)
            return None
    if len(node.args) != 1:
        checker.findings.error("MS213", f"the conversion `{name}(...)` takes 1 argument, found {len(node.args)}", node.span)
        return None
    operand = checker.infer(node.args[0])
    if operand is None:
        return None
    return _to_word(checker, operand, target, node.span) if isinstance(target, WordType) else _to_range(checker, operand, target, node.span)


def _to_word(checker: Checker, operand: TExpr, target: WordType, span: Span) -> TExpr | None:
    if not isinstance(operand.type, IntType | WordType | FlagsType):
        note = (Note("write `... ? 1 : 0`"),) if isinstance(operand.type, BoolType) else ()
        message = f"`{type_name(target)}` converts numbers, words and flags, not {describe(operand)}"
        checker.findings.error("MS214", message, operand.span, *note)
        return None
    converted = Convert(type=target, span=span, kind=Conversion.WORD, operand=operand)
    return Literal(type=target, span=span, value=constant(converted)) if isinstance(operand, Literal) else converted


def _to_range(checker: Checker, operand: TExpr, target: IntType, span: Span) -> TExpr | None:
    match operand.type:
        case IntType():
            if operand.type == target:
                return operand
            return coerce(operand, target, checker.universe)
        case WordType():
            return Convert(type=target, span=span, kind=Conversion.FROM_WORD, operand=operand)
        case _:
            message = f"`{type_name(target)}` converts numbers and words, not {describe(operand)}"
            checker.findings.error("MS214", message, operand.span)
            return None


def _flags(checker: Checker, node: nodes.CallExpr, target: FlagsType) -> TExpr | None:
    """`F()`, `F(A, B)`: the union of sets; or `F(w)`: a word's declared bits."""
    if len(node.args) == 1:
        operand = checker.infer(node.args[0], target)
        if operand is None:
            return None
        if (value := as_int(operand)) is not None and 0 <= value < 1 << 64:
            operand = Literal(type=WordType(64), span=operand.span, value=value)
        if isinstance(operand.type, WordType):
            return Convert(type=target, span=node.span, kind=Conversion.TO_FLAGS, operand=operand)
        return _as_flags(checker, operand, target)
    result: TExpr | None = Literal(type=target, span=node.span, value=0)
    for position, argument in enumerate(node.args):
        operand = checker.infer(argument, target)
        typed = None if operand is None else _as_flags(checker, operand, target)
        if typed is None or result is None:
            result = None
        elif position == 0:
            result = typed
        else:
            result = BinaryExpr(type=target, span=node.span, op=BinaryOp.BITOR, left=result, right=typed)
    return result


def _as_flags(checker: Checker, operand: TExpr, target: FlagsType) -> TExpr | None:
    if operand.type == target:
        return operand
    message = f"`{target.name}(...)` takes flags of `{target.name}`, or one word, not {describe(operand)}"
    checker.findings.error("MS214", message, operand.span)
    return None


# ---------------------------------------------------------------------------------------------- records


def record(checker: Checker, node: nodes.RecordExpr) -> TExpr | None:
    """`R(a: x, b: y)`: every field once, in any order."""
    type = checker.universe.type_of(nodes.NamedType(span=node.type_name.span, name=node.type_name))
    if type is None:
        return None
    if not isinstance(type, RecordType):
        checker.findings.error("MS214", f"`{type_name(type)}` is no record: it has no fields", node.type_name.span)
        return None
    found: dict[int, TExpr | None] = {}
    complete = True
    for name, value in node.fields:
        position = checker.field_position(type, name)
        if position is None:
            complete = False
            continue
        if position in found:
            checker.findings.error("MS221", f"field `{name.text}` is given twice", name.span)
            complete = False
        found[position] = checker.need(value, type.fields[position][1], what=f"field `{name.text}`")
    missing = [f"`{f}`" for i, (f, _) in enumerate(type.fields) if i not in found]
    if missing and complete:
        checker.findings.error("MS221", f"`{type.name}` also needs {', '.join(missing)}", node.span)
    values = tuple(v for _, v in sorted(found.items()) if v is not None)
    if len(values) < len(type.fields) or not complete:
        return None
    return RecordMake(type=type, span=node.span, fields=values)
