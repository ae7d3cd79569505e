"""Pages that repeat what the code says are current."""

from __future__ import annotations

import re
from pathlib import Path

from mmu_smt.cli.exits import Exit
from mmu_smt.syntax.codes import CATALOGUE
from mmu_smt.syntax.document_codes import page
from mmu_smt.syntax.vocabulary import KEYWORDS, SOFT_WORDS
from mmu_smt.witness.verdicts import Word

DOCS = Path(__file__).resolve().parents[2] / "docs"


def words_after(start: str) -> set[str]:
    """The words in code quotes in the paragraph of the language reference that begins so."""
    paragraphs = (DOCS / "language.md").read_text(encoding="utf-8").split("\n\n")
    (paragraph,) = [p for p in paragraphs if p.startswith(start)]
    return {word for quoted in re.findall(r"`([a-z\s]+)`", paragraph) for word in quoted.split()}


def test_diagnostics_are_current() -> None:
    shown = (DOCS / "diagnostics.md").read_text(encoding="utf-8")
    assert shown == page(), "run: python -m mmu_smt.syntax.document_codes > docs/diagnostics.md"


def test_every_code_has_its_section() -> None:
    assert re.findall(r"^## (MS\d{3}) ", page(), re.MULTILINE) == sorted(CATALOGUE)


def test_reserved_words_are_listed() -> None:
    assert words_after("Reserved words:") == KEYWORDS
    assert words_after("Names elsewhere:") == SOFT_WORDS


def test_verdict_words_and_exit_codes_are_explained() -> None:
    text = (DOCS / "verdicts.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z]+)", text, re.MULTILINE))
    assert {word.value for word in Word} - explained == set()
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == {int(code) for code in Exit}
