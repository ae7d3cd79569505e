"""Machines as BTOR2 (Niemetz, Preiner, Wolf, Biere: Btor2, BtorMC and Boolector 3.0, CAV 2018). Booleans are bit-vectors of width 1."""

from __future__ import annotations

from collections.abc import Mapping

from mmu_smt.export.machine import Machine
from mmu_smt.model.term import Op, Term, topological

_WORDS: Mapping[Op, str] = {
    Op.NOT: "not",
    Op.AND: "and",
    Op.OR: "or",
    Op.ITE: "ite",
    Op.EQ: "eq",
    Op.BVNOT: "not",
    Op.BVNEG: "neg",
    Op.BVAND: "and",
    Op.BVOR: "or",
    Op.BVXOR: "xor",
    Op.BVADD: "add",
    Op.BVSUB: "sub",
    Op.BVMUL: "mul",
    Op.BVUDIV: "udiv",
    Op.BVUREM: "urem",
    Op.BVSHL: "sll",
    Op.BVLSHR: "srl",
    Op.BVULT: "ult",
    Op.BVULE: "ulte",
    Op.BVSLT: "slt",
    Op.BVSLE: "slte",
    Op.CONCAT: "concat",
    Op.EXTRACT: "slice",
    Op.ZERO_EXTEND: "uext",
    Op.SIGN_EXTEND: "sext",
}


def btor2(machine: Machine) -> str:
    """The machine as text: `bad`, or one `justice` property; every assumption a `constraint`."""
    printer = _Printer()
    for note in machine.notes:
        printer.lines.append(f"; {note}")
    values = {name: printer.term(value) for name, value in machine.initial.items()}
    for variable in machine.inputs:
        printer.declare("input", variable)
    for variable in machine.states:
        printer.declare("state", variable)
    for variable in machine.states:
        if str(variable.payload) in values:
            printer.line("init", printer.sort(variable), printer.term(variable), values[str(variable.payload)])
    for variable in machine.states:
        if str(variable.payload) in machine.next:
            printer.line("next", printer.sort(variable), printer.term(variable), printer.term(machine.next[str(variable.payload)]))
    for constraint in machine.constraints:
        printer.line("constraint", printer.term(constraint))
    if machine.bad is not None:
        printer.line("bad", printer.term(machine.bad))
    if machine.justice:
        conditions = [printer.term(condition) for condition in machine.justice]
        printer.line("justice", len(conditions), *conditions)
    return "\n".join(printer.lines) + "\n"


class _Printer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._count = 0
        self._sorts: dict[int, int] = {}
        self._ids: dict[int, int] = {}

    def line(self, word: str, *rest: int | str) -> int:
        """Write a line; its number."""
        self._count += 1
        self.lines.append(" ".join(map(str, (self._count, word, *rest))))
        return self._count

    def sort(self, term: Term) -> int:
        """The number of the term's sort."""
        width = max(term.width, 1)
        if width not in self._sorts:
            self._sorts[width] = self.line("sort", "bitvec", width)
        return self._sorts[width]

    def declare(self, word: str, variable: Term) -> None:
        """An input or a state, with its name."""
        self._ids[variable.id] = self.line(word, self.sort(variable), str(variable.payload).replace(" ", ""))

    def term(self, root: Term) -> int:
        """The number of the line that defines a term; lines that are missing are written."""
        if root.id not in self._ids:
            for term in topological((root,)):
                if term.id not in self._ids:
                    self._ids[term.id] = self._define(term)
        return self._ids[root.id]

    def _define(self, term: Term) -> int:
        sort, args = self.sort(term), [self._ids[a.id] for a in term.args]
        if term.op is Op.CONST:
            return self.line("constd", sort, str(term.payload))
        word = _WORDS[term.op]
        if term.op in (Op.AND, Op.OR, Op.CONCAT):
            number = args[0]
            for arg in args[1:]:
                number = self.line(word, sort, number, arg)
            return number
        indices = term.payload if isinstance(term.payload, tuple) else () if term.payload is None else (term.payload,)
        return self.line(word, sort, *args, *indices)
