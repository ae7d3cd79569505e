"""Recipes evaluated on a replayed trace: of its start, and of each transition."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from mmu_smt.interpret.evaluate import Evaluate, Locals, Memory, RuntimeFault, Scope, domain_of
from mmu_smt.interpret.observe import Observer
from mmu_smt.interpret.run import Codes
from mmu_smt.semantics.program import Program, RecipeLine
from mmu_smt.semantics.types import Type, show_value
from mmu_smt.witness.recipes import RecipeText
from mmu_smt.witness.traces import Trace

UNKNOWN = "?"
"""Stands for a value whose evaluation ends in a run-time fault."""


def recipes(program: Program, trace: Trace) -> tuple[RecipeText, ...]:
    """The recipes of a program with the lines that hold, those of the start first, then those of each transition in order.

    A transition that ends in a run-time fault is left out. A recipe without a line is left out. A condition that faults does not hold; a
    value that faults is shown as `UNKNOWN`.
    """
    codes = Codes(program)
    observer = Observer(program, trace, codes)
    compiled = {recipe.name: tuple(_Line(codes, line) for line in recipe.lines) for recipe in program.recipes}
    start = observer.memory_of_state(0)
    found = [
        RecipeText(r.name, r.title, None, tuple(t for line in compiled[r.name] for t in line.texts(start)))
        for r in program.recipes
        if not r.of_step
    ]
    for number, step in enumerate(trace.steps):
        if step.fault is not None:
            continue
        recurs = trace.loop_start is not None and number >= trace.loop_start
        memory = observer.memory_of_transition(number)
        found.extend(
            RecipeText(r.name, r.title, number + 1, tuple(t for line in compiled[r.name] for t in line.texts(memory)), recurs)
            for r in program.recipes
            if r.of_step
        )
    return tuple(recipe for recipe in found if recipe.lines)


class _Line:
    def __init__(self, codes: Codes, line: RecipeLine) -> None:
        self._scope = Scope()
        compile_ = codes.expressions.compile
        self._slots = tuple(self._scope.slot(local) for local in line.binders)
        self._domains = tuple(domain_of(local.type) for local in line.binders)
        self._when = None if line.when is None else compile_(line.when, self._scope)
        self._parts: tuple[str | tuple[Type, Evaluate], ...] = tuple(
            part if isinstance(part, str) else (part.type, compile_(part, self._scope)) for part in line.parts
        )

    def texts(self, memory: Memory) -> Iterator[str]:
        for values in product(*self._domains):
            frame: Locals = [None] * self._scope.size
            for slot, value in zip(self._slots, values, strict=True):
                frame[slot] = value
            if self._holds(memory, frame):
                yield "".join(part if isinstance(part, str) else _shown(*part, memory, frame) for part in self._parts)

    def _holds(self, memory: Memory, frame: Locals) -> bool:
        try:
            return self._when is None or self._when(memory, frame) is True
        except RuntimeFault:
            return False


def _shown(kind: Type, evaluate: Evaluate, memory: Memory, frame: Locals) -> str:
    try:
        return show_value(kind, evaluate(memory, frame))
    except RuntimeFault:
        return UNKNOWN
