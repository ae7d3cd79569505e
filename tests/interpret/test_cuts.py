"""Where a step can be cut, and what is part of a configuration there."""

from __future__ import annotations

from mmu_smt.interpret.machine import Configuration, Machine, Outcome
from mmu_smt.semantics.types import Value
from tests.interpret.support import machine, program, start, verdict

ENV = "state tick: bool = false   step env_tick() by env { tick = !tick }   config c { enable env_tick }\n"


def follow(m: Machine, consts: tuple[Value, ...], configuration: Configuration) -> list[Outcome]:
    """Guest transitions from a configuration until no step is in flight."""
    taken: list[Outcome] = []
    while True:
        outcome = next(o for o in m.successors(consts, configuration) if m.program.steps[o.move.step].actor != "env")
        taken.append(outcome)
        if outcome.after is None or outcome.after.flight is None:
            return taken
        configuration = outcome.after


def positions(text: str, *names: str) -> list[str | None]:
    m = machine(text, *names)
    consts, configuration = start(m)
    return [None if o.after is None or o.after.flight is None else o.after.flight.position for o in follow(m, consts, configuration)]


def test_locks_and_yields_cut_only_when_an_env_step_is_enabled() -> None:
    text = (
        ENV
        + """
    state x: 0..9 = 0
    step go() by guest { x = 1; lock big { x = 2 } x = 3; yield "here"; x = 4 }
    """
    )
    assert positions(text, "c") == ["before lock big in go", "after lock big in go", 'at "here" in go', None]
    assert positions(text) == [None]


def test_what_each_part_does() -> None:
    m = machine(
        ENV
        + """
    state x: 0..9 = 0
    step go() by guest { x = 1; lock big { x = 2 } x = 3; yield "here"; x = 4 }
    """,
        "c",
    )
    consts, configuration = start(m)
    assert [m.valuation(o.after.state)["x"] for o in follow(m, consts, configuration) if o.after] == [1, 2, 3, 4]


def test_nothing_cuts_inside_a_lock() -> None:
    text = (
        ENV
        + """
    state x: 0..9 = 0
    fn inner() { lock other { x += 1 } yield "in" }
    step go() by guest { lock big { inner(); lock other { x += 1 } yield "too" } inner() }
    """
    )
    assert positions(text, "c") == [
        "before lock big in go",
        "after lock big in go",
        "before lock other in inner",
        "after lock other in inner",
        'at "in" in inner',
        None,
    ]


def test_return_inside_a_lock_is_cut_after_the_release() -> None:
    text = (
        ENV
        + """
    state x: 0..9 = 0
    fn take() -> 0..9 { lock big { lock small { if tick { return 1 } return x + 5 } } }
    step go() by guest { x = take() }
    """
    )
    m = machine(text, "c")
    consts, configuration = start(m)
    taken = follow(m, consts, configuration)
    shown = [o.after.flight.position if o.after and o.after.flight else None for o in taken]
    assert shown == ["before lock big in take", "after lock big in take", None]
    assert [m.valuation(o.after.state)["x"] for o in taken if o.after] == [0, 0, 5]


def test_a_pending_return_is_part_of_the_configuration() -> None:
    m = machine(
        ENV
        + """
    state x: 0..9 = 0
    fn take(k: 0..3) -> 0..3 { lock big { let t: 0..3 = 2 - k / 2 * 2; if k == 3 { return 1 } if k < 3 { return t } } return 1 }
    step go() by guest { choose k: 0..3; x = take(k) }
    """,
        "c",
    )
    consts, configuration = start(m)
    after_lock: dict[int, Configuration] = {}
    for started in m.successors(consts, configuration):
        if started.after is None or started.after.flight is None:
            continue
        (k,) = started.move.choices.values()
        assert isinstance(k, int)
        released = next(o for o in m.successors(consts, started.after) if o.move.resume)
        assert released.after is not None
        after_lock[k] = released.after
    assert len(set(after_lock.values())) == 4  # the parameter k is in scope, so all differ
    sites = {c.flight.site for c in after_lock.values() if c.flight}
    assert len(sites) == 1


def test_locals_out_of_scope_do_not_tell_configurations_apart() -> None:
    m = machine(
        ENV
        + """
    state x: 0..9 = 0
    step go() by guest { if x == 0 { choose k: 0..3; lock big { let t = k; x = 1; x = 0 } } yield "end" }
    """,
        "c",
    )
    consts, configuration = start(m)
    before = {o.after for o in m.successors(consts, configuration) if not o.move.resume and o.move.step == "go"}
    assert len(before) == 4  # k is in scope before the lock
    released = {o.after for c in before if c for o in m.successors(consts, c) if o.move.resume}
    assert len(released) == 4  # and after it, t is not
    ends = {o.after for c in released if c for o in m.successors(consts, c) if o.move.resume}
    assert len(ends) == 1


def test_different_returns_in_a_lock_lead_to_equal_configurations() -> None:
    m = machine(
        ENV
        + """
    state x: 0..9 = 0
    fn take() -> 0..3 { lock big { choose b: bool; let t = b; if t { return 2 } return 2 } }
    step go() by guest { x = take() }
    """,
        "c",
    )
    consts, configuration = start(m)
    (started,) = [o for o in m.successors(consts, configuration) if o.move.step == "go"]
    assert started.after is not None
    released = [o for o in m.successors(consts, started.after) if o.move.resume]
    assert len(released) == 2
    assert released[0].after == released[1].after


def test_env_steps_act_between_the_parts_and_locals_survive() -> None:
    text = (
        ENV
        + """
    state seen: [0..1]bool = fill(false)   state done: bool = false
    step go() by guest when !done { let before = tick; yield "gap"; seen[0] = before; seen[1] = tick; done = true }
    terminal done
    cover changed { done' && seen'[0] != seen'[1] }
    cover same { done' && seen'[0] == seen'[1] && tick }
    """
    )
    assert verdict(text, "changed", "c") == ("reached", 3)
    assert verdict(text, "changed") == ("unreachable", None)
    assert verdict(text, "same", "c") == ("reached", 3)


def test_the_index_of_an_assignment_survives_a_cut_in_its_value() -> None:
    text = (
        ENV
        + """
    type Bit = 0..1
    state a: [Bit]0..9 = fill(0)   state i: Bit = 0   state done: bool = false
    step move() by env { i = 1 }
    config d = c { enable move }
    fn slow() -> 0..9 { yield "slow"; return 5 }
    step go() by guest when !done { a[i] = slow(); done = true }
    terminal done
    cover moved { done' && !done && a'[0] == 5 && i == 1 }
    cover wrong { done' && !done && a'[1] == 5 && i == 0 }
    """
    )
    assert verdict(text, "moved", "d") == ("reached", 3)
    assert verdict(text, "wrong", "d") == ("unreachable", None)


def test_loops_are_part_of_the_position() -> None:
    m = machine(
        ENV
        + """
    state x: 0..9 = 0
    step go() by guest { for i in 0..2 { yield "turn" } }
    """,
        "c",
    )
    consts, configuration = start(m)
    taken = follow(m, consts, configuration)
    flights = [o.after.flight for o in taken if o.after and o.after.flight]
    assert [f.site[0] for f in flights] == [-1, -2, -3]
    assert len({o.after for o in taken}) == 4


def test_an_empty_lock_first_and_last_still_takes_its_transitions() -> None:
    assert positions(ENV + "step go() by guest { lock big { } }", "c") == ["before lock big in go", "after lock big in go", None]


def test_env_steps_are_atomic() -> None:
    text = """
    state x: 0..3 = 0
    step shove() by env { lock big { x = 1 } yield "no"; x = 2 }
    step go() by guest { lock big { } }
    config c { enable shove }
    cover half { x' == 1 }
    cover whole { x' == 2 }
    """
    assert verdict(text, "half", "c") == ("unreachable", None)
    assert verdict(text, "whole", "c") == ("reached", 1)


def test_one_step_at_a_time() -> None:
    m = machine(
        ENV
        + """
    state x: 0..3 = 0
    step go() by guest { lock big { x = 1 } }
    step also() by kvm when x == 0 { x = 2 }
    """,
        "c",
    )
    consts, configuration = start(m)
    assert {o.move.step for o in m.successors(consts, configuration)} == {"go", "also", "env_tick"}
    inside = next(o.after for o in m.successors(consts, configuration) if o.move.step == "go")
    assert inside is not None
    assert {(o.move.step, o.move.resume) for o in m.successors(consts, inside)} == {("go", True), ("env_tick", False)}


def test_the_checked_program_is_not_changed_by_running_it() -> None:
    checked = program(ENV + "state x: 0..3 = 0  step go() by guest { x = 1 }")
    m = Machine(checked, checked.configs["c"])
    consts, configuration = start(m)
    assert list(m.successors(consts, configuration)) == list(m.successors(consts, configuration))
