"""docs/library.md says what is so: its examples run, and it and the package name the same functions."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mmu_smt
from tests.house.consoles import ROOT, File, script

PAGE = ROOT / "docs" / "library.md"


def test_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for part in script(PAGE.read_text(encoding="utf-8")):
        if isinstance(part, File):
            Path(part.name).write_text(part.text, encoding="utf-8")
    text = re.sub(r"^```.*$", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)  # a fence is no output
    test = doctest.DocTestParser().get_doctest(text, {}, "library.md", str(PAGE), 0)
    assert len(test.examples) > 20
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert runner.run(test, out=said.append).failed == 0, "".join(said)


def test_the_page_lists_every_function() -> None:
    listed = {
        name for row in re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert listed == {name for name in mmu_smt.__all__ if inspect.isfunction(getattr(mmu_smt, name))}


def test_public_names_are_declared_for_type_checkers_and_have_a_home() -> None:
    tree = ast.parse(inspect.getsource(mmu_smt))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    declared = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert declared == set(mmu_smt.__all__) == set(mmu_smt._HOME_OF)
    assert all(getattr(mmu_smt, name) is not None for name in mmu_smt.__all__)
    assert (ROOT / "mmu_smt" / "py.typed").exists()


def test_importing_it_imports_no_solver() -> None:
    code = "import sys, mmu_smt; print([n for n in sys.modules if n.partition('.')[0] in ('z3', 'lark', 'rich', 'cyclopts', 'msgspec')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_what_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mmu_smt.nothing
