"""The `cert` command's work, and what `check --cert` says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmu_smt.cli.exits import Exit
from mmu_smt.report.certificate_text import outcome_lines, report_lines
from mmu_smt.syntax.diagnostics import SpecError

if TYPE_CHECKING:
    from mmu_smt.cli.output import Output
    from mmu_smt.witness.certificates import CertificateReport


@dataclass(frozen=True, slots=True)
class Certified:
    """What the command line asks."""

    folder: str
    spec: str | None
    solvers: Sequence[str] | None
    timeout: float | None


def check_certificate(asked: Certified, output: Output, *, json: bool = False) -> Exit:
    """Check, print each obligation as it is answered, and the claims last. Raises SpecError for what is no certificate; with `json` one
    document says so.
    """
    if not json:
        report = _checked(asked, output, silent=False)
        output.lines(report_lines(report))
        return _code(report)
    from mmu_smt.report.json_certificates import certificate_document
    from mmu_smt.report.json_report import encode

    try:
        report = _checked(asked, output, silent=True)
    except SpecError as error:
        output.text(encode(certificate_document(None, error.diagnostics, Exit.USAGE)))
        return Exit.USAGE
    output.text(encode(certificate_document(report, (), _code(report))))
    return _code(report)


def _checked(asked: Certified, output: Output, *, silent: bool) -> CertificateReport:
    from mmu_smt.api import certifying

    with output.progress(not silent) as status:
        return certifying.check(
            asked.folder,
            spec=asked.spec,
            only=asked.solvers,
            seconds=asked.timeout,
            each=None if silent else lambda outcome: output.lines(outcome_lines(outcome)),
            progress=status,
        )


def _code(report: CertificateReport) -> Exit:
    return Exit.FAILED if report.refuted else Exit.OPEN if report.open else Exit.OK
