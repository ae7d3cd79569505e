"""Runs written down: the variables of a transition system at numbered places, and what transitions make of them.

Only what an obligation needs is ever demanded. Leaving a demand out can turn `unsat` into `sat`, never the other way round; so a cone that
is too small makes a certificate fail, and none makes it lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mmu_smt.certify.smtlib import Node, Script
from mmu_smt.model.inputs import SELECTOR
from mmu_smt.model.system import SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term


class Unrolling:
    """Places 0, 1, … of one run in a script. Place 0 is arbitrary until something is demanded of it.

    `cone`: the state variables whose next values are demanded. `loose`: those that may have changed between where one transition leads and
    the place of the next; where there are none, the two are the same. `mark`: tells its variables from those of another run in the same
    script, with which it shares the constants.
    """

    def __init__(
        self, script: Script, system: TransitionSystem, cone: frozenset[str], *, loose: frozenset[str] = frozenset(), mark: str = ""
    ) -> None:
        self.script = script
        self._mark = mark
        self._system = system
        self._cone = [str(v.payload) for v in system.state if v.payload in cone]
        self._loose = loose
        self._widths = {str(v.payload): v.width for v in system.state}
        self._constants = {str(v.payload): v.width for v in system.constants}
        self._inputs = {str(v.payload): v.width for v in system.inputs}
        self._unprimed = {str(v.payload): name for name, v in system.primed.items()}
        self._made: dict[tuple[int, bool], dict[int, Node]] = {}
        self._moved: set[int] = set()

    @property
    def cone(self) -> tuple[str, ...]:
        return tuple(self._cone)

    # ------------------------------------------------------------------------------------------ reading

    def at(self, place: int, term: Term) -> Node:
        """A term in the state of a place, or of its transition."""
        return self._read(term, place, after=False)

    def after(self, place: int, term: Term) -> Node:
        """A term over constants and state, where the place's transition leads."""
        return self._read(term, place, after=True)

    def state(self, place: int, name: str) -> Node:
        """A state variable at a place."""
        if place and name not in self._loose:
            return self.led(place - 1, name)
        return self.script.variable(f"{self._mark}{name}@{place}", self._widths[name])

    def led(self, place: int, name: str) -> Node:
        """A state variable where the place's transition leads."""
        return self.script.variable(
            f"{self._mark}{name}@{place}+" if name in self._loose else f"{self._mark}{name}@{place + 1}", self._widths[name]
        )

    def _read(self, term: Term, place: int, *, after: bool) -> Node:
        made = self._made.setdefault((place, after), {})
        return self.script.term(term, lambda leaf: self._leaf(str(leaf.payload), place, after=after), made)

    def _leaf(self, name: str, place: int, *, after: bool) -> Node:
        if name in self._constants:
            return self.script.variable(f"{name}@const", self._constants[name])
        if after:
            return self.led(place, name)
        if name in self._widths:
            return self.state(place, name)
        if name in self._unprimed:
            return self.led(place, self._unprimed[name])
        return self.script.variable(f"{self._mark}{name}@in{place}", self._inputs[name])

    # ------------------------------------------------------------------------------------------ demanding

    def permit(self) -> None:
        """Constants have values of their types, and the assumptions hold."""
        system = self._system
        self._demand("constants have values of their types", system.domain_constants)
        self._demand("the assumptions of the model and the config hold", system.assumptions)

    def initialise(self) -> None:
        """Place 0 is initial."""
        self.permit()
        self._demand("place 0 is an initial state", self._system.init)

    def move(self, place: int) -> None:
        """Where the place's transition leads, whether it is taken or not."""
        if place in self._moved:
            return
        self._moved.add(place)
        self.script.transitions = max(self.script.transitions, place + 1)
        for name in self._cone:
            value = self.at(place, self._system.next[name])
            self.script.demand(f"{name} after transition {place}", self.script.equal(self.led(place, name), value))

    def took(self, place: int) -> Node:
        """The place's transition can be taken."""
        return self.at(place, self._system.step_ok)

    def take(self, first: int, last: int) -> None:
        """The transitions of these places, the last one excluded, are taken."""
        for place in range(first, last):
            self.script.demand(f"transition {place} can be taken", self.took(place))
            self.move(place)

    def bad(self, place: int, query: SafetyQuery, *, after: bool = False) -> Node:
        """A query's bad state at a place (`after`: where its transition leads) or its bad transition. Whether that is taken is not said."""
        if query.faulting:  # outside the relation: nothing else says that inputs have values of their types
            return self.script.all((self.at(place, self._system.domain_inputs), self.at(place, query.bad)))
        return self.after(place, query.bad) if after else self.at(place, query.bad)

    def same(self, left: int, right: int, names: Iterable[str]) -> Node:
        """The variables have the same values at both places."""
        return self.script.all(self.script.equal(self.state(left, n), self.state(right, n)) for n in names)

    def _demand(self, comment: str, term: Term) -> None:
        self.script.demand(comment, self.at(0, term))


def valuation(system: TransitionSystem, values: Mapping[str, int]) -> Term:
    """These state variables have these values."""
    table = system.table
    wanted = [(v, values[str(v.payload)]) for v in system.state if v.payload in values]
    return table.and_(*(table.eq(v, table.const(n, v.width) if v.width else table.bool(bool(n))) for v, n in wanted))


def by_env(system: TransitionSystem) -> Term:
    """The transition is an env step: over inputs."""
    table = system.table
    selector = next(v for v in system.inputs if v.payload == SELECTOR)
    codes = [c.index for c in system.choices if c.actor == "env"]
    is_code = [table.eq(selector, table.const(c, selector.width) if selector.width else table.bool(bool(c))) for c in codes]
    return table.or_(*is_code)
