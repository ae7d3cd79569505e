"""Where a command's words go: lines to a stream, coloured only on a terminal, and what happens when they cannot be written."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from mmu_smt.report.lines import WIDTH, Line, plain, safe

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from mmu_smt.api.matrices import Step


class OutputError(Exception):
    """Standard output takes no more text. `reason` is empty where its reader has simply gone away."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Output:
    """Standard output and standard error of one command. `colour` False: never colours."""

    def __init__(self, *, colour: bool = True) -> None:
        self._colour = colour

    def lines(self, lines: Iterable[Line]) -> None:
        """To standard output. Raises OutputError."""
        self.text(self._styled(lines, sys.stdout))

    def text(self, text: str) -> None:
        """Text as it is to standard output, without delay. Raises OutputError."""
        try:
            _write(sys.stdout, text)
        except BrokenPipeError:
            _abandon_stdout()
            raise OutputError("") from None
        except (OSError, ValueError) as error:  # ValueError: the stream was closed before the start
            _abandon_stdout()
            raise OutputError(getattr(error, "strerror", None) or str(error)) from error

    def complain(self, lines: Iterable[Line]) -> None:
        """To standard error; where that fails too there is nobody left to tell."""
        with suppress(OSError, ValueError):
            _write(sys.stderr, self._styled(lines, sys.stderr))

    @contextmanager
    def progress(self, wanted: bool) -> Generator[Status | None]:
        """A status line on standard error while something runs; None where that is no terminal or it is not wanted."""
        if not wanted or not _is_terminal(sys.stderr):
            yield None
            return
        from rich.console import Console
        from rich.text import Text

        console = Console(stderr=True, no_color=not self._colour)
        with console.status(Text("starting")) as shown:
            yield Status(lambda text: shown.update(Text(text)))

    @contextmanager
    def counting(self, title: str) -> Generator[Callable[[Step], None] | None]:
        """A line on standard error that says how far a long piece of work has got; None where that is no terminal.

        It is drawn when something happens, not by a thread of its own: processes are copied meanwhile.
        """
        if not _is_terminal(sys.stderr):
            yield None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.table import Column

        text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
        look = (text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        console = Console(stderr=True, no_color=not self._colour)
        with Progress(*look, console=console, auto_refresh=False, transient=True) as shown:
            task = shown.add_task(safe(title), total=None)

            def watch(step: Step) -> None:
                text = f"{title}: {step.current}" if step.current else title
                shown.update(task, total=step.cells, completed=step.done, description=safe(text))
                shown.refresh()

            yield watch

    def width(self) -> int:
        """Columns of standard output; those of a report that is pasted into mail where it is no terminal, and never fewer."""
        if not _is_terminal(sys.stdout):
            return WIDTH
        return max(shutil.get_terminal_size().columns, WIDTH)

    def _styled(self, lines: Iterable[Line], stream: TextIO) -> str:
        if not self._colour or not _is_terminal(stream):
            return plain(lines)
        from mmu_smt.report.render import coloured

        return coloured(lines, stream)


class Status:
    """Callable with what is going on; shows it behind `prefix`."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self.prefix = ""

    def __call__(self, text: str) -> None:
        self._show(safe(f"{self.prefix}{text}"))


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        raise OSError("it is closed")
    stream.write(_encodable(text, getattr(stream, "encoding", None) or "utf-8"))
    stream.flush()


def _encodable(text: str, encoding: str) -> str:
    """The text with what the encoding cannot express replaced: a dash by a hyphen, anything else by an escape."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.replace("\N{EN DASH}", "-").encode(encoding, "backslashreplace").decode(encoding)
    return text


def _abandon_stdout() -> None:
    """Let the interpreter's own flush at exit succeed."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
