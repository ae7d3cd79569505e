"""Fixtures of the command-line tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.support import DOOR, Command, write


@pytest.fixture
def mmu_smt(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, made the current one, with `door.mmu` in it."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, [("door.mmu", DOOR)])
    return tmp_path
