"""Claims and what the model says of them, as text for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mmu_smt.report.comparison_text import difference_lines, labels, scenario_lines
from mmu_smt.report.lines import Line, Piece, Style, flow, line, one_line, safe
from mmu_smt.report.text import basis, place_line, verdict_text
from mmu_smt.report.trace_text import trace_lines, why_lines
from mmu_smt.semantics.claims import ClaimKind
from mmu_smt.witness.claims import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mmu_smt.semantics.claims import Clause
    from mmu_smt.witness.claims import ClaimsReport, ClauseOutcome
    from mmu_smt.witness.expectations import Outcome

_STYLES = {Finding.CONFIRMED: Style.GOOD, Finding.CONTRADICTED: Style.ERROR, Finding.UNDECIDED: Style.WARNING}


def clause_text(clause: Clause, config: str) -> str:
    """A statement as its author wrote it."""
    where = f" in {config}" if config else ""
    match clause.kind:
        case ClaimKind.EQUALS:
            said = f"{clause.variant} equals {clause.other}{where}"
        case ClaimKind.FIXES | ClaimKind.INTRODUCES:
            said = f"{clause.variant} {clause.kind} {', '.join(clause.properties) or 'nothing'} of {clause.other}{where}"
        case ClaimKind.VERDICTS:
            wanted = ", ".join(f"{e.property}: {' | '.join(_word(w.word, w.bound) for w in e.wanted)}" for e in clause.verdicts)
            said = f"{clause.variant}{where} {{ {wanted} }}"
    return safe(said)


def _word(word: str, bound: int | None) -> str:
    return word if bound is None else f"{word}({bound})"


def outcome_lines(outcome: ClauseOutcome, *, full: bool = False) -> tuple[Line, ...]:
    """What was claimed, what the model says, and the run where it says otherwise."""
    said = clause_text(outcome.clause, outcome.config)
    if outcome.finding is Finding.UNDECIDED:
        head = place_line(outcome.clause.span, Style.WARNING, f"{safe(outcome.claim.name)} undecided", "MS710")
        return (head, *flow([said], "  "), *flow([one_line(outcome.because)], "  why: "))
    if outcome.met:
        as_declared = outcome.finding is Finding.CONTRADICTED
        word = "contradicted, as declared" if as_declared else "confirmed"
        head = line(Piece("ok   ", Style.GOOD), f"{safe(outcome.claim.name)}: ", Piece(word, _STYLES[outcome.finding]))
        reason = outcome.clause.contradicted
        return (head, *flow([said], " " * 5), *(flow([one_line(reason)], "     because ") if reason else ()))
    message = f"{safe(outcome.claim.name)} {outcome.finding.value}"
    if outcome.finding is Finding.CONFIRMED:
        message += ", but declared as contradicted"
    head = place_line(outcome.clause.span, Style.ERROR, message, "MS709")
    text = flow([f'"{one_line(outcome.claim.text)}"'], "  claimed: ") if outcome.claim.text else ()
    return (head, *flow([said], "  "), *text, *flow([one_line(outcome.because)], "  found: "), *_evidence(outcome, full=full))


def _evidence(outcome: ClauseOutcome, *, full: bool) -> Iterator[Line]:
    """The run that contradicts the claim."""
    found = outcome.comparison
    if found is None:
        for one in outcome.outcomes:
            if not one.met:
                yield from _verdict_lines(one, full=full)
        return
    if outcome.clause.kind is ClaimKind.EQUALS:
        yield from difference_lines(found, full=full)
        return
    for change in found.changes:
        mark = change.introduces if outcome.clause.kind is ClaimKind.INTRODUCES else change.fixes
        if mark.scenario is not None:
            yield from scenario_lines(found, change, outcome.clause.kind.value, mark.scenario, full=full)
        elif outcome.clause.kind is ClaimKind.FIXES and change.after.trace is not None:
            result = found.second
            yield line(Piece(f"  {labels(found)[1]} violates {safe(change.name)} too:", Style.STRONG))
            yield from trace_lines(result.program, change.after.trace, full=full)
            yield from why_lines(result.program, change.after.trace, full=full)


def _verdict_lines(outcome: Outcome, *, full: bool) -> Iterator[Line]:
    verdict = outcome.verdict
    why = basis(verdict)
    yield line(
        Piece(f"  {safe(outcome.expectation.property)} is {verdict_text(verdict)}", Style.STRONG), f" ({one_line(why)})" if why else ""
    )


def summary_line(report: ClaimsReport) -> Line:
    """How many statements were confirmed, contradicted and left undecided, and how many of them are not as declared."""
    counts = Counter(o.finding for o in report.outcomes)
    parts = [f"{counts[f]} {f.value}" for f in Finding if counts[f]]
    if report.missed:
        parts.append(f"{len(report.missed)} not as declared")
    if report.unusable:
        parts.append(f"{len(report.unusable)} {'file' if len(report.unusable) == 1 else 'files'} unusable")
    style = Style.ERROR if report.missed or report.unusable else Style.WARNING if report.undecided else Style.GOOD
    return line(Piece(f"{len(report.outcomes)} statements: " + ", ".join(parts), style), f" ({report.seconds:.2f} s)")
