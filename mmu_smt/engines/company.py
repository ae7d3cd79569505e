"""What fairness adds to a ranking: transitions that keep company in one loop.

Where some variables stand still in every loop, all transitions of a loop begin with the same values of them, and of the constants. A fair
loop has, for each requirement, a transition that meets it. So it is enough that no such transitions exist that agree on what stands still,
one with the recurring event and one for each requirement, each from a valid state of its own; how one leads to the other is left out.

This is the rule for progress under weak fairness in the form that a ranking needs: while the rank stays, some fair step remains enabled,
and cannot be taken without the rank falling (Manna, Pnueli: Completing the temporal picture, TCS 1991; rule WF1 of Lamport: The temporal
logic of actions, TOPLAS 1994).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.system import TransitionSystem
from mmu_smt.solve.session import Session


class Company:
    """One transition for each fairness requirement, in the session of a ranking.

    `other`: an unrolling in that session, at whose first state the variables that stand still have the same values. `valid`: literals, that
    the first state of an unrolling has values of its types and satisfies the facts known by then. `moves`: a transition of a loop. `same`:
    by variable, a transition leaves it alone.
    """

    def __init__(
        self,
        session: Session,
        system: TransitionSystem,
        other: Unroller,
        *,
        moves: Observer,
        same: Mapping[str, Observer],
        valid: Callable[[Unroller], tuple[int, ...]],
    ) -> None:
        self._session = session
        self._other = other
        self._same = same
        self._valid = valid
        self._equal: dict[tuple[int, str], int] = {}  # literals: the variable is as at the first state of the other unrolling
        self._members: list[Unroller] = []
        self._fixed: list[int] = []  # literals that do not depend on what stands still
        enabled = [Observer(f"fair{i}.enabled", f.enabled, on_state=True) for i, f in enumerate(system.fairness)]
        for _ in system.fairness:
            member = Unroller(session, system, frozenset(other.cone), beside=other)
            member.extend()
            self._members.append(member)
        for i, fair in enumerate(system.fairness):
            member = self._members[i]
            taken = member.observe((Observer(f"fair{i}.taken", fair.taken, on_state=False),), 0)[0]
            looked_at = self._members if fair.strong else [member]
            disabled = session.define_and(f"fair{i}.disabled", [-m.observe((enabled[i],), 0)[0] for m in looked_at])
            self._fixed += [session.define_or(f"fair{i}.met", (taken, disabled)), member.observe((moves,), 0)[0]]

    def literals(self, stable: Iterable[str]) -> tuple[int, ...]:
        """Assumed together: the transitions exist, with these variables standing still in all of them."""
        names = list(stable)
        found = list(self._fixed)
        for i, member in enumerate(self._members):
            found += self._valid(member)
            found += member.observe([self._same[n] for n in names], 0)
            for name in names:
                if (i, name) not in self._equal:
                    pair = member.state(0, (name,)), self._other.state(0, (name,))
                    self._equal[i, name] = self._session.define_equal(f"{name} in company {i}", *pair)
                found.append(self._equal[i, name])
        return tuple(found)
