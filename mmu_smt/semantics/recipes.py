"""`recipe` declarations: texts with expressions in them, for each value of some variables, under conditions."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from mmu_smt.semantics.effects import Uses, Where
from mmu_smt.semantics.expressions import ExpressionChecker
from mmu_smt.semantics.limits import MAX_TURNS
from mmu_smt.semantics.program import Display, Local, Recipe, RecipeLine, TExpr
from mmu_smt.semantics.types import cardinality
from mmu_smt.semantics.universe import Universe
from mmu_smt.syntax import nodes
from mmu_smt.syntax.parser import parse_expression_in
from mmu_smt.syntax.source import Span

OF_STATE = Where("a recipe")
OF_STEP = Where("a step recipe", ghosts=True, step=True)


class RecipeChecker:
    """Checks recipes of one program. `uses`: what their expressions read and call, for the rule that they are pure."""

    def __init__(self, universe: Universe) -> None:
        self.uses: list[Uses] = []
        self._universe = universe
        self._findings = universe.findings

    def recipe(self, declaration: nodes.RecipeDecl, display: Display) -> Recipe:
        """The recipe with the lines that are in order; what is wrong with the others is in the findings."""
        uses = Uses(declaration.name.text, declaration.name.span)
        self.uses.append(uses)
        where = OF_STEP if declaration.of_step else OF_STATE
        lines = (self._line(line, ExpressionChecker(self._universe, where, uses)) for line in declaration.lines)
        return Recipe(
            name=declaration.name.text,
            title=declaration.title,
            of_step=declaration.of_step,
            lines=tuple(line for line in lines if line is not None),
            display=display,
            span=declaration.name.span,
        )

    def _line(self, line: nodes.RecipeLine, checker: ExpressionChecker) -> RecipeLine | None:
        with checker.scope.nested():
            bound = [checker.binder(name, domain) for name, domain in line.binders]
            binders = [local for local in bound if local is not None]
            when = None if line.when is None else checker.condition(line.when)
            parts = [part if isinstance(part, str) else self._value(part, checker) for part in self._split(line)]
        known = tuple(part for part in parts if part is not None)
        if len(known) < len(parts) or len(binders) < len(bound) or (line.when is not None and when is None):
            return None
        return RecipeLine(parts=known, binders=tuple(binders), when=when, span=line.span) if self._few(binders, line.span) else None

    def _few(self, binders: list[Local], span: Span) -> bool:
        count = prod(cardinality(local.type) for local in binders)
        if count > MAX_TURNS:
            self._findings.error("MS510", f"this line stands for {count} lines: the limit is {MAX_TURNS}", span)
        return count <= MAX_TURNS

    def _value(self, place: Span, checker: ExpressionChecker) -> TExpr | None:
        node, problems = parse_expression_in(place)
        for problem in problems:
            assert problem.span is not None
            self._findings.error(problem.code, problem.message, problem.span, *problem.notes)
        return None if node is None else checker.infer(node)

    def _split(self, line: nodes.RecipeLine) -> Iterator[str | Span]:
        """The texts of a line, unescaped, and the places of its expressions. A brace that is written twice is one of the text."""
        raw, file, start = line.text, line.span.file, line.span.start
        text, at, end = "", 1, len(raw) - 1
        while at < end:
            if raw[at] == "\\" and at + 1 < end:
                text, at = text + raw[at + 1], at + 2
            elif raw[at : at + 2] in ("{{", "}}") and at + 1 < end:
                text, at = text + raw[at], at + 2
            elif raw[at] == "{" and (closing := raw.find("}", at)) >= 0 and raw[at + 1 : closing].strip():
                yield text
                yield Span(file, start + at + 1, start + closing)
                text, at = "", closing + 1
            elif raw[at] in "{}":
                what = "has no partner" if raw[at] == "}" or "}" not in raw[at:] else "encloses nothing"
                message = f"this `{raw[at]}` {what}; a brace of the text is written twice"
                self._findings.error("MS419", message, Span(file, start + at, start + at + 1))
                return
            else:
                text, at = text + raw[at], at + 1
        yield text
