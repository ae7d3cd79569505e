"""The other commands, usage errors, and output that cannot be written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from io import BytesIO, TextIOWrapper
from pathlib import Path

import msgspec
import pytest

from mmu_smt.report.json_runs import RunDocument, TestDocument
from mmu_smt.syntax.codes import CATALOGUE
from tests.cli.support import DOOR, Command, write

ROOT = Path(__file__).resolve().parents[2]


def process(*args: str, **more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "import sys; from mmu_smt.cli.app import main; sys.exit(main())", *args]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, **more)  # type: ignore[call-overload, no-any-return]


def test_expectations(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("test", ".")
    assert ran.code == 0, ran.out + ran.err
    assert "ok   calm in quiet: ends: proved\n" in ran.out
    assert ran.out.splitlines()[-1].startswith("8 expectations: 8 met (")


def test_missed_expectation_is_an_error_at_its_place(mmu_smt: Command, folder: Path) -> None:
    write(folder, [("door.mmu", DOOR.replace("{ ends: violated }", "{ ends: proved | bounded(2) }"))])
    ran = mmu_smt("test", "door.mmu")
    assert ran.code == 1
    assert "error: calm in rush: ends: expected proved | bounded(2), got violated (loop of" in ran.out
    assert "[MS705]" in ran.out
    assert "8 expectations: 7 met, 1 missed" in ran.out


def test_bounded_expectation_is_checked_with_its_bound(mmu_smt: Command, folder: Path) -> None:
    write(folder, [("door.mmu", DOOR + "expect calm { gives_up: bounded(2) }\n")])
    ran = mmu_smt("test", "door.mmu")
    assert ran.code == 0
    assert "gives_up: bounded(2)" in ran.out


def test_unusable_file_does_not_hide_the_others(mmu_smt: Command, folder: Path) -> None:
    write(folder, [("broken.mmu", "state n: 0..\n")])
    ran = mmu_smt("test", ".")
    assert ran.code == 2
    assert "broken.mmu: cannot be tested" in ran.err
    assert "8 expectations: 8 met, 1 file unusable" in ran.out


def test_nothing_to_test(mmu_smt: Command, folder: Path) -> None:
    write(folder, [("plain.mmu", "state n: 0..3\n")])
    assert mmu_smt("test", "plain.mmu").code == 2
    assert mmu_smt("test", "missing").code == 2
    assert mmu_smt("test").code == 2


def test_run_is_repeatable(mmu_smt: Command, folder: Path) -> None:
    first = mmu_smt("run", "door.mmu:calm", "--seed", "3", "-n", "5")
    assert first.code == 0, first.err
    assert "   1    guest act\n" in first.out
    assert mmu_smt("run", "door.mmu:calm", "--seed", "3", "-n", "5").out == first.out


def test_list(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("list", "door.mmu")
    assert ran.code == 0
    assert all(word in ran.out for word in ("calm", "loud", "MAX", "= 3", "quiet", "nobody interferes", "ends", "Acting comes to an end."))


def test_format(mmu_smt: Command, folder: Path) -> None:
    write(folder, [("ugly.mmu", "state   n:0..3;\n// kept\n"), ("broken.mmu", "state n: 0..\n")])
    assert mmu_smt("fmt", "--check", "ugly.mmu").code == 1
    before = (folder / "ugly.mmu").read_text(encoding="utf-8")
    assert before == "state   n:0..3;\n// kept\n"
    (folder / "ugly.mmu").chmod(0o640)
    ran = mmu_smt("fmt", "ugly.mmu")
    assert (ran.code, ran.out) == (0, "reformatted ugly.mmu\n")
    after = (folder / "ugly.mmu").read_text(encoding="utf-8")
    assert "state n: 0..3\n" in after
    assert "// kept" in after
    assert (folder / "ugly.mmu").stat().st_mode & 0o777 == 0o640
    assert mmu_smt("fmt", "--check", "ugly.mmu").code == 0
    assert mmu_smt("fmt", "broken.mmu", "ugly.mmu").code == 2
    assert sorted(p.name for p in folder.iterdir()) == ["broken.mmu", "door.mmu", "ugly.mmu"]


@pytest.mark.parametrize(
    ("given", "code", "shown"),
    [(b"state  n:0..3", 0, "state n: 0..3\n"), (b"state n:", 2, "<stdin>:1:"), (b"\xff", 2, "[MS011]")],
)
def test_format_from_standard_input(mmu_smt: Command, monkeypatch: pytest.MonkeyPatch, given: bytes, code: int, shown: str) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(given)))
    ran = mmu_smt("fmt", "-")
    assert ran.code == code
    assert shown in (ran.out if code == 0 else ran.err)


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_code_is_explained(mmu_smt: Command, code: str) -> None:
    ran = mmu_smt("explain", code)
    assert ran.code == 0
    assert ran.out.startswith(f"{code} ")
    assert len(ran.out.splitlines()) > 3


def test_explain_takes_names_and_refuses_others(mmu_smt: Command) -> None:
    assert mmu_smt("explain", CATALOGUE["MS701"].slug).code == 0
    ran = mmu_smt("explain", "MS7O1")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `MS701`?" in ran.err


@pytest.mark.parametrize("args", [["--help"], ["check", "--help"], ["--version"]])
def test_help(mmu_smt: Command, args: list[str]) -> None:
    ran = mmu_smt(*args)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out


@pytest.mark.parametrize("args", [["chekc"], ["check"], ["fmt"], ["check", "--nonsense", "x"], ["check", "x.mmu", "-k", "many"], ["run"]])
def test_usage_errors_exit_2(mmu_smt: Command, args: list[str]) -> None:
    ran = mmu_smt(*args)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")


def test_help_names_every_exit_code(mmu_smt: Command) -> None:
    text = " ".join(mmu_smt("--help").out.split())
    assert all(f"{code} " in text for code in (0, 1, 2, 3, 4, 5, 130))


def test_light_commands_import_no_solver() -> None:
    heavy = ("z3", "rich", "lark", "msgspec")
    script = f"import sys; from mmu_smt.cli.app import main; main(['explain', 'MS701']); print([m for m in {heavy} if m in sys.modules])"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        running = process("explain", "MS701", stdout=full)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "[MS509]" in err
    assert "Traceback" not in err


def test_reader_that_goes_away() -> None:
    read, written = os.pipe()
    os.close(read)
    running = process("explain", "MS701", stdout=written)
    os.close(written)
    _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (2, "")


def test_terminal_gets_colours_unless_told_otherwise(tmp_path: Path) -> None:
    write(tmp_path, [("door.mmu", DOOR)])
    command = [sys.executable, "-c", "import sys; from mmu_smt.cli.app import main; sys.exit(main())", "check", "door.mmu:loud"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    shown: dict[bool, str] = {}
    for colour in (True, False):
        mine, theirs = os.openpty()
        flags = [] if colour else ["--no-color"]
        running = subprocess.Popen([*command, *flags], env=env, cwd=tmp_path, stdout=theirs, stderr=subprocess.DEVNULL)
        os.close(theirs)
        text = b""
        with suppress(OSError):  # the end of a terminal is an error
            while part := os.read(mine, 4096):
                text += part
        os.close(mine)
        assert running.wait(timeout=60) == 1
        shown[colour] = text.decode()
    assert "\x1b[1;31merror:" in shown[True]
    assert "\x1b" not in shown[False]


def test_run_as_json(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("run", "door.mmu:calm", "-n", "3", "--seed", "5", "--json")
    assert (ran.code, ran.err) == (0, "")
    read = msgspec.json.decode(ran.out, type=RunDocument)
    assert (read.target, read.config, read.seed, read.exit_code) == ("door.mmu:calm", None, 5, 0)
    assert read.run is not None
    assert (read.run.variant, len(read.run.trace.steps)) == ("calm", 3)
    assert read.run.trace.steps[0].after["n"] == 1
    missing = mmu_smt("run", "dor.mmu", "--config", "a,b", "--json")
    assert (missing.code, missing.err) == (2, "")
    read = msgspec.json.decode(missing.out, type=RunDocument)
    assert (read.run, read.exit_code, read.config, [d.code for d in read.diagnostics]) == (None, 2, ("a", "b"), ["MS508"])


def test_expectations_as_json(mmu_smt: Command, folder: Path) -> None:
    write(folder, [("door.mmu", DOOR + "expect calm { ends: violated | bounded(2)  gives_up: reached }\n"), ("broken.mmu", "state n\n")])
    ran = mmu_smt("test", ".", "--json")
    assert (ran.code, ran.err) == (2, "")
    read = msgspec.json.decode(ran.out, type=TestDocument)
    assert read.exit_code == 2
    assert [u.file for u in read.unusable] == ["broken.mmu"]
    (missed,) = (o for o in read.outcomes if not o.met)
    assert (missed.variant, missed.property, missed.wanted, missed.verdict) == ("calm", "ends", ("violated", "bounded(2)"), "proved")
    assert missed.place.file == "door.mmu"
    nothing = mmu_smt("test", "nowhere", "--json")
    assert (nothing.code, nothing.err) == (2, "")
    assert [d.code for d in msgspec.json.decode(nothing.out, type=TestDocument).diagnostics] == ["MS508"]


def test_ascii_terminal_gets_ascii(tmp_path: Path) -> None:
    write(tmp_path, [("door.mmu", DOOR.replace("cover gives_up", "cover gives_up in rush"))])
    command = [sys.executable, "-c", "import sys; from mmu_smt.cli.app import main; sys.exit(main())", "check", "door.mmu:calm"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "  gives_up          -       " in ran.stdout


# The product of two large primes: the solver has something to do when it is interrupted.
FAR = """\
const a: u64
const b: u64
assume no_trivial_factor { a > 1 && b > 1 && a < 0x10000000 && b < 0x10000000 }
state n: bool = false
step stay() by guest { n = false }
invariant no_factors { a * b != 72057547880202033 }
"""


def test_interrupt_of_a_running_check(tmp_path: Path) -> None:
    write(tmp_path, [("far.mmu", FAR)])
    running = process("check", "far.mmu", "-p", "no_factors", cwd=tmp_path, stdout=subprocess.PIPE)
    time.sleep(4)
    assert running.poll() is None, "it was to be interrupted at work"
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 3, err
    assert "unknown: interrupted [MS502]" in out
    assert "Traceback" not in err
