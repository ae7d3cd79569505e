"""What the page of a trace is drawn from: the trace document itself, and beside it the declarations and sources that its names refer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from mmu_smt.report.executed import executed
from mmu_smt.report.json_report import Json, plain_value
from mmu_smt.report.mentions import constants_of, ghosts_of
from mmu_smt.report.trace_json import TraceDocument, trace_document
from mmu_smt.report.trace_text import ghost_defaults
from mmu_smt.report.values import index_text
from mmu_smt.semantics.program import Function, Program, Step, Variable
from mmu_smt.semantics.types import (
    ArrayType,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    WordType,
    index_size,
)
from mmu_smt.syntax import nodes
from mmu_smt.syntax.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mmu_smt.report.executed import Lit
    from mmu_smt.syntax.source import SourceFile, Span
    from mmu_smt.witness.traces import TraceStep
    from mmu_smt.witness.verdicts import CheckResult, Verdict

TypeShape: TypeAlias = Any
"""A type as JSON: `kind` and what it takes to draw a value. msgspec has no name for a recursive type."""


class VariableView(msgspec.Struct, frozen=True):
    """A declared variable. `free`: its initial value is. `default`: the plain value, where `plain` says that there is one."""

    name: str
    shown: str
    role: Literal["constant", "state", "seen"]
    type: TypeShape
    doc: str | None
    free: bool
    plain: bool
    default: Json


class SourceView(msgspec.Struct, frozen=True):
    """A function, handler or step as it stands in its file; `origin` is what it models. `line`: the number of the first line."""

    name: str
    kind: Literal["handler", "function", "step"]
    file: str
    line: int
    lines: tuple[str, ...]
    origin: str | None


class LitLine(msgspec.Struct, frozen=True):
    """A line that was carried out, or before which a step in flight stands. `tests`: on it, as text, outcome and what was looked at."""

    line: int
    tests: tuple[tuple[str, str, str], ...]


class LitSource(msgspec.Struct, frozen=True):
    """`source` is a position in the list of sources."""

    source: int
    lines: tuple[LitLine, ...]


class PaneView(msgspec.Struct, frozen=True):
    """One run. `trace`: its position in the document. `lit`: for each of its steps. `constants`, `ghosts`: those that can matter."""

    label: str
    told: str
    trace: int
    variables: tuple[VariableView, ...]
    sources: tuple[SourceView, ...]
    lit: tuple[tuple[LitSource, ...], ...]
    constants: tuple[str, ...]
    ghosts: tuple[str, ...]


class RunView(msgspec.Struct, frozen=True):
    """What is shown at a time: one run, or two side by side."""

    title: str
    panes: tuple[PaneView, ...]


class PageData(msgspec.Struct, frozen=True):
    """`document` is what `--format json` writes of the same traces."""

    document: TraceDocument
    runs: tuple[RunView, ...]


@dataclass(frozen=True, slots=True)
class Pane:
    """One run to show: a result with a verdict that has a trace, what the run is called, and what is said of it."""

    result: CheckResult
    verdict: Verdict
    label: str
    told: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run, or two that are stepped through together."""

    title: str
    panes: tuple[Pane, ...]


def page_data(runs: Sequence[Run]) -> PageData:
    """Everything that the page draws."""
    panes = [pane for run in runs for pane in run.panes]
    reader = _Sources()
    views = iter([_pane(pane, number, reader) for number, pane in enumerate(panes)])
    document = trace_document((p.result, p.verdict) for p in panes)
    return PageData(document, tuple(RunView(run.title, tuple(next(views) for _ in run.panes)) for run in runs))


def _pane(pane: Pane, number: int, reader: _Sources) -> PaneView:
    result, trace = pane.result, pane.verdict.trace
    assert trace is not None
    program = result.program
    lit = [_lit(program, step) for step in trace.steps]
    names = dict.fromkeys((is_step, name) for step in lit for is_step, name, _ in step)
    sources = {key: view for key in names if (view := reader.view(program, *key)) is not None}
    places = {key: place for place, key in enumerate(sources)}
    return PaneView(
        label=pane.label,
        told=pane.told,
        trace=number,
        variables=tuple(_variables(program)),
        sources=tuple(sources.values()),
        lit=tuple(tuple(LitSource(places[s, n], lines) for s, n, lines in step if (s, n) in places) for step in lit),
        constants=tuple(sorted(constants_of(program, result.config, (pane.verdict.property,)))),
        ghosts=tuple(sorted(ghosts_of(program, pane.verdict.property))),
    )


def _lit(program: Program, step: TraceStep) -> list[tuple[bool, str, tuple[LitLine, ...]]]:
    """What is lit in a step: whether it is the source of a step, its name, its lines."""
    if step.decisions:
        return [(False, lit.function, tuple(_lit_lines(lit))) for lit in executed(program, step.decisions[-1])]
    declared = program.steps[step.step]
    cut = step.cut if step.actor != "env" else None  # an env step leaves another one in flight where that stands
    inside = _function_at(program, cut) if cut is not None else None
    if cut is not None and inside is not None:
        return [(False, inside, (LitLine(cut.line, ((step.position or "", "stops here", ""),)),))]
    return [(True, step.step, (LitLine(declared.span.line, ()),))]


def _function_at(program: Program, place: Span) -> str | None:
    """The function whose text a place stands in: the last one of its file that begins before it, if any does."""
    before = [f for f in program.functions.values() if f.span.file is place.file and f.span.start <= place.start]
    found = max(before, key=lambda f: f.span.start, default=None)
    others = [s.span.start for s in program.steps.values() if s.span.file is place.file and s.span.start <= place.start]
    return None if found is None or max(others, default=-1) > found.span.start else found.name


def _lit_lines(lit: Lit) -> Iterator[LitLine]:
    for number, tests in lit.lines.items():
        yield LitLine(number, tuple((t.text, t.outcome, ", ".join(f"{n}: {v}" for n, v in t.values)) for t in tests))


# ---------------------------------------------------------------------------------------------- declarations


def _variables(program: Program) -> Iterator[VariableView]:
    observed: Mapping[str, Json] = ghost_defaults(program)
    yield from (_variable(v, "constant") for v in program.consts.values())
    yield from (_variable(v, "state") for v in program.states.values())
    for ghost in program.ghosts.values():
        view = _variable(ghost, "seen")
        if ghost.name in observed:
            view = msgspec.structs.replace(view, plain=True, default=plain_value(ghost.type, observed[ghost.name]))
        yield view


def _variable(variable: Variable, role: Literal["constant", "state", "seen"]) -> VariableView:
    display = variable.display
    return VariableView(
        name=variable.name,
        shown=display.show or variable.name,
        role=role,
        type=type_shape(variable.type),
        doc=display.doc,
        free=variable.initial is None,
        plain=display.has_default,
        default=plain_value(variable.type, display.default) if display.has_default else None,
    )


def type_shape(kind: Type) -> TypeShape:
    """What it takes to draw the values of a type."""
    match kind:
        case BoolType():
            return {"kind": "bool"}
        case IntType(low, high, name):
            return {"kind": "int", "name": name, "low": low, "high": high}
        case WordType(bits):
            return {"kind": "word", "bits": bits}
        case EnumType(name, _):
            return {"kind": "enum", "name": name}
        case FlagsType(name, _, _):
            return {"kind": "flags", "name": name}
        case RecordType(name, fields):
            return {"kind": "record", "name": name, "fields": [[n, type_shape(t)] for n, t in fields]}
        case ArrayType(index, element):
            labels = [index_text(index, i) for i in range(index_size(index))]
            by_name = isinstance(index, EnumType)
            return {"kind": "array", "index": index.name, "byName": by_name, "labels": labels, "element": type_shape(element)}
        case OptionalType(inner):
            return {"kind": "optional", "inner": type_shape(inner)}


class _Sources:
    """Declarations with their text, found in the files that they stand in."""

    def __init__(self) -> None:
        self._files: dict[int, tuple[SourceFile, dict[int, nodes.Declaration]]] = {}

    def view(self, program: Program, is_step: bool, name: str) -> SourceView | None:
        """The source of a step or function; None where its text is not there."""
        declared: Step | Function = program.steps[name] if is_step else program.functions[name]
        span = declared.span
        found = self._declarations(span.file).get(span.start)
        if not isinstance(found, nodes.StepDecl | nodes.FunctionDecl) or found.name.text != name:
            return None
        first = found.span.line
        count = found.span.text.count("\n") + 1
        origin = " ".join(t for t in (declared.display.src_function, declared.display.src_file) if t)
        kind = "step" if isinstance(declared, Step) else "handler" if declared.is_handler else "function"
        lines = tuple(span.file.line(n) for n in range(first, first + count))
        return SourceView(name, kind, span.file.name, first, lines, origin or None)

    def _declarations(self, file: SourceFile) -> dict[int, nodes.Declaration]:
        """Declarations by where their names begin."""
        if id(file) not in self._files:
            module, _ = parse(file)
            pending: list[nodes.Decl] = [] if module is None else list(module.declarations)
            found: dict[int, nodes.Declaration] = {}
            while pending:
                declaration = pending.pop()
                found[declaration.name.span.start] = declaration
                if isinstance(declaration, nodes.VariantDecl):
                    pending.extend((*declaration.overrides, *declaration.additions))
            self._files[id(file)] = file, found
        return self._files[id(file)][1]
