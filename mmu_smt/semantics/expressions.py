"""Types of expressions. An expression in error yields None, and whatever contains it stays silent."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from mmu_smt.semantics import calls, operators
from mmu_smt.semantics.checking import VALUES, Checker
from mmu_smt.semantics.coercions import coerce, describe, join, number, word_literal
from mmu_smt.semantics.effects import Reason
from mmu_smt.semantics.names import IN_EXPRESSIONS, Binding, Kind, Role, Symbol, did_you_mean
from mmu_smt.semantics.program import (
    BinaryOp,
    CondExpr,
    ConstRef,
    Decides,
    EventUse,
    FieldOf,
    Index,
    Literal,
    Local,
    LocalRef,
    OptionalValue,
    Primed,
    Quantifier,
    QuantifierOf,
    StateRef,
    TExpr,
    UnaryExpr,
    UnaryOp,
)
from mmu_smt.semantics.types import (
    BOOL,
    ArrayType,
    EnumType,
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    Value,
    WordType,
    cardinality,
    type_name,
)
from mmu_smt.semantics.universe import Member
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note
from mmu_smt.syntax.source import Span


class ExpressionChecker(Checker):
    """Checks the expressions of one body, condition or property."""

    def infer(self, node: nodes.Expr, hint: Type | None = None, *, free: bool = False) -> TExpr | None:
        """As in `Checker`."""
        match node:
            case nodes.NameRef():
                return self._name(node, hint)
            case nodes.Binary():
                return self._binary(node, hint, free)
            case nodes.FieldExpr():
                return self._field(node)
            case nodes.IndexExpr():
                return self._index(node)
            case nodes.CallExpr():
                return calls.call(self, node, hint, free=free)
            case nodes.IntLiteral(value=value):
                return self._number(value, hint, node.span)
            case nodes.BoolLiteral(value=value):
                return Literal(type=BOOL, span=node.span, value=value)
            case nodes.NoneLiteral():
                return self._none(node, hint)
            case nodes.Unary():
                return self._unary(node, hint, free)
            case nodes.Conditional():
                return self._conditional(node, hint)
            case nodes.RecordExpr():
                return calls.record(self, node)
            case nodes.QuantifierExpr():
                return self._quantifier(node)
            case nodes.PrimedExpr():
                return self._primed(node)
            case nodes.MethodExpr():
                return self._decides(node, None)
            case nodes.LabelledExpr(expr=nodes.MethodExpr() as method, rule=rule):
                return self._decides(method, rule)
            case nodes.LabelledExpr():
                self.findings.error("MS308", "a rule label stands after a returned value or after `H.decides(...)`", node.rule.span)
                return None
            case _:
                assert_never(node)

    # ------------------------------------------------------------------------------------------ literals and names

    def _number(self, value: int, hint: Type | None, span: Span) -> TExpr | None:
        wanted = hint.inner if isinstance(hint, OptionalType) else hint
        if isinstance(wanted, WordType):
            return word_literal(value, wanted, span, self.findings)
        return number(value, span)

    def _none(self, node: nodes.NoneLiteral, hint: Type | None) -> TExpr | None:
        if isinstance(hint, OptionalType):
            return Literal(type=hint, span=node.span, value=None)
        found = "where no type is known" if hint is None else f"where a `{type_name(hint)}` is wanted"
        self.findings.error("MS220", f"`none` stands {found}: it is a value of optional types (`T?`)", node.span)
        return None

    def _name(self, node: nodes.NameRef, hint: Type | None) -> TExpr | None:
        name = node.name
        binding = self.scope.get(name)
        if binding is not None:
            return self.local_ref(binding, node.span)
        symbol = self.universe.symbols.get(name)
        if symbol is not None and symbol.kind in VALUES:
            self.universe.use(symbol, node.span)
            return self._global(symbol, node.span, hint)
        members = self.universe.members.get(name)
        if members:
            return self._member(name, members, node.span, hint)
        if symbol is not None:
            self._not_a_value(symbol, node.span)
        else:
            self.findings.error("MS101", f"there is no `{name}` here{did_you_mean(name, self._visible())}", node.span)
        return None

    def local_ref(self, binding: Binding, span: Span) -> TExpr | None:
        """A read of a local."""
        local = binding.local
        if local is None:
            return None
        if binding.path is None:
            return LocalRef(type=local.type, span=span, local=local)
        assert isinstance(local.type, RecordType)
        base = LocalRef(type=local.type, span=span, local=local)
        return FieldOf(type=local.type.fields[binding.path][1], span=span, base=base, record=local.type, position=binding.path)

    def _visible(self) -> set[str]:
        names = {s.name for s in self.universe.symbols.values() if s.kind in IN_EXPRESSIONS}
        return names | set(self.scope) | set(self.universe.members)

    def _not_a_value(self, symbol: Symbol, span: Span) -> None:
        advice = {
            Kind.FUNCTION: f": call it, `{symbol.name}(...)`",
            Kind.HANDLER: f": call it, `{symbol.name}(...)`, or ask what it decided, `{symbol.name}.decides(...)`",
            Kind.STEP: f": ask whether it runs, `taken({symbol.name})`",
            Kind.RULE: f": labels stand after `@`, as in `H.decides(...) @{symbol.name}`",
        }.get(symbol.kind, "")
        article = "an" if symbol.kind[0] in "aei" else "a"
        message = f"`{symbol.name}` is {article} {symbol.kind}, not a value{advice}"
        self.findings.error("MS110", message, span, Note("declared here", symbol.span))

    def _global(self, symbol: Symbol, span: Span, hint: Type | None) -> TExpr | None:
        match symbol.kind:
            case Kind.PARAM:
                value = self.universe.param(symbol.name)
                return None if value is None else self._number(value, hint, span)
            case Kind.EVENT:
                return self._event(symbol, span)
            case _:
                if not self._may_read(symbol, span):
                    return None
                type = self.universe.variable(symbol.name)
                if type is None:
                    return None
                if symbol.kind is Kind.CONST:
                    return ConstRef(type=type, span=span, name=symbol.name)
                return StateRef(type=type, span=span, name=symbol.name)

    def _may_read(self, symbol: Symbol, span: Span) -> bool:
        where, name = self.where, symbol.name
        if not where.consts:
            note = Note("declared here", symbol.span)
            self.findings.error("MS219", f"not a constant: `{name}` is a {symbol.kind}", span, note)
            return False
        match symbol.kind:
            case Kind.STATE:
                self.state_seen += 1
                self.uses.state_read = self.uses.state_read or Reason(f"reads `{name}`", span)
                if not where.state:
                    self.findings.error("MS318", f"{where.what} cannot see the state: `{name}` is a state variable", span)
                return where.state
            case Kind.GHOST:
                if where.primed:
                    message = f"ghost `{name}` cannot be primed: a property sees it as the handler returned"
                    self.findings.error("MS402", message, span)
                elif not where.ghosts:
                    message = f"ghost `{name}` is read by step properties and in assignments to ghosts only, not in {where.what}"
                    self.findings.error("MS314", message, span)
                return where.ghosts and not where.primed
            case _:
                return True

    def _event(self, symbol: Symbol, span: Span) -> TExpr | None:
        if not self.in_step_expression(f"event `{symbol.name}`", span):
            return None
        self.uses.events.setdefault(symbol.name, span)
        return EventUse(type=BOOL, span=span, name=symbol.name)

    def _member(self, name: str, members: list[Member], span: Span, hint: Type | None) -> TExpr | None:
        wanted = hint.inner if isinstance(hint, OptionalType) else hint
        chosen = [m for m in members if m.type == wanted] or members
        if len(chosen) > 1:
            ways = " or ".join(f"`{m.type.name}.{name}`" for m in chosen)
            self.findings.error("MS106", f"`{name}` is a member of several types: write {ways}", span)
            return None
        self._use_type(chosen[0].type.name, span)
        return member_literal(chosen[0], span)

    def _use_type(self, name: str, span: Span) -> None:
        if (symbol := self.universe.symbols.get(name)) is not None:
            self.universe.use(symbol, span)

    # ------------------------------------------------------------------------------------------ operators

    def _binary(self, node: nodes.Binary, hint: Type | None, free: bool) -> TExpr | None:
        op, span = BinaryOp(node.op), node.span
        if op in (BinaryOp.AND, BinaryOp.OR, BinaryOp.IMPLIES):
            inner = free and op is not BinaryOp.IMPLIES
            left, right = self.condition(node.left, free=inner), self.condition(node.right, free=inner)
            return operators.logical(op, left, right, span)
        compares = op in operators.COMPARISONS
        # Arithmetic on literals alone is exact, whatever the result is stored in: `255 + 1` is no byte.
        below = hint if op in operators.BITS and isinstance(hint, WordType | FlagsType) else None
        if op in (BinaryOp.SHL, BinaryOp.SHR):
            left, right = self.infer(node.left, below), self.infer(node.right)
        else:
            left, right = self._pair(node.left, node.right, below, free=free and compares)
        if left is None or right is None:
            return None
        if op is BinaryOp.HAS:
            return operators.has(self.universe, left, right, span)
        if compares:
            return operators.compare(self.universe, op, left, right, span)
        if op in (BinaryOp.SHL, BinaryOp.SHR):
            return operators.shift(self.universe, op, left, right, span)
        if op in operators.BITS:
            return operators.bitwise(self.universe, op, left, right, node)
        return operators.arithmetic(self.universe, op, left, right, span)

    def _pair(self, left: nodes.Expr, right: nodes.Expr, hint: Type | None, *, free: bool = False) -> tuple[TExpr | None, TExpr | None]:
        """Two operands of like type: the one whose type is known by itself gives the other its hint."""
        first, second = (right, left) if self.is_open(left) and not self.is_open(right) else (left, right)
        typed = self.infer(first, hint, free=free and first is left)
        if typed is None and hint is None and self.is_open(second):
            return None, None
        other = self.infer(second, typed.type if typed is not None else hint, free=free and second is left)
        return (typed, other) if first is left else (other, typed)

    def _unary(self, node: nodes.Unary, hint: Type | None, free: bool) -> TExpr | None:
        if node.op == "!":
            operand = self.condition(node.operand, free=free)
            return None if operand is None else UnaryExpr(type=BOOL, span=node.span, op=UnaryOp.NOT, operand=operand)
        operand = self.infer(node.operand, hint if node.op == "~" else None)
        if operand is None:
            return None
        check = operators.negate if node.op == "-" else operators.complement
        return check(self.universe, operand, node.span)

    def _conditional(self, node: nodes.Conditional, hint: Type | None) -> TExpr | None:
        condition = self.condition(node.condition)
        if hint is not None and not isinstance(hint, IntType):
            then, orelse = self.infer(node.then, hint), self.infer(node.orelse, hint)
        else:
            then, orelse = self._pair(node.then, node.orelse, None)
        if condition is None or then is None or orelse is None:
            return None
        type = join(then, orelse)
        if type is None:
            message = f"the branches of `?:` differ: {describe(then)} and {describe(orelse)}"
            self.findings.error("MS201", message, node.span)
            return None
        left, right = coerce(then, type, self.universe), coerce(orelse, type, self.universe)
        if left is None or right is None:
            return None
        return CondExpr(type=type, span=node.span, condition=condition, then=left, orelse=right)

    # ------------------------------------------------------------------------------------------ parts of values

    def _field(self, node: nodes.FieldExpr) -> TExpr | None:
        if isinstance(node.base, nodes.NameRef) and node.base.name not in self.scope:
            symbol = self.universe.symbols.get(node.base.name)
            if symbol is not None and symbol.kind is Kind.TYPE:
                self.universe.use(symbol, node.span)
                return self._qualified(symbol.name, node)
        base = self.infer(node.base)
        return None if base is None else self.part(base, node.field, node.span)

    def _qualified(self, type_text: str, node: nodes.FieldExpr) -> TExpr | None:
        type = self.universe.declared_type(type_text)
        if type is None:
            return None
        if not isinstance(type, EnumType | FlagsType):
            self.findings.error("MS107", f"`{type_text}` has no members: it is no enum and no flags type", node.span)
            return None
        member = node.field.text
        if member not in type.members:
            hint = did_you_mean(member, type.members)
            self.findings.error("MS107", f"`{type.name}` has no member `{member}`{hint}", node.field.span)
            return None
        return member_literal(Member(type, type.members.index(member)), node.span)

    def part(self, base: TExpr, field: nodes.Name, span: Span) -> TExpr | None:
        """A record's field, or `.value` of an optional."""
        match base.type:
            case RecordType() as record:
                position = self.field_position(record, field)
                if position is None:
                    return None
                return FieldOf(type=record.fields[position][1], span=span, base=base, record=record, position=position)
            case OptionalType(inner) as optional if field.text == "value":
                return OptionalValue(type=inner, span=span, base=base, optional=optional)
            case _:
                self.no_field(base.type, field)
                return None

    def no_field(self, type: Type, field: nodes.Name) -> None:
        """Report a field of something that has none."""
        notes: tuple[Note, ...] = ()
        if isinstance(type, OptionalType) and isinstance(type.inner, RecordType):
            notes = (Note(f"the record is optional: read it with `.value.{field.text}`"),)
        elif field.text == "value":
            notes = (Note("only optionals have `.value`: this one is never `none`"),)
        self.findings.error("MS212", f"`{type_name(type)}` has no field `{field.text}`", field.span, *notes)

    def _index(self, node: nodes.IndexExpr) -> TExpr | None:
        base = self.infer(node.base)
        if base is None:
            self.infer(node.index)
            return None
        array = self.array_type(base.type, node.base.span)
        if array is None:
            return None
        index = self.array_index(array, node.index)
        return None if index is None else Index(type=array.element, span=node.span, base=base, index=index, array=array)

    def array_type(self, type: Type, span: Span) -> ArrayType | None:
        """The type as an array's; reports others."""
        if isinstance(type, ArrayType):
            return type
        self.findings.error("MS211", f"only arrays are indexed, found `{type_name(type)}`", span)
        return None

    def array_index(self, array: ArrayType, node: nodes.Expr) -> TExpr | None:
        """An index of an array. Numbers keep their own range: whether they are inside is a run-time check, unless it is certain."""
        index = self.infer(node, array.index)
        if index is None:
            return None
        wanted, found = array.index, index.type
        if isinstance(wanted, IntType) and isinstance(found, IntType):
            if (found.high < wanted.low or found.low > wanted.high) and self.universe.is_certain(index):
                message = f"index {describe(index)} is always outside the array, which has {wanted.low}..{wanted.high}"
                self.findings.error("MS207", message, node.span)
                return None
            return index
        return coerce(index, wanted, self.universe, what="the array's index")

    # ------------------------------------------------------------------------------------------ quantifiers

    def _quantifier(self, node: nodes.QuantifierExpr) -> TExpr | None:
        kind = Quantifier(node.kind)
        with self.scope.nested():
            locals_ = [self.binder(name, domain) for name, domain in node.binders]
            if kind is Quantifier.COUNT and len(locals_) > 1:
                return self._count_tuples(node, locals_)
            body = self.condition(node.body)
        if body is None:
            return None
        result = body
        for local in reversed(locals_):
            if local is None:
                return None
            type = IntType(0, cardinality(local.type)) if kind is Quantifier.COUNT else BOOL
            result = QuantifierOf(type=type, span=node.span, kind=kind, local=local, body=result)
        return result

    def _count_tuples(self, node: nodes.QuantifierExpr, locals_: list[Local | None]) -> TExpr | None:
        """`count` over several variables counts tuples: it becomes a count over one variable whose type is the record of them."""
        known = [local for local in locals_ if local is not None]
        type = RecordType("(" + ", ".join(local.name for local in known) + ")", tuple((local.name, local.type) for local in known))
        whole = Local(self.universe.fresh(), type.name, type, node.span)
        for position, local in enumerate(known):
            self.scope.bind(local.name, Binding(Role.BOUND, local.span, whole, position))
        body = self.condition(node.body)
        if body is None or len(known) < len(locals_) or not self.enumerable(type, node.span):
            return None
        return QuantifierOf(type=IntType(0, cardinality(type)), span=node.span, kind=Quantifier.COUNT, local=whole, body=body)

    def binder(self, name: nodes.Name, domain: nodes.TypeExpr) -> Local | None:
        """Bring a variable into scope that goes through every value of a type."""
        type = self.universe.type_of(domain)
        local = self.universe.local(name, type) if type is not None and self.enumerable(type, domain.span) else None
        self.declare(name, Role.BOUND, local)
        return local

    # ------------------------------------------------------------------------------------------ transitions

    def _primed(self, node: nodes.PrimedExpr) -> TExpr | None:
        where = self.where
        if where.primed:
            self.findings.error("MS404", "a primed expression cannot contain a prime", node.span)
            return None
        if not where.step:
            message = f"`'` reads the state after a transition: {where.what} is about one state"
            self.findings.error("MS401", message, node.span)
            return None
        before = self.state_seen
        errors = len(self.findings)
        with self.seeing(replace(where, primed=True)):
            operand = self.infer(node.expr)
        if operand is None:
            return None
        if self.state_seen == before and len(self.findings) == errors:
            self.findings.error("MS405", "nothing here changes: a prime belongs to an expression that reads the state", node.span)
            return None
        return Primed(type=operand.type, span=node.span, operand=operand)

    def _decides(self, node: nodes.MethodExpr, rule: nodes.Name | None) -> TExpr | None:
        errors = len(self.findings)
        span = node.span if rule is None else Span(node.span.file, node.span.start, rule.span.end)
        handler = self._handler_of(node)
        if rule is not None:
            self.check_rule(rule)
            self.uses.mentioned_rules.setdefault(rule.text, rule.span)
        if handler is None or not self.in_step_expression(f"`{handler.name}.decides`", node.span):
            return None
        signature = self.universe.signature(handler.name)
        if len(node.args) != 1:
            self.findings.error("MS407", f"`decides` takes one value, found {len(node.args)}", node.span)
            return None
        if signature.returns is None:
            return None
        value = self.constant(node.args[0], signature.returns)
        if value is None or len(self.findings) > errors:
            return None
        return Decides(type=BOOL, span=span, handler=handler.name, value=value.value, rule=None if rule is None else rule.text)

    def _handler_of(self, node: nodes.MethodExpr) -> Symbol | None:
        if node.method.text != "decides":
            hint = did_you_mean(node.method.text, ("decides",))
            self.findings.error("MS407", f"there is no method `{node.method.text}`{hint}; only `H.decides(VALUE)`", node.method.span)
            return None
        base = node.base
        symbol = self.universe.symbols.get(base.name) if isinstance(base, nodes.NameRef) else None
        if symbol is not None and symbol.kind is Kind.HANDLER:
            self.universe.use(symbol, node.span)
            return symbol
        handlers = [s.name for s in self.universe.named(Kind.HANDLER)]
        if symbol is not None:
            note = Note("declared here", symbol.span)
            self.findings.error("MS115", f"`{symbol.name}` is a {symbol.kind}: only handlers record decisions", base.span, note)
        else:
            text = base.span.text
            self.findings.error("MS115", f"there is no handler `{text}`{did_you_mean(text, handlers)}", base.span)
        return None

    def check_rule(self, rule: nodes.Name) -> bool:
        """Whether a label is declared; reports where not."""
        symbol = self.universe.symbols.get(rule.text)
        if symbol is not None and symbol.kind is Kind.RULE:
            return True
        hint = did_you_mean(rule.text, (s.name for s in self.universe.named(Kind.RULE)))
        self.findings.error("MS116", f"there is no rule `{rule.text}`{hint}", rule.span)
        return False


def member_literal(member: Member, span: Span) -> Literal:
    """A member as a value: an enum's ordinal, or the set of one flag."""
    value: Value = member.ordinal if isinstance(member.type, EnumType) else 1 << member.ordinal
    return Literal(type=member.type, span=span, value=value)
