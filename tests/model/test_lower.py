"""The lowering against the interpreter, on specifications chosen for one construct each."""

from __future__ import annotations

import pytest

from tests.model.walk import Comparison

SPECS: dict[str, tuple[str, str | None]] = {}


def spec(name: str, text: str, config: str | None = None) -> None:
    SPECS[name] = (text, config)


spec(
    "counter",
    """
    state x: 0..3 = 0
    step inc() by guest when x < 3 { x += 1 }
    step reset() by kvm when x == 2 { x = 0 }
    terminal x == 3
    invariant small { x <= 2 }
    step property grows { x' > x || x' == 0 }
    cover top { x' == 3 }
    """,
)
spec(
    "arithmetic",
    """
    state a: -3..4
    state b: 0..5
    state r: -20..40 = 0
    state q: 0..9 = 0
    step add() by guest { r = a + b }
    step sub() by guest { r = a - b }
    step mul() by guest { r = a * b }
    step neg() by guest { r = -a }
    step div() by guest { q = b / q; q = (b + 3) / (b + 1) }
    step mod() by guest { q = (b * 7) % (q + 1) }
    step store() by guest { q = b + 2 }
    step narrow() by guest { b = b + 1 }
    step signed() by guest { a = a - 1 }
    step tests() by guest { if a < b && a != b && -a >= b - 5 || a == -b { r = 1 } else { r = -1 } }
    step property sane { r' < 20 }
    """,
)
spec(
    "words",
    """
    state w: u8
    state v: u16 = 0
    state n: 0..12 = 3
    step wrap() by guest { w = w + 200 }
    step wide() by guest { v = u16(w) * 300 }
    step narrow() by guest { w = u8(v) - u8(n) }
    step shift() by guest { w = w << n }
    step shiftw() by guest { v = v >> (w & 31) }
    step bits() by guest { w = ~w ^ (w | 5) & 0x3c }
    step toint() by guest { n = 0..12(w) }
    step div() by guest { w = w / u8(n) + w % 7 }
    step neg() by guest { w = -w }
    step property order { w' >= 3 || v' > 900 }
    """.replace("n = 0..12(w)", "n = N(w)").replace("state n: 0..12", "type N = 0..12\n    state n: N"),
)
spec(
    "flags",
    """
    flags F { A @0, B @3, C @9 }
    state f: F
    state g: F = F(A, C)
    state w: u16 = 0
    step set() by guest { f |= B }
    step clear() by guest { f &= ~A }
    step toggle() by guest { f = f ^ F(B, C) }
    step word() by guest { w = u16(f) }
    step back() by guest { g = F(w) }
    step small() by guest { w = u16(u8(f)) }
    step check() by guest { if f has A|B { g = F() } else { g = f } }
    invariant some { f != F() }
    """,
)
spec(
    "arrays",
    """
    type I = 2..4
    enum E { P, Q, R }
    record S { on: bool, n: 0..2 }
    const c: [E]bool
    state a: [I]S
    state m: [E][I]bool = fill(fill(false))
    state i: I
    state e: E
    state k: 0..5 = 3
    step write() by guest { a[i].n = 2 }
    step swap() by guest { let t = a[i]; a[i] = a[2]; a[2] = t }
    step mat() by guest { m[e][i] = a[i].on && c[e] }
    step out() by guest { a[k].on = true }
    step read() by guest { if a[k].on { k = 2 } else { k = 5 } }
    step make() by guest { a[3] = S(on: m[e][i], n: a[i].n) }
    step next() by guest { match e { P => e = Q  Q => e = R  R => { e = P } } }
    step move() by kvm { i = 2; m[P] = fill(c[e]) }
    invariant each { all(j in I: a[j].n > 0) => any(x in E, j in I: m[x][j]) }
    step property counts { count(x in E: c[x]) + count(j in I: a[j]'.on) <= 4 }
    """,
)
spec(
    "optionals",
    """
    type I = 0..2
    state o: I?
    state p: [I]I? = fill(none)
    state b: bool = false
    step set(i: I) by guest { o = i }
    step unset() by guest { o = none }
    step use() by guest { b = o.value == 1 }
    step keep(i: I) by guest { p[i] = o }
    step guarded() by guest { b = o != none && o.value > 0 }
    step pick(i: I) by guest { match p[i] { none => o = 2  _ => o = p[i].value } }
    step weigh() by guest { o = b ? o : none }
    invariant same { o == p[0] || o == 1 }
    """,
)
spec(
    "control",
    """
    type I = 0..3
    state a: [I]bool
    state r: I? = none
    state n: 0..7 = 0
    fn first(from: I) -> I? {
        for i in I {
            if i < from { } else {
                if a[i] { return i }
            }
        }
        return none
    }
    fn find() -> bool {
        r = first(1)
        if r == none { return false }
        n += 1
        return n > 2
    }
    fn bump(d: 0..2) {
        if d == 0 { return }
        n = n + d
    }
    fn classify(x: I) -> 0..2 { match x { 0 => return 0  1, 2 => { if a[x] { return 2 }  return 1 }  _ => { } } return 0 }
    step go() by guest { if find() || a[0] && find() { bump(1) } else if !find() { bump(2) } }
    step left() by guest { if a[0] || !(a[1] || find()) { n = 0 } }
    step cls(x: I) by kvm { n = classify(x) + classify(0); assert n < 4 || a[3] }
    step flip() by guest { choose i: I; choose j: I; a[i] = !a[j] }
    step loops() by guest { for i in 1..2 { for j in I { if a[j] && i != j { a[i] = !a[i]; bump(1) } } } }
    step property p { r' != none => n' > 0 }
    cover low { r' == 1 && n == n' }
    """,
)
spec(
    "handlers",
    """
    enum Ret { OK, RETRY, BAD }
    rule soft, hard
    ghost steps: 0..5 = 1
    ghost flag: bool = false
    state x: 0..3 = 0
    handler inner(v: 0..3) -> Ret {
        steps = steps + 1
        if v == 0 { return RETRY @soft }
        return OK
    }
    fn help() -> Ret { flag = true; return BAD @hard }
    handler outer() -> Ret {
        let r = inner(x)
        if r == RETRY { return r }
        if x == 2 { return help() }
        if x == 3 { return inner(0) @hard }
        return OK
    }
    step run() by guest { let r = outer(); if r == OK { x = (x + 1) % 4 } }
    step twice() by guest { let a = inner(x); let b = outer(); if a != b { x = 2 } }
    step jump() by kvm { choose y: 0..3; x = y }
    event retried { outer.decides(RETRY) }
    step property p1 { retried => x' == x }
    step property p2 { inner.decides(RETRY) @hard => false }
    step property p3 { !(inner.decides(RETRY) @soft) }
    step property p4 { outer.decides(BAD) @hard => flag }
    step property p5 { steps <= 2 && (taken(twice) => steps > 1) }
    cover c1 { outer.decides(RETRY) @hard }
    progress pr { recurs outer.decides(OK)  never taken(jump) }
    """,
)
spec(
    "handlers one after another",
    """
    rule soft
    ghost mark: 0..3 = 0
    state x: 0..3
    handler first(v: 0..3) -> 0..3 { mark = v; if v == 1 { return 1 @soft } return v }
    handler second(v: 0..3) -> bool { mark = 3 - v; yield "inside"; if v == x { return true @soft } mark = 1; return false }
    step two() by guest { let a = first(1); let b = first(2); let c = second(x); x = a == b || c ? 2 : 3 }
    step stir() by env { x = (x + 1) % 4 }
    config on { enable stir }
    config off { }
    step property p1 { first.decides(1) => mark == 2 }
    step property p2 { !(first.decides(2) @soft) }
    step property p3 { second.decides(false) @soft => false }
    cover c1 { second.decides(false) && mark == 1 }
    cover c2 { taken(stir) && mark == 3 }
    cover c3 { first.decides(1) @soft && first.decides(2) && mark == 2 }
    """,
    "on",
)
spec("handlers one after another, uncut", SPECS["handlers one after another"][0], "off")
spec(
    "cuts",
    """
    enum Ret { OK, RETRY }
    rule soft
    type I = 0..2
    ghost last: I = 0
    state a: [I]bool = fill(false)
    state n: I = 0
    handler h(i: I) -> Ret {
        let before = n
        last = i
        lock l {
            let inside = a[i]
            if inside { a[i] = false; return RETRY @soft }
            if before == n { return OK }
            a[i] = true
        }
        yield "between"
        if a[i] { last = n; return OK @soft }
        return RETRY
    }
    step go(i: I) by guest {
        let r = h(i)
        lock m { lock l { if r == OK { n = i } } } yield "end"
        for j in I { if j == i { yield "loop" } }
    }
    step quiet() by kvm when a[0] { a[0] = false }
    step touch(i: I) by env when i != n || a[i] { a[i] = !a[i] }
    step drift() by env { n = (n + 1) % 3 }
    config full {
        enable touch(i) when i < 2 weakly fair each
        enable drift in stem
        enable go strongly fair each
        enable quiet weakly fair
        enable drift when a[2] strongly fair
    }
    config none_enabled { enable go weakly fair }
    step property p1 { h.decides(RETRY) @soft => last == 0 }
    step property p2 { h.decides(OK) => taken(go) && last > 0 }
    cover c { taken(touch) && last > 0 }
    progress live { recurs h.decides(RETRY)  never h.decides(OK) }
    invariant inv { !(a[0] && a[1] && a[2]) }
    """,
    "full",
)
spec("cuts without env", SPECS["cuts"][0], "none_enabled")
spec(
    "cuts in calls",
    """
    type I = 0..1
    state a: [I]I = fill(0)
    state b: bool = false
    state k: 0..2 = 0
    fn ask(x: I) -> bool { lock l { if a[x] == 1 { return true } } b = !b; return b }
    fn pick() -> I { yield "pick"; if b { return 1 } return a[0] }
    fn over() -> 0..3 { yield "w"; return k + 1 }
    fn deep(x: I) -> I { let y = pick(); let z = pick(); if y == z { return x } return y }
    step cond() by guest { if ask(0) && !ask(1) || ask(1) { k = 0 } else { k = 1 } }
    step held() by guest when a[k % 2] == 0 { a[a[0]] = pick() }
    step index() by guest { a[k] = deep(1) }
    step cmp() by kvm { let r = over() == 2; b = r }
    step store() by kvm { k = over() }
    step flip(i: I) by env { a[i] = 1 - a[i] }
    step tick() by env { k = (k + 1) % 3 }
    config all_env { enable flip enable tick when b }
    cover c { taken(held) && a[1]' == 1 }
    """,
    "all_env",
)
spec(
    "faults",
    """
    type I = 0..2
    state x: I
    state a: [I]I?
    step g() by guest when a[x].value == 1 { x = 0 }
    step f() by guest { lock l { assert a[x] != none } x = a[x].value + 1; assert x < 2 }
    step e(i: 0..3) by env when a[i] != none && a[i].value < 2 { a[i] = a[i].value + i }
    step w() by env { x = x + 1 }
    config c { enable e(i) when a[i].value < i enable w when a[x].value == 0 enable w when a[0] == 2 in stem }
    invariant p { a[x].value == 1 }
    step property q { a[x]'.value == 1 => a[x'].value > 0 }
    cover r { a[x].value == 2 || true }
    init i { a[0] != none }
    """,
    "c",
)
spec(
    "initial",
    """
    type I = 0..2
    const c: [I]bool
    const d: 1..3
    assume one { count(i in I: c[i]) == 1 }
    state x: I = d - 1
    state y: I? = none
    state z: 0..4
    init ordered { z >= x && c[z] }
    init invariant low { z <= 3 }
    step s() by guest when z < 4 { z += 1 }
    config k { assume big { d > 1 } }
    """,
    "k",
)


@pytest.mark.parametrize("name", list(SPECS))
def test_every_transition_agrees_with_the_interpreter(name: str) -> None:
    text, config = SPECS[name]
    counts = Comparison(text, config, seed=len(name)).run()
    assert counts.transitions >= 4
