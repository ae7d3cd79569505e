"""Texts broken at random: whatever a text contains, the parser answers with diagnostics in it, and with few."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mmu_smt.syntax.codes import CATALOGUE
from mmu_smt.syntax.diagnostics import Diagnostic
from mmu_smt.syntax.parser import MAX_DIAGNOSTICS, parse
from mmu_smt.syntax.source import SourceFile
from mmu_smt.syntax.tokens import scan

SAMPLE = (Path(__file__).parent / "samples" / "constructs.mmu").read_text()
GARBAGE = [
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "/*",
    "//",
    "@",
    "#",
    "é",
    "\0",
    "\\",
    "0x",
    "1.",
    "fn",
    "}}}}",
    "state",
    "==",
    "=",
    "x",
    "\n",
    ";",
]


def diagnose(text: str) -> tuple[Diagnostic, ...]:
    source = SourceFile("t.mmu", text)
    module, diagnostics = parse(source)
    assert (module is None) == bool(diagnostics)
    for d in diagnostics:
        assert d.code in CATALOGUE
        assert d.span is not None
        assert 0 <= d.span.start <= d.span.end <= len(text)
        assert d.span.file is source
    assert len(set(diagnostics)) == len(diagnostics)
    return diagnostics


@pytest.mark.parametrize("seed", range(60))
def test_one_token_changed(seed: int) -> None:
    chance = random.Random(seed)
    tokens = scan(SourceFile("t.mmu", SAMPLE)).tokens
    i = chance.randrange(len(tokens))
    token = tokens[i]
    new = chance.choice(["", tokens[chance.randrange(len(tokens))].span.text, token.span.text * 2, *GARBAGE])
    found = diagnose(f"{SAMPLE[: token.start]} {new} {SAMPLE[token.end :]}")
    assert len(found) <= 4, "one slip of the pen is no reason for a flood"


@pytest.mark.parametrize("seed", range(30))
def test_cut_short(seed: int) -> None:
    diagnose(SAMPLE[: random.Random(seed).randrange(len(SAMPLE))])


@pytest.mark.parametrize("seed", range(30))
def test_garbage(seed: int) -> None:
    chance = random.Random(seed)
    words = [t.span.text for t in scan(SourceFile("t.mmu", SAMPLE)).tokens] + GARBAGE
    diagnose("".join(chance.choice(words) + chance.choice(["", " ", "\n"]) for _ in range(300)))


@pytest.mark.parametrize(
    ("piece", "count"),
    [
        ("state a bool\n", MAX_DIAGNOSTICS),
        ("(}", 1),
        ("$ ", MAX_DIAGNOSTICS),
        ("}\n", MAX_DIAGNOSTICS),
        ("(", 1),
        ("/*", 1),
        ("a ", 1),
        ("state a $ $ b\n", MAX_DIAGNOSTICS),
        ("fn f() {\n", 1),
        ("'", 1),
    ],
)
def test_large_garbage_takes_no_quadratic_time(piece: str, count: int) -> None:
    """Quadratic work on this much would run into the timeout."""
    assert len(diagnose(piece * (100_000 // len(piece)))) == count
