"""The catalogue of diagnostics."""

from __future__ import annotations

import re

import pytest

from mmu_smt.syntax.codes import CATALOGUE
from mmu_smt.syntax.codes_running import RUN_CODES
from mmu_smt.syntax.codes_text import TEXT_CODES
from mmu_smt.syntax.parser import parse
from mmu_smt.syntax.source import SourceFile


@pytest.mark.parametrize("code", CATALOGUE)
def test_entry(code: str) -> None:
    info = CATALOGUE[code]
    assert info.code == code
    assert re.fullmatch(r"MS\d{3}", code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", info.slug)
    assert info.title == info.title.strip()
    assert not info.title.endswith(".")
    assert re.findall(r"^## (.*)$", info.explanation, re.MULTILINE) == ["What it means", "Example", "Instead"]


def test_names_are_unique() -> None:
    assert len({info.slug for info in CATALOGUE.values()}) == len(CATALOGUE)
    assert list(CATALOGUE) == sorted(CATALOGUE)


def blocks(text: str) -> list[str]:
    return re.findall(r"```\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("info", [*TEXT_CODES, *RUN_CODES], ids=lambda info: info.code)
def test_examples_show_what_they_say(info: object) -> None:
    """The example of a text code has that error; examples of other codes and everything after `Instead` have none."""
    assert info in CATALOGUE.values()
    example, _, instead = CATALOGUE[info.code].explanation.partition("## Instead")  # type: ignore[attr-defined]
    for text in blocks(example):
        if not text.startswith("mmu-smt") and "…" not in text:
            assert info.code in codes_of(text) or (info in RUN_CODES and not codes_of(text))  # type: ignore[attr-defined]
    for text in blocks(instead):
        if not text.startswith("mmu-smt"):
            assert not codes_of(text), text


def codes_of(text: str) -> set[str]:
    """The codes found in a text that is a file, or the inside of a function."""
    first = {d.code for d in parse(SourceFile("t.mmu", text))[1]}
    second = {d.code for d in parse(SourceFile("t.mmu", f"fn f() {{\n{text}\n}}"))[1]}
    return first & second if not first or not second else first | second
