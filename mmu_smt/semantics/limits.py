"""Sizes that are refused, so that nobody waits for a model that cannot be built. All are generous for hand-written specifications."""

from __future__ import annotations

from mmu_smt.semantics.types import ArrayType, OptionalType, RecordType, Type, index_size

MAX_ARRAY = 4096  # elements of one array
MAX_LEAVES = 100_000  # scalar parts of all variables together, and of one value
MAX_RANGE = 1 << 32  # a range has fewer values than this
MAX_PARAM = 1 << 31  # absolute value of a param
MAX_TURNS = 4096  # of a `for` or quantifier
MAX_STATEMENTS = 200_000  # statements and quantified expressions, after inlining and unrolling
MAX_DEPTH = 50  # nested definitions of types and params; nested calls of functions and events
MAX_NESTING = 150  # nested type and constant expressions, through the definitions that they name
MAX_WITHIN = 4096  # the bound of `within`


def leaves(type: Type) -> int:
    """The number of scalar parts of a value (an optional counts one more than its inner value)."""
    match type:
        case RecordType(_, fields):
            return sum(leaves(t) for _, t in fields)
        case ArrayType(index, element):
            return index_size(index) * leaves(element)
        case OptionalType(inner):
            return 1 + leaves(inner)
        case _:
            return 1
