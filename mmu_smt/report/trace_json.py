"""Saved traces: `check --format json`, and what the `trace` commands read. Records with a published schema, and both conversions.

The schema in `docs/schema/trace.schema.json` is generated from these records. Fields are only added within one `schema` number; a reader
of schema N reads every document of schema N, whichever fields it has beyond those that it knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec

from mmu_smt.interpret.recipes import recipes
from mmu_smt.report.json_report import (
    FaultRecord,
    Json,
    Place,
    Rests,
    TestRecord,
    Versions,
    place_record,
    plain_value,
    rests_record,
    valuation_record,
    versions,
)
from mmu_smt.report.text import reproduce
from mmu_smt.report.values import index_text, part_path
from mmu_smt.semantics.fingerprint import Fingerprints
from mmu_smt.semantics.program import Program, Variable
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
    index_size,
    show_value,
    type_name,
)
from mmu_smt.semantics.walks import choices
from mmu_smt.witness.traces import Candidate, Move

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mmu_smt.semantics.program import Site
    from mmu_smt.witness.explanations import Change, Explanation
    from mmu_smt.witness.traces import Decision, TraceStep, Valuation
    from mmu_smt.witness.verdicts import CheckResult, Minima, Verdict

FORMAT = "mmu-smt trace"
SCHEMA = 1
MAX_BYTES = 64_000_000


class SpecRecord(msgspec.Struct, frozen=True):
    """What was checked. `digest`: sha256 over the text of every file and the parameters. `given`: the parameters set by the user."""

    target: str
    variant: str | None
    subject: str | None
    link: str | None
    config: tuple[str, ...]
    params: dict[str, int]
    given: dict[str, int]
    seed: int
    digest: str


class ChoiceRecord(msgspec.Struct, frozen=True):
    """A value taken at a `choose`. `site`: where, in names that survive edits elsewhere; `name`: of the variable."""

    site: tuple[int | str, ...]
    name: str
    value: Json


class SavedTest(TestRecord, frozen=True):
    """`values`: what the test looked at, where it is more than that."""

    __test__ = False

    values: dict[str, str]


class SavedDecision(msgspec.Struct, frozen=True):
    """A handler returned. `path`: the tests that led there, in order."""

    handler: str
    value: Json
    shown: str
    rule: str | None
    place: Place
    path: tuple[SavedTest, ...]


class SavedStep(msgspec.Struct, frozen=True):
    """One transition. `after`: the state after it; `stops`: where the step in flight stands then; `changed`: variables that differ."""

    step: str
    shown: str
    actor: Literal["guest", "kvm", "env"]
    place: Place | None
    args: dict[str, Json]
    resume: bool
    choices: tuple[ChoiceRecord, ...]
    decisions: tuple[SavedDecision, ...]
    changed: tuple[str, ...]
    after: dict[str, Json]
    observed: dict[str, Json]
    stops: str | None
    fault: FaultRecord | None


class ChangeRecord(msgspec.Struct, frozen=True):
    """One thing that would be different: `what` (a handler, or a part of a variable as the language writes it), its value, and the others.

    `any_other`: these are all other values that are possible there.
    """

    kind: Literal["decision", "constant", "initial state"]
    what: str
    place: Place | None
    value: str
    others: tuple[str, ...]
    any_other: bool


class ExplanationRecord(msgspec.Struct, frozen=True):
    """What breaks the loop: each of `cuts` is a smallest set of changes that does. `complete`: every set of that size was tried."""

    cuts: tuple[tuple[ChangeRecord, ...], ...]
    tried: int
    complete: bool


class MinimaRecord(msgspec.Struct, frozen=True):
    """What the check proved minimal among the runs of this length.

    `env_steps`: null where that is not proved. `parts`: by `@minimise` rank, how many are off their defaults, for as many ranks as are
    proved. `complete`: these are all.
    """

    env_steps: int | None
    parts: tuple[tuple[int, int], ...]
    complete: bool


class RecipeRecord(msgspec.Struct, frozen=True):
    """What somebody would do, or see, who tries the run on a machine, in the specification's words. Nothing of it has been run.

    `step`: null for what is said of the start; otherwise the number of a step, from 1. `recurs`: that step is in the loop.
    """

    name: str
    title: str | None
    step: int | None
    recurs: bool
    lines: tuple[str, ...]


class SavedTrace(msgspec.Struct, frozen=True):
    """A replayed run, what it shows, and of what.

    `shortest`: the check proved that no run is shorter. `further`: 0, or n for the n-th further counterexample, of which `shortest` and
    `minima` are said among those that decide otherwise than all before it. `loop_start`: the last step leads back to the state before that
    step (0: the initial one). `unclosed`: state variables that differ where the loop closes although the property cannot see them.
    """

    spec: SpecRecord
    assumes: Rests
    property: str
    kind: str
    verdict: str
    place: Place | None
    reproduce: str
    consts: dict[str, Json]
    initial: dict[str, Json]
    steps: tuple[SavedStep, ...]
    loop_start: int | None
    unclosed: tuple[str, ...]
    shortest: bool
    further: int
    minima: MinimaRecord | None
    explanation: ExplanationRecord | None
    recipes: tuple[RecipeRecord, ...] = ()


class TraceDocument(msgspec.Struct, frozen=True):
    """The whole file."""

    format: Literal["mmu-smt trace"]
    schema: int
    versions: Versions
    traces: tuple[SavedTrace, ...]


# ---------------------------------------------------------------------------------------------- writing


def trace_document(findings: Iterable[tuple[CheckResult, Verdict]]) -> TraceDocument:
    """The document of the verdicts that have a trace; the others are left out."""
    return TraceDocument(FORMAT, SCHEMA, versions(), tuple(_saved(r, v) for r, v in findings if v.trace is not None))


def encode_traces(document: TraceDocument) -> str:
    """The document as indented JSON, ended by a line break."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def traces_schema() -> str:
    """The JSON Schema of `TraceDocument`, as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(TraceDocument)), indent=2).decode() + "\n"


def config_names(result: CheckResult) -> tuple[str, ...]:
    """The configs that a check joined, as a user would name them."""
    return tuple(result.config.name.split("+")) if result.config.name else ()


def _saved(result: CheckResult, verdict: Verdict) -> SavedTrace:
    program, trace = result.program, verdict.trace
    assert trace is not None
    fingerprints = Fingerprints(program)
    steps = tuple(_step(program, fingerprints, trace.state_before(i), s) for i, s in enumerate(trace.steps))
    return SavedTrace(
        spec=SpecRecord(
            target=result.target,
            variant=program.variant,
            subject=program.subject,
            link=program.link,
            config=config_names(result),
            params=dict(program.params),
            given=dict(result.given),
            seed=result.seed,
            digest=program.digest,
        ),
        assumes=rests_record(result),
        property=verdict.property.name,
        kind=verdict.property.kind.value,
        verdict=verdict.word.value,
        place=place_record(verdict.property.span) if verdict.property.span is not None else None,
        reproduce=reproduce(result, verdict),
        consts=valuation_record(program.consts, trace.consts),
        initial=valuation_record(program.states, trace.initial),
        steps=steps,
        loop_start=trace.loop_start,
        unclosed=trace.unclosed,
        shortest=verdict.shortest,
        further=verdict.further,
        minima=minima_record(verdict.minima) if verdict.minima is not None else None,
        explanation=explanation_record(program, verdict.explanation) if verdict.explanation is not None else None,
        recipes=tuple(RecipeRecord(r.name, r.title, r.step, r.recurs, r.lines) for r in recipes(program, trace)),
    )


def _step(program: Program, fingerprints: Fingerprints, before: Valuation, step: TraceStep) -> SavedStep:
    declared = program.steps[step.step]
    chosen = choices(program)
    return SavedStep(
        step=step.step,
        shown=declared.display.show or declared.name,
        actor=cast("Literal['guest', 'kvm', 'env']", step.actor),
        place=place_record(step.span) if step.span is not None else None,
        args={p.name: plain_value(p.type, v) for p, v in zip(declared.params, step.args, strict=False)},
        resume=step.resume,
        choices=tuple(
            ChoiceRecord(fingerprints.portable(site), chosen[site[-1]].local.name, plain_value(chosen[site[-1]].local.type, value))
            for site, value in step.choices.items()
            if site[-1] in chosen
        ),
        decisions=tuple(saved_decision(program, d) for d in step.decisions),
        changed=tuple(n for n, v in step.after.items() if before[n] != v),
        after=valuation_record(program.states, step.after),
        observed=valuation_record(program.ghosts, step.observed),
        stops=step.position,
        fault=FaultRecord(step.fault.message, place_record(step.fault.span)) if step.fault is not None else None,
    )


def saved_decision(program: Program, decision: Decision) -> SavedDecision:
    """A decision with the tests that led to it and what they looked at."""
    returns = program.functions[decision.handler].returns
    return SavedDecision(
        handler=decision.handler,
        value=plain_value(returns, decision.value) if returns is not None else None,
        shown=decision.shown,
        rule=decision.rule,
        place=place_record(decision.span),
        path=tuple(SavedTest(t.text, t.outcome, t.function, place_record(t.span), dict(t.values)) for t in decision.path),
    )


def minima_record(minima: Minima) -> MinimaRecord:
    """What is proved minimal."""
    return MinimaRecord(minima.env_steps, minima.parts, minima.complete)


def explanation_record(program: Program, explanation: Explanation) -> ExplanationRecord:
    """What would have broken a loop."""
    cuts = tuple(tuple(_change(program, c) for c in cut) for cut in explanation.cuts)
    return ExplanationRecord(cuts, explanation.tried, explanation.complete)


def _change(program: Program, change: Change) -> ChangeRecord:
    atom = change.atom
    variable = program.consts.get(atom.name) or program.states.get(atom.name)
    return ChangeRecord(
        kind=atom.kind.value,
        what=atom.name if variable is None else atom.name + part_path(variable.type, atom.way),
        place=place_record(atom.span) if atom.span is not None else None,
        value=show_value(atom.type, atom.value),
        others=tuple(show_value(atom.type, v) for v in change.values),
        any_other=change.any_other,
    )


# ---------------------------------------------------------------------------------------------- reading


class NotATrace(Exception):
    """A text that is no saved trace that this program reads; the message says why."""


class Unfit(Exception):
    """A saved trace that speaks of what a program does not have; the message says of what."""


def decode_traces(data: bytes) -> TraceDocument:
    """The document that `encode_traces` wrote. Raises NotATrace."""
    if len(data) > MAX_BYTES:
        raise NotATrace(f"it is larger than {MAX_BYTES:,} bytes")
    try:
        document = msgspec.json.decode(data, type=TraceDocument)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise NotATrace(f"it is no saved trace: {error}") from error
    if document.schema != SCHEMA:
        raise NotATrace(f"it has schema {document.schema}, and this program reads schema {SCHEMA}")
    if not document.traces:
        raise NotATrace("it holds no trace")
    return document


def candidate_of(program: Program, saved: SavedTrace) -> Candidate:
    """The run that a saved trace claims, in terms of a program. Nothing is believed of it but names and types. Raises Unfit."""
    fingerprints = Fingerprints(program)
    faulted = bool(saved.steps) and saved.steps[-1].fault is not None
    steps = saved.steps[:-1] if faulted else saved.steps
    return Candidate(
        consts=_valuation(program.consts, saved.consts, "constant"),
        states=tuple(_valuation(program.states, v, "state variable") for v in (saved.initial, *(s.after for s in steps))),
        moves=tuple(_move(program, fingerprints, s) for s in saved.steps),
        loop_start=saved.loop_start,
    )


def _move(program: Program, fingerprints: Fingerprints, saved: SavedStep) -> Move:
    declared = program.steps.get(saved.step)
    if declared is None:
        raise Unfit(f"there is no step {saved.step}")
    names = [p.name for p in declared.params]
    if sorted(names) != sorted(saved.args):
        raise Unfit(f"step {saved.step} has other parameters")
    args = tuple(typed_value(p.type, saved.args[p.name], f"{p.name} of {saved.step}") for p in declared.params)
    known = choices(program)
    made: dict[Site, Value] = {}
    for choice in saved.choices:
        try:
            site = fingerprints.site(choice.site)
            local = known[site[-1]].local
        except (KeyError, IndexError):
            raise Unfit(f"there is no choice of {choice.name} where step {saved.step} made one") from None
        made[site] = typed_value(local.type, choice.value, f"the choice of {choice.name}")
    return Move(saved.step, () if saved.resume else args, saved.resume, made)


def _valuation(variables: Mapping[str, Variable], values: Mapping[str, Json], what: str) -> dict[str, Value]:
    for name in values:
        if name not in variables:
            raise Unfit(f"there is no {what} {name}")
    for name in variables:
        if name not in values:
            raise Unfit(f"the trace has no value for the {what} {name}")
    return {name: typed_value(v.type, values[name], name) for name, v in variables.items()}


def typed_value(kind: Type, value: Json, what: str) -> Value:
    """The inverse of `plain_value`. Raises Unfit where the JSON value is none of the type; `what` names it in the message."""
    try:
        return _typed(kind, value)
    except (KeyError, ValueError, TypeError):
        raise Unfit(f"{what} has a value that is no {type_name(kind)}") from None


def _typed(kind: Type, value: Any) -> Value:
    match kind:
        case BoolType() if isinstance(value, bool):
            return value
        case IntType(low, high) if _is_int(value) and low <= value <= high:
            return int(value)
        case WordType(bits) if _is_int(value) and 0 <= value < 1 << bits:
            return int(value)
        case OptionalType(inner):
            return None if value is None else _typed(inner, value)
        case EnumType(_, members) if isinstance(value, str):
            return members.index(value)
        case FlagsType(_, members, _) if isinstance(value, list):
            names = cast("list[str]", value)
            return sum(1 << i for i in {members.index(n) for n in names})
        case RecordType(_, fields) if isinstance(value, dict):
            record = cast("dict[str, Any]", value)
            if len(record) != len(fields):
                raise ValueError
            return tuple(_typed(t, record[name]) for name, t in fields)
        case ArrayType(index, element):
            return tuple(_typed(element, v) for v in _elements(index, value))
        case _:
            raise ValueError


def _elements(index: IntType | EnumType, value: Any) -> list[Any]:
    size = index_size(index)
    if isinstance(index, EnumType):
        items = cast("dict[str, Any]", value)
        if not isinstance(value, dict) or len(items) != size:
            raise ValueError
        return [items[index_text(index, i)] for i in range(size)]
    elements = cast("list[Any]", value)
    if not isinstance(value, list) or len(elements) != size:
        raise ValueError
    return elements


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
