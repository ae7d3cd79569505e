"""A measure that a property brings along: used where it falls, of no use and no harm where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmu_smt import api
from mmu_smt.engines import measure
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.verdicts import CheckResult, Engine, Word

# What a ranking by single variables does not see: only the sum falls.
PAIR = """\
state a: 0..40 = 20
state b: 0..40 = 20
state w: bool = false
step left() by guest when a > 1 && b < 40 { a -= 2 b += 1 }
step right() by guest when b > 1 && a < 40 { b -= 2 a += 1 }
step turn() by env { w = !w }
config busy { enable turn }
progress ends in busy { recurs taken(left) || taken(right) never false decreases MEASURE }
"""


def judged(tmp_path: Path, text: str, **options: object) -> CheckResult:
    file = tmp_path / "pair.mmu"
    file.write_text(text, encoding="utf-8")
    (result,) = api.check(file, config="busy", properties=["ends"], **options)  # type: ignore[arg-type]
    return result


def test_a_measure_that_falls_is_a_proof(tmp_path: Path) -> None:
    result = judged(tmp_path, PAIR.replace("MEASURE", "a + b"))
    (verdict,) = result.verdicts
    assert (verdict.word, verdict.by, verdict.engines) == (Word.PROVED, "its own measure", (Engine.RANKING,))


@pytest.mark.parametrize("wrong", ["a", "80 - a - b", "a - a", "a - b"])
def test_a_measure_that_does_not_fall_decides_nothing(tmp_path: Path, wrong: str) -> None:
    result = judged(tmp_path, PAIR.replace("MEASURE", wrong), bound=3)
    assert result.verdicts[0].word is Word.BOUNDED
    assert result.stats["measure of ends"] == "may rise, or stand still"


def test_what_loops_is_violated_whatever_its_measure(tmp_path: Path) -> None:
    loops = PAIR.replace("MEASURE", "a + b").replace("b += 1", "b += 2").replace("a += 1", "a += 2")
    assert judged(tmp_path, loops).verdicts[0].word is Word.VIOLATED


def test_invariants_help(tmp_path: Path) -> None:
    """Below 3 the measure falls; that n stays there has to be proved first."""
    text = """\
    state n: 0..7 = 3
    step act() by guest when n > 0 { if n > 3 { n = 4 } else { n -= 1 } }
    step turn() by env { n = n }
    config busy { enable turn }
    invariant low { n <= 3 }
    progress ends { recurs taken(act) never false decreases n }
    """
    file = tmp_path / "low.mmu"
    file.write_text(text, encoding="utf-8")
    (both,) = api.check(file, config="busy")
    assert {v.property.name: v.by for v in both.verdicts}["ends"] == "its own measure"
    (alone,) = api.check(file, config="busy", properties=["ends"], bound=2)
    assert alone.stats.get("measure of ends") == "may rise, or stand still"


def test_never_excuses_a_rise(tmp_path: Path) -> None:
    text = PAIR.replace("MEASURE", "a + b").replace("never false", "never a' == 40")
    refill = text.replace("step turn()", "step refill() by guest when a < 10 { a = 40 }\nstep turn()")
    assert judged(tmp_path, refill).verdicts[0].by == "its own measure"


def test_where_a_measure_has_no_place(tmp_path: Path) -> None:
    for text in (PAIR.replace("progress ends in", "progress ends within 9 in"), PAIR.replace("progress ends", "cover ends")):
        with pytest.raises(SpecError, match="belongs to a progress property"):
            judged(tmp_path, text.replace("MEASURE", "a + b"))


def test_planted_a_measure_need_not_fall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that forgets to ask whether it falls takes a constant for a measure, and proves what loops."""
    loops = PAIR.replace("MEASURE", "a - a").replace("b += 1", "b += 2").replace("a += 1", "a += 2")

    def init(self: measure.Measuring, inquiry: object, system: object, query: object, cone: object) -> None:
        _, most = query.measure  # type: ignore[attr-defined]
        original(self, inquiry, system, measure_of(query, (system.table.true, most)), cone)  # type: ignore[attr-defined, arg-type]

    def measure_of(query: object, pair: object) -> object:
        from dataclasses import replace

        return replace(query, measure=pair)  # type: ignore[type-var]

    original = measure.Measuring.__init__
    assert judged(tmp_path, loops, engines=[Engine.RANKING]).verdicts[0].word is Word.VIOLATED
    monkeypatch.setattr(measure.Measuring, "__init__", init)
    monkeypatch.setattr("mmu_smt.engines.check._Check._seek_lassos", lambda self, depth: None)
    assert judged(tmp_path, loops, engines=[Engine.RANKING]).verdicts[0].word is Word.PROVED, "the plant is no plant"


def test_the_certificate_of_a_measure(tmp_path: Path) -> None:
    from mmu_smt.api import certifying

    folder = tmp_path / "cert"
    judged(tmp_path, PAIR.replace("MEASURE", "a + b"), cert=folder)
    report = certifying.check(folder)
    assert not report.refuted
    assert not report.open
    assert any("measure" in o.file for o in report.obligations)


def test_a_certificate_of_a_wrong_measure_is_refused(tmp_path: Path) -> None:
    """The stage is claimed, as by an engine that did not look."""
    from mmu_smt.api.certifying import Collected, derived_from
    from mmu_smt.model.argument import Measured
    from mmu_smt.solve.scripts import solvers
    from mmu_smt.solve.session import Status

    file = tmp_path / "pair.mmu"
    file.write_text(PAIR.replace("MEASURE", "a"), encoding="utf-8")
    result = judged(tmp_path, PAIR.replace("MEASURE", "a"), bound=1)
    collected = Collected()
    collected.add({}, (Measured(("ends",)),))
    derived, _ = derived_from(result.program, result.config, (result.verdicts[0].property,), collected)
    (z3,) = solvers(["z3"])[0]
    (text,) = [t for name, t in derived.texts.items() if "measure" in name]
    assert z3.ask(text).status is Status.SAT
