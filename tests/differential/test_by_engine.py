"""Every engine alone, and all together, agree with explicit search on random systems.

`MMU_SMT_ENGINE_SEEDS` sets how many systems are tried (`make differential` asks for more), `MMU_SMT_ENGINE_FIRST_SEED` where to start. What
is met is added to the file `MMU_SMT_ENGINE_COUNTS`, if that is set: `python -m tests.differential.summary FILE` prints it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.differential.by_engine import judge, specification
from tests.differential.summary import record

SEEDS = int(os.environ.get("MMU_SMT_ENGINE_SEEDS", "8"))
FIRST = int(os.environ.get("MMU_SMT_ENGINE_FIRST_SEED", "0"))
COUNTS = os.environ.get("MMU_SMT_ENGINE_COUNTS", "")
CHUNK = 10


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, CHUNK))
def test_each_engine_agrees_with_explicit_search(first: int) -> None:
    started = time.process_time()
    judged = [judge(specification(seed)) for seed in range(first, min(first + CHUNK, FIRST + SEEDS))]
    if COUNTS:
        with Path(COUNTS).open("a", encoding="utf-8") as file:
            file.write(record(first, judged, time.process_time() - started) + "\n")
    wrong = [j for j in judged if j.mismatches]
    assert not wrong, "\n\n".join(map(str, wrong))
    assert sum(j.skipped for j in judged) <= CHUNK // 2, "too many systems are too large to be compared"
