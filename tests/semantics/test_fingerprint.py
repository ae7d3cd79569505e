"""A digest of a check: the same where the meaning is the same, another wherever it is not."""

from __future__ import annotations

import pytest

from mmu_smt.semantics.fingerprint import Fingerprints
from mmu_smt.semantics.program import combine
from mmu_smt.semantics.workspace import Workspace

SPEC = """\
param N: 1..7 = 3
enum Answer { GO, STOP }
state n: 0..N = 0
state m: 0..N
const c: bool
init start { m == 0 }
ghost seen: bool = false
rule gave_up
fn bump() { n += 1 }
fn unused() -> bool { return true }
handler decide() -> Answer {
    seen = true
    for i in 0..1 {
        choose x: 0..1
        if x == 1 { m = 0 }
    }
    if n == N { return STOP @gave_up }
    return GO
}
step act() by guest when n < N { let a = decide() if a == GO { bump() } }
step push(k: 0..N) by env { n = k }
terminal n == N
event full { n' == N }
event other { n' == 0 }
invariant small { n <= N }
progress ends { recurs taken(act) never full }
step property late { decide.decides(STOP) => seen }
config quiet
config busy { enable push(k) when k < 2 }
config odd { assume nothing { N > 0 } }
variant same "other words" { }
variant slow { override fn bump() { if n < N { n += 1 } } }
"""


def fingerprint(
    text: str, *, variant: str | None = None, configs: tuple[str, ...] = ("quiet",), names: tuple[str, ...] = ("small", "ends", "late")
) -> str:
    program = Workspace.from_text(text).program(variant)
    config = combine(tuple(program.configs[c] for c in configs))
    return Fingerprints(program).of(config, tuple(program.properties[n] for n in names))


def test_it_is_the_same_for_texts_that_mean_the_same() -> None:
    first = fingerprint(SPEC)
    assert fingerprint("// a remark\n\n" + SPEC) == first
    assert fingerprint(SPEC.replace("invariant small", "/// In words.\ninvariant small")) == first
    assert fingerprint(SPEC, variant="same") == first
    assert fingerprint(SPEC, configs=("busy",)) != first


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{ return true }", "{ return false }"),
        ("fn unused() -> bool { return true }\n", ""),
        ("event other { n' == 0 }", "event other { n' == 1 }"),
        ("step push(k: 0..N) by env { n = k }", "step push(k: 0..N) by env { n = 0 }"),
        ("enable push(k) when k < 2", "enable push"),
        ("assume nothing { N > 0 }", "assume something { N > 1 }"),
        ("config quiet", "config quiet\ninvariant more { true }"),
        ("const c: bool", '/// Whether.\nconst c: bool @show "whether"'),
        ("fn bump()", "fn earlier() { n = 0 }\nfn bump()"),
    ],
)
def test_what_a_check_does_not_refer_to_plays_no_role(old: str, new: str) -> None:
    assert old in SPEC
    assert fingerprint(SPEC.replace(old, new)) == fingerprint(SPEC)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("= 3", "= 4"),
        ("state n: 0..N = 0", "state n: 0..N = 1"),
        ("m == 0 }\nghost", "m == 1 }\nghost"),
        ("= false", "= true"),
        ("n += 1", "n = 1"),
        ("const c: bool", "const c: bool @cases"),
        ("const c: bool", "const c: bool @default true"),
        ("x == 1", "x == 0"),
        ("choose x: 0..1", "choose x: 0..2"),
        ("i in 0..1", "i in 0..2"),
        ("seen = true", "seen = false"),
        ("STOP @gave_up", "STOP"),
        ("when n < N", "when n < 2"),
        ("terminal n == N", "terminal n == 2"),
        ("event full { n' == N }", "event full { n' == 1 }"),
        ("invariant small { n <= N }", "invariant small { n < N }"),
        ("never full", "never other"),
        ("progress ends {", "progress ends within 3 {"),
        ("decides(STOP)", "decides(GO)"),
        ("enum Answer { GO, STOP }", "enum Answer { STOP, GO }"),
        ("by guest", "by kvm"),
    ],
)
def test_every_part_that_bears_on_the_verdict_is_in_it(old: str, new: str) -> None:
    assert old in SPEC
    assert fingerprint(SPEC.replace(old, new)) != fingerprint(SPEC)


def test_variants_configs_and_the_properties_judged_are_in_it() -> None:
    assert fingerprint(SPEC, variant="slow") != fingerprint(SPEC)
    busy = fingerprint(SPEC, configs=("busy",))
    assert fingerprint(SPEC.replace("k < 2", "k < 3"), configs=("busy",)) != busy
    assert fingerprint(SPEC.replace("{ n = k }", "{ n = 0 }"), configs=("busy",)) != busy
    assert fingerprint(SPEC, configs=("odd",)) != fingerprint(SPEC)
    assert len({fingerprint(SPEC, names=n) for n in (("small",), ("ends",), ("small", "ends"), ("ends", "small"))}) == 4


def test_sites_survive_statements_that_come_before_them() -> None:
    moved = SPEC.replace("fn bump()", "fn earlier() { if n == 0 { n = 0 } }\nfn bump()")
    before, after = (Workspace.from_text(t).program(None) for t in (SPEC, moved))
    old, new = Fingerprints(before), Fingerprints(after)
    call = before.steps["act"].body[0].id + 0
    sites = [(call,), (call, -1), (before.functions["decide"].body[1].id,)]
    assert all(old.site(old.portable(site)) == site for site in sites)
    assert [new.site(old.portable(site)) for site in sites] != sites
    assert new.site(old.portable(sites[2])) == (after.functions["decide"].body[1].id,)
    with pytest.raises(KeyError):
        new.site(("fn nobody#0",))
