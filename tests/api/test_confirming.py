"""Second opinions: who is asked about a verdict, and that a source which disagrees is heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mmu_smt import api
from mmu_smt.api import checking, confirming
from mmu_smt.report.json_certificates import CertificateDocument
from mmu_smt.report.json_report import CheckDocument
from mmu_smt.report.json_runs import document_schema
from mmu_smt.solve import scripts
from mmu_smt.solve.session import Status
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.opinions import Opinion, Role, by_property, lacking, unconfirmed
from mmu_smt.witness.verdicts import CheckResult, Engine, Word
from tests.cli.support import DOOR, Command, write

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"


@pytest.fixture
def mmu_smt(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, [("door.mmu", DOOR)])
    return tmp_path


def opinions(target: str, **options: Any) -> dict[str, tuple[Opinion, ...]]:
    (result,) = api.check(f"door.mmu:{target}", paranoid=True, **options)
    assert result.opinions is not None
    return by_property(result.opinions)


def test_every_verdict_is_confirmed_by_all_who_can_be_asked() -> None:
    for target in ("calm", "loud"):
        found = opinions(target)
        (result,) = api.check(f"door.mmu:{target}")
        decided = {v.property.name: v.word for v in result.verdicts if v.word is not Word.INAPPLICABLE}
        assert found.keys() == decided.keys()
        for name, said in found.items():
            assert not lacking(said), (name, said)
            roles = {o.role for o in said}
            assert roles == (set(Role) - {Role.ENGINE} if decided[name] in (Word.VIOLATED, Word.REACHED) else set(Role))


def test_other_engines_are_asked_than_those_that_decided() -> None:
    (result,) = api.check("door.mmu:calm", paranoid=True)
    engines = {v.property.name: v.engines for v in result.verdicts}
    for name, said in by_property(result.opinions or ()).items():
        for opinion in said:
            if opinion.role is Role.ENGINE:
                assert all(used.value in opinion.source for used in engines[name])


def test_a_solver_that_disagrees_about_a_run_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = scripts.ScriptSolver.ask

    def contrary(self: scripts.ScriptSolver, text: str, *, seconds: float | None = None) -> scripts.Reply:
        reply = ask(self, text, seconds=seconds)
        return replace(reply, status=Status.UNSAT) if self.name == "bitwuzla" else reply

    monkeypatch.setattr(scripts.ScriptSolver, "ask", contrary)
    with pytest.raises(api.DisputedError, match="bitwuzla disagrees about ends: a run of") as caught:
        opinions("loud", properties=["ends"])
    assert "(check-sat)" in caught.value.evidence


def test_a_solver_that_disagrees_about_an_obligation_is_heard(monkeypatch: pytest.MonkeyPatch, mmu_smt: Command) -> None:
    ask = scripts.ScriptSolver.ask

    def contrary(self: scripts.ScriptSolver, text: str, *, seconds: float | None = None) -> scripts.Reply:
        reply = ask(self, text, seconds=seconds)
        return replace(reply, status=Status.SAT) if self.name == "cvc5" else reply

    monkeypatch.setattr(scripts.ScriptSolver, "ask", contrary)
    ran = mmu_smt("check", "door.mmu:calm", "-p", "bounded_n", "--paranoid")
    assert ran.code == 5
    assert "cvc5 disagrees about bounded_n" in ran.err
    assert "MS602" in ran.err
    assert "(check-sat)" in Path("mmu-smt-disputed-bounded_n.smt2").read_text(encoding="utf-8")


def test_a_shorter_run_than_the_shortest_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that skips depths: its run replays, but it is not the shortest."""
    check_program = checking.check_program

    def late(request: checking.Request, **options: Any) -> CheckResult:
        result = check_program(request, **options)
        return replace(result, verdicts=tuple(replace(v, trace=_longer(v.trace)) for v in result.verdicts))

    monkeypatch.setattr(api, "check_program", late)
    with pytest.raises(api.DisputedError, match="none of up to"):
        opinions("loud", properties=["ends"])


def _longer(trace: Any) -> Any:
    return None if trace is None else replace(trace, steps=(*trace.steps, trace.steps[-1]))


def test_an_engine_that_disagrees_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the second round finds the run."""
    check_program = checking.check_program

    def blind(request: checking.Request, **options: Any) -> CheckResult:
        result = check_program(request, **options)
        proved = (replace(v, word=Word.PROVED, trace=None, engines=(Engine.RANKING,)) for v in result.verdicts)
        return replace(result, verdicts=tuple(proved))

    monkeypatch.setattr(api, "check_program", blind)
    with pytest.raises(api.DisputedError, match="engines without ranking disagrees about ends: violated, where it was proved") as caught:
        opinions("loud", properties=["ends"])
    assert caught.value.file == "mmu-smt-disputed-ends.btor2"
    assert " bad " in caught.value.evidence


def test_an_engine_that_proves_too_much_is_heard_by_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both rounds say that a state with n = MAX is out of reach."""
    query = checking.check_program

    def blind(request: checking.Request, **options: Any) -> CheckResult:
        result = query(request, **options)
        proved = (replace(v, word=Word.UNREACHABLE, trace=None, engines=(Engine.INDUCTION,)) for v in result.verdicts)
        return replace(result, verdicts=tuple(proved))

    monkeypatch.setattr(api, "check_program", blind)
    monkeypatch.setattr(confirming, "check_program", blind)
    with pytest.raises(api.DisputedError, match="interpreter disagrees about gives_up") as caught:
        opinions("calm", properties=["gives_up"])
    assert '"moves"' in caught.value.evidence


def test_random_runs_are_judged_where_enumeration_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "CONFIGURATIONS", 1)
    said = opinions("calm", properties=["bounded_n"])["bounded_n"]
    assert any("4 random runs" in o.detail for o in said if o.role is Role.INTERPRETER)
    assert not lacking(said)


def test_two_solvers_there_must_be(monkeypatch: pytest.MonkeyPatch, mmu_smt: Command) -> None:
    monkeypatch.setattr(confirming, "solvers", lambda: (scripts.solvers(["z3"])[0], ("cvc5", "bitwuzla")))
    with pytest.raises(SpecError, match="two solvers must agree"):
        opinions("calm")
    ran = mmu_smt("check", "door.mmu:calm", "--paranoid")
    assert ran.code == 2
    assert "MS528" in ran.err


def test_who_has_no_answer_does_not_confirm() -> None:
    said = [
        Opinion("p", Role.ENGINE, "others", None, "no answer"),
        Opinion("p", Role.SOLVER, "z3", True, ""),
        Opinion("p", Role.SOLVER, "z3", True, ""),
        Opinion("p", Role.INTERPRETER, "interpreter", True, ""),
    ]
    assert lacking(said) == ("a second engine", "two solvers")
    assert unconfirmed(said) == 1


def test_the_command_line_says_who_agrees(mmu_smt: Command) -> None:
    ran = mmu_smt("check", "door.mmu:calm", "--paranoid")
    assert ran.code == 0, ran.out + ran.err
    assert "confirmed: ends\n" in ran.out
    assert "7 of 7 verdicts are confirmed" in ran.out
    document = msgspec.json.decode(mmu_smt("check", "door.mmu:calm", "--paranoid", "--json").out, type=CheckDocument)
    assert {o.property for o in document.results[0].opinions or ()} == {v.property for v in document.results[0].verdicts}
    assert mmu_smt("check", "door.mmu:calm", "--paranoid", "--cert", "folder").code == 2


def test_a_checked_certificate_as_json(mmu_smt: Command) -> None:
    api.check("door.mmu:calm", cert="folder")
    ran = mmu_smt("cert", "check", "folder", "--json")
    document = msgspec.json.decode(ran.out, type=CertificateDocument)
    assert ran.code == document.exit_code == 0
    assert document.certificate is not None
    assert document.certificate.state == "accepted"
    assert {a.said for o in document.certificate.obligations for a in o.answers} == {"unsat"}
    nothing = msgspec.json.decode(mmu_smt("cert", "check", "elsewhere", "--json").out, type=CertificateDocument)
    assert (nothing.exit_code, nothing.certificate, nothing.diagnostics[0].code) == (2, None, "MS522")
    assert (SCHEMAS / "cert-result.schema.json").read_text(encoding="utf-8") == document_schema(CertificateDocument)


# ---------------------------------------------------------------------------------------------- one engine alone


def proofs(engines: Sequence[Engine] | None, target: str = "calm") -> dict[str, tuple[Word, tuple[Engine, ...]]]:
    (result,) = api.check(f"door.mmu:{target}", engines=engines, bound=8)
    return {v.property.name: (v.word, v.engines) for v in result.verdicts}


@pytest.mark.parametrize("engine", list(Engine))
def test_an_engine_alone_proves_what_it_can_and_nothing_else_does(engine: Engine) -> None:
    alone, together = proofs([engine]), proofs(None)
    for name, (word, engines) in alone.items():
        assert set(engines) <= {engine}, (name, engines)
        assert word in (together[name][0], Word.BOUNDED), (name, word)
    assert any(word in (Word.PROVED, Word.UNREACHABLE) for word, _ in alone.values()) or engine is Engine.RELY


def test_what_is_violated_is_found_whatever_the_engine() -> None:
    for engine in Engine:
        assert proofs([engine], "loud")["ends"][0] is Word.VIOLATED


def test_engines_on_the_command_line(mmu_smt: Command) -> None:
    ran = mmu_smt("check", "door.mmu:calm", "-p", "bounded_n", "--engine", "reachability")
    assert ran.code == 0
    assert "PDR" in ran.out
    assert mmu_smt("check", "door.mmu:calm", "--engine", "magic").code == 2


def test_a_query_without_an_argument_is_left_open_by_one_engine_alone() -> None:
    """A loop is no business of induction."""
    assert proofs([Engine.INDUCTION])["ends"] == (Word.BOUNDED, ())
