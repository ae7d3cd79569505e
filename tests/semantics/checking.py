"""Support for the tests of the checker: everything that is wrong with a text, and marks in texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError

MARK = re.compile(r"//~(?P<codes>(?:\s+MS\d{3})+)\s*$")


def findings(text: str, name: str = "spec.mmu", overlay: Mapping[str, str] | None = None) -> list[Diagnostic]:
    """All diagnostics of a text: of loading it, the modules alone, each variant, the expectations and claims. Equal ones count once."""
    found: dict[tuple[object, ...], Diagnostic] = {}

    def note(error: SpecError) -> None:
        for diagnostic in error.diagnostics:
            found.setdefault((diagnostic.code, diagnostic.span, diagnostic.message), diagnostic)

    try:
        workspace = Workspace.from_text(text, name, overlay=overlay)
    except SpecError as error:
        note(error)
        return list(found.values())
    for variant in (None, *workspace.own_variants):
        try:
            workspace.program(variant)
        except SpecError as error:
            note(error)
    for ask in (lambda: workspace.expectations(None), workspace.matrices, workspace.claims):
        try:
            ask()
        except SpecError as error:
            note(error)
    return list(found.values())


def codes(text: str) -> list[str]:
    return [d.code for d in findings(text)]


def marks(text: str) -> list[tuple[int, str]]:
    """The marked errors: pairs of line and code."""
    found: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if match := MARK.search(line):
            found.extend((number, code) for code in match["codes"].split())
    return sorted(found)


def places(diagnostics: list[Diagnostic]) -> list[tuple[int, str]]:
    return sorted((d.span.line if d.span else 0, d.code) for d in diagnostics)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
