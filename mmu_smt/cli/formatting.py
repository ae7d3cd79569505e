"""The `fmt` command's work: files rewritten in place, or only compared."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mmu_smt.api import format_text
from mmu_smt.cli.exits import Exit, worst
from mmu_smt.report.lines import line, safe
from mmu_smt.report.snippets import diagnostics_lines
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmu_smt.cli.output import Output


def format_files(files: Sequence[str], *, check: bool, output: Output) -> Exit:
    """Format every file; what one cannot do is told and does not keep the others from being formatted."""
    codes: list[Exit] = []
    for name in files:
        try:
            codes.append(_format_input(check, output) if name == "-" else _format_file(name, check, output))
        except SpecError as error:
            output.complain(diagnostics_lines(error.diagnostics))
            codes.append(Exit.USAGE)
    return worst(codes)


def _format_input(check: bool, output: Output) -> Exit:
    text = _read_input()
    formatted = format_text(text, "<stdin>")
    if check:
        return Exit.OK if formatted == text else Exit.FAILED
    output.text(formatted)
    return Exit.OK


def _read_input() -> str:
    """Standard input as text. Raises SpecError where it is closed or no UTF-8."""
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError((Diagnostic("MS011", f"standard input is not UTF-8 text (byte {error.start})", None),)) from error
    except (OSError, AttributeError) as error:  # AttributeError: there is no standard input
        raise SpecError((Diagnostic("MS010", "standard input cannot be read", None),)) from error


def _format_file(name: str, check: bool, output: Output) -> Exit:
    from mmu_smt.syntax.parser import read_source

    source = read_source(Path(name))
    formatted = format_text(source.text, name)
    if formatted == source.text:
        return Exit.OK
    output.lines((line(f"{'would reformat' if check else 'reformatted'} {safe(name)}"),))
    if check:
        return Exit.FAILED
    try:
        _replace(Path(name), formatted)
    except OSError as error:
        raise SpecError((Diagnostic("MS509", f"{name} cannot be written: {error.strerror}", None),)) from error
    return Exit.OK


def _replace(path: Path, text: str) -> None:
    """Write a file so that it holds the old or the new text whatever happens; a link is followed, permissions are kept."""
    target = path.resolve()
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        Path(temporary).chmod(target.stat().st_mode & 0o7777)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
