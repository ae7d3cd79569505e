"""Statements: order of effects, control flow, short-circuit calls."""

from __future__ import annotations

from tests.interpret.support import after, machine, start, transition


def test_let_assign_and_compound_assignment() -> None:
    text = """
    state x: 0..99 = 1   state f: u8 = 3   flags F { A @1, B @4 }   state g: F = F(A)
    step go() by guest { let y = x; y += 4; x = y * 2; x -= 1; f |= 12; f &= 0xa; g |= B; g &= B }
    """
    assert after(text) == {"x": 9, "f": 10, "g": 2}


def test_nested_places() -> None:
    text = """
    record R { a: [0..1]0..9, b: bool }
    state rs: [0..1]R = fill(R(a: fill(0), b: false))
    state i: 0..1 = 1
    step go() by guest { let local = rs[0]; local.a[1] = 7; rs[i].a[i - 1] = 5; rs[i].b = true; rs[0] = local }
    """
    assert after(text)["rs"] == (((0, 7), False), ((5, 0), True))


def test_if_chain_and_match() -> None:
    text = """
    enum E { A, B, C }
    state e: E = B   state r: [0..5]0..9 = fill(0)   type Two = 0..3   state o: Two? = 2
    fn pick(n: 0..9) -> 0..9 {
        match n { 0, 1 => { return 5 } 2 => return 6  _ => { } }
        return 7
    }
    step go() by guest {
        if e == A { r[0] = 1 } else if e == B { r[0] = 2 } else { r[0] = 3 }
        match e { A => { r[1] = 1 } B, C => { r[1] = 2 } }
        match o { none => { r[2] = 1 } _ => { r[2] = 2 } }
        match o == none { true => { r[3] = 1 } false => { r[3] = 2 } }
        r[4] = pick(1)
        r[5] = pick(9)
    }
    """
    assert after(text)["r"] == (2, 2, 2, 2, 5, 7)


def test_for_runs_in_increasing_order_and_returns_early() -> None:
    text = """
    enum E { A, B, C }
    state x: 0..9999 = 0   state seen: [E]0..9 = fill(0)
    fn until(limit: 0..9) -> 0..9 {
        for i in 0..5 {
            x = x * 10 + i
            if i == limit { return i }
        }
        return 9
    }
    step go() by guest { seen[A] = until(2); for e in E { for k in 0..1 { seen[e] += k + 1 } } seen[C] = until(0) }
    """
    assert after(text) == {"x": 120, "seen": (5, 3, 0)}


def test_calls_under_short_circuit_take_effect_only_when_reached() -> None:
    text = """
    state log: 0..9999 = 0   state r: [0..6]bool = fill(false)
    fn t(k: 1..9) -> bool { log = log * 10 + k; return true }
    fn f(k: 1..9) -> bool { log = log * 10 + k; return false }
    fn n(k: 1..9) -> 1..9 { log = log * 10 + k; return k }
    step go() by guest {
        if t(1) && (f(2) || !f(3)) { r[0] = true }
        log = log % 1000
        r[1] = f(4) && t(5)
        log = 0
        r[2] = t(6) || t(7)
        let q = !(t(8) && f(9))
        r[3] = q
        log = 0
        if n(3) == 3 && f(1) || n(2) < 1 { r[4] = true }
        r[5] = n(7) >= 7
    }
    """
    found = after(text)
    assert found["r"] == (True, False, True, True, False, True, False)
    assert found["log"] == 3127


def test_return_of_an_effectful_condition() -> None:
    text = """
    state log: 0..99 = 0   state r: bool = true
    fn bump() -> bool { log += 1; return log > 1 }
    fn both() -> bool { return bump() && bump() }
    fn either() -> bool { return bump() || bump() }
    step go() by guest { r = both(); r = either() }
    """
    assert after(text) == {"log": 2, "r": True}


def test_conversion_of_an_effectful_result() -> None:
    text = """
    state log: 0..9 = 0   type Digit = 0..9   state o: Digit? = none   state small: 0..2 = 0
    fn bump() -> 0..9 { log += 1; return log }
    step go() by guest { o = bump(); small = bump(); let x: Digit? = bump(); o = x.value }
    """
    assert after(text) == {"log": 3, "o": 3, "small": 2}


def test_indices_are_evaluated_before_the_value() -> None:
    text = """
    state i: 0..1 = 0   state a: [0..1]0..9 = fill(0)
    fn move() -> 0..9 { i = 1; return 5 }
    step go() by guest { a[i] = move() }
    """
    assert after(text) == {"i": 1, "a": (5, 0)}


def test_match_on_an_effectful_call() -> None:
    text = """
    enum E { A, B }
    state n: 0..9 = 0   state r: 0..9 = 0
    fn next() -> E { n += 1; return n == 1 ? A : B }
    step go() by guest { match next() { A => { r = 1 } B => { r = 2 } } match next() { A => { r = 1 } B => { r += 3 } } }
    """
    assert after(text) == {"n": 2, "r": 4}


def test_assert() -> None:
    _, outcome = transition("state x: 0..9 = 1  step go() by guest { assert x == 1; x = 2; assert x == 1 }")
    assert outcome.fault is not None
    assert outcome.fault.message == "assertion failed"


def test_a_faulting_guard_is_enabled_and_faults() -> None:
    _, outcome = transition("type Bit = 0..1   state o: Bit? = none   step go() by guest when o.value == 1 { o = none }")
    assert outcome.after is None
    assert outcome.fault is not None


def test_choose_branches_in_increasing_order() -> None:
    m = machine("state x: 0..9 = 0  step go(k: 0..1) by guest { choose a: 0..1; choose b: bool; x = b ? a + 4 + k : a }")
    consts, configuration = start(m)
    outcomes = list(m.successors(consts, configuration))
    assert [o.after.state[0] for o in outcomes if o.after] == [0, 4, 1, 5, 0, 5, 1, 6]
    assert all(len(o.move.choices) == 2 for o in outcomes)
    for o in outcomes:
        assert m.perform(consts, configuration, o.move).after == o.after


def test_sites_name_calls_and_turns() -> None:
    text = """
    state x: 0..9 = 0
    fn pick() { for i in 0..1 { choose c: bool; if c { x += i + 1 } } }
    step go() by guest { for k in 0..1 { pick() } }
    """
    m = machine(text)
    consts, configuration = start(m)
    outcomes = list(m.successors(consts, configuration))
    assert len(outcomes) == 16
    sites = sorted(outcomes[0].move.choices, reverse=True)
    call, choose = sites[0][1], sites[0][3]
    assert sites == [(-1, call, -1, choose), (-1, call, -2, choose), (-2, call, -1, choose), (-2, call, -2, choose)]


def test_a_function_drops_its_locals_between_calls() -> None:
    text = """
    state x: 0..9 = 0
    fn f(n: 0..3) -> 0..9 { let t: 0..9 = 0; for i in 0..3 { if i < n { t += 1 } } return t }
    step go() by guest { x = f(3); x = x * 2 + f(1) }
    """
    assert after(text)["x"] == 7
