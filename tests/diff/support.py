"""What the tests of differences share: the difference of two variants of one text, and the same by enumeration."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from mmu_smt.api import format_text
from mmu_smt.api.checking import Limits
from mmu_smt.api.comparing import Variant
from mmu_smt.api.differing import Differing, diff_programs, rewritten
from mmu_smt.interpret import lockstep
from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.machine import Configuration, Machine, NotEnabled, Outcome, TooLarge
from mmu_smt.semantics.program import Config, Program, combine
from mmu_smt.semantics.types import Value
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.witness.differences import Difference, Part
from mmu_smt.witness.traces import Move, Test, Valuation

Side = tuple[Program, Config]


def differing(
    text: str, *configs: str, first: str = "one", second: str = "two", verdicts: bool = False, seconds: float | None = 60.0
) -> Difference:
    """The difference of two variants of a text under the joined configs."""
    workspace = Workspace.from_text(text)
    texts = tuple({n: format_text(b.span.text) for n, b in workspace.bodies(v).items()} for v in (first, second))
    return differ_sides(*sides(text, *configs, first=first, second=second), texts=texts, verdicts=verdicts, seconds=seconds)


def sides(text: str, *configs: str, first: str = "one", second: str = "two") -> tuple[Side, Side]:
    workspace = Workspace.from_text(text)
    one, two = workspace.program(first), workspace.program(second)
    return (one, combine(tuple(one.configs[c] for c in configs))), (two, combine(tuple(two.configs[c] for c in configs)))


def differ_sides(
    one: Side,
    two: Side,
    *,
    texts: tuple[dict[str, str], ...] = ({}, {}),
    verdicts: bool = False,
    seconds: float | None = 60.0,
) -> Difference:
    asked = Differing(Variant("t", *one), Variant("t", *two), rewritten(*texts), limits=Limits(seconds=seconds), verdicts=verdicts)
    return diff_programs(asked)


@dataclass(frozen=True, slots=True)
class Place:
    """One move in a state that one of the two reaches: do they differ there, and what does each test?"""

    consts: tuple[Value, ...]
    state: Valuation
    move: tuple[str, tuple[Value, ...]]
    differs: bool
    first: tuple[Test, ...]
    second: tuple[Test, ...]

    def fits(self, part: Part) -> bool:
        return all(x.holds(self.first, self.second, self.state) for x in part.literals)


@deep_recursion()
def enumerated(one: Side, two: Side, *, limit: int = 1_500) -> Iterator[Place]:
    """Every move in every state that either program reaches; both declare the same constants and state, and choose nothing. Steps are not
    interrupted. Raises TooLarge."""
    machines = tuple(Machine(*side, paths=True, atomic=True) for side in (one, two))
    names = lockstep.Names(
        tuple(one[0].states), (), tuple(n for n, f in one[0].functions.items() if f.is_handler and n in two[0].functions)
    )
    starts = [{(c, Configuration(s)) for c, s in _starts(m, limit)} for m in machines]
    seen: set[tuple[tuple[Value, ...], Configuration]] = set()
    for machine, found in zip(machines, starts, strict=True):
        reached, waiting = set(found), deque(found)
        while waiting:
            consts, now = waiting.popleft()
            for outcome in machine.successors(consts, now):
                after = outcome.after
                if after is not None and (consts, after) not in reached:
                    reached.add((consts, after))
                    waiting.append((consts, after))
                    if len(reached) > limit:
                        raise TooLarge("too many states")
        seen |= reached
    sides = tuple(_Placed(m) for m in machines)
    for consts, now in seen:
        labels = {(o.move.step, o.move.args) for m in machines for o in m.successors(consts, now)}
        for step, args in labels:
            outcomes = tuple(_performed(m, consts, now, Move(step, args)) for m in machines)
            for side in sides:
                side.consts = consts
            found = lockstep._diverge(sides, (now, now), outcomes, names)  # type: ignore[arg-type]
            differs = found.of_behaviour or found.decisions
            tests = tuple(() if o is None else o.tests for o in outcomes)
            yield Place(consts, machines[0].valuation(now.state), (step, args), differs, tests[0], tests[1])


class _Placed:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.consts: tuple[Value, ...] = ()


def _performed(machine: Machine, consts: tuple[Value, ...], now: Configuration, move: Move) -> Outcome | None:
    try:
        return machine.perform(consts, now, move)
    except NotEnabled:
        return None


def _starts(machine: Machine, limit: int) -> Iterator[tuple[tuple[Value, ...], tuple[Value, ...]]]:
    for number, start in enumerate(Search(machine.codes, machine.config).solutions()):
        if number > limit // 4:
            raise TooLarge("too many initial states")
        yield start
