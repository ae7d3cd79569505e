"""Names: what kinds of things a specification declares, how near-misses are found, and the scopes of locals."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import assert_never

from mmu_smt.semantics.program import Local
from mmu_smt.syntax import nodes
from mmu_smt.syntax.source import Span


class Kind(StrEnum):
    """What a declared name stands for, in the words of the messages."""

    PARAM = "param"
    CONST = "const"
    STATE = "state variable"
    GHOST = "ghost"
    TYPE = "type"
    FUNCTION = "function"
    HANDLER = "handler"
    STEP = "step"
    RULE = "rule"
    EVENT = "event"
    PROPERTY = "property"
    ASSUME = "assumption"
    INIT = "initial condition"
    CONFIG = "config"
    VARIANT = "variant"
    TERMINAL = "terminal"
    EXPECT = "expect"
    MATRIX = "matrix"
    CLAIM = "claim"
    RECIPE = "recipe"


# Kinds whose names can stand in an expression, so that an enum member or a local of the same name would be confusing.
IN_EXPRESSIONS = frozenset({Kind.PARAM, Kind.CONST, Kind.STATE, Kind.GHOST, Kind.TYPE, Kind.FUNCTION, Kind.HANDLER, Kind.EVENT})

BUILT_IN_TYPES = ("bool", "u8", "u16", "u32", "u64")
BUILT_IN_NAMES = frozenset({*BUILT_IN_TYPES, "fill", "taken", "no_runtime_fault", "no_deadlock"})


MANY_NAMES = 300  # comparing a misspelt name with more than these takes noticeable time


@dataclass(frozen=True, slots=True)
class Symbol:
    """A declared name of one variant. `variant` declares it (None: a module); `overrides`: it replaces another declaration."""

    name: str
    kind: Kind
    declaration: nodes.Decl
    span: Span
    variant: str | None = None
    overrides: bool = False


def kind_of(declaration: nodes.Decl) -> Kind:
    """What a declaration declares."""
    match declaration:
        case nodes.ParamDecl():
            return Kind.PARAM
        case nodes.ConstDecl():
            return Kind.CONST
        case nodes.StateDecl():
            return Kind.STATE
        case nodes.GhostDecl():
            return Kind.GHOST
        case nodes.TypeDecl() | nodes.EnumDecl() | nodes.FlagsDecl() | nodes.RecordDecl():
            return Kind.TYPE
        case nodes.FunctionDecl(is_handler=is_handler):
            return Kind.HANDLER if is_handler else Kind.FUNCTION
        case nodes.StepDecl():
            return Kind.STEP
        case nodes.RuleDecl():
            return Kind.RULE
        case nodes.EventDecl():
            return Kind.EVENT
        case nodes.PropertyDecl():
            return Kind.PROPERTY
        case nodes.AssumeDecl():
            return Kind.ASSUME
        case nodes.InitDecl():
            return Kind.INIT
        case nodes.ConfigDecl():
            return Kind.CONFIG
        case nodes.VariantDecl():
            return Kind.VARIANT
        case nodes.TerminalDecl():
            return Kind.TERMINAL
        case nodes.ExpectDecl():
            return Kind.EXPECT
        case nodes.MatrixDecl():
            return Kind.MATRIX
        case nodes.ClaimDecl():
            return Kind.CLAIM
        case nodes.RecipeDecl():
            return Kind.RECIPE
        case _:
            assert_never(declaration)


def labels(declaration: nodes.Decl) -> tuple[nodes.Name, ...]:
    """The names that a declaration adds to the name space."""
    match declaration:
        case nodes.RuleDecl(names=names):
            return names
        case nodes.TerminalDecl() | nodes.ExpectDecl():
            return ()
        case _:
            return (declaration.name,)


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """`; did you mean ...?` for the nearest candidate, or nothing."""
    pool = sorted(set(candidates) - {word})
    if len(pool) > MANY_NAMES:
        pool = [name for name in pool if name[:1] == word[:1] and abs(len(name) - len(word)) < 3][:MANY_NAMES]
    near = get_close_matches(word, pool, n=1, cutoff=0.6)
    if not near:
        near = [name for name in pool if name.lower() == word.lower()][:1]
    return f"; did you mean `{near[0]}`?" if near else ""


class Role(StrEnum):
    """How a local came about, which decides whether it may be assigned."""

    PARAMETER = "parameter"
    LET = "local"
    CHOSEN = "chosen local"
    FOR = "`for` variable"
    BOUND = "bound variable"


@dataclass(frozen=True, slots=True)
class Binding:
    """A local in scope. `local` is None where its type is in error. `path`: the local is this field of a record (see `count`)."""

    role: Role
    span: Span
    local: Local | None
    path: int | None = None


class Scope:
    """The locals in scope, innermost last. No local hides another, so one dictionary is enough."""

    def __init__(self) -> None:
        self._bindings: dict[str, Binding] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._bindings

    def __iter__(self) -> Iterator[str]:
        return iter(self._bindings)

    def get(self, name: str) -> Binding | None:
        return self._bindings.get(name)

    def bind(self, name: str, binding: Binding) -> None:
        self._bindings[name] = binding

    @contextmanager
    def nested(self) -> Generator[None]:
        """Bindings made inside end with the block."""
        outer = dict(self._bindings)
        try:
            yield
        finally:
            self._bindings = outer
