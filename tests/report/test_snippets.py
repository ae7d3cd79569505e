"""Diagnostics with their excerpts."""

from __future__ import annotations

from mmu_smt.report.lines import plain
from mmu_smt.report.snippets import diagnostics_lines
from mmu_smt.syntax.diagnostics import Diagnostic, Note, Severity
from mmu_smt.syntax.source import SourceFile, Span

FILE = SourceFile("a.mmu", "fn f() {\n\tlet x = oops + 1\n}\n")


def shown(*diagnostics: Diagnostic) -> str:
    return plain(diagnostics_lines(diagnostics))


def at(text: str, file: SourceFile = FILE) -> Span:
    start = file.text.index(text)
    return Span(file, start, start + len(text))


def test_excerpt_with_caret_tab_and_note() -> None:
    notes = (Note("did you mean oops2?"), Note("declared here", at("f()")))
    assert shown(Diagnostic("MS101", "unknown name oops", at("oops"), notes)) == (
        "a.mmu:2:10: error: unknown name oops [MS101]\n"
        "    2 |     let x = oops + 1\n"
        "      |             ^^^^\n"
        "  note: did you mean oops2?\n"
        "a.mmu:1:4: note: declared here\n"
        "    1 | fn f() {\n"
        "      |    ^^^\n"
    )


def test_without_a_place() -> None:
    assert shown(Diagnostic("MS010", "no such file", None)) == "error: no such file [MS010]\n"


def test_several_are_sorted_and_counted() -> None:
    late, early = Diagnostic("MS101", "late", at("+")), Diagnostic("MS101", "early", at("fn"))
    warning = Diagnostic("MS102", "mild", at("x"), severity=Severity.WARNING)
    text = shown(late, warning, early)
    assert text.index("early") < text.index("mild") < text.index("late")
    assert text.endswith("\n2 errors\n")


def test_span_over_several_lines_marks_the_first() -> None:
    text = shown(Diagnostic("MS101", "all of it", Span(FILE, 0, len(FILE.text))))
    assert "      | ^^^^^^^^\n" in text


def test_span_at_the_end_of_the_text() -> None:
    end = len(FILE.text)
    assert shown(Diagnostic("MS001", "more is missing", Span(FILE, end, end))).endswith("    4 |\n      | ^\n")


def test_control_characters_are_escaped_and_carets_stay_in_place() -> None:
    file = SourceFile("b.mmu", "\x1b[31m bad")
    assert shown(Diagnostic("MS002", "what is \x1b?", at("bad", file))) == (
        "b.mmu:1:7: error: what is \\x1b? [MS002]\n    1 | \\x1b[31m bad\n      |          ^^^\n"
    )


def test_long_lines_are_cut_around_the_place() -> None:
    file = SourceFile("c.mmu", "x" * 500 + "HERE" + "y" * 500)
    excerpt, carets = shown(Diagnostic("MS001", "m", at("HERE", file))).splitlines()[1:]
    assert len(excerpt) < 120
    assert excerpt[carets.index("^") : carets.rindex("^") + 1] == "HERE"
