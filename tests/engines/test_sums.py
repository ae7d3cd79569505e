"""Bounds that follow from sums: found where a counter uses something up, and checked by something that did not look for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmu_smt import api
from mmu_smt.api import certifying
from mmu_smt.engines import sums
from mmu_smt.engines.certified import NotInductive
from mmu_smt.engines.sums import Sums
from mmu_smt.witness.verdicts import CheckResult, Engine, Word

WPF = Path(__file__).resolve().parents[2] / "benchmarks" / "wpf" / "wpf.mmu"

# Every try uses up fuel, or a spare that costs fuel to get: tries + fuel + [spare] stays at most 9.
FUEL = """\
state fuel: 0..9 = 9
state tries: 0..20 = 0
state spare: bool = false
step fetch() by guest when fuel > 0 && !spare { fuel -= 1 spare = true }
step try() by guest when spare { spare = false tries += 1 }
invariant few { tries <= MOST }
"""


def judged(tmp_path: Path, most: int, **options: object) -> CheckResult:
    file = tmp_path / "fuel.mmu"
    file.write_text(FUEL.replace("MOST", str(most)), encoding="utf-8")
    (result,) = api.check(file, properties=["few"], engines=[Engine.INDUCTION], **options)  # type: ignore[arg-type]
    return result


def test_a_bound_follows_from_a_sum(tmp_path: Path) -> None:
    (verdict,) = judged(tmp_path, 9, bound=4).verdicts
    assert (verdict.word, verdict.by) == (Word.PROVED, "1-induction with 1 sum")


@pytest.mark.parametrize("most", [10, 19])
def test_a_looser_bound_follows_too(tmp_path: Path, most: int) -> None:
    assert judged(tmp_path, most, bound=4).verdicts[0].word is Word.PROVED


@pytest.mark.parametrize("most", [8, 3])
def test_a_bound_that_is_exceeded_follows_from_none(tmp_path: Path, most: int) -> None:
    (verdict,) = judged(tmp_path, most, bound=30).verdicts
    assert verdict.word is Word.VIOLATED
    assert verdict.trace is not None
    assert len(verdict.trace.steps) == 2 * (most + 1)


def test_planted_initial_states_are_not_asked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a sum that is too small from the beginning remains: whoever checks the invariant notices."""
    original = Sums._drop

    def drop(self: Sums, attempt: object, given: tuple[int, ...], *, after: bool) -> bool:
        return original(self, attempt, given, after=after) if after else False  # type: ignore[arg-type]

    monkeypatch.setattr(Sums, "_drop", drop)
    with pytest.raises(NotInductive, match="an initial state is outside"):
        judged(tmp_path, 8, bound=4)


def test_planted_transitions_are_not_asked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sums, "_refute", lambda self, attempt: True)
    monkeypatch.setattr(Sums, "_carry_themselves", lambda self, attempt, group: True)
    with pytest.raises(NotInductive):
        judged(tmp_path, 8, bound=4)


def test_the_ranks_of_the_common_model_are_found(tmp_path: Path) -> None:
    """What was written by hand elsewhere: retries + a shadow page to zap + what may still be shadowed."""
    params = {"GFNS": 4, "VCPUS": 2}
    (result,) = api.check(f"{WPF}:fixed", config="anyhow", properties=["p4"], params=params, cert=tmp_path / "cert")
    assert result.verdicts[0].by == "1-induction with 2 sums"
    report = certifying.check(tmp_path / "cert")
    assert not report.refuted
    assert not report.open


def test_what_is_no_bound_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    original = sums.sums
    monkeypatch.setattr(sums, "sums", lambda system, bound: begun.append("") or original(system, bound))
    file = tmp_path / "fuel.mmu"
    text = FUEL.replace("tries <= MOST", "tries <= 9 || spare") + "invariant other { tries == fuel => tries <= 9 }\n"
    file.write_text(text, encoding="utf-8")
    api.check(file, properties=["few", "other"], bound=3)
    assert not begun
