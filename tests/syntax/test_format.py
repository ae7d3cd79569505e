"""The formatter: canonical text stays as it is, any layout of the same tokens becomes canonical, and nothing gets lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.syntax.format import WIDTH, _lay_out, format_source
from mmu_smt.syntax.parser import parse
from mmu_smt.syntax.source import SourceFile
from mmu_smt.syntax.tokens import scan

SAMPLE = (Path(__file__).parent / "samples" / "constructs.mmu").read_text()
SPEC = Path(__file__).parent.parent.parent / "spec"


def fmt(text: str) -> str:
    return format_source(SourceFile("t.mmu", text))


def comments(text: str) -> list[str]:
    return [" ".join(c.text.split()) for c in scan(SourceFile("t.mmu", text)).comments]


def check(text: str) -> str:
    """Format, and hold the result against everything that formatting promises."""
    once = fmt(text)
    before, _ = parse(SourceFile("t.mmu", text))
    after, diagnostics = parse(SourceFile("t.mmu", once))
    assert after is not None, (diagnostics, once)
    assert before == after, once
    assert sorted(comments(text)) == sorted(comments(once))
    assert fmt(once) == once
    assert all(line == line.rstrip() for line in once.split("\n"))
    assert "\n\n\n" not in once
    return once


def test_canonical_text_stays_as_it_is() -> None:
    assert check(SAMPLE) == SAMPLE


@pytest.mark.parametrize("path", sorted(SPEC.rglob("*.mmu")), ids=lambda path: path.name)
def test_specifications(path: Path) -> None:
    check(path.read_text())


def pieces(text: str) -> list[str]:
    """The tokens; `x'` is one, since a prime stands right after its operand."""
    found: list[str] = []
    for token in scan(SourceFile("t.mmu", text)).tokens:
        if token.type == "QUOTE":
            found[-1] += "'"
        else:
            found.append(token.span.text)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_any_layout(seed: int) -> None:
    """Random white space and comments between the tokens. (Documentation would move, so there are no `///`.)"""
    chance = random.Random(seed)
    spaces = [" ", " ", " ", "\n", "  \n\t", "\n\n\n"]
    if seed % 2:
        spaces += [" // c\n", "\n// d\n", " /* e */ ", "\n/* f\n * g\n   h */\n", "\n\n// i\n\n// j\n\n"]
    text = "".join(piece + chance.choice(spaces) for piece in pieces(SAMPLE))
    check(text)


@pytest.mark.parametrize("width", [200, 1000])
def test_one_line(width: int) -> None:
    """All on few lines, with `;` wherever one may stand."""
    lines = [""]
    for piece in pieces(SAMPLE):
        if len(lines[-1]) + len(piece) > width:
            lines.append("")
        lines[-1] += " " + piece
    check("\n".join(lines))


LAYOUTS = {
    "semicolons go": ("state a: bool;\nfn f() { x = 1; f(x);; }", "state a: bool\nfn f() {\n    x = 1\n    f(x)\n}\n"),
    "one statement may stay on its line": ("fn f()   {x=1}", "fn f() { x = 1 }\n"),
    "two may not": ("fn f() { x = 1 y = 2 }", "fn f() {\n    x = 1\n    y = 2\n}\n"),
    "bodies of one statement agree": (
        "fn f() {\nif a { x = 1 } else {\n y = 2 }\n}",
        "fn f() {\n    if a {\n        x = 1\n    } else {\n        y = 2\n    }\n}\n",
    ),
    "a return that needs its semicolon keeps it": (
        "fn f() { match x { A => return; B => { } } }",
        "fn f() {\n    match x {\n        A => return;\n        B => { }\n    }\n}\n",
    ),
    "blank lines": ("\n\nstate a: bool\n\n\n\nstate b: bool\nstate c: bool\n\n", "state a: bool\n\nstate b: bool\nstate c: bool\n"),
    "no blank lines at the ends of a body": ("fn f() {\n\n\n    f()\n\n    g()\n\n}", "fn f() {\n    f()\n\n    g()\n}\n"),
    "lists on one line": ("enum E {A,B,}\nrecord R { a:T b:U }", "enum E { A, B }\nrecord R { a: T, b: U }\n"),
    "lists on several": ("enum E {\nA,B}\nrecord R {\na:T,b:U }", "enum E {\n    A,\n    B,\n}\nrecord R {\n    a: T\n    b: U\n}\n"),
    "comments": (
        "// one\nstate a: bool // two\n  // three\n\n/* four */\nfn f() { // five\n f() // six\n// seven\n} // eight\n// nine",
        "// one\nstate a: bool // two\n// three\n\n/* four */\nfn f() { // five\n    f() // six\n    // seven\n} // eight\n// nine\n",
    ),
    "comments after commas": ("enum E {\nA, // a\nB // b\n}", "enum E {\n    A, // a\n    B, // b\n}\n"),
    "a comment before else": (
        "fn f() {\nif a {\nb()\n} // why\nelse {\nc()\n}\n}",
        "fn f() {\n    if a {\n        b()\n    } // why\n    else {\n        c()\n    }\n}\n",
    ),
    "a comment in an expression": (
        "event e {\na && // first\nb /* second */ && c\n}",
        "event e {\n    a && // first\n        b /* second */ && c\n}\n",
    ),
    "the author's line breaks": (
        "event e {\na\n&& b =>\n  all(i in T:\n c ||\n d\n )\n}",
        "event e {\n    a\n        && b =>\n        all(i in T:\n            c ||\n            d\n        )\n}\n",
    ),
    "not those that split what belongs together": ("event\ne {\nf\n(a) . b\n[c]\n}", "event e {\n    f(a).b[c]\n}\n"),
    "spaces": (
        "event e{-a+!b*~c==( d ) '&&f ( x ,y )[ i ] .g'=>h has A|B?p:q}",
        "event e { -a + !b * ~c == (d)' && f(x, y)[i].g' => h has A | B ? p : q }\n",
    ),
    "minus signs stay apart": ("event e { - - a == -  -1 }", "event e { - -a == - -1 }\n"),
    "types": ("const c : [ A ] [ 0 .. N - 1 ] T ?\ntype R = -1 .. 2 * N", "const c: [A][0..N-1]T?\ntype R = -1..2*N\n"),
    "annotations": ('state a: T @show "x" @default 3+1', 'state a: T  @show "x" @default 3 + 1\n'),
    "labels": ("fn f() { return a@r }\nflags F{A@0,B@1}", "fn f() { return a @r }\nflags F { A @0, B @1 }\n"),
    "empty": ("\n\n", ""),
    "only comments": ("\n// a\n\n\n// b", "// a\n\n// b\n"),
    "windows line ends": ("state a: bool\r\n\r\n// c\r\nstate b: bool\r\n", "state a: bool\n\n// c\nstate b: bool\n"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name: str) -> None:
    text, wanted = LAYOUTS[name]
    assert check(text) == wanted


LONG = {
    "a condition": "event e { " + " && ".join(f"first_{i} || second_{i}" for i in range(12)) + " }",
    "a quantifier": "event e { all("
    + ", ".join(f"index_{i} in Some" for i in range(4))
    + ": "
    + " && ".join(["long_name[index_1]"] * 9)
    + ") }",
    "a call": "fn f() { x = callee(" + ", ".join(f"argument_{i} + {i}" for i in range(14)) + ") }",
    "a header": "fn f(" + ", ".join(f"parameter_{i}: Type" for i in range(9)) + ') -> Result @src "some/file.c" some_function { return x }',
    "a record": "record R { " + ", ".join(f"field_{i}: Type" for i in range(12)) + " }",
    "a step": "step s() by guest when " + " && ".join(f"condition_{i}" for i in range(12)) + " { f() }",
    "a conditional": "event e { " + " + ".join(["summand"] * 9) + " > 3 ? " + " * ".join(["factor"] * 9) + " : " + "x" * 40 + " }",
}


@pytest.mark.parametrize("name", LONG)
def test_long_lines_are_broken(name: str) -> None:
    assert max(len(line) for line in LONG[name].split("\n")) > WIDTH
    formatted = check(LONG[name])
    assert max(len(line) for line in formatted.split("\n")) <= WIDTH, formatted


def test_a_break_that_makes_a_better_place_for_the_next() -> None:
    """The first pass leaves a line that the second one breaks elsewhere: a text is laid out until it stays."""
    text = (
        "fn f(){if (x[0]=>long_name_of_something?a:(b)+long_name_of_something)==!(x[0])*f(a,f(a,b)=>f(a,b),all(i in T,j in U:a))"
        "?1?1:1?!long_name_of_something:1&&x[0]:1{}}"
    )
    once = _lay_out(SourceFile("t.mmu", text))
    assert _lay_out(SourceFile("t.mmu", once)) != once, "it takes a second pass"
    check(text)


def test_syntax_errors_are_raised() -> None:
    with pytest.raises(SpecError) as caught:
        fmt("state a bool\nstate b bool")
    assert [d.code for d in caught.value.diagnostics] == ["MS001", "MS001"]


def test_commas_in_brackets_end_no_field() -> None:
    """A call may stand in the bound of a field's range."""
    text = "record r { a: 0..most(3 ? 1 : 2, 2), b: bool }\n"
    assert format_source(SourceFile("t.mmu", text)) == text
