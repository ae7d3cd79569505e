"""Random well-typed statement lists as source text: bodies of functions, handlers and steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    values,
)
from tests.differential.expressions import Expressions
from tests.differential.world import Callable, Scope, Variable, World, literal, spell

MOST_WAYS = 30
"""Combinations of `choose` values in one body, calls and loops multiplied out."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where statements stand.

    `returns`: the result type (None: a bare return). `effects`: state may change. `cuts`: locks and yields may stand here. `ghosts`: may be
    written. `labels`: returns may carry a rule. `handlers`: may be
    called. `locked`: inside a `lock` of this body.
    """

    scope: Scope
    returns: Type | None
    effects: bool
    cuts: bool
    ghosts: bool
    labels: bool
    handlers: bool = True
    locked: bool = False

    def inside(self, *variables: Variable) -> Place:
        return replace(self, scope=self.scope.with_local(*variables))


class Statements:
    def __init__(self, world: World, expressions: Expressions) -> None:
        self.world = world
        self.expressions = expressions
        self.wrote_ghosts = False
        self.decided = False
        self.ended = False
        self.ways = 1
        self._turns = 1

    def body(self, place: Place, size: int) -> list[str]:
        """The lines of a body; ends in a return where a result is wanted. `wrote_ghosts`, `decided` and `ways` tell what it did,
        calls included."""
        self.wrote_ghosts = self.decided = False
        self.ways = self._turns = 1
        lines, last, self.ended = self._block(place, size, 2)
        if place.returns is not None and not self.ended:
            lines.append(self._return(last))
        return lines

    # ------------------------------------------------------------------------------------------ blocks

    def _block(self, place: Place, size: int, depth: int) -> tuple[list[str], Place, bool]:
        """Statements, the place after them, and whether every path through them returns."""
        lines: list[str] = []
        for _ in range(self.world.rng.randint(1, size)):
            more, place, ended = self._statement(place, depth)
            lines += more
            if ended:
                return lines, place, True
        return lines, place, False

    def _statement(self, place: Place, depth: int) -> tuple[list[str], Place, bool]:
        world = self.world
        choices: list[tuple[int, str]] = [(3, "let")]
        if place.effects:
            choices += [(8, "assign"), (3, "call"), (1, "choose")]
        if any(v.assignable for v in place.scope.locals):
            choices.append((3, "set local"))
        if place.ghosts and world.ghosts:
            choices.append((3, "ghost"))
        if depth > 0:
            choices += [(5, "if"), (2, "match"), (2, "for")]
            if place.cuts:
                choices.append((3, "lock"))
        if place.cuts and not place.locked:
            choices.append((2, "yield"))
        if world.chance(world.fault_rate):
            choices.append((4, "assert"))
        if world.chance(0.25):
            choices.append((3, "return"))
        kind = world.rng.choices([k for _, k in choices], [w for w, _ in choices])[0]
        match kind:
            case "let":
                return self._let(place)
            case "assign":
                return [self._assign(place)], place, False
            case "set local":
                return [self._set_local(place)], place, False
            case "ghost":
                return [self._ghost(place)], place, False
            case "call":
                return [self._call_statement(place)], place, False
            case "choose":
                return self._choose(place)
            case "if":
                return self._if(place, depth)
            case "match":
                return self._match(place, depth)
            case "for":
                return self._for(place, depth)
            case "lock":
                return self._lock(place, depth)
            case "yield":
                world.tag("yield")
                return [f'yield "{world.pick(("read", "check"))}"'], place, False
            case "assert":
                world.tag("assert")
                return [f"assert {self.expressions.condition(place.scope, 1)}"], place, False
            case "return":
                return [self._return(place)], place, True
            case _:
                raise AssertionError(kind)

    # ------------------------------------------------------------------------------------------ simple statements

    def _let(self, place: Place) -> tuple[list[str], Place, bool]:
        world = self.world
        type = self._local_type()
        local = Variable(world.fresh("v"), type, assignable=True)
        if world.chance(0.3):
            value = self._effectful_value(type, place)
            if value is not None:
                return [f"let {local.name}: {spell(type)} = {value}"], place.inside(local), False
        value = self.expressions.make(type, place.scope, 2)
        return [f"let {local.name}: {spell(type)} = {value}"], place.inside(local), False

    def _local_type(self) -> Type:
        world = self.world
        small = [t for t in world.types if cardinality(t) <= 4]
        pool: list[Type] = [BOOL, BOOL, *small]
        if world.words:
            pool.append(WordType(8))
        return world.pick(pool)

    def _choose(self, place: Place) -> tuple[list[str], Place, bool]:
        world = self.world
        type = world.pick([t for t in (BOOL, *world.types) if cardinality(t) <= 3])
        if self.ways * cardinality(type) ** self._turns > MOST_WAYS:
            return self._let(place)
        self.ways *= cardinality(type) ** self._turns
        local = Variable(world.fresh("c"), type)
        world.tag("choose")
        return [f"choose {local.name}: {spell(type)}"], place.inside(local), False

    def _target(self, variable: Variable, place: Place) -> tuple[str, Type]:
        """A variable or a part of it."""
        world = self.world
        text, type = variable.name, variable.type
        while isinstance(type, ArrayType | RecordType) and world.chance(0.85):
            if isinstance(type, ArrayType):
                text, type = f"{text}[{self.expressions.index(type.index, place.scope, 1)}]", type.element
                world.tag("array write")
            else:
                name, inner = world.pick(type.fields)
                text, type = f"{text}.{name}", inner
                world.tag("field write")
        return text, type

    def _assign(self, place: Place) -> str:
        world = self.world
        target, type = self._target(world.pick(world.states), place)
        if world.chance(0.2):
            value = self._effectful_value(type, place)
            if value is not None:
                world.tag("effectful assignment")
                return f"{target} = {value}"
        return self._store(target, type, place.scope)

    def _store(self, target: str, type: Type, scope: Scope) -> str:
        world = self.world
        if isinstance(type, IntType) and type.low == 0 and world.chance(0.25):
            world.tag("compound assignment")
            if world.chance(0.6 * world.fault_rate):
                return f"{target} {world.pick(('+=', '-='))} 1"
            if world.chance(0.5):
                return (
                    f"if {target} < {type.high} {{ {target} += 1 }}"
                    if world.chance(0.5)
                    else f"{target} = ({target} + 1) % {type.high + 1}"
                )
            return f"if {target} > 0 {{ {target} -= 1 }}"
        if isinstance(type, FlagsType) and world.chance(0.4):
            return f"{target} {world.pick(('|=', '&='))} {self.expressions.make(type, scope, 1)}"
        if isinstance(type, WordType) and world.chance(0.7):
            return f"{target} = ({target} + u8({world.rng.randint(0, 3)})) & u8({world.pick((1, 3))})"
        value = self.expressions.make(type, scope, 2)
        for _ in range(3):
            if value != target:
                break
            value = self.expressions.make(type, scope, 2)
        return f"{target} = {value}"

    def _set_local(self, place: Place) -> str:
        local = self.world.pick([v for v in place.scope.locals if v.assignable])
        target, type = self._target(local, place)
        self.world.tag("local assignment")
        return self._store(target, type, place.scope)

    def _ghost(self, place: Place) -> str:
        world = self.world
        target, type = self._target(world.pick(world.ghosts), place)
        self.wrote_ghosts = True
        world.tag("ghost write")
        return f"{target} = {self.expressions.make(type, replace(place.scope, ghosts=True), 2)}"

    def _callable(self, place: Place) -> list[Callable]:
        found = [f for f in self.world.functions if f.effectful and (place.ghosts or not f.writes_ghosts)]
        return [f for f in found if (place.handlers or not f.decides) and self.ways * f.ways**self._turns <= MOST_WAYS]

    def _note_call(self, function: Callable) -> None:
        self.wrote_ghosts |= function.writes_ghosts
        self.decided |= function.decides
        self.ways *= function.ways**self._turns
        self.world.tag("handler call" if function.is_handler else "effectful call")

    def _call_statement(self, place: Place) -> str:
        found = self._callable(place)
        if not found:
            return self._assign(place)
        function = self.world.pick(found)
        self._note_call(function)
        return self.expressions.call(function, place.scope, 1)

    def _effectful_value(self, type: Type, place: Place) -> str | None:
        """A right-hand side that calls an effectful function; None where there is none of this type."""
        world = self.world
        if not place.effects:
            return None
        if isinstance(type, BoolType) and world.chance(0.6):
            return self.effectful_condition(place, 2)
        return self._direct_call(type, place)

    def _direct_call(self, type: Type, place: Place) -> str | None:
        found = [f for f in self._callable(place) if f.returns == type] if place.effects else []
        if not found:
            return None
        function = self.world.pick(found)
        self._note_call(function)
        return self.expressions.call(function, place.scope, 1)

    def effectful_condition(self, place: Place, depth: int) -> str:
        """A condition in which effectful calls stand where the language allows them."""
        world = self.world
        roll = world.rng.random()
        if depth > 0 and roll < 0.45:
            op = world.pick(("&&", "||"))
            return f"({self.effectful_condition(place, depth - 1)} {op} {self.effectful_condition(place, depth - 1)})"
        if depth > 0 and roll < 0.6:
            return f"!{self.effectful_condition(place, depth - 1)}"
        found = [f for f in self._callable(place) if f.returns is not None]
        if not found or world.chance(0.3):
            return self.expressions.condition(place.scope, 1)
        function = world.pick(found)
        assert function.returns is not None
        self._note_call(function)
        world.tag("call in a condition")
        call = self.expressions.call(function, place.scope, 1)
        if isinstance(function.returns, BoolType):
            return call
        inner = function.returns.inner if isinstance(function.returns, OptionalType) else function.returns
        right = self.expressions.inside(inner, place.scope, 0)
        return f"({call} {world.pick(('==', '!='))} {right})"

    def _return(self, place: Place) -> str:
        world = self.world
        if place.locked:
            world.tag("return in lock")
        if place.returns is None:
            world.tag("bare return")
            return f"return @{world.pick(world.rules)}" if place.labels and world.rules and world.chance(0.5) else "return"
        value = self._effectful_value(place.returns, place) if world.chance(0.15) else None
        text = value or self.expressions.make(place.returns, place.scope, 1)
        if place.labels and world.rules and world.chance(0.6):
            world.tag("labelled return")
            return f"return {text} @{world.pick(world.rules)}"
        return f"return {text}"

    # ------------------------------------------------------------------------------------------ compound statements

    def _condition(self, place: Place) -> str:
        if place.effects and self.world.chance(0.4):
            return self.effectful_condition(place, 2)
        return self.expressions.condition(place.scope, 2)

    def _if(self, place: Place, depth: int) -> tuple[list[str], Place, bool]:
        world = self.world
        condition = self._condition(place)
        then, _, then_ended = self._block(place, 2, depth - 1)
        lines = [f"if {condition} {{", *indented(then)]
        if world.chance(0.15):
            other, _, _ = self._block(place, 1, 0)
            lines += [f"}} else if {self._condition(place)} {{", *indented(other)]
        if world.chance(0.45):
            orelse, _, else_ended = self._block(place, 2, depth - 1)
            if len(lines) == len(then) + 1:
                return [*lines, "} else {", *indented(orelse), "}"], place, then_ended and else_ended
            if not else_ended:
                return [*lines, "} else {", *indented(orelse), "}"], place, False
        return [*lines, "}"], place, False

    def _match(self, place: Place, depth: int) -> tuple[list[str], Place, bool]:
        world = self.world
        subjects: list[Type] = [t for t in world.types if isinstance(t, EnumType | OptionalType)]
        subjects += [t for t in world.types if isinstance(t, IntType) and t.low >= 0]
        type = world.pick([BOOL, *subjects])
        value = self._direct_call(type, place) if world.chance(0.3) else None
        if value is not None:
            world.tag("effectful match")
        subject = value or self.expressions.make(type, place.scope, 1)
        if isinstance(type, OptionalType):
            reads = [r.text for r in self.expressions.reads(place.scope, 0) if r.type == type]
            if value is None and not reads:
                return self._let(place)
            subject = value or world.pick(reads)
        elif isinstance(type, IntType) and value is None:
            reads = [r.text for r in self.expressions.reads(place.scope, 0) if r.type == type]
            if not reads:
                return self._let(place)
            subject = world.pick(reads)
        world.tag("match")
        patterns = ["none"] if isinstance(type, OptionalType) else [literal(type, v) for v in values(type)]
        world.rng.shuffle(patterns)
        wild = isinstance(type, OptionalType) or world.chance(0.4)
        if wild and not isinstance(type, OptionalType):
            patterns = patterns[: max(1, len(patterns) - 1)]
        groups: list[list[str]] = [[patterns.pop()]]
        while patterns:
            if world.chance(0.3):
                groups[-1].append(patterns.pop())
            else:
                groups.append([patterns.pop()])
        lines, ended = [f"match {subject} {{"], True
        for head in [", ".join(g) for g in groups] + ["_"] * wild:
            body, _, arm_ended = self._block(place, 2, depth - 1)
            ended = ended and arm_ended
            lines += indented([f"{head} => {{", *indented(body), "}"])
        return [*lines, "}"], place, ended

    def _for(self, place: Place, depth: int) -> tuple[list[str], Place, bool]:
        world = self.world
        domains: list[Type] = [IntType(0, 1), IntType(0, 2), IntType(1, 2)]
        domains += [t for t in world.types if isinstance(t, EnumType | IntType) and cardinality(t) <= 3]
        type = world.pick(domains)
        local = Variable(world.fresh("i"), type)
        self._turns *= cardinality(type)
        body, _, ended = self._block(place.inside(local), 2, depth - 1)
        self._turns //= cardinality(type)
        if ended:
            world.tag("early return in for")
            body = [f"if {self.expressions.condition(place.inside(local).scope, 1)} {{", *indented(body), "}"]
        world.tag("for")
        return [f"for {local.name} in {spell(type)} {{", *indented(body), "}"], place, False

    def _lock(self, place: Place, depth: int) -> tuple[list[str], Place, bool]:
        world = self.world
        world.tag("nested lock" if place.locked else "lock")
        body, _, ended = self._block(replace(place, locked=True), 3, depth - 1)
        return [f"lock {world.pick(('big', 'small'))} {{", *indented(body), "}"], place, ended


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
