"""Lines to text with terminal colours. The only module that needs rich; imported only when the output is a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from mmu_smt.report.lines import Line, Style

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOOK = {
    Style.PLAIN: "",
    Style.PLACE: "bold",
    Style.ERROR: "bold red",
    Style.WARNING: "bold yellow",
    Style.NOTE: "cyan",
    Style.GOOD: "green",
    Style.STRONG: "bold",
    Style.FAINT: "dim",
}


def coloured(lines: Iterable[Line], stream: TextIO) -> str:
    """The lines with the escape sequences that suit the terminal behind `stream` (none if it has no colours or NO_COLOR is set)."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
    with console.capture() as capture:
        for one in lines:
            text = Text()
            for piece in one:
                text.append(piece.text, _LOOK[piece.style])
            text.rstrip()
            console.print(text)
    return capture.get()
