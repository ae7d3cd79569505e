"""The catalogue of diagnostic codes. `mmu-smt explain CODE` prints an entry.

MS0xx text and grammar, MS1xx names, MS2xx types, MS3xx shape and effects, MS4xx properties and configs, MS5xx to MS9xx running.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mmu_smt.syntax.codeinfo import CodeInfo
from mmu_smt.syntax.codes_certificates import CERTIFICATE_CODES
from mmu_smt.syntax.codes_mutants import MUTANT_CODES
from mmu_smt.syntax.codes_repair import REPAIR_CODES
from mmu_smt.syntax.codes_running import RUN_CODES
from mmu_smt.syntax.codes_semantics import SEMANTIC_CODES
from mmu_smt.syntax.codes_text import TEXT_CODES
from mmu_smt.syntax.codes_traces import TRACE_CODES
from mmu_smt.syntax.codes_variants import VARIANT_CODES

__all__ = ["CATALOGUE", "CodeInfo"]


def _catalogue() -> Mapping[str, CodeInfo]:
    entries = sorted(
        (*TEXT_CODES, *SEMANTIC_CODES, *RUN_CODES, *TRACE_CODES, *CERTIFICATE_CODES, *REPAIR_CODES, *MUTANT_CODES, *VARIANT_CODES),
        key=lambda info: info.code,
    )
    table = {info.code: info for info in entries}
    if len(table) != len(entries):
        raise ValueError("a diagnostic code is defined twice")
    return MappingProxyType(table)


CATALOGUE: Mapping[str, CodeInfo] = _catalogue()
