"""The comparison with other model checkers reads what they print: a run that failed, was cut off, or missed states answers nothing."""

from __future__ import annotations

import pytest

from benchmarks.peers import Case, Said, Sample, differences, read_abc, read_rumur, read_spin, read_tlc, read_tool

PROOF = Case("proof", "fixed", "p4", 2, 1)
SPIN = "State-vector 52 byte, depth reached 139, errors: {errors}\n     3429 states, stored\n     5512 states, matched\n"
RUMUR = "Status:\n\n\t{status}\n\nState Space Explored:\n\n\t3428 states, 8940 rules fired in 0s.\n"
TLC = "{status}\n9228 states generated, 3428 distinct states found, {left} states left on queue.\n"
COMPLETED = "Model checking completed. No error has been found."


@pytest.mark.parametrize(("word", "answer"), [("violated", "violated"), ("proved", "holds"), ("bounded", "holds"), ("unknown", None)])
def test_the_tool_says_its_words_of_the_property_that_is_asked(word: str, answer: str | None) -> None:
    other = {"violated": "proved"}.get(word, "violated")
    text = f"fixed in anyhow (GFNS=2)\n  p1  {other}\n  p4  {word}  because\n"
    assert read_tool(text, "p4").answer == answer
    assert read_tool(text, "p5") == Said()


def test_abc_exhausts_the_bound_that_was_asked_for_and_no_other() -> None:
    exhausted = "No output asserted in 21 frames. Resource limit reached"
    assert read_abc(exhausted, 20).answer == "holds"
    assert read_abc(exhausted, 40).answer is None
    assert read_abc(exhausted, None).answer is None
    assert read_abc("Property proved.  Time = 0.08 sec", None).answer == "holds"
    assert read_abc('Output 0 of miter "model" was asserted in frame 12.', 20).answer == "violated"


def test_spin_counts_one_state_more_than_there_are() -> None:
    assert read_spin(SPIN.format(errors=0)) == Said("holds", 3428)
    assert read_spin(SPIN.format(errors=1)) == Said("violated")


@pytest.mark.parametrize("trouble", ["error: max search depth too small\n", "Warning: Search not completed\n"])
def test_a_search_by_spin_that_was_cut_off_says_nothing(trouble: str) -> None:
    assert read_spin(trouble + SPIN.format(errors=0)) == Said()
    assert read_spin("pan.c:1: error: no\n") == Said()


def test_rumur_says_how_it_ended_and_how_many_states_there_are() -> None:
    assert read_rumur(RUMUR.format(status="No error found.")) == Said("holds", 3428)
    assert read_rumur('\tinvariant "p4" failed\n' + RUMUR.format(status="1 error(s) found.")) == Said("violated")
    assert read_rumur("\tAssertion failed: x.m:50.5: S is not\n" + RUMUR.format(status="1 error(s) found.")) == Said()
    assert read_rumur("\t 10000 states explored in 0s, with 17053 rules fired and 5531 states in the queue.\n") == Said()
    assert read_rumur("model.m:2.12-15: error: unknown symbol: G\n") == Said()


def test_tlc_says_how_it_ended_and_how_many_states_there_are() -> None:
    assert read_tlc(TLC.format(status=COMPLETED, left=0)) == Said("holds", 3428)
    assert read_tlc(TLC.format(status="Error: Invariant p4 is violated.", left=92)) == Said("violated")
    assert read_tlc(TLC.format(status="Error: Temporal properties were violated.", left=0)) == Said("violated")


@pytest.mark.parametrize("text", ["", TLC.format(status="", left=0), TLC.format(status=COMPLETED, left=92), COMPLETED])
def test_tlc_that_did_not_end_says_nothing(text: str) -> None:
    assert read_tlc(text) == Said()


def test_an_error_of_tlc_that_is_no_violation_is_no_answer() -> None:
    text = "Error: The invariant p5 specified in the configuration file\nis not defined in the specification.\n"
    assert read_tlc(text) == Said()


@pytest.mark.parametrize(
    ("case", "theirs", "complaints"),
    [
        (PROOF, Said("holds", 3428), 0),
        (PROOF, Said("holds"), 0),
        (PROOF, Said(), 0),
        (PROOF, Said("violated"), 1),
        (PROOF, Said("holds", 3427), 1),
        (PROOF, Said("violated", 3427), 2),
        (Case("proof", "fixed", "p4", 3, 1), Said("holds", 3427), 0),
    ],
)
def test_a_peer_that_differs_is_told(case: Case, theirs: Said, complaints: int) -> None:
    found = differences(case, [Sample(1.0, Said("holds"))], [Sample(1.0, theirs)])
    assert len(found) == complaints
    assert all(text.startswith("**differ**") for text in found)
