"""`--format FMT[=PATH]`: what the command line asks for, and where it goes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmu_smt.report.formats import Format, documents, path_of
from mmu_smt.report.lines import line, safe
from mmu_smt.syntax.diagnostics import Diagnostic, Note, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mmu_smt.cli.output import Output
    from mmu_smt.witness.verdicts import CheckResult


@dataclass(frozen=True, slots=True)
class Wanted:
    """One `--format`. `path` None: standard output."""

    format: Format
    path: str | None


def wanted_formats(texts: Iterable[str] | None, *, json: bool = False, html: str | None = None) -> tuple[Wanted, ...]:
    """What `--format` options ask for, and `--html PATH`.

    Raises SpecError (MS530) for a format that does not exist, or where standard output is taken.
    """
    found = [] if html is None else [Wanted(Format.HTML, html)]
    for text in texts or ():
        name, equals, path = text.partition("=")
        if name not in [f.value for f in Format]:
            listed = Note(f"formats: {', '.join(f.value for f in Format)}")
            raise SpecError((Diagnostic("MS530", f"there is no format `{name}`", None, (listed,)),))
        if equals and not path:
            raise SpecError((Diagnostic("MS530", f"--format {text}: a path is missing after `=`", None),))
        found.append(Wanted(Format(name), path or None))
    on_stdout = [w for w in found if w.path is None]
    if len(on_stdout) + json > 1:
        taken = "--json and --format without a path both write" if json else "two formats without a path write"
        raise SpecError((Diagnostic("MS530", f"{taken} to standard output: name a file, as in --format {found[-1].format}=FILE", None),))
    return tuple(found)


def write_formats(wanted: Sequence[Wanted], results: Sequence[CheckResult], output: Output, *, full: bool = False) -> None:
    """Write every format to its place. Raises SpecError (MS509) for a file that cannot be written, after the others are."""
    problems: list[Diagnostic] = []
    for one in wanted:
        texts = documents(one.format, results, full=full)
        for finding, text in texts:
            if one.path is None:
                output.text(_one_line_each(text) if one.format is Format.ITF and len(texts) > 1 else text)
                continue
            problems.extend(write_file(path_of(one.path, finding, len(texts) > 1), text))
        if not texts and one.path is not None:
            output.complain((line(f"no trace to write to {safe(one.path)}"),))
    if problems:
        raise SpecError(problems)


def write_file(path: str, text: str) -> tuple[Diagnostic, ...]:
    """Write a file; what is wrong (MS509) where it cannot be written."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:  # ValueError: a path that no system takes, or text that is no Unicode
        reason = getattr(error, "strerror", None) or str(error)
        return (Diagnostic("MS509", f"{path} cannot be written: {reason}", None),)
    return ()


def _one_line_each(text: str) -> str:
    return json.dumps(json.loads(text)) + "\n"
