"""Named solver configurations, as data. Which one is used is decided by measurement, never by feel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Profile:
    """`logic` selects the solver; `parameters` are set at its birth, names checked against what the solver declares; `late` ones before the
    first question after `patience` units.
    """

    name: str
    logic: str
    parameters: Mapping[str, int | bool | str] = field(default_factory=dict)
    late: Mapping[str, int | bool | str] = field(default_factory=dict)
    patience: int = 0


FINITE_DOMAIN = Profile("finite-domain", "QF_FD", {"ite_extra": False})
"""An incremental SAT solver behind bit-blasting. The default: on incremental queries the general solver is tens of times slower.

`ite_extra` adds two redundant clauses for each if-then-else. Steps consist of little else, and without them refuting the longest runs takes
half the solver units (docs/measurements.md).
"""

LONG_SEARCH = replace(FINITE_DOMAIN, name="long-search", late={"phase": "always_false", "restart": "geometric"}, patience=10_000_000)
"""For the bounded search. What has cost so much consists of refutations; they take fewer units with fewer restarts and with one phase.

Not from the beginning: on larger models these parameters cost more in short searches, and no run found early may differ
(docs/measurements.md).
"""

BIT_VECTORS = Profile("bit-vectors", "QF_BV")
"""The tactic-based bit-vector solver. For comparison."""
