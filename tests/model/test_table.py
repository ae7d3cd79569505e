"""The term table: every simplification keeps the meaning, and the promised ones happen."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from random import Random

import pytest

from mmu_smt.model.evaluate import apply, evaluate, to_signed
from mmu_smt.model.table import TermTable, variables
from mmu_smt.model.term import Op, Term

_BINARY = (
    Op.BVAND, Op.BVOR, Op.BVXOR, Op.BVADD, Op.BVSUB, Op.BVMUL, Op.BVUDIV, Op.BVUREM, Op.BVSHL, Op.BVLSHR,
)  # fmt: skip
_ORDER = (Op.EQ, Op.BVULT, Op.BVULE, Op.BVSLT, Op.BVSLE)


def _method(table: TermTable, op: Op) -> Callable[..., Term]:
    names = {Op.EQ: "eq", Op.NOT: "not_", Op.AND: "and_", Op.OR: "or_", Op.BVULT: "ult", Op.BVULE: "ule", Op.BVSLT: "slt", Op.BVSLE: "sle"}
    return getattr(table, names.get(op, op.value))


class _Pool:
    """Random terms, each with its meaning as a function of the variables, computed without the table's simplifications."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.table = TermTable()
        self.bools: list[tuple[Term, Callable[[dict[str, int]], int]]] = []
        self.vectors: dict[int, list[tuple[Term, Callable[[dict[str, int]], int]]]] = {1: [], 2: [], 3: []}
        for name in "pqr":
            self.bools.append((self.table.var(name, 0), lambda a, n=name: a[n]))
        for name, width in (("x", 1), ("y", 2), ("z", 3), ("w", 2)):
            self.vectors[width].append((self.table.var(name, width), lambda a, n=name: a[n]))
        for width in self.vectors:
            for value in range(1 << width):
                self.vectors[width].append((self.table.const(value, width), lambda _, v=value: v))
        for value in (0, 1):
            self.bools.append((self.table.bool(bool(value)), lambda _, v=value: v))

    def add(self, op: Op, width: int, args: list[tuple[Term, Callable[[dict[str, int]], int]]], term: Term, payload: object = None) -> None:
        widths = [t.width for t, _ in args]

        def meaning(a: dict[str, int]) -> int:
            return apply(op, width, [m(a) for _, m in args], widths, payload)  # pyright: ignore[reportArgumentType]

        assert term.width == width
        (self.vectors[width] if width else self.bools).append((term, meaning))

    def grow(self) -> None:
        pick, table = self.random.choice, self.table
        width = pick((1, 2, 3))
        match pick(("bool", "bool", "ite", "iteb", "cmp", "cmp", "bin", "un", "bits")):
            case "bool":
                op = pick((Op.NOT, Op.AND, Op.OR))
                args = [pick(self.bools) for _ in range(1 if op is Op.NOT else self.random.randint(2, 4))]
                self.add(op, 0, args, _method(table, op)(*[t for t, _ in args]))
            case "ite":
                args = [pick(self.bools), pick(self.vectors[width]), pick(self.vectors[width])]
                self.add(Op.ITE, width, args, table.ite(*[t for t, _ in args]))
            case "iteb":
                args = [pick(self.bools) for _ in range(3)]
                self.add(Op.ITE, 0, args, table.ite(*[t for t, _ in args]))
            case "cmp":
                op = pick(_ORDER)
                source = self.bools if op is Op.EQ and pick((True, False)) else self.vectors[width]
                args = [pick(source), pick(source)]
                self.add(op, 0, args, _method(table, op)(*[t for t, _ in args]))
            case "bin":
                op = pick(_BINARY)
                args = [pick(self.vectors[width]), pick(self.vectors[width])]
                self.add(op, width, args, _method(table, op)(*[t for t, _ in args]))
            case "un":
                op = pick((Op.BVNOT, Op.BVNEG))
                args = [pick(self.vectors[width])]
                self.add(op, width, args, _method(table, op)(args[0][0]))
            case _:
                self.bits()

    def bits(self) -> None:
        pick, table = self.random.choice, self.table
        match pick(("concat", "extract", "zero", "sign")):
            case "concat":
                args = [pick(self.vectors[1]), pick(self.vectors[2])]
                self.random.shuffle(args)
                self.add(Op.CONCAT, 3, args, table.concat(args[0][0], args[1][0]))
            case "extract":
                source = pick(self.vectors[3])
                low = self.random.randint(0, 2)
                high = self.random.randint(low, 2)
                self.add(Op.EXTRACT, high - low + 1, [source], table.extract(source[0], high, low), (high, low))
            case kind:
                source = pick(self.vectors[pick((1, 2))])
                bits = self.random.randint(1, 3 - source[0].width)
                op = Op.ZERO_EXTEND if kind == "zero" else Op.SIGN_EXTEND
                self.add(op, source[0].width + bits, [source], _method(table, op)(source[0], bits), bits)


@pytest.mark.parametrize("seed", range(12))
def test_simplified_terms_keep_their_meaning(seed: int) -> None:
    pool = _Pool(seed)
    for _ in range(250):
        pool.grow()
    made = [*pool.bools, *(e for v in pool.vectors.values() for e in v)]
    sample = pool.random.sample(list(product((0, 1), (0, 1), (0, 1), (0, 1), range(4), range(8), range(4))), 40)
    for values in sample:
        assignment = dict(zip("pqrxyzw", values, strict=True))
        found = evaluate([t for t, _ in made], assignment)
        memo = [m(assignment) for _, m in made[:60]]  # deep meanings take exponential time: the first ones are shallow
        assert found[:60] == memo
    _check_one_level(pool, sample[:15])


def _check_one_level(pool: _Pool, sample: list[tuple[int, ...]]) -> None:
    """Rebuilding every term from its arguments' values agrees with the term itself."""
    table = pool.table
    terms = [t for t, _ in (*pool.bools, *pool.vectors[2], *pool.vectors[3])]
    for values in sample:
        assignment = dict(zip("pqrxyzw", values, strict=True))
        known = variables(terms)
        replacements = {v: table.const(assignment[n], v.width) if v.width else table.bool(bool(assignment[n])) for n, v in known.items()}
        expected = evaluate(terms, assignment)
        for term, value in zip(terms, expected, strict=True):
            folded = table.substitute(term, replacements)
            assert folded.op is Op.CONST
            assert folded.payload == value


@pytest.mark.parametrize("seed", range(60))
def test_one_operator_on_small_arguments_keeps_its_meaning_everywhere(seed: int) -> None:
    pool = _Pool(1000 + seed)
    for _ in range(25):
        pool.grow()
    made = [*pool.bools, *(e for v in pool.vectors.values() for e in v)]
    for values in product((0, 1), (0, 1), (0, 1), (0, 1), range(4), (0, 3, 5), (1, 2)):
        assignment = dict(zip("pqrxyzw", values, strict=True))
        assert evaluate([t for t, _ in made], assignment) == [m(assignment) for _, m in made]


def test_boolean_simplifications() -> None:
    t = TermTable()
    p, q, r = t.var("p", 0), t.var("q", 0), t.var("r", 0)
    assert t.and_() is t.true
    assert t.or_() is t.false
    assert t.and_(p, t.not_(p)) is t.false
    assert t.or_(t.and_(p, q), t.not_(t.and_(p, q))) is t.true
    assert t.and_(p, q, p) is t.and_(q, p)
    assert t.and_(p, t.or_(p, q)) is p
    assert t.and_(p, t.or_(t.not_(p), q)) is t.and_(p, q)
    assert t.or_(t.and_(p, q), t.and_(p, t.not_(q))) is p
    assert t.ite(p, t.true, t.false) is p
    assert t.ite(p, q, t.not_(q)) is t.eq(p, q)
    assert t.ite(t.not_(p), q, r) is t.ite(p, r, q)


def test_vector_simplifications() -> None:
    t = TermTable()
    p, q, x, y = t.var("p", 0), t.var("q", 0), t.var("x", 2), t.var("y", 2)
    zero, one, two = (t.const(i, 2) for i in range(3))
    assert t.ite(p, t.ite(p, x, y), y) is t.ite(p, x, y)
    assert t.ite(p, x, t.ite(q, x, y)) is t.ite(t.or_(p, q), x, y)
    assert t.eq(t.ite(p, one, two), one) is p
    assert t.eq(t.ite(p, one, t.ite(q, two, zero)), two) is t.and_(t.not_(p), q)
    assert t.eq(t.ite(p, x, y), y) is t.or_(t.not_(p), t.eq(x, y))
    assert t.eq(t.zero_extend(x, 3), t.const(9, 5)) is t.false
    assert t.eq(t.zero_extend(x, 3), t.const(2, 5)) is t.eq(x, two)
    assert t.extract(t.concat(x, y), 1, 0) is y
    assert t.bvadd(x, zero) is x
    assert t.ule(x, t.const(3, 2)) is t.true
    assert t.eq(t.var("b", 1), t.const(0, 1)) is t.not_(t.eq(t.var("b", 1), t.const(1, 1)))


def test_terms_are_shared_and_numbered_in_creation_order() -> None:
    def build() -> list[tuple[int, str]]:
        t = TermTable()
        p, x = t.var("p", 0), t.var("x", 4)
        terms = [t.ite(p, t.bvadd(x, t.const(1, 4)), x), t.or_(t.ult(x, t.const(3, 4)), p)]
        return [(u.id, u.op.value) for u in terms]

    assert build() == build()


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.and_(t.var("x", 2)),
        lambda t: t.eq(t.var("x", 2), t.var("p", 0)),
        lambda t: t.ite(t.var("x", 2), t.true, t.false),
        lambda t: t.bvadd(t.var("x", 2), t.const(0, 3)),
        lambda t: t.bvor(t.var("p", 0), t.var("p", 0)),
        lambda t: t.extract(t.var("x", 2), 2, 0),
        lambda t: t.const(0, 0),
        lambda t: (t.var("x", 2), t.var("x", 3)),
        lambda t: t.ult(t.var("p", 0), t.var("p", 0)),
    ],
)
def test_ill_sorted_arguments_are_refused(make: Callable[[TermTable], object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        make(TermTable())


def test_long_chains_need_no_recursion() -> None:
    t = TermTable()
    term = t.const(0, 8)
    for i in range(5000):
        term = t.ite(t.var(f"p{i}", 0), t.const(i % 200 + 1, 8), term)
    assert evaluate([t.eq(term, t.const(7, 8))], {f"p{i}": int(i == 206) for i in range(5000)}) == [1]
    assert len(variables((term,))) == 5000


def test_to_signed() -> None:
    assert [to_signed(v, 2) for v in range(4)] == [0, 1, -2, -1]
