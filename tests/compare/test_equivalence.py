"""Are two variants equivalent? Systems whose answer is known."""

from __future__ import annotations

import pytest

from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.comparisons import Comparison, Equivalence, EquivalenceResult, Likeness
from tests.compare.specs import (
    OTHER_LABEL,
    REWRITTEN,
    SAME,
    STOPS_AT_THREE,
    WHEN_FIVE,
    counter,
    deciding,
)
from tests.compare.support import compared


def equivalence(text: str, *configs: str, seconds: float | None = 60.0, bound: int | None = None) -> EquivalenceResult:
    return compared(text, *configs, marks=(), seconds=seconds, bound=bound).equivalence


def length(result: EquivalenceResult) -> int:
    """Transitions of the run to the first difference, the one that differs included."""
    assert result.state.first is not None
    assert result.state.second is not None
    return max(len(result.state.first.steps), len(result.state.second.steps))


def test_a_variant_without_changes_has_identical_terms() -> None:
    result = equivalence(counter())
    assert (result.word, result.by) == (Equivalence.EQUIVALENT, "identical terms")
    assert result.decisions.likeness is result.ghosts.likeness is result.initial.likeness is Likeness.SAME


@pytest.mark.parametrize("body", [SAME, REWRITTEN])
@pytest.mark.parametrize("configs", [(), ("noisy",), ("noisy", "from_one")])
def test_a_handler_written_otherwise(body: str, configs: tuple[str, ...]) -> None:
    result = equivalence(counter(deciding(body)), *configs)
    assert result.word is Equivalence.EQUIVALENT, result
    assert result.decisions.likeness is result.ghosts.likeness is Likeness.SAME


def test_the_first_difference_is_found_and_shown() -> None:
    result = equivalence(counter(deciding(STOPS_AT_THREE)))
    assert result.word is Equivalence.DIFFERS
    assert length(result) == 3  # from one: 1, 2, 3, and there they part
    assert result.state.divergence is not None
    assert result.state.divergence.states == ("n", "done")
    assert result.state.first is not None
    assert result.state.second is not None
    assert result.state.first.steps[-1].decisions[0].shown == "GO"
    assert result.state.second.steps[-1].decisions[0].shown == "STOP"
    assert result.state.second.steps[-1].decisions[0].path


def test_a_difference_that_no_run_reaches_is_none() -> None:
    text = counter("override fn advance() { if n == MAX { n = 0 } else { n += 1 } }")
    assert equivalence(text).word is Equivalence.EQUIVALENT


def test_only_one_faults() -> None:
    result = equivalence(counter(deciding(WHEN_FIVE)))
    assert result.word is Equivalence.DIFFERS
    assert result.state.divergence is not None
    assert result.state.divergence.faults == (False, True)


def test_only_one_can_take_the_step() -> None:
    result = equivalence(
        counter("override step act() by guest when !done && n < 4 { if decide() == GO { advance() } else { done = true } }")
    )
    assert result.word is Equivalence.DIFFERS
    assert result.state.divergence is not None
    assert result.state.divergence.enabled == (True, False)
    assert result.state.second is not None
    assert result.state.first is not None
    assert len(result.state.second.steps) == len(result.state.first.steps) - 1


def test_only_one_has_the_step() -> None:
    result = equivalence(counter("step idle() by kvm when n == 2 { n = 2 }"))
    assert result.word is Equivalence.DIFFERS
    assert result.state.divergence is not None
    assert result.state.divergence.enabled == (False, True)


def test_another_end_is_a_difference() -> None:
    text = (
        "state n: 0..3 = 0\nstep act() by guest when n < 3 { n += 1 }\nterminal n == 3\nvariant one { }\nvariant two { terminal n == 2 }\n"
    )
    result = equivalence(text)
    assert result.word is Equivalence.DIFFERS
    assert result.state.divergence is not None
    assert result.state.divergence.terminal


def test_decisions_and_ghosts_are_reported_beside() -> None:
    result = equivalence(counter(deciding(OTHER_LABEL)))
    assert result.word is Equivalence.EQUIVALENT
    assert result.decisions.likeness is Likeness.DIFFERS
    assert result.ghosts.likeness is Likeness.SAME
    result = equivalence(counter("override handler decide() -> Answer { " + SAME + " }"))
    assert result.word is Equivalence.EQUIVALENT
    assert (result.decisions.likeness, result.ghosts.likeness) == (Likeness.SAME, Likeness.DIFFERS)


def test_state_that_one_declares_is_named_and_left_out() -> None:
    text = counter("state calls: 0..7 = 0", "override fn advance() { n += 1 if calls < 7 { calls += 1 } }")
    result = equivalence(text)
    assert (result.word, result.second_only) == (Equivalence.EQUIVALENT, ("calls",))


def test_state_that_one_declares_can_make_the_difference() -> None:
    text = counter("state calls: 0..7 = 0", "override fn advance() { calls += 1 if calls == 3 { n = 0 } else { n += 1 } }")
    result = equivalence(text)
    assert result.word is Equivalence.DIFFERS
    assert length(result) == 3


def test_one_can_begin_with_what_the_other_cannot() -> None:
    result = equivalence(counter("override init begins { n <= start }"))
    assert result.word is Equivalence.DIFFERS
    assert result.initial.likeness is Likeness.DIFFERS
    assert result.initial.second is not None  # the second begins with n = 0 although start = 1
    assert (result.initial.second.consts["start"], result.initial.second.initial["n"]) == (1, 0)
    assert result.state.likeness is Likeness.SAME


def test_initial_states_written_otherwise() -> None:
    result = equivalence(counter("override init begins { start == n && n <= 1 }"))
    assert (result.word, result.initial.likeness) == (Equivalence.EQUIVALENT, Likeness.SAME)


def test_a_free_start_that_only_one_declares_is_not_guessed() -> None:
    result = equivalence(counter("state hidden: 0..2", "init hides { hidden + n == 2 }"))
    assert result.word is Equivalence.UNKNOWN
    assert "hidden" in result.by
    assert equivalence(counter("state hidden: 0..2")).word is Equivalence.EQUIVALENT  # nothing depends on it


def test_variables_with_different_types_are_refused() -> None:
    with pytest.raises(SpecError) as caught:
        equivalence(counter("override state n: 0..7"))
    assert [d.code for d in caught.value.diagnostics] == ["MS517"]


LOCKED = """\
state a: 0..3 = 0
state b: 0..3 = 0
fn both() {{ {one} }}
step act() by guest when a < 3 {{ both() }}
step other() by env when a < 3 && b < 3 {{ b += 1 }}
config noisy {{ enable other }}
variant one {{ }}
variant two {{ override fn both() {{ {two} }} }}
"""


@pytest.mark.parametrize(
    ("one", "two", "quiet", "noisy"),
    [
        ("lock m { a += 1 b = 0 }", "lock m { b = 0 a += 1 }", Equivalence.EQUIVALENT, Equivalence.EQUIVALENT),
        ("let x = b lock m { a += 1 b = x }", "let y = b lock m { b = y a += 1 }", Equivalence.EQUIVALENT, Equivalence.EQUIVALENT),
        ("lock m { b = 0 } lock m { a += 1 }", "lock m { a += 1 } lock m { b = 0 }", Equivalence.EQUIVALENT, Equivalence.DIFFERS),
        ("lock m { a += 1 b = 0 }", "lock m { a += 1 } lock m { b = 0 }", Equivalence.EQUIVALENT, Equivalence.DIFFERS),
        ("lock m { a += 1 }", "lock m { a += 1 } lock m { assert a > 0 }", Equivalence.EQUIVALENT, Equivalence.UNKNOWN),
        ('yield "here" a += 1', 'yield "there" a += 1', Equivalence.EQUIVALENT, Equivalence.UNKNOWN),
        ('yield "here" a += 1 b = 0', 'a += 1 yield "here" b = 0', Equivalence.EQUIVALENT, Equivalence.DIFFERS),
        ('let x = b yield "h" a += 1 b = x', 'yield "h" let x = b a += 1 b = x', Equivalence.EQUIVALENT, Equivalence.DIFFERS),
    ],
)
def test_steps_that_can_be_interrupted(one: str, two: str, quiet: Equivalence, noisy: Equivalence) -> None:
    text = LOCKED.format(one=one, two=two)
    assert equivalence(text).word is quiet
    result = equivalence(text, "noisy")
    assert result.word is noisy, result
    if noisy is Equivalence.UNKNOWN:
        assert result.places.likeness is Likeness.DIFFERS
        assert "different places" in result.by


CHOICES = """\
state n: 0..3 = 0
step act() by guest {{ choose x: 0..3  n = {one} }}
variant one {{ }}
variant two {{ override step act() by guest {{ choose {name}: 0..3  n = {two} }} }}
"""


def test_choices_correspond_by_name() -> None:
    assert equivalence(CHOICES.format(one="x", name="x", two="x")).word is Equivalence.EQUIVALENT


@pytest.mark.parametrize(("name", "two"), [("y", "y"), ("x", "3 - x")])
def test_choices_that_do_not_correspond_are_no_difference(name: str, two: str) -> None:
    result = equivalence(CHOICES.format(one="x", name=name, two=two))
    assert result.word is Equivalence.UNKNOWN
    assert "choose differently" in result.by


def test_a_difference_that_no_choice_makes_good() -> None:
    result = equivalence(CHOICES.format(one="x", name="x", two="x > 1 ? 1 : x"))
    assert result.word is Equivalence.DIFFERS


def test_a_bound_is_no_proof() -> None:
    text = counter(deciding("if n >= 4 { return STOP @late } return GO"))
    result = equivalence(text, bound=2)
    assert (result.word, result.state.bound) == (Equivalence.UNKNOWN, 2)


def test_the_two_exchanged() -> None:
    found: Comparison = compared(counter(deciding(STOPS_AT_THREE)), first="two", second="one", marks=())
    assert found.equivalence.word is Equivalence.DIFFERS
    assert length(found.equivalence) == 3
