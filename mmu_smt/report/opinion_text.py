"""What others say of the verdicts of a check, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.report.lines import Line, Piece, Style, flow, line, one_line, safe
from mmu_smt.witness.opinions import by_property, lacking, unconfirmed

if TYPE_CHECKING:
    from mmu_smt.witness.verdicts import CheckResult


def opinion_lines(result: CheckResult) -> tuple[Line, ...]:
    """For each verdict that was put to others: confirmed, or by whom not; what each of them said; and how many are confirmed."""
    rows: list[Line] = []
    groups = by_property(result.opinions or ())
    for name, opinions in groups.items():
        lacks = lacking(opinions)
        word = Piece("confirmed", Style.GOOD) if not lacks else Piece("unconfirmed", Style.WARNING)
        rows.append(line("  ", word, f": {safe(name)}" + (f" (not by {', '.join(lacks)})" if lacks else "")))
        for opinion in opinions:
            rows.extend(flow([one_line(f"{opinion.source}: {opinion.detail}")], "    "))
    rows.append(line(f"  {len(groups) - unconfirmed(result.opinions or ())} of {len(groups)} verdicts are confirmed"))
    return tuple(rows)
