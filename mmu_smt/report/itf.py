"""Traces in the Informal Trace Format (ITF), as its architecture decision record 015 defines it, revisions of 2025-11-11 included.

One trace a document. The constants are `params` and stand in state 0; the state variables are `vars`. A lasso has `loop`: the index of the
state to which the *last* state leads back by a real step. That state is not repeated at the end (the standard leaves this open); the step
that closes the loop is described in the last state's `#meta`, under `closes`. What else there is to say about a transition (step,
arguments, choices, decisions with their places, ghosts) stands in the `#meta` of the state that it leads to.

Values: flags are sets of names, an optional value is a list of no or one element, arrays indexed by a range from 0 are lists, other arrays
are maps, enum members are strings, records are records (those that a reader would take for a tagged union are maps).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, assert_never

import msgspec

from mmu_smt.report.json_report import place_record, plain_value, versions
from mmu_smt.report.text import reproduce
from mmu_smt.report.trace_json import config_names, explanation_record, minima_record, saved_decision
from mmu_smt.semantics.types import (
    ArrayType,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    Type,
    Value,
    WordType,
    index_offset,
)
from mmu_smt.semantics.walks import choices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mmu_smt.semantics.program import Program, Variable
    from mmu_smt.witness.traces import Trace, TraceStep, Valuation
    from mmu_smt.witness.verdicts import CheckResult, Verdict

STANDARD = "https://apalache-mc.org/docs/adr/015adr-trace.html"


def itf_text(result: CheckResult, verdict: Verdict, *, indent: int | None = 2) -> str:
    """The trace of a verdict as an ITF document, ended by a line break. The verdict has a trace."""
    return json.dumps(itf(result, verdict), indent=indent) + "\n"


def itf(result: CheckResult, verdict: Verdict) -> dict[str, Any]:
    """The document as plain JSON values."""
    program, trace = result.program, verdict.trace
    assert trace is not None
    faulted = bool(trace.steps) and trace.steps[-1].fault is not None
    shown = trace.steps[:-1] if faulted or trace.loop_start is not None else trace.steps
    states: list[dict[str, Any]] = [
        {"#meta": {"index": 0}, **_values(program.consts, trace.consts), **_values(program.states, trace.initial)},
        *({"#meta": {"index": i, **_meta(program, s)}, **_values(program.states, s.after)} for i, s in enumerate(shown, 1)),
    ]
    last = states[-1]["#meta"]
    if trace.loop_start is not None:
        last["closes"] = {"to": trace.loop_start, "unclosed": list(trace.unclosed), **_meta(program, trace.steps[-1])}
    elif faulted:
        last["faults"] = _meta(program, trace.steps[-1])
    document: dict[str, Any] = {
        "#meta": _head(result, verdict, trace),
        "params": list(program.consts),
        "vars": list(program.states),
        "states": states,
    }
    if trace.loop_start is not None:
        document["loop"] = trace.loop_start
    return document


def _head(result: CheckResult, verdict: Verdict, trace: Trace) -> dict[str, Any]:
    program, found = result.program, versions()
    variables = {**program.consts, **program.states}
    head: dict[str, Any] = {
        "format": "ITF",
        "format-description": STANDARD,
        "description": f"Created by mmu-smt {found.tool}",
        "varTypes": {name: itf_type(v.type) for name, v in variables.items()},
        "source": result.target,
        "variant": program.variant,
        "config": list(config_names(result)),
        "params": dict(program.params),
        "digest": program.digest,
        "property": verdict.property.name,
        "verdict": verdict.word.value,
        "status": "violation" if verdict.word == "violated" else "passed",
        "kind": "run" if trace.loop_start is None else "lasso",
        "steps": len(trace.steps),
        "replayed": True,
        "reproduce": reproduce(result, verdict),
    }
    head["shortest"] = verdict.shortest
    if verdict.minima is not None:
        head["minima"] = _plain(minima_record(verdict.minima))
    if verdict.explanation is not None:
        head["explanation"] = _plain(explanation_record(program, verdict.explanation))
    return head


def _meta(program: Program, step: TraceStep) -> dict[str, Any]:
    declared, chosen = program.steps[step.step], choices(program)
    found: dict[str, Any] = {
        "action": step.step,
        "actor": step.actor,
        "resume": step.resume,
        "args": {p.name: plain_value(p.type, v) for p, v in zip(declared.params, step.args, strict=False)},
        "picks": [
            {chosen[site[-1]].local.name: plain_value(chosen[site[-1]].local.type, value)}
            for site, value in step.choices.items()
            if site[-1] in chosen
        ],
        "decisions": [_plain(saved_decision(program, d)) for d in step.decisions],
        "observed": {n: plain_value(v.type, step.observed[n]) for n, v in program.ghosts.items() if n in step.observed},
    }
    if step.span is not None:
        found["loc"] = str(step.span)
    if step.position is not None:
        found["stops"] = step.position
    if step.fault is not None:
        found["fault"] = {"message": step.fault.message, "place": _plain(place_record(step.fault.span))}
    return found


def _plain(record: msgspec.Struct) -> Any:
    return msgspec.to_builtins(record)


def _values(variables: Mapping[str, Variable], values: Valuation) -> dict[str, Any]:
    return {name: itf_value(v.type, values[name]) for name, v in variables.items()}


def itf_value(kind: Type, value: Value) -> Any:
    """A value of the language as ITF writes it."""
    match kind, value:
        case BoolType(), _:
            return bool(value)
        case ((IntType() | WordType()), int()):
            return _number(value)
        case OptionalType(inner), _:
            return [] if value is None else [itf_value(inner, value)]
        case EnumType(_, members), int():
            return members[value]
        case FlagsType(_, members, _), int():
            return {"#set": [m for i, m in enumerate(members) if value >> i & 1]}
        case RecordType(_, fields), tuple():
            parts = [(name, itf_value(t, v)) for (name, t), v in zip(fields, value, strict=True)]
            return {"#map": [list(p) for p in parts]} if _looks_tagged(kind) else dict(parts)
        case ArrayType(index, element), tuple():
            items = [itf_value(element, v) for v in value]
            return items if _is_list(index) else {"#map": [[_index(index, i), v] for i, v in enumerate(items)]}
        case _:
            raise TypeError(f"{value!r} is no value of {kind}")


def itf_type(kind: Type) -> str:
    """The type that `itf_value` gives values of, in the notation of the format's type annotations."""
    match kind:
        case BoolType():
            return "Bool"
        case IntType() | WordType():
            return "Int"
        case OptionalType(inner):
            return f"Seq({itf_type(inner)})"
        case EnumType():
            return "Str"
        case FlagsType():
            return "Set(Str)"
        case RecordType(_, fields):
            return "{ " + ", ".join(f"{name}: {itf_type(t)}" for name, t in fields) + " }"
        case ArrayType(index, element):
            return (
                f"Seq({itf_type(element)})"
                if _is_list(index)
                else f"({'Str' if isinstance(index, EnumType) else 'Int'} -> {itf_type(element)})"
            )
        case _:
            assert_never(kind)


def _number(value: int) -> dict[str, str]:
    return {"#bigint": str(value)}


def _is_list(index: IntType | EnumType) -> bool:
    return isinstance(index, IntType) and index.low == 0


def _index(index: IntType | EnumType, position: int) -> Any:
    return index.members[position] if isinstance(index, EnumType) else _number(index_offset(index) + position)


def _looks_tagged(record: RecordType) -> bool:
    """True iff readers would take such a record for a value of a tagged union."""
    return {name for name, _ in record.fields} == {"tag", "value"}
