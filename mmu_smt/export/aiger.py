"""Machines as and-inverter graphs in the binary AIGER format (Biere, The AIGER And-Inverter Graph Format, 2007), one output for `bad`.

Only what its first version has is used: constraints become a latch, and a state that may begin with any value is read from an input at
first. Literals are those of the format: twice a variable's number, plus one for its negation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from mmu_smt.export.machine import Machine
from mmu_smt.model.term import Op, Term, topological

Bits = tuple[int, ...]
"""Literals, least significant first."""

FALSE, TRUE = 0, 1


class Graph:
    """Structurally hashed and-gates above a fixed number of inputs and latches."""

    def __init__(self, leaves: int) -> None:
        self.first = leaves + 1
        self.gates: list[tuple[int, int]] = []
        self._known: dict[tuple[int, int], int] = {}

    def and_(self, a: int, b: int) -> int:
        if a < b:
            a, b = b, a
        if b == FALSE or a == b ^ 1:
            return FALSE
        if b == TRUE or a == b:
            return a
        if (a, b) not in self._known:
            self._known[a, b] = 2 * (self.first + len(self.gates))
            self.gates.append((a, b))
        return self._known[a, b]

    def or_(self, a: int, b: int) -> int:
        return self.and_(a ^ 1, b ^ 1) ^ 1

    def xor(self, a: int, b: int) -> int:
        return self.and_(self.and_(a, b) ^ 1, self.or_(a, b))

    def mux(self, c: int, then: int, orelse: int) -> int:
        return then if then == orelse else self.or_(self.and_(c, then), self.and_(c ^ 1, orelse))

    def choose(self, c: int, then: Bits, orelse: Bits) -> Bits:
        return tuple(self.mux(c, a, b) for a, b in zip(then, orelse, strict=True))

    def all(self, literals: Sequence[int]) -> int:
        """A balanced conjunction."""
        layer = list(literals) or [TRUE]
        while len(layer) > 1:
            layer = [self.and_(*layer[i : i + 2]) if i + 1 < len(layer) else layer[i] for i in range(0, len(layer), 2)]
        return layer[0]

    # ------------------------------------------------------------------------------------------ arithmetic

    def add(self, a: Bits, b: Bits, carry: int) -> tuple[Bits, int]:
        """The sum with a carry, and the carry out."""
        result: list[int] = []
        for x, y in zip(a, b, strict=True):
            half = self.xor(x, y)
            result.append(self.xor(half, carry))
            carry = self.or_(self.and_(x, y), self.and_(half, carry))
        return tuple(result), carry

    def at_most(self, a: Bits, b: Bits) -> int:
        """Unsigned a <= b: no borrow in b - a."""
        return self.add(b, negated(a), TRUE)[1]

    def times(self, a: Bits, b: Bits) -> Bits:
        total: Bits = (FALSE,) * len(a)
        for i, bit in enumerate(b):
            shifted = (FALSE,) * i + a[: len(a) - i]
            total, _ = self.add(total, tuple(self.and_(bit, x) for x in shifted), FALSE)
        return total

    def divide(self, a: Bits, b: Bits) -> tuple[Bits, Bits]:
        """Quotient and remainder, of division by zero as SMT-LIB has them: all ones, and a."""
        wide = (*b, FALSE)
        rest: Bits = (FALSE,) * len(wide)
        quotient: list[int] = []
        for bit in reversed(a):
            rest = (bit, *rest[:-1])
            fits = self.at_most(wide, rest)
            rest = self.choose(fits, self.add(rest, negated(wide), TRUE)[0], rest)
            quotient.append(fits)
        return tuple(reversed(quotient)), rest[:-1]

    def shift(self, a: Bits, amount: Bits, *, left: bool) -> Bits:
        """Zero from the width on."""
        for i, bit in enumerate(amount):
            by = min(1 << i, len(a))
            zeros = (FALSE,) * by
            a = self.choose(bit, (*zeros, *a[: len(a) - by]) if left else (*a[by:], *zeros), a)
        return a


def negated(a: Bits) -> Bits:
    """Every bit inverted."""
    return tuple(x ^ 1 for x in a)


class _Blaster:
    """Terms as literals, given those of the variables."""

    def __init__(self, graph: Graph, leaves: dict[int, Bits]) -> None:
        self.graph = graph
        self._bits = leaves

    def bits(self, root: Term) -> Bits:
        for term in topological((root,)):
            if term.id not in self._bits:
                self._bits[term.id] = self._term(term, [self._bits[a.id] for a in term.args])
        return self._bits[root.id]

    def _term(self, term: Term, args: list[Bits]) -> Bits:
        g, op = self.graph, term.op
        match op:
            case Op.CONST:
                assert isinstance(term.payload, int)
                return tuple(term.payload >> i & 1 for i in range(max(term.width, 1)))
            case Op.NOT | Op.BVNOT:
                return negated(args[0])
            case Op.AND:
                return (g.all([a[0] for a in args]),)
            case Op.OR:
                return (g.all([a[0] ^ 1 for a in args]) ^ 1,)
            case Op.ITE:
                return g.choose(args[0][0], args[1], args[2])
            case Op.EQ:
                return (g.all([g.xor(x, y) ^ 1 for x, y in zip(args[0], args[1], strict=True)]),)
            case Op.BVNEG:
                return g.add((FALSE,) * term.width, negated(args[0]), TRUE)[0]
            case Op.BVAND:
                return tuple(g.and_(x, y) for x, y in zip(args[0], args[1], strict=True))
            case Op.BVOR:
                return tuple(g.or_(x, y) for x, y in zip(args[0], args[1], strict=True))
            case Op.BVXOR:
                return tuple(g.xor(x, y) for x, y in zip(args[0], args[1], strict=True))
            case Op.BVADD:
                return g.add(args[0], args[1], FALSE)[0]
            case Op.BVSUB:
                return g.add(args[0], negated(args[1]), TRUE)[0]
            case Op.BVMUL:
                return g.times(args[0], args[1])
            case Op.BVUDIV:
                return g.divide(args[0], args[1])[0]
            case Op.BVUREM:
                return g.divide(args[0], args[1])[1]
            case Op.BVSHL | Op.BVLSHR:
                return g.shift(args[0], args[1], left=op is Op.BVSHL)
            case Op.BVULE:
                return (g.at_most(args[0], args[1]),)
            case Op.BVULT:
                return (g.at_most(args[1], args[0]) ^ 1,)
            case Op.BVSLE:
                return (g.at_most(_biased(args[0]), _biased(args[1])),)
            case Op.BVSLT:
                return (g.at_most(_biased(args[1]), _biased(args[0])) ^ 1,)
            case Op.CONCAT:
                return tuple(bit for part in reversed(args) for bit in part)
            case Op.EXTRACT:
                assert isinstance(term.payload, tuple)
                return args[0][term.payload[1] : term.payload[0] + 1]
            case Op.ZERO_EXTEND:
                return args[0] + (FALSE,) * (term.width - len(args[0]))
            case Op.SIGN_EXTEND:
                return args[0] + args[0][-1:] * (term.width - len(args[0]))
            case Op.VAR:
                raise ValueError(f"variable {term.payload} is neither state nor input")
        assert_never(op)


def _biased(a: Bits) -> Bits:
    """Two's complement numbers as unsigned ones in the same order."""
    return (*a[:-1], a[-1] ^ 1)


def aiger(machine: Machine) -> bytes:
    """A machine with a bad state as one AIGER file. Raises ValueError where it has none."""
    if machine.bad is None:
        raise ValueError("nothing is bad in this machine")
    steady = [v for v in machine.states if str(v.payload) in machine.next]
    fickle = [v for v in machine.states if str(v.payload) not in machine.next]
    started = [v for v in steady if str(v.payload) in machine.initial]
    free = [v for v in steady if str(v.payload) not in machine.initial]
    inputs = [(v, i) for v in (*machine.inputs, *fickle, *free) for i in range(max(v.width, 1))]
    latches = [(v, i) for v in steady for i in range(max(v.width, 1))]
    graph = Graph(len(inputs) + len(latches) + 2)
    literal = {(v, i): 2 * n for n, (v, i) in enumerate(inputs, 1)}
    stored = {(v, i): 2 * n for n, (v, i) in enumerate(latches, 1 + len(inputs))}
    begun = 2 * (1 + len(inputs) + len(latches))
    violated = begun + 2
    leaves: dict[int, Bits] = {v.id: tuple(literal[v, i] for i in range(max(v.width, 1))) for v in (*machine.inputs, *fickle)}
    for v in started:
        # Every latch of the format begins with 0: a bit that begins with 1 is stored inverted.
        value = _value(machine.initial[str(v.payload)])
        leaves[v.id] = tuple(stored[v, i] ^ (value >> i & 1) for i in range(max(v.width, 1)))
    for v in free:
        leaves[v.id] = tuple(graph.mux(begun, stored[v, i], literal[v, i]) for i in range(max(v.width, 1)))
    for v in fickle:
        if str(v.payload) in machine.initial:
            leaves[v.id] = graph.choose(begun, leaves[v.id], _constant(machine.initial[str(v.payload)], max(v.width, 1)))
    blaster = _Blaster(graph, leaves)
    following: list[int] = []
    for v in steady:
        value = _value(machine.initial[str(v.payload)]) if v in started else 0
        bits = blaster.bits(machine.next[str(v.payload)])
        following += [bit ^ (value >> i & 1) for i, bit in enumerate(bits)]
    held = graph.all([blaster.bits(c)[0] for c in machine.constraints])
    broken = graph.or_(violated, held ^ 1)
    following += [TRUE, broken]
    bad = graph.and_(broken ^ 1, blaster.bits(machine.bad)[0])
    count = graph.first - 1 + len(graph.gates)
    lines = [f"aig {count} {len(inputs)} {len(latches) + 2} 1 {len(graph.gates)}", *map(str, following), str(bad)]
    gates = bytearray()
    for n, (a, b) in enumerate(graph.gates):
        gates += _delta(2 * (graph.first + n) - a) + _delta(a - b)
    # ABC wants the names of inputs and latches to differ.
    symbols = [f"i{n} {v.payload}[{i}]{'' if v in machine.inputs else ' at first'}" for n, (v, i) in enumerate(inputs)]
    symbols += [f"l{n} {v.payload}[{i}]" for n, (v, i) in enumerate(latches)]
    symbols += [f"l{len(latches)} !begun", f"l{len(latches) + 1} !violated", "o0 bad", "c", *machine.notes]
    return ("\n".join(lines) + "\n").encode() + bytes(gates) + ("\n".join(symbols) + "\n").encode()


def _value(term: Term) -> int:
    assert isinstance(term.payload, int)
    return term.payload


def _constant(term: Term, bits: int) -> Bits:
    return tuple(_value(term) >> i & 1 for i in range(bits))


def _delta(number: int) -> bytes:
    """Seven bits a byte, least significant first; the top bit says that another follows."""
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    return bytes(made)
