"""Small changes of a function, as replacements in its text, with what they cost.

The cost of a change is the number of expressions and statements that it adds, changes or takes away; one that is moved counts once, an
operator that joins what was there and what is new counts once, what replaces something counts as the larger of the two, and of a statement
that is taken out the statements in it count, too.

Changes keep the model honest: what tells the properties something (an assignment to a ghost) is never put in, nor taken away without the
condition that it stands under and the effects in that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mmu_smt.semantics.types import BoolType
from mmu_smt.syntax import nodes
from mmu_smt.syntax.source import Span
from mmu_smt.variants.repair_trees import descendants, extent, is_wrapped, operands, size, textually
from mmu_smt.variants.repair_vocabulary import Atom, Names, Place, Vocabulary

_STATEMENTS = (
    nodes.LetStmt,
    nodes.AssignStmt,
    nodes.ExprStmt,
    nodes.IfStmt,
    nodes.MatchStmt,
    nodes.ForStmt,
    nodes.ReturnStmt,
    nodes.ChooseStmt,
    nodes.AssertStmt,
    nodes.LockStmt,
    nodes.YieldStmt,
)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one function: `replacements` are offsets into its file and the text that stands there instead, none overlapping.

    `what` says it in words. `tested`: the condition that has to be evaluated for the change to matter; None where it need not be one.
    """

    function: str
    size: int
    what: str
    place: Span
    replacements: tuple[tuple[int, int, str], ...]
    tested: Span | None = None

    def text_of(self, declaration: nodes.FunctionDecl) -> str:
        """The changed text of the function."""
        return applied(declaration.span.text, declaration.span.start, self.replacements)


def applied(text: str, start: int, replacements: tuple[tuple[int, int, str], ...]) -> str:
    """A text with replacements made; `start`: the offset at which it begins in the file that they are of."""
    for begin, end, new in sorted(replacements, reverse=True):
        text = text[: begin - start] + new + text[end - start :]
    return text


def edits(vocabulary: Vocabulary, function: str, largest: int) -> Iterator[Edit]:
    """The changes of a function that cost no more than `largest`, in an order that depends on the text alone."""
    return _Edits(vocabulary, function, largest).all()


class _Edits:
    def __init__(self, vocabulary: Vocabulary, function: str, largest: int) -> None:
        self._vocabulary = vocabulary
        self._function = function
        self._largest = largest
        self._declaration = vocabulary.declarations[function]
        self._program = vocabulary.program
        self._results = self._returned()
        self._declared = frozenset(d.name.text for d in descendants(self._declaration) if isinstance(d, nodes.LetStmt | nodes.ChooseStmt))

    def all(self) -> Iterator[Edit]:
        for edit in self._every():
            if edit.size <= self._largest:
                yield edit

    def _every(self) -> Iterator[Edit]:
        following = _followers(self._declaration.body)
        told_later = self._told_later()
        for place in self._vocabulary.places(self._function):
            for condition in self._vocabulary.conditions(place.node, self._function):
                yield from self._of_condition(condition, place)
            if isinstance(place.node, nodes.ExprStmt):
                yield from self._of_call(place.node, following.get(place.node.span.start), place.names)
            if isinstance(place.node, nodes.IfStmt):
                yield from self._moved_in(place.node)
            yield from self._of_statement(place, told=place.node.span.start in told_later)

    def _edit(self, size: int, what: str, at: nodes.Node, *replacements: tuple[int, int, str], tested: nodes.Node | None = None) -> Edit:
        return Edit(self._function, size, what, at.span, replacements, None if tested is None else tested.span)

    # ------------------------------------------------------------------------------------------ conditions

    def _of_condition(self, condition: nodes.Expr, place: Place) -> Iterator[Edit]:
        told = isinstance(place.node, nodes.IfStmt) and self._vocabulary.is_told(place.node.then)
        if isinstance(place.node, nodes.IfStmt) and place.node.orelse is not None and self._vocabulary.is_told(place.node.orelse):
            return
        has_effect = self._vocabulary.effectful(condition)
        if isinstance(condition, nodes.BoolLiteral):
            return
        for atom in self._vocabulary.fitting(place.names):
            if 1 + atom.size > self._largest:
                continue
            for text, cost in self._forms(atom):
                if not told:
                    yield self._added(condition, "&&", text, cost, front=False)
                    yield self._added(condition, "||", text, cost, front=False)
                if (has_effect or told) and not atom.effectful:
                    yield self._added(condition, "&&", text, cost, front=True)
        if not told:
            yield from self._without_operand(condition, condition)
            yield from self._with_other_operand(condition, place.names)

    @staticmethod
    def _forms(atom: Atom) -> tuple[tuple[str, int], ...]:
        return (atom.text, atom.size), (atom.negation, atom.negation_size)

    def _added(self, condition: nodes.Expr, op: str, text: str, cost: int, *, front: bool) -> Edit:
        start, end = extent(condition)
        looser = ("||", "=>") if op == "&&" else ("=>",)
        wrap = not is_wrapped(condition.span.file.text[start:end]) and (
            isinstance(condition, nodes.Conditional) or (isinstance(condition, nodes.Binary) and condition.op in looser)
        )
        opening, closing = ("(", ")") if wrap else ("", "")
        what = f"{'first ask for' if front else 'also ask for' if op == '&&' else 'or'} `{text}`"
        if front:
            changes = ((start, start, f"{text} {op} {opening}"), *(((end, end, closing),) if wrap else ()))
        else:
            changes = (*(((start, start, opening),) if wrap else ()), (end, end, f"{closing} {op} {text}"))
        return self._edit(1 + cost, what, condition, *changes, tested=condition)

    def _without_operand(self, node: nodes.Expr, whole: nodes.Expr) -> Iterator[Edit]:
        """Each operand of a conjunction or disjunction left out."""
        match node:
            case nodes.Unary(op="!", operand=operand):
                yield from self._without_operand(operand, whole)
            case nodes.Binary(op="&&" | "||", left=left, right=right):
                (begin, middle), (after, end) = extent(left), extent(right)
                yield self._edit(size(left), f"do not ask for `{textually(left)}`", left, (begin, after, ""), tested=whole)
                yield self._edit(size(right), f"do not ask for `{textually(right)}`", right, (middle, end, ""), tested=whole)
                yield from self._without_operand(left, whole)
                yield from self._without_operand(right, whole)
            case _:
                pass

    def _with_other_operand(self, condition: nodes.Expr, names: Names) -> Iterator[Edit]:
        for operand in operands(condition):
            if isinstance(operand, nodes.BoolLiteral):
                continue
            old, (start, end), least = textually(operand), extent(operand), size(operand)
            for atom in self._vocabulary.fitting(names):
                for text, cost in self._forms(atom):
                    if max(cost, least) <= self._largest and text != old:
                        yield self._edit(
                            max(cost, least), f"ask for `{text}` instead of `{old}`", operand, (start, end, text), tested=condition
                        )

    # ------------------------------------------------------------------------------------------ results that are ignored

    def _is_boolean_call(self, statement: nodes.Stmt) -> bool:
        if not isinstance(statement, nodes.ExprStmt) or not isinstance(statement.expr, nodes.CallExpr):
            return False
        called = self._program.functions.get(statement.expr.callee.text)
        return called is not None and isinstance(called.returns, BoolType)

    def _moved_in(self, statement: nodes.IfStmt) -> Iterator[Edit]:
        """A call for its effect at the beginning of a branch becomes the last thing that its condition asks."""
        first = next(iter(statement.then.statements), None)
        if first is None or not self._is_boolean_call(first) or not isinstance(first, nodes.ExprStmt):
            return
        call, condition = textually(first.expr), statement.condition
        for text, cost in ((call, 1), (f"!{call}", 2)):
            added = self._added(condition, "&&", text, cost, front=False)
            yield self._edit(
                added.size, f"use the result of `{call}` as a condition", condition, *added.replacements, _gone(first), tested=condition
            )

    def _of_call(self, statement: nodes.ExprStmt, following: nodes.Stmt | None, names: Names) -> Iterator[Edit]:
        """The result of a call for its effect decides what is returned."""
        if not self._is_boolean_call(statement):
            return
        call = textually(statement.expr)
        match following:
            case nodes.ReturnStmt(value=nodes.BoolLiteral(value=value), rule=None):
                for text, cost in ((call, 1), (f"!{call}", 2)):
                    what = f"return the result of `{call}` instead of `{str(value).lower()}`"
                    start, end = following.value.span.start, following.value.span.end  # pyright: ignore[reportOptionalMemberAccess]
                    yield self._edit(cost, what, following, _gone(statement), (start, end, text))
            case _:
                pass
        for result, cost in self._results:
            if self._in_scope(result, names):
                for condition, extra in ((f"!{call}", 1), (call, 0)):
                    what = f"`return {result.text}` if {'not ' if extra else ''}`{call}`"
                    text = f"if {condition} {{ return {result.text} }}"
                    yield self._edit(2 + extra + cost, what, statement, (statement.span.start, statement.span.end, text))

    # ------------------------------------------------------------------------------------------ statements

    def _of_statement(self, place: Place, *, told: bool) -> Iterator[Edit]:
        node, names = place.node, place.names
        start, end = node.span.start, node.span.end
        simple = isinstance(node, nodes.AssignStmt | nodes.ExprStmt) and not self._vocabulary.is_told(node)
        if simple or (isinstance(node, nodes.IfStmt) and node.orelse is None):
            cost = sum(isinstance(n, _STATEMENTS) for n in descendants(node))
            yield self._edit(cost, f"leave out `{_short(node)}`", node, _gone(node))
        if isinstance(node, nodes.LetStmt | nodes.ChooseStmt):
            return
        for atom in self._vocabulary.fitting(names):
            if atom.effectful:
                continue
            for text, cost in self._forms(atom):
                if simple and 1 + cost <= self._largest:
                    yield self._edit(
                        1 + cost, f"`{_short(node)}` only if `{text}`", node, (start, start, f"if {text} {{ "), (end, end, " }")
                    )
                if not told and 2 + cost <= self._largest:
                    yield from self._early_return(node, text, cost, names)
        for action in self._vocabulary.actions:
            if action.fits(names) and action.text != textually(node):
                yield self._edit(action.size, f"`{action.text}` first", node, (start, start, f"{action.text}\n"))

    def _early_return(self, node: nodes.Node, condition: str, cost: int, names: Names) -> Iterator[Edit]:
        start = node.span.start
        for result, extra in self._results:
            if self._in_scope(result, names) and not (isinstance(node, nodes.ReturnStmt) and textually(node) == f"return {result.text}"):
                what = f"`return {result.text}` if `{condition}`"
                yield self._edit(2 + cost + extra, what, node, (start, start, f"if {condition} {{ return {result.text} }}\n"))

    @dataclass(frozen=True, slots=True)
    class _Result:
        text: str
        reads: frozenset[str]

    def _returned(self) -> tuple[tuple[_Result, int], ...]:
        """What the function returns somewhere, without an effect, with its label; nothing for a function without a result."""
        found: dict[str, tuple[_Edits._Result, int]] = {}
        for node in descendants(self._declaration.body):
            if isinstance(node, nodes.ReturnStmt) and node.value is not None and not self._vocabulary.effectful(node.value):
                text = textually(node.value) + (f" @{node.rule.text}" if node.rule is not None else "")
                reads = frozenset(n.name for n in descendants(node.value) if isinstance(n, nodes.NameRef))
                found.setdefault(text, (self._Result(text, reads), size(node.value)))
        returns = self._program.functions[self._function].returns
        if isinstance(returns, BoolType):
            for text in ("false", "true"):
                found.setdefault(text, (self._Result(text, frozenset()), 1))
        return tuple(found.values())

    def _in_scope(self, result: _Result, names: Names) -> bool:
        """A name of the result that is some local's must be one here."""
        return all(name in names for name in result.reads & self._declared)

    def _told_later(self) -> frozenset[int]:
        """Statements before one that tells the properties something, in their block or one around it: nothing may return there."""
        found: set[int] = set()
        _collect_told(self._declaration.body, self._vocabulary, False, found)
        return frozenset(found)


def _collect_told(block: nodes.Block, vocabulary: Vocabulary, outer: bool, found: set[int]) -> None:
    later = outer
    for statement in reversed(block.statements):
        plain = isinstance(statement, nodes.AssignStmt | nodes.ExprStmt)
        if plain and vocabulary.is_told(statement):
            later = True
        if later:
            found.add(statement.span.start)
        inner: list[nodes.Block] = []
        rest: nodes.Block | nodes.IfStmt | None = None
        match statement:
            case nodes.IfStmt(then=then, orelse=orelse):
                inner.append(then)
                rest = orelse
            case nodes.MatchStmt(arms=arms):
                inner.extend(a.body for a in arms)
            case nodes.ForStmt(body=body) | nodes.LockStmt(body=body):
                inner.append(body)
            case _:
                pass
        while isinstance(rest, nodes.IfStmt):
            inner.append(rest.then)
            rest = rest.orelse
        if rest is not None:
            inner.append(rest)
        for each in inner:
            _collect_told(each, vocabulary, later, found)


def _followers(body: nodes.Block) -> dict[int, nodes.Stmt]:
    """The statement that follows each one in its block, by where that one begins."""
    found: dict[int, nodes.Stmt] = {}
    for node in descendants(body):
        if isinstance(node, nodes.Block):
            for one, two in zip(node.statements, node.statements[1:], strict=False):
                found[one.span.start] = two
    return found


def _gone(node: nodes.Node) -> tuple[int, int, str]:
    """A statement taken out, with the white space before it; what follows on its line goes to the next one."""
    text, start, end = node.span.file.text, node.span.start, node.span.end
    return len(text[:start].rstrip()), end, "" if text[end:].lstrip(" \t").startswith(("\n", "\r")) else "\n"


def _short(node: nodes.Node) -> str:
    text = textually(node)
    return text if len(text) <= 60 else text[:57] + "..."
