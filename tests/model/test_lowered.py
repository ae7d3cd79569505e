"""What `lower` hands out beside the transition relation: queries, candidates, fairness, origins; and its limits."""

from __future__ import annotations

import inspect
import sys

import pytest

from mmu_smt.model.evaluate import evaluate
from mmu_smt.model.lower import Lowered, lower
from mmu_smt.model.system import ProgressQuery, SafetyQuery
from mmu_smt.model.table import variables
from mmu_smt.semantics.program import EMPTY_CONFIG, combine
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.traces import Move


def _lowered(text: str, *configs: str) -> Lowered:
    program = Workspace.from_text(text).program(None)
    return lower(program, combine(tuple(program.configs[c] for c in configs)) if configs else EMPTY_CONFIG)


FLIGHT = """
type I = 0..2
const c: [I]bool
state x: I? = none
state y: bool = false
step go(i: I) by guest when !y { lock l { x = i } choose j: I; if c[j] { x = none } }
step stir(i: I) by env { y = !y }
config on { enable stir enable go strongly fair each }
progress p { recurs taken(go)  never y' }
progress q within 3 { recurs taken(go)  never y' }
progress fewest within least { recurs taken(go)  never y' }
cover lasso { recurs y'  never false }
invariant implied { y => (x != none => any(i in I: c[i])) }
invariant plain { !y }
"""


def test_a_candidate_has_values_where_the_frames_have_codes() -> None:
    lowered = _lowered(FLIGHT, "on")
    names = [str(v.payload) for v in lowered.system.inputs]
    argument, chosen = (next(n for n in names if part in n) for part in ("I", ".j@"))
    consts = {"c[0]": 1, "c[1]": 0, "c[2]": 1}
    idle, flying = {"%pc": 0, "x.has": 1, "x.value": 2, "y": 0}, {"%pc": 1, "x.has": 0, "x.value": 0}
    inputs = [{"?step": 0, argument: 2, chosen: 1}, {"?step": 0, chosen: 2}, {"?step": 1, argument: 1}]
    candidate = lowered.candidate(consts, [idle, flying, flying, idle], inputs, 1)
    assert candidate.consts == {"c": (True, False, True)}
    assert candidate.states == ({"x": 2, "y": False}, {"x": None}, {"x": None}, {"x": 2, "y": False})
    assert candidate.loop_start == 1
    start, resumed, env = candidate.moves
    (site,) = start.choices
    assert start == Move("go", (2,), False, {site: 1})
    assert resumed == Move("go", (), True, {site: 2})
    assert env == Move("stir", (1,), False, {})


def test_queries_by_kind() -> None:
    lowered = _lowered(FLIGHT, "on")
    queries = {n: lowered.query(p) for n, p in lowered.program.properties.items()}
    fault, deadlock, implied = queries["no_runtime_fault"], queries["no_deadlock"], queries["implied"]
    assert isinstance(fault, SafetyQuery)
    assert fault.bad is lowered.system.step_fault
    assert (fault.faulting, fault.on_state) == (True, False)
    assert isinstance(deadlock, SafetyQuery)
    assert (deadlock.faulting, deadlock.on_state, deadlock.premise) == (False, True, None)
    assert isinstance(implied, SafetyQuery)
    assert implied.premise is not None
    assert set(variables([implied.premise])) == {"y", "x.has"}
    assert isinstance(queries["plain"], SafetyQuery)
    assert queries["plain"].premise is None
    bounds = {n: (q.within, q.is_cover) for n, q in queries.items() if isinstance(q, ProgressQuery)}
    assert bounds == {"p": (None, False), "q": (3, False), "fewest": ("least", False), "lasso": (None, True)}


def test_fairness_for_each_argument_follows_the_step_in_flight() -> None:
    lowered = _lowered(FLIGHT, "on")
    fair = lowered.system.fairness
    assert [f.label for f in fair] == ["go(0)", "go(1)", "go(2)"]
    assert all(f.strong for f in fair)
    stored = next(n for n in lowered.system.next if n.startswith("%i#"))
    base = {str(v.payload): 0 for v in (*lowered.system.constants, *lowered.system.state, *lowered.system.inputs)}
    assert evaluate([f.enabled for f in fair], base) == [1, 1, 1]
    assert evaluate([f.enabled for f in fair], base | {"y": 1}) == [0, 0, 0]
    assert evaluate([f.enabled for f in fair], base | {"y": 1, "%pc": 2, stored: 1}) == [0, 1, 0]
    assert evaluate([f.taken for f in fair], base | {"%pc": 2, stored: 2}) == [0, 0, 1]
    assert all(not n.startswith("?") for f in fair for n in variables([f.enabled]))


def test_origins_name_every_assignment() -> None:
    lowered = _lowered(FLIGHT, "on")
    assert {n: [s.text for s in spans] for n, spans in lowered.origins.items()} == {"x": ["x = i", "x = none"], "y": ["y = !y"]}
    assert all(c.step in c.span.text for c in lowered.system.choices)


def test_without_env_steps_nothing_is_in_flight() -> None:
    lowered = _lowered(FLIGHT)
    assert lowered.system.flight == frozenset()
    assert set(lowered.system.next) == {"x.has", "x.value"}  # nothing can change y
    assert [c.step for c in lowered.system.choices] == ["go"]


def test_values_that_the_position_determines_are_not_stored() -> None:
    lowered = _lowered(
        """
        type I = 0..3
        const c: [I]I
        state x: I = 0
        fn inner(a: I, b: I) { for k in 0..1 { let d = c[1]; yield "here"; x = a + b > k ? d : x } }
        step s(i: I) by guest { let j = i; inner(j, 3) }
        step e() by env { x = 3 - x }
        config on { enable e }
        """,
        "on",
    )
    stored = {n.split("#")[0] for n in lowered.system.flight}
    assert stored == {"%pc", "%i"}


def test_a_step_whose_enabledness_depends_on_too_much_is_refused() -> None:
    text = "state x: u16\nstep s(a: u16) by guest when a == x { x = a }"
    with pytest.raises(SpecError) as refused:
        _lowered(text)
    assert [d.code for d in refused.value.diagnostics] == ["MS510"]
    _lowered("state x: u16\nstep s(a: u16) by guest when x != 3 { x = a }")


def test_no_step_at_all() -> None:
    lowered = _lowered("state x: bool\ninvariant p { x }")
    assert lowered.system.step_ok is lowered.system.table.false
    assert lowered.system.can_move is lowered.system.table.false


def test_deep_nesting_is_lowered_whatever_the_recursion_limit() -> None:
    depth = 12
    parts = ["state x: 0..3 = 0", "fn f0(a: 0..3) -> bool { lock l { x = a } return a > 1 }"]
    for i in range(1, depth):
        nested = "if x < 3 {" * 10 + f"if {'!(' * 10}f{i - 1}(a){')' * 10} {{ return true }}" + "}" * 10
        parts.append(f"fn f{i}(a: 0..3) -> bool {{ {nested} return false }}")
    parts.append(f"step s(a: 0..3) by guest {{ if f{depth - 1}(a) {{ x = 0 }} }}")
    program = Workspace.from_text("\n".join(parts)).program(None)
    before = sys.getrecursionlimit()
    tight = len(inspect.stack()) + 100
    sys.setrecursionlimit(tight)
    try:
        lowered = lower(program, EMPTY_CONFIG)
        assert sys.getrecursionlimit() == tight
    finally:
        sys.setrecursionlimit(before)
    assert set(lowered.system.next) == {"x"}


def test_the_same_program_gives_the_same_terms() -> None:
    def dump(lowered: Lowered) -> list[tuple[int, str, str]]:
        system = lowered.system
        roots = [*system.next.values(), system.step_ok, system.init, *(f.enabled for f in system.fairness)]
        return [(t.id, t.op.value, str(t.payload)) for t in roots]

    assert dump(_lowered(FLIGHT, "on")) == dump(_lowered(FLIGHT, "on"))
