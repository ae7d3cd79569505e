"""Broken specifications: the marks `//~ MSnnn` at the ends of lines are exactly what the checker finds there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.semantics.checking import findings, marks, places, read

FOLDER = Path(__file__).parent.parent / "cases" / "check"
CASES = sorted(FOLDER.rglob("*.mmu"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    text = read(path)
    found = findings(text, str(path))
    assert places(found) == marks(text), "\n".join(f"{d.span}: {d.code} {d.message}" for d in found)


def test_there_are_many_cases() -> None:
    broken = [path for path in CASES if marks(read(path))]
    assert len(broken) >= 120
    assert len(CASES) > len(broken), "some cases are accepted"
