"""Room for recursion: closures call each other as deep as expressions nest, in each of the functions that are nested in calls."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

_LIMIT = 100_000  # beyond what the parser's limit of nesting and the checker's limit of nested calls allow together


@contextmanager
def deep_recursion() -> Generator[None]:
    """While it is active (also as a decorator), recursion over a checked program does not meet Python's limit."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
