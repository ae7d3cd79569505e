"""What came of a certificate, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, Piece, Style, flow, line, one_line, safe

if TYPE_CHECKING:
    from mmu_smt.witness.certificates import CertificateReport, ObligationOutcome, Written


def outcome_lines(outcome: ObligationOutcome) -> tuple[Line, ...]:
    """One obligation and its answers; what it says where it is not accepted."""
    word, style = ("refuted", Style.ERROR) if outcome.refuted else ("open", Style.WARNING) if outcome.open else ("ok", Style.GOOD)
    answers = ", ".join(f"{a.solver} {a.said} {a.seconds:.2f} s" for a in outcome.answers)
    head = line(Piece(f"{word:<8}", style), f"{safe(outcome.file)} ({outcome.size / 1024:.0f} KiB): {answers}")
    if not outcome.refuted and not outcome.open:
        return (head,)
    troubles = [flow([one_line(f"{a.solver}: {a.trouble}")], "  ") for a in outcome.answers if a.trouble]
    return (head, *flow([one_line(outcome.says)], "  says: "), *(row for rows in troubles for row in rows))


def report_lines(report: CertificateReport) -> tuple[Line, ...]:
    """What is claimed, who was asked, and what came of it."""
    rows: list[Line] = [(), line(Piece(safe(report.target), Style.STRONG))]
    rows += [line(f"  {safe(name)}: {safe(word)}. {safe(says)}") for name, word, says in report.claims]
    rows += [line(f"  no certificate: {safe(name)} ({one_line(reason)})") for name, reason in report.without]
    asked = ", ".join(f"{name} {version}" for name, version in report.solvers.items())
    rows.append(line(f"  asked: {safe(asked)}" + (f"; not installed: {', '.join(report.missing)}" if report.missing else "")))
    total = len(report.obligations)
    if report.refuted:
        refuted = sum(o.refuted for o in report.obligations)
        rows.append(line(Piece("refused", Style.ERROR), f": {refuted} of {total} obligations do not hold [MS525]"))
    elif report.open:
        left = sum(o.open for o in report.obligations)
        rows.append(line(Piece("open", Style.WARNING), f": {left} of {total} obligations lack an answer of a solver that was asked"))
    else:
        rows.append(line(Piece("accepted", Style.GOOD), f": {total} obligations, each by every solver that was asked about it"))
    return tuple(rows)


def written_lines(written: Written) -> tuple[Line, ...]:
    """What `check --cert` adds to its report."""
    size = f"{written.files} files, {written.size / 1024:.0f} KiB"
    rows = [line(f"  certificate: {safe(written.folder)} ({len(written.claims)} properties, {size})")]
    rows += [line(Piece("  no certificate", Style.WARNING), f": {safe(name)} ({one_line(reason)})") for name, reason in written.without]
    return tuple(rows)
