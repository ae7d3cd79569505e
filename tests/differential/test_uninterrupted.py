"""Runs in which no step is interrupted, taken as soon as they are found: the same words as the explicit search gives, no run shorter than
its shortest, and none where there is none.
"""

from __future__ import annotations

import os

import pytest

from mmu_smt.api import checking
from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.engines import shares
from mmu_smt.engines.result import RawRun
from mmu_smt.engines.uninterrupted import Uninterrupted
from mmu_smt.interpret.interrupting import piece_by_piece
from mmu_smt.interpret.replay import ReplayMismatch, replay
from mmu_smt.semantics.program import combine
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.witness.traces import Candidate, Move
from mmu_smt.witness.verdicts import Verdict, Word
from tests.differential.compare import compare
from tests.differential.generate import generate

FIRST, SEEDS, CHUNK = 20_000, int(os.environ.get("MMU_SMT_SEEDS", "150")) // 3, 10

LONG = """\
const limit: 0..7
state n: 0..7 = 0
state on: bool = false
assume five { limit == 5 }
step work() by kvm {
    yield "one"
    yield "two"
    yield "three"
    let r = turn(n)
    if r { n = 0 } else if n < limit { n += 1 }
}
handler turn(at: 0..7) -> bool { return at == limit && on }
step switch() by env { on = !on }
config noisy { enable switch  enable work weakly fair }
progress no_round { recurs turn.decides(true) never false }
step property no_fifth { turn.decides(true) => limit != 5 }
invariant small { n <= 5 }
"""
"""The shortest loop has six rounds of four transitions each, one of which an env step precedes."""


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "UNINTERRUPTED_PATIENCE", -1)
    monkeypatch.setattr(shares, "UNINTERRUPTED_ALLOWANCE", 3_000_000)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, CHUNK))
def test_the_words_agree_with_explicit_search(first: int) -> None:
    comparisons = [compare(generate(seed), bounded_first=False, seconds=2.0) for seed in range(first, first + CHUNK)]
    wrong = [c for c in comparisons if c.mismatches]
    assert not wrong, "\n\n".join(map(str, wrong))


def judged(name: str, **limits: int) -> Verdict:
    program = Workspace.from_text(LONG).program(None)
    config = combine((program.configs["noisy"],))
    request = Request("long.mmu", program, config, (program.properties[name],), Limits(**limits))
    return check_program(request).verdicts[0]


@pytest.mark.usefixtures("at_once")
def test_a_long_run_is_found_before_the_search_for_the_shortest_gets_there() -> None:
    verdict = judged("no_round")
    assert (verdict.word, verdict.shortest) == (Word.VIOLATED, False)
    assert verdict.trace is not None
    assert verdict.trace.loop_start is not None
    assert len(verdict.trace.steps) - verdict.trace.loop_start == 24  # six rounds of four; the switch stays on
    assert verdict.bound is not None
    assert verdict.bound < 24


def test_with_patience_the_run_is_the_shortest() -> None:
    verdict = judged("no_fifth")
    assert (verdict.word, verdict.shortest) == (Word.VIOLATED, True)
    assert verdict.trace is not None
    assert len(verdict.trace.steps) == 25


def test_a_bound_that_the_user_gives_is_kept() -> None:
    assert judged("no_fifth", bound=10).word is Word.BOUNDED


def test_pieces_have_the_choices_and_the_loop_of_their_step() -> None:
    program = Workspace.from_text(LONG).program(None)
    config = combine((program.configs["noisy"],))
    consts, start = {"limit": 5}, {"n": 0, "on": False}
    moves = (Move("switch"), *(Move("work"),) * 6)
    pieces = piece_by_piece(program, config, Candidate(consts, (start,), moves, loop_start=1))
    assert [m.step for m in pieces.moves] == ["switch"] + ["work"] * 24
    assert [m.resume for m in pieces.moves[1:5]] == [False, True, True, True]
    assert pieces.loop_start == 1
    assert replay(program, config, pieces, program.properties["no_round"]).loop_start == 1


def test_what_does_not_replay_piece_by_piece_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search goes on for the shortest run as if nothing had been found."""
    monkeypatch.setattr(shares, "UNINTERRUPTED_PATIENCE", -1)

    def refuse(*_: object) -> Candidate:
        raise ReplayMismatch("planted")

    monkeypatch.setattr("mmu_smt.interpret.interrupting.piece_by_piece", refuse)
    verdict = judged("no_fifth")
    assert (verdict.word, verdict.shortest) == (Word.VIOLATED, True)


def test_a_run_against_a_proof_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: every run is confirmed, also one whose system is another one."""
    original = checking._uninterrupted  # pyright: ignore[reportPrivateUsage]

    def lying(*given: object) -> Uninterrupted:
        right: Uninterrupted = original(*given)  # pyright: ignore[reportArgumentType]

        def confirm(_name: str, _run: RawRun) -> bool:
            return True

        query = right.queries[0]
        reached = type(query)(query.name, right.system.table.true, on_state=True)  # pyright: ignore[reportCallIssue]
        return Uninterrupted(right.system, [reached], confirm)

    monkeypatch.setattr(checking, "_uninterrupted", lying)
    with pytest.raises(AssertionError, match="confirmed"):
        judged("small")
