"""The declared names of one variant with their types, resolved on demand: parameters, types, variables, signatures.

Everything here needs declarations only, no bodies. Constant expressions of this layer (bounds of ranges, values of params) are made of
numbers, params and `+ - * / %`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, assert_never

from mmu_smt.semantics.findings import Findings
from mmu_smt.semantics.limits import MAX_ARRAY, MAX_DEPTH, MAX_LEAVES, MAX_NESTING, MAX_PARAM, MAX_RANGE, leaves
from mmu_smt.semantics.names import BUILT_IN_TYPES, Kind, Symbol, did_you_mean
from mmu_smt.semantics.program import Literal, Local, TExpr
from mmu_smt.semantics.types import (
    BOOL,
    ArrayType,
    EnumType,
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    WordType,
    type_name,
)
from mmu_smt.semantics.variants import Assembly
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note
from mmu_smt.syntax.source import Span

T = TypeVar("T")

WORDS = {"u8": WordType(8), "u16": WordType(16), "u32": WordType(32), "u64": WordType(64)}
LEAST_NUMBER = -(1 << 63)
GREATEST_NUMBER = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enum or of a flag set; `ordinal` counts from 0."""

    type: EnumType | FlagsType
    ordinal: int


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameters and result of a function, handler or step. A parameter without local, and a result without type, are in error."""

    params: tuple[tuple[nodes.Parameter, Local | None], ...]
    returns: Type | None
    has_result: bool


class Universe:
    """Resolves the names of an `Assembly`. Each thing is resolved once; None stands for what is in error (and reported)."""

    def __init__(self, assembly: Assembly, given: Mapping[str, int], findings: Findings) -> None:
        self.symbols = assembly.symbols
        self.findings = findings
        self.members: dict[str, list[Member]] = {}
        self._given = given
        self._params: dict[str, int | None] = {}
        self._types: dict[str, Type | None] = {}
        self._variables: dict[str, Type | None] = {}
        self._signatures: dict[str, Signature] = {}
        self._open: list[str] = []
        self._depth = 0
        self._next_id = 0
        self._collect_members()

    def fresh(self) -> int:
        """A number for a local, a statement or a call, unique in the program."""
        self._next_id += 1
        return self._next_id

    def local(self, name: nodes.Name, type: Type) -> Local:
        return Local(self.fresh(), name.text, type, name.span)

    def is_certain(self, expression: TExpr) -> bool:
        """Whether a value that cannot fit its place is an error of the text.

        With sizes other than the author's it may stand in code that is never reached at these sizes: then it is left to the run-time check,
        unless it is a constant.
        """
        return not self._given or isinstance(expression, Literal)

    def named(self, *kinds: Kind) -> Iterator[Symbol]:
        """The symbols of some kinds, in order of declaration."""
        return (s for s in self.symbols.values() if s.kind in kinds)

    def use(self, symbol: Symbol, span: Span) -> None:
        """Note that the text at `span` depends on a declaration."""
        if symbol.overrides:
            self.findings.refers(span, Note(f"`{symbol.name}` is overridden by variant `{symbol.variant}` here", symbol.span))

    # ------------------------------------------------------------------------------------------ params and constants

    def param(self, name: str) -> int | None:
        """The value of a declared param."""
        declaration = self.symbols[name].declaration
        assert isinstance(declaration, nodes.ParamDecl)
        return self._once(self._params, name, declaration.name.span, lambda: self._param_value(declaration))

    def _param_value(self, declaration: nodes.ParamDecl) -> int | None:
        name = declaration.name.text
        given = self._given.get(name)
        value = self.constant_int(declaration.value)
        low = high = None
        if declaration.allowed is not None:
            low, high = self.constant_int(declaration.allowed.low), self.constant_int(declaration.allowed.high)
        chosen, span, code = (value, declaration.value.span, "MS206") if given is None else (given, None, "MS505")
        if chosen is None:
            return None
        if low is not None and high is not None and not low <= chosen <= high:
            note = (Note("declared here", declaration.name.span),) if given is not None else ()
            self.findings.error(code, f"param `{name}` is {chosen}, outside its range {low}..{high}", span, *note)
            return None
        if abs(chosen) > MAX_PARAM:
            self.findings.error("MS510", f"param `{name}` is {chosen}: params are limited to 2^31", span or declaration.name.span)
            return None
        return chosen

    def constant_int(self, node: nodes.Expr) -> int | None:
        """The value of a constant expression over numbers and params."""
        with self._deeper(node.span) as allowed:
            return self._constant(node) if allowed else None

    def _constant(self, node: nodes.Expr) -> int | None:
        match node:
            case nodes.IntLiteral(value=value):
                return value
            case nodes.NameRef(name=name):
                return self._constant_name(node, name)
            case nodes.Unary(op="-", operand=operand):
                value = self.constant_int(operand)
                return None if value is None else -value
            case nodes.Binary(op="+" | "-" | "*" | "/" | "%", left=left_node, right=right_node):
                left, right = self.constant_int(left_node), self.constant_int(right_node)
                if left is None or right is None:
                    return None
                return self.arithmetic(node.op, left, right, node.span)
            case _:
                message = "not a constant: only numbers, params and `+ - * / %` can stand here"
                self.findings.error("MS219", message, node.span)
                return None

    def _constant_name(self, node: nodes.NameRef, name: str) -> int | None:
        symbol = self.symbols.get(name)
        if symbol is None:
            hint = did_you_mean(name, (s.name for s in self.named(Kind.PARAM)))
            self.findings.error("MS101", f"there is no param `{name}`{hint}", node.span)
            return None
        if symbol.kind is not Kind.PARAM:
            message = f"not a constant: `{name}` is a {symbol.kind}; only params are known before the solver runs"
            self.findings.error("MS219", message, node.span, Note("declared here", symbol.span))
            return None
        self.use(symbol, node.span)
        return self.param(name)

    def arithmetic(self, op: str, left: int, right: int, span: Span) -> int | None:
        """Exact arithmetic on constants, with the limits of the language."""
        if op in "/%":
            if right == 0:
                self.findings.error("MS208", "division by zero", span)
                return None
            if left < 0 or right < 0:
                self.findings.error("MS210", f"`{op}` takes numbers that are not negative", span)
                return None
        results: dict[str, Callable[[], int]] = {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "/": lambda: left // right,
            "%": lambda: left % right,
        }
        value = results[op]()
        return value if self.representable(value, value, span) else None

    def representable(self, low: int, high: int, span: Span) -> bool:
        """Report results that do not fit 64 bits."""
        if low >= LEAST_NUMBER and high <= GREATEST_NUMBER:
            return True
        extreme = f"as low as {low}" if low < LEAST_NUMBER else f"as high as {high}"
        self.findings.error("MS209", f"this number may be {extreme}, beyond 64 bits", span)
        return False

    # ------------------------------------------------------------------------------------------ types

    def type_of(self, node: nodes.TypeExpr) -> Type | None:
        """The type that a type expression denotes."""
        with self._deeper(node.span) as allowed:
            return self._type(node) if allowed else None

    def _type(self, node: nodes.TypeExpr) -> Type | None:
        match node:
            case nodes.NamedType(name=name):
                return self._named_type(name)
            case nodes.RangeType():
                return self._range(node)
            case nodes.ArrayTypeExpr():
                return self._array(node)
            case nodes.OptionalTypeExpr(inner=inner_node):
                inner = self.type_of(inner_node)
                if isinstance(inner, OptionalType):
                    self.findings.error("MS217", f"`{type_name(inner)}` is optional already", node.span)
                    return None
                return None if inner is None else OptionalType(inner)
            case _:
                assert_never(node)

    def _named_type(self, name: nodes.Name) -> Type | None:
        if name.text == "bool":
            return BOOL
        if (word := WORDS.get(name.text)) is not None:
            return word
        symbol = self.symbols.get(name.text)
        if symbol is None:
            hint = did_you_mean(name.text, (*BUILT_IN_TYPES, *(s.name for s in self.named(Kind.TYPE))))
            self.findings.error("MS102", f"there is no type `{name.text}`{hint}", name.span)
            return None
        if symbol.kind is not Kind.TYPE:
            self.findings.error("MS110", f"`{name.text}` is a {symbol.kind}, not a type", name.span, Note("declared here", symbol.span))
            return None
        self.use(symbol, name.span)
        return self.declared_type(name.text)

    def declared_type(self, name: str) -> Type | None:
        """The type that a `type`, `enum`, `flags` or `record` declaration introduces."""
        symbol = self.symbols[name]
        return self._once(self._types, name, symbol.span, lambda: self._build_type(symbol.declaration))

    def _build_type(self, declaration: nodes.Decl) -> Type | None:
        match declaration:
            case nodes.TypeDecl(name=name, type=node):
                type = self.type_of(node)
                return IntType(type.low, type.high, name.text) if isinstance(type, IntType) else type
            case nodes.EnumDecl(name=name, members=members):
                return EnumType(name.text, tuple(m.text for m in members)) if members else self._empty(declaration)
            case nodes.FlagsDecl(name=name, members=members):
                if not members:
                    return self._empty(declaration)
                return FlagsType(name.text, tuple(m.text for m, _ in members), tuple(p for _, p in members))
            case nodes.RecordDecl(name=name, fields=fields):
                if not fields:
                    return self._empty(declaration)
                self._no_duplicates("field", tuple(f for f, _ in fields))
                built = tuple((f.text, self.type_of(t)) for f, t in fields)
                known = tuple((f, t) for f, t in built if t is not None)
                return self._limited(RecordType(name.text, known), name.span) if len(known) == len(built) else None
            case _:
                raise AssertionError(f"{declaration} declares no type")

    def _empty(self, declaration: nodes.Decl) -> None:
        self.findings.error("MS215", f"`{declaration.name.text}` has no members: a type needs at least one value", declaration.name.span)

    def _range(self, node: nodes.RangeType) -> Type | None:
        low, high = self.constant_int(node.low), self.constant_int(node.high)
        if low is None or high is None:
            return None
        if low > high:
            self.findings.error("MS215", f"the range {low}..{high} is empty", node.span)
            return None
        if not self.representable(low, high, node.span):
            return None
        if high - low >= MAX_RANGE:
            self.findings.error("MS510", f"the range {low}..{high} has 2^32 values or more: use a word (`u64`)", node.span)
            return None
        return IntType(low, high)

    def _array(self, node: nodes.ArrayTypeExpr) -> Type | None:
        index, element = self.type_of(node.index), self.type_of(node.element)
        if index is None or element is None:
            return None
        if not isinstance(index, IntType | EnumType):
            self.findings.error("MS216", f"an array is indexed by a range or an enum, not by `{type_name(index)}`", node.index.span)
            return None
        size = len(index.members) if isinstance(index, EnumType) else index.high - index.low + 1
        if size > MAX_ARRAY:
            self.findings.error("MS510", f"an array of {size} elements: the limit is {MAX_ARRAY}", node.span)
            return None
        return self._limited(ArrayType(index, element), node.span)

    def _limited(self, type: Type, span: Span) -> Type | None:
        count = leaves(type)
        if count > MAX_LEAVES:
            self.findings.error("MS510", f"a value of this type has {count} parts: the limit is {MAX_LEAVES}", span)
            return None
        return type

    def _collect_members(self) -> None:
        for symbol in self.named(Kind.TYPE):
            declaration = symbol.declaration
            if isinstance(declaration, nodes.EnumDecl):
                self._no_duplicates("member", declaration.members)
            elif isinstance(declaration, nodes.FlagsDecl):
                self._no_duplicates("member", tuple(name for name, _ in declaration.members))
                self._check_positions(declaration)
            else:
                continue
            type = self.declared_type(symbol.name)
            if isinstance(type, EnumType | FlagsType):
                for ordinal, name in enumerate(type.members):
                    self.members.setdefault(name, []).append(Member(type, ordinal))

    def _check_positions(self, declaration: nodes.FlagsDecl) -> None:
        taken: dict[int, nodes.Name] = {}
        for name, position in declaration.members:
            if position > 63:
                self.findings.error("MS223", f"flag `{name.text}` is at bit {position}: bits are 0 to 63", name.span)
            elif (other := taken.setdefault(position, name)) is not name:
                note = Note(f"`{other.text}` is at this bit", other.span)
                self.findings.error("MS223", f"flag `{name.text}` is at bit {position}, which is taken", name.span, note)

    def _no_duplicates(self, what: str, names: tuple[nodes.Name, ...]) -> None:
        seen: dict[str, nodes.Name] = {}
        for name in names:
            if (other := seen.setdefault(name.text, name)) is not name:
                self.findings.error("MS109", f"{what} `{name.text}` appears twice", name.span, Note("first here", other.span))

    # ------------------------------------------------------------------------------------------ variables and signatures

    def variable(self, name: str) -> Type | None:
        """The type of a const, state variable or ghost."""
        if name not in self._variables:
            declaration = self.symbols[name].declaration
            assert isinstance(declaration, nodes.ConstDecl | nodes.StateDecl | nodes.GhostDecl)
            self._variables[name] = self.type_of(declaration.type)
        return self._variables[name]

    def signature(self, name: str) -> Signature:
        """Parameters and result of a function, handler or step."""
        if name not in self._signatures:
            declaration = self.symbols[name].declaration
            assert isinstance(declaration, nodes.FunctionDecl | nodes.StepDecl)
            self._no_duplicates("parameter", tuple(p.name for p in declaration.params))
            params: list[tuple[nodes.Parameter, Local | None]] = []
            for parameter in declaration.params:
                type = self.type_of(parameter.type)
                params.append((parameter, None if type is None else self.local(parameter.name, type)))
            result = declaration.returns if isinstance(declaration, nodes.FunctionDecl) else None
            returns = None if result is None else self.type_of(result)
            self._signatures[name] = Signature(tuple(params), returns, result is not None)
        return self._signatures[name]

    # ------------------------------------------------------------------------------------------ resolving once

    def _once(self, known: dict[str, T | None], name: str, span: Span, build: Callable[[], T | None]) -> T | None:
        if name in known:
            return known[name]
        if name in self._open:
            cycle = [*self._open[self._open.index(name) :], name]
            self.findings.error("MS218", f"`{name}` is defined by itself: {' -> '.join(cycle)}", span)
            return None
        if len(self._open) >= MAX_DEPTH:
            self.findings.error("MS510", f"`{name}`: definitions are nested deeper than {MAX_DEPTH}", span)
            return None
        with self._opened(name):
            value = build()
        return known.setdefault(name, value)

    @contextmanager
    def _deeper(self, span: Span) -> Generator[bool]:
        """One level down in an expression or a type; false (and reported) where that is too deep."""
        self._depth += 1
        try:
            if self._depth > MAX_NESTING:
                self.findings.error("MS510", f"definitions are nested deeper than {MAX_NESTING} levels", span)
            yield self._depth <= MAX_NESTING
        finally:
            self._depth -= 1

    @contextmanager
    def _opened(self, name: str) -> Generator[None]:
        self._open.append(name)
        try:
            yield
        finally:
            self._open.pop()
