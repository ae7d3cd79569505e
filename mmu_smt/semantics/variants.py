"""Which declarations make up a variant: the modules', with those of its chain added or put in the place of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mmu_smt.semantics.findings import Findings
from mmu_smt.semantics.names import BUILT_IN_NAMES, Symbol, did_you_mean, kind_of, labels
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note


@dataclass(frozen=True, slots=True)
class Placed:
    """A declaration in its place. `variant` declares it (None: a module); `overrides`: it stands where another one stood."""

    declaration: nodes.Decl
    variant: str | None = None
    overrides: bool = False


@dataclass(frozen=True, slots=True)
class Assembly:
    """The declarations of one variant in order, and the names that they declare (variants' names too)."""

    placed: tuple[Placed, ...]
    symbols: Mapping[str, Symbol]


def collect_variants(modules: Iterable[nodes.Module]) -> dict[str, nodes.VariantDecl]:
    """Variants by name in order; of two with one name the first (the second is reported with the other declarations)."""
    found: dict[str, nodes.VariantDecl] = {}
    for module in modules:
        for declaration in module.declarations:
            if isinstance(declaration, nodes.VariantDecl):
                found.setdefault(declaration.name.text, declaration)
    return found


def chain_of(variants: Mapping[str, nodes.VariantDecl], variant: str, findings: Findings) -> tuple[nodes.VariantDecl, ...]:
    """The variant after those that it is made of, oldest first. Reports unknown bases and cycles (and cuts the chain there)."""
    chain: dict[str, nodes.VariantDecl] = {}
    name: str | None = variant
    while name is not None:
        declaration = variants[name]
        chain[name] = declaration
        base = declaration.of
        name = None
        if base is None:
            break
        if base.text in chain:
            findings.error("MS123", f"variant `{base.text}` is based on itself", base.span)
        elif base.text not in variants:
            findings.error("MS119", f"there is no variant `{base.text}`{did_you_mean(base.text, variants)}", base.span)
        else:
            name = base.text
    return tuple(reversed(chain.values()))


def assemble(modules: Iterable[nodes.Module], chain: Iterable[nodes.VariantDecl], findings: Findings) -> Assembly:
    """Put the declarations of the modules and of a chain of variants together."""
    builder = _Builder(findings)
    for module in modules:
        for declaration in module.declarations:
            if not isinstance(declaration, nodes.ExpectDecl):
                builder.add(declaration, None)
    for variant in chain:
        name = variant.name.text
        for declaration in variant.overrides:
            if builder.may_stand(declaration, name):
                builder.override(declaration, name)
        for declaration in variant.additions:
            if builder.may_stand(declaration, name):
                builder.add(declaration, name)
    return builder.result()


class _Builder:
    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.placed: list[Placed] = []
        self.position: dict[str, int] = {}
        self.symbols: dict[str, Symbol] = {}

    def may_stand(self, declaration: nodes.Decl, variant: str) -> bool:
        if isinstance(declaration, nodes.VariantDecl | nodes.ExpectDecl | nodes.MatrixDecl | nodes.ClaimDecl):
            what = kind_of(declaration)
            self.findings.error("MS124", f"{what} cannot stand inside variant `{variant}`: write it outside", declaration.span)
            return False
        return True

    def add(self, declaration: nodes.Decl, variant: str | None) -> None:
        index = len(self.placed)
        if not isinstance(declaration, nodes.VariantDecl | nodes.MatrixDecl | nodes.ClaimDecl):
            self.placed.append(Placed(declaration, variant))
        for name in labels(declaration):
            if name.text in BUILT_IN_NAMES:
                self.findings.error("MS103", f"`{name.text}` is built in and cannot be declared", name.span)
            elif (other := self.symbols.get(name.text)) is not None:
                self._taken(name, other, variant)
            else:
                self._declare(name, declaration, variant, index, overrides=False)

    def override(self, declaration: nodes.Decl, variant: str) -> None:
        names = labels(declaration)
        if not names:
            self.findings.error("MS120", f"`{kind_of(declaration)}` has no name to override", declaration.span)
            return
        for name in names:
            other = self.symbols.get(name.text)
            if other is None:
                message = f"`override` replaces a declaration, but there is no `{name.text}`{did_you_mean(name.text, self.symbols)}"
                self.findings.error("MS120", message, name.span)
                return
            if type(other.declaration) is not type(declaration):
                message = f"`{name.text}` is a {other.kind}: it cannot be overridden by a {kind_of(declaration)}"
                self.findings.error("MS121", message, name.span, Note("declared here", other.span))
                return
            if other.variant == variant:
                self._taken(name, other, variant)
                return
        index = self.position[names[0].text]
        self.placed[index] = Placed(declaration, variant, overrides=True)
        for name in names:
            self._declare(name, declaration, variant, index, overrides=True)

    def _taken(self, name: nodes.Name, other: Symbol, variant: str | None) -> None:
        first = Note(f"first declared here, as a {other.kind}", other.span)
        if variant is None or other.variant == variant:
            self.findings.error("MS103", f"`{name.text}` is declared twice", name.span, first)
        else:
            self.findings.error("MS122", f"`{name.text}` is already declared: write `override` to replace it", name.span, first)

    def _declare(self, name: nodes.Name, declaration: nodes.Decl, variant: str | None, index: int, *, overrides: bool) -> None:
        self.symbols[name.text] = Symbol(name.text, kind_of(declaration), declaration, name.span, variant, overrides)
        self.position[name.text] = index

    def result(self) -> Assembly:
        # A declaration that lost its name to an earlier one takes no part; the error about it is enough.
        kept = tuple(p for p in self.placed if not labels(p.declaration) or any(self._owns(p, n) for n in labels(p.declaration)))
        return Assembly(kept, self.symbols)

    def _owns(self, placed: Placed, name: nodes.Name) -> bool:
        symbol = self.symbols.get(name.text)
        return symbol is not None and symbol.declaration is placed.declaration


def property_kind_words(declaration: nodes.Decl) -> str | None:
    """The family of verdict words of a declared property: `cover`, `progress`, `invariant` (or step); None for other declarations."""
    match declaration:
        case nodes.PropertyDecl(kind=kind):
            return {"cover": "cover", "progress": "progress"}.get(kind, "invariant")
        case nodes.InitDecl(is_invariant=True):
            return "invariant"
        case _:
            return None
