"""The hand-written encoding that the tool's speed is compared with encodes the same model: same initial states, same successors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pytest
import z3

from benchmarks.floor import VARIANTS, Constants, Sizes, State, Unrolling, longest_run, shortest_lasso
from mmu_smt.interpret.simulate import simulate
from mmu_smt.semantics.program import Config, Program
from mmu_smt.semantics.types import Value
from mmu_smt.semantics.workspace import Workspace

SIZES = Sizes(gfns=3, levels=2, accesses=3)
PARAMS = {"GFNS": 3, "LEVELS": 2}
ABSENT, READ_ONLY, WRITABLE = 0, 1, 2
READ_ONLY_SLOT, NO_SLOT = 1, 2

Model = Callable[[z3.ExprRef], z3.ExprRef]


def load(variant: str) -> tuple[Program, Config]:
    program = Workspace.load("benchmarks/small/stages.mmu").program(variant, PARAMS)
    return program, program.configs["quiet_one_access"]


def many(value: Value) -> tuple[Value, ...]:
    assert isinstance(value, tuple)
    return value


def constant_facts(c: Constants, values: Mapping[str, Value]) -> list[z3.BoolRef]:
    """That the encoding's constants have the specification's values."""
    facts = [c.direct == values["direct"], c.page_table_writing == values["page_table_writing"], c.rip == (values["rip"] == 1)]
    for g in range(SIZES.gfns):
        slot = many(values["slot"])[g]
        facts += [
            c.external[g] == many(values["external"])[g],
            c.no_slot[g] == (slot == NO_SLOT),
            c.read_only_slot[g] == (slot == READ_ONLY_SLOT),
        ]
    for a in range(SIZES.accesses):
        page = many(values["page"])[a]
        facts += [c.used[a] == many(values["used"])[a], c.write[a] == many(values["write"])[a]]
        facts += [c.page[a][g] == (page == g) for g in range(SIZES.gfns)]
        for level, table in enumerate(many(many(values["walk"])[a])):
            assert isinstance(table, int)
            facts += [c.walk[a][level][g] == (table == g) for g in range(SIZES.gfns)]
            offset = many(many(values["entry_offset"])[a])[level]
            assert isinstance(offset, int)
            facts.append(c.entry_addr[a][level] == table * 2 + offset)
        if not values["direct"]:
            facts.append(c.page_addr[a] == many(values["gva"])[a])
        elif page is not None:
            offset = many(values["page_offset"])[a]
            assert isinstance(page, int)
            assert isinstance(offset, int)
            facts.append(c.page_addr[a] == page * 2 + offset)
    return facts


def state_facts(s: State, values: Mapping[str, Value]) -> list[z3.BoolRef]:
    facts = [s.done == values["done"], s.guard_rip == (values["guard_rip"] == 1), s.guard_addr == values["guard_addr"]]
    for g in range(SIZES.gfns):
        mapping = many(values["spte"])[g]
        facts += [
            s.shadow[g] == many(values["shadow_pages"])[g],
            s.present[g] == (mapping != ABSENT),
            s.writable[g] == (mapping == WRITABLE),
        ]
    for a in range(SIZES.accesses):
        mapping = many(values["translation"])[a]
        facts += [s.translated[a] == (mapping != ABSENT), s.translated_writable[a] == (mapping == WRITABLE)]
    return facts


@pytest.mark.parametrize("variant", VARIANTS)
def test_runs_of_the_specification_are_runs_of_the_floor(variant: str) -> None:
    program, config = load(variant)
    transitions = 0
    for seed in range(40):
        run = simulate(program, config, seed=seed, steps=12)
        unrolling = Unrolling(SIZES, variant)
        unrolling.solver.add(*constant_facts(unrolling.constants, run.consts), *state_facts(unrolling.states[0], run.initial))
        assert unrolling.solver.check() == z3.sat, f"seed {seed}: not an initial state of the floor"
        for step in run.steps:
            after = z3.And(*state_facts(unrolling.extend(), step.after))
            retry = any(d.handler == "fault_path" and d.shown == "RETRY" for d in step.decisions)
            expected = z3.And(after, unrolling.retries[-1] == retry)
            assert unrolling.solver.check(expected) == z3.sat, f"seed {seed}"
            assert unrolling.solver.check(z3.Not(expected)) == z3.unsat, f"seed {seed}: the floor has another successor"
            transitions += 1
    assert transitions > 40


def chosen(bits: list[z3.BoolRef], read: Model) -> int | None:
    return next((i for i, bit in enumerate(bits) if z3.is_true(read(bit))), None)


def specification_values(c: Constants, s: State, read: Model) -> tuple[dict[str, Value], dict[str, Value]]:
    """Constants and initial state of a model of the floor, as values of the specification."""

    def flag(term: z3.ExprRef) -> bool:
        return z3.is_true(read(term))

    def number(term: z3.BitVecRef) -> int:
        value = read(term)
        assert isinstance(value, z3.BitVecNumRef)
        return value.as_long()

    gfns, levels, accesses = range(SIZES.gfns), range(SIZES.levels), range(SIZES.accesses)
    direct = flag(c.direct)
    walk = tuple(tuple(chosen(c.walk[a][lv], read) for lv in levels) for a in accesses)
    consts: dict[str, Value] = {
        "direct": direct,
        "slot": tuple(NO_SLOT if flag(c.no_slot[g]) else READ_ONLY_SLOT if flag(c.read_only_slot[g]) else 0 for g in gfns),
        "external": tuple(flag(c.external[g]) for g in gfns),
        "rip": int(flag(c.rip)),
        "used": tuple(flag(c.used[a]) for a in accesses),
        "write": tuple(flag(c.write[a]) for a in accesses),
        "walk": walk,
        "entry_offset": tuple(tuple(number(c.entry_addr[a][lv]) % 2 for lv in levels) for a in accesses),
        "page": tuple(chosen(c.page[a], read) for a in accesses),
        "page_offset": tuple(number(c.page_addr[a]) % 2 for a in accesses),
        "gva": tuple(0 if direct else number(c.page_addr[a]) for a in accesses),
        "emulable": True,
        "decodable": True,
        "page_table_writing": flag(c.page_table_writing),
        "victim": 0,
    }
    state: dict[str, Value] = {
        "shadow_pages": tuple(flag(s.shadow[g]) for g in gfns),
        "spte": tuple(flag(s.present[g]) + flag(s.writable[g]) for g in gfns),
        "translation": tuple(flag(s.translated[a]) + flag(s.translated_writable[a]) for a in accesses),
        "guard_rip": int(flag(s.guard_rip)),
        "guard_addr": number(s.guard_addr),
        "done": False,
    }
    return consts, state


@pytest.mark.parametrize("variant", VARIANTS)
def test_long_runs_of_the_floor_are_runs_of_the_specification(variant: str) -> None:
    program, config = load(variant)
    rest = dict(simulate(program, config, seed=0, steps=0).initial)
    for seed in range(25):
        length = 1 + seed % 7
        unrolling = Unrolling(SIZES, variant)
        for _ in range(length):
            unrolling.extend()
        unrolling.solver.set("random_seed", seed)
        unrolling.solver.set("phase", "random")
        assert unrolling.solver.check() == z3.sat
        model = unrolling.solver.model()
        read: Model = partial(model.eval, model_completion=True)
        consts, state = specification_values(unrolling.constants, unrolling.states[0], read)
        run = simulate(program, config, seed=0, steps=length, start=(consts, rest | state))  # raises unless this is an initial state
        assert len(run.steps) == length
        for step, reached in zip(run.steps, unrolling.states[1:], strict=True):
            assert z3.is_true(read(z3.And(*state_facts(reached, step.after)))), f"seed {seed}"


def test_answers() -> None:
    assert shortest_lasso(Unrolling(SIZES, "v2_03"), 20) == 1
    assert shortest_lasso(Unrolling(SIZES, "v2_04"), 20) is None
    assert longest_run(Unrolling(SIZES, "v2_03"), 20) is None
    assert longest_run(Unrolling(SIZES, "v2_04"), 20) == 7
