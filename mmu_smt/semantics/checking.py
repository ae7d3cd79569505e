"""What the checkers of expressions, calls and bodies share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import contextmanager

from mmu_smt.semantics.coercions import coerce
from mmu_smt.semantics.constants import NotConstant, constant
from mmu_smt.semantics.effects import Uses, Where
from mmu_smt.semantics.names import Scope, did_you_mean
from mmu_smt.semantics.program import Literal, TExpr
from mmu_smt.semantics.types import BOOL, RecordType, Type
from mmu_smt.semantics.universe import Universe
from mmu_smt.syntax import nodes
from mmu_smt.syntax.source import Span

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
        return coerce(self.infer(node, type, free=free), type, self.findings, what=what)

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
