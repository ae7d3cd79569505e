"""Types and shape of bodies: assignments, control flow, returns, ghosts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from mmu_smt.semantics import calls
from mmu_smt.semantics.coercions import describe
from mmu_smt.semantics.effects import Reason, Uses, Where
from mmu_smt.semantics.expressions import ExpressionChecker
from mmu_smt.semantics.names import Binding, Kind, Role, did_you_mean
from mmu_smt.semantics.program import (
    Arm,
    Assert,
    Assign,
    CallStatement,
    Choose,
    FieldStep,
    For,
    If,
    IndexStep,
    Let,
    Local,
    Lock,
    Match,
    Place,
    PlaceStep,
    Return,
    TExpr,
    TStmt,
    Yield,
)
from mmu_smt.semantics.types import (
    BoolType,
    EnumType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    Value,
    cardinality,
    show_value,
    type_name,
    values,
)
from mmu_smt.semantics.universe import Signature, Universe
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note
from mmu_smt.syntax.source import Span

BODY = Where("a body", pure=False)
COMPOUND = {"+=": "+", "-=": "-", "|=": "|", "&=": "&"}


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked block. `completes`: control may reach its end."""

    statements: tuple[TStmt, ...]
    completes: bool


class BodyChecker(ExpressionChecker):
    """Checks the body of one function, handler or step. `actor`: of a step; None for functions and handlers."""

    def __init__(self, universe: Universe, uses: Uses, signature: Signature, actor: str | None) -> None:
        super().__init__(universe, BODY, uses)
        self.signature = signature
        self.actor = actor
        for parameter, local in signature.params:
            self.declare(parameter.name, Role.PARAMETER, local)

    def body(self, block: nodes.Block, end: Span) -> tuple[TStmt, ...]:
        """The checked statements. `end`: where a missing `return` is reported."""
        checked = self.block(block)
        if checked.completes and self.signature.has_result:
            self.findings.error("MS303", f"`{self.uses.owner}` can reach its end without `return`", end)
        return checked.statements

    def block(self, block: nodes.Block) -> Checked:
        """A block with a scope of its own."""
        with self.scope.nested():
            return self._sequence(block.statements)

    def _sequence(self, statements: Iterable[nodes.Stmt]) -> Checked:
        typed: list[TStmt] = []
        completes = True
        for statement in statements:
            if not completes:
                self.findings.error("MS304", "this is never reached: every way here has returned", statement.span)
                break
            checked = self.statement(statement)
            typed.extend(checked.statements)
            completes = checked.completes
        return Checked(tuple(typed), completes)

    def statement(self, node: nodes.Stmt) -> Checked:
        """One statement; no statements where it is in error."""
        match node:
            case nodes.LetStmt():
                return _simple(self._let(node))
            case nodes.AssignStmt():
                return _simple(self._assign(node))
            case nodes.ExprStmt():
                return _simple(self._call(node))
            case nodes.IfStmt():
                return self._if(node)
            case nodes.MatchStmt():
                return self._match(node)
            case nodes.ForStmt():
                return self._for(node)
            case nodes.ReturnStmt():
                checked = self._return(node)
                return Checked((checked,) if checked is not None else (), completes=False)
            case nodes.ChooseStmt():
                return _simple(self._choose(node))
            case nodes.AssertStmt():
                condition = self.condition(node.condition)
                return _simple(None if condition is None else Assert(id=self.universe.fresh(), span=node.span, condition=condition))
            case nodes.LockStmt():
                self.uses.has_effect(f"locks `{node.lock.text}`", node.span)
                number, inner = self.universe.fresh(), self.block(node.body)
                return Checked((Lock(id=number, span=node.span, name=node.lock.text, body=inner.statements),), inner.completes)
            case nodes.YieldStmt():
                self.uses.has_effect("yields", node.span)
                return _simple(Yield(id=self.universe.fresh(), span=node.span, label=node.label))
            case _:
                assert_never(node)

    # ------------------------------------------------------------------------------------------ locals and assignments

    def _let(self, node: nodes.LetStmt) -> TStmt | None:
        type = None if node.type is None else self.universe.type_of(node.type)
        if type is not None:
            value = self.need(node.value, type, free=True, what=f"`{node.name.text}`")
        elif node.type is not None:
            self.explore(node.value)
            value = None
        else:
            value = self.infer(node.value, free=True)
            type = value.type if value is not None else None
        local = None if type is None else self.universe.local(node.name, type)
        self.declare(node.name, Role.LET, local)
        if local is None or value is None:
            return None
        return Let(id=self.universe.fresh(), span=node.span, local=local, value=value)

    def _choose(self, node: nodes.ChooseStmt) -> TStmt | None:
        self.uses.has_effect("chooses", node.span)
        type = self.universe.type_of(node.domain)
        local = None if type is None else self.universe.local(node.name, type)
        self.declare(node.name, Role.CHOSEN, local)
        return None if local is None else Choose(id=self.universe.fresh(), span=node.span, local=local)

    def _assign(self, node: nodes.AssignStmt) -> TStmt | None:
        target = self._place(node.target)
        ghost = self._is_ghost(node.target)
        value_node = node.value
        if node.op in COMPOUND:
            value_node = nodes.Binary(span=node.span, op=COMPOUND[node.op], left=node.target, right=node.value)
        free = node.op == "="
        with self.seeing(replace(self.where, ghosts=True) if ghost else self.where):
            if target is None:
                self.explore(node.value)
                return None
            value = self.need(value_node, target.type, free=free, what=f"`{node.target.span.text}`")
        if value is None:
            return None
        return Assign(id=self.universe.fresh(), span=node.span, target=target, value=value)

    def _is_ghost(self, target: nodes.Expr) -> bool:
        root = _root(target)
        symbol = self.universe.symbols.get(root.name) if isinstance(root, nodes.NameRef) else None
        return symbol is not None and symbol.kind is Kind.GHOST

    def _place(self, node: nodes.Expr) -> Place | None:
        """Where an assignment goes; reports what cannot be assigned."""
        chain: list[nodes.IndexExpr | nodes.FieldExpr] = []
        root = node
        while isinstance(root, nodes.IndexExpr | nodes.FieldExpr):
            chain.append(root)
            root = root.base
        if not isinstance(root, nodes.NameRef):
            self.findings.error("MS306", "only variables and their parts can be assigned", root.span)
            return None
        found = self._assignable(root)
        if found is None:
            return None
        target, type = found
        root_type = type
        steps: list[PlaceStep] = []
        for part in reversed(chain):
            step = self._place_step(part, type)
            if step is None:
                return None
            steps.append(step)
            type = step.array.element if isinstance(step, IndexStep) else step.record.fields[step.position][1]
        return Place(root=target, root_type=root_type, steps=tuple(steps), type=type, span=node.span)

    def _place_step(self, part: nodes.IndexExpr | nodes.FieldExpr, type: Type) -> PlaceStep | None:
        if isinstance(part, nodes.IndexExpr):
            array = self.array_type(type, part.base.span)
            index = None if array is None else self.array_index(array, part.index)
            return None if array is None or index is None else IndexStep(array=array, index=index)
        if isinstance(type, RecordType):
            position = self.field_position(type, part.field)
            return None if position is None else FieldStep(record=type, position=position)
        if isinstance(type, OptionalType) and part.field.text == "value":
            message = "`.value` cannot be assigned: assign the optional as a whole"
            self.findings.error("MS306", message, part.span)
        else:
            self.no_field(type, part.field)
        return None

    def _assignable(self, root: nodes.NameRef) -> tuple[Local | str, Type] | None:
        binding = self.scope.get(root.name)
        if binding is not None:
            return self._assignable_local(root, binding)
        symbol = self.universe.symbols.get(root.name)
        if symbol is None:
            candidates = {s.name for s in self.universe.named(Kind.STATE, Kind.GHOST)} | set(self.scope)
            advice = Note(f"a new local is declared with `let {root.name} = ...`")
            self.findings.error("MS101", f"there is no `{root.name}` here{did_you_mean(root.name, candidates)}", root.span, advice)
            return None
        declared = Note("declared here", symbol.span)
        if symbol.kind is Kind.STATE:
            self.uses.has_effect(f"changes `{root.name}`", root.span)
        elif symbol.kind is Kind.GHOST:
            self.uses.has_effect(f"changes `{root.name}`", root.span)
            self.uses.ghost_write = self.uses.ghost_write or Reason(f"writes ghost `{root.name}`", root.span)
        elif symbol.kind in (Kind.CONST, Kind.PARAM):
            self.findings.error("MS305", f"`{root.name}` is a {symbol.kind}: it never changes", root.span, declared)
            return None
        else:
            self.findings.error("MS306", f"`{root.name}` is a {symbol.kind}: it cannot be assigned", root.span, declared)
            return None
        self.universe.use(symbol, root.span)
        type = self.universe.variable(root.name)
        return None if type is None else (root.name, type)

    def _assignable_local(self, root: nodes.NameRef, binding: Binding) -> tuple[Local | str, Type] | None:
        if binding.role not in (Role.LET, Role.CHOSEN):
            advice = Note(f"copy it first: `let copy = {root.name}`") if binding.role is Role.PARAMETER else None
            notes = (Note("declared here", binding.span), *((advice,) if advice else ()))
            self.findings.error("MS305", f"`{root.name}` is a {binding.role} and cannot be assigned", root.span, *notes)
            return None
        return None if binding.local is None else (binding.local, binding.local.type)

    def _call(self, node: nodes.ExprStmt) -> TStmt | None:
        expr = node.expr
        if not isinstance(expr, nodes.CallExpr):
            self.findings.error("MS320", "this has no effect: only calls can stand as statements", node.span)
            return None
        symbol = self.universe.symbols.get(expr.callee.text)
        if symbol is None or symbol.kind not in (Kind.FUNCTION, Kind.HANDLER):
            if self.infer(expr) is not None:
                self.findings.error("MS320", "this has no effect: only calls of functions can stand as statements", node.span)
            return None
        self.universe.use(symbol, expr.span)
        args = calls.arguments(self, expr, symbol, free=True)
        if args is None:
            return None
        return CallStatement(id=self.universe.fresh(), span=node.span, function=symbol.name, args=args)

    # ------------------------------------------------------------------------------------------ control flow

    def _if(self, node: nodes.IfStmt) -> Checked:
        number = self.universe.fresh()
        condition = self.condition(node.condition, free=True)
        then = self.block(node.then)
        match node.orelse:
            case None:
                orelse = Checked((), completes=True)
            case nodes.IfStmt() as chained:
                orelse = self._if(chained)
            case block:
                orelse = self.block(block)
        completes = then.completes or orelse.completes
        if condition is None:
            return Checked((), completes)
        typed = If(id=number, span=node.span, condition=condition, then=then.statements, orelse=orelse.statements)
        return Checked((typed,), completes)

    def _for(self, node: nodes.ForStmt) -> Checked:
        number = self.universe.fresh()
        type = self.universe.type_of(node.domain)
        local = self.universe.local(node.name, type) if type is not None and self.enumerable(type, node.domain.span) else None
        with self.scope.nested():
            self.declare(node.name, Role.FOR, local)
            inner = self.block(node.body)
        if local is None:
            return Checked((), completes=True)
        return Checked((For(id=number, span=node.span, local=local, body=inner.statements),), completes=True)

    def _return(self, node: nodes.ReturnStmt) -> TStmt | None:
        rule = self._label(node.rule)
        number = self.universe.fresh()
        wanted = self.signature.returns
        if not self.signature.has_result:
            if node.value is not None:
                owner = "a step" if self.actor is not None else f"`{self.uses.owner}`"
                self.findings.error("MS307", f"{owner} has no result to return", node.value.span)
                return None
            return Return(id=number, span=node.span, value=None, rule=rule)
        if node.value is None:
            expected = "a value" if wanted is None else f"a `{type_name(wanted)}`"
            self.findings.error("MS307", f"`{self.uses.owner}` returns {expected}, but none is given here", node.span)
            return None
        if wanted is None:
            self.explore(node.value)
            return None
        value = self.need(node.value, wanted, free=True, what=f"the result of `{self.uses.owner}`")
        return None if value is None else Return(id=number, span=node.span, value=value, rule=rule)

    def _label(self, rule: nodes.Name | None) -> str | None:
        if rule is None:
            return None
        if self.actor is not None:
            self.findings.error("MS308", "a step decides nothing: labels stand on returns of handlers and functions", rule.span)
            return None
        if not self.check_rule(rule):
            return None
        self.uses.labels.setdefault(rule.text, rule.span)
        self.uses.has_effect(f"labels a decision `@{rule.text}`", rule.span)
        return rule.text

    # ------------------------------------------------------------------------------------------ match

    def _match(self, node: nodes.MatchStmt) -> Checked:
        number = self.universe.fresh()
        subject = self.infer(node.subject, free=True)
        if subject is not None and not isinstance(subject.type, EnumType | BoolType | IntType | OptionalType):
            message = f"`match` takes enums, conditions, numbers and optionals, found {describe(subject)}"
            self.findings.error("MS311", message, node.subject.span)
            subject = None
        arms: list[Arm] = []
        completes = False
        covered: dict[Value, Span] = {}
        wildcard: nodes.MatchArm | None = None
        for arm in node.arms:
            if wildcard is not None:
                self.findings.error("MS313", "`_` takes everything: it comes last", arm.span, Note("`_` is here", wildcard.span))
                break
            values_ = None if subject is None else self._patterns(arm, subject, covered)
            checked = self.block(arm.body)
            completes = completes or checked.completes
            wildcard = wildcard if arm.patterns else arm
            arms.append(Arm(values=values_ if arm.patterns else None, body=checked.statements, span=arm.span))
        if subject is None:
            return Checked((), completes)
        if wildcard is None:
            self._exhaustive(subject, covered, node)
        return Checked((Match(id=number, span=node.span, subject=subject, arms=tuple(arms)),), completes)

    def _patterns(self, arm: nodes.MatchArm, subject: TExpr, covered: dict[Value, Span]) -> tuple[Value, ...]:
        found: list[Value] = []
        for pattern in arm.patterns:
            if isinstance(subject.type, OptionalType) and not isinstance(pattern, nodes.NoneLiteral):
                message = f"a `match` over `{type_name(subject.type)}` distinguishes `none` and `_` only"
                self.findings.error("MS312", message, pattern.span, Note("under `_`, look at the value with `.value`"))
                continue
            literal = self.constant(pattern, subject.type)
            if literal is None:
                # Whatever it was meant to cover counts as covered by nobody: the error is enough.
                covered.setdefault((pattern.span.start,), pattern.span)
                continue
            if (first := covered.get(literal.value)) is not None:
                shown = show_value(subject.type, literal.value)
                self.findings.error("MS310", f"`{shown}` is matched twice", pattern.span, Note("first here", first))
                continue
            covered[literal.value] = pattern.span
            found.append(literal.value)
        return tuple(found)

    def _exhaustive(self, subject: TExpr, covered: dict[Value, Span], node: nodes.MatchStmt) -> None:
        total = cardinality(subject.type) if not isinstance(subject.type, OptionalType) else 2
        if len(covered) >= total:
            return
        missing: list[str] = []
        if isinstance(subject.type, OptionalType):
            missing = ["_"] if None in covered else ["none", "_"]
        else:
            for value in values(subject.type):
                if value not in covered:
                    missing.append(show_value(subject.type, value))
                if len(missing) > 3:
                    missing[3] = "..."
                    break
        self.findings.error("MS309", f"not every value is matched: {', '.join(missing)}", node.subject.span)


def _simple(statement: TStmt | None) -> Checked:
    return Checked(() if statement is None else (statement,), completes=True)


def _root(node: nodes.Expr) -> nodes.Expr:
    while isinstance(node, nodes.IndexExpr | nodes.FieldExpr):
        node = node.base
    return node
