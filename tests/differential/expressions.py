"""Random well-typed pure expressions as source text.

Every method takes the wanted type, a scope and a nesting budget and gives text. Integer expressions carry the interval that the
language's own
rules give them, so that nothing is generated that is certain to fail (the checker would rightly refuse it), while what may fail
at run time occurs
with the world's fault rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from mmu_smt.semantics.types import (
    BOOL,
    ArrayType,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    WordType,
    cardinality,
    index_offset,
    index_size,
)
from tests.differential.world import Callable, Scope, Variable, World, literal, spell

U8 = WordType(8)


@dataclass(frozen=True, slots=True)
class Number:
    """An integer expression and the interval it is typed with."""

    text: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Read:
    """A readable part of a variable. `root` says whether it is state (so that a prime may follow it)."""

    text: str
    type: Type
    is_state: bool


class Expressions:
    def __init__(self, world: World) -> None:
        self.world = world

    # ------------------------------------------------------------------------------------------ entry points

    def make(self, type: Type, scope: Scope, depth: int) -> str:
        """An expression of exactly this type, or one that the language coerces to it."""
        match type:
            case BoolType():
                return self.condition(scope, depth)
            case IntType():
                return self.fitted(type, scope, depth)
            case WordType():
                return self.word(scope, depth)
            case EnumType() | FlagsType() | RecordType() | ArrayType() | OptionalType():
                return self.structured(type, scope, depth)
            case _:
                assert_never(type)

    def condition(self, scope: Scope, depth: int) -> str:
        world = self.world
        if depth <= 0 or world.chance(0.12):
            return self._simple_condition(scope)
        roll = world.rng.random()
        if roll < 0.13:
            return f"!({self.condition(scope, depth - 1)})"
        if roll < 0.43:
            op = world.pick(("&&", "||", "=>", "&&", "||", "==", "!="))
            return f"({self.condition(scope, depth - 1)} {op} {self.condition(scope, depth - 1)})"
        if roll < 0.66:
            return self.comparison(scope, depth - 1)
        if roll < 0.74:
            world.tag("conditional")
            return f"({self.condition(scope, depth - 1)} ? {self.condition(scope, depth - 1)} : {self.condition(scope, depth - 1)})"
        if roll < 0.84:
            return self._quantified(scope, depth)
        if roll < 0.9:
            return self._called(BOOL, scope, depth) or self._simple_condition(scope)
        return self._simple_condition(scope)

    def comparison(self, scope: Scope, depth: int) -> str:
        """A comparison of two operands of one type (integers of any ranges)."""
        world = self.world
        roll = world.rng.random()
        if roll < 0.5:
            return self._number_comparison(scope, depth)
        if roll < 0.6 and world.words:
            world.tag("word comparison")
            return f"({self.word(scope, depth)} {world.pick(('==', '!=', '<', '<=', '>', '>='))} {self.word(scope, depth)})"
        reads = [r for r in self.reads(scope, depth) if not isinstance(r.type, BoolType | IntType | WordType)]
        if not reads:
            return self._number_comparison(scope, depth)
        read = world.pick(reads)
        if isinstance(read.type, FlagsType) and world.chance(0.5):
            world.tag("has")
            return f"({read.text} has {self._flags(read.type, scope, 0)})"
        if isinstance(read.type, OptionalType):
            other = "none" if world.chance(0.4) else self.inside(read.type.inner, scope, depth - 1)
            world.tag("optional comparison")
        else:
            other = self.make(read.type, scope, depth - 1)
            if other == read.text:
                return self._number_comparison(scope, depth)
        return f"({read.text} {world.pick(('==', '!='))} {other})"

    def inside(self, type: Type, scope: Scope, depth: int) -> str:
        """A value, for integers one whose range is certainly inside the type's: what an optional may be compared with."""
        if not isinstance(type, IntType):
            return self.make(type, scope, depth)
        reads = [
            r.text for r in self.reads(scope, 0) if isinstance(r.type, IntType) and type.low <= r.type.low and r.type.high <= type.high
        ]
        return self.world.pick(reads) if reads and self.world.chance(0.7) else literal(type, self.world.rng.randint(type.low, type.high))

    def _number_comparison(self, scope: Scope, depth: int) -> str:
        left, right = self.number(scope, depth), self.number(scope, depth)
        for _ in range(3):
            if left.text != right.text:
                break
            right = self.number(scope, depth)
        return f"({left.text} {self.world.pick(('==', '!=', '<', '<=', '>', '>='))} {right.text})"

    # ------------------------------------------------------------------------------------------ bool parts

    def _simple_condition(self, scope: Scope) -> str:
        world = self.world
        reads = [r.text for r in self.reads(scope, 0) if r.type == BOOL]
        if reads and world.chance(0.6):
            text = world.pick(reads)
            return f"!{text}" if world.chance(0.3) else text
        numbers = [r for r in self.reads(scope, 0) if isinstance(r.type, IntType)]
        if numbers and world.chance(0.7):
            read = world.pick(numbers)
            assert isinstance(read.type, IntType)
            bound = world.rng.randint(read.type.low, read.type.high)
            return f"({read.text} {world.pick(('==', '!=', '<', '<=', '>', '>='))} {literal(read.type, bound)})"
        enums = [r for r in self.reads(scope, 0) if isinstance(r.type, EnumType | FlagsType | OptionalType)]
        if enums and world.chance(0.9):
            read = world.pick(enums)
            other = self.inside(read.type.inner, scope, 0) if isinstance(read.type, OptionalType) else self.structured(read.type, scope, 0)
            if other != read.text:
                return f"({read.text} {world.pick(('==', '!='))} {other})"
        return reads[0] if reads else world.pick(("true", "false"))

    def _quantified(self, scope: Scope, depth: int) -> str:
        world = self.world
        local, domain = self._binder()
        inner = scope.with_local(local)
        kind = world.pick(("all", "any", "any", "count"))
        world.tag(kind)
        if kind == "count":
            total = world.rng.randint(0, 2)
            body = self.condition(inner, depth - 1)
            return f"(count({local.name} in {domain}: {body}) {world.pick(('==', '<=', '>', '>='))} {total})"
        if world.chance(0.25):
            second, second_domain = self._binder()
            body = self.condition(inner.with_local(second), depth - 1)
            return f"{kind}({local.name} in {domain}, {second.name} in {second_domain}: {body})"
        return f"{kind}({local.name} in {domain}: {self.condition(inner, depth - 1)})"

    def _binder(self) -> tuple[Variable, str]:
        world = self.world
        domains: list[Type] = [BOOL, IntType(0, 1), IntType(1, 2)]
        domains += [t for t in world.types if isinstance(t, (EnumType | FlagsType | OptionalType, IntType))]
        domain = world.pick(domains)
        return Variable(world.fresh("q"), domain), spell(domain)

    def _called(self, type: Type, scope: Scope, depth: int) -> str | None:
        """A call of a pure function with this result type, or None where there is none."""
        world = self.world
        if not scope.calls:
            return None
        found = [f for f in world.functions if not f.effectful and f.returns == type]
        if not found:
            return None
        world.tag("pure call")
        return self.call(world.pick(found), scope, min(depth - 1, 1))

    def call(self, function: Callable, scope: Scope, depth: int) -> str:
        return f"{function.name}({', '.join(self.make(t, scope, depth) for t in function.params)})"

    # ------------------------------------------------------------------------------------------ integers

    def fitted(self, type: IntType, scope: Scope, depth: int) -> str:
        """An integer expression that may be stored in a range: mostly safe, sometimes only checked at run time."""
        world = self.world
        value = self.number(scope, depth, type)
        if type.low <= value.low and value.high <= type.high:
            return value.text
        if value.high < type.low or value.low > type.high:
            return literal(type, world.rng.randint(type.low, type.high))
        if world.chance(world.fault_rate):
            world.tag("range check")
            return value.text
        if type.low == 0 and value.low >= 0 and world.chance(0.5):
            return f"({value.text} % {type.high + 1})"
        spare = literal(type, world.rng.randint(type.low, type.high))
        return f"({value.text} >= {literal(type, type.low)} && {value.text} <= {literal(type, type.high)} ? {value.text} : {spare})"

    def number(self, scope: Scope, depth: int, near: IntType | None = None) -> Number:
        world = self.world
        near = near or IntType(0, 2)
        if depth <= 0 or world.chance(0.3):
            return self._simple_number(scope, near)
        roll = world.rng.random()
        if roll < 0.5:
            left, right = self.number(scope, depth - 1, near), self.number(scope, 0, near)
            return self._arithmetic(left, right)
        if roll < 0.65:
            then, orelse = self.number(scope, depth - 1, near), self.number(scope, depth - 1, near)
            text = f"({self.condition(scope, depth - 1)} ? {then.text} : {orelse.text})"
            return Number(text, min(then.low, orelse.low), max(then.high, orelse.high))
        if roll < 0.75:
            local, domain = self._binder()
            world.tag("count")
            body = self.condition(scope.with_local(local), depth - 1)
            return Number(f"count({local.name} in {domain}: {body})", 0, cardinality(local.type))
        called = [t for t in {f.returns for f in world.functions if not f.effectful} if isinstance(t, IntType)]
        if roll < 0.85 and called:
            wanted = world.pick(sorted(called, key=lambda t: (t.low, t.high)))
            text = self._called(wanted, scope, depth)
            if text is not None:
                return Number(text, wanted.low, wanted.high)
        return self._simple_number(scope, near)

    def _arithmetic(self, left: Number, right: Number) -> Number:
        world = self.world
        op = world.pick(("+", "-", "*", "%", "/", "+", "-"))
        if op == "+":
            return Number(f"({left.text} + {right.text})", left.low + right.low, left.high + right.high)
        if op == "-":
            return Number(f"({left.text} - {right.text})", left.low - right.high, left.high - right.low)
        if op == "*":
            corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
            return Number(f"({left.text} * {right.text})", min(corners), max(corners))
        if left.low < 0:
            return left
        world.tag("division")
        if right.low < 0 or right.high < 1 or not world.chance(world.fault_rate * 2):
            divisor = world.rng.randint(1, 3)
            right = Number(str(divisor), divisor, divisor)
        if op == "%" and left.low == left.high and right.low == right.high:
            return left  # the checker computes it
        if op == "%":
            return Number(f"({left.text} % {right.text})", 0, min(left.high, right.high - 1))
        return Number(f"({left.text} / {right.text})", left.low // right.high, left.high // max(right.low, 1))

    def _simple_number(self, scope: Scope, near: IntType) -> Number:
        world = self.world
        reads = [r for r in self.reads(scope, 0) if isinstance(r.type, IntType)]
        if reads and world.chance(0.75):
            read = world.pick(reads)
            assert isinstance(read.type, IntType)
            return Number(read.text, read.type.low, read.type.high)
        value = world.rng.randint(near.low, near.high)
        return Number(literal(near, value), value, value)

    # ------------------------------------------------------------------------------------------ words

    def word(self, scope: Scope, depth: int) -> str:
        world = self.world
        reads = [r.text for r in self.reads(scope, 0) if r.type == U8]
        roll = world.rng.random()
        if depth <= 0 or roll < 0.3:
            if reads and world.chance(0.6):
                return world.pick(reads)
            flags = [r.text for r in self.reads(scope, 0) if isinstance(r.type, FlagsType)]
            if flags and world.chance(0.5):
                world.tag("flags to word")
                return f"u8({world.pick(flags)})"
            return f"u8({self._simple_number(scope, IntType(0, 3)).text})"
        if roll < 0.75:
            op = world.pick(("+", "-", "*", "&", "|", "^"))
            return f"({self.word(scope, depth - 1)} {op} {self.word(scope, depth - 1)})"
        if roll < 0.85:
            world.tag("shift")
            amount = str(world.rng.randint(0, 7)) if not world.chance(world.fault_rate) else f"({self.word(scope, 0)} & 15)"
            return f"({self.word(scope, depth - 1)} {world.pick(('<<', '>>'))} {amount})"
        if roll < 0.93:
            return f"({world.pick(('~', '-'))}{self.word(scope, depth - 1)})"
        return f"({self.word(scope, depth - 1)} {world.pick(('/', '%'))} u8({world.rng.randint(1, 3)}))"

    # ------------------------------------------------------------------------------------------ everything else

    def structured(self, type: Type, scope: Scope, depth: int) -> str:
        """A value of an enum, flags, record, array or optional type."""
        world = self.world
        reads = [r.text for r in self.reads(scope, depth) if r.type == type]
        if reads and world.chance(0.45):
            return world.pick(reads)
        if depth > 0 and world.chance(0.1):
            return f"({self.condition(scope, depth - 1)} ? {self.make(type, scope, depth - 1)} : {self.make(type, scope, depth - 1)})"
        if depth > 0 and world.chance(0.2):
            text = self._called(type, scope, depth)
            if text is not None:
                return text
        match type:
            case EnumType(_, members):
                return world.pick(members)
            case FlagsType():
                return self._flags(type, scope, depth)
            case RecordType(name, fields):
                world.tag("record value")
                return f"{name}({', '.join(f'{f}: {self.make(t, scope, depth - 1)}' for f, t in fields)})"
            case ArrayType(_, element):
                if reads and world.chance(0.5):
                    return world.pick(reads)
                world.tag("fill")
                return f"fill({self.make(element, scope, depth - 1)})"
            case OptionalType(inner):
                world.tag("optional value")
                return "none" if world.chance(0.4) else self.make(inner, scope, depth - 1)
            case BoolType() | IntType() | WordType():
                return self.make(type, scope, depth)

    def _flags(self, type: FlagsType, scope: Scope, depth: int) -> str:
        world = self.world
        if depth > 0 and world.words and world.chance(0.2):
            world.tag("word to flags")
            return f"{type.name}({self.word(scope, depth - 1)})"
        if depth > 0 and world.chance(0.4):
            op = world.pick(("|", "&", "^"))
            return f"({self._flags(type, scope, depth - 1)} {op} {self._flags(type, scope, depth - 1)})"
        if depth > 0 and world.chance(0.15):
            return f"(~{self._flags(type, scope, depth - 1)})"
        reads = [r.text for r in self.reads(scope, 0) if r.type == type]
        if reads and world.chance(0.5):
            return world.pick(reads)
        members = [m for m in type.members if world.chance(0.5)]
        return members[0] if len(members) == 1 and world.chance(0.5) else f"{type.name}({', '.join(members)})"

    # ------------------------------------------------------------------------------------------ reads

    def reads(self, scope: Scope, depth: int) -> list[Read]:
        """Every readable variable and one part of each compound one, sometimes primed where the scope allows it."""
        world = self.world
        found: list[Read] = []
        for variable in scope.locals:
            self._parts(Read(variable.name, variable.type, False), scope, depth, found)
        for variable in world.consts:
            if scope.states and world.chance(0.5):
                continue  # what changes is more interesting than what does not
            self._parts(Read(variable.name, variable.type, False), scope, depth, found)
        if scope.states:
            for variable in world.states:
                self._parts(Read(variable.name, variable.type, True), scope, depth, found)
        if scope.ghosts:
            for variable in world.ghosts:
                self._parts(Read(variable.name, variable.type, False), scope, depth, found)
        if scope.primes:
            found = [replace(r, text=f"{r.text}'") if r.is_state and world.chance(0.4) else r for r in found]
        return found

    def _parts(self, read: Read, scope: Scope, depth: int, found: list[Read]) -> None:
        world = self.world
        found.append(read)
        match read.type:
            case ArrayType(index, element):
                text = f"{read.text}[{self.index(index, scope, depth)}]"
                self._parts(Read(text, element, read.is_state), scope, depth, found)
            case RecordType(_, fields):
                name, type = world.pick(fields)
                self._parts(Read(f"{read.text}.{name}", type, read.is_state), scope, depth, found)
            case OptionalType(inner) if world.chance(world.fault_rate):
                found.append(Read(f"{read.text}.value", inner, read.is_state))
            case OptionalType(inner) if not isinstance(inner, RecordType | ArrayType | BoolType):
                spare = self._constant(inner)
                found.append(Read(f"({read.text} == none ? {spare} : {read.text}.value)", inner, False))
            case _:
                pass

    def _constant(self, type: Type) -> str:
        match type:
            case IntType(low, high):
                return literal(type, self.world.rng.randint(low, high))
            case EnumType(_, members):
                return self.world.pick(members)
            case FlagsType(name, _, _):
                return f"{name}()"
            case _:
                raise ValueError(f"no spare value for {type}")

    def index(self, index: IntType | EnumType, scope: Scope, depth: int) -> str:
        """An index: a constant, a variable, or a small expression."""
        plain = replace(scope, primes=False, ghosts=False)
        if depth > 0 and self.world.chance(0.4):
            return self.make(index, plain, depth - 1)
        fits = [v.name for v in scope.locals if v.type == index]
        if scope.states:
            fits += [v.name for v in self.world.states if v.type == index]
        fits += [v.name for v in self.world.consts if v.type == index]
        if fits and self.world.chance(0.65):
            return self.world.pick(fits)
        value = index_offset(index) + self.world.rng.randrange(index_size(index))
        return literal(index, value)
