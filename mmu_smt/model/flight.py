"""The step in flight as state: its position, the locals in scope there, a result waiting to be returned, ghosts and the rule register.

Variables are made as cuts need them. What the position determines takes none: a value that is fixed throughout the run (the variable of an
unrolled loop, an expression over constants), and a value that another local in scope has too (a parameter handed on). A variable not in use
at the position reached holds its idle value, so that equal configurations have equal encodings.
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

MARK = "%"
"""Begins the names of flight variables, so that they are no names of the language."""

PC = MARK + "pc"
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
    """What a cut has saved so far. `holders`: the variable that holds a term's value there."""

    flight: dict[str, Term]
    values: list[tuple[Type, SVal]]
    holders: dict[Term, Term]


class Flight:
    """Allocates positions and flight variables for the steps of a program; `capacity` is an upper bound of the number of positions.

    `constants` and `states` are the terms of the program's constants and state variables, `ghosts` the ghosts' defaults. `mark` begins the
    variables' names (another one for a second program in the same table).
    """

    def __init__(
        self,
        table: TermTable,
        program: Program,
        *,
        constants: Mapping[str, SVal],
        states: Mapping[str, SVal],
        ghosts: Mapping[str, SVal],
        capacity: int,
        mark: str = MARK,
    ) -> None:
        self._table = table
        self._mark = mark
        self.pc_name = mark + PC.removeprefix(MARK)
        self._program = program
        self._states = states
        self._ghosts = ghosts
        self._rigid = frozenset(leaf for value in constants.values() for leaf in flatten(value))
        self._step = ""
        self.pc = table.var(self.pc_name, code_width(capacity + 1))
        self.idle = table.eq(self.pc, zero(table, self.pc.width))
        self.variables: dict[str, Term] = {self.pc_name: self.pc}
        self.idle_values: dict[str, Term] = {self.pc_name: zero(table, self.pc.width)}
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
        saving = _Saving({self.pc_name: code}, [], {})
        store: dict[Key, SVal] = {}
        for local in place.scope:
            store[local] = self._keep(f"{self._mark}{local.name}#{local.id}", local.type, flow.store[local], saving)
        for ghost in self._ghosts:
            store[ghost] = self._keep_ghost(ghost, flow.store[ghost], saving)
        store[RULE] = self._keep(f"{self._mark}rule", IntType(0, len(self._program.rules)), flow.store[RULE], saving)
        waiting: SVal | None = None
        if place.result is not None and value is not None:
            waiting = self._keep(f"{self._mark}result:{type_name(place.result)}", place.result, value, saving)
        here = table.eq(self.pc, code)
        self.exits.append(Exit(flow.condition, dict(flow.store), saving.flight))
        self.cuts.append(Cut(number, self._step, place, here, frozenset(saving.flight), store, tuple(saving.values)))
        return Flow(here, {**self._states, **store, **no_record(self._table, self._ghosts)}), waiting

    def _keep(self, name: str, kind: Type, value: SVal, saving: _Saving) -> SVal:
        """Save a value in flight variables, but for what the position determines; the value to resume with."""
        leaves: list[Term] = []
        for (path, _), leaf in zip(leaf_types(kind), flatten(value), strict=True):
            if leaf in saving.holders:
                leaves.append(saving.holders[leaf])
            elif self._is_rigid(leaf):
                leaves.append(leaf)
            else:
                variable = self._variable(name + path, leaf, zero(self._table, leaf.width), saving)
                saving.holders[leaf] = variable
                leaves.append(variable)
        return self._resumed(kind, leaves, saving)

    def _keep_ghost(self, ghost: str, value: SVal, saving: _Saving) -> SVal:
        """Save a ghost so that it can be read without regard to the position: only what equals its default is left out."""
        kind = self._program.ghosts[ghost].type
        leaves: list[Term] = []
        for (path, _), leaf, default in zip(leaf_types(kind), flatten(value), flatten(self._ghosts[ghost]), strict=True):
            leaves.append(leaf if leaf is default else self._variable(self._ghost_name(ghost) + path, leaf, default, saving))
        return self._resumed(kind, leaves, saving)

    def _variable(self, name: str, value: Term, idle: Term, saving: _Saving) -> Term:
        variable = self._table.var(name, value.width)
        self.variables[name] = variable
        self.idle_values[name] = idle
        saving.flight[name] = value
        return variable

    def _resumed(self, kind: Type, leaves: list[Term], saving: _Saving) -> SVal:
        value = shape(kind, iter(leaves))
        saving.values.append((kind, value))
        return value

    def _is_rigid(self, term: Term) -> bool:
        """The term is over constants alone."""
        waiting, visited = [term], set[Term]()
        while waiting:
            current = waiting.pop()
            if current in visited:
                continue
            visited.add(current)
            if current.op is Op.VAR and current not in self._rigid:
                return False
            waiting.extend(current.args)
        return True

    def ghost_now(self, ghost: str) -> SVal:
        """A ghost's value at the start of a transition, in flight or not."""
        kind = self._program.ghosts[ghost].type
        paths = (path for path, _ in leaf_types(kind))
        defaults = zip(paths, flatten(self._ghosts[ghost]), strict=True)
        leaves = [self.variables.get(self._ghost_name(ghost) + p, leaf) for p, leaf in defaults]
        return shape(kind, iter(leaves))

    def _ghost_name(self, ghost: str) -> str:
        return f"{self._mark}ghost.{ghost}"

    def domain(self) -> Term:
        """The encodings of configurations: a known position, what is not in use there idle, the rest in the domain of its type."""
        table = self._table
        known = table.ule(self.pc, table.const(len(self.cuts), self.pc.width))
        facts = [known]
        for name, variable in self.variables.items():
            if name != self.pc_name:
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
