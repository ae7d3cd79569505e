"""Source text to syntax tree, with every syntax error found."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from pathlib import Path

from mmu_smt.syntax import nodes as n
from mmu_smt.syntax.builder import Builder
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
from mmu_smt.syntax.errors import explain
from mmu_smt.syntax.source import SourceFile, Span
from mmu_smt.syntax.tables import UnexpectedToken, run, tables
from mmu_smt.syntax.tokens import BRACKETS, DEPTH_LIMIT, Scan, Token, scan, too_deep, unbalanced
from mmu_smt.syntax.vocabulary import DECLARATION_WORDS

MAX_BYTES = 1_000_000
MAX_DIAGNOSTICS = 100


def parse(source: SourceFile) -> tuple[n.Module | None, tuple[Diagnostic, ...]]:
    """Parse one file.

    Returns the tree and no diagnostics, or no tree and the first diagnostics in order of place (at least one, at most MAX_DIAGNOSTICS).
    Never raises for what the text contains.
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


def parse_expression(source: SourceFile) -> tuple[n.Expr | None, tuple[Diagnostic, ...]]:
    """Parse one expression, which is all of the text. The tree and no diagnostics, or no tree and at least one diagnostic."""
    return _expression(scan(source))


def parse_expression_in(place: Span) -> tuple[n.Expr | None, tuple[Diagnostic, ...]]:
    """The same of an expression that is a part of a text, on one line; places in the result are places in that text."""
    source = place.file
    before = "".join("\n" if c == "\n" else " " for c in source.text[: place.start])
    scanned = scan(SourceFile(source.name, before + place.text))
    tokens = tuple(Token(t.type, t.text, t.start, t.end, source, t.doc) for t in scanned.tokens)
    problems = tuple(replace(d, span=None if d.span is None else Span(source, d.span.start, d.span.end)) for d in scanned.diagnostics)
    return _expression(Scan(source, tokens, scanned.comments, problems), place.end)


def _expression(scanned: Scan, end: int | None = None) -> tuple[n.Expr | None, tuple[Diagnostic, ...]]:
    deep = too_deep(scanned)
    if deep is not None or scanned.diagnostics:
        return None, (deep,) if deep is not None else scanned.diagnostics
    source = scanned.source
    built, end = tables(), len(source.text) if end is None else end
    builder = Builder(source)
    # The grammar has one start symbol, so the expression is read as the condition of an event.
    before = tuple(Token(type, text, 0, 0, source) for type, text in (("EVENT", "event"), ("NAME", "_"), ("LBRACE", "{")))
    after = Token("RBRACE", "}", end, end, source)
    try:
        module = run(built, (*before, *scanned.tokens, after), builder.actions(built))
    except UnexpectedToken as error:
        at = min(max(error.index - len(before), 0), len(scanned.tokens))
        return None, (explain(scanned, at, error.accepts),)
    assert isinstance(module, n.Module)
    if builder.problems:
        return None, tuple(builder.problems)
    match module.declarations:
        case (n.EventDecl(condition=condition),):
            return condition, ()
        case _:  # the text closed the brace and opened another one
            closing = next(i for i, t in enumerate(scanned.tokens) if t.type == "RBRACE")
            return None, (explain(scanned, closing, frozenset()),)


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

    After an error the parse resumes at the next declaration. An error of the parser that comes after one of the scanner in the same stretch
    is dropped: it is most likely its consequence (lines that begin with `#` take nothing else with them). So is a `}` between declarations:
    either it closes what was skipped, or the scanner has found it too.
    """
    built = tables()
    builder = Builder(scanned.source)
    actions = builder.actions(built)
    found = [*scanned.diagnostics, *unbalanced(scanned)]
    blamed = [d.span.start for d in found if d.span is not None and not d.span.text.startswith("#")]
    anchors = _anchors(scanned)
    anchor_indices = [index for index, _ in anchors]
    begin = 0
    prefix: tuple[Token, ...] = ()
    for _ in range(MAX_DIAGNOSTICS):
        tokens = (*prefix, *scanned.tokens[begin:])
        try:
            run(built, tokens, actions)
            break
        except UnexpectedToken as error:
            at = max(begin, begin + error.index - len(prefix))
            following = bisect_left(anchor_indices, at if at > begin else at + 1)
            anchor = anchors[following] if following < len(anchors) else None
            preceding = bisect_left(anchor_indices, at) - 1
            before = max(begin, anchor_indices[preceding]) if preceding >= 0 else begin
            stretch_start = scanned.tokens[before].start
            stretch_end = scanned.tokens[anchor[0]].start if anchor is not None else len(scanned.source.text)
            left_over = "PARAM" in error.accepts and at < len(scanned.tokens) and scanned.tokens[at].type == "RBRACE"
            if not left_over and not any(stretch_start <= place < stretch_end for place in blamed):
                found.append(explain(scanned, at, error.accepts))
            if anchor is None:
                break
            begin, prefix = anchor
    unique = {(d.code, d.span, d.message): d for d in (*found, *builder.problems)}
    return tuple(sorted(unique.values(), key=lambda d: d.span.start if d.span else 0)[:MAX_DIAGNOSTICS])


def _anchors(scanned: Scan) -> list[tuple[int, tuple[Token, ...]]]:
    """Where a parse can resume: the index of a token that begins a declaration, and the tokens to put before it.

    A declaration begins with a keyword that is first on its line or follows a `}`; outside all brackets, any word in the first column is
    taken for the beginning of one. A declaration inside a variant needs the head of a variant before it, so that the closing brace finds
    its partner.
    """
    anchors: list[tuple[int, tuple[Token, ...]]] = []
    none: tuple[Token, ...] = ()
    variant = none
    opened: list[str] = []  # the closing brackets that are due
    head: Token | None = None  # the keyword of the declaration we are in
    previous = ""
    for index, token in enumerate(scanned.tokens):
        if _is_keyword(token) and (previous == "RBRACE" or scanned.first_on_line(index)):
            if token.type != "OVERRIDE" and scanned.in_first_column(index) and not (variant and len(opened) == 1):
                opened.clear()
                variant = none
            if not opened:
                head = token
                anchors.append((index, none))
            elif len(opened) == 1 and variant:
                anchors.append((index, variant))
        elif not opened and scanned.in_first_column(index) and token.text.isidentifier():
            anchors.append((index, none))
        if token.type in BRACKETS:
            if not opened and head is not None and head.type == "VARIANT":
                name = Token("NAME", "_", token.start, token.start, token.source)
                variant = (head, name, token)
            opened.append(BRACKETS[token.type])
        elif token.type in opened[-DEPTH_LIMIT:]:
            while opened.pop() != token.type:
                pass
            if not opened:
                variant = none
        previous = token.type
    return anchors


def _is_keyword(token: Token) -> bool:
    return token.text in DECLARATION_WORDS or token.type in ("OVERRIDE", "IMPORT")
