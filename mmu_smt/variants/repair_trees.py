"""Walks over syntax trees, and the places in their text where something can be put in or taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields

from mmu_smt.syntax import nodes


def children(node: nodes.Node) -> Iterator[nodes.Node]:
    """The nodes right below one, in the order of its fields."""
    for field in fields(node):
        if field.name != "span":
            yield from _nodes_in(getattr(node, field.name))


def _nodes_in(value: object) -> Iterator[nodes.Node]:
    if isinstance(value, nodes.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _nodes_in(item)  # pyright: ignore[reportUnknownArgumentType]


def descendants(node: nodes.Node) -> Iterator[nodes.Node]:
    """A node and all below it."""
    yield node
    for child in children(node):
        yield from descendants(child)


def size(node: nodes.Node) -> int:
    """How many expressions and statements a piece of a tree has; names that a node carries, such as a callee's, do not count."""
    return sum(not isinstance(n, nodes.Name | nodes.Block) for n in descendants(node))


def calls(node: nodes.Node) -> Iterator[nodes.CallExpr]:
    """The calls in a piece of a tree, conversions and the like included."""
    return (n for n in descendants(node) if isinstance(n, nodes.CallExpr))


def root(target: nodes.Expr) -> str | None:
    """The variable that an assignment's target is a part of."""
    while isinstance(target, nodes.IndexExpr | nodes.FieldExpr):
        target = target.base
    return target.name if isinstance(target, nodes.NameRef) else None


def assigns(node: nodes.Node, is_one: Callable[[str], bool]) -> bool:
    """Whether a piece of a tree itself, not what it calls, assigns one of some variables."""
    found = (root(n.target) for n in descendants(node) if isinstance(n, nodes.AssignStmt))
    return any(name is not None and is_one(name) for name in found)


def operands(condition: nodes.Expr) -> Iterator[nodes.Expr]:
    """What a condition is made of by `! && || =>`, left to right."""
    match condition:
        case nodes.Unary(op="!", operand=operand):
            yield from operands(operand)
        case nodes.Binary(op="&&" | "||" | "=>", left=left, right=right):
            yield from operands(left)
            yield from operands(right)
        case _:
            yield condition


def extent(node: nodes.Node) -> tuple[int, int]:
    """Offsets of an expression with the parentheses that are written around it alone."""
    text, start, end = node.span.file.text, node.span.start, node.span.end
    while True:
        before, after = len(text[:start].rstrip()) - 1, end + len(text[end:]) - len(text[end:].lstrip())
        opens = before >= 0 and text[before] == "(" and not (before > 0 and (text[before - 1].isalnum() or text[before - 1] in "_)]"))
        if not opens or after >= len(text) or text[after] != ")":
            return start, end
        start, end = before, after + 1


def is_wrapped(text: str) -> bool:
    """Whether one pair of parentheses stands around the whole of a text."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return char == ")" and index == len(text) - 1
    return False


def textually(node: nodes.Node) -> str:
    """The text of a node on one line, without parentheses around the whole."""
    text = " ".join(node.span.text.split())
    while is_wrapped(text):
        text = text[1:-1].strip()
    return text
