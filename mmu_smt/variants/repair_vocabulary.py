"""What a change may say: conditions and statements over names that the handlers know.

Nothing here knows what a name means. A state variable or constant belongs to the vocabulary if the code that may be changed reads it,
itself or through a pure function; a function if that code reaches it; a test or statement as it stands wherever its names are in scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import product

from mmu_smt.semantics.program import Call, Choose, For, Function, If, Let, Lock, Match, Program, StateRef, TExpr, TStmt
from mmu_smt.semantics.types import BOOL, BoolType, OptionalType, RecordType, Type
from mmu_smt.syntax import nodes
from mmu_smt.variants.repair_trees import assigns, calls, descendants, operands, root, size, textually

MAX_ARGUMENTS = 64
"""Of one function's calls at one place, so many are made up; further ones must occur in the text."""

Names = Mapping[str, Type]
"""Parameters and locals in scope, with their types."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A condition and its negation. `needs`: the locals that it reads, with their types."""

    text: str
    size: int
    negation: str
    negation_size: int
    needs: tuple[tuple[str, Type], ...]
    effectful: bool

    def fits(self, names: Names) -> bool:
        return all(names.get(name) == type for name, type in self.needs)


@dataclass(frozen=True, slots=True)
class Action:
    """A statement that can be put in."""

    text: str
    size: int
    needs: tuple[tuple[str, Type], ...]

    def fits(self, names: Names) -> bool:
        return all(names.get(name) == type for name, type in self.needs)


@dataclass(frozen=True, slots=True)
class Place:
    """A statement or condition of a function, and the locals that are in scope there."""

    node: nodes.Node
    names: Names


class Vocabulary:
    """`editable`: the functions that may be changed. `atoms` and `actions` are what occurs in them; `made` makes further conditions.

    `telling`: ghosts, and the state by which a run is over. Properties rest on what is assigned to them, and a change must not forge it.
    """

    def __init__(
        self,
        program: Program,
        declarations: Mapping[str, nodes.FunctionDecl],
        steps: Iterable[nodes.StepDecl],
        only: tuple[str, ...] | None = None,
    ) -> None:
        """`declarations`, `steps`: as trees. `only`: the functions that may be changed; by default those of the handlers."""
        self.program = program
        self.declarations = declarations
        self._of_steps = tuple(c.callee.text for step in steps for c in calls(step) if c.callee.text in program.functions)
        self.called = {name: tuple(c.callee.text for c in calls(d.body)) for name, d in declarations.items()}
        self.telling = frozenset((*program.ghosts, *_read_by(program.terminal, program)))
        self.observers = frozenset(n for n, d in declarations.items() if assigns(d.body, self.telling.__contains__))
        self.editable = only if only is not None else self._of_handlers()
        self.reached = self._reached(self.editable)
        self.variables = self._variables()
        self.atoms, self.actions = self._observed()
        self._made: dict[tuple[tuple[str, Type], ...], tuple[Atom, ...]] = {}

    # ------------------------------------------------------------------------------------------ what may be changed

    def _of_handlers(self) -> tuple[str, ...]:
        """Handlers and the functions with an effect that only handlers reach: what steps use without a handler is not the handlers' own.

        Functions that tell the properties what happens, by assigning ghosts on every way, are the model's and not the handlers'.
        """
        functions = self.program.functions
        inside = self._reached([n for n, f in functions.items() if f.is_handler] or functions)
        outside: set[str] = set()
        waiting = list(self._of_steps) if any(f.is_handler for f in functions.values()) else []
        while waiting:
            name = waiting.pop()
            if name not in outside and not functions[name].is_handler:
                outside.add(name)
                waiting.extend(c for c in self.called[name] if c in functions)
        return tuple(
            n
            for n, f in functions.items()
            if n in inside and n not in outside and f.effectful and not self.tells(self.declarations[n].body)
        )

    def _reached(self, names: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(c for c in self.called[name] if c in self.program.functions)
        return frozenset(found)

    def tells(self, block: nodes.Block) -> bool:
        """Whether something telling is assigned on every way through a block."""
        for statement in block.statements:
            match statement:
                case nodes.AssignStmt() if assigns(statement, self.telling.__contains__):
                    return True
                case nodes.LockStmt(body=body) | nodes.ForStmt(body=body) if self.tells(body):
                    return True
                case _:
                    pass
        return False

    def is_told(self, node: nodes.Node) -> bool:
        """Whether a piece of text itself assigns something telling, or calls for its effect what does."""
        if assigns(node, self.telling.__contains__):
            return True
        statements = (n.expr for n in descendants(node) if isinstance(n, nodes.ExprStmt))
        return any(isinstance(e, nodes.CallExpr) and e.callee.text in self.observers for e in statements)

    # ------------------------------------------------------------------------------------------ places

    def places(self, name: str) -> Iterator[Place]:
        """Every statement of a function, outer ones first, with the locals in scope before it."""
        function, declaration = self.program.functions[name], self.declarations[name]
        types = {local.span.start: local.type for local in function.params}
        types.update(_locals(function))
        names = {p.name.text: types[p.name.span.start] for p in declaration.params if p.name.span.start in types}
        yield from self._within(declaration.body, names, types)

    def _within(self, block: nodes.Block, names: Names, types: Mapping[int, Type]) -> Iterator[Place]:
        here = dict(names)
        for statement in block.statements:
            yield from self._statement(statement, dict(here), types)
            if isinstance(statement, nodes.LetStmt | nodes.ChooseStmt) and statement.name.span.start in types:
                here[statement.name.text] = types[statement.name.span.start]

    def _statement(self, statement: nodes.Stmt, names: Names, types: Mapping[int, Type]) -> Iterator[Place]:
        yield Place(statement, names)
        match statement:
            case nodes.IfStmt(then=then, orelse=orelse):
                yield from self._within(then, names, types)
                if isinstance(orelse, nodes.Block):
                    yield from self._within(orelse, names, types)
                elif orelse is not None:
                    yield from self._statement(orelse, names, types)
            case nodes.MatchStmt(arms=arms):
                for arm in arms:
                    yield from self._within(arm.body, names, types)
            case nodes.ForStmt(name=name, body=body):
                inner = {**names, name.text: types[name.span.start]} if name.span.start in types else names
                yield from self._within(body, inner, types)
            case nodes.LockStmt(body=body):
                yield from self._within(body, names, types)
            case _:
                pass

    def conditions(self, statement: nodes.Node, function: str) -> Iterator[nodes.Expr]:
        """The conditions that a statement itself evaluates: of `if`, and a Boolean result."""
        returns = self.program.functions[function].returns
        match statement:
            case nodes.IfStmt(condition=condition):
                yield condition
            case nodes.ReturnStmt(value=value) if value is not None and isinstance(returns, BoolType):
                yield value
            case _:
                pass

    # ------------------------------------------------------------------------------------------ what can be said

    def _variables(self) -> tuple[str, ...]:
        """Boolean constants and state variables that the editable functions read, themselves or through pure functions."""
        pure = [n for n in self.reached if not self.program.functions[n].effectful]
        read = {r.name for n in (*self.editable, *pure) for r in descendants(self.declarations[n].body) if isinstance(r, nodes.NameRef)}
        known = {**self.program.consts, **self.program.states}
        return tuple(n for n, v in known.items() if n in read and isinstance(v.type, BoolType))

    def _observed(self) -> tuple[tuple[Atom, ...], tuple[Action, ...]]:
        atoms: dict[str, Atom] = {}
        actions: dict[str, Action] = {}
        for function in self.editable:
            for place in self.places(function):
                for condition in self.conditions(place.node, function):
                    for operand in operands(condition):
                        called = {c.callee.text for c in calls(operand)}
                        if not isinstance(operand, nodes.BoolLiteral) and not called & self.observers:
                            atoms.setdefault(textually(operand), self._atom(operand, place.names))
                action = self._action(place)
                if action is not None:
                    actions.setdefault(action.text, action)
        for name in self.variables:
            atoms.setdefault(name, Atom(name, 1, f"!{name}", 2, (), False))
        return tuple(atoms.values()), tuple(actions.values())

    def _atom(self, node: nodes.Expr, names: Names) -> Atom:
        text, count = textually(node), size(node)
        flipped = {"==": "!=", "!=": "=="}
        if isinstance(node, nodes.Binary) and node.op in flipped:
            negation, negation_size = f"{textually(node.left)} {flipped[node.op]} {textually(node.right)}", count
        elif isinstance(node, nodes.Binary | nodes.Conditional):
            negation, negation_size = f"!({text})", count + 1
        else:
            negation, negation_size = f"!{text}", count + 1
        if isinstance(node, nodes.Conditional):
            text = f"({text})"
        return Atom(text, count, negation, negation_size, _needs(node, names), self.effectful(node))

    def effectful(self, node: nodes.Node) -> bool:
        functions = self.program.functions
        return any(c.callee.text in functions and functions[c.callee.text].effectful for c in calls(node))

    def _action(self, place: Place) -> Action | None:
        """An assignment of state, or a call for its effect, that does not tell the properties anything by itself."""
        node = place.node
        match node:
            case nodes.AssignStmt(target=target) if not self.is_told(node) and _root_is_state(target, self.program, place.names):
                pass
            case nodes.ExprStmt() if not self.is_told(node):
                pass
            case _:
                return None
        return Action(textually(node), size(node) - isinstance(node, nodes.ExprStmt), _needs(node, place.names))

    def made(self, names: Names) -> tuple[Atom, ...]:
        """Calls with a Boolean result, with whatever in scope fits their parameters, and the Boolean locals."""
        key = tuple(names.items())
        if key not in self._made:
            self._made[key] = tuple(self._make(names))
        return self._made[key]

    def _make(self, names: Names) -> Iterator[Atom]:
        for name, type in names.items():
            if isinstance(type, BoolType):
                yield Atom(name, 1, f"!{name}", 2, ((name, type),), False)
        direct = {c for n in self.editable for c in self.called[n]}
        terms = tuple(_terms(names))
        for name, function in self.program.functions.items():
            known = name in direct if function.effectful else name in self.reached
            if not known or function.returns != BOOL or function.is_handler or name in self.observers:
                continue
            fitting = [[t for t in terms if _fits(t.type, p.type)] for p in function.params]
            for index, args in enumerate(product(*fitting)):
                if index == MAX_ARGUMENTS:
                    break
                text = f"{name}({', '.join(a.text for a in args)})"
                count = 1 + sum(a.size for a in args)
                needs = tuple(dict.fromkeys((a.root, names[a.root]) for a in args))
                yield Atom(text, count, f"!{text}", count + 1, needs, function.effectful)

    def fitting(self, names: Names) -> tuple[Atom, ...]:
        """Every condition that can stand where these locals are in scope, each once."""
        found = {a.text: a for a in self.atoms if a.fits(names)}
        for atom in self.made(names):
            found.setdefault(atom.text, atom)
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Term:
    text: str
    type: Type
    size: int
    root: str


def _terms(names: Names) -> Iterator[_Term]:
    """What can be handed to a function: locals, fields of theirs, and what is in those that may be absent."""
    for name, type in names.items():
        yield from _parts(_Term(name, type, 1, name))
        if isinstance(type, RecordType):
            for field, part in type.fields:
                yield from _parts(_Term(f"{name}.{field}", part, 2, name))


def _parts(term: _Term) -> Iterator[_Term]:
    yield term
    if isinstance(term.type, OptionalType):
        yield _Term(f"{term.text}.value", term.type.inner, term.size + 1, term.root)


def _fits(given: Type, wanted: Type) -> bool:
    return given == wanted or (isinstance(wanted, OptionalType) and wanted.inner == given)


def _read_by(conditions: Iterable[TExpr], program: Program) -> frozenset[str]:
    """The state variables that conditions read, themselves or through functions."""
    found, seen = set[str](), set[str]()
    waiting: list[object] = list(conditions)
    while waiting:
        item = waiting.pop()
        if isinstance(item, tuple):
            waiting.extend(item)  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(item, StateRef):
            found.add(item.name)
        elif isinstance(item, Call) and item.function not in seen:
            seen.add(item.function)
            waiting.extend((*item.args, program.functions[item.function].body))
        elif is_dataclass(item):
            waiting.extend(getattr(item, f.name) for f in fields(item) if f.name not in ("span", "type"))
    return frozenset(found)


def _needs(node: nodes.Node, names: Names) -> tuple[tuple[str, Type], ...]:
    read = dict.fromkeys(n.name for n in descendants(node) if isinstance(n, nodes.NameRef))
    return tuple((name, names[name]) for name in read if name in names)


def _root_is_state(target: nodes.Expr, program: Program, names: Names) -> bool:
    name = root(target)
    return name is not None and name in program.states and name not in names


def _locals(function: Function) -> dict[int, Type]:
    found: dict[int, Type] = {}
    waiting: list[TStmt] = list(function.body)
    while waiting:
        statement = waiting.pop()
        match statement:
            case Let(local=local) | Choose(local=local):
                found[local.span.start] = local.type
            case For(local=local, body=body):
                found[local.span.start] = local.type
                waiting.extend(body)
            case If(then=then, orelse=orelse):
                waiting.extend((*then, *orelse))
            case Match(arms=arms):
                waiting.extend(s for arm in arms for s in arm.body)
            case Lock(body=body):
                waiting.extend(body)
            case _:
                pass
    return found
