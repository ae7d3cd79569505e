"""The `matrix` command's work: fill, print, keep, and the exit code."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmu_smt.api import matrices as filling
from mmu_smt.api.cellcache import CellCache, Damaged
from mmu_smt.api.cells import open_cell
from mmu_smt.cli.exits import Exit, of_result, worst
from mmu_smt.report.lines import line
from mmu_smt.report.snippets import diagnostics_lines
from mmu_smt.syntax.diagnostics import Diagnostic, Severity, SpecError
from mmu_smt.witness.matrices import CellState
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mmu_smt.cli.output import Output
    from mmu_smt.witness.comparisons import Comparison
    from mmu_smt.witness.matrices import Cell, MatrixReport, Row
    from mmu_smt.witness.verdicts import CheckResult


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a matrix is shown. `html`: a file to write, too. `cell`: ROW, CONFIG and perhaps PROPERTY: this one in full instead.

    `marks`: with what each row fixes and introduces.
    """

    json: bool = False
    html: Path | None = None
    cell: str | None = None
    full: bool = False
    marks: bool = False


class MatrixCommand:
    """Fills matrices and shows them."""

    def __init__(self, found: Sequence[filling.Found], how: filling.How, cache: CellCache | None, output: Output, wanted: Wanted) -> None:
        self._found = found
        self._how = how
        self._cache = cache
        self._output = output
        self._wanted = wanted
        self._diagnostics: list[Diagnostic] = []

    def show(self, selection: filling.Selection) -> Exit:
        """Fill and print the matrices, or one cell of them. Raises SpecError for names that do not fit."""
        if self._wanted.cell is not None:
            return self._one_cell(self._wanted.cell)
        reports: list[MatrixReport] = []
        for found in self._found:
            reports.append(self._fill(found, selection))
            if reports[-1].interrupted:
                break
        code = worst(c for report in reports for c in _codes(report))
        if not self._wanted.json:
            from mmu_smt.report.matrix_text import matrix_lines

            for number, report in enumerate(reports):
                self._output.lines((*(((),) if number else ()), *matrix_lines(report, width=self._output.width())))
        if self._wanted.html is not None:
            code = worst((code, self._write_html(reports, self._wanted.html)))
        if self._wanted.json:
            from mmu_smt.report.matrix_json import encode_matrix, matrix_document

            self._output.text(encode_matrix(matrix_document(reports, self._diagnostics, code)))
        return code

    def _fill(self, found: filling.Found, selection: filling.Selection) -> MatrixReport:
        with self._output.counting(f"matrix {found.matrix.name}") as watch:
            report = self._filled(found, selection, self._cache, watch)
        self._say(*report.notes, *(problem for _, cell in report.cells for problem in _problems(cell)))
        return report

    def _filled(
        self, found: filling.Found, selection: filling.Selection, cache: CellCache | None, watch: filling.Watch | None = None
    ) -> MatrixReport:
        if not self._wanted.marks:
            return filling.fill(found, selection, self._how, cache=cache, watch=watch)
        from mmu_smt.api.marking import fill_marked

        return fill_marked(found, selection, self._how, cache=cache, watch=watch)

    def _say(self, *diagnostics: Diagnostic) -> None:
        self._diagnostics.extend(diagnostics)
        if diagnostics and not self._wanted.json:
            self._output.complain(diagnostics_lines(diagnostics))

    # ------------------------------------------------------------------------------------------ one cell

    def _one_cell(self, text: str) -> Exit:
        row_name, config, *rest = (part.strip() for part in text.split(","))
        names = tuple(part.strip() for part in config.split("+"))
        found, selection = self._selected(row_name, names)
        if self._wanted.marks and rest:
            selection = replace(selection, properties=tuple(rest))
        report = self._fill(found, selection)
        ((row, cell),) = report.cells
        if cell.state is not CellState.JUDGED:
            return worst(_codes(report))
        result = self._opened(found, selection, explain=True)(report, row, cell)
        if rest:
            verdicts = tuple(v for v in result.verdicts if v.property.name == rest[0])
            if not verdicts:
                raise filling.unknown("MS503", "property", rest[0], (v.property.name for v in result.verdicts))
            result = replace(result, verdicts=verdicts)
        code = of_result(result, accept_bounded=False)
        compared = self._opened_changes(found, selection)(report, row, cell) if cell.changes is not None else None
        if compared is not None and not all(c.decided for c in compared.changes):
            code = worst((code, Exit.OPEN))
        if self._wanted.json and compared is not None:
            from mmu_smt.report.comparison_json import compare_document
            from mmu_smt.report.json_report import encode

            self._output.text(encode(compare_document(compared, self._diagnostics, code)))
        elif self._wanted.json:
            from mmu_smt.report.json_report import document, encode

            self._output.text(encode(document((result,), self._diagnostics, code)))
        else:
            from mmu_smt.report.text import check_lines

            traced = frozenset(rest) | frozenset(v.property.name for v in result.verdicts if v.word is Word.REACHED)
            self._output.lines(check_lines((result,), traces_of=traced, full=self._wanted.full))
            if compared is not None:
                from mmu_smt.report.comparison_text import change_lines

                self._output.lines(((), *change_lines(compared, named=frozenset(rest), full=self._wanted.full)))
            elif self._wanted.marks:
                self._output.lines(((), line(f"{row.variant} is the first row: there is none to mark it against")))
        return code

    def _selected(self, row: str, names: tuple[str, ...]) -> tuple[filling.Found, filling.Selection]:
        """The matrix that has a row and a config, and the part of it that is this one cell."""
        configs: list[str] = []
        rows: list[str] = []
        for found in self._found:
            matrix = found.matrix
            rows.extend(matrix.rows)
            for setting in matrix.settings:
                for column in matrix.columns:
                    configs.append("+".join(dict.fromkeys((*setting, *column))))
                    if row in matrix.rows and frozenset((*setting, *column)) == frozenset(names):
                        return found, filling.Selection((row,), (column,), (setting,))
        if row not in rows:
            raise filling.unknown("MS507", "row", row, rows)
        raise filling.unknown("MS504", "config", "+".join(names), configs)

    def _opened(
        self, found: filling.Found, selection: filling.Selection, *, explain: bool = False
    ) -> Callable[[MatrixReport, Row, Cell], CheckResult]:
        """Opens cells; one whose kept runs do not replay is judged again, without the cache."""

        def opened(report: MatrixReport, row: Row, cell: Cell) -> CheckResult:
            try:
                return open_cell(report, row, cell, explain=explain)
            except Damaged as damage:
                if not cell.cached:
                    raise
                return open_cell(*self._again(found, selection, row, cell, damage), explain=explain)

        return opened

    def _opened_changes(self, found: filling.Found, selection: filling.Selection) -> Callable[[MatrixReport, Row, Cell], Comparison]:
        """The same for what rows change."""
        from mmu_smt.api.marking import open_changes

        def opened(report: MatrixReport, row: Row, cell: Cell) -> Comparison:
            try:
                return open_changes(report, row, cell)
            except Damaged as damage:
                if self._cache is None:
                    raise
                return open_changes(*self._again(found, selection, row, cell, damage))

        return opened

    def _again(
        self, found: filling.Found, selection: filling.Selection, row: Row, cell: Cell, damage: Damaged
    ) -> tuple[MatrixReport, Row, Cell]:
        """The cell, judged again without the cache."""
        message = f"{row.variant} in {'+'.join(cell.config)}: {damage}; the cell is judged again"
        self._say(Diagnostic("MS514", message, None, (), Severity.WARNING))
        only = filling.Selection((row.variant,), (cell.column,), (cell.setting,), selection.properties)
        report = self._filled(found, only, self._cache and self._cache.blind())
        ((new_row, new_cell),) = report.cells
        if report.interrupted:
            raise KeyboardInterrupt
        for problem in _problems(new_cell):
            raise SpecError((problem,))
        return report, new_row, new_cell

    # ------------------------------------------------------------------------------------------ HTML

    def _write_html(self, reports: Sequence[MatrixReport], path: Path) -> Exit:
        from mmu_smt.report.matrix_html import html_page

        parts = {
            report.name: (found, filling.Selection(properties=tuple(p.name for p in report.properties)))
            for report, found in zip(reports, self._found, strict=False)
        }
        openers = {name: self._opened(*part) for name, part in parts.items()}
        changes = {name: self._opened_changes(*part) for name, part in parts.items()} if self._wanted.marks else {}
        try:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=".html")
            try:
                with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                    pieces = html_page(
                        reports,
                        lambda report, row, cell: openers[report.name](report, row, cell),
                        lambda report, row, cell: changes[report.name](report, row, cell),
                    )
                    for piece in pieces:
                        file.write(piece)
                Path(name).chmod(0o666 & ~_umask())
                Path(name).replace(path)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            self._say(Diagnostic("MS509", f"{path} cannot be written: {error.strerror or error}", None))
            return Exit.USAGE
        return Exit.OK


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _codes(report: MatrixReport) -> list[Exit]:
    """What a matrix says of itself: a violated property is what it is there to show."""
    codes = [Exit.INTERRUPTED] if report.interrupted else []
    for _, cell in report.cells:
        codes.extend(Exit.USAGE if problem.code == "MS510" else Exit.INTERNAL for problem in _problems(cell))
        codes.extend(Exit.OPEN for v in cell.verdicts if v.word in (Word.UNKNOWN, Word.BOUNDED))
        codes.extend(Exit.OPEN for c in (cell.changes.found if cell.changes is not None else ()) if not c.decided)
    return codes


def _problems(cell: Cell) -> tuple[Diagnostic, ...]:
    """Why a cell has no verdicts, and why nobody knows what its row changes."""
    problems = [cell.problem]
    if cell.changes is not None:
        problems.extend((cell.changes.before.problem, cell.changes.problem))
    return tuple(p for p in problems if p is not None)


def sums(texts: Sequence[str] | None) -> tuple[tuple[str, ...], ...] | None:
    """`A+B,C` as sums of configs."""
    if texts is None:
        return None
    return tuple(tuple(name.strip() for name in part.split("+")) for text in texts for part in text.split(","))


def names(texts: Sequence[str] | None) -> tuple[str, ...] | None:
    """`A,B` as names."""
    return None if texts is None else tuple(name.strip() for text in texts for name in text.split(","))
