"""Named solver configurations, as data. Which one is used is decided by measurement, never by feel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Profile:
    """`logic` selects the solver; `parameters` are set at its birth, names checked against what the solver declares."""

    name: str
    logic: str
    parameters: Mapping[str, int | bool | str] = field(default_factory=dict)


FINITE_DOMAIN = Profile("finite-domain", "QF_FD", {"ite_extra": False})
"""An incremental SAT solver behind bit-blasting. The default: on incremental queries the general solver is tens of times slower.

`ite_extra` adds two redundant clauses for each if-then-else. Steps consist of little else, and without them refuting the longest runs takes
half the solver units (docs/measurements.md).
"""

BIT_VECTORS = Profile("bit-vectors", "QF_BV")
"""The tactic-based bit-vector solver. For comparison."""
