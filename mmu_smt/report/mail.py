"""Findings as a block that can stand under the `---` of a patch mail: 7-bit text, at most 80 columns, nothing at the start of a line.

Everything is indented, so that no line can be taken for a diff, a header, a separator of messages or a signature, whatever the
specification contains; what is not ASCII is written as an escape, and words that are too long are broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.report.json_report import versions
from mmu_smt.report.lines import WIDTH, flow, plain, safe
from mmu_smt.report.text import body_lines, finding_code, subject_text, summary_words, title, verdict_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mmu_smt.witness.verdicts import CheckResult, Verdict

_INDENT = "  "
_HANG = "      "


def mail_text(results: Iterable[CheckResult]) -> str:
    """The block for the results of a run: of each what it is about, and every verdict that has a trace or needs attention."""
    blocks: list[str] = []
    for result in results:
        blocks.append(_head(result))
        listed = [v for first in result.verdicts for v in (first, *first.others)]
        blocks.extend(_finding(result, v) for v in listed if v.trace is not None or finding_code(v))
    return "\n".join(blocks)


def _head(result: CheckResult) -> str:
    found = versions()
    program = result.program
    lines = [f"{title(result)}, mmu-smt {found.tool} ({found.solver})"]
    if program.subject:
        lines.append(program.subject)
    if program.link:
        lines.append(f"Link: {program.link}")
    lines.append(summary_words(result))
    return _narrow("\n".join(safe(text) for text in lines))


def _finding(result: CheckResult, verdict: Verdict) -> str:
    head = f"{verdict.property.name}: {verdict_text(verdict)}"
    return _narrow(
        plain(
            (*flow([head, *([subject_text(result, verdict)] if verdict.trace is not None else [])], _INDENT), *body_lines(result, verdict))
        )
    )


def _narrow(text: str) -> str:
    """The lines, indented, in ASCII, and none longer than WIDTH."""
    lines: list[str] = []
    for raw in text.splitlines():
        one = raw.encode("ascii", "backslashreplace").decode("ascii")
        one = one if one.startswith(_INDENT) or not one else _INDENT + one
        while len(one) > WIDTH:
            cut = one.rfind(" ", len(_HANG), WIDTH + 1)
            cut = WIDTH if cut < len(one) - len(one.lstrip()) + 1 else cut
            lines.append(one[:cut].rstrip())
            one = _HANG + one[cut:].lstrip()
        lines.append(one.rstrip())
    return "".join(one + "\n" for one in lines)
