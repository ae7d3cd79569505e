"""Where an exported file goes."""

from __future__ import annotations

import sys
from pathlib import Path

from mmu_smt.cli.output import Output, OutputError
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError


def write(content: bytes, file: str | None, *, binary: bool) -> None:
    """To the named file, else to standard output. Raises OutputError, SpecError (MS505) for binary content and a terminal."""
    if file is not None:
        try:
            Path(file).write_bytes(content)
        except OSError as error:
            raise OutputError(f"{file}: {error.strerror}") from error
    elif not binary:
        Output().text(content.decode())
    elif sys.stdout.isatty():
        raise SpecError((Diagnostic("MS505", "an AIGER file is binary: name a file with --output", None),))
    else:
        try:
            sys.stdout.buffer.write(content)
            sys.stdout.flush()
        except OSError as error:
            raise OutputError(error.strerror or str(error)) from error
