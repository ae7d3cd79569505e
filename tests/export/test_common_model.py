"""The common model of the benchmarks has the verdicts and depths on which every other checker of it agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmu_smt import api

MODEL = Path(__file__).parents[2] / "benchmarks" / "wpf" / "wpf.mmu"
AGREED = {
    ("old", "p1"): ("violated", 3),
    ("old", "p4"): ("violated", 12),
    ("old", "live"): ("violated", 15),
    ("fixed", "p1"): ("proved", None),
    ("fixed", "p4"): ("proved", None),
    ("fixed", "live"): ("proved", None),
}


@pytest.mark.parametrize(("variant", "name"), AGREED)
def test_the_verdicts_are_those_of_the_peers(variant: str, name: str) -> None:
    config = "scheduled" if name == "live" else "anyhow"
    (result,) = api.check(f"{MODEL}:{variant}", properties=[name], config=config)
    (verdict,) = result.verdicts
    length = None if verdict.trace is None else len(verdict.trace.steps)
    assert (verdict.word.value, length) == AGREED[variant, name]


def test_what_the_model_expects_of_itself_is_so() -> None:
    report = api.test(MODEL)
    assert report.outcomes and not report.missed and not report.unusable


def test_progress_of_several_vcpus_rests_on_fairness() -> None:
    (result,) = api.check(f"{MODEL}:fixed", properties=["live"], config="scheduled", params={"GFNS": 8, "VCPUS": 3})
    (verdict,) = result.verdicts
    assert verdict.word.value == "proved"
    assert "and fairness" in verdict.by
