"""What is said to be minimal is: compared with every run of that length, enumerated by the interpreter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mmu_smt.api.checking import Request, check_program
from mmu_smt.api.targets import choose_config
from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.judge import Judge
from mmu_smt.interpret.machine import Configuration, Machine, Outcome
from mmu_smt.semantics.program import Config, Program
from mmu_smt.semantics.types import Value
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.witness.traces import Trace
from mmu_smt.witness.verdicts import Minima, Verdict, Word

# The invariant falls by env steps or by a bad start; what is plain is not what is shortest to write.
RACE = """\
const speed: 1..3  @minimise 2 @default 1
const noise: 0..3  @minimise 1 @default 2
const pair: [0..1]bool  @minimise 1
const spare: 0..1?  @minimise 3
state n: 0..6 = 0
state seen: [0..1]0..2  @minimise 2 @default fill(1)
step work() by guest { n = (n + speed) % 7 }
step push() by env when n < 6 { n += 1 }
step pull() by env when n > 0 { n = 0 }
assume loud { noise > 0 && (pair[0] || speed == 3) }
invariant low { n < 5 || seen[0] == 0 && noise == 2 }
invariant never_seen { !(n == 4 && seen[1] != 1 && spare != none) }
config busy { enable push  enable pull }
config calm { }
"""


def judged(text: str, name: str, config: str, **how: bool) -> tuple[Verdict, Program, Config]:
    program = Workspace.from_text(text).program(None)
    chosen = choose_config(program, [config])
    (verdict,) = check_program(Request("spec.mmu", program, chosen, (program.properties[name],), **{"explain": True, **how})).verdicts
    return verdict, program, chosen


def off(program: Program, consts: tuple[Value, ...], state: tuple[Value, ...]) -> tuple[tuple[int, int], ...]:
    """By rank, how many parts of these specifications' variables are off their defaults."""
    counts: dict[int, int] = {}
    values = dict(zip((*program.consts, *program.states), (*consts, *state), strict=True))
    for variable in (*program.consts.values(), *(v for v in program.states.values() if v.initial is None)):
        rank, value = variable.display.minimise, values[variable.name]
        assert rank is not None
        default = variable.display.default
        if isinstance(value, tuple):
            default = default if isinstance(default, tuple) else (False,) * len(value)
            counts[rank] = counts.get(rank, 0) + sum(a != b for a, b in zip(value, default, strict=True))
        else:
            counts[rank] = counts.get(rank, 0) + (value != default)
    return tuple(sorted(counts.items()))


def runs(machine: Machine, consts: tuple[Value, ...], start: Configuration, length: int) -> Iterator[tuple[Outcome, ...]]:
    if length == 0:
        yield ()
        return
    for outcome in machine.successors(consts, start):
        if outcome.after is not None:
            for rest in runs(machine, consts, outcome.after, length - 1):
                yield (outcome, *rest)


def least(program: Program, config: Config, name: str, length: int) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The least of all violating runs of that length: env steps, then parts off their defaults."""
    machine = Machine(program, config)
    condition = program.properties[name].condition
    assert condition is not None
    judge = Judge(machine.codes, condition)
    found: list[tuple[int, tuple[tuple[int, int], ...]]] = []
    for consts, state in Search(machine.codes, config).solutions():
        for run in runs(machine, consts, Configuration(state), length):
            last = run[-1].after if run else Configuration(state)
            assert last is not None
            if not judge.of_state(consts, last.state):
                env = sum(program.steps[o.move.step].actor == "env" for o in run)
                found.append((env, off(program, consts, state)))
    return min(found)


@pytest.mark.parametrize("name", ["low", "never_seen"])
@pytest.mark.parametrize("config", ["busy", "calm"])
def test_minima_are_those_of_all_runs(name: str, config: str) -> None:
    verdict, program, chosen = judged(RACE, name, config)
    assert verdict.word is Word.VIOLATED
    trace, minima = verdict.trace, verdict.minima
    assert isinstance(trace, Trace)
    assert isinstance(minima, Minima)
    assert minima.complete
    env, parts = least(program, chosen, name, len(trace.steps))
    assert minima.env_steps == env
    # What the assumptions settle is not counted; here they settle nothing.
    assert minima.parts == parts
    start = tuple(trace.consts[n] for n in program.consts), tuple(trace.initial[n] for n in program.states)
    assert off(program, *start) == parts, "the trace shown is one of the plainest"
    assert sum(s.actor == "env" for s in trace.steps) == env


def test_nothing_is_claimed_where_nothing_was_asked() -> None:
    assert judged(RACE, "low", "busy", explain=False)[0].minima is None
    assert judged(RACE, "low", "busy", simplify=False)[0].minima is None


def test_what_was_not_proved_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmu_smt.engines.bounded.PLAINNESS_ALLOWANCE", 1)
    minima = judged(RACE, "low", "busy")[0].minima
    assert minima is not None
    assert not minima.complete
