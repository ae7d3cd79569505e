"""What fairness adds to a ranking: transitions that keep company in one loop.

Where some variables stand still in every loop, all transitions of a loop begin with the same values of them, and of the constants. A fair
loop has, for each requirement, a transition that meets it. So it is enough that no such transitions exist that agree on what stands still,
one with the recurring event and one for each requirement, each from a valid state of its own; how one leads to the other is left out.

This is the rule for progress under weak fairness in the form that a ranking needs: while the rank stays, some fair step remains enabled,
and cannot be taken without the rank falling (Manna, Pnueli: Completing the temporal picture, TCS 1991; rule WF1 of Lamport: The temporal
logic of actions, TOPLAS 1994).
"""

from __future__ import annotations

from collections.abc import Callable

from mmu_smt.engines.unroll import Observer, Unroller
from mmu_smt.model.system import TransitionSystem
from mmu_smt.solve.session import Session

Literals = Callable[[Unroller], tuple[int, ...]]


class Company:
    """One transition for each fairness requirement, in the session of a ranking.

    `other`: an unrolling in that session, of the same run. `moves`: a transition of a loop.
    """

    def __init__(self, session: Session, system: TransitionSystem, other: Unroller, *, moves: Observer) -> None:
        self._session = session
        self._other = other
        self._members: list[Unroller] = []
        self._agree: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        self._fixed: list[int] = []  # literals that do not depend on what stands still
        enabled = [Observer(f"fair{i}.enabled", f.enabled, on_state=True) for i, f in enumerate(system.fairness)]
        for _ in system.fairness:
            member = Unroller(session, system, frozenset(other.cone))
            member.share(other)
            member.extend()
            self._members.append(member)
        for i, fair in enumerate(system.fairness):
            member = self._members[i]
            taken = member.observe((Observer(f"fair{i}.taken", fair.taken, on_state=False),), 0)[0]
            looked_at = self._members if fair.strong else [member]
            disabled = session.define_and(f"fair{i}.disabled", [-m.observe((enabled[i],), 0)[0] for m in looked_at])
            self._fixed += [session.define_or(f"fair{i}.met", (taken, disabled)), member.observe((moves,), 0)[0]]

    def literals(self, *, valid: Literals, still: Literals, values: Literals) -> tuple[int, ...]:
        """Assumed together: the transitions exist. `valid`: literals, that an unrolling's first state has values of its types and satisfies
        what is known; `still`: that its first transition leaves alone what stands still; `values`: of what does, at its first state.
        """
        found = list(self._fixed)
        same = values(self._other)
        for member in self._members:
            pair = same, values(member)
            if pair not in self._agree:
                self._agree[pair] = self._session.define_equal("of one loop", *pair)
            found += (*valid(member), *still(member), self._agree[pair])
        return tuple(found)
