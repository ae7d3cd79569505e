"""Further counterexamples differ in what is decided, are real, and come to an end."""

from __future__ import annotations

from pathlib import Path

from mmu_smt import api
from mmu_smt.interpret.replay import replay
from mmu_smt.witness.traces import Trace
from mmu_smt.witness.verdicts import Verdict, Word

# Three ways to be sent away, and one of them only after another.
SPEC = """\
enum Answer { IN, AWAY }
const locked: bool
const dark: bool
state waits: 0..2 = 0
state inside: bool = false
terminal inside
rule is_locked, is_dark, is_full
handler door() -> Answer {
    if locked { return AWAY @is_locked }
    if dark { return AWAY @is_dark }
    if waits == 2 { return AWAY @is_full }
    return IN
}
step knock() by guest when !inside {
    if door() == IN { inside = true }
}
step queue() by env when !inside && waits < 2 { waits += 1 }
progress let_in { recurs taken(knock) never inside' }
step property polite { !door.decides(AWAY) }
cover sent_away { door.decides(AWAY) }
config calm { }
config busy { enable queue }
"""


def found(tmp_path: Path, name: str, config: str, most: int) -> tuple[Verdict, ...]:
    path = tmp_path / "spec.mmu"
    path.write_text(SPEC, encoding="utf-8")
    (result,) = api.check(path, properties=[name], config=config, counterexamples=most, explain=True)
    (verdict,) = result.verdicts
    verdicts = (verdict, *verdict.others)
    for one in verdicts:
        assert isinstance(one.trace, Trace)
        states = (one.trace.initial, *(s.after for s in one.trace.steps))
        from mmu_smt.witness.traces import Candidate, Move

        moves = tuple(Move(s.step, () if s.resume else s.args, s.resume, s.choices) for s in one.trace.steps)
        replay(
            result.program, result.config, Candidate(one.trace.consts, states, moves, one.trace.loop_start), result.program.properties[name]
        )
    return verdicts


def rules(verdicts: tuple[Verdict, ...]) -> list[set[str | None]]:
    """Of each run, the rules by which the steps that count are decided."""
    found: list[set[str | None]] = []
    for verdict in verdicts:
        trace = verdict.trace
        assert trace is not None
        first = trace.loop_start if trace.loop_start is not None else len(trace.steps) - 1
        found.append({d.rule for s in trace.steps[first:] for d in s.decisions})
    return found


def test_loops_differ_in_their_decisions(tmp_path: Path) -> None:
    verdicts = found(tmp_path, "let_in", "calm", 9)
    assert sorted(map(sorted, rules(verdicts))) == [["is_dark"], ["is_locked"]]
    assert [v.further for v in verdicts] == [0, 1]


def test_a_longer_one_is_found_where_there_is_one(tmp_path: Path) -> None:
    verdicts = found(tmp_path, "let_in", "busy", 9)
    assert sorted(map(sorted, rules(verdicts))) == [["is_dark"], ["is_full"], ["is_locked"]]
    lengths = [len(v.trace.steps) for v in verdicts if v.trace is not None]
    assert lengths == [1, 1, 3]


def test_no_more_than_asked(tmp_path: Path) -> None:
    assert len(found(tmp_path, "let_in", "busy", 2)) == 2
    assert len(found(tmp_path, "let_in", "busy", 1)) == 1


def test_finite_runs_differ_too(tmp_path: Path) -> None:
    assert sorted(map(sorted, rules(found(tmp_path, "polite", "busy", 9)))) == [["is_dark"], ["is_full"], ["is_locked"]]


def test_covers_have_one(tmp_path: Path) -> None:
    verdicts = found(tmp_path, "sent_away", "busy", 9)
    assert verdicts[0].word is Word.REACHED
    assert len(verdicts) == 1
