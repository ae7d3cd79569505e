"""Progress that rests on fairness, where steps can be interrupted: random specifications against explicit search."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from mmu_smt.api.checking import Limits
from tests.differential.compare import _solve, checked, compare
from tests.differential.generate import GeneratedSpec

SLICE = range(6)
WHOLE = range(1000, 1300)


def specification(seed: int) -> GeneratedSpec:
    """Two steps, of which one can be interrupted as a rule, an env step, and requirements of fairness."""
    rng = random.Random(seed)
    guard = lambda: rng.choice(["true", "w", "!w", "x < 2", "x == 0", "y > 0", "c", "x == y"])  # noqa: E731
    effect = lambda: rng.choice(  # noqa: E731
        ["if x < 2 { x += 1 }", "x = 0", "if y < 2 { y += 1 }", "if y > 0 { y -= 1 }", "w = !w", "w = true", "w = false", "", "x = y"]
    )
    cut = '\n    yield "one"\n' if rng.random() < 0.8 else "\n"
    fair = lambda often: rng.choice([" weakly fair", " strongly fair"]) if rng.random() < often else None  # noqa: E731
    enabled = [f"enable {step}{how}" for step in ("work", "help") if (how := fair(0.8)) is not None]
    enabled.append(f"enable other{rng.choice(['', '', ' in stem'])}" if rng.random() < 0.7 else "")
    event = lambda: rng.choice(["taken(work)", "taken(help)", "x == 0", "!w", "y < 2", "true", "x < 2", "w"])  # noqa: E731
    never = lambda: rng.choice(["false", "taken(help)", "taken(work)", "x' == 0", "w'", "y' == 2"])  # noqa: E731
    text = f"""\
const c: bool
state x: 0..2 = 0
state y: 0..2 = {rng.randrange(3)}
state w: bool = false
step work() by guest when {guard()} {{
    {effect()}{cut}    {effect()}
}}
step help() by guest when {guard()} {{ {effect()} }}
step rest() by guest {{ {effect() if rng.random() < 0.4 else ""} }}
step other() by env when {guard()} {{ {rng.choice(["w = !w", "w = true", "if y < 2 { y += 1 }", "y = 0"])} }}
config busy {{
    {chr(10).join(e for e in enabled if e)}
}}
progress p {{ recurs {event()} never {never()} }}
progress q {{ recurs {event()} never {never()} }}
progress r {{ recurs {event()} never {never()} }}
progress s within least {{ recurs {event()} never {never()} }}
"""
    return GeneratedSpec(seed, text, None, ("busy",), "fairness and interrupted steps", Counter())


def _compared(seeds: range) -> tuple[Counter[str], list[str]]:
    met: Counter[str] = Counter()
    wrong: list[str] = []
    for seed in seeds:
        spec = specification(seed)
        found = compare(spec, seconds=1.5)
        wrong += [f"seed {seed}: {m}\n{spec.text}" for m in found.mismatches]
        program, config = checked(spec)
        verdicts = _solve(program, config, tuple(program.properties.values()), Limits(bound=6, seconds=2))
        met.update(str(v.word) for v in verdicts.values())
        met["by fairness"] += sum("fairness" in v.by for v in verdicts.values())
    print(dict(met))
    return met, wrong


def test_fair_progress_against_explicit_search() -> None:
    met, wrong = _compared(SLICE)
    assert not wrong, "\n".join(wrong)
    assert met["by fairness"] >= 1, met
    assert met["violated"] >= 4, met


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_more_fair_progress_against_explicit_search() -> None:
    met, wrong = _compared(WHOLE)
    assert not wrong, "\n".join(wrong)
    assert met["by fairness"] >= 20, met
