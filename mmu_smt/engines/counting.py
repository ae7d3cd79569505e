"""Counting transitions in unary: how many have ticked since the last reset."""

from __future__ import annotations

from collections.abc import Callable

from mmu_smt.solve.session import Session


class Counter:
    """`at_least(t, n)`: among the first t transitions, n or more have ticked after the last one that resets.

    `tick`, `reset`: literals of transition t. A transition that does both counts as a reset. Literals are made when asked for, and are
    definitions: they restrict no run.
    """

    def __init__(self, session: Session, name: str, tick: Callable[[int], int], reset: Callable[[int], int] | None = None) -> None:
        self._session = session
        self._name = name
        self.tick = tick
        self._reset = reset
        self._columns: dict[int, list[int]] = {}  # n -> literals for t = n, n + 1, …

    def at_least(self, t: int, n: int) -> int:
        """The literal for n >= 1."""
        if n < 1:
            raise ValueError("at least none is no question")
        if n > t:
            return -self._session.true
        for column in range(1, n + 1):
            made = self._columns.setdefault(column, [])
            while len(made) <= t - column:
                made.append(self._define(column + len(made), column))
        return self._columns[n][t - n]

    def _define(self, t: int, n: int) -> int:
        """The columns before n reach row t, and column n reaches row t - 1."""
        session = self._session
        now = self.tick(t - 1)
        if n > 1:
            now = session.define_and(f"{self._name}.reaches {n}@{t - 1}", (now, self._columns[n - 1][t - n]))
        if t > n:
            now = session.define_or(f"{self._name}.keeps {n}@{t - 1}", (now, self._columns[n][t - n - 1]))
        if self._reset is None:
            return now
        return session.define_and(f"{self._name}>={n}@{t}", (now, -self._reset(t - 1)))
