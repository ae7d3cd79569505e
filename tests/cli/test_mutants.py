"""`mmu-smt cover` and `mmu-smt mutate` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from mmu_smt.cli.exits import Exit
from mmu_smt.cli.mutate_app import exit_code
from mmu_smt.report.coverage_json import CoverDocument, cover_schema
from mmu_smt.report.mutation_json import MutateDocument, mutate_schema
from mmu_smt.witness.mutations import Fate, Judgement, MutantResult, MutationReport
from tests.cli.support import DOOR, Command

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"


def test_cover_shows_the_source_with_what_is_taken(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("cover", "door.mmu:calm")
    assert ran.code == Exit.OK
    assert "+   12 |     if n == MAX {" in ran.out
    assert "4 branches: 4 reached" in ran.out
    assert "gives_up_late" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_cover_says_what_is_dead_and_why(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("cover", "door.mmu:loud", "--config", "quiet", "--config", "rush")
    assert ran.code == Exit.FAILED
    assert "dead  door.mmu" in ran.out
    assert "return: return STOP @gave_up" in ran.out
    assert "induction" in ran.out
    assert ".." in ran.out  # under both configs


def test_cover_opens_one_place(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("cover", "door.mmu:calm", "--at", "door.mmu:13")
    assert ran.code == Exit.OK
    assert "in alone: reached" in ran.out
    assert "decide: STOP @gave_up" in ran.out
    missed = mmu_smt("cover", "door.mmu:calm", "--at", "door.mmu:1")
    assert (missed.code, "MS547" in missed.err) == (Exit.USAGE, True)


def test_cover_with_a_bound_leaves_branches_open(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("cover", "door.mmu:calm", "-k", "2")
    assert ran.code == Exit.OPEN
    assert "unknown" in ran.out


def test_cover_as_json(mmu_smt: Command, folder: Path) -> None:
    ran = mmu_smt("cover", "door.mmu:loud", "--json")
    document = msgspec.json.decode(ran.out, type=CoverDocument)
    jsonschema.validate(json.loads(ran.out), json.loads(cover_schema()))
    assert (SCHEMAS / "cover-result.schema.json").read_text(encoding="utf-8") == cover_schema()
    assert document.exit_code == ran.code == Exit.FAILED
    assert document.coverage is not None
    for branch in document.coverage.branches:
        (found,) = branch.found
        assert (found.run is None) == (found.reach != "reached")
        if found.run is not None:
            assert len(document.coverage.runs[found.run].trace.steps) == found.steps
    broken = mmu_smt("cover", "door.mmu:nobody", "--json")
    assert (broken.code, msgspec.json.decode(broken.out, type=CoverDocument).diagnostics[0].code) == (Exit.USAGE, "MS507")


def test_mutate_lists_gaps_with_the_lines_and_the_state(mmu_smt: Command, folder: Path) -> None:
    text = DOOR.replace("state done", "state spare: bool = false\nstate done")
    text = text.replace("    return GO\n}\n\nstep", "    spare = true\n    return GO\n}\n\nstep")
    (folder / "gap.mmu").write_text(text, encoding="utf-8")
    ran = mmu_smt("mutate", "gap.mmu:calm", "--no-cache", "--jobs", "1", "--operator", "drop-assignment", "--operator", "enum")
    assert ran.code == Exit.FAILED
    assert "- spare = true" in ran.out
    assert "they come apart in" in ran.out
    assert "1 gap" in ran.out
    assert "killed" in ran.out


def test_mutate_as_json(mmu_smt: Command, folder: Path, tmp_path: Path) -> None:
    arguments = ("mutate", "door.mmu:calm", "--operator", "enum", "--jobs", "1", "--json", "--cache", str(tmp_path / "kept"))
    ran = mmu_smt(*arguments)
    document = msgspec.json.decode(ran.out, type=MutateDocument)
    jsonschema.validate(json.loads(ran.out), json.loads(mutate_schema()))
    assert (SCHEMAS / "mutate-result.schema.json").read_text(encoding="utf-8") == mutate_schema()
    assert document.mutation is not None
    assert {m.fate for m in document.mutation.mutants} == {"killed"}
    assert document.exit_code == ran.code == Exit.OK
    again = msgspec.json.decode(mmu_smt(*arguments).out, type=MutateDocument)
    assert again.mutation is not None
    assert [m.kills for m in again.mutation.mutants] == [m.kills for m in document.mutation.mutants]


def test_mutate_prints_mutants_that_can_be_checked(mmu_smt: Command, folder: Path) -> None:
    listed = mmu_smt("mutate", "door.mmu:calm", "--dry-run")
    assert "#2 " in listed.out
    assert " mutants; left out: " in listed.out
    shown = mmu_smt("mutate", "door.mmu:calm", "--show", "-n", "2")
    assert shown.out.startswith("variant calm_mutant_2 of calm ")
    (folder / "door.mmu").write_text(DOOR + shown.out, encoding="utf-8")
    assert mmu_smt("check", "door.mmu:calm_mutant_2").code in (Exit.OK, Exit.FAILED)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--operator", "nonsense"), "MS545"), (("--function", "act"), "MS546"), (("--max", "0"), "MS505"), (("-c", "none"), "MS504")],
)
def test_mutate_refuses_what_does_not_exist(mmu_smt: Command, folder: Path, arguments: tuple[str, ...], code: str) -> None:
    ran = mmu_smt("mutate", "door.mmu:calm", *arguments)
    assert ran.code == Exit.USAGE
    assert code in ran.err


def test_mutate_names_its_operators(mmu_smt: Command) -> None:
    ran = mmu_smt("mutate", "nothing", "--operator", "list")
    assert ran.code == Exit.OK
    assert "hoist" in ran.out


def test_exit_codes_of_mutate() -> None:
    def of(*fates: Fate, missing: int = 0, problem: str = "") -> Exit:
        results = tuple(MutantResult(1, "m", "negate", "f", "x:1", (), Judgement(f), problem) for f in fates)
        return exit_code(MutationReport("t", None, None, (), (), results, missing=missing))

    assert of(Fate.KILLED, Fate.EQUIVALENT) == Exit.OK
    assert of(Fate.KILLED, Fate.GAP, Fate.UNKNOWN) == Exit.FAILED
    assert of(Fate.KILLED, Fate.UNKNOWN) == Exit.OPEN
    assert of(Fate.KILLED, missing=2) == Exit.OPEN
    assert of(missing=2) == Exit.INTERRUPTED
    assert of(Fate.GAP, problem="x") == Exit.INTERNAL
