"""A reader of BTOR2 that shares nothing with the printer: it builds Z3 expressions, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import z3


@dataclass
class Node:
    """One line: its word, the width of its sort, its arguments as written."""

    word: str
    width: int
    args: list[int]
    symbol: str = ""


@dataclass
class File:
    """`init` and `next` by state's line."""

    nodes: dict[int, Node] = field(default_factory=dict)
    states: list[int] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    init: dict[int, int] = field(default_factory=dict)
    next: dict[int, int] = field(default_factory=dict)
    constraints: list[int] = field(default_factory=list)
    bads: list[int] = field(default_factory=list)
    justice: list[list[int]] = field(default_factory=list)


def read(text: str) -> File:
    """Raises KeyError, ValueError or AssertionError on what is not BTOR2."""
    file, sorts, last = File(), dict[int, int](), 0
    for line in text.splitlines():
        words = line.split(";")[0].split()
        if not words:
            continue
        number, word = int(words[0]), words[1]
        assert number > last, f"line numbers do not increase at {line}"
        last = number
        match word:
            case "sort":
                assert words[2] == "bitvec"
                sorts[number] = int(words[3])
            case "input" | "state":
                file.nodes[number] = Node(word, sorts[int(words[2])], [], words[3] if len(words) > 3 else "")
                (file.inputs if word == "input" else file.states).append(number)
            case "init" | "next":
                state, value = int(words[3]), int(words[4])
                assert file.nodes[state].word == "state"
                assert file.nodes[state].width == file.nodes[value].width == sorts[int(words[2])]
                assert word == "next" or value < state, "a state is declared before its first value"
                table = file.init if word == "init" else file.next
                assert state not in table
                table[state] = value
            case "constraint" | "bad":
                assert file.nodes[int(words[2])].width == 1
                (file.constraints if word == "constraint" else file.bads).append(int(words[2]))
            case "justice":
                assert len(words) == 3 + int(words[2])
                file.justice.append([int(w) for w in words[3:]])
            case "constd":
                file.nodes[number] = Node(word, sorts[int(words[2])], [int(words[3])])
            case _:
                node = Node(word, sorts[int(words[2])], [int(w) for w in words[3:]])
                operands = node.args[:1] if word in ("slice", "uext", "sext") else node.args
                widths = [file.nodes[a].width for a in operands]
                assert node.width == _width(word, widths, node.args[len(operands) :]), line
                file.nodes[number] = node
    return file


def _width(word: str, widths: list[int], indices: list[int]) -> int:
    match word:
        case "slice":
            assert widths[0] > indices[0] >= indices[1]
            return indices[0] - indices[1] + 1
        case "uext" | "sext":
            return widths[0] + indices[0]
        case "concat":
            return sum(widths)
        case "eq" | "ult" | "ulte" | "slt" | "slte":
            assert widths[0] == widths[1]
            return 1
        case "ite":
            assert widths[0] == 1 and widths[1] == widths[2]
            return widths[1]
        case _:
            assert len(set(widths)) == 1
            return widths[0]


_OPERATORS: Mapping[str, Callable] = {
    "not": lambda a: ~a,
    "neg": lambda a: -a,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "udiv": z3.UDiv,
    "urem": z3.URem,
    "sll": lambda a, b: a << b,
    "srl": z3.LShR,
    "concat": z3.Concat,
    "ite": lambda c, a, b: z3.If(c == 1, a, b),
    "eq": lambda a, b: _bit(a == b),
    "ult": lambda a, b: _bit(z3.ULT(a, b)),
    "ulte": lambda a, b: _bit(z3.ULE(a, b)),
    "slt": lambda a, b: _bit(a < b),
    "slte": lambda a, b: _bit(a <= b),
}


def _bit(condition: z3.BoolRef) -> z3.BitVecRef:
    return z3.If(condition, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))


def values(file: File, leaves: Mapping[int, z3.BitVecRef]) -> dict[int, z3.BitVecRef]:
    """Every line's value from those of states and inputs."""
    made: dict[int, z3.BitVecRef] = {}
    for number, node in file.nodes.items():
        match node.word:
            case "input" | "state":
                made[number] = leaves[number]
            case "constd":
                made[number] = z3.BitVecVal(node.args[0], node.width)
            case "slice":
                made[number] = z3.Extract(node.args[1], node.args[2], made[node.args[0]])
            case "uext":
                made[number] = z3.ZeroExt(node.args[1], made[node.args[0]])
            case "sext":
                made[number] = z3.SignExt(node.args[1], made[node.args[0]])
            case word:
                made[number] = _OPERATORS[word](*[made[a] for a in node.args])
    return made


def shortest(file: File, most: int) -> int | None:
    """The least number of steps before one where the file's `bad` holds; None where there is none of up to `most`."""
    solver = z3.SolverFor("QF_FD")
    frame = {n: z3.BitVec(f"s{n}@0", file.nodes[n].width) for n in file.states}
    for t in range(most + 1):
        leaves = frame | {n: z3.BitVec(f"i{n}@{t}", file.nodes[n].width) for n in file.inputs}
        found = values(file, leaves)
        if t == 0:
            solver.add(*[frame[s] == found[v] for s, v in file.init.items()])
        solver.add(*[found[c] == 1 for c in file.constraints])
        if solver.check(*[found[b] == 1 for b in file.bads]) == z3.sat:
            return t
        frame = {n: z3.BitVec(f"s{n}@{t + 1}", file.nodes[n].width) for n in file.states}
        solver.add(*[frame[s] == found[v] for s, v in file.next.items()])
    return None


def has_lasso(file: File, most: int) -> bool:
    """Is there a run of up to `most` steps, back at a state of its own, in whose loop each condition of the `justice` property holds?"""
    solver = z3.SolverFor("QF_FD")
    frames = [{n: z3.BitVec(f"s{n}@{t}", file.nodes[n].width) for n in file.states} for t in range(most + 1)]
    found = [values(file, frames[t] | {n: z3.BitVec(f"i{n}@{t}", file.nodes[n].width) for n in file.inputs}) for t in range(most)]
    solver.add(*[frames[0][s] == found[0][v] for s, v in file.init.items()])
    loops: list[z3.BoolRef] = []
    for t in range(most):
        solver.add(*[found[t][c] == 1 for c in file.constraints])
        solver.add(*[frames[t + 1][s] == found[t][v] for s, v in file.next.items()])
    for end in range(1, most + 1):
        for start in range(end):
            same = [frames[start][s] == frames[end][s] for s in file.states]
            met = [z3.Or([found[t][c] == 1 for t in range(start, end)]) for c in file.justice[0]]
            loops.append(z3.And(*same, *met))
    return solver.check(z3.Or(loops)) == z3.sat
