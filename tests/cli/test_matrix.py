"""`mmu-smt matrix` as a user sees it: tables, files, exit codes, one cell, and interruptions of the real process."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from mmu_smt.api import matrices
from mmu_smt.api.workers import Send
from mmu_smt.report.matrix_json import MatrixDocument, encode_matrix
from tests.cli.support import DOOR, Command, write
from tests.compare.specs import STAGES

MATRIX = """
/// What the door does.
matrix doors "Doors & <other> things" {
    rows calm, loud
    columns quiet
    settings alone, rush
    properties ends, ends_soon, gives_up
}
"""

TABLE = """\
matrix doors (MAX=3)
  Doors & <other> things

rows
  calm  Stop at the end
  loud  Never stop
columns
  1  quiet
marks
  P, P7  proved for runs of any length (within K: 7 is the least K)
  V3     violated: a run of 3 transitions, none is shorter
  R3     reached by a run of 3 transitions
  U      unreachable: proved that no run of any length gets there

ends
  Acting comes to an end.
        alone  rush
        1      1
  calm  P      V2
  loud  V2     V2

ends_soon
        alone  rush
        1      1
  calm  P3     V2
  loud  V2     V2

gives_up
        alone  rush
        1      1
  calm  R4     R4
  loud  U      U

invariants
  The worst of: no_runtime_fault, no_deadlock, bounded_n
        alone  rush
        1      1
  calm  P      P
  loud  P      P

4 cells: 14 proved, 6 violated, 2 reached, 2 unreachable
open a cell: mmu-smt matrix doors.mmu --cell ROW,CONFIG[,PROPERTY]
"""


@pytest.fixture
def doors(folder: Path) -> Path:
    write(folder, [("doors.mmu", DOOR + MATRIX)])
    return folder


ASKED = ("matrix", "doors.mmu", "--cache", "cells", "--jobs", "2", "--timeout", "60")


def test_table_is_the_same_cold_and_from_the_cache(mmu_smt: Command, doors: Path) -> None:
    first = mmu_smt(*ASKED)
    assert (first.code, first.out, first.err) == (0, TABLE, "")
    assert mmu_smt(*ASKED) == first
    assert mmu_smt("matrix", ".", "--cache", "cells", "-j", "1") == first, "a folder stands for its matrices"


def test_nothing_slow_is_imported_for_what_is_kept(mmu_smt: Command, doors: Path) -> None:
    mmu_smt(*ASKED)
    program = (
        "import sys; from mmu_smt.cli.app import main; code = main(sys.argv[1:]); "
        "slow = {'z3', 'lark', 'rich', 'mmu_smt.model.lower', 'mmu_smt.interpret.replay'} & set(sys.modules); assert not slow, slow; "
        "sys.exit(code)"
    )
    subprocess.run([sys.executable, "-c", program, *ASKED, "--json"], check=True, capture_output=True, cwd=doors)


def test_json(mmu_smt: Command, doors: Path) -> None:
    ran = mmu_smt(*ASKED, "--json")
    document = json.loads(ran.out)
    assert (ran.code, document["exit_code"], document["schema"], document["interrupted"]) == (0, 0, 1, False)
    assert [(r["matrix"], r["variant"], r["subject"]) for r in document["rows"]] == [
        ("doors", "calm", "Stop at the end"),
        ("doors", "loud", "Never stop"),
    ]
    assert all(len(r["cells"]) == 12 for r in document["rows"])
    (least,) = (c for c in document["rows"][0]["cells"] if c["property"] == "ends_soon" and c["setting"] == ["alone"])
    assert {k: least[k] for k in ("config", "verdict", "least", "mark", "state")} == {
        "config": ["alone", "quiet"],
        "verdict": "proved",
        "least": 3,
        "mark": "P3",
        "state": "judged",
    }
    (loop,) = (c for c in document["rows"][1]["cells"] if c["property"] == "ends" and c["setting"] == ["alone"])
    assert (loop["verdict"], loop["length"], loop["loop_start"]) == ("violated", 2, 1)
    assert document["matrices"][0]["settings"] == [["alone"], ["rush"]]
    assert mmu_smt(*ASKED, "--json").out == ran.out


def test_a_part(mmu_smt: Command, doors: Path) -> None:
    ran = mmu_smt(*ASKED, "--rows", "loud", "--settings", "rush", "--columns", "quiet", "-p", "ends", "--json")
    (row,) = json.loads(ran.out)["rows"]
    assert [(c["property"], c["config"], c["verdict"]) for c in row["cells"]] == [("ends", ["rush", "quiet"], "violated")]
    ran = mmu_smt(*ASKED, "-D", "MAX=2", "-p", "ends_soon")
    assert "matrix doors (MAX=2)" in ran.out
    assert "calm  P2     V2" in ran.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("matrix",), "MS508"),
        (("matrix", "nothing.mmu"), "MS508"),
        (("matrix", "door.mmu"), "MS513"),
        ((*ASKED, "--name", "door"), "MS513"),
        ((*ASKED, "--rows", "clam"), "MS507"),
        ((*ASKED, "--settings", "quiet"), "MS504"),
        ((*ASKED, "-p", "end"), "MS503"),
        ((*ASKED, "--cell", "calm"), "MS505"),
        ((*ASKED, "--cell", "clam,alone+quiet"), "MS507"),
        ((*ASKED, "--cell", "calm,alone"), "MS504"),
        ((*ASKED, "--cell", "calm,alone+quiet,end"), "MS503"),
        (("matrix", "doors.mmu", "--jobs", "0"), "MS505"),
        ((*ASKED, "-D", "MIN=1"), "MS506"),
    ],
)
def test_requests_that_do_not_fit(mmu_smt: Command, doors: Path, words: tuple[str, ...], code: str) -> None:
    ran = mmu_smt(*words)
    assert (ran.code, ran.out) == (2, "")
    assert f"[{code}]" in ran.err


def test_what_is_undecided_has_its_exit_code(mmu_smt: Command, doors: Path) -> None:
    ran = mmu_smt(*ASKED, "-k", "1", "-p", "ends")
    assert ran.code == 3
    assert "loud  B1     B1" in ran.out
    assert "bounded: no run of up to 12 transitions; not a proof" in ran.out


def test_one_cell_is_printed_as_check_prints_it(mmu_smt: Command, doors: Path) -> None:
    mmu_smt(*ASKED)
    ran = mmu_smt(*ASKED, "--cell", "loud,quiet+alone,ends")
    assert ran.code == 1
    checked = mmu_smt("check", "doors.mmu:loud", "--config", "alone,quiet", "-p", "ends")
    assert ran.out == checked.out
    proof = mmu_smt(*ASKED, "--cell", "calm, alone + quiet, ends")
    assert proof.code == 0
    assert re.search(r"ends +proved +(termination bound|recurrence bound|ranking)", proof.out)
    whole = mmu_smt(*ASKED, "--cell", "loud,alone+quiet")
    assert whole.code == 1
    assert "gives_up unreachable" in whole.out
    document = json.loads(mmu_smt(*ASKED, "--cell", "loud,alone+quiet,ends", "--json").out)
    assert document["results"][0]["verdicts"][0]["trace"]["loop_start"] == 1


def test_a_kept_run_that_does_not_replay_is_judged_again(mmu_smt: Command, doors: Path) -> None:
    from mmu_smt.api.cellcache import CellCache, decode

    mmu_smt(*ASKED)
    cell = ("--cell", "loud,alone+quiet,ends")
    good = mmu_smt(*ASKED, *cell)
    for path in (doors / "cells").rglob("*.json"):  # every run is spoilt, under a digest that fits
        key = path.parent.name + path.stem
        kept = decode(path.read_bytes(), key)
        from dataclasses import replace

        spoilt = tuple(replace(v, evidence=v.evidence and v.evidence.replace('"n": 0', '"n": 3')) for v in kept)
        CellCache(doors / "cells").write(key, spoilt)
    ran = mmu_smt(*ASKED, *cell)
    assert (ran.code, ran.out) == (good.code, good.out)
    assert "[MS514]" in ran.err
    assert mmu_smt(*ASKED, *cell) == good


def test_a_dead_process_is_an_internal_error(mmu_smt: Command, doors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = matrices.judge

    def dying(request: matrices.Request, send: Send) -> None:
        if request.program.variant == "loud":
            os._exit(3)
        judge(request, send)

    monkeypatch.setattr(matrices, "judge", dying)
    ran = mmu_smt(*ASKED)
    assert ran.code == 5
    assert ran.err.count("[MS901]") == 2
    assert "calm  P      V2" in ran.out
    assert "loud  !      !" in ran.out
    assert "4 cells: 8 proved, 2 violated, 2 reached; 2 failed" in ran.out


def test_output_that_cannot_be_written(mmu_smt: Command, doors: Path) -> None:
    ran = mmu_smt(*ASKED, "--html", "no/such/folder.html")
    assert ran.code == 2
    assert "[MS509]" in ran.err
    assert ran.out == TABLE
    (doors / "file").write_text("")
    ran = mmu_smt("matrix", "doors.mmu", "--cache", "file/cells")
    assert ran.out == TABLE
    assert ran.code == 0
    assert "warning" in ran.err
    assert "[MS515]" in ran.err


class Page(HTMLParser):
    """What a reader needs of a page: ids, links, header cells, and whether the tags are balanced."""

    VOID = frozenset({"meta", "link", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if (key := given.get("id")) is not None:
            self.ids.append(key)
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html(mmu_smt: Command, doors: Path) -> None:
    ran = mmu_smt(*ASKED, "--html", "table.html")
    assert (ran.code, ran.out) == (0, TABLE)
    text = (doors / "table.html").read_text(encoding="utf-8")
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids), "no link leads out of the page, or nowhere"
    assert all(link.startswith("#") for link in page.links)
    assert not any(tag in ("script", "link", "img", "iframe") for tag, _ in page.tags)
    assert "http" not in text
    tables = [tag for tag, _ in page.tags if tag == "table"]
    assert len(tables) == 4 == len([tag for tag, _ in page.tags if tag == "caption"])
    scopes = [given.get("scope") for tag, given in page.tags if tag == "th"]
    assert None not in scopes
    assert (scopes.count("row"), scopes.count("colgroup")) == (8, 8)
    assert len([tag for tag, _ in page.tags if tag == "colgroup"]) == 12, "one for the names of the rows, one for each setting"
    cells = [given for tag, given in page.tags if tag == "td" and given]
    assert len(cells) == 16
    assert all(f"#{given['id']}-d" in page.links for given in cells)
    said = "".join(page.texts)
    assert "Doors & <other> things" in said
    assert "Doors & <other>" not in text, "text is escaped"
    assert "violated, run of 2 steps that loops" in said
    assert re.search("ends proved: (termination bound|recurrence bound|ranking)", said), "the argument of a proof"
    assert "reproduce: mmu-smt check doors.mmu:loud -p ends" in said
    assert mmu_smt(*ASKED, "--html", "again.html").code == 0
    assert (doors / "again.html").read_text(encoding="utf-8") == text
    assert sorted(p.name for p in doors.glob("*")) == ["again.html", "cells", "door.mmu", "doors.mmu", "table.html"]


# ---------------------------------------------------------------------------------------------- interruptions


SLOW = """
import sys, time
from mmu_smt.api import matrices
judge = matrices.judge
def slow(request, send):
    if request.program.variant == "loud":
        time.sleep(600)
    judge(request, send)
matrices.judge = slow
from mmu_smt.cli.app import main
main()
"""


def start(doors: Path, *words: str) -> subprocess.Popen[str]:
    """The command in a process of its own, whose second row takes for ever."""
    arguments = [sys.executable, "-c", SLOW, *ASKED, *words]
    return subprocess.Popen(
        arguments,
        cwd=doors,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whoever runs the tests may ignore it
    )


def wait_for(what: str, condition: object, process: subprocess.Popen[str]) -> None:
    assert callable(condition)
    for _ in range(600):
        if condition():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    pytest.fail(f"no {what} within a minute")


def kept(doors: Path) -> int:
    return len(list((doors / "cells").rglob("[!.]*.json")))


def children(process: int) -> list[int]:
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes")
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9), (signal.SIGTERM, -15)])
def test_interrupted_in_the_middle(mmu_smt: Command, doors: Path, how: signal.Signals, code: int) -> None:
    process = start(doors)
    wait_for("first row", lambda: kept(doors) == 2 and len(children(process.pid)) == 2, process)
    working = children(process.pid)
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code
    if how == signal.SIGINT:
        assert "calm  P      V2" in out
        assert "loud  .      ." in out
        assert "interrupted, 2 not judged" in out
        assert "not judged: the run was interrupted" in out
        assert "Traceback" not in err
    for _ in range(100):
        if not any(map(runs, working)):
            break
        time.sleep(0.1)
    assert not any(map(runs, working)), "no process is left behind"
    ran = mmu_smt(*ASKED)
    assert (ran.code, ran.out) == (0, TABLE)


def test_progress_goes_to_a_terminal_only(mmu_smt: Command, doors: Path) -> None:
    assert mmu_smt(*ASKED).err == ""
    import pty

    reading, writing = pty.openpty()
    arguments = [sys.executable, "-c", "from mmu_smt.cli.app import main; main()", *ASKED[:2], "--no-cache"]
    process = subprocess.Popen(
        arguments, cwd=doors, stdout=subprocess.PIPE, stderr=writing, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    )
    os.close(writing)
    seen = b""
    while True:
        try:
            chunk = os.read(reading, 4096)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    out, _ = process.communicate(timeout=60)
    os.close(reading)
    assert process.returncode == 0
    assert b"4/4" in seen
    assert b"matrix doors" in seen
    assert out.decode() == TABLE


# ---------------------------------------------------------------------------------------------- what rows fix and introduce


MARKS = """\
marks
  P, P7  proved for runs of any length (within K: 7 is the least K)
  V3     violated: a run of 3 transitions, none is shorter
  R3     reached by a run of 3 transitions
  U      unreachable: proved that no run of any length gets there
  V3+    fixes: there is a scenario in which the row before violates it and this row does not
  V3-    introduces: there is a scenario in which this row violates it and the row before does not
  V3=    neither: both rows violate it, and in the same scenarios

ends
         1    2    3
  one    V5   V2   V5
  two    V6+- V2=  P+
  three  V6=  V2=  P
  four   V5-  V2=  V5-
  five   P+   V2=  P+
"""

CHANGES = """\
what each row fixes and introduces
  two (against one)
    fixes       1,3: ends
    introduces  1: ends
  four (against three)
    introduces  1,3: ends
  five (against four)
    fixes       1,3: ends
    fixes       1,2,3: small
  nothing, against the row in brackets: three (two)
  the first: one

15 cells: 37 proved, 23 violated, 11 reached, 4 unreachable
open a cell: mmu-smt matrix stages.mmu --marks --cell ROW,CONFIG[,PROPERTY]
"""


@pytest.fixture
def stages(folder: Path) -> Path:
    write(folder, [("stages.mmu", STAGES)])
    return folder


MARKED = ("matrix", "stages.mmu", "--marks", "--cache", "cells", "--jobs", "1", "--timeout", "60")


def test_marks_in_every_form(mmu_smt: Command, stages: Path) -> None:
    ran = mmu_smt(*MARKED, "--html", "table.html")
    assert (ran.code, ran.err) == (0, "")
    assert MARKS in ran.out
    assert ran.out.endswith(CHANGES)
    assert max(map(len, ran.out.split("\nends\n")[1].splitlines())) <= 80

    page = Page((stages / "table.html").read_text(encoding="utf-8"))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    said = "".join(page.texts)
    assert "V6+-" in said
    assert "violated, run of 6 steps that loops; this row: fixes and introduces" in said
    assert "two fixes ends: a scenario in which the two differ" in said
    assert "two does not: every run from there, by enumeration" in said
    assert "what each row fixes and introduces" in said

    text = mmu_smt(*MARKED, "--json").out
    assert encode_matrix(msgspec.json.decode(text, type=MatrixDocument)) == text, "its schema is that of the records"
    document = json.loads(text)
    rows = {r["variant"]: r for r in document["rows"]}
    assert [rows[v]["before"] for v in ("one", "two", "three")] == [None, "one", "two"]
    assert all(c["change"] is None for c in rows["one"]["cells"])
    (found,) = (c for c in rows["two"]["cells"] if (c["property"], c["config"]) == ("ends", ["calm"]))
    assert (found["mark"], found["change"]["word"]) == ("V6+-", "fixes and introduces")
    fixes, introduces = found["change"]["fixes"], found["change"]["introduces"]
    assert (fixes["answer"], fixes["basis"], fixes["by"]) == ("yes", "scenario", "every run from there, by enumeration (6 states)")
    assert fixes["scenario"] == {
        "consts": {"start": 1},
        "initial": {"n": 1, "done": False},
        "length": 5,
        "loop_start": 0,
        "other_length": 5,
    }
    assert introduces["scenario"]["consts"] == {"start": 0}
    (kept,) = (c for c in rows["three"]["cells"] if (c["property"], c["config"]) == ("ends", ["calm"]))
    assert (kept["change"]["word"], kept["change"]["fixes"]["basis"]) == ("neither", "same check")


def test_a_marked_cell_shows_the_scenario_with_both_runs(mmu_smt: Command, stages: Path) -> None:
    mmu_smt(*MARKED)
    ran = mmu_smt(*MARKED, "--cell", "two,calm,ends")
    assert ran.code == 1
    assert "what two fixes and introduces, against one, in calm\n  ends: fixes and introduces (violated -> violated)\n" in ran.out
    fixed, introduced = ran.out.split("two introduces ends: a scenario in which the two differ")
    assert re.search(r"one violates it: loop of 5 steps.*\n  with  start: 1\n", fixed)
    assert "two does not: every run from there, by enumeration" in fixed
    assert re.search(r"two violates it: loop of 5 steps.*\n  with  start: 0\n", introduced)
    assert "one does not: every run from there, by enumeration" in introduced
    document = json.loads(mmu_smt(*MARKED, "--cell", "two,calm,ends", "--json").out)
    (found,) = document["comparison"]["changes"]
    assert found["fixes"]["scenario"]["broken"]["loop_start"] == 0
    compared = json.loads(mmu_smt("compare", "stages.mmu:one", "stages.mmu:two", "--config", "calm", "-p", "ends", "--json").out)
    (same,) = compared["comparison"]["changes"]
    assert (found["fixes"], found["introduces"]) == (same["fixes"], same["introduces"]), "as `compare` says it"


def test_a_marked_cell_shows_the_proof_that_there_is_no_scenario(mmu_smt: Command, stages: Path) -> None:
    ran = mmu_smt(*MARKED, "--cell", "two,noisy,ends")
    assert "  ends: neither (violated -> violated)\n    fixes? no: two violates it in every scenario in which one does" in ran.out
    assert "    introduces? no: one violates it in every scenario in which two does" in ran.out
    ran = mmu_smt(*MARKED, "--cell", "three,calm,ends")
    assert "fixes? no: nothing that the check depends on has changed" in ran.out
    assert "one is the first row: there is none to mark it against" in mmu_smt(*MARKED, "--cell", "one,calm,ends").out


def test_marks_that_are_open_have_their_exit_code(mmu_smt: Command, stages: Path) -> None:
    ran = mmu_smt(*MARKED, "-k", "2", "-p", "ends", "--columns", "calm")
    assert ran.code == 3
    assert "  two    B2?\n" in ran.out
    assert "    unknown     1: ends\n" in ran.out
    assert "V3?    unknown whether this row fixes or introduces something" in ran.out


def test_a_kept_scenario_that_does_not_replay_is_looked_for_again(mmu_smt: Command, stages: Path) -> None:
    from dataclasses import replace

    from mmu_smt.api.cellcache import CellCache

    mmu_smt(*MARKED)
    cell = ("--cell", "two,calm,ends")
    good = mmu_smt(*MARKED, *cell)
    cache = CellCache(stages / "cells")
    for path in (stages / "cells").rglob("*.json"):
        key = path.parent.name + path.stem
        if b"mmu-smt change" in path.read_bytes() and (kept := cache.read_change(key)) is not None:
            evidence = kept.fixes.evidence and kept.fixes.evidence.replace('"n": 1', '"n": 4')
            cache.write_change(key, replace(kept, fixes=replace(kept.fixes, evidence=evidence)))
    ran = mmu_smt(*MARKED, *cell)
    assert (ran.code, ran.out) == (good.code, good.out)
    assert "[MS514]" in ran.err
    assert mmu_smt(*MARKED, *cell) == good


def test_a_process_that_dies_while_it_marks_is_an_internal_error(mmu_smt: Command, stages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmu_smt.api import marking

    monkeypatch.setattr(marking, "look", lambda *_given: os._exit(3))
    ran = mmu_smt(*MARKED, "--columns", "calm", "-p", "ends")
    assert ran.code == 5
    assert ran.err.count("[MS901]") == 3
    assert "  two    V6?\n" in ran.out
