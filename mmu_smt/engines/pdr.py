"""Property-directed reachability: an inductive strengthening of one safety query, found clause by clause (IC3).

Frames F_0 ⊆ F_1 ⊆ … ⊆ F_N hold what can be reached in so many transitions, and more: F_0 is initial, and each later one is a set of
clauses. A state of F_N where the query fails is an obligation: show that F_N-1 does not lead to it, or go on with a state that does. A cube
that is not reached from the frame before is made as large as it can be while that remains so, and its negation is a clause of the frame.
Once two neighbouring frames have the same clauses, these are an invariant.

Bradley: SAT-based model checking without unrolling (VMCAI 2011). Obligations by frame, and frames that keep only the clauses which the next
does not have: Eén, Mishchenko, Brayton: Efficient implementation of property directed reachability (FMCAD 2011). Cubes widened by the
failed assumptions of a question that has no model: Chockler, Ivrii, Matsliah, Moran, Nevo: Incremental formal verification of hardware
(FMCAD 2011).

Steps in flight need no treatment of their own: where one stands is state, and env steps are transitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from mmu_smt.engines.completeness import Inquiry
from mmu_smt.engines.cubes import Bits, Cube, Transition
from mmu_smt.model.system import SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term

ROUNDS = 1000
"""Clauses for one question each, after which a fresh session costs less than to go on with the old one."""


class Reachable(Exception):
    """The query fails in some run: there is no invariant. The shortest run is for the bounded search to find."""


class Reachability:
    """The search for an invariant of one query. The inquiry's session must be new, and is replaced from time to time.

    `cone`: the state variables kept; closed, and holding all that the query sees.
    """

    def __init__(self, inquiry: Inquiry, system: TransitionSystem, query: SafetyQuery, cone: frozenset[str]) -> None:
        self._inquiry = inquiry
        self._system = system
        self._query = query
        self._cone = cone
        self._facts: list[SafetyQuery] = []
        self._bits = Bits(system, cone)
        self._transition = self._fresh()
        self._own: list[set[Cube]] = [set()]
        """Of each frame: the cubes that it excludes and no later frame does. Frame 0 is the initial states, and has none."""
        self._obligations: list[tuple[int, int, Cube]] = []
        self._made = 0
        self._pushed = False  # clauses, as far as they go
        self._weight = [0] * (len(self._bits.terms) + 1)

    @property
    def frames(self) -> int:
        return len(self._own) - 1

    def learn(self, facts: Sequence[SafetyQuery]) -> None:
        """Take note of queries that have been proved, and see no more than the cone. What has been found so far stays true."""
        self._facts.extend(facts)
        self._transition.learn(facts)

    def invariant(self) -> tuple[Term, ...]:
        """Clauses over constants and state, which hold initially; every transition between states that satisfy the facts leads from where
        they hold to where they do; and where they hold the query does not fail.

        Raises Reachable where there are none; GaveUp and OutOfBudget as the inquiry does, and goes on from there when called again.
        """
        while True:
            if self._transition.rounds >= ROUNDS:
                self._renew()
            if self._obligations:
                self._discharge()
            elif not self._pushed:
                cubes = self._push()
                if cubes is not None:
                    return tuple(map(self._bits.clause, cubes))
            else:
                cube = self._transition.fails(self.frames)
                if cube is None:
                    self._own.append(set())
                    self._pushed = False
                else:
                    self._oblige(self.frames, cube)

    # ------------------------------------------------------------------------------------------ obligations

    def _oblige(self, frame: int, cube: Cube) -> None:
        """No state of the cube may be in the frame. Raises Reachable where one is initial."""
        if not frame or self._transition.meets_initial(cube):
            raise Reachable
        self._made += 1
        heappush(self._obligations, (frame, self._made, cube))

    def _discharge(self) -> None:
        """Exclude the cube of the first obligation, or find what leads to it."""
        frame, number, cube = self._obligations[0]
        if not self._is_excluded(frame, cube):
            before = self._transition.leads(frame - 1, cube)
            if before is not None:
                self._oblige(frame - 1, before)
                return
            frame = self._exclude(frame, cube)
        heappop(self._obligations)
        if frame < self.frames:
            heappush(self._obligations, (frame + 1, number, cube))

    def _is_excluded(self, frame: int, cube: Cube) -> bool:
        literals = frozenset(cube)
        return any(literals.issuperset(excluded) for own in self._own[frame:] for excluded in own)

    def _exclude(self, frame: int, cube: Cube) -> int:
        """Generalise a cube to which the frame before does not lead, and exclude it from this frame and those after as far as can be.
        Returns the last of them.
        """
        cube = self._generalised(frame, cube)
        while frame < self.frames:
            larger = self._transition.kept_out(frame, cube)
            if larger is None:
                break
            frame, cube = frame + 1, larger
        self._learn(frame, cube)
        return frame

    def _learn(self, frame: int, cube: Cube) -> None:
        literals = frozenset(cube)
        for own in self._own[: frame + 1]:
            own.difference_update([other for other in own if literals.issubset(other)])
        self._own[frame].add(cube)
        self._transition.exclude(cube, frame)
        for n in cube:
            self._weight[abs(n)] += 1

    def _generalised(self, frame: int, cube: Cube) -> Cube:
        """The cube without what it does not need, as far as leaving out literals one by one shows, those first that few clauses have.

        What is in the way of leaving one out is not excluded first (Hassan, Bradley, Somenzi, FMCAD 2013): on the systems measured that
        took twice to three times the units.
        """
        transition = self._transition
        cube = transition.kept_out(frame - 1, cube) or cube
        for n in sorted(cube, key=lambda n: (self._weight[abs(n)], abs(n))):
            smaller = tuple(m for m in cube if m != n)
            if smaller and len(smaller) < len(cube) and not transition.meets_initial(smaller):
                cube = transition.kept_out(frame - 1, smaller) or cube
        return cube

    # ------------------------------------------------------------------------------------------ frames

    def _push(self) -> Sequence[Cube] | None:
        """Take each clause on to the next frame where it holds there too. All clauses of a frame that has none of its own then."""
        for frame in range(1, self.frames):
            for cube in sorted(self._own[frame]):
                if cube in self._own[frame]:
                    larger = self._transition.kept_out(frame, cube)
                    if larger is not None:
                        self._learn(frame + 1, larger)
            if not self._own[frame]:
                return sorted(cube for own in self._own[frame + 1 :] for cube in own)
        self._pushed = True
        return None

    def _fresh(self) -> Transition:
        transition = Transition(self._inquiry, self._system, self._cone, self._bits, self._query)
        transition.learn(self._facts)
        return transition

    def _renew(self) -> None:
        """The same in a new session."""
        self._inquiry.session = self._inquiry.session.renewed()
        self._transition = self._fresh()
        for frame, own in enumerate(self._own):
            for cube in sorted(own):
                self._transition.exclude(cube, frame)
