"""The scanner: source text to tokens and comments, and the checks that need no grammar.

A token's `type` is a terminal of grammar.lark. The scanner decides three points by looking around, so that the grammar stays LALR(1):
`RETURN_BARE` is a `return` after which no expression begins, `RULE_LABEL` a label at the end of a `return`, `DOTTED` the dotted name of a
module (whose words may be keywords).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

from mmu_smt.syntax.diagnostics import Diagnostic, Note
from mmu_smt.syntax.source import SourceFile, Span
from mmu_smt.syntax.vocabulary import (
    ANNOTATIONS,
    DECLARATION_WORDS,
    FOREIGN_CHARACTERS,
    FOREIGN_SYMBOLS,
    KEYWORDS,
    SOFT_TYPES,
    SOFT_WORDS,
    STATEMENT_WORDS,
    SYMBOLS,
)

DEPTH_LIMIT = 100
MAX_INTEGER = (1 << 64) - 1

BRACKETS = MappingProxyType({"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"})
_CLOSERS = frozenset(BRACKETS.values())
# After these an operand is complete, so that a name or keyword that follows begins something new.
OPERAND_ENDS = (
    frozenset(
        [
            "NAME",
            "INT",
            "STRING",
            "RPAR",
            "RSQB",
            "RBRACE",
            "QUOTE",
            "TRUE",
            "FALSE",
            "NONE",
            "RULE_LABEL",
            "LABEL",
            "RETURN_BARE",
            "SEMICOLON",
        ]
    )
    | SOFT_TYPES
)
# After a complete operand these begin something new: a statement, a declaration, a pattern.
_BEGINNINGS = (frozenset(word.upper() for word in KEYWORDS) - {"HAS", "IN"}) | SOFT_TYPES | {"NAME", "INT", "UNDERSCORE", "RETURN_BARE"}
_DEEPENS = frozenset(
    ["OPERATOR", "IMPLIES", "BAR", "ARITHMETIC", "PLUS", "MINUS", "HAS", "BANG", "TILDE", "QMARK", "DOT", "QUOTE", "ARROW"]
)
AFTER_BARE_RETURN = frozenset(["RBRACE", "SEMICOLON", "LABEL", "UNDERSCORE", "$END"]) | {word.upper() for word in STATEMENT_WORDS}

_MASTER = re.compile(
    r"""
    (?P<space>[ \t\r\n\f]+)
  | (?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>[0-9][A-Za-z0-9_]*(?:\.[0-9][A-Za-z0-9_]*)?)
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<at>@[A-Za-z0-9_]+)
  | (?P<open_comment>/\*)
  | (?P<foreign>\+\+|--|===|!==|:=|::|\.\.\.|\.\.=|<=>|<>|<<=|>>=|\^=|\*=|/=|%=|/\\|\\/)
  | (?P<symbol>=>|->|==|!=|<=|>=|<<|>>|&&|\|\||\+=|-=|\|=|&=|\.\.|[()\[\]{},:;.?'!~=|+\-^&<>*/%])
  | (?P<open_string>"[^\n]*)
  | (?P<hash>\#[^\n]*(?:\\\n[^\n]*)*)
  | (?P<stray>[\x00-\x7f]|[^\x00-\x7f]+)
    """,
    re.VERBOSE,
)
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_CHARACTER_LITERAL = re.compile(r"'[^'\n]*'")


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """A token at [start, end) of `source`; `doc` is the text of the `///` comments right before it."""

    type: str
    text: str
    start: int
    end: int
    source: SourceFile
    doc: str | None = None

    @property
    def span(self) -> Span:
        return Span(self.source, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its delimiters, at [start, end)."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scan:
    """Tokens without a final end mark; diagnostics in order of place. With diagnostics the tokens are still usable, some are made up."""

    source: SourceFile
    tokens: tuple[Token, ...]
    comments: tuple[Comment, ...]
    diagnostics: tuple[Diagnostic, ...]

    def first_on_line(self, index: int) -> bool:
        """True iff no other token precedes token `index` on its line."""
        token = self.tokens[index]
        return index == 0 or "\n" in self.source.text[self.tokens[index - 1].end : token.start]

    def in_first_column(self, index: int) -> bool:
        """True iff token `index` begins its line, without indentation."""
        start = self.tokens[index].start
        return start == 0 or self.source.text[start - 1] == "\n"


class _Scanner:
    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.comments: list[Comment] = []
        self.diagnostics: list[Diagnostic] = []
        self.docs: list[str] = []
        self.dotted = False  # after `module`, `import`, or a comma in an import
        self.parens = 0
        self.return_parens = -1  # bracket level of the `return` in whose value we are, or -1

    def run(self) -> Scan:
        text = self.source.text
        offset = 0
        while offset < len(text):
            match = _MASTER.match(text, offset)
            if match is None or match.lastgroup is None:
                raise RuntimeError(f"the scanner has no case for the text at offset {offset}")
            kind, piece, end = match.lastgroup, match.group(), match.end()
            if kind == "space":
                pass
            elif kind == "word":
                end = self.word(piece, offset, end)
            elif kind == "symbol":
                end = self.symbol(piece, offset, end)
            elif kind == "comment":
                self.comment(piece, offset, end)
            elif kind == "number":
                self.number(piece, offset, end)
            elif kind == "string":
                self.string(piece, offset, end)
            elif kind == "at":
                self.at(piece, offset, end)
            else:
                end = self.problem(kind, piece, offset, end)
            offset = end
        return Scan(self.source, tuple(self.tokens), tuple(self.comments), tuple(self.diagnostics))

    def emit(self, type: str, text: str, start: int, end: int) -> None:
        tokens = self.tokens
        if tokens and tokens[-1].type == "RETURN" and type in AFTER_BARE_RETURN:
            last = tokens[-1]
            tokens[-1] = Token("RETURN_BARE", last.text, last.start, last.end, self.source, last.doc)
        doc = None
        if self.docs:
            doc = "\n".join(self.docs)
            self.docs.clear()
        tokens.append(Token(type, text, start, end, self.source, doc))

    def report(self, code: str, message: str, start: int, end: int, *notes: Note) -> None:
        self.diagnostics.append(Diagnostic(code, message, Span(self.source, start, end), notes))

    def word(self, text: str, start: int, end: int) -> int:
        if self.dotted:
            match = _DOTTED.match(self.source.text, start)
            assert match is not None
            self.dotted = False
            self.emit("DOTTED", match.group(), start, match.end())
            return match.end()
        if text in KEYWORDS:
            self.emit(text.upper(), text, start, end)
            self.dotted = text in ("module", "import")
            if text == "return":
                self.return_parens = self.parens
            elif text in STATEMENT_WORDS or text in DECLARATION_WORDS:
                self.return_parens = -1
        elif text == "_":
            self.emit("UNDERSCORE", text, start, end)
        else:
            self.emit(text.upper() if text in SOFT_WORDS else "NAME", text, start, end)
        return end

    def symbol(self, text: str, start: int, end: int) -> int:
        if text == "'" and not (self.tokens and self.tokens[-1].type in OPERAND_ENDS):
            literal = _CHARACTER_LITERAL.match(self.source.text, start)
            if literal is not None and len(literal.group()) > 2:
                self.report("MS003", "strings are written in double quotes, and there are no characters", start, literal.end())
                self.emit("STRING", f'"{literal.group()[1:-1]}"', start, literal.end())
                return literal.end()
        type = SYMBOLS[text]
        if text == "(" or text == "[":
            self.parens += 1
        elif text == ")" or text == "]":
            self.parens -= 1
        elif text in "{};":
            self.return_parens = -1
        elif text == ",":
            self.dotted = bool(self.tokens) and self.tokens[-1].type == "DOTTED"
        self.emit(type, text, start, end)
        return end

    def comment(self, text: str, start: int, end: int) -> None:
        self.comments.append(Comment(text.rstrip(), start, end))
        if text.startswith("///") and not text.startswith("////") and is_first_on_line(self.source.text, start):
            self.docs.append(text[3:].strip())

    def number(self, text: str, start: int, end: int) -> None:
        value, problem = read_integer(text)
        if problem is not None:
            self.report("MS003", problem, start, end)
            self.emit("INT", "0", start, end)
        else:
            self.emit("INT", str(value), start, end)

    def string(self, text: str, start: int, end: int) -> None:
        bad = re.search(r'\\[^"\\]', re.sub(r"\\\\", "__", text))
        if bad is not None:
            at = start + bad.start()
            self.report("MS003", f'`{bad.group()}` is no escape; a string knows `\\"` and `\\\\` only', at, at + 2)
        self.emit("STRING", text, start, end)

    def at(self, text: str, start: int, end: int) -> None:
        if text[1].isdigit():
            _, problem = read_integer(text[1:])
            if problem is not None:
                self.report("MS003", problem, start + 1, end)
            self.emit("POSITION", text if problem is None else "@0", start, end)
        elif text in ANNOTATIONS:
            self.return_parens = -1
            self.emit(ANNOTATIONS[text], text, start, end)
        elif self.parens == self.return_parens:
            self.return_parens = -1
            if self.tokens and self.tokens[-1].type == "RETURN":
                self.emit("LABEL", text, start, end)
                last = self.tokens.pop()
                self.tokens.append(Token("RULE_LABEL", last.text, last.start, last.end, self.source))
            else:
                self.emit("RULE_LABEL", text, start, end)
        else:
            self.emit("LABEL", text, start, end)

    def problem(self, kind: str, text: str, start: int, end: int) -> int:
        match kind:
            case "open_comment":
                self.report("MS005", "this comment has no `*/`", start, end)
                return len(self.source.text)
            case "open_string":
                self.report("MS005", "this string has no closing quote on its line", start, start + 1)
                self.emit("STRING", '""', start, end)
            case "foreign":
                self.report("MS007", FOREIGN_SYMBOLS[text], start, end)
            case "hash":
                self.hash(text, start, end)
            case _:
                self.stray(text, start, end)
        return end

    def hash(self, text: str, start: int, end: int) -> None:
        directive = re.match(r"#\s*(\w+)", text)
        word = directive.group(1) if directive else ""
        hints = {"define": "a size is `param NAME = VALUE`", "include": "another file is read by `import a.b`"}
        first_line_end = start + len(text.split("\n", 1)[0].rstrip())
        if word in hints or word in ("if", "ifdef", "ifndef", "else", "elif", "endif", "undef", "pragma", "error"):
            hint = f"; {hints[word]}" if word in hints else ""
            self.report("MS007", f"there is no preprocessor{hint}", start, first_line_end)
        else:
            self.report("MS007", "`#` begins nothing here; comments begin with `//`", start, first_line_end)

    def stray(self, text: str, start: int, end: int) -> None:
        instead = FOREIGN_CHARACTERS.get(text[0])
        shown = text if text.isprintable() and text != "\u00a0" else f"U+{ord(text[0]):04X}"
        if instead is not None and len(text) == 1:
            meant = "a plain space" if instead == " " else f"`{instead}`"
            self.report("MS002", f"`{shown}` is not a character of the language; did you mean {meant}?", start, end)
        elif text == "@":
            self.report("MS001", "after `@` stands a rule, a bit position or one of `src link show minimise default cases`", start, end)
        else:
            self.report("MS002", f"`{shown}` is not a character of the language", start, end)


def scan(source: SourceFile) -> Scan:
    """Split a source text. Never raises for what the text contains."""
    return _Scanner(source).run()


def is_first_on_line(text: str, offset: int) -> bool:
    """True iff only blanks stand before `offset` on its line."""
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip()


def read_integer(text: str) -> tuple[int, str | None]:
    """The value of a literal, or 0 and what is wrong with it."""
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    if re.fullmatch(r"0x[0-9A-Fa-f]+", text):
        value = int(text, 16)
    elif re.fullmatch(r"0|[1-9][0-9]*", text):
        value = int(text) if len(text) < 30 else MAX_INTEGER + 1
    elif "_" in text:
        return 0, f"`{text}`: digits are not separated by `_`"
    elif "." in text:
        return 0, f"`{text}`: there are no fractions"
    elif re.fullmatch(r"(0[xX][0-9A-Fa-f]+|[0-9]+)[uUlL]+", text):
        return 0, f"`{text}`: literals have no suffix; a word of another width is written `u32(…)`"
    elif text[:2] == "0X":
        return 0, f"`{text}`: the prefix is `0x`"
    elif re.fullmatch(r"0[bBoO][0-9]*", text):
        return 0, f"`{text}`: integers are decimal or hexadecimal (`0x`)"
    elif re.fullmatch(r"0[0-9]+", text):
        return 0, f"`{text}`: a decimal integer has no leading zero, and there are no octal ones"
    else:
        return 0, f"`{text}` is not an integer" + ("" if digits == text else ": after `0x` stand hexadecimal digits")
    if value > MAX_INTEGER:
        return 0, "this integer is larger than 2^64-1"
    return value, None


def string_value(token: Token) -> str:
    """The characters that a STRING token stands for."""
    return re.sub(r'\\(["\\])', r"\1", token.text[1:-1])


def too_deep(scanned: Scan) -> Diagnostic | None:
    """A diagnostic at the first place that nests deeper than the limit.

    Counts, around each token, the open brackets and, in each of them, the operators and `else if` since the last comma or beginning of
    a statement. The syntax tree is at most a small constant deeper than this.
    """
    levels = [0]
    total = 0
    elses = [0]
    previous = ""
    for token in scanned.tokens:
        kind = token.type
        if kind in BRACKETS:
            step = 2 if kind == "LSQB" or (kind == "LPAR" and previous in OPERAND_ENDS) else 1  # a subscript and a call are a node each
            levels[-1] += step - 1
            levels.append(1)
            elses.append(0)
            total += step
        elif kind in _CLOSERS:
            if len(levels) > 1:
                total -= levels.pop() + elses.pop()
        elif kind in _DEEPENS:
            levels[-1] += 1
            total += 1
        elif kind == "ELSE":
            elses[-1] += 1
            total += 1
        elif kind == "COMMA" or (previous in OPERAND_ENDS and kind in _BEGINNINGS):
            base = 1 if len(levels) > 1 else 0
            total -= levels[-1] - base
            levels[-1] = base
            if previous != "ELSE" and kind != "COMMA":
                total -= elses[-1]
                elses[-1] = 0
        if total > DEPTH_LIMIT:
            return Diagnostic("MS009", f"this is nested deeper than {DEPTH_LIMIT} levels", token.span)
        previous = kind
    return None


def unbalanced(scanned: Scan) -> list[Diagnostic]:
    """One diagnostic for each bracket without partner; none where an unterminated string or comment may have swallowed it."""
    if any(d.code == "MS005" for d in scanned.diagnostics) or not _match_brackets(scanned, use_layout=False):
        return []
    return _match_brackets(scanned, use_layout=True)


def _match_brackets(scanned: Scan, *, use_layout: bool) -> list[Diagnostic]:
    """Unpartnered brackets. With `use_layout`, a declaration keyword in the first column ends all that is open."""
    found: list[Diagnostic] = []
    stack: list[Token] = []

    def unclosed(opener: Token, seen: Token | None) -> Diagnostic:
        note = Note(f"found `{seen.text}` first", seen.span) if seen is not None else Note("up to the end of the file")
        return Diagnostic("MS006", f"this `{opener.text}` is never closed", opener.span, (note,))

    for index, token in enumerate(scanned.tokens):
        if token.type in BRACKETS:
            stack.append(token)
        elif token.type in _CLOSERS:
            nearest = range(len(stack) - 1, max(-1, len(stack) - 1 - DEPTH_LIMIT), -1)  # a limit, so that garbage takes no quadratic time
            partner = next((i for i in nearest if BRACKETS[stack[i].type] == token.type), None)
            if partner is None:
                found.append(Diagnostic("MS006", f"this `{token.text}` closes nothing", token.span))
            else:
                found.extend(unclosed(opener, token) for opener in stack[partner + 1 :])
                del stack[partner:]
        elif use_layout and stack and token.text in DECLARATION_WORDS and scanned.in_first_column(index):
            found.extend(unclosed(opener, token) for opener in stack[:1])
            stack.clear()
    found.extend(unclosed(opener, None) for opener in stack)
    return found
