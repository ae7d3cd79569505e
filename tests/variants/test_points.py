"""Branch points: marks change nothing else, and coverage agrees with enumeration by the interpreter."""

from __future__ import annotations

import pytest

from mmu_smt.api.checking import Limits
from mmu_smt.api.covering import Asked, cover
from mmu_smt.interpret.explicit import explore
from mmu_smt.interpret.machine import TooLarge
from mmu_smt.model.lower import lower
from mmu_smt.semantics.program import Config, Program, Property, PropertyKind, StateRef, combine
from mmu_smt.semantics.types import BOOL
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.variants import points
from mmu_smt.variants.points import Marked, mark
from mmu_smt.witness.coverage import Coverage, PlaceResult, Reach
from mmu_smt.witness.verdicts import Word
from tests.differential.compare import checked
from tests.differential.generate import generate

SEEDS = range(9_000, 9_005)
SLOW_SEEDS = range(20_000, 20_400)

GATE = """\
enum Kind { NEAR, FAR, NOWHERE }
state n: 0..3 = 0
state kind: Kind = NEAR
state done: bool = false
ghost noted: bool = false
terminal done
rule early, late

fn note() { noted = true }
fn small(x: 0..3) -> bool {
    if x < 2 { return true }
    return false
}
fn up() -> bool {
    if n < 2 {
        n += 1
        return true
    }
    return false
}

handler go(hurry: bool) -> bool {
    note()
    match kind {
        NEAR => { kind = FAR }
        FAR => { kind = NEAR }
        NOWHERE => { return false }
    }
    if n == 3 || hurry && small(n) {
        return true @early
    }
    let more = up() && !hurry
    if more {
        return true @late
    } else if n > 2 {
        done = true
    }
    return hurry ? n == 2 : all(k in 0..1: small(k))
}

step act() by guest when !done {
    choose hurry: bool
    go(hurry)
}
"""


def covered(text: str, *configs: str, **limits: int) -> Coverage:
    program = Workspace.from_text(text).program(None)
    config = combine(tuple(program.configs[c] for c in configs))
    return cover(Asked("spec.mmu", program, (config,), Limits(**limits)))


def at(found: Coverage, text: str, kind: str) -> PlaceResult:
    (place,) = [p for p in found.places if p.text == text and p.kind == kind]
    return place


def test_every_kind_of_branch_is_decided() -> None:
    found = covered(GATE)
    assert {p.reach for p in found.places} == {Reach.REACHED, Reach.DEAD}
    dead = {(p.kind, p.text) for p in found.places if p.reach is Reach.DEAD}
    assert dead == {
        ("arm", "NOWHERE => { return false }"),
        ("return", "return false"),  # in that arm
        ("true", "n == 3"),
        ("then", "n > 2"),
        ("false", "!hurry"),  # below 2 whoever is in a hurry has returned before
    }
    assert at(found, "return true @early", "return").rule == "early"
    assert at(found, "n < 2", "then").function == "up"
    assert all(f.by for p in found.places for f in p.found if p.reach is Reach.DEAD)


def test_a_function_called_in_a_condition_is_marked_and_one_in_a_quantifier_is_not() -> None:
    found = covered(GATE)
    assert {p.function for p in found.places} == {"go", "small", "up"}
    inside = covered(GATE.replace("hurry && small(n)", "hurry"))
    assert inside.unmarked == ("small",)
    assert {p.function for p in inside.places} == {"go", "up"}


def test_what_only_writes_ghosts_is_not_looked_at() -> None:
    assert "note" not in {p.function for p in covered(GATE).places}


def test_a_bound_leaves_a_branch_open_and_the_run_has_the_length_that_it_needs() -> None:
    place = at(covered(GATE), "n < 2", "else")
    assert place.reach is Reach.REACHED
    shorter = at(covered(GATE, bound=2), "n < 2", "else")
    assert shorter.reach is Reach.UNKNOWN
    found = covered(GATE, bound=3)
    run = at(found, "n < 2", "else").found[0].run
    assert run is not None
    assert len(found.runs[run].trace.steps) == 3


def test_the_runs_test_what_they_are_said_to_test() -> None:
    """The interpreter notes the tests on the way to a decision by itself: they agree with the marks."""
    found = covered(GATE)
    words = {"then": "true", "else": "false", "true": "true", "false": "false"}
    looked_at = 0
    for place in found.places:
        run = place.found[0].run
        if place.kind in words and place.text in ("hurry", "n == 3", "more", "n > 2") and run is not None:
            path = [t for s in found.runs[run].trace.steps for d in s.decisions for t in d.path]
            assert any(t.span == place.span and t.outcome == words[place.kind] for t in path), place
            looked_at += 1
    assert looked_at >= 5


# ---------------------------------------------------------------------------------------------- against enumeration


def with_covers(marked: Marked) -> Program:
    from dataclasses import replace

    covers = {
        p.ghost: Property(name=p.ghost, kind=PropertyKind.COVER, condition=StateRef(type=BOOL, span=p.span, name=p.ghost), span=p.span)
        for p in marked.points
    }
    return replace(marked.program, properties={**marked.program.properties, **covers})


def disagreements(seed: int) -> list[str] | None:
    """Where coverage and enumeration, or the program with and without marks, disagree; None where it is too large to be enumerated."""
    program, config = checked(generate(seed))
    marked = mark(program)
    judged = with_covers(marked)
    lowered = lower(program, config)
    asked = [p for p in program.properties.values() if p.applies and (not p.configs or p.configs & config.includes)]
    cones = {p.name: lowered.cone_names(lowered.query(p)) for p in asked}
    try:
        original = explore(program, config, max_configurations=1_500, max_initial=1_500, cone=cones)
        explicit = explore(judged, config, max_configurations=6_000, max_initial=1_500, cone=cones)
    except TooLarge:
        return None
    wrong = [
        f"{name}: {v.word} {v.length} without marks, {explicit.verdicts[name].word} {explicit.verdicts[name].length} with"
        for name, v in original.verdicts.items()
        if (v.word, v.length, v.least) != (explicit.verdicts[name].word, explicit.verdicts[name].length, explicit.verdicts[name].least)
    ]
    found = solved(program, config)
    words = {Reach.REACHED: Word.REACHED, Reach.DEAD: Word.UNREACHABLE}
    for point, place in zip(marked.points, found.places, strict=True):
        expected = explicit.verdicts[point.ghost].word
        if place.reach is Reach.UNKNOWN and expected is Word.UNREACHABLE:
            continue  # no argument was found in time; never for what is reached
        if words.get(place.reach) is not expected:
            wrong.append(f"{point.kind} {point.text}: {place.reach}, by enumeration {expected}")
    return wrong


def solved(program: Program, config: Config) -> Coverage:
    return cover(Asked("generated.mmu", program, (config,), Limits(seconds=4)))


def test_coverage_agrees_with_enumeration() -> None:
    results = {seed: disagreements(seed) for seed in SEEDS}
    assert {s: r for s, r in results.items() if r} == {}
    assert sum(r is not None for r in results.values()) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("first", range(SLOW_SEEDS.start, SLOW_SEEDS.stop, 50))
def test_coverage_agrees_with_enumeration_on_many(first: int) -> None:
    results = {seed: disagreements(seed) for seed in range(first, first + 50)}
    assert {s: r for s, r in results.items() if r} == {}


def test_a_planted_bug_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark on the wrong side of an `if` is no mark of enumeration's: the interpreter's own tests tell."""
    passed = points._Marker._passed

    def crossed(self: points._Marker, kind: points.PointKind, span: object, statements: object) -> object:
        other = {points.PointKind.THEN: points.PointKind.ELSE, points.PointKind.ELSE: points.PointKind.THEN}
        return passed(self, other.get(kind, kind), span, statements)  # pyright: ignore

    monkeypatch.setattr(points._Marker, "_passed", crossed)
    with pytest.raises(AssertionError):
        test_the_runs_test_what_they_are_said_to_test()
