"""Certificates in folders: what is written, what is accepted, and every way in which one is refused."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mmu_smt import api
from mmu_smt.api import certifying
from mmu_smt.solve import scripts
from mmu_smt.solve.scripts import KNOWN, solvers
from mmu_smt.syntax.diagnostics import SpecError
from tests.cli.support import DOOR, Command, write

CALM = "door.mmu:calm"


@pytest.fixture
def mmu_smt(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate of `calm` in `cert`; beside it is the specification."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, [("door.mmu", DOOR)])
    api.check(CALM, cert="cert")
    return tmp_path / "cert"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_certificate_is_written_and_accepted(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("check", CALM, "--cert", "again")
    assert ran.code == 0, ran.out + ran.err
    assert "certificate: again (6 properties" in ran.out
    accepted = mmu_smt("cert", "check", "again")
    assert accepted.code == 0, accepted.out + accepted.err
    assert "ends: proved. No run, of any length, violates ends." in accepted.out
    assert "happens more than 3 times before its end." in accepted.out
    assert "accepted:" in accepted.out
    for name in KNOWN:
        assert f"{name} unsat" in accepted.out


def test_the_same_question_gives_the_same_bytes(folder: Path) -> None:
    api.check(CALM, cert="again")
    assert contents(folder) == contents(folder.parent / "again")


def test_every_solver_reads_the_files_alone(folder: Path) -> None:
    for name, data in contents(folder).items():
        if name == "manifest.json":
            continue
        text = data.decode()
        assert text.startswith("; ")
        assert text.count("(check-sat)") == 1
        assert "(set-info :status unsat)" in text
        for solver in solvers()[0]:
            assert solver.ask(text).status is scripts.Status.UNSAT, (name, solver)


def test_another_specification_is_refused(mmu_smt: Command, folder: Path) -> None:
    Path("other.mmu").write_text(DOOR.replace("n <= MAX", "n < MAX"), encoding="utf-8")
    ran = mmu_smt("cert", "check", "cert", "--spec", "other.mmu")
    assert ran.code == 2
    assert "[MS523]" in ran.err


def test_another_specification_is_refused_with_its_own_digest(mmu_smt: Command, folder: Path) -> None:
    """Somebody puts the other text's digest into the manifest: the obligations still are not those of that text."""
    Path("other.mmu").write_text(DOOR.replace("n += 1", "n += 1 done = false"), encoding="utf-8")

    def forge(manifest: dict[str, Any]) -> None:
        manifest["question"]["spec"] = api.load("other.mmu").digest

    _edit(folder, forge)
    ran = mmu_smt("cert", "check", "cert", "--spec", "other.mmu")
    assert ran.code == 2
    assert "[MS524]" in ran.err


def _edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def _obligation(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["cases"][0]["obligations"][-1]


def test_an_edited_file_is_refused_whatever_the_manifest_says(mmu_smt: Command, folder: Path) -> None:
    path = sorted(folder.glob("*.smt2"))[-1]
    path.write_text(path.read_text(encoding="utf-8").replace("(check-sat)", "(assert false)\n(check-sat)"), encoding="utf-8")

    def forge(manifest: dict[str, Any]) -> None:
        for record in manifest["cases"][0]["obligations"]:
            if record["file"] == path.name:
                record["sha256"] = sha256(path.read_bytes()).hexdigest()

    for change in (None, forge):
        if change is not None:
            _edit(folder, change)
        ran = mmu_smt("cert", "check", "cert")
        assert ran.code == 2
        assert "[MS524]" in ran.err


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "a claim of something violated": lambda m: m["claims"].append({**m["claims"][0], "property": "no_deadlock_at_all"}),
    "another word": lambda m: m["claims"][0].update(word="vacuous"),
    "other words": lambda m: m["claims"][0].update(says="Everything is well."),
    "another property's text": lambda m: m["claims"][0].update(text="invariant: true"),
    "a claim twice": lambda m: m["claims"].append(m["claims"][0]),
    "an obligation less": lambda m: m["cases"][0]["obligations"].pop(),
    "an obligation that says something else": lambda m: _obligation(m).update(says="Trust me."),
    "a stage less": lambda m: m["cases"][0]["stages"].pop(0),
    "no case": lambda m: m["cases"].clear(),
    "another case": lambda m: m["cases"][0].update(values={"MAX": 1}),
    "another config": lambda m: m["question"].update(config=["rush"]),
    "other parameters": lambda m: m["question"].update(params={"MAX": 2}),
    "other properties": lambda m: m["question"].update(properties=m["question"]["properties"][::-1]),
    "another variant": lambda m: m["question"].update(variant="loud"),
    "no such variant": lambda m: m["question"].update(variant="nobody"),
    "an induction over no place": lambda m: m["cases"][0]["stages"][0].update(places=0),
    "what is not there": lambda m: m["cases"][0]["stages"][0].update(proves=["nothing"]),
    "a clause": lambda m: m["cases"][0]["stages"][0].update(clauses=[{"smt": "false", "text": "false"}]),
    "a clause that reads otherwise": lambda m: m["cases"][0]["stages"][0].update(clauses=[{"smt": "true", "text": "n <= 3"}]),
    "a clause that is none": lambda m: m["cases"][0]["stages"][0].update(clauses=[{"smt": "(and n", "text": ""}]),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_manifest_is_refused(what: str, mmu_smt: Command, folder: Path) -> None:
    _edit(folder, CHANGES[what])
    ran = mmu_smt("cert", "check", "cert")
    assert ran.code == 2, ran.out
    assert "[MS524]" in ran.err


def test_a_weaker_proof_with_everything_recomputed_is_refuted(mmu_smt: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The obligations follow from the stages, but do not hold."""

    def forge(manifest: dict[str, Any]) -> None:
        for stage in manifest["cases"][0]["stages"]:
            if "transitions" in stage:
                stage["transitions"] -= 1

    _edit(folder, forge)
    monkeypatch.setattr(certifying, "_compare", lambda *_: None)
    ran = mmu_smt("cert", "check", "cert")
    assert ran.code == 1, ran.out
    assert "refuted " in ran.out
    assert "[MS525]" in ran.out


@pytest.mark.parametrize("data", [b"", b"{}", b"[1", b"\xff\xfe", b'{"format": 1}', b"[" * 100_000])
def test_what_is_no_manifest(data: bytes, mmu_smt: Command, folder: Path) -> None:
    (folder / "manifest.json").write_bytes(data)
    ran = mmu_smt("cert", "check", "cert")
    assert ran.code == 2
    assert "[MS522]" in ran.err


def test_another_format(mmu_smt: Command, folder: Path) -> None:
    _edit(folder, lambda m: m.update(format=99))
    assert "[MS522]" in mmu_smt("cert", "check", "cert").err


def test_folders_that_hold_none(mmu_smt: Command, folder: Path) -> None:
    (folder.parent / "empty").mkdir()
    for name in ("empty", "nowhere", "door.mmu", "a\0b"):
        ran = mmu_smt("cert", "check", name)
        assert ran.code == 2
        assert "[MS522]" in ran.err


def test_missing_and_additional_files(mmu_smt: Command, folder: Path) -> None:
    (folder / "more.smt2").write_text("(check-sat)\n", encoding="utf-8")
    assert "more.smt2 is no part of it [MS524]" in mmu_smt("cert", "check", "cert").err
    (folder / "more.smt2").unlink()
    next(folder.glob("*.smt2")).unlink()
    assert "is missing [MS524]" in mmu_smt("cert", "check", "cert").err


def test_where_none_can_be_written(mmu_smt: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cert", "door.mmu", "door.mmu/below", "a\0b"):
        ran = mmu_smt("check", CALM, "--cert", name)
        assert ran.code == 2, name
        assert "[MS521]" in ran.err

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    ran = mmu_smt("check", CALM, "--cert", "full")
    assert ran.code == 2
    assert "No space left on device [MS521]" in ran.err
    assert "[MS522]" in mmu_smt("cert", "check", "full").err


def test_one_variant_is_needed(mmu_smt: Command, folder: Path) -> None:
    assert "[MS518]" in mmu_smt("check", "door.mmu", "--cert", "new").err
    assert "[MS518]" in mmu_smt("check", CALM, "door.mmu:loud", "--cert", "new").err


def test_solvers_that_are_not_there(mmu_smt: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "[MS505]" in mmu_smt("cert", "check", "cert", "--solver", "oracle").err
    monkeypatch.setattr(scripts, "_MODULES", {**scripts._MODULES, "cvc5": "no_such_module"})
    assert "[MS526]" in mmu_smt("cert", "check", "cert", "--solver", "cvc5").err
    ran = mmu_smt("cert", "check", "cert")
    assert ran.code == 0
    assert "not installed: cvc5" in ran.out


def test_an_answer_that_is_missing_is_said(mmu_smt: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_text: str, _seconds: float | None) -> str:
        return "unknown"

    monkeypatch.setattr(scripts, "_ASK", {**scripts._ASK, "bitwuzla": silent})
    ran = mmu_smt("cert", "check", "cert")
    assert ran.code == 3
    assert "open: " in ran.out


def test_what_has_no_certificate_is_said(mmu_smt: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_stage: object) -> object:
        raise certifying.NoCertificate("it cannot be written")

    monkeypatch.setattr(certifying, "record_of", none)
    ran = mmu_smt("check", CALM, "--cert", "new")
    assert ran.code == 3
    assert "no certificate: ends (it cannot be written)" in ran.out


def test_cases_have_folders_of_their_own(mmu_smt: Command, folder: Path) -> None:
    text = "const c: bool @cases\nstate n: 0..3 = 0\nstep up() by guest when n < 3 { n = n + (c ? 1 : 0) }\ninvariant small { n <= 3 }\n"
    Path("cases.mmu").write_text(text + "step property kept { n' >= n }\n", encoding="utf-8")
    ran = mmu_smt("check", "cases.mmu", "--cert", "both")
    assert "certificate: both" in ran.out
    assert {p.name for p in Path("both").iterdir()} == {"case-1", "case-2", "manifest.json"}
    accepted = mmu_smt("cert", "check", "both")
    assert accepted.code == 0, accepted.out + accepted.err
    assert "kept: proved." in accepted.out


def test_clauses_are_read_and_used(folder: Path) -> None:
    """An invariant that is nobody's property, as an engine would give it."""
    from mmu_smt.certify.deriving import Judged, derive
    from mmu_smt.certify.manifest import InductionRecord, TermRecord
    from mmu_smt.semantics.program import EMPTY_CONFIG
    from mmu_smt.semantics.workspace import Workspace

    text = "state x: 0..7 = 0\nstate y: 0..7 = 0\nstep both() by guest when x < 5 { x += 1 y += 1 }\ninvariant small { x == 5 => y <= 5 }\n"
    program = Workspace.from_text(text, name="clause.mmu").program(None)
    judged = Judged(program, EMPTY_CONFIG, (program.properties["small"],))
    (z3,) = solvers(["z3"])[0]
    alone = derive(judged, [({}, (InductionRecord(("small",), 1),))])
    assert not all(z3.ask(t).status is scripts.Status.UNSAT for t in alone.texts.values())
    clause = TermRecord("(= x y)", "x == y")
    both = derive(judged, [({}, (InductionRecord(("small",), 1, (clause,)),))])
    assert all(z3.ask(t).status is scripts.Status.UNSAT for t in both.texts.values())
    wrong = TermRecord("(bvule x y)", "x <= y")
    some = derive(judged, [({}, (InductionRecord(("small",), 1, (wrong,)),))])
    assert not all(z3.ask(t).status is scripts.Status.UNSAT for t in some.texts.values())


def test_a_clean_refusal_raises_no_traceback(folder: Path) -> None:
    with pytest.raises(SpecError):
        certifying.check("nowhere")
