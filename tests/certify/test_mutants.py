"""No certificate that is accepted lies: neither as written nor with its stages changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from tests.certify.mutants import FAIR_SEEDS, PLAIN, tried

SLICE = range(3000, 3012)
WHOLE = range(3100, 3180)
MUTANTS = 10


def _all(seeds: Sequence[int], mutants: int) -> Counter[str]:
    met: Counter[str] = Counter()
    wrong: list[str] = []
    for found in filter(None, (tried(seed, mutants) for seed in seeds)):
        met.update(found.met)
        wrong += found.wrong
    print(", ".join(f"{k} {n}" for k, n in sorted(met.items())))
    assert not wrong, "\n".join(wrong)
    return met


def test_certificates_and_their_mutants() -> None:
    met = _all(SLICE, 6)
    assert met["refused"] >= 20
    assert met["accepted"] >= 1


def test_loops_and_flights() -> None:
    met = _all(range(-len(PLAIN), 0), 15)
    assert met["refused"] >= 20
    assert met["accepted"] >= 1


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_mutants() -> None:
    met = _all(WHOLE, MUTANTS)
    assert met["refused"] + met["accepted"] >= 500
    for argument in ("1-induction", "rely-guarantee", "ranking", "termination", "recurrence", "PDR", "k-liveness"):
        assert any(kind.startswith(argument) for kind in met), f"no {argument} among the certificates"


def test_fairness() -> None:
    """Both arguments that rest on fairness are among the certificates, and hold; with as little as one requirement changed none lies."""
    met = _all(FAIR_SEEDS, 10)
    assert met["Recurrence under fairness"] >= 3, met
    assert met["Rank under fairness"] >= 2, met
    assert met["refused"] >= 20
    assert met["accepted"] >= 1
