"""`mmu-smt repair` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from mmu_smt.cli.exits import Exit
from mmu_smt.report.repair_json import RepairDocument, repair_schema_text
from tests.cli.support import Command, write
from tests.variants.specs import HOPELESS, SERVED

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "repair-result.schema.json"


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, [("lock.mmu", SERVED), ("hopeless.mmu", HOPELESS)])
    return tmp_path


def test_a_suggestion_can_be_checked_at_once(lock: Path, mmu_smt: Command) -> None:
    ran = mmu_smt("repair", "lock.mmu", "-p", "exclusive", "--in", "acquire", "--output", "mended.mmu", "--name", "mended")
    assert ran.code == Exit.OK, ran.err
    assert "lock.mmu:14:8: suggestion: acquire, a change of 2" in ran.out
    assert "  -    if inside[w] {\n  +    if inside[w] ||" in ran.out
    assert "proved: exclusive in fair" in ran.out
    assert mmu_smt("check", "mended.mmu", "-p", "exclusive", "-p", "served").code == Exit.OK
    assert mmu_smt("fmt", "--check", "mended.mmu").code == Exit.OK
    assert mmu_smt("check", "lock.mmu", "-p", "exclusive").code == Exit.FAILED


def test_without_a_file_the_variant_is_printed(lock: Path, mmu_smt: Command) -> None:
    ran = mmu_smt("repair", "lock.mmu:racy", "-p", "exclusive")
    assert ran.code == Exit.OK
    text = ran.out[ran.out.index("import lock") :]
    (lock / "printed.mmu").write_text(text, encoding="utf-8")
    assert mmu_smt("check", "printed.mmu", "-p", "exclusive").code == Exit.OK


def test_none_says_what_was_searched(lock: Path, mmu_smt: Command) -> None:
    ran = mmu_smt("repair", "hopeless.mmu", "-p", "small", "--max-size", "2")
    assert ran.code == Exit.FAILED
    assert "doomed: none of 4 changes up to size 2 is a repair" in ran.out
    assert "searched: 4 changes of 1 function, 4 refuted by runs" in ran.out
    assert not (lock / "doomed_repaired.mmu").exists()


def test_time_is_up(lock: Path, mmu_smt: Command) -> None:
    ran = mmu_smt("repair", "lock.mmu", "-p", "exclusive", "--timeout", "0")
    assert ran.code == Exit.OPEN
    assert "stopped early" in ran.out


def test_json_follows_its_schema(lock: Path, mmu_smt: Command) -> None:
    assert SCHEMA.read_text(encoding="utf-8") == repair_schema_text()
    for arguments, code in (
        (("lock.mmu", "-p", "exclusive", "--all"), Exit.OK),
        (("hopeless.mmu", "-p", "small", "--max-size", "1"), Exit.FAILED),
        (("lock.mmu", "-p", "nothing"), Exit.USAGE),
    ):
        ran = mmu_smt("repair", *arguments, "--json")
        document = msgspec.json.decode(ran.out, type=RepairDocument)
        jsonschema.validate(json.loads(ran.out), json.loads(repair_schema_text()))
        assert (ran.code, document.exit_code) == (code, code)
        if code == Exit.OK:
            assert document.repair is not None
            assert {c.verdict for s in document.repair.suggestions for c in s.verdicts} <= {"proved", "vacuous"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("lock.mmu",), "MS508"),
        (("nowhere.mmu", "-p", "exclusive"), "MS508"),
        (("lock.mmu", "-p", "exclusive", "--max-size", "0"), "MS505"),
        (("lock.mmu", "-p", "exclusive", "--name", "a b"), "MS505"),
        (("lock.mmu", "-p", "served"), "MS540"),
        (("lock.mmu", "-p", "exclusive", "--keep", "served"), "MS541"),
        (("lock.mmu", "-p", "exclusive", "--in", "acquir"), "MS541"),
        (("lock.mmu", "-p", "exclusive", "--config", "unfair"), "MS504"),
        (("lock.mmu", "-p", "exclusive", "--name", "racy"), "MS103"),
    ],
)
def test_command_lines_that_cannot_be_used(lock: Path, mmu_smt: Command, arguments: tuple[str, ...], code: str) -> None:
    ran = mmu_smt("repair", *arguments)
    assert ran.code == Exit.USAGE
    assert f"[{code}]" in ran.err
    assert "Traceback" not in ran.err


def test_output_that_cannot_be_written(lock: Path, mmu_smt: Command) -> None:
    ran = mmu_smt("repair", "lock.mmu", "-p", "exclusive", "--output", "x" * 300 + ".mmu")
    assert ran.code == Exit.USAGE
    assert "[MS509]" in ran.err


def test_interrupted_before_anything_was_found(lock: Path, mmu_smt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmu_smt.api import repairing

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(repairing._Search, "_refuted", stop)
    ran = mmu_smt("repair", "lock.mmu", "-p", "exclusive")
    assert ran.code == Exit.INTERRUPTED
    assert "stopped early: interrupted" in ran.out
