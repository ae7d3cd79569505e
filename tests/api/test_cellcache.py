"""Kept cells: what is written is read, what is damaged is told from what is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmu_smt.api import cellcache
from mmu_smt.api.cellcache import CellCache, Damaged, default_folder, key_of
from mmu_smt.witness.matrices import CellVerdict
from mmu_smt.witness.verdicts import UnknownReason, Word

KEY = "ab" * 32
VERDICTS = (
    CellVerdict("p", Word.VIOLATED, length=3, loop_start=1, evidence='{"a": [1, null]}', unclosed=("n",)),
    CellVerdict("q", Word.UNKNOWN, reason=UnknownReason.TIME, phase="search", bound=4, seconds=1.5),
    CellVerdict("r", Word.PROVED, by="1-induction", least=2),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    cache = CellCache(tmp_path / "new" / "folder")
    assert cache.read(KEY) is None
    cache.write(KEY, VERDICTS)
    assert cache.read(KEY) == VERDICTS
    assert cache.read("cd" * 32) is None
    assert cache.blind().read(KEY) is None
    assert [p.name for p in cache.path(KEY).parent.iterdir()] == [cache.path(KEY).name], "nothing else is left there"


@pytest.mark.parametrize("place", [0, 10, 70, -30])
def test_one_changed_byte_is_noticed(tmp_path: Path, place: int) -> None:
    cache = CellCache(tmp_path)
    cache.write(KEY, VERDICTS)
    data = bytearray(cache.path(KEY).read_bytes())
    data[place] ^= 1
    cache.path(KEY).write_bytes(data)
    with pytest.raises(Damaged):
        cache.read(KEY)


@pytest.mark.parametrize("data", [b"", b"\n", b"{}", b"\xff\xfe"])
def test_other_content_is_noticed(tmp_path: Path, data: bytes) -> None:
    cache = CellCache(tmp_path)
    cache.write(KEY, VERDICTS)
    cache.path(KEY).write_bytes(data)
    with pytest.raises(Damaged):
        cache.read(KEY)


def test_a_whole_file_in_the_wrong_place_is_noticed(tmp_path: Path) -> None:
    cache = CellCache(tmp_path)
    cache.write(KEY, VERDICTS)
    other = cache.path("cd" * 32)
    other.parent.mkdir()
    cache.path(KEY).rename(other)
    with pytest.raises(Damaged, match="another cell"):
        cache.read("cd" * 32)


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = CellCache(tmp_path)
    cache.write(KEY, VERDICTS)

    def full(_key: str, _verdicts: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cellcache, "encode", full)
    with pytest.raises(OSError, match="No space"):
        cache.write(KEY, VERDICTS[:1])
    assert cache.read(KEY) == VERDICTS
    assert len(list(cache.path(KEY).parent.iterdir())) == 1


def test_the_usual_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder({"XDG_CACHE_HOME": "/somewhere"}) == Path("/somewhere/mmu-smt/cells")
    for unusable in ({}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative"}):
        assert default_folder(unusable) == tmp_path / ".cache" / "mmu-smt" / "cells"


def test_the_key_holds_all_that_a_verdict_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    first = key_of("f", {"bound": 3, "seed": 0})
    assert key_of("f", {"seed": 0, "bound": 3}) == first
    assert key_of("g", {"bound": 3, "seed": 0}) != first
    assert key_of("f", {"bound": 4, "seed": 0}) != first
    with monkeypatch.context() as patched:
        patched.setattr(cellcache, "source_digest", lambda: "other source")
        assert key_of("f", {"bound": 3, "seed": 0}) != first
    with monkeypatch.context() as patched:
        patched.setattr(cellcache, "solver_version", lambda: "9.9")
        assert key_of("f", {"bound": 3, "seed": 0}) != first
