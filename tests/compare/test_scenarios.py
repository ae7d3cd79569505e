"""What a variant fixes and introduces: systems whose answer is known."""

from __future__ import annotations

import pytest

from mmu_smt.api import scenarios
from mmu_smt.witness.comparisons import Answer, Change
from tests.compare.specs import NEVER_FROM_ONE, NEVER_FROM_ZERO, REWRITTEN, STARTS_OVER, STOPS_AT_THREE, counter, deciding
from tests.compare.support import compared


def change(text: str, name: str, *configs: str, **options: object) -> Change:
    found = compared(text, *configs, properties=(name,), **options)  # type: ignore[arg-type]
    (one,) = found.changes
    return one


def chain(first: str, second: str) -> str:
    """Two variants that both decide in their own way."""
    return counter(deciding(second)).replace("variant one { }", "variant one { " + deciding(first) + " }")


@pytest.mark.parametrize("name", ["ends", "ends_soon"])
def test_a_loop_is_fixed(name: str) -> None:
    found = change(chain(STARTS_OVER, STOPS_AT_THREE), name)
    assert (found.word, found.introduces.answer) == ("fixes", Answer.NO)
    scenario = found.fixes.scenario
    assert scenario is not None
    assert scenario.intact.initial == scenario.broken.initial
    assert scenario.intact.steps[-1].after["done"] is True
    if name == "ends":
        assert scenario.broken.loop_start is not None


def test_a_loop_is_introduced() -> None:
    found = change(chain(STOPS_AT_THREE, STARTS_OVER), "ends")
    assert found.word == "introduces"
    assert found.introduces.scenario is not None
    assert found.fixes.answer is Answer.NO


def test_the_same_violations_are_neither_and_that_is_proved() -> None:
    """Both loop from every start, but by different numbers."""
    found = change(chain(STARTS_OVER, "if n == 4 { n = start return GO } return GO"), "ends")
    assert (found.word, found.decided) == ("neither", True)
    assert found.fixes.tried > 0
    assert "in every scenario" in found.fixes.by


def test_a_red_property_may_hide_a_fix_and_a_regression() -> None:
    """One loops if it starts with one, the other if it starts with zero."""
    found = change(chain(NEVER_FROM_ONE, NEVER_FROM_ZERO), "ends")
    assert found.word == "fixes and introduces"
    assert found.fixes.scenario is not None
    assert found.introduces.scenario is not None
    assert found.fixes.scenario.consts["start"] == 1
    assert found.introduces.scenario.consts["start"] == 0
    assert "every run from there" in found.fixes.scenario.by


def test_a_red_property_may_hide_a_regression_alone() -> None:
    found = change(chain(NEVER_FROM_ONE, STARTS_OVER), "ends")
    assert (found.word, found.fixes.answer) == ("introduces", Answer.NO)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("small", "if n == MAX { return STOP } return GO", "if n == 2 { return STOP } return GO"),
        ("grows", STARTS_OVER, REWRITTEN),
        ("no_runtime_fault", "return GO", REWRITTEN),
    ],
)
def test_properties_of_states_and_steps(name: str, first: str, second: str) -> None:
    assert change(chain(first, second), name).word == "fixes"
    assert change(chain(second, first), name).word == "introduces"
    assert change(chain(first, first), name).word == "neither"


def test_a_deadlock() -> None:
    stuck = "override step act() by guest when !done && n < 4 { if decide() == GO { advance() } else { done = true } }"
    assert change(counter(stuck), "no_deadlock").word == "introduces"


def test_equivalent_variants_change_nothing_although_both_violate() -> None:
    found = change(counter(deciding(REWRITTEN)), "small")
    assert (found.word, found.fixes.by, found.fixes.tried) == ("neither", "the variants are equivalent", 0)


def test_env_steps_stay_free_in_a_scenario() -> None:
    """Under a fair config with somebody who resets, both can be kept from ending; only without him does the second end."""
    text = chain(STARTS_OVER, STOPS_AT_THREE)
    assert change(text, "ends").word == "fixes"
    found = change(text, "ends", "noisy")
    assert (found.word, found.decided) == ("neither", True)


@pytest.mark.parametrize("first", [NEVER_FROM_ONE, STARTS_OVER])
def test_beyond_enumeration_the_solver_judges_scenarios(first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "CONFIGURATIONS", 1)
    found = change(chain(first, NEVER_FROM_ZERO), "ends")
    assert found.fixes.scenario is not None
    assert found.fixes.scenario.consts["start"] == 1
    assert "enumeration" not in found.fixes.scenario.by


def test_too_few_scenarios_are_unknown_with_their_number() -> None:
    found = change(chain(STARTS_OVER, "if n == 4 { n = start return GO } return GO"), "ends", scenarios=1)
    if found.fixes.answer is Answer.UNKNOWN:
        assert found.fixes.tried == 1
    else:
        assert found.fixes.tried == 1  # one region held them all


def test_a_verdict_without_a_run_is_unknown() -> None:
    found = change(chain(STARTS_OVER, NEVER_FROM_ZERO), "ends", bound=1)
    assert (found.word, found.decided) == ("unknown", False)


def test_scenarios_prefer_defaults() -> None:
    found = change(chain(STARTS_OVER, STOPS_AT_THREE).replace("const start: 0..1", "const start: 0..1  @minimise 1 @default 1"), "ends")
    assert found.fixes.scenario is not None
    assert found.fixes.scenario.consts["start"] == 1


def test_a_scenario_that_does_not_tell_them_apart_is_put_aside() -> None:
    """The shortest loop begins at one, and the other variant loops from there too."""
    found = change(chain(STARTS_OVER, NEVER_FROM_ONE), "ends")
    assert found.fixes.scenario is not None
    assert (found.fixes.tried, found.fixes.scenario.consts["start"]) == (2, 0)


def test_a_property_of_one_variant_is_left_out() -> None:
    found = compared(counter("invariant extra { n <= MAX }"), properties=None)
    assert set(found.left_out) == {"extra", "stops"}
    assert "small" in [c.name for c in found.changes]
