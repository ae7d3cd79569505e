"""No text makes the front end crash, hang or misplace a finding; what parses survives the formatter.

`MMU_SMT_FUZZ` sets how many inputs are tried (1,500 by default; `make fuzz` asks for more), `MMU_SMT_FUZZ_FIRST` where to start.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax.codes import CATALOGUE
from mmu_smt.syntax.diagnostics import Diagnostic, Severity, SpecError
from mmu_smt.syntax.format import format_source
from mmu_smt.syntax.parser import parse
from mmu_smt.syntax.source import SourceFile
from tests.fuzz.sentences import Input, inputs

CHUNKS = 10
COUNT = int(os.environ.get("MMU_SMT_FUZZ", "1500"))
FIRST = int(os.environ.get("MMU_SMT_FUZZ_FIRST", "0"))
SECONDS = 10.0  # for one input; ordinary ones take milliseconds


class TooSlow(Exception):
    """An input took longer than its limit."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    def expired(*_: object) -> None:
        raise TooSlow(f"more than {seconds} s")

    previous = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def well_formed(diagnostics: tuple[Diagnostic, ...], text: str) -> None:
    """Every finding has a code of the catalogue, a message, and a place inside the text."""
    for finding in diagnostics:
        assert finding.code in CATALOGUE, finding
        assert finding.message
        for span in (finding.span, *(n.span for n in finding.notes)):
            if span is not None and span.file.name == "fuzz.mmu":
                assert 0 <= span.start <= span.end <= len(text), finding
                assert span.line >= 1, finding


def survives(item: Input) -> str:
    """Runs one text through the front end. Gives how far it got: `refused`, `parsed` or `checked`."""
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
    try:
        workspace = Workspace.from_text(item.text, name="fuzz.mmu")
        for variant in workspace.own_variants or (None,):
            workspace.program(variant)
            workspace.expectations(variant)
        workspace.matrices()
    except SpecError as error:
        assert error.diagnostics, "an error without a finding"
        well_formed(error.diagnostics, item.text)
        return "parsed"
    return "checked"


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_text_breaks_the_front_end(chunk: int, record_property: pytest.RecordProperty) -> None:
    size = COUNT // CHUNKS
    reached: Counter[tuple[str, str]] = Counter()
    for item in inputs(FIRST + chunk * size, size):
        try:
            with time_limit(SECONDS):
                reached[item.kind, survives(item)] += 1
        except Exception as error:
            head = item.text if len(item.text) < 6_000 else f"{item.text[:3_000]}\n… ({len(item.text)} characters)"
            pytest.fail(f"input {item.seed} ({item.kind}): {type(error).__name__}: {error}\n{head}")
    print(f"chunk {chunk}: " + ", ".join(f"{kind} {outcome} {n}" for (kind, outcome), n in sorted(reached.items())))
    record_property("reached", {f"{k} {o}": n for (k, o), n in reached.items()})
    outcomes = Counter(outcome for (_, outcome), n in reached.items() for _ in range(n))
    assert outcomes["refused"] and outcomes["parsed"] and outcomes["checked"], "the inputs have become one-sided"
