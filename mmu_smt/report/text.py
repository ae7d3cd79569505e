"""What a check found, as text for people: findings first, the summary last. Pure: no file, clock or terminal is looked at.

A finding begins with one line in the form of compilers, `file:line:column: severity: message [CODE]`; 80 columns, plain ASCII but for
what the specification itself contains.
"""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from mmu_smt.report.explain_text import contest_lines, cut_lines, failing_lines, unchanged_lines
from mmu_smt.report.lines import Line, Piece, Style, flow, line, one_line, safe, shorten, table
from mmu_smt.report.mentions import constants_of, ghosts_of
from mmu_smt.report.trace_text import needs_lines, shape, steps_text, trace_lines, why_lines
from mmu_smt.semantics.program import Enable, PropertyKind, enabled_steps
from mmu_smt.witness.verdicts import CheckResult, OpenPremise, UnknownReason, Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmu_smt.syntax.source import Span
    from mmu_smt.witness.expectations import Outcome, TestReport

_LISTED = 4  # assumptions that are named one by one

_STYLES = {
    Word.PROVED: Style.GOOD,
    Word.REACHED: Style.GOOD,
    Word.BOUNDED: Style.WARNING,
    Word.UNKNOWN: Style.WARNING,
    Word.VACUOUS: Style.WARNING,
    Word.VIOLATED: Style.ERROR,
    Word.UNREACHABLE: Style.ERROR,
    Word.INAPPLICABLE: Style.FAINT,
}

_CODES = {
    Word.VIOLATED: "MS701",
    Word.UNREACHABLE: "MS702",
    Word.VACUOUS: "MS703",
    Word.BOUNDED: "MS704",
    Word.UNKNOWN: "MS704",
}

_BUDGET_CODES = {
    UnknownReason.TIME: "MS501",
    UnknownReason.RLIMIT: "MS501",
    UnknownReason.MEMORY: "MS501",
    UnknownReason.INTERRUPTED: "MS502",
}


def check_lines(
    results: Sequence[CheckResult], *, traces_of: frozenset[str] = frozenset(), full: bool = False, stats: bool = False
) -> tuple[Line, ...]:
    """Every finding of every result, then a summary of each.

    `traces_of` names covers whose trace is wanted although they are good news; `full` wants every trace, and traces without omissions;
    `stats` adds where the time went.
    """
    lines: list[Line] = []
    for result in results:
        for verdict in result.verdicts:
            found = finding_lines(result, verdict, traced=full or verdict.property.name in traces_of, full=full)
            if found:
                lines.extend((*found, ()))
            for other in verdict.others:
                lines.extend((*finding_lines(result, other, full=full), ()))
        lines.extend(summary_lines(result))
        if stats:
            lines.extend(stats_lines(result))
        lines.append(())
    return tuple(lines[:-1])


# ---------------------------------------------------------------------------------------------- findings


def finding_lines(result: CheckResult, verdict: Verdict, *, traced: bool = False, full: bool = False) -> tuple[Line, ...]:
    """One finding with its trace and what it rests on; nothing for what needs no attention."""
    if verdict.word not in _CODES and verdict.vacuity is None and not (verdict.word is Word.REACHED and traced):
        return ()
    head = head_line(result, verdict)
    if verdict.trace is None:
        return (head, *_explanation(verdict))
    return (head, *flow([subject_text(result, verdict)], "  "), *body_lines(result, verdict, full=full))


def head_line(result: CheckResult, verdict: Verdict) -> Line:
    """The line of a finding in the form of compilers."""
    style = _STYLES[verdict.word] if verdict.vacuity is None else Style.WARNING
    word = {Style.ERROR: Style.ERROR, Style.GOOD: Style.NOTE, Style.FAINT: Style.NOTE}.get(style, Style.WARNING)
    return place_line(_place(result, verdict), word, _message(verdict), finding_code(verdict))


def body_lines(result: CheckResult, verdict: Verdict, *, full: bool = False) -> tuple[Line, ...]:
    """The trace of a verdict, what explains it and what it rests on; without a trace what there is to say."""
    program, trace = result.program, verdict.trace
    if trace is None:
        return _explanation(verdict)
    ghosts = ghosts_of(program, verdict.property)
    constants = constants_of(program, result.config, (verdict.property,))
    return (
        *minimal_lines(result, verdict),
        *trace_lines(program, trace, constants=constants, ghosts=ghosts, full=full),
        *failing_lines(program, verdict),
        *why_lines(program, trace, full=full),
        *unchanged_lines(program, trace, full=full),
        *cut_lines(program, verdict, full=full),
        *contest_lines(program, trace),
        *needs_lines(program, trace),
        *assumes_lines(result, full=full),
        *flow([reproduce(result, verdict)], "  reproduce: "),
    )


def minimal_lines(result: CheckResult, verdict: Verdict) -> tuple[Line, ...]:
    """What of the trace is proved to be minimal, in the order in which it was minimised; nothing where that was not asked."""
    minima, trace = verdict.minima, verdict.trace
    if minima is None or trace is None or not verdict.shortest:
        return ()
    items = [f"steps ({len(trace.steps)})"]
    if minima.env_steps is not None and any(s.actor == "env" for s in enabled_steps(result.program, result.config)):
        items.append(f"then env steps ({minima.env_steps})")
    if minima.parts:
        first, last = minima.parts[0][0], minima.parts[-1][0]
        ranks = "" if minima.complete else f" of rank {first}" + (f" to {last}" if last != first else "")
        items.append(f"then parts off their defaults{ranks} ({sum(n for _, n in minima.parts)})")
    if not minima.complete:
        items.append("the rest is not proved")
    return flow(items, "  minimal: ")


def finding_code(verdict: Verdict) -> str:
    """The code of the catalogue that explains the verdict; empty where there is nothing to explain."""
    if verdict.vacuity is not None:
        return "MS706"
    if verdict.reason is not None and verdict.reason in _BUDGET_CODES:
        return _BUDGET_CODES[verdict.reason]
    return _CODES.get(verdict.word, "")


def place_line(span: Span | str, severity: Style, message: str, code: str) -> Line:
    """`file:line:column: severity: message [CODE]`; a string stands in where there is no text to point at."""
    where = span if isinstance(span, str) else str(span)
    tail = (Piece(f" [{code}]", Style.FAINT),) if code else ()
    return line(Piece(safe(where) + ":", Style.PLACE), " ", Piece(severity.value + ":", severity), " " + message, *tail)


def _place(result: CheckResult, verdict: Verdict) -> Span | str:
    if verdict.property.kind is PropertyKind.NO_FAULT and verdict.trace is not None:
        faults = [s.fault for s in verdict.trace.steps if s.fault is not None]
        if faults:
            return faults[-1].span
    return verdict.property.span or result.target


def _message(verdict: Verdict) -> str:
    name = verdict.property.name
    match verdict.word:
        case Word.BOUNDED:
            return f"{name} not violated in {steps_text(verdict.bound or 0)}, unknown beyond"
        case Word.UNKNOWN:
            return f"{name} unknown: {verdict.reason or 'no reason given'}"
        case _ if verdict.vacuity is not None:
            return f"{name} proved, vacuity undecided: {_why_open(verdict.vacuity)}"
        case _:
            return f"{name} {verdict.word.value}"


def _why_open(premise: OpenPremise) -> str:
    return premise.reason.value if premise.reason is not None else "the bound is exhausted"


def _explanation(verdict: Verdict) -> tuple[Line, ...]:
    match verdict.word:
        case Word.PROVED if verdict.vacuity is not None:
            premise = verdict.vacuity
            met = (
                f"{_premise(verdict)} does not happen in {steps_text(premise.bound)}"
                if premise.bound is not None
                else "nothing was exhausted"
            )
            where = f"stopped in: {one_line(premise.phase)}; " if premise.reason is not None and premise.phase else ""
            return flow([f"{where}{met}; beyond that it is open"], "  ")
        case Word.VACUOUS:
            what = _premise(verdict)
            return flow([f"it holds only because {what} never happens" + (f": {verdict.by}" if verdict.by else "")], "  ")
        case Word.UNREACHABLE:
            return flow([f"proved unreachable by {verdict.by}"], "  ") if verdict.by else ()
        case Word.UNKNOWN:
            known = f"no counterexample in {steps_text(verdict.bound)}" if verdict.bound is not None else "nothing was exhausted"
            if verdict.property.kind in (PropertyKind.COVER, PropertyKind.COVER_LASSO):
                known = known.replace("counterexample", "such run")
            where = f"stopped in: {one_line(verdict.phase)}; " if verdict.phase else ""
            return flow([f"{where}{known}"], "  ")
        case _:
            return ()


def _premise(verdict: Verdict) -> str:
    return "the event that should not recur" if verdict.property.kind is PropertyKind.PROGRESS else "its premise"


def subject_text(result: CheckResult, verdict: Verdict) -> str:
    """What kind of run it is, of what, and what the property says in its author's words."""
    if verdict.trace is None:
        return ""
    run = f"{shape(verdict.trace)}{_within(verdict)}{_not_shortest(verdict)}"
    if result.program.variant:
        run += f" in {result.program.variant}"
    if verdict.further:
        return f"no. {verdict.further + 1}, decided otherwise than those before: {run}"
    doc = verdict.property.display.doc
    first = one_line(doc.strip().split("\n\n")[0]) if doc else ""
    return f"{run}; {first}" if first and len(first) <= 100 else run


def _within(verdict: Verdict) -> str:
    within = verdict.property.within
    return f", more than {within} recurrences" if isinstance(within, int) else ""


# ---------------------------------------------------------------------------------------------- what it rests on


def assumes_lines(result: CheckResult, *, full: bool = False) -> tuple[Line, ...]:
    """Config, env steps and fairness, sizes, and the assumptions of the config and the model: by name if they are few or `full`."""
    program, config = result.program, result.config
    own, model = [a.name for a in config.assumptions], [a.name for a in program.assumptions]
    items = [f"config {config.name}" if config.name else "no config"]
    named = full or len(own) + len(model) <= _LISTED
    if own and named:
        items[0] += f" ({own[0]}" if len(own) > 1 else f" ({own[0]})"
        items.extend(own[1:-1])
        items.extend(f"{name})" for name in own[1:][-1:])
    items.append(environment_text(result))
    if program.params:
        items.append(" ".join(sizes(result)))
    items.extend(model if named else [f"{len(own) + len(model)} assumptions"])
    return flow(items, "  assumes: ")


def sizes(result: CheckResult) -> list[str]:
    """The parameters as `NAME=value`."""
    return [f"{name}={value}" for name, value in result.program.params.items()]


def environment_text(result: CheckResult) -> str:
    """Which env steps may run, and what is fair."""
    fair = [_clause(e) for e in result.config.enables if e.fairness]
    env = {s.name for s in enabled_steps(result.program, result.config) if s.actor == "env"}
    if not env:
        return "no env step" + (f", {' and '.join(fair)}" if fair else "")
    stem = {n for n in env if all(e.stem_only for e in result.config.enables if e.step == n)}
    named = [f"{n} in the stem" if n in stem else n for n in sorted(env)]
    return f"env steps {' and '.join(named)}; {' and '.join(fair) if fair else 'nothing is fair'}"


def _clause(enable: Enable) -> str:
    each = " each" if enable.each else ""
    return f"{enable.step} {enable.fairness}ly fair{each}"


def reproduce(result: CheckResult, verdict: Verdict) -> str:
    """The command that finds this verdict again."""
    words = ["mmu-smt", "check", result.target, "-p", verdict.property.name]
    if result.config.name and result.config.name != result.program.default_config:
        words.extend(("--config", result.config.name.replace("+", ",")))
    for name, value in result.given.items():
        words.extend(("-D", f"{name}={value}"))
    if verdict.further:
        words.extend(("--max-cex", str(verdict.further + 1)))
    if verdict.trace is not None and verdict.shortest:
        words.extend(("-k", str(len(verdict.trace.steps))))
    return safe(shlex.join(words))


# ---------------------------------------------------------------------------------------------- summary


def title(result: CheckResult) -> str:
    """`VARIANT in CONFIG`, with the target where there is no variant."""
    name = result.program.variant or result.target
    return safe(f"{name} in {result.config.name}" if result.config.name else name)


def summary_lines(result: CheckResult) -> tuple[Line, ...]:
    """The title, a table of all verdicts (left out for a single one), and how many of each."""
    sizes_text = " ".join(sizes(result))
    subject = f"  {one_line(result.program.subject)}" if result.program.subject else ""
    head = line(Piece(title(result), Style.STRONG), Piece(f" ({sizes_text})" if sizes_text else "", Style.FAINT))
    lines: list[Line] = [head]
    if subject and len(result.verdicts) > 1:
        lines.append(line(Piece(shorten(subject, 80), Style.FAINT)))
    if not result.verdicts:
        return (head, line("  no property to judge"))
    lines.extend(table([_summary_row(v) for v in result.verdicts]))
    if len(result.verdicts) > 1:
        lines.append(line("  " + counts_text(result.verdicts, sum(result.seconds.values()))))
    return tuple(lines)


def summary_words(result: CheckResult) -> str:
    """How many verdicts of each word, without the time they took."""
    return _counts(result.verdicts)


def counts_text(verdicts: Sequence[Verdict], seconds: float) -> str:
    """How many verdicts of each word, and the seconds they took together."""
    return f"{_counts(verdicts)} ({seconds:.2f} s)"


def _counts(verdicts: Sequence[Verdict]) -> str:
    counts = Counter(v.word for v in verdicts)
    texts = {w: f"{counts[w]} {word_text(w)}" for w in Word if counts[w]}
    undecided = sum(v.vacuity is not None for v in verdicts)
    if undecided:
        texts[Word.PROVED] += f" (vacuity of {undecided} undecided)"
    return ", ".join(texts.values())


def word_text(word: Word) -> str:
    """The verdict word as people read it: a dash for what does not apply."""
    return "\N{EN DASH}" if word is Word.INAPPLICABLE else word.value


def verdict_text(verdict: Verdict) -> str:
    """The word, with its bound where that is part of it."""
    if verdict.word is Word.BOUNDED and verdict.bound is not None:
        return f"bounded({verdict.bound})"
    return word_text(verdict.word)


def _summary_row(verdict: Verdict) -> tuple[Piece, ...]:
    return (
        Piece(verdict.property.name),
        Piece(verdict_text(verdict), _STYLES[verdict.word] if verdict.vacuity is None else Style.WARNING),
        Piece(basis(verdict), Style.FAINT),
    )


def basis(verdict: Verdict) -> str:
    """What the verdict stands on, in a few words, and whether it may be vacuous for all that is known."""
    if verdict.vacuity is None:
        return _basis(verdict)
    return "; ".join(t for t in (_basis(verdict), f"vacuity undecided: {_why_open(verdict.vacuity)}") if t)


def _basis(verdict: Verdict) -> str:
    match verdict.word:
        case Word.VIOLATED | Word.REACHED if verdict.trace is not None:
            return shape(verdict.trace) + _not_shortest(verdict)
        case Word.PROVED if verdict.least is not None:
            return f"least bound {verdict.least}" + (f", by {verdict.by}" if verdict.by else "")
        case Word.UNKNOWN:
            known = f"; none in {steps_text(verdict.bound)}" if verdict.bound is not None else ""
            return f"{verdict.reason or ''}{known}"
        case Word.BOUNDED:
            return "nothing is said beyond"
        case Word.INAPPLICABLE:
            return verdict.by
        case _:
            return verdict.by


def _not_shortest(verdict: Verdict) -> str:
    if verdict.shortest:
        return ""
    which = f", with {_open_cases(verdict.open_cases)}" if verdict.open_cases else ", of steps that nobody interrupts"
    return which + ("; a shorter one may exist" if verdict.bound is None else f"; none in {steps_text(verdict.bound)} is shorter")


def _open_cases(count: int) -> str:
    return "a case that is open" if count == 1 else f"{count} cases that are open"


def stats_lines(result: CheckResult) -> tuple[Line, ...]:
    """Seconds of each phase and whatever numbers the parts reported."""
    rows = [(Piece(safe(phase)), Piece(f"{seconds:.3f} s")) for phase, seconds in result.seconds.items()]
    rows.extend((Piece(safe(name)), Piece(safe(str(value)))) for name, value in result.stats.items())
    return table(rows, indent="    ")


# ---------------------------------------------------------------------------------------------- expectations


def outcome_lines(outcome: Outcome) -> tuple[Line, ...]:
    """One line for an expectation: met, or an error at its place that says what was wanted and what came."""
    expected = outcome.expectation
    variant = expected.variant or outcome.target
    where = f"{variant} in {outcome.config}" if outcome.config else variant
    if outcome.met:
        return (line(Piece("ok   ", Style.GOOD), safe(f"{where}: {expected.property}: "), verdict_text(outcome.verdict)),)
    wanted = " | ".join(w.word if w.bound is None else f"{w.word}({w.bound})" for w in expected.wanted)
    message = safe(f"{where}: {expected.property}: expected {wanted}, got ") + verdict_text(outcome.verdict)
    why = basis(outcome.verdict)
    return (place_line(expected.span, Style.ERROR, message + (f" ({why})" if why else ""), "MS705"),)


def test_summary_line(report: TestReport) -> Line:
    """How many expectations were met and missed, and how many files could not be used."""
    met = len(report.outcomes) - len(report.missed)
    parts = [f"{met} met"]
    if report.missed:
        parts.append(f"{len(report.missed)} missed")
    if report.unusable:
        parts.append(f"{len(report.unusable)} {'file' if len(report.unusable) == 1 else 'files'} unusable")
    style = Style.ERROR if report.missed or report.unusable else Style.GOOD
    return line(Piece(f"{len(report.outcomes)} expectations: " + ", ".join(parts), style), f" ({report.seconds:.2f} s)")
