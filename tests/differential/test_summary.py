"""The tables of what was met, and the populations from which it comes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.differential.by_engine import ALONE, BUDGETS, DIVIDED, TOGETHER, Judged, Met, judge, specification
from tests.differential.compare import checked
from tests.differential.generate import GeneratedSpec
from tests.differential.shaped import budgets, divided, shaped
from tests.differential.summary import POSSIBLE, Total, main, record

SPEC = GeneratedSpec(7, "", None, (), "nothing", Counter())


def _line(first: int, proved: int, mismatches: tuple[str, ...] = ()) -> str:
    counts = Counter(
        {Met("ranking", "ranking", "progress", True, "proved"): proved, Met(TOGETHER, "ranking", "progress", False, "proved"): 5}
    )
    return record(first, [Judged(SPEC, counts, Counter({"explicit: progress: proved": proved}), list(mismatches))], 1.5)


def test_chunks_are_summed_up_and_one_run_again_counts_once() -> None:
    total = Total([_line(0, 3), _line(10, 4), _line(0, 2)])
    assert (total.seeds, total.seconds) == (2, 3.0)
    assert total.proved("ranking", "progress") == (6, 6)
    assert ("ranking", "progress", 6) in total.hardly_met(7)
    assert ("ranking", "progress", 6) not in total.hardly_met(6)


def test_the_command_prints_tables_and_fails_for_a_disagreement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text(_line(0, 3) + "\n")
    bad.write_text(_line(10, 3, ("ranking: p: different verdicts",)) + "\n")
    assert main([str(good)]) == 0
    assert "3 (3)" in capsys.readouterr().out
    assert main([str(good), str(bad)]) == 1
    assert "seed 7: ranking: p: different verdicts" in capsys.readouterr().out
    assert main([]) == 2


@pytest.mark.parametrize(
    ("population", "wanted"),
    [
        (shaped, "assume, bound, env step, fair step excluded, handler, init, init invariant, lock, measure, read before a yield"),
        (shaped, "strongly fair, terminal, transfer, weakly fair, yield, step that waits for a flag at most"),
        (budgets, "bound, budgets, measure, transfer"),
        (divided, "assume, bound, cases, env step, strongly fair, weakly fair"),
    ],
)
def test_the_populations_are_correctly_typed_and_cover_what_they_are_for(population: object, wanted: str) -> None:
    specs = [population(seed) for seed in range(60)]  # type: ignore[operator]
    for spec in specs:
        checked(spec)
    found = Counter(tag for spec in specs for tag in set(spec.tags))
    assert not {tag: found[tag] for tag in wanted.split(", ") if found[tag] < 4}
    assert len({s.text for s in specs}) == len(specs)


def test_seeds_have_their_populations() -> None:
    assert specification(1).text == shaped(1).text
    assert specification(BUDGETS).text == budgets(BUDGETS).text
    assert specification(DIVIDED).text == divided(DIVIDED).text
    assert specification(2).text != shaped(2).text


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_argument_proves_every_kind_of_property_that_it_can() -> None:
    """An engine that proves nothing cannot be wrong; this is what the comparison is worth."""
    judged = [judge(specification(seed), certified=False, only=frozenset(ALONE)) for seed in range(300)]
    assert not any(j.mismatches for j in judged)
    assert not Total([record(0, judged, 0.0)]).hardly_met(1)
    assert {m.judge for j in judged for m in j.counts} == set(ALONE)
    assert {m.argument for j in judged for m in j.counts} >= set(POSSIBLE)
