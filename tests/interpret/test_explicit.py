"""Explicit search: verdict words, shortest lengths, least bounds, on systems small enough to see through."""

from __future__ import annotations

import pytest

from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.explicit import explore
from mmu_smt.interpret.machine import TooLarge
from tests.interpret.support import config, program, verdict, verdicts

RING = "state x: 0..4 = 0   step up() by guest { x = x == 4 ? 1 : x + 1 }\n"


@pytest.mark.parametrize(
    ("property_text", "expected"),
    [
        ("invariant p { x <= 4 }", ("proved", None)),
        ("invariant p { x < 3 }", ("violated", 3)),
        ("invariant p { x > 0 }", ("violated", 0)),
        ("invariant p { x == 5 - 1 => x > 2 }", ("proved", None)),
        ("invariant p { x < 0 + 0 => x > 2 }", ("vacuous", None)),
        ("invariant p { x == 3 => (x == 4 => x == 0) }", ("vacuous", None)),
        ("invariant p { all(i in 0..4: x == i && x != i => false) }", ("vacuous", None)),
        ("invariant p { all(i in 0..4: x == i => x <= i) }", ("proved", None)),
        ("invariant p { !(x < 0 + 0) || x > 2 }", ("proved", None)),
        ("step property p { x' != x }", ("proved", None)),
        ("step property p { x' > x }", ("violated", 5)),
        ("step property p { x == x' => false }", ("vacuous", None)),
        ("event e { x == x' => false }  step property p { e }", ("vacuous", None)),
        ("step property p { (x - 1)' < 3 }", ("violated", 4)),
        ("cover p { x == 4 && x' == 1 }", ("reached", 5)),
        ("cover p { x == 4 && x' == 0 }", ("unreachable", None)),
        ("progress p { recurs taken(up)  never x' == 1 }", ("proved", None)),
        ("progress p { recurs taken(up)  never x' == 0 }", ("violated", 5)),
        ("progress p { recurs x' == 0  never x' == 2 }", ("vacuous", None)),
        ("cover p { recurs x == 3  never x' == 0 }", ("reached", 5)),
        ("cover p { recurs x == 3  never x == 1 }", ("unreachable", None)),
        ("progress p within 3 { recurs taken(up)  never x' == 1 }", ("proved", None)),
        ("progress p within 2 { recurs taken(up)  never x' == 1 }", ("violated", 4)),
        ("progress p within 0 { recurs x' == 4  never x' == 1 }", ("violated", 4)),
        ("progress p within 0 { recurs x' == 0  never x' == 1 }", ("vacuous", None)),
        ("progress p within 9 { recurs taken(up)  never x' == 0 }", ("violated", 10)),
        ("progress p within least { recurs taken(up)  never x' == 0 }", ("violated", 5)),
    ],
)
def test_ring(property_text: str, expected: tuple[str, int | None]) -> None:
    assert verdict(RING + property_text, "p") == expected


def test_least_bounds() -> None:
    found = verdicts(
        RING + "progress p within least { recurs taken(up) never x' == 1 }  progress q within least { recurs x > 2 never x' == 1 }"
    )
    assert (found["p"].word.value, found["p"].least) == ("proved", 3)
    assert (found["q"].word.value, found["q"].least) == ("proved", 1)


def test_a_transition_that_recurs_and_never_counts_as_never() -> None:
    assert verdict(RING + "progress p { recurs taken(up) never taken(up) }", "p") == ("proved", None)
    assert verdict(RING + "progress p within 0 { recurs taken(up) never taken(up) }", "p") == ("proved", None)


def test_run_time_faults() -> None:
    text = "state x: 0..3 = 0   step up() by guest { x += 1 }  invariant p { x < 9 }"
    found = verdicts(text)
    assert (found["no_runtime_fault"].word.value, found["no_runtime_fault"].length) == ("violated", 4)
    assert found["no_deadlock"].word.value == "proved"  # the step is enabled where it faults


def test_a_property_whose_evaluation_faults() -> None:
    text = """type N = 0..3  state o: N? = none  state x: 0..3 = 0   step up() by guest when x < 3 { x += 1 }  terminal x == 3
    invariant i { x < 2 || o.value == 1 }
    step property s { x < 1 || o.value == 1 }
    cover c { o.value != 1 }
    progress p { recurs o.value == 1  never false }
    """
    assert verdict(text, "i") == ("violated", 2)
    assert verdict(text, "s") == ("violated", 2)
    assert verdict(text, "c") == ("unreachable", None)
    assert verdict(text, "p") == ("vacuous", None)


def test_deadlock() -> None:
    text = """
    state x: 0..3 = 0
    step up(k: 0..1) by guest when x < 2 && k == 1 { x += 1 }
    step env_reset() by env { x = 0 }
    config c { enable env_reset }
    """
    assert verdict(text, "no_deadlock") == ("violated", 2)
    assert verdict(text, "no_deadlock", "c") == ("violated", 2)  # an env step does not help
    assert verdict(text + " terminal x == 2", "no_deadlock") == ("proved", None)


def test_nothing_is_claimed_of_a_system_without_initial_states() -> None:
    text = """
    const a: bool   assume no { a && !a }
    state x: bool = false
    step go() by guest { x = true }
    cover c { x' }
    invariant i { x => false }
    """
    found = verdicts(text)
    assert found["c"].word.value == "unreachable"
    assert found["i"].word.value == "vacuous"
    assert found["no_deadlock"].word.value == "proved"


def test_init_invariants_are_judged_as_invariants() -> None:
    assert verdict("state x: 0..3 init invariant small { x < 2 } step up() by guest { x = 3 }", "small") == ("violated", 1)


def test_the_shortest_over_all_constants_and_initial_states() -> None:
    text = """
    const from: 0..3   const pace: 1..2
    state x: 0..9 = from
    step up() by guest when x < 8 { x += pace }
    terminal x >= 8
    cover c { x' == 8 }
    """
    assert verdict(text, "c") == ("reached", 3)  # 3, 5, 7: 9 is no 8; 2, 4, 6, 8


FAIR = """
state x: 0..2 = 0   state y: bool = false
step spin() by guest { x = x == 1 ? 0 : 1 }
step finish() by kvm when x == 1 { y = true; x = 2 }
step rest() by guest when x == 2 { }
progress p { recurs taken(spin)  never y' }
cover lasso { recurs taken(spin)  never y' }
config plain { }
config weak { enable finish weakly fair }
config strong { enable finish strongly fair }
"""


def test_fairness_of_a_step() -> None:
    text = FAIR.replace("step spin() by guest {", "step spin() by guest when x < 2 {")
    assert verdict(text, "p", "plain") == ("violated", 2)
    assert verdict(text, "p", "weak") == ("violated", 2)  # it is disabled every other state
    assert verdict(text, "p", "strong") == ("proved", None)
    assert verdict(text, "lasso", "weak") == ("reached", 2)
    assert verdict(text, "lasso", "strong") == ("unreachable", None)


def test_weak_fairness_of_a_step_that_stays_enabled() -> None:
    text = """
    state y: bool = false
    step wait() by guest when !y { }
    step finish() by kvm when !y { y = true }
    terminal y
    config plain { }
    config weak { enable finish weakly fair }
    progress p { recurs taken(wait)  never y' }
    """
    assert verdict(text, "p", "plain") == ("violated", 1)
    assert verdict(text, "p", "weak") == ("proved", None)


def test_fairness_for_each_argument() -> None:
    text = """
    state y: bool = false   state turn: bool = false
    step ask(k: 0..2) by guest when !y { if k == 2 { y = true } else { turn = !turn } }
    terminal y
    config some { enable ask weakly fair }
    config every { enable ask weakly fair each }
    progress p { recurs taken(ask)  never y' }
    """
    assert verdict(text, "p", "some") == ("violated", 2)
    assert verdict(text, "p", "every") == ("proved", None)


def test_fairness_of_env_steps_asks_for_a_change() -> None:
    text = """
    state open: bool = false   state n: bool = false
    step toggle() by guest when !open { n = !n }
    step unlock() by env { open = true }
    terminal open
    config can { enable unlock }
    config must { enable unlock weakly fair }
    progress p { recurs taken(toggle)  never open' }
    """
    assert verdict(text, "p", "can") == ("violated", 2)
    assert verdict(text, "p", "must") == ("proved", None)


def test_fairness_can_need_a_longer_loop() -> None:
    text = """
    state x: 0..3 = 0
    step stay() by guest when x == 0 { }
    step round() by guest { x = x == 3 ? 0 : x + 1 }
    config plain { }
    config fair { enable round weakly fair }
    progress p { recurs taken(stay)  never false }
    """
    assert verdict(text, "p", "plain") == ("violated", 1)
    assert verdict(text, "p", "fair") == ("violated", 5)


def test_loops_exclude_stem_only_moves() -> None:
    text = """
    state x: bool = false   state y: bool = false
    step flip() by env { x = !x }
    step look() by guest when x != y { y = x }
    config free { enable flip }
    config stem { enable flip in stem }
    progress p { recurs taken(look)  never false }
    cover c { recurs taken(look) never false }
    """
    assert verdict(text, "p", "free") == ("violated", 4)
    assert verdict(text, "p", "stem") == ("proved", None)
    assert verdict(text, "c", "free") == ("reached", 4)
    assert verdict(text, "c", "stem") == ("unreachable", None)


def test_no_least_bound_and_no_lasso_is_unknown() -> None:
    text = """
    state x: bool = false   state y: bool = false
    step flip() by env { x = !x }
    step look() by guest when x != y { y = x }
    config stem { enable flip in stem }
    progress p within least { recurs taken(look)  never false }
    """
    assert verdict(text, "p", "stem") == ("unknown", None)


def test_a_cone_closes_loops_earlier() -> None:
    text = """
    state x: bool = false   state n: 0..3 = 0
    step go() by guest { x = !x; n = n == 3 ? 0 : n + 1 }
    progress p { recurs x' never false }
    """
    checked = program(text)
    assert explore(checked, config(checked)).verdicts["p"].length == 4
    assert explore(checked, config(checked), cone={"p": frozenset({"x"})}).verdicts["p"].length == 2


def test_properties_are_limited_to_configs() -> None:
    text = "state x: bool = false  step go() by guest { x = true }  config a { } config b = a { } config other { }  cover c in a { x' }"
    assert "c" in verdicts(text, "a")
    assert "c" in verdicts(text, "b")
    assert "c" in verdicts(text, "other", "b")
    assert "c" not in verdicts(text, "other")
    assert "c" not in verdicts(text)


HELP = """
state x: 0..9 = 0
state w: bool = false
step one() by guest when x != 4 { x += 1; assert x != 9 }
step two() by env when x == 0 { x = 2 }
step by_other() by env when x == 1 || x == 2 { x += 1 }
step over() by env when x == 5 { x = 9 }
config busy { enable two enable by_other enable over }
"""


@pytest.mark.parametrize(
    ("property_text", "length", "env"),
    [
        ("invariant p { x != 3 }", 2, 1),  # 0, 2, 3: the last by the guest or by another
        ("invariant p { x != 2 }", 1, 1),
        ("step property p { x' != 4 }", 3, 1),
        ("cover p { x == 3 && x' == 4 }", 3, 1),
        ("progress p within 1 { recurs x' > x never false }", 2, 0),
        ("progress p within 2 { recurs x' > x never false }", 3, 0),
        ("cover p { x == 1 && x' == 2 }", 2, 0),
    ],
)
def test_fewest_env_steps_among_the_shortest(property_text: str, length: int, env: int) -> None:
    found = verdicts(HELP + property_text, "busy")["p"]
    assert found.length == length
    assert found.candidate is not None
    assert len(found.candidate.moves) == length
    assert sum(m.step in {"two", "by_other", "over"} for m in found.candidate.moves) == env


def test_fewest_env_steps_in_stem_and_loop() -> None:
    """Two ways lead to the loop, and two round it; one of each is the guest's alone. The loop that is found first needs two env steps."""
    text = """
        state x: 0..5 = 0
        step theirs() by env when x == 0 || x == 1 { x = x == 0 ? 1 : 2 }
        step back() by env when x == 2 { x = 1 }
        step mine() by guest when x == 0 || x == 3 || x == 4 { x = x == 0 ? 3 : x == 3 ? 4 : 3 }
        config busy { enable theirs enable back }
        progress p { recurs true never false }
    """
    found = verdicts(text, "busy")["p"]
    assert (found.length, found.candidate and found.candidate.loop_start) == (3, 1)
    assert found.candidate is not None
    assert [m.step for m in found.candidate.moves] == ["mine"] * 3


def test_sizes_are_limited() -> None:
    checked = program("state x: 0..999 = 0  state y: 0..3  step go() by guest { x = x == 999 ? 0 : x + 1 }")
    with pytest.raises(TooLarge, match="100 configurations"):
        explore(checked, config(checked), max_configurations=100)
    with pytest.raises(TooLarge, match="3 initial states"):
        explore(checked, config(checked), max_initial=3)


def test_the_deepest_program_that_is_accepted() -> None:
    nested = "(" * 40 + "{0}" + " || false)" * 40
    calls = ["fn f0(v: 0..9) -> bool { return v == 0 }"]
    calls += [f"fn f{i}(v: 0..9) -> bool {{ return {nested.format(f'f{i - 1}(v)')} }}" for i in range(1, 48)]
    text = "\n".join(calls) + "state x: 0..9 = 0  invariant i { f47(x) }  step go() by guest { if f47(x) { x = f47(x) ? 1 : 0 } }"
    with deep_recursion():
        checked = program(text)
    assert explore(checked, config(checked)).verdicts["i"].length == 1
