"""Unrolling a transition system in a session, relationally: fresh variables for every frame, equated with the next values of the frame
before.

Everything asserted here is a definition, true of any frame whatever else is asserted; whether a transition is really taken (`took`) is for
the engine to assert or assume. So a prefix that cannot go on never hides what happens in it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mmu_smt.engines.result import RawRun
from mmu_smt.model.system import TransitionSystem
from mmu_smt.model.term import Op, Term, topological
from mmu_smt.solve.session import Session, Template


@dataclass(frozen=True, slots=True)
class Observer:
    """A Boolean term watched in every frame. `on_state`: over constants and state; otherwise of a transition."""

    name: str
    term: Term
    on_state: bool


class Unroller:
    """Frames 0, 1, … of one run. Frame 0 is unconstrained but for the domains of constants and state; `initialise` makes it initial.

    `cone`: names of the state variables kept after frame 0; closed under `next`, and holding what `step_ok` and every observer see.
    """

    def __init__(self, session: Session, system: TransitionSystem, cone: frozenset[str]) -> None:
        self._session = session
        self._system = system
        self._constants = _widths(system.constants)
        self._state = _widths(system.state)
        self._inputs = _widths(system.inputs)
        self._cone = {name: width for name, width in self._state.items() if name in cone}
        self._primed = {str(v.payload): name for name, v in system.primed.items() if name in cone}
        self._constant_at = {name: session.variable(name, width) for name, width in self._constants.items()}
        self._state_at: list[dict[str, int]] = [{n: session.variable(f"{n}@0", w) for n, w in self._state.items()}]
        self._inputs_at: list[dict[str, int]] = []
        self._after: list[dict[str, int]] = []  # what transition t leads to; the frame that follows unless something is left free between
        self._observed: dict[tuple[str, int, bool], int] = {}
        self._templates: dict[tuple[str, ...], Template] = {}
        self._named: dict[int, int] = {}  # terms over constants alone, by id: one variable serves all frames
        self._next = self._template([system.next[name] for name in self._cone], on_state=False)
        self._took = Observer("took", system.step_ok, on_state=False)
        self._assert_terms([system.domain_constants, system.domain_state])

    @property
    def cone(self) -> Sequence[str]:
        """The kept variables, in the system's order."""
        return tuple(self._cone)

    def width(self, name: str) -> int:
        """Bits of a kept variable; 0 for a Boolean."""
        return self._cone[name]

    @property
    def length(self) -> int:
        """Number of transitions unrolled."""
        return len(self._inputs_at)

    def share(self, other: Unroller) -> None:
        """Assert that the constants are those of another unrolling of the same system in the same session."""
        mine, theirs = tuple(self._constant_at.values()), tuple(other._constant_at.values())
        self._session.clause((self._session.define_equal("same constants", mine, theirs),))

    def initialise(self) -> None:
        """Assert that frame 0 is initial."""
        self._assert_terms([self._system.assumptions, self._system.init])

    def initial(self) -> int:
        """The literal: frame 0 is initial, with suitable values of the variables that are not kept."""
        init = self._session.template(self._state, [self._system.init], rigid=self._constant_at)
        result = self._session.variable("initial")
        self._session.instantiate(init, self._state_at[0], (result,))
        return result

    def assume(self) -> None:
        """Assert what holds of the constants in every run; frame 0 stays arbitrary."""
        self._assert_terms([self._system.assumptions])

    def extend(self, free: Container[str] = ()) -> None:
        """Add a transition and the frame that follows it. `free`: state variables that may have changed in between."""
        t = self.length
        variable = self._session.variable
        self._inputs_at.append({n: variable(f"{n}@{t}", w) for n, w in self._inputs.items()})
        after = {n: variable(f"{n}@{t + 1}", w) for n, w in self._cone.items()}
        self._after.append(after)
        self._state_at.append({n: variable(f"{n}@{t + 1}+", self._cone[n]) if n in free else v for n, v in after.items()})
        self._session.instantiate(self._next, self._scope(t, step=True), tuple(after.values()))

    def after(self, t: int, names: Iterable[str]) -> tuple[int, ...]:
        """The variables of these names where transition t leads."""
        return tuple(self._after[t][n] for n in names)

    def state(self, t: int, names: Iterable[str]) -> tuple[int, ...]:
        """The variables of these names in frame t."""
        return tuple(self._state_at[t][n] for n in names)

    def took(self, t: int) -> int:
        """The literal: transition t is one of the relation."""
        return self.observe((self._took,), t)[0]

    def observe(self, observers: Sequence[Observer], t: int) -> tuple[int, ...]:
        """Literals equivalent to the observers' terms in frame t (of transition t). All of one kind; those asked together share their
        encoding.
        """
        return self._literals(observers, t, after=False)

    def observe_after(self, observers: Sequence[Observer], t: int) -> tuple[int, ...]:
        """The same for observers of states, where transition t leads."""
        return self._literals(observers, t, after=True)

    def _literals(self, observers: Sequence[Observer], t: int, *, after: bool) -> tuple[int, ...]:
        missing = tuple(o for o in observers if (o.name, t, after) not in self._observed)
        if missing:
            on_state = missing[0].on_state
            if any(o.on_state != on_state for o in missing) or (after and not on_state):
                raise ValueError("observers of states and of transitions are asked apart")
            names = tuple(o.name for o in missing)
            if names not in self._templates:
                self._templates[names] = self._template([o.term for o in missing], on_state=on_state)
            results = tuple(self._session.variable(f"{name}@{t}") for name in names)
            scope = self._after[t] if after else self._scope(t, step=not on_state)
            self._session.instantiate(self._templates[names], scope, results)
            self._observed.update({(name, t, after): r for name, r in zip(names, results, strict=True)})
        return tuple(self._observed[o.name, t, after] for o in observers)

    def initially(self, terms: Sequence[Term]) -> tuple[int, ...]:
        """Literals equivalent to terms over constants and state in frame 0, of which every state variable is kept."""
        literals = tuple(self._session.variable("initially") for _ in terms)
        template = self._session.template(self._state, terms, rigid=self._constant_at)
        self._session.instantiate(template, self._state_at[0], literals)
        return literals

    def run(self, length: int, *, loop_start: int | None = None, faulting: bool = False) -> RawRun:
        """The run of that many transitions in the session's model. `faulting`: the last transition has no state after it."""
        value = self._session.value
        frames = self._state_at[: length if faulting else length + 1]
        return RawRun(
            consts={n: value(v) for n, v in self._constant_at.items()},
            frames=tuple({n: value(v) for n, v in frame.items()} for frame in frames),
            inputs=tuple({n: value(v) for n, v in frame.items()} for frame in self._inputs_at[:length]),
            loop_start=loop_start,
        )

    def _template(self, terms: Sequence[Term], *, on_state: bool) -> Template:
        parameters = dict(self._cone)
        if not on_state:
            parameters |= {**self._inputs, **{p: self._cone[n] for p, n in self._primed.items()}}
        self._name_rigid(terms)
        return self._session.template(parameters, terms, rigid=self._constant_at, named=self._named)

    def _name_rigid(self, terms: Sequence[Term]) -> None:
        """Give a variable to each largest subterm over constants alone, so that no frame computes it again."""
        rigid: dict[int, bool] = {}
        largest: dict[int, Term] = {}
        for term in topological(terms):
            rigid[term.id] = term.payload in self._constants if term.op is Op.VAR else all(rigid[a.id] for a in term.args)
            if not rigid[term.id]:
                largest |= {a.id: a for a in term.args if rigid[a.id] and a.args and a.id not in self._named}
        if largest:
            template = self._session.template({}, list(largest.values()), rigid=self._constant_at)
            variables = {t.id: self._session.variable(f"rigid{t.id}", t.width) for t in largest.values()}
            self._session.instantiate(template, {}, tuple(variables.values()))
            self._named |= variables

    def _scope(self, t: int, *, step: bool) -> Mapping[str, int]:
        scope = dict(self._state_at[t])
        if step:
            scope.update(self._inputs_at[t])
            scope.update({p: self._after[t][n] for p, n in self._primed.items()})
        return scope

    def _assert_terms(self, terms: Sequence[Term]) -> None:
        template = self._session.template(self._state, terms, rigid=self._constant_at, defines=False)
        self._session.instantiate(template, self._state_at[0])


def _widths(variables: Iterable[Term]) -> dict[str, int]:
    return {str(v.payload): v.width for v in variables}
