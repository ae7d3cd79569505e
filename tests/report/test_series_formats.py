"""Counterexamples of the series: a slice of its matrix in every format, and the one that patch 04 fixes as a maintainer reads it."""

from __future__ import annotations

import json
import os
from functools import cache

import itf_py
import pytest

from mmu_smt import api
from mmu_smt.api import matrices as filling
from mmu_smt.api.cells import open_cell
from mmu_smt.report.formats import Format, documents, findings_of
from mmu_smt.report.lines import plain
from mmu_smt.report.text import finding_lines
from mmu_smt.report.trace_json import candidate_of, decode_traces
from mmu_smt.witness.matrices import CellState
from mmu_smt.witness.verdicts import CheckResult, Word
from tests.report.test_formats import OURS, SARIF
from tests.report.test_page import Reader

SLICE = [
    ("base", "quiet,svm_direct,one_access"),
    ("v2_03", "quiet,svm_direct,one_access"),
    ("v2_03", "quiet,vmx_direct,one_access"),
    ("v2_03", "quiet,legacy_shadow,not_emulable"),
    ("v2_05", "quiet,legacy_shadow,delivery,mmio_flushed"),
]
PROPERTIES = ["retry_progress", "no_endless_fault", "no_skipped_emulation_walk", "no_skipped_emulation_emulator", "never_twice"]


@cache
def cell(variant: str, config: str) -> CheckResult:
    (result,) = api.check(variant, config=config, properties=PROPERTIES, timeout=60, explain=True)
    return result


def test_the_loop_that_patch_04_fixes_is_read_on_one_screen() -> None:
    result = cell("v2_03", "quiet,svm_direct,one_access")
    (verdict,) = [v for v in result.verdicts if v.property.name == "retry_progress"]
    text = plain(finding_lines(result, verdict))
    lines = text.splitlines()
    assert len(lines) <= 24
    assert all(len(line) <= 80 for line in lines)
    assert text.isascii()
    flat = " ".join(text.split())
    assert "seen error code: PRESENT|WRITE|GUEST_PAGE, faulting frame: " in flat  # the fault
    assert "write_protect_fault: RETRY @walk_rule (v2_03.mmu:" in flat  # the decision
    assert "unchanged: shadow page, " in flat  # what did not change
    assert "breaks: any of write_protect_fault != RETRY;" in flat  # what would break the loop
    assert " -+ back to 0" in flat


def test_a_skipped_emulation_says_which_part_failed() -> None:
    result = cell("v2_03", "quiet,svm_direct,one_access")
    (verdict,) = [v for v in result.verdicts if v.property.name == "no_skipped_emulation_walk"]
    flat = " ".join(plain(finding_lines(result, verdict)).split())
    assert "write_protected: true; zapped_at_fault: false (fault_gfn != none: true; zapped[fault_gfn.value]: false)" in flat
    assert "unchanged: shadow page, " in flat


def test_starved_says_who_undoes_whose_work() -> None:
    (result,) = api.check("v2_04", config="hostile,one_access,svm_direct", properties=["starved"], explain=True)
    (verdict,) = result.verdicts
    assert verdict.word is Word.REACHED
    flat = " ".join(plain(finding_lines(result, verdict, traced=True)).split())
    assert "starves: `another vCPU " in flat
    assert "undoes what `run the instruction` did to SPTE[" in flat


@pytest.mark.parametrize(("variant", "config"), SLICE)
def test_every_violated_cell_is_valid_in_every_format(variant: str, config: str) -> None:
    result = cell(variant, config)
    assert findings_of((result,)), "the slice is of violated cells"
    valid(result)


def rows() -> list[str]:
    """The rows of the series; some of them where `MMU_SMT_ROWS` names these."""
    chosen = os.environ.get("MMU_SMT_ROWS")
    (found,) = filling.find(["series"])
    return [r for r in found.matrix.rows if chosen is None or r in chosen.split(",")]


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("row", rows())
def test_every_violated_cell_of_the_matrix_is_valid_in_every_format(row: str) -> None:
    """Cells are taken from the cache in `MMU_SMT_CELLS` (default: the user's own) and judged where it has them not; runs are replayed.
    `MMU_SMT_SETTINGS` names settings (default: all of them).
    """
    (found,) = filling.find(["series"])
    chosen = os.environ.get("MMU_SMT_SETTINGS")
    settings = None if chosen is None else tuple((name,) for name in chosen.split(","))
    cache = filling.cache_of(os.environ.get("MMU_SMT_CELLS"))
    report = filling.fill(found, filling.Selection(rows=(row,), settings=settings), filling.How(jobs=1), cache=cache)
    violated = 0
    for at, judged in report.cells:
        if judged.state is not CellState.JUDGED or not any(v.evidence for v in judged.verdicts):
            continue
        result = open_cell(report, at, judged)
        violated += any(v.word is Word.VIOLATED for v in result.verdicts)
        valid(result)
    assert violated, f"every row of the series violates something, and {row} does not"


def valid(result: CheckResult) -> None:
    found = findings_of((result,))
    for kind in Format:
        texts = documents(kind, (result,))
        for finding, text in texts:
            match kind:
                case Format.JSON:
                    OURS.validate(json.loads(text))
                    traces = decode_traces(text.encode()).traces if found else ()
                    for (_, verdict), saved in zip(found, traces, strict=True):
                        assert verdict.trace is not None
                        assert candidate_of(result.program, saved).states[0] == verdict.trace.initial
                case Format.SARIF:
                    SARIF.validate(json.loads(text))
                case Format.ITF:
                    assert finding is not None
                    read = itf_py.trace_from_json(json.loads(text))
                    assert finding[1].trace is not None
                    assert read.loop == finding[1].trace.loop_start
                case Format.MAIL:
                    assert text.isascii()
                    assert all(len(line) <= 80 and (not line or line.startswith("  ")) for line in text.splitlines())
                case Format.TEXT:
                    assert all(v.property.name in text for _, v in found)
                    for finding in found:
                        narrow(plain(finding_lines(*finding, traced=True)))
                case Format.TABLE:
                    narrow(text)
                case Format.RECIPE:
                    assert text.count("not run: ") == len(found), "there is something to say of every run"
                    assert "?" not in text, "and every value in it is known"
                    narrow(text)
                case Format.HTML:
                    held = json.loads(Reader(text).raw["script"][0])
                    OURS.validate(held["document"])
                    for run in held["runs"]:
                        (pane,) = run["panes"]
                        steps = held["document"]["traces"][pane["trace"]]["steps"]
                        assert len(pane["lit"]) == len(steps)
                        assert all(pane["lit"]), "in every step something is lit"


def narrow(text: str) -> None:
    """Everything but the heads of findings, which are one line each, fits 80 columns."""
    assert [line for line in text.splitlines() if len(line) > 80 and line.startswith(" ")] == []
