"""Repairs of small systems: what is suggested is right, smallest, and never rests on the filters that make the search quick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mmu_smt
from mmu_smt.api import repairing
from mmu_smt.interpret.explicit import explore
from mmu_smt.semantics.editing import Editor
from mmu_smt.semantics.program import EMPTY_CONFIG, Program
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.variants import repair_examples
from mmu_smt.variants.repair_edits import edits
from mmu_smt.variants.repair_vocabulary import Vocabulary
from mmu_smt.witness.repairs import RepairReport, Suggestion
from mmu_smt.witness.verdicts import Word
from tests.variants.specs import ARMED, COUNTER, HOPELESS, SERVED, TOLD, UNARMED


def saved(folder: Path, text: str) -> str:
    path = folder / "spec.mmu"
    path.write_text(text, encoding="utf-8")
    return str(path)


def repaired(folder: Path, text: str, *properties: str, **how: object) -> RepairReport:
    return mmu_smt.repair(saved(folder, text), properties=properties, **how)  # pyright: ignore[reportArgumentType]


def explicit(suggestion: Suggestion, folder: Path) -> dict[str, Word]:
    """The verdicts of a suggestion by enumeration, from its text alone: neither the search nor the solver takes part."""
    path = folder / "suggested.mmu"
    path.write_text(suggestion.text, encoding="utf-8")
    return words_of(Workspace.load(str(path)).program(suggestion.variant))


def words_of(program: Program) -> dict[str, Word]:
    config = EMPTY_CONFIG if program.default_config is None else program.configs[program.default_config]
    return {name: v.word for name, v in explore(program, config).verdicts.items()}


def changed(report: RepairReport) -> list[str]:
    """What the suggestions add."""
    return [
        "".join(x[1:].strip() for x in s.diff.splitlines() if x.startswith("+") and not x.startswith("+++")) for s in report.suggestions
    ]


def test_a_lock_that_is_ignored(tmp_path: Path) -> None:
    report = repaired(tmp_path, SERVED, "exclusive", every=True)
    assert "if inside[w] || held {" in changed(report)
    assert {s.size for s in report.suggestions} == {2}
    for suggestion in report.suggestions:
        assert explicit(suggestion, tmp_path)["exclusive"] is Word.PROVED
        assert explicit(suggestion, tmp_path)["served"] is Word.PROVED


def test_nothing_smaller_is_a_repair(tmp_path: Path) -> None:
    """Every change of size 1, by enumeration."""
    workspace = Workspace.load(saved(tmp_path, SERVED))
    editor = Editor(workspace.editable("racy"))
    vocabulary = Vocabulary(editor.program, editor.declarations, editor.steps)
    tried = 0
    for name in vocabulary.editable:
        for edit in edits(vocabulary, name, 1):
            program = editor.with_function(edit.text_of(editor.declarations[name]))
            if program is None:
                continue
            tried += 1
            words = words_of(program)
            assert words["exclusive"] is not Word.PROVED or words["served"] is not Word.PROVED, edit.what
    assert tried > 3


def test_a_counter_that_does_not_stop(tmp_path: Path) -> None:
    report = repaired(tmp_path, COUNTER, "ends", every=True)
    assert changed(report)
    assert {s.size for s in report.suggestions} == {report.searched}
    for suggestion in report.suggestions:
        words = explicit(suggestion, tmp_path)
        assert (words["ends"], words["not_early"]) == (Word.PROVED, Word.PROVED), suggestion.diff
        assert suggestion.mended == (("", "ends"),)


def test_a_repair_that_would_break_another_property_is_rejected(tmp_path: Path) -> None:
    (alone,) = repaired(tmp_path, ARMED, "low", every=True, max_size=1).suggestions
    assert alone.what == "do not ask for `armed`"
    both = repaired(tmp_path, UNARMED, "low", every=True, max_size=1)
    assert both.suggestions == ()
    assert both.counts.by_regression == 1


def test_to_tell_less_is_no_repair(tmp_path: Path) -> None:
    report = repaired(tmp_path, TOLD, "never_fires", every=True, max_size=3)
    assert {s.what for s in report.suggestions} == {"first ask for `!armed`", "leave out `if armed { fire() return OK }`"}
    for suggestion in report.suggestions:
        assert "override fn fire" not in suggestion.text
        assert "fire()" in suggestion.text


def test_a_space_without_a_repair_says_so(tmp_path: Path) -> None:
    report = repaired(tmp_path, HOPELESS, "small", max_size=3)
    assert (report.suggestions, report.searched, report.stopped) == ((), 3, "")
    assert report.counts.made == sum(
        (report.counts.unusable, report.counts.by_runs, report.counts.by_check, report.counts.by_regression, report.counts.undecided)
    )
    assert report.counts.made > 3


def test_suggestions_do_not_depend_on_the_run(tmp_path: Path) -> None:
    one, two = (repaired(tmp_path, SERVED, "exclusive", every=True) for _ in range(2))
    assert [s.text for s in one.suggestions] == [s.text for s in two.suggestions]
    assert one.counts == two.counts


# ---------------------------------------------------------------------------------------------- planted bugs


def passes_all(*_: object) -> bool:
    return False


@pytest.mark.parametrize("broken", [("violates", "spoils"), ("violates",), ("spoils",)])
def test_filters_that_let_everything_through_cost_time_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: tuple[str, ...]
) -> None:
    wanted = [s.text for s in repaired(tmp_path, SERVED, "exclusive", every=True, max_size=2).suggestions]
    for name in broken:
        monkeypatch.setattr(repair_examples, name, passes_all)
    assert [s.text for s in repaired(tmp_path, SERVED, "exclusive", every=True, max_size=2).suggestions] == wanted


def test_the_last_check_stands_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any filter and without the check of what is to be mended: the same suggestions, by the ordinary check of their files."""
    wanted = [s.text for s in repaired(tmp_path, SERVED, "exclusive", every=True, max_size=2).suggestions]
    monkeypatch.setattr(repair_examples, "violates", passes_all)
    monkeypatch.setattr(repair_examples, "spoils", passes_all)
    monkeypatch.setattr(repairing._Search, "_fails", passes_all)
    report = repaired(tmp_path, SERVED, "exclusive", every=True, max_size=2)
    assert [s.text for s in report.suggestions] == wanted
    assert report.counts.by_check == 0 < report.counts.by_regression


def test_a_candidate_that_is_not_what_its_text_says_is_not_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is made to take every change for the one that is right: the file is checked, not the candidate."""
    good = SERVED.split("handler acquire")[1].split("\nstep")[0].replace("if inside[w] {", "if inside[w] || held {")
    original: Callable[[Editor, str], object] = Editor.with_function
    monkeypatch.setattr(Editor, "with_function", lambda self, _text: original(self, "handler acquire" + good))
    report = repaired(tmp_path, SERVED, "exclusive", every=True, max_size=1)
    assert report.suggestions == ()
    assert report.counts.by_regression + report.counts.unusable == report.counts.made > 3
    assert report.counts.by_regression > 0


def test_a_filter_that_refutes_everything_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair_examples, "violates", lambda *_: True)
    report = repaired(tmp_path, SERVED, "exclusive", every=True, max_size=2)
    assert report.suggestions == ()
    assert report.counts.by_runs + report.counts.unusable == report.counts.made


# ---------------------------------------------------------------------------------------------- limits


def test_no_time_is_undecided(tmp_path: Path) -> None:
    report = repaired(tmp_path, SERVED, "exclusive", timeout=0.0)
    assert report.suggestions == ()
    assert report.stopped


def test_what_was_found_before_an_interruption_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = repairing._Search._confirmed
    found: list[Suggestion] = []

    def once(self: repairing._Search, edit: object) -> Suggestion | None:
        if found:
            raise KeyboardInterrupt
        suggestion = original(self, edit)  # pyright: ignore[reportArgumentType]
        if suggestion is not None:
            found.append(suggestion)
        return suggestion

    monkeypatch.setattr(repairing._Search, "_confirmed", once)
    report = repaired(tmp_path, SERVED, "exclusive", every=True)
    assert report.interrupted
    assert list(report.suggestions) == found


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"properties": ("exclusiv",)}, "MS503"),
        ({"properties": ("exclusive",), "configs": ("nowhere",)}, "MS504"),
        ({"properties": ("no_deadlock",)}, "MS540"),
        ({"properties": ("exclusive",), "functions": ("enter",)}, "MS541"),
        ({"properties": ("exclusive",), "keep": ("served",)}, "MS541"),
        ({"properties": ("exclusive",), "path": "elsewhere/file.mmu"}, "MS111"),
    ],
)
def test_requests_that_cannot_be_used(tmp_path: Path, how: dict[str, object], code: str) -> None:
    with pytest.raises(mmu_smt.SpecError) as error:
        mmu_smt.repair(saved(tmp_path, SERVED), **how)  # pyright: ignore[reportArgumentType]
    assert [d.code for d in error.value.diagnostics] == [code]


# ---------------------------------------------------------------------------------------------- the model

WALK = {"properties": ("retry_progress", "no_skipped_emulation_walk"), "configs": ("quiet_one_access,svm_direct",), "keep": ("needless",)}


def test_what_patch_04_does_in_the_function_that_it_changes() -> None:
    small = {"GFNS": 3, "LEVELS": 2, "ACCESSES": 2}
    report = mmu_smt.repair("v2_03", **WALK, functions=("write_protect_fault",), max_size=2, params=small)  # pyright: ignore[reportArgumentType]
    (suggestion,) = report.suggestions
    assert same_body(suggestion.text, "v2_04", "write_protect_fault")


@pytest.mark.slow
def test_what_patch_04_does_among_all_functions() -> None:
    report = mmu_smt.repair("v2_03", **WALK, every=True)  # pyright: ignore[reportArgumentType]
    (suggestion,) = report.suggestions
    assert same_body(suggestion.text, "v2_04", "write_protect_fault")


def same_body(text: str, variant: str, function: str) -> bool:
    """Whether a suggestion's function is that of a stage of the series, the layout aside."""
    declared = Editor(Workspace.load(variant).editable(variant)).declarations[function].span.text
    return " ".join(declared.split()) in " ".join(text.split())
