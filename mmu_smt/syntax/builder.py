"""Builds the syntax tree: one method for each rule of grammar.lark, called with the rule's children (tokens and values of other rules).

Methods never fail. What is wrong with a text although it follows the grammar goes to `problems`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from mmu_smt.syntax import nodes as n
from mmu_smt.syntax.diagnostics import Diagnostic, Note
from mmu_smt.syntax.source import SourceFile, Span
from mmu_smt.syntax.tables import Action, Tables
from mmu_smt.syntax.tokens import Token, string_value

# Binding strength of the binary operators; `=>` groups to the right, the others to the left.
PRECEDENCE = {
    "=>": 1,
    "||": 2,
    "&&": 3,
    "|": 4,
    "^": 5,
    "&": 6,
    **dict.fromkeys(("==", "!="), 7),
    **dict.fromkeys(("<", "<=", ">", ">=", "has"), 8),
    **dict.fromkeys(("<<", ">>"), 9),
    **dict.fromkeys(("+", "-"), 10),
    **dict.fromkeys(("*", "/", "%"), 11),
}
FLAG_UNION = 8.5  # a `|` in the right operand of `has`
PREDECLARED = frozenset(["bool", "u8", "u16", "u32", "u64", "fill", "taken"])


class Builder:
    """Builds the tree of one source file."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []

    def actions(self, built: Tables) -> list[Action | None]:
        """The methods for the rules of `built`, in their order."""
        return [None if rule.action is None else getattr(self, rule.action) for rule in built.rules]

    # ------------------------------------------------------------------------------------------ helpers

    def span(self, first: Any, last: Any) -> Span:
        """From the beginning of one token or node to the end of another."""
        start = first.start if isinstance(first, Token) else first.span.start
        end = last.end if isinstance(last, Token) else last.span.end
        return Span(self.source, start, end)

    def whole(self, children: Sequence[Any]) -> Span:
        """The span of all children; a trailing list that is empty does not count."""
        for child in reversed(children):
            if not isinstance(child, tuple):
                return self.span(children[0], child)
            if child:
                return self.span(children[0], as_tuple(child)[-1])
        raise ValueError("a rule without any text has no span")

    def name(self, token: Token) -> n.Name:
        return n.Name(span=token.span, text=token.text)

    def declared(self, token: Token) -> n.Name:
        """A name in a place that gives it to something."""
        if token.text in PREDECLARED:
            kind = "function" if token.text in ("fill", "taken") else "type"
            self.problems.append(Diagnostic("MS004", f"`{token.text}` is a built-in {kind} and cannot be declared", token.span))
        return self.name(token)

    def names(self, children: Iterable[Any]) -> tuple[n.Name, ...]:
        """The names among tokens that are separated by punctuation."""
        return tuple(self.name(child) for child in children if is_name(child))

    def checked(self, annotations: tuple[n.Annotation, ...]) -> tuple[n.Annotation, ...]:
        seen: dict[str, n.Annotation] = {}
        for annotation in annotations:
            first = seen.setdefault(annotation.kind, annotation)
            if first is not annotation:
                note = Note("the first one", first.span)
                self.problems.append(Diagnostic("MS008", f"`@{annotation.kind}` stands here twice", annotation.span, (note,)))
        return annotations

    # ------------------------------------------------------------------------------------------ files

    def start(self, c: list[Any]) -> n.Module:
        name: n.Name | None = None
        imports: list[n.Name] = []
        declarations: list[n.Decl] = []
        for child in c:
            if isinstance(child, n.Name):
                name = child
            elif isinstance(child, tuple):
                imports.extend(as_tuple(child))
            elif not isinstance(child, Token):
                declarations.append(child)
        span = Span(self.source, 0, len(self.source.text))
        return n.Module(span=span, name=name, imports=tuple(imports), declarations=tuple(declarations), source=self.source)

    def module_line(self, c: list[Any]) -> n.Name:
        return self.name(c[1])

    def import_line(self, c: list[Any]) -> tuple[n.Name, ...]:
        return tuple(self.name(token) for token in c if token.type == "DOTTED")

    # ------------------------------------------------------------------------------------------ declarations

    def param_decl(self, c: list[Any]) -> n.ParamDecl:
        allowed = c[3] if isinstance(c[3], n.RangeType) else None
        return n.ParamDecl(
            span=self.whole(c), name=self.declared(c[1]), doc=c[0].doc, annotations=self.checked(c[-1]), allowed=allowed, value=c[-2]
        )

    def const_decl(self, c: list[Any]) -> n.ConstDecl:
        return n.ConstDecl(span=self.whole(c), name=self.declared(c[1]), doc=c[0].doc, annotations=self.checked(c[-1]), type=c[3])

    def state_decl(self, c: list[Any]) -> n.StateDecl:
        value = c[5] if len(c) == 7 else None
        return n.StateDecl(
            span=self.whole(c), name=self.declared(c[1]), doc=c[0].doc, annotations=self.checked(c[-1]), type=c[3], value=value
        )

    def ghost_decl(self, c: list[Any]) -> n.GhostDecl:
        return n.GhostDecl(
            span=self.whole(c), name=self.declared(c[1]), doc=c[0].doc, annotations=self.checked(c[-1]), type=c[3], value=c[5]
        )

    def type_decl(self, c: list[Any]) -> n.TypeDecl:
        return n.TypeDecl(span=self.whole(c), name=self.declared(c[1]), doc=c[0].doc, annotations=self.checked(c[-1]), type=c[3])

    def enum_decl(self, c: list[Any]) -> n.EnumDecl:
        return n.EnumDecl(
            span=self.whole(c), name=self.declared(c[1]), doc=c[0].doc, annotations=self.checked(c[2]), members=self.names(c[4:-1])
        )

    def flags_decl(self, c: list[Any]) -> n.FlagsDecl:
        members = tuple(child for child in c[4:-1] if not isinstance(child, Token))
        return n.FlagsDecl(span=self.whole(c), name=self.declared(c[1]), doc=c[0].doc, annotations=self.checked(c[2]), members=members)

    def flag(self, c: list[Any]) -> tuple[n.Name, int]:
        return self.name(c[0]), int(c[1].text[1:], 0)

    def record_decl(self, c: list[Any]) -> n.RecordDecl:
        fields = tuple(child for child in c[4:-1] if not isinstance(child, Token))
        return n.RecordDecl(span=self.whole(c), name=self.declared(c[1]), doc=c[0].doc, annotations=self.checked(c[2]), fields=fields)

    def record_field(self, c: list[Any]) -> tuple[n.Name, n.TypeExpr]:
        return self.name(c[0]), c[2]

    def rule_decl(self, c: list[Any]) -> n.RuleDecl:
        labels = tuple(self.declared(child) for child in c[1:-1] if is_name(child))
        return n.RuleDecl(span=self.whole(c), name=labels[0], doc=c[0].doc, annotations=self.checked(c[-1]), names=labels)

    def terminal_decl(self, c: list[Any]) -> n.TerminalDecl:
        return n.TerminalDecl(span=self.whole(c), name=self.name(c[0]), doc=c[0].doc, annotations=self.checked(c[-1]), condition=c[1])

    def assume_decl(self, c: list[Any]) -> n.AssumeDecl:
        return n.AssumeDecl(span=self.whole(c), name=self.declared(c[1]), doc=c[0].doc, annotations=self.checked(c[2]), condition=c[4])

    def init_decl(self, c: list[Any]) -> n.InitDecl:
        return n.InitDecl(
            span=self.whole(c),
            name=self.declared(c[-5]),
            doc=c[0].doc,
            annotations=self.checked(c[-4]),
            is_invariant=c[1].type == "INVARIANT",
            condition=c[-2],
        )

    def event_decl(self, c: list[Any]) -> n.EventDecl:
        return n.EventDecl(span=self.whole(c), name=self.declared(c[1]), doc=c[0].doc, annotations=self.checked(c[2]), condition=c[4])

    def function_decl(self, c: list[Any]) -> n.FunctionDecl:
        return n.FunctionDecl(
            span=self.whole(c),
            name=self.declared(c[1]),
            doc=c[0].doc,
            annotations=self.checked(c[-2]),
            is_handler=c[0].type == "HANDLER",
            params=c[2],
            returns=c[4] if len(c) == 7 else None,
            body=c[-1],
        )

    def step_decl(self, c: list[Any]) -> n.StepDecl:
        return n.StepDecl(
            span=self.whole(c),
            name=self.declared(c[1]),
            doc=c[0].doc,
            annotations=self.checked(c[-2]),
            params=c[2],
            actor=c[4].text,
            guard=c[6] if len(c) == 9 else None,
            body=c[-1],
        )

    def params(self, c: list[Any]) -> tuple[n.Parameter, ...]:
        return tuple(child for child in c if not isinstance(child, Token))

    def param(self, c: list[Any]) -> n.Parameter:
        return n.Parameter(span=self.whole(c), name=self.declared(c[0]), type=c[2])

    def property_decl(self, c: list[Any], kind: str, name: Token, within: n.Expr | bool | None = None) -> n.PropertyDecl:
        """The common end of every property: limits, annotations, `{`, body, `}`."""
        return n.PropertyDecl(
            span=self.whole(c),
            name=self.declared(name),
            doc=c[0].doc,
            annotations=self.checked(c[-4]),
            kind=kind,
            within=within,
            configs=c[-5],
            body=c[-2],
        )

    def invariant_decl(self, c: list[Any]) -> n.PropertyDecl:
        return self.property_decl(c, "invariant", c[1])

    def step_property_decl(self, c: list[Any]) -> n.PropertyDecl:
        return self.property_decl(c, "step", c[2])

    def progress_decl(self, c: list[Any]) -> n.PropertyDecl:
        within = c[3] if len(c) == 9 else None
        return self.property_decl(c, "progress", c[1], True if isinstance(within, Token) else within)

    def cover_decl(self, c: list[Any]) -> n.PropertyDecl:
        return self.property_decl(c, "cover", c[1])

    def limits(self, c: list[Any]) -> tuple[n.Name, ...]:
        return self.names(c[1:])

    def recurs_never(self, c: list[Any]) -> n.RecursNever:
        return n.RecursNever(span=self.whole(c), recurs=c[1], never=c[3], decreases=c[5] if len(c) > 4 else None)

    def config_decl(self, c: list[Any]) -> n.ConfigDecl:
        is_default = c[0].type == "DEFAULT"
        at = 2 if is_default else 1
        name = c[at]
        annotations = next(i for i, child in enumerate(c) if isinstance(child, tuple))
        header = c[at + 1 : annotations]
        body = c[annotations + 1 :]
        return n.ConfigDecl(
            span=self.whole(c),
            name=self.declared(name),
            doc=c[0].doc,
            annotations=self.checked(c[annotations]),
            is_default=is_default,
            parts=self.names(header),
            description=text_of(header),
            assumes=tuple(child for child in body if isinstance(child, n.AssumeDecl)),
            enables=tuple(child for child in body if isinstance(child, n.EnableClause)),
        )

    def enable_clause(self, c: list[Any]) -> n.EnableClause:
        fairness: Sequence[Token] = c[-1]
        params: list[Token] = []
        when: n.Expr | None = None
        stem_only = False
        for previous, child in pairwise(c[1:-1]):
            if not isinstance(previous, Token):
                continue
            if previous.type == "WHEN":
                when = child
            elif previous.type == "IN":
                stem_only = True
            elif when is None and not stem_only and previous.type in ("LPAR", "COMMA"):
                params.append(child)
        return n.EnableClause(
            span=self.whole(c),
            step=self.name(c[1]),
            params=tuple(self.declared(p) for p in params),
            when=when,
            stem_only=stem_only,
            fairness={"weakly": "weak", "strongly": "strong"}[fairness[0].text] if fairness else None,
            each=len(fairness) == 3,
        )

    def fairness(self, c: list[Any]) -> tuple[Token, ...]:
        return tuple(c)

    def expect_decl(self, c: list[Any]) -> n.ExpectDecl:
        brace = next(i for i, child in enumerate(c) if isinstance(child, Token) and child.type == "LBRACE")
        header: list[Token] = c[1:brace]
        with_configs = next((i for i, token in enumerate(header) if token.type == "IN"), len(header))
        return n.ExpectDecl(
            span=self.whole(c),
            name=self.name(c[0]),
            doc=c[0].doc,
            variants=self.names(header[:with_configs]),
            configs=self.names(header[with_configs:]),
            entries=tuple(as_tuple(child) for child in c[brace:] if isinstance(child, tuple)),
        )

    def expect_entry(self, c: list[Any]) -> tuple[n.Name, tuple[n.VerdictPattern, ...]]:
        return self.name(c[0]), tuple(child for child in c[2:] if isinstance(child, n.VerdictPattern))

    def verdict(self, c: list[Any]) -> n.VerdictPattern:
        return n.VerdictPattern(span=self.whole(c), word=c[0].text, bound=int(c[2].text) if len(c) == 4 else None)

    def matrix_decl(self, c: list[Any]) -> n.MatrixDecl:
        annotations = next(i for i, child in enumerate(c) if isinstance(child, tuple))
        return n.MatrixDecl(
            span=self.whole(c),
            name=self.declared(c[1]),
            doc=c[0].doc,
            annotations=self.checked(c[annotations]),
            subject=text_of(c[2:annotations]),
            clauses=tuple(child for child in c if isinstance(child, n.MatrixClause)),
        )

    def matrix_clause(self, c: list[Any]) -> n.MatrixClause:
        items = tuple(
            as_tuple(child) if isinstance(child, tuple) else (self.name(child),)
            for child in c[1:]
            if isinstance(child, tuple) or is_name(child)
        )
        last = items[-1][-1]
        return n.MatrixClause(span=self.span(c[0], last), word=c[0].text, items=items)

    def config_sum(self, c: list[Any]) -> tuple[n.Name, ...]:
        return self.names(c)

    def claim_decl(self, c: list[Any]) -> n.ClaimDecl:
        annotations = next(i for i, child in enumerate(c) if isinstance(child, tuple))
        return n.ClaimDecl(
            span=self.whole(c),
            name=self.declared(c[1]),
            doc=c[0].doc,
            annotations=self.checked(c[annotations]),
            text=text_of(c[2:annotations]),
            clauses=tuple(child for child in c[annotations + 1 :] if isinstance(child, n.ClaimClause)),
        )

    def claim_clause(self, c: list[Any]) -> n.ClaimClause:
        reason = string_value(c[2]) if len(c) == 3 else None
        return replace(c[0], span=self.whole(c), contradicted=reason)

    def claimed(self, c: list[Any]) -> n.ClaimClause:
        word = c[1].type if isinstance(c[1], Token) else ""
        at = next(i for i, child in enumerate(c) if isinstance(child, tuple))
        named = self.names([token for token in c[2 : at - 2] if token.type != "NOTHING"]) if word in ("FIXES", "INTRODUCES") else ()
        return n.ClaimClause(
            span=self.whole(c),
            kind=word.lower() or "verdicts",
            variant=self.name(c[0]),
            other=self.name(c[at - 1]) if word else None,
            properties=named,
            configs=c[at],
            entries=tuple(as_tuple(child) for child in c[at + 1 :] if isinstance(child, tuple)),
            contradicted=None,
        )

    def where(self, c: list[Any]) -> tuple[n.Name, ...]:
        return self.names(c[1:])

    def recipe_decl(self, c: list[Any]) -> n.RecipeDecl:
        annotations = next(i for i, child in enumerate(c) if isinstance(child, tuple))
        return n.RecipeDecl(
            span=self.whole(c),
            name=self.declared(next(t for t in c[1:] if is_name(t) and t.type != "RECIPE")),
            doc=c[0].doc,
            annotations=self.checked(c[annotations]),
            of_step=c[0].type == "STEP",
            title=text_of(c[2:annotations]),
            lines=tuple(child for child in c[annotations + 1 :] if isinstance(child, n.RecipeLine)),
        )

    def recipe_line(self, c: list[Any]) -> n.RecipeLine:
        binders = tuple(as_tuple(child) for child in c if isinstance(child, tuple))
        return n.RecipeLine(span=self.whole(c), text=c[0].text, binders=binders, when=None if isinstance(c[-1], Token | tuple) else c[-1])

    def variant_decl(self, c: list[Any]) -> n.VariantDecl:
        annotations = next(i for i, child in enumerate(c) if isinstance(child, tuple))
        header: list[Token] = c[2:annotations]
        overrides: list[n.Decl] = []
        additions: list[n.Decl] = []
        before: Token | None = None
        for child in c[annotations + 1 :]:
            if isinstance(child, Token):
                before = child
                continue
            if before is not None and before.type == "OVERRIDE":
                overrides.append(child if before.doc is None else replace(child, doc=before.doc))
            else:
                additions.append(child)
            before = None
        return n.VariantDecl(
            span=self.whole(c),
            name=self.declared(c[1]),
            doc=c[0].doc,
            annotations=self.checked(c[annotations]),
            of=self.name(header[1]) if header and header[0].type == "OF" else None,
            subject=text_of(header),
            overrides=tuple(overrides),
            additions=tuple(additions),
        )

    def annotations(self, c: list[Any]) -> tuple[n.Annotation, ...]:
        return tuple(c)

    def annotation(self, c: list[Any]) -> n.Annotation:
        kind = c[0].text[1:]
        span = self.whole(c)
        match kind:
            case "src":
                return n.Annotation(span=span, kind=kind, text=string_value(c[1]), name=self.name(c[2]) if len(c) == 3 else None)
            case "minimise":
                return n.Annotation(span=span, kind=kind, value=self.int_literal(c[1:]))
            case "default":
                return n.Annotation(span=span, kind=kind, value=c[1])
            case "cases":
                return n.Annotation(span=span, kind=kind)
            case _:
                return n.Annotation(span=span, kind=kind, text=string_value(c[1]))

    # ------------------------------------------------------------------------------------------ statements

    def block(self, c: list[Any]) -> n.Block:
        return n.Block(span=self.whole(c), statements=tuple(child for child in c if not isinstance(child, Token)))

    def let_stmt(self, c: list[Any]) -> n.LetStmt:
        return n.LetStmt(span=self.whole(c), name=self.declared(c[1]), type=c[3] if len(c) == 6 else None, value=c[-1])

    def assign_stmt(self, c: list[Any]) -> n.AssignStmt:
        return n.AssignStmt(span=self.whole(c), target=c[0], op=c[1].text, value=c[2])

    def target_index(self, c: list[Any]) -> n.IndexExpr:
        return self.index(c)

    def target_field(self, c: list[Any]) -> n.FieldExpr:
        return self.field(c)

    def call_stmt(self, c: list[Any]) -> n.ExprStmt:
        return n.ExprStmt(span=self.whole(c), expr=c[0])

    def if_stmt(self, c: list[Any]) -> n.IfStmt:
        return n.IfStmt(span=self.whole(c), condition=c[1], then=c[2], orelse=c[4] if len(c) == 5 else None)

    def match_stmt(self, c: list[Any]) -> n.MatchStmt:
        return n.MatchStmt(span=self.whole(c), subject=c[1], arms=tuple(child for child in c[3:] if isinstance(child, n.MatchArm)))

    def match_arm(self, c: list[Any]) -> n.MatchArm:
        body = c[-1] if isinstance(c[-1], n.Block) else n.Block(span=c[-1].span, statements=(c[-1],))
        patterns = tuple(child for child in c[:-2] if not isinstance(child, Token))
        return n.MatchArm(span=self.whole(c), patterns=patterns, body=body)

    def member_pattern(self, c: list[Any]) -> n.FieldExpr:
        return self.field(c)

    def for_stmt(self, c: list[Any]) -> n.ForStmt:
        return n.ForStmt(span=self.whole(c), name=self.declared(c[1]), domain=c[3], body=c[4])

    def return_stmt(self, c: list[Any]) -> n.ReturnStmt:
        label = c[-1] if isinstance(c[-1], Token) and c[-1].type == "RULE_LABEL" else None
        value = c[1] if len(c) > 1 and not isinstance(c[1], Token) else None
        return n.ReturnStmt(span=self.whole(c), value=value, rule=None if label is None else self.label(label))

    def label(self, token: Token) -> n.Name:
        """The rule of `@rule`, without the `@`."""
        return n.Name(span=Span(self.source, token.start + 1, token.end), text=token.text[1:])

    def choose_stmt(self, c: list[Any]) -> n.ChooseStmt:
        return n.ChooseStmt(span=self.whole(c), name=self.declared(c[1]), domain=c[3])

    def assert_stmt(self, c: list[Any]) -> n.AssertStmt:
        return n.AssertStmt(span=self.whole(c), condition=c[1])

    def lock_stmt(self, c: list[Any]) -> n.LockStmt:
        return n.LockStmt(span=self.whole(c), lock=self.name(c[1]), body=c[2])

    def yield_stmt(self, c: list[Any]) -> n.YieldStmt:
        return n.YieldStmt(span=self.whole(c), label=string_value(c[1]))

    # ------------------------------------------------------------------------------------------ types

    def named_type(self, c: list[Any]) -> n.NamedType:
        name = self.name(c[0])
        return n.NamedType(span=name.span, name=name)

    def range_type(self, c: list[Any]) -> n.RangeType:
        return n.RangeType(span=self.whole(c), low=c[0], high=c[2])

    def optional_type(self, c: list[Any]) -> n.OptionalTypeExpr:
        return n.OptionalTypeExpr(span=self.whole(c), inner=c[0])

    def array_type(self, c: list[Any]) -> n.ArrayTypeExpr:
        return n.ArrayTypeExpr(span=self.whole(c), index=c[1], element=c[3])

    # ------------------------------------------------------------------------------------------ expressions

    def conditional(self, c: list[Any]) -> n.Conditional:
        return n.Conditional(span=self.whole(c), condition=c[0], then=c[2], orelse=c[4])

    def chain(self, c: list[Any]) -> n.Expr:
        """Operands and operators in turn, grouped by precedence (operator-precedence parsing with two stacks).

        The right operand of `has` takes in the `|`-joined operands that follow: `f has A|B` asks for both.
        """
        operands: list[n.Expr] = [c[0]]
        operators: list[tuple[float, str]] = []
        for operator, operand in zip(c[1::2], c[2::2], strict=True):
            text: str = operator.text
            strength: float = PRECEDENCE[text]
            while operators:
                left, left_text = operators[-1]
                if text == "|" and (left_text == "has" or left == FLAG_UNION):
                    strength = FLAG_UNION
                if left < strength or left_text == text == "=>":
                    break
                self.reduce(operands, operators)
            operators.append((strength, text))
            operands.append(operand)
        while operators:
            self.reduce(operands, operators)
        return operands[0]

    def reduce(self, operands: list[n.Expr], operators: list[tuple[float, str]]) -> None:
        right = operands.pop()
        left = operands.pop()
        operands.append(n.Binary(span=self.span(left, right), op=operators.pop()[1], left=left, right=right))

    def bound_chain(self, c: list[Any]) -> n.Expr:
        return self.chain(c)

    def unary(self, c: list[Any]) -> n.Unary:
        return n.Unary(span=self.whole(c), op=c[0].text, operand=c[1])

    def index(self, c: list[Any]) -> n.IndexExpr:
        return n.IndexExpr(span=self.whole(c), base=c[0], index=c[2])

    def field(self, c: list[Any]) -> n.FieldExpr:
        return n.FieldExpr(span=self.whole(c), base=c[0], field=self.name(c[2]))

    def method(self, c: list[Any]) -> n.MethodExpr:
        arguments, closing = c[3]
        return n.MethodExpr(span=self.span(c[0], closing), base=c[0], method=self.name(c[2]), args=arguments)

    def labelled(self, c: list[Any]) -> n.LabelledExpr:
        return n.LabelledExpr(span=self.whole(c), expr=c[0], rule=self.label(c[1]))

    def primed(self, c: list[Any]) -> n.PrimedExpr:
        return n.PrimedExpr(span=self.whole(c), expr=c[0])

    def int_literal(self, c: list[Any]) -> n.IntLiteral:
        return n.IntLiteral(span=c[0].span, value=int(c[0].text))

    def bool_literal(self, c: list[Any]) -> n.BoolLiteral:
        return n.BoolLiteral(span=c[0].span, value=c[0].type == "TRUE")

    def none_literal(self, c: list[Any]) -> n.NoneLiteral:
        return n.NoneLiteral(span=c[0].span)

    def name_ref(self, c: list[Any]) -> n.NameRef:
        return n.NameRef(span=c[0].span, name=c[0].text)

    def call(self, c: list[Any]) -> n.CallExpr:
        arguments, closing = c[1]
        return n.CallExpr(span=self.span(c[0], closing), callee=self.name(c[0]), args=arguments)

    def args(self, c: list[Any]) -> tuple[tuple[n.Expr, ...], Token]:
        """The arguments, and the closing parenthesis."""
        return tuple(child for child in c if not isinstance(child, Token)), c[-1]

    def record(self, c: list[Any]) -> n.RecordExpr:
        return n.RecordExpr(
            span=self.whole(c), type_name=self.name(c[0]), fields=tuple(as_tuple(child) for child in c[2:-1] if isinstance(child, tuple))
        )

    def record_arg(self, c: list[Any]) -> tuple[n.Name, n.Expr]:
        return self.name(c[0]), c[2]

    def paren(self, c: list[Any]) -> n.Expr:
        """The inner expression; its span takes in the parentheses."""
        return replace(c[1], span=self.whole(c))

    def quantifier(self, c: list[Any]) -> n.QuantifierExpr:
        binders = tuple(as_tuple(child) for child in c[2:-2] if isinstance(child, tuple))
        return n.QuantifierExpr(span=self.whole(c), kind=c[0].text, binders=binders, body=c[-2])

    def binder(self, c: list[Any]) -> tuple[n.Name, n.TypeExpr]:
        return self.declared(c[0]), c[2]


def as_tuple(child: Any) -> Any:
    """A child that is known to be a tuple, with its type forgotten: the checker cannot know what a rule of the grammar made."""
    return child


def text_of(header: Iterable[Token]) -> str | None:
    """The string in a header, where there is one."""
    return next((string_value(token) for token in header if token.type == "STRING"), None)


def is_name(child: object) -> bool:
    """Whether a child is a token that names something (a soft keyword may)."""
    return isinstance(child, Token) and (child.type == "NAME" or child.text.isidentifier()) and child.type != "IN"
