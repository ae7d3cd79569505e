"""Every verdict, length and least bound of the engines against explicit search, on random tiny systems."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from mmu_smt.engines.check import check_queries
from mmu_smt.engines.result import EngineVerdict
from mmu_smt.model.inputs import SELECTOR
from mmu_smt.model.system import FairStep, ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term
from tests.engines.reference import Expected, Query, answer
from tests.engines.systems import Builder
from tests.engines.validate import validate

SEEDS = 160
CHUNK = 20
MAX_BOUND = 40


class _Random:
    """Random well-sorted terms over given variables."""

    def __init__(self, rng: random.Random, builder: Builder) -> None:
        self.rng = rng
        self.builder = builder
        self.table = builder.table

    def boolean(self, variables: list[Term], depth: int) -> Term:
        t, rng = self.table, self.rng
        if depth == 0 or rng.random() < 0.15:
            v = rng.choice(variables)
            atom = v if v.width == 0 else t.eq(v, self.builder.n(rng.randrange(1 << v.width), v.width))
            return atom if rng.random() < 0.6 else t.not_(atom)
        match rng.randrange(6):
            case 0:
                return t.and_(self.boolean(variables, depth - 1), self.boolean(variables, depth - 1))
            case 1 | 2:
                return t.or_(self.boolean(variables, depth - 1), self.boolean(variables, depth - 1))
            case 3:
                return t.ite(self.boolean(variables, depth - 1), self.boolean(variables, depth - 1), self.boolean(variables, depth - 1))
            case 4:
                return t.ult(self.vector(variables, depth - 1, 2), self.vector(variables, depth - 1, 2))
            case _:
                return t.eq(self.vector(variables, depth - 1, 2), self.vector(variables, depth - 1, 2))

    def vector(self, variables: list[Term], depth: int, width: int) -> Term:
        t, rng = self.table, self.rng
        vectors = [v for v in variables if v.width == width]
        if depth <= 0 or rng.random() < 0.2:
            return rng.choice(vectors) if vectors and rng.random() < 0.8 else self.builder.n(rng.randrange(1 << width), width)
        match rng.randrange(4):
            case 0:
                return t.bvadd(self.vector(variables, depth - 1, width), self.vector(variables, depth - 1, width))
            case 1:
                return t.bvsub(self.vector(variables, depth - 1, width), self.vector(variables, depth - 1, width))
            case 2:
                return t.bvxor(self.vector(variables, depth - 1, width), self.vector(variables, depth - 1, width))
            case _:
                return t.ite(
                    self.boolean(variables, depth - 1), self.vector(variables, depth - 1, width), self.vector(variables, depth - 1, width)
                )

    def any(self, variables: list[Term], depth: int, width: int) -> Term:
        return self.vector(variables, depth, width) if width else self.boolean(variables, depth)


FLIGHT = ("at", "kept")


def add_flight(r: _Random, everything: list[Term]) -> None:
    """A step in flight: its position and a local, which env steps (sel = 1) leave alone, and which are 0 when there is none."""
    b, t = r.builder, r.table
    at, kept = b.var("at", 2), b.var("kept", 0)
    selector = next(v for v in everything if v.payload == SELECTOR)
    is_env = t.eq(selector, b.n(1, selector.width))
    ends = t.or_(t.eq(at, b.n(r.rng.randint(1, 3), 2)), r.boolean(everything, 1))
    step = b.n(r.rng.choice([1, 1, 2]), 2)
    goes = t.and_(t.not_(ends), t.not_(t.ult(t.bvadd(at, step), at)))
    b.next["at"] = t.ite(is_env, at, t.ite(goes, t.bvadd(at, step), b.n(0, 2)))
    b.next["kept"] = t.ite(is_env, kept, t.and_(goes, r.boolean([*everything, kept], 2)))


def generate(seed: int) -> tuple[TransitionSystem, tuple[Query, ...]]:
    """A random system and one query of every kind."""
    rng = random.Random(seed)
    b = Builder()
    r = _Random(rng, b)
    t = b.table
    consts = [b.const("c", 0)] if rng.random() < 0.4 else []
    state = [b.var(f"x{i}", rng.choice([0, 0, 2])) for i in range(rng.randint(1, 3))]
    sel = b.input(SELECTOR, 2) if rng.random() < 0.5 else b.input(SELECTOR, 0)
    inputs = [sel] + ([b.input("i", 0)] if rng.random() < 0.4 else [])
    everything = consts + state + inputs
    shared = tuple(state)
    interrupted = rng.random() < 0.5
    if interrupted:
        add_flight(r, everything)
        state = b.state
        everything = consts + state + inputs
    slowly = rng.random() < 0.5  # long runs want systems that change little
    for v in shared:
        value = r.any(everything, 2, v.width)
        if slowly and v.width:
            value = t.ite(r.boolean(everything, 1), t.bvadd(v, b.n(1, 2)), v)
        elif slowly:
            value = rng.choice([t.or_(v, value), t.and_(v, value), value])
        b.next[str(v.payload)] = value
    ok = t.or_(r.boolean(everything, 2), r.boolean(everything, 1)) if rng.random() < 0.6 else t.true
    fault = r.boolean(everything, 2) if rng.random() < 0.3 else t.false
    if rng.random() < 0.8:
        fault = t.and_(fault, r.boolean(everything, 2))
    ok = t.and_(ok, t.not_(fault))
    domain = t.or_(r.boolean(list(shared), 1), r.boolean(list(shared), 1)) if rng.random() < 0.1 else t.true
    ok = t.and_(ok, t.substitute(domain, {v: b.next[str(v.payload)] for v in state}))  # a transition leads to values of the type
    loops = t.and_(ok, r.boolean(everything, 1)) if rng.random() < 0.3 else ok
    fairness = [
        FairStep(f"f{i}", rng.random() < 0.5, r.boolean(consts + state, 2), r.boolean(everything, 1), f"f{i}")
        for i in range(rng.choice([0, 1, 1, 2]))
    ]
    point = t.and_(*(t.eq(v, b.n(rng.randrange(1 << v.width), v.width)) if v.width else v for v in shared))
    init = rng.choice([point, point, r.boolean(consts + list(shared), 2)]) if domain is t.true else domain
    if rng.random() < 0.02:
        init = t.false
    if interrupted:
        init = t.and_(init, *(t.eq(v, b.n(0, v.width)) for v in state if v.payload in FLIGHT))
    system = b.build(
        init=init,
        step_ok=ok,
        step_ok_loop=loops,
        step_fault=fault,
        fairness=fairness,
        env=(1,) if interrupted or rng.random() < 0.7 else (),
        guests=(0,),
        domain_state=domain,
        assumptions=r.boolean(consts, 1) if consts and rng.random() < 0.3 else None,
    )
    if interrupted:
        system = replace(system, flight=frozenset(FLIGHT))
    primed = [b.primed[str(v.payload)] for v in state]
    both = everything + primed
    queries: list[Query] = []
    for i in range(2):
        premise = r.boolean(consts + state, 1)
        queries.append(SafetyQuery(f"inv{i}", t.and_(premise, r.boolean(state, 1), r.boolean(state, 1)), True, premise=premise))
        premise = r.boolean(both, 1)
        queries.append(SafetyQuery(f"step{i}", t.and_(premise, r.boolean(both, 1), r.boolean(both, 1)), False, premise=premise))
    queries.append(SafetyQuery("fault", fault, False, faulting=True))
    queries.append(SafetyQuery("cover", t.and_(r.boolean(both, 1), r.boolean(both, 1)), False, is_cover=True))
    for i in range(2):
        recurs, never = t.or_(r.boolean(both, 1), r.boolean(both, 1)), r.boolean(both, 1)
        queries.append(ProgressQuery(f"progress{i}", recurs, never))
        queries.append(ProgressQuery(f"within{i}", recurs, never, within=rng.randint(0, 3)))
        queries.append(ProgressQuery(f"least{i}", recurs, never, within="least"))
    queries.append(ProgressQuery("cover_lasso", r.boolean(both, 2), t.false, is_cover=True))
    return system, tuple(queries)


def disagreement(got: EngineVerdict, wanted: Expected) -> str | None:
    """None if the verdict is right, or honestly undecided where nothing shorter than its bound was there to find."""
    if got.word == "bounded":
        if wanted.length is not None and got.bound is not None and wanted.length <= got.bound:
            return f"missed a run of {wanted.length} within {got.bound}"
        return None
    if wanted.word == "endless":
        return f"{got.word} where no count suffices"
    if got.word != wanted.word:
        return f"{got.word} (by {got.by}), explicitly {wanted.word} ({wanted.length})"
    if wanted.least != got.least and got.word == "proved":
        return f"least {got.least}, explicitly {wanted.least}"
    if got.run is not None and len(got.run.inputs) != wanted.length:
        return f"length {len(got.run.inputs)}, explicitly {wanted.length}"
    return None


def compare(seed: int) -> tuple[list[str], list[str]]:
    """Disagreements of one seed, and every verdict with its argument."""
    system, queries = generate(seed)
    result = check_queries(system, queries, max_bound=MAX_BOUND)
    wanted = answer(system, queries)
    problems: list[str] = []
    for query, got in zip(queries, result.verdicts, strict=True):
        problem = disagreement(got, wanted[query.name])
        if problem is None and got.run is not None:
            problem = validate(system, query, got.run, wanted[query.name].env)
        if problem is not None:
            problems.append(f"seed {seed}: {query.name}: {problem}")
    return problems, [f"{v.word} {v.by}" for v in result.verdicts]


@pytest.mark.parametrize("chunk", range(SEEDS // CHUNK))
def test_engines_agree_with_explicit_search(chunk: int) -> None:
    problems: list[str] = []
    words: list[str] = []
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        found, seen = compare(seed)
        problems += found
        words += seen
    assert not problems, "\n".join(problems)
    # The comparison must not become trivial.
    for word, fewest in (("violated", CHUNK), ("proved", CHUNK // 2), ("vacuous", 1), ("reached", 1), ("unreachable", 1)):
        assert sum(w.startswith(word) for w in words) >= fewest, word
    assert sum(w.startswith("bounded") for w in words) <= len(words) // 40
