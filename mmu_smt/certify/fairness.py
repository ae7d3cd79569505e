"""What obligations say of fairness: which requirements a loop meets, and runs paired with what their loop has met so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from mmu_smt.certify.smtlib import Node, Script
from mmu_smt.certify.unrolling import Unrolling
from mmu_smt.model.system import FairStep, ProgressQuery, TransitionSystem
from mmu_smt.model.term import Term


class Met:
    """What the transitions of a loop from some place on have met, as it grows: the event, and each requirement."""

    def __init__(self, run: Unrolling, system: TransitionSystem, query: ProgressQuery) -> None:
        self._run = run
        self._fairness = system.fairness
        self._query = query
        self._recurred = run.script.false
        self._taken = [run.script.false for _ in system.fairness]
        self._ever = [run.script.false for _ in system.fairness]  # weak: disabled at some place; strong: enabled at some place

    def grow(self, place: int) -> None:
        """The loop goes on with this place's transition."""
        run, either = self._run, self._run.script.any
        self._recurred = either((self._recurred, run.at(place, self._query.recurs)))
        for i, fair in enumerate(self._fairness):
            self._taken[i] = either((self._taken[i], run.at(place, fair.taken)))
            self._ever[i] = either((self._ever[i], _seen_of(run, place, fair)))

    def all(self) -> Node:
        """The event has happened, and the loop is fair: weakly where a step is taken or disabled somewhere, strongly where it is taken
        somewhere or enabled nowhere.
        """
        script = self._run.script
        met = [
            script.any((taken, script.negated(ever) if fair.strong else ever))
            for fair, taken, ever in zip(self._fairness, self._taken, self._ever, strict=True)
        ]
        return script.all((self._recurred, *met))


def _seen_of(run: Unrolling, place: int, fair: FairStep) -> Node:
    enabled = run.at(place, fair.enabled)
    return enabled if fair.strong else run.script.negated(enabled)


def no_repetition(run: Unrolling, system: TransitionSystem, query: ProgressQuery, names: Sequence[str], n: int) -> None:
    """Demand of the first n transitions of a run that a loop begins before one of them, or none, and that no two places are the same: in
    these variables, in whether the loop has begun, and in what has been met in it.
    """
    script, table = run.script, system.table
    inside = [script.variable(f"in the loop@{t}", 0) for t in range(n)]
    moves = table.and_(system.step_ok_loop, table.not_(query.never))
    for t in range(n):
        script.demand(f"transition {t} is one that a loop may take, if the loop has begun", script.implies(inside[t], run.at(t, moves)))
        if t:
            script.demand("a loop that has begun goes on", script.implies(inside[t - 1], inside[t]))
    seen = list(_seen(run, system, query, inside))
    for left, right in combinations(range(n + 1), 2):
        begun = [inside[place - 1] if place else script.false for place in (left, right)]
        pairs = [begun, *zip(seen[left], seen[right], strict=True)]
        same = script.all((run.same(left, right, names), *(script.equal(a, b) for a, b in pairs)))
        script.demand(f"places {left} and {right} differ, with what has been met", script.negated(same))


def _seen(run: Unrolling, system: TransitionSystem, query: ProgressQuery, inside: Sequence[Node]) -> Iterator[list[Node]]:
    """Bits for each place: what has been met in the loop before it."""
    script = run.script
    bits = [script.false] * (1 + sum(2 if fair.strong else 1 for fair in system.fairness))
    yield bits
    for t, begun in enumerate(inside):
        now = [run.at(t, query.recurs)]
        for fair in system.fairness:
            taken, ever = run.at(t, fair.taken), _seen_of(run, t, fair)
            now += [taken, ever] if fair.strong else [script.any((taken, ever))]
        bits = [script.any((bit, script.all((begun, node)))) for bit, node in zip(bits, now, strict=True)]
        yield bits


def in_company(
    run: Unrolling, system: TransitionSystem, cone: frozenset[str], facts: Sequence[Term], moves: Term, stable: Sequence[Term]
) -> None:
    """Demand one transition for each requirement that meets it: of a loop, from any valid state that agrees with the run's first place in
    these terms, which stand still.
    """
    script: Script = run.script
    members = [Unrolling(script, system, cone, mark=f"fair {i} ") for i in range(len(system.fairness))]
    for fair, member in zip(system.fairness, members, strict=True):
        for fact in facts:
            script.demand(f"beside it, for {fair.label}: types and what has been shown", member.at(0, fact))
        script.demand("a transition of the same loop", member.at(0, moves))
        member.move(0)
        for term in stable:
            script.demand("it stands still", script.equal(member.at(0, term), member.after(0, term)))
            script.demand("and is what it is there", script.equal(member.at(0, term), run.at(0, term)))
        disabled = [script.negated(m.at(0, fair.enabled)) for m in (members if fair.strong else [member])]
        script.demand(f"it is fair to {fair.label}", script.any((member.at(0, fair.taken), script.all(disabled))))
