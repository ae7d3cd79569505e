"""What the tool says about a source text: diagnostics as data. Nothing here prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mmu_smt.syntax.source import Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Note:
    """A remark under a diagnostic, with or without a place of its own."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `code` is a key of `codes.CATALOGUE`; `span` is None only where there is no text (a missing file)."""

    code: str
    message: str
    span: Span | None
    notes: tuple[Note, ...] = ()
    severity: Severity = Severity.ERROR


class SpecError(Exception):
    """A specification that cannot be used, or a request that does not fit it. Carries every diagnostic found.

    The command turns it into exit code 2.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.span}: {d.message} [{d.code}]" for d in self.diagnostics))


def sort_key(diagnostic: Diagnostic) -> tuple[str, int, str]:
    """Order of presentation: by file, offset, code."""
    span = diagnostic.span
    return ("", -1, diagnostic.code) if span is None else (span.file.name, span.start, diagnostic.code)
