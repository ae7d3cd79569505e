"""Initial states: the values of constants and state that satisfy assumptions, initial values and initial conditions.

The search narrows on demand, as Korat does (Boyapati, Khurshid, Marinov: "Korat: automated testing based on Java predicates", ISSTA 2002):
every leaf of every variable starts as a `Hole`; a condition that is evaluated while holes remain either is decided without them, or touches
one, and that one is chosen next. So a condition prunes as soon as what it reads is chosen, and leaves that no condition reads are filled in
at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Never, Protocol, TypeAlias, cast

from mmu_smt.interpret.evaluate import Evaluate, Memory, RuntimeFault, Scope, domain_of, is_member, size_of
from mmu_smt.interpret.machine import MAX_INSTANCES, State, TooLarge
from mmu_smt.interpret.run import Codes
from mmu_smt.semantics.program import BinaryExpr, BinaryOp, Condition, Config, Quantifier, QuantifierOf, TExpr, Variable
from mmu_smt.semantics.types import (
    ArrayType,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    Value,
    WordType,
    cardinality,
    default_value,
    index_size,
    show_value,
    type_name,
    values,
)

Initial: TypeAlias = tuple[tuple[Value, ...], State]
Path: TypeAlias = tuple[int, ...]


class Needed(Exception):
    """A condition cannot be decided before this hole is filled."""

    def __init__(self, hole: Hole) -> None:
        super().__init__(str(hole.path))
        self.hole = hole


class Hole:
    """A leaf that has no value yet: whatever is done with it raises Needed.

    `path`: (0, slot, …) into the constants, (1, slot, …) into the state. `definition`: gives the value of a state variable with an
    initial expression.
    """

    __slots__ = ("definition", "path", "type")

    def __init__(self, path: Path, type: Type, definition: Evaluate | None = None) -> None:
        self.path = path
        self.type = type
        self.definition = definition

    def __eq__(self, other: object) -> bool:
        raise Needed(self)

    def __hash__(self) -> int:
        raise Needed(self)

    def __bool__(self) -> bool:
        raise Needed(self)

    def __getitem__(self, key: object) -> Never:
        raise Needed(self)

    def __index__(self) -> Never:
        raise Needed(self)

    def _needed(self, *operands: object) -> Never:
        raise Needed(self)

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _needed  # pyright: ignore[reportAssignmentType]
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _needed
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _needed
    __neg__ = __invert__ = _needed


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """A partial valuation: values with holes, and the conditions that are not decided yet."""

    banks: tuple[tuple[Value, ...], tuple[Value, ...]]
    pending: tuple[Evaluate, ...]


class Order(Protocol):
    """How alternatives of one hole are listed, and how a hole that nothing constrains is filled."""

    def alternatives(self, hole: Hole, listed: Sequence[Value]) -> Iterable[Value]: ...

    def fill(self, type: Type) -> Iterable[Value]: ...


class Exhaustive:
    """All alternatives, in increasing order. Raises TooLarge where a leaf has more than MAX_INSTANCES values."""

    def alternatives(self, hole: Hole, listed: Sequence[Value]) -> Iterable[Value]:
        if size_of(listed) > MAX_INSTANCES:
            raise TooLarge(f"a {type_name(hole.type)} has {size_of(listed)} values, more than {MAX_INSTANCES}")
        return listed

    def fill(self, type: Type) -> Iterable[Value]:
        if cardinality(type) > MAX_INSTANCES:
            raise TooLarge(f"a {type_name(type)} has {cardinality(type)} values, more than {MAX_INSTANCES}")
        return domain_of(type)


class Sampled:
    """Alternatives in random order (of a large type only some of them), and one random value for each unconstrained hole."""

    LISTED = 256
    DRAWN = 32

    def __init__(self, random: Random) -> None:
        self._random = random
        self.complete = True  # no alternative has been left out

    def alternatives(self, hole: Hole, listed: Sequence[Value]) -> Iterable[Value]:
        size = size_of(listed)
        if size <= self.LISTED:
            return self._random.sample(listed, size)
        self.complete = False
        drawn = [listed[self._random.randrange(size)] for _ in range(self.DRAWN)]
        return dict.fromkeys((*drawn, listed[0], listed[1], listed[-1]))

    def fill(self, type: Type) -> Iterable[Value]:
        return (random_value(type, self._random),)


class Search:
    """Finds initial valuations of a program under a config."""

    def __init__(self, codes: Codes, config: Config) -> None:
        self._codes = codes
        program = codes.program
        self._variables: tuple[tuple[Variable, ...], ...] = (tuple(program.consts.values()), tuple(program.states.values()))
        self.conditions: tuple[Condition, ...] = (*program.assumptions, *config.assumptions, *program.inits)
        self._scope = Scope()
        self._checks = tuple(c for condition in self.conditions for c in self._conjuncts(condition.condition))
        self._whole = tuple(codes.expressions.compile(condition.condition, self._scope) for condition in self.conditions)
        self._definitions: dict[str, Evaluate] = {}
        for variable in program.states.values():
            if variable.initial is not None:
                self._definitions[variable.name] = codes.expressions.compile(variable.initial, self._scope)

    def _conjuncts(self, expr: TExpr) -> Iterator[Evaluate]:
        """The condition as smaller ones that hold together iff it does. Order does not matter: one that faults excludes the whole."""
        match expr:
            case BinaryExpr(op=BinaryOp.AND, left=left, right=right):
                yield from self._conjuncts(left)
                yield from self._conjuncts(right)
            case QuantifierOf(kind=Quantifier.ALL, local=local, body=body) if cardinality(local.type) <= 64:
                slot = self._scope.slot(local)
                for part in list(self._conjuncts(body)):
                    for value in domain_of(local.type):
                        yield _bound(slot, value, part)
            case _:
                yield self._codes.expressions.compile(expr, self._scope)

    def solutions(
        self, fixed: Mapping[str, Value] | None = None, order: Order | None = None, *, limit: int | None = None
    ) -> Iterator[Initial]:
        """Every initial valuation in which the named variables have the given values (which must be of their types).

        `limit`: number of partial valuations that may be tried; TooLarge is raised beyond it.
        """
        chosen: Order = order or Exhaustive()
        tried = 0
        stack: list[Iterator[_Node]] = [iter((self._root(fixed or {}),))]
        while stack:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
                continue
            tried += 1
            if limit is not None and tried > limit:
                raise TooLarge(f"no end of the search for initial states after {limit} partial valuations")
            examined = self._examine(node)
            if examined is None:
                continue
            pending, hole = examined
            if hole is None:
                yield from self._filled(node.banks, chosen)
            else:
                stack.append(self._children(_Node(node.banks, pending), hole, chosen))

    def _root(self, fixed: Mapping[str, Value]) -> _Node:
        banks: list[tuple[Value, ...]] = []
        for bank, variables in enumerate(self._variables):
            row: list[Value] = []
            for slot, variable in enumerate(variables):
                definition = self._definitions.get(variable.name) if bank == 1 else None
                if definition is not None:
                    row.append(_as_value(Hole((bank, slot), variable.type, definition)))
                elif variable.name in fixed:
                    row.append(fixed[variable.name])
                else:
                    row.append(_holes((bank, slot), variable.type))
            banks.append(tuple(row))
        wanted = tuple(
            self._fixed_check(slot, fixed[v.name])
            for slot, v in enumerate(self._variables[1])
            if v.name in fixed and v.name in self._definitions
        )
        return _Node((banks[0], banks[1]), (*self._checks, *wanted))

    @staticmethod
    def _fixed_check(slot: int, wanted: Value) -> Evaluate:
        """A variable with an initial expression has the fixed value only if the expression gives it."""
        return lambda memory, frame: memory.state[slot] == wanted

    def _memory(self, banks: tuple[tuple[Value, ...], ...]) -> Memory:
        return Memory(banks[0], banks[1], self._codes.ghost_defaults)

    def _examine(self, node: _Node) -> tuple[tuple[Evaluate, ...], Hole | None] | None:
        """The conditions that are still undecided, and the hole to fill next; None if a condition is false.

        A hole that alone decides some condition is filled first, and that condition is then the first to be looked at.
        """
        memory = self._memory(node.banks)
        frame: list[Value] = [None] * self._scope.size
        pending: list[tuple[Evaluate, Hole]] = []
        for check in node.pending:
            try:
                if not check(memory, frame):
                    return None
            except RuntimeFault:
                return None
            except Needed as needed:
                pending.append((check, needed.hole))
        if not pending:
            return (), None
        first = next((i for i, (check, hole) in enumerate(pending) if self._decides(node, check, hole)), 0)
        check, hole = pending[first]
        return (check, *(c for i, (c, _) in enumerate(pending) if i != first)), hole

    def _decides(self, node: _Node, check: Evaluate, hole: Hole) -> bool:
        """True iff some value of the hole decides the condition (the value that is tried stands for all)."""
        if hole.definition is not None or isinstance(hole.type, OptionalType):
            return False
        filled = _filled_at(node.banks, hole.path, default_value(hole.type))
        try:
            check(self._memory(filled), [None] * self._scope.size)
        except Needed:
            return False
        except RuntimeFault:
            pass
        return True

    def _children(self, node: _Node, hole: Hole, order: Order) -> Iterator[_Node]:
        if hole.definition is not None:
            try:
                value = hole.definition(self._memory(node.banks), [None] * self._scope.size)
            except RuntimeFault:
                return
            except Needed as needed:
                missing: Hole | None = needed.hole
            else:
                missing = next(_holes_in(value), None)  # a value that is only passed on is not looked at
                if missing is None:
                    yield _Node(_filled_at(node.banks, hole.path, value), node.pending)
            if missing is not None:
                yield from self._children(node, missing, order)
            return
        for value in order.alternatives(hole, _alternatives(hole)):
            yield _Node(_filled_at(node.banks, hole.path, value), node.pending)

    def _filled(self, banks: tuple[tuple[Value, ...], tuple[Value, ...]], order: Order) -> Iterator[Initial]:
        """Every way to fill the remaining holes, none of which any condition depends on."""
        holes = [hole for bank in banks for value in bank for hole in _holes_in(value)]
        free = [h for h in holes if h.definition is None]
        defined = [h for h in holes if h.definition is not None]
        for filling in product(*(order.fill(h.type) for h in free)):
            full = banks
            for hole, value in zip(free, filling, strict=True):
                full = _filled_at(full, hole.path, value)
            try:
                for hole in defined:
                    assert hole.definition is not None
                    full = _filled_at(full, hole.path, hole.definition(self._memory(full), [None] * self._scope.size))
            except RuntimeFault:
                continue
            yield full

    def given(self, consts: Mapping[str, Value]) -> dict[str, Value]:
        """What the constants give to the state variables with an initial expression; without those for which it faults."""
        memory = self._memory((tuple(consts[v.name] for v in self._variables[0]), ()))
        values = {name: self._value(evaluate, memory) for name, evaluate in self._definitions.items()}
        return {name: value[0] for name, value in values.items() if value is not None}

    def objection(self, consts: Mapping[str, Value], state: Mapping[str, Value]) -> str | None:
        """Why full valuations are not initial; None if they are."""
        for variables, given, kind in ((self._variables[0], consts, "constant"), (self._variables[1], state, "state variable")):
            for variable in variables:
                if variable.name not in given:
                    return f"{kind} {variable.name} has no value"
                if not is_member(variable.type, given[variable.name]):
                    return f"{given[variable.name]} is no value of {kind} {variable.name}"
        memory = self._memory((tuple(consts[v.name] for v in self._variables[0]), tuple(state[v.name] for v in self._variables[1])))
        for variable in self._variables[1]:
            definition = self._definitions.get(variable.name)
            if definition is not None and self._value(definition, memory) != (state[variable.name],):
                return f"{variable.name} is {show_value(variable.type, state[variable.name])}, not its initial value"
        for condition, check in zip(self.conditions, self._whole, strict=True):
            if self._value(check, memory) != (True,):
                return f"{condition.name} does not hold"
        return None

    def _value(self, evaluate: Evaluate, memory: Memory) -> tuple[Value] | None:
        """The value in a tuple of its own; None where it faults."""
        try:
            return (evaluate(memory, [None] * self._scope.size),)
        except RuntimeFault:
            return None


def random_value(type: Type, random: Random) -> Value:
    """A value of the type, evenly drawn part by part (an optional is none half of the time)."""
    match type:
        case BoolType():
            return random.random() < 0.5
        case IntType(low, high):
            return random.randint(low, high)
        case WordType(bits):
            return random.getrandbits(bits)
        case EnumType(_, members):
            return random.randrange(len(members))
        case FlagsType(_, members, _):
            return random.getrandbits(len(members)) if members else 0
        case RecordType(_, fields):
            return tuple(random_value(t, random) for _, t in fields)
        case ArrayType(index, element):
            return tuple(random_value(element, random) for _ in range(index_size(index)))
        case OptionalType(inner):
            return None if random.random() < 0.5 else random_value(inner, random)


def _bound(slot: int, value: Value, part: Evaluate) -> Evaluate:
    def evaluate(memory: Memory, frame: list[Value]) -> Value:
        frame[slot] = value
        return part(memory, frame)

    return evaluate


def _as_value(hole: Hole) -> Value:
    """A hole stands where a value will: it answers to every operation by raising Needed."""
    return cast(Value, cast(object, hole))


def _holes(path: Path, type: Type) -> Value:
    """A value of the type that is all holes."""
    match type:
        case RecordType(_, fields):
            return tuple(_holes((*path, i), t) for i, (_, t) in enumerate(fields))
        case ArrayType(index, element):
            return tuple(_holes((*path, i), element) for i in range(index_size(index)))
        case _:
            return _as_value(Hole(path, type))


def _alternatives(hole: Hole) -> Sequence[Value]:
    """What can stand in a hole: the values of a scalar; for an optional none, or something that may have holes in turn."""
    if isinstance(hole.type, OptionalType):
        inner = hole.type.inner
        return (None, *values(inner)) if cardinality(inner) <= Sampled.LISTED else (None, _holes(hole.path, inner))
    return domain_of(hole.type)


def _holes_in(value: Value) -> Iterator[Hole]:
    if isinstance(value, Hole):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _holes_in(part)


def _filled_at(banks: tuple[tuple[Value, ...], tuple[Value, ...]], path: Path, value: Value) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    consts, state = banks
    if path[0] == 0:
        return _replaced(consts, path[1:], value), state
    return consts, _replaced(state, path[1:], value)


def _replaced(whole: tuple[Value, ...], path: Path, part: Value) -> tuple[Value, ...]:
    at = path[0]
    if len(path) == 1:
        inner = part
    else:
        nested = whole[at]
        assert isinstance(nested, tuple)
        inner = _replaced(nested, path[1:], part)
    return (*whole[:at], inner, *whole[at + 1 :])
