"""Terms as SMT-LIB 2 text (QF_BV), with what is shared written once, so that a script is as long as its terms are large.

A `Script` is built of *nodes*: hash-consed expressions over symbols. One term gives a node for each frame that its variables are read in;
what is the same in two frames (a subterm over constants) is one node. Nothing is simplified here. Numbers count up in the order of first
use, so that the same obligations give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from mmu_smt.model.term import Op, Term, topological

_SIMPLE = re.compile(r"[A-Za-z_%~!$^&*+=<>.?/-][A-Za-z0-9_%~!$^&*+=<>.?/@-]*")
_DEEPEST = 16
"""Nesting at which a subexpression gets a name although it is used once: parsers and readers have their limits."""


class NotSmtLib(ValueError):
    """A name that no symbol can be made of."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """`head`: a symbol, a literal or an operator with its indices. `width`: 0 for Bool."""

    id: int
    head: str
    args: tuple[Node, ...] = field(repr=False)
    width: int


def symbol(name: str) -> str:
    """The name as a symbol. Raises NotSmtLib."""
    if _SIMPLE.fullmatch(name) and not name.startswith("."):
        return name
    if "|" in name or "\\" in name or not name.isprintable():
        raise NotSmtLib(name)
    return f"|{name}|"


def sort(width: int) -> str:
    """Bool for 0, else the bit-vectors of that many bits."""
    return f"(_ BitVec {width})" if width else "Bool"


class Script:
    """One question: declarations, assertions with a comment each, and the expected answer."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[str, tuple[int, ...]], Node] = {}
        self._declared: dict[str, int] = {}
        self._assertions: list[tuple[str, Node]] = []
        self.transitions = 0
        """How many have been unrolled, as whoever builds the script says."""
        self.true = self.node("true", (), 0)
        self.false = self.node("false", (), 0)

    # ------------------------------------------------------------------------------------------ nodes

    def node(self, head: str, args: tuple[Node, ...], width: int) -> Node:
        key = (head, tuple(a.id for a in args))
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = Node(len(self._nodes), head, args, width)
        return found

    def variable(self, name: str, width: int) -> Node:
        """A declared constant of the solver."""
        head = symbol(name)
        if self._declared.setdefault(head, width) != width:
            raise ValueError(f"{name} has two widths")
        return self.node(head, (), width)

    def all(self, parts: Iterable[Node]) -> Node:
        """Their conjunction; true where there are none."""
        parts = tuple(dict.fromkeys(parts))
        return parts[0] if len(parts) == 1 else self.node("and", parts, 0) if parts else self.true

    def any(self, parts: Iterable[Node]) -> Node:
        """Their disjunction; false where there are none."""
        parts = tuple(dict.fromkeys(parts))
        return parts[0] if len(parts) == 1 else self.node("or", parts, 0) if parts else self.false

    def negated(self, part: Node) -> Node:
        return self.node("not", (part,), 0)

    def implies(self, condition: Node, then: Node) -> Node:
        return self.node("=>", (condition, then), 0)

    def equal(self, left: Node, right: Node) -> Node:
        return self.node("=", (left, right), 0)

    def term(self, root: Term, leaf: Callable[[Term], Node], made: dict[int, Node]) -> Node:
        """A term with its variables read by `leaf`. `made`: what has been written so, by id; one mapping for each way of reading."""
        if root.id not in made:
            for term in topological((root,)):
                if term.id not in made:
                    made[term.id] = leaf(term) if term.op is Op.VAR else self._operator(term, tuple(made[a.id] for a in term.args))
        return made[root.id]

    def _operator(self, term: Term, args: tuple[Node, ...]) -> Node:
        return self.node(_head(term), args, term.width)

    # ------------------------------------------------------------------------------------------ the script

    def demand(self, comment: str, node: Node) -> None:
        """Demand it. `comment`: what it says, in a few words."""
        self._assertions.append((comment, node))

    def text(self, says: Sequence[str]) -> str:
        """The whole script, to be answered `unsat`. `says`: what that means, in lines of words."""
        roots = [node for _, node in self._assertions]
        named = _named(roots)
        lines = [f"; {line}" if line else ";" for line in says]
        lines += ["(set-info :smt-lib-version 2.6)", "(set-logic QF_BV)", "(set-info :status unsat)"]
        used = {node.head for node in _below(roots, set()) if not node.args}
        lines += [f"(declare-const {head} {sort(width)})" for head, width in self._declared.items() if head in used]
        names: dict[int, str] = {}
        done: set[int] = set()
        for comment, root in self._assertions:
            lines.append(f"; {comment}")
            for node in _below((root,), done):
                if node.id in named:
                    written = _written(node, names)
                    names[node.id] = f"t!{len(names) + 1}"
                    lines.append(f"(define-fun {names[node.id]} () {sort(node.width)} {written})")
            lines.append(f"(assert {names.get(root.id) or _written(root, names)})")
        lines.append("(check-sat)")
        return "\n".join(lines) + "\n"


def _head(term: Term) -> str:
    """The operator, with its indices, or the literal."""
    match term.op:
        case Op.CONST:
            if term.width == 0:
                return "true" if term.payload else "false"
            return f"(_ bv{term.payload} {term.width})"
        case Op.EXTRACT:
            assert isinstance(term.payload, tuple)
            return f"(_ extract {term.payload[0]} {term.payload[1]})"
        case Op.ZERO_EXTEND | Op.SIGN_EXTEND:
            return f"(_ {term.op.value} {term.payload})"
        case (
            Op.NOT | Op.AND | Op.OR | Op.ITE | Op.EQ | Op.BVNOT | Op.BVNEG | Op.BVAND | Op.BVOR | Op.BVXOR | Op.BVADD | Op.BVSUB | Op.BVMUL
            | Op.BVUDIV | Op.BVUREM | Op.BVSHL | Op.BVLSHR | Op.BVULT | Op.BVULE | Op.BVSLT | Op.BVSLE | Op.CONCAT
        ):  # fmt: skip
            return term.op.value
        case Op.VAR:
            raise AssertionError("variables are looked up, not written")
    assert_never(term.op)


def _below(roots: Iterable[Node], done: set[int]) -> list[Node]:
    """What the roots are made of, arguments first, without what is done already."""
    order: list[Node] = []
    stack = list(roots)[::-1]
    while stack:
        node = stack[-1]
        if node.id in done:
            stack.pop()
        elif waiting := [a for a in node.args if a.id not in done]:
            stack.extend(reversed(waiting))
        else:
            stack.pop()
            done.add(node.id)
            order.append(node)
    return order


def _named(roots: Sequence[Node]) -> frozenset[int]:
    """What gets a name: whatever is used more than once, and what would be nested too deep."""
    order = _below(roots, set())
    uses: dict[int, int] = {}
    for node in order:
        for arg in node.args:
            uses[arg.id] = uses.get(arg.id, 0) + 1
    for root in roots:
        uses[root.id] = uses.get(root.id, 0) + 1
    named: set[int] = set()
    depth: dict[int, int] = {}
    for node in order:
        if node.args:
            depth[node.id] = 1 + max(depth[a.id] for a in node.args)
            if uses[node.id] > 1 or depth[node.id] >= _DEEPEST:
                named.add(node.id)
                depth[node.id] = 0
        else:
            depth[node.id] = 0
    return frozenset(named)


def _written(node: Node, names: dict[int, str]) -> str:
    """The expression, with names for what has one (but not for itself). Nested no deeper than `_DEEPEST`, hence the recursion."""
    if not node.args:
        return node.head
    return f"({node.head} {' '.join(names.get(a.id) or _written(a, names) for a in node.args)})"


def term_text(root: Term, most: int) -> str | None:
    """A term on one line, shared parts repeated; None where that takes more than `most` operators."""
    texts: dict[int, tuple[str, int]] = {}
    for term in topological((root,)):
        if term.op is Op.VAR:
            texts[term.id] = symbol(str(term.payload)), 1
        elif not term.args:
            texts[term.id] = _head(term), 1
        else:
            size = 1 + sum(texts[a.id][1] for a in term.args)
            if size > most:
                return None
            texts[term.id] = f"({_head(term)} {' '.join(texts[a.id][0] for a in term.args)})", size
    return texts[root.id][0]
