"""What to say about a token that does not fit: the parser's accepted terminals in the words of the language, and advice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from mmu_smt.syntax.diagnostics import Diagnostic, Note
from mmu_smt.syntax.source import Span
from mmu_smt.syntax.tables import END
from mmu_smt.syntax.tokens import OPERAND_ENDS, Scan, Token
from mmu_smt.syntax.vocabulary import (
    ANNOTATIONS,
    DECLARATION_WORDS,
    FOREIGN_WORDS,
    KEYWORDS,
    SOFT_TYPES,
    SOFT_WORDS,
    STATEMENT_WORDS,
    SYMBOLS,
)

_OPERATORS = frozenset(["OPERATOR", "ARITHMETIC", "BAR", "PLUS", "MINUS", "HAS", "IMPLIES"])
_SUFFIXES = frozenset(["LSQB", "DOT", "QUOTE", "QMARK", "LPAR", "LABEL", "RULE_LABEL"])
_EXPRESSION = frozenset(["INT", "TRUE", "LPAR", "BANG"])
_AFTER_NAME = _OPERATORS | {"LSQB", "DOT", "EQUAL", "ASSIGN_OP", "QUOTE", "RPAR", "COMMA"}
_STATEMENT = frozenset(["LET", "FOR", "MATCH"])
_DECLARATION = frozenset(["PARAM", "STATE", "EVENT"])
_PATTERN = frozenset(["INT", "TRUE", "UNDERSCORE"])
_EXPRESSION_STARTS = frozenset(["INT", "TRUE", "FALSE", "NONE", "NAME", "LPAR", "BANG", "TILDE", "MINUS", "ALL", "ANY", "COUNT"]) | {
    w.upper() for w in SOFT_WORDS
}
_STATEMENT_STARTS = {w.upper() for w in STATEMENT_WORDS} | {"NAME", "RETURN_BARE"} | SOFT_TYPES
_DECLARATION_STARTS = {w.upper() for w in DECLARATION_WORDS}

_SYMBOL_OF: Mapping[str, str] = MappingProxyType(
    {type: text for text, type in SYMBOLS.items() if type not in ("OPERATOR", "ARITHMETIC", "ASSIGN_OP")}
    | {type: text for text, type in ANNOTATIONS.items()}
    | {word.upper(): word for word in KEYWORDS | SOFT_WORDS}
    | {"RETURN_BARE": "return", "UNDERSCORE": "_", "ASSIGN_OP": "+="}
)
_CLASS_OF: Mapping[str, str] = MappingProxyType(
    {
        "NAME": "a name",
        "INT": "a number",
        "STRING": "a string",
        "POSITION": "a bit position such as `@0`",
        "LABEL": "a rule such as `@r`",
        "RULE_LABEL": "a rule such as `@r`",
        "DOTTED": "a module name",
        "OPERATOR": "an operator",
        "ARITHMETIC": "an operator",
        END: "the end of the file",
    }
)


@dataclass(frozen=True, slots=True)
class _Place:
    """The token that does not fit and its neighbours (None at the ends of the file)."""

    scan: Scan
    index: int
    accepts: frozenset[str]

    @property
    def token(self) -> Token | None:
        return self.scan.tokens[self.index] if self.index < len(self.scan.tokens) else None

    @property
    def previous(self) -> Token | None:
        return self.scan.tokens[self.index - 1] if self.index else None

    @property
    def wants_expression(self) -> bool:
        return self.accepts >= _EXPRESSION

    @property
    def wants_name(self) -> bool:
        return "NAME" in self.accepts and "INT" not in self.accepts

    @property
    def begins_declaration(self) -> bool:
        """The token is a keyword that begins a declaration on a new line, where none could begin."""
        token = self.token
        if token is None or self.index == 0 or self.accepts >= _DECLARATION:
            return False
        return token.text in DECLARATION_WORDS and self.scan.first_on_line(self.index)

    @property
    def wants_pattern(self) -> bool:
        return self.accepts >= _PATTERN and "LPAR" not in self.accepts

    @property
    def begins_statement(self) -> bool:
        """The token before is the first word of an assignment or a call."""
        return self.accepts >= {"EQUAL", "ASSIGN_OP"}

    @property
    def is_named(self) -> bool:
        """The token is a keyword, and what follows treats it as a name."""
        following = self.scan.tokens[self.index + 1] if self.index + 1 < len(self.scan.tokens) else None
        return following is not None and following.type in _AFTER_NAME

    @property
    def is_open(self) -> bool:
        """Whatever could follow, it is more than some particular word."""
        return self.wants_expression or self.in_block or bool(self.accepts & {"PARAM", "OPERATOR", "LBRACE"})

    @property
    def in_block(self) -> bool:
        """A statement or the rest of one could follow."""
        return self.accepts >= _STATEMENT


def explain(scan: Scan, index: int, accepts: frozenset[str]) -> Diagnostic:
    """The diagnostic for token `index` (len(tokens): the end of the file), where only `accepts` could have stood."""
    place = _Place(scan, index, accepts)
    span = place.token.span if place.token is not None else _end(scan, len(scan.tokens))
    for advise in (_misplaced, _foreign, _reserved):
        advice = advise(place)
        if advice is not None:
            code, message, at = advice
            return Diagnostic(code, message, at or span)
    wanted = expected(accepts)
    found = describe(place.token)
    notes = tuple(_notes(place))
    if place.begins_declaration:
        span = _end(scan, index)  # something is missing before; the declaration itself may be fine
    return Diagnostic("MS001", f"expected {wanted}, found {found}", span, notes)


def _end(scan: Scan, index: int) -> Span:
    """The empty span after the token before `index`."""
    end = scan.tokens[index - 1].end if index else 0
    return Span(scan.source, end, end)


def describe(token: Token | None) -> str:
    """A token as a message names it."""
    if token is None:
        return "the end of the file"
    if token.type == "STRING":
        return "a string"
    return f"`{token.span.text}`"


def expected(accepts: Iterable[str]) -> str:
    """Terminals in words, the likely ones only: `a`, `b` or `c`."""
    left = set(accepts)
    words: list[str] = []
    if left >= _DECLARATION:
        words.append("a declaration")
        left -= _DECLARATION_STARTS | {"SEMICOLON", "OVERRIDE", "MODULE", "IMPORT"}
        left -= _OPERATORS | _SUFFIXES | {"NAME"} | set(ANNOTATIONS.values())
    if left >= _PATTERN and "LPAR" not in left:
        words.append("a pattern")
        left -= _EXPRESSION_STARTS | {"UNDERSCORE", "SEMICOLON"}
    elif left >= _STATEMENT:
        words.append("a statement or a block" if "LBRACE" in left else "a statement")
        left -= _STATEMENT_STARTS | {"SEMICOLON", "LBRACE"}
        left -= _OPERATORS | _SUFFIXES
    elif left >= _EXPRESSION:
        words.append("a type" if "LSQB" in left else "an expression")
        left -= _EXPRESSION_STARTS | ({"LSQB"} if "LSQB" in left else set())
    elif left & {"OPERATOR", "ARITHMETIC"}:
        left -= _OPERATORS | _SUFFIXES
    elif left >= {"EQUAL", "ASSIGN_OP"}:
        left = {"EQUAL", "LPAR"} & left
    if "NAME" in left:
        left -= SOFT_TYPES
    if left - set(ANNOTATIONS.values()):
        left -= set(ANNOTATIONS.values())
    if words or left - {"SEMICOLON", END}:
        left -= {"SEMICOLON", END}
    words.extend(sorted({_CLASS_OF.get(type) or f"`{_SYMBOL_OF[type]}`" for type in left}, key=_rank))
    if not words:
        words.append("an operator")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _rank(word: str) -> tuple[int, str]:
    """Classes first, closing punctuation last."""
    return (0 if word.startswith("a") else 2 if word in ("`)`", "`]`", "`}`") else 1, word)


def _misplaced(place: _Place) -> tuple[str, str, Span | None] | None:
    """Correct forms in a wrong place."""
    token = place.token
    if token is None or place.is_named:
        return None
    if token.type == "IMPORT" and "PARAM" in place.accepts:
        return "MS008", "`import` stands before the first declaration", None
    if token.type == "MODULE" and ("PARAM" in place.accepts or "DOTTED" not in place.accepts):
        return "MS008", "`module` stands once, at the beginning of the file", None
    if token.type == "OVERRIDE" and "PARAM" in place.accepts:
        return "MS008", "`override` stands only inside a `variant`", None
    if token.type == "ENABLE":
        return "MS008", "`enable` stands only inside a `config`", None
    if token.text in STATEMENT_WORDS and "PARAM" in place.accepts:
        return "MS008", f"`{token.text}` begins a statement, and statements stand only inside functions and steps", None
    if token.text in DECLARATION_WORDS and place.in_block and token.text != "default":
        return "MS008", f"`{token.text}` begins a declaration, and declarations stand outside functions and steps", None
    return None


def _foreign(place: _Place) -> tuple[str, str, Span | None] | None:
    """Forms of C and of other languages."""
    token, previous = place.token, place.previous
    if token is None:
        return None
    after_operand = previous is not None and previous.type in OPERAND_ENDS
    if token.type == "ARROW" and after_operand:
        return "MS007", "there are no pointers: a field is read by `.`, and an implication is `=>`", None
    if token.type == "EQUAL" and "OPERATOR" in place.accepts:
        return "MS007", "`=` assigns; `==` compares", None
    if token.type == "EQUAL" and previous is not None and previous.text in ("=", "<", ">", "!"):
        return "MS007", f"write `{previous.text}=` without a space", None
    if token.type == "QUOTE":
        return "MS007", "`'` stands right after a name or `)`: `x'` is the value after the transition; strings are in double quotes", None
    if token.type == "COMMA" and place.wants_pattern:
        return "MS007", "no comma stands between the arms of a `match`", None
    if token.type == "UNDERSCORE":
        return "MS007", "`_` is a pattern of `match` only", None
    if token.text == "&" and place.wants_expression:
        return "MS007", "there are no pointers, so nothing has an address", None
    if token.text == "*" and place.wants_expression:
        return "MS007", "there are no pointers to follow", None
    if token.type == "COMMA" and "PLUS" in place.accepts and "OPERATOR" not in place.accepts:
        return "MS007", "configs are joined by `+`", None
    if token.type == "MINUS" and place.wants_pattern:
        return "MS007", "a negative number is no pattern; write `_`, or use `if`", None
    if token.text in FOREIGN_WORDS and place.is_open:
        return "MS007", f"`{token.text}`: {FOREIGN_WORDS[token.text]}", None
    if previous is not None and previous.text in FOREIGN_WORDS and (token.type == "NAME" or place.begins_statement):
        return "MS007", f"`{previous.text}`: {FOREIGN_WORDS[previous.text]}", previous.span
    return None


def _reserved(place: _Place) -> tuple[str, str, Span | None] | None:
    """A keyword where a name is wanted."""
    token, previous = place.token, place.previous
    if previous is not None and previous.type in ("ALL", "ANY", "COUNT") and (token is None or token.type != "NAME"):
        message = f"`{previous.text}` is a word of the language and cannot be a name; it is written `{previous.text}(x in T: e)`"
        return "MS004", message, previous.span
    if token is None or token.text not in KEYWORDS:
        return None
    if place.wants_name and not place.in_block and not place.accepts >= _DECLARATION:
        begins_more = token.text in DECLARATION_WORDS | STATEMENT_WORDS and place.index > 0 and place.scan.first_on_line(place.index)
        return None if begins_more else ("MS004", f"`{token.text}` is a word of the language and cannot be a name", None)
    if (place.wants_expression or place.in_block) and place.is_named and token.text not in ("if", "match", "return", "else"):
        return "MS004", f"`{token.text}` is a word of the language and cannot be a name", None
    return None


def _notes(place: _Place) -> Iterable[Note]:
    token, previous = place.token, place.previous
    words = sorted(_SYMBOL_OF[type] for type in place.accepts if type in _SYMBOL_OF and _SYMBOL_OF[type].isalpha())
    if token is not None and token.type == "NAME":
        near = get_close_matches(token.text, words, n=1, cutoff=0.7)
        if near:
            yield Note(f"did you mean `{near[0]}`?")
            return
    if previous is not None and previous.type == "NAME" and place.begins_statement:
        near = get_close_matches(previous.text, sorted(STATEMENT_WORDS | DECLARATION_WORDS | {"else"}), n=1, cutoff=0.7)
        if near:
            yield Note(f"did you mean `{near[0]}`?", previous.span)
            return
    if "DOTDOT" in place.accepts and previous is not None and previous.type == "RSQB":
        yield Note("an array type is written `[INDEX]ELEMENT`")
    elif "DOTDOT" in place.accepts and token is not None and token.type == "EQUAL":
        yield Note("the values that a parameter may take are a range, such as `1..16`")
    if "LBRACE" in place.accepts and not place.in_block and token is not None and token.type in _STATEMENT_STARTS:
        yield Note("a body stands in braces, even a single statement")
