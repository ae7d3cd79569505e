"""The `compare` command's work: one comparison, printed as text or as one JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmu_smt import api
from mmu_smt.cli.exits import Exit
from mmu_smt.syntax.diagnostics import SpecError

if TYPE_CHECKING:
    from mmu_smt.cli.options import Options
    from mmu_smt.cli.output import Output


@dataclass(frozen=True, slots=True)
class Compared:
    """What the command line asks."""

    first: str
    second: str
    options: Options
    scenarios: int | None


def run_comparison(asked: Compared, output: Output, *, json: bool, full: bool) -> Exit:
    """Compare and print. OK where every question was decided, OPEN otherwise. Raises SpecError, but for `json`, which contains it."""
    from mmu_smt.report.comparison_json import compare_document
    from mmu_smt.report.comparison_text import comparison_lines
    from mmu_smt.report.json_report import encode

    try:
        with output.progress(not json) as status:
            found = api.compare(
                asked.first,
                asked.second,
                properties=asked.options.properties,
                config=asked.options.config,
                params=asked.options.params,
                bound=asked.options.limits.bound,
                timeout=asked.options.limits.seconds,
                scenarios=asked.scenarios,
                seed=asked.options.seed,
                progress=status,
            )
    except SpecError as error:
        if not json:
            raise
        output.text(encode(compare_document(None, error.diagnostics, Exit.USAGE)))
        return Exit.USAGE
    code = Exit.OK if found.decided else Exit.OPEN
    if json:
        output.text(encode(compare_document(found, (), code)))
    else:
        output.lines(comparison_lines(found, named=frozenset(asked.options.properties or ()), full=full))
    return code
