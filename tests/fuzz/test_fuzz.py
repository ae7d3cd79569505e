"""No text makes the front end crash, hang or misplace a finding; what parses survives the formatter.

`MMU_SMT_FUZZ` sets how many inputs are tried (1,500 by default; `make fuzz` asks for more), `MMU_SMT_FUZZ_FIRST` where to start. What is
correctly typed is also lowered, which takes longer than all the rest: all of it where a number is given, every fourth otherwise.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mmu_smt.api.targets import inapplicable
from mmu_smt.model.lower import lower
from mmu_smt.semantics.program import EMPTY_CONFIG, Program
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax.codes import CATALOGUE
from mmu_smt.syntax.diagnostics import Diagnostic, Severity, SpecError
from mmu_smt.syntax.format import format_source
from mmu_smt.syntax.parser import parse
from mmu_smt.syntax.source import SourceFile
from tests.fuzz.sentences import Input, inputs

COUNT = int(os.environ.get("MMU_SMT_FUZZ", "1500"))
CHUNKS = max(COUNT // 150, 1)  # a few seconds each
FIRST = int(os.environ.get("MMU_SMT_FUZZ_FIRST", "0"))
SECONDS = 10.0  # of CPU, so that a busy machine fails nothing, for one input; ordinary ones take milliseconds
LOWER_EVERY = 1 if "MMU_SMT_FUZZ" in os.environ else 4


class TooSlow(Exception):
    """An input took longer than its limit."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    def expired(*_: object) -> None:
        raise TooSlow(f"more than {seconds} s")

    previous = signal.signal(signal.SIGPROF, expired)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def well_formed(diagnostics: tuple[Diagnostic, ...], text: str) -> None:
    """Every finding has a code of the catalogue, a message, and a place inside the text."""
    for finding in diagnostics:
        assert finding.code in CATALOGUE, finding
        assert finding.message
        for span in (finding.span, *(n.span for n in finding.notes)):
            if span is not None and span.file.name == "fuzz.mmu":
                assert 0 <= span.start <= span.end <= len(text), finding
                assert span.line >= 1, finding


def lowers(program: Program) -> None:
    """Lowers the program alone, under each of its configs, and with all its queries; it may be refused, with findings."""
    for config in (EMPTY_CONFIG, *program.configs.values()):
        try:
            lowered = lower(program, config)
        except SpecError as error:
            assert error.diagnostics, "an error without a finding"
            well_formed(error.diagnostics, "")
            continue
        for judged in program.properties.values():
            if not inapplicable(judged, config):
                assert lowered.query(judged).name == judged.name


def survives(item: Input, lowered: bool = True) -> str:
    """Runs one text through the front end. Gives how far it got: `refused`, `parsed` or `checked`; `lowered`: what is checked goes on."""
    source = SourceFile("fuzz.mmu", item.text)
    module, findings = parse(source)
    well_formed(findings, item.text)
    if any(f.severity is Severity.ERROR for f in findings):
        with pytest.raises(SpecError):
            format_source(source)
        return "refused"
    assert module is not None, "no error and no module"
    text = format_source(source)
    again, more = parse(SourceFile("fuzz.mmu", text))
    assert again == module and not any(f.severity is Severity.ERROR for f in more), f"formatting changed the meaning:\n{text}"
    assert format_source(SourceFile("fuzz.mmu", text)) == text, f"formatting is not idempotent:\n{text}"
    programs: list[Program] = []
    try:
        workspace = Workspace.from_text(item.text, name="fuzz.mmu")
        for variant in workspace.own_variants or (None,):
            programs.append(workspace.program(variant))
            workspace.expectations(variant)
        workspace.matrices()
    except SpecError as error:
        assert error.diagnostics, "an error without a finding"
        well_formed(error.diagnostics, item.text)
        return "parsed"
    for program in programs if lowered else ():
        lowers(program)
    return "checked"


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_text_breaks_the_front_end(chunk: int, record_property: pytest.RecordProperty) -> None:
    first, end = (FIRST + COUNT * c // CHUNKS for c in (chunk, chunk + 1))
    reached: Counter[tuple[str, str]] = Counter()
    checked = 0
    for item in inputs(first, end - first):
        try:
            with time_limit(SECONDS):
                outcome = survives(item, lowered=checked % LOWER_EVERY == 0)
            checked += outcome == "checked"
            reached[item.kind, outcome] += 1
        except Exception as error:
            head = item.text if len(item.text) < 6_000 else f"{item.text[:3_000]}\n… ({len(item.text)} characters)"
            pytest.fail(f"input {item.seed} ({item.kind}): {type(error).__name__}: {error}\n{head}")
    print(f"chunk {chunk}: " + ", ".join(f"{kind} {outcome} {n}" for (kind, outcome), n in sorted(reached.items())))
    record_property("reached", {f"{k} {o}": n for (k, o), n in reached.items()})
    outcomes = Counter(outcome for (_, outcome), n in reached.items() for _ in range(n))
    assert outcomes["refused"] and outcomes["parsed"] and outcomes["checked"], "the inputs have become one-sided"
