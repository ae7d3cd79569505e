"""The findings of a check as SARIF 2.1.0 (OASIS standard, errata 01): one result a property, a trace as its code flow.

What failed has kind `fail`; what holds, does not apply or is open has the kind that says so and, as the standard asks, level `none`.
Messages are plain text: what the standard reads as markup in them (links, placeholders) is escaped, and control characters are.
"""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec import to_builtins

from mmu_smt.report.explain_text import cut_texts
from mmu_smt.report.json_report import versions
from mmu_smt.report.lines import one_line, safe
from mmu_smt.report.text import basis, finding_code, reproduce, verdict_text
from mmu_smt.report.trace_json import config_names, minima_record
from mmu_smt.report.trace_text import closing_text, decision_text, event_texts, shape, shown_test
from mmu_smt.report.values import changes, compact, display_name
from mmu_smt.semantics.walks import choices
from mmu_smt.syntax.codes import CATALOGUE
from mmu_smt.syntax.source import Span
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mmu_smt.semantics.program import Program, Variable
    from mmu_smt.witness.traces import Decision, Trace, TraceStep, Valuation
    from mmu_smt.witness.verdicts import CheckResult, Verdict

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SAFE_IN_PATHS = "/-._~"

_KINDS: Mapping[Word, tuple[str, str]] = {
    Word.VIOLATED: ("fail", "error"),
    Word.UNREACHABLE: ("fail", "error"),
    Word.VACUOUS: ("fail", "warning"),
    Word.BOUNDED: ("open", "none"),
    Word.UNKNOWN: ("open", "none"),
    Word.PROVED: ("pass", "none"),
    Word.REACHED: ("informational", "none"),
    Word.INAPPLICABLE: ("notApplicable", "none"),
}


def sarif_text(results: Iterable[CheckResult]) -> str:
    """The log of a run, ended by a line break."""
    return json.dumps(sarif(results), indent=2) + "\n"


def sarif(results: Iterable[CheckResult]) -> dict[str, Any]:
    """The log as plain JSON values."""
    listed = tuple(results)
    found = versions()
    rules = {v.property.name: r for r in listed for v in r.verdicts}
    names = list(rules)
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "mmu-smt",
                "version": found.tool,
                "properties": {"solver": found.solver, "python": found.python},
                "rules": [_rule(name, rules[name]) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(r, v, names.index(v.property.name)) for r in listed for v in r.verdicts],
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _rule(name: str, result: CheckResult) -> dict[str, Any]:
    judged = result.program.properties[name]
    doc = judged.display.doc
    rule: dict[str, Any] = {"id": name, "properties": {"kind": judged.kind.value}}
    if doc:
        rule["shortDescription"] = {"text": message(one_line(doc.strip().split("\n\n")[0]))}
        rule["fullDescription"] = {"text": message(one_line(doc))}
    return rule


def _result(result: CheckResult, verdict: Verdict, rule: int) -> dict[str, Any]:
    program, judged, trace = result.program, verdict.property, verdict.trace
    kind, level = _KINDS[verdict.word] if verdict.vacuity is None else ("open", "none")
    where = f"{program.variant or result.target} in {result.config.name}" if result.config.name else program.variant or result.target
    why = basis(verdict)
    found: dict[str, Any] = {
        "ruleId": judged.name,
        "ruleIndex": rule,
        "kind": kind,
        "level": level,
        "message": {"text": message(one_line(f"{judged.name} {verdict_text(verdict)}" + (f" ({why})" if why else "") + f": {where}"))},
        "partialFingerprints": {"verdict/v1": f"{program.variant or ''}/{result.config.name}/{judged.name}"},
        "properties": {
            "verdict": verdict.word.value,
            "variant": program.variant,
            "config": list(config_names(result)),
            "params": dict(program.params),
            "digest": program.digest,
            "reproduce": reproduce(result, verdict),
        },
    }
    code = finding_code(verdict)
    if code:
        found["properties"]["code"] = code
        found["properties"]["meaning"] = CATALOGUE[code].title
    if trace is not None:
        found["properties"]["shortest"] = verdict.shortest
    if verdict.minima is not None:
        found["properties"]["minima"] = to_builtins(minima_record(verdict.minima))
    if verdict.explanation is not None:
        found["properties"]["breaks"] = cut_texts(program, verdict.explanation)
    if judged.span is not None:
        found["locations"] = [{"physicalLocation": _place(judged.span)}]
    if trace is not None:
        found["codeFlows"] = [_flow(program, t) for t in (trace, *(o.trace for o in verdict.others)) if t is not None]
    return found


def _flow(program: Program, trace: Trace) -> dict[str, Any]:
    locations = list(_locations(program, trace))
    for order, location in enumerate(locations, 1):
        location["executionOrder"] = order
    flow: dict[str, Any] = {"message": {"text": message(shape(trace))}, "threadFlows": [{"id": "run", "locations": locations}]}
    if trace.loop_start is not None:
        flow["properties"] = {"loop": trace.loop_start}
    return flow


def _locations(program: Program, trace: Trace) -> Iterator[dict[str, Any]]:
    yield {
        "location": {"message": {"text": "initial state"}},
        "importance": "important",
        "nestingLevel": 0,
        "state": {**_state(program.consts, trace.consts), **_state(program.states, trace.initial)},
    }
    for number, step in enumerate(trace.steps):
        yield from _step(program, trace, number, step)
    if trace.loop_start is not None:
        target = trace.steps[trace.loop_start].span
        yield _location(target, closing_text(program, trace), "essential", 0)


def _step(program: Program, trace: Trace, number: int, step: TraceStep) -> Iterator[dict[str, Any]]:
    before = trace.state_before(number)
    event = ", ".join(event_texts(program, step, choices(program)))
    first = _location(step.span, f"step {number + 1}, {step.actor}: {event}", "essential", 0)
    first["state"] = _changed(program.states, before, step.after)
    yield first
    for decision in step.decisions:
        for test in decision.path if decision is step.decisions[-1] else ():
            yield _location(test.span, shown_test(test, full=True), "unimportant", 2)
    for decision in step.decisions:
        yield _decided(decision)
    if step.fault is not None:
        yield _location(step.fault.span, f"fault: {step.fault.message}", "essential", 1)


def _decided(decision: Decision) -> dict[str, Any]:
    return _location(decision.span, decision_text(decision, placed=False), "important", 1)


def _location(span: Span | None, text: str, importance: str, nesting: int) -> dict[str, Any]:
    location: dict[str, Any] = {"message": {"text": message(one_line(text))}}
    if span is not None:
        location["physicalLocation"] = _place(span)
    return {"location": location, "importance": importance, "nestingLevel": nesting}


def _place(span: Span) -> dict[str, Any]:
    end_line, end_column = span.file.position(max(span.end, span.start))
    return {
        "artifactLocation": {"uri": uri(span.file.name)},
        "region": {"startLine": span.line, "startColumn": span.column, "endLine": end_line, "endColumn": end_column},
    }


def _state(variables: Mapping[str, Variable], values: Valuation) -> dict[str, Any]:
    return {n: {"text": message(compact(v.type, values[n]))} for n, v in variables.items() if n in values}


def _changed(variables: Mapping[str, Variable], before: Valuation, after: Valuation) -> dict[str, Any]:
    texts = {n: ", ".join(str(c) for c in changes(display_name(v), v.type, before[n], after[n])) for n, v in variables.items()}
    return {n: {"text": message(text)} for n, text in texts.items() if text}


def uri(name: str) -> str:
    """A file's name as a URI reference: relative where the name is, with everything escaped that a path may not contain."""
    path = PurePath(name)
    text = quote(path.as_posix(), safe=_SAFE_IN_PATHS, errors="surrogatepass")
    return "file://" + text if path.is_absolute() else text


def message(text: str) -> str:
    """A text as the standard's plain-text messages want it: no link (3.11.6) and no placeholder (3.11.5) in it, no control character."""
    escaped = safe(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return escaped.replace("{", "{{").replace("}", "}}")
