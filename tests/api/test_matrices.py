"""Filling a matrix: what is judged, what is taken from the cache, and what happens when something goes wrong on the way."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

import mmu_smt
from mmu_smt.api import matrices
from mmu_smt.api.cellcache import Damaged
from mmu_smt.api.matrices import Step
from mmu_smt.api.workers import Send
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.matrices import CellState, MatrixReport
from mmu_smt.witness.traces import Trace
from mmu_smt.witness.verdicts import UnknownReason, Word
from tests.cli.support import DOOR

MATRIX = """
/// What the door does.
matrix doors "Doors" {
    rows calm, loud
    columns quiet, rush + quiet
    properties ends, ends_soon, gives_up
}
"""


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "door.mmu"
    path.write_text(DOOR + MATRIX)
    return path


def fill(path: Path, **options: object) -> MatrixReport:
    given: dict[str, object] = {"cache": path.parent / "cells", "jobs": 2, "timeout": 60.0, **options}
    (report,) = mmu_smt.matrix(path, **given)  # pyright: ignore[reportArgumentType]
    return report


def places(trace: Trace | None) -> list[str]:
    """Where the decisions of a run stand in the text as it is now."""
    return [] if trace is None else [str(d.span) for step in trace.steps for d in step.decisions]


def words(report: MatrixReport, name: str) -> list[list[str]]:
    return [[str(v.word) if (v := cell.verdict(name)) is not None else cell.state.value for cell in row.cells] for row in report.rows]


def cached(report: MatrixReport) -> list[bool]:
    return [cell.cached for _, cell in report.cells]


def test_verdicts_are_those_of_check(door: Path) -> None:
    report = fill(door)
    for row, cell in report.cells:
        (result,) = mmu_smt.check(door, variant=row.variant, config=cell.config)
        expected = {v.property.name: (v.word, v.by, v.bound, v.least, v.trace and len(v.trace.steps)) for v in result.verdicts}
        assert {v.property: (v.word, v.by, v.bound, v.least, v.length) for v in cell.verdicts} == {
            name: expected[name] for name in ("no_runtime_fault", "no_deadlock", "bounded_n", "ends", "ends_soon", "gives_up")
        }
    assert words(report, "ends") == [["proved", "violated"], ["violated", "violated"]]
    assert [(p.name, p.folded) for p in report.properties] == [
        ("no_runtime_fault", True),
        ("no_deadlock", True),
        ("ends", False),
        ("ends_soon", False),
        ("bounded_n", True),
        ("gives_up", False),
    ]
    assert (report.name, report.subject, report.file, report.settings) == ("doors", "Doors", "door.mmu", ((),))


def test_everything_comes_from_the_cache_the_second_time(door: Path) -> None:
    first = fill(door)
    assert cached(first) == [False] * 4
    second = fill(door)
    assert cached(second) == [True] * 4
    assert [c.verdicts for _, c in second.cells] == [c.verdicts for _, c in first.cells]


def test_a_kept_run_is_replayed_when_its_cell_is_opened(door: Path) -> None:
    fill(door)
    door.write_text("// moved down\n\n" + door.read_text().replace("param MAX", "fn earlier() { }\nparam MAX"))
    report = fill(door)
    assert cached(report) == [True] * 4, "an edit elsewhere keeps the cells"
    row, cell = report.rows[1], report.rows[1].cells[0]
    opened = mmu_smt.open_cell(report, row, cell)
    (checked,) = mmu_smt.check(door, variant="loud", config="quiet", properties=[p.name for p in report.properties])
    for mine, theirs in zip(opened.verdicts, checked.verdicts, strict=True):
        assert repr(mine.trace) == repr(theirs.trace)
        assert places(mine.trace) == places(theirs.trace)
    assert any(v.trace is not None and v.trace.loop_start is not None for v in opened.verdicts)
    assert opened.target == "door.mmu:loud"


def test_an_edit_of_one_variant_judges_its_row_alone(door: Path) -> None:
    fill(door)
    text = door.read_text()
    changed = text.replace("n = 0\n        return GO", "n = 1\n        return GO")
    assert changed != text
    door.write_text(changed)
    assert cached(fill(door)) == [True, True, False, False]


def test_options_and_sizes_have_cells_of_their_own(door: Path) -> None:
    fill(door)
    assert cached(fill(door, params={"MAX": 2})) == [False] * 4
    assert cached(fill(door, bound=2)) == [False] * 4
    assert cached(fill(door, seed=3)) == [False] * 4
    assert cached(fill(door, timeout=50.0)) == [True] * 4, "a verdict is not worth more or less under another deadline"
    assert cached(fill(door, cache=False)) == [False] * 4


def test_a_part_is_answered_by_the_whole_but_not_the_other_way_round(door: Path) -> None:
    part = fill(door, properties=["gives_up"], rows=["calm"], columns=["quiet + rush"])
    assert [(r.variant, [c.config for c in r.cells]) for r in part.rows] == [("calm", [("rush", "quiet")])]
    assert [v.property for v in part.rows[0].cells[0].verdicts] == ["gives_up"]
    assert cached(part) == [False]
    assert cached(fill(door)) == [False] * 4
    again = fill(door, properties=["ends"])
    assert cached(again) == [True] * 4
    assert words(again, "ends") == [["proved", "violated"], ["violated", "violated"]]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"rows": ["clam"]}, "MS507"),
        ({"columns": ["rush"]}, "MS504"),
        ({"settings": ["quiet"]}, "MS504"),
        ({"properties": ["end"]}, "MS503"),
    ],
)
def test_names_that_are_not_in_the_matrix(door: Path, options: dict[str, object], code: str) -> None:
    with pytest.raises(SpecError) as caught:
        fill(door, **options)
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_where_matrices_are_found(door: Path) -> None:
    folder = door.parent
    assert [f.matrix.name for f in matrices.find([str(folder)])] == ["doors"]
    assert [f.matrix.name for f in matrices.find(["door.mmu"])] == ["doors"]
    assert [f.matrix.name for f in matrices.find(["series"])] == ["series"], "one that comes with the tool"
    for paths, name, code in (([str(folder)], "odors", "MS513"), (["nothing"], None, "MS508"), (["seires"], None, "MS508")):
        with pytest.raises(SpecError) as caught:
            matrices.find(paths, name)
        assert caught.value.diagnostics[0].code == code
    assert "`series`" in caught.value.diagnostics[0].message
    door.write_text(DOOR)
    with pytest.raises(SpecError) as caught:
        matrices.find([str(folder)])
    assert caught.value.diagnostics[0].code == "MS513"


def test_a_property_that_a_variant_brings_with_it_does_not_apply_elsewhere(door: Path) -> None:
    door.write_text(DOOR + "variant new of calm { cover later { n' == 1 } }\nmatrix m { rows calm, new columns quiet properties later }")
    report = fill(door)
    assert words(report, "later") == [["inapplicable"], ["reached"]]
    assert report.rows[0].cells[0].verdict("later").by == "not declared in this variant"  # pyright: ignore[reportOptionalMemberAccess]


# ---------------------------------------------------------------------------------------------- what can go wrong


def test_an_interruption_keeps_what_is_finished(door: Path) -> None:
    def stop(step: Step) -> None:
        if step.done == 2:
            raise KeyboardInterrupt

    first = fill(door, watch=stop, jobs=1)
    assert first.interrupted
    states = [cell.state for _, cell in first.cells]
    assert states.count(CellState.JUDGED) == 2
    assert states.count(CellState.MISSING) == 2
    second = fill(door)
    assert not second.interrupted
    assert [c.cached for _, c in second.cells] == [s is CellState.JUDGED for s in states]


def test_a_damaged_cell_is_judged_again(door: Path) -> None:
    first = fill(door)
    files = sorted((door.parent / "cells").rglob("*.json"))
    assert len(files) == 4
    files[0].write_bytes(files[0].read_bytes()[:-20])
    second = fill(door)
    assert sorted(cached(second)) == [False, True, True, True]
    (note,) = second.notes
    assert note.code == "MS514"
    assert str(files[0].relative_to(door.parent)) in note.message
    assert [[v.word for v in c.verdicts] for _, c in second.cells] == [[v.word for v in c.verdicts] for _, c in first.cells]
    assert cached(fill(door)) == [True] * 4


def test_a_kept_run_that_is_none_is_refused(door: Path) -> None:
    report = fill(door)
    row, cell = report.rows[1], report.rows[1].cells[0]
    assert cell.verdicts[2].evidence is not None
    broken = cell.verdicts[2].evidence.replace('"n": 1', '"n": 2')
    assert broken != cell.verdicts[2].evidence
    from dataclasses import replace

    verdicts = tuple(replace(v, evidence=broken) if i == 2 else v for i, v in enumerate(cell.verdicts))
    with pytest.raises(Damaged, match="does not replay"):
        mmu_smt.open_cell(report, row, replace(cell, verdicts=verdicts))


def test_a_process_that_dies_costs_its_own_cell_only(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = matrices.judge

    def dying(request: matrices.Request, send: Send) -> None:
        if request.program.variant == "loud" and request.config.name == "quiet":
            os.kill(os.getpid(), signal.SIGKILL)
        judge(request, send)

    with monkeypatch.context() as patched:
        patched.setattr(matrices, "judge", dying)
        report = fill(door)
    assert [c.state for _, c in report.cells] == [CellState.JUDGED, CellState.JUDGED, CellState.FAILED, CellState.JUDGED]
    problem = report.rows[1].cells[0].problem
    assert problem is not None
    assert problem.code == "MS901"
    assert "SIGKILL" in problem.message
    assert problem.notes[0].message == "reproduce: mmu-smt check door.mmu:loud --config quiet"
    assert cached(fill(door)) == [True, True, False, True]


def test_a_process_that_exceeds_its_time_is_unknown_and_kept_with_its_budget(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = matrices.judge

    def slow(request: matrices.Request, send: Send) -> None:
        if request.program.variant == "calm":
            time.sleep(600)
        judge(request, send)

    with monkeypatch.context() as patched:
        patched.setattr(matrices, "judge", slow)
        patched.setattr(matrices, "GRACE", 0.2)
        report = fill(door, timeout=3.0)
    first = report.rows[0].cells[0]
    assert {(v.word, v.reason) for v in first.verdicts} == {(Word.UNKNOWN, UnknownReason.TIME)}
    assert "was ended" in first.verdicts[0].phase
    assert words(report, "ends")[1] == ["violated", "violated"]
    assert cached(fill(door, timeout=3.0)) == [True] * 4
    assert cached(fill(door, timeout=60.0)) == [False, False, True, True]
    assert words(fill(door, timeout=3.0), "ends") == [["proved", "violated"], ["violated", "violated"]], "a verdict beats an `unknown`"


def test_cells_that_ran_out_of_time_can_be_judged_again(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(matrices, "judge", lambda _request, _send: time.sleep(600))
        patched.setattr(matrices, "GRACE", 0.0)
        fill(door, timeout=0.3)
    assert cached(fill(door, timeout=0.3)) == [True] * 4
    with monkeypatch.context() as patched:
        patched.setattr(matrices, "GRACE", 60.0)
        assert cached(fill(door, timeout=0.3, retry=True)) == [False] * 4


def test_what_was_settled_in_time_is_kept_when_the_process_is_ended(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The solver is done, and the replays take for ever: proofs stand, and a run that was not replayed is not believed."""

    def stuck(*_args: object, **_options: object) -> None:
        time.sleep(600)

    with monkeypatch.context() as patched:
        patched.setattr("mmu_smt.api.simplify.simplify_trace", stuck)
        patched.setattr(matrices, "GRACE", 0.0)
        report = fill(door, timeout=6.0, rows=["loud"], columns=["quiet"])
    ((_, cell),) = report.cells
    assert cell.state is CellState.JUDGED
    found = {v.property: (v.word, v.reason) for v in cell.verdicts}
    assert found["bounded_n"] == (Word.PROVED, None)
    assert found["gives_up"] == (Word.UNREACHABLE, None)
    assert found["ends"] == (Word.UNKNOWN, UnknownReason.TIME)


@pytest.mark.parametrize("error", [ValueError("odd"), RecursionError("deep")])
def test_an_exception_in_a_process_is_reported(door: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(matrices, "check_program", broken)
    report = fill(door, rows=["calm"], columns=["quiet"])
    ((_, cell),) = report.cells
    assert cell.state is CellState.FAILED
    assert cell.problem is not None
    assert (cell.problem.code, str(error) in cell.problem.message) == ("MS900", True)


def test_a_cache_that_cannot_be_written_is_a_warning(door: Path) -> None:
    blocked = door.parent / "file"
    blocked.write_text("no folder")
    report = fill(door, cache=blocked / "cells")
    assert words(report, "ends") == [["proved", "violated"], ["violated", "violated"]]
    assert [n.code for n in report.notes] == ["MS515"], "said once"
