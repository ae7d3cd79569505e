"""What the formatter needs to know from the syntax tree: where things begin, and what an ambiguous sign means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from mmu_smt.syntax import nodes as n
from mmu_smt.syntax.source import Span


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets into the text.

    `starts`: where a declaration, statement, arm, member, entry or clause begins. `optionals`: the `?` of optional types. `ranges`: the
    ends of range types, in which operators are written without spaces.
    """

    starts: frozenset[int]
    optionals: frozenset[int]
    ranges: tuple[tuple[int, int], ...]


def layout_of(module: n.Module) -> Layout:
    """Collect the offsets from a whole tree."""
    starts: set[int] = set()
    optionals: set[int] = set()
    ranges: list[tuple[int, int]] = []
    stack: list[object] = [module]
    while stack:
        node = stack.pop()
        if isinstance(node, n.Node):
            starts.update(span.start for span in _beginnings(node))
            if isinstance(node, n.OptionalTypeExpr):
                optionals.add(node.span.end - 1)
            elif isinstance(node, n.RangeType):
                ranges.append((node.span.start, node.span.end))
            stack.extend(_parts(node))
        elif isinstance(node, tuple):
            stack.extend(node)  # pyright: ignore[reportUnknownArgumentType]
    return Layout(frozenset(starts), frozenset(optionals), tuple(sorted(ranges)))


def _parts(node: n.Node) -> Iterator[object]:
    for field in fields(node):
        value: object = getattr(node, field.name)
        if isinstance(value, (n.Node, tuple)):
            yield value


def _beginnings(node: n.Node) -> Iterator[Span]:
    match node:
        case n.Module():
            yield from (d.span for d in node.declarations)
        case n.Block():
            # The block of an arm without braces has the span of its statement, which begins no line.
            if not node.statements or node.statements[0].span != node.span:
                yield from (s.span for s in node.statements)
        case n.MatchStmt():
            yield from (a.span for a in node.arms)
        case n.EnumDecl():
            yield from (m.span for m in node.members)
        case n.ClaimDecl():
            yield from (c.span for c in node.clauses)
        case n.FlagsDecl() | n.RecordDecl() | n.ExpectDecl() | n.ClaimClause():
            entries = node.members if isinstance(node, n.FlagsDecl) else node.fields if isinstance(node, n.RecordDecl) else node.entries
            yield from (entry[0].span for entry in entries)
        case n.ConfigDecl():
            yield from (part.span for part in (*node.assumes, *node.enables))
        case n.VariantDecl():
            yield from (d.span for d in (*node.overrides, *node.additions))
        case n.RecipeDecl():
            yield from (line.span for line in node.lines)
        case n.MatrixDecl():
            yield from (c.span for c in node.clauses)
        case n.RecursNever():
            yield node.span
        case _:
            pass
