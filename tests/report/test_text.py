"""Text of findings, traces and summaries; the golden text is what a user sees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmu_smt.report.lines import WIDTH, flow, plain, safe, split_words
from mmu_smt.report.render import coloured
from mmu_smt.report.text import check_lines, finding_lines, reproduce, summary_lines
from mmu_smt.report.trace_text import trace_lines
from mmu_smt.semantics.program import EMPTY_CONFIG, Display
from mmu_smt.syntax.source import SourceFile, Span
from mmu_smt.witness.traces import Trace
from mmu_smt.witness.verdicts import OpenPremise, UnknownReason, Verdict, Word
from tests.report import sample

LASSO = """\
shop/desk.mmu:2:1: error: served_at_last violated [MS701]
  loop of 2 steps after 2 steps in polite; The shop does not turn a customer
  away for ever.
  step  who   event
   0    -     stock of shelf: [FULL, FULL, LOW, FULL], open: false, last: none
   1    env   thief
              stock of shelf[1]: FULL -> EMPTY, stock of shelf[2]: LOW -> EMPTY
   2    guest a customer asks (c: Customer(wants: 1, friend: none)),
              weather = TUE
              serve: LATER @refusal (desk.mmu:6)
              last: none -> Customer(wants: 1, friend: none)
   3 +> env   thief
              open: false -> true, last.friend: none -> 3
   4 |  guest goes on, stops before lock till (desk.mmu:8)
              serve: LATER @refusal (desk.mmu:6)
              open: true -> false, last.friend: 3 -> none
   4 -+ back to 2: every state variable is as it was
  why: desk.mmu:5 stock[c.wants] == EMPTY: true; !open: true
  starves: `thief` undoes what `a customer asks` did to open, last.friend
  needs: 1 env step in the loop: thief
  needs: 1 env step before the loop: thief
  assumes: config busy (rainy), env steps thief; ask weakly fair each,
           SHELVES=4, prices_differ
  reproduce: mmu-smt check shop/desk.mmu -p served_at_last --config busy -k 4
"""


def text(verdict: Verdict, **more: bool) -> str:
    return plain(finding_lines(sample.result(verdict), verdict, **more))


def test_lasso_in_full() -> None:
    assert text(sample.VIOLATED) == LASSO


def test_lasso_is_plain_ascii_of_eighty_columns() -> None:
    assert LASSO.isascii()
    assert max(map(len, LASSO.splitlines())) <= WIDTH


def test_constants_that_cannot_matter_are_left_out() -> None:
    assert "price: [1, 2]" in plain(trace_lines(sample.PROGRAM, sample.LASSO))
    shown = plain(trace_lines(sample.PROGRAM, sample.LASSO, constants=frozenset({"far"})))
    assert "price" not in shown
    assert "far away[1]: true" in shown


def test_full_trace_shows_defaults_whole_states_and_ghosts() -> None:
    shown = text(sample.VIOLATED, full=True)
    assert "weekday: MON" in shown
    assert "price: [1, 2]" in shown
    assert "far away: {1}" in shown
    assert shown.count("now stock of shelf:") == 4
    assert shown.count("seen moved: 0") == 4


def test_ghosts_are_shown_where_the_property_reads_them() -> None:
    verdict = Verdict(sample.SAFE, Word.VIOLATED, trace=replace(sample.LASSO, loop_start=None))
    assert text(verdict).count("seen moved: 0") == 2  # the two transitions with a decision


def test_loop_is_marked_once() -> None:
    shown = text(sample.VIOLATED)
    assert shown.count("+>") == 1
    assert shown.count("-+") == 1


def test_unclosed_variables_are_named() -> None:
    trace = replace(sample.LASSO, unclosed=("stock", "open"))
    assert plain(trace_lines(sample.PROGRAM, trace)).endswith("   4 -+ back to 2; unseen by the property: stock of shelf, open\n")


def test_loop_without_stem_returns_to_the_initial_state() -> None:
    trace = Trace(sample.CONSTS, sample.ASKED, sample.LASSO.steps[2:], loop_start=0)
    shown = plain(trace_lines(sample.PROGRAM, trace))
    assert "   1 +> env   thief" in shown
    assert "   2 -+ back to 0:" in shown


def test_env_step_does_not_move_the_step_in_flight() -> None:
    waiting = replace(sample.LASSO.steps[2], position="before lock till", after=sample.ASKED)
    trace = replace(sample.LASSO, steps=(*sample.LASSO.steps[:2], waiting), loop_start=None)
    assert plain(trace_lines(sample.PROGRAM, trace)).endswith("\n   3    env   thief\n")


def test_fault_is_placed_where_it_happens() -> None:
    shown = text(Verdict(sample.FAULT, Word.VIOLATED, trace=sample.FAULTY))
    assert shown.startswith("shop/desk.mmu:5:8: error: no_runtime_fault violated [MS701]\n")
    assert "              fault: index 4 is outside 0..3 (desk.mmu:5)\n" in shown


def test_violation_in_an_initial_state() -> None:
    shown = text(Verdict(sample.SAFE, Word.VIOLATED, trace=Trace(sample.CONSTS, sample.START, ())))
    assert "  an initial state in polite\n" in shown


@pytest.mark.parametrize(
    ("verdict", "first", "second"),
    [
        (Verdict(sample.COVER, Word.UNREACHABLE, by="termination bound 4"), "error: sold_out unreachable [MS702]", "termination bound 4"),
        (Verdict(sample.SAFE, Word.VACUOUS), "warning: safe vacuous [MS703]", "its premise never happens"),
        (Verdict(sample.PROGRESS, Word.VACUOUS), "warning: served_at_last vacuous [MS703]", "that should not recur never happens"),
        (Verdict(sample.SAFE, Word.BOUNDED, bound=3), "warning: safe not violated in 3 steps, unknown beyond [MS704]", None),
        (
            Verdict(sample.SAFE, Word.UNKNOWN, bound=4, reason=UnknownReason.TIME, phase="lasso"),
            "warning: safe unknown: time [MS501]",
            "stopped in: lasso; no counterexample in 4 steps",
        ),
        (Verdict(sample.SAFE, Word.UNKNOWN, reason=UnknownReason.INTERRUPTED), "warning: safe unknown: interrupted [MS502]", "nothing was"),
        (
            Verdict(sample.SAFE, Word.PROVED, by="1-induction", vacuity=OpenPremise(None, "depth 3", 3)),
            "warning: safe proved, vacuity undecided: the bound is exhausted [MS706]",
            "  its premise does not happen in 3 steps; beyond that it is open",
        ),
        (
            Verdict(sample.PROGRESS, Word.PROVED, vacuity=OpenPremise(UnknownReason.TIME, "depth 0, ranking")),
            "warning: served_at_last proved, vacuity undecided: time [MS706]",
            "  stopped in: depth 0, ranking; nothing was exhausted",
        ),
        (Verdict(sample.COVER, Word.UNKNOWN, bound=1, reason=UnknownReason.SOLVER), "[MS704]", "no such run in 1 step"),
    ],
)
def test_findings_without_a_trace(verdict: Verdict, first: str, second: str | None) -> None:
    head, *rest = text(verdict).splitlines()
    assert head.endswith(first)
    assert (second is None and rest == []) or (second is not None and second in "\n".join(rest))


def test_good_news_is_no_finding() -> None:
    assert text(Verdict(sample.SAFE, Word.PROVED)) == ""
    assert text(Verdict(sample.SAFE, Word.INAPPLICABLE)) == ""
    reached = Verdict(sample.COVER, Word.REACHED, trace=sample.FAULTY)
    assert text(reached) == ""
    assert text(reached, traced=True).startswith("shop/desk.mmu:2:27: note: sold_out reached\n")


def test_bounded_never_reads_as_proved() -> None:
    shown = plain(summary_lines(sample.result(Verdict(sample.SAFE, Word.BOUNDED, bound=3))))
    assert "bounded(3)" in shown
    assert "proved" not in shown


def test_a_proof_that_may_be_vacuous_never_reads_as_a_plain_proof() -> None:
    verdict = Verdict(sample.SAFE, Word.PROVED, by="1-induction", vacuity=OpenPremise(UnknownReason.TIME, "depth 3", 3))
    shown = plain(summary_lines(sample.result(verdict, Verdict(sample.PROGRESS, Word.PROVED, by="2-induction")))).splitlines()
    assert shown[2] == "  safe            proved  1-induction; vacuity undecided: time"
    assert shown[3] == "  served_at_last  proved  2-induction"
    assert shown[4].startswith("  2 proved (vacuity of 1 undecided) (")


def test_summary_has_a_row_for_every_property_and_counts() -> None:
    verdicts = (
        sample.VIOLATED,
        Verdict(sample.SAFE, Word.PROVED, by="2-induction"),
        Verdict(sample.COVER, Word.INAPPLICABLE, by="only in rush"),
    )
    shown = plain(summary_lines(sample.result(*verdicts, seconds={"search": 1.25}))).splitlines()
    assert shown[0] == "polite in busy (SHELVES=4)"
    assert [row.split() for row in shown[2:5]] == [
        ["served_at_last", "violated", *["loop", "of", "2", "steps", "after", "2", "steps"]],
        ["safe", "proved", "2-induction"],
        ["sold_out", "\N{EN DASH}", "only", "in", "rush"],
    ]
    assert shown[5] == "  1 proved, 1 violated, 1 \N{EN DASH} (1.25 s)"


def test_reproduce_line_repeats_what_the_user_asked_for() -> None:
    result = replace(sample.result(sample.VIOLATED, given={"SHELVES": 4}), target="my shop.mmu", config=replace(sample.BUSY, name="a+b"))
    assert reproduce(result, sample.VIOLATED) == "mmu-smt check 'my shop.mmu' -p served_at_last --config a,b -D SHELVES=4 -k 4"


def test_without_config_there_is_no_env_step() -> None:
    shown = plain(finding_lines(replace(sample.result(sample.VIOLATED), config=EMPTY_CONFIG), sample.VIOLATED))
    assert "assumes: no config, no env step, SHELVES=4, prices_differ" in shown


HOSTILE = "\x1b[31mred\x07[bold]\u202eevil\nline"


def test_hostile_text_is_escaped_everywhere() -> None:
    file = SourceFile(f"{HOSTILE}.mmu", sample.TEXT)
    place = Span(file, 0, 1)
    judged = replace(sample.PROGRESS, span=place, display=Display(doc=HOSTILE))
    consts = {n: replace(v, display=Display(show=HOSTILE)) for n, v in sample.PROGRAM.consts.items()}
    steps = {n: replace(s, display=Display(show=HOSTILE)) for n, s in sample.PROGRAM.steps.items()}
    decision = replace(sample.DECISION, span=place, path=tuple(replace(t, text=HOSTILE, span=place) for t in sample.DECISION.path))
    trace = replace(sample.LASSO, steps=tuple(replace(s, decisions=(decision,), position=HOSTILE, cut=place) for s in sample.LASSO.steps))
    verdict = Verdict(judged, Word.VIOLATED, trace=trace)
    result = replace(sample.result(verdict), program=replace(sample.PROGRAM, consts=consts, steps=steps, subject=HOSTILE), target=HOSTILE)
    shown = plain(check_lines((result,), full=True))
    assert "\\x1b[31mred\\x07[bold]\\u202eevil" in shown
    assert all(c == "\n" or c.isprintable() for c in shown)
    assert "\nline" not in shown


def test_markup_in_text_is_not_interpreted_on_a_terminal() -> None:
    class Terminal:
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> int:
            return len(text)

        def flush(self) -> None: ...

    verdict = replace(sample.VIOLATED, property=replace(sample.PROGRESS, display=Display(doc="[red]not red[/red]")))
    shown = coloured(finding_lines(sample.result(verdict), verdict), Terminal())  # type: ignore[arg-type]
    assert "[red]not red[/red]" in shown
    assert "\x1b[" in shown


@pytest.mark.parametrize(("raw", "shown"), [("a b", "a b"), ("\t", "\\t"), ("\x7f", "\\x7f"), ("é", "é"), ("\udc80", "\\udc80")])
def test_safe(raw: str, shown: str) -> None:
    assert safe(raw) == shown


def test_flow_breaks_between_items_and_hangs() -> None:
    assert plain(flow(["aaaa", "bbbb", "cc dd ee ff"], "x: ", width=14)) == "x: aaaa, bbbb,\n   cc dd ee ff\n"
    assert split_words("one two three", 7) == ["one two", "three"]
    assert flow([], "x: ") == ()
