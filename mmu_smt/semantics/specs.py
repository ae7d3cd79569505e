"""Where specifications are found: the bundled ones, and variants by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mmu_smt.syntax import nodes
from mmu_smt.syntax.parser import parse, read_source

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
    """The file NAME.mmu, in the current folder or anywhere below the bundled specifications, else the bundled one that declares
    a variant of that name; None where there is none.
    """
    if not name.isidentifier():
        return None
    here = Path(f"{name}{SUFFIX}")
    if is_there(here):
        return here
    named = next((path for path in bundled_files() if path.stem == name), None)
    return named or next((path for path in bundled_files() if name in _variants_of(path)), None)


def _variants_of(path: Path) -> frozenset[str]:
    """The variants that a file declares; none where it cannot be parsed, which whoever loads it will hear of."""
    module = parse(read_source(path))[0]
    declared = () if module is None else module.declarations
    return frozenset(d.name.text for d in declared if isinstance(d, nodes.VariantDecl))
