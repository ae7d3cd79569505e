"""The machine-readable result of `check --json`: records with a published schema, and the conversion of a result to them.

The schema in `docs/schema/check-result.schema.json` is generated from these records. Fields are only added within one `schema` number.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

import msgspec

from mmu_smt.report.text import environment_text, finding_code, reproduce
from mmu_smt.report.values import index_text
from mmu_smt.semantics.program import Program, Variable, enabled_steps
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
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mmu_smt.syntax.diagnostics import Diagnostic
    from mmu_smt.syntax.source import Span
    from mmu_smt.witness.traces import Decision, Trace, TraceStep, Valuation
    from mmu_smt.witness.verdicts import CheckResult, OpenPremise, Verdict

SCHEMA = 1

# bool and int as themselves; enum members, by name; flags: a list of names; records and arrays indexed by an enum: objects;
# other arrays: lists; `none`: null. msgspec has no name for a recursive type.
Json: TypeAlias = Any


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    file: str
    line: int
    column: int


class NoteRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    message: str
    place: Place | None = None


class DiagnosticRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    code: str
    severity: str
    message: str
    place: Place | None = None
    notes: tuple[NoteRecord, ...] = ()


class TestRecord(msgspec.Struct, frozen=True):
    __test__ = False

    text: str
    outcome: str
    function: str
    place: Place


class DecisionRecord(msgspec.Struct, frozen=True):
    handler: str
    value: Json
    shown: str
    rule: str | None
    place: Place
    path: tuple[TestRecord, ...]


class FaultRecord(msgspec.Struct, frozen=True):
    message: str
    place: Place


class StepRecord(msgspec.Struct, frozen=True):
    """One transition. `after` is the whole state after it; `stops` where the step in flight stands then."""

    step: str
    actor: str
    args: dict[str, Json]
    resume: bool
    after: dict[str, Json]
    observed: dict[str, Json]
    decisions: tuple[DecisionRecord, ...]
    stops: str | None
    fault: FaultRecord | None


class TraceRecord(msgspec.Struct, frozen=True):
    """A replayed run. `loop_start`: the last step leads back to the state before that step (0: the initial state)."""

    consts: dict[str, Json]
    initial: dict[str, Json]
    steps: tuple[StepRecord, ...]
    loop_start: int | None
    unclosed: tuple[str, ...]


class VacuityRecord(msgspec.Struct, frozen=True):
    """Whether the premise of a proof is ever met is open: within `bound` transitions it is not. No `reason`: `-k` was exhausted."""

    reason: str | None
    phase: str | None
    bound: int | None


class VerdictRecord(msgspec.Struct, frozen=True):
    """The answer for one property. `shortest`: no run is shorter than the one shown; false: none of up to `bound` steps.
    `vacuity`: with `proved`, where it is not known whether that is vacuous; null otherwise. `engines`: those that proved it.
    """

    property: str
    kind: str
    verdict: str
    code: str | None
    by: str
    bound: int | None
    least: int | None
    reason: str | None
    phase: str | None
    seconds: float
    place: Place | None
    length: int | None
    reproduce: str
    trace: TraceRecord | None
    vacuity: VacuityRecord | None = None
    shortest: bool = True
    engines: tuple[str, ...] = ()


class Rests(msgspec.Struct, frozen=True):
    """What the verdicts rest on: sizes, assumptions by name, env steps that may run, fairness."""

    params: dict[str, int]
    assumptions: tuple[str, ...]
    environment: str
    env_steps: tuple[str, ...]
    fairness: tuple[str, ...]


class OpinionRecord(msgspec.Struct, frozen=True):
    """What a source says of the verdict on a property. `role`: engine, solver or interpreter. `agrees`: null where it has no answer."""

    property: str
    role: str
    source: str
    agrees: bool | None
    detail: str


class ResultRecord(msgspec.Struct, frozen=True):
    """One variant under one config. `digest`: sha256 over the text of every file and the parameters. `opinions`: with `--paranoid`."""

    target: str
    variant: str | None
    subject: str | None
    link: str | None
    config: str | None
    digest: str
    seed: int
    assumes: Rests
    verdicts: tuple[VerdictRecord, ...]
    seconds: dict[str, float]
    stats: dict[str, int | float | str]
    opinions: tuple[OpinionRecord, ...] | None = None


class Versions(msgspec.Struct, frozen=True):
    tool: str
    solver: str
    python: str


class CheckDocument(msgspec.Struct, frozen=True):
    """The whole output. `exit_code` is that of the process."""

    schema: int
    versions: Versions
    exit_code: int
    results: tuple[ResultRecord, ...]
    diagnostics: tuple[DiagnosticRecord, ...]


def document(results: Sequence[CheckResult], diagnostics: Iterable[Diagnostic], exit_code: int) -> CheckDocument:
    """The document for the results and diagnostics of one run."""
    return CheckDocument(SCHEMA, versions(), exit_code, tuple(map(_result, results)), tuple(map(diagnostic_record, diagnostics)))


def encode(value: msgspec.Struct) -> str:
    """The document as indented JSON, ended by a line break."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def schema_text() -> str:
    """The JSON Schema of `CheckDocument`, as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(CheckDocument)), indent=2).decode() + "\n"


def versions() -> Versions:
    """The versions of what a verdict depends on."""
    return Versions(_version("mmu-smt"), "z3 " + _version("z3-solver"), platform.python_version())


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


def place_record(span: Span) -> Place:
    """A place in a file."""
    return Place(span.file.name, span.line, span.column)


def diagnostic_record(diagnostic: Diagnostic) -> DiagnosticRecord:
    """A diagnostic as it stands in documents."""
    notes = tuple(NoteRecord(n.message, place_record(n.span) if n.span is not None else None) for n in diagnostic.notes)
    place = place_record(diagnostic.span) if diagnostic.span is not None else None
    return DiagnosticRecord(diagnostic.code, diagnostic.severity.value, diagnostic.message, place, notes)


def _result(result: CheckResult) -> ResultRecord:
    program = result.program
    return ResultRecord(
        target=result.target,
        variant=program.variant,
        subject=program.subject,
        link=program.link,
        config=result.config.name or None,
        digest=program.digest,
        seed=result.seed,
        assumes=rests_record(result),
        verdicts=tuple(verdict_record(result, v) for v in result.verdicts),
        seconds=dict(result.seconds),
        stats=dict(result.stats),
        opinions=None
        if result.opinions is None
        else tuple(OpinionRecord(o.property, o.role.value, o.source, o.agrees, o.detail) for o in result.opinions),
    )


def rests_record(result: CheckResult) -> Rests:
    """What the verdicts of a check rest on."""
    program, config = result.program, result.config
    return Rests(
        params=dict(program.params),
        assumptions=tuple(a.name for a in (*program.assumptions, *config.assumptions)),
        environment=environment_text(result),
        env_steps=tuple(s.name for s in enabled_steps(program, config) if s.actor == "env"),
        fairness=tuple(f"{e.step} {e.fairness}" + (" each" if e.each else "") for e in config.enables if e.fairness),
    )


def verdict_record(result: CheckResult, verdict: Verdict) -> VerdictRecord:
    """One verdict of a check."""
    judged = verdict.property
    return VerdictRecord(
        property=judged.name,
        kind=judged.kind.value,
        verdict=verdict.word.value,
        code=finding_code(verdict) or None,
        by=verdict.by,
        bound=verdict.bound,
        least=verdict.least,
        reason=verdict.reason.value if verdict.reason is not None else None,
        phase=verdict.phase or None,
        seconds=verdict.seconds,
        place=place_record(judged.span) if judged.span is not None else None,
        length=len(verdict.trace.steps) if verdict.trace is not None else None,
        reproduce=reproduce(result, verdict),
        trace=trace_record(result.program, verdict.trace) if verdict.trace is not None else None,
        vacuity=vacuity_record(verdict.vacuity) if verdict.vacuity is not None else None,
        shortest=verdict.shortest,
        engines=tuple(engine.value for engine in verdict.engines),
    )


def vacuity_record(premise: OpenPremise) -> VacuityRecord:
    """What is open about a proof's vacuity."""
    return VacuityRecord(premise.reason.value if premise.reason is not None else None, premise.phase or None, premise.bound)


def trace_record(program: Program, trace: Trace) -> TraceRecord:
    """A replayed run, or one that was made by running."""
    return TraceRecord(
        consts=valuation_record(program.consts, trace.consts),
        initial=valuation_record(program.states, trace.initial),
        steps=tuple(_step(program, s) for s in trace.steps),
        loop_start=trace.loop_start,
        unclosed=trace.unclosed,
    )


def _step(program: Program, step: TraceStep) -> StepRecord:
    declared = program.steps[step.step]
    return StepRecord(
        step=step.step,
        actor=step.actor,
        args={p.name: plain_value(p.type, v) for p, v in zip(declared.params, step.args, strict=False)},
        resume=step.resume,
        after=valuation_record(program.states, step.after),
        observed=valuation_record(program.ghosts, step.observed),
        decisions=tuple(decision_record(program, d) for d in step.decisions),
        stops=step.position,
        fault=FaultRecord(step.fault.message, place_record(step.fault.span)) if step.fault is not None else None,
    )


def decision_record(program: Program, decision: Decision) -> DecisionRecord:
    """A decision with the tests that led to it."""
    returns = program.functions[decision.handler].returns
    return DecisionRecord(
        handler=decision.handler,
        value=plain_value(returns, decision.value) if returns is not None else None,
        shown=decision.shown,
        rule=decision.rule,
        place=place_record(decision.span),
        path=tuple(TestRecord(t.text, t.outcome, t.function, place_record(t.span)) for t in decision.path),
    )


def valuation_record(variables: Mapping[str, Variable], values: Valuation) -> dict[str, Json]:
    """Values by name, of those variables that have one."""
    return {name: plain_value(v.type, values[name]) for name, v in variables.items() if name in values}


def plain_value(kind: Type, value: Value) -> Json:
    """A value of the language as JSON."""
    match kind:
        case BoolType() | IntType() | WordType():
            return value
        case OptionalType(inner):
            return None if value is None else plain_value(inner, value)
        case EnumType(_, members):
            return members[_as_int(value)]
        case FlagsType(_, members, _):
            return [m for i, m in enumerate(members) if _as_int(value) >> i & 1]
        case RecordType(_, fields):
            return {name: plain_value(t, v) for (name, t), v in zip(fields, _as_tuple(value), strict=True)}
        case ArrayType(index, element):
            items = [plain_value(element, v) for v in _as_tuple(value)]
            return {index_text(index, i): v for i, v in enumerate(items)} if isinstance(index, EnumType) else items
        case _:
            assert_never(kind)


def _as_int(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"an integer was expected, not {value!r}")
    return value


def _as_tuple(value: Value) -> tuple[Value, ...]:
    if not isinstance(value, tuple):
        raise TypeError(f"a tuple was expected, not {value!r}")
    return value
