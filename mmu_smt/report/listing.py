"""What can be asked of a specification: its variants, configs, properties and parameters by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, Piece, Style, line, one_line, shorten, table
from mmu_smt.semantics.program import PropertyKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mmu_smt.semantics.program import Program, Property

_WIDTH = 100


def bundled_lines(variants: Mapping[str, str | None]) -> tuple[Line, ...]:
    """Variants that come with the tool, with their subject lines."""
    return _section("variants", [(name, subject or "") for name, subject in variants.items()])


def listing_lines(program: Program, variants: Iterable[str]) -> tuple[Line, ...]:
    """The names that `check` takes for this program, each with what its author says of it."""
    return (
        *_section("variants", [(name, "") for name in variants]),
        *_section("parameters", [(name, f"= {value}") for name, value in program.params.items()]),
        *_section(
            "configs",
            [
                (name, f"{c.description or ''}{' (default)' if name == program.default_config else ''}".strip())
                for name, c in program.configs.items()
            ],
        ),
        *_section("properties", [(p.name, _about(p)) for p in program.properties.values()]),
    )


def _about(judged: Property) -> str:
    if judged.kind in (PropertyKind.NO_FAULT, PropertyKind.NO_DEADLOCK):
        return "built in"
    return f"{judged.kind.value}: {_first(judged.display.doc)}".rstrip(": ")


def _first(doc: str | None) -> str:
    return "" if doc is None else one_line(doc.strip().split("\n\n")[0])


def _section(title: str, rows: list[tuple[str, str]]) -> tuple[Line, ...]:
    if not rows:
        return ()
    cells = [(Piece(name), Piece(shorten(one_line(text), _WIDTH), Style.FAINT)) for name, text in rows]
    return (line(Piece(f"{title}:", Style.STRONG)), *table(cells))
