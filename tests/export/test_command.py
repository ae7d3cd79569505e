"""`mmu-smt export`: the files, and what is refused."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import z3

from mmu_smt import api
from mmu_smt.cli.app import main
from mmu_smt.syntax.diagnostics import SpecError
from tests.export.btor2_reader import has_lasso, read

ABC = shutil.which("berkeley-abc") or shutil.which("yosys-abc")
KVM = ["-c", "quiet,one_access,svm_direct"]
SMALL = {"GFNS": 2, "LEVELS": 2}


def test_the_system_alone_and_as_functions() -> None:
    file = read(api.export("v2_04", config="quiet", params=SMALL).decode())
    assert file.states and file.next and not file.bads and not file.justice
    text = api.export("v2_04", config="quiet", params=SMALL, property="no_runtime_fault", format="smt2").decode()
    assert "(define-fun trans" in text and "(define-fun bad" in text and "check-sat" not in text


def test_the_loop_of_the_series_in_every_format(tmp_path: Path) -> None:
    """It has one transition; after the fourth patch there is none of up to four."""
    for variant, loops in (("v2_03", True), ("v2_04", False)):
        given = {"config": "quiet,one_access,svm_direct", "property": "retry_progress", "params": SMALL}
        assert has_lasso(read(api.export(variant, **given).decode()), 3) == loops
        for bound in (1, 4):
            solver = z3.SolverFor("QF_BV")
            solver.from_string(api.export(variant, **given, format="smt2", bound=bound).decode())
            assert (solver.check() == z3.sat) == loops


@pytest.mark.skipif(ABC is None, reason="ABC is not installed (Debian: berkeley-abc)")
def test_abc_finds_the_loop_and_none_after_the_fix(tmp_path: Path) -> None:
    assert ABC is not None
    for variant, said in (("v2_03", "was asserted in frame 1"), ("v2_04", "No output asserted in 8 frames")):
        file = tmp_path / f"{variant}.aig"
        assert main(["export", variant, *KVM, "-p", "retry_progress", "-f", "aiger", "-o", str(file)]) == 0
        done = subprocess.run([ABC, "-c", f"read_aiger {file}; bmc3 -F 8"], capture_output=True, text=True, timeout=120, check=False)
        assert said in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"property": "completes_within"}, "MS527"),
        ({"property": "retry_progress", "format": "smt2"}, "MS527"),
        ({"format": "aiger"}, "MS527"),
        ({"format": "smv"}, "MS527"),
        ({"property": "no_deadlock", "bound": 3}, "MS505"),
        ({"property": "no_such"}, "MS503"),
    ],
)
def test_what_a_format_cannot_say_is_refused(options: dict, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        api.export("v2_04", config="quiet", params=SMALL, **options)
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_output_that_cannot_be_written_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "v2_04", "-c", "quiet", "-p", "no_deadlock", "-o", "/no/such/folder/x"]) == 2
    assert "No such file" in capsys.readouterr().err
