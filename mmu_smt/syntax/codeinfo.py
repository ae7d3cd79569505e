"""The shape of one entry in the catalogue of diagnostics. Imports nothing, so that each layer can define entries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """What the tool can explain about one diagnostic code.

    `code` is `MSnnn`; `slug` a kebab-case name; `title` one line in plain words; `explanation` Markdown under the headings
    "What it means", "Example" and "Instead".
    """

    code: str
    slug: str
    title: str
    explanation: str


def entry(code: str, slug: str, title: str, meaning: str, example: str, instead: str, *, advice: str = "") -> CodeInfo:
    """An entry with the three headings. `example` and `instead` are specifications; `advice` stands before the latter."""
    parts = ["## What it means", meaning, "", "## Example", f"```\n{example}\n```", "", "## Instead"]
    if advice:
        parts.append(advice)
    if instead:
        parts.append(f"```\n{instead}\n```")
    return CodeInfo(code, slug, title, "\n".join(parts) + "\n")
