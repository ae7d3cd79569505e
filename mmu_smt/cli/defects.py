"""Defects of this program: what the user is told, and when a traceback is wanted."""

from __future__ import annotations

import os

from mmu_smt.syntax.diagnostics import Diagnostic, Note

DEBUG = "MMU_SMT_DEBUG"


def debugging() -> bool:
    """True iff the environment asks for tracebacks."""
    return bool(os.environ.get(DEBUG))


def internal_error(error: BaseException) -> Diagnostic:
    """An unexpected exception as one diagnostic."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    note = Note(f"please report it with the specification and this command line; {DEBUG}=1 shows where it happened")
    return Diagnostic("MS900", f"internal error: {text}", None, (note,))
