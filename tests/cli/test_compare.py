"""`mmu-smt compare` and `mmu-smt claims` on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from mmu_smt.cli.exits import Exit
from mmu_smt.report.comparison_json import ClaimsDocument, CompareDocument, claims_schema_text, compare_schema_text
from tests.compare.specs import STARTS_OVER, STOPS_AT_THREE, counter, deciding
from tests.report.test_page import Reader

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"
LOOPING = counter(deciding(STOPS_AT_THREE)).replace("variant one { }", "variant one { " + deciding(STARTS_OVER) + " }")

CLAIMS = """
claim mended "it comes to an end" @link "id" { two fixes ends of one }
claim harmless { two introduces nothing of one }
claim alike { two equals one contradicted "it is the fix" }
claim works { two { ends: proved, small: proved } }
"""


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "spec.mmu"
    path.write_text(text, encoding="utf-8")
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    from mmu_smt.cli.app import main

    code = main(args)
    out, err = capsys.readouterr()
    return code, out, err


def test_both_runs_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write(tmp_path, LOOPING)
    code, out, _ = run(capsys, "compare", f"{spec}:one", f"{spec}:two")
    assert code == Exit.OK
    assert re.search(r"^  ends +violated -> proved +fixes$", out, re.MULTILINE)
    assert "two fixes ends: a scenario in which the two differ" in out
    assert "one violates it: loop of" in out
    assert "two does not: two: proved" in out
    assert "behaviour: differs" in out
    assert "two, from the same state:" in out
    assert all(len(line) <= 80 for line in out.splitlines() if "/" not in line)


def test_a_page_shows_both_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write(tmp_path, LOOPING)
    code, _, _ = run(capsys, "compare", f"{spec}:one", f"{spec}:two", "-p", "ends", "--html", str(tmp_path / "page.html"))
    assert code == Exit.OK
    held = json.loads(Reader((tmp_path / "page.html").read_text(encoding="utf-8")).raw["script"][0])
    first = held["runs"][0]
    assert first["title"] == "two fixes ends"
    assert [p["label"] for p in first["panes"]] == ["one", "two"]
    one, two = (held["document"]["traces"][p["trace"]] for p in first["panes"])
    assert (one["initial"], one["consts"]) == (two["initial"], two["consts"]), "both begin alike"
    assert one["loop_start"] is not None


def test_json_is_as_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write(tmp_path, LOOPING)
    code, out, _ = run(capsys, "compare", f"{spec}:one", f"{spec}:two", "-p", "ends", "--json")
    document = msgspec.json.decode(out, type=CompareDocument)
    assert code == document.exit_code == Exit.OK
    assert document.comparison is not None
    (change,) = document.comparison.changes
    assert (change.word, change.fixes.answer, change.introduces.answer) == ("fixes", "yes", "no")
    assert change.fixes.scenario is not None
    assert change.fixes.scenario.broken.loop_start is not None
    assert change.fixes.scenario.intact.steps[-1].after["done"] is True
    assert document.comparison.equivalence.state.divergence is not None
    for name, text in (("compare", compare_schema_text()), ("claims", claims_schema_text())):
        assert (SCHEMAS / f"{name}-result.schema.json").read_text(encoding="utf-8") == text


def test_what_is_unknown_has_its_own_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write(tmp_path, LOOPING)
    code, out, _ = run(capsys, "compare", f"{spec}:one", f"{spec}:two", "-p", "ends", "-k", "1")
    assert code == Exit.OPEN
    assert "unknown" in out


@pytest.mark.parametrize(
    ("first", "second", "options", "expected"),
    [
        ("", ":two", (), "MS518"),
        (":one", ":tow", (), "MS507"),
        (":one", ":two", ("-p", "end"), "did you mean `ends`?"),
        (":one", ":two", ("-p", "stops"), "MS503"),
        (":one", ":two", ("-c", "nosy"), "MS504"),
        (":one", ":three", (), "MS517"),
    ],
)
def test_what_cannot_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], first: str, second: str, options: tuple[str, ...], expected: str
) -> None:
    spec = write(tmp_path, LOOPING + "variant three of one { override state n: 0..7 }\n")
    code, out, err = run(capsys, "compare", spec + first, spec + second, *options)
    assert (code, out) == (Exit.USAGE, "")
    assert expected in err
    code, out, err = run(capsys, "compare", spec + first, spec + second, *options, "--json")
    assert (code, err) == (Exit.USAGE, "")
    assert json.loads(out)["comparison"] is None


def test_claims_as_declared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "claims", write(tmp_path, LOOPING + CLAIMS))
    assert (code, err) == (Exit.OK, "")
    assert out.count("ok   ") == 4
    assert "alike: contradicted, as declared" in out
    assert "because it is the fix" in out
    assert "4 statements: 3 confirmed, 1 contradicted" in out


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("one fixes ends of two", "c contradicted"),
        ("one introduces nothing of two", "one violates it: loop of"),
        ("two equals one", "distinguishing state"),
        ('two fixes ends of one contradicted "no"', "confirmed, but declared as contradicted"),
        ("one { ends: proved }", "ends is violated (loop of"),
    ],
)
def test_claims_that_are_missed(tmp_path: Path, capsys: pytest.CaptureFixture[str], claim: str, expected: str) -> None:
    spec = write(tmp_path, LOOPING + f'claim c "in words" {{ {claim} }}\n')
    code, out, _ = run(capsys, "claims", spec)
    assert code == Exit.FAILED
    assert "MS709" in out
    assert expected in out
    code, out, _ = run(capsys, "claims", spec, "--json")
    (statement,) = msgspec.json.decode(out, type=ClaimsDocument).statements
    assert code == Exit.FAILED
    assert statement.finding != statement.expected
    assert statement.comparison is not None or statement.verdicts


def test_undecided_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "claims", write(tmp_path, LOOPING + "claim c { two equals one two { ends: proved } }\n"), "--timeout", "0")
    assert code == Exit.OPEN
    assert out.count("MS710") == 2


def test_only_some_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write(tmp_path, LOOPING + CLAIMS)
    code, out, _ = run(capsys, "claims", spec, "--claim", "works")
    assert (code, out.count("ok   ")) == (Exit.OK, 1)
    code, _, err = run(capsys, "claims", spec, "--claim", "worse")
    assert code == Exit.USAGE
    assert "MS508" in err
    code, _, err = run(capsys, "claims", write(tmp_path, LOOPING))
    assert code == Exit.USAGE
    assert "no claim" in err


def test_a_file_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "claims", write(tmp_path, LOOPING + "claim c { two fixes end of one }\n"))
    assert code == Exit.USAGE
    assert "MS118" in err
    assert "did you mean" in err


def test_the_bundled_claims_are_declared_soundly() -> None:
    from mmu_smt.api import load

    assert load("spec/series/claims.mmu").claims()
