"""Replay: every explicit counterexample is accepted, every planted mismatch refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mmu_smt.interpret.explicit import explore
from mmu_smt.interpret.replay import ReplayMismatch, replay
from mmu_smt.semantics.program import Program
from mmu_smt.witness.traces import Candidate, Move, Trace
from tests.interpret.support import config, program

TEXT = """
enum Ret { RETRY, DONE }   rule slow
type Cell = 0..2
const limit: 1..2
const spare: bool
assume odd { limit == 2 || spare }
state x: 0..3 = 0
state cells: [Cell]bool = fill(false)
state noise: 0..1 = 0
ghost g: 0..3 = 0
handler h(c: Cell) -> Ret {
    g = c
    lock big { if cells[c] { return DONE } }
    x += 1
    return RETRY @slow
}
step ask(c: Cell) by guest when x < 3 { noise = noise == 0 ? 1 : 0; choose r: bool; if r { h(c) } }
step mark(c: Cell) by env { cells[c] = true }
step unmark(c: Cell) by env { cells[c] = false; x = 0 }
step stuck() by kvm when x == 1 && cells[1] { assert limit == 1 }
terminal x == 3
config c { enable mark  enable unmark(k) when k == 1 in stem }
config looping = c { enable unmark }
config fair = looping { enable ask weakly fair  enable mark strongly fair each }
invariant small { x < 2 }
step property steady { h.decides(DONE) => x > 0 }
cover slow_seen { h.decides(RETRY) @slow && g == 2 }
progress ends { recurs taken(ask)  never x' == 3 }
progress soon within 2 { recurs h.decides(RETRY)  never x' == 0 }
cover endless { recurs h.decides(RETRY)  never x' == 3 }
"""


def found(name: str, *configs: str) -> tuple[Program, Candidate, Callable[[Candidate], Trace]]:
    """The explicit search's run for a property, and how to replay a run for it."""
    checked = program(TEXT)
    chosen = config(checked, *configs)
    candidate = explore(checked, chosen).verdicts[name].candidate
    assert candidate is not None
    return checked, candidate, lambda c: replay(checked, chosen, c, checked.properties[name])


CASES = [
    ("small", ("c",)),
    ("small", ()),
    ("steady", ("c",)),
    ("slow_seen", ("c",)),
    ("ends", ()),
    ("ends", ("c",)),
    ("ends", ("looping",)),
    ("soon", ("c",)),
    ("endless", ("looping",)),
    ("no_runtime_fault", ("c",)),
]


@pytest.mark.parametrize(("name", "configs"), CASES)
def test_explicit_runs_replay(name: str, configs: tuple[str, ...]) -> None:
    _, candidate, run = found(name, *configs)
    trace = run(candidate)
    assert len(trace.steps) == len(candidate.moves)
    assert trace.loop_start == candidate.loop_start
    assert trace.initial == candidate.states[0]
    assert trace.unclosed == ()
    for i, step in enumerate(trace.steps):
        if step.fault is None:
            assert step.after == candidate.states[i + 1]
            assert (step.position is None) == (step.cut is None)
    assert (trace.steps[-1].fault is not None) == (name == "no_runtime_fault")


def test_the_trace_tells_who_did_what() -> None:
    _, candidate, run = found("slow_seen", "c")
    trace = run(candidate)
    assert [(s.step, s.actor, s.args, s.resume) for s in trace.steps] == [
        ("ask", "guest", (2,), False),
        ("ask", "guest", (2,), True),
        ("ask", "guest", (2,), True),
    ]
    assert [s.position for s in trace.steps] == ["before lock big in h", "after lock big in h", None]
    (decision,) = trace.steps[-1].decisions
    assert (decision.handler, decision.shown, decision.rule) == ("h", "RETRY", "slow")
    assert [(t.text, t.outcome) for t in decision.path] == [("cells[c]", "false")]
    assert trace.steps[-1].observed == {"g": 2}


Change = Callable[[Candidate], Candidate]


def state(index: int, **given: object) -> Change:
    def change(c: Candidate) -> Candidate:
        states = list(c.states)
        states[index] = {**states[index], **given}  # pyright: ignore[reportAssignmentType]
        return replace(c, states=tuple(states))

    return change


def move(index: int, **given: object) -> Change:
    def change(c: Candidate) -> Candidate:
        moves = list(c.moves)
        moves[index] = replace(moves[index], **given)  # pyright: ignore[reportArgumentType]
        return replace(c, moves=tuple(moves))

    return change


def consts(**given: object) -> Change:
    return lambda c: replace(c, consts={**c.consts, **given})  # pyright: ignore[reportArgumentType]


def shorter(c: Candidate) -> Candidate:
    return replace(c, moves=c.moves[:-1], states=c.states[:-1])


PLANTED: list[tuple[str, tuple[str, ...], Change, str]] = [
    ("small", ("c",), consts(limit=3), "no value of constant limit"),
    ("small", ("c",), consts(limit=1, spare=False), "odd does not hold"),
    ("small", ("c",), lambda c: replace(c, consts={**c.consts, "ghost": 1}), "no constant"),
    ("small", ("c",), state(0, x=1), "not its initial value"),
    ("small", ("c",), state(0, noise=False), "no value of state variable noise"),
    ("small", ("c",), state(1, x=3), "x is 0 afterwards, not 3"),
    ("small", ("c",), state(-1, cells=(True, True, True)), "cells is"),
    ("small", ("c",), state(-1, unknown=1), "no state variable"),
    ("small", ("c",), shorter, "holds in the last state"),
    ("small", ("c",), lambda c: replace(c, states=c.states[:-1]), "states for"),
    ("small", ("c",), lambda c: replace(c, states=()), "no initial state"),
    ("small", ("c",), lambda c: replace(c, moves=(*c.moves, Move("mark", (0,))), loop_start=0, states=(*c.states, {})), "finite run"),
    ("small", ("c",), move(0, args=(7,)), "no arguments"),
    ("small", ("c",), move(0, choices={}), "no value for the choice"),
    ("small", ("c",), move(1, resume=False, args=(0,)), "cannot start while"),
    ("small", ("c",), move(0, resume=True), "not in flight"),
    ("small", ("c",), move(0, step="stuck", args=()), "guard of stuck does not hold"),
    ("small", ("c",), move(0, step="nothing"), "no step"),
    ("steady", ("c",), lambda c: replace(c, moves=c.moves[:1], states=c.states[:2]), "does not violate"),
    ("slow_seen", ("c",), shorter, "does not reach"),
    ("slow_seen", ("c",), move(0, args=(1,)), "does not reach"),
    ("soon", ("c",), shorter, "not more than 2"),
    ("soon", ("c",), lambda c: replace(c, loop_start=0), "finite run"),
    ("ends", ("c",), lambda c: replace(c, loop_start=None), "infinite run"),
    ("ends", (), shorter, "noise differs"),
    ("ends", (), lambda c: replace(c, loop_start=2), "loop start 2"),
    ("endless", ("looping",), lambda c: replace(c, loop_start=None), "infinite run"),
    ("no_runtime_fault", ("c",), lambda c: replace(c, moves=c.moves[:-1]), "without a run-time fault"),
    ("no_runtime_fault", ("c",), lambda c: replace(c, moves=(*c.moves, c.moves[-1]), states=(*c.states, {})), "run-time fault ends"),
]


@pytest.mark.parametrize(("name", "configs", "change", "message"), PLANTED, ids=[f"{n}-{m}" for n, _, _, m in PLANTED])
def test_planted_mismatches_are_refused(name: str, configs: tuple[str, ...], change: Change, message: str) -> None:
    _, candidate, run = found(name, *configs)
    with pytest.raises(ReplayMismatch, match=message):
        run(change(candidate))


def replayed(text: str, candidate: Candidate, *configs: str, name: str = "p", cone: frozenset[str] | None = None) -> Trace:
    checked = program(text)
    return replay(checked, config(checked, *configs), candidate, checked.properties[name], cone=cone)


def test_a_finite_run_is_not_taken_for_a_property_that_is_proved() -> None:
    text = "state x: bool = false  step go() by guest { x = true }  invariant p { x => x }  terminal x"
    run = Candidate({}, ({"x": False}, {"x": True}), (Move("go"),))
    with pytest.raises(ReplayMismatch, match="p holds in the last state"):
        replayed(text, run)
    with pytest.raises(ReplayMismatch, match="terminal"):
        replayed(text, run, name="no_deadlock")
    with pytest.raises(ReplayMismatch, match=r"go\(\) can go on"):
        replayed(text, Candidate({}, ({"x": False},), ()), name="no_deadlock")


def test_a_loop_must_not_contain_never_and_must_recur() -> None:
    text = "state x: 0..1 = 0  step go() by guest { x = 1 - x }  progress p { recurs x' == %d never x' == %d }"
    run = Candidate({}, ({"x": 0}, {"x": 1}, {"x": 0}), (Move("go"), Move("go")), 0)
    with pytest.raises(ReplayMismatch, match="`never` holds"):
        replayed(text % (1, 0), run)
    with pytest.raises(ReplayMismatch, match="`recurs` holds nowhere"):
        replayed(text.replace("%d", "0 + 3", 1).replace("%d", "0 + 4"), run)


def test_a_loop_must_be_fair() -> None:
    text = """
    state y: bool = false  state done: 0..2 = 0
    step wait() by guest { y = !y }
    step finish() by kvm when y { done = 2 }
    config plain { }
    config weak { enable finish weakly fair }
    config strong { enable finish strongly fair }
    progress p { recurs taken(wait) never done' == 2 }
    """
    run = Candidate({}, tuple({"y": y, "done": 0} for y in (False, True, False)), (Move("wait"), Move("wait")), 0)
    assert replayed(text, run, "plain").loop_start == 0
    assert replayed(text, run, "weak").loop_start == 0
    with pytest.raises(ReplayMismatch, match="strong fairness of finish"):
        replayed(text, run, "strong")


def test_a_loop_uses_no_stem_only_step() -> None:
    text = """
    state x: bool = false
    step flip() by env { x = !x }
    step go() by guest { }
    config c { enable flip in stem }
    progress p { recurs taken(flip) never false }
    """
    run = Candidate({}, tuple({"x": x} for x in (False, True, False)), (Move("flip"), Move("flip")), 0)
    with pytest.raises(ReplayMismatch, match="inside a loop"):
        replayed(text, run, "c")


CONE = """
state x: bool = false
state n: 0..3 = 0
state huge: u64 = 0
step go() by guest { x = !x; n = n == 3 ? 0 : n + 1; huge += 1 }
progress p { recurs x' never false }
"""


def test_state_outside_the_cone_may_differ_and_is_named() -> None:
    run = Candidate({}, ({"x": False, "n": 0, "huge": 0}, {}, {"x": False}), (Move("go"), Move("go")), 0)
    assert replayed(CONE, run, cone=frozenset({"x"})).unclosed == ("n", "huge")
    with pytest.raises(ReplayMismatch, match="n differs"):
        replayed(CONE, run, cone=frozenset({"x", "n"}))
    with pytest.raises(ReplayMismatch, match="n differs"):
        replayed(CONE, run)


def test_a_wrong_cone_is_found_out_by_following_the_loop() -> None:
    text = """
    state x: bool = false   state n: 0..9 = 0
    step go() by guest when n < 7 { x = !x; n += 1 }
    step stop() by guest when n == 7 { n = 8 }
    progress p { recurs x' never false }
    """
    run = Candidate({}, ({"x": False, "n": 0}, {}, {"x": False}), (Move("go"), Move("go")), 0)
    with pytest.raises(ReplayMismatch, match="cannot be repeated: the guard of go"):
        replayed(text, run, cone=frozenset({"x"}))


def test_a_partial_start_is_completed() -> None:
    text = "const a: 0..9 const b: 0..9 assume s { a + b == 9 } state x: 0..9 = b  step go() by guest { x = 9 - x }  cover p { x' == a }"
    run = Candidate({"a": 7}, ({}, {"x": 7}), (Move("go"),))
    trace = replayed(text, run)
    assert trace.consts == {"a": 7, "b": 2}
    assert trace.initial == {"x": 2}
    with pytest.raises(ReplayMismatch, match="no initial state"):
        replayed(text, replace(run, states=({"x": 3}, {})))


def test_a_local_in_flight_must_agree_where_the_loop_closes() -> None:
    text = """
    state t: bool = false   state last: 0..3 = 0
    step tick() by env { t = !t }
    step go() by guest { for i in 0..3 { yield "turn" } }
    config c { enable tick }
    progress p { recurs taken(go) never !taken(go) }
    """
    start: dict[str, bool | int] = {"t": False, "last": 0}
    moves = (Move("go"), Move("go", resume=True), Move("go", resume=True))
    for loop_start, message in ((1, "stands elsewhere"), (0, "at one end only")):
        with pytest.raises(ReplayMismatch, match=message):
            replayed(text, Candidate({}, (start, {}, {}, {}), moves, loop_start), "c")
    kept = text.replace('for i in 0..3 { yield "turn" }', 'let kept = t; yield "turn"')
    around = (Move("go"), Move("go", resume=True), Move("tick"), Move("go"), Move("tick"))
    with pytest.raises(ReplayMismatch, match="a local or a ghost"):
        replayed(kept, Candidate({}, (start, *({} for _ in around)), around, 1), "c")
    with pytest.raises(ReplayMismatch, match="a local or a ghost"):
        replayed(kept, Candidate({}, (start, *({} for _ in around)), around, 1), "c", cone=frozenset({"t"}))
    whole = (Move("go"), *(Move("go", resume=True) for _ in range(4)))
    assert replayed(text, Candidate({}, (start, {}, {}, {}, {}, {}), whole, 0), "c").loop_start == 0
