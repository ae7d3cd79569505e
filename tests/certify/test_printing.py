"""What is printed means what the terms mean, to every solver that is installed; and it can be read back."""

from __future__ import annotations

from random import Random

import pytest

from mmu_smt.certify.rendering import rendered
from mmu_smt.certify.smtlib import NotSmtLib, Script, symbol, term_text
from mmu_smt.certify.terms import BadTerm, parse_term, reading
from mmu_smt.model.evaluate import evaluate
from mmu_smt.model.table import TermTable, variables
from mmu_smt.model.term import Term
from mmu_smt.solve.scripts import KNOWN, solvers
from mmu_smt.solve.session import Status

INSTALLED, MISSING = solvers()
WIDTHS = {"p": 0, "q": 0, "a[0].x": 3, "b": 3, "wide:c": 5}


def random_term(table: TermTable, rng: Random, width: int, depth: int) -> Term:
    """Any operator may occur; the same subterm more than once."""
    leaves = [table.var(n, w) for n, w in WIDTHS.items() if w == width]
    if depth <= 0 or (leaves and rng.random() < 0.1):
        fixed = table.bool(rng.random() < 0.5) if width == 0 else table.const(rng.randrange(1 << width), width)
        return rng.choice([*leaves, fixed])

    def sub(of: int) -> Term:
        return random_term(table, rng, of, depth - 1)

    if width == 0:
        other = rng.choice((3, 5))
        left, right = sub(other), sub(other)
        return rng.choice(
            [
                lambda: table.not_(sub(0)),
                lambda: table.and_(sub(0), sub(0), sub(0)),
                lambda: table.or_(sub(0), sub(0)),
                lambda: table.ite(sub(0), sub(0), sub(0)),
                lambda: table.eq(left, right),
                lambda: table.eq(sub(0), sub(0)),
                lambda: table.ult(left, right),
                lambda: table.ule(left, right),
                lambda: table.slt(left, right),
                lambda: table.sle(left, right),
            ]
        )()
    binary = [table.bvand, table.bvor, table.bvxor, table.bvadd, table.bvsub, table.bvmul, table.bvudiv, table.bvurem, table.bvshl]
    choices = [lambda: rng.choice([*binary, table.bvlshr])(sub(width), sub(width))] * 4
    choices += [lambda: table.bvnot(sub(width)), lambda: table.bvneg(sub(width)), lambda: table.ite(sub(0), sub(width), sub(width))]
    if width == 3:
        choices += [lambda: table.extract(sub(5), 3, 1), lambda: table.concat(table.extract(sub(5), 1, 0), table.extract(sub(3), 2, 2))]
    else:
        choices += [lambda: table.zero_extend(sub(3), 2), lambda: table.sign_extend(sub(3), 2)]
    return rng.choice(choices)()


def script_about(term: Term, values: dict[str, int], value: int) -> str:
    """`unsat` iff the term has that value where its variables have those."""
    script = Script()

    def leaf(var: Term) -> object:
        return script.variable(f"{var.payload}@0", var.width)

    table = TermTable()
    for name, var in variables((term,)).items():
        fixed = table.const(values[name], var.width) if var.width else table.bool(bool(values[name]))
        script.demand(name, script.equal(leaf(var), script.term(fixed, leaf, {})))  # type: ignore[arg-type]
    wanted = table.const(value, term.width) if term.width else table.bool(bool(value))
    same = script.equal(script.term(term, leaf, {}), script.term(wanted, leaf, {}))  # type: ignore[arg-type]
    script.demand("it has another value", script.negated(same))
    return script.text(("A term has the value that it should.",))


@pytest.mark.parametrize("seed", range(40))
def test_terms_mean_to_solvers_what_they_mean(seed: int) -> None:
    rng, table = Random(seed), TermTable()
    term = random_term(table, rng, rng.choice((0, 3, 5)), 5)
    values = {n: rng.randrange(1 << max(1, w)) for n, w in WIDTHS.items()}
    (value,) = evaluate([term], values)
    (wrong,) = (value ^ 1,)
    for solver in INSTALLED:
        right = solver.ask(script_about(term, values, value))
        assert right.status is Status.UNSAT, (solver.name, right.trouble, rendered(term))
        assert solver.ask(script_about(term, values, wrong)).status is Status.SAT


@pytest.mark.parametrize("seed", range(40))
def test_terms_are_read_back(seed: int) -> None:
    rng, table = Random(seed), TermTable()
    term = random_term(table, rng, rng.choice((0, 3, 5)), 4)
    text = term_text(term, 10_000)
    assert text is not None
    assert parse_term(text, table, {n: table.var(n, w) for n, w in WIDTHS.items()}) is term
    assert rendered(reading(text, WIDTHS)) == rendered(reading(text, WIDTHS))


@pytest.mark.parametrize(
    "text",
    ["", "(", ")", "(and", "(foo p)", "unknown", "(and p b)", "(= p b)", "(_ bv8 3)", "(bvadd b)", "p q", "(not b)", "((_ extract 9 0) b)",
     "((_ zero_extend -1) b)", "(_ bvx 3)", "(var p)", "(ite b p q)", "|p", "(" * 300 + "p" + ")" * 300],
)  # fmt: skip
def test_what_is_no_term_is_refused(text: str) -> None:
    table = TermTable()
    with pytest.raises(BadTerm):
        parse_term(text, table, {n: table.var(n, w) for n, w in WIDTHS.items()})


def test_symbols() -> None:
    assert symbol("a@0") == "a@0"
    assert symbol("a[0].b@1") == "|a[0].b@1|"
    for name in ("a|b", "a\\b", "a\nb"):
        with pytest.raises(NotSmtLib):
            symbol(name)


def test_what_is_shared_is_written_once() -> None:
    table = TermTable()
    term = table.var("b", 3)
    for _ in range(200):  # as a tree it would have 2^200 leaves
        term = table.bvadd(table.bvmul(term, term), term)
    assert term_text(term, 10_000) is None
    script = Script()
    node = script.term(term, lambda leaf: script.variable(str(leaf.payload), leaf.width), {})
    script.demand("", script.equal(node, node))
    text = script.text(())
    assert len(text) < 60_000
    assert max(map(len, text.splitlines())) < 2_000


def test_solvers_say_why_they_say_nothing() -> None:
    for solver in INSTALLED:
        reply = solver.ask("(set-logic QF_BV)(assert oops)(check-sat)")
        assert reply.status is Status.UNKNOWN
        assert reply.trouble


def test_all_solvers_are_there_for_these_tests() -> None:
    assert not MISSING
    assert [s.name for s in INSTALLED] == list(KNOWN)
