"""What to say about a token that does not fit: the parser's accepted terminals in the words of the language, and advice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from mmu_smt.syntax.diagnostics import Diagnostic, Note
from mmu_smt.syntax.source import Span
from mmu_smt.syntax.tables import END
from mmu_smt.syntax.tokens import ANNOTATIONS, DECLARATION_WORDS, KEYWORDS, OPERAND_ENDS, SOFT_WORDS, STATEMENT_WORDS, SYMBOLS, Scan, Token

_OPERATORS = frozenset("OPERATOR ARITHMETIC BAR PLUS MINUS HAS IMPLIES".split())
_SUFFIXES = frozenset("LSQB DOT QUOTE QMARK LPAR LABEL RULE_LABEL".split())
_EXPRESSION = frozenset("INT TRUE LPAR BANG".split())
_STATEMENT = frozenset("LET FOR MATCH".split())
_DECLARATION = frozenset("PARAM STATE EVENT".split())
_PATTERN = frozenset("INT TRUE UNDERSCORE".split())
_EXPRESSION_STARTS = frozenset("INT TRUE FALSE NONE NAME LPAR BANG TILDE MINUS ALL ANY COUNT".split()) | {w.upper() for w in SOFT_WORDS}
_STATEMENT_STARTS = {w.upper() for w in STATEMENT_WORDS} | {"NAME", "RETURN_BARE"} | {w.upper() for w in SOFT_WORDS}
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
        END: "the end of the file",
    }
)

# Words of C and of other languages that are names here, and what to write for them.
FOREIGN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            "int unsigned signed long short char auto var size_t uint8_t uint16_t uint32_t uint64_t s8 s16 s32 s64 __u32 __u64".split(),
            "a local is declared with `let x = e` or `let x: T = e`, a state variable with `state x: T`",
        ),
        **dict.fromkeys(("bool", "u8", "u16", "u32", "u64"), "the type follows the name: `let x: T = e`, `state x: T`"),
        "void": "a function without a result is `fn f() { … }`",
        **dict.fromkeys(("static", "inline", "extern", "volatile", "public", "private"), "there are no such specifiers"),
        "struct": "a structure is declared by `record R { a: T, b: U }`",
        "union": "there are no unions; `record` declares a structure",
        "typedef": "a type alias is `type N = T`",
        **dict.fromkeys(("function", "func", "def", "fun", "proc"), "a function is declared by `fn f(a: T) -> U { … }`"),
        **dict.fromkeys(("while", "do", "loop", "repeat"), "there are no unbounded loops; `for i in LO..HI { … }` is bounded"),
        **dict.fromkeys(("switch", "case"), "write `match e { A => { … } _ => { … } }`"),
        **dict.fromkeys(("break", "continue", "goto"), "there are no jumps; structure the code with `if` and `return`"),
        **dict.fromkeys(("elif", "elsif", "elseif"), "write `else if`"),
        **dict.fromkeys(("then", "begin", "end", "endif"), "blocks are written in braces"),
        "and": "write `&&`",
        "or": "write `||`",
        "not": "write `!`",
        "implies": "write `=>`",
        **dict.fromkeys(("mod", "div"), "write `%` or `/`"),
        **dict.fromkeys(("forall", "foreach"), "write `all(x in T: e)`"),
        "exists": "write `any(x in T: e)`",
        **dict.fromkeys(("next",), "the value after a transition is `x'`"),
        "const_assert": "write `assume NAME { e }`",
        "var_decl": "write `state x: T`",
        "action": "a transition is declared by `step NAME() by kvm { … }`",
        "property": "write `invariant`, `step property`, `progress` or `cover`",
        "constant": "write `const` (chosen by the solver) or `param` (a size)",
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
    def in_block(self) -> bool:
        """A statement or the rest of one could follow."""
        return self.accepts >= _STATEMENT


def explain(scan: Scan, index: int, accepts: frozenset[str]) -> Diagnostic:
    """The diagnostic for token `index` (len(tokens): the end of the file), where only `accepts` could have stood."""
    place = _Place(scan, index, accepts)
    span = place.token.span if place.token is not None else _end(scan)
    for advise in (_misplaced, _foreign, _reserved):
        advice = advise(place)
        if advice is not None:
            code, message, at = advice
            return Diagnostic(code, message, at or span)
    wanted = expected(accepts)
    found = describe(place.token)
    notes = tuple(_notes(place))
    return Diagnostic("MS001", f"expected {wanted}, found {found}", span, notes)


def _end(scan: Scan) -> Span:
    end = scan.tokens[-1].end if scan.tokens else 0
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
    elif _OPERATORS & left:
        if not left - _OPERATORS - _SUFFIXES:
            words.append("an operator")
        left -= _OPERATORS | _SUFFIXES
    if "NAME" in left:
        left -= {w.upper() for w in SOFT_WORDS}
    if left - set(ANNOTATIONS.values()):
        left -= set(ANNOTATIONS.values())
    if len(left) > 1:
        left -= {"SEMICOLON", END} if words or len(left - {"SEMICOLON", END}) else set()
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
    if token is None or not place.scan.first_on_line(place.index):
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
    if token.type == "EQUAL" and _OPERATORS & place.accepts:
        return "MS007", "`=` assigns; `==` compares", None
    if token.type == "EQUAL" and previous is not None and previous.text in ("=", "<", ">", "!"):
        return "MS007", f"write `{previous.text}=` without a space", None
    if token.type == "QUOTE":
        return "MS007", "`'` stands right after a name or `)`: `x'` is the value after the transition; strings are in double quotes", None
    if token.type == "COMMA" and place.accepts >= _PATTERN and "LPAR" not in place.accepts:
        return "MS007", "no comma stands between the arms of a `match`", None
    if token.type == "UNDERSCORE":
        return "MS007", "`_` is a pattern of `match` only", None
    if token.text == "&" and place.wants_expression:
        return "MS007", "there are no pointers, so nothing has an address", None
    if token.text == "*" and place.wants_expression:
        return "MS007", "there are no pointers to follow", None
    if token.text in FOREIGN_WORDS and not place.wants_name:
        return "MS007", f"there is no `{token.text}` here: {FOREIGN_WORDS[token.text]}", None
    if previous is not None and previous.text in FOREIGN_WORDS and previous.type in ("NAME", "PROPERTY") and place.index:
        if place.scan.first_on_line(place.index - 1) or token.type == "NAME":
            return "MS007", f"there is no `{previous.text}` here: {FOREIGN_WORDS[previous.text]}", previous.span
    return None


def _reserved(place: _Place) -> tuple[str, str, Span | None] | None:
    """A keyword where a name is wanted."""
    token = place.token
    if token is None or token.text not in KEYWORDS:
        return None
    if place.wants_name and not place.in_block and not place.accepts >= _DECLARATION:
        if place.scan.first_on_line(place.index) and place.index and token.text in DECLARATION_WORDS | STATEMENT_WORDS:
            return None
        return "MS004", f"`{token.text}` is a word of the language and cannot be a name", None
    following = place.scan.tokens[place.index + 1] if place.index + 1 < len(place.scan.tokens) else None
    joins = following is not None and following.type in _OPERATORS | {"LSQB", "DOT", "EQUAL", "ASSIGN_OP", "QUOTE", "RPAR", "COMMA"}
    if (place.wants_expression or place.in_block) and joins and token.text not in ("if", "match", "return", "else"):
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
    if previous is not None and previous.type == "NAME" and place.index and place.scan.first_on_line(place.index - 1):
        near = get_close_matches(previous.text, sorted(STATEMENT_WORDS | DECLARATION_WORDS), n=1, cutoff=0.7)
        if near:
            yield Note(f"did you mean `{near[0]}`?", previous.span)
            return
    if place.accepts & {"LBRACE"} and "RBRACE" not in place.accepts and token is not None and token.type not in ("RPAR", "RSQB"):
        if place.in_block or token.type in _STATEMENT_STARTS:
            yield Note("a body stands in braces, even a single statement")
