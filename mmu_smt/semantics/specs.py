"""Where specifications are found: the bundled ones, and variants by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".mmu"


def spec_root() -> Path:
    """The folder of the bundled specifications: inside the installed package, else `spec/` of the source tree."""
    package = Path(__file__).resolve().parent.parent
    bundled = package / "_spec"
    return bundled if bundled.is_dir() else package.parent / "spec"


def is_there(path: Path) -> bool:
    """Whether there is something under a path; false too for what cannot be a path (too long, a NUL in it)."""
    return os.path.exists(path)  # noqa: PTH110 (Path.exists raises for such paths)


def bundled_files() -> Iterator[Path]:
    """Every bundled specification, in a fixed order."""
    yield from sorted(spec_root().rglob(f"*{SUFFIX}"))


def find_variant(name: str) -> Path | None:
    """The file NAME.mmu, in the current folder or anywhere below the bundled specifications; None where there is none."""
    if not name.isidentifier():
        return None
    here = Path(f"{name}{SUFFIX}")
    if is_there(here):
        return here
    return next((path for path in bundled_files() if path.stem == name), None)
