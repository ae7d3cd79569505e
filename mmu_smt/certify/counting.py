"""How often something has happened since it was last reset, in unary."""

from __future__ import annotations

from collections.abc import Callable

from mmu_smt.certify.smtlib import Node, Script


class Counter:
    """`at_least(t, n)`: of the first t transitions, n or more tick after the last one that resets; one that does both is a reset."""

    def __init__(self, script: Script, tick: Callable[[int], Node], reset: Callable[[int], Node]) -> None:
        self._script = script
        self._tick = tick
        self._reset = reset
        self._made: dict[tuple[int, int], Node] = {}

    def at_least(self, t: int, n: int) -> Node:
        script = self._script
        for row in range(t + 1):
            for count in range(1, n + 1):
                if (row, count) not in self._made:
                    self._made[row, count] = script.false if count > row else self._row(row, count)
        return self._made[t, n] if n else script.true

    def _row(self, t: int, n: int) -> Node:
        script = self._script
        before = self._made[t - 1, n - 1] if n > 1 else script.true
        reaches = script.all((before, self._tick(t - 1))) if n > 1 else self._tick(t - 1)
        grown = script.any((self._made[t - 1, n], reaches)) if t > n else reaches
        return script.all((script.negated(self._reset(t - 1)), grown))
