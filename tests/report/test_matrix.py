"""Tables of verdicts: marks that never soften, widths, folding, JSON with its schema, and a page that no text can break."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mmu_smt.report.lines import plain
from mmu_smt.report.marks import LEGEND, cell_mark, change_meaning, full_mark, groups, legend, mark, meaning, worst
from mmu_smt.report.matrix_changes import changes_lines
from mmu_smt.report.matrix_html import html_page
from mmu_smt.report.matrix_json import MatrixDocument, encode_matrix, matrix_document, matrix_schema_text
from mmu_smt.report.matrix_text import matrix_lines
from mmu_smt.semantics.program import Program, PropertyKind
from mmu_smt.syntax.diagnostics import Diagnostic
from mmu_smt.witness.comparisons import Answer, Basis
from mmu_smt.witness.matrices import Cell, CellChange, CellMark, CellState, CellVerdict, Changes, Judged, MatrixReport, Row
from mmu_smt.witness.verdicts import CheckResult, UnknownReason, Verdict, Word
from tests.report import sample

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "matrix-result.schema.json"

P = "served_at_last"
SAFE = "safe"
FAULT = "no_runtime_fault"


def verdicts(progress: CellVerdict, safe: Word = Word.PROVED, fault: Word = Word.PROVED) -> tuple[CellVerdict, ...]:
    return (progress, CellVerdict(SAFE, safe, length=4), CellVerdict(FAULT, fault, length=2))


def variant(name: str, subject: str | None) -> Program:
    """The sample program under another name: records have no `replace` of their own."""
    given: dict[str, Any] = {f: getattr(sample.PROGRAM, f) for f in sample.PROGRAM.__dataclass_fields__}
    return Program(**{**given, "variant": name, "subject": subject})


JUDGED = (
    Judged(P, PropertyKind.PROGRESS, "The shop does not turn a customer away\nfor ever.\n\nMore.", folded=False),
    Judged(SAFE, PropertyKind.STEP, None, folded=True),
    Judged(FAULT, PropertyKind.NO_FAULT, None, folded=True),
)


def report(*, columns: int = 2, settings: int = 2, **more: Any) -> MatrixReport:
    column_names = tuple((f"column_{i}", "busy") for i in range(columns))
    setting_names = tuple((f"setting_{i}",) for i in range(settings)) or ((),)
    places = [(s, c) for s in setting_names for c in column_names]
    good = CellVerdict(P, Word.PROVED, by="ranking", least=12)
    bad = CellVerdict(P, Word.VIOLATED, length=34, loop_start=2)
    rows = (
        Row("polite", variant("polite", "Serve & <b>smile</b>"), tuple(Cell(s, c, CellState.JUDGED, verdicts(good)) for s, c in places)),
        Row("rude", variant("rude", None), tuple(Cell(s, c, CellState.JUDGED, verdicts(bad, safe=Word.VIOLATED)) for s, c in places)),
    )
    given: dict[str, Any] = {"doc": "What it is.", "subject": "Of shops", "columns": column_names, "settings": setting_names, **more}
    return MatrixReport(name="shops", file="shops.mmu", properties=JUDGED, **{"rows": rows, **given})


@pytest.mark.parametrize(
    ("verdict", "shown", "said"),
    [
        (CellVerdict(P, Word.PROVED, by="1-induction"), "P", "proved"),
        (CellVerdict(P, Word.PROVED, least=7), "P7", "proved, least bound 7"),
        (CellVerdict(P, Word.VIOLATED, length=3), "V3", "violated, run of 3 steps"),
        (CellVerdict(P, Word.VIOLATED, length=1, loop_start=0), "V1", "violated, run of 1 step that loops"),
        (CellVerdict(P, Word.REACHED, length=2), "R2", "reached, run of 2 steps"),
        (CellVerdict(P, Word.UNREACHABLE), "U", "unreachable"),
        (CellVerdict(P, Word.VACUOUS), "v", "vacuous"),
        (CellVerdict(P, Word.BOUNDED, bound=12), "B12", "bounded, nothing in 12 steps"),
        (CellVerdict(P, Word.BOUNDED), "B", "bounded, nothing in 0 steps"),
        (CellVerdict(P, Word.UNKNOWN, reason=UnknownReason.TIME, bound=9), "?", "unknown: time"),
        (CellVerdict(P, Word.INAPPLICABLE), "–", "does not apply"),
    ],
)
def test_marks(verdict: CellVerdict, shown: str, said: str) -> None:
    assert (mark(verdict), meaning(verdict)) == (shown, said)
    assert shown[0] in {key for key, _, _ in LEGEND}


def test_every_word_has_a_mark_of_its_own() -> None:
    firsts = [mark(CellVerdict(P, word, length=1, bound=1))[0] for word in Word]
    assert len(set(firsts)) == len(firsts)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("proved proved", "P"),
        ("proved vacuous", "v"),
        ("vacuous bounded", "B4"),
        ("bounded unknown", "?"),
        ("unknown violated", "V5"),
        ("proved inapplicable", "P"),
        ("inapplicable inapplicable", "–"),
    ],
)
def test_a_fold_shows_the_worst(words: str, shown: str) -> None:
    both = [CellVerdict(f"p{i}", Word(w), length=5, bound=4) for i, w in enumerate(words.split())]
    for order in (both, both[::-1]):
        assert cell_mark(Cell((), ("c",), CellState.JUDGED, tuple(order)), ("p0", "p1")) == shown


def test_of_several_violations_a_fold_shows_the_shortest() -> None:
    cell = Cell((), ("c",), CellState.JUDGED, (CellVerdict("a", Word.VIOLATED, length=9), CellVerdict("b", Word.VIOLATED, length=3)))
    assert worst(cell, ("a", "b")).property == "b"
    assert cell_mark(cell, ("a",)) == "V9"


def test_text() -> None:
    assert (
        plain(matrix_lines(report()))
        == """\
matrix shops (SHELVES=4)
  Of shops

rows
  polite  Serve & <b>smile</b>
  rude
columns
  1  column_0 + busy
  2  column_1 + busy
marks
  P, P7  proved for runs of any length (within K: 7 is the least K)
  V3     violated: a run of 3 transitions, none is shorter

served_at_last
  The shop does not turn a customer away for ever.
          setting_0  setting_1
          1   2      1   2
  polite  P12 P12    P12 P12
  rude    V34 V34    V34 V34

invariants
  The worst of: safe, no_runtime_fault
          setting_0  setting_1
          1   2      1   2
  polite  P   P      P   P
  rude    V4  V4     V4  V4

8 cells: 16 proved, 8 violated
open a cell: mmu-smt matrix shops.mmu --cell ROW,CONFIG[,PROPERTY]
"""
    )


@pytest.mark.parametrize("columns", [1, 5, 11, 40])
@pytest.mark.parametrize("settings", [0, 1, 4])
@pytest.mark.parametrize("width", [80, 132])
def test_no_line_is_wider_than_the_terminal_and_no_cell_gets_lost(columns: int, settings: int, width: int) -> None:
    text = plain(matrix_lines(report(columns=columns, settings=settings), width=width))
    assert max(map(len, text.splitlines())) <= width
    first_table = text.split("\nserved_at_last\n")[1].split("\ninvariants\n")[0]
    assert first_table.count("P12") == first_table.count("V34") == columns * max(settings, 1)


def test_cells_without_verdict_are_told_apart() -> None:
    base = report()
    place = (base.settings[0], base.columns[0])
    failed = Cell(*place, CellState.FAILED, problem=Diagnostic("MS901", "it died", None))
    missing = Cell(base.settings[0], base.columns[1], CellState.MISSING)
    broken = replace(base, rows=(replace(base.rows[0], cells=(failed, missing, *base.rows[0].cells[2:])), base.rows[1]), interrupted=True)
    text = plain(matrix_lines(broken))
    assert "polite  !   .      P12 P12" in text
    assert "8 cells: 10 proved, 8 violated; 1 failed; interrupted, 1 not judged" in text
    assert [example for example, _ in legend(broken)] == ["P, P7", "V3", "!", "."]
    cells = matrix_document((broken,), (), 130).rows[0].cells
    assert (cells[0].state, cells[0].verdict, cells[0].problem) == ("failed", None, "it died [MS901]")
    assert (cells[3].state, cells[3].verdict, cells[3].mark) == ("missing", None, ".")
    page = "".join(html_page((broken,), opened))
    assert 'class="failed"' in page
    assert "it died" in page


def test_properties_that_are_asked_for_have_tables_of_their_own() -> None:
    assert [title for title, _, _ in groups(JUDGED)] == [P, "invariants"]
    assert [names for _, names, _ in groups(tuple(replace(j, folded=False) for j in JUDGED))] == [(P,), (SAFE,), (FAULT,)]
    assert groups(()) == ()


def test_published_schema_is_that_of_the_records() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == matrix_schema_text()


def test_document_round_trip_and_content() -> None:
    text = encode_matrix(matrix_document((report(seed=4),), [Diagnostic("MS515", "full", None)], 3))
    read = msgspec.json.decode(text, type=MatrixDocument)
    assert encode_matrix(read) == text
    assert (read.schema, read.exit_code, read.interrupted, read.diagnostics[0].code) == (1, 3, False, "MS515")
    assert [(r.matrix, r.variant, r.subject, len(r.cells)) for r in read.rows] == [
        ("shops", "polite", "Serve & <b>smile</b>", 12),
        ("shops", "rude", None, 12),
    ]
    loop = read.rows[1].cells[0]
    assert (loop.property, loop.config, loop.verdict, loop.length, loop.loop_start) == (
        P,
        ("setting_0", "column_0", "busy"),
        "violated",
        34,
        2,
    )
    assert read.matrices[0].properties[1].folded


def opened(_report: MatrixReport, _row: Row, _cell: Cell) -> CheckResult:
    """Some result with a run and a proof; what it says is other tests' concern."""
    safe = Verdict(sample.SAFE, Word.PROVED, by="1-induction <&>")
    return sample.result(sample.VIOLATED, safe, Verdict(sample.FAULT, Word.PROVED, by="1-induction"))


def test_page_escapes_whatever_a_specification_says() -> None:
    hostile = '</pre></table><script>alert("x")</script>&amp;\u202e\x1b[31m'
    base = report(subject=hostile, doc=hostile)
    rows = tuple(replace(r, program=variant(r.variant, hostile)) for r in base.rows)
    judged = (replace(JUDGED[0], doc=hostile), *JUDGED[1:])
    page = "".join(html_page((replace(base, rows=rows, properties=judged),), opened))
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert page.count("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;") == 7
    assert "1-induction &lt;&amp;&gt;" in page


def test_page_has_colours_for_both_schemes_and_a_language() -> None:
    page = "".join(html_page((report(),), opened))
    assert '<html lang="en">' in page
    assert "prefers-color-scheme:dark" in page
    assert page == "".join(html_page((report(),), opened))


# ---------------------------------------------------------------------------------------------- what rows change


def changed(answers: dict[str, tuple[str, str]], before: Word, after: Word) -> Cell:
    """A cell with changes: for each property the answers to `fixes?` and `introduces?`, all with the same verdicts in both rows."""
    old, new = (Cell((), ("c",), CellState.JUDGED, tuple(CellVerdict(n, w, length=3, bound=2) for n in answers)) for w in (before, after))
    found = tuple(CellChange(n, *(CellMark(Answer(a), "so", Basis.OPEN) for a in pair)) for n, pair in answers.items())
    return replace(new, changes=Changes(old, found))


@pytest.mark.parametrize(
    ("fixes", "introduces", "words", "shown", "said"),
    [
        ("yes", "no", "violated proved", "P+", "fixes"),
        ("no", "yes", "proved violated", "V3-", "introduces"),
        ("yes", "yes", "violated violated", "V3+-", "fixes and introduces"),
        ("no", "no", "violated violated", "V3=", "neither"),
        ("no", "no", "proved proved", "P", ""),
        ("no", "no", "unknown proved", "P", ""),
        ("yes", "unknown", "violated bounded", "B2+?", "fixes, the rest unknown"),
        ("unknown", "yes", "violated violated", "V3-?", "introduces, the rest unknown"),
        ("unknown", "unknown", "violated violated", "V3?", "unknown"),
        ("no", "unknown", "proved unknown", "??", "unknown"),
    ],
)
def test_marks_of_changes_never_say_more_than_is_decided(fixes: str, introduces: str, words: str, shown: str, said: str) -> None:
    before, after = map(Word, words.split())
    cell = changed({P: (fixes, introduces)}, before, after)
    assert (full_mark(cell, (P,)), change_meaning(cell, (P,))) == (shown, said)
    assert full_mark(replace(cell, changes=None), (P,)) == cell_mark(cell, (P,)), "nobody asked"


def test_a_fold_shows_every_change() -> None:
    cell = changed({"a": ("yes", "no"), "b": ("no", "yes"), "c": ("no", "unknown"), "d": ("no", "no")}, Word.VIOLATED, Word.VIOLATED)
    assert full_mark(cell, ("a", "b", "c", "d")) == "V3+-?"
    assert full_mark(cell, ("a", "d")) == "V3+"
    assert full_mark(cell, ("d",)) == "V3="
    assert change_meaning(cell, ("a", "b", "c")) == "fixes a; introduces b; unknown c"


def test_changes_are_listed_by_row_with_their_places() -> None:
    base = report()
    first, second = base.rows
    cells = tuple(
        replace(c, changes=Changes(b, (CellChange(P, *(CellMark(Answer(a), "so", Basis.OPEN) for a in pair)),)))
        for c, b, pair in zip(second.cells, first.cells, (("yes", "no"), ("yes", "yes"), ("no", "no"), ("unknown", "no")), strict=True)
    )
    marked = replace(base, rows=(first, replace(second, cells=cells, before=first)), marked=True)
    assert (
        plain(changes_lines(marked))
        == """\
what each row fixes and introduces
  rude (against polite)
    fixes       setting_0 1,2: served_at_last
    introduces  setting_0 2: served_at_last
    unknown     setting_1 2: served_at_last
  the first: polite
"""
    )
    text = plain(matrix_lines(marked))
    assert "  polite  P12   P12    P12   P12\n  rude    V34+  V34+-  V34   V34?\n" in text
    assert "fixes: there is a scenario" in text
    record = matrix_document((marked,), (), 0).rows[1]
    assert record.before == "polite"
    assert [c.change and c.change.word for c in record.cells if c.property == P] == ["fixes", "fixes and introduces", "neither", "unknown"]
