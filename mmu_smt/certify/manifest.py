"""The manifest of a certificate: what was asked, what is claimed, and what the proof rests on, as JSON.

Three kinds of things stand in it. What the obligations are derived from: the question, and the *stages* of the proof. What follows from
that and is compared when it is checked: claims and obligations. And what nothing rests on: the tool's name, and what has no certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import TypeAlias, assert_never

import msgspec

from mmu_smt.certify.cases import NoCertificate
from mmu_smt.certify.rendering import rendered
from mmu_smt.certify.smtlib import term_text
from mmu_smt.certify.terms import MOST, BadTerm, parse_term, reading
from mmu_smt.model.argument import (
    Along,
    Coordinate,
    Counted,
    Empty,
    Exhausted,
    Inductive,
    Measured,
    Ranked,
    Recurrent,
    Relied,
    Round,
    Stage,
    Way,
)
from mmu_smt.model.system import TransitionSystem
from mmu_smt.model.table import variables
from mmu_smt.model.term import Op, Term

FORMAT = 1
NAME = "manifest.json"


class Record(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    pass


class TermRecord(Record, frozen=True):
    """`smt`: over variables of the system, by name. `text`: the same as the language would say it, for reading."""

    smt: str
    text: str


class FlightRecord(Record, frozen=True):
    idle: dict[str, int]
    disturbed: tuple[str, ...]


class InductionRecord(Record, frozen=True, tag="induction"):
    proves: tuple[str, ...]
    places: int
    clauses: tuple[TermRecord, ...] = ()


class RelyRecord(Record, frozen=True, tag="rely-guarantee induction"):
    proves: tuple[str, ...]
    flights: FlightRecord
    idle_values: dict[str, int]
    last: int


class CountRecord(Record, frozen=True, tag="k-liveness"):
    """`clauses`: over constants, state, and the counter beside the system."""

    proves: tuple[str, ...]
    most: int
    finite: bool
    clauses: tuple[TermRecord, ...] = ()


class CoordinateRecord(Record, frozen=True):
    """What moves one way: a state variable or a condition."""

    way: str
    variable: str | None = None
    condition: TermRecord | None = None
    target: TermRecord | None = None


class RoundRecord(Record, frozen=True):
    """`last`: of flights; none where it is every transition from any valid state."""

    coordinates: tuple[CoordinateRecord, ...]
    last: int | None = None


class RankRecord(Record, frozen=True, tag="ranking"):
    """`first` is 0 with an `imprint`: what the event leaves behind."""

    proves: tuple[str, ...]
    rounds: tuple[RoundRecord, ...]
    first: int
    behind: int = 0
    flights: FlightRecord | None = None
    imprint: tuple[str, ...] | None = None
    fair: bool = False


class MeasureRecord(Record, frozen=True, tag="declared measure"):
    """The measure is the property's own, and stands in the specification."""

    proves: tuple[str, ...]


class TerminationRecord(Record, frozen=True, tag="termination bound"):
    proves: tuple[str, ...]
    transitions: int
    least: dict[str, int] = {}


class RecurrenceRecord(Record, frozen=True, tag="recurrence bound"):
    proves: tuple[str, ...]
    transitions: int
    least: dict[str, int] = {}
    fair: bool = False


class EmptyRecord(Record, frozen=True, tag="no initial state"):
    proves: tuple[str, ...]


StageRecord: TypeAlias = (
    InductionRecord | RelyRecord | CountRecord | RankRecord | MeasureRecord | TerminationRecord | RecurrenceRecord | EmptyRecord
)


class ObligationRecord(Record, frozen=True):
    """`unrolled`: it follows several transitions."""

    file: str
    says: str
    unrolled: bool
    sha256: str


class CaseRecord(Record, frozen=True):
    """`values`: of the constants by which the system is divided; none where it is not."""

    values: dict[str, int]
    stages: tuple[StageRecord, ...]
    obligations: tuple[ObligationRecord, ...] = ()


class ClaimRecord(Record, frozen=True):
    """`word`: as a verdict. `says`: the claim in words. `text`: what the property says, in the specification's own words."""

    property: str
    word: str
    says: str
    text: str


class WithoutRecord(Record, frozen=True):
    """A verdict that would need a certificate and has none."""

    property: str
    reason: str


class Question(Record, frozen=True):
    """What is judged: a variant of a target (None: its modules alone) under a config (None: the default), with parameters.

    `spec`: the digest of the specification's text. `properties`: in the order in which they are judged.
    """

    target: str
    variant: str | None
    config: tuple[str, ...] | None
    params: dict[str, int]
    spec: str
    properties: tuple[str, ...]


class Manifest(Record, frozen=True):
    format: int
    tool: str
    solver: str
    options: dict[str, int | float | None]
    question: Question
    claims: tuple[ClaimRecord, ...]
    without: tuple[WithoutRecord, ...]
    cases: tuple[CaseRecord, ...]


class BadManifest(ValueError):
    """The bytes are no manifest. The message says why."""


def encode(manifest: Manifest) -> bytes:
    """The same bytes for the same manifest."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"


def decode(data: bytes) -> Manifest:
    """Raises BadManifest."""
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadManifest(" ".join(str(error).split())) from error
    if manifest.format != FORMAT:
        raise BadManifest(f"format {manifest.format}, where {FORMAT} was expected")
    return manifest


def digest(text: str) -> str:
    """SHA-256 of a file's text, in hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


# ---------------------------------------------------------------------------------------------- stages


def record_of(stage: Stage) -> StageRecord:
    """A stage as it stands in a manifest. Raises NoCertificate where it cannot be written."""
    match stage:
        case Inductive():
            return InductionRecord(stage.queries, stage.places, tuple(term_record(c) for c in stage.clauses))
        case Relied():
            return RelyRecord(stage.queries, _flight_record(stage.along), dict(stage.rest), stage.last)
        case Counted():
            return CountRecord(stage.queries, stage.most, stage.finite, tuple(term_record(c) for c in stage.clauses))
        case Ranked():
            rounds = tuple(RoundRecord(tuple(_coordinate_record(c) for c in r.coordinates), r.last) for r in stage.rounds)
            flights = None if stage.along is None else _flight_record(stage.along)
            return RankRecord(stage.queries, rounds, stage.first, stage.behind, flights, stage.imprint, stage.fair)
        case Measured():
            return MeasureRecord(stage.queries)
        case Exhausted():
            return TerminationRecord(stage.queries, stage.transitions, dict(stage.least))
        case Recurrent():
            return RecurrenceRecord(stage.queries, stage.transitions, dict(stage.least), stage.fair)
        case Empty():
            return EmptyRecord(stage.queries)
        case _:
            assert_never(stage)


def stage_of(record: StageRecord, system: TransitionSystem, beside: Callable[[CountRecord], Mapping[str, Term]]) -> Stage:
    """The stage that a record stands for. `beside`: the variables of its counter. Raises NoCertificate where it stands for none."""
    constants = {str(v.payload): v for v in system.constants}
    state = {str(v.payload): v for v in system.state}
    match record:
        case InductionRecord():
            return Inductive(record.proves, record.places, _clauses(record.clauses, system, {**constants, **state}))
        case CountRecord():
            known = {**constants, **state, **beside(record)}
            return Counted(record.proves, record.most, record.finite, _clauses(record.clauses, system, known))
        case RelyRecord():
            return Relied(record.proves, _along(record.flights), tuple(record.idle_values.items()), record.last)
        case RankRecord():
            rounds = tuple(Round(tuple(_coordinate(c, system, constants, state) for c in r.coordinates), r.last) for r in record.rounds)
            along = None if record.flights is None else _along(record.flights)
            return Ranked(record.proves, rounds, record.first, record.behind, along, record.imprint, record.fair)
        case MeasureRecord():
            return Measured(record.proves)
        case TerminationRecord():
            return Exhausted(record.proves, record.transitions, tuple(record.least.items()))
        case RecurrenceRecord():
            return Recurrent(record.proves, record.transitions, tuple(record.least.items()), record.fair)
        case EmptyRecord():
            return Empty(record.proves)
        case _:
            assert_never(record)


def _clauses(records: Iterable[TermRecord], system: TransitionSystem, known: Mapping[str, Term]) -> tuple[Term, ...]:
    clauses = tuple(_term(c, system, known) for c in records)
    if any(c.width for c in clauses):
        raise NoCertificate("a clause that is no condition")
    return clauses


def term_record(term: Term) -> TermRecord:
    """A term as it stands in a manifest. Raises NoCertificate where it is too large."""
    smt = term_text(term, MOST)
    if smt is None:
        raise NoCertificate("a term is too large to be written down")
    return TermRecord(smt, rendered(reading(smt, {name: v.width for name, v in variables((term,)).items()})))


def _term(record: TermRecord, system: TransitionSystem, known: Mapping[str, Term]) -> Term:
    try:
        term = parse_term(record.smt, system.table, known)
        if record.text != rendered(reading(record.smt, {name: v.width for name, v in known.items()})):
            raise NoCertificate(f"{record.text} is not what it stands beside")
    except BadTerm as error:
        raise NoCertificate(str(error)) from error
    return term


def _flight_record(along: Along) -> FlightRecord:
    return FlightRecord(dict(along.idle), along.disturbed)


def _along(record: FlightRecord) -> Along:
    return Along(tuple(record.idle.items()), record.disturbed)


def _coordinate_record(coordinate: Coordinate) -> CoordinateRecord:
    target = None if coordinate.target is None else term_record(coordinate.target)
    term = coordinate.term
    if term.op is Op.VAR:
        return CoordinateRecord(coordinate.way.value, variable=str(term.payload), target=target)
    return CoordinateRecord(coordinate.way.value, condition=term_record(term), target=target)


def _coordinate(record: CoordinateRecord, system: TransitionSystem, constants: Mapping[str, Term], state: Mapping[str, Term]) -> Coordinate:
    if record.way not in [way.value for way in Way]:
        raise NoCertificate(f"no variable {record.way}")
    target = None if record.target is None else _term(record.target, system, constants)
    if record.condition is not None and record.variable is None:
        return Coordinate(_term(record.condition, system, {**constants, **state}), Way(record.way), target)
    if record.variable is None or record.variable not in state or record.condition is not None:
        raise NoCertificate(f"there is no state variable `{record.variable}`")
    return Coordinate(state[record.variable], Way(record.way), target)
