"""The `cert` command's work, and what `check --cert` says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmu_smt.cli.exits import Exit
from mmu_smt.report.certificate_text import outcome_lines, report_lines

if TYPE_CHECKING:
    from mmu_smt.cli.output import Output


@dataclass(frozen=True, slots=True)
class Certified:
    """What the command line asks."""

    folder: str
    spec: str | None
    solvers: Sequence[str] | None
    timeout: float | None


def check_certificate(asked: Certified, output: Output) -> Exit:
    """Check, print each obligation as it is answered, and the claims last. Raises SpecError for what is no certificate."""
    from mmu_smt.api import certifying

    with output.progress(True) as status:
        report = certifying.check(
            asked.folder,
            spec=asked.spec,
            only=asked.solvers,
            seconds=asked.timeout,
            each=lambda outcome: output.lines(outcome_lines(outcome)),
            progress=status,
        )
    output.lines(report_lines(report))
    return Exit.FAILED if report.refuted else Exit.OPEN if report.open else Exit.OK
