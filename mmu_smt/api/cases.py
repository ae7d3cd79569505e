"""One answer from the answers of the cases into which the values of some constants divide a system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from mmu_smt.semantics.program import PropertyKind
from mmu_smt.witness.traces import TraceStep
from mmu_smt.witness.verdicts import OpenPremise, Verdict, Word

Stats: TypeAlias = Mapping[str, int | float | str]

_FOUND = (Word.VIOLATED, Word.REACHED)
_HELD = (Word.PROVED, Word.UNREACHABLE, Word.VACUOUS)


def merged(verdicts: Sequence[Verdict], cases: int) -> Verdict | None:
    """What the verdicts on one property say together, one for each case that was judged. None: too few have been.

    A run of one case is a run of the whole: the shortest is kept, of equals one with the fewest env steps. It is the shortest of all if no
    other case can have a shorter one, for all that was found out there. A proof needs one of each of the `cases`; it is vacuous only if all
    are.
    """
    if cases == 1 and verdicts:
        return verdicts[0]
    if any(v.word in _FOUND for v in verdicts):
        return _shortest(verdicts, cases)
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


def _shortest(verdicts: Sequence[Verdict], cases: int) -> Verdict:
    """The shortest run, and what is known of the cases in which the search ended before it got that far, or has not begun."""
    best = min((v for v in verdicts if v.word in _FOUND), key=_cost)
    shorter, trivial = len(_steps(best)) - 1, -1 if _needs_no_transition(best) else 0
    begun = [max(trivial, _excluded(v)) for v in verdicts if v.word not in _HELD and v is not best]
    others = begun + [trivial] * (cases - len(verdicts))
    if all(n >= shorter for n in others):
        return best
    bound = min(*others, _excluded(best))
    return replace(best, shortest=False, bound=bound if bound >= 0 else None, open_cases=sum(n < shorter for n in others))


def _excluded(verdict: Verdict) -> int:
    """No run of up to that many transitions does it in this case."""
    if verdict.word in _FOUND and verdict.shortest:
        return len(_steps(verdict)) - 1
    return -1 if verdict.bound is None else verdict.bound


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
    return _cost(verdict) <= ((0, 0) if _needs_no_transition(verdict) else (1, 0))


def _needs_no_transition(verdict: Verdict) -> bool:
    """Could the initial state alone show it?"""
    return verdict.property.kind in (PropertyKind.INVARIANT, PropertyKind.NO_DEADLOCK)


def _cost(verdict: Verdict) -> tuple[int, int]:
    return len(_steps(verdict)), sum(s.actor == "env" for s in _steps(verdict))


def _steps(verdict: Verdict) -> Sequence[TraceStep]:
    assert verdict.trace is not None
    return verdict.trace.steps
