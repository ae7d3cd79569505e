"""Exit codes and their precedence."""

from __future__ import annotations

from itertools import permutations

import pytest

from mmu_smt.cli.exits import Exit, of_result, worst
from mmu_smt.witness.verdicts import OpenPremise, UnknownReason, Verdict, Word
from tests.report import sample


def test_precedence() -> None:
    order = (Exit.INTERNAL, Exit.USAGE, Exit.FAILED, Exit.OPEN, Exit.VACUOUS, Exit.OK)
    for first, second in permutations(order, 2):
        assert worst((first, second)) is min(first, second, key=order.index)
    assert worst(()) is Exit.OK


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("proved reached inapplicable", 0),
        ("proved violated", 1),
        ("unreachable", 1),
        ("proved bounded", 3),
        ("unknown vacuous", 3),
        ("proved vacuous", 4),
        ("vacuous bounded violated", 1),
    ],
)
def test_code_of_a_result(words: str, code: int) -> None:
    result = sample.result(*(Verdict(sample.SAFE, Word(w)) for w in words.split()))
    assert of_result(result, accept_bounded=False) == code


def test_a_proof_whose_vacuity_is_open_is_open() -> None:
    by_bound = sample.result(Verdict(sample.SAFE, Word.PROVED, vacuity=OpenPremise(None, "depth 3", 3)))
    by_time = sample.result(Verdict(sample.SAFE, Word.PROVED, vacuity=OpenPremise(UnknownReason.TIME, "depth 3", 3)))
    assert [of_result(r, accept_bounded=False) for r in (by_bound, by_time)] == [3, 3]
    assert [of_result(r, accept_bounded=True) for r in (by_bound, by_time)] == [0, 3]


def test_bounded_can_be_accepted() -> None:
    bounded = sample.result(Verdict(sample.SAFE, Word.BOUNDED, bound=2))
    assert of_result(bounded, accept_bounded=True) == 0
    assert of_result(sample.result(Verdict(sample.SAFE, Word.UNKNOWN)), accept_bounded=True) == 3
