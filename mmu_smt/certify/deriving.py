"""From a question and the stages of a proof to everything that a certificate says: obligations and claims.

The same function writes a certificate and checks one; what differs is only where the stages come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mmu_smt.certify.cases import Case, NoCertificate, Obligation, case_of
from mmu_smt.certify.manifest import (
    CaseRecord,
    ClaimRecord,
    CountRecord,
    EmptyRecord,
    ObligationRecord,
    RecurrenceRecord,
    StageRecord,
    TerminationRecord,
    WithoutRecord,
    digest,
    stage_of,
)
from mmu_smt.certify.obligations import counted_beside, domains, obligations
from mmu_smt.model.argument import PREMISE
from mmu_smt.model.lower import cases, lower
from mmu_smt.model.system import ProgressQuery
from mmu_smt.model.term import Term
from mmu_smt.semantics.program import Config, Program, Property, PropertyKind, TExpr


@dataclass(frozen=True, slots=True)
class Derived:
    """`texts`: of the obligations' files, by name. `without`: properties that are not proved in every case, and why."""

    claims: tuple[ClaimRecord, ...]
    cases: tuple[CaseRecord, ...]
    texts: Mapping[str, str]
    without: tuple[WithoutRecord, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A program under a config, and the properties that are judged, in order."""

    program: Program
    config: Config
    properties: tuple[Property, ...]


@dataclass(slots=True)
class _Settled:
    """What the stages of one case have come to."""

    proved: frozenset[str]
    vacuous: frozenset[str]
    counts: Mapping[str, int]


def derive(judged: Judged, proofs: Sequence[tuple[Mapping[str, int], Sequence[StageRecord]]]) -> Derived:
    """Derive everything. `proofs`: for each case its values and its stages.

    Raises NoCertificate where a stage makes no sense, or the cases are not those of the program.
    """
    wanted = [dict(c) for c in cases(judged.program, judged.config)]
    if [dict(values) for values, _ in proofs] != wanted:
        raise NoCertificate("the cases are not those into which the system is divided")
    texts: dict[str, str] = {}
    records: list[CaseRecord] = []
    settled: list[_Settled] = []
    for number, (values, stages) in enumerate(proofs, start=1):
        folder = f"case-{number}/" if len(proofs) > 1 else ""
        made: list[ObligationRecord] = []
        lowered = lower(judged.program, judged.config, values)
        case = case_of(lowered.system, [lowered.query(p) for p in judged.properties])
        for obligation in _all(case, stages):
            name = f"{folder}{obligation.name}.smt2"
            if name in texts:
                raise NoCertificate(f"two obligations are called {name}")
            texts[name] = obligation.text
            made.append(ObligationRecord(name, "\n".join(obligation.says), obligation.unrolled, digest(obligation.text)))
        records.append(CaseRecord(dict(values), tuple(stages), tuple(made)))
        settled.append(_settled(case, stages))
    claims = [_claim(p, settled) for p in judged.properties if all(p.name in s.proved for s in settled)]
    claimed = {c.property for c in claims}
    left = [WithoutRecord(p.name, "its argument is not written down") for p in judged.properties if p.name not in claimed]
    return Derived(tuple(claims), tuple(records), texts, tuple(left))


def _all(case: Case, stages: Sequence[StageRecord]) -> Iterator[Obligation]:
    yield from domains(case.system)
    for number, record in enumerate(stages, start=1):
        yield from obligations(case, stage_of(record, case.system, lambda r: _counter(case, r)), number)


def _counter(case: Case, record: CountRecord) -> dict[str, Term]:
    """The variables of the counter that a stage puts beside the system."""
    found: dict[str, Term] = {}
    for name in record.proves:
        query = case.query(name)
        if not isinstance(query, ProgressQuery):
            raise NoCertificate(f"`{name}` counts nothing")
        made = counted_beside(case.system, query, record.most, finite=record.finite)
        found |= {str(v.payload): v for v in made.system.state if v.payload in made.added}
    return found


def _settled(case: Case, stages: Sequence[StageRecord]) -> _Settled:
    """An event that never happens does not recur either, so a progress query is proved with it."""
    empty = any(isinstance(s, EmptyRecord) for s in stages)
    names = frozenset(case.settled)
    idle = frozenset(n for n, q in case.queries.items() if isinstance(q, ProgressQuery) and PREMISE + n in names)
    vacuous = frozenset(n for n in case.queries if PREMISE + n in names) | (frozenset(case.queries) if empty else frozenset[str]())
    counts: dict[str, int] = dict.fromkeys(idle, 0)
    for record in stages:
        if isinstance(record, TerminationRecord | RecurrenceRecord):
            counts |= record.least
        elif isinstance(record, CountRecord) and record.finite:
            counts |= dict.fromkeys(record.proves, record.most)
    return _Settled(names | idle, vacuous, counts)


def _claim(judged: Property, settled: Sequence[_Settled]) -> ClaimRecord:
    name = judged.name
    is_cover = judged.kind in (PropertyKind.COVER, PropertyKind.COVER_LASSO)
    vacuous = all(name in s.vacuous for s in settled)
    word = "unreachable" if is_cover else "vacuous" if vacuous else "proved"
    says = f"No run, of any length, {'does' if is_cover else 'violates'} {name}."
    if judged.within == "least":
        most = max(s.counts.get(name, 0) for s in settled)
        says = f"In no run, of any length, what recurs in {name} happens more than {most} times before its end."
    if word == "vacuous":
        says += " What would put it to the test never happens."
    return ClaimRecord(name, word, says, _text(judged))


def _text(judged: Property) -> str:
    """The property in the specification's own words."""
    if judged.recurs is not None:
        within = "" if judged.within is None else f" within {judged.within}"
        return f"{judged.kind.value}{within}: recurs {_source(judged.recurs)} never {_source(judged.never)}"
    return f"{judged.kind.value}: {_source(judged.condition)}" if judged.condition is not None else judged.kind.value


def _source(expression: TExpr | None) -> str:
    return "" if expression is None else " ".join(expression.span.text.split())
