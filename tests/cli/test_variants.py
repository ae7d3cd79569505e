"""`mmu-smt diff`, `new` and `watch` on the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import msgspec
import pytest

from mmu_smt.api import workers
from mmu_smt.cli.exits import Exit
from mmu_smt.report.difference_json import DiffDocument, diff_schema_text
from tests.cli.support import DOOR, Command

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "diff-result.schema.json"
TOOL = Path(sysconfig.get_path("scripts")) / "mmu-smt"


# ---------------------------------------------------------------------------------------------- diff


def test_diff_says_where_they_differ(folder: Path, mmu_smt: Command) -> None:
    ran = mmu_smt("diff", "door.mmu:calm", "door.mmu:loud")
    assert ran.code == Exit.FAILED
    assert "they differ exactly when\n" in ran.out
    assert "n != 0\n   and decide (door.mmu:43): n != MAX\n" in ran.out  # with n == 0 the reset changes nothing
    assert "changes ends proved -> violated" in ran.out
    assert "state: a state that calm reaches in 1 step" in ran.out
    assert "+    n = 0" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_diff_of_equivalent_ones_is_zero(folder: Path, mmu_smt: Command) -> None:
    (folder / "same.mmu").write_text('import door\nvariant same of calm "the same" { }\n', encoding="utf-8")
    ran = mmu_smt("diff", "door.mmu:calm", "same.mmu", "-p", "ends")
    assert ran.code == Exit.OK
    assert "equivalent: the same in every state" in ran.out
    assert "verdicts: 0 changed, 1 the same" in ran.out


def test_diff_without_time_is_open(folder: Path, mmu_smt: Command) -> None:
    assert mmu_smt("diff", "door.mmu:calm", "door.mmu:loud", "--no-verdicts", "--timeout", "0").code == Exit.OPEN


def test_diff_json_is_as_published(folder: Path, mmu_smt: Command) -> None:
    ran = mmu_smt("diff", "door.mmu:calm", "door.mmu:loud", "--json")
    document = msgspec.json.decode(ran.out, type=DiffDocument)
    assert ran.code == document.exit_code == Exit.FAILED
    found = document.difference
    assert found is not None
    assert (found.word, found.exact, found.complete) == ("differs", True, True)
    (part,) = found.parts
    assert part.reached == "yes"
    assert part.witness is not None
    assert part.witness.leads == 1  # counted from 1
    assert [t.name for t in found.texts] == ["decide"]
    assert {v.property for v in found.verdicts if v.changed} == {"ends", "ends_soon", "gives_up", "gives_up_late"}
    schema = SCHEMA.read_text(encoding="utf-8")
    assert schema == diff_schema_text()
    jsonschema.validate(msgspec.json.decode(ran.out), msgspec.json.decode(schema))


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("door.mmu:calm", "door.mmu:load"), "MS507"),
        (("door.mmu", "door.mmu:loud"), "MS518"),
        (("door.mmu:calm", "door.mmu:loud", "-p", "end"), "MS503"),
        (("door.mmu:calm", "door.mmu:loud", "-c", "rish"), "MS504"),
        (("door.mmu:calm", "door.mmu:loud", "--timeout", "-1"), "MS505"),
    ],
)
def test_diff_refuses(folder: Path, mmu_smt: Command, args: tuple[str, ...], code: str) -> None:
    ran = mmu_smt("diff", *args)
    assert ran.code == Exit.USAGE
    assert f"[{code}]" in ran.err
    as_json = mmu_smt("diff", *args, "--json")
    assert as_json.code == Exit.USAGE
    if code != "MS505":
        assert msgspec.json.decode(as_json.out)["diagnostics"][0]["code"] == code


# ---------------------------------------------------------------------------------------------- new


def test_new_writes_what_check_takes_at_once(folder: Path, mmu_smt: Command) -> None:
    made = mmu_smt("new", "mine", "--of", "door.mmu:calm")
    assert (made.code, made.err) == (Exit.OK, "")
    assert "mine.mmu: variant mine of calm, overrides decide" in made.out
    text = (folder / "mine.mmu").read_text(encoding="utf-8")
    assert text.startswith('import door\n\nvariant mine of calm "what it changes" {\n    override handler decide() -> Answer {\n')
    assert "// expect mine in alone {" in text
    assert mmu_smt("fmt", "--check", "mine.mmu").code == Exit.OK
    assert mmu_smt("diff", "door.mmu:calm", "mine.mmu").code == Exit.OK
    words = [r.out.split()[-1] if r.out else "" for r in (mmu_smt("check", "mine.mmu"), mmu_smt("check", "door.mmu:calm"))]
    assert words[0] == words[1]


def test_the_expectations_are_ready_to_be_used(folder: Path, mmu_smt: Command) -> None:
    mmu_smt("new", "mine", "--of", "door.mmu:calm")
    path = folder / "mine.mmu"
    lines = [line.removeprefix("// ") for line in path.read_text(encoding="utf-8").splitlines() if "What you expect" not in line]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert mmu_smt("test", "mine.mmu").code == Exit.OK


def test_new_overrides_what_is_named(folder: Path, mmu_smt: Command) -> None:
    made = mmu_smt("new", "mine", "--of", "door.mmu:loud", "--override", "act", "--override", "decide", "--path", "other.mmu")
    assert made.code == Exit.OK
    text = (folder / "other.mmu").read_text(encoding="utf-8")
    assert text.index("override step act() by guest when !done {") < text.index("override handler decide() -> Answer {")
    assert "n = 0\n" in text  # loud's text, not calm's
    assert mmu_smt("diff", "door.mmu:loud", "other.mmu", "--no-verdicts").code == Exit.OK


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("mine", "--of", "v2_0"), "did you mean `v2_20`? [MS508]"),
        (("mine", "--of", "door.mmu:cam"), "did you mean `calm`? [MS507]"),
        (("mine", "--of", "door.mmu"), "[MS518]"),
        (("mine", "--of", "door.mmu:calm", "--override", "decde"), "did you mean `decide`? [MS113]"),
        (("calm", "--of", "door.mmu:calm"), "declared twice [MS103]"),
        (("door", "--of", "door.mmu:calm"), "--force writes over it [MS550]"),
        (("9", "--of", "door.mmu:calm"), "no name for a variant [MS550]"),
        (("if", "--of", "door.mmu:calm"), "[MS004]"),
        (("mine", "--of", "door.mmu:calm", "--path", "mine.txt"), "ends in .mmu [MS550]"),
        (("mine", "--of", "door.mmu:calm", "--path", "below/mine.mmu"), "cannot import door.mmu"),
        (("mine", "--of", "v2_04", "--path", "nowhere/mine.mmu"), "cannot be written"),
    ],
)
def test_new_refuses(folder: Path, mmu_smt: Command, args: tuple[str, ...], said: str) -> None:
    before = sorted(p.name for p in folder.iterdir())
    ran = mmu_smt("new", *args)
    assert ran.code == Exit.USAGE
    assert said in ran.err
    assert sorted(p.name for p in folder.iterdir()) == before


def test_new_writes_over_a_file_only_by_force(folder: Path, mmu_smt: Command) -> None:
    (folder / "mine.mmu").write_text("mine", encoding="utf-8")
    assert mmu_smt("new", "mine", "--of", "door.mmu:calm").code == Exit.USAGE
    assert (folder / "mine.mmu").read_text(encoding="utf-8") == "mine"
    assert mmu_smt("new", "mine", "--of", "door.mmu:calm", "--force").code == Exit.OK
    assert mmu_smt("check", "mine.mmu", "-p", "ends").code == Exit.OK


# ---------------------------------------------------------------------------------------------- watch


class Watched:
    """The command in a process of its own, read line by line."""

    def __init__(self, folder: Path, *args: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(TOOL), "watch", *args],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self.text = ""

    def until(self, *wanted: str, seconds: float = 60.0) -> str:
        """What is said from now on, until all of it has been said."""
        assert self._process.stdout is not None
        start, deadline = len(self.text), time.monotonic() + seconds
        self.text += (self._process.stdout.read() or b"").decode()
        while not all(w in self.text[start:] for w in wanted):
            assert time.monotonic() < deadline, f"waited for {wanted}, got:\n{self.text[start:]}"
            assert self._process.poll() is None, self.text
            self.text += (self._process.stdout.read() or b"").decode()
            time.sleep(0.02)
        return self.text[start:]

    def end(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(30)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(30)


@pytest.fixture
def watched(folder: Path) -> Iterator[Watched]:
    if not workers.available():
        pytest.skip("this system cannot copy a process")
    found = Watched(folder, "door.mmu:calm", "--cache", str(folder / "kept"))
    yield found
    found.kill()


def test_watch_tells_what_changes(folder: Path, watched: Watched) -> None:
    path = folder / "door.mmu"
    first = watched.until("watching door.mmu:calm; Ctrl-C ends")
    assert "  ends" in first
    assert "7 judged, 0 known" in first
    path.write_text(DOOR.replace("return STOP @gave_up", "retrun STOP", 1), encoding="utf-8")
    assert "saved door.mmu\ndoor.mmu:13:16: error:" in watched.until("saved door.mmu", "error:", "^")
    path.write_text(DOOR.replace("return STOP @gave_up", "n = 0 return GO", 1), encoding="utf-8")
    changed = watched.until(" judged, ")
    assert "  calm: ends: proved -> violated (loop of" in changed
    assert " unchanged\n" in changed
    path.write_text(DOOR, encoding="utf-8")
    back = watched.until(" judged, ")
    assert "  calm: ends: violated -> proved\n" in back
    assert "0 judged, 7 known" in back  # nothing is judged twice
    assert watched.end() == Exit.INTERRUPTED


def test_watch_knows_what_an_earlier_one_judged(folder: Path, mmu_smt: Command) -> None:
    args = ("watch", "door.mmu:loud", "--runs", "1", "--cache", str(folder / "kept"))
    assert "7 judged, 0 known" in mmu_smt(*args).out
    again = mmu_smt(*args)
    assert (again.code, "0 judged, 7 known" in again.out) == (Exit.OK, True)
    assert "ends" in again.out


def test_watch_sees_an_import_change(folder: Path) -> None:
    (folder / "mine.mmu").write_text('import door\nvariant mine of calm "mine" { }\n', encoding="utf-8")
    found = Watched(folder, "mine.mmu", "-p", "ends", "--no-cache")
    try:
        found.until("watching mine.mmu and 1 import")
        (folder / "door.mmu").write_text(DOOR.replace("return STOP @gave_up", "n = 0 return GO", 1), encoding="utf-8")
        assert "saved door.mmu\n  mine: ends: proved -> violated" in found.until("judged")
    finally:
        found.kill()


SLOW = """\
state n: u64 = 1
state m: u64 = 1
step act() by guest {{
    n = n * m + {odd}
    m = m * m + n
}}
invariant missed {{ n != 3141592653589793238 }}
"""


def test_a_save_during_a_check_ends_it(folder: Path) -> None:
    path = folder / "slow.mmu"
    path.write_text(SLOW.format(odd=7), encoding="utf-8")
    found = Watched(folder, "slow.mmu", "-p", "missed", "--no-cache", "--timeout", "600")
    try:
        for odd in range(9, 400, 2):  # until one comes in time
            time.sleep(0.3)
            path.write_text(SLOW.format(odd=odd), encoding="utf-8")
            if "begins again" in found.until():
                break
        path.write_text("state n: 0..1 = 0\nstep act() by guest { n = 1 - n }\ninvariant missed { n < 2 }\n", encoding="utf-8")
        assert "missed  proved" in found.until("watching slow.mmu")
        assert "saved slow.mmu during the check: it begins again" in found.text
    finally:
        found.kill()


@pytest.mark.parametrize(
    ("args", "code"), [(("nothing.mmu",), "MS508"), (("door.mmu", "--runs", "0"), "MS505"), (("door.mmu", "-p", "x"), "MS503")]
)
def test_watch_refuses(folder: Path, mmu_smt: Command, args: tuple[str, ...], code: str) -> None:
    ran = mmu_smt("watch", *args, *(() if "--runs" in args else ("--runs", "1")))
    assert f"[{code}]" in ran.out + ran.err
    assert ran.code == Exit.USAGE
