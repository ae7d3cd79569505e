"""Traces as one HTML file: the handlers' source with the way of the decision lit, the state as a picture, stepped through by keyboard.

A pure function of what the other formats are made of. The page holds the document that `--format json` writes, as data, and a script that
draws it; nothing is fetched, and a Content-Security-Policy with the digests of style and script permits nothing else. Text passes through
`html.escape`, data through JSON without `<`, `>` and `&`; the script puts text into the page as text only. Without a script the reports
and recipes are there to read.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

import msgspec

from mmu_smt.report.json_report import versions
from mmu_smt.report.lines import one_line, plain, safe
from mmu_smt.report.page_data import Pane, Run, page_data
from mmu_smt.report.recipe_text import NOT_RUN, recipe_title
from mmu_smt.report.text import finding_lines, reproduce, subject_text, title, verdict_text
from mmu_smt.witness.comparisons import Likeness

if TYPE_CHECKING:
    from mmu_smt.report.page_data import PageData, PaneView
    from mmu_smt.report.trace_json import SavedTrace
    from mmu_smt.witness.comparisons import Comparison, Scenario
    from mmu_smt.witness.traces import Trace
    from mmu_smt.witness.verdicts import CheckResult, Verdict


_SHORT = 40  # lines of a report that is open from the beginning


def trace_page(findings: Iterable[tuple[CheckResult, Verdict]]) -> str:
    """The page of verdicts that have a trace. Without one the page says so."""
    found = [(r, v) for r, v in findings if v.trace is not None]
    runs = [Run(_name(r, v), (Pane(r, v, title(r), subject_text(r, v)),)) for r, v in found]
    heading = _name(*found[0]) if len(found) == 1 else f"{len(found)} traces"
    return _page(heading, runs, [plain(finding_lines(r, v, traced=True)) for r, v in found])


def comparison_page(found: Comparison) -> str:
    """The page of what distinguishes two variants: the two runs of each scenario side by side, and of the first difference."""
    from mmu_smt.report.comparison_text import comparison_lines, labels

    one, two = labels(found)
    runs = [*_scenarios(found), *_differences(found)]
    return _page(f"{one} and {two}", runs, [plain(comparison_lines(found, full=False))])


def _name(result: CheckResult, verdict: Verdict) -> str:
    number = f" (no. {verdict.further + 1})" if verdict.further else ""
    return f"{verdict.property.name} {verdict_text(verdict)}{number}: {title(result)}"


def _scenarios(found: Comparison) -> Iterator[Run]:
    seen: list[Scenario] = []
    for change in found.changes:
        for word, mark in (("fixes", change.fixes), ("introduces", change.introduces)):
            scenario = mark.scenario
            if scenario is None or any(s.broken == scenario.broken and s.intact == scenario.intact for s in seen):
                continue
            seen.append(scenario)
            first, second = (found.first, change.before), (found.second, change.after)
            if word == "fixes":
                runs = scenario.broken, scenario.intact
                told = f"violates {change.name}", f"does not violate it: {scenario.by}"
            else:
                runs = scenario.intact, scenario.broken
                told = f"does not violate {change.name}: {scenario.by}", "violates it"
            yield Run(
                f"{_label(found.second)} {word} {change.name}",
                (_side(*first, runs[0], told[0]), _side(*second, runs[1], told[1])),
            )


def _differences(found: Comparison) -> Iterator[Run]:
    result = found.equivalence
    aspects = ((result.state, "differ"), (result.places, "are interrupted elsewhere"), (result.decisions, "decide differently"))
    for aspect, what in (*aspects, (result.ghosts, "differ in what is observed")):
        if aspect.likeness is Likeness.DIFFERS and aspect.first is not None and aspect.second is not None and found.changes:
            change = found.changes[0]
            panes = (_side(found.first, change.before, aspect.first, ""), _side(found.second, change.after, aspect.second, ""))
            yield Run(f"Where the variants {what}", panes)
            return


def _side(result: CheckResult, verdict: Verdict, trace: Trace, told: str) -> Pane:
    """A run as it stands beside another one; the verdict is still what the check says of the property."""
    return Pane(result, replace(verdict, trace=trace, explanation=None, minima=None, others=(), further=0), _label(result), told)


def _label(result: CheckResult) -> str:
    return safe(result.program.variant or result.target)


# ---------------------------------------------------------------------------------------------- the file


def _page(heading: str, runs: Sequence[Run], reports: Sequence[str]) -> str:
    data = page_data(runs)
    style, script = _asset("page.css"), _asset("page.js")
    found = versions()
    return Template(_asset("page.html")).substitute(
        title=_text(heading),
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        body="".join(_body(data, runs, reports)),
        data=_embedded(data),
        versions=_text(f"mmu-smt {found.tool}, {found.solver}"),
    )


@cache
def _asset(name: str) -> str:
    return (files("mmu_smt.report") / "page" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()


def _embedded(data: PageData) -> str:
    """JSON that ends no element and begins none, whatever is in it."""
    text = msgspec.json.encode(data).decode()
    for character in "<>&\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _body(data: PageData, runs: Sequence[Run], reports: Sequence[str]) -> Iterator[str]:
    if not runs:
        yield "<p>There is no trace to show.</p>\n"
    for number, (run, view) in enumerate(zip(runs, data.runs, strict=True)):
        yield f'<section class="about" data-run="{number}" aria-label="{_text(run.title)}">\n'
        if len(runs) > 1:
            yield f"<h2>{_text(run.title)}</h2>\n"
        if len(reports) == len(runs):
            yield _report(reports[number], (run.panes[0].result, run.panes[0].verdict))
        for shown in view.panes:
            yield from _recipes(shown, data.document.traces[shown.trace], several=len(run.panes) > 1)
        yield "</section>\n"
    if len(reports) != len(runs):
        yield from (_report(text) for text in reports)


def _recipes(view: PaneView, saved: SavedTrace, *, several: bool) -> Iterator[str]:
    of = f" ({_text(view.label)})" if several else ""
    if saved.recipes:
        yield f'<section class="recipe">\n<h3>Try it on a machine{of}</h3>\n<p class="faint">{_text(NOT_RUN.capitalize())}.</p>\n'
        for recipe in saved.recipes:
            items = "".join(f"<li>{_text(text)}</li>" for text in recipe.lines)
            yield f"<h4>{_text(recipe_title(recipe))}</h4>\n<ul>{items}</ul>\n"
        yield "</section>\n"


def _report(text: str, finding: tuple[CheckResult, Verdict] | None = None) -> str:
    """What the command prints, and the command that finds a run again."""
    shown = " open" if text.count("\n") <= _SHORT else ""
    again = f"<p>Find it again: <code>{_text(reproduce(*finding))}</code></p>\n" if finding is not None else ""
    head = "<summary><h3>The report as text</h3></summary>"
    return f'<section class="report">\n<details{shown}>{head}\n<pre>{escape(text)}</pre>\n</details>\n{again}</section>\n'


def _text(text: str) -> str:
    """Text for a place between tags or in a quoted attribute, on one line, without characters that steer the reader's eye."""
    return escape(one_line(text))
