"""One answer from those of several cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmu_smt.api import checking
from mmu_smt.api.cases import merged, unbeatable
from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.report.text import reproduce, subject_text
from mmu_smt.semantics.program import EMPTY_CONFIG, Property, PropertyKind
from mmu_smt.semantics.workspace import Workspace
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


def test_a_run_is_not_called_the_shortest_while_another_case_may_have_a_shorter_one() -> None:
    """A budget ended there, or the user did. What has been excluded in every case is said."""
    long = Verdict(sample.PROGRESS, Word.VIOLATED, bound=1, trace=sample.LASSO)
    length = len(sample.LASSO.steps)
    assert length >= 3
    early = Verdict(sample.PROGRESS, Word.UNKNOWN, bound=1, reason=UnknownReason.RLIMIT)
    never_begun = Verdict(sample.PROGRESS, Word.UNKNOWN, reason=UnknownReason.RLIMIT)
    far_enough = Verdict(sample.PROGRESS, Word.BOUNDED, bound=length - 1)
    assert merged((long, far_enough, PROVED), 3) is long
    for verdicts, cases, bound, count in [
        ((early, long), 2, 1, 1),
        ((long, never_begun), 2, 0, 1),  # no lasso has no transition
        ((early, never_begun, long, far_enough), 4, 0, 2),
        ((long,), 3, 0, 2),
    ]:
        found = merged(verdicts, cases)
        assert found is not None
        assert found.trace is sample.LASSO
        assert (found.shortest, found.bound, found.open_cases) == (False, bound, count)


def test_a_run_of_uninterrupted_steps_is_as_long_as_it_is_beside_other_cases() -> None:
    whole = Verdict(sample.PROGRESS, Word.VIOLATED, bound=1, trace=sample.LASSO, shortest=False)
    assert merged((whole, PROVED), 2) is whole
    found = merged((whole, Verdict(sample.PROGRESS, Word.UNKNOWN, bound=0)), 2)
    assert found is not None
    assert (found.shortest, found.bound, found.open_cases) == (False, 0, 1)


def test_at_the_beginning_nothing_is_shorter() -> None:
    at_start = Verdict(sample.SAFE, Word.VIOLATED, trace=Trace(sample.CONSTS, sample.START, ()))
    assert merged((at_start,), 3) is at_start
    a_step_on = Verdict(sample.SAFE, Word.VIOLATED, bound=0, trace=sample.FAULTY)
    assert merged((a_step_on, Verdict(sample.SAFE, Word.UNKNOWN)), 2) is a_step_on  # it is of transitions
    deadlock = Property(name="no_deadlock", kind=PropertyKind.NO_DEADLOCK)
    found = merged((replace(a_step_on, property=deadlock), Verdict(deadlock, Word.UNKNOWN)), 2)
    assert found is not None
    assert (found.shortest, found.bound) == (False, None)


DIVIDED = """\
const fast: bool @cases
state n: 0..7 = 0
step up() by guest when n < 6 { n = n + (fast ? 3 : 1) }
terminal n == 6
invariant below { n < 6 }
"""


def test_an_open_case_is_said_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by the comparison of random systems with explicit search: the run of one case was called shortest, whatever was left open."""
    program = Workspace.from_text(DIVIDED).program(None)
    request = Request("divided.mmu", program, EMPTY_CONFIG, (program.properties["below"],))
    (shortest,) = check_program(request).verdicts
    assert shortest.trace is not None
    assert (len(shortest.trace.steps), shortest.shortest) == (2, True)

    def nothing_left_for_the_last(limits: Limits, elapsed: float, cases: int) -> Limits:
        return replace(limits, rlimit=1) if cases == 1 else limits

    monkeypatch.setattr(checking, "_share", nothing_left_for_the_last)
    result = check_program(request)
    (found,) = result.verdicts
    assert found.trace is not None
    assert (len(found.trace.steps), found.shortest, found.bound, found.open_cases) == (6, False, None, 1)
    assert "with a case that is open; a shorter one may exist" in subject_text(result, found)
    assert "-k" not in reproduce(result, found)
