"""`expect` blocks: names and verdict words checked against what is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from mmu_smt.semantics.findings import Findings
from mmu_smt.semantics.names import Kind, Symbol, did_you_mean
from mmu_smt.semantics.program import Expectation, PropertyKind, VerdictWant
from mmu_smt.semantics.variants import property_kind_words
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Note

Block: TypeAlias = nodes.ExpectDecl | nodes.ClaimClause

_COMMON = ("bounded", "unknown", "inapplicable")
_WORDS = {
    "invariant": ("proved", "violated", "vacuous", *_COMMON),
    "progress": ("proved", "violated", "vacuous", *_COMMON),
    "cover": ("reached", "unreachable", *_COMMON),
}
_BUILT_IN = frozenset({PropertyKind.NO_FAULT.value, PropertyKind.NO_DEADLOCK.value})


def check_expectations(
    blocks: Iterable[nodes.ExpectDecl],
    variants: Mapping[str, nodes.VariantDecl],
    symbols_of: Callable[[str | None], Mapping[str, Symbol]],
    findings: Findings,
) -> tuple[Expectation, ...]:
    """The expectations of all blocks, one a line. `symbols_of` gives the names that a variant declares (None: the modules alone)."""
    found: list[Expectation] = []
    for block in blocks:
        named: dict[str | None, nodes.Name] = {}
        for variant in block.variants:
            if variant.text not in variants:
                findings.error("MS119", f"there is no variant `{variant.text}`{did_you_mean(variant.text, variants)}", variant.span)
            elif (first := named.setdefault(variant.text, variant)) is not variant:
                findings.error("MS414", f"`{variant.text}` is named twice", variant.span, Note("first here", first.span))
        for name in named if block.variants else (None,):
            symbols = symbols_of(name)
            check_configs(block, symbols, findings)
            found.extend(entries(block, name, symbols, findings))
    return tuple(found)


def check_configs(block: Block, symbols: Mapping[str, Symbol], findings: Findings) -> None:
    """Report configs that the variant with these symbols does not have."""
    for config in block.configs:
        symbol = symbols.get(config.text)
        if symbol is None or symbol.kind is not Kind.CONFIG:
            hint = did_you_mean(config.text, (s.name for s in symbols.values() if s.kind is Kind.CONFIG))
            findings.error("MS117", f"there is no config `{config.text}`{hint}", config.span)


def entries(block: Block, variant: str | None, symbols: Mapping[str, Symbol], findings: Findings) -> Iterable[Expectation]:
    """The expectations of a block about one variant, one a line."""
    seen: dict[str, nodes.Name] = {}
    for name, patterns in block.entries:
        if (first := seen.setdefault(name.text, name)) is not name:
            findings.error("MS414", f"`{name.text}` is expected twice", name.span, Note("first here", first.span))
        family = family_of(name, symbols, findings)
        if family is None:
            continue
        for pattern in patterns:
            _check_word(pattern, name.text, family, findings)
        wanted = tuple(VerdictWant(word=p.word, bound=p.bound) for p in patterns)
        yield Expectation(variant=variant, configs=tuple(c.text for c in block.configs), property=name.text, wanted=wanted, span=name.span)


def family_of(name: nodes.Name, symbols: Mapping[str, Symbol], findings: Findings) -> str | None:
    """The family of verdict words of a property; None, after a report, where it is none."""
    if name.text in _BUILT_IN:
        return "invariant"
    symbol = symbols.get(name.text)
    family = None if symbol is None else property_kind_words(symbol.declaration)
    if family is None:
        judged = (s.name for s in symbols.values() if property_kind_words(s.declaration) is not None)
        hint = did_you_mean(name.text, (*judged, *_BUILT_IN))
        findings.error("MS118", f"there is no property `{name.text}`{hint}", name.span)
    return family


def _check_word(pattern: nodes.VerdictPattern, name: str, family: str, findings: Findings) -> None:
    allowed = _WORDS[family]
    if pattern.word not in allowed:
        hint = did_you_mean(pattern.word, allowed)
        what = "a cover" if family == "cover" else "a progress property" if family == "progress" else "an invariant or step property"
        message = f"`{pattern.word}` is no verdict of `{name}`, {what}{hint}"
        findings.error("MS413", message, pattern.span, Note(f"possible: {', '.join(allowed)}"))
    elif pattern.bound is not None and pattern.word != "bounded":
        findings.error("MS413", f"only `bounded` takes a number, not `{pattern.word}`", pattern.span)
