"""The formats of `check --format`: each shows the same findings, a result with one of its verdicts, and nothing else."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias, assert_never

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmu_smt.witness.verdicts import CheckResult, Verdict

Finding: TypeAlias = "tuple[CheckResult, Verdict]"


class Format(StrEnum):
    TEXT = "text"
    TABLE = "table"
    JSON = "json"
    ITF = "itf"
    SARIF = "sarif"
    MAIL = "mail"
    RECIPE = "recipe"
    HTML = "html"


def findings_of(results: Sequence[CheckResult]) -> tuple[Finding, ...]:
    """The verdicts that have a trace, each with its further ones."""
    return tuple((r, v) for r in results for first in r.verdicts for v in (first, *first.others) if v.trace is not None)


def documents(kind: Format, results: Sequence[CheckResult], *, full: bool = False) -> tuple[tuple[Finding | None, str], ...]:
    """The text of a format: one for everything (of no finding), or one for each finding."""
    if kind is not Format.ITF:
        return ((None, _document(kind, results, full=full)),)
    from mmu_smt.report.itf import itf_text

    return tuple((finding, itf_text(*finding)) for finding in findings_of(results))


def _document(kind: Format, results: Sequence[CheckResult], *, full: bool) -> str:
    from mmu_smt.report.lines import plain

    match kind:
        case Format.TEXT:
            from mmu_smt.report.text import check_lines

            names = frozenset(v.property.name for _, v in findings_of(results))
            return plain(check_lines(results, traces_of=names, full=full))
        case Format.TABLE:
            from mmu_smt.report.trace_table import table_lines

            return "\n".join(plain(table_lines(*finding, full=full)) for finding in findings_of(results))
        case Format.JSON:
            from mmu_smt.report.trace_json import encode_traces, trace_document

            return encode_traces(trace_document(findings_of(results)))
        case Format.SARIF:
            from mmu_smt.report.sarif import sarif_text

            return sarif_text(results)
        case Format.MAIL:
            from mmu_smt.report.mail import mail_text

            return mail_text(results)
        case Format.RECIPE:
            from mmu_smt.report.recipe_text import recipe_lines

            return "\n".join(plain(recipe_lines(*finding)) for finding in findings_of(results))
        case Format.HTML:
            from mmu_smt.report.trace_page import trace_page

            return trace_page(findings_of(results))
        case Format.ITF:
            raise ValueError("one document a finding")
        case _:
            assert_never(kind)


def path_of(path: str, finding: Finding | None, several: bool) -> str:
    """Where the document of a finding goes: the user's path, with variant and property before its endings if there are several."""
    if finding is None or not several:
        return path
    result, verdict = finding
    name = PurePath(path).name
    stem, dot, ending = name.partition(".")
    first = next(v for v in result.verdicts if v is verdict or any(o is verdict for o in v.others))
    number = [] if verdict is first else [str(next(i for i, o in enumerate(first.others, 2) if o is verdict))]
    parts = [stem, *([result.program.variant] if result.program.variant else []), verdict.property.name, *number]
    return str(PurePath(path).with_name(".".join(p for p in parts if p) + dot + ending))
