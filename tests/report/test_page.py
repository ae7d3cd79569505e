"""The page of a trace as a file: what it holds, that nothing in it is taken for markup, and which lines are lit."""

from __future__ import annotations

import base64
import json
import re
import tempfile
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mmu_smt import api
from mmu_smt.api.running import run_program
from mmu_smt.api.targets import choose_config
from mmu_smt.interpret.replay import replay
from mmu_smt.report.executed import executed
from mmu_smt.report.formats import Format, documents, findings_of
from mmu_smt.report.lines import plain
from mmu_smt.report.recipe_text import recipe_lines
from mmu_smt.report.trace_page import trace_page
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.witness.traces import Candidate, Move
from mmu_smt.witness.verdicts import CheckResult, Verdict, Word
from tests.cli.support import DOOR
from tests.report import sample
from tests.report.test_formats import HOSTILE, TEXTS


class Reader(HTMLParser):
    """The elements of a page, the text of scripts and styles, and the text in between."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.raw[self.open[-1]] if self.open and self.open[-1] in self.raw else self.text).append(data)


@pytest.fixture(scope="module")
def doors() -> tuple[CheckResult, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "door.mmu"
        path.write_text(DOOR, encoding="utf-8")
        return (*api.check(f"{path}:loud", explain=True), *api.check(f"{path}:calm", config="rush", explain=True))


def test_the_page_holds_the_document_that_json_writes(doors: tuple[CheckResult, ...]) -> None:
    read = Reader(trace_page(findings_of(doors)))
    held = json.loads(read.raw["script"][0])
    assert len(held["runs"]) == len(findings_of(doors)) > 1
    ((_, text),) = documents(Format.JSON, doors)
    assert held["document"] == json.loads(text)


def test_style_and_script_are_those_that_the_policy_permits(doors: tuple[CheckResult, ...]) -> None:
    read = Reader(trace_page(findings_of(doors)))
    policy = next(str(a["content"]) for t, a in read.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    for text in ("".join(read.raw["style"]), read.raw["script"][1]):
        assert f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'" in policy
    assert "unsafe" not in policy


def test_nothing_is_fetched_from_anywhere(doors: tuple[CheckResult, ...]) -> None:
    read = Reader(trace_page(findings_of(doors)))
    assert not {t for t, _ in read.tags} & {"img", "link", "iframe", "object", "embed", "base", "form", "video", "audio", "source"}
    assert not [a for _, attributes in read.tags for a in attributes if a in ("src", "href", "srcset", "style") or a.startswith("on")]
    assert not re.search(r"url\(|@import", "".join(read.raw["style"]))
    assert not re.search(
        r"\bfetch\b|XMLHttp|import\(|innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(", read.raw["script"][1]
    )


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_is_text(text: str, tmp_path: Path) -> None:
    long = "n" * 120
    path = tmp_path / "a b#%41[x]<b>.mmu"
    extra = 'recipe q "{0}" {{ "{0}" }}\n'.format(text.replace("{", "{{").replace("}", "}}"))
    path.write_text(HOSTILE.format(long=long, text=text) + extra, encoding="utf-8")
    results = api.check(str(path), explain=True)
    page = trace_page(findings_of(results))
    plainly = trace_page(findings_of(with_text(tmp_path, "plain")))
    assert [t for t, _ in Reader(page).tags] == [t for t, _ in Reader(plainly).tags], "the text makes no element"
    assert not re.search("[<>&\N{LINE SEPARATOR}]", Reader(page).raw["script"][0])
    assert json.loads(Reader(page).raw["script"][0])["runs"]
    visible = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert all(c.isprintable() or c == "\n" for c in visible)
    for finding in findings_of(results):
        written = plain(recipe_lines(*finding))
        assert all(line.isprintable() for line in written.splitlines())
        assert "not run" in written


def with_text(folder: Path, text: str) -> tuple[CheckResult, ...]:
    path = folder / "plain.mmu"
    extra = f'recipe q "{text}" {{ "{text}" }}\n'
    path.write_text(HOSTILE.format(long="n" * 120, text=text) + extra, encoding="utf-8")
    return api.check(str(path), explain=True)


def test_a_page_without_a_trace_says_so() -> None:
    assert "There is no trace to show" in trace_page(())


def test_a_run_whose_source_is_not_there_is_shown_without_it() -> None:
    held = json.loads(Reader(trace_page(((sample.result(sample.VIOLATED), sample.VIOLATED),))).raw["script"][0])
    (pane,) = held["runs"][0]["panes"]
    assert pane["sources"] == []
    assert len(pane["lit"]) == len(held["document"]["traces"][0]["steps"])


# ---------------------------------------------------------------------------------------------- which lines are lit

# Every statement `hit[K] = true` says itself whether it was carried out.
BRANCHES = """\
enum Kind { A, B, C }
const p: bool
const q: bool
const k: Kind
const n: 0..3
const o: Kind?
ghost hit: [0..29]bool = fill(false)
fn helper(x: bool) -> bool {
    hit[0] = true
    if x {
        hit[1] = true
        return !p
    }
    hit[2] = true
    return p || q
}
handler inner(x: bool) -> Kind {
    hit[3] = true
    if x && helper(q) || !p && q {
        hit[4] = true
        match k {
            A => hit[5] = true
            B, C => {
                hit[6] = true
                if !(!p || q) {
                    hit[7] = true
                } else if n == 2 {
                    hit[8] = true
                    return A
                }
            }
        }
        hit[9] = true
    } else {
        lock big {
            hit[10] = true
            if n > 1 {
                hit[11] = true
                return B
            }
        }
        hit[12] = true
        return C
    }
    for i in 0..2 {
        hit[13] = true
    }
    match o {
        none => hit[14] = true
        _ => hit[16] = true
    }
    match p {
        true => {
            hit[17] = true
            return A
        }
        false => hit[18] = true
    }
    hit[19] = true
    return B
}
handler outer() -> Kind {
    hit[20] = true
    if inner(n != 1) != B {
        hit[21] = true
        return A
    }
    hit[22] = true
    return C
}
step go() by guest { let x = outer() }
"""


def test_lit_are_just_the_lines_that_were_carried_out() -> None:
    program = Workspace.from_text(BRANCHES).program(None)
    numbers = {int(m.group(1)): BRANCHES.count("\n", 0, m.start()) + 1 for m in re.finditer(r"hit\[(\d+)\] = true", BRANCHES)}
    assert len(numbers) == 22
    ever: set[int] = set()
    for seed in range(120):
        trace = run_program(program, choose_config(program, None), seed=seed, steps=1)
        (step,) = trace.steps
        hit = step.observed["hit"]
        assert isinstance(hit, tuple)
        carried_out = {numbers[i] for i in numbers if hit[i]}
        lit = {line for source in executed(program, step.decisions[-1]) for line in source.lines}
        assert lit & set(numbers.values()) == carried_out, f"seed {seed}"
        ever |= carried_out
        assert [s.function for s in executed(program, step.decisions[-1])][:2] == ["outer", "inner"]
    assert ever == set(numbers.values()), "every line has had its turn"


STOPS = """\
state n: 0..2 = 0
handler h() -> bool {
    n = 1
    pause()
    return n == 2
}
fn pause() {
    yield "here"
}
step go() by guest { let x = h() }
step disturb() by env when n == 1 { n = 2 }
cover disturbed { h.decides(true) }
config c { enable disturb }
default config d = c
"""


def test_a_step_in_flight_is_lit_where_it_stands() -> None:
    program = Workspace.from_text(STOPS).program(None)
    config = choose_config(program, None)
    moves = (Move("go"), Move("disturb"), Move("go", resume=True))
    states = tuple({"n": n} for n in (0, 1, 2, 2))
    judged = program.properties["disturbed"]
    trace = replay(program, config, Candidate({}, states, moves), judged)
    finding = CheckResult(program, config, (), "stops.mmu"), Verdict(judged, Word.REACHED, trace=trace)
    (run,) = json.loads(Reader(trace_page((finding,))).raw["script"][0])["runs"]
    (pane,) = run["panes"]
    told = [[(pane["sources"][o["source"]]["name"], [x["line"] for x in o["lines"]]) for o in step] for step in pane["lit"]]
    assert told == [[("pause", [8])], [("disturb", [11])], [("h", [2, 3, 4, 5])]]
