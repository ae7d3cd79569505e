"""The canonical layout of a source text.

The formatter moves tokens and comments, it does not print the tree: nothing can get lost, and parentheses stay as written. Indentation,
spaces, the separators of lists and the number of blank lines are decided here. Line breaks inside an expression stay where the author put
them at a sensible place, and are added where a line is too long. A body that begins on the
line of its `{` stays on one line if it is short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.syntax.layout import Layout, layout_of
from mmu_smt.syntax.parser import parse
from mmu_smt.syntax.source import SourceFile
from mmu_smt.syntax.spacing import CLOSES, OPENS, Context
from mmu_smt.syntax.tokens import AFTER_BARE_RETURN, Comment, Scan, Token, is_first_on_line, scan

WIDTH = 120
INDENT = 4

_LISTS = ("members", "fields", "entries")
_BODY_OF = {
    "ENUM": "members",
    "FLAGS": "members",
    "RECORD": "fields",
    "EXPECT": "entries",
    "CLAIM": "claims",
    "CONFIG": "clauses",
    "DEFAULT": "clauses",
    "VARIANT": "declarations",
    "MATRIX": "clauses",
    "RECIPE": "clauses",
    "FN": "block",
    "HANDLER": "block",
    **dict.fromkeys(("EVENT", "ASSUME", "INIT", "INVARIANT", "PROGRESS", "COVER"), "condition"),
}
_BLANK_LINE = re.compile(r"\n[ \t\r\f;,]*\n")


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """`{ … }`. `inline`: the author began it on the line of the `{`."""

    kind: str
    entries: tuple[Entry, ...]
    inline: bool
    remark: Comment | None  # a comment on the line of the `{`


Part: TypeAlias = "Token | Comment | Body"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """Something that begins a line: a declaration, statement and so on, or a comment of its own (its only part).

    `remark`: a comment at the end of its last line. `gap`: a blank line stands before it.
    """

    parts: tuple[Part, ...]
    remark: Comment | None
    gap: bool


_PASSES = 10
"""Breaking a long line can make a better place for the next break, so a text is laid out until nothing changes: mostly once."""


def format_source(source: SourceFile) -> str:
    """The text in canonical layout; it parses to an equal tree and formats to itself. Raises SpecError on syntax errors."""
    text = source.text
    for _ in range(_PASSES):
        laid_out = _lay_out(SourceFile(source.name, text))
        if laid_out == text:
            break
        text = laid_out
    return text


def _lay_out(source: SourceFile) -> str:
    module, diagnostics = parse(source)
    if module is None:
        raise SpecError(diagnostics)
    scanned = scan(source)
    layout = layout_of(module)
    entries = _Reader(scanned, layout).entries("declarations")
    lines = _Writer(source, layout).entries(entries, 0, "declarations")
    return "\n".join(lines) + "\n" if lines else ""


# ---------------------------------------------------------------------------------------------- reading


class _Reader:
    """Groups tokens and comments into entries and bodies."""

    def __init__(self, scanned: Scan, layout: Layout) -> None:
        self.text = scanned.source.text
        self.layout = layout
        tokens = [token for i, token in enumerate(scanned.tokens) if token.type != "SEMICOLON" or _is_needed(scanned.tokens, i)]
        self.stream: list[Token | Comment] = sorted((*tokens, *scanned.comments), key=lambda piece: piece.start)
        self.position = 0

    def peek(self) -> Token | Comment | None:
        return self.stream[self.position] if self.position < len(self.stream) else None

    def entries(self, kind: str) -> tuple[Entry, ...]:
        """Entries up to the closing brace (which is not read) or the end."""
        found: list[Entry] = []
        while True:
            piece = self.peek()
            if piece is None or (isinstance(piece, Token) and piece.type == "RBRACE"):
                return tuple(found)
            gap = bool(found) and self.blank_line_before(piece)
            if isinstance(piece, Comment):
                self.position += 1
                found.append(Entry((piece,), None, gap))
            elif piece.type == "COMMA":
                self.position += 1
            else:
                found.append(self.entry(kind, gap))

    def blank_line_before(self, piece: Token | Comment) -> bool:
        between = self.text[self.stream[self.position - 1].end : piece.start]
        return _BLANK_LINE.search(between) is not None

    def entry(self, kind: str, gap: bool) -> Entry:
        parts: list[Part] = []
        while True:
            piece = self.peek()
            if piece is None or self.ends(piece, parts, kind):
                break
            self.position += 1
            if isinstance(piece, Token) and piece.type == "LBRACE":
                parts.append(self.body(parts, kind))
            else:
                parts.append(piece)
        return Entry(tuple(parts), self.remark(kind in _LISTS), gap)

    def ends(self, piece: Token | Comment, parts: Sequence[Part], kind: str) -> bool:
        """Whether `piece` belongs to the next entry already."""
        if not parts:
            return False
        if isinstance(piece, Comment):
            after = self.position
            while after < len(self.stream):
                following = self.stream[after]
                if isinstance(following, Token):
                    return self.ends(following, parts, kind)
                after += 1
            return True
        if piece.type == "RBRACE":
            return True
        if kind in _LISTS and piece.type == "COMMA" and not _in_brackets(parts):
            return True
        if len(parts) == 1 and isinstance(parts[0], Token) and parts[0].type == "OVERRIDE":
            return False
        return piece.start in self.layout.starts or piece.type in ("OVERRIDE", "NEVER", "DECREASES", "IMPORT")

    def remark(self, after_comma: bool) -> Comment | None:
        """A comment on the line where the last token stood, if nothing but a comma stands between."""
        position = self.position
        if after_comma and position < len(self.stream):
            piece = self.stream[position]
            if isinstance(piece, Token) and piece.type == "COMMA":
                position += 1
        if position >= len(self.stream):
            return None
        piece = self.stream[position]
        if not isinstance(piece, Comment) or is_first_on_line(self.text, piece.start):
            return None
        if not self.is_last_on_line(piece):
            return None
        self.position = position + 1
        return piece

    def is_last_on_line(self, comment: Comment) -> bool:
        line_end = self.text.find("\n", comment.end)
        return not self.text[comment.end : line_end if line_end >= 0 else len(self.text)].strip(" \t\r\f;,")

    def body(self, parts: Sequence[Part], kind: str) -> Body:
        """The body whose `{` was just read."""
        opener = self.stream[self.position - 1]
        following = self.peek()
        assert following is not None
        inline = "\n" not in self.text[opener.end : following.start]
        remark = self.remark(False)
        body_kind = _body_kind(parts, kind)
        entries = self.entries(body_kind)
        self.position += 1
        return Body(body_kind, entries, inline and remark is None, remark)


def _in_brackets(parts: Sequence[Part]) -> bool:
    """Whether a bracket is open after these parts of an entry: a call in the bound of a record field's range has commas of its own."""
    types = [part.type for part in parts if isinstance(part, Token)]
    return sum(t in OPENS for t in types) > sum(t in CLOSES for t in types)


def _is_needed(tokens: Sequence[Token], index: int) -> bool:
    """Whether the `;` at `index` keeps what follows from being read as the value of a `return` that has none."""
    if index == 0 or tokens[index - 1].type != "RETURN_BARE" or index + 1 == len(tokens):
        return False
    return tokens[index + 1].type not in AFTER_BARE_RETURN


def _body_kind(parts: Sequence[Part], kind: str) -> str:
    """What stands between the braces that follow `parts`, in an entry of a body of this kind."""
    tokens = [part for part in parts if isinstance(part, Token)]
    if kind == "arms":
        arrow = next((i for i, token in enumerate(tokens) if token.type == "IMPLIES"), -1)
        return "arms" if tokens[arrow + 1 :] and tokens[arrow + 1].type == "MATCH" else "block"
    if kind == "claims":
        return "entries"
    if kind == "block":
        return "arms" if tokens[0].type == "MATCH" else "block"
    if tokens[0].type == "OVERRIDE":
        tokens = tokens[1:]
    if tokens[0].type == "STEP" and tokens[1].type == "RECIPE":
        return "clauses"
    if tokens[0].type == "STEP":
        return "condition" if tokens[1].type == "PROPERTY" and tokens[2].type != "LPAR" else "block"
    return _BODY_OF[tokens[0].type]


# ---------------------------------------------------------------------------------------------- writing


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word of a line.

    `glue`: the space before it, unless a line begins with it. `depth`: brackets open there. `rank`: how good a place for a line break is
    before it, lower is better, None where the formatter breaks no line. `forced`: the author broke the line there.
    """

    text: str
    glue: str
    type: str
    depth: int
    rank: int | None
    forced: bool


class _Writer:
    def __init__(self, source: SourceFile, layout: Layout) -> None:
        self.source = source
        self.layout = layout

    def entries(self, entries: Sequence[Entry], indent: int, kind: str) -> list[str]:
        lines: list[str] = []
        for entry in entries:
            if entry.gap:
                lines.append("")
            written = self.entry(entry, indent)
            if kind == "members" and not isinstance(entry.parts[0], Comment):
                written[-1] += ","
            if entry.remark is not None:
                written[-1] += " " + entry.remark.text
            lines.extend(written)
        return lines

    def entry(self, entry: Entry, indent: int) -> list[str]:
        only = entry.parts[0]
        if isinstance(only, Comment):
            return self.comment(only, indent)
        flat = self.flat(entry.parts)
        if flat is not None and indent + len(flat) <= WIDTH:
            return [" " * indent + flat]
        return self.broken(entry.parts, indent)

    def comment(self, comment: Comment, indent: int) -> list[str]:
        """A comment on lines of its own; the further lines of a `/*` comment keep their indentation unless they begin with `*`."""
        first, *rest = comment.text.split("\n")
        margin = " " * indent
        return [margin + first.rstrip(), *(f"{margin} {r.strip()}" if r.lstrip().startswith("*") else r.rstrip() for r in rest)]

    def flat(self, parts: Sequence[Part]) -> str | None:
        """All on one line, or None where it has to be broken."""
        if any(isinstance(part, Comment) and part.text.startswith("//") for part in parts):
            return None
        pieces = self.pieces(parts)
        if any(piece.forced for piece in pieces) or any("\n" in piece.text for piece in pieces):
            return None
        texts: list[str] = []
        bodies = iter([part for part in parts if isinstance(part, Body)])
        for piece in pieces:
            text = piece.text
            if piece.type == "BODY":
                inner = self.flat_body(next(bodies))
                if inner is None:
                    return None
                text = inner
            texts.append(piece.glue + text if texts else text)
        return "".join(texts)

    def flat_body(self, body: Body) -> str | None:
        if not body.entries and body.remark is None:
            return "{ }"
        if not body.inline or any(entry.remark or isinstance(entry.parts[0], Comment) for entry in body.entries):
            return None
        if body.kind in ("arms", "declarations") or (body.kind in ("block", "clauses", "claims") and len(body.entries) > 1):
            return None
        if any(isinstance(part, Body) for entry in body.entries for part in entry.parts) and body.kind not in ("clauses", "claims"):
            return None
        texts = [self.flat(entry.parts) for entry in body.entries]
        if any(text is None for text in texts):
            return None
        separator = ", " if body.kind in _LISTS else "  "
        return "{ " + separator.join(text for text in texts if text is not None) + " }"

    def broken(self, parts: Sequence[Part], indent: int) -> list[str]:
        """Heads and tails on lines of their own, bodies indented between them."""
        lines: list[str] = []
        margin = " " * indent
        head: list[_Piece] = []
        bodies = iter([part for part in parts if isinstance(part, Body)])
        for piece in self.pieces(parts):
            if piece.type != "BODY":
                head.append(piece)
                continue
            body = next(bodies)
            self.head(lines, head, indent, " {")
            head = []
            if not body.entries and body.remark is None:
                lines[-1] += " }"
                continue
            if body.remark is not None:
                lines[-1] += " " + body.remark.text
            lines.extend(self.entries(body.entries, indent + INDENT, body.kind))
            lines.append(margin + "}")
        self.head(lines, head, indent, "")
        return lines

    def head(self, lines: list[str], head: list[_Piece], indent: int, tail: str) -> None:
        """Write pieces that stand before a body or after the last one, continuing the line of a closing brace."""
        margin = " " * indent
        if not head:
            if tail and lines:
                lines[-1] += tail
            elif tail:
                lines.append(margin + tail.strip())
            return
        written = _wrap(head, indent, len(tail))
        if head[-1].type == "COMMENT" and tail:
            written.append(margin + tail.strip())
        else:
            written[-1] += tail
        if lines and not (head[0].forced and head[0].type != "ELSE"):
            first = written.pop(0)
            if head[0].type == "ELSE" and "//" in lines[-1].split("}")[-1]:
                lines.append(first)
            else:
                lines[-1] += " " + first.strip()
        lines.extend(written)

    # ------------------------------------------------------------------------------------------ pieces

    def pieces(self, parts: Sequence[Part]) -> list[_Piece]:
        """The words of an entry with their spacing; a body is one word."""
        found: list[_Piece] = []
        context = Context(self.layout)
        previous: Part | None = None
        for part in parts:
            if isinstance(part, Body):
                found.append(_Piece("{", " ", "BODY", 0, None, False))
            elif isinstance(part, Comment):
                forced = is_first_on_line(self.source.text, part.start)
                found.append(_Piece(part.text, " ", "COMMENT", context.depth, None, forced))
            else:
                found.append(self.word(part, previous, context))
                context.advance(part)
            previous = part
        return found

    def word(self, token: Token, previous: Part | None, context: Context) -> _Piece:
        text = token.span.text
        depth = context.depth - 1 if token.type in CLOSES else context.depth
        if previous is None:
            return _Piece(text, "", token.type, depth, None, False)
        if isinstance(previous, Comment):
            forced = previous.text.startswith("//") or "\n" in self.source.text[previous.end : token.start]
            return _Piece(text, " ", token.type, depth, None, forced)
        if isinstance(previous, Body):
            return _Piece(text, " ", token.type, depth, None, False)
        forced = context.may_break(previous, token) and "\n" in self.source.text[previous.end : token.start]
        return _Piece(text, context.glue(previous, token), token.type, depth, context.rank(previous, token), forced)


def _wrap(pieces: Sequence[_Piece], indent: int, tail: int) -> list[str]:
    """Pieces as lines: broken where the author broke them, and where a line would be too long (`tail`: room that the last one needs)."""
    lines: list[str] = []
    opened: list[int] = []  # for each open bracket, the indentation of the line it is on
    for segment in _segments(pieces):
        rest = list(segment)
        while rest:
            margin = _margin(rest[0], opened, indent, bool(lines))
            cut = _cut(rest, margin, tail)
            row, rest = rest[:cut], rest[cut:]
            lines.append(" " * margin + "".join(p.glue + p.text if i else p.text for i, p in enumerate(row)))
            for piece in row:
                if piece.type in OPENS:
                    opened.append(margin)
                elif piece.type in CLOSES:
                    opened.pop()
    return lines


def _segments(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    segment: list[_Piece] = []
    for piece in pieces:
        if piece.forced and segment:
            yield segment
            segment = []
        segment.append(piece)
    if segment:
        yield segment


def _margin(first: _Piece, opened: Sequence[int], indent: int, continued: bool) -> int:
    """Indentation of a line that begins with this piece: a step more than the line of the innermost open bracket."""
    if not continued or first.type == "ELSE":
        return indent
    if first.type in CLOSES:
        return opened[-1]
    return (opened[-1] if opened else indent) + INDENT


def _cut(pieces: Sequence[_Piece], margin: int, tail: int) -> int:
    """How many pieces go on this line."""
    width = margin
    best: tuple[tuple[int, int], int] | None = None
    for index, piece in enumerate(pieces):
        if index and piece.rank is not None:
            key = (piece.depth, piece.rank)
            if width <= WIDTH and (best is None or key <= best[0]):
                best = (key, index)
            elif width > WIDTH:
                return best[1] if best is not None else index
        width += len(piece.text) + (len(piece.glue) if index else 0)
    if width + tail > WIDTH and best is not None:
        return best[1]
    return len(pieces)
