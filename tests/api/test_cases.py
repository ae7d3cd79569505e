"""One answer from those of several cases."""

from __future__ import annotations

import pytest

from mmu_smt.api.cases import merged, unbeatable
from mmu_smt.semantics.program import Property, PropertyKind
from mmu_smt.witness.traces import Trace
from mmu_smt.witness.verdicts import OpenPremise, UnknownReason, Verdict, Word
from tests.report import sample

PROVED = Verdict(sample.SAFE, Word.PROVED, by="1-induction")
VACUOUS = Verdict(sample.SAFE, Word.VACUOUS, by="2-induction")
BOUND = Verdict(sample.SAFE, Word.PROVED, vacuity=OpenPremise(None, "depth 9", 9))
TIME = Verdict(sample.SAFE, Word.PROVED, vacuity=OpenPremise(UnknownReason.TIME, "depth 3", 3))


@pytest.mark.parametrize(
    ("cases", "word", "vacuity"),
    [
        ((PROVED, VACUOUS), Word.PROVED, None),
        ((VACUOUS, VACUOUS), Word.VACUOUS, None),
        ((BOUND, PROVED), Word.PROVED, None),  # the premise is met in one of the cases
        ((BOUND, VACUOUS), Word.PROVED, OpenPremise(None, "depth 9", 9)),
        ((BOUND, TIME), Word.PROVED, OpenPremise(UnknownReason.TIME, "depth 3", 3)),
    ],
)
def test_vacuity_of_a_proof_by_cases(cases: tuple[Verdict, ...], word: Word, vacuity: OpenPremise | None) -> None:
    found = merged(cases, len(cases))
    assert found is not None
    assert (found.word, found.vacuity) == (word, vacuity)


def test_of_equally_short_runs_one_with_the_fewest_env_steps() -> None:
    by_env = Verdict(sample.SAFE, Word.VIOLATED, trace=Trace(sample.CONSTS, sample.START, sample.LASSO.steps[:1]))
    by_guest = Verdict(sample.SAFE, Word.VIOLATED, trace=sample.FAULTY)
    deadlock = Property(name="no_deadlock", kind=PropertyKind.NO_DEADLOCK)
    at_start = Verdict(deadlock, Word.VIOLATED, trace=Trace(sample.CONSTS, sample.START, ()))
    a_step_on = Verdict(deadlock, Word.VIOLATED, trace=sample.FAULTY)
    assert merged((by_env, by_guest), 2) is by_guest
    assert [unbeatable(v) for v in (by_env, by_guest, at_start, a_step_on, PROVED)] == [False, True, True, False, False]
