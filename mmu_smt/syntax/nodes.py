"""The abstract syntax tree: one frozen class a node, one union a category.

Names are unresolved and nothing is typed. `span` takes no part in equality, so two trees of differently laid-out text compare
equal. Comments are not in the tree; the formatter takes them from the source text.
"""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

from mmu_smt.syntax.records import record
from mmu_smt.syntax.source import SourceFile, Span


@record
class Node:
    span: Span = field(compare=False, repr=False)


@record
class Name(Node):
    """An identifier where it stands."""

    text: str


# ---------------------------------------------------------------------------------------------- types


@record
class NamedType(Node):
    """`bool`, `u8`, `u16`, `u32`, `u64` or a declared name."""

    name: Name


@record
class RangeType(Node):
    low: Expr
    high: Expr


@record
class ArrayTypeExpr(Node):
    index: TypeExpr
    element: TypeExpr


@record
class OptionalTypeExpr(Node):
    inner: TypeExpr


TypeExpr: TypeAlias = "NamedType | RangeType | ArrayTypeExpr | OptionalTypeExpr"


# ---------------------------------------------------------------------------------------------- expressions


@record
class IntLiteral(Node):
    """Decimal or 0x hexadecimal."""

    value: int


@record
class BoolLiteral(Node):
    value: bool


@record
class NoneLiteral(Node):
    pass


@record
class NameRef(Node):
    name: str


@record
class Unary(Node):
    """`op` is one of `! ~ -`."""

    op: str
    operand: Expr


@record
class Binary(Node):
    """`op` is one of `=> || && | ^ & == != < <= > >= has << >> + - * / %`."""

    op: str
    left: Expr
    right: Expr


@record
class Conditional(Node):
    """`condition ? then : orelse`."""

    condition: Expr
    then: Expr
    orelse: Expr


@record
class IndexExpr(Node):
    base: Expr
    index: Expr


@record
class FieldExpr(Node):
    """`base.field`: a record's field, `.value` of an optional, or `Enum.MEMBER`."""

    base: Expr
    field: Name


@record
class CallExpr(Node):
    """`callee(args)`: a function, a conversion `u32(x)` or `Index(x)`, `Flags(A, B)`, `fill(x)`, `taken(step)`."""

    callee: Name
    args: tuple[Expr, ...]


@record
class RecordExpr(Node):
    """`R(a: x, b: y)`."""

    type_name: Name
    fields: tuple[tuple[Name, Expr], ...]


@record
class MethodExpr(Node):
    """`base.method(args)`: only `H.decides(V)`."""

    base: Expr
    method: Name
    args: tuple[Expr, ...]


@record
class LabelledExpr(Node):
    """`expr @rule`: after a returned value, or after `H.decides(V)`."""

    expr: Expr
    rule: Name


@record
class PrimedExpr(Node):
    """`expr'`: its value in the state after the transition."""

    expr: Expr


@record
class QuantifierExpr(Node):
    """`kind` is one of `all any count`; several binders nest left to right."""

    kind: str
    binders: tuple[tuple[Name, TypeExpr], ...]
    body: Expr


Expr: TypeAlias = (
    IntLiteral
    | BoolLiteral
    | NoneLiteral
    | NameRef
    | Unary
    | Binary
    | Conditional
    | IndexExpr
    | FieldExpr
    | CallExpr
    | RecordExpr
    | MethodExpr
    | LabelledExpr
    | PrimedExpr
    | QuantifierExpr
)


# ---------------------------------------------------------------------------------------------- statements


@record
class Block(Node):
    statements: tuple[Stmt, ...]


@record
class LetStmt(Node):
    name: Name
    type: TypeExpr | None
    value: Expr


@record
class AssignStmt(Node):
    """`target op value`; `op` is one of `= += -= |= &=`."""

    target: Expr
    op: str
    value: Expr


@record
class ExprStmt(Node):
    """A call for its effect."""

    expr: Expr


@record
class IfStmt(Node):
    condition: Expr
    then: Block
    orelse: Block | IfStmt | None


@record
class MatchArm(Node):
    """`patterns => body`; no patterns means `_`. A pattern is a literal, a (qualified) name, or `none`."""

    patterns: tuple[Expr, ...]
    body: Block


@record
class MatchStmt(Node):
    subject: Expr
    arms: tuple[MatchArm, ...]


@record
class ForStmt(Node):
    name: Name
    domain: TypeExpr
    body: Block


@record
class ReturnStmt(Node):
    value: Expr | None
    rule: Name | None


@record
class ChooseStmt(Node):
    name: Name
    domain: TypeExpr


@record
class AssertStmt(Node):
    condition: Expr


@record
class LockStmt(Node):
    lock: Name
    body: Block


@record
class YieldStmt(Node):
    label: str


Stmt: TypeAlias = (
    "LetStmt | AssignStmt | ExprStmt | IfStmt | MatchStmt | ForStmt | ReturnStmt | ChooseStmt | AssertStmt | LockStmt | YieldStmt"
)


# ---------------------------------------------------------------------------------------------- declarations


@record
class Annotation(Node):
    """`kind` is one of `src link show minimise default cases`; `text` a string argument, `name` that of `@src`, `value` an expression."""

    kind: str
    text: str | None = None
    name: Name | None = None
    value: Expr | None = None


@record
class Declaration(Node):
    name: Name
    doc: str | None = field(default=None, compare=False)
    annotations: tuple[Annotation, ...] = ()


@record
class ParamDecl(Declaration):
    allowed: RangeType | None
    value: Expr


@record
class ConstDecl(Declaration):
    type: TypeExpr


@record
class StateDecl(Declaration):
    type: TypeExpr
    value: Expr | None


@record
class GhostDecl(Declaration):
    type: TypeExpr
    value: Expr


@record
class AssumeDecl(Declaration):
    condition: Expr


@record
class InitDecl(Declaration):
    is_invariant: bool
    condition: Expr


@record
class TypeDecl(Declaration):
    type: TypeExpr


@record
class EnumDecl(Declaration):
    members: tuple[Name, ...]


@record
class FlagsDecl(Declaration):
    members: tuple[tuple[Name, int], ...]


@record
class RecordDecl(Declaration):
    fields: tuple[tuple[Name, TypeExpr], ...]


@record
class RuleDecl(Declaration):
    """`rule a, b`: `name` is the first label, `names` all of them."""

    names: tuple[Name, ...]


@record
class TerminalDecl(Declaration):
    """`terminal EXPR`; its name is the word `terminal`. There may be several: any of them."""

    condition: Expr


@record
class Parameter(Node):
    name: Name
    type: TypeExpr


@record
class FunctionDecl(Declaration):
    is_handler: bool
    params: tuple[Parameter, ...]
    returns: TypeExpr | None
    body: Block


@record
class StepDecl(Declaration):
    """`actor` is one of `guest kvm env`."""

    params: tuple[Parameter, ...]
    actor: str
    guard: Expr | None
    body: Block


@record
class EventDecl(Declaration):
    condition: Expr


@record
class RecursNever(Node):
    """`decreases`: a measure that is said to fall with each `recurs` and never to rise before `never`."""

    recurs: Expr
    never: Expr
    decreases: Expr | None


@record
class PropertyDecl(Declaration):
    """`kind` is one of `invariant step progress cover`. `within` is an expression, True for `within least`, None without a bound.

    `body` is a RecursNever for progress (and for a cover of infinite runs), else an expression. `configs`: where it applies
    (empty: everywhere).
    """

    kind: str
    within: Expr | bool | None
    configs: tuple[Name, ...]
    body: Expr | RecursNever


@record
class EnableClause(Node):
    """`fairness` is None, `weak` or `strong`; `each` asks for it of every parameter value."""

    step: Name
    params: tuple[Name, ...]
    when: Expr | None
    stem_only: bool
    fairness: str | None
    each: bool


@record
class ConfigDecl(Declaration):
    is_default: bool
    parts: tuple[Name, ...]
    description: str | None
    assumes: tuple[AssumeDecl, ...]
    enables: tuple[EnableClause, ...]


@record
class VerdictPattern(Node):
    """A verdict word; `bound` only with `bounded(N)`."""

    word: str
    bound: int | None


@record
class ExpectDecl(Declaration):
    """`expect V, W in A + B { p: w | x … }`; its name is the word `expect`. Without variants: of the system without any."""

    variants: tuple[Name, ...]
    configs: tuple[Name, ...]
    entries: tuple[tuple[Name, tuple[VerdictPattern, ...]], ...]


@record
class ClaimClause(Node):
    """One statement of a claim. `kind` is one of `fixes introduces equals verdicts`.

    `other`: the variant that it is compared with (None for verdicts). `properties` of `fixes` and `introduces` (none: `nothing`), `entries`
    of verdicts. `contradicted`: why the model is expected to say otherwise; None where it is expected to agree.
    """

    kind: str
    variant: Name
    other: Name | None
    properties: tuple[Name, ...]
    configs: tuple[Name, ...]
    entries: tuple[tuple[Name, tuple[VerdictPattern, ...]], ...]
    contradicted: str | None


@record
class ClaimDecl(Declaration):
    """What somebody says of variants. `text`: in his words."""

    text: str | None
    clauses: tuple[ClaimClause, ...]


@record
class RecipeLine(Node):
    """`"text with {expr}" for x in T when EXPR`. `text` as written, with its quotes; the span begins with it."""

    text: str
    binders: tuple[tuple[Name, TypeExpr], ...]
    when: Expr | None


@record
class RecipeDecl(Declaration):
    """`recipe R "title" { … }` says something of the start of a run; `step recipe` (`of_step`) something of transitions."""

    of_step: bool
    title: str | None
    lines: tuple[RecipeLine, ...]


@record
class VariantDecl(Declaration):
    """`overrides` replace a declaration of the same name, `additions` are new."""

    of: Name | None
    subject: str | None
    overrides: tuple[Decl, ...]
    additions: tuple[Decl, ...]


@record
class MatrixClause(Node):
    """`word` is one of `rows columns settings properties`. An item is a sum of names; one name for rows and properties."""

    word: str
    items: tuple[tuple[Name, ...], ...]


@record
class MatrixDecl(Declaration):
    """`matrix M "subject" { … }`, clauses as written."""

    subject: str | None
    clauses: tuple[MatrixClause, ...]


Decl: TypeAlias = (
    ParamDecl
    | ConstDecl
    | StateDecl
    | GhostDecl
    | AssumeDecl
    | InitDecl
    | TypeDecl
    | EnumDecl
    | FlagsDecl
    | RecordDecl
    | RuleDecl
    | TerminalDecl
    | FunctionDecl
    | StepDecl
    | EventDecl
    | PropertyDecl
    | ConfigDecl
    | ExpectDecl
    | ClaimDecl
    | RecipeDecl
    | VariantDecl
    | MatrixDecl
)


@record
class Module(Node):
    """One file. `name` is the dotted module name or None; imports are dotted names as written."""

    name: Name | None
    imports: tuple[Name, ...]
    declarations: tuple[Decl, ...]
    source: SourceFile = field(compare=False, repr=False)
