"""The `claims` command's work: statements printed as they are decided, or one JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmu_smt import api
from mmu_smt.cli.exits import Exit, worst
from mmu_smt.report.lines import Piece, Style, line, safe
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmu_smt.cli.options import Options
    from mmu_smt.cli.output import Output
    from mmu_smt.witness.claims import ClaimsReport


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the command line asks."""

    paths: Sequence[str]
    only: tuple[str, ...] | None
    options: Options


def evaluate_claims(asked: Claimed, output: Output, *, json: bool, full: bool) -> Exit:
    """Evaluate and print. Raises SpecError (MS508) where there is no claim to evaluate."""
    from mmu_smt.report.claims_text import outcome_lines, summary_line
    from mmu_smt.report.comparison_json import claims_document
    from mmu_smt.report.json_report import encode
    from mmu_smt.report.snippets import diagnostics_lines

    with output.progress(not json) as status:
        report = api.claims(
            asked.paths,
            only=asked.only,
            params=asked.options.params,
            timeout=asked.options.limits.seconds,
            seed=asked.options.seed,
            each=None if json else lambda outcome: output.lines(outcome_lines(outcome, full=full)),
            progress=status,
        )
    if not report.outcomes and not report.unusable:
        named = f" {', '.join(asked.only)}" if asked.only else ""
        raise SpecError((Diagnostic("MS508", f"no claim{named} in {', '.join(asked.paths)}", None),))
    code = _code(report)
    if json:
        output.text(encode(claims_document(report, code)))
        return code
    for name, diagnostics in report.unusable.items():
        output.complain((line(Piece(safe(name) + ":", Style.PLACE), " cannot be used"), *diagnostics_lines(diagnostics)))
    output.lines((summary_line(report),))
    return code


def _code(report: ClaimsReport) -> Exit:
    codes = [Exit.FAILED] if report.missed else []
    codes.extend(Exit.OPEN for _ in report.undecided)
    codes.extend(Exit.USAGE for _ in report.unusable)
    return worst(codes)
