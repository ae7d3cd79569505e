"""Verdicts, and what rows change, kept under a digest of all that they depend on.

One file a cell, and one for each property in a cell for which scenarios had to be looked for; each is named by its key. A file begins with
the digest of the rest, so that a damaged one is told from a whole one, and it is written beside its place and then moved there, so that an
interruption leaves all of it or nothing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

import msgspec

from mmu_smt.witness.matrices import CellChange, CellVerdict

FORMAT = "mmu-smt cell 1"
CHANGE_FORMAT = "mmu-smt change 1"
TEXT_FORMAT = "mmu-smt text 1"
_NOT_JUDGING = frozenset({"cli", "report", "syntax", "variants"})  # folders on which no verdict depends


class Damaged(Exception):
    """A file of the cache that is not as it was written."""


class CellCache:
    """The cells kept in a folder, which is made when the first one is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def blind(self) -> CellCache:
        """The same folder, in which nothing is looked up: what is judged is written over what is there."""
        return _BlindCache(self.folder)

    def path(self, key: str) -> Path:
        """Where the cell with a key is kept."""
        return self.folder / key[:2] / f"{key[2:]}.json"

    def read(self, key: str) -> tuple[CellVerdict, ...] | None:
        """The verdicts kept under a key, None where there are none. Raises Damaged, and OSError where the folder cannot be read."""
        data = self._data(key)
        return None if data is None else decode(data, key)

    def read_change(self, key: str) -> CellChange | None:
        """What is kept under a key of what a row does to a property; raises as `read` does."""
        data = self._data(key)
        return None if data is None else _opened(data, key, CHANGE_FORMAT, _ChangeEntry).change

    def write(self, key: str, verdicts: tuple[CellVerdict, ...]) -> None:
        """Keep verdicts under a key. Raises OSError."""
        self._keep(key, encode(key, verdicts))

    def write_change(self, key: str, change: CellChange) -> None:
        """Keep what a row does to a property under a key. Raises OSError."""
        self._keep(key, _sealed(_ChangeEntry(CHANGE_FORMAT, key, change)))

    def read_text(self, key: str) -> str | None:
        """Whatever else is kept under a key, as text; raises as `read` does."""
        data = self._data(key)
        return None if data is None else _opened(data, key, TEXT_FORMAT, _TextEntry).text

    def write_text(self, key: str, text: str) -> None:
        """Keep a text under a key. Raises OSError."""
        self._keep(key, _sealed(_TextEntry(TEXT_FORMAT, key, text)))

    def _data(self, key: str) -> bytes | None:
        try:
            return self.path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _keep(self, key: str, data: bytes) -> None:
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


class _BlindCache(CellCache):
    def _data(self, key: str) -> None:
        """Nothing."""


class _Entry(msgspec.Struct, frozen=True):
    format: str
    key: str
    verdicts: tuple[CellVerdict, ...]


class _ChangeEntry(msgspec.Struct, frozen=True):
    format: str
    key: str
    change: CellChange


class _TextEntry(msgspec.Struct, frozen=True):
    format: str
    key: str
    text: str


Entry = TypeVar("Entry", _Entry, _ChangeEntry, _TextEntry)


def one_line(verdict: CellVerdict) -> bytes:
    """A verdict as it is passed between processes: a line, ended by a line break."""
    return msgspec.json.encode(verdict) + b"\n"


def change_line(change: CellChange) -> bytes:
    """What a row does to a property, as `one_line`."""
    return msgspec.json.encode(change) + b"\n"


def change_from_line(line: bytes) -> CellChange:
    """The inverse of `change_line`, without the line break."""
    return msgspec.json.decode(line, type=CellChange)


def from_line(line: bytes) -> CellVerdict:
    """The inverse of `one_line`, without the line break."""
    return msgspec.json.decode(line, type=CellVerdict)


def encode(key: str, verdicts: tuple[CellVerdict, ...]) -> bytes:
    """The text of a file of the cache."""
    return _sealed(_Entry(FORMAT, key, verdicts))


def decode(data: bytes, key: str) -> tuple[CellVerdict, ...]:
    """The inverse of `encode`. Raises Damaged."""
    return _opened(data, key, FORMAT, _Entry).verdicts


def _sealed(entry: _Entry | _ChangeEntry | _TextEntry) -> bytes:
    body = msgspec.json.encode(entry)
    return sha256(body).hexdigest().encode() + b"\n" + body


def _opened(data: bytes, key: str, form: str, kind: type[Entry]) -> Entry:
    digest, _, body = data.partition(b"\n")
    if digest != sha256(body).hexdigest().encode():
        raise Damaged("its content does not have the digest that it carries")
    try:
        entry = msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Damaged(str(error)) from error
    if (entry.format, entry.key) != (form, key):
        raise Damaged("it belongs to another cell")
    return entry


def default_folder(environment: Mapping[str, str]) -> Path:
    """Where cells are kept unless the user names a folder: below XDG_CACHE_HOME, else below `.cache` of the home folder.

    Raises RuntimeError where the system knows no home folder.
    """
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "mmu-smt" / "cells"


def key_of(fingerprint: str, options: Mapping[str, object]) -> str:
    """The key of a cell: what is judged, how, and by what."""
    parts = (FORMAT, fingerprint, sorted(options.items()), source_digest(), solver_version())
    return sha256(repr(parts).encode()).hexdigest()


@cache
def source_digest() -> str:
    """A digest of those parts of this program on which a verdict depends."""
    root = Path(__file__).resolve().parent.parent
    digest = sha256()
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root)
        if place.parts[0] not in _NOT_JUDGING:
            digest.update(f"{place.as_posix()}:".encode() + sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@cache
def solver_version() -> str:
    """The version of the solver, without importing it."""
    try:
        return version("z3-solver")
    except PackageNotFoundError:
        return "unknown"
