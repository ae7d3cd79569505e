"""Files, imports, variants, params, expectations; and where errors point."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmu_smt.semantics.program import Program
from mmu_smt.semantics.specs import bundled_files, find_variant, spec_root
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
from tests.semantics.checking import codes, findings


def errors(target: Path | str, variant: str | None = None, **params: int) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        Workspace.load(target).program(variant, params)
    return caught.value.diagnostics


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".mmu")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


# ---------------------------------------------------------------------------------------------- files


def test_imports_are_read_once_and_before_what_imports_them(tmp_path: Path) -> None:
    write(
        tmp_path,
        main="import lib.a, lib.b\nstate m: A",
        lib__a="module lib.a\nimport lib.b, lib.c\ntype A = B",
        lib__b="import lib.c\ntype B = C",
        lib__c="import main, lib.a\ntype C = bool",
    )
    workspace = Workspace.load(tmp_path / "main.mmu")
    assert [Path(f.name).stem for f in workspace.files] == ["c", "b", "a", "main"]
    assert list(workspace.program(None).states) == ["m"]


def test_all_files_errors_are_reported(tmp_path: Path) -> None:
    write(tmp_path, main="import a, b, missing", a="state a a a", b="fn f( {")
    with pytest.raises(SpecError) as caught:
        Workspace.load(tmp_path / "main.mmu")
    found = caught.value.diagnostics
    assert {Path(d.span.file.name).stem for d in found if d.span} == {"main", "a", "b"}
    assert "MS111" in {d.code for d in found}


def test_the_module_name_must_be_the_imported_one(tmp_path: Path) -> None:
    write(tmp_path, main="import lib.a", lib__a="module a")
    with pytest.raises(SpecError) as caught:
        Workspace.load(tmp_path / "main.mmu")
    assert [d.code for d in caught.value.diagnostics] == ["MS112"]
    write(tmp_path, lib__a="module lib.a")
    assert Workspace.load(tmp_path / "main.mmu").variants == {}


def test_one_file_under_two_names_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, main="import lib.a", lib__a="module lib.a\nimport a", a="module a")
    assert len(Workspace.load(tmp_path / "main.mmu").files) == 3
    # from inside the folder the same file is `a`, which is not its name
    with pytest.raises(SpecError) as caught:
        Workspace.load(tmp_path / "lib" / "a.mmu")
    assert [d.code for d in caught.value.diagnostics] == ["MS112"]


def test_the_targets_folder_comes_before_the_bundled_specifications(tmp_path: Path) -> None:
    module = next(bundled_files()).relative_to(spec_root()).with_suffix("")
    dotted = ".".join(module.parts)
    write(tmp_path, main=f"import {dotted}\nstate m: Own")
    assert [d.code for d in errors(tmp_path / "main.mmu")] != []
    write(tmp_path, **{"__".join(module.parts): "type Own = bool"})
    assert list(Workspace.load(tmp_path / "main.mmu").program(None).states) == ["m"]


def test_every_bundled_file_loads() -> None:
    for path in bundled_files():
        assert Workspace.load(path).files[-1].text


def test_variants_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, mine="variant mine { }\nvariant other of mine { }", bare="state a: bool")
    workspace = Workspace.load("mine")
    assert (workspace.selected, workspace.own_variants) == ("mine", ("mine", "other"))
    assert Workspace.load("mine.mmu").selected is None
    assert Workspace.load("bare").selected is None
    assert find_variant("mine") == Path("mine.mmu")
    assert find_variant("no/such") is None
    declared = find_variant("v2_01_intended")
    assert declared is not None
    assert declared.name == "v2_01.mmu"
    assert find_variant("x" * 5000) is None


def test_bundled_variants_are_found_by_name() -> None:
    named = [p.stem for p in bundled_files() if f"variant {p.stem} " in p.read_text(encoding="utf-8")]
    assert named
    for name in named:
        assert Workspace.load(name).selected == name


@pytest.mark.parametrize("target", ["no_such_variant", "no/such/file", "no_such.mmu", "\0", "a\0.mmu", "x" * 5000 + ".mmu", "", "."])
def test_targets_that_do_not_exist(target: str) -> None:
    with pytest.raises(SpecError) as caught:
        Workspace.load(target)
    assert {d.code for d in caught.value.diagnostics} <= {"MS508", "MS010"}


def test_similar_files_are_offered(tmp_path: Path) -> None:
    write(tmp_path, handler="state a: bool")
    with pytest.raises(SpecError) as caught:
        Workspace.load(tmp_path / "handlr.mmu")
    assert "handler.mmu" in caught.value.diagnostics[0].notes[0].message


def test_overlays_stand_for_files(tmp_path: Path) -> None:
    write(tmp_path, main="import lib\nstate m: L", lib="type L = bool")
    overlay = {str(tmp_path / "lib.mmu"): "type L = 0..3", str(tmp_path / "new.mmu"): "import lib\nstate n: L"}
    assert Workspace.load(tmp_path / "main.mmu", overlay=overlay).files[0].text == "type L = 0..3"
    assert list(Workspace.load(tmp_path / "new.mmu", overlay=overlay).program(None).states) == ["n"]
    assert Workspace.from_text("import x.y\nstate a: T", overlay={"x/y.mmu": "type T = bool"}).program(None).states


# ---------------------------------------------------------------------------------------------- variants

CHAIN = """
state n: 0..3
fn f() -> 0..3 { return 0 }
variant a "The first" @link "mail" { override fn f() -> 0..3 { return 1 } fn g() -> 0..3 { return 2 } }
variant b of a { override fn g() -> 0..3 { return f() } state m: bool }
/// More.
variant c of b "The third" { override state m: 0..3 override fn f() -> 0..3 { return n } }
"""


def test_variants_chain() -> None:
    workspace = Workspace.from_text(CHAIN)
    assert workspace.own_variants == ("a", "b", "c")
    info = workspace.variants["c"]
    assert (info.of, info.subject, info.doc, info.link) == ("b", "The third", "More.", None)
    assert list(workspace.program(None).functions) == ["f"]
    first, third = workspace.program("a"), workspace.program("c")
    assert (first.variant, first.subject, first.link) == ("a", "The first", "mail")
    assert (third.variant, third.subject, third.link) == ("c", "The third", None)
    assert list(third.functions) == ["f", "g"], "an override keeps its place"
    assert list(third.states) == ["n", "m"]
    assert third.functions["f"].span.line == 7


def test_unknown_variants_are_refused() -> None:
    with pytest.raises(SpecError) as caught:
        Workspace.from_text("variant first { }").program("frist")
    assert caught.value.diagnostics[0].code == "MS507"
    assert "first" in caught.value.diagnostics[0].message


def test_imported_variants_are_visible_but_not_own(tmp_path: Path) -> None:
    write(tmp_path, main="import lib\nvariant mine of theirs { }", lib="state a: bool\nvariant theirs { state b: bool }")
    workspace = Workspace.load(tmp_path / "main.mmu")
    assert list(workspace.variants) == ["theirs", "mine"]
    assert workspace.own_variants == ("mine",)
    assert list(workspace.program("mine").states) == ["a", "b"]


def test_the_targets_default_config_comes_first(tmp_path: Path) -> None:
    write(tmp_path, main="import lib\ndefault config mine", lib="default config theirs", other="import lib")
    assert Workspace.load(tmp_path / "main.mmu").program(None).default_config == "mine"
    assert Workspace.load(tmp_path / "other.mmu").program(None).default_config == "theirs"


def test_a_changed_signature_is_reported_at_the_caller_with_a_note_at_the_override() -> None:
    text = "fn f() -> bool { return true }\nfn g() -> bool { return f() }\nvariant v { override fn f(x: bool) -> bool { return x } }"
    (found,) = findings(text)
    assert found.span is not None
    assert (found.code, found.span.line, found.span.column) == ("MS213", 2, 25)
    places = [(note.span.line, note.span.column) for note in found.notes if note.span]
    assert (3, 25) in places
    assert any("variant `v`" in note.message for note in found.notes)


def test_errors_in_the_override_carry_no_such_note() -> None:
    (found,) = findings("fn f() -> bool { return true }\nvariant v { override fn f() -> bool { return 1 } }")
    assert found.span is not None
    assert found.span.line == 2
    assert not any("variant" in note.message for note in found.notes)


# ---------------------------------------------------------------------------------------------- params and digest

PARAMS = "param N: 1..8 = 2\nparam M = N * 2\nstate a: [0..N-1]bool\nstate b: 0..M"


def sized(**params: int) -> Program:
    return Workspace.from_text(PARAMS).program(None, params)


def test_params_can_be_given() -> None:
    assert sized().params == {"N": 2, "M": 4}
    assert sized(N=5).params == {"N": 5, "M": 10}
    assert sized(M=7).params == {"N": 2, "M": 7}


@pytest.mark.parametrize(
    ("params", "code"), [({"N": 0}, "MS505"), ({"N": 9}, "MS505"), ({"K": 1}, "MS506"), ({"M": 1 << 40}, "MS510"), ({"M": -1}, "MS215")]
)
def test_given_params_are_checked(params: dict[str, int], code: str) -> None:
    with pytest.raises(SpecError) as caught:
        sized(**params)
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_other_sizes_leave_what_is_not_constant_to_the_run_time_check() -> None:
    text = "param N = 2\ntype Slot = 0..N-1\nstate a: [Slot]bool\ninvariant p { all(s in Slot: s > 0 => a[s - 1]) }"
    workspace = Workspace.from_text(text)
    assert workspace.program(None, {"N": 1}).params == {"N": 1}
    assert codes(text.replace("N = 2", "N = 1")) == ["MS207"]
    with pytest.raises(SpecError):
        Workspace.from_text(text + "\ninvariant q { a[1] }").program(None, {"N": 1})


def test_the_digest_depends_on_every_text_and_on_the_params(tmp_path: Path) -> None:
    write(tmp_path, main="import lib\nstate m: L", lib="param N = 1\ntype L = 0..N")
    path = tmp_path / "main.mmu"
    digests = {Workspace.load(path).program(None).digest, Workspace.load(path).program(None, {"N": 2}).digest}
    write(tmp_path, lib="param N = 1 // a comment\ntype L = 0..N")
    digests.add(Workspace.load(path).program(None).digest)
    assert len(digests) == 3
    assert Workspace.load(path).program(None).digest in digests
    assert all(len(d) == 64 for d in digests)


def test_programs_are_checked_once() -> None:
    workspace = Workspace.from_text(PARAMS)
    assert workspace.program(None) is workspace.program(None, {})
    assert workspace.program(None) is not workspace.program(None, {"N": 2})


# ---------------------------------------------------------------------------------------------- expectations


def test_expectations() -> None:
    text = """
    state a: bool
    invariant p { a }
    config c
    config d
    variant v { }
    expect { p: violated }
    expect v in c + d { p: proved | bounded(3) no_deadlock: violated }
    expect v { p: unknown }
    """
    workspace = Workspace.from_text(text)
    (alone,) = workspace.expectations(None)
    assert (alone.variant, alone.configs, alone.property, alone.span.line) == (None, (), "p", 7)
    found = workspace.expectations("v")
    assert [(e.configs, e.property, [(w.word, w.bound) for w in e.wanted]) for e in found] == [
        (("c", "d"), "p", [("proved", None), ("bounded", 3)]),
        (("c", "d"), "no_deadlock", [("violated", None)]),
        ((), "p", [("unknown", None)]),
    ]


# ---------------------------------------------------------------------------------------------- places and advice


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("state n: 0..3\ninvariant p { n == missing }", "missing"),
        ("state n: 0..3\ninvariant p { (n + 1) }", "(n + 1)"),
        ("state w: u8\ninvariant p { w & 1 == 0 }", "1 == 0"),
        ("fn f(a: bool) -> bool { return a }\ninvariant p { f(1 + 1) }", "1 + 1"),
        ("record R { x: bool }\nstate r: R\ninvariant p { r.y }", "y"),
        ("state a: [0..3]bool\ninvariant p { a[7] }", "7"),
        ("enum E { A }\nstate e: E\ninvariant p { e == E.B }", "B"),
        ("rule r\nfn f() -> bool { return true @s }", "s"),
    ],
)
def test_errors_point_at_the_culprit(text: str, marked: str) -> None:
    (found,) = findings(text)
    assert found.span is not None
    assert found.span.text == marked
    last = text.splitlines()[-1]
    assert (found.span.line, found.span.column) == (text.count("\n") + 1, last.rindex(marked) + 1)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("state count_: bool\ninvariant p { cuont_ }", "did you mean `count_`?"),
        ("state Done: bool\ninvariant p { DONE }", "did you mean `Done`?"),
        ("state n: 0..3\ninvariant p { n }", "!= 0"),
        ("state w: u8\ninvariant p { w & 1 == 0 }", "(a & b) == c"),
        ("flags F { A @0 }\nstate f: F\ninvariant p { f == 0 }", "F()"),
        ("state w: u8\nstate n: 0..3\ninvariant p { w + n == 1 }", "`u8(...)`"),
        ("type Slot = 0..3\nstate w: u8\nstep s() by guest { let n: Slot = w }", "`Slot(...)`"),
        ("state n: 0..3\nstate o: 0..3?\nstep s() by guest { n = o }", ".value"),
        ("state n: 0..3\nstep s() by guest { m = n }", "let m"),
        ("state n: 0..3\nfn f(x: 0..3) { x = n }", "let copy = x"),
        ("enum E { A, B }\nstate e: E\nstep s() by guest { match e { A => e = B } }", "not every value is matched: B"),
        ("state n: 0..9\nstep s() by guest { match n { 1 => n = 0 } }", "0, 2, 3, ..."),
    ],
)
def test_errors_give_advice(text: str, advice: str) -> None:
    (found,) = findings(text)
    assert advice in " ".join([found.message, *(note.message for note in found.notes)])


def test_an_effect_is_explained_along_the_calls() -> None:
    text = "state n: 0..3\nfn a() -> bool { n = 1; return true }\nfn b() -> bool { return a() }\ninvariant p { b() }"
    (found,) = findings(text)
    assert [(n.span.line, n.span.column) for n in found.notes if n.span] == [(3, 25), (2, 18)]


def test_a_cycle_of_calls_is_shown_whole() -> None:
    (found,) = findings("fn a() { b() }\nfn b() { c() }\nfn c() { a() }")
    assert found.code == "MS302"
    assert len([n for n in found.notes if n.span]) == 2


def test_errors_do_not_cascade() -> None:
    assert codes("fn f() -> T? { return none }\nstate s: T\nstep t() by guest { s = none let x: T = fill(1) }") == ["MS102"] * 3
    assert codes("state s: Missing\ninvariant p { s == 1 && s.x == s[2] }\nstep t() by guest { s = 1 let a = s a = 2 s += a }") == ["MS102"]


def test_checking_stops_after_many_errors() -> None:
    names = "\n".join(f"state variable_{i}: bool" for i in range(500))
    found = findings(names + "\n" + "\n".join(f"invariant p{i} {{ variabel_{i} }}" for i in range(2000)))
    assert len(found) == 100
    assert any("stopped" in note.message for note in found[-1].notes)


def test_errors_are_in_order_of_place() -> None:
    with pytest.raises(SpecError) as caught:
        Workspace.from_text("invariant z { a }\nconst c: T\nfn f() -> bool { }\ninvariant y { b }").program(None)
    assert [d.span.line for d in caught.value.diagnostics if d.span] == [1, 2, 3, 4]
