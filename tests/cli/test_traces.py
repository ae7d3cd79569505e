"""Saved traces: `check --format`, and the `trace` commands on what it has written."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from tests.cli.support import DOOR, Command

TWO = """\
enum Answer { IN, AWAY }
const locked: bool
const dark: bool
state inside: bool = false
terminal inside
rule is_locked, is_dark
handler door() -> Answer {
    if locked { return AWAY @is_locked }
    if dark { return AWAY @is_dark }
    return IN
}
step knock() by guest when !inside { if door() == IN { inside = true } }
progress let_in { recurs taken(knock) never inside' }
"""
LOUD = ("door.mmu:loud", "-p", "ends")


@pytest.fixture
def saved(mmu_smt: Command, folder: Path) -> Path:
    assert mmu_smt("check", *LOUD, "--format", "json=loud.json").code == 1
    return folder / "loud.json"


def altered(path: Path, **more: object) -> None:
    """The first trace of a file with some fields replaced."""
    document = json.loads(path.read_text(encoding="utf-8"))
    document["traces"][0].update(more)
    path.write_text(json.dumps(document), encoding="utf-8")


# ---------------------------------------------------------------------------------------------- check --format


def test_a_format_with_a_path_leaves_standard_output_as_it_was(mmu_smt: Command, folder: Path) -> None:
    plain = mmu_smt("check", *LOUD)
    ran = mmu_smt("check", *LOUD, "--format", "json=a.json", "--format", "sarif=b.sarif", "--format", "text=c.txt")
    assert (ran.code, ran.err) == (1, "")
    strip = [line for line in ran.out.splitlines() if " s)" not in line]
    assert strip == [line for line in plain.out.splitlines() if " s)" not in line]
    assert json.loads((folder / "a.json").read_text(encoding="utf-8"))["format"] == "mmu-smt trace"
    assert json.loads((folder / "b.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "ends violated" in (folder / "c.txt").read_text(encoding="utf-8")


def test_a_format_without_a_path_is_all_of_standard_output(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", *LOUD, "--format", "sarif")
    assert ran.code == 1
    assert json.loads(ran.out)["runs"][0]["results"][0]["ruleId"] == "ends"


def test_itf_has_a_file_for_each_trace(mmu_smt: Command, folder: Path) -> None:
    mmu_smt("check", "door.mmu:loud", "-p", "ends", "--format", "itf=one.itf.json")
    mmu_smt("check", "door.mmu:loud", "-p", "ends", "-p", "ends_soon", "--format", "itf=two.itf.json")
    assert sorted(p.name for p in folder.glob("*.itf.json")) == [
        "one.itf.json",
        "two.loud.ends.itf.json",
        "two.loud.ends_soon.itf.json",
    ]
    ran = mmu_smt("check", "door.mmu:loud", "-p", "ends", "-p", "ends_soon", "--format", "itf")
    assert [json.loads(line)["#meta"]["property"] for line in ran.out.splitlines()] == ["ends", "ends_soon"]


def test_no_trace_to_write_is_said(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", "door.mmu:calm", "-p", "ends", "--format", "itf=a.itf.json")
    assert ran.code == 0
    assert ran.err == "no trace to write to a.itf.json\n"


@pytest.mark.parametrize(
    "options", [["xml"], ["json="], ["json", "mail"], ["json", "--json"], [""]], ids=lambda options: " ".join(options) or "empty"
)
def test_formats_that_make_no_sense(mmu_smt: Command, folder: Path, options: list[str]) -> None:
    words = [w for option in options for w in ([option] if option.startswith("--") else ["--format", option])]
    ran = mmu_smt("check", *LOUD, *words)
    assert (ran.code, ran.out) == (2, "")
    assert "[MS530]" in ran.err


def test_a_file_that_cannot_be_written(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", *LOUD, "--format", "mail=no/such/folder", "--format", "json=there.json")
    assert ran.code == 2
    assert "[MS509]" in ran.err
    assert (folder / "there.json").exists()


def test_a_page_is_written_beside_the_report(mmu_smt: Command, saved: Path, folder: Path) -> None:
    ran = mmu_smt("check", *LOUD, "--html", "page.html")
    assert ran.code == 1
    assert ran.out == mmu_smt("check", *LOUD).out
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "Content-Security-Policy" in page
    assert mmu_smt("check", *LOUD, "--format", "html").out == page
    ran = mmu_smt("trace", "show", "loud.json", "--html", "again.html")
    assert ran.code == 0
    again = (folder / "again.html").read_text(encoding="utf-8")
    assert again == page, "what was saved makes the same page"


@pytest.mark.parametrize("words", ["check door.mmu:loud", "trace show loud.json", "compare door.mmu:loud door.mmu:calm"])
def test_a_page_that_cannot_be_written(mmu_smt: Command, saved: Path, words: str) -> None:
    for path in ("no/such/folder.html", "/dev/full", ".", "a\0b"):
        ran = mmu_smt(*words.split(" "), "-p", "ends", "--html", path)
        assert ran.code == 2, path
        assert ran.err.count("[MS509]") == 1, path
        assert "ends" in ran.out, "the report is printed all the same"


def test_without_minimizing_the_run_is_still_replayed_and_shown(mmu_smt: Command, folder: Path) -> None:
    assert "loop of 1 step" in mmu_smt("check", *LOUD, "--no-minimize").out


# ---------------------------------------------------------------------------------------------- trace show, replay


def test_show_prints_what_check_printed(mmu_smt: Command, saved: Path) -> None:
    checked = mmu_smt("check", *LOUD).out.split("\n\n")[0].splitlines()
    shown = mmu_smt("trace", "show", "loud.json")
    assert shown.code == 0
    assert shown.out.splitlines() == checked


def test_show_full_and_single_steps(mmu_smt: Command, saved: Path) -> None:
    assert "now n: 1, done: false" in mmu_smt("trace", "show", "loud.json", "--full").out
    one = mmu_smt("trace", "show", "loud.json", "--step", "1", "--step", "0")
    assert [line for line in one.out.splitlines() if " is " in line] == ["   1 is n: 1, done: false", "   0 is n: 0, done: false"]
    assert "[MS531]" in mmu_smt("trace", "show", "loud.json", "--step", "9").err


def test_show_in_other_formats_agrees_with_check(mmu_smt: Command, saved: Path) -> None:
    for name in ("table", "itf", "mail", "json"):
        assert mmu_smt("trace", "show", "loud.json", "--format", name).out == mmu_smt("check", *LOUD, "--format", name).out, name


def test_replay_says_that_it_holds(mmu_smt: Command, saved: Path) -> None:
    ran = mmu_smt("trace", "replay", "loud.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("replayed ends: loop of 1 step after 1 step in loud in alone")


def test_a_changed_specification_that_makes_no_difference_is_said(mmu_smt: Command, saved: Path, folder: Path) -> None:
    (folder / "door.mmu").write_text("// a comment\n" + DOOR, encoding="utf-8")
    ran = mmu_smt("trace", "replay", "loud.json")
    assert ran.code == 0
    assert "the specification has changed since the trace for ends was saved; it replays all the same" in ran.err
    assert "it still shows" in ran.out


def test_a_change_that_decides_otherwise_is_said(mmu_smt: Command, saved: Path, folder: Path) -> None:
    (folder / "door.mmu").write_text(
        DOOR.replace("        n = 0\n        return GO", "        n = 0\n        return GO @gave_up"), encoding="utf-8"
    )
    ran = mmu_smt("trace", "replay", "loud.json")
    assert ran.code == 0
    assert "it still shows the property, but step 1 decides decide: GO @gave_up, not decide: GO as saved" in ran.err


def test_decisions_that_were_not_made_are_refuted(mmu_smt: Command, saved: Path) -> None:
    steps = json.loads(saved.read_text(encoding="utf-8"))["traces"][0]["steps"]
    steps[0]["decisions"] = []
    altered(saved, steps=steps)
    ran = mmu_smt("trace", "show", "loud.json")
    assert (ran.code, ran.out) == (1, "")
    assert "step 1 decides decide: GO, not nothing as saved" in ran.err


def test_a_fix_refutes_the_trace_and_nothing_of_it_is_shown(mmu_smt: Command, saved: Path, folder: Path) -> None:
    (folder / "door.mmu").write_text(DOOR.replace("        n = 0\n        return GO", "        return GO"), encoding="utf-8")
    for command in ("show", "replay", "minimize"):
        ran = mmu_smt("trace", command, "loud.json")
        assert (ran.code, ran.out) == (1, "")
        assert "[MS622]" in ran.err
        assert "n is 2 afterwards, not 1 as claimed" in ran.err
        assert "the specification has changed" in ran.err


def test_another_specification_can_be_named(mmu_smt: Command, saved: Path) -> None:
    assert mmu_smt("trace", "replay", "loud.json", "--spec", "door.mmu:loud").code == 0
    assert mmu_smt("trace", "replay", "loud.json", "--spec", "door.mmu:calm").code == 1


def test_an_altered_trace_is_refuted(mmu_smt: Command, saved: Path) -> None:
    altered(saved, loop_start=0)
    ran = mmu_smt("trace", "show", "loud.json")
    assert (ran.code, ran.out) == (1, "")
    assert "does not close: n differs" in ran.err
    assert "the specification is as it was" in ran.err


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"property": "nothing"}, "there is no property nothing"),
        ({"initial": {"n": 0}}, "the trace has no value for the state variable done"),
        ({"initial": {"n": 0, "done": False, "m": 1}}, "there is no state variable m"),
        ({"initial": {"n": True, "done": False}}, "n has a value that is no 0..3"),
        ({"initial": {"n": 9, "done": False}}, "n has a value that is no 0..3"),
        ({"consts": {"c": 1}}, "there is no constant c"),
    ],
)
def test_a_trace_that_does_not_fit(mmu_smt: Command, saved: Path, change: dict[str, object], reason: str) -> None:
    altered(saved, **change)
    ran = mmu_smt("trace", "show", "loud.json")
    assert (ran.code, ran.out) == (2, "")
    assert f"{reason} [MS621]" in ran.err


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00", '{"format": "mmu-smt trace"}', '{"a":' * 5000, "state n: 0..3\n"])
def test_a_file_that_is_no_trace(mmu_smt: Command, folder: Path, text: str) -> None:
    (folder / "bad.json").write_text(text, encoding="utf-8")
    ran = mmu_smt("trace", "show", "bad.json")
    assert (ran.code, ran.out) == (2, "")
    assert "[MS620]" in ran.err


def test_a_file_that_is_not_there_or_of_another_schema(mmu_smt: Command, saved: Path) -> None:
    assert "[MS620]" in mmu_smt("trace", "show", "nothing.json").err
    document = json.loads(saved.read_text(encoding="utf-8"))
    saved.write_text(json.dumps({**document, "schema": 2}), encoding="utf-8")
    assert "it has schema 2, and this program reads schema 1 [MS620]" in mmu_smt("trace", "show", "loud.json").err


def test_fields_that_a_later_version_adds_are_no_obstacle(mmu_smt: Command, saved: Path) -> None:
    altered(saved, colour="red")
    assert mmu_smt("trace", "replay", "loud.json").code == 0


def test_a_specification_that_is_gone(mmu_smt: Command, saved: Path, folder: Path) -> None:
    (folder / "door.mmu").unlink()
    ran = mmu_smt("trace", "show", "loud.json")
    assert ran.code == 2
    assert "[MS508]" in ran.err
    assert "--spec names another specification" in ran.err


# ---------------------------------------------------------------------------------------------- trace eval


def test_expressions_of_states_and_of_steps(mmu_smt: Command, saved: Path) -> None:
    ran = mmu_smt("trace", "eval", "loud.json", "n + 1", "n' > n", "decide.decides(GO)")
    assert ran.code == 0
    rows = [line.split() for line in ran.out.splitlines() if line.startswith("  ") and line.split()[0].isdigit()]
    steps = len(json.loads(saved.read_text(encoding="utf-8"))["traces"][0]["steps"])
    assert [r[0] for r in rows] == [str(i) for i in range(steps + 1)]
    assert rows[0] == ["0", "1", "initial", "state"]
    assert rows[1][1:4] == ["2", "true", "true"]


def test_an_expression_that_faults_says_so(mmu_smt: Command, saved: Path) -> None:
    assert "faults: division by zero" in mmu_smt("trace", "eval", "loud.json", "1 / n").out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("n +", "MS001"),
        ("m", "MS101"),
        ("n } event f { done", "MS001"),
        ("n == true", "MS"),
        ("decide()", "MS317"),
        ("n = 1", "MS"),
        ("(" * 2000, "MS"),
        ("", "MS001"),
    ],
)
def test_what_is_no_expression(mmu_smt: Command, saved: Path, text: str, code: str) -> None:
    ran = mmu_smt("trace", "eval", "loud.json", text)
    assert (ran.code, ran.out) == (2, "")
    assert f"[{code}" in ran.err


def test_an_expression_is_wanted(mmu_smt: Command, saved: Path) -> None:
    assert "[MS531]" in mmu_smt("trace", "eval", "loud.json").err


# ---------------------------------------------------------------------------------------------- trace diff, minimize


def test_a_trace_is_the_same_as_itself(mmu_smt: Command, saved: Path) -> None:
    ran = mmu_smt("trace", "diff", "loud.json", "loud.json")
    assert ran.code == 0
    assert ran.out.endswith("the traces are the same\n")
    assert not [line for line in ran.out.splitlines()[2:] if line.startswith(("-", "+"))]


def test_what_differs_has_a_line_for_each(mmu_smt: Command, saved: Path) -> None:
    mmu_smt("check", "door.mmu:calm", "-p", "ends", "--config", "rush", "--format", "json=calm.json")
    ran = mmu_smt("trace", "diff", "loud.json", "calm.json")
    assert ran.code == 1
    assert ran.out.splitlines()[0].startswith("- loud.json: loud in alone")
    assert ran.out.splitlines()[1].startswith("+ calm.json: calm in rush")
    assert any(line.startswith("+") and "env: push_back" in line for line in ran.out.splitlines()[2:])


def test_one_trace_is_wanted_of_each_file(mmu_smt: Command, folder: Path) -> None:
    mmu_smt("check", "door.mmu:loud", "--format", "json=many.json")
    ran = mmu_smt("trace", "diff", "many.json", "many.json")
    assert ran.code == 2
    assert "[MS531]" in ran.err
    assert mmu_smt("trace", "diff", "many.json", "many.json", "-p", "ends").code == 0


def test_a_trace_is_named_by_its_number(mmu_smt: Command, folder: Path) -> None:
    mmu_smt("check", "door.mmu:loud", "-p", "ends", "-p", "ends_soon", "--format", "json=many.json")
    assert mmu_smt("trace", "diff", "many.json#1", "many.json#2").code == 0
    assert mmu_smt("trace", "replay", "many.json#2").out.startswith("replayed ends_soon:")
    for number in ("0", "3"):
        assert "[MS531]" in mmu_smt("trace", "replay", f"many.json#{number}").err
    (folder / "many.json#2").write_bytes((folder / "many.json").read_bytes())
    assert "[MS531]" in mmu_smt("trace", "diff", "many.json#2", "many.json#1").err, "a file of that name comes first"


def test_several_counterexamples_have_files_of_their_own(mmu_smt: Command, folder: Path) -> None:
    (folder / "two.mmu").write_text(TWO, encoding="utf-8")
    ran = mmu_smt("check", "two.mmu", "-p", "let_in", "--max-cex", "3", "--format", "itf=a.itf.json", "--format", "json=a.json")
    assert ran.code == 1
    assert ran.out.count("let_in violated [MS701]") == 2
    assert "no. 2, decided otherwise than those before: loop of 1 step" in ran.out
    assert "--max-cex 2 -k 1" in " ".join(ran.out.split())
    assert sorted(p.name for p in folder.glob("*.itf.json")) == ["a.let_in.2.itf.json", "a.let_in.itf.json"]
    assert mmu_smt("trace", "diff", "a.json#1", "a.json#2").code == 1
    assert mmu_smt("check", "two.mmu", "--max-cex", "0").code == 2


def test_a_longer_loop_is_made_shorter(mmu_smt: Command, saved: Path) -> None:
    """The loop twice round is still a loop, and comes back as one round."""
    trace = json.loads(saved.read_text(encoding="utf-8"))["traces"][0]
    loop = trace["steps"][trace["loop_start"] :]
    altered(saved, steps=[*trace["steps"], *loop, *loop])
    assert "loop of 3 steps" in mmu_smt("trace", "replay", "loud.json").out
    ran = mmu_smt("trace", "minimize", "loud.json", "--format", "json=short.json")
    assert ran.code == 0
    assert ran.out.startswith("ends: from 4 steps to 2 steps\n")
    assert "loop of 1 step" in mmu_smt("trace", "replay", "short.json").out


def places(value: object, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [way, *(w for key, part in items for w in places(part, (*way, key)))]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_altered_is_refuted_or_refused_and_never_a_defect(mmu_smt: Command, folder: Path, seed: int) -> None:
    """Every part of a trace in turn is replaced; what is still accepted replays."""
    mmu_smt("check", "door.mmu:calm", "-p", "ends", "--config", "rush", "--format", "json=rush.json")
    whole = json.loads((folder / "rush.json").read_text(encoding="utf-8"))
    random = Random(seed)
    odd: list[object] = [None, True, -1, 0, 1, 1 << 70, "", "act", "\x00", [], {}, [[]], {"n": 1}]
    for way in random.sample([w for w in places(whole) if w], 60):
        document = json.loads(json.dumps(whole))
        holder = document
        for key in way[:-1]:
            holder = holder[key]
        holder[way[-1]] = random.choice(odd)
        (folder / "odd.json").write_text(json.dumps(document), encoding="utf-8")
        ran = mmu_smt("trace", random.choice(("replay", "show")), "odd.json")
        assert ran.code in (0, 1, 2), (way, ran)
        assert ran.code == 0 or not ran.out, (way, ran)
