"""Certificates of random small systems, and what happens to them when somebody changes what the proof is said to rest on.

A mutant is a manifest's stages with one thing changed; its obligations are derived afresh, as somebody who recomputes every hash would have
it. Most are refused. One that is accepted must claim nothing that an explicit search of the system contradicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from random import Random

from msgspec.structs import replace

from mmu_smt.api.certifying import Collected, _records
from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.api.targets import inapplicable
from mmu_smt.certify.cases import NoCertificate
from mmu_smt.certify.deriving import Derived, Judged, derive
from mmu_smt.certify.manifest import (
    CoordinateRecord,
    CountRecord,
    EmptyRecord,
    FlightRecord,
    InductionRecord,
    MeasureRecord,
    RankRecord,
    RecurrenceRecord,
    RelyRecord,
    RoundRecord,
    StageRecord,
    TerminationRecord,
    TermRecord,
    term_record,
)
from mmu_smt.interpret.explicit import ExplicitResult, explore
from mmu_smt.interpret.machine import TooLarge
from mmu_smt.model.cone import query_cone
from mmu_smt.model.lower import lower
from mmu_smt.model.system import ProgressQuery
from mmu_smt.solve.scripts import ScriptSolver, solvers
from mmu_smt.solve.session import Status
from mmu_smt.witness.verdicts import Engine, Word
from tests.differential.compare import checked
from tests.differential.generate import GeneratedSpec, generate
from tests.differential.marking import BROKEN, MARKING

TOGGLE = """\
state x: bool = false
state n: 0..3 = 0
step flip() by guest { x = !x }
step climb() by guest when n < 3 { n += 1 }
progress flips { recurs taken(flip) never false }
progress climbs { recurs taken(climb) never false }
progress flips_back { recurs taken(flip) never taken(climb) }
invariant low { n <= 2 }
"""
CUT = """\
state x: 0..3 = 0
state w: bool = false
state held: bool = false
step up() by guest when x == 1 { x = 2 }
step short() by guest when x == 2 {
    yield "one"
    x = 2
}
step long() by guest when x == 0 {
    held = true
    yield "one"
    yield "two"
    held = false
    x = 3
}
step again() by guest when x == 3 { x = 0 }
step other() by env { w = !w }
config busy { enable other }
progress goes_round { recurs taken(again) never false }
progress upwards { recurs taken(up) never false }
progress env_for_ever { recurs taken(other) never false }
progress within_long { recurs taken(long) never taken(again) }
invariant held_low { held => x == 0 }
invariant never_held { !held }
invariant never_w { !w }
"""
ONCE = """\
state x: 0..3 = 0
state w: bool = false
step on() by guest when x < 3 {
    yield "one"
    x += 1
}
step other() by env { w = !w }
config busy { enable other }
progress goes_on { recurs taken(on) never false }
progress env_for_ever { recurs taken(other) never false }
invariant small { x <= 3 }
invariant never_w { !w }
"""
LOOK = """\
state w: bool = false
state seen: bool = false
step look() by guest when !seen {
    let before = w
    yield "one"
    if w != before {
        seen = true
    }
}
step other() by env { w = !w }
terminal seen
config busy { enable other }
invariant never_seen { !seen }
invariant w_or_not { w || !w }
"""
LATE = """\
state x: 0..3 = 0
state w: bool = false
step long() by guest when x == 0 {
    yield "one"
    yield "two"
    x = 3
}
step other() by env { w = !w }
terminal x == 3
config busy { enable other }
invariant never_three { x <= 2 }
invariant up_to_three { x <= 3 }
"""
COUNT = """\
state n: 0..3 = 0
step act() by guest when n < 3 { n += 1 }
terminal n == 3
progress soon within least { recurs taken(act) never false }
progress in_two within 2 { recurs taken(act) never false }
"""
FAIR = """\
state x: 0..2 = 0
state w: bool = false
step toggle() by guest { w = !w }
step up() by guest when x < 2 { x += 1 }
step down() by guest when x == 2 { x = 0 }
config busy { enable up weakly fair }
progress low { recurs x == 0 never taken(up) }
progress below { recurs x < 2 never taken(up) }
progress at_all { recurs w never taken(up) }
progress waits { recurs taken(toggle) never taken(down) }
progress turns { recurs taken(up) never taken(toggle) }
"""
GONE = """\
const far: bool
state w: bool = false
state gone: bool = false
step toggle() by guest { w = !w }
step leave() by guest when w && !gone { gone = true }
step come() by guest when gone && far { gone = false }
config patient { enable leave strongly fair }
config eager { enable leave weakly fair }
progress stays { recurs !gone never taken(leave) }
progress stays_near { recurs !gone never far }
progress leaves { recurs taken(leave) never false }
progress idles { recurs gone never false }
"""
EIGHT = """\
state x: 0..3 = 0
step a() by guest when x == 0 { x = 1 }
step b() by guest when x == 0 { x = 2 }
step c() by guest when x == 0 { x = 3 }
step back() by guest when x > 0 { x = 0 }
config busy { enable a strongly fair enable b strongly fair enable c strongly fair }
progress turns { recurs taken(back) never false }
"""
BLINK = """\
state w: bool = false
step toggle() by guest { w = !w }
step rest() by guest when w { }
config busy { enable rest weakly fair }
progress blinks { recurs taken(toggle) never taken(rest) }
"""
STEM = """\
state x: 0..3 = 0
step up() by guest when x < 3 { x += 1 }
step stay() by guest when x == 3 { }
config busy { enable stay weakly fair }
progress settles { recurs taken(stay) never taken(up) }
"""
FAIRNESS = (
    (FAIR, "busy", "a step that is weakly fair"),
    (FAIR, "busy", "the same, by recurrence alone"),
    (GONE, "patient", "a step that is strongly fair"),
    (GONE, "patient", "the same, by recurrence alone"),
    (GONE, "eager", "weakly fair, by recurrence alone"),
    (GONE, "eager", "weakly fair"),
    (EIGHT, "busy", "a loop that comes through one place three times"),
    (BLINK, "busy", "a loop that is fair because a step is disabled in it"),
    (STEM, "busy", "a long way to the loop"),
)
PLAIN = (
    GeneratedSpec(-1, TOGGLE, None, (), "loops of one transition", Counter()),
    GeneratedSpec(-2, CUT, None, ("busy",), "a loop of a step that is interrupted", Counter()),
    GeneratedSpec(-3, ONCE, None, ("busy",), "a variable that rises along flights", Counter()),
    GeneratedSpec(-4, LOOK, None, ("busy",), "a step to which it matters what is disturbed", Counter()),
    GeneratedSpec(-5, COUNT, None, (), "an end after so many transitions", Counter()),
    GeneratedSpec(-6, COUNT, None, (), "the same, by reachability alone", Counter()),
    GeneratedSpec(-7, LATE, None, ("busy",), "a step that does something at its end", Counter()),
    GeneratedSpec(-8, MARKING, None, ("busy",), "an event that prevents itself", Counter()),
    *(GeneratedSpec(-9 - i, text, None, ("busy",), "an event that does not", Counter()) for i, text in enumerate(BROKEN)),
)
HAND = PLAIN + tuple(GeneratedSpec(-1 - len(PLAIN) - i, text, None, (c,), what, Counter()) for i, (text, c, what) in enumerate(FAIRNESS))
"""Systems in which what a rank, a flight or a count rests on makes a difference: their seeds are -1, -2, …"""
FAIR_SEEDS = tuple(range(-len(HAND), -len(PLAIN)))
"""Those of them in which fairness does."""

GOOD = -8
"""The one in which an event prevents itself; those in which it does not follow."""


def engines_of(seed: int) -> frozenset[Engine] | None:
    """Who may prove something. Of every third system what is found by reachability alone, which otherwise decides little."""
    if seed < 0 and HAND[-seed - 1].description.endswith("by recurrence alone"):
        return frozenset({Engine.RECURRENCE})
    return frozenset({Engine.REACHABILITY}) if seed % 3 == 0 else None


PROOFS = (Word.PROVED, Word.UNREACHABLE, Word.VACUOUS)
Stages = tuple[StageRecord, ...]


@dataclass
class Tried:
    """What came of one system. `wrong`: what a certificate claims against the explicit search, or that a good one is not accepted."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)


class Bench:
    """One random system with its certificate and its explicit search."""

    def __init__(self, seed: int) -> None:
        spec = generate(seed) if seed >= 0 else HAND[-seed - 1]
        self.seed = seed
        self.program, self.config = checked(spec)
        properties = tuple(self.program.properties.values())
        self.judged = Judged(self.program, self.config, tuple(p for p in properties if not inapplicable(p, self.config)))
        self.lowered = lowered = lower(self.program, self.config)
        cones = {p.name: lowered.cone_names(lowered.query(p)) for p in self.judged.properties}
        self.explicit: ExplicitResult = explore(self.program, self.config, max_configurations=1500, max_initial=1500, cone=cones)
        collected = Collected()
        limits = Limits(bound=8, seconds=10)
        request = Request("generated.mmu", self.program, self.config, properties, limits, engines=engines_of(seed))
        self.result = check_program(request, proved=collected.add)
        self.reasons: dict[str, str] = {}
        self.proofs = [(case, _records(proof, self.reasons)) for case, proof in collected.proofs]
        self._answers: dict[str, bool] = {}
        (self._solver,) = solvers(["z3"])[0]

    def holds(self, text: str, solver: ScriptSolver | None = None) -> bool:
        """The obligation is answered `unsat`."""
        if text not in self._answers:
            reply = (solver or self._solver).ask(text, seconds=20)
            assert not reply.trouble, (reply.trouble, text)
            self._answers[text] = reply.status is Status.UNSAT
        return self._answers[text]

    def accepted(self, stages: Stages) -> Derived | None:
        """What a certificate with these stages claims, if it is accepted."""
        ((case, _),) = self.proofs
        try:
            derived = derive(self.judged, [(case, stages)])
        except NoCertificate:
            return None
        return derived if all(map(self.holds, derived.texts.values())) else None

    def lies(self, derived: Derived) -> Iterator[str]:
        """Claims that the explicit search contradicts."""
        for claim in derived.claims:
            expected = self.explicit.verdicts[claim.property]
            if expected.word not in PROOFS:
                yield f"{claim.property}: {claim.word}, explicit {expected.word}"
            elif claim.word == "vacuous" and expected.word is not Word.VACUOUS:
                yield f"{claim.property}: vacuous, explicit {expected.word}"
            elif expected.least is not None and " more than " in claim.says:
                most = int(claim.says.split(" more than ")[1].split()[0])
                if most < expected.least:
                    yield f"{claim.property}: at most {most}, explicit {expected.least}"


def bench(seed: int) -> Bench | None:
    """None where the system is too large, has no run at all, or is divided into cases."""
    try:
        made = Bench(seed)
    except TooLarge:
        return None
    return made if made.explicit.initial and len(made.proofs) == 1 else None


def tried(seed: int, mutants: int) -> Tried | None:
    """Check the certificate of a random system, and so many of its mutants."""
    made = bench(seed)
    if made is None:
        return None
    found = Tried(seed)
    ((_, stages),) = made.proofs
    whole = made.accepted(stages)
    if whole is None:
        found.wrong.append(f"seed {seed}: its own certificate is refused: {_refusal(made, stages)}")
        return found
    found.met.update(f"{_kind(s)} under fairness" for s in stages if isinstance(s, RankRecord | RecurrenceRecord) and s.fair)
    claimed = {c.property: c.word for c in whole.claims}
    for verdict in made.result.verdicts:
        name = verdict.property.name
        if verdict.word in PROOFS and name not in made.reasons:
            found.met[f"{verdict.by.split()[0]} {verdict.word}"] += 1
            if name not in claimed:
                found.wrong.append(f"seed {seed}: {name} is {verdict.word} by {verdict.by}, and not certified")
    found.wrong += [f"seed {seed}: {lie}" for lie in made.lies(whole)]
    rng = Random(seed)
    foreign = [("transplant", (*stages, record)) for record in _foreign(made)]
    for number in range(len(foreign) + mutants):
        kind, mutant = foreign[number] if number < len(foreign) else mutate(made, stages, rng)
        derived = made.accepted(mutant)
        found.met["refused" if derived is None else "accepted"] += 1
        found.met[f"{kind}: {'refused' if derived is None else 'accepted'}"] += 1
        if derived is not None:
            found.wrong += [f"seed {seed}, mutant {number} ({kind}): {lie}\n  {mutant}" for lie in made.lies(derived)]
    return found


def _foreign(made: Bench) -> Iterator[StageRecord]:
    """For a system in which an event does not prevent itself: the rank of the one in which it does."""
    if GOOD - len(BROKEN) <= made.seed < GOOD:
        own = [s.flights for s in made.proofs[0][1] if isinstance(s, RelyRecord)]
        disturbed = tuple(sorted({name for flights in own for name in flights.disturbed}))
        for record in _good_ranks():
            assert record.flights is not None
            yield replace(record, flights=replace(record.flights, disturbed=disturbed)) if disturbed else record


@cache
def _good_ranks() -> tuple[RankRecord, ...]:
    ((_, stages),) = Bench(GOOD).proofs
    ranks = tuple(stage for stage in stages if isinstance(stage, RankRecord) and stage.imprint)
    assert ranks
    return ranks


def _refusal(made: Bench, stages: Stages) -> str:
    ((case, _),) = made.proofs
    try:
        derived = derive(made.judged, [(case, stages)])
    except NoCertificate as error:
        return str(error)
    return ", ".join(name for name, text in derived.texts.items() if not made.holds(text))


# ---------------------------------------------------------------------------------------------- changes


def mutate(made: Bench, stages: Stages, rng: Random) -> tuple[str, Stages]:
    """One thing changed, and what it was. Half of the mutants claim something that the explicit search denies."""
    false = [n for n, v in made.explicit.verdicts.items() if v.word not in PROOFS]
    unmet = [f"premise of {n}" for n, v in made.explicit.verdicts.items() if v.word is Word.PROVED]
    endless = [n for n in false if isinstance(made.lowered.query(made.program.properties[n]), ProgressQuery)]
    if endless and made.lowered.system.fairness and rng.random() < 0.3:
        record = RecurrenceRecord((rng.choice(endless),), rng.randrange(1, 9), {}, True)
        return "invent a fair Recurrence", (*stages, record)
    if endless and rng.random() < 0.5:
        return _ranked(made, rng.choice(endless), stages, rng)
    roll = rng.random()
    if stages and (false or unmet) and roll < 0.4:
        at = rng.randrange(len(stages))
        added = rng.choice(false or unmet) if rng.random() < 0.8 else rng.choice(unmet or false)
        changed = replace(stages[at], proves=(*stages[at].proves, added))
        return f"claim more by {_kind(changed)}", (*stages[:at], _anyhow(changed, rng), *stages[at + 1 :])
    if false and roll < 0.6:
        return _invented(made, rng.choice(false), stages, rng)
    if not stages:
        return "nothing", stages
    at = rng.randrange(len(stages))
    if roll < 0.66:
        return "drop a stage", stages[:at] + stages[at + 1 :]
    if roll < 0.7:
        moved = list(stages)
        moved.insert(rng.randrange(len(stages)), moved.pop(at))
        return "order", tuple(moved)
    changed = _anyhow(stages[at], rng)
    return f"change {_kind(changed)}", (*stages[:at], changed, *stages[at + 1 :])


def _kind(record: StageRecord) -> str:
    return type(record).__name__.removesuffix("Record")


def _invented(made: Bench, name: str, stages: Stages, rng: Random) -> tuple[str, Stages]:
    """A stage made up for a property that does not hold."""
    n = rng.randrange(4)
    variables = sorted(v.payload for v in made.lowered.system.state if isinstance(v.payload, str))
    flights = next((s.flights for s in stages if isinstance(s, RelyRecord | RankRecord) and s.flights is not None), None)
    clause = TermRecord("false", "false")
    rounds = tuple(
        RoundRecord((CoordinateRecord(rng.choice(("rises", "falls")), v),), rng.choice((None, 0, 1)) if flights else None)
        for v in rng.sample(variables, min(len(variables), 3))
    )
    made_up: list[StageRecord] = [
        InductionRecord((name,), n + 1),
        InductionRecord((name,), n + 1, (clause,)),
        RankRecord((name,), rounds, n + 1, n if flights else 0, flights),
        TerminationRecord((name,), n, {name: n}),
        RecurrenceRecord((name,), n + 1, {name: n}),
        RecurrenceRecord((name,), n + 3, {}, True),
        CountRecord((name,), n, rng.random() < 0.5, (clause,)),
        CountRecord((name,), n, rng.random() < 0.5),
        EmptyRecord((name,)),
        MeasureRecord((name,)),
    ]
    if flights is not None:
        made_up.append(RelyRecord((name,), flights, {}, n))
    stage = rng.choice(made_up)
    return f"invent {_kind(stage)}", (*stages, stage)


def _ranked(made: Bench, name: str, stages: Stages, rng: Random) -> tuple[str, Stages]:
    """A rank made up of all variables, or some, for a property that some loop violates."""
    system = made.lowered.system
    query = made.lowered.query(made.program.properties[name])
    flights = next((s.flights for s in stages if isinstance(s, RelyRecord | RankRecord) and s.flights is not None), None)
    if flights is None and any(c.actor == "env" for c in system.choices) and not system.flight:
        flights = FlightRecord({}, tuple(sorted(str(v.payload) for v in system.state)))
    if flights is not None and rng.random() < 0.3:
        flights = _flights(flights, rng)
    variables = sorted(query_cone(system, query) | system.flight)
    rng.shuffle(variables)
    if rng.random() < 0.3:
        variables = variables[: rng.randrange(len(variables) + 1)]
    last = None if flights is None or rng.random() < 0.3 else rng.randrange(2)
    coordinates = tuple(_coordinate(made, v, rng) for v in variables)
    rounds = tuple(RoundRecord((c,), last) for c in coordinates) if rng.random() < 0.5 else (RoundRecord(coordinates, last),)
    behind = rng.randrange(2) if flights else 0
    if rng.random() < 0.5:
        imprint = tuple(rng.sample(variables, rng.randrange(len(variables) + 1)))
        return "invent an imprint", (*stages, RankRecord((name,), rounds, 0, behind, flights, imprint))
    stage = RankRecord((name,), rounds, rng.randrange(1, 3), behind, flights, None, rng.random() < 0.5)
    return "invent a whole Rank", (*stages, stage)


def _coordinate(made: Bench, name: str, rng: Random) -> CoordinateRecord:
    """A variable, or that it has a certain value, and a way."""
    way = rng.choice(("rises", "falls"))
    table, variable = made.lowered.system.table, next(v for v in made.lowered.system.state if v.payload == name)
    if rng.random() < 0.6:
        return CoordinateRecord(way, name)
    value = table.eq(variable, table.const(rng.randrange(1 << variable.width), variable.width)) if variable.width else table.not_(variable)
    return CoordinateRecord(way, condition=term_record(value))


def _anyhow(record: StageRecord, rng: Random) -> StageRecord:
    match record:
        case InductionRecord():
            if rng.random() < 0.5 and len(record.proves) > 1:
                return replace(record, proves=_without(record.proves, rng))
            return replace(record, places=max(1, record.places + rng.choice((-2, -1, 0, 1))))
        case RelyRecord():
            roll = rng.random()
            if roll < 0.3 and len(record.proves) > 1:
                return replace(record, proves=_without(record.proves, rng))
            if roll < 0.5 and record.idle_values:
                return replace(record, idle_values=_value(record.idle_values, rng))
            if roll < 0.7:
                return replace(record, flights=_flights(record.flights, rng))
            return replace(record, last=max(0, record.last + rng.choice((-1, 1))))
        case CountRecord():
            roll = rng.random()
            if roll < 0.4 and record.clauses:
                return replace(record, clauses=_without(record.clauses, rng))
            if roll < 0.6:
                return replace(record, finite=not record.finite)
            return replace(record, most=max(0, record.most + rng.choice((-2, -1, 1))))
        case RankRecord():
            return _rank(record, rng)
        case TerminationRecord() | RecurrenceRecord():
            if isinstance(record, RecurrenceRecord) and rng.random() < 0.3:
                return replace(record, fair=not record.fair)
            if record.least and rng.random() < 0.5:
                return replace(record, least={n: max(0, k + rng.choice((-1, 1))) for n, k in record.least.items()})
            return replace(record, transitions=max(0, record.transitions + rng.choice((-2, -1, 1))))
        case EmptyRecord() | MeasureRecord():
            return record


def _rank(record: RankRecord, rng: Random) -> RankRecord:
    roll = rng.random()
    if rng.random() < 0.15:
        return replace(record, fair=not record.fair)
    if record.imprint and rng.random() < 0.3:
        return replace(record, imprint=_without(record.imprint, rng))
    if roll < 0.2:
        return replace(record, first=max(1, record.first + rng.choice((-2, -1, 1))))
    if roll < 0.3 and record.flights is not None:
        return replace(record, behind=max(0, record.behind + rng.choice((-1, 1))))
    if roll < 0.45 and record.flights is not None:
        return replace(record, flights=_flights(record.flights, rng))
    if not record.rounds:
        return replace(record, first=max(1, record.first - 1))
    at = rng.randrange(len(record.rounds))
    turn = record.rounds[at]
    if roll < 0.6:
        return replace(record, rounds=_without(record.rounds, rng))
    if roll < 0.7 and turn.last is not None:
        changed = replace(turn, last=None if rng.random() < 0.5 else max(0, turn.last - 1))
    elif roll < 0.85:
        which = rng.randrange(len(turn.coordinates))
        coordinate = turn.coordinates[which]
        swapped = replace(coordinate, way="falls" if coordinate.way == "rises" else "rises", target=None)
        changed = replace(turn, coordinates=(*turn.coordinates[:which], swapped, *turn.coordinates[which + 1 :]))
    else:
        changed = replace(turn, coordinates=_without(turn.coordinates, rng))
    return replace(record, rounds=(*record.rounds[:at], changed, *record.rounds[at + 1 :]))


def _without(items: tuple, rng: Random) -> tuple:
    at = rng.randrange(len(items))
    return items[:at] + items[at + 1 :]


def _value(values: dict[str, int], rng: Random) -> dict[str, int]:
    name = rng.choice(sorted(values))
    return {**values, name: values[name] ^ 1} if rng.random() < 0.5 else {n: v for n, v in values.items() if n != name}


def _flights(flights: FlightRecord, rng: Random) -> FlightRecord:
    if flights.disturbed and rng.random() < 0.6:
        return replace(flights, disturbed=_without(flights.disturbed, rng))
    return replace(flights, idle=_value(flights.idle, rng)) if flights.idle else flights
