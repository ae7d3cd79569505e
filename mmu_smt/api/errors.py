"""Defects of this program that a check notices by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmu_smt.semantics.program import Property
    from mmu_smt.witness.opinions import Opinion
    from mmu_smt.witness.traces import Candidate


class UnconfirmedError(Exception):
    """A counterexample that the interpreter does not confirm: a defect of this program, never of the specification."""

    def __init__(self, judged: Property, candidate: Candidate, reason: str) -> None:
        super().__init__(f"the counterexample to {judged.name} does not replay: {reason}")
        self.property = judged
        self.candidate = candidate


class DisagreementError(Exception):
    """Two ways of judging one property came to different answers: a defect of this program, never of the specification."""

    def __init__(self, name: str, solver: str, explicit: str) -> None:
        super().__init__(f"engines disagree about {name}: the solver says {solver}, explicit-state search {explicit}")


class DisputedError(Exception):
    """A source disagrees with a verdict: a defect of this program, or of a solver. `evidence`: the question, or the run, to be kept as a
    file of that name.
    """

    def __init__(self, opinion: Opinion, file: str, evidence: str) -> None:
        super().__init__(f"{opinion.source} disagrees about {opinion.property}: {opinion.detail}")
        self.opinion = opinion
        self.file = file
        self.evidence = evidence
