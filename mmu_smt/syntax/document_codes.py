"""The catalogue of diagnostics as a page. Run as a program, it prints docs/diagnostics.md."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from mmu_smt.syntax.codes import CATALOGUE, CodeInfo

HEAD = """\
# Diagnostics

Whatever the tool says carries a code in brackets at the end of its first line: `[MS201]`. `mmu-smt explain MS201` prints the section of
this page. The first digit tells the subject: 0 text and grammar, 1 names, 2 types, 3 shape and effects, 4 properties, configs and
expectations, 5 running, 6 evidence, 7 findings, 9 internal. A number is never used again.

This page is generated: `python -m mmu_smt.syntax.document_codes > docs/diagnostics.md`.
"""


def page(catalogue: Iterable[CodeInfo] = tuple(CATALOGUE.values())) -> str:
    """Markdown: an introduction and one section a code, in the order of the codes."""
    return "\n".join([HEAD, *(_section(info) for info in sorted(catalogue, key=lambda info: info.code))])


def _section(info: CodeInfo) -> str:
    return f"## {info.code} {info.slug}\n\n{info.title[:1].upper()}{info.title[1:]}.\n\n{_demoted(info.explanation)}\n"


def _demoted(markdown: str) -> str:
    """The text with each heading one level down. A `#` inside a fenced block is no heading."""
    lines: list[str] = []
    fenced = False
    for line in markdown.strip().splitlines():
        if line.startswith("```"):
            fenced = not fenced
        lines.append(f"#{line}" if line.startswith("#") and not fenced else line)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page())
