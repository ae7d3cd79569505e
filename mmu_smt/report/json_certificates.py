"""The machine-readable result of `cert check --json`.

The schema in `docs/schema/` is generated from these records. Fields are only added within one `schema` number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mmu_smt.report.json_report import SCHEMA, DiagnosticRecord, Versions, diagnostic_record, versions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.witness.certificates import CertificateReport


class AnswerRecord(msgspec.Struct, frozen=True):
    """What a solver said of an obligation: `unsat` (it holds), `sat` or `unknown`, and, with the last, why."""

    solver: str
    said: str
    seconds: float
    trouble: str


class ObligationAnswers(msgspec.Struct, frozen=True):
    """One obligation, by its file's name. `state`: ok, refuted or open. `size` in bytes."""

    file: str
    says: str
    size: int
    state: str
    answers: tuple[AnswerRecord, ...]


class ClaimedRecord(msgspec.Struct, frozen=True):
    property: str
    verdict: str
    says: str


class UncertifiedRecord(msgspec.Struct, frozen=True):
    property: str
    reason: str


class CertificateRecord(msgspec.Struct, frozen=True):
    """`state`: accepted, refused or open. `solvers`: those that were asked, with their versions."""

    folder: str
    target: str
    state: str
    claims: tuple[ClaimedRecord, ...]
    without: tuple[UncertifiedRecord, ...]
    obligations: tuple[ObligationAnswers, ...]
    solvers: dict[str, str]
    not_installed: tuple[str, ...]


class CertificateDocument(msgspec.Struct, frozen=True):
    """The whole output. `exit_code` is that of the process; no `certificate` where there are errors."""

    schema: int
    versions: Versions
    exit_code: int
    certificate: CertificateRecord | None
    diagnostics: tuple[DiagnosticRecord, ...]


def certificate_document(report: CertificateReport | None, diagnostics: Iterable[Diagnostic], exit_code: int) -> CertificateDocument:
    """The document for a certificate that was checked, or for what was in the way."""
    record = None if report is None else _record(report)
    return CertificateDocument(SCHEMA, versions(), exit_code, record, tuple(map(diagnostic_record, diagnostics)))


def _record(report: CertificateReport) -> CertificateRecord:
    return CertificateRecord(
        folder=report.folder,
        target=report.target,
        state="refused" if report.refuted else "open" if report.open else "accepted",
        claims=tuple(ClaimedRecord(*claim) for claim in report.claims),
        without=tuple(UncertifiedRecord(*left) for left in report.without),
        obligations=tuple(
            ObligationAnswers(
                o.file,
                o.says,
                o.size,
                "refuted" if o.refuted else "open" if o.open else "ok",
                tuple(AnswerRecord(a.solver, a.said, a.seconds, a.trouble) for a in o.answers),
            )
            for o in report.obligations
        ),
        solvers=dict(report.solvers),
        not_installed=report.missing,
    )
