"""`mmu-smt check` from end to end, in this process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mmu_smt import api
from mmu_smt.engines.check import _Check
from mmu_smt.engines.result import EngineResult
from mmu_smt.report.json_report import CheckDocument
from mmu_smt.witness.serialise import candidate_from_json
from mmu_smt.witness.verdicts import Word
from tests.cli.support import Command, write

BROKEN = "state n: 0..3 = 0\ninvariant x { n <= oops }\n"


def test_every_variant_of_a_file(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", "door.mmu")
    assert ran.code == 1
    assert ran.err == ""
    assert ran.out.startswith("calm in alone (MAX=3)\n")
    assert ran.out.index("error: ends violated [MS701]") < ran.out.index("\nloud in alone (MAX=3)\n")


def test_one_variant_of_a_file(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", "door.mmu:calm")
    assert ran.code == 0, ran.out + ran.err
    assert "error" not in ran.out
    assert "loud" not in ran.out


def test_one_property_prints_its_lasso(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", "door.mmu:loud", "-p", "ends")
    assert ran.code == 1
    assert ran.out.startswith(
        "door.mmu:33:10: error: ends violated [MS701]\n  loop of 1 step after 1 step in loud; Acting comes to an end.\n"
    )
    assert "-+ back to 1: every state variable is as it was\n" in ran.out
    assert "  reproduce: mmu-smt check door.mmu:loud -p ends -k 2\n" in ran.out
    assert len(ran.out.splitlines()) <= 24


def test_reproduce_line_reproduces(mmu_smt: Command, folder: Path) -> None:
    first = mmu_smt("check", "door.mmu:loud", "-p", "ends", "-D", "MAX=2")
    (command,) = (row for row in first.out.splitlines() if row.startswith("  reproduce: "))
    words = command.split()[2:]
    assert "-D" in words
    again = mmu_smt(*words)
    assert again.out == first.out


def test_configs_are_joined_and_env_steps_named(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", "door.mmu:calm", "-p", "ends", "--config", "quiet,rush")
    assert ran.code == 1
    assert "needs: 1 env step in the loop: push_back" in ran.out
    assert "config quiet+rush" in ran.out
    assert "act weakly fair" in ran.out


def test_covers_are_traced_when_asked_for(mmu_smt: Command, folder: Path) -> None:
    quiet = mmu_smt("check", "door.mmu:calm")
    asked = mmu_smt("check", "door.mmu:calm", "-p", "gives_up")
    assert "note: gives_up reached" not in quiet.out
    assert "note: gives_up reached" in asked.out
    assert (quiet.code, asked.code) == (0, 0)


def test_bound(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", "door.mmu:calm", "-p", "gives_up", "-k", "1")
    assert ran.code == 3
    assert "bounded(1)" in ran.out
    assert mmu_smt("check", "door.mmu:calm", "-p", "gives_up", "-k", "1", "--accept-bounded").code == 0


TWOS = """\
state n: 0..61 = 0
step up() by guest when n < 60 { n += 2 }
terminal n == 60
invariant odd { n == 41 => n > 3 }
"""


def test_a_bound_that_leaves_vacuity_open(mmu_smt: Command, folder: Path) -> None:
    write(folder, [("twos.mmu", TWOS)])
    ran = mmu_smt("check", "twos.mmu", "-p", "odd", "-k", "3")
    assert ran.code == 3
    assert "twos.mmu:4:11: warning: odd proved, vacuity undecided: the bound is exhausted [MS706]\n" in ran.out
    assert mmu_smt("check", "twos.mmu", "-p", "odd", "-k", "3", "--accept-bounded").code == 0
    assert mmu_smt("check", "twos.mmu", "-p", "odd").code == 4


def test_interruption_while_only_vacuity_is_open(mmu_smt: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, [("twos.mmu", TWOS)])

    def stop(check: Any, depth: int) -> None:
        if depth == 3:
            raise KeyboardInterrupt
        at_depth(check, depth)

    at_depth = _Check._at_depth
    monkeypatch.setattr(_Check, "_at_depth", stop)
    ran = mmu_smt("check", "twos.mmu", "door.mmu:calm", "-p", "odd")
    assert ran.code == 3
    assert "odd proved, vacuity undecided: interrupted [MS706]" in ran.out
    assert ran.err == "", "the second target is not looked at"


def test_timeout_of_nothing_leaves_everything_unknown(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", "door.mmu:loud", "-p", "ends", "--timeout", "0")
    assert ran.code == 3
    assert "unknown: time [MS501]" in ran.out


def test_bundled_variant_is_found_by_name_without_a_file(mmu_smt: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = next(iter(api.bundled()))
    ran = mmu_smt("list", name)
    assert ran.code == 0
    assert name in ran.out


def test_json_document(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", "door.mmu", "--json")
    assert (ran.code, ran.err) == (1, "")
    read = msgspec.json.decode(ran.out, type=CheckDocument)
    assert read.exit_code == 1
    assert [r.variant for r in read.results] == ["calm", "loud"]
    ends = {v.property: v for v in read.results[1].verdicts}["ends"]
    assert ends.trace is not None
    assert ends.trace.loop_start is not None
    before = ends.trace.steps[ends.trace.loop_start - 1].after if ends.trace.loop_start else ends.trace.initial
    assert ends.trace.steps[-1].after == before


def test_json_carries_specification_errors(mmu_smt: Command, folder: Path) -> None:
    write(folder, [("broken.mmu", BROKEN)])
    ran = mmu_smt("check", "broken.mmu", "door.mmu:calm", "--json")
    assert (ran.code, ran.err) == (2, "")
    read = msgspec.json.decode(ran.out, type=CheckDocument)
    assert [d.place.line for d in read.diagnostics if d.place is not None] == [2]
    assert len(read.results) == 1


def test_specification_errors_go_to_standard_error(mmu_smt: Command, folder: Path) -> None:
    write(folder, [("broken.mmu", BROKEN)])
    ran = mmu_smt("check", "broken.mmu")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("broken.mmu:2:20: error: ")
    assert "    2 | invariant x { n <= oops }\n      |                    ^^^^\n" in ran.err


def test_all_targets_are_checked_and_the_worst_code_wins(mmu_smt: Command, folder: Path) -> None:
    write(folder, [("broken.mmu", BROKEN)])
    ran = mmu_smt("check", "broken.mmu", "door.mmu:loud", "door.mmu:calm", "-p", "ends")
    assert ran.code == 2
    assert "calm in alone" in ran.out
    assert "loud in alone" in ran.out
    assert mmu_smt("check", "door.mmu:loud", "door.mmu:calm", "-p", "ends").code == 1


def test_stats(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", "door.mmu:calm", "-p", "ends", "--stats")
    assert "lower" in ran.out
    assert " s\n" in ran.out


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["-p", "end"], "MS503", ["there is no property `end`; did you mean `ends`?", "properties: no_runtime_fault, no_deadlock"]),
        (["--config", "qiet"], "MS504", ["there is no config `qiet`; did you mean `quiet`?", "configs: quiet, rush, alone"]),
        (["-D", "MAXX=3"], "MS506", ["MAXX", "MAX"]),
        (["-D", "MAX=8"], "MS505", ["MAX"]),
        (["-D", "MAX=three"], "MS505", ["NAME=VALUE"]),
        (["-D", "MAX"], "MS505", ["NAME=VALUE"]),
        (["-D", "MAX=1", "-D", "MAX=2"], "MS505", ["twice"]),
        (["-k", "-1"], "MS505", ["--bound"]),
    ],
)
def test_requests_that_do_not_fit(mmu_smt: Command, folder: Path, args: list[str], code: str, words: list[str]) -> None:
    ran = mmu_smt("check", "door.mmu:calm", *args)
    assert (ran.code, ran.out) == (2, "")
    assert f"[{code}]" in ran.err
    assert all(word in ran.err for word in words), ran.err


@pytest.mark.parametrize(("target", "code"), [("nothing.mmu", "MS"), ("door.mmu:clam", "MS507"), ("./", "MS"), ("no_such_variant", "MS50")])
def test_targets_that_do_not_exist(mmu_smt: Command, folder: Path, target: str, code: str) -> None:
    ran = mmu_smt("check", target)
    assert (ran.code, ran.out) == (2, "")
    assert f"[{code}" in ran.err


def test_a_folder_is_no_specification_but_may_hold_some(mmu_smt: Command, folder: Path) -> None:
    (folder / "many").mkdir()
    write(folder, [(f"many/m{i}.mmu", "") for i in range(7)])
    (folder / "none.mmu").mkdir()
    for target, note in (("many", "many/m0.mmu, many/m1.mmu, many/m2.mmu, many/m3.mmu, many/m4.mmu, …\n"), ("many/", "m4.mmu, …\n")):
        ran = mmu_smt("check", target)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"error: `{target}` is a folder, not a file [MS508]\n  note: specifications in it: ")
        assert ran.err.endswith(note)
    bundled = next(iter(api.bundled()))
    (folder / bundled).mkdir()
    assert mmu_smt("list", bundled).code == 0, "a folder of the same name does not hide a variant"
    assert mmu_smt("check", "none.mmu").err == "error: `none.mmu` is a folder, not a file [MS508]\n"


def test_unreadable_text(mmu_smt: Command, folder: Path) -> None:
    (folder / "bytes.mmu").write_bytes(b"state \xff\x00")
    assert mmu_smt("check", "bytes.mmu").code == 2


def test_counterexample_that_does_not_replay(mmu_smt: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmu_smt.interpret import replay

    def refuse(*_args: object, **_more: object) -> object:
        raise replay.ReplayMismatch("n is 1, not 2", 0)

    monkeypatch.setattr(replay, "replay", refuse)
    monkeypatch.setattr("mmu_smt.api.simplify.replay", refuse)
    ran = mmu_smt("check", "door.mmu:loud", "-p", "ends")
    assert ran.code == 5
    assert "[MS601]" in ran.err
    assert "n is 1, not 2" in ran.err
    saved = folder / "mmu-smt-unconfirmed-ends.json"
    assert str(saved) in ran.err
    assert candidate_from_json(saved.read_text(encoding="utf-8")).loop_start is not None


def test_unexpected_errors_are_one_line(mmu_smt: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_more: object) -> object:
        raise RuntimeError("a\nsurprise")

    monkeypatch.setattr(api, "load", fail)
    ran = mmu_smt("check", "door.mmu")
    assert ran.code == 5
    assert ran.err.startswith("error: internal error: RuntimeError: a surprise [MS900]\n")
    assert "Traceback" not in ran.err
    monkeypatch.setenv("MMU_SMT_DEBUG", "1")
    with pytest.raises(RuntimeError):
        mmu_smt("check", "door.mmu")


def test_interruption_keeps_what_is_known(mmu_smt: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmu_smt.engines import check

    def stop(*_args: object, **_more: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "check_queries", stop)
    ran = mmu_smt("check", "door.mmu", "door.mmu:loud", "-p", "ends")
    assert ran.code == 3
    assert "unknown: interrupted [MS502]" in ran.out
    assert ran.out.count("in alone") == 1


def test_cross_check_agrees(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", "door.mmu", "--config", "rush", "--cross-check", "--stats")
    assert ran.code == 1, ran.err
    assert ran.out.count("cross-check") >= 2
    assert "agrees (" in ran.out


def test_cross_check_that_differs_is_an_internal_error(mmu_smt: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmu_smt.engines import check

    real = check.check_queries

    def lie(*args: Any, **more: Any) -> EngineResult:
        result = real(*args, **more)
        return replace(result, verdicts=tuple(replace(v, word=Word.PROVED, run=None, by="luck") for v in result.verdicts))

    monkeypatch.setattr(check, "check_queries", lie)
    assert mmu_smt("check", "door.mmu:loud", "-p", "ends").code == 0
    ran = mmu_smt("check", "door.mmu:loud", "-p", "ends", "--cross-check")
    assert ran.code == 5
    assert "engines disagree about ends: the solver says proved, explicit-state search violated in 2 steps" in ran.err
    assert "[MS602]" in ran.err
