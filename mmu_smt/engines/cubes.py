"""Cubes, sets of states given by the values of some bits; and what a solver says of one transition between them.

Bits rather than "variable = value": without one bit of a variable a cube has the values that share the others (two neighbouring codes, the
upper half of a range), for which equalities would need several cubes. A Boolean is the same either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from mmu_smt.engines.bounded import bad_observer
from mmu_smt.engines.completeness import Inquiry
from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.system import SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term

Cube: TypeAlias = tuple[int, ...]
"""Bit n (from 1) is set where n is a member, not set where -n is, and anything where neither is. Sorted by bit, so that equal cubes are
equal and all that is done with them has one order."""


class Bits:
    """The bits of constants and kept state, as terms. Bits of the state come first."""

    def __init__(self, system: TransitionSystem, cone: frozenset[str]) -> None:
        self._table = system.table
        state = [bit for v in system.state if v.payload in cone for bit in self.split(v)]
        self.changing = len(state)
        """How many are bits of the state."""
        self.terms: Sequence[Term] = (*state, *(bit for v in system.constants for bit in self.split(v)))

    def clause(self, cube: Cube) -> Term:
        """The states outside the cube."""
        table = self._table
        return table.or_(*(table.not_(self.terms[n - 1]) if n > 0 else self.terms[-n - 1] for n in cube))

    def split(self, variable: Term) -> Sequence[Term]:
        if not variable.width:
            return (variable,)
        table, one = self._table, self._table.const(1, 1)
        return [table.eq(table.extract(variable, i, i), one) for i in reversed(range(variable.width))]


class Transition:
    """One transition from any state, in a session of its own: where it leads from, which states are initial, and where a query fails.

    `cone`: the state variables kept; closed, and holding all that the query sees. Whatever asks raises GaveUp and OutOfBudget as the
    inquiry does.
    """

    def __init__(self, inquiry: Inquiry, system: TransitionSystem, cone: frozenset[str], bits: Bits, query: SafetyQuery) -> None:
        self._inquiry = inquiry
        self._session = inquiry.session
        self._system = system
        self._unroller = unroller = Unroller(self._session, system, cone)
        unroller.assume()
        unroller.extend()
        self._took = unroller.took(0)
        self._initial = unroller.initial()
        now = _named(bits.terms)
        self._now = unroller.observe(now, 0)
        self._after = (*unroller.observe_after(now[: bits.changing], 0), *self._now[bits.changing :])
        inputs = [bit for v in system.inputs for bit in bits.split(v)]
        self._inputs = unroller.observe([Observer(f"input bit {i}", bit, on_state=False) for i, bit in enumerate(inputs)], 0)
        self._active: list[int] = []  # literals: the state before is in the frame of this number, as far as its own clauses say
        self._fail = self._failing(query)
        self.rounds = 0
        """How many clauses have been asserted for one question each: they burden the session for good."""

    def learn(self, facts: Iterable[SafetyQuery]) -> None:
        """Assume these queries, which have been proved, of both states and of the transition."""
        for fact in facts:
            failing = bad_observer(self._system, fact)
            self._session.clause((-self._took, -self._unroller.observe((failing,), 0)[0]))
            if fact.on_state:
                self._session.clause((-self._unroller.observe((failing,), 0)[0],))
                self._session.clause((-self._took, -self._unroller.observe_after((failing,), 0)[0]))

    # ------------------------------------------------------------------------------------------ frames

    def exclude(self, cube: Cube, frame: int) -> None:
        """From this frame, which is not 0, and those before."""
        self._session.clause((-self._until(frame), *(-literal for literal in self._before(cube))))

    def _until(self, frame: int) -> int:
        while len(self._active) <= frame:
            self._active.append(self._session.variable(f"frame {len(self._active)}"))
        return self._active[frame]

    def _frame(self, frame: int) -> Sequence[int]:
        """Literals: the state before is in the frame, and so in all later ones."""
        self._until(frame)
        return (self._initial,) if not frame else self._active[frame:]

    # ------------------------------------------------------------------------------------------ questions

    def fails(self, frame: int) -> Cube | None:
        """States from which the query fails, among them one of the frame; None where it has none."""
        if not self._inquiry.ask((*self._frame(frame), *self._fail)):
            return None
        return self._widened(self._fail)

    def leads(self, frame: int, cube: Cube) -> Cube | None:
        """States from which a transition leads into the cube, among them one of the frame and outside the cube; None where it has none."""
        return None if self.kept_out(frame, cube, model=True) is not None else self._widened((self._took, *self._behind(cube)))

    def meets_initial(self, cube: Cube) -> bool:
        return self._inquiry.ask((self._initial, *self._before(cube)), model=False)

    def kept_out(self, frame: int, cube: Cube, *, model: bool = False) -> Cube | None:
        """The cube, which has no initial state, or a larger one without, if no transition from the frame and outside the cube leads into
        it; else None.
        """
        session, before, behind = self._session, self._before(cube), self._behind(cube)
        outside = session.variable("outside")
        session.clause((-outside, *(-literal for literal in before)))
        self.rounds += 1
        leads = self._inquiry.ask((outside, self._took, *self._frame(frame), *behind), model=model)
        core = frozenset[int]() if leads else session.unsat_core()
        session.clause((-outside,))
        if leads:
            return None
        larger = tuple(n for n, literal in zip(cube, behind, strict=True) if literal in core)
        if len(larger) == len(cube) or not self.meets_initial(larger):
            return larger
        if self.meets_initial(cube):
            raise AssertionError("a cube that is to be kept out has an initial state")
        apart = session.unsat_core()
        return tuple(n for n, literal in zip(cube, before, strict=True) if n in larger or literal in apart)

    def _widened(self, leads: Sequence[int]) -> Cube:
        """The state of the session's model, and all from which the same choices lead to the same (`leads`: literals that hold there)."""
        session, value = self._session, self._session.value
        literals = [literal if value(literal) else -literal for literal in self._now]
        inputs = [literal if value(literal) else -literal for literal in self._inputs]
        otherwise = session.variable("otherwise")
        session.clause((-otherwise, *(-literal for literal in leads)))
        self.rounds += 1
        if self._inquiry.ask((otherwise, *inputs, *literals), model=False):
            raise AssertionError("one state and one choice lead to two states")
        core = session.unsat_core()
        session.clause((-otherwise,))
        return tuple(
            n if now == literal else -n
            for n, (now, literal) in enumerate(zip(self._now, literals, strict=True), start=1)
            if literal in core
        )

    # ------------------------------------------------------------------------------------------ inside

    def _before(self, cube: Iterable[int]) -> list[int]:
        return [self._now[n - 1] if n > 0 else -self._now[-n - 1] for n in cube]

    def _behind(self, cube: Iterable[int]) -> list[int]:
        return [self._after[n - 1] if n > 0 else -self._after[-n - 1] for n in cube]

    def _failing(self, query: SafetyQuery) -> tuple[int, ...]:
        """Literals: the query fails in the state before, or in the transition."""
        bad = self._unroller.observe((bad_observer(self._system, query),), 0)
        return bad if query.on_state or query.faulting else (*bad, self._took)


def _named(terms: Sequence[Term]) -> Sequence[Observer]:
    return [Observer(f"bit {i}", term, on_state=True) for i, term in enumerate(terms)]
