"""Mutation operators: small changes of a function's text, found in its syntax tree.

An operator yields `Edit`s: pieces of the function's text and what stands there instead. So a mutant keeps the comments and the lines of the
original, and a difference of lines shows what was changed. Whether a mutant is well-typed is for the checker to say.

The operators are the usual ones (DeMillo, Lipton and Sayward, Hints on test data selection, 1978; Offutt and others, An experimental
determination of sufficient mutant operators, 1996: relational, logical and constant replacement, statement deletion), and those that
code with locks asks for: a result that is not looked at, a read outside the lock, two statements the wrong way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mmu_smt.syntax import nodes
from mmu_smt.syntax.source import Span
from mmu_smt.variants.walk import within

_COMPARED = {"==": ("!=",), "!=": ("==",), "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<")}
_ASSIGNED = {"|=": ("&=", "="), "&=": ("|=", "="), "+=": ("-=", "="), "-=": ("+=", "=")}
_JUNCTIONS = ("&&", "||")
_SETS = ("|", "&")

OPERATORS: Mapping[str, str] = {
    "negate": "a condition, or an operand of one, is negated",
    "drop-operand": "an operand of && or || is left out",
    "swap-junction": "&& instead of ||, or the other way round",
    "ignore-result": "a condition is evaluated, and taken for true or false whatever comes out",
    "swap-sides": "the sides of an if, of `? :`, or the bodies of two arms are exchanged",
    "compare": "another comparison",
    "constant": "a number one more or less, or with its one bit elsewhere; true for false",
    "enum": "another member of the enum",
    "flag": "another flag of the set",
    "drop-flag": "an operand of | or & is left out",
    "variable": "another state variable, constant or parameter of the same type",
    "assign-op": "another compound assignment",
    "drop-assignment": "an assignment is left out",
    "duplicate-assignment": "an assignment is made twice",
    "skip-call": "a call for its effect is left out",
    "drop-return": "a return is left out",
    "reorder": "two statements the wrong way round",
    "hoist": "the first read under a lock is made before the lock is taken",
    "unlock": "what is done under a lock is done without it",
}
"""The operators by name, in the order in which the mutants of one place are numbered, and what each does."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What operators must know of the program.

    `enums` and `flags`: for each member the members of its type, itself included. `alike`: for each state variable or constant the others
    of its type. `ghosts`: variables that handlers only write. `observers`: functions that only write ghosts. `effectful`: functions with
    an effect.
    """

    enums: Mapping[str, tuple[str, ...]]
    flags: Mapping[str, tuple[str, ...]]
    alike: Mapping[str, tuple[str, ...]]
    ghosts: frozenset[str]
    observers: frozenset[str]
    effectful: frozenset[str]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: each span is replaced by the text beside it; spans do not overlap. `at` is where it is shown to be."""

    operator: str
    at: Span
    replaced: tuple[tuple[Span, str], ...]

    def applied(self, whole: Span) -> str:
        """The text of `whole` with the change made."""
        text, end = whole.file.text, whole.start
        parts: list[str] = []
        for span, new in sorted(self.replaced, key=lambda item: item[0].start):
            parts += [text[end : span.start], new]
            end = span.end
        return "".join((*parts, text[end : whole.end]))


def edits(function: nodes.FunctionDecl, words: Vocabulary) -> tuple[Edit, ...]:
    """Every change of a function that an operator makes, by place, then by operator."""
    found = list(_Editor(function, words).run())
    order = list(OPERATORS)
    return tuple(sorted(found, key=lambda e: (e.at.start, order.index(e.operator), e.at.end)))


class _Editor:
    def __init__(self, function: nodes.FunctionDecl, words: Vocabulary) -> None:
        self._function = function
        self._words = words
        self._locals = frozenset(n.name.text for n in within(function) if isinstance(n, (nodes.Parameter, nodes.LetStmt)))

    def run(self) -> Iterator[Edit]:
        yield from self._block(self._function.body, outermost=True)

    # ------------------------------------------------------------------------------------------ statements

    def _block(self, block: nodes.Block, *, outermost: bool = False) -> Iterator[Edit]:
        statements = block.statements
        for index, statement in enumerate(statements):
            if self._serves_properties(statement):
                continue
            yield from self._statement(statement)
            last = outermost and index == len(statements) - 1
            if isinstance(statement, nodes.ReturnStmt) and not last:
                yield _edit("drop-return", statement.span, "")
            following = statements[index + 1] if index + 1 < len(statements) else None
            if following is not None and not self._serves_properties(following) and not isinstance(following, nodes.YieldStmt):
                one, two = statement.span, following.span
                yield Edit("reorder", one, ((one, two.text), (two, one.text)))

    def _serves_properties(self, statement: nodes.Stmt) -> bool:
        """It changes nothing that a handler can read."""
        match statement:
            case nodes.AssignStmt(target=target):
                return _root(target) in self._words.ghosts
            case nodes.ExprStmt(expr=nodes.CallExpr(callee=callee)):
                return callee.text in self._words.observers
            case nodes.IfStmt(then=then, orelse=orelse):
                rest = () if orelse is None else orelse.statements if isinstance(orelse, nodes.Block) else (orelse,)
                inner = (*then.statements, *rest)
                return bool(inner) and all(map(self._serves_properties, inner))
            case nodes.ForStmt(body=body):
                return bool(body.statements) and all(map(self._serves_properties, body.statements))
            case _:
                return False

    def _statement(self, statement: nodes.Stmt) -> Iterator[Edit]:
        match statement:
            case nodes.LetStmt(value=value):
                yield from self._expression(value)
            case nodes.AssignStmt():
                yield from self._assignment(statement)
            case nodes.ExprStmt(expr=expr):
                yield _edit("skip-call", statement.span, "")
                yield from self._arguments(expr)
            case nodes.IfStmt():
                yield from self._if(statement)
            case nodes.MatchStmt(subject=subject, arms=arms):
                yield from self._expression(subject)
                yield from self._arms(arms)
            case nodes.ForStmt(body=body):
                yield from self._block(body)
            case nodes.ReturnStmt(value=value):
                if value is not None:
                    yield from self._expression(value)
            case nodes.AssertStmt():
                pass  # it says what must hold, as a property does
            case nodes.LockStmt(body=body):
                yield from self._lock(statement)
                yield from self._block(body)
            case nodes.ChooseStmt() | nodes.YieldStmt():
                pass

    def _assignment(self, statement: nodes.AssignStmt) -> Iterator[Edit]:
        span = statement.span
        yield _edit("drop-assignment", span, "")
        yield _edit("duplicate-assignment", span, f"{span.text}\n{span.text}")
        between = Span(span.file, statement.target.span.end, statement.value.span.start)
        for op in _ASSIGNED.get(statement.op, ()):
            yield Edit("assign-op", span, ((between, f" {op} "),))
        yield from self._indices(statement.target)
        yield from self._expression(statement.value)

    def _if(self, statement: nodes.IfStmt) -> Iterator[Edit]:
        condition, then, orelse = statement.condition, statement.then, statement.orelse
        yield from self._condition(condition)
        if isinstance(orelse, nodes.Block):
            yield Edit("swap-sides", statement.span, ((then.span, orelse.span.text), (orelse.span, then.span.text)))
        yield from self._block(then)
        if isinstance(orelse, nodes.Block):
            yield from self._block(orelse)
        elif orelse is not None:
            yield from self._if(orelse)

    def _arms(self, arms: Sequence[nodes.MatchArm]) -> Iterator[Edit]:
        for one, two in pairwise(arms):
            yield Edit("swap-sides", one.span, ((one.body.span, _braced(two.body)), (two.body.span, _braced(one.body))))
        for arm in arms:
            yield from self._block(arm.body)

    def _lock(self, statement: nodes.LockStmt) -> Iterator[Edit]:
        inside = statement.body.statements
        yield _edit("unlock", statement.span, "\n".join(s.span.text for s in inside))
        if len(inside) > 1 and isinstance(inside[0], (nodes.LetStmt, nodes.AssignStmt)):
            first, lock = inside[0].span, Span(statement.span.file, statement.span.start, statement.span.start)
            yield Edit("hoist", first, ((lock, first.text + "\n"), (first, "")))

    # ------------------------------------------------------------------------------------------ expressions

    def _condition(self, expr: nodes.Expr) -> Iterator[Edit]:
        """A whole condition."""
        if not self._has_effect(expr):
            yield _edit("ignore-result", expr.span, "true")
            yield _edit("ignore-result", expr.span, "false")
        yield from self._operand(expr)

    def _operand(self, expr: nodes.Expr) -> Iterator[Edit]:
        """A condition, or an operand of one."""
        if not (isinstance(expr, nodes.Binary) and expr.op in ("==", "!=")):  # another comparison does that
            yield self._negated(expr)
        if self._has_effect(expr) and not (isinstance(expr, nodes.Binary) and expr.op in _JUNCTIONS):
            yield _edit("ignore-result", expr.span, f"({expr.span.text} || true)")
            yield _edit("ignore-result", expr.span, f"({expr.span.text} && false)")
        yield from self._parts(expr)

    def _parts(self, expr: nodes.Expr) -> Iterator[Edit]:
        """What is in an operand: under `!` not its negation, which is the one above."""
        while isinstance(expr, nodes.Unary) and expr.op == "!":
            expr = expr.operand
        if isinstance(expr, nodes.Binary) and expr.op in _JUNCTIONS:
            yield from self._junction(expr)
        else:
            yield from self._expression(expr)

    def _negated(self, expr: nodes.Expr) -> Edit:
        text = expr.span.text
        if isinstance(expr, nodes.Unary) and expr.op == "!":
            return _edit("negate", expr.span, expr.operand.span.text)
        composed = isinstance(expr, (nodes.Binary, nodes.Conditional)) and not text.startswith("(")
        return _edit("negate", expr.span, f"!({text})" if composed else f"!{text}")

    def _has_effect(self, expr: nodes.Expr) -> bool:
        return any(isinstance(n, nodes.CallExpr) and n.callee.text in self._words.effectful for n in within(expr))

    def _junction(self, expr: nodes.Binary) -> Iterator[Edit]:
        left, right = expr.left, expr.right
        yield _edit("drop-operand", expr.span, _like(expr, left.span.text), at=right.span)
        yield _edit("drop-operand", expr.span, _like(expr, right.span.text), at=left.span)
        other = "||" if expr.op == "&&" else "&&"
        yield _edit("swap-junction", expr.span, f"({left.span.text} {other} {right.span.text})", at=left.span)
        yield from self._operand(left)
        yield from self._operand(right)

    def _expression(self, expr: nodes.Expr) -> Iterator[Edit]:
        match expr:
            case nodes.Binary(op=op) if op in _JUNCTIONS:
                yield self._negated(expr)
                yield from self._junction(expr)
            case nodes.Binary():
                yield from self._binary(expr)
            case nodes.Unary(op="!"):
                yield self._negated(expr)
                yield from self._parts(expr)
            case nodes.Unary(op=op, operand=operand):
                yield _edit("drop-flag" if op == "~" else "constant", expr.span, operand.span.text)
                yield from self._expression(operand)
            case nodes.Conditional(condition=condition, then=then, orelse=orelse):
                yield from self._condition(condition)
                yield Edit("swap-sides", expr.span, ((then.span, f"({orelse.span.text})"), (orelse.span, f"({then.span.text})")))
                yield from self._expression(then)
                yield from self._expression(orelse)
            case nodes.CallExpr() | nodes.RecordExpr():
                yield from self._arguments(expr)
            case nodes.IndexExpr():
                yield from self._indices(expr)
            case nodes.FieldExpr(base=base, field=field):
                if isinstance(base, nodes.NameRef) and self._of_type(field.text, base.name):
                    yield from self._members(field.span, field.text)
                else:
                    yield from self._expression(base)
            case nodes.NameRef():
                yield from self._members(expr.span, expr.name)
                yield from self._variables(expr)
            case nodes.QuantifierExpr(kind=kind, body=body):
                if kind in ("all", "any"):
                    yield from self._condition(body)
                else:
                    yield from self._expression(body)
            case nodes.IntLiteral():
                yield from self._numbers(expr)
            case nodes.BoolLiteral(value=value):
                yield _edit("constant", expr.span, "false" if value else "true")
            case _:
                pass

    def _binary(self, expr: nodes.Binary) -> Iterator[Edit]:
        left, right = expr.left, expr.right
        for op in _COMPARED.get(expr.op, ()):
            yield Edit("compare", expr.span, ((Span(expr.span.file, left.span.end, right.span.start), f" {op} "),))
        if expr.op in _SETS:
            yield _edit("drop-flag", expr.span, _like(expr, left.span.text), at=right.span)
            yield _edit("drop-flag", expr.span, _like(expr, right.span.text), at=left.span)
        yield from self._expression(left)
        yield from self._expression(right)

    def _arguments(self, expr: nodes.Expr) -> Iterator[Edit]:
        match expr:
            case nodes.CallExpr(args=args):
                for argument in args:
                    yield from self._expression(argument)
            case nodes.RecordExpr(fields=fields):
                for _, value in fields:
                    yield from self._expression(value)
            case _:
                pass

    def _indices(self, expr: nodes.Expr) -> Iterator[Edit]:
        """Of a place: the variable, and what stands in brackets."""
        match expr:
            case nodes.IndexExpr(base=base, index=index):
                yield from self._indices(base)
                yield from self._expression(index)
            case nodes.FieldExpr(base=base):
                yield from self._indices(base)
            case nodes.NameRef():
                yield from self._variables(expr)
            case _:
                yield from self._expression(expr)

    def _variables(self, expr: nodes.NameRef) -> Iterator[Edit]:
        if expr.name not in self._locals:
            for other in self._words.alike.get(expr.name, ()):
                yield _edit("variable", expr.span, other)

    def _of_type(self, member: str, type_name: str) -> bool:
        return type_name not in self._locals and member in {**self._words.enums, **self._words.flags}

    def _members(self, span: Span, name: str) -> Iterator[Edit]:
        if name in self._locals:
            return
        for operator, members in (("enum", self._words.enums), ("flag", self._words.flags)):
            for other in members.get(name, ()):
                if other != name:
                    yield _edit(operator, span, other)

    def _numbers(self, expr: nodes.IntLiteral) -> Iterator[Edit]:
        value = expr.value
        others = {value + 1, value - 1} if value else {1}
        if expr.span.text.startswith("0x") and value.bit_count() == 1:
            others |= {value << 1, value >> 1}
        for other in sorted(others - {value}):
            yield _edit("constant", expr.span, hex(other) if expr.span.text.startswith("0x") else str(other))


def _edit(operator: str, span: Span, new: str, *, at: Span | None = None) -> Edit:
    return Edit(operator, at or span, ((span, new),))


def _like(expr: nodes.Expr, text: str) -> str:
    """The text in parentheses if the expression that it stands for is."""
    return f"({text})" if expr.span.text.startswith("(") and not text.startswith("(") else text


def _root(target: nodes.Expr) -> str:
    while isinstance(target, (nodes.IndexExpr, nodes.FieldExpr)):
        target = target.base
    return target.name if isinstance(target, nodes.NameRef) else ""


def _braced(block: nodes.Block) -> str:
    text = block.span.text
    return text if text.startswith("{") else "{ " + text + " }"
