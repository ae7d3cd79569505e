"""Recipes evaluated on traces."""

from __future__ import annotations

import pytest

from mmu_smt.interpret.observe import Observer
from mmu_smt.interpret.recipes import recipes
from mmu_smt.interpret.replay import replay
from mmu_smt.semantics.program import EMPTY_CONFIG
from mmu_smt.semantics.types import show_value
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.witness.recipes import RecipeText
from mmu_smt.witness.traces import Candidate, Move

SPEC = """\
type Gfn = 0..2
enum Kind { SMALL, LARGE }
flags Bits { LOW @0, HIGH @5 }
const slot: [Gfn]Kind
const bits: Bits
const maybe: Gfn?
state n: 0..3 = 0
ghost seen: Gfn? = none
rule up, down
handler decide() -> bool {
    seen = n < 3 ? Gfn(n < 2 ? n : 0) : none
    if n < 3 { return true @up }
    return false @down
}
step go() by guest { if decide() { n = n + 1 } else { n = 1 } }
recipe start "At first" {
    "n {n}, bits {bits}, {{slot}} {slot}, word {u64(n) + 0x1000}"
    "frame {g} is {slot[g]}" for g in Gfn when slot[g] == LARGE
    "{g} over {h}" for g in Gfn, h in 0..1 when g == h + 1
    "maybe {maybe}: {maybe.value}"
    "never" when maybe.value == 0
    "said \\"so\\" \\\\"
}
recipe nothing "Nothing" { "no" when n == 3 }
step recipe watch { "{n} -> {n'}, saw {seen}" when decide.decides(true) @up }
progress loops { recurs taken(go) never n == 3 && n' == 2 }
variant quiet { override recipe start { "quiet {n}" } }
"""


def found(variant: str | None, slot: tuple[int, ...], maybe: int | None) -> tuple[RecipeText, ...]:
    program = Workspace.from_text(SPEC).program(variant)
    consts = {"slot": slot, "bits": 3, "maybe": maybe}
    states = tuple({"n": n} for n in (0, 1, 2, 3, 1))
    candidate = Candidate(consts, states, (Move("go"),) * 4, 1)
    return recipes(program, replay(program, EMPTY_CONFIG, candidate, program.properties["loops"]))


def test_what_is_said_of_the_start_and_of_each_step() -> None:
    start, *steps = found(None, (1, 0, 1), None)
    assert start == RecipeText(
        "start",
        "At first",
        None,
        (
            "n 0, bits LOW|HIGH, {slot} [LARGE, SMALL, LARGE], word 0x1000",
            "frame 0 is LARGE",
            "frame 2 is LARGE",
            "1 over 0",
            "2 over 1",
            "maybe none: ?",  # what faults is not known
            'said "so" \\',
        ),
    )
    assert steps == [
        RecipeText("watch", None, 1, ("0 -> 1, saw 0",), recurs=False),
        RecipeText("watch", None, 2, ("1 -> 2, saw 1",), recurs=True),
        RecipeText("watch", None, 3, ("2 -> 3, saw 0",), recurs=True),
    ]  # in the fourth another rule decides, so that there is nothing to say


def test_a_condition_that_faults_does_not_hold() -> None:
    assert "never" not in found(None, (0, 0, 0), None)[0].lines
    assert "never" in found(None, (0, 0, 0), 0)[0].lines


def test_a_variant_may_say_something_else() -> None:
    assert found("quiet", (1, 1, 1), None)[0].lines == ("quiet 0",)


@pytest.mark.parametrize("text", ["n + 2", "slot", "slot[1] == LARGE ? 1 : 2", "count(g in Gfn: slot[g] == SMALL)", "bits has HIGH"])
def test_values_are_those_of_expressions_by_themselves(text: str) -> None:
    workspace = Workspace.from_text(
        SPEC + f'recipe other {{ "{{{text}}}" for g in 0..1 }}'.replace("g in Gfn: slot[g]", "x in Gfn: slot[x]")
    )
    program = workspace.program(None)
    candidate = Candidate({"slot": (1, 0, 1), "bits": 2, "maybe": None}, tuple({"n": n} for n in (0, 1, 2, 3, 1)), (Move("go"),) * 4, 1)
    trace = replay(program, EMPTY_CONFIG, candidate, program.properties["loops"])
    expr, _ = workspace.expression(program, text)
    value = Observer(program, trace).in_state(expr, 0)
    assert not isinstance(value, str)
    wanted = show_value(expr.type, value)  # pyright: ignore[reportArgumentType]
    (other,) = [r for r in recipes(program, trace) if r.name == "other"]
    assert other.lines == (wanted, wanted)


def test_recipes_take_no_part_in_what_is_checked() -> None:
    from mmu_smt.semantics.fingerprint import Fingerprints

    with_, without = (
        Workspace.from_text(t).program(None) for t in (SPEC, SPEC.replace("At first", "Otherwise").replace("never", "ever", 1))
    )
    a, b = (Fingerprints(p).of(EMPTY_CONFIG, p.properties.values()) for p in (with_, without))
    assert a == b
