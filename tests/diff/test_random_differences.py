"""Random systems and their variants: the predicate says of every state that either reaches what enumeration says."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from mmu_smt.interpret.machine import TooLarge
from mmu_smt.semantics.walks import chooses
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.comparisons import Likeness
from mmu_smt.witness.differences import Difference, Reached, Word
from tests.compare.test_random_pairs import pair
from tests.diff.support import Place, differ_sides, enumerated
from tests.differential.generate import GeneratedSpec, generate

SEEDS = int(os.environ.get("MMU_SMT_DIFF_SEEDS", "20"))
FIRST = int(os.environ.get("MMU_SMT_FIRST_SEED", "0"))
CHUNK = 20


def mismatches(spec: GeneratedSpec, met: Counter[str]) -> list[str]:
    """What the predicate and enumeration say differently of one pair."""
    found = pair(spec)
    if found is None or any(chooses(side[0]) for side in found):
        return []
    one, two = found
    if list(one[0].states) != list(two[0].states) or list(one[0].consts) != list(two[0].consts):
        met["state of one variant"] += 1
        return []
    try:
        places = list(enumerated(one, two))
    except TooLarge:
        met["too large"] += 1
        return []
    try:
        result = differ_sides(one, two, seconds=20.0)
    except SpecError as error:
        met[error.diagnostics[0].code] += 1
        return []
    met[result.word] += 1
    met["exact" if result.exact else "not exact"] += 1
    met["parts"] += len(result.parts)
    return [f"seed {spec.seed}: {p}" for p in problems(result, places)]


def problems(result: Difference, places: list[Place]) -> list[str]:
    """What is wrong with a difference, given every move in every state that either program reaches."""
    wrong: list[str] = []
    for place in places:
        fitting = [p for p in result.parts if place.fits(p)]
        if place.differs and result.complete and not fitting:
            wrong.append(f"they differ at {place.state}, {place.move}, and no part says so")
        if not place.differs and any(p.exact for p in fitting):
            wrong.append(f"they do not differ at {place.state}, {place.move}, and a part says so")
        if place.differs and any(p.reached is Reached.NO for p in fitting):
            wrong.append(f"an unreachable part is reached at {place.state}, {place.move}")
    for part in result.parts:
        if part.reached is Reached.YES and not any(p.differs and p.fits(part) for p in places):
            wrong.append("a part is not reached although a run shows it")
    differ = any(p.differs for p in places)
    begins = result.initial.likeness is Likeness.DIFFERS
    if result.word is Word.EQUIVALENT and (differ or begins):
        wrong.append("equivalent, they say, and they differ")
    if result.word is Word.DIFFERS and not differ and not begins and not result.undisturbed:
        wrong.append("different, they say, and they do not differ")
    return wrong[:3]


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, CHUNK))
def test_predicate_and_enumeration_agree(first: int) -> None:
    met: Counter[str] = Counter()
    wrong = [problem for seed in range(first, first + CHUNK) for problem in mismatches(generate(seed), met)]
    print(", ".join(f"{k} {n}" for k, n in sorted(met.items())))
    assert not wrong, "\n".join(wrong)
    assert bool(met["parts"]) >= bool(met["differs"])
