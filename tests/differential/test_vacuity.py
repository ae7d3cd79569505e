"""Where the search ends before a proof's premise is settled, `proved` is no disagreement with `vacuous`, and says what it leaves open."""

from __future__ import annotations

from collections import Counter

from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.witness.verdicts import OpenPremise, UnknownReason, Verdict, Word
from tests.differential.compare import checked, compare
from tests.differential.generate import GeneratedSpec

TEXT = """\
state n: 0..61 = 0
step up() by guest when n < 60 { n += 2 }
terminal n == 60
invariant odd { n == 41 => n > 3 }
progress odder { recurs n == 41 never false }
"""
"""`odd` is proved at once; that it is vacuous takes an induction as deep as the count is long."""

SPEC = GeneratedSpec(0, TEXT, None, (), "a count in twos", Counter())


def judged(limits: Limits, name: str, cross_check: bool = True) -> Verdict:
    program, config = checked(SPEC)
    (result,) = check_program(Request("twos.mmu", program, config, (program.properties[name],), limits, cross_check=cross_check)).verdicts
    return result


def test_a_bound_leaves_it_open_and_the_cross_check_agrees() -> None:
    verdict = judged(Limits(bound=3), "odd")
    assert (verdict.word, verdict.by) == (Word.PROVED, "1-induction")
    assert verdict.vacuity is not None
    assert (verdict.vacuity.reason, verdict.vacuity.bound) == (None, 3)


def test_a_budget_leaves_it_open_and_says_which() -> None:
    verdict = judged(Limits(rlimit=30_000), "odd")
    assert verdict.word is Word.PROVED
    assert isinstance(verdict.vacuity, OpenPremise)
    assert verdict.vacuity.reason is UnknownReason.RLIMIT
    assert verdict.vacuity.bound in range(30)


def test_without_a_bound_it_is_settled() -> None:
    assert judged(Limits(), "odd").word is Word.VACUOUS
    assert judged(Limits(), "odder").word is Word.VACUOUS


def test_the_comparison_asks_again_and_agrees() -> None:
    comparison = compare(SPEC)
    assert comparison.mismatches == []
    assert comparison.met["solver: invariant vacuous"] == 1
