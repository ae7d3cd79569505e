"""What the checker makes of correct texts."""

from __future__ import annotations

import pytest

from mmu_smt.semantics.program import (
    Assign,
    BinaryExpr,
    BinaryOp,
    Call,
    CallStatement,
    Conversion,
    Convert,
    FieldOf,
    Let,
    Literal,
    Program,
    PropertyKind,
    QuantifierOf,
    TExpr,
)
from mmu_smt.semantics.specs import bundled_files
from mmu_smt.semantics.types import IntType, OptionalType, WordType
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax.diagnostics import SpecError
from tests.semantics.checking import read
from tests.semantics.test_cases import CASES
from tests.semantics.wellformed import Contract


def program(text: str, variant: str | None = None, **params: int) -> Program:
    return Workspace.from_text(text).program(variant, params)


def assigned(body: str, declarations: str) -> TExpr:
    """The value of the first assignment of a step."""
    statement = program(f"{declarations}\nstep s() by guest {{ {body} }}").steps["s"].body[0]
    assert isinstance(statement, Assign | Let)
    return statement.value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_whatever_is_accepted_keeps_the_contract(path) -> None:
    try:
        workspace = Workspace.from_text(read(path), str(path))
    except SpecError:
        return
    for variant in (None, *workspace.own_variants):
        try:
            checked = workspace.program(variant)
        except SpecError:
            continue
        Contract(checked).check()


def test_the_bundled_variants_keep_the_contract() -> None:
    checked = 0
    for path in bundled_files():
        workspace = Workspace.load(path)
        for variant in workspace.own_variants:
            Contract(workspace.program(variant)).check()
            checked += 1
    assert checked


# ---------------------------------------------------------------------------------------------- conversions


def test_a_number_of_another_range_is_converted() -> None:
    value = assigned("n = m", "state n: 0..3 state m: 2..9")
    assert isinstance(value, Convert)
    assert (value.kind, value.type, value.operand.type) == (Conversion.RANGE, IntType(0, 3), IntType(2, 9))


def test_a_number_of_a_smaller_range_is_converted_too() -> None:
    value = assigned("n = m", "state n: 0..9 state m: 2..3")
    assert isinstance(value, Convert)
    assert value.type == IntType(0, 9)


def test_an_equal_range_of_another_name_is_not_converted() -> None:
    value = assigned("n = m", "type A = 0..3 type B = 0..3 state n: A state m: B")
    assert not isinstance(value, Convert)


def test_a_value_becomes_an_optional() -> None:
    value = assigned("o = m", "state o: 0..3? state m: 2..9")
    assert isinstance(value, Convert)
    assert (value.kind, value.type) == (Conversion.SOME, OptionalType(IntType(0, 3)))
    assert isinstance(value.operand, Convert)
    assert value.operand.kind is Conversion.RANGE


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("n = 1 + 2 * 3 - 4", 3),
        ("n = 7 / 2 + 7 % 4 - 5", 1),
        ("n = N - 1", 3),
        ("o = 2", 2),
        ("o = none", None),
        ("w = 255", 255),
        ("w = u8(0x1ff)", 0xFF),
        ("w = u8(-1)", 255),
        ("w = u8(F.B)", 128),
        ("f = B", 2),
        ("e = Y", 1),
    ],
)
def test_constants_are_literals(text: str, wanted: int | None) -> None:
    declarations = "param N = 4 enum E { X, Y } flags F { A @0, B @7 } state n: 0..3 state o: 0..3? state w: u8 state f: F state e: E"
    value = assigned(text, declarations)
    assert isinstance(value, Literal)
    assert value.value == wanted


@pytest.mark.parametrize(
    ("expression", "low", "high"),
    [
        ("a + b", -3, 12),
        ("a - b", -8, 7),
        ("b - a", -7, 8),
        ("a * b", -15, 35),
        ("-a", -7, 3),
        ("b / c", 0, 5),
        ("c / 2", 0, 2),
        ("c % 3", 0, 2),
        ("b % 9", 0, 5),
        ("a > 1 ? b : c", 0, 5),
        ("a > 1 ? b : 9", 0, 9),
        ("count(i in 0..6: i > a)", 0, 7),
        ("count(i in 0..2, j in 0..3: i > j)", 0, 12),
    ],
)
def test_results_have_exact_ranges(expression: str, low: int, high: int) -> None:
    value = assigned(f"let x = {expression}", "state a: -3..7 state b: 0..5 state c: 1..4")
    assert value.type == IntType(low, high)


def test_an_optional_compares_with_its_inner_type() -> None:
    value = assigned("b = o == n", "state b: bool state o: 0..7? state n: 1..3")
    assert isinstance(value, BinaryExpr)
    assert value.left.type == value.right.type == OptionalType(IntType(0, 7))


def test_a_literal_takes_the_width_of_the_other_side() -> None:
    for text in ("b = w == 3", "b = 3 == w", "b = 1 + 2 == w"):
        value = assigned(text, "state b: bool state w: u16")
        assert isinstance(value, BinaryExpr)
        assert value.left.type == value.right.type == WordType(16)


def test_compound_assignment_is_expanded() -> None:
    value = assigned("a[i] += 1", "state a: [0..3]0..9 state i: 0..3")
    assert isinstance(value, Convert)
    assert isinstance(value.operand, BinaryExpr)
    assert value.operand.op is BinaryOp.ADD


def test_count_over_several_variables_counts_tuples() -> None:
    value = assigned("let x = count(i in 0..2, j in 5..6: i == 1 && j == 5)", "")
    assert isinstance(value, QuantifierOf)
    assert isinstance(value.body, BinaryExpr)
    first = value.body.left
    assert isinstance(first, BinaryExpr)
    assert isinstance(first.left, FieldOf)
    assert first.left.position == 0


# ---------------------------------------------------------------------------------------------- declarations

FUNCTIONS = """
rule early
state n: 0..3
ghost g: 0..3 = 0
fn pure(x: 0..3) -> bool { let y = x; for i in 0..3 { y = i } return y == n }
fn asserts() -> bool { assert n == 1 return true }
fn writes() { n = 1 }
fn notes() { g = 1 }
fn locks() { lock l { } }
fn yields() { yield "y" }
fn chooses() { choose b: bool }
fn labels() -> bool { return true @early }
handler decides() -> bool { return true }
fn calls() -> bool { return pure(1) }
fn calls_deep() { if n == 1 { for i in 0..1 { calls_writes() } } }
fn calls_writes() { writes() }
"""


def test_effectful_functions() -> None:
    found = {name for name, f in program(FUNCTIONS).functions.items() if f.effectful}
    assert found == {"writes", "notes", "locks", "yields", "chooses", "labels", "decides", "calls_deep", "calls_writes"}


def test_rules_of_functions() -> None:
    functions = program(FUNCTIONS).functions
    assert functions["labels"].rules == ("early",)
    assert functions["decides"].rules == ()


def test_calls_and_statements_have_ids_of_their_own() -> None:
    checked = program(FUNCTIONS + "step s() by guest { writes() let a = pure(1) && pure(2) a = calls() }")
    first, second, third = checked.steps["s"].body
    assert isinstance(first, CallStatement)
    assert isinstance(second, Let)
    assert isinstance(third, Assign)
    assert isinstance(second.value, BinaryExpr)
    assert isinstance(third.value, Call)
    ids = [first.id, second.id, third.id, third.value.id]
    assert len(set(ids)) == 4


def test_properties_are_in_order() -> None:
    text = """
    step property b { n' == n }
    invariant a { n == 0 }
    state n: 0..3
    init z { n == 0 }
    init invariant y { n == 0 }
    progress c within 3 { recurs n == 0 never n == 1 }
    progress d within least { recurs n == 0 never n == 1 }
    cover e { n == 0 }
    cover f { recurs n == 0 never n == 1 }
    """
    checked = program(text)
    kinds = {p.name: p.kind for p in checked.properties.values()}
    assert list(kinds) == ["no_runtime_fault", "no_deadlock", "y", "b", "a", "c", "d", "e", "f"]
    assert kinds["y"] is PropertyKind.INVARIANT
    assert kinds["c"] is PropertyKind.PROGRESS
    assert kinds["e"] is PropertyKind.COVER
    assert kinds["f"] is PropertyKind.COVER_LASSO
    assert [checked.properties[n].within for n in "cde"] == [3, "least", None]
    assert [c.is_invariant for c in checked.inits] == [False, True]


RULES = """
rule early, late, unused
handler h() -> bool { return helper() }
fn helper() -> bool { return true @early }
fn nobody_calls() -> bool { return true @unused }
step s() by guest { h() }
event first { h.decides(true) @early }
event second { first || h.decides(false) @late }
cover c1 { first }
cover c2 { second }
cover c3 { h.decides(true) @unused }
cover c4 { h.decides(true) }
cover c5 { recurs first never h.decides(true) @late }
variant v { override fn helper() -> bool { return true @late } }
"""


def test_a_property_applies_where_all_its_rules_are_carried() -> None:
    properties = program(RULES).properties
    assert {n: p.applies for n, p in properties.items() if n.startswith("c")} == {
        "c1": True,
        "c2": False,
        "c3": False,
        "c4": True,
        "c5": False,
    }
    assert properties["c2"].rules == {"early", "late"}
    assert properties["c4"].rules == frozenset()
    assert program(RULES, "v").properties["c1"].applies is False


def test_annotations() -> None:
    text = """
    /// What it is.
    const c: 0..3 @show "the c" @minimise 2 @default 1 + 1 @link "mail"
    /// Does it.
    fn f() @src "a/b.c" do_it { yield "y" }
    """
    checked = program(text)
    display = checked.consts["c"].display
    assert (display.doc, display.show, display.minimise, display.default, display.link) == ("What it is.", "the c", 2, 2, "mail")
    assert display.has_default
    function = checked.functions["f"].display
    assert (function.src_file, function.src_function, function.doc, function.has_default) == ("a/b.c", "do_it", "Does it.", False)


# ---------------------------------------------------------------------------------------------- configs

CONFIGS = """
const c: 0..3
state n: 0..3
step g() by guest { n = 0 }
step e(m: 0..3) by env { n = m }
step f() by env { n = 1 }
config base { assume low { c < 2 } enable e(k) when k == c }
config left = base { assume left_ { c > 0 } enable f in stem }
config right = base "on the right" { enable g strongly fair }
config both = left + right { enable e weakly fair each }
"""


def test_configs_join_their_parts_once() -> None:
    configs = program(CONFIGS).configs
    both = configs["both"]
    assert both.includes == {"base", "left", "right", "both"}
    assert [a.name for a in both.assumptions] == ["low", "left_"]
    assert [(e.step, e.stem_only, e.fairness, e.each) for e in both.enables] == [
        ("e", False, None, False),
        ("f", True, None, False),
        ("g", False, "strong", False),
        ("e", False, "weak", True),
    ]
    assert [p.name for p in both.enables[0].params] == ["k"]
    assert configs["right"].description == "on the right"
    assert program(CONFIGS).default_config is None


def test_default_config() -> None:
    assert program(CONFIGS + "default config d = left").default_config == "d"


# ---------------------------------------------------------------------------------------------- deep and wide texts


@pytest.mark.parametrize(
    "text",
    [
        "invariant p { " + "(" * 80 + "true" + ")" * 80 + " }",
        "invariant p { " + " || ".join(["a"] * 90) + " }",
        "invariant p { " + " => ".join(["a"] * 90) + " }",
        "invariant p { " + "!" * 90 + "a }",
        "invariant p { " + "a ? a : " * 40 + "a }",
        "step s() by guest { " + "if a { " * 45 + "a = false" + " }" * 45 + " }",
        "step s() by guest { " + "if a { a = false } else " * 45 + "{ a = true } }",
        "param P = " + " + ".join(["1"] * 90),
        "\n".join(f"fn f{i}() -> bool {{ return {'a' if i == 0 else f'f{i - 1}()'} }}" for i in range(40)) + "\ninvariant p { f39() }",
        "\n".join(f"event e{i} {{ {'a' if i == 0 else f'e{i - 1}'} }}" for i in range(40)) + "\ncover p { e39 }",
        "\n".join(f"type T{i} = {'bool' if i == 0 else f'T{i - 1}'}" for i in range(40)) + "\nstate t: T39",
        "\n".join(f"param P{i} = {'1' if i == 0 else f'P{i - 1}'}" for i in range(40)),
        "\n".join(f"config c{i} = {'base' if i == 0 else f'c{i - 1}'}" for i in range(40)) + "\nconfig base",
        "\n".join(f"variant v{i} of {'base' if i == 0 else f'v{i - 1}'} {{ }}" for i in range(400)) + "\nvariant base { }",
    ],
)
def test_deep_texts_are_checked(text: str) -> None:
    workspace = Workspace.from_text("state a: bool\n" + text)
    for variant in (None, *workspace.own_variants[-1:]):
        Contract(workspace.program(variant)).check()


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"fn f{i}() -> bool {{ return {'a' if i == 0 else f'f{i - 1}()'} }}" for i in range(2000)),
        "\n".join(f"event e{i} {{ {'a' if i == 0 else f'e{i - 1}'} }}" for i in range(2000)),
        "\n".join(f"type T{i} = {'bool' if i == 1999 else f'T{i + 1}'}" for i in range(2000)),
        "\n".join(f"param P{i} = {'1' if i == 1999 else f'P{i + 1}'}" for i in range(2000)),
        "\n".join(f"param P{i} = {'1' if i == 48 else f'P{i + 1}'}" + " + 1" * 90 for i in range(49)),
        "\n".join(f"config c{i} = {'base' if i == 1999 else f'c{i + 1}'}" for i in range(2000)) + "\nconfig base",
        "\n".join(f"record R{i} {{ x: {'bool' if i == 1999 else f'R{i + 1}'} }}" for i in range(2000)),
        "state t: " + "[0..0]" * 3000 + "bool",
        "state t: bool" + "?" * 3000,
    ],
)
def test_texts_that_are_too_deep_are_refused(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        Workspace.from_text("state a: bool\n" + text).program(None)
    assert {d.code for d in caught.value.diagnostics} <= {"MS009", "MS217", "MS510"}
