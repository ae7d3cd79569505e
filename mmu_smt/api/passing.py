"""Which part of a difference does a verdict hang on? The parts that the run of a counterexample passes through."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mmu_smt.interpret.lockstep import part_after
from mmu_smt.interpret.machine import TooLarge
from mmu_smt.interpret.replay import ReplayMismatch
from mmu_smt.witness.differences import Effect, Reached, has_changed
from mmu_smt.witness.traces import Candidate, Move
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mmu_smt.interpret.lockstep import Names
    from mmu_smt.semantics.program import Config, Program
    from mmu_smt.witness.differences import Part
    from mmu_smt.witness.traces import Test, Trace, Valuation
    from mmu_smt.witness.verdicts import Verdict

_OPEN = (Word.UNKNOWN, Word.BOUNDED)


class Passing:
    """Labels the parts of the difference of two programs, each under its config."""

    def __init__(self, sides: tuple[tuple[Program, Config], tuple[Program, Config]], names: Names) -> None:
        self._sides, self._names = sides, names

    def attributed(self, parts: Sequence[Part], verdicts: Sequence[tuple[Verdict, Verdict]]) -> tuple[Part, ...]:
        """The parts with their effects.

        With one part that is not unreachable, all that changes is its doing. With several a changed verdict belongs to those that the run
        which shows it in one of the variants passes through.
        """
        changed = [(a, b) for a, b in verdicts if has_changed(a, b)]
        undecided = any(v.word in _OPEN for pair in verdicts for v in pair)
        live = [n for n, p in enumerate(parts) if p.reached is not Reached.NO]
        hit: dict[int, list[str]] = {n: [] for n in live}
        for first, second in changed:
            name = first.property.name
            for number in live if len(live) == 1 else sorted(self._parts_on(parts, first, second)):
                if number in hit:
                    hit[number].append(name)
        labelled: list[Part] = []
        for number, part in enumerate(parts):
            if part.reached is Reached.NO:
                effect = Effect.UNREACHABLE
            elif hit[number]:
                effect = Effect.CHANGES
            elif undecided or not verdicts:
                effect = Effect.UNKNOWN
            else:
                effect = Effect.UNTRACED if changed else Effect.HARMLESS
            labelled.append(replace(part, effect=effect, changes=tuple(hit.get(number, ()))))
        return tuple(labelled)

    def _parts_on(self, parts: Sequence[Part], first: Verdict, second: Verdict) -> set[int]:
        found: set[int] = set()
        for which, verdict in enumerate((first, second)):
            if verdict.trace is not None:
                for tests in self._tests_on(which, verdict.trace):
                    found.update(n for n, p in enumerate(parts) if all(x.holds(*tests) for x in p.literals))
        return found

    def _tests_on(self, which: int, trace: Trace) -> Iterator[tuple[tuple[Test, ...], tuple[Test, ...], Valuation]]:
        """What both test in each transition of one's run in which they differ, and the state before; no step that is interrupted."""
        other = self._sides[1 - which]
        if other[0].states.keys() != self._sides[which][0].states.keys() or other[0].consts.keys() != self._sides[which][0].consts.keys():
            return
        for number, step in enumerate(trace.steps):
            if step.resume or step.position is not None:
                continue
            candidate = Candidate(trace.consts, (trace.state_before(number),), (Move(step.step, step.args, False, step.choices),))
            with suppress(ReplayMismatch, TooLarge):
                apart = part_after((*self._sides[which], candidate), other, self._names, starts=False, atomic=True)
                if apart.divergence.of_behaviour or apart.divergence.decisions:
                    first, second = apart.tests[::-1] if which else apart.tests
                    yield first, second, trace.state_before(number)
