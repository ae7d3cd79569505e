"""A change as a user sees it: a variant file that can be checked at once, and a unified diff of the file that was changed."""

from __future__ import annotations

from difflib import unified_diff

from mmu_smt.syntax import nodes
from mmu_smt.syntax.format import format_source
from mmu_smt.syntax.source import SourceFile
from mmu_smt.variants.repair_edits import Edit, applied


def variant_text(
    name: str, base: str | None, subject: str, imports: tuple[str, ...], edit: Edit | None, declaration: nodes.FunctionDecl
) -> str:
    """A file with the variant that makes the change, in canonical layout. Without an edit: one that declares the function as it is.

    `imports`: modules as an import names them.
    """
    body = declaration.span.text if edit is None else edit.text_of(declaration)
    head = f"import {', '.join(imports)}\n\n" if imports else ""
    of = "" if base is None else f" of {base}"
    text = f'{head}variant {name}{of} "{_quoted(subject)}" {{\n    override {body}\n}}\n'
    return format_source(SourceFile(f"{name}.mmu", text))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def diff_text(edit: Edit, declaration: nodes.FunctionDecl) -> str:
    """The change of the file in which the function stands, laid out anew if it was in canonical layout."""
    source = declaration.span.file
    changed = applied(source.text, 0, edit.replacements)
    if format_source(source) == source.text:
        changed = format_source(SourceFile(source.name, changed))
    before, after = source.text.splitlines(keepends=True), changed.splitlines(keepends=True)
    return "".join(unified_diff(before, after, source.name, source.name))
