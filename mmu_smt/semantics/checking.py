"""What the checkers of expressions, calls and bodies share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import contextmanager

from mmu_smt.semantics.coercions import coerce
from mmu_smt.semantics.constants import NotConstant, constant
from mmu_smt.semantics.effects import Uses, Where
from mmu_smt.semantics.limits import MAX_TURNS, leaves
from mmu_smt.semantics.names import BUILT_IN_NAMES, IN_EXPRESSIONS, Binding, Kind, Role, Scope, did_you_mean
from mmu_smt.semantics.operators import COMPARISONS
from mmu_smt.semantics.program import Literal, Local, TExpr
from mmu_smt.semantics.types import BOOL, RecordType, Type, cardinality, type_name
from mmu_smt.semantics.universe import Universe
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note
from mmu_smt.syntax.source import Span

VALUES = frozenset({Kind.PARAM, Kind.CONST, Kind.STATE, Kind.GHOST, Kind.EVENT})
CONSTANT = Where("a constant expression", consts=False, state=False)


class Checker(ABC):
    """The names, the place and the record of uses of one body, condition or property.

    Everything that is checked yields None where it is in error (and reported); whatever contains it stays silent.
    """

    def __init__(self, universe: Universe, where: Where, uses: Uses) -> None:
        self.universe = universe
        self.findings = universe.findings
        self.where = where
        self.uses = uses
        self.scope = Scope()
        self.state_seen = 0  # reads of state variables and calls so far: tells whether a prime has an object

    @abstractmethod
    def infer(self, node: nodes.Expr, hint: Type | None = None, *, free: bool = False) -> TExpr | None:
        """The typed expression. `hint`: the type that its place would like (it settles bare members, literals, `none`, `fill`).

        `free`: a call with an effect may stand here.
        """

    def need(self, node: nodes.Expr, type: Type, *, free: bool = False, what: str = "") -> TExpr | None:
        """The typed expression as a value of a type."""
        return coerce(self.infer(node, type, free=free), type, self.universe, what=what)

    def condition(self, node: nodes.Expr, *, free: bool = False) -> TExpr | None:
        """The typed expression as a condition."""
        return self.need(node, BOOL, free=free)

    def constant(self, node: nodes.Expr, type: Type) -> Literal | None:
        """The value of a constant expression, as a literal of a type."""
        with self.seeing(CONSTANT):
            typed = self.need(node, type)
        if typed is None:
            return None
        try:
            return Literal(type=type, span=node.span, value=constant(typed))
        except NotConstant:
            self.findings.error("MS219", "this has no constant value", node.span)
            return None

    @contextmanager
    def seeing(self, where: Where) -> Generator[None]:
        """Check under other rules of visibility for a while."""
        outer, self.where = self.where, where
        try:
            yield
        finally:
            self.where = outer

    def in_step_expression(self, what: str, span: Span) -> bool:
        """Whether a thing that happens in a transition can be spoken of here; reports where not."""
        if self.where.primed:
            self.findings.error("MS403", f"{what} happens in the transition: it cannot be primed", span)
        elif not self.where.step:
            message = f"{what} happens in a transition: {self.where.what} is about a state"
            self.findings.error("MS403", message, span)
        else:
            return True
        return False

    def field_position(self, record: RecordType, field: nodes.Name) -> int | None:
        """Where a field stands in its record; reports where there is none."""
        names = [name for name, _ in record.fields]
        if field.text in names:
            return names.index(field.text)
        self.findings.error("MS108", f"`{record.name}` has no field `{field.text}`{did_you_mean(field.text, names)}", field.span)
        return None

    def enumerable(self, type: Type, span: Span) -> bool:
        """Whether a type is small enough to be gone through; reports where not."""
        # More than a few parts with two values each are too many already, and counting the values of huge types is slow.
        if leaves(type) <= MAX_TURNS.bit_length() * 2 and cardinality(type) <= MAX_TURNS:
            return True
        self.findings.error("MS510", f"`{type_name(type)}` has more than {MAX_TURNS} values: too many to go through", span)
        return False

    def declare(self, name: nodes.Name, role: Role, local: Local | None) -> None:
        """Bring a local into scope; reports names that are taken."""
        text = name.text
        if text in BUILT_IN_NAMES:
            self.findings.error("MS104", f"`{text}` is built in and cannot name a local", name.span)
        elif (other := self.scope.get(text)) is not None:
            self.findings.error("MS105", f"`{text}` is in scope already", name.span, Note("declared here", other.span))
            local = None  # whichever is meant below, one error is enough
        elif (symbol := self.universe.symbols.get(text)) is not None and symbol.kind in IN_EXPRESSIONS:
            self.findings.error("MS104", f"`{text}` hides the {symbol.kind} of that name", name.span, Note("declared here", symbol.span))
        elif members := self.universe.members.get(text):
            self.findings.error("MS104", f"`{text}` hides the member `{members[0].type.name}.{text}`", name.span)
        self.scope.bind(text, Binding(role, name.span, local))

    def is_open(self, node: nodes.Expr) -> bool:
        """Whether the type depends on the place: a literal, `none`, `fill(...)`, a bare member, or an operation that starts with one."""
        while True:
            match node:
                case nodes.Binary(op=op, left=left) if op not in COMPARISONS:
                    node = left
                case nodes.Unary(operand=operand):
                    node = operand
                case nodes.Conditional(then=then):
                    node = then
                case nodes.IntLiteral() | nodes.NoneLiteral():
                    return True
                case nodes.CallExpr(callee=callee):
                    return callee.text == "fill"
                case nodes.NameRef(name=name):
                    symbol = self.universe.symbols.get(name)
                    return name not in self.scope and (symbol is None or symbol.kind not in VALUES)
                case _:
                    return False

    def explore(self, node: nodes.Expr) -> None:
        """Report what is wrong within an expression whose place has a type in error."""
        if not self.is_open(node):
            self.infer(node, free=True)
