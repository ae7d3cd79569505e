"""The abstract syntax tree: one frozen class a node, one union a category.

Names are unresolved and nothing is typed. `span` takes no part in equality, so two trees of differently laid-out text compare
equal. Comments are not in the tree; the formatter takes them from the source text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from mmu_smt.syntax.source import SourceFile, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """An identifier where it stands."""

    text: str


# ---------------------------------------------------------------------------------------------- types


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedType(Node):
    """`bool`, `u8`, `u16`, `u32`, `u64` or a declared name."""

    name: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeType(Node):
    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayTypeExpr(Node):
    index: TypeExpr
    element: TypeExpr


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionalTypeExpr(Node):
    inner: TypeExpr


TypeExpr: TypeAlias = "NamedType | RangeType | ArrayTypeExpr | OptionalTypeExpr"


# ---------------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True, kw_only=True)
class IntLiteral(Node):
    """Decimal or 0x hexadecimal."""

    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoolLiteral(Node):
    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneLiteral(Node):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRef(Node):
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    """`op` is one of `! ~ -`."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    """`op` is one of `=> || && | ^ & == != < <= > >= has << >> + - * / %`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Node):
    """`condition ? then : orelse`."""

    condition: Expr
    then: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexExpr(Node):
    base: Expr
    index: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldExpr(Node):
    """`base.field`: a record's field, `.value` of an optional, or `Enum.MEMBER`."""

    base: Expr
    field: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class CallExpr(Node):
    """`callee(args)`: a function, a conversion `u32(x)` or `Index(x)`, `Flags(A, B)`, `fill(x)`, `taken(step)`."""

    callee: Name
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordExpr(Node):
    """`R(a: x, b: y)`."""

    type_name: Name
    fields: tuple[tuple[Name, Expr], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodExpr(Node):
    """`base.method(args)`: only `H.decides(V)`."""

    base: Expr
    method: Name
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledExpr(Node):
    """`expr @rule`: after a returned value, or after `H.decides(V)`."""

    expr: Expr
    rule: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimedExpr(Node):
    """`expr'`: its value in the state after the transition."""

    expr: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantifierExpr(Node):
    """`kind` is one of `all any count`; several binders nest left to right."""

    kind: str
    binders: tuple[tuple[Name, TypeExpr], ...]
    body: Expr


Expr: TypeAlias = (
    IntLiteral | BoolLiteral | NoneLiteral | NameRef | Unary | Binary | Conditional | IndexExpr | FieldExpr | CallExpr
    | RecordExpr | MethodExpr | LabelledExpr | PrimedExpr | QuantifierExpr
)


# ---------------------------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Node):
    statements: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetStmt(Node):
    name: Name
    type: TypeExpr | None
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignStmt(Node):
    """`target op value`; `op` is one of `= += -= |= &=`."""

    target: Expr
    op: str
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class ExprStmt(Node):
    """A call for its effect."""

    expr: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class IfStmt(Node):
    condition: Expr
    then: Block
    orelse: Block | IfStmt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchArm(Node):
    """`patterns => body`; no patterns means `_`. A pattern is a literal, a (qualified) name, or `none`."""

    patterns: tuple[Expr, ...]
    body: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchStmt(Node):
    subject: Expr
    arms: tuple[MatchArm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForStmt(Node):
    name: Name
    domain: TypeExpr
    body: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnStmt(Node):
    value: Expr | None
    rule: Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseStmt(Node):
    name: Name
    domain: TypeExpr


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertStmt(Node):
    condition: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class LockStmt(Node):
    lock: Name
    body: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class YieldStmt(Node):
    label: str


Stmt: TypeAlias = (
    "LetStmt | AssignStmt | ExprStmt | IfStmt | MatchStmt | ForStmt | ReturnStmt | ChooseStmt | AssertStmt | LockStmt | YieldStmt"
)


# ---------------------------------------------------------------------------------------------- declarations


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation(Node):
    """`kind` is one of `src link show minimise default`; `text` a string argument, `name` that of `@src`, `value` an expression."""

    kind: str
    text: str | None = None
    name: Name | None = None
    value: Expr | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration(Node):
    name: Name
    doc: str | None = field(default=None, compare=False)
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamDecl(Declaration):
    allowed: RangeType | None
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstDecl(Declaration):
    type: TypeExpr


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDecl(Declaration):
    type: TypeExpr
    value: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GhostDecl(Declaration):
    type: TypeExpr
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumeDecl(Declaration):
    condition: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class InitDecl(Declaration):
    is_invariant: bool
    condition: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDecl(Declaration):
    type: TypeExpr


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumDecl(Declaration):
    members: tuple[Name, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagsDecl(Declaration):
    members: tuple[tuple[Name, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDecl(Declaration):
    fields: tuple[tuple[Name, TypeExpr], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDecl(Declaration):
    """`rule a, b`: `name` is the first label, `names` all of them."""

    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalDecl(Declaration):
    """`terminal EXPR`; its name is the word `terminal`. There may be several: any of them."""

    condition: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Node):
    name: Name
    type: TypeExpr


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDecl(Declaration):
    is_handler: bool
    params: tuple[Parameter, ...]
    returns: TypeExpr | None
    body: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDecl(Declaration):
    """`actor` is one of `guest kvm env`."""

    params: tuple[Parameter, ...]
    actor: str
    guard: Expr | None
    body: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDecl(Declaration):
    condition: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class RecursNever(Node):
    recurs: Expr
    never: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyDecl(Declaration):
    """`kind` is one of `invariant step progress cover`. `within` is an expression, True for `within least`, None without a bound.

    `body` is a RecursNever for progress (and for a cover of infinite runs), else an expression. `configs`: where it applies
    (empty: everywhere).
    """

    kind: str
    within: Expr | bool | None
    configs: tuple[Name, ...]
    body: Expr | RecursNever


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableClause(Node):
    """`fairness` is None, `weak` or `strong`; `each` asks for it of every parameter value."""

    step: Name
    params: tuple[Name, ...]
    when: Expr | None
    stem_only: bool
    fairness: str | None
    each: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDecl(Declaration):
    is_default: bool
    parts: tuple[Name, ...]
    description: str | None
    assumes: tuple[AssumeDecl, ...]
    enables: tuple[EnableClause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictPattern(Node):
    """A verdict word; `bound` only with `bounded(N)`."""

    word: str
    bound: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectDecl(Declaration):
    """`expect V in A + B { p: w | x … }`; its name is the word `expect`."""

    variant: Name | None
    configs: tuple[Name, ...]
    entries: tuple[tuple[Name, tuple[VerdictPattern, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDecl(Declaration):
    """`overrides` replace a declaration of the same name, `additions` are new."""

    of: Name | None
    subject: str | None
    overrides: tuple[Decl, ...]
    additions: tuple[Decl, ...]


Decl: TypeAlias = (
    ParamDecl | ConstDecl | StateDecl | GhostDecl | AssumeDecl | InitDecl | TypeDecl | EnumDecl | FlagsDecl | RecordDecl | RuleDecl
    | TerminalDecl | FunctionDecl | StepDecl | EventDecl | PropertyDecl | ConfigDecl | ExpectDecl | VariantDecl
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module(Node):
    """One file. `name` is the dotted module name or None; imports are dotted names as written."""

    name: Name | None
    imports: tuple[Name, ...]
    declarations: tuple[Decl, ...]
    source: SourceFile = field(compare=False, repr=False)
