"""The `diff` command's work: where two variants differ, printed as text or as one JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmu_smt import api
from mmu_smt.cli.exits import Exit
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.differences import Word

if TYPE_CHECKING:
    from mmu_smt.cli.options import Options
    from mmu_smt.cli.output import Output
    from mmu_smt.witness.differences import Difference


@dataclass(frozen=True, slots=True)
class Diffed:
    """What the command line asks. `verdicts`: what each part changes."""

    first: str
    second: str
    options: Options
    verdicts: bool


def run_diff(asked: Diffed, output: Output, *, json: bool, full: bool) -> Exit:
    """Compare and print. Raises SpecError, but for `json`, which contains it."""
    from mmu_smt.report.difference_json import diff_document
    from mmu_smt.report.difference_text import difference_lines
    from mmu_smt.report.json_report import encode

    try:
        with output.progress(not json) as status:
            found = api.diff(
                asked.first,
                asked.second,
                properties=asked.options.properties,
                config=asked.options.config,
                params=asked.options.params,
                bound=asked.options.limits.bound,
                timeout=asked.options.limits.seconds,
                verdicts=asked.verdicts,
                seed=asked.options.seed,
                progress=status,
            )
    except SpecError as error:
        if not json:
            raise
        output.text(encode(diff_document(None, error.diagnostics, Exit.USAGE)))
        return Exit.USAGE
    code = _code(found)
    if json:
        output.text(encode(diff_document(found, (), code)))
    else:
        output.lines(difference_lines(found, full=full))
    return code


def _code(found: Difference) -> Exit:
    match found.word:
        case Word.EQUIVALENT:
            return Exit.OK
        case Word.DIFFERS:
            return Exit.FAILED
        case Word.UNKNOWN:
            return Exit.OPEN
