"""Where two variants differ, as text for people: the predicate, the smallest state with both decision paths, the changed declarations."""

from __future__ import annotations

from difflib import SequenceMatcher, unified_diff
from itertools import groupby
from typing import TYPE_CHECKING

from mmu_smt.report.comparison_text import divergence_items
from mmu_smt.report.lines import WIDTH, Line, Piece, Style, flow, line, one_line, safe, shorten
from mmu_smt.report.mentions import constants_of
from mmu_smt.report.predicates import Predicates, labels, merged
from mmu_smt.report.text import assumes_lines, place_line, sizes, verdict_text
from mmu_smt.report.trace_text import short_place, shown_test, step_lines, steps_text, trace_lines
from mmu_smt.witness.comparisons import Likeness
from mmu_smt.witness.differences import Effect, Reached, Word, has_changed
from mmu_smt.witness.traces import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mmu_smt.witness.differences import Difference, Part, Rewritten, Witness
    from mmu_smt.witness.traces import Test, Trace

_WORDS = {Word.EQUIVALENT: Style.GOOD, Word.DIFFERS: Style.NOTE, Word.UNKNOWN: Style.WARNING}
_EFFECTS = {
    Effect.HARMLESS: Style.GOOD,
    Effect.CHANGES: Style.ERROR,
    Effect.UNTRACED: Style.PLAIN,
    Effect.UNREACHABLE: Style.FAINT,
    Effect.UNKNOWN: Style.WARNING,
}
_COLUMN = (WIDTH - 6) // 2
_BEFORE = 3  # tests shown before the two paths part, unless everything is asked for


def difference_lines(found: Difference, *, full: bool = False) -> tuple[Line, ...]:
    """The whole report. `full`: decision paths and traces without omissions."""
    lines: list[Line] = [*head_lines(found), *predicate_lines(found), *verdict_lines(found), line(f"  ({found.seconds:.2f} s)")]
    for part in (_smallest(found, full=full), code_lines(found.texts)):
        if part:
            lines.extend(((), *part))
    return tuple(lines)


def head_lines(found: Difference) -> tuple[Line, ...]:
    """What was compared, and the word."""
    one, two = labels(found.first, found.second)
    config = found.second.config.name
    head = f"{one} -> {two}" + (f" in {safe(config)}" if config else "")
    lines: list[Line] = [
        line(Piece(head, Style.STRONG), Piece(f" ({' '.join(sizes(found.second))})" if sizes(found.second) else "", Style.FAINT))
    ]
    if found.second.program.subject:
        lines.append(line(Piece(shorten(f"  {one_line(found.second.program.subject)}", WIDTH), Style.FAINT)))
    word, *rest = flow(one_line(found.by).split(" "), f"  {found.word.value}: ", separator="")
    text = word[0].text.removeprefix(f"  {found.word.value}: ")
    lines.append(line("  ", Piece(found.word.value, _WORDS[found.word]), f": {text}"))
    lines.extend(rest)
    if found.undisturbed:
        lines.append(line("  of steps that no env step interrupts"))
    for names, whose in ((found.first_only, one), (found.second_only, two)):
        if names:
            lines.extend(flow(list(map(safe, names)), f"  only in {whose}: "))
    if found.opaque:
        lines.extend(flow(list(map(safe, found.opaque)), "  too different or too large to compare: "))
    if found.initial.likeness is not Likeness.SAME:
        how = "differ" if found.initial.likeness is Likeness.DIFFERS else f"may differ ({one_line(found.initial.by)})"
        lines.append(line(f"  initial states {how}"))
    return tuple(lines)


def predicate_lines(found: Difference, *, examples: bool = True) -> tuple[Line, ...]:
    """When they differ, part by part. `examples`: with what each does in one state, and what it rests on."""
    if not found.parts:
        return ()
    if not found.complete:
        head = "  they differ, among others, when"
    else:
        head = f"  they differ {'exactly' if found.exact else 'only'} when"
    predicates = Predicates(found.first, found.second)
    lines: list[Line] = [line(Piece(head, Style.STRONG))]
    for number, group in enumerate(merged(found.parts)):
        lines.extend(_part(found, predicates, number, group, examples=examples))
    if found.complete and examples:
        count = len(found.invariants)
        facts = f" that satisfies the {count} invariant{'s' * (count > 1)} proved of both" if count else ""
        claim = "exact, which is proved for every state" if found.exact else "that they differ nowhere else is proved for every state"
        lines.extend(flow(f"{claim}{facts}".split(" "), "  ", separator=""))
    return tuple(lines)


def _part(found: Difference, predicates: Predicates, number: int, group: Sequence[Part], *, examples: bool) -> Iterator[Line]:
    part = group[0]
    clauses = predicates.clauses(part)
    if len(group) > 1:
        clauses[0] = f"({' || '.join(sorted(predicates.clauses(p)[0] for p in group))})"
    for place, clause in enumerate(clauses):
        mark = "   and " if place else "    or " if number else "       "
        yield from flow(clause.split(" "), mark, separator="")
    if not part.exact and found.exact is False:
        yield line(Piece("        (not wherever this holds: it depends on values that no test looks at)", Style.FAINT))
    if examples:
        yield from _consequence(found, part)
    yield from _label(found, part)


def _consequence(found: Difference, part: Part) -> Iterator[Line]:
    """What each does in the part's own state."""
    witness = part.witness
    if witness is None:
        return
    texts: list[str] = []
    for label, trace in zip(labels(found.first, found.second), (witness.first, witness.second), strict=True):
        texts.append(f"{label} {_does(witness, trace)}")
    items = divergence_items(found.first.program, labels(found.first, found.second), (witness.first, witness.second), witness.divergence)
    if witness.divergence.decisions:
        yield from flow(texts, "        e.g. ", separator=";")
    else:
        yield from flow(items, "        e.g. ")


def _does(witness: Witness, trace: Trace) -> str:
    length = max(len(witness.first.steps), len(witness.second.steps)) if witness.leads is None else len(trace.steps)
    if len(trace.steps) < length or not trace.steps:
        return "cannot take the step"
    step = trace.steps[-1]
    if step.fault is not None:
        return f"faults: {one_line(step.fault.message)}"
    texts: list[str] = []
    for (shown, rule), same in groupby(step.decisions, key=lambda d: (d.shown, d.rule)):
        texts.append(f"{'/'.join(d.handler for d in same)} {one_line(shown)}" + (f" @{rule}" if rule else ""))
    return ", ".join(texts) or "decides nothing"


def _label(found: Difference, part: Part) -> Iterator[Line]:
    effect = Piece(part.effect.value, _EFFECTS[part.effect])
    config = found.second.config.name
    match part.effect:
        case Effect.UNREACHABLE:
            where = f" in {safe(config)}" if config else ""
            yield line("        ", effect, f"{where} ({shorten(one_line(part.by), 40)})")
            return
        case Effect.CHANGES:
            changed = {a.property.name: f"{safe(a.property.name)} {verdict_text(a)} -> {verdict_text(b)}" for a, b in found.verdicts}
            rows = flow([changed[n] for n in part.changes], "        changes ")
            yield (Piece("        "), Piece("changes", Style.ERROR), Piece(rows[0][0].text[15:]))
            yield from rows[1:]
        case Effect.HARMLESS:
            yield line("        ", effect, ": every verdict is the same")
        case Effect.UNKNOWN if not found.verdicts:
            pass
        case _:
            yield line("        ", effect)
    if part.reached is Reached.UNKNOWN:
        yield from flow(f"whether it is reachable is unknown: {one_line(part.by)}".split(" "), "        ", separator="")


def verdict_lines(found: Difference) -> tuple[Line, ...]:
    """The verdicts that change, and how many do not."""
    if not found.verdicts:
        return ()
    changed = [(a, b) for a, b in found.verdicts if has_changed(a, b)]
    same = len(found.verdicts) - len(changed)
    attributed = {n for p in found.parts for n in p.changes}
    lines: list[Line] = []
    left = [f"{safe(a.property.name)} {verdict_text(a)} -> {verdict_text(b)}" for a, b in changed if a.property.name not in attributed]
    if left:
        lines.extend(flow(left, "  changed, but traced to no part: "))
    lines.append(line(f"  verdicts: {len(changed)} changed, {same} the same"))
    return tuple(lines)


# ---------------------------------------------------------------------------------------------- the smallest state


def _smallest(found: Difference, *, full: bool) -> tuple[Line, ...]:
    """The witness that takes the fewest steps, and of those the plainest."""
    others = sorted((p.witness for p in found.parts if p.witness is not None), key=lambda w: max(len(w.first.steps), len(w.second.steps)))
    witness = found.smallest or next(iter(others), None)
    if witness is None:
        return ()
    one, two = labels(found.first, found.second)
    lead = 1 if witness.leads == 1 else 0
    results = (found.first, found.second)
    traces = (witness.first, witness.second)
    length = len(traces[lead].steps) if witness.leads is not None else max(len(t.steps) for t in traces)
    if not lead and witness.leads is None and len(traces[0].steps) < length:
        lead = 1
    start = (
        "an initial state" if length <= 1 else f"a state that {labels(found.first, found.second)[lead]} reaches in {steps_text(length - 1)}"
    )
    lines: list[Line] = [
        place_line(
            f"{one} -> {two}",
            Style.NOTE,
            "the smallest state in which they differ",
            "MS707",
        ),
        line(f"  state: {start}"),
        *flow(divergence_items(found.first.program, (one, two), traces, witness.divergence), "  differs in: "),
        line(Piece(f"  {labels(found.first, found.second)[lead]}:", Style.STRONG)),
    ]
    result = results[lead]
    constants = constants_of(result.program, result.config, ())
    lines.extend(trace_lines(result.program, traces[lead], constants=constants, full=full))
    lines.append(line(Piece(f"  {labels(found.first, found.second)[1 - lead]}, from the same state:", Style.STRONG)))
    other = traces[1 - lead]
    own = len(other.steps) == length if witness.leads is None else bool(other.steps)
    if own:
        lines.extend(step_lines(results[1 - lead].program, other, len(other.steps) - 1))
    else:
        lines.append(line(f"{length:4d}    -     cannot take this step"))
    lines.extend(path_lines(found, witness, full=full))
    lines.extend(assumes_lines(found.second))
    return tuple(lines)


def path_lines(found: Difference, witness: Witness, *, full: bool = False) -> tuple[Line, ...]:
    """Both decision paths side by side: what both test alike stands once, then each in its column.

    Unless `full`, only the tests of handlers, of what differs, and of functions that attach a rule.
    """
    telling = _telling(found)
    left, right = (
        [t for t in (*tests, *_last(trace)) if full or isinstance(t, Decision) or t.function in telling]
        for tests, trace in ((witness.first_tests, witness.first), (witness.second_tests, witness.second))
    )
    rows: list[Line] = []
    for tag, a, b, c, d in SequenceMatcher(None, list(map(_said, left)), list(map(_said, right)), autojunk=False).get_opcodes():
        one, two = left[a:b], right[c:d]
        if tag == "equal":
            cut = 0 if full or rows else max(len(two) - _BEFORE, 0)
            if cut:
                rows.append(line(f"    ({cut} test{'s' * (cut > 1)} that come{'s' * (cut == 1)} out alike)"))
            rows.extend(line(f"    {shorten(_row(item), WIDTH - 4)}") for item in two[cut:])
            continue
        both = min(len(one), len(two))
        for x, y in zip(one, two, strict=False):
            rows.append(
                (Piece(f"  - {shorten(_row(x), _COLUMN):<{_COLUMN}}", Style.ERROR), Piece(f"  + {shorten(_row(y), _COLUMN)}", Style.GOOD))
            )
        rows.extend(line(Piece(f"  - {shorten(_row(x), WIDTH - 4)}", Style.ERROR)) for x in one[both:])
        rows.extend(line(Piece(f"  + {shorten(_row(y), WIDTH - 4)}", Style.GOOD)) for y in two[both:])
    names = labels(found.first, found.second)
    return (line(Piece(f"  decision paths: - {names[0]}, + {names[1]}", Style.STRONG)), *rows) if rows else ()


def _telling(found: Difference) -> set[str]:
    programs = found.first.program, found.second.program
    functions = [f for p in programs for f in p.functions.values()]
    return {f.name for f in functions if f.is_handler or f.rules} | {t.name for t in found.texts}


def _last(trace: Trace) -> tuple[Decision, ...]:
    return trace.steps[-1].decisions if trace.steps else ()


def _said(item: Test | Decision) -> tuple[str, ...]:
    """What makes two rows alike: not where they stand."""
    if isinstance(item, Decision):
        return "=>", item.handler, item.shown, item.rule or ""
    return item.function, one_line(item.text), item.outcome


def _row(item: Test | Decision) -> str:
    if isinstance(item, Decision):
        rule = f" @{item.rule}" if item.rule else ""
        return f"{short_place(item.span)} => {item.handler} {one_line(item.shown)}{rule}"
    return f"{short_place(item.span)} {shown_test(item)}"


def code_lines(texts: Sequence[Rewritten]) -> tuple[Line, ...]:
    """The declarations that differ, as a unified diff of their canonical texts."""
    lines: list[Line] = []
    for text in texts:
        before, after = text.before.splitlines(), text.after.splitlines()
        for row in list(unified_diff(before, after, lineterm="", n=2))[2:]:
            style = (
                Style.ERROR
                if row.startswith("-")
                else Style.GOOD
                if row.startswith("+")
                else Style.FAINT
                if row.startswith("@@")
                else Style.PLAIN
            )
            if row.startswith("@@"):
                row = f"@@ {safe(text.name)} @@"
            lines.append(line(Piece(safe(row), style)))
    return tuple(lines)
