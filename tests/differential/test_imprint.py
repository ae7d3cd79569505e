"""What an event leaves behind and keeps it from happening again: where neither monotone quantities nor short runs can tell."""

from __future__ import annotations

from collections import Counter

import pytest

from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.engines import ranking
from mmu_smt.engines.flights import Flights
from mmu_smt.engines.imprint import Imprint
from mmu_smt.witness.verdicts import Engine, Word
from tests.differential.compare import checked, compare
from tests.differential.generate import GeneratedSpec
from tests.differential.marking import BROKEN, FORGETTING, MARKING, TAKEN_AWAY


def _spec(text: str) -> GeneratedSpec:
    return GeneratedSpec(0, text, None, ("busy",), "an event that marks", Counter())


def _verdict(text: str) -> tuple[Word, str]:
    program, config = checked(_spec(text))
    engines = frozenset({Engine.RANKING, Engine.RELY, Engine.INDUCTION})
    asked = (program.properties["p"],)
    request = Request("generated", program, config, asked, Limits(bound=None, seconds=60), engines=engines)
    (verdict,) = check_program(request).verdicts
    return verdict.word, verdict.by


def test_an_event_that_leaves_behind_what_prevents_it() -> None:
    word, by = _verdict(MARKING)
    assert word is Word.PROVED
    assert "imprint of" in by
    assert compare(_spec(MARKING)).mismatches == []


@pytest.mark.parametrize("broken", BROKEN)
def test_an_event_that_does_not(broken: str) -> None:
    assert broken != MARKING
    word, _ = _verdict(broken)
    assert word is Word.VIOLATED
    assert compare(_spec(broken)).mismatches == []


def test_a_question_about_values_that_are_not_kept_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what is left behind is taken to stay."""
    monkeypatch.setattr(Imprint, "_lost", lambda _: frozenset())
    monkeypatch.setattr(ranking, "PLAIN", -1)
    assert compare(_spec(FORGETTING)).mismatches


def test_values_that_env_steps_change_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what env steps change is taken to stay between steps."""
    monkeypatch.setattr(Flights, "changed", property(lambda _: frozenset()))
    monkeypatch.setattr(ranking, "PLAIN", -1)
    assert compare(_spec(TAKEN_AWAY)).mismatches
