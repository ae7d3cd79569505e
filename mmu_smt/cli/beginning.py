"""The `new` command's work: a variant's file to edit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mmu_smt.cli.exits import Exit
from mmu_smt.report.lines import line, safe
from mmu_smt.semantics.specs import SUFFIX
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmu_smt.cli.output import Output


def new_variant(name: str, of: str, *, path: str | None, overrides: Sequence[str], force: bool, output: Output) -> Exit:
    """Write the file. Raises SpecError: MS550 where it is there already, MS509 where it cannot be written."""
    from mmu_smt.api.beginning import begin

    if not name.isidentifier():
        raise SpecError((Diagnostic("MS550", f"`{name}` is no name for a variant", None),))
    file = Path(path or f"{name}{SUFFIX}")
    if file.suffix != SUFFIX:
        raise SpecError((Diagnostic("MS550", f"{file}: the name of a specification ends in {SUFFIX}", None),))
    if file.exists() and not force:
        raise SpecError((Diagnostic("MS550", f"{file} is there already: --force writes over it", None),))
    found = begin(name, of, file, overrides)
    try:
        with file.open("w" if force else "x", encoding="utf-8", newline="") as stream:
            stream.write(found.text)
    except OSError as error:
        raise SpecError((Diagnostic("MS509", f"{file} cannot be written: {error.strerror}", None),)) from error
    shown = safe(str(file))
    output.lines(
        (
            line(f"{shown}: variant {safe(name)} of {safe(found.of)}, overrides {safe(', '.join(found.overrides))}"),
            line(f"  next: mmu-smt check {shown}; mmu-smt diff {safe(of)} {shown}; mmu-smt watch {shown}"),
        )
    )
    return Exit.OK
