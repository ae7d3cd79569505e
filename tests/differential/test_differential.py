"""Solver and explicit search agree on random systems: every verdict, the shortest length, the least bound.

`MMU_SMT_SEEDS` sets how many systems are tried (150 by default; `make differential` asks for more), `MMU_SMT_FIRST_SEED` where to start.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.differential.compare import Comparison, compare
from tests.differential.generate import generate

SEEDS = int(os.environ.get("MMU_SMT_SEEDS", "150"))
FIRST = int(os.environ.get("MMU_SMT_FIRST_SEED", "0"))
CHUNK = 10


def _chunk(first: int) -> list[Comparison]:
    return [compare(generate(seed)) for seed in range(first, min(first + CHUNK, FIRST + SEEDS))]


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, CHUNK))
def test_solver_and_explicit_search_agree(first: int) -> None:
    comparisons = _chunk(first)
    met: Counter[str] = Counter()
    for comparison in comparisons:
        met.update(comparison.met)
    print(f"seeds {first}..{first + len(comparisons) - 1}: " + ", ".join(f"{k} {n}" for k, n in sorted(met.items())))
    wrong = [c for c in comparisons if c.mismatches]
    assert not wrong, "\n\n".join(map(str, wrong))
    assert sum(c.skipped for c in comparisons) <= 2, "too many systems are too large to be compared"
    assert met["undecided in time"] <= 4, "too many properties stay open"
