"""What the tests of comparisons share: two variants of one text, compared; and the same by enumeration."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from mmu_smt.api.checking import Limits
from mmu_smt.api.comparing import Comparing, Variant, compare_programs
from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.explicit import explore
from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.machine import Configuration, Machine, Outcome, TooLarge
from mmu_smt.semantics.program import Config, Program, combine
from mmu_smt.semantics.types import Value
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.witness.comparisons import Comparison
from mmu_smt.witness.verdicts import Word

Side = tuple[Program, Config]
MARKS = ("fixes", "introduces")


def sides(text: str, first: str | None, second: str | None, *configs: str) -> tuple[Side, Side]:
    workspace = Workspace.from_text(text)
    one, two = workspace.program(first), workspace.program(second)
    return (one, combine(tuple(one.configs[c] for c in configs))), (two, combine(tuple(two.configs[c] for c in configs)))


def compared(
    text: str,
    *configs: str,
    first: str | None = "one",
    second: str | None = "two",
    properties: tuple[str, ...] | None = None,
    marks: tuple[str, ...] = MARKS,
    seconds: float | None = 60.0,
    bound: int | None = None,
    scenarios: int = 24,
) -> Comparison:
    """The comparison of two variants of a text under the joined configs."""
    one, two = sides(text, first, second, *configs)
    return compare_sides(one, two, properties=properties, marks=marks, seconds=seconds, bound=bound, scenarios=scenarios)


def compare_sides(
    one: Side,
    two: Side,
    *,
    properties: tuple[str, ...] | None = None,
    marks: tuple[str, ...] = MARKS,
    seconds: float | None = 60.0,
    bound: int | None = None,
    scenarios: int = 24,
) -> Comparison:
    limits = Limits(bound=bound, seconds=seconds)
    return compare_programs(Comparing(Variant("t", *one), Variant("t", *two), properties, True, marks, limits, scenarios))


# ---------------------------------------------------------------------------------------------- by enumeration


@dataclass(frozen=True, slots=True)
class Enumerated:
    """The least number of transitions after which the next one differs in state, or in where it stops; None: never. `initial`: the two
    can begin alike."""

    state: int | None
    places: int | None
    initial: bool


Pair = tuple[tuple[Value, ...], Configuration, tuple[Value, ...], Configuration]


@deep_recursion()
def enumerate_differences(one: Side, two: Side, *, limit: int = 4_000) -> Enumerated:
    """Every common run of two programs without `choose`, in order of length. Raises TooLarge."""
    machines = Machine(*one), Machine(*two)
    starts = [_starts(m, limit) for m in machines]
    names = [n for n in machines[0].program.states if n in machines[1].program.states]
    common = frozenset((*names, *(n for n in machines[0].program.consts if n in machines[1].program.consts)))
    keyed = [[(_key(m, common, s), s) for s in found] for m, found in zip(machines, starts, strict=True)]
    nodes: list[Pair] = [(a[0], Configuration(a[1]), b[0], Configuration(b[1])) for ka, a in keyed[0] for kb, b in keyed[1] if ka == kb]
    initial = {k for k, _ in keyed[0]} == {k for k, _ in keyed[1]}
    state: int | None = None
    places: int | None = None
    depth = dict.fromkeys(nodes, 0)
    waiting = deque(nodes)
    while waiting:
        node = waiting.popleft()
        if len(depth) > limit:
            raise TooLarge("too many pairs")
        found = _compare(machines, node, names)
        if found[0] and state is None:
            state = depth[node]
        if found[1] and places is None:
            places = depth[node]
        for after in found[2]:
            if after not in depth:
                depth[after] = depth[node] + 1
                waiting.append(after)
    return Enumerated(state, places, initial)


def _starts(machine: Machine, limit: int) -> list[tuple[tuple[Value, ...], tuple[Value, ...]]]:
    found = []
    for start in Search(machine.codes, machine.config).solutions():
        found.append(start)
        if len(found) > limit // 8:
            raise TooLarge("too many initial states")
    return found


def _key(machine: Machine, common: frozenset[str], start: tuple[tuple[Value, ...], tuple[Value, ...]]) -> tuple[tuple[str, Value], ...]:
    named = {**dict(zip(machine.program.consts, start[0], strict=True)), **dict(zip(machine.program.states, start[1], strict=True))}
    return tuple(sorted((n, v) for n, v in named.items() if n in common))


def _compare(machines: tuple[Machine, Machine], node: Pair, names: list[str]) -> tuple[bool, bool, list[Pair]]:
    """Whether some transition differs in state, in places; and where the others lead."""
    consts_a, a, consts_b, b = node
    terminal = machines[0].is_terminal(consts_a, a.state) != machines[1].is_terminal(consts_b, b.state)
    here = {(o.move.step, o.move.args, o.move.resume): o for o in machines[0].successors(consts_a, a)}
    there = {(o.move.step, o.move.args, o.move.resume): o for o in machines[1].successors(consts_b, b)}
    state, places = terminal or here.keys() != there.keys(), False
    onward: list[Pair] = []
    for label in here.keys() & there.keys():
        x, y = here[label], there[label]
        if x.after is None or y.after is None:
            state |= (x.after is None) != (y.after is None)
            continue
        apart = _place(x.after) != _place(y.after)
        places |= apart
        differs = _shared(machines[0], x, names) != _shared(machines[1], y, names) or x.in_loop != y.in_loop
        state |= differs and (not apart or x.in_loop != y.in_loop)
        if not apart and not differs and not terminal:
            onward.append((consts_a, x.after, consts_b, y.after))
    return state, places, onward


def _place(configuration: Configuration) -> tuple[str, str, str] | None:
    flight = configuration.flight
    return None if flight is None else (flight.step, flight.cut.phase, flight.cut.label)


def _shared(machine: Machine, outcome: Outcome, names: list[str]) -> list[Value]:
    assert outcome.after is not None
    values = machine.valuation(outcome.after.state)
    return [values[n] for n in names]


def enumerate_marks(one: Side, two: Side, properties: list[str], *, limit: int = 60) -> dict[str, tuple[bool, bool]]:
    """For each property: does some scenario violate it in the first program and not in the second; and the other way round? Raises
    TooLarge."""
    machines = Machine(*one), Machine(*two)
    common = frozenset(n for p in (one[0].consts, one[0].states) for n in p if n in two[0].consts or n in two[0].states)
    keys = [dict.fromkeys(_key(m, common, s) for s in _starts(m, limit * 8)) for m in machines]
    answers = {p: [False, False] for p in properties}
    for key in keys[0]:
        if key not in keys[1]:
            continue
        words = [explore(*side, max_configurations=1_000, fixed=dict(key), only=properties).verdicts for side in (one, two)]
        for name in properties:
            bad = [(w[name].word is Word.VIOLATED) if name in w else False for w in words]
            answers[name][0] |= bad[0] and not bad[1]
            answers[name][1] |= bad[1] and not bad[0]
    return {p: (a, b) for p, (a, b) in answers.items()}
