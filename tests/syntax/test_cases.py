"""Texts with syntax errors: the marks `//~ MSnnn` at the ends of lines are exactly what the parser finds there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mmu_smt.syntax.codes import CATALOGUE
from mmu_smt.syntax.diagnostics import Diagnostic
from mmu_smt.syntax.parser import parse
from mmu_smt.syntax.source import SourceFile

FOLDER = Path(__file__).parent.parent / "cases" / "syntax"
CASES = sorted(FOLDER.glob("*.mmu"))
TERMINALS = re.compile(r"\b[A-Z]{2,}\b")  # names of the grammar's terminals; codes have digits


def marks(text: str) -> list[tuple[int, str]]:
    """Line and code of every mark."""
    lines = enumerate(text.split("\n"), 1)
    return sorted((number, code) for number, line in lines for code in re.findall(r"MS\d{3}", line.partition("//~")[2]))


def found_in(path: Path) -> tuple[SourceFile, tuple[Diagnostic, ...]]:
    source = SourceFile(path.name, path.read_text())
    module, diagnostics = parse(source)
    assert (module is None) == bool(diagnostics)
    return source, diagnostics


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    source, diagnostics = found_in(path)
    places = sorted((d.span.line, d.code) for d in diagnostics if d.span is not None)
    assert places == marks(source.text), "\n".join(f"{d.span}: {d.code} {d.message}" for d in diagnostics)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_messages_are_in_words_of_the_language(path: Path) -> None:
    _, diagnostics = found_in(path)
    for d in diagnostics:
        assert d.code in CATALOGUE
        said = re.sub(r"`[^`]+`|`T`", "", " ".join((d.message, *(note.message for note in d.notes))))
        assert not TERMINALS.search(said.replace("NUL", "").replace("UTF", "")), d.message


def test_there_are_many_cases_and_every_code_of_the_text_has_one() -> None:
    codes = [code for path in CASES for _, code in marks(path.read_text())]
    assert len(codes) >= 40
    in_files_elsewhere = {"MS009", "MS010", "MS011", "MS012"}  # these are not about a line of a small file
    assert {code for code in CATALOGUE if code < "MS100"} - set(codes) == in_files_elsewhere


MESSAGES = {
    "state done bool": ("MS001", 12, "expected `:`, found `bool`", ()),
    "stat done: bool": ("MS001", 1, "expected a declaration, found `stat`", ("did you mean `state`?",)),
    "event e { a && }": ("MS001", 16, "expected an expression, found `}`", ()),
    "event e { a = 3 }": ("MS007", 13, "`=` assigns; `==` compares", ()),
    "fn f() { retrun x }": ("MS001", 17, "expected `(` or `=`, found `x`", ("did you mean `return`?",)),
    "fn f() { assert }": ("MS001", 17, "expected an expression, found `}`", ()),
    "fn f() { if a return b }": ("MS001", 15, "expected `{`, found `return`", ("a body stands in braces, even a single statement",)),
    "fn f() -> { }": ("MS001", 11, "expected a type, found `{`", ()),
    "step s() by vcpu { }": ("MS001", 13, "expected `env`, `guest` or `kvm`, found `vcpu`", ()),
    "config c { enabl s }": ("MS001", 12, "expected `assume`, `enable` or `}`, found `enabl`", ("did you mean `enable`?",)),
    "matrix m { row a }": (
        "MS001",
        12,
        "expected `columns`, `properties`, `rows`, `settings` or `}`, found `row`",
        ("did you mean `rows`?",),
    ),
    "matrix m { columns a + }": ("MS001", 24, "expected a name, found `}`", ()),
    "fn f() { i++ }": ("MS007", 11, "there is no `++`; write `x += 1`", ()),
    "fn f(a: T,) { }": ("MS001", 11, "expected a name, found `)`", ()),
    "fn f() { match x { ( => { } } }": ("MS006", 20, "this `(` is never closed", ("found `}` first",)),
    "fn f() { 3 = x }": ("MS001", 10, "expected a statement or `}`, found `3`", ()),
    "fn f() { match x { A: } }": ("MS001", 21, "expected `,`, `.` or `=>`, found `:`", ()),
    "param P: 1..2": ("MS001", 14, "expected `=`, found the end of the file", ()),
    "state x: T? = 3 }": ("MS006", 17, "this `}` closes nothing", ()),
    "event e { f(a b) }": ("MS001", 15, "expected `,`, `:` or `)`, found `b`", ()),
}


@pytest.mark.parametrize("text", MESSAGES)
def test_message(text: str) -> None:
    _, (diagnostic,) = parse(SourceFile("t.mmu", text))
    code, column, message, notes = MESSAGES[text]
    assert diagnostic.span is not None
    assert (diagnostic.code, diagnostic.span.column, diagnostic.message) == (code, column, message)
    assert tuple(note.message for note in diagnostic.notes) == notes
