"""Random small systems as source text, correctly typed by construction.

`generate(seed)` is a pure function of the seed. The population covers the whole language; a single system uses a part of it and
stays small enough for
an explicit search (about 2^12 initial valuations at most, far fewer where steps can be cut).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from random import Random

from mmu_smt.semantics.types import (
    BOOL,
    ArrayType,
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
from tests.differential.properties import Properties
from tests.differential.statements import Place, Statements, indented
from tests.differential.world import Callable, Scope, Variable, World, literal, spell


@dataclass(frozen=True, slots=True)
class GeneratedSpec:
    """A system: its text, the variant and configs to use (joined as `--config a,b` does), and how often each construct was written."""

    seed: int
    text: str
    variant: str | None
    configs: tuple[str, ...]
    description: str
    tags: Counter[str]


def generate(seed: int) -> GeneratedSpec:
    """A random specification."""
    return _Generator(Random(seed)).run(seed)


@dataclass(frozen=True, slots=True)
class _Body:
    """A declaration that can be overridden: its header, its place and its size."""

    word: str  # fn, handler or step
    name: str
    params: tuple[Variable, ...]
    tail: str  # between the parameters and the body
    place: Place
    size: int


class _Generator:
    def __init__(self, rng: Random) -> None:
        self.world = World(rng)
        self.expressions = Expressions(self.world)
        self.statements = Statements(self.world, self.expressions)
        self.lines: list[str] = []
        self.bodies: dict[str, tuple[_Body, list[str]]] = {}
        self.cuts = rng.random() < 0.6
        self.limit = (1 << 6 if self.cuts else 1 << 8) if rng.random() < 0.85 else (1 << 8 if self.cuts else 1 << 11)

    def run(self, seed: int) -> GeneratedSpec:
        self._types()
        self._variables()
        self._conditions()
        self._functions()
        self._steps()
        self._write(*Properties(self.world, self.expressions).lines())
        configs = self._configs()
        variant = self._variants()
        world = self.world
        text = "\n".join(self.lines) + "\n"
        size = 1
        for variable in (*world.consts, *world.states):
            size *= cardinality(variable.type)
        description = (
            f"{len(world.consts)} consts, {len(world.states)} state variables, {size} valuations, variant {variant}, configs {configs}"
        )
        return GeneratedSpec(seed, text, variant, configs, description, world.tags)

    def _write(self, *lines: str) -> None:
        self.lines += lines

    # ------------------------------------------------------------------------------------------ declarations

    def _types(self) -> None:
        world = self.world
        world.words = world.chance(0.2)
        world.fault_rate = world.pick((0.0, 0.02, 0.15))
        if world.chance(0.4):
            world.tag("param")
            high = world.rng.randint(1, 2)
            world.names += 1
            self._write(f"param N: 1..4 = {high}", f"type Small{world.names} = 0..N")
            world.types.append(IntType(0, high, f"Small{world.names}"))
        world.types.append(IntType(0, world.rng.randint(1, 3)))
        if world.chance(0.2):
            low = world.rng.randint(-2, 1)
            world.types.append(IntType(low, low + world.rng.randint(1, 2)))
        if world.chance(0.7):
            world.tag("enum")
            members = ("RED", "GREEN", "BLUE")[: world.rng.randint(2, 3)]
            self._write(f"enum Colour {{ {', '.join(members)} }}")
            world.types.append(EnumType("Colour", members))
        if world.chance(0.3):
            world.tag("flags")
            self._write("flags Mask { LEFT @0, RIGHT @5 }")
            world.types.append(FlagsType("Mask", ("LEFT", "RIGHT"), (0, 5)))
        if world.chance(0.35):
            world.tag("optional")
            inner = world.pick([t for t in world.types if cardinality(t) <= 3] or [IntType(0, 1)])
            world.types.append(OptionalType(inner))
        if world.chance(0.35):
            world.tag("record")
            fields = (("left", world.pick([BOOL, *world.types])), ("right", world.pick([BOOL, IntType(0, 1)])))
            self._write(f"record Pair {{ left: {spell(fields[0][1])}, right: {spell(fields[1][1])} }}")
            world.types.append(RecordType("Pair", fields))
        if world.chance(0.6):
            world.tag("array")
            indices = [t for t in world.types if isinstance(t, EnumType | IntType) and cardinality(t) <= 3]
            index = world.pick([IntType(0, 1), *indices])
            element = world.pick([BOOL, IntType(0, 1), *(t for t in world.types if cardinality(t) <= 3)])
            world.types.append(ArrayType(index, element))
        if world.chance(0.7):
            world.rules = ["north", "south"][: world.rng.randint(1, 2)]
            self._write(f"rule {', '.join(world.rules)}")

    def _variables(self) -> None:
        world = self.world
        room = self.limit
        for _ in range(world.rng.choice((0, 0, 1, 1, 2))):
            fits = [t for t in (BOOL, *world.types) if cardinality(t) * 4 <= room]
            if fits:
                variable = Variable(world.fresh("k"), world.pick(fits))
                room //= cardinality(variable.type)
                self._write(f"const {variable.name}: {spell(variable.type)}")
                world.consts.append(variable)
        for position in range(world.rng.randint(2, 4)):
            fits = [t for t in (BOOL, *world.types) if cardinality(t) <= room]
            if not fits:
                break
            variable = Variable(world.fresh("x"), world.pick(fits if position else fits[-2:]))
            room //= cardinality(variable.type)
            self._declare_state(variable)
        if world.words and world.chance(0.5):
            world.tag("word state")
            variable = Variable(world.fresh("w"), WordType(8))
            self._write(f"state {variable.name}: u8 = u8({world.rng.randint(0, 3)})")
            world.states.append(variable)
        for _ in range(world.rng.choice((0, 1, 1, 2))):
            world.tag("ghost")
            fits = [t for t in (BOOL, *world.types) if cardinality(t) <= 4 and isinstance(t, type(BOOL) | IntType | EnumType | FlagsType)]
            variable = Variable(world.fresh("h"), world.pick(fits))
            initial = next(iter(values(variable.type)))
            self._write(f"ghost {variable.name}: {spell(variable.type)} = {literal(variable.type, initial)}")
            world.ghosts.append(variable)

    def _declare_state(self, variable: Variable) -> None:
        world = self.world
        initial = ""
        if world.chance(0.35):
            initial = f" = {self.expressions.make(variable.type, Scope(states=False, calls=False), 1)}"
        self._write(f"state {variable.name}: {spell(variable.type)}{initial}")
        world.states.append(variable)

    def _conditions(self) -> None:
        """Assumptions, initial conditions, terminal states."""
        world = self.world
        if world.consts and world.chance(0.35):
            world.tag("assume")
            self._write(f"assume {world.fresh('a')} {{ {self._mild(Scope(states=False, calls=False))} }}")
        if world.chance(0.35):
            world.tag("init")
            self._write(f"init {world.fresh('n')} {{ {self._mild(Scope(calls=False))} }}")
        if world.chance(0.25):
            world.tag("init invariant")
            self._write(f"init invariant {world.fresh('n')} {{ {self._mild(Scope(calls=False))} }}")
        if world.chance(0.5):
            world.tag("terminal")
            self._write(f"terminal {self.expressions.condition(Scope(calls=False), 1)}")

    def _mild(self, scope: Scope) -> str:
        """A condition that rarely excludes everything."""
        left, right = self.expressions.condition(scope, 1), self.expressions.condition(scope, 1)
        return left if self.world.chance(0.2) else f"{left} {self.world.pick(('||', '=>'))} {right}"

    # ------------------------------------------------------------------------------------------ code

    def _params(self, count: int, largest: int) -> tuple[Variable, ...]:
        world = self.world
        fits = [BOOL, *(t for t in world.types if cardinality(t) <= largest)]
        return tuple(Variable(world.fresh("p"), world.pick(fits)) for _ in range(count))

    def _emit(self, body: _Body) -> list[str]:
        lines = self.statements.body(body.place, body.size)
        params = ", ".join(f"{p.name}: {spell(p.type)}" for p in body.params)
        return [f"{body.word} {body.name}({params}){body.tail} {{", *indented(lines), "}"]

    def _keep(self, body: _Body) -> None:
        lines = self._emit(body)
        self.bodies[body.name] = (body, lines)
        self._write(*lines)

    def _functions(self) -> None:
        world = self.world
        results = [BOOL, BOOL, *(t for t in world.types if cardinality(t) <= 6)]
        for _ in range(world.rng.choice((0, 1, 1, 2))):
            self._function(world.pick(results), "fn", effects=False)
        impure = ["fn"] * world.rng.choice((0, 1, 1, 2)) + ["handler"] * world.rng.choice((1, 1, 2))
        if world.chance(0.4):
            world.rng.shuffle(impure)
        for word in impure:
            simple = [t for t in results if not isinstance(t, ArrayType | RecordType)]
            self._function(world.pick(simple if word == "handler" else [*results, None]), word, effects=True)

    def _function(self, returns: Type | None, word: str, effects: bool) -> None:
        world = self.world
        is_handler = word == "handler"
        name = world.fresh("handle" if is_handler else "work" if effects else "look")
        params = self._params(world.rng.choice((0, 0, 1, 1, 2)), 4)
        cuts = effects and (self.cuts or world.chance(0.3)) and world.chance(0.7)
        ghosts = effects and (is_handler or world.chance(0.4))
        labels = is_handler or (effects and world.chance(0.3))
        place = Place(Scope(locals=params), returns, effects, cuts, ghosts, labels)
        tail = f" -> {spell(returns)}" if returns is not None else ""
        self._keep(_Body(word, name, params, tail, place, 4 if effects else 2))
        wrote, decides = self.statements.wrote_ghosts, is_handler or self.statements.decided
        world.functions.append(
            Callable(name, tuple(p.type for p in params), returns, effects, is_handler, wrote, decides, self.statements.ways)
        )
        world.tag(word if not effects or is_handler else "effectful fn")

    def _steps(self) -> None:
        world = self.world
        count = world.rng.choice((1, 2, 2, 3))
        for position in range(count):
            self._step(world.pick(("guest", "kvm")), position)
        for position in range(world.rng.choice((1, 1, 2)) if self.cuts else world.rng.choice((0, 0, 0, 1))):
            self._step("env", position)

    def _step(self, actor: str, position: int) -> None:
        world = self.world
        name = world.fresh("e" if actor == "env" else "s")
        params = self._params(world.rng.choice((0, 0, 1)), 3)
        guard = ""
        if world.chance(0.5):
            guard = f" when {self.expressions.condition(Scope(locals=params), 1)}"
        is_env = actor == "env"
        cuts = not is_env and world.chance(0.6)
        place = Place(Scope(locals=params), None, True, cuts, not is_env and world.chance(0.35), False, handlers=not is_env)
        body = _Body("step", name, params, f" by {actor}{guard}", place, 2 if is_env else 4)
        small = [v for v in world.states if cardinality(v.type) <= 4]
        if is_env and small and world.chance(0.5):
            body = self._disturbing_step(body, world.pick(small))
        elif not is_env and position == 0:
            self._handling_step(body)
        else:
            self._keep(body)
        params = body.params
        world.steps.append((name, actor, tuple(p.type for p in params)))
        world.tag(f"{actor} step")
        if params:
            world.tag("step parameters")

    def _disturbing_step(self, body: _Body, victim: Variable) -> _Body:
        """An env step that stores a parameter of its own in a state variable, and no more than that."""
        value = Variable(self.world.fresh("p"), victim.type)
        place = replace(body.place, scope=Scope(locals=(value,)))
        body = replace(body, params=(value,), tail=" by env", place=place)
        lines = [f"step {body.name}({value.name}: {spell(value.type)}) by env {{", f"    {victim.name} = {value.name}", "}"]
        self.world.tag("disturbing step")
        self.bodies[body.name] = (body, lines)
        self._write(*lines)
        return body

    def _handling_step(self, body: _Body) -> None:
        """A step that certainly calls a handler, so that decisions occur."""
        world = self.world
        handler = world.pick([f for f in world.functions if f.is_handler])
        simple = handler.ways <= 4  # so that the combinations of choices stay few
        before = self.statements.body(replace(body.place, cuts=False), 2) if simple and world.chance(0.5) else []
        if self.statements.ended:
            before = []  # the handler would never be called
        call = self.expressions.call(handler, Scope(locals=body.params), 1)
        params = ", ".join(f"{p.name}: {spell(p.type)}" for p in body.params)
        head = f"{body.word} {body.name}({params}){body.tail} {{"
        after = self.statements.body(body.place, 2) if simple and world.chance(0.5) else []
        if after and self.statements.wrote_ghosts:
            world.tag("ghost write after a handler")
        again = [self.expressions.call(handler, Scope(locals=body.params), 1)] if simple and world.chance(0.4) else []
        lines = [head, *indented([*before, call, *again, *after]), "}"]
        self.bodies[body.name] = (body, lines)
        self._write(*lines)

    # ------------------------------------------------------------------------------------------ configs and variants

    def _configs(self) -> tuple[str, ...]:
        world = self.world
        clauses: list[str] = []
        for name, actor, types in world.steps:
            if actor == "env":
                clauses += [self._enable(name, types, env=True) for _ in range(world.rng.choice((1, 1, 2)))]
            elif world.chance(0.4):
                clauses.append(self._enable(name, types, env=False))
        assume = []
        if world.consts and world.chance(0.2):
            world.tag("assume in a config")
            assume = [f"assume {world.fresh('a')} {{ {self._mild(Scope(states=False, calls=False))} }}"]
        self._write('config plain "nothing else acts"', "config busy {", *indented([*assume, *clauses]), "}", "config both = plain + busy")
        if not self.cuts and world.chance(0.7):
            return world.pick(((), ("plain",)))
        return world.pick((("busy",), ("both",), ("plain", "busy")))

    def _enable(self, name: str, types: tuple[Type, ...], env: bool) -> str:
        world = self.world
        params, when = "", ""
        if env and world.chance(0.4):
            variables = tuple(Variable(world.fresh("g"), t) for t in types)
            if variables:
                params = f"({', '.join(v.name for v in variables)})"
            when = f" when {self.expressions.condition(Scope(locals=variables), 1)}"
            world.tag("enable when")
        stem = ""
        if env and world.chance(0.3):
            stem = " in stem"
            world.tag("in stem")
        fair = ""
        if not env or world.chance(0.25):
            strength = world.pick(("weakly", "strongly"))
            fair = f" {strength} fair"
            world.tag(f"{strength} fair")
            if types and world.chance(0.5):
                fair += " each"
                world.tag("fair each")
        return f"enable {name}{params}{when}{stem}{fair}"

    def _variants(self) -> str | None:
        world = self.world
        if world.chance(0.6):
            return None
        previous, name = "", ""
        for _ in range(world.rng.choice((1, 1, 2))):
            name = world.fresh("variant_")
            overrides = self._signature_change() if world.chance(0.35) else []
            overrides = overrides or self._override_bodies()
            of = f" of {previous}" if previous else ""
            self._write(f'variant {name}{of} "a change" {{', *indented(overrides), "}")
            previous = name
        world.tag("variant")
        return name

    def _override_bodies(self) -> list[str]:
        """New bodies under unchanged signatures; a called function may only use what was declared before it."""
        world = self.world
        overrides: list[str] = []
        for name in world.rng.sample(sorted(self.bodies), min(len(self.bodies), world.rng.randint(1, 2))):
            lines = self._rewritten(self.bodies[name][0])
            overrides += [f"override {lines[0]}", *lines[1:]]
        world.tag("override")
        return overrides

    def _rewritten(self, body: _Body) -> list[str]:
        """A new body for a declaration. Later functions are hidden from it, so that no call becomes recursive."""
        functions = self.world.functions
        position = next((i for i, f in enumerate(functions) if f.name == body.name), len(functions))
        hidden = functions[position:]
        del functions[position:]
        # A rewritten function may be called where ghosts may not be written and nothing decided: only what did so before may do so again.
        allowed = body.place.ghosts and (not hidden or hidden[0].writes_ghosts)
        handlers = body.place.handlers and (not hidden or hidden[0].decides)
        try:
            return self._emit(replace(body, place=replace(body.place, ghosts=allowed, handlers=handlers)))
        finally:
            functions += hidden

    def _signature_change(self) -> list[str]:
        """One function gets a parameter more; everything that calls it is rewritten. Empty where properties or guards call it."""
        world = self.world
        candidates = []
        for name, (body, lines) in self.bodies.items():
            if body.word == "step":
                continue
            call = re.compile(rf"\b{name}\(")
            callers = [n for n, (_, text) in self.bodies.items() if n != name and any(call.search(line) for line in text[1:])]
            uses = sum(1 for line in self.lines if call.search(line))
            inside = sum(1 for n in callers for line in self.bodies[n][1] if call.search(line))
            if lines and uses == inside + 1:
                candidates.append((name, callers))
        if not candidates:
            return []
        name, callers = world.pick(candidates)
        body = self.bodies[name][0]
        extra = Variable(world.fresh("p"), BOOL)
        place = body.place.inside(extra)
        changed = replace(body, params=(*body.params, extra), place=place)
        position = next(i for i, f in enumerate(world.functions) if f.name == name)
        old = world.functions[position]
        lines = self._rewritten(changed)
        world.functions[position] = replace(old, params=(*old.params, extra.type))
        self.bodies[name] = (changed, lines)
        overrides = [f"override {lines[0]}", *lines[1:]]
        for caller in callers:
            text = self._rewritten(self.bodies[caller][0])
            self.bodies[caller] = (self.bodies[caller][0], text)
            overrides += [f"override {text[0]}", *text[1:]]
        world.tag("signature change")
        return overrides
