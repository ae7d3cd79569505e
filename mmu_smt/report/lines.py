"""Lines of output as data: pieces of plain text with a style, wrapped and padded here, coloured (or not) by `render`.

Every text that comes from a user passes through `safe`, so that nothing in a specification can move the cursor, change colours or
reverse the reading order of a terminal.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 80  # columns of a report that is pasted into mail


class Style(StrEnum):
    """What a piece of text means; `render` decides how that looks."""

    PLAIN = ""
    PLACE = "place"
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    GOOD = "good"
    STRONG = "strong"
    FAINT = "faint"


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    style: Style = Style.PLAIN


Line: TypeAlias = tuple[Piece, ...]


def line(*parts: str | Piece) -> Line:
    """A line of pieces; a plain string is a piece without style."""
    return tuple(Piece(p) if isinstance(p, str) else p for p in parts)


def safe(text: str) -> str:
    """The text with every character that is not printable (controls, line breaks, bidirectional overrides) written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else c.encode("unicode_escape").decode("ascii") for c in text)


def one_line(text: str) -> str:
    """Text with every run of white space, line breaks included, turned into one blank; safe to print."""
    return safe(" ".join(text.split()))


def shorten(text: str, limit: int) -> str:
    """The text, cut to at most `limit` characters; a cut is marked by three dots."""
    return text if len(text) <= limit else text[: max(limit - 3, 0)] + "..."


def split_words(text: str, width: int) -> list[str]:
    """Break a text at blanks into parts of at most `width` characters; a longer word stays whole."""
    parts: list[str] = []
    for word in text.split(" "):
        if parts and len(parts[-1]) + 1 + len(word) <= width:
            parts[-1] += " " + word
        else:
            parts.append(word)
    return parts


def flow(items: Sequence[str], head: str, *, separator: str = ",", width: int = WIDTH) -> tuple[Line, ...]:
    """Items one after another behind `head`, wrapped at `width`; later lines hang under the first item.

    Breaks come between items where possible, else at blanks in an item. Without items there is no line.
    """
    rows: list[str] = []
    room = width - len(head)
    for number, item in enumerate(items):
        text = item + (separator if number + 1 < len(items) else "")
        if rows and len(rows[-1]) + 1 + len(text) <= room:
            rows[-1] += " " + text
        else:
            rows.extend(split_words(text, room))
    blank = " " * len(head)
    return tuple(line((head if i == 0 else blank) + row) for i, row in enumerate(rows))


def table(rows: Sequence[Sequence[Piece]], *, indent: str = "  ", gap: int = 2) -> tuple[Line, ...]:
    """Rows of cells with columns aligned on the left; the last column is not padded."""
    widths = [max(len(row[c].text) for row in rows if c < len(row)) for c in range(max(map(len, rows), default=0))]
    lines: list[Line] = []
    for row in rows:
        pieces: list[Piece] = [Piece(indent)]
        for column, cell in enumerate(row):
            last = column == len(row) - 1
            padding = "" if last else " " * (widths[column] - len(cell.text) + gap)
            pieces.append(Piece(cell.text, cell.style))
            pieces.append(Piece(padding))
        lines.append(tuple(p for p in pieces if p.text))
    return tuple(lines)


def plain(lines: Iterable[Line]) -> str:
    """The lines as text without colours, each ended by a line break, without blanks at its end."""
    return "".join("".join(p.text for p in one).rstrip() + "\n" for one in lines)
