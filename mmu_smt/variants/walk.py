"""Everything in a record of the checked program or of the syntax tree, whatever kinds of records there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, cast

from mmu_smt.semantics.program import Local
from mmu_smt.semantics.types import ArrayType, EnumType, FlagsType, IntType, OptionalType, RecordType, WordType
from mmu_smt.syntax.source import Span

_LEAVES = (Span, Local, ArrayType, EnumType, FlagsType, IntType, OptionalType, RecordType, WordType)


def within(root: object) -> Iterator[object]:
    """The records in `root`, itself first, each before its parts and these in order. No spans, types or locals."""
    stack: list[object] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            stack.extend(reversed(cast("tuple[object, ...]", item)))
        elif is_dataclass(item) and not isinstance(item, (type, *_LEAVES)):
            yield item
            stack.extend(getattr(item, f.name) for f in reversed(fields(cast(Any, item))))
