"""A set of transitions as a short disjunction of conjunctions of given literals, by blocking prime implicants.

A transition of the set is taken, with the literals that hold of it; as many of them are given up as can be while none outside the
set fits what is left (a prime implicant of the set); what fits it is put aside; and so on until nothing is left. Where the literals of a
transition do not tell it from one outside the set, the same is done with those valuations of the literals that some transition of the
set has: more fits such a cube, but nothing whose literals alone say that it is outside.

The enumeration of prime implicants by blocking is that of solvers for quantifier elimination (K. McMillan, Applying SAT Methods in
Unbounded Symbolic Model Checking, CAV 2002); that a literal is given up is decided by an unsatisfiable question, halves at a time (the
idea of U. Junker, QuickXplain, AAAI 2004).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mmu_smt.engines.counting import Counter
from mmu_smt.engines.result import OutOfBudget, RawRun
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.solve.budget import Budget, Meter, OutOfMemory
from mmu_smt.solve.session import Session
from mmu_smt.witness.verdicts import UnknownReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mmu_smt.model.plainness import Level
    from mmu_smt.model.system import TransitionSystem
    from mmu_smt.model.term import Term

CUBES = 64
"""Prime implicants at most."""

AMBIGUOUS = 24
"""Transitions at most of which each is taken for itself that its literals do not decide."""

OUTSIDE = 400
"""Steps at most to find out which valuations no transition of the set has; else what all undecided ones have in common is told."""


@dataclass(frozen=True, slots=True)
class Cube:
    """A conjunction of literals, as positions. `exact`: whatever fits it is in the set. `run`: the state of one that does, with its inputs,
    from an initial state; None where there is no such one.
    """

    literals: tuple[int, ...]
    exact: bool
    run: RawRun | None = None


@dataclass(frozen=True, slots=True)
class Implicants:
    """`cubes`: together they fit the whole set; unless `reason` says why they may not. `smallest`: the run of one transition from the
    plainest initial state, of the set, and whether it is proved to be that.
    """

    cubes: tuple[Cube, ...]
    smallest: RawRun | None = None
    plainest: bool = False
    reason: UnknownReason | None = None

    @property
    def exact(self) -> bool:
        return self.reason is None and all(c.exact for c in self.cubes)


def describe(
    system: TransitionSystem,
    chosen: Term,
    literals: Sequence[Term],
    invariants: Sequence[Term],
    *,
    spare: int = 0,
    levels: Sequence[Level] = (),
    budget: Budget | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Implicants:
    """Describe the transitions for which `chosen` holds, from states that satisfy the invariants, by literals.

    Terms over constants, state and inputs; `invariants` over constants and state. Literals that stand first are given up first; the first
    `spare` ones are for transitions that the others do not decide. `levels`: what the smallest run is to be plain in. Never raises for
    want of time or memory, nor on Ctrl-C: `reason` says so then.
    """
    return _Description(system, chosen, literals, invariants, spare, levels, Meter(budget or Budget()), seed, progress or _silent).run()


def _silent(_phase: str) -> None:
    return None


class _Description:
    def __init__(
        self,
        system: TransitionSystem,
        chosen: Term,
        literals: Sequence[Term],
        invariants: Sequence[Term],
        spare: int,
        levels: Sequence[Level],
        meter: Meter,
        seed: int,
        progress: Callable[[str], None],
    ) -> None:
        # The terms say where a transition leads where that matters; the unrolling need not compute it a second time.
        self._system = replace(system, next={str(v.payload): v for v in system.state})
        self._chosen_term, self._literal_terms, self._invariants = chosen, literals, invariants
        self._spare = spare
        self._levels, self._meter, self._seed, self._progress = levels, meter, seed, progress
        self._cubes: list[Cube] = []
        self._smallest: RawRun | None = None
        self._plainest = False

    def run(self) -> Implicants:
        reason: UnknownReason | None = None
        try:
            self._begin()
            self._enumerate()
            self._drop_redundant()
            self._witness()
        except OutOfBudget as end:
            reason = end.reason
        except (OutOfMemory, MemoryError):
            reason = UnknownReason.MEMORY
        except KeyboardInterrupt:
            reason = UnknownReason.INTERRUPTED
        return Implicants(tuple(self._cubes), self._smallest, self._plainest, reason)

    def _begin(self) -> None:
        self._progress("differences: first state")
        session = self._session = Session(self._meter, seed=self._seed)
        names = frozenset(str(v.payload) for v in self._system.state)
        unroller = self._unroller = Unroller(session, self._system, names)
        unroller.assume()
        unroller.extend()
        (possible,) = unroller.observe([Observer("inputs", self._system.domain_inputs, on_state=False)], 0)
        session.clause((possible,))
        observers = [Observer("chosen", self._chosen_term, on_state=False)]
        observers += [Observer(f"literal {i}", t, on_state=False) for i, t in enumerate(self._literal_terms)]
        self._chosen, *self._literals = unroller.observe(observers, 0)
        held = unroller.observe([Observer(f"invariant {i}", t, on_state=True) for i, t in enumerate(self._invariants)], 0)
        for literal in held:
            session.clause((literal,))
        self._initial = unroller.initial()
        self._aside = session.variable("aside")  # assumed: not what a cube fits
        self._seen = session.variable("seen")  # assumed: not what was found ambiguous

    def _ask(self, literals: Iterable[int], *, model: bool = False) -> bool:
        """Raises OutOfBudget."""
        answer = self._session.check(tuple(literals), model=model)
        if answer.reason is not None:
            raise OutOfBudget(answer.reason, "differences")
        return answer.sat

    # ------------------------------------------------------------------------------------------ cubes

    def _enumerate(self) -> None:
        ambiguous = 0
        for start in ((self._initial,), ()):
            while len(self._cubes) < CUBES and self._ask((self._chosen, self._aside, self._seen, *start), model=True):
                self._progress(f"differences: {len(self._cubes) + 1}")
                valuation = self._valuation()
                cube = self._generalised(valuation)
                if cube is None:
                    ambiguous += 1
                    self._session.clause((-self._seen, *(-self._literals[i] for i in valuation)))
                    if ambiguous >= AMBIGUOUS or not valuation:
                        break
                else:
                    self._add(cube, exact=True)
                    self._add_siblings(cube)
        if ambiguous:
            self._undecided()
        if len(self._cubes) >= CUBES and self._ask((self._chosen, self._aside)):
            raise OutOfBudget(UnknownReason.INCOMPLETE, "differences")

    def _valuation(self) -> tuple[int, ...]:
        """The literals that hold in the model."""
        return tuple(i for i, literal in enumerate(self._literals) if self._session.value(literal))

    def _generalised(self, cube: tuple[int, ...]) -> tuple[int, ...] | None:
        """A prime implicant among these literals, without spare ones if that can be; None where they are not enough."""
        for enough in (tuple(i for i in cube if i >= self._spare), cube):
            if not self._fits_outside(enough):
                return self._lowered(enough, self._fits_outside)
        return None

    @staticmethod
    def _lowered(cube: tuple[int, ...], too_little: Callable[[Iterable[int]], bool]) -> tuple[int, ...]:
        """As few of the literals as are not too little, given that all of them are not: none can be given up. First ones go first."""
        kept = list(cube)
        waiting = [list(cube)]
        while waiting:
            chunk = waiting.pop()
            rest = [i for i in kept if i not in chunk]
            if not too_little(rest):
                kept = rest
            elif len(chunk) > 1:
                half = len(chunk) // 2
                waiting.extend((chunk[half:], chunk[:half]))
        return tuple(kept)

    def _add_siblings(self, cube: tuple[int, ...]) -> None:
        """The cubes that differ from an exact one in its only spare literal and are exact too: they read better together."""
        spare = [i for i in cube if i < self._spare]
        if len(spare) != 1:
            return
        tests = tuple(i for i in cube if i >= self._spare)
        for other in range(self._spare):
            sibling = (other, *tests)
            fits = (self._chosen, self._aside, *(self._literals[i] for i in sibling))
            if other not in spare and self._ask(fits) and not self._fits_outside(sibling):
                self._add(sibling, exact=True)

    def _fits_outside(self, cube: Iterable[int]) -> bool:
        return self._ask((-self._chosen, *(self._literals[i] for i in cube)))

    def _add(self, cube: tuple[int, ...], *, exact: bool) -> None:
        self._cubes.append(Cube(cube, exact))
        self._session.clause((-self._aside, *(-self._literals[i] for i in cube)))

    def _undecided(self) -> None:
        """Cubes for what is left: prime implicants of the valuations that some transition of the set has."""
        never = self._never()
        if never is None:
            self._common()
            return
        while len(self._cubes) < CUBES and self._ask((self._chosen, self._aside), model=True):
            kept = self._lowered(self._valuation(), lambda cube: self._ask((never, *(self._literals[i] for i in cube))))
            self._add(kept, exact=False)

    def _never(self) -> int | None:
        """The literal: no transition of the set has these literals. None where that would take too long to find out."""
        session = self._session
        unseen = session.variable("unseen")
        cubes: list[int] = []
        for _ in range(OUTSIDE):
            if not self._ask((-self._chosen, unseen), model=True):
                return session.define_or("never", cubes) if cubes else -session.true
            valuation = self._valuation()
            if self._ask((self._chosen, *(self._literals[i] for i in valuation))):
                session.clause((-unseen, *(-self._literals[i] for i in valuation)))
            else:
                cube = self._lowered(valuation, lambda c: self._ask((self._chosen, *(self._literals[i] for i in c))))
                session.clause((-unseen, *(-self._literals[i] for i in cube)))
                cubes.append(session.define_and("never", [self._literals[i] for i in cube]) if cube else session.true)
        return None

    def _common(self) -> None:
        """What all that is left has in common, without what goes without saying."""
        session = self._session
        if not self._ask((self._chosen, self._aside), model=True):
            return
        common = list(self._valuation())
        while common:
            other = session.variable("other")
            session.clause((-other, *(-self._literals[i] for i in common)))
            if not self._ask((self._chosen, self._aside, other), model=True):
                break
            held = set(self._valuation())
            common = [i for i in common if i in held]
        for literal in tuple(common):
            rest = [i for i in common if i != literal]
            if not self._ask((-self._literals[literal], *(self._literals[i] for i in rest))):
                common = rest
        self._add(tuple(common), exact=False)

    def _drop_redundant(self) -> None:
        """Cubes all of which the others fit are not needed; the longest go first."""
        session = self._session
        for cube in sorted(self._cubes, key=lambda c: -len(c.literals)):
            others = [c for c in self._cubes if c is not cube]
            if not others:
                continue
            alone = session.variable("alone")
            for other in others:
                session.clause((-alone, *(-self._literals[i] for i in other.literals)))
            if not self._ask((alone, self._chosen, *(self._literals[i] for i in cube.literals))):
                self._cubes = others

    # ------------------------------------------------------------------------------------------ witnesses

    def _witness(self) -> None:
        """The plainest run of one transition of the set, and one of each cube."""
        self._off = [(level.rank, self._unroller.initially(level.off)) for level in self._levels]
        self._counters = [Counter(self._session, f"off {rank}", lambda i, off=off: off[i]) for rank, off in self._off]
        found = self._plain((self._initial, self._chosen))
        if found is not None:
            self._smallest, self._plainest = found, True
        for number, cube in enumerate(self._cubes):
            self._progress(f"differences: run {number + 1}")
            fits = (self._initial, self._chosen, *(self._literals[i] for i in cube.literals))
            if len(self._cubes) == 1:
                run = self._smallest
            else:
                run = self._plain(fits)
            self._cubes[number] = replace(cube, run=run)

    def _plain(self, bounds: tuple[int, ...]) -> RawRun | None:
        """The run with the fewest parts off their defaults, level by level, among those that satisfy these literals."""
        if not self._ask(bounds, model=True):
            return None
        best = self._unroller.run(1, faulting=True)
        for counter, (_, off) in zip(self._counters, self._off, strict=True):
            count = self._count(off)
            while count and self._ask((*bounds, -counter.at_least(len(off), count)), model=True):
                best = self._unroller.run(1, faulting=True)
                count = self._count(off)
            if count < len(off):
                bounds = (*bounds, -counter.at_least(len(off), count + 1))
            self._ask(bounds, model=True)
            best = self._unroller.run(1, faulting=True)
        return best

    def _count(self, literals: Iterable[int]) -> int:
        return sum(self._session.value(literal) for literal in literals)
