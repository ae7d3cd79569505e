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
