"""Random systems and their variants: comparison by the solver and by enumeration agree."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from mmu_smt.api.equivalence import UnconfirmedDifferenceError
from mmu_smt.interpret.machine import TooLarge
from mmu_smt.semantics.program import PropertyKind, combine
from mmu_smt.semantics.walks import chooses
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.comparisons import Answer, Comparison, Equivalence, Likeness
from tests.compare.support import Side, compare_sides, enumerate_differences, enumerate_marks
from tests.differential.generate import GeneratedSpec, generate

SEEDS = int(os.environ.get("MMU_SMT_PAIR_SEEDS", "120"))
FIRST = int(os.environ.get("MMU_SMT_FIRST_SEED", "0"))
CHUNK = 20
COVERS = (PropertyKind.COVER, PropertyKind.COVER_LASSO)


def pair(spec: GeneratedSpec) -> tuple[Side, Side] | None:
    """The generated variant and what it is a variant of."""
    if spec.variant is None:
        return None
    workspace = Workspace.from_text(spec.text, name="generated.mmu")
    one, two = workspace.program(workspace.variants[spec.variant].of), workspace.program(spec.variant)
    return (one, combine(tuple(one.configs[c] for c in spec.configs))), (two, combine(tuple(two.configs[c] for c in spec.configs)))


def mismatches(spec: GeneratedSpec, met: Counter[str]) -> list[str]:
    """What solver and enumeration say differently of one pair."""
    found = pair(spec)
    if found is None:
        return []
    one, two = found
    names = [n for n, p in one[0].properties.items() if n in two[0].properties and p.kind not in COVERS]
    names = [n for n in names if two[0].properties[n].kind not in COVERS]
    try:
        expected = None if any(chooses(s[0]) for s in found) else enumerate_differences(one, two)
        marks = enumerate_marks(one, two, names)
    except TooLarge:
        met["too large"] += 1
        return []
    try:
        result = compare_sides(one, two, seconds=20.0, scenarios=40)
    except UnconfirmedDifferenceError as error:
        return [str(error)]
    except SpecError as error:
        met[error.diagnostics[0].code] += 1
        return []
    problems = _marks(result, marks, met)
    if expected is None:
        met["with choices"] += 1
    else:
        problems += _equivalence(result, expected.state, expected.places, expected.initial, met)
    return [f"seed {spec.seed}: {p}" for p in problems]


def _equivalence(result: Comparison, state: int | None, places: int | None, initial: bool, met: Counter[str]) -> list[str]:
    found = result.equivalence
    met[f"equivalence {found.word}"] += 1
    met["later difference"] += bool(state)
    met["places differ"] += places is not None
    met["initial states differ"] += not initial
    if state is not None:
        if found.word is Equivalence.UNKNOWN:
            return []
        if found.state.likeness is not Likeness.DIFFERS:
            return [f"enumeration differs after {state}, the solver says {found.word}"]
        assert found.state.first is not None
        assert found.state.second is not None
        length = max(len(found.state.first.steps), len(found.state.second.steps))
        return [] if length in (state, state + 1) else [f"shortest difference after {state}, the solver's run has {length} transitions"]
    if found.state.likeness is Likeness.DIFFERS:
        return ["the solver sees a difference of state"]
    if (found.initial.likeness is Likeness.DIFFERS) == initial and found.initial.likeness is not Likeness.UNKNOWN:
        return [f"initial states {'agree' if initial else 'differ'}, the solver says {found.initial.likeness}"]
    if found.word is Equivalence.EQUIVALENT and (places is not None or not initial):
        return [f"the solver says equivalent: places {places}, initial {initial}"]
    return []


def _marks(result: Comparison, marks: dict[str, tuple[bool, bool]], met: Counter[str]) -> list[str]:
    problems: list[str] = []
    for change in result.changes:
        for what, mark, wanted in zip(("fixes", "introduces"), (change.fixes, change.introduces), marks[change.name], strict=True):
            met[f"{what} {mark.answer}"] += 1
            met["refuted by scenarios"] += mark.answer is Answer.NO and mark.tried > 0
            if mark.answer is not Answer.UNKNOWN and (mark.answer is Answer.YES) != wanted:
                problems.append(f"{change.name}: {what} {mark.answer} ({mark.by}), by enumeration {wanted}")
    return problems


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, CHUNK))
def test_solver_and_enumeration_agree(first: int) -> None:
    met: Counter[str] = Counter()
    wrong = [problem for seed in range(first, first + CHUNK) for problem in mismatches(generate(seed), met)]
    print(", ".join(f"{k} {n}" for k, n in sorted(met.items())))
    assert not wrong, "\n".join(wrong)
    unknown = met["fixes unknown"] + met["introduces unknown"]
    assert unknown <= 0.1 * sum(n for k, n in met.items() if k.startswith(("fixes", "introduces"))) + 4
