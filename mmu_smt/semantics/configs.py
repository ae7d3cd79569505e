"""Configs: their assumptions and enable clauses checked, their parts joined."""

from __future__ import annotations

from mmu_smt.semantics.effects import Uses, Where
from mmu_smt.semantics.expressions import ExpressionChecker
from mmu_smt.semantics.limits import MAX_DEPTH
from mmu_smt.semantics.names import Kind, Role, did_you_mean
from mmu_smt.semantics.program import Condition, Config, Enable, Local, TExpr, combine
from mmu_smt.semantics.universe import Universe
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note
from mmu_smt.syntax.source import SourceFile

ASSUMPTION = Where("an assumption", state=False)
ENABLE = Where("the condition of an `enable`")


class ConfigChecker:
    """Checks configs, each once. `uses` collects what their conditions call."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.findings = universe.findings
        self.uses: list[Uses] = []
        self._done: dict[str, Config] = {}
        self._open: list[str] = []

    def config(self, name: str) -> Config | None:
        """The joined config; None while it is being built (a cycle) or where it is nested too deeply."""
        if name in self._done:
            return self._done[name]
        declaration = self.universe.symbols[name].declaration
        assert isinstance(declaration, nodes.ConfigDecl)
        if name in self._open or len(self._open) >= MAX_DEPTH:
            return None
        self._open.append(name)
        parts = [self._part(name, part) for part in declaration.parts]
        self._open.pop()
        own = Config(
            name=name,
            includes=frozenset({name}),
            assumptions=self._assumptions(declaration),
            enables=tuple(e for c in declaration.enables if (e := self._enable(c)) is not None),
        )
        joined = combine((*(p for p in parts if p is not None), own))
        self._done[name] = Config(
            name=name,
            includes=joined.includes,
            assumptions=joined.assumptions,
            enables=joined.enables,
            description=declaration.description or declaration.doc,
            span=declaration.name.span,
        )
        return self._done[name]

    def _part(self, name: str, part: nodes.Name) -> Config | None:
        symbol = self.universe.symbols.get(part.text)
        if symbol is None or symbol.kind is not Kind.CONFIG:
            unknown_config(self.universe, part)
            return None
        self.universe.use(symbol, part.span)
        if part.text in self._open:
            cycle = [*self._open[self._open.index(part.text) :], part.text]
            self.findings.error("MS412", f"config `{name}` includes itself: {' -> '.join(cycle)}", part.span)
        elif len(self._open) >= MAX_DEPTH:
            self.findings.error("MS510", f"configs are nested deeper than {MAX_DEPTH}", part.span)
        return self.config(part.text)

    def _assumptions(self, declaration: nodes.ConfigDecl) -> tuple[Condition, ...]:
        found: list[Condition] = []
        seen: dict[str, nodes.Name] = {}
        for assume in declaration.assumes:
            name = assume.name
            if (first := seen.setdefault(name.text, name)) is not name:
                self.findings.error("MS103", f"`{name.text}` is declared twice", name.span, Note("first declared here", first.span))
            uses = Uses(name.text, name.span)
            self.uses.append(uses)
            condition = ExpressionChecker(self.universe, ASSUMPTION, uses).condition(assume.condition)
            if condition is not None:
                found.append(Condition(name=name.text, condition=condition, span=name.span))
        return tuple(found)

    def _enable(self, clause: nodes.EnableClause) -> Enable | None:
        symbol = self.universe.symbols.get(clause.step.text)
        if symbol is None or not isinstance(symbol.declaration, nodes.StepDecl):
            hint = did_you_mean(clause.step.text, (s.name for s in self.universe.named(Kind.STEP)))
            self.findings.error("MS114", f"there is no step `{clause.step.text}`{hint}", clause.step.span)
            return None
        self.universe.use(symbol, clause.span)
        self._judge(clause, symbol.declaration)
        checker = ExpressionChecker(self.universe, ENABLE, Uses(clause.step.text, clause.span))
        self.uses.append(checker.uses)
        params = self._params(clause, checker)
        when: TExpr | None = None
        if clause.when is not None and (when := checker.condition(clause.when)) is None:
            return None
        if params is None:
            return None
        return Enable(
            step=clause.step.text,
            params=params,
            when=when,
            stem_only=clause.stem_only,
            fairness=clause.fairness,
            each=clause.each,
            span=clause.span,
        )

    def _judge(self, clause: nodes.EnableClause, step: nodes.StepDecl) -> None:
        name = clause.step.text
        if step.actor != "env":
            if clause.fairness is None:
                message = f"`{name}` is a {step.actor} step, which always runs: an `enable` can only declare fairness"
                self.findings.error("MS409", message, clause.span)
            elif clause.when is not None or clause.stem_only:
                message = f"`{name}` is a {step.actor} step: its fairness cannot be limited by `when` or `in stem`"
                self.findings.error("MS409", message, clause.span)
        if clause.each and clause.fairness is None:
            self.findings.error("MS410", "`each` belongs to fairness: `weakly fair each`", clause.span)
        elif clause.each and not step.params:
            self.findings.error("MS410", f"`each` asks for fairness of every parameter value, but `{name}` has no parameters", clause.span)

    def _params(self, clause: nodes.EnableClause, checker: ExpressionChecker) -> tuple[Local, ...] | None:
        signature = self.universe.signature(clause.step.text)
        wanted, found = len(signature.params), len(clause.params)
        if found not in (0, wanted):
            message = f"`{clause.step.text}` has {wanted} parameters, but {found} are named here"
            declared = Note("declared here", self.universe.symbols[clause.step.text].span)
            self.findings.error("MS411", message, clause.span, declared)
            for name in clause.params:
                checker.declare(name, Role.PARAMETER, None)
            return None
        locals_: list[Local] = []
        for name, (_, parameter) in zip(clause.params, signature.params, strict=False):
            local = None if parameter is None else self.universe.local(name, parameter.type)
            checker.declare(name, Role.PARAMETER, local)
            if local is not None:
                locals_.append(local)
        return tuple(locals_) if len(locals_) == found else None


def unknown_config(universe: Universe, name: nodes.Name) -> None:
    """Report a config that does not exist."""
    hint = did_you_mean(name.text, (s.name for s in universe.named(Kind.CONFIG)))
    universe.findings.error("MS117", f"there is no config `{name.text}`{hint}", name.span)


def default_config(universe: Universe, own: SourceFile) -> str | None:
    """The default config: the one of the file that was asked for, else the only one of the others. Reports several."""
    declared = [s for s in universe.named(Kind.CONFIG) if isinstance(s.declaration, nodes.ConfigDecl) and s.declaration.is_default]
    candidates = [s for s in declared if s.span.file is own] or declared
    for symbol in candidates[1:]:
        first = Note(f"`{candidates[0].name}` is the default too", candidates[0].span)
        universe.findings.error("MS125", f"`{symbol.name}` is a second default config", symbol.span, first)
    return candidates[0].name if candidates else None
