"""The generator covers the language, and what it makes behaves in all the ways that the comparison is meant to see.

Without these counts the differential test could become trivial without anybody noticing.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from mmu_smt.interpret.explicit import explore
from mmu_smt.interpret.machine import TooLarge
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.verdicts import Word
from tests.differential.compare import Comparison, checked, note
from tests.differential.generate import GeneratedSpec, generate

SEEDS = range(150)

# At least so many of the systems contain it.
CONSTRUCTS = {
    "all": 20, "any": 20, "array write": 15, "array": 20, "assert": 8, "assume in a config": 5, "assume": 10, "bare return": 20,
    "call in a condition": 30, "choose": 20, "compound assignment": 20, "conditional": 30, "count": 20, "cover lasso": 30,
    "cover": 30, "decides under a rule": 20, "decides": 50, "disturbing step": 20, "division": 20, "early return in for": 5,
    "effectful assignment": 15, "effectful call": 30, "effectful fn": 50, "effectful match": 3, "enable when": 15, "enum": 50,
    "env step": 50, "event use": 20, "event": 30, "fair each": 5, "field write": 5, "fill": 15, "flags to word": 1, "flags": 15,
    "fn": 50, "for": 50, "ghost read": 20, "ghost write after a handler": 3, "ghost write": 20, "ghost": 30, "guest step": 50,
    "handler call": 15, "handler": 150, "has": 3, "in stem": 8, "init invariant": 15, "init": 20, "invariant": 30, "kvm step": 50,
    "labelled return": 30, "least": 30, "local assignment": 30, "lock": 20, "match": 50, "measure": 30, "nested lock": 3,
    "optional comparison": 8, "optional value": 15, "optional": 20, "override": 15, "param": 20, "primed expression": 20,
    "progress": 150, "property in a config": 10, "pure call": 30, "range check": 8, "record value": 10, "record": 20,
    "return in lock": 5, "shift": 5, "signature change": 8, "step expression": 50, "step parameters": 50, "step property": 30,
    "strongly fair": 15, "taken": 50, "terminal": 30, "variant": 30, "weakly fair": 15, "within": 30, "word comparison": 5,
    "word state": 5, "word to flags": 1, "yield": 20,
}  # fmt: skip

# At least so often over all systems: verdicts of the explicit search, and what its runs look like.
BEHAVIOUR = {
    Word.PROVED: 100, Word.VIOLATED: 100, Word.REACHED: 30, Word.UNREACHABLE: 20, Word.VACUOUS: 50, "lasso": 80,
    "lasso with an env step in the loop": 4, "lasso with a cut in the loop": 10, "lasso with a stem": 10, "lasso under fairness": 20,
    "resumed step": 20, "long run": 10, "run into a fault": 8, "least": 8, "cut position": 25, "env step taken": 15,
}  # fmt: skip


@cache
def _specs() -> tuple[GeneratedSpec, ...]:
    return tuple(generate(seed) for seed in SEEDS)


def test_generation_depends_on_the_seed_alone() -> None:
    assert [generate(seed).text for seed in SEEDS[:20]] == [s.text for s in _specs()[:20]]
    assert len({s.text for s in _specs()}) == len(SEEDS)


def test_everything_generated_is_correctly_typed() -> None:
    for spec in _specs():
        try:
            checked(spec)
        except SpecError as error:
            pytest.fail(f"seed {spec.seed}: {error}\n{spec.text}")


def test_every_construct_occurs() -> None:
    found = Counter(tag for spec in _specs() for tag in set(spec.tags))
    assert not {tag: (found[tag], least) for tag, least in CONSTRUCTS.items() if found[tag] < least}
    assert set(found) <= set(CONSTRUCTS), "a construct without a least count"


def test_every_keyword_occurs() -> None:
    words = Counter(word for spec in _specs() for word in set(re.findall(r"[a-z]+", spec.text)))
    statements = "let if else match for return choose assert lock yield"
    declarations = "param const state ghost type enum flags record rule terminal assume init event fn handler step invariant progress cover"
    clauses = "config enable when in stem weakly strongly fair each within least recurs never decreases override variant of by"
    others = "guest kvm env none fill property taken decides value has all any count"
    assert not [w for w in f"{statements} {declarations} {clauses} {others}".split() if words[w] < 3]


def test_every_behaviour_occurs() -> None:
    met: Counter[str] = Counter()
    skipped = 0
    for spec in _specs():
        program, config = checked(spec)
        comparison = Comparison(spec)
        try:
            explicit = explore(program, config, max_configurations=800, max_initial=800, max_transitions=50_000)
        except TooLarge:
            skipped += 1
            continue
        note(comparison, explicit, program, config)
        met.update(comparison.met)
    assert not {what: (met[what], least) for what, least in BEHAVIOUR.items() if met[what] < least}
    assert skipped <= len(SEEDS) // 8
