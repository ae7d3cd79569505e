"""Catalogue entries MS100 to MS499: names, types, shape and effects, properties and configs."""

from __future__ import annotations

from mmu_smt.syntax.codeinfo import CodeInfo

SEMANTIC_CODES: tuple[CodeInfo, ...] = ()
