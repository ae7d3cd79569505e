"""Infinite runs: a stem and a loop back to a state that the property cannot tell from the one before, with fairness.

One rigid copy of the loop's first state serves every bound, so that a further frame adds a constant number of clauses (Biere, Heljanko,
Junttila, Latvala, Schuppan: Linear encodings of bounded LTL model checking, LMCS 2006). With "the loop has begun" and the events seen in it
as extra state this is the reduction of liveness to safety (Biere, Artho, Schuppan, FMICS 2002), whose recurrence bound decides fair lassos
too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mmu_smt.engines.completeness import Inquiry, SimplePaths
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.system import ProgressQuery, TransitionSystem
from mmu_smt.solve.session import Session


class Loops:
    """Where the loop begins, for one cone (names in the unroller's order). Shared by the queries that have this cone."""

    def __init__(self, session: Session, unroller: Unroller, system: TransitionSystem, cone: tuple[str, ...], plain: SimplePaths) -> None:
        self._session = session
        self._unroller = unroller
        self._names = cone
        self.plain = plain
        self._may_loop = Observer("took in loop", system.step_ok_loop, on_state=False)
        self._copy = tuple(session.variable(f"{n}@loop", session.width(v)) for n, v in zip(cone, unroller.state(0, cone), strict=True))
        self._start: list[int] = []
        self._inside: list[int] = []
        self._closes: dict[int, int] = {}

    def state(self, t: int) -> tuple[int, ...]:
        """The cone's variables in frame t."""
        return self._unroller.state(t, self._names)

    def closes(self, t: int) -> int:
        """The literal: frame t is the loop's first state."""
        if t not in self._closes:
            self._closes[t] = self._session.define_equal(f"closes@{t}", self._copy, self.state(t))
        return self._closes[t]

    def inside(self, t: int) -> int:
        """The literal: transition t belongs to the loop. Where no loop is wanted, the solver is free to begin none."""
        session = self._session
        while len(self._inside) <= t:
            now = len(self._inside)
            start = session.variable(f"loop starts@{now}")
            session.clause((-start, self.closes(now)))
            inside = start
            if now:
                before = self._inside[-1]
                session.clause((-start, -before))
                inside = session.define_or(f"in loop@{now}", (before, start))
            session.clause((-inside, self._unroller.observe((self._may_loop,), now)[0]))
            self._start.append(start)
            self._inside.append(inside)
        return self._inside[t]

    def start(self, length: int) -> int:
        """Where the loop begins in the session's model."""
        return next(t for t in range(length) if self._session.value(self._start[t]))


@dataclass(slots=True)
class _Requirement:
    """One fairness requirement as bits that only become true, in the loop. `forbidden` (strong): the step was enabled there."""

    label: str
    met: Observer
    disabled: Observer | None
    forbidden: Observer | None


class LassoGoal:
    """The search for a fair lasso of one query, and for one that need not be fair (whose absence is easier to prove, and enough)."""

    def __init__(self, session: Session, unroller: Unroller, system: TransitionSystem, query: ProgressQuery, loops: Loops) -> None:
        self.name = query.name
        self.query = query
        self.loops = loops
        self.refuted = -1
        self._session = session
        self._unroller = unroller
        self._recurs = Observer(f"{query.name}.recurs", query.recurs, on_state=False)
        self._never = Observer(f"{query.name}.never", query.never, on_state=False)
        self._active = session.variable(f"{query.name}.lasso")
        self._guarded = 0  # transitions for which `never` is excluded from the loop
        self._bits: list[tuple[int, ...]] = []
        self._claims: dict[tuple[int, bool], int] = {}
        self._requirements = () if query.within is not None else tuple(_requirements(system))
        self.fair = not self._requirements
        """No weaker question is left: there is no fairness, or a lasso that ignores it has been seen."""
        self._product = SimplePaths(session, f"{query.name}.product", self._situation)

    def asks_the_same(self, other: LassoGoal) -> bool:
        """Every lasso for the other query is one for this one, and the other way round."""
        one, two = self.query, other.query
        unfair = not self._requirements and not other._requirements
        return one.recurs is two.recurs and one.never is two.never and self.loops is other.loops and (unfair or one.within == two.within)

    def claim(self, length: int) -> int:
        """A literal under which these transitions are a lasso for the query; a fair one if `fair`."""
        if (length, self.fair) not in self._claims:
            self._extend(length)
            last = length - 1
            parts = [self._active, self.loops.inside(last), self.loops.closes(length), self._bits[last][0]]
            if self.fair:
                parts += self._fairness_met(last)
            claim = self._session.variable(f"{self.name}.lasso@{length}")
            self._session.implication(claim, parts)
            self._claims[length, self.fair] = claim
        return self._claims[length, self.fair]

    @property
    def product(self) -> bool:
        """Whether it is to repeat itself is decided with what fairness has seen, too."""
        return bool(self._requirements) and self.fair

    def simple_path_exists(self, length: int, inquiry: Inquiry) -> bool:
        """Is there a run of that many transitions on which a longer lasso could lie? If not, refuting this length refutes all. Raises as
        `inquiry` does.

        Without fairness a shortest lasso repeats no state but its first: a cycle through a transition is cut down to a simple one. With
        fairness the same holds of states paired with "the loop has begun" and what has been seen in it, since a repetition there can be cut
        out.
        """
        if not self.product:
            return self.loops.plain.exists(length, inquiry)
        self._extend(length)
        return self._product.exists(length, inquiry, (self._active,))

    def _extend(self, length: int) -> None:
        session = self._session
        while self._guarded < length:
            t = self._guarded
            recurs, never = self._unroller.observe((self._recurs, self._never), t)
            inside = self.loops.inside(t)
            session.clause((-self._active, -inside, -never))
            seen = [recurs]
            for requirement in self._requirements:
                met = self._unroller.observe((requirement.met,), t)[0]
                if requirement.disabled is not None:
                    enabled = self._unroller.observe((requirement.disabled,), t)[0]
                    met = session.define_or(f"{requirement.label}.met@{t}", (met, -enabled))
                seen.append(met)
                if requirement.forbidden is not None:
                    seen.append(self._unroller.observe((requirement.forbidden,), t)[0])
            bits: list[int] = []
            for i, literal in enumerate(seen):
                bit = session.define_and(f"{self.name}.seen{i}@{t}", (inside, literal))
                bits.append(session.define_or(f"{self.name}.seen{i}<={t}", (self._bits[-1][i], bit)) if t else bit)
            self._bits.append(tuple(bits))
            self._guarded += 1

    def _fairness_met(self, last: int) -> tuple[int, ...]:
        """Literals over the bits after transition `last`."""
        bits = iter(self._bits[last][1:])
        literals: list[int] = []
        for requirement in self._requirements:
            met = next(bits)
            if requirement.forbidden is not None:
                met = self._session.define_or(f"{requirement.label}.fair@{last}", (met, -next(bits)))
            literals.append(met)
        return tuple(literals)

    def _situation(self, i: int, _last: int) -> Sequence[int]:
        """Frame i with what the loop has seen before it; the copy of the loop's first state is rigid and needs no comparison."""
        if i == 0:
            false = -self._session.true
            width = 2 + sum(1 if r.forbidden is None else 2 for r in self._requirements)
            return (*self.loops.state(0), *((false,) * width))
        return (*self.loops.state(i), self.loops.inside(i - 1), *self._bits[i - 1])


def _requirements(system: TransitionSystem) -> Sequence[_Requirement]:
    """Weakly fair: taken, or disabled in some state of the loop. Strongly: taken, or enabled in none."""
    made: list[_Requirement] = []
    for i, fair in enumerate(system.fairness):
        enabled = Observer(f"fair{i}.enabled", fair.enabled, on_state=True)
        taken = Observer(f"fair{i}.taken", fair.taken, on_state=False)
        made.append(_Requirement(fair.label, taken, None if fair.strong else enabled, enabled if fair.strong else None))
    return made
