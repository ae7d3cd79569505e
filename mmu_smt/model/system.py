"""The transition-system IR: what the lowering produces and every engine consumes. Knows neither syntax nor solver.

Three kinds of variables, each a `Var` term: *constants* (rigid), *state* (one copy a frame) and *inputs* (one copy a transition). The
relation is functional: the next value of each state variable is a term over constants, state and inputs. Terms of step properties may
also use the primed variables `primed[name]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Term
from mmu_smt.syntax.source import Span


@dataclass(frozen=True, slots=True)
class FaultCheck:
    """A run-time fault: when `condition` holds (of a transition whose step is selected and enabled), it faults."""

    condition: Term
    message: str
    span: Span = field(repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One alternative of the selector input: a guest/kvm step (start or resume) or an env step.

    `enabled`: over constants, state and inputs (its parameters and `choose` values); for env steps it includes the enable clauses and
    "changes something".
    `loop_enabled`: the same, for transitions inside a lasso's loop (differs by clauses marked `in stem`).
    """

    step: str
    actor: str
    index: int  # value of the selector
    enabled: Term
    loop_enabled: Term
    span: Span = field(repr=False)


@dataclass(frozen=True, slots=True)
class FairStep:
    """A fairness requirement. `enabled` is over constants and state alone (parameters and choices expanded); `taken` over inputs too."""

    step: str
    strong: bool
    enabled: Term
    taken: Term
    label: str  # for display, with the parameter value where `each`


@dataclass(frozen=True, slots=True)
class TransitionSystem:
    """One program under one config.

    `domain_*`: representable encodings that are no value of the declared type are excluded by these (over constants; state; inputs).
    `init`: over constants and state, with the state's domain. `assumptions`: over constants.
    `step_ok`: over constants, state, inputs: the selected choice is enabled, inputs are in domain and there is no fault (a transition of
    the relation).
    `step_ok_loop`: the same inside a loop. `step_fault`: selected, enabled and faulting.
    """

    table: TermTable
    constants: tuple[Term, ...]
    state: tuple[Term, ...]
    inputs: tuple[Term, ...]
    primed: Mapping[str, Term]  # state variable's name -> its primed variable
    next: Mapping[str, Term]  # state variable's name -> its next value
    domain_constants: Term
    domain_state: Term
    domain_inputs: Term
    assumptions: Term
    init: Term
    choices: tuple[Choice, ...]
    step_ok: Term
    step_ok_loop: Term
    step_fault: Term
    faults: tuple[FaultCheck, ...]
    terminal: Term  # over constants and state
    can_move: Term  # over constants and state: some guest or kvm step is enabled or in flight
    fairness: tuple[FairStep, ...]
    initial_invariants: tuple[tuple[str, Term], ...]  # `init invariant`s, by name
    flight: frozenset[str] = frozenset()
    """State variables that describe the step in flight. A lasso closes on all of them, whatever its property can see."""
    parts: tuple[frozenset[str], ...] = ()
    """State variables that are the scalar parts of one declared variable. A lasso closes on all of them or on none."""


@dataclass(frozen=True, slots=True)
class SafetyQuery:
    """Violated (or, for a cover, reached) by a transition that satisfies `bad` from a reachable state.

    `on_state`: `bad` is over constants and state alone (invariants, deadlock); else over constants, state, inputs and primed variables,
    with the transition taken.
    `faulting`: `bad` is judged of a transition that may fault (no_runtime_fault).
    `premise`: for vacuity, over the same variables; None where there is none to reach.
    """

    name: str
    bad: Term
    on_state: bool
    faulting: bool = False
    is_cover: bool = False
    premise: Term | None = None


@dataclass(frozen=True, slots=True)
class ProgressQuery:
    """Violated (or reached) by an infinite fair run with `recurs` infinitely often and `never` finitely often (terms of a transition).

    `within`: None, a bound N (never more than N times `recurs` with no `never`), or "least". `measure`: something that the specification
    says to fall with each `recurs` and not to rise before `never`: it is less afterwards, and it is not more (terms of a transition).
    """

    name: str
    recurs: Term
    never: Term
    within: int | str | None = None
    is_cover: bool = False
    measure: tuple[Term, Term] | None = None
