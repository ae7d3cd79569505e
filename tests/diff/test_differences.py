"""Where two variants differ: handlers whose difference is known."""

from __future__ import annotations

import pytest

from mmu_smt.report.lines import plain
from mmu_smt.report.predicates import Predicates
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.differences import Difference, Effect, Reached, Word
from tests.diff.specs import (
    BODIES,
    FAULTS,
    KEEPS_SIZE,
    MATCHED,
    NO_ZAP,
    ON_ODD_TURNS,
    ON_TURN_TWO,
    ONLY_IF_ZAPPED,
    OTHER_GHOST,
    OTHER_LABEL,
    REWRITTEN,
    SAME,
    two,
)
from tests.diff.support import differ_sides, differing, enumerated, sides
from tests.diff.test_random_differences import problems


def clauses(found: Difference) -> list[list[str]]:
    """The parts in words, without the places."""
    predicates = Predicates(found.first, found.second)
    return [[c.partition("): ")[2] or c for c in predicates.clauses(p)] for p in found.parts]


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("configs", [(), ("direct_only",)])
def test_every_state_agrees_with_enumeration(name: str, configs: tuple[str, ...]) -> None:
    pair = sides(two(BODIES[name]), *configs)
    found = differ_sides(*pair)
    assert problems(found, list(enumerated(*pair))) == []
    assert found.complete


@pytest.mark.parametrize("body", [SAME, REWRITTEN, OTHER_GHOST])
def test_the_same_in_other_words_is_equivalent(body: str) -> None:
    found = differing(two(body))
    assert (found.word, found.parts) == (Word.EQUIVALENT, ())
    assert found.by == f"the same in every state that satisfies {len(found.invariants)} proved invariants"


def test_a_decision_is_told_by_the_test_that_makes_it() -> None:
    found = differing(two(ONLY_IF_ZAPPED), verdicts=True)
    assert found.word is Word.DIFFERS
    assert found.exact
    assert clauses(found) == [["direct && write && !zap()"]]
    (part,) = found.parts
    assert (part.reached, part.effect) == (Reached.YES, Effect.CHANGES)
    assert set(part.changes) == {"ends", "zaps"}
    assert found.smallest is not None
    assert found.smallest.before["page"] is False
    assert [d.shown for d in found.smallest.first.steps[0].decisions] == ["RETRY"]
    assert [d.shown for d in found.smallest.second.steps[0].decisions] == ["EMULATE"]
    assert [t.name for t in found.texts] == ["decide"]


def test_an_effect_counts_as_much_as_a_decision() -> None:
    found = differing(two(NO_ZAP))
    assert clauses(found) == [["page != false", "direct && write"]]
    (part,) = found.parts
    assert part.exact
    assert part.witness is not None
    assert not part.witness.divergence.decisions
    assert part.witness.divergence.states == ("page",)


def test_a_label_counts() -> None:
    found = differing(two(OTHER_LABEL), verdicts=True)
    assert clauses(found) == [["direct && write"]]
    assert found.parts[0].effect is Effect.HARMLESS  # no property looks at it


def test_a_config_may_hide_all_of_it() -> None:
    assert differing(two(ONLY_IF_ZAPPED), "indirect_only").word is Word.EQUIVALENT
    assert clauses(differing(two(ONLY_IF_ZAPPED), "direct_only")) == [["direct && write && !zap()"]]


def test_a_state_that_must_be_reached_first_is_reached_by_a_run() -> None:
    found = differing(two(ON_ODD_TURNS))
    (part,) = found.parts
    assert part.reached is Reached.YES
    assert part.witness is not None
    assert part.witness.leads == 0
    assert len(part.witness.first.steps) == 2
    assert len(part.witness.second.steps) == 1
    assert part.witness.before["turn"] == 1
    assert found.smallest is None  # it is no initial state


def test_what_no_run_reaches_is_proved_unreachable() -> None:
    found = differing(two(ON_TURN_TWO))
    assert found.word is Word.EQUIVALENT
    assert [(p.reached, p.effect) for p in found.parts] == [(Reached.NO, Effect.UNREACHABLE)]
    assert "but for an unreachable part" in found.by


def test_values_that_no_test_looks_at_make_it_inexact() -> None:
    found = differing(two(KEEPS_SIZE))
    assert (found.word, found.exact, found.complete) == (Word.DIFFERS, False, True)
    assert clauses(found) == [["direct && write"]]  # only if size is not 0, which nobody asks
    assert not found.parts[0].exact


def test_a_fault_is_a_difference() -> None:
    found = differing(two(FAULTS))
    (part,) = found.parts
    assert part.witness is not None
    assert part.witness.divergence.faults == (False, True)


def test_a_match_tells_by_its_values() -> None:
    found = differing(two(MATCHED))
    assert found.exact
    assert any("turn == 1 || turn == 2" in c for part in clauses(found) for c in part)


def test_what_starts_differently_differs() -> None:
    text = two(SAME, rest="override state kept: 0..3 = 1\n")
    found = differing(text)
    assert found.word is Word.DIFFERS
    assert found.by.startswith("one of them can begin")


def test_where_steps_are_interrupted_the_predicate_is_of_whole_steps() -> None:
    found = differing(two(ONLY_IF_ZAPPED), "restored")
    assert found.undisturbed
    assert clauses(found) == [["direct && write && !zap()"]]
    assert differing(two(REWRITTEN), "restored").word is Word.EQUIVALENT


def test_types_that_clash_are_refused() -> None:
    with pytest.raises(SpecError) as raised:
        differing(two(SAME, rest="override state kept: bool = false\n"))
    assert [d.code for d in raised.value.diagnostics] == ["MS517"]


def test_no_time_is_unknown() -> None:
    found = differing(two(ONLY_IF_ZAPPED), seconds=0.0)
    assert found.word is Word.UNKNOWN
    assert not found.complete


def test_the_report_says_it() -> None:
    from mmu_smt.report.difference_text import difference_lines

    text = plain(difference_lines(differing(two(ONLY_IF_ZAPPED), verdicts=True)))
    assert "they differ exactly when\n" in text
    assert "direct && write && !zap()" in text
    assert "changes ends violated -> proved" in text
    assert "- spec.mmu:" in text  # the decision paths
    assert "+    if direct && write && zap() {" in text  # the declaration
    assert max(map(len, text.splitlines())) <= 110
