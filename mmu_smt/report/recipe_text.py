"""Recipes as text: what somebody would set up who tries a run on a machine, and what he would see. The words are the specification's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.interpret.recipes import recipes
from mmu_smt.report.lines import Line, Piece, Style, flow, one_line, safe
from mmu_smt.report.text import head_line, subject_text

if TYPE_CHECKING:
    from mmu_smt.report.trace_json import RecipeRecord
    from mmu_smt.witness.recipes import RecipeText
    from mmu_smt.witness.verdicts import CheckResult, Verdict

NOT_RUN = "not run: derived from this counterexample by the recipes of the specification"


def recipe_lines(result: CheckResult, verdict: Verdict) -> tuple[Line, ...]:
    """The recipe of a verdict with a trace, at most 80 columns wide but for the head line; says so where the specification has none."""
    trace = verdict.trace
    assert trace is not None
    found = recipes(result.program, trace)
    lines: list[Line] = [head_line(result, verdict), *flow([subject_text(result, verdict)], "  ")]
    if not found:
        return (*lines, *flow(["the specification has no recipe for it"], "  "))
    lines.extend(flow(NOT_RUN.split(" "), "  ", separator=""))
    for recipe in found:
        lines.extend(tuple(Piece(p.text, Style.STRONG) for p in one) for one in flow(recipe_title(recipe).split(" "), "  ", separator=""))
        lines.extend(one for text in recipe.lines for one in flow(one_line(text).split(" "), "    - ", separator=""))
    return tuple(lines)


def recipe_title(recipe: RecipeText | RecipeRecord) -> str:
    """What a recipe is called, with the step that it is about."""
    title = one_line(recipe.title) if recipe.title else safe(recipe.name)
    if recipe.step is None:
        return title
    return f"{title} (step {recipe.step}, again and again)" if recipe.recurs else f"{title} (step {recipe.step})"
