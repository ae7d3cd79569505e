"""Reads the terms that a manifest gives as SMT-LIB text: clauses of an invariant, targets of a rank."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Op, Term

MOST = 20_000
"""Operators of a term in a manifest."""

_TOKEN = re.compile(r"\s*(\(|\)|\|[^|\\]*\||[^\s()|]+)")
_Tree: TypeAlias = "str | list[_Tree]"
_UNARY = {Op.NOT, Op.BVNOT, Op.BVNEG}
_MANY = {Op.AND, Op.OR}
_PLAIN = {op.value: op for op in Op if op not in (Op.VAR, Op.CONST, Op.EXTRACT, Op.ZERO_EXTEND, Op.SIGN_EXTEND)}


class BadTerm(ValueError):
    """The text is no term over these variables."""


def parse_term(text: str, table: TermTable, variables: Mapping[str, Term]) -> Term:
    """The term that a text stands for. `variables`: those that may occur, by name. Raises BadTerm."""
    if len(text) > 64 * MOST:
        raise BadTerm("too long")
    try:
        return _term(_tree(text), table, variables)
    except BadTerm:
        raise
    except (ValueError, IndexError, AssertionError, RecursionError, OverflowError) as error:
        raise BadTerm(f"{text[:60]}: {error}") from error


def reading(text: str, widths: Mapping[str, int]) -> Term:
    """The same in a table of its own, so that it comes out alike wherever it is read. `widths`: of the variables. Raises BadTerm."""
    table = TermTable()
    named = {token.strip("|") for token in _TOKEN.findall(text)}
    return parse_term(text, table, {name: table.var(name, widths[name]) for name in sorted(named & widths.keys())})


def _tree(text: str) -> _Tree:
    stack: list[list[_Tree]] = [[]]
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadTerm(text[at : at + 20])
        at, token = match.end(), match.group(1)
        if token == "(":
            stack.append([])
        elif token == ")":
            if len(stack) < 2:
                raise BadTerm("a parenthesis too many")
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
        if len(stack) > 200:
            raise BadTerm("nested too deep")
    if len(stack) != 1 or len(stack[0]) != 1:
        raise BadTerm("not one term")
    return stack[0][0]


def _term(tree: _Tree, table: TermTable, variables: Mapping[str, Term]) -> Term:
    match tree:
        case "true":
            return table.true
        case "false":
            return table.false
        case str():
            name = tree[1:-1] if tree.startswith("|") else tree
            if name not in variables:
                raise BadTerm(f"unknown variable {name}")
            return variables[name]
        case ["_", str(value), str(width)] if value.startswith("bv"):
            number, bits = int(value[2:]), int(width)
            if not 0 < bits <= 4096 or not 0 <= number < 1 << bits:
                raise BadTerm(f"{value} of {width} bits")
            return table.const(number, bits)
        case [head, *rest] if rest:
            return _application(head, [_term(t, table, variables) for t in rest], table)
        case _:
            raise BadTerm(f"no term: {tree}")


def _application(head: _Tree, args: list[Term], table: TermTable) -> Term:
    match head:
        case ["_", "extract", str(high), str(low)]:
            (arg,) = args
            return table.extract(arg, int(high), int(low))
        case ["_", "zero_extend", str(bits)]:
            (arg,) = args
            return table.zero_extend(arg, _bits(bits))
        case ["_", "sign_extend", str(bits)]:
            (arg,) = args
            return table.sign_extend(arg, _bits(bits))
        case str() if head in _PLAIN:
            op = _PLAIN[head]
            wanted = 1 if op in _UNARY else 3 if op is Op.ITE else 2
            if op in _MANY:
                if any(a.width for a in args):
                    raise BadTerm(f"{head} of a bit-vector")
                return table.and_(*args) if op is Op.AND else table.or_(*args)
            if len(args) != wanted or (op is Op.NOT and args[0].width):
                raise BadTerm(f"{head} of {len(args)} arguments")
            return table.rebuild(Term(-1, op, tuple(args), 0), args)
        case _:
            raise BadTerm(f"no operator: {head}")


def _bits(text: str) -> int:
    bits = int(text)
    if not 0 <= bits <= 4096:
        raise BadTerm(f"{text} bits")
    return bits
