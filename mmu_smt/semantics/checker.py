"""From the declarations of one variant to the checked program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mmu_smt.semantics.checking import CONSTANT
from mmu_smt.semantics.configs import ASSUMPTION, ConfigChecker, default_config, unknown_config
from mmu_smt.semantics.cost import Cost
from mmu_smt.semantics.effects import Effects, Uses, Where, analyse, explain, ordered, report_cycles
from mmu_smt.semantics.expressions import ExpressionChecker
from mmu_smt.semantics.findings import Findings
from mmu_smt.semantics.limits import MAX_DEPTH, MAX_LEAVES, MAX_STATEMENTS, MAX_WITHIN, leaves
from mmu_smt.semantics.names import IN_EXPRESSIONS, Kind
from mmu_smt.semantics.program import (
    Condition,
    Config,
    Display,
    Function,
    Measure,
    Program,
    Property,
    PropertyKind,
    Recipe,
    Step,
    TExpr,
    Variable,
)
from mmu_smt.semantics.recipes import RecipeChecker
from mmu_smt.semantics.statements import BodyChecker
from mmu_smt.semantics.types import BoolType, EnumType, Type, Value
from mmu_smt.semantics.universe import Universe
from mmu_smt.semantics.variants import Assembly
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note, SpecError
from mmu_smt.syntax.source import SourceFile, Span

INITIAL = Where("an initial value", state=False)
INIT = Where("an initial condition")
TERMINAL = Where("a terminal condition")
GUARD = Where("a guard")
INVARIANT = Where("an invariant")
STEP_EXPRESSION = Where("a property", ghosts=True, step=True)
STATE_EXPRESSION = Where("an expression of a state")
EVENT = Where("an event", ghosts=True, step=True)


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a program: its variant, and the digest of everything that it is made from."""

    variant: str | None
    subject: str | None
    link: str | None
    digest: str


def check_program(assembly: Assembly, identity: Identity, given: Mapping[str, int], own: SourceFile, findings: Findings) -> Program | None:
    """Check the declarations of one variant. `given`: values for params. `own`: the file whose default config counts.

    Returns None where there are errors; they are in `findings`.
    """
    universe = Universe(assembly, given, findings)
    program = _ProgramChecker(universe, assembly).check(identity, own)
    return None if len(findings) else program


class Editable:
    """A program's checker, kept: its functions can be checked again one by one, in changed forms. Raises SpecError for errors."""

    def __init__(self, assembly: Assembly, identity: Identity, given: Mapping[str, int], own: SourceFile) -> None:
        findings = Findings()
        self.universe = Universe(assembly, given, findings)
        self._checker = _ProgramChecker(self.universe, assembly)
        program = self._checker.check(identity, own)
        if program is None or len(findings):
            raise SpecError(findings.diagnostics())
        self.program = program

    def functions_with(self, declaration: nodes.FunctionDecl, findings: Findings) -> tuple[dict[str, Function], dict[str, Property]] | None:
        """All functions and properties, with a function or handler in the place of the one of its name; its parameters are that one's.

        None where there are errors; they are in `findings`. Raises TooManyFindings.
        """
        checker, name = self._checker, declaration.name.text
        before = checker.function_uses[name]
        own = self.program.functions[name]
        uses = Uses(name, declaration.name.span)
        if declaration.is_handler:
            uses.has_effect("is a handler, whose decisions are recorded", declaration.name.span)
            uses.handler = uses.effect
        checker.function_uses[name] = uses
        self.universe.findings = findings
        try:
            body = BodyChecker(self.universe, uses, self.universe.signature(name), None).body(declaration.body, declaration.name.span)
            if len(findings):
                return None
            effects = analyse(checker.function_uses, checker.uses_of_others(), findings)
            if effects is None or len(findings):
                return None
            changed = replace(own, body=body, rules=tuple(uses.labels), span=declaration.name.span)
            functions = {
                n: f if f.effectful is (n in effects.effectful) else replace(f, effectful=n in effects.effectful)
                for n, f in {**self.program.functions, name: changed}.items()
            }
            return functions, checker.judged(self.program.properties)
        finally:
            checker.function_uses[name] = before


def typed_expression(universe: Universe, node: nodes.Expr, where: Where, functions: Mapping[str, Function]) -> TExpr | None:
    """A single expression, checked by itself; None where it is in error. `functions`: of the program that it will be evaluated in."""
    uses = Uses("the expression", node.span)
    typed = ExpressionChecker(universe, where, uses).infer(node)
    for call in uses.calls:
        if call.function in functions and functions[call.function].effectful:
            universe.findings.error("MS317", f"{where.what} must be pure, but `{call.function}` has an effect", call.span)
    return typed


class _ProgramChecker:
    def __init__(self, universe: Universe, assembly: Assembly) -> None:
        self.universe = universe
        self.findings = universe.findings
        self.assembly = assembly
        self.function_uses: dict[str, Uses] = {}
        self.event_uses: dict[str, Uses] = {}
        self.step_uses: dict[str, Uses] = {}
        self.property_uses: dict[str, Uses] = {}
        self.other_uses: list[Uses] = []

    def check(self, identity: Identity, own: SourceFile) -> Program | None:
        """Everything, in an order that lets later parts rely on names and types only."""
        self._check_names()
        self._check_annotations()
        params = {s.name: self.universe.param(s.name) for s in self.universe.named(Kind.PARAM)}
        for symbol in self.universe.named(Kind.TYPE):
            self.universe.declared_type(symbol.name)
        consts, states, ghosts = self._variables(Kind.CONST), self._variables(Kind.STATE), self._variables(Kind.GHOST)
        functions = self._functions()
        steps = self._steps()
        events = self._events()
        assumptions = self._conditions(nodes.AssumeDecl, ASSUMPTION)
        inits = self._conditions(nodes.InitDecl, INIT)
        terminal = self._terminal()
        properties = self._properties(inits)
        configs = self._configs()
        recipes = self._recipes()
        default = default_config(self.universe, own)
        effects = self._effects()
        if effects is None or not self._events_are_acyclic() or len(self.findings):
            return None
        functions = {n: replace(f, effectful=n in effects.effectful) for n, f in functions.items()}
        program = Program(
            variant=identity.variant,
            subject=identity.subject,
            link=identity.link,
            params={n: v for n, v in params.items() if v is not None},
            consts=consts,
            states=states,
            ghosts=ghosts,
            assumptions=assumptions,
            inits=inits,
            terminal=terminal,
            rules=tuple(s.name for s in self.universe.named(Kind.RULE)),
            functions=functions,
            steps=steps,
            events=events,
            properties=self.judged(properties),
            configs=configs,
            default_config=default,
            digest=identity.digest,
            recipes=recipes,
        )
        self._check_sizes(program)
        return program

    # ------------------------------------------------------------------------------------------ names and variables

    def _check_annotations(self) -> None:
        """Those of declarations that have no place for them in the program."""
        for placed in self.assembly.placed:
            match placed.declaration:
                case nodes.ConstDecl() | nodes.StateDecl() | nodes.GhostDecl() | nodes.FunctionDecl() | nodes.StepDecl():
                    pass
                case declaration:
                    self._display(declaration)

    def _check_names(self) -> None:
        """A member with the name of something else that can stand in an expression could not be written."""
        for name, members in self.universe.members.items():
            symbol = self.universe.symbols.get(name)
            if symbol is not None and symbol.kind in IN_EXPRESSIONS:
                type_symbol = self.universe.symbols[members[0].type.name]
                message = f"{symbol.kind} `{name}` has the name of a member of `{members[0].type.name}`"
                self.findings.error("MS104", message, symbol.span, Note("the type is declared here", type_symbol.span))

    def _variables(self, kind: Kind) -> dict[str, Variable]:
        found: dict[str, Variable] = {}
        for symbol in self.universe.named(kind):
            declaration = symbol.declaration
            type = self.universe.variable(symbol.name)
            if type is None:
                continue
            initial: TExpr | None = None
            if isinstance(declaration, nodes.StateDecl) and declaration.value is not None:
                initial = self._checker(INITIAL, symbol.name, symbol.span).need(declaration.value, type, what=f"`{symbol.name}`")
            elif isinstance(declaration, nodes.GhostDecl):
                initial = self._checker(CONSTANT, symbol.name, symbol.span).constant(declaration.value, type)
            display = self._display(declaration, type)
            found[symbol.name] = Variable(name=symbol.name, type=type, initial=initial, display=display, span=symbol.span)
        return found

    def _checker(self, where: Where, owner: str, span: Span) -> ExpressionChecker:
        uses = Uses(owner, span)
        self.other_uses.append(uses)
        return ExpressionChecker(self.universe, where, uses)

    def _display(self, declaration: nodes.Declaration, type: Type | None = None) -> Display:
        """What the annotations say. `type`: of the variable, for `@default`; None where that makes no sense."""
        texts: dict[str, str | None] = {}
        src_function: str | None = None
        minimise: int | None = None
        default: Value = None
        has_default = cases = False
        for annotation in declaration.annotations:
            kind = annotation.kind
            texts[kind] = annotation.text
            if kind == "src":
                src_function = None if annotation.name is None else annotation.name.text
            elif kind == "minimise" and annotation.value is not None:
                minimise = self.universe.constant_int(annotation.value)
            elif kind == "cases":
                cases = isinstance(declaration, nodes.ConstDecl) and isinstance(type, BoolType | EnumType)
                if not cases:
                    message = "`@cases` says that each value of a const is judged by itself: it belongs to consts of type bool or an enum"
                    self.findings.error("MS415", message, annotation.span)
            elif kind == "default" and annotation.value is not None:
                if type is None:
                    message = "`@default` says which value is the plain one: it belongs to consts and state variables"
                    self.findings.error("MS415", message, annotation.span)
                    continue
                literal = self._checker(CONSTANT, declaration.name.text, annotation.span).constant(annotation.value, type)
                if literal is not None:
                    default, has_default = literal.value, True
        return Display(
            doc=declaration.doc,
            show=texts.get("show"),
            minimise=minimise,
            default=default,
            has_default=has_default,
            cases=cases,
            src_file=texts.get("src"),
            src_function=src_function,
            link=texts.get("link"),
        )

    # ------------------------------------------------------------------------------------------ bodies

    def _functions(self) -> dict[str, Function]:
        found: dict[str, Function] = {}
        for symbol in self.universe.named(Kind.FUNCTION, Kind.HANDLER):
            declaration = symbol.declaration
            assert isinstance(declaration, nodes.FunctionDecl)
            uses = self.function_uses[symbol.name] = Uses(symbol.name, symbol.span)
            signature = self.universe.signature(symbol.name)
            if declaration.is_handler:
                uses.has_effect("is a handler, whose decisions are recorded", symbol.span)
                uses.handler = uses.effect
                if not signature.has_result:
                    message = f"handler `{symbol.name}` must return something: its result is the decision"
                    self.findings.error("MS319", message, symbol.span)
            body = BodyChecker(self.universe, uses, signature, None).body(declaration.body, symbol.span)
            found[symbol.name] = Function(
                name=symbol.name,
                is_handler=declaration.is_handler,
                params=tuple(local for _, local in signature.params if local is not None),
                returns=signature.returns,
                body=body,
                effectful=False,
                rules=tuple(uses.labels),
                display=self._display(declaration),
                span=symbol.span,
            )
        return found

    def _steps(self) -> dict[str, Step]:
        found: dict[str, Step] = {}
        for symbol in self.universe.named(Kind.STEP):
            declaration = symbol.declaration
            assert isinstance(declaration, nodes.StepDecl)
            uses = self.step_uses[symbol.name] = Uses(symbol.name, symbol.span)
            checker = BodyChecker(self.universe, uses, self.universe.signature(symbol.name), declaration.actor)
            guard: TExpr | None = None
            if declaration.guard is not None:
                with checker.seeing(GUARD):
                    guard = checker.condition(declaration.guard)
            body = checker.body(declaration.body, symbol.span)
            found[symbol.name] = Step(
                name=symbol.name,
                params=tuple(local for _, local in checker.signature.params if local is not None),
                actor=declaration.actor,
                guard=guard,
                body=body,
                display=self._display(declaration),
                span=symbol.span,
            )
        return found

    # ------------------------------------------------------------------------------------------ conditions

    def _events(self) -> dict[str, Condition]:
        found: dict[str, Condition] = {}
        for symbol in self.universe.named(Kind.EVENT):
            declaration = symbol.declaration
            assert isinstance(declaration, nodes.EventDecl)
            uses = self.event_uses[symbol.name] = Uses(symbol.name, symbol.span)
            condition = ExpressionChecker(self.universe, EVENT, uses).condition(declaration.condition)
            if condition is not None:
                found[symbol.name] = Condition(name=symbol.name, condition=condition, display=self._display(declaration), span=symbol.span)
        return found

    def _conditions(self, kind: type[nodes.AssumeDecl | nodes.InitDecl], where: Where) -> tuple[Condition, ...]:
        found: list[Condition] = []
        for symbol in self.universe.symbols.values():
            declaration = symbol.declaration
            if not isinstance(declaration, kind):
                continue
            condition = self._checker(where, symbol.name, symbol.span).condition(declaration.condition)
            if condition is not None:
                found.append(
                    Condition(
                        name=symbol.name,
                        condition=condition,
                        is_invariant=isinstance(declaration, nodes.InitDecl) and declaration.is_invariant,
                        display=self._display(declaration),
                        span=symbol.span,
                    )
                )
        return tuple(found)

    def _terminal(self) -> tuple[TExpr, ...]:
        found: list[TExpr] = []
        for placed in self.assembly.placed:
            declaration = placed.declaration
            if isinstance(declaration, nodes.TerminalDecl):
                condition = self._checker(TERMINAL, "terminal", declaration.span).condition(declaration.condition)
                if condition is not None:
                    found.append(condition)
        return tuple(found)

    # ------------------------------------------------------------------------------------------ properties and configs

    def _properties(self, inits: Iterable[Condition]) -> dict[str, Property]:
        """The built-in properties, the invariants among the initial conditions, the declared ones."""
        found = {kind.value: Property(name=kind.value, kind=kind) for kind in (PropertyKind.NO_FAULT, PropertyKind.NO_DEADLOCK)}
        for init in inits:
            if init.is_invariant:
                found[init.name] = Property(
                    name=init.name, kind=PropertyKind.INVARIANT, condition=init.condition, display=init.display, span=init.span
                )
        for symbol in self.universe.named(Kind.PROPERTY):
            declaration = symbol.declaration
            assert isinstance(declaration, nodes.PropertyDecl)
            uses = self.property_uses[symbol.name] = Uses(symbol.name, symbol.span)
            found[symbol.name] = self._property(declaration, uses)
        return found

    def _property(self, declaration: nodes.PropertyDecl, uses: Uses) -> Property:
        invariant = declaration.kind == "invariant"
        checker = ExpressionChecker(self.universe, INVARIANT if invariant else STEP_EXPRESSION, uses)
        condition: TExpr | None = None
        recurs: TExpr | None = None
        never: TExpr | None = None
        measure: Measure | None = None
        match declaration.body:
            case nodes.RecursNever(recurs=recurs_node, never=never_node, decreases=measured):
                recurs, never = checker.condition(recurs_node), checker.condition(never_node)
                measure = self._measure(declaration, measured, checker)
                kind = PropertyKind.PROGRESS if declaration.kind == "progress" else PropertyKind.COVER_LASSO
            case body:
                condition = checker.condition(body)
                kinds = {"invariant": PropertyKind.INVARIANT, "step": PropertyKind.STEP}
                kind = kinds.get(declaration.kind, PropertyKind.COVER)
        for name in declaration.configs:
            symbol = self.universe.symbols.get(name.text)
            if symbol is None or symbol.kind is not Kind.CONFIG:
                unknown_config(self.universe, name)
        return Property(
            name=declaration.name.text,
            kind=kind,
            condition=condition,
            recurs=recurs,
            never=never,
            measure=measure,
            within=self._within(declaration),
            configs=frozenset(n.text for n in declaration.configs),
            display=self._display(declaration),
            span=declaration.name.span,
        )

    def _measure(self, declaration: nodes.PropertyDecl, measured: nodes.Expr | None, checker: ExpressionChecker) -> Measure | None:
        """The measure as two conditions of a transition: it is less afterwards, it is not greater."""
        if measured is None:
            return None
        if declaration.kind != "progress" or declaration.within is not None:
            self.findings.error("MS420", "`decreases` belongs to a progress property without a bound", measured.span)
            return None
        after = nodes.PrimedExpr(span=measured.span, expr=measured)
        less = checker.condition(nodes.Binary(span=measured.span, op="<", left=after, right=measured))
        most = None if less is None else checker.condition(nodes.Binary(span=measured.span, op="<=", left=after, right=measured))
        return None if less is None or most is None else Measure(less=less, most=most)

    def _within(self, declaration: nodes.PropertyDecl) -> int | str | None:
        match declaration.within:
            case None | False:
                return None
            case True:
                return "least"
            case node:
                bound = self.universe.constant_int(node)
                if bound is not None and not 0 <= bound <= MAX_WITHIN:
                    self.findings.error("MS408", f"the bound {bound} is not between 0 and {MAX_WITHIN}", node.span)
                return bound

    def _configs(self) -> dict[str, Config]:
        checker = ConfigChecker(self.universe)
        found = {s.name: checker.config(s.name) for s in self.universe.named(Kind.CONFIG)}
        self.other_uses.extend(checker.uses)
        return {name: config for name, config in found.items() if config is not None}

    def _recipes(self) -> tuple[Recipe, ...]:
        checker = RecipeChecker(self.universe)
        found: list[Recipe] = []
        for symbol in self.universe.named(Kind.RECIPE):
            declaration = symbol.declaration
            assert isinstance(declaration, nodes.RecipeDecl)
            found.append(checker.recipe(declaration, self._display(declaration)))
        self.other_uses.extend(checker.uses)
        return tuple(found)

    # ------------------------------------------------------------------------------------------ the whole

    def uses_of_others(self) -> tuple[Uses, ...]:
        """What everything but the functions does and calls."""
        return (*self.step_uses.values(), *self.event_uses.values(), *self.property_uses.values(), *self.other_uses)

    def _effects(self) -> Effects | None:
        effects = analyse(self.function_uses, self.uses_of_others(), self.findings)
        if effects is None:
            return None
        for symbol in self.universe.named(Kind.STEP):
            declaration = symbol.declaration
            if isinstance(declaration, nodes.StepDecl) and declaration.actor == "env":
                self._check_env(self.step_uses[symbol.name], effects)
        return effects

    def _check_env(self, uses: Uses, effects: Effects) -> None:
        if (write := uses.ghost_write) is not None:
            self.findings.error("MS315", f"env step `{uses.owner}` {write.message}: ghosts belong to handlers", write.span)
        for call in uses.calls:
            if (trace := effects.ghost_writes.get(call.function)) is not None:
                message = f"env step `{uses.owner}` writes a ghost through `{call.function}`: ghosts belong to handlers"
                self.findings.error("MS315", message, call.span, *explain(call.function, trace))
            if (trace := effects.handlers.get(call.function)) is not None:
                message = f"env step `{uses.owner}` calls a handler: the environment decides nothing"
                self.findings.error("MS316", message, call.span, *explain(call.function, trace))

    def _events_are_acyclic(self) -> bool:
        graph = {name: uses.events for name, uses in self.event_uses.items()}
        order, leftover = ordered(graph)
        if leftover:
            report_cycles(graph, leftover, self.findings, "MS406", lambda name: f"event `{name}` is defined by itself")
            return False
        depth: dict[str, int] = {}
        for name in order:
            depth[name] = 1 + max((depth.get(inner, 0) for inner in graph[name]), default=0)
            if depth[name] == MAX_DEPTH + 1:
                self.findings.error("MS510", f"events in `{name}` are nested deeper than {MAX_DEPTH}", self.event_uses[name].span)
        return True

    def judged(self, properties: Mapping[str, Property]) -> dict[str, Property]:
        """The properties with the rules that they mention, and whether some return carries each of them."""
        carried = self._carried_rules()
        return {name: self._with_rules(p, carried) for name, p in properties.items()}

    def _carried_rules(self) -> frozenset[str]:
        waiting = [call.function for uses in self.step_uses.values() for call in uses.calls]
        reached: set[str] = set()
        rules: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in reached:
                continue
            reached.add(name)
            uses = self.function_uses[name]
            rules.update(uses.labels)
            waiting.extend(call.function for call in uses.calls)
        return frozenset(rules)

    def _with_rules(self, judged: Property, carried: frozenset[str]) -> Property:
        uses = self.property_uses.get(judged.name)
        if uses is None:
            return judged
        rules = set(uses.mentioned_rules)
        waiting, seen = list(uses.events), set[str]()
        while waiting:
            event = waiting.pop()
            if event not in seen:
                seen.add(event)
                rules.update(self.event_uses[event].mentioned_rules)
                waiting.extend(self.event_uses[event].events)
        return replace(judged, rules=frozenset(rules), applies=rules <= carried)

    def _check_sizes(self, program: Program) -> None:
        total = 0
        for variable in (*program.consts.values(), *program.states.values(), *program.ghosts.values()):
            total += leaves(variable.type)
            if total > MAX_LEAVES:
                message = f"with `{variable.name}` the variables have {total} parts: the limit is {MAX_LEAVES}"
                self.findings.error("MS510", message, variable.span)
                return
        cost = Cost(program.functions, program.events)
        for name, span, size in _sizes(program, cost):
            if size > MAX_STATEMENTS:
                message = f"`{name}` has about {size} statements when calls and loops are unrolled: the limit is {MAX_STATEMENTS}"
                self.findings.error("MS510", message, span)


def _sizes(program: Program, cost: Cost) -> Iterable[tuple[str, Span | None, int]]:
    for step in program.steps.values():
        yield step.name, step.span, cost.block(step.body) + (0 if step.guard is None else cost.expression(step.guard))
    for condition in (*program.assumptions, *program.inits):
        yield condition.name, condition.span, cost.expression(condition.condition)
    for judged in program.properties.values():
        measure = () if judged.measure is None else (judged.measure.less, judged.measure.most)
        parts = (judged.condition, judged.recurs, judged.never, *measure)
        yield judged.name, judged.span, sum(cost.expression(e) for e in parts if e is not None)
    for config in program.configs.values():
        whens = [e.when for e in config.enables if e.when is not None]
        conditions = [*whens, *(a.condition for a in config.assumptions)]
        yield config.name, config.span, sum(cost.expression(e) for e in conditions)
