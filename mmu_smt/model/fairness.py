"""When a step is enabled at all, whatever its arguments and choices; and the fairness requirements of a config."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from mmu_smt.model.inputs import Input
from mmu_smt.model.steps import Scene, StepImage
from mmu_smt.model.symbolic import encode, equal, flatten
from mmu_smt.model.system import FairStep
from mmu_smt.model.table import TermTable, variables
from mmu_smt.model.term import Term
from mmu_smt.semantics.program import Enable
from mmu_smt.semantics.types import Value, cardinality, show_value, values
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
from mmu_smt.syntax.source import Span

MAX_INSTANCES = 4096
"""How many combinations of arguments and choices are gone through to find whether a step is enabled."""


def exists(table: TermTable, term: Term, inputs: Sequence[Input], step: str, span: Span) -> Term:
    """`term` for some values of the inputs. Raises SpecError (MS510) where those that matter have too many combinations."""
    used = variables((term,))
    relevant = [i for i in inputs if any(leaf.payload in used for leaf in flatten(i.value))]
    _check_size(relevant, f"whether step `{step}` is enabled depends on", span)
    for given in relevant:
        term = table.or_(*[_at(table, term, given, value) for value in values(given.type)])
    return term


def _check_size(inputs: Sequence[Input], what: str, span: Span) -> None:
    count = 1
    for given in inputs:
        count *= cardinality(given.type)
    if count > MAX_INSTANCES:
        message = f"{what} {count} combinations of arguments and choices: the limit is {MAX_INSTANCES}"
        raise SpecError([Diagnostic("MS510", message, span)])


def _at(table: TermTable, term: Term, given: Input, value: Value) -> Term:
    constants = flatten(encode(table, given.type, value))
    return table.substitute(term, dict(zip(flatten(given.value), constants, strict=True)))


def can_start(scene: Scene, image: StepImage) -> Term:
    """A guest or kvm step can be started or is in flight: over constants and state."""
    table = scene.table
    start = exists(table, image.startable, image.arguments, image.step.name, image.step.span)
    return table.or_(*[c.here for c in image.cuts], table.and_(scene.idle, start))


def requirements(scene: Scene, image: StepImage, clauses: Sequence[Enable]) -> Iterator[FairStep]:
    """The fairness requirements that a step's clauses declare, each once."""
    declared = dict.fromkeys((c.fairness == "strong", c.each) for c in clauses if c.fairness is not None)
    for strong, each in declared:
        if not each:
            yield FairStep(image.step.name, strong, _enabled(scene, image, None), image.selected, image.step.name)
            continue
        span = next(c.span for c in clauses if c.each and c.fairness is not None)
        _check_size(image.arguments, f"fairness for each argument of step `{image.step.name}` has", span)
        for arguments in product(*[tuple(values(a.type)) for a in image.arguments]):
            shown = ", ".join(show_value(a.type, v) for a, v in zip(image.arguments, arguments, strict=True))
            yield FairStep(
                image.step.name,
                strong,
                _enabled(scene, image, arguments),
                _taken(scene, image, arguments),
                f"{image.step.name}({shown})",
            )


def _enabled(scene: Scene, image: StepImage, arguments: tuple[Value, ...] | None) -> Term:
    """The step is enabled inside a loop, with these arguments or with any: over constants and state."""
    table, free = scene.table, image.arguments
    is_env = image.step.actor == "env"
    start = image.loop_enabled if is_env else image.startable
    if arguments is not None:
        for given, value in zip(image.arguments, arguments, strict=True):
            start = _at(table, start, given, value)
        free = ()
    choices = tuple(scene.inputs.choices(image.step.name).values()) if is_env else ()
    start = exists(table, start, (*free, *choices), image.step.name, image.step.span)
    if is_env:
        return start
    return table.or_(*_in_flight(scene, image, arguments), table.and_(scene.idle, start))


def _in_flight(scene: Scene, image: StepImage, arguments: tuple[Value, ...] | None) -> list[Term]:
    """The step's positions, where it is in flight with these arguments (or with any)."""
    table = scene.table
    if arguments is None:
        return [c.here for c in image.cuts]
    result: list[Term] = []
    for cut in image.cuts:
        same = [equal(table, p.type, cut.store[p], encode(table, p.type, v)) for p, v in zip(image.step.params, arguments, strict=True)]
        result.append(table.and_(cut.here, *same))
    return result


def _taken(scene: Scene, image: StepImage, arguments: tuple[Value, ...]) -> Term:
    """The transition starts, resumes or executes the step with these arguments."""
    table = scene.table
    start = [equal(table, a.type, a.value, encode(table, a.type, v)) for a, v in zip(image.arguments, arguments, strict=True)]
    if image.step.actor == "env":
        return table.and_(image.selected, *start)
    return table.and_(image.selected, table.or_(*_in_flight(scene, image, arguments), table.and_(scene.idle, *start)))
