"""The book of proofs: what was settled by which argument, in the order in which it was, as data that a certificate is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mmu_smt.engines.rely import RelyGuarantee
from mmu_smt.engines.result import Invariant
from mmu_smt.model.argument import Along, Counted, Empty, Exhausted, Inductive, Proof, Recurrent, Relied, Stage

REST = "rest "


class Proofs:
    """Stages may use what stages before them have settled."""

    def __init__(self) -> None:
        self._stages: list[Stage] = []

    @property
    def stages(self) -> Proof:
        return tuple(self._stages)

    def add(self, stage: Stage) -> None:
        self._stages.append(stage)

    def inductive(self, proved: Iterable[str], places: int) -> None:
        """These have been proved together, if any."""
        if names := tuple(sorted(proved)):
            self.add(Inductive(names, places))

    def relied(self, proved: Iterable[str], rely: RelyGuarantee, idle: Mapping[str, int], initial: Mapping[str, int]) -> None:
        """These, of which those called `rest …` are about variables with their initial values, have been proved along flights, if any."""
        names = sorted(proved)
        if names:
            rest = tuple((n, initial[n]) for n in (name.removeprefix(REST) for name in names if name.startswith(REST)))
            along = Along(tuple(idle.items()), tuple(sorted(rely.disturbed)))
            self.add(Relied(tuple(n for n in names if not n.startswith(REST)), along, rest, rely.last))

    def directed(self, name: str, invariant: Invariant, *, finite: bool) -> None:
        """An invariant has been found for this one, or one that speaks of a count beside the system. `finite`: as for `Counted`."""
        if invariant.count is None:
            self.add(Inductive((name,), 1, invariant.clauses))
        else:
            self.add(Counted((name,), invariant.count, finite, invariant.clauses))

    def exhausted(self, names: Iterable[str], depth: int, least: Mapping[str, int]) -> None:
        """There is no run of `depth` transitions, and no shorter one does what any of these asks for."""
        asked = tuple(sorted(set(names)))
        self.add(Exhausted(asked, depth - 1, tuple((n, least[n]) for n in asked if n in least)) if depth else Empty(asked))

    def recurrent(self, name: str, depth: int, least: Mapping[str, int], *, fair: bool) -> None:
        """Every run of `depth` transitions repeats itself. `fair`: as far as fairness can see."""
        self.add(Recurrent((name,), depth, tuple((n, least[n]) for n in (name,) if n in least), fair))
