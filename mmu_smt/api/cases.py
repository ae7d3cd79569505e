"""One answer from the answers of the cases into which the values of some constants divide a system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from mmu_smt.semantics.program import PropertyKind
from mmu_smt.witness.verdicts import OpenPremise, Verdict, Word

Stats: TypeAlias = Mapping[str, int | float | str]

_FOUND = (Word.VIOLATED, Word.REACHED)
_HELD = (Word.PROVED, Word.UNREACHABLE, Word.VACUOUS)


def merged(verdicts: Sequence[Verdict], cases: int) -> Verdict | None:
    """What the verdicts on one property say together, one for each case that was judged. None: too few have been.

    A run of one case is a run of the whole: the shortest is kept, of equals one with the fewest env steps. A proof needs one of each of the
    `cases`; it is vacuous only if all are.
    """
    if cases == 1 and verdicts:
        return verdicts[0]
    found = [v for v in verdicts if v.word in _FOUND]
    if found:
        return min(found, key=_cost)
    if len(verdicts) < cases:
        return None
    unsettled = [v for v in verdicts if v.word not in _HELD]
    if unsettled:
        return min(unsettled, key=lambda v: (v.word is not Word.UNKNOWN, -1 if v.bound is None else v.bound))
    telling = [v for v in verdicts if v.word is not Word.VACUOUS] or list(verdicts)
    least = [v.least for v in verdicts if v.least is not None]
    arguments = list(dict.fromkeys(v.by for v in telling if v.by))
    return Verdict(
        property=verdicts[0].property,
        word=telling[0].word,
        by=f"{'; '.join(arguments)} ({len(verdicts)} cases)",
        bound=max((v.bound for v in telling if v.bound is not None), default=None),
        least=max(least, default=None),
        phase=telling[0].phase,
        seconds=sum(v.seconds for v in verdicts),
        vacuity=_vacuity(telling),
        engines=tuple(dict.fromkeys(engine for v in telling for engine in v.engines)),
    )


def _vacuity(proofs: Sequence[Verdict]) -> OpenPremise | None:
    """What is open about the vacuity of proofs taken together: nothing, if the premise of one of them is met."""
    left = [v.vacuity for v in proofs if v.vacuity is not None]
    if len(left) < len(proofs):
        return None
    stopped = next((premise for premise in left if premise.reason is not None), left[0])
    bounds = [premise.bound for premise in left if premise.bound is not None]
    return replace(stopped, bound=min(bounds) if len(bounds) == len(left) else None)


def together(stats: Sequence[Stats]) -> Stats:
    """Counts of all cases: sums, but for the depth, which is the deepest."""
    if len(stats) == 1:
        return stats[0]
    total: dict[str, int | float | str] = {"cases": len(stats)}
    for one in stats:
        for name, value in one.items():
            before = total.get(name)
            if isinstance(value, str) or isinstance(before, str) or before is None:
                total[name] = value
            else:
                total[name] = max(before, value) if name == "depth" else round(before + value, 4)
    return total


def unbeatable(verdict: Verdict) -> bool:
    """Has it a run that no other case can better? The initial state, or one transition where that is the least and no env step."""
    if verdict.trace is None:
        return False
    on_state = verdict.property.kind in (PropertyKind.INVARIANT, PropertyKind.NO_DEADLOCK)
    return _cost(verdict) <= ((0, 0) if on_state else (1, 0))


def _cost(verdict: Verdict) -> tuple[int, int]:
    assert verdict.trace is not None
    return len(verdict.trace.steps), sum(s.actor == "env" for s in verdict.trace.steps)
