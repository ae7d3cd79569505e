"""Each entry of the catalogue shows an example that is refused with its code, and a way out that is accepted."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from mmu_smt.syntax.codeinfo import CodeInfo
from mmu_smt.syntax.codes import CATALOGUE
from mmu_smt.syntax.codes_semantics import SEMANTIC_CODES
from tests.semantics.checking import findings, marks, read
from tests.semantics.test_cases import CASES

SECTIONS = re.compile(
    r"\A## What it means\n(?P<meaning>.+)\n\n## Example\n```\n(?P<example>.+?)\n```\n\n## Instead\n(?P<instead>.+)\Z", re.DOTALL
)


def sections(info: CodeInfo) -> re.Match[str]:
    match = SECTIONS.match(info.explanation)
    assert match is not None, info.explanation
    return match


@pytest.mark.parametrize("info", SEMANTIC_CODES, ids=lambda info: info.code)
def test_the_example_is_refused_with_this_code_alone(info: CodeInfo) -> None:
    assert {d.code for d in findings(sections(info)["example"])} == {info.code}


@pytest.mark.parametrize("info", SEMANTIC_CODES, ids=lambda info: info.code)
def test_the_way_out_is_accepted(info: CodeInfo) -> None:
    instead = sections(info)["instead"]
    block = re.search(r"```\n(.+?)\n```", instead, re.DOTALL)
    if block is None:
        assert len(instead) > 20
    else:
        assert findings(block[1]) == []


def test_entries_are_well_formed() -> None:
    for info in SEMANTIC_CODES:
        assert re.fullmatch(r"MS[1-4]\d\d", info.code)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", info.slug)
        assert info.title
        assert not info.title.endswith(".")
        assert len(sections(info)["meaning"]) > 15
        assert CATALOGUE[info.code] is info
    assert all(a.code < b.code for a, b in pairwise(SEMANTIC_CODES))


def test_every_code_has_a_case() -> None:
    marked = {code for path in CASES for _, code in marks(read(path))}
    assert {info.code for info in SEMANTIC_CODES} <= marked
