"""Evidence of a violation or of a cover, as data: what an engine claims (`Candidate`) and what a replay found (`Trace`).

Values are those of `semantics.types`. Nothing here knows a solver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from mmu_smt.semantics.program import Site
from mmu_smt.semantics.types import Value
from mmu_smt.syntax.source import Span

Valuation: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Move:
    """One transition as chosen by somebody: which step, with which arguments and choices.

    `resume`: the step was in flight and goes on (then `args` is empty). `choices` maps the site of each `choose` executed in this
    transition to the value taken (sites of `choose` not executed may be present and are ignored).
    """

    step: str
    args: tuple[Value, ...] = ()
    resume: bool = False
    choices: Mapping[Site, Value] = field(default_factory=dict[Site, Value])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that an engine claims: constants, initial state, moves, and the states it expects.

    `states` has one more element than `moves` (or the same number where the last move ends in a run-time fault) and may leave out variables
    outside the property's cone. `loop_start`: index into `states` to which the run returns after the last move; None for a finite run.
    """

    consts: Valuation
    states: tuple[Valuation, ...]
    moves: tuple[Move, ...]
    loop_start: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A run-time fault: what went wrong and where."""

    message: str
    span: Span = field(repr=False)


@dataclass(frozen=True, slots=True)
class Test:
    """A condition evaluated on the decision path: `if`, an operand of && or ||, or a match (then `outcome` is the value shown).

    `values`: what it looked at, as text and value in the language's syntax, where the test is more than that.
    """

    span: Span = field(repr=False)
    text: str
    outcome: str
    function: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A handler returned. `value` is shown in the language's syntax; `span` is the return statement's."""

    handler: str
    value: Value
    shown: str
    rule: str | None
    span: Span = field(repr=False)
    path: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One replayed transition.

    `actor` is guest, kvm or env. `position` describes where a step in flight stands afterwards (None: none in flight), `cut` is its span.
    `observed` holds the ghosts as properties see them. `after` is the state after the transition, every state variable present.
    """

    step: str
    actor: str
    args: tuple[Value, ...]
    resume: bool
    choices: Mapping[Site, Value]
    after: Valuation
    observed: Valuation
    decisions: tuple[Decision, ...]
    position: str | None = None
    cut: Span | None = field(default=None, repr=False)
    fault: Fault | None = None
    span: Span | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Trace:
    """A replayed run: a finite one, or a lasso when `loop_start` is set.

    `initial` is the state before step 0; the state before step i > 0 is `steps[i-1].after`. For a lasso the last step leads back to the
    state before step `loop_start`; `unclosed` names state variables that differ there although the property cannot see them (outside its
    cone).
    """

    consts: Valuation
    initial: Valuation
    steps: tuple[TraceStep, ...]
    loop_start: int | None = None
    unclosed: tuple[str, ...] = ()

    def state_before(self, index: int) -> Valuation:
        return self.initial if index == 0 else self.steps[index - 1].after
