"""The session: translation of terms, questions and their limits."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import z3
from z3 import z3core

from mmu_smt.model.evaluate import evaluate
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Op, Term
from mmu_smt.solve import encode
from mmu_smt.solve.budget import Budget, Meter, OutOfMemory
from mmu_smt.solve.encode import EncodingError
from mmu_smt.solve.profiles import Profile
from mmu_smt.solve.session import Session, Status, Template
from mmu_smt.witness.verdicts import UnknownReason

TERMS = TermTable()
A = TERMS.var("a", 4)
BOUND_EARLY = {"Z3_mk_bvadd": Op.BVADD}  # looked up when the module is loaded


def session(**limits: float) -> Session:
    return Session(Meter(Budget(**limits)))  # type: ignore[arg-type]


def hard(s: Session, holes: int = 11) -> None:
    """Assert that one pigeon more than there are holes has one of its own: minutes of work, and little memory at first."""
    sits = [[s.variable(f"{pigeon} in {hole}") for hole in range(holes)] for pigeon in range(holes + 1)]
    for pigeon in sits:
        s.clause(pigeon)
    for hole in range(holes):
        for one in range(holes + 1):
            for other in range(one):
                s.clause((-sits[one][hole], -sits[other][hole]))


def _operators(t: TermTable, a: Term, b: Term, p: Term) -> list[Term]:
    width = a.width
    arithmetic = [f(a, b) for f in (t.bvand, t.bvor, t.bvxor, t.bvadd, t.bvsub, t.bvmul, t.bvudiv, t.bvurem, t.bvshl, t.bvlshr)]
    compared = [f(a, b) for f in (t.eq, t.ult, t.ule, t.slt, t.sle)]
    shaped = [t.concat(a, b), t.extract(a, width - 1, 1), t.zero_extend(a, 3), t.sign_extend(b, 2), t.bvnot(a), t.bvneg(b)]
    return [*arithmetic, *compared, *shaped, t.ite(p, a, b), t.not_(p), t.and_(p, t.ult(a, b)), t.or_(p, t.eq(a, b))]


@pytest.mark.parametrize("seed", range(12))
def test_every_operator_means_the_same_as_on_integers(seed: int) -> None:
    rng = random.Random(seed)
    t = TermTable()
    width = rng.choice([2, 3, 5, 8])
    a, b, p = t.var("a", width), t.var("b", width), t.var("p", 0)
    terms = _operators(t, a, b, p)
    s = session()
    template = s.template({"a": width, "b": width, "p": 0}, terms)
    actual = {"a": s.variable("a", width), "b": s.variable("b", width), "p": s.variable("p")}
    results = [s.variable(f"r{i}", term.width) for i, term in enumerate(terms)]
    s.instantiate(template, actual, results)
    for _ in range(6):
        values = {"a": rng.randrange(1 << width), "b": rng.randrange(1 << width), "p": rng.randrange(2)}
        fixed = s.variable("fixed")
        wanted = t.and_(t.eq(a, t.const(values["a"], width)), t.eq(b, t.const(values["b"], width)), t.eq(p, t.bool(bool(values["p"]))))
        s.instantiate(s.template({"a": width, "b": width, "p": 0}, [wanted]), actual, [fixed])
        assert s.check((fixed,)).sat
        assert list(s.values(results)) == evaluate(terms, values)


def test_what_is_no_bit_vector_term_is_refused() -> None:
    s = session()
    a = Term(0, Op.VAR, (), 4, "a")
    with pytest.raises(EncodingError, match="width"):
        s.template({"a": 4}, [Term(1, Op.BVADD, (a, a), 5)])
    with pytest.raises(EncodingError):
        s.template({"a": 4}, [Term(1, Op.AND, (a, a), 0)])
    with pytest.raises(EncodingError, match="no meaning"):
        s.template({}, [a])


def test_rigid_and_named_parts_are_shared_by_all_instances() -> None:
    t = TermTable()
    c, x = t.var("c", 4), t.var("x", 4)
    shared = t.bvmul(c, c)
    s = session()
    square, given = s.variable("square", 4), s.variable("c", 4)
    template = s.template({"x": 4}, [t.eq(t.bvadd(x, shared), c)], rigid={"c": given}, named={shared.id: square}, defines=False)
    first, second = s.variable("x", 4), s.variable("x", 4)
    for x_here in (first, second):
        s.instantiate(template, {"x": x_here})
    assert s.check((-s.define_equal("same", [first], [second]),)).unsat


def test_clauses_and_definitions() -> None:
    s = session()
    a, b = s.variable("a"), s.variable("b")
    either, both = s.define_or("either", [a, b]), s.define_and("both", [a, b])
    assert s.check((either, -both, a)).sat
    assert s.values((a, b, -b)) == (1, 0, 1)
    assert s.check((either, -a, -b)).unsat
    assert s.check((both, -a)).unsat
    empty = s.define_equal("empty", [], [])
    assert s.check((-empty,)).unsat
    with pytest.raises(ValueError, match="empty clause"):
        s.clause(())


def test_a_model_is_read_only_right_after_it_was_found() -> None:
    s = session()
    a = s.variable("a")
    with pytest.raises(ValueError, match="model"):
        s.value(a)
    assert s.check((a,)).sat
    late = s.variable("late")
    with pytest.raises(ValueError, match="made after"):
        s.value(late)
    assert s.check((a, -a)).unsat
    with pytest.raises(ValueError, match="model"):
        s.value(a)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"seconds": 0.3}, UnknownReason.TIME), ({"rlimit": 200_000}, UnknownReason.RLIMIT), ({"memory": 8}, UnknownReason.MEMORY)],
)
def test_budgets(limits: dict[str, float], reason: UnknownReason) -> None:
    s = session(**limits)
    hard(s)
    answer = s.check()
    assert (answer.status, answer.reason) == (Status.UNKNOWN, reason)
    assert s.check().reason is reason  # and it stays so


@pytest.mark.parametrize(
    ("call", "act"),
    [
        ("Z3_substitute_vars", lambda s, template, a: s.instantiate(template, {"a": a})),
        ("Z3_mk_const", lambda s, _template, _a: s.variable("b", 4)),
        ("Z3_solver_assert", lambda s, _template, _a: s.clause((s.true, s.true))),
        ("Z3_mk_bvadd", lambda s, _template, _a: s.template({"a": 4}, [TERMS.bvadd(A, A)])),
        ("Z3_mk_eq", lambda s, _template, a: s.define_equal("same", [a], [a])),
    ],
)
def test_memory_that_ends_outside_a_question(
    monkeypatch: pytest.MonkeyPatch, call: str, act: Callable[[Session, Template, int], object]
) -> None:
    s = session()
    template, a = s.template({"a": 4}, [TERMS.ult(A, A)], defines=False), s.variable("a", 4)

    def fail(*_: object) -> None:
        raise z3.Z3Exception(b"out of memory")

    monkeypatch.setattr(z3core, call, fail)
    if call in BOUND_EARLY:
        monkeypatch.setitem(encode._BINARY, BOUND_EARLY[call], fail)  # type: ignore[arg-type]
    with pytest.raises(OutOfMemory):
        act(s, template, a)


def test_other_errors_of_the_solver_are_no_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    s = session()

    def fail(*_: object) -> None:
        raise z3.Z3Exception(b"invalid argument")

    for call in ("Z3_solver_check_assumptions", "Z3_mk_const"):
        monkeypatch.setattr(z3core, call, fail)
    with pytest.raises(z3.Z3Exception):
        s.check()
    with pytest.raises(z3.Z3Exception):
        s.variable("a")


def test_a_question_of_its_own_limit_leaves_the_session_whole() -> None:
    s = session()
    a = s.variable("a")
    hard(s)
    s.clause((a,))
    assert s.check(rlimit=50_000).reason is UnknownReason.RLIMIT
    assert s.check((-a,)).unsat


def test_ctrl_c_is_an_answer() -> None:
    s = session(seconds=60)
    hard(s)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        assert s.check().reason is UnknownReason.INTERRUPTED
    finally:
        timer.join()


def test_unknown_parameters_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no parameter"):
        Session(Meter(Budget()), profile=Profile("typo", "QF_FD", {"phases": "caching"}))


def test_the_same_questions_cost_the_same() -> None:
    costs: list[int] = []
    for _ in range(2):
        s = session()
        hard(s)
        s.check(rlimit=100_000)
        costs.append(s.effort)
    assert costs[0] == costs[1]


def test_late_parameters_are_set_once_patience_is_spent() -> None:
    def units(profile: Profile) -> tuple[int, int]:
        s = Session(Meter(Budget()), profile=profile)
        hard(s, 6)
        assert s.check((s.variable("free"),)).unsat
        first = s.effort
        other = Session(Meter(Budget()), profile=profile)
        assert other.check().sat
        hard(other, 6)
        assert other.check((other.variable("free"),)).unsat
        return first, other.effort

    plain = Profile("plain", "QF_FD")
    late = replace(plain, late={"restart": "geometric", "restart.initial": 50, "phase": "always_false"}, patience=1)
    assert units(late)[0] == units(plain)[0]  # nothing has been spent before the first question
    assert units(late)[1] != units(plain)[1]
    assert units(replace(late, patience=10**9)) == units(plain)


def test_unknown_late_parameters_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no parameter phases"):
        Session(Meter(Budget()), profile=Profile("typo", "QF_FD", late={"phases": "caching"}))
