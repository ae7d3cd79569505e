"""What the verdicts of two variants alone say about scenarios that tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.witness.comparisons import Answer, Basis, Mark
from mmu_smt.witness.verdicts import Verdict, Word

if TYPE_CHECKING:
    from mmu_smt.semantics.program import Program

NOT_ASKED = "not asked"
EQUIVALENT = Mark(Answer.NO, "the variants are equivalent", basis=Basis.EQUIVALENT)
SAME_CHECK = Mark(Answer.NO, "nothing that the check depends on has changed", basis=Basis.SAME_CHECK)


def label(program: Program) -> str:
    """What reports call a variant."""
    return program.variant or "the modules alone"


def holds(verdict: Verdict) -> bool:
    """No run violates the property."""
    return verdict.word in (Word.PROVED, Word.VACUOUS, Word.INAPPLICABLE)


def stated(program: Program, verdict: Verdict) -> str:
    """Variant, verdict, and what it rests on."""
    why = verdict.by or (str(verdict.reason) if verdict.reason is not None else "")
    if verdict.word is Word.BOUNDED and verdict.bound is not None:
        why = f"{verdict.bound} transitions"
    return f"{label(program)}: {verdict.word.value}" + (f", {why}" if why else "")


def settled_mark(program: Program, verdict: Verdict) -> Mark | None:
    """The answer where the verdict of the variant that should violate the property gives it; None where scenarios have to be looked at."""
    if holds(verdict):
        return Mark(Answer.NO, stated(program, verdict), basis=Basis.VERDICT)
    if verdict.trace is None:
        return Mark(Answer.UNKNOWN, stated(program, verdict))
    return None
