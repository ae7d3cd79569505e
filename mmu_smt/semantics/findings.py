"""Collects what the checker finds; repeated findings count once."""

from __future__ import annotations

from dataclasses import replace

from mmu_smt.syntax.diagnostics import Diagnostic, Note, sort_key
from mmu_smt.syntax.source import Span

MAX_FINDINGS = 100


class TooManyFindings(Exception):
    """Nobody reads on: checking can stop, and what is found so far be shown."""


class Findings:
    """A bag of diagnostics.

    `refers` records where an overridden declaration is used, so that an error in or around such a use can point at the override.
    """

    def __init__(self, limit: int | None = MAX_FINDINGS) -> None:
        self._limit = limit
        self._found: dict[tuple[str, Span | None, str], Diagnostic] = {}
        self._overridden: list[tuple[Span, Note]] = []

    def error(self, code: str, message: str, span: Span | None, *notes: Note) -> None:
        """Note an error. Raises TooManyFindings at the limit."""
        key = (code, span, message)
        if key in self._found:
            return
        last = len(self._found) + 1 == self._limit
        if last:
            notes = (*notes, Note(f"checking stopped here, after {self._limit} errors"))
        self._found[key] = Diagnostic(code, message, span, notes)
        if last:
            raise TooManyFindings

    def refers(self, use: Span, note: Note) -> None:
        """Text at `use` depends on an overridden declaration that `note` points at."""
        self._overridden.append((use, note))

    def __len__(self) -> int:
        return len(self._found)

    def diagnostics(self, *, variant: str | None = None, home: Span | None = None) -> tuple[Diagnostic, ...]:
        """All findings in order of presentation.

        `variant` and `home` (the text of that variant's declaration): findings elsewhere get notes that say under which variant they arise
        and which overrides they have to do with.
        """
        found = sorted(self._found.values(), key=sort_key)
        if variant is None:
            return tuple(found)
        return tuple(d if home and d.span and _within(d.span, home) else self._explained(d, variant) for d in found)

    def _explained(self, diagnostic: Diagnostic, variant: str) -> Diagnostic:
        span = diagnostic.span
        if span is None:
            return diagnostic
        overrides = {note: None for use, note in self._overridden if _within(span, use) or _within(use, span)}
        return replace(diagnostic, notes=(*diagnostic.notes, *overrides, Note(f"found while checking variant `{variant}`")))


def _within(inner: Span, outer: Span) -> bool:
    return inner.file is outer.file and outer.start <= inner.start and inner.end <= outer.end
