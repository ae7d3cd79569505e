"""The `compare` command's work: one comparison, printed as text or as one JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmu_smt import api
from mmu_smt.cli.exits import Exit
from mmu_smt.cli.formats import write_file
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
    html: str | None = None  # a page to write, too


def run_comparison(asked: Compared, output: Output, *, json: bool, full: bool) -> Exit:
    """Compare and print. OK where every question was decided, OPEN otherwise. Raises SpecError, but for `json`, which contains it."""
    from mmu_smt.report.comparison_json import compare_document
    from mmu_smt.report.comparison_text import comparison_lines
    from mmu_smt.report.json_report import encode
    from mmu_smt.report.trace_page import comparison_page

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
    problems = () if asked.html is None else write_file(asked.html, comparison_page(found))
    code = Exit.USAGE if problems else Exit.OK if found.decided else Exit.OPEN
    if json:
        output.text(encode(compare_document(found, problems, code)))
    else:
        output.lines(comparison_lines(found, named=frozenset(asked.options.properties or ()), full=full))
    if problems:
        raise SpecError(problems)
    return code
