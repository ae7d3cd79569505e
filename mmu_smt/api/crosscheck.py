"""The solver's verdicts against an explicit-state search of the same system, where that is small enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.api.errors import DisagreementError
from mmu_smt.interpret.explicit import explore
from mmu_smt.interpret.machine import TooLarge
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mmu_smt.interpret.explicit import ExplicitResult, ExplicitVerdict
    from mmu_smt.semantics.program import Config, Program
    from mmu_smt.witness.verdicts import Verdict

CONFIGURATIONS = 20_000  # a system with more is not searched


def cross_check(program: Program, config: Config, verdicts: Iterable[Verdict], cones: Mapping[str, frozenset[str]]) -> str:
    """Judge every property once more by enumeration; what came of it, in a few words.

    `cones`: for each property the state variables that a lasso must return to. Raises DisagreementError.
    """
    try:
        explicit = explore(program, config, max_configurations=CONFIGURATIONS, max_initial=CONFIGURATIONS, cone=cones)
    except TooLarge as error:
        return f"not done: {error}"
    for verdict in verdicts:
        expected = explicit.verdicts.get(verdict.property.name)
        if expected is not None and _contradicts(verdict, expected, explicit):
            raise DisagreementError(verdict.property.name, _solver_says(verdict), _explicit_says(expected))
    return f"agrees ({explicit.configurations} configurations)"


def _contradicts(verdict: Verdict, expected: ExplicitVerdict, explicit: ExplicitResult) -> bool:
    match verdict.word:
        case Word.BOUNDED | Word.UNKNOWN:
            return expected.length is not None and verdict.bound is not None and expected.length <= verdict.bound
        case Word.VACUOUS if explicit.initial == 0:
            return False  # nothing runs: the explicit search judges the other way round, as if there were no premise
        case Word.PROVED if expected.word is Word.VACUOUS:
            return verdict.vacuity is None  # the premise may be left open
        case Word.VIOLATED | Word.REACHED:
            length = None if verdict.trace is None else len(verdict.trace.steps)
            if not verdict.shortest and length is not None and expected.length is not None:
                return expected.word is not verdict.word or not (verdict.bound or 0) < expected.length <= length
            return expected.word is not verdict.word or expected.length != length
        case _:
            return expected.word is not verdict.word or (verdict.least is not None and verdict.least != expected.least)


def _solver_says(verdict: Verdict) -> str:
    detail = f" in {len(verdict.trace.steps)} steps" if verdict.trace is not None else ""
    return f"{verdict.word.value}{detail}" + (f", least bound {verdict.least}" if verdict.least is not None else "")


def _explicit_says(expected: ExplicitVerdict) -> str:
    detail = f" in {expected.length} steps" if expected.length is not None else ""
    return f"{expected.word.value}{detail}" + (f", least bound {expected.least}" if expected.least is not None else "")
