"""What an event leaves behind and keeps it from happening again: where neither monotone quantities nor short runs can tell."""

from __future__ import annotations

from collections import Counter

import pytest

from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.engines import ranking
from mmu_smt.engines.imprint import Imprint
from mmu_smt.witness.verdicts import Engine, Word
from tests.differential.compare import checked, compare
from tests.differential.generate import GeneratedSpec

TEXT = """\
const address: 1..2
const chosen: 0..1
state tracked: [0..1]bool
state odd: bool = false
state mark: 0..3 = 0
state done: bool = false
terminal done
step attempt() by guest when !done {
    if odd && tracked[chosen] {
        if mark == address {
            done = true
        } else {
            mark = 0
            yield "marking"
            tracked[chosen] = false
            mark = address
        }
    }
    odd = !odd
}
step track(i: 0..1) by env { tracked[i] = true }
config busy { enable track(i) when i == chosen }
event untracks { tracked[chosen] && !tracked'[chosen] }
progress p {
    recurs untracks
    never done'
}
"""
"""Between two events there may be as many transitions as one likes, and `mark` moves both ways until the event has happened once."""

MARKS = "mark = address"


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
    word, by = _verdict(TEXT)
    assert word is Word.PROVED
    assert "imprint of" in by
    assert compare(_spec(TEXT)).mismatches == []


@pytest.mark.parametrize(
    "broken",
    [
        TEXT.replace(MARKS, "mark = 3 - address"),  # it leaves something else behind
        TEXT.replace("    odd = !odd\n", "    if !odd { mark = 0 }\n    odd = !odd\n"),  # which is forgotten
        TEXT.replace("enable track(i)", "enable forget\n    enable track(i)") + "step forget() by env { mark = 0 }\n",  # or taken away
        TEXT.replace("mark == address", "mark == 3"),  # it does not prevent anything
    ],
)
def test_an_event_that_does_not(broken: str) -> None:
    assert broken != TEXT
    word, _ = _verdict(broken)
    assert word is Word.VIOLATED
    assert compare(_spec(broken)).mismatches == []


def test_a_question_about_values_that_are_not_kept_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what is left behind is taken to stay."""
    text = TEXT.replace("    odd = !odd\n", "    if !odd { mark = 0 }\n    odd = !odd\n")
    monkeypatch.setattr(Imprint, "_lost", lambda _: frozenset())
    monkeypatch.setattr(ranking, "PLAIN", -1)
    assert compare(_spec(text)).mismatches
