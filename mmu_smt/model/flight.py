"""The step in flight as state: its position, the locals in scope there, a result waiting to be returned, ghosts and the rule register.

Variables are made as cuts need them. What is constant at a cut (the variable of an unrolled loop) follows from the position and takes no
variable. A variable not in use at the position reached holds its idle value, so that equal configurations have equal encodings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mmu_smt.model.flow import RETURNED, RULE, Flow, Key, seen
from mmu_smt.model.statements import CutPlace, code_width
from mmu_smt.model.symbolic import SVal, domain, flatten, leaf_types, shape, zero
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Op, Term
from mmu_smt.model.traits import blocks, expressions, operands
from mmu_smt.semantics.program import Call, CallStatement, For, Lock, Program, Step, TExpr, TStmt, Yield
from mmu_smt.semantics.types import IntType, Type, cardinality, type_name

PC = "%pc"
"""The position's variable: 0 when no step is in flight, else the code of a cut."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A position. `stored` are the variables in use there, `store` what the resumed flow starts from (beside the state), `values` the
    same with types.
    """

    code: int
    step: str
    place: CutPlace
    here: Term = field(repr=False)
    stored: frozenset[str] = field(repr=False)
    store: Mapping[Key, SVal] = field(repr=False)
    values: tuple[tuple[Type, SVal], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exit:
    """A way in which a transition of a step ends. `flight` gives the flight variables that do not become idle."""

    condition: Term
    store: Mapping[Key, SVal]
    flight: Mapping[str, Term]


@dataclass(slots=True)
class _Saving:
    """What a cut has saved so far."""

    flight: dict[str, Term]
    values: list[tuple[Type, SVal]]


class Flight:
    """Allocates positions and flight variables for the steps of a program; `capacity` is an upper bound of the number of positions.

    `states` are the state variables' terms, `ghosts` the ghosts' defaults.
    """

    def __init__(self, table: TermTable, program: Program, states: Mapping[str, SVal], ghosts: Mapping[str, SVal], capacity: int) -> None:
        self._table = table
        self._program = program
        self._states = states
        self._ghosts = ghosts
        self._rule = IntType(0, len(program.rules))
        self._step = ""
        self.pc = table.var(PC, code_width(capacity + 1))
        self.idle = table.eq(self.pc, zero(table, self.pc.width))
        self.variables: dict[str, Term] = {PC: self.pc}
        self.idle_values: dict[str, Term] = {PC: zero(table, self.pc.width)}
        self.cuts: list[Cut] = []
        self.exits: list[Exit] = []

    def begin(self, step: Step) -> None:
        """Start on another step: its exits are collected afresh."""
        self._step = step.name
        self.exits = []

    def cut(self, place: CutPlace, flow: Flow, value: SVal | None) -> tuple[Flow, SVal | None]:
        """End the flow that arrives at a cut, and resume there."""
        table, number = self._table, len(self.cuts) + 1
        code = table.const(number, self.pc.width)
        saving = _Saving({PC: code}, [])
        store: dict[Key, SVal] = {}
        for local in place.scope:
            store[local] = self._keep(f"%{local.name}#{local.id}", local.type, flow.store[local], saving)
        for ghost, default in self._ghosts.items():
            store[ghost] = self._keep(_ghost_name(ghost), self._program.ghosts[ghost].type, flow.store[ghost], saving, default)
        store[RULE] = self._keep("%rule", self._rule, flow.store[RULE], saving)
        waiting: SVal | None = None
        if place.result is not None and value is not None:
            waiting = self._keep(f"%result:{type_name(place.result)}", place.result, value, saving)
        here = table.eq(self.pc, code)
        self.exits.append(Exit(flow.condition, dict(flow.store), saving.flight))
        self.cuts.append(Cut(number, self._step, place, here, frozenset(saving.flight), store, tuple(saving.values)))
        return Flow(here, {**self._states, **store, **no_record(self._table, self._ghosts)}), waiting

    def _keep(self, name: str, kind: Type, value: SVal, saving: _Saving, default: SVal | None = None) -> SVal:
        """Save a value in flight variables, but for what is constant here; the value to resume with.

        With `default`, the value when idle, the variables can be read without regard to the position: only constants equal to it are left
        out.
        """
        table = self._table
        leaves: list[Term] = []
        idle = list(flatten(default)) if default is not None else None
        for number, ((path, _), leaf) in enumerate(zip(leaf_types(kind), flatten(value), strict=True)):
            idle_leaf = idle[number] if idle is not None else zero(table, leaf.width)
            if leaf.op is Op.CONST and (default is None or leaf is idle_leaf):
                leaves.append(leaf)
                continue
            variable = table.var(name + path, leaf.width)
            self.variables[name + path] = variable
            self.idle_values[name + path] = idle_leaf
            saving.flight[name + path] = leaf
            leaves.append(variable)
        resumed = shape(kind, iter(leaves))
        saving.values.append((kind, resumed))
        return resumed

    def ghost_now(self, ghost: str) -> SVal:
        """A ghost's value at the start of a transition, in flight or not."""
        kind = self._program.ghosts[ghost].type
        paths = (path for path, _ in leaf_types(kind))
        leaves = [self.variables.get(_ghost_name(ghost) + p, leaf) for p, leaf in zip(paths, flatten(self._ghosts[ghost]), strict=True)]
        return shape(kind, iter(leaves))

    def domain(self) -> Term:
        """The encodings of configurations: a known position, what is not in use there idle, the rest in the domain of its type."""
        table = self._table
        known = table.ule(self.pc, table.const(len(self.cuts), self.pc.width))
        facts = [known]
        for name, variable in self.variables.items():
            if name != PC:
                in_use = [c.here for c in self.cuts if name in c.stored]
                facts.append(table.or_(table.eq(variable, self.idle_values[name]), *in_use))
        for cut in self.cuts:
            inside = table.and_(*[domain(table, kind, value) for kind, value in cut.values])
            facts.append(table.implies(cut.here, inside))
        return table.and_(*facts)

    def all_idle(self) -> Term:
        """No step is in flight."""
        table = self._table
        return table.and_(*[table.eq(v, self.idle_values[n]) for n, v in self.variables.items()])


def _ghost_name(ghost: str) -> str:
    return f"%ghost.{ghost}"


def no_record(table: TermTable, ghosts: Mapping[str, SVal]) -> dict[Key, SVal]:
    """What a transition has recorded at its start: no handler has returned."""
    record: dict[Key, SVal] = {seen(ghost): default for ghost, default in ghosts.items()}
    record[RETURNED] = table.false
    return record


class CutCounter:
    """Upper bounds of the number of positions in a program's steps."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._functions: dict[str, int] = {}

    def steps(self) -> int:
        """Of all guest and kvm steps together."""
        return sum(self._block(s.body) for s in self._program.steps.values() if s.actor != "env")

    def _function(self, name: str) -> int:
        if name not in self._functions:
            self._functions[name] = self._block(self._program.functions[name].body)
        return self._functions[name]

    def _block(self, statements: tuple[TStmt, ...]) -> int:
        return sum(self._statement(s) for s in statements)

    def _statement(self, statement: TStmt) -> int:
        count = sum(self._expression(e) for e in expressions(statement))
        match statement:
            case Lock():
                return 3
            case Yield():
                return 1
            case CallStatement():
                return count + self._function(statement.function)
            case For():
                return count + cardinality(statement.local.type) * self._block(statement.body)
            case _:
                return count + sum(self._block(b) for b in blocks(statement))

    def _expression(self, expr: TExpr) -> int:
        count = sum(self._expression(e) for e in operands(expr))
        return count + self._function(expr.function) if isinstance(expr, Call) else count
