"""Where do two programs do something else? The question for one transition, and the tests in whose terms it may be answered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mmu_smt.model.product import Aspect, product
from mmu_smt.model.symbolic import encode, equal, fit, leaf_types
from mmu_smt.model.system import SafetyQuery
from mmu_smt.semantics.types import ArrayType, RecordType, default_value, show_value
from mmu_smt.witness.differences import Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mmu_smt.model.lower import Lowered
    from mmu_smt.model.product import Product
    from mmu_smt.model.system import TransitionSystem
    from mmu_smt.model.term import Term
    from mmu_smt.model.watching import Tested
    from mmu_smt.semantics.program import Config, Program
    from mmu_smt.syntax.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A product without interruptions, and terms over its constants, state and inputs.

    `differ`: some transition from here differs: in whether it is there or faults, where it leads, or what is decided. `literals`: what is
    tested, each with its term; no two of one meaning. Those that may be given up first stand first; the first `spare` ones are no
    tests: they say of state that a step assigns whether it has its default.
    """

    product: Product
    differ: Term = field(repr=False)
    literals: tuple[tuple[Literal, Term], ...] = field(repr=False)
    spare: int

    def invariants(self, names: Iterable[str]) -> Mapping[str, Term]:
        """Those of these invariants that say the same in both programs, as terms over constants and state."""
        found: dict[str, Term] = {}
        one, two = self.product.first, self.product.second
        for name in names:
            mine, other = one.query(one.program.properties[name]), two.query(two.program.properties[name])
            if isinstance(mine, SafetyQuery) and isinstance(other, SafetyQuery) and mine.bad is other.bad:
                found[name] = self.product.system.table.not_(mine.bad)
        return found

    def beginnings(self) -> Mapping[str, Term]:
        """Of each state variable that both begin with the same given value: that it has this value."""
        found: dict[str, Term] = {}
        made, table = self.product, self.product.system.table
        for name in made.common.states:
            terms: list[Term] = []
            for lowered in (made.first, made.second):
                variable = lowered.program.states[name]
                if variable.initial is not None:
                    value, _ = lowered.over_states.value(variable.initial)
                    value = fit(table, value, variable.initial.type, variable.type)
                    terms.append(equal(table, variable.type, lowered.scene.states[name], value))
            if len(terms) == 2 and terms[0] is terms[1] and terms[0].args:
                found[name] = terms[0]
        return found

    def runs_of(self, which: int) -> TransitionSystem:
        """The runs of one program alone (0 or 1), under constants that both permit and with the inputs of both. For programs that declare
        the same constants and state.
        """
        made, lowered = self.product, (self.product.first, self.product.second)[which]
        system, table = made.system, made.system.table
        own = lowered.system
        return replace(
            system,
            next=own.next,
            init=own.init,
            step_ok=table.and_(system.domain_inputs, own.step_ok),
            step_ok_loop=table.and_(system.domain_inputs, own.step_ok_loop),
            terminal=own.terminal,
            can_move=own.can_move,
            initial_invariants=own.initial_invariants,
        )


def difference(first: tuple[Program, Config], second: tuple[Program, Config], changed: frozenset[str]) -> Question:
    """The question for two programs, each under a config. `changed`: functions whose tests say best what differs.

    Raises SpecError as `lower` does.
    """
    made = product(first, second, atomic=True, watch=True)
    table = made.system.table
    wanted = (Aspect.PLACES, Aspect.STATE, Aspect.DECISIONS)
    differ = table.and_(made.system.domain_inputs, table.or_(*[q.bad for q in made.queries if q.name in wanted]))
    spare = tuple(_plain_or_not(made))
    return Question(made, differ, (*spare, *_literals(made, changed)), len(spare))


def _plain_or_not(made: Product) -> Iterator[tuple[Literal, Term]]:
    """Of each scalar state variable of both that a step may change: it has its default, or it has not."""
    table, program = made.system.table, made.first.program
    moving = {name for lowered in (made.first, made.second) for image in lowered.images for name in image.next}
    for name in made.common.states:
        variable = program.states[name]
        leaves = {name + path for path, _ in leaf_types(variable.type)}
        if not leaves & moving or isinstance(variable.type, ArrayType | RecordType):
            continue
        plain = variable.display.default if variable.display.has_default else default_value(variable.type)
        same = equal(table, variable.type, made.first.scene.states[name], encode(table, variable.type, plain))
        if not same.args:
            continue
        shown = show_value(variable.type, plain)
        for others, term in ((False, same), (True, table.not_(same))):
            yield Literal("", f"{name} {'!=' if others else '=='} {shown}", (shown,), others, state=name, is_=plain), term


def _literals(made: Product, changed: frozenset[str]) -> Iterator[tuple[Literal, Term]]:
    """Every outcome of every test, once for each meaning: that which says most to a reader."""
    found: dict[Term, tuple[tuple[int, int], Literal]] = {}
    one, two = _of_program(made.first), _of_program(made.second)
    there: dict[tuple[str, str, tuple[str, ...], bool, Term], Span] = {
        (t.function, _text(t.span), t.outcomes, t.others, t.condition): t.span for t in two
    }
    place = 0
    for tests, whose in ((one, 0), (two, 1)):
        for t in tests:
            place += 1
            other = there.get((t.function, _text(t.span), t.outcomes, t.others, t.condition)) if not whose else None
            spans = (None, t.span) if whose else (t.span, other)
            literal = Literal(t.function, _text(t.span), t.outcomes, t.others, *spans)
            both = other is not None
            rank = (2 * (t.function in changed) + _is_handler(made, t.function) + both, -place)
            if t.condition.args and (t.condition not in found or found[t.condition][0] < rank):
                found[t.condition] = rank, literal
    for term, (_, literal) in sorted(found.items(), key=lambda item: item[1][0]):
        yield literal, term


def _is_handler(made: Product, name: str) -> bool:
    function = made.second.program.functions.get(name) or made.first.program.functions.get(name)
    return function is not None and function.is_handler


def _of_program(lowered: Lowered) -> list[Tested]:
    """The tests of all steps; those of one place and outcome together, whatever step makes them."""
    table = lowered.system.table
    found: dict[tuple[str, Span, tuple[str, ...], bool], tuple[Tested, list[Term]]] = {}
    for image in lowered.images:
        for test in image.tests:
            key = (test.function, test.span, test.outcomes, test.others)
            found.setdefault(key, (test, []))[1].append(table.and_(image.selected, test.condition))
    return [replace(test, condition=table.or_(*terms)) for test, terms in found.values()]


def _text(span: Span) -> str:
    return " ".join(span.text.split())
