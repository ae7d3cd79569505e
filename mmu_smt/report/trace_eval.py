"""Values of expressions along a trace: a row per state and, for expressions about transitions, per transition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.interpret.observe import Faulted
from mmu_smt.report.lines import Line, Piece, flow, line, one_line, shorten, table
from mmu_smt.report.trace_text import closing_text, event_texts, short_place
from mmu_smt.report.values import compact
from mmu_smt.semantics.walks import choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmu_smt.semantics.program import Program, TExpr
    from mmu_smt.semantics.types import Value
    from mmu_smt.witness.traces import Trace

_EXPR = 60


def evaluation_lines(
    program: Program, trace: Trace, values: Sequence[tuple[str, TExpr, bool, Sequence[Value | Faulted]]]
) -> tuple[Line, ...]:
    """`values`: of each expression its text, the expression, whether it is about transitions, and its values in order."""
    lines: list[Line] = []
    for number, (text, _, of_step, _) in enumerate(values, 1):
        about = "of the transition" if of_step else "of the state"
        lines.extend(flow([f"{shorten(one_line(text), _EXPR)} ({about})"], f"  ({number}) "))
    heads = [f"({n})" for n in range(1, len(values) + 1)]
    rows = [tuple(map(Piece, ["step", *heads, "event"]))]
    chosen = choices(program)
    for index in range(len(trace.steps) + 1):
        cells = [_cell(expr, found, index - 1 if of_step else index) for _, expr, of_step, found in values]
        event = "initial state" if index == 0 else ", ".join(event_texts(program, trace.steps[index - 1], chosen))
        rows.append(tuple(map(Piece, [str(index), *cells, event])))
    lines.extend(table(rows))
    if trace.loop_start is not None:
        lines.append(line(f"  {closing_text(program, trace)}"))
    return tuple(lines)


def _cell(expr: TExpr, values: Sequence[Value | Faulted], index: int) -> str:
    if not 0 <= index < len(values):
        return ""
    value = values[index]
    if isinstance(value, Faulted):
        return f"faults: {one_line(value.message)} ({short_place(value.span)})"
    return compact(expr.type, value)
