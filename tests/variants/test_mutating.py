"""What becomes of mutants: killed, proved equivalent, or a gap with the state that shows the difference; checked by enumeration."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmu_smt.api import mutating
from mmu_smt.api.cellcache import CellCache
from mmu_smt.api.mutating import How, Target, changed_lines, mutate
from mmu_smt.interpret.explicit import explore
from mmu_smt.interpret.machine import TooLarge
from mmu_smt.semantics.program import Config, Program, combine
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.variants.mutants import EVERYTHING, Choice, mutants
from mmu_smt.witness.mutations import Fate, MutantResult, MutationReport
from mmu_smt.witness.verdicts import Word
from tests.compare.support import enumerate_differences
from tests.differential.generate import generate

COUNTER = """\
state n: 0..3 = 0
state spare: 0..3 = 0
state done: bool = false
terminal done
rule full

handler h(go: bool) -> bool {
    if n == 3 && !done {
        done = true
        return false @full
    }
    if go || n < 1 {
        n += 1
        n = n
        return true
    }
    spare = 2
    return false
}
step s() by guest when !done {
    choose go: bool
    h(go)
}
step property counts { h.decides(true) => n' > n }
step property full_at_the_end { h.decides(false) @full => n == 3 }
cover gets_there { done' }
invariant in_range { n <= 3 && spare != 1 }
"""


def judged(text: str, choice: Choice = EVERYTHING, **how: object) -> MutationReport:
    workspace = Workspace.from_text(text)
    return mutate(Target(workspace, "spec.mmu", None), choice, How(jobs=1, **how))  # pyright: ignore[reportArgumentType]


def result(report: MutationReport, *change: str) -> MutantResult:
    (found,) = [r for r in report.results if r.change == change]
    return found


@pytest.fixture(scope="module")
def report() -> MutationReport:
    return judged(COUNTER)


def test_every_mutant_has_a_fate_and_the_counted_properties_are_those_that_hold(report: MutationReport) -> None:
    assert len(report.results) > 30
    ((config, words),) = report.counted
    assert dict(words)["counts"] is Word.PROVED
    assert dict(words)["gets_there"] is Word.REACHED
    assert (config, report.missing) == ("", 0)
    assert not [r for r in report.results if r.problem]


def test_a_mutant_is_killed_by_a_property_a_cover_a_fault_or_a_deadlock(report: MutationReport) -> None:
    (kill,) = result(report, "- n += 1").judgement.kills
    assert (kill.property, kill.after, kill.length) == ("counts", Word.VIOLATED, 1)
    assert result(report, "- if n == 3 && !done {", "+ if false {").judgement.kills[0].after is Word.VACUOUS
    assert "no_runtime_fault" in {k.property for r in report.results for k in r.judgement.kills}
    locked = judged(COUNTER.replace("when !done", "when !done && spare != 3"), Choice(operators=("constant",)))
    assert "no_deadlock" in {k.property for r in locked.results for k in r.judgement.kills}


def test_equivalent_mutants_are_proved_so(report: MutationReport) -> None:
    for change in (("+ n = n",), ("- n = n",), ("- if n == 3 && !done {", "+ if n == 3 {")):
        found = [r for r in report.results if r.change == change]
        assert found, change
        assert all(r.judgement.fate is Fate.EQUIVALENT and r.judgement.by for r in found)


def test_a_planted_gap_is_found_with_the_state_that_shows_it(report: MutationReport) -> None:
    """Nothing is asked about `spare`, but that it is not 1."""
    gap = result(report, "- spare = 2", "+ spare = 3")
    assert gap.judgement.fate is Fate.GAP
    (apart,) = gap.judgement.apart
    assert apart.initial["n"] == 0
    assert apart.behaviour
    assert any("spare: 2 / 3" in one for one in apart.text)
    assert result(report, "- spare = 2", "+ spare = 1").judgement.fate is Fate.KILLED
    assert result(report, "- spare = 2").judgement.fate is Fate.GAP


def test_another_property_closes_the_gap() -> None:
    closed = judged(COUNTER + "step property marks { h.decides(false) && !done' => spare' == 2 }", Choice(operators=("drop-assignment",)))
    assert not closed.of(Fate.GAP)
    assert {k.property for r in closed.results for k in r.judgement.kills} >= {"marks"}


def test_what_the_original_violates_kills_nothing() -> None:
    broken = judged(COUNTER + "invariant low { n < 2 }", Choice(operators=("constant", "compare", "enum")))
    ((_, words),) = broken.counted
    assert "low" not in dict(words)
    assert "low" not in {k.property for r in broken.results for k in r.judgement.kills}


def test_all_kills_are_listed_where_they_are_wanted() -> None:
    choice = Choice(operators=("ignore-result",))
    first, every = judged(COUNTER, choice), judged(COUNTER, choice, everything=True)
    assert [r.judgement.fate for r in first.results] == [r.judgement.fate for r in every.results]
    assert max(len(r.judgement.kills) for r in first.results) == 1
    assert max(len(r.judgement.kills) for r in every.results) > 1


def test_a_property_that_has_become_vacuous_kills() -> None:
    found = judged(COUNTER, Choice(operators=("constant",)), without=("gets_there",))
    kills = {(k.property, k.after) for r in found.results for k in r.judgement.kills}
    assert ("full_at_the_end", Word.VACUOUS) in kills or ("no_runtime_fault", Word.VIOLATED) in kills


def test_answers_are_kept_and_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, choice = Workspace.from_text(COUNTER), Choice(operators=("negate", "drop-assignment"))
    cache = CellCache(tmp_path)
    before = mutate(Target(workspace, "spec.mmu", None), choice, How(jobs=1), cache=cache)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(mutating, "check_program", refuse)
    monkeypatch.setattr(mutating._Judge, "_compared", refuse)
    again = mutate(Target(workspace, "spec.mmu", None), choice, How(jobs=1), cache=cache)
    assert [(r.number, r.judgement.fate, r.judgement.kills) for r in again.results] == [
        (r.number, r.judgement.fate, r.judgement.kills) for r in before.results
    ]


def test_variants_that_somebody_wrote_are_judged_too(tmp_path: Path) -> None:
    file = tmp_path / "mine.mmu"
    file.write_text(
        "variant base { override fn k() -> bool { return true } }\n"
        'variant worse of base "no longer" { override fn k() -> bool { return false } }\n'
        "variant same of base { }\nvariant other of worse { }\n"
        "state n: 0..1 = 0\nfn k() -> bool { return true }\n"
        "handler h() -> bool { if n == 0 { n = 1 } return k() }\nstep s() by guest { h() }\ninvariant fine { n <= 1 }\n",
        encoding="utf-8",
    )
    others = mutating.variants_in(str(file), "base")
    assert [name for _, name in others] == ["worse", "same"]
    workspace = Workspace.load(file)
    found = mutate(Target(workspace, str(file), "base"), Choice(numbers=(10_000,)), How(jobs=1), others=others)
    assert [(r.number, r.name, r.judgement.fate) for r in found.results] == [(0, "worse", Fate.EQUIVALENT), (0, "same", Fate.EQUIVALENT)]


def test_lines_that_differ() -> None:
    assert changed_lines("a\n  b\nc\n", "a\n  d\nc\n") == ("- b", "+ d")
    assert changed_lines("a\n", "a\n") == ()


# ---------------------------------------------------------------------------------------------- against enumeration


def config_of(program: Program, names: tuple[str, ...]) -> Config:
    return combine(tuple(program.configs[n] for n in names))


SEEDS = (31_007, 31_008)  # with mutants of every fate
SLOW_SEEDS = range(32_000, 32_060)


def disagreements(seed: int, most: int) -> list[str]:
    """Mutants of a random system whose fate is not what enumeration says."""
    spec = generate(seed)
    return disagreements_of(Workspace.from_text(spec.text, name="generated.mmu"), spec.variant, spec.configs, Choice(most=most, seed=seed))


def disagreements_of(workspace: Workspace, variant: str | None, configs: tuple[str, ...], choice: Choice) -> list[str]:
    original = workspace.program(variant)
    config = config_of(original, configs)
    how = How((configs,) if configs else (), seconds=4.0, jobs=1)
    report = mutate(Target(workspace, "spec.mmu", variant), choice, how)
    by_number = {m.number: m for m in mutants(workspace, variant, {}, choice).found}
    chooses = any("choose" in file.text for file in workspace.files)
    wrong: list[str] = []
    ((_, counted),) = report.counted
    words = dict(counted)
    for found in report.results:
        mutant = by_number[found.number].program({})
        try:
            verdicts = explore(mutant, config_of(mutant, configs), max_configurations=2_500, max_initial=2_500).verdicts
        except TooLarge:
            continue
        expected = {n: v.word for n, v in verdicts.items() if n in words}
        worse = {
            n
            for n, word in expected.items()
            if word in (Word.VIOLATED, Word.UNREACHABLE) or (word is Word.VACUOUS and words[n] is Word.PROVED)
        }
        judgement = found.judgement
        if found.problem:
            wrong.append(f"#{found.number}: {found.problem}")
        if judgement.fate is Fate.KILLED and not {k.property for k in judgement.kills} <= worse:
            wrong.append(f"#{found.number}: killed by {judgement.kills}, by enumeration {worse or 'nothing'}")
        if judgement.fate in (Fate.GAP, Fate.EQUIVALENT) and worse:
            wrong.append(f"#{found.number}: {judgement.fate}, by enumeration {worse}")
        if judgement.fate in (Fate.GAP, Fate.EQUIVALENT) and not chooses:
            try:
                apart = enumerate_differences((original, config), (mutant, config_of(mutant, configs)))
            except TooLarge:
                continue
            if (judgement.fate is Fate.EQUIVALENT) != (apart.state is None and apart.places is None and apart.initial):
                wrong.append(f"#{found.number}: {judgement.fate}, by enumeration {apart}")
    return wrong


def test_fates_agree_with_enumeration() -> None:
    assert {s: w for s in SEEDS if (w := disagreements(s, 3))} == {}


@pytest.mark.slow
@pytest.mark.parametrize("first", range(SLOW_SEEDS.start, SLOW_SEEDS.stop, 10))
def test_fates_agree_with_enumeration_on_many(first: int) -> None:
    assert {s: w for s in range(first, first + 10) if (w := disagreements(s, 8))} == {}


def test_a_planted_bug_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that calls everything equivalent is found out."""
    workspace, choice = Workspace.from_text(COUNTER), Choice(operators=("compare", "drop-assignment"))
    assert disagreements_of(workspace, None, (), choice) == []
    same = mutating._Likeness("equivalent", "because", alike=True, apart=None)
    monkeypatch.setattr(mutating._Judge, "_likeness", lambda *_: same)
    monkeypatch.setattr(mutating, "FIRST_BOUNDS", ())
    assert disagreements_of(workspace, None, (), choice)
