"""Every operator makes the mutants that it is there for, and none that is not one."""

from __future__ import annotations

import pytest

from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax.format import format_source
from mmu_smt.syntax.source import SourceFile
from mmu_smt.variants.mutants import Choice, Mutant, mutants
from mmu_smt.variants.operators import OPERATORS

HOUSE = """\
enum Kind { NEAR, FAR, GONE }
flags Marks { A @0, B @1, C @9 }
state n: 0..7 = 0
state m: 0..7 = 0
state kind: Kind = NEAR
state marks: Marks = Marks()
state word: u32 = 0
ghost noted: bool = false

fn note() { noted = true }
fn spared(x: 0..7) -> bool { return x < 7 }
fn bump() -> bool {
    n = 1
    return true
}

handler h(x: bool, y: bool) -> Kind {
    BODY
    return NEAR
}
step s() by guest {
    choose x: bool
    choose y: bool
    h(x, y)
}
invariant fine { spared(n) || n == 7 }
"""


def made(body: str, operator: str, function: str = "h") -> list[Mutant]:
    workspace = Workspace.from_text(HOUSE.replace("BODY", body))
    return list(mutants(workspace, None, {}, Choice(operators=(operator,), functions=(function,))).found)


def bodies(body: str, operator: str) -> set[str]:
    """What stands instead of the body, in one line."""
    found: set[str] = set()
    for mutant in made(body, operator):
        inner = mutant.text.split("-> Kind {", 1)[1].rsplit("return NEAR", 1)[0]
        found.add(" ".join(inner.split()))
    return found


KNOWN = [
    ("negate", "if x && y { n = 1 }", {"if !(x && y) { n = 1 }", "if !x && y { n = 1 }", "if x && !y { n = 1 }"}),
    ("negate", "if !x { n = 1 }", {"if x { n = 1 }"}),
    ("negate", "if n == 1 { n = 2 }", set()),  # `compare` does that
    ("drop-operand", "if x && y { n = 1 }", {"if x { n = 1 }", "if y { n = 1 }"}),
    ("drop-operand", "if !(x || y) { n = 1 }", {"if !(x) { n = 1 }", "if !(y) { n = 1 }"}),
    ("swap-junction", "if x && y { n = 1 }", {"if (x || y) { n = 1 }"}),
    ("ignore-result", "if x { n = 1 }", {"if true { n = 1 }", "if false { n = 1 }"}),
    ("ignore-result", "if bump() { n = 2 }", {"if (bump() || true) { n = 2 }", "if (bump() && false) { n = 2 }"}),
    ("swap-sides", "if x { n = 1 } else { n = 2 }", {"if x { n = 2 } else { n = 1 }"}),
    ("swap-sides", "n = x ? 1 : 2", {"n = x ? (2) : (1)"}),
    ("compare", "if n < 3 { n = 3 }", {"if n <= 3 { n = 3 }", "if n >= 3 { n = 3 }"}),
    ("compare", "if n == 3 { n = 0 }", {"if n != 3 { n = 0 }"}),
    ("constant", "n = 3", {"n = 2", "n = 4"}),
    ("constant", "word = 0x4", {"word = 0x2", "word = 0x3", "word = 0x5", "word = 0x8"}),
    ("enum", "kind = FAR", {"kind = NEAR", "kind = GONE"}),
    ("enum", "kind = Kind.FAR", {"kind = Kind.NEAR", "kind = Kind.GONE"}),
    ("flag", "marks |= A", {"marks |= B", "marks |= C"}),
    ("drop-flag", "marks = A | B", {"marks = A", "marks = B"}),
    ("drop-flag", "marks &= ~A", {"marks &= A"}),
    ("variable", "n = 1", {"m = 1"}),
    ("assign-op", "marks |= A", {"marks &= A", "marks = A"}),
    ("drop-assignment", "n = 1 m = 2", {"m = 2", "n = 1"}),
    ("duplicate-assignment", "n = 1", {"n = 1 n = 1"}),
    ("skip-call", "bump() n = 2", {"n = 2"}),
    ("drop-return", "if x { return FAR }", {"if x { }"}),
    ("reorder", "n = 1 m = n", {"m = n n = 1", "n = 1 return NEAR m = n"} - {"n = 1 return NEAR m = n"}),
    ("hoist", "lock l { let a = n == 1 if a { n = 2 } }", {"let a = n == 1 lock l { if a { n = 2 } }"}),
    ("unlock", "lock l { n = 1 m = 2 }", {"n = 1 m = 2"}),
]


@pytest.mark.parametrize(("operator", "body", "expected"), KNOWN, ids=[f"{o}: {b}" for o, b, _ in KNOWN])
def test_an_operator_makes_these_mutants(operator: str, body: str, expected: set[str]) -> None:
    found = {text for text in bodies(body, operator) if text != ""}
    if operator in ("enum", "reorder"):  # `return NEAR`, which every body ends with, is changed too
        assert expected <= found
    else:
        assert found == expected


def test_every_operator_is_tested() -> None:
    assert {operator for operator, _, expected in KNOWN if expected} == set(OPERATORS)


def test_arms_are_exchanged() -> None:
    found = bodies("match kind { NEAR => { n = 1 } FAR => n = 2 _ => { } }", "swap-sides")
    assert any("NEAR => { n = 2 }" in text and "FAR => { n = 1 }" in text for text in found)


def test_what_serves_properties_alone_is_spared() -> None:
    body = "noted = true note() if x { noted = x } n = 1"
    assert {m.at.text for operator in ("drop-assignment", "skip-call", "negate") for m in made(body, operator)} == {"n = 1"}
    with_spared = Workspace.from_text(HOUSE.replace("BODY", "if spared(n) { n = 2 }"))
    assert {m.function for m in mutants(with_spared, None, {}).found} == {"h"}  # `spared` is what a property is made of


def test_mutants_are_well_typed_canonical_and_no_two_the_same() -> None:
    text = HOUSE.replace("BODY", "lock l { let a = n n = a > 1 ? 1 : 0 } if bump() && marks has A | B { kind = FAR return GONE }")
    workspace = Workspace.from_text(text)
    found = mutants(workspace, None, {})
    assert len(found.found) > 40
    assert found.ill_typed > 0  # a flag too few for a comparison, an `a` that is not there yet
    for mutant in found.found:
        mutant.program({})
        assert format_source(SourceFile("m.mmu", mutant.text)) == mutant.text
    trees = [mutant.workspace.functions(mutant.name)[mutant.function] for mutant in found.found]
    assert len(set(trees)) == len(trees)
    assert workspace.functions(None)["h"] not in trees


def test_numbers_do_not_depend_on_what_is_wanted() -> None:
    workspace = Workspace.from_text(HOUSE.replace("BODY", "if x && y { n = 1 } m = 2"))
    every = {m.number: m.text for m in mutants(workspace, None, {}).found}
    some = mutants(workspace, None, {}, Choice(most=5, seed=3)).found
    assert len(some) == 5
    assert all(every[m.number] == m.text for m in some)
    assert [m.number for m in some] == sorted(m.number for m in some)
    assert [m.number for m in mutants(workspace, None, {}, Choice(most=5, seed=3)).found] == [m.number for m in some]
    assert [m.number for m in mutants(workspace, None, {}, Choice(most=5, seed=4)).found] != [m.number for m in some]
    (one,) = mutants(workspace, None, {}, Choice(numbers=(some[2].number,))).found
    assert one.text == some[2].text


def test_a_variant_is_changed_as_its_last_override_has_it() -> None:
    text = HOUSE.replace("BODY", "n = 1") + "variant v of w { override fn bump() -> bool { n = 2 return true } }\nvariant w { }\n"
    workspace = Workspace.from_text(text.replace("n = 1\n    return NEAR", "bump()\n    return NEAR"))
    found = mutants(workspace, "v", {}, Choice(operators=("constant",))).found
    assert {m.function for m in found} == {"bump"}
    assert all("variant v_mutant" in m.text and " of v " in m.text for m in found)
