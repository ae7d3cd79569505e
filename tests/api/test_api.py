"""The public interface, used as a library would."""

from __future__ import annotations

from pathlib import Path

import pytest

import mmu_smt
from mmu_smt import SpecError, UnknownReason, Verdict, Word
from mmu_smt.api.simplify import simplify
from mmu_smt.api.targets import split_target
from mmu_smt.interpret.replay import ReplayMismatch, replay
from mmu_smt.semantics.program import EMPTY_CONFIG
from mmu_smt.witness.serialise import candidate_from_json, candidate_to_json
from mmu_smt.witness.traces import Candidate, Move
from tests.cli.support import DOOR, write


@pytest.fixture
def door(tmp_path: Path) -> Path:
    write(tmp_path, [("door.mmu", DOOR)])
    return tmp_path / "door.mmu"


def verdicts(result: mmu_smt.CheckResult) -> dict[str, Verdict]:
    return {v.property.name: v for v in result.verdicts}


def test_check_returns_one_result_for_each_variant(door: Path) -> None:
    calm, loud = mmu_smt.check(door)
    assert (calm.program.variant, loud.program.variant) == ("calm", "loud")
    assert calm.config.name == "alone"
    assert verdicts(calm)["ends"].word is Word.PROVED
    assert verdicts(calm)["ends_soon"].least == 3
    violated = verdicts(loud)["ends"]
    assert violated.trace is not None
    assert (violated.trace.loop_start, len(violated.trace.steps)) == (1, 2)


def test_check_takes_a_loaded_spec_and_picks(door: Path) -> None:
    spec = mmu_smt.load(str(door))
    assert spec.variants == ("calm", "loud")
    (result,) = mmu_smt.check(spec, variant="calm", properties=["ends"], config=["quiet", "rush"], params={"MAX": 2})
    assert result.config.includes == {"quiet", "rush"}
    assert result.given == {"MAX": 2}
    assert [v.word for v in result.verdicts] == [Word.VIOLATED]
    trace = result.verdicts[0].trace
    assert trace is not None
    assert "push_back" in {s.step for s in trace.steps}


def test_limits(door: Path) -> None:
    bounded = verdicts(mmu_smt.check(f"{door}:calm", properties=["gives_up"], bound=2)[0])["gives_up"]
    assert (bounded.word, bounded.bound) == (Word.BOUNDED, 2)
    late = verdicts(mmu_smt.check(f"{door}:calm", properties=["gives_up"], timeout=0)[0])["gives_up"]
    assert (late.word, late.reason) == (Word.UNKNOWN, UnknownReason.TIME)


def test_results_are_the_same_every_time(door: Path) -> None:
    first, second = (mmu_smt.check(f"{door}:loud")[0] for _ in range(2))
    for one, other in zip(first.verdicts, second.verdicts, strict=True):
        assert (one.word, one.by, one.bound) == (other.word, other.by, other.bound)
        assert [s.after for s in one.trace.steps] == [s.after for s in other.trace.steps] if one.trace and other.trace else True


@pytest.mark.parametrize(
    ("more", "code"),
    [({"variant": "clam"}, "MS507"), ({"properties": ["end"]}, "MS503"), ({"config": "qiet"}, "MS504"), ({"params": {"MIX": 1}}, "MS506")],
)
def test_requests_that_do_not_fit(door: Path, more: dict[str, object], code: str) -> None:
    with pytest.raises(SpecError) as raised:
        mmu_smt.check(door, **more)  # type: ignore[arg-type]
    assert [d.code for d in raised.value.diagnostics] == [code]


def test_test_reports_outcomes_in_order_of_the_text(door: Path) -> None:
    told: list[mmu_smt.Outcome] = []
    report = mmu_smt.test(door, each=told.append)
    assert tuple(told) == report.outcomes
    assert report.missed == ()
    assert [o.expectation.property for o in report.outcomes[:4]] == ["ends", "ends_soon", "gives_up", "bounded_n"]


@pytest.mark.parametrize(
    ("wanted", "met"), [("proved", False), ("proved | bounded(3)", True), ("proved | unknown", True), ("vacuous | bounded(3)", False)]
)
def test_an_expected_proof_is_not_vacuous_for_all_that_is_known(tmp_path: Path, wanted: str, met: bool) -> None:
    text = "state n: 0..61 = 0\nstep up() by guest when n < 60 { n += 2 }\nterminal n == 60\ninvariant odd { n == 41 => n > 3 }\n"
    (tmp_path / "twos.mmu").write_text(text + f"expect base {{ odd: {wanted} }}\nvariant base {{ }}\n", encoding="utf-8")
    (outcome,) = mmu_smt.test(tmp_path / "twos.mmu", rlimit=20_000).outcomes
    assert outcome.verdict.vacuity is not None
    assert outcome.met is met


def test_expectations_of_imported_files_are_not_judged_again(tmp_path: Path) -> None:
    write(
        tmp_path, [("door.mmu", DOOR), ("more.mmu", 'import door\nvariant louder of loud "More" { }\nexpect louder { ends: violated }\n')]
    )
    report = mmu_smt.test(tmp_path / "more.mmu")
    assert [o.expectation.variant for o in report.outcomes] == ["louder"]


def test_a_loop_closes_on_whole_variables(tmp_path: Path) -> None:
    """The property sees one element of the array; the others go round in threes, and the run is replayed on whole states."""
    text = "state d: [0..1]0..2 = fill(0)\nstep s() by guest { d[1] = (d[1] + 1) % 3 }\nprogress p { recurs d[0] == 0 never false }\n"
    (tmp_path / "parts.mmu").write_text(text, encoding="utf-8")
    (result,) = mmu_smt.check(tmp_path / "parts.mmu", properties=["p"])
    trace = verdicts(result)["p"].trace
    assert trace is not None
    assert (len(trace.steps), trace.loop_start) == (3, 0)


def test_run_and_format(door: Path) -> None:
    trace = mmu_smt.run(door, variant="calm", seed=1, steps=20)
    assert trace.steps[-1].after["done"] is True
    assert mmu_smt.format_text("state  n : 0..3;") == "state n: 0..3\n"
    with pytest.raises(SpecError):
        mmu_smt.format_text("state n")


def test_run_without_an_initial_state(tmp_path: Path) -> None:
    write(tmp_path, [("none.mmu", "const c: bool\nassume yes { c }\nassume no { !c }\nstate n: bool\nstep s() by guest { n = !n }\n")])
    with pytest.raises(SpecError) as raised:
        mmu_smt.run(tmp_path / "none.mmu")
    assert [d.code for d in raised.value.diagnostics] == ["MS511"]


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("a.mmu", ("a.mmu", None)),
        ("a.mmu:v", ("a.mmu", "v")),
        ("d:e/a.mmu:v1", ("d:e/a.mmu", "v1")),
        ("v", ("v", None)),
        ("a.mmu:", ("a.mmu:", None)),
        ("x:y", ("x:y", None)),
    ],
)
def test_split_target(target: str, parts: tuple[str, str | None]) -> None:
    assert split_target(target) == parts


# Only `kind` and `level[1]` matter for the run below.
CROWDED = """\
enum Kind { PLAIN, ODD }
const kind: Kind  @default PLAIN
const spare: 0..7  @default 3
const level: [0..2]0..7
assume spare_is_not_level { spare != level[1] }
state n: 0..7
state noise: [0..1]bool  @default fill(true)
state moved: bool = false
handler act() -> bool {
    return kind == ODD
}
step go() by guest {
    if act() && n == level[1] {
        moved = true
    }
}
invariant stays { !moved }
"""


def crowded(tmp_path: Path) -> tuple[mmu_smt.Spec, Candidate]:
    write(tmp_path, [("crowded.mmu", CROWDED)])
    consts = {"kind": 1, "spare": 6, "level": (4, 5, 6)}
    state = {"n": 5, "noise": (False, False), "moved": False}
    return mmu_smt.load(str(tmp_path / "crowded.mmu")), Candidate(consts, (state, {**state, "moved": True}), (Move("go"),))


def test_simplify_sets_what_does_not_matter_to_its_default(tmp_path: Path) -> None:
    spec, candidate = crowded(tmp_path)
    program = spec.program()
    simpler = simplify(program, EMPTY_CONFIG, candidate)
    assert simpler.consts == {"kind": 1, "spare": 3, "level": (0, 5, 0)}
    assert simpler.states[0] == {"n": 5, "noise": (True, True), "moved": False}
    assert simpler.moves == candidate.moves
    trace = replay(program, EMPTY_CONFIG, simpler, program.properties["stays"])
    assert trace.steps[0].after["moved"] is True


def test_simplify_refuses_what_is_no_run(tmp_path: Path) -> None:
    spec, candidate = crowded(tmp_path)
    wrong = Candidate(candidate.consts, (candidate.states[0], candidate.states[0]), candidate.moves)
    with pytest.raises(ReplayMismatch):
        simplify(spec.program(), EMPTY_CONFIG, wrong)


def test_candidates_survive_json() -> None:
    moves = (Move("a", (1, None, (True, (2,))), choices={(1, -1, 7): (False, None)}), Move("b", resume=True))
    candidate = Candidate({"c": True, "big": 2**64 - 1}, ({"s": (0, (None, False))}, {}), moves, 0)
    read = candidate_from_json(candidate_to_json(candidate))
    assert read == candidate
    assert read.consts["c"] is True


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "other"}', '{"format": "mmu-smt candidate 1", "consts": {"a": "text"}}'])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a|Expecting value"):
        candidate_from_json(text)
