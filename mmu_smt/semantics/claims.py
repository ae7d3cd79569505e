"""`claim` declarations: what somebody says of variants, with every name checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mmu_smt.semantics.expectations import check_configs, entries, family_of
from mmu_smt.semantics.findings import Findings
from mmu_smt.semantics.names import Symbol, did_you_mean
from mmu_smt.semantics.program import Expectation
from mmu_smt.syntax import nodes
from mmu_smt.syntax.source import Span


class ClaimKind(StrEnum):
    FIXES = "fixes"
    INTRODUCES = "introduces"
    EQUALS = "equals"
    VERDICTS = "verdicts"


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement. `other`: the variant that it is compared with (None for verdicts). `configs` empty: the default config.

    `properties` of `fixes` and `introduces`; none stands for `nothing`. `verdicts`: what they are claimed to be. `contradicted`: why the
    model is expected to say otherwise; None where it is expected to agree.
    """

    kind: ClaimKind
    variant: str
    other: str | None
    configs: tuple[str, ...]
    properties: tuple[str, ...] = ()
    verdicts: tuple[Expectation, ...] = ()
    contradicted: str | None = None
    span: Span = field(kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with its statements. `text`: in its author's words; `link`: where he says so."""

    name: str
    text: str | None
    link: str | None
    clauses: tuple[Clause, ...]
    span: Span = field(repr=False)


def check_claims(
    declared: Iterable[nodes.ClaimDecl],
    variants: Mapping[str, nodes.VariantDecl],
    symbols_of: Callable[[str | None], Mapping[str, Symbol]],
    findings: Findings,
) -> tuple[Claim, ...]:
    """The claims in order. `symbols_of` gives the names that a variant declares."""
    return tuple(
        Claim(
            name=claim.name.text,
            text=claim.text,
            link=next((a.text for a in claim.annotations if a.kind == "link"), None),
            clauses=tuple(c for clause in claim.clauses if (c := _clause(clause, variants, symbols_of, findings)) is not None),
            span=claim.name.span,
        )
        for claim in declared
    )


def _clause(
    clause: nodes.ClaimClause,
    variants: Mapping[str, nodes.VariantDecl],
    symbols_of: Callable[[str | None], Mapping[str, Symbol]],
    findings: Findings,
) -> Clause | None:
    """The clause; None where it names a variant that does not exist."""
    named = [clause.variant, *(() if clause.other is None else (clause.other,))]
    missing = [name for name in named if name.text not in variants]
    for name in missing:
        findings.error("MS119", f"there is no variant `{name.text}`{did_you_mean(name.text, variants)}", name.span)
    if missing:
        return None
    for name in named:
        symbols = symbols_of(name.text)
        check_configs(clause, symbols, findings)
        for judged in clause.properties:
            if family_of(judged, symbols, findings) == "cover":
                message = f"`{judged.text}` is a cover: nothing violates it, so it is neither fixed nor introduced"
                findings.error("MS418", message, judged.span)
    return Clause(
        kind=ClaimKind(clause.kind),
        variant=clause.variant.text,
        other=None if clause.other is None else clause.other.text,
        configs=tuple(c.text for c in clause.configs),
        properties=tuple(p.text for p in clause.properties),
        verdicts=tuple(entries(clause, clause.variant.text, symbols_of(clause.variant.text), findings)),
        contradicted=clause.contradicted,
        span=clause.span,
    )
