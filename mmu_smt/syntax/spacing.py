"""Spaces and line breaks between two neighbouring tokens of canonical text."""

from __future__ import annotations

from bisect import bisect_right

from mmu_smt.syntax.builder import PRECEDENCE
from mmu_smt.syntax.layout import Layout
from mmu_smt.syntax.tokens import OPERAND_ENDS, Token
from mmu_smt.syntax.vocabulary import SOFT_TYPES

OPENS = frozenset({"LPAR", "LSQB"})
CLOSES = frozenset({"RPAR", "RSQB"})
_BINARY = frozenset({"OPERATOR", "ARITHMETIC", "BAR", "PLUS", "MINUS", "HAS", "IMPLIES"})
_ANNOTATIONS = frozenset({"AT_SRC", "AT_LINK", "AT_SHOW", "AT_MINIMISE", "AT_DEFAULT", "AT_CASES"})
_NAMES = SOFT_TYPES | {"NAME", "ALL", "ANY", "COUNT"}
_FAIRNESS = frozenset({"WEAKLY", "STRONGLY"})


class Context:
    """What has been seen of an entry, as far as spacing depends on it."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.depth = 0
        self.conditionals: list[int] = []  # bracket levels of the `?` whose `:` is still to come
        self.before_last: Token | None = None
        self.last: Token | None = None
        self.array_ends: set[int] = set()  # `]` of array types
        self.array_opens: list[bool] = []
        self.annotated = False
        self.quantifiers: list[bool] = []  # for each open bracket: whether it is a quantifier's and its `:` is still to come
        self.quantifier_colon = False  # the last token was the `:` of a quantifier

    @property
    def in_binders(self) -> bool:
        return bool(self.quantifiers) and self.quantifiers[-1]

    def advance(self, token: Token) -> None:
        if token.type == "LSQB":
            self.array_opens.append(not self.is_subscript(token))
        elif token.type == "RSQB" and self.array_opens.pop():
            self.array_ends.add(token.start)
        self.quantifier_colon = token.type == "COLON" and self.in_binders
        if self.quantifier_colon:
            self.quantifiers[-1] = False
        if token.type in OPENS:
            self.depth += 1
            self.quantifiers.append(self.last is not None and self.last.type in ("ALL", "ANY", "COUNT"))
        elif token.type in CLOSES:
            self.depth -= 1
            self.quantifiers.pop()
        elif self.is_conditional(token) and token.type == "QMARK":
            self.conditionals.append(self.depth)
        elif self.is_conditional(token):
            self.conditionals.pop()
        self.annotated = self.annotated or token.type in _ANNOTATIONS
        self.before_last, self.last = self.last, token

    def is_subscript(self, token: Token) -> bool:
        """Whether a `[` selects an element (otherwise it begins an array type)."""
        last = self.last
        return last is not None and (
            last.type in _NAMES or last.type in ("RPAR", "QUOTE") or (last.type == "RSQB" and last.start not in self.array_ends)
        )

    def is_conditional(self, token: Token) -> bool:
        """Whether a `?` or `:` belongs to a conditional expression."""
        if token.type == "QMARK":
            return token.start not in self.layout.optionals
        return token.type == "COLON" and bool(self.conditionals) and self.conditionals[-1] == self.depth

    def is_unary(self, token: Token, before: Token | None) -> bool:
        if token.type in ("BANG", "TILDE"):
            return True
        return token.type == "MINUS" and (before is None or before.type not in OPERAND_ENDS)

    def in_range(self, token: Token) -> bool:
        """Whether a token stands in a range type."""
        index = bisect_right(self.layout.ranges, token.start, key=lambda ends: ends[0]) - 1
        return index >= 0 and token.end <= self.layout.ranges[index][1]

    def glue(self, last: Token, token: Token) -> str:
        """The space between two neighbouring tokens."""
        type = token.type
        if type == last.type == "MINUS":
            return " "  # `--` is no token of the language
        if type in _ANNOTATIONS:
            return " " if self.annotated else "  "
        if type in ("COMMA", "SEMICOLON", "DOT", "DOTDOT", "QUOTE", "RPAR", "RSQB") or last.type in ("LPAR", "LSQB", "DOT", "DOTDOT"):
            return ""
        if type in ("QMARK", "COLON"):
            return " " if self.is_conditional(token) else ""
        if type == "LPAR":
            return "" if last.type in _NAMES else " " if not self.is_unary(last, self.before_last) else ""
        if type == "LSQB":
            return "" if self.is_subscript(token) or last.start in self.array_ends else " "
        if last.start in self.array_ends:
            return " " if type in _BINARY or type in _FAIRNESS or type == "EQUAL" else ""
        if self.is_unary(last, self.before_last):
            return ""
        tight = (type in _BINARY and not self.is_unary(token, last)) or last.type in _BINARY
        return "" if tight and type != "HAS" and last.type != "HAS" and self.in_range(last) and self.in_range(token) else " "

    def may_break(self, last: Token, token: Token) -> bool:
        """Whether a line break that the author put between two tokens is kept."""
        if self.rank(last, token) is not None or token.type in CLOSES or last.type in OPENS:
            return True
        return (last.type in _BINARY and not self.is_unary(last, self.before_last)) or (last.type == "QMARK" and token.type != "EQUAL")

    def rank(self, last: Token, token: Token) -> int | None:
        """How good a place for a line break is between two tokens: lower is better, None where the formatter breaks no line."""
        type = token.type
        if type in _ANNOTATIONS or type in ("WHEN", "BY", "FOR"):
            return 0
        if last.type == "COMMA":
            return 14 if self.in_binders else 0
        if last.type == "IMPLIES" or self.is_conditional(token):
            return 1
        if last.type == "COLON" and self.depth:
            return 1 if self.quantifier_colon else None
        if type == "STRING" and last.type not in _ANNOTATIONS and last.type != "YIELD":
            return 1
        if type in _BINARY and type != "IMPLIES" and not self.is_unary(token, last):
            return PRECEDENCE[token.text]
        if last.type in ("EQUAL", "ASSIGN_OP"):
            return 15
        return 16 if last.type == "LPAR" and type != "RPAR" else None
