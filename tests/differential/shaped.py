"""Random systems of a few variables and guarded steps: what engines prove of them is rarely true for want of anything happening.

The general generator covers the language; its systems seldom have counters that use something up, infinite runs that fairness forbids, or
steps whose interruption matters. Here these are frequent, and the systems are small, so that many can be searched. `shaped(seed)` is a pure
function of the seed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

from tests.differential.generate import GeneratedSpec
from tests.differential.statements import indented


def shaped(seed: int) -> GeneratedSpec:
    """A random specification."""
    return _Shaped(Random(f"shaped {seed}"), seed).spec()


def budgets(seed: int) -> GeneratedSpec:
    """The same, of numbers that are used up for each other: the population for what is bounded by a sum."""
    return _Budgets(Random(f"budgets {seed}"), seed).spec()


def divided(seed: int) -> GeneratedSpec:
    """The same with constants that divide the system into cases, which are judged one by one."""
    return _Divided(Random(f"divided {seed}"), seed).spec()


@dataclass(frozen=True, slots=True)
class _Number:
    """A number: it is one of 0..high."""

    name: str
    high: int


class _Shaped:
    def __init__(self, rng: Random, seed: int) -> None:
        self.rng = rng
        self.seed = seed
        self.tags: Counter[str] = Counter()
        self.numbers = [_Number(f"n{i}", rng.choice((1, 2, 2, 3, 3, 4, 5))) for i in range(rng.choice((1, 2, 2, 3)))]
        self.flags = [f"b{i}" for i in range(rng.choice((0, 1, 1, 2)))]
        self.const = _Number("limit", rng.choice((2, 3))) if rng.random() < 0.35 else None
        self.interrupted = rng.random() < 0.4
        self.env = self.interrupted or rng.random() < 0.35
        self.steps: list[str] = []
        self.fair: list[str] = []
        self.waiting: list[str] = []  # steps that can be taken again and again, unless others prevent it
        self.handles = rng.random() < 0.3

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def tag(self, what: str) -> None:
        self.tags[what] += 1

    def spec(self) -> GeneratedSpec:
        lines = [*self._variables(), *self._conditions()]
        if self.handles:
            lines += self._handler()
        for i in range(self.rng.choice((2, 2, 3, 3))):
            lines += self._step(f"s{i}", self.rng.choice(("guest", "kvm")))
        if self.env:
            lines += self._env_step()
        lines += self._config()
        lines += self._properties()
        text = "\n".join(lines) + "\n"
        return GeneratedSpec(self.seed, text, None, ("busy",), f"shaped, {len(self.numbers)} numbers, {len(self.flags)} flags", self.tags)

    # ------------------------------------------------------------------------------------------ declarations

    def _variables(self) -> list[str]:
        lines = []
        if self.const is not None:
            lines.append(f"const limit: 0..{self.const.high}")
        for n in self.numbers:
            initial = "" if self.chance(0.12) else f" = {self.rng.choice((0, 0, n.high, self.rng.randint(0, n.high)))}"
            lines.append(f"state {n.name}: 0..{n.high}{initial}")
        return lines + [f"state {b}: bool" + ("" if self.chance(0.25) else f" = {self._bool()}") for b in self.flags]

    def _bool(self) -> str:
        return self.rng.choice(("true", "false"))

    def _conditions(self) -> list[str]:
        lines = []
        if self.const is not None and self.chance(0.7):
            self.tag("assume")
            op = self.rng.choice((">= 1", f"<= {self.const.high - 1}", f"== {self.rng.randint(0, self.const.high)}", "<= 1"))
            lines.append(f"assume known {{ limit {op} }}")
        if self.chance(0.2):
            self.tag("init")
            lines.append(f"init begins {{ {self._mild()} }}")
        if self.chance(0.2):
            self.tag("init invariant")
            lines.append(f"init invariant begun {{ {self._mild()} }}")
        if self.chance(0.55):
            self.tag("terminal")
            lines.append(f"terminal {self._atom()}")
        return lines

    def _handler(self) -> list[str]:
        n = self.rng.choice(self.numbers)
        self.tag("handler")
        return [
            "rule full",
            "handler refuse() -> bool {",
            f"    if {n.name} == {n.high} {{",
            "        return true @full",
            "    }",
            f"    return {self._atom()}",
            "}",
        ]

    # ------------------------------------------------------------------------------------------ conditions

    def _atom(self) -> str:
        """A condition over one or two variables."""
        return self._read()

    def _read(self) -> str:
        """One that reads the state."""
        if self.flags and self.chance(0.35):
            flag = self.rng.choice(self.flags)
            return flag if self.chance(0.5) else f"!{flag}"
        n = self.rng.choice(self.numbers)
        others = [m for m in self.numbers if m is not n]
        if self.const is not None and self.chance(0.25):
            return f"{n.name} {self.rng.choice(('<', '<=', '==', '>='))} limit"
        if others and self.chance(0.2):
            return f"{n.name} {self.rng.choice(('<', '<=', '==', '!='))} {self.rng.choice(others).name}"
        return f"{n.name} {self.rng.choice(('==', '!=', '<=', '>=', '<', '>'))} {self.rng.randint(0, n.high)}"

    def _mild(self) -> str:
        return f"{self._atom()} || {self._atom()}" if self.chance(0.7) else self._atom()

    def _happens(self) -> str:
        """A condition of a transition."""
        roll = self.rng.random()
        if roll < 0.55:
            return f"taken({self.rng.choice(self.steps)})"
        if roll < 0.65 and self.handles:
            return f"refuse.decides({self._bool()})" + (" @full" if self.chance(0.3) else "")
        if roll < 0.8:
            n = self.rng.choice(self.numbers)
            return f"{n.name}' {self.rng.choice(('<', '>', '!=', '<=', '>=', '=='))} {n.name}"
        if roll < 0.9:
            return f"(taken({self.rng.choice(self.steps)}) && {self._atom()})"
        return f"({self._read()})'"

    # ------------------------------------------------------------------------------------------ steps

    def _step(self, name: str, actor: str) -> list[str]:
        self.steps.append(name)
        guards, body = [], []
        for n in self.rng.sample(self.numbers, min(len(self.numbers), self.rng.choice((1, 1, 2)))):
            guard, statement = self._change(n)
            if guard and not self.chance(0.04):
                guards.append(guard)
            body.append(statement)
        if self.chance(0.3):
            guards.append(self._atom())
        if self.flags and self.chance(0.3):
            self.tag("step that waits for a flag at most")
            guards = [self.rng.choice(self.flags)] if self.chance(0.5) else []
            n = self.rng.choice(self.numbers)
            body = [self.rng.choice((f"{self.rng.choice(self.flags)} = {self._bool()}", f"{n.name} = {self.rng.choice((0, n.high))}"))]
            self.waiting.append(name)
        if self.handles and self.chance(0.6):
            call = "refuse()" if self.chance(0.4) else f"if !refuse() {{ {body.pop()} }}"
            body.insert(0, call)
        if self.interrupted and self.chance(0.75):
            body = self._cut(body)
        when = f" when {' && '.join(guards)}" if guards else ""
        return [f"step {name}() by {actor}{when} {{", *indented(body), "}"]

    def _change(self, n: _Number) -> tuple[str, str]:
        """What keeps an assignment in its range, and the assignment."""
        roll = self.rng.random()
        if self.flags and roll < 0.25:
            flag = self.rng.choice(self.flags)
            return "", f"{flag} = {self.rng.choice((f'!{flag}', f'!{flag}', 'true', 'false'))}"
        others = [m for m in self.numbers if m is not n]
        if roll < 0.52:
            return f"{n.name} < {n.high}", f"{n.name} += 1"
        if roll < 0.75:
            return f"{n.name} > 0", f"{n.name} -= 1"
        if others and roll < 0.87:
            m = self.rng.choice(others)
            self.tag("transfer")
            return f"{n.name} < {n.high} && {m.name} > 0", f"{n.name} += 1 {m.name} -= 1"
        if roll < 0.95:
            return "", f"{n.name} = {self.rng.choice((0, n.high, self.rng.randint(0, n.high)))}"
        return "", f"if {self._atom()} {{ {n.name} = {self.rng.randint(0, n.high)} }} else {{ {n.name} = 0 }}"

    def _cut(self, body: list[str]) -> list[str]:
        """A place at which others may act: what has been read before may not hold any more."""
        at = self.rng.randint(0, len(body))
        head, tail = body[:at], body[at:]
        if self.chance(0.4):
            self.tag("lock")
            return [*head, "lock big {", *indented(tail or ["let nothing: bool = true"]), "}"]
        self.tag("yield")
        seen = []
        if tail and self.chance(0.6):
            self.tag("read before a yield")
            seen = [f"let seen: bool = {self._atom()}"]
            tail = ["if seen {", *indented(tail), "}"]
        # what was so at the guard need not be so now
        return [*head, *seen, 'yield "between"', *[self._guarded(s) for s in tail]]

    def _guarded(self, line: str) -> str:
        """The statement, with its range seen to again where it counts."""
        for n in self.numbers:
            if line.strip() == f"{n.name} += 1":
                return f"if {n.name} < {n.high} {{ {line.strip()} }}"
            if line.strip() == f"{n.name} -= 1":
                return f"if {n.name} > 0 {{ {line.strip()} }}"
        return line

    def _env_step(self) -> list[str]:
        self.steps.append("e")
        self.tag("env step")
        guard, statement = self._change(self.rng.choice(self.numbers))
        guards = [g for g in (guard, self._atom() if self.chance(0.4) else "") if g]
        when = f" when {' && '.join(guards)}" if guards else ""
        return [f"step e() by env{when} {{", f"    {statement}", "}"]

    def _config(self) -> list[str]:
        clauses = []
        for name in self.steps:
            is_env = name == "e"
            fair = ""
            if self.chance(0.2 if is_env else 0.8 if name in self.waiting else 0.35):
                strength = self.rng.choice(("weakly", "strongly"))
                self.tag(f"{strength} fair")
                self.fair.append(name)
                fair = f" {strength} fair"
            if not is_env and not fair:
                continue
            when = f" when {self._atom()}" if is_env and self.chance(0.25) else ""
            stem = " in stem" if is_env and self.chance(0.25) else ""
            clauses.append(f"enable {name}{when}{stem}{fair}")
        return ["config busy {", *indented(clauses), "}"]

    # ------------------------------------------------------------------------------------------ properties

    def _properties(self) -> list[str]:
        kinds = ("invariant", "bound", "bound", "step", "cover", "lasso", "within", "least")
        wanted = [*self.rng.sample(kinds, 5), "progress", "progress"]
        return [self._property(kind, f"p{i}") for i, kind in enumerate(wanted)]

    def _property(self, kind: str, name: str) -> str:
        never = self._happens() if self.chance(0.55) else "false"
        if kind in ("progress", "lasso") and self.fair and self.chance(0.5):
            self.tag("fair step excluded")
            never = f"taken({self.rng.choice([f for f in self.fair if f in self.waiting] or self.fair)})"
        lasso = f"{{ recurs {self._happens()} never {never} }}"
        match kind:
            case "invariant":
                parts = (self._atom(), self._atom())
                return f"invariant {name} {{ {parts[0]} {self.rng.choice(('=>', '||'))} {parts[1]} }}"
            case "bound":
                return f"invariant {name} {{ {self._bound()} }}"
            case "step":
                return f"step property {name} {{ {self._happens()} => {self._happens()} }}"
            case "cover":
                return f"cover {name} {{ {self._happens()} && {self._atom()} }}"
            case "lasso":
                return f"cover {name} {lasso}"
            case "within":
                return f"progress {name} within {self.rng.randint(1, 3)} {lasso}"
            case "least":
                self.tag("least")
                return f"progress {name} within least {lasso}"
            case _:
                return f"progress {name} {self._measured(lasso)}"

    def _bound(self) -> str:
        """Of one or two numbers that they are at most something, which they often are: what sums are looked for."""
        bounds = []
        for n in self.rng.sample(self.numbers, min(len(self.numbers), self.rng.choice((1, 1, 2)))):
            self.tag("bound")
            most = (
                "limit" if self.const is not None and self.const.high <= n.high and self.chance(0.4) else str(self.rng.randint(0, n.high))
            )
            bounds.append(f"{n.name} <= {most}")
        return " && ".join(bounds)

    def _measured(self, lasso: str) -> str:
        """Sometimes with a measure, right or wrong."""
        if self.chance(0.5):
            return lasso
        self.tag("measure")
        n = self.rng.choice(self.numbers)
        return f"{lasso[:-1]} decreases {self.rng.choice((n.name, f'{n.high} - {n.name}'))} }}"


class _Budgets(_Shaped):
    """`tries` and the like: a number rises where another falls, and what is asked is how far."""

    def __init__(self, rng: Random, seed: int) -> None:
        super().__init__(rng, seed)
        self.tag("budgets")
        self.numbers = [_Number(f"n{i}", rng.choice((3, 4, 5))) for i in range(rng.choice((2, 2, 3)))]
        self.interrupted = rng.random() < 0.15
        self.env = self.interrupted

    def _change(self, n: _Number) -> tuple[str, str]:
        if self.chance(0.25):
            return super()._change(n)
        m = self.rng.choice([m for m in self.numbers if m is not n])
        self.tag("transfer")
        if self.flags and self.chance(0.2):
            flag = self.rng.choice(self.flags)
            return f"{n.name} < {n.high} && {flag}", f"{n.name} += 1 {flag} = false"
        # nothing else keeps the one that rises in its range, as a rule, than that the other is used up
        return f"{m.name} > 0" + (f" && {n.name} < {n.high}" if self.chance(0.7) else ""), f"{n.name} += 1 {m.name} -= 1"

    def _properties(self) -> list[str]:
        wanted = ("bound", "bound", "bound", "step", "within", "least", "progress")
        return [self._property(kind, f"p{i}") for i, kind in enumerate(wanted)]


class _Divided(_Shaped):
    """What steps do, and what is asked, hangs on `mode` and `kind`."""

    def _variables(self) -> list[str]:
        self.tag("cases")
        self.kinds = ("RED", "GREEN", "BLUE")[: self.rng.choice((2, 3))]
        lines = [f"enum Kind {{ {', '.join(self.kinds)} }}", "const kind: Kind @cases"]
        lines += ["const mode: bool" + (" @cases" if self.chance(0.3) else "")]
        if self.chance(0.25):
            self.tag("assume")
            lines.append(f"assume some {{ kind != {self.rng.choice(self.kinds)} || {self.rng.choice(('mode', '!mode'))} }}")
        return lines + super()._variables()

    def _atom(self) -> str:
        roll = self.rng.random()
        if roll < 0.2:
            return f"kind {self.rng.choice(('==', '!='))} {self.rng.choice(self.kinds)}"
        if roll < 0.3:
            return self.rng.choice(("mode", "!mode"))
        return super()._atom()
