"""Source text to syntax tree, with every syntax error found."""

from __future__ import annotations

from pathlib import Path

from mmu_smt.syntax import nodes as n
from mmu_smt.syntax.builder import Builder
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
from mmu_smt.syntax.errors import explain
from mmu_smt.syntax.source import SourceFile
from mmu_smt.syntax.tables import UnexpectedToken, run, tables
from mmu_smt.syntax.tokens import DECLARATION_WORDS, Scan, Token, scan, too_deep

MAX_BYTES = 1_000_000
_CLOSES = {"RPAR", "RSQB", "RBRACE"}
_OPENS = {"LPAR", "LSQB", "LBRACE"}


def parse(source: SourceFile) -> tuple[n.Module | None, tuple[Diagnostic, ...]]:
    """Parse one file.

    Returns the tree and no diagnostics, or no tree and at least one diagnostic, in order of place. Never raises for what the text contains.
    """
    scanned = scan(source)
    deep = too_deep(scanned)
    if deep is not None:
        return None, (deep,)
    if not scanned.diagnostics:
        built = tables()
        builder = Builder(source)
        try:
            module = run(built, scanned.tokens, builder.actions(built))
        except UnexpectedToken:
            pass
        else:
            assert isinstance(module, n.Module)
            return (None, tuple(builder.problems)) if builder.problems else (module, ())
    return None, _all_errors(scanned)


def read_source(path: Path, name: str | None = None) -> SourceFile:
    """Read a specification; `name` is how the user named it.

    Raises SpecError (MS010, MS011, MS012) where it cannot be read, is no UTF-8 text or is too large.
    """
    shown = str(path) if name is None else name
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise SpecError([Diagnostic("MS010", f"cannot read {shown}: {reason}", None)]) from error
    except ValueError as error:  # a NUL in the path
        raise SpecError([Diagnostic("MS010", f"cannot read {shown!r}: {error}", None)]) from error
    if len(data) > MAX_BYTES:
        raise SpecError([Diagnostic("MS012", f"{shown} is larger than {MAX_BYTES:,} bytes", None)])
    nul = data.find(b"\0")
    if nul >= 0:
        raise SpecError([Diagnostic("MS011", f"{shown} is no text: there is a NUL character at byte {nul}", None)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"{shown} is not UTF-8 text: byte {error.start}, on line {line}, does not fit"
        raise SpecError([Diagnostic("MS011", message, None)]) from error
    return SourceFile(shown, text)


def _all_errors(scanned: Scan) -> tuple[Diagnostic, ...]:
    """The scanner's findings, and one for each declaration in which the parser gets stuck.

    After an error the parse resumes at the next declaration. An error of the parser that comes after one of the scanner in the same stretch is
    dropped: it is most likely its consequence.
    """
    built = tables()
    builder = Builder(scanned.source)
    actions = builder.actions(built)
    found = list(scanned.diagnostics)
    blamed = [d.span.start for d in found if d.span is not None]
    anchors = _anchors(scanned)
    begin = 0
    prefix: tuple[Token, ...] = ()
    while begin < len(scanned.tokens):
        tokens = (*prefix, *scanned.tokens[begin:])
        try:
            run(built, tokens, actions)
            break
        except UnexpectedToken as error:
            at = max(begin, begin + error.index - len(prefix))
            anchor = next(((i, p) for i, p in anchors if i > at or (i == at > begin)), None)
            stretch_start = scanned.tokens[begin].start
            stretch_end = scanned.tokens[anchor[0]].start if anchor is not None else len(scanned.source.text)
            if not any(stretch_start <= place < stretch_end for place in blamed):
                found.append(explain(scanned, at, error.accepts))
            if anchor is None:
                break
            begin, prefix = anchor
    unique = {(d.code, d.span, d.message): d for d in (*found, *builder.problems)}
    return tuple(sorted(unique.values(), key=lambda d: d.span.start if d.span else 0))


def _anchors(scanned: Scan) -> list[tuple[int, tuple[Token, ...]]]:
    """Where a parse can resume: the index of a token that begins a declaration, and the tokens to put before it.

    A declaration inside a variant needs the head of a variant before it, so that the closing brace finds its partner.
    """
    anchors: list[tuple[int, tuple[Token, ...]]] = []
    depth = 0
    variant: tuple[Token, ...] = ()
    head: Token | None = None  # the keyword of the declaration we are in, at depth 0
    previous = ""
    for index, token in enumerate(scanned.tokens):
        at_column_one = token.start == 0 or scanned.source.text[token.start - 1] == "\n"
        begins = token.text in DECLARATION_WORDS or token.type in ("OVERRIDE", "IMPORT")
        if begins and (scanned.first_on_line(index) or previous == "RBRACE"):
            if at_column_one and token.type != "OVERRIDE" and not (variant and depth == 1):
                depth, variant = 0, ()
            if depth == 0:
                head = token
                anchors.append((index, ()))
            elif depth == 1 and variant:
                anchors.append((index, variant))
        if token.type in _OPENS:
            if depth == 0 and head is not None and head.type == "VARIANT":
                name = Token("NAME", "_", token.start, token.start, token.source)
                variant = (head, name, token)
            depth += 1
        elif token.type in _CLOSES:
            depth = max(0, depth - 1)
            if depth == 0:
                variant = ()
        previous = token.type
    return anchors


