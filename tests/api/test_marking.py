"""What the rows of a matrix fix and introduce: systems whose answer is known, and what happens when something goes wrong on the way."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

import mmu_smt
from mmu_smt.api import marking, matrices
from mmu_smt.api.cellcache import Damaged
from mmu_smt.api.matrices import Step
from mmu_smt.api.workers import Send
from mmu_smt.witness.comparisons import Answer, Basis
from mmu_smt.witness.matrices import Cell, CellChange, MatrixReport, Row
from mmu_smt.witness.verdicts import Word
from tests.compare.specs import STAGES, deciding
from tests.compare.support import enumerate_marks, sides

NEVER_FROM_ZERO_OTHERWISE = "if n < MAX { return GO } if start == 1 { return STOP @late } n = 0 return GO"
FIXES, INTRODUCES, BOTH, NEITHER, UNKNOWN = "fixes", "introduces", "fixes and introduces", "neither", "unknown"


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "stages.mmu"
    path.write_text(STAGES)
    return path


def fill(path: Path, **options: object) -> MatrixReport:
    given: dict[str, object] = {"cache": path.parent / "cells", "jobs": 1, "timeout": 60.0, "marks": True, **options}
    (report,) = mmu_smt.matrix(path, **given)  # pyright: ignore[reportArgumentType]
    return report


def cell_of(report: MatrixReport, variant: str, *config: str) -> tuple[Row, Cell]:
    return next((r, c) for r, c in report.cells if r.variant == variant and c.config == config)


def change(report: MatrixReport, variant: str, config: str, name: str) -> CellChange:
    _, cell = cell_of(report, variant, config)
    assert cell.changes is not None
    found = cell.changes.of(name)
    assert found is not None
    return found


def worked(report: MatrixReport) -> list[tuple[str, tuple[str, ...]]]:
    """The cells for which a process was needed."""
    return [(r.variant, c.config) for r, c in report.cells if c.changes is not None and not c.changes.cached]


def test_a_violation_before_and_after_may_hide_a_fix_and_a_regression(stages: Path) -> None:
    """What the verdicts of both rows show is twice the same colour; what the second does is both."""
    report = fill(stages, columns=["calm"], properties=["ends"], rows=["two"])
    _, cell = cell_of(report, "two", "calm")
    assert cell.changes is not None
    words = [c.verdict("ends").word for c in (cell.changes.before, cell)]  # pyright: ignore[reportOptionalMemberAccess]
    assert words == [Word.VIOLATED, Word.VIOLATED]
    found = change(report, "two", "calm", "ends")
    assert found.word == BOTH
    assert (found.fixes.basis, found.introduces.basis) == (Basis.SCENARIO, Basis.SCENARIO)
    assert found.fixes.evidence != found.introduces.evidence


def test_every_mark_is_what_enumeration_finds(stages: Path) -> None:
    report = fill(stages)
    names = ["ends", "small", "no_runtime_fault", "no_deadlock"]
    seen: set[str] = set()
    for row, cell in report.cells:
        if row.before is None:
            assert (row.variant, cell.changes) == ("one", None)
            continue
        assert cell.changes is not None
        assert {c.name for c in cell.changes.found} == set(names), "a cover is no violation"
        for name, expected in enumerate_marks(*sides(STAGES, row.before.variant, row.variant, *cell.config), names, limit=100).items():
            found = cell.changes.of(name)
            assert found is not None
            assert found.decided
            answers = (found.fixes.answer is Answer.YES, found.introduces.answer is Answer.YES)
            assert answers == expected, (row.variant, cell.config, name)
            seen.add(found.word)
    assert seen == {FIXES, INTRODUCES, BOTH, NEITHER}


def test_what_marks_rest_on(stages: Path) -> None:
    report = fill(stages)
    same = change(report, "three", "calm", "ends")
    assert (same.word, same.fixes.basis, same.introduces.basis) == (NEITHER, Basis.SAME_CHECK, Basis.SAME_CHECK)
    assert change(report, "two", "noisy", "ends").fixes.basis is Basis.EVERY_SCENARIO
    proved = change(report, "five", "calm", "ends")
    assert (proved.word, proved.introduces.basis) == (FIXES, Basis.VERDICT)
    assert proved.introduces.by.startswith("five: proved")
    before = cell_of(report, "four", "calm")[1].verdict("ends")
    assert before is not None
    assert proved.fixes.evidence == before.evidence, "the run of the row before is the scenario"
    safe = change(report, "two", "calm", "no_deadlock")
    assert (safe.fixes.basis, safe.introduces.basis) == (Basis.VERDICT, Basis.VERDICT)
    assert not any(variant == "three" for variant, _ in worked(report)), "nothing has to be looked for where nothing changed"


def test_an_opened_cell_has_both_runs(stages: Path) -> None:
    report = fill(stages)
    row, cell = cell_of(report, "two", "calm")
    (found,) = (c for c in mmu_smt.open_changes(report, row, cell).changes if c.name == "ends")
    for mark, start, kept in ((found.fixes, 1, change(report, "two", "calm", "ends").fixes), (found.introduces, 0, None)):
        assert mark.scenario is not None
        assert mark.scenario.consts["start"] == start
        assert mark.scenario.broken.loop_start is not None
        assert mark.scenario.intact.steps[-1].after["done"] is True
        if kept is not None:
            assert (kept.length, kept.other_length) == (len(mark.scenario.broken.steps), len(mark.scenario.intact.steps))


# ---------------------------------------------------------------------------------------------- against which row


def test_a_row_is_marked_against_the_nearest_row_that_it_is_made_of(stages: Path) -> None:
    stages.write_text(STAGES + "matrix gaps { rows apart, one, five, two, four columns calm properties ends }")
    report = fill(stages, name="gaps")
    assert {r.variant: r.before and r.before.variant for r in report.rows} == {
        "apart": None,
        "one": "apart",  # made of nothing: the row above
        "five": "four",  # although it stands further down
        "two": "one",
        "four": "two",  # `three`, which lies between, is no row
    }
    assert change(report, "four", "calm", "ends").word == INTRODUCES


def test_a_row_that_is_not_selected_is_judged_but_not_shown(stages: Path) -> None:
    report = fill(stages, rows=["five"], columns=["calm"])
    assert [r.variant for r in report.rows] == ["five"]
    assert report.rows[0].before is not None
    assert report.rows[0].before.variant == "four"
    assert change(report, "five", "calm", "ends").word == FIXES


def test_variants_that_cannot_be_compared_are_unknown_and_say_why(stages: Path) -> None:
    text = STAGES.replace("variant apart { state more: bool = false", "variant apart { state extra: bool = false")
    text += "variant other { state extra: 0..3 = 0 } matrix clash { rows apart, other columns calm properties ends }"
    stages.write_text(text)
    report = fill(stages, name="clash")
    found = change(report, "other", "calm", "ends")
    assert found.word == UNKNOWN
    assert "`extra` with different types" in found.fixes.by
    _, cell = cell_of(report, "other", "calm")
    assert cell.changes is not None
    assert cell.changes.problem is None


# ---------------------------------------------------------------------------------------------- the cache


def test_everything_comes_from_the_cache_the_second_time(stages: Path) -> None:
    first = fill(stages)
    assert ("two", ("calm",)) in worked(first)
    second = fill(stages)
    assert worked(second) == []
    assert [c.changes and c.changes.found for _, c in second.cells] == [c.changes and c.changes.found for _, c in first.cells]
    assert worked(fill(stages, properties=["ends"])) == [], "what is kept is kept for each property"


def test_an_edit_of_one_stage_marks_it_and_the_next_again(stages: Path) -> None:
    fill(stages, columns=["calm"], properties=["ends"])
    stages.write_text(STAGES.replace("if n >= 3 { return STOP", "if n >= 2 { return STOP"))
    assert worked(fill(stages, columns=["calm"], properties=["ends"])) == [("five", ("calm",))]


def test_an_unknown_is_kept_with_its_budget(stages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = marking.look

    def slow(*given: object) -> None:
        if given[2].variant == "two":  # type: ignore[attr-defined]
            time.sleep(600)
        look(*given)  # type: ignore[arg-type]

    part = {"columns": ["calm"], "properties": ["ends"]}
    fill(stages, marks=False, **part)
    with monkeypatch.context() as patched:
        patched.setattr(marking, "look", slow)
        patched.setattr(marking, "GRACE", 0.0)
        report = fill(stages, timeout=2.0, **part)
    found = change(report, "two", "calm", "ends")
    assert found.word == UNKNOWN
    assert "was ended" in found.fixes.by
    assert change(report, "four", "calm", "ends").word == INTRODUCES
    assert worked(fill(stages, timeout=2.0, **part)) == []
    assert worked(fill(stages, timeout=2.0, retry=True, **part)) == [("two", ("calm",))]
    assert change(fill(stages, timeout=2.0, **part), "two", "calm", "ends").word == BOTH, "an answer beats an `unknown`"


def test_a_damaged_mark_is_decided_again(stages: Path) -> None:
    part = {"columns": ["calm"], "properties": ["ends"]}
    fill(stages, **part)
    files = [p for p in (stages.parent / "cells").rglob("*.json") if b"mmu-smt change" in p.read_bytes()]
    assert len(files) == 3
    for path in files:
        path.write_bytes(path.read_bytes()[:-9])
    report = fill(stages, **part)
    assert [n.code for n in report.notes] == ["MS514"] * 3
    assert change(report, "two", "calm", "ends").word == BOTH


# ---------------------------------------------------------------------------------------------- what can go wrong


def test_a_verdict_without_an_answer_leaves_its_mark_open(stages: Path) -> None:
    report = fill(stages, bound=2, columns=["calm"], properties=["ends"])
    found = change(report, "two", "calm", "ends")
    assert found.word == UNKNOWN
    assert found.fixes.by == "one: bounded, 2 transitions"
    assert change(report, "three", "calm", "ends").word == NEITHER, "nothing changed, whatever the verdict is"


def test_equivalent_rows_are_neither_whatever_their_verdicts(stages: Path) -> None:
    """Written otherwise, so that it is another check, and not decided by itself within the bound."""
    stages.write_text(
        STAGES
        + "variant six of two { "
        + deciding(NEVER_FROM_ZERO_OTHERWISE)
        + " } matrix m { rows two, six columns calm properties ends }"
    )
    report = fill(stages, bound=2, name="m")
    verdict = cell_of(report, "six", "calm")[1].verdict("ends")
    assert verdict is not None
    assert verdict.word is Word.BOUNDED
    found = change(report, "six", "calm", "ends")
    assert (found.word, found.fixes.basis, found.introduces.basis) == (NEITHER, Basis.EQUIVALENT, Basis.EQUIVALENT)


def test_an_interruption_keeps_what_is_finished(stages: Path) -> None:
    part = {"columns": ["calm"], "properties": ["ends"]}
    fill(stages, marks=False, **part)

    def stop(step: Step) -> None:
        if step.cells == 3 and step.done == 1:
            raise KeyboardInterrupt

    first = fill(stages, watch=stop, **part)
    assert first.interrupted
    assert change(first, "two", "calm", "ends").word == BOTH
    assert change(first, "four", "calm", "ends").fixes.by == "the run was interrupted before"
    second = fill(stages, **part)
    assert worked(second) == [("four", ("calm",)), ("five", ("calm",))]


def test_an_interruption_before_marks_nothing(stages: Path) -> None:
    def stop(step: Step) -> None:
        if step.done == 2:
            raise KeyboardInterrupt

    report = fill(stages, watch=stop, columns=["calm"])
    assert report.interrupted
    assert change(report, "five", "calm", "ends").word == UNKNOWN
    assert change(report, "five", "calm", "ends").fixes.by in ("four has not been judged", "five has not been judged")


def test_a_process_that_dies_costs_its_own_marks_only(stages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = marking.look

    def dying(*given: object) -> None:
        if given[2].variant == "two":  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGKILL)
        look(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(marking, "look", dying)
    report = fill(stages, columns=["calm"], properties=["ends"])
    _, cell = cell_of(report, "two", "calm")
    assert cell.changes is not None
    assert cell.changes.problem is not None
    assert (cell.changes.problem.code, "SIGKILL" in cell.changes.problem.message) == ("MS901", True)
    assert cell.changes.problem.notes[0].message == "reproduce: mmu-smt compare stages.mmu:one stages.mmu:two --config calm"
    assert change(report, "two", "calm", "ends").word == UNKNOWN
    assert change(report, "five", "calm", "ends").word == FIXES


def test_an_exception_in_a_process_is_reported(stages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr("mmu_smt.api.comparing.compare_programs", broken)
    report = fill(stages, columns=["calm"], properties=["ends"], rows=["two"])
    _, cell = cell_of(report, "two", "calm")
    assert cell.changes is not None
    assert cell.changes.problem is not None
    assert (cell.changes.problem.code, "odd" in cell.changes.problem.message) == ("MS900", True)


def test_a_kept_scenario_that_is_none_is_refused(stages: Path) -> None:
    report = fill(stages, columns=["calm"], properties=["ends"])
    row, cell = cell_of(report, "two", "calm")
    assert cell.changes is not None
    (kept,) = cell.changes.found
    assert kept.fixes.evidence is not None
    spoilt = replace(kept, fixes=replace(kept.fixes, evidence=kept.introduces.evidence))  # the other row's run
    with pytest.raises(Damaged):
        mmu_smt.open_changes(report, row, replace(cell, changes=replace(cell.changes, found=(spoilt,))))


def test_a_kept_verdict_whose_run_does_not_replay_is_judged_again_before_it_is_marked(stages: Path) -> None:
    part = {"columns": ["calm"], "properties": ["ends"], "rows": ["two"]}
    fill(stages, marks=False, columns=["calm"], properties=["ends"])
    kept = matrices.CellCache(stages.parent / "cells")
    from mmu_smt.api.cellcache import decode

    for path in (stages.parent / "cells").rglob("*.json"):
        key = path.parent.name + path.stem
        verdicts = decode(path.read_bytes(), key)
        kept.write(key, tuple(replace(v, evidence=v.evidence and v.evidence.replace('"n": 0', '"n": 3')) for v in verdicts))
    assert change(fill(stages, **part), "two", "calm", "ends").word == BOTH


def test_marks_read_off_the_verdicts_would_be_seen(stages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted mistake: a violation in both rows is called neither. The tests above tell it from the truth."""

    def look(_report: object, _before: Row, _row: Row, _place: int, names: tuple[str, ...], _how: object, send: Send) -> None:
        from mmu_smt.api.cellcache import change_line
        from mmu_smt.witness.matrices import CellMark

        no = CellMark(Answer.NO, "the colours are the same", Basis.VERDICT)
        for name in names:
            send(change_line(CellChange(name, no, no)))

    monkeypatch.setattr(marking, "look", look)
    with pytest.raises(AssertionError):
        test_a_violation_before_and_after_may_hide_a_fix_and_a_regression(stages)
    with pytest.raises(AssertionError):
        test_every_mark_is_what_enumeration_finds(stages)
