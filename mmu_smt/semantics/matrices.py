"""`matrix` declarations: which variants, configs and properties make up a table of verdicts. Names are checked against what is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from mmu_smt.semantics.findings import Findings
from mmu_smt.semantics.names import Kind, Symbol, did_you_mean
from mmu_smt.semantics.variants import property_kind_words
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note
from mmu_smt.syntax.source import Span

Symbols: TypeAlias = Mapping[str, Symbol]
Names: TypeAlias = tuple[str, ...]

BUILT_IN_PROPERTIES = ("no_runtime_fault", "no_deadlock")


@dataclass(frozen=True, slots=True)
class Matrix:
    """A table to be filled: every row under every setting joined with every column.

    `columns` and `settings` hold sums of configs; `settings` is `((),)` where none is stated, so that there is one setting that adds
    nothing. `properties`: those with a table of their own; None where the declaration does not say.
    """

    name: str
    subject: str | None
    doc: str | None
    rows: Names
    columns: tuple[Names, ...]
    settings: tuple[Names, ...]
    properties: Names | None
    span: Span = field(repr=False)


def check_matrices(
    declarations: Iterable[nodes.MatrixDecl],
    variants: Mapping[str, nodes.VariantDecl],
    symbols_of: Callable[[str | None], Symbols],
    findings: Findings,
) -> tuple[Matrix, ...]:
    """The matrices of all declarations, as far as they are right. `symbols_of` gives the names that a variant declares."""
    return tuple(_Checker(d, variants, symbols_of, findings).check() for d in declarations)


class _Checker:
    def __init__(
        self,
        declaration: nodes.MatrixDecl,
        variants: Mapping[str, nodes.VariantDecl],
        symbols_of: Callable[[str | None], Symbols],
        findings: Findings,
    ) -> None:
        self.declaration = declaration
        self.variants = variants
        self.symbols_of = symbols_of
        self.findings = findings

    def check(self) -> Matrix:
        clauses = self._clauses()
        rows = self._rows(clauses.get("rows"))
        columns = self._sums(clauses.get("columns"), rows)
        settings = self._sums(clauses.get("settings"), rows)
        properties = clauses.get("properties")
        return Matrix(
            name=self.declaration.name.text,
            subject=self.declaration.subject,
            doc=self.declaration.doc,
            rows=rows,
            columns=columns,
            settings=settings or ((),),
            properties=None if properties is None else self._properties(properties, rows),
            span=self.declaration.name.span,
        )

    def _clauses(self) -> dict[str, nodes.MatrixClause]:
        found: dict[str, nodes.MatrixClause] = {}
        for clause in self.declaration.clauses:
            if (first := found.setdefault(clause.word, clause)) is not clause:
                self._twice(f"`{clause.word}`", clause.span, first.span)
        for word in ("rows", "columns"):
            if word not in found:
                name = self.declaration.name
                self.findings.error("MS417", f"matrix `{name.text}` has no `{word}`", name.span)
        return found

    def _twice(self, what: str, span: Span, first: Span) -> None:
        self.findings.error("MS416", f"{what} stands here twice", span, Note("first here", first))

    def _rows(self, clause: nodes.MatrixClause | None) -> Names:
        rows: dict[str, Span] = {}
        for (name,) in () if clause is None else clause.items:
            if name.text not in self.variants:
                self.findings.error("MS119", f"there is no variant `{name.text}`{did_you_mean(name.text, self.variants)}", name.span)
            elif name.text in rows:
                self._twice(f"`{name.text}`", name.span, rows[name.text])
            else:
                rows[name.text] = name.span
        return tuple(rows)

    def _sums(self, clause: nodes.MatrixClause | None, rows: Names) -> tuple[Names, ...]:
        """Sums of configs, each declared in every row; two that join the same configs are one."""
        sums: dict[frozenset[str], tuple[Names, Span]] = {}
        for item in () if clause is None else clause.items:
            parts: dict[str, Span] = {}
            for name in item:
                self._config(name, rows)
                if name.text in parts:
                    self._twice(f"`{name.text}`", name.span, parts[name.text])
                parts.setdefault(name.text, name.span)
            span = Span(item[0].span.file, item[0].span.start, item[-1].span.end)
            key = frozenset(parts)
            if key in sums:
                self._twice(f"`{' + '.join(parts)}`", span, sums[key][1])
            else:
                sums[key] = (tuple(parts), span)
        return tuple(names for names, _ in sums.values())

    def _config(self, name: nodes.Name, rows: Names) -> None:
        known = {row: self._configs(row) for row in rows or (None,)}
        lacking = [row for row, configs in known.items() if name.text not in configs]
        if not lacking:
            return
        message = f"there is no config `{name.text}`"
        if len(lacking) < len(known):
            message += f" in variant `{lacking[0]}`"
        hint = did_you_mean(name.text, (config for configs in known.values() for config in configs))
        self.findings.error("MS117", message + hint, name.span)

    def _configs(self, row: str | None) -> tuple[str, ...]:
        return tuple(s.name for s in self.symbols_of(row).values() if s.kind is Kind.CONFIG)

    def _properties(self, clause: nodes.MatrixClause, rows: Names) -> Names:
        """Properties that some row declares: a later variant may bring one with it."""
        declared = (s for row in rows or (None,) for s in self.symbols_of(row).values())
        judged = {s.name for s in declared if property_kind_words(s.declaration) is not None}
        judged.update(BUILT_IN_PROPERTIES)
        found: dict[str, Span] = {}
        for (name,) in clause.items:
            if name.text not in judged:
                self.findings.error("MS118", f"there is no property `{name.text}`{did_you_mean(name.text, judged)}", name.span)
            elif name.text in found:
                self._twice(f"`{name.text}`", name.span, found[name.text])
            else:
                found[name.text] = name.span
        return tuple(found)
