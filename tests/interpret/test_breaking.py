"""What breaks a loop: the cut set agrees with what the words of the specification make plain, and never names what does not matter."""

from __future__ import annotations

import pytest

from mmu_smt.api.checking import Request, check_program
from mmu_smt.api.targets import choose_config
from mmu_smt.interpret.breaking import explain
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.witness.explanations import AtomKind, Explanation
from mmu_smt.witness.traces import Trace
from mmu_smt.witness.verdicts import Word

# A visitor is sent away for as long as the door is locked and the guard is asleep; `colour` plays no role.
SPEC = """\
enum Answer { IN, AWAY, LATER }
const locked: bool
const colour: 0..3
state guard_sleeps: bool
state waits: 0..3 = 0
state inside: bool = false
terminal inside

handler door() -> Answer {
    if locked && guard_sleeps { return AWAY }
    return IN
}

step knock() by guest when !inside {
    match door() {
        IN => { inside = true }
        AWAY => { waits = waits }
        LATER => { waits = 0 }
    }
}

progress let_in { recurs taken(knock) never inside' }
"""

# Two locks, of which one is enough: no single change helps.
TWO = """\
const first: bool
const second: bool
state inside: bool = false
terminal inside
step push() by guest when !inside { if !first && !second { inside = true } }
progress let_in { recurs taken(push) never inside' }
assume both { first && second || !first && !second }
"""


def found(text: str, name: str = "let_in") -> tuple[Explanation, Trace]:
    program = Workspace.from_text(text).program(None)
    config = choose_config(program, None)
    (verdict,) = check_program(Request("spec.mmu", program, config, (program.properties[name],))).verdicts
    assert verdict.word is Word.VIOLATED
    assert verdict.trace is not None
    explanation = explain(program, config, verdict.property, verdict.trace)
    assert explanation is not None
    return explanation, verdict.trace


def singles(explanation: Explanation) -> dict[tuple[AtomKind, str], tuple[tuple[object, ...], bool]]:
    return {(c.atom.kind, c.atom.name): (c.values, c.any_other) for cut in explanation.cuts for c in cut if len(cut) == 1}


def test_each_single_change_that_breaks_the_loop_is_named_and_no_other() -> None:
    explanation, _ = found(SPEC)
    assert explanation.complete
    assert singles(explanation) == {
        (AtomKind.DECISION, "door"): ((0,), False),  # IN; after LATER it goes on as before
        (AtomKind.CONSTANT, "locked"): ((False,), True),
        (AtomKind.INITIAL, "guard_sleeps"): ((False,), True),
    }


def test_pairs_are_tried_where_no_single_change_is_possible() -> None:
    explanation, _ = found(TWO)
    assert [[(c.atom.name, c.values) for c in cut] for cut in explanation.cuts] == [[("first", (False,)), ("second", (False,))]]


def test_a_change_that_only_delays_does_not_break_the_loop() -> None:
    """With another start the first round differs, and then it is the old loop."""
    text = SPEC.replace("AWAY => { waits = waits }", "AWAY => { if waits > 0 { waits -= 1 } }").replace(
        "state waits: 0..3 = 0", "state waits: 0..3"
    )
    explanation, _ = found(text)
    assert (AtomKind.INITIAL, "waits") not in singles(explanation)


def test_an_end_of_the_run_breaks_the_loop() -> None:
    text = SPEC.replace("terminal inside", "terminal inside || colour == 3").replace("when !inside", "when !inside && colour != 3")
    explanation, trace = found(text)
    assert trace.consts["colour"] != 3
    assert singles(explanation)[AtomKind.CONSTANT, "colour"] == ((3,), False)


def test_without_transitions_to_spend_nothing_is_claimed() -> None:
    program = Workspace.from_text(SPEC).program(None)
    config = choose_config(program, None)
    (verdict,) = check_program(Request("spec.mmu", program, config, (program.properties["let_in"],))).verdicts
    assert verdict.trace is not None
    explanation = explain(program, config, verdict.property, verdict.trace, transitions=1)
    assert explanation is not None
    assert not explanation.complete


def test_a_finite_run_has_no_cut_set() -> None:
    program = Workspace.from_text(SPEC + "invariant out { !inside }\n").program(None)
    config = choose_config(program, None)
    (verdict,) = check_program(Request("spec.mmu", program, config, (program.properties["out"],))).verdicts
    assert verdict.trace is not None
    assert explain(program, config, verdict.property, verdict.trace) is None


@pytest.mark.parametrize("target", ["v2_03"])
def test_the_loop_of_the_series_is_broken_by_the_decision_that_the_patch_changes(target: str) -> None:
    from mmu_smt import api

    (result,) = api.check(target, config="quiet,one_access,svm_direct", properties=["no_endless_fault"], explain=True)
    explanation = result.verdicts[0].explanation
    assert explanation is not None
    program = result.program
    returns = program.functions["write_protect_fault"].returns
    from mmu_smt.semantics.types import EnumType

    assert isinstance(returns, EnumType)
    values, any_other = singles(explanation)[AtomKind.DECISION, "write_protect_fault"]
    assert [returns.members[v] for v in values if isinstance(v, int)] == ["EMULATE"]
    assert not any_other
