"""Random events and properties as source text."""

from __future__ import annotations

import re
from zlib import crc32

from mmu_smt.semantics.types import BOOL, FlagsType, IntType, OptionalType, values
from tests.differential.expressions import Expressions
from tests.differential.world import Scope, Variable, World, literal

KINDS = ("invariant", "step property", "progress", "cover", "cover lasso", "within", "least")


class Properties:
    def __init__(self, world: World, expressions: Expressions) -> None:
        self.world = world
        self.expressions = expressions

    def lines(self) -> list[str]:
        """Declarations of up to two events and five properties, one of which asks for progress."""
        world = self.world
        lines: list[str] = []
        for _ in range(world.rng.choice((0, 1, 2))):
            name = world.fresh("ev")
            lines.append(f"event {name} {{ {self._occurrence(1)} }}")
            world.events.append(name)
            world.tag("event")
        return lines + [self._property(kind) for kind in (*world.rng.sample(KINDS, 4), "progress")]

    def _occurrence(self, depth: int) -> str:
        """A condition of a transition: an event, a decision, a step taken, or any step expression."""
        world = self.world
        if world.ghosts and world.chance(0.15):
            world.tag("ghost read")
            return self._about(world.pick(world.ghosts))
        roll = world.rng.random()
        if roll < 0.28:
            handlers = [f for f in world.functions if f.is_handler and not isinstance(f.returns, FlagsType | OptionalType)]
            if handlers:
                handler = world.pick(handlers)
                assert handler.returns is not None
                value = literal(handler.returns, world.pick(list(values(handler.returns))))
                world.tag("decides")
                text = f"{handler.name}.decides({value})"
                if world.rules and world.chance(0.55):
                    world.tag("decides under a rule")
                    text += f" @{world.pick(world.rules)}"
                return text
        if roll < 0.4:
            world.tag("taken")
            env = [name for name, actor, _ in world.steps if actor == "env"]
            return f"taken({world.pick(env if env and world.chance(0.5) else [name for name, _, _ in world.steps])})"
        if roll < 0.5 and world.events:
            world.tag("event use")
            return world.pick(world.events)
        if roll < 0.65 and depth > 0:
            return f"({self._occurrence(depth - 1)} {world.pick(('&&', '||', '=>'))} {self._occurrence(depth - 1)})"
        if roll < 0.72:
            return f"!({self._occurrence(0)})"
        if roll < 0.8:
            text = self.expressions.condition(Scope(), 1)
            if any(re.search(rf"\b{v.name}\b", text) for v in world.states):
                world.tag("primed expression")
                return f"({text})'"
            return text
        world.tag("step expression")
        return self.expressions.condition(Scope(ghosts=True, primes=True), 1)

    def _about(self, ghost: Variable) -> str:
        """A comparison of a ghost with a constant that is not its default, where it has one."""
        world = self.world
        if ghost.type == BOOL:
            return ghost.name
        constants = [literal(ghost.type, v) for v in values(ghost.type)]
        return f"{ghost.name} {world.pick(('==', '!='))} {world.pick(constants[1:] or constants)}"

    def _measured(self, lasso: str) -> str:
        """Sometimes with a number of the state as a measure, right or wrong. The draw is the text's, so that nothing else depends on it."""
        numbers = [v.name for v in self.world.states if isinstance(v.type, IntType)]
        draw = crc32(lasso.encode())
        if not numbers or draw % 2:
            return lasso
        self.world.tag("measure")
        name = numbers[draw // 2 % len(numbers)]
        return f"{lasso[:-1]} decreases {name if draw % 3 else f'7 - {name}'} }}"

    def _property(self, kind: str) -> str:
        world = self.world
        world.tag(kind)
        name = world.fresh("prop")
        lasso = f"{{ recurs {self._occurrence(1)} never {self._occurrence(0) if world.chance(0.7) else 'false'} }}"
        match kind:
            case "invariant":
                left, right = self.expressions.condition(Scope(), 1), self.expressions.condition(Scope(), 1)
                condition = f"{left} => {right}" if world.chance(0.5) else f"({left} || {right})"
                if world.chance(0.2):
                    condition = f"all(q{name} in bool: {condition})"
                text = f"invariant {name} {{ {condition} }}"
            case "step property":
                condition = self._occurrence(1)
                if world.chance(0.7):
                    condition = f"{self._occurrence(0)} => {condition}"
                if world.chance(0.2):
                    condition = f"{self._occurrence(0)} => ({condition})"
                text = f"step property {name} {{ {condition} }}"
            case "cover":
                text = f"cover {name} {{ {self._occurrence(1)} }}"
            case "progress":
                text = f"progress {name} {self._measured(lasso)}"
            case "cover lasso":
                text = f"cover {name} {lasso}"
            case "within":
                text = f"progress {name} within {world.rng.randint(1, 3)} {lasso}"
            case _:
                text = f"progress {name} within least {lasso}"
        if world.chance(0.06):
            world.tag("property in a config")
            text = text.replace(" {", f" in {world.pick(('plain', 'busy'))} {{", 1)
        return text
