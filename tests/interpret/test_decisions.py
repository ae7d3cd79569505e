"""Handlers: decisions, rule labels, ghosts, decision paths."""

from __future__ import annotations

from mmu_smt.interpret.machine import Configuration
from tests.interpret.support import machine, start, transition, verdict

ENUM = "enum Ret { RETRY, EMULATE }   rule r1, r2\n"


def decisions(text: str) -> list[tuple[str, str, str | None]]:
    _, outcome = transition(ENUM + text)
    assert outcome.after is not None, outcome.fault
    return [(d.handler, d.shown, d.rule) for d in outcome.decisions]


def test_a_handler_records_its_value_and_rule() -> None:
    text = (
        "state x: bool = true  handler h() -> Ret { if x { return RETRY @r1 } return EMULATE }  step go() by guest { h(); x = false; h() }"
    )
    assert decisions(text) == [("h", "RETRY", "r1"), ("h", "EMULATE", None)]


def test_labels_anywhere_below_the_outermost_handler_count() -> None:
    text = """
    state x: bool = true
    fn pick() -> Ret { x = false; return RETRY @r1 }
    handler inner() -> Ret { return pick() }
    handler outer() -> Ret { let a = inner(); return a == RETRY ? EMULATE : RETRY }
    step go() by guest { outer() }
    """
    assert decisions(text) == [("inner", "RETRY", "r1"), ("outer", "EMULATE", "r1")]


def test_the_last_label_wins() -> None:
    text = """
    state x: bool = true
    fn first() -> Ret { x = false; return RETRY @r1 }
    handler h() -> Ret { return first() @r2 }
    step go() by guest { h() }
    """
    assert decisions(text) == [("h", "RETRY", "r2")]


def test_a_label_of_a_pure_function_counts_too() -> None:
    text = """
    state x: bool = true
    fn pure(b: bool) -> bool { if b { return true @r1 } return false @r2 }
    handler h() -> Ret { if pure(x) && !pure(!x) { return RETRY } return EMULATE }
    step go() by guest { h() }
    """
    assert decisions(text) == [("h", "RETRY", "r2")]


def test_a_label_outside_handlers_sets_nothing_and_entering_clears() -> None:
    text = """
    state x: bool = true
    fn label() -> bool { x = false; return true @r1 }
    handler h() -> Ret { return RETRY }
    handler g() -> Ret { label(); return RETRY }
    step go() by guest { label(); h(); g(); h() }
    """
    assert decisions(text) == [("h", "RETRY", None), ("g", "RETRY", "r1"), ("h", "RETRY", None)]


GHOSTS = """
ghost g: 0..9 = 0
state x: 0..9 = 0
state rounds: 0..3 = 0
handler h(n: 0..9) -> Ret { g = n; x = n; return RETRY }
"""


def observed(text: str) -> tuple[object, ...]:
    _, outcome = transition(ENUM + GHOSTS + text)
    return outcome.observed


def test_ghosts_are_observed_as_the_last_handler_returned() -> None:
    assert observed("step go() by guest { h(3); h(5) }") == (5,)


def test_ghosts_start_anew_with_each_outermost_handler() -> None:
    text = "handler more() -> Ret { g += 1; h(4); g += 2; return EMULATE }  step go() by guest { h(3); more() }"
    assert observed(text) == (6,)


def test_a_ghost_written_outside_handlers_is_seen_as_the_transition_ends() -> None:
    text = "fn touch() { g = 7 }  step go() by guest { touch() }"
    assert observed(text) == (7,)
    assert observed("fn touch() { g = 7 }  step go() by guest { h(2); touch() }") == (2,)


def test_ghosts_are_forgotten_between_steps() -> None:
    text = (
        ENUM
        + GHOSTS
        + """
    step go() by guest when rounds < 2 { if rounds == 0 { h(3) } rounds += 1 }
    terminal rounds == 2
    step property second_sees_default { rounds == 1 => g == 0 }
    cover first_sees { rounds == 0 && g == 3 }
    """
    )
    assert verdict(text, "second_sees_default") == ("proved", None)
    assert verdict(text, "first_sees") == ("reached", 1)


CUT = (
    ENUM
    + """
ghost g: 0..9 = 0
state x: 0..3 = 0   state tick: bool = false
step env_tick() by env { tick = !tick }
config c { enable env_tick }
handler h() -> Ret { g = 4; lock big { x = 1; return RETRY @r1 } }
step go() by guest when x == 0 { h(); yield "later"; x = 2 }
terminal x == 2
"""
)


def test_a_decision_is_made_when_the_handler_really_returns() -> None:
    m = machine(CUT, "c")
    consts, configuration = start(m)
    seen: list[tuple[list[str | None], tuple[object, ...]]] = []
    current: Configuration | None = configuration
    while current is not None:
        outcome = next(o for o in m.successors(consts, current) if o.move.step == "go")
        seen.append(([d.rule for d in outcome.decisions], outcome.observed))
        current = outcome.after if outcome.after and outcome.after.flight else None
    assert seen == [([], (4,)), ([], (4,)), (["r1"], (4,)), ([], (4,))]


def test_an_env_transition_has_no_decisions_and_shows_ghosts_as_they_are() -> None:
    m = machine(CUT, "c")
    consts, configuration = start(m)
    inside = next(o.after for o in m.successors(consts, configuration) if o.move.step == "go")
    assert inside is not None
    tick = next(o for o in m.successors(consts, inside) if o.move.step == "env_tick")
    assert tick.observed == (4,)
    assert tick.after is not None
    assert tick.after.flight == inside.flight
    idle = next(o for o in m.successors(consts, configuration) if o.move.step == "env_tick")
    assert idle.observed == (0,)


def test_decides_with_and_without_a_rule() -> None:
    text = (
        ENUM
        + """
    state x: 0..2 = 0
    handler h() -> Ret { x += 1; if x == 1 { return RETRY @r1 } return RETRY @r2 }
    step go() by guest when x < 2 { h() }
    terminal x == 2
    cover by_second { h.decides(RETRY) @r2 }
    step property never_emulate { !h.decides(EMULATE) }
    step property only_first { h.decides(RETRY) => h.decides(RETRY) @r1 }
    """
    )
    assert verdict(text, "by_second") == ("reached", 2)
    assert verdict(text, "never_emulate") == ("proved", None)
    assert verdict(text, "only_first") == ("violated", 2)


def test_the_decision_path_lists_the_tests_since_the_handler_was_entered() -> None:
    text = (
        ENUM
        + """
    state x: 0..9 = 3   state tick: bool = false
    fn probe() -> bool { if x > 5 { return true } x += 1; return false }
    handler h() -> Ret {
        if x == 3 && probe() || tick { return EMULATE }
        match x { 4 => { return RETRY @r1 } _ => { } }
        return EMULATE
    }
    step go() by guest { if tick { } h() }
    """
    )
    _, outcome = transition(text, paths=True)
    (decision,) = outcome.decisions
    assert [(t.text, t.outcome, t.function) for t in decision.path] == [
        ("x == 3", "true", "h"),
        ("x > 5", "false", "probe"),
        ("probe()", "false", "h"),
        ("tick", "false", "h"),
        ("x", "4", "h"),
    ]
    assert decision.span.text.strip().startswith("return RETRY")
    assert transition(text)[1].decisions[0].path == ()


def test_the_path_survives_cuts() -> None:
    text = CUT.replace("lock big { x = 1;", "if !tick { } lock big { x = 1;")
    m = machine(text, "c", paths=True)
    consts, configuration = start(m)
    for _ in range(3):
        outcome = next(o for o in m.successors(consts, configuration) if o.move.step == "go")
        assert outcome.after is not None
        configuration = outcome.after
    assert [t.text for t in outcome.decisions[0].path] == ["!tick"]


def test_tests_say_what_they_looked_at() -> None:
    text = """
    enum Ret { RETRY, EMULATE }
    record F { addr: 0..9, some: 0..3? }
    const limit: 0..0
    state seen: [0..1]bool = fill(false)
    state total: 0..9 = 5
    fn bump() -> bool { total = 6; return true }
    fn big(n: 0..9) -> bool { return n > 3 }
    handler h(f: F) -> Ret {
        let i = f.addr / 5
        if f.addr + total > 8 && !seen[i] && big(f.addr) { total = 4 }
        if f.some != none && f.some.value == 2 { return RETRY }
        if bump() == (f.addr == 7) { total = 3 }
        if total == limit { return RETRY }
        if all(k in 0..1: seen[k] => f.addr == k) { return EMULATE }
        match f.addr { 7 => { return EMULATE } _ => { return RETRY } }
    }
    step go() by guest { h(F(addr: 7, some: none)) }
    """
    _, outcome = transition(text, paths=True)
    (decision,) = outcome.decisions
    found = [(t.text, t.values) for t in decision.path]
    assert found == [
        ("f.addr + total > 8", (("f.addr", "7"), ("total", "5"))),
        ("!seen[i]", (("seen[i]", "false"),)),
        ("big(f.addr)", (("f.addr", "7"),)),
        ("f.some != none", (("f.some", "none"),)),
        ("bump() == (f.addr == 7)", (("f.addr", "7"),)),
        ("total == limit", (("total", "3"), ("limit", "0"))),
        ("all(k in 0..1: seen[k] => f.addr == k)", ()),
    ]
