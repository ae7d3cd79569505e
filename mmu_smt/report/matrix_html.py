"""A filled matrix as one HTML file: no script, no network, light and dark. Every cell leads to its run or to the argument of its proof.

Whatever comes from a specification passes through `html.escape`. Cells say in words, for those who cannot see them, what their marks and
colours say; no colour says anything that the mark does not. Reports of cells are hidden until a cell's link leads to them (`:target`);
without style sheets they follow the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, TypeAlias

from mmu_smt.report.comparison_text import change_lines
from mmu_smt.report.json_report import versions
from mmu_smt.report.lines import flow, line, one_line, plain, safe
from mmu_smt.report.marks import cell_meaning, change_meaning, full_mark, groups, joined, legend, worst
from mmu_smt.report.matrix_changes import changes_lines
from mmu_smt.report.matrix_text import summary
from mmu_smt.report.text import assumes_lines, basis, finding_lines, reproduce, verdict_text
from mmu_smt.witness.matrices import CellState

if TYPE_CHECKING:
    from mmu_smt.witness.comparisons import Comparison
    from mmu_smt.witness.matrices import Cell, MatrixReport, Names, Row
    from mmu_smt.witness.verdicts import CheckResult, Verdict

Opener: TypeAlias = Callable[["MatrixReport", "Row", "Cell"], "CheckResult"]
ChangesOpener: TypeAlias = Callable[["MatrixReport", "Row", "Cell"], "Comparison"]

_STYLE = """\
:root{color-scheme:light dark;--text:#1b1b1f;--page:#fff;--line:#c9c9d0;--good:#0b6b2e;--bad:#a4161a;--open:#7a5200;--faint:#5d5d66}
@media (prefers-color-scheme:dark){
:root{--text:#e6e6ea;--page:#16161a;--line:#45454d;--good:#7bd89a;--bad:#ff9a9a;--open:#f0c36d;--faint:#a5a5b0}
}
body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);margin:1.5rem;max-width:110rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}
caption{text-align:left;color:var(--faint);padding:.2rem 0}
th,td{border:1px solid var(--line);padding:.2rem .6rem;text-align:left;vertical-align:top}
thead th{vertical-align:bottom}
td{font-family:ui-monospace,monospace;text-align:center}
td a{color:inherit;display:block;font-weight:700}
.proved,.reached{color:var(--good)}
.violated,.unreachable,.failed{color:var(--bad)}
.bounded,.unknown{color:var(--open)}
.vacuous,.inapplicable,.missing{color:var(--faint)}
.subject,.faint{font-weight:400;color:var(--faint)}
pre{overflow-x:auto;border:1px solid var(--line);padding:.8rem;font-size:.9rem}
.report{display:none}
.report:target{display:block;border-top:3px solid var(--line);margin-top:1rem;scroll-margin-top:1rem}
.said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media print{.report{display:block}}
"""


def html_page(reports: Sequence[MatrixReport], opened: Opener, changes: ChangesOpener | None = None) -> Iterator[str]:
    """The file in pieces. `opened` gives the verdicts of a judged cell with their runs, `changes` what the row of a marked cell changes."""
    title = ", ".join(report.name for report in reports)
    found = versions()
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)} – verdict matrix</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n<main>\n"
    )
    for number, report in enumerate(reports):
        yield from _matrix(report, f"m{number}", opened, changes)
    yield f'</main>\n<footer><p class="faint">mmu-smt {_text(found.tool)}, {_text(found.solver)}</p></footer>\n</body>\n</html>\n'


def _matrix(report: MatrixReport, key: str, opened: Opener, changes: ChangesOpener | None) -> Iterator[str]:
    tables = groups(report.properties)
    yield f"<h1>{_text(report.name)}</h1>\n"
    if report.subject:
        yield f"<p>{_text(report.subject)}</p>\n"
    if report.doc:
        yield f"<p>{_text(report.doc)}</p>\n"
    yield f"<p>{_text(summary(report))}</p>\n"
    yield "<h2>Marks</h2>\n<dl>\n"
    for example, meaning in legend(report):
        yield f"<dt><strong>{_text(example)}</strong></dt><dd>{_text(meaning)}</dd>\n"
    yield "</dl>\n<h2>Tables</h2>\n<nav><ul>\n"
    for number, (title, _, _) in enumerate(tables):
        yield f'<li><a href="#{key}-t{number}">{_text(title)}</a></li>\n'
    yield "</ul></nav>\n"
    if report.marked:
        yield f"<h2>What each row fixes and introduces</h2>\n<pre>{escape(plain(changes_lines(report, width=100)))}</pre>\n"
    for number, (title, names, doc) in enumerate(tables):
        yield from _table(report, f"{key}-t{number}", title, names, doc)
    yield "<h2>Cells</h2>\n<p>A cell of a table leads to its report here.</p>\n"
    for row_number, row in enumerate(report.rows):
        for place, cell in enumerate(row.cells):
            compared = changes(report, row, cell) if changes is not None and cell.changes is not None else None
            yield from _details(report, key, row_number, row, place, cell, opened, compared)


def _table(report: MatrixReport, key: str, title: str, names: Names, doc: str | None) -> Iterator[str]:
    caption = one_line(doc.strip().split("\n\n")[0]) if doc else title
    count = len(report.columns)
    yield f'<section>\n<h2 id="{key}">{_text(title)}</h2>\n<div class="wide"><table>\n<caption>{_text(caption)}</caption>\n'
    yield "<colgroup></colgroup>" + f'<colgroup span="{count}"></colgroup>' * len(report.settings) + "\n<thead>\n"
    if any(report.settings):
        yield (
            "<tr><td></td>"
            + "".join(f'<th scope="colgroup" colspan="{count}">{_text(joined(s))}</th>' for s in report.settings)
            + "</tr>\n"
        )
    heads = "".join(f'<th scope="col">{_text(joined(c))}</th>' for _ in report.settings for c in report.columns)
    yield f'<tr><th scope="col">variant</th>{heads}</tr>\n</thead>\n<tbody>\n'
    for number, row in enumerate(report.rows):
        subject = f' <span class="subject">{_text(row.program.subject)}</span>' if row.program.subject else ""
        yield f'<tr><th scope="row">{_text(row.variant)}{subject}</th>'
        for place, cell in enumerate(row.cells):
            yield _cell(cell, names, f"{key}-r{number}-c{place}")
        yield "</tr>\n"
    yield "</tbody>\n</table></div>\n</section>\n"


def _cell(cell: Cell, names: Names, key: str) -> str:
    mark, meaning = full_mark(cell, names), _meaning(cell, names)
    said = f'<span aria-hidden="true">{_text(mark)}</span><span class="said">{_text(meaning)}</span>'
    return f'<td class="{_class(cell, names)}" id="{key}"><a href="#{key}-d" title="{_text(meaning)}">{said}</a></td>'


def _meaning(cell: Cell, names: Names) -> str:
    changes = change_meaning(cell, names)
    return cell_meaning(cell, names) + (f"; this row: {changes}" if changes else "")


def _class(cell: Cell, names: Names) -> str:
    return worst(cell, names).word.value if cell.state is CellState.JUDGED else cell.state.value


def _details(
    report: MatrixReport, key: str, number: int, row: Row, place: int, cell: Cell, opened: Opener, compared: Comparison | None
) -> Iterator[str]:
    """One section for each table, all of one cell, so that its runs are replayed once."""
    result = opened(report, row, cell) if cell.state is CellState.JUDGED else None
    where = f"{row.variant} in {joined(cell.config)}"
    for table_number, (title, names, _) in enumerate(groups(report.properties)):
        cell_key = f"{key}-t{table_number}-r{number}-c{place}"
        yield f'<section class="report" id="{cell_key}-d">\n<h3>{_text(f"{where}: {title} {_meaning(cell, names)}")}</h3>\n'
        if result is None:
            why = cell.problem.message if cell.problem is not None else "the run was interrupted before"
            yield f"<p>{_text(why)}</p>\n"
        else:
            yield f"<pre>{escape(_detail(result, names))}</pre>\n"
        mine = () if compared is None else tuple(c for c in compared.changes if c.name in names)
        if compared is not None and mine:
            told = change_lines(replace(compared, changes=mine), named=frozenset(names if len(names) == 1 else ()))
            yield f"<pre>{escape(plain(told))}</pre>\n"
        yield f'<p><a href="#{cell_key}">back to the table</a></p>\n</section>\n'


def _detail(result: CheckResult, names: Names) -> str:
    texts = [_finding(result, v) for v in result.verdicts if v.property.name in names]
    missing = set(names) - {v.property.name for v in result.verdicts}
    texts.extend(f"{safe(name)} \N{EN DASH}: not declared in this variant\n" for name in names if name in missing)
    return "\n".join(texts)


def _finding(result: CheckResult, verdict: Verdict) -> str:
    """What `check` prints of the verdict; for good news, what it stands on."""
    found = finding_lines(result, verdict, traced=True)
    if found and verdict.trace is not None:
        return plain(found)
    why = basis(verdict)
    head = f"{safe(verdict.property.name)} {verdict_text(verdict)}" + (f": {safe(why)}" if why else "")
    return plain((*(found or (line(head),)), *assumes_lines(result), *flow([reproduce(result, verdict)], "  reproduce: ")))


def _text(text: str) -> str:
    """Text for a place between tags or in a quoted attribute, on one line, without characters that steer the reader's eye."""
    return escape(one_line(text))
