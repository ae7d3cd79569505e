"""The checked program: one variant with names resolved, overrides applied and every expression typed.

This is what both meanings start from: the interpreter runs it on plain values, the lowering turns it into a transition system. It holds
no solver object and no unresolved name. Parser and checker, which produce it, are trusted by both and named so in the documentation.

Conventions:
- Coercions are explicit (`Convert`), so the operands of an operator have the types that the operator needs. Integers of different ranges
  are compared and added as mathematical integers; every other comparison has two operands of one type.
- `id` numbers statements and calls uniquely within a Program. A *site* is a tuple of ids that leads from a step to a place in its inlined
  body: the ids of the calls entered, a negative number -(i+1) for the i-th turn (from 0) of each `for` around, then the id of the
  statement.
  Sites name cut points and `choose` occurrences in both meanings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from mmu_smt.semantics.types import ArrayType, OptionalType, RecordType, Type, Value
from mmu_smt.syntax.records import identity_record
from mmu_smt.syntax.source import Span

Site: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """A parameter, `let`, `for` or quantifier variable. Compared by identity; `name` may repeat, `id` is unique in the Program."""

    id: int
    name: str
    type: Type
    span: Span = field(repr=False)


# ---------------------------------------------------------------------------------------------- expressions


@identity_record
class Typed:
    type: Type
    span: Span = field(repr=False)


@identity_record
class Literal(Typed):
    value: Value


@identity_record
class ConstRef(Typed):
    name: str


@identity_record
class StateRef(Typed):
    """A state variable or a ghost."""

    name: str


@identity_record
class LocalRef(Typed):
    local: Local


class UnaryOp(StrEnum):
    NOT = "!"
    BITNOT = "~"  # word or flags (declared members only)
    NEGATE = "-"  # int (exact) or word (wraps)


class BinaryOp(StrEnum):
    IMPLIES = "=>"  # short-circuit, bool
    OR = "||"  # short-circuit, bool
    AND = "&&"  # short-circuit, bool
    BITOR = "|"  # word or flags
    BITXOR = "^"
    BITAND = "&"
    EQ = "=="
    NE = "!="
    LT = "<"  # int or word (unsigned)
    LE = "<="
    GT = ">"
    GE = ">="
    HAS = "has"  # flags: (left & right) == right
    SHL = "<<"  # word; right operand int or word; fault when >= width
    SHR = ">>"
    ADD = "+"  # int (exact) or word (wraps)
    SUB = "-"
    MUL = "*"
    DIV = "/"  # fault on zero; ints: operands are non-negative (the checker refuses others)
    MOD = "%"


@identity_record
class UnaryExpr(Typed):
    op: UnaryOp
    operand: TExpr


@identity_record
class BinaryExpr(Typed):
    op: BinaryOp
    left: TExpr
    right: TExpr


@identity_record
class CondExpr(Typed):
    condition: TExpr
    then: TExpr
    orelse: TExpr


@identity_record
class Index(Typed):
    """Fault when the index value is outside the array's index type."""

    base: TExpr
    index: TExpr
    array: ArrayType


@identity_record
class FieldOf(Typed):
    base: TExpr
    record: RecordType
    position: int


@identity_record
class OptionalValue(Typed):
    """`.value`; fault on none."""

    base: TExpr
    optional: OptionalType


class Conversion(StrEnum):
    RANGE = "range"  # int -> int; fault when the value is outside the target range
    SOME = "some"  # T -> T? (the operand already has type T)
    WORD = "word"  # int, word or flags -> word; wraps / truncates / zero-extends; flags use their bit positions
    FROM_WORD = "from-word"  # word -> int; fault when outside the target range
    TO_FLAGS = "to-flags"  # word -> flags; undeclared bits are dropped


@identity_record
class Convert(Typed):
    kind: Conversion
    operand: TExpr


@identity_record
class Call(Typed):
    """A call of a function with a result. Effectful only where the language allows it; `id` as in the module docstring."""

    id: int
    function: str
    args: tuple[TExpr, ...]


class Quantifier(StrEnum):
    ALL = "all"
    ANY = "any"
    COUNT = "count"  # type IntType(0, cardinality of the domain)


@identity_record
class QuantifierOf(Typed):
    """One binder (several nest). Short-circuit in increasing order for all/any."""

    kind: Quantifier
    local: Local  # its type is the domain
    body: TExpr


@identity_record
class RecordMake(Typed):
    """Field values in declaration order (evaluated in that order)."""

    fields: tuple[TExpr, ...]


@identity_record
class Fill(Typed):
    """An array with every element equal to `element`; `type` is the ArrayType."""

    element: TExpr


# step expressions only


@identity_record
class Primed(Typed):
    """The operand's value in the state after the transition (state references only; ghosts may not be primed)."""

    operand: TExpr


@identity_record
class Decides(Typed):
    """True iff in this transition `handler` returned `value` (a constant expression) [with `rule` as the last label attached]."""

    handler: str
    value: Value
    rule: str | None


@identity_record
class Taken(Typed):
    """True iff the transition executes step `step` or a part of it."""

    step: str


@identity_record
class EventUse(Typed):
    """A declared event; its condition is in Program.events."""

    name: str


TExpr: TypeAlias = (
    Literal
    | ConstRef
    | StateRef
    | LocalRef
    | UnaryExpr
    | BinaryExpr
    | CondExpr
    | Index
    | FieldOf
    | OptionalValue
    | Convert
    | Call
    | QuantifierOf
    | RecordMake
    | Fill
    | Primed
    | Decides
    | Taken
    | EventUse
)


# ---------------------------------------------------------------------------------------------- statements


@identity_record
class Statement:
    id: int
    span: Span = field(repr=False)


@identity_record
class Let(Statement):
    local: Local
    value: TExpr


@identity_record
class Place:
    """Where an assignment goes: a root and a path of indices (expressions) and record field positions.

    `root` is a Local or the name of a state variable or ghost; `type` the type of the addressed part; `steps` pairs each path element with
    the type it is applied to. Index expressions are evaluated left to right, before the assigned value, with the fault rule of `Index`.
    """

    root: Local | str
    root_type: Type
    steps: tuple[PlaceStep, ...]
    type: Type
    span: Span = field(repr=False)


@identity_record
class IndexStep:
    array: ArrayType
    index: TExpr


@identity_record
class FieldStep:
    record: RecordType
    position: int


PlaceStep: TypeAlias = IndexStep | FieldStep


@identity_record
class Assign(Statement):
    """Compound assignments are already expanded (`x += e` is `x = x + e`; its target's indices are pure)."""

    target: Place
    value: TExpr


@identity_record
class CallStatement(Statement):
    """A call for its effect; the result, if any, is dropped. `id` is the call's id too."""

    function: str
    args: tuple[TExpr, ...]


@identity_record
class If(Statement):
    condition: TExpr
    then: tuple[TStmt, ...]
    orelse: tuple[TStmt, ...]


@identity_record
class Arm:
    """Values (of the subject's type) that lead here; None for `_`. Arms are disjoint and exhaustive, `_` comes last."""

    values: tuple[Value, ...] | None
    body: tuple[TStmt, ...]
    span: Span = field(repr=False)


@identity_record
class Match(Statement):
    subject: TExpr
    arms: tuple[Arm, ...]


@identity_record
class For(Statement):
    """Over every value of `local.type`, in increasing order."""

    local: Local
    body: tuple[TStmt, ...]


@identity_record
class Return(Statement):
    value: TExpr | None
    rule: str | None


@identity_record
class Choose(Statement):
    local: Local


@identity_record
class Assert(Statement):
    condition: TExpr


@identity_record
class Lock(Statement):
    name: str
    body: tuple[TStmt, ...]


@identity_record
class Yield(Statement):
    label: str


TStmt: TypeAlias = "Let | Assign | CallStatement | If | Match | For | Return | Choose | Assert | Lock | Yield"


# ---------------------------------------------------------------------------------------------- declarations


@identity_record
class Display:
    """What annotations say about a declaration; for traces and minimisation."""

    doc: str | None = None
    show: str | None = None
    minimise: int | None = None
    default: Value = None
    has_default: bool = False
    cases: bool = False  # of a const: each of its values is a case that is judged by itself
    src_file: str | None = None
    src_function: str | None = None
    link: str | None = None


@identity_record
class Variable:
    """A const, state variable or ghost. `initial` is an expression over consts (ghosts: a constant), None where free."""

    name: str
    type: Type
    initial: TExpr | None
    display: Display
    span: Span = field(repr=False)


@identity_record
class Function:
    """A fn or a handler. `effectful`: changes state, locks, yields or chooses, itself or through a call."""

    name: str
    is_handler: bool
    params: tuple[Local, ...]
    returns: Type | None
    body: tuple[TStmt, ...]
    effectful: bool
    rules: tuple[str, ...]  # labels on its own returns
    display: Display
    span: Span = field(repr=False)


@identity_record
class Step:
    name: str
    params: tuple[Local, ...]
    actor: str  # guest, kvm or env
    guard: TExpr | None
    body: tuple[TStmt, ...]
    display: Display
    span: Span = field(repr=False)


@identity_record
class Condition:
    """A named pure expression: an assumption, an initial condition, an event. `is_invariant`: `init invariant`."""

    name: str
    condition: TExpr
    is_invariant: bool = False
    display: Display = field(default_factory=Display)
    span: Span = field(repr=False)


class PropertyKind(StrEnum):
    INVARIANT = "invariant"
    STEP = "step property"
    PROGRESS = "progress"
    COVER = "cover"  # some transition
    COVER_LASSO = "cover of infinite runs"
    # built in; `condition` and the rest are None
    NO_FAULT = "no_runtime_fault"
    NO_DEADLOCK = "no_deadlock"


@identity_record
class Measure:
    """What a progress property is said to decrease, as conditions of a transition: it is `less` afterwards; it is at `most` what it was."""

    less: TExpr
    most: TExpr


@identity_record
class Property:
    """A property to be judged. `condition` for invariant, step and cover; `recurs`/`never` for progress and cover of infinite runs.

    `within`: None, a bound N, or the string "least". `configs`: names of configs to which it is limited (empty: none).
    `rules`: labels mentioned in it, through events too. `applies` is False where one of those labels is carried by no return of the variant
    (verdict `–`).
    `init invariant` conditions appear here as invariants of the same name.
    """

    name: str
    kind: PropertyKind
    condition: TExpr | None = None
    recurs: TExpr | None = None
    never: TExpr | None = None
    measure: Measure | None = None
    within: int | str | None = None
    configs: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    applies: bool = True
    display: Display = field(default_factory=Display)
    span: Span | None = field(default=None, repr=False)


@identity_record
class Enable:
    """One `enable` clause. `params` are bound in `when`. `fairness` is None, "weak" or "strong"."""

    step: str
    params: tuple[Local, ...]
    when: TExpr | None
    stem_only: bool
    fairness: str | None
    each: bool
    span: Span = field(repr=False)


@identity_record
class Config:
    """A config with its parts already joined. `includes` holds its own name and every part's, transitively (for `Property.configs`)."""

    name: str
    includes: frozenset[str]
    assumptions: tuple[Condition, ...]
    enables: tuple[Enable, ...]
    description: str | None = None
    span: Span | None = field(default=None, repr=False)


@identity_record
class VerdictWant:
    word: str
    bound: int | None = None


@identity_record
class Expectation:
    """One line of an `expect` block. `variant` None: the modules alone. `configs` empty: the default config."""

    variant: str | None
    configs: tuple[str, ...]
    property: str
    wanted: tuple[VerdictWant, ...]
    span: Span = field(repr=False)


@identity_record
class RecipeLine:
    """A line of a recipe, for each value of `binders`, where `when` holds (None: always). `parts`: text, and expressions whose values are
    text.
    """

    parts: tuple[str | TExpr, ...]
    binders: tuple[Local, ...]
    when: TExpr | None
    span: Span = field(repr=False)


@identity_record
class Recipe:
    """What somebody would do, or see, who tries a run on a machine. `of_step`: its lines are about a transition, else about the initial
    state.
    """

    name: str
    title: str | None
    of_step: bool
    lines: tuple[RecipeLine, ...]
    display: Display = field(default_factory=Display)
    span: Span = field(repr=False)


@identity_record
class Program:
    """One variant, checked. All mappings are in declaration order."""

    variant: str | None
    subject: str | None
    link: str | None
    params: Mapping[str, int]
    consts: Mapping[str, Variable]
    states: Mapping[str, Variable]
    ghosts: Mapping[str, Variable]
    assumptions: tuple[Condition, ...]
    inits: tuple[Condition, ...]
    terminal: tuple[TExpr, ...]
    rules: tuple[str, ...]
    functions: Mapping[str, Function]
    steps: Mapping[str, Step]
    events: Mapping[str, Condition]
    properties: Mapping[str, Property]  # built-in ones first, then init invariants, then the declared
    configs: Mapping[str, Config]
    default_config: str | None
    digest: str  # sha256 (hex) over the text of every file and the parameter values
    recipes: tuple[Recipe, ...] = ()


EMPTY_CONFIG = Config(name="", includes=frozenset(), assumptions=(), enables=())


def combine(configs: tuple[Config, ...]) -> Config:
    """Join configs as `a + b` does: all assumptions, all enable clauses, in order; the name joins theirs with `+`."""
    if not configs:
        return EMPTY_CONFIG
    if len(configs) == 1:
        return configs[0]
    return Config(
        name="+".join(c.name for c in configs),
        includes=frozenset[str]().union(*(c.includes for c in configs)),
        assumptions=tuple({id(a): a for c in configs for a in c.assumptions}.values()),
        enables=tuple({id(e): e for c in configs for e in c.enables}.values()),
    )


def enabled_steps(program: Program, config: Config) -> tuple[Step, ...]:
    """The steps that can run under a config: every guest and kvm step, and the env steps that it enables, in declaration order."""
    named = {e.step for e in config.enables}
    return tuple(s for s in program.steps.values() if s.actor != "env" or s.name in named)


def has_cuts(program: Program, config: Config) -> bool:
    """True iff an env step is enabled, so that locks and yields are cut points."""
    return any(s.actor == "env" for s in enabled_steps(program, config))
