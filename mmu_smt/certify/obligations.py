"""What has to be shown for a stage of a proof: questions whose answer must be `unsat`, and why they are enough.

The reasons stand in docs/certificates.md, under the same headings. An obligation demands nothing that the reasons do not allow: place 0 of
a step is any state with values of its types, and what earlier stages have settled is demanded of every place that belongs to a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import assert_never

from mmu_smt.certify.cases import Case, NoCertificate, Obligation, finished
from mmu_smt.certify.counting import Counter
from mmu_smt.certify.fairness import Met, no_repetition
from mmu_smt.certify.flights import relied, rest_queries
from mmu_smt.certify.ranks import measured, ranked
from mmu_smt.certify.smtlib import Node, Script
from mmu_smt.certify.unrolling import Unrolling
from mmu_smt.model import kliveness
from mmu_smt.model.argument import Counted, Empty, Exhausted, Inductive, Measured, Ranked, Recurrent, Relied, Stage
from mmu_smt.model.cone import cone_of, query_cone
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem

MOST = 1_000
"""No count of a certificate goes further."""


def obligations(case: Case, stage: Stage, number: int) -> Iterator[Obligation]:
    """The obligations of one stage, which is the next one after those that `case` has seen. What it settles is settled afterwards.

    Raises NoCertificate.
    """
    prefix = f"{number:02}-"
    match stage:
        case Inductive():
            yield from _inductive(case, stage, prefix)
        case Relied():
            yield from relied(case, stage, prefix)
        case Counted():
            yield from _bounded(case, stage, prefix)
        case Ranked():
            yield from ranked(case, stage, prefix)
        case Measured():
            yield from measured(case, stage, prefix)
        case Exhausted():
            yield from _exhausted(case, stage, prefix)
        case Recurrent():
            yield from _recurrent(case, stage, prefix)
        case Empty():
            yield _empty(case, prefix)
        case _:
            assert_never(stage)
    case.settled.update({name: case.query(name) for name in stage.queries})
    if isinstance(stage, Inductive):
        case.clauses.extend(stage.clauses)
    if isinstance(stage, Relied):
        case.clauses.extend(case.system.table.not_(q.bad) for q in rest_queries(case.system, stage))


def domains(system: TransitionSystem) -> Iterator[Obligation]:
    """That every state of every run has values of its types, which the other obligations demand of their first place."""
    script = Script()
    run = Unrolling(script, system, frozenset())
    run.initialise()
    script.demand("some state variable has no value of its type", script.negated(run.at(0, system.domain_state)))
    yield finished("00-types-initially", script, "Initial states have values of their types.")
    script = Script()
    run = Unrolling(script, system, frozenset(str(v.payload) for v in system.state))
    run.permit()
    script.demand("place 0 has values of its types", run.at(0, system.domain_state))
    run.take(0, 1)
    script.demand("some state variable has no value of its type afterwards", script.negated(run.at(1, system.domain_state)))
    yield finished("00-types-kept", script, "A transition from a state with values of its types leads to one.")


def begin_anywhere(case: Case, cone: frozenset[str], loose: frozenset[str] = frozenset()) -> tuple[Script, Unrolling]:
    """A script whose place 0 is any state with values of its types."""
    script = Script()
    run = Unrolling(script, case.system, cone, loose=loose)
    run.permit()
    script.demand("place 0 has values of its types", run.at(0, case.system.domain_state))
    return script, run


def known_states(run: Unrolling, facts: Iterable[SafetyQuery], place: int) -> None:
    """Demand of a place what every state of every run satisfies."""
    for fact in facts:
        if fact.on_state:
            run.script.demand(f"already shown, at {place}: {fact.name}", run.script.negated(run.bad(place, fact)))


def known_transitions(run: Unrolling, facts: Iterable[SafetyQuery], place: int) -> None:
    """Demand of a transition that is taken what every transition of every run satisfies."""
    for fact in facts:
        if not fact.on_state and not fact.faulting:
            run.script.demand(f"already shown, of transition {place}: {fact.name}", run.script.negated(run.bad(place, fact)))


# ---------------------------------------------------------------------------------------------- induction


def _inductive(case: Case, stage: Inductive, prefix: str) -> Iterator[Obligation]:
    if stage.places < 1:
        raise NoCertificate("an induction over no places")
    table = case.system.table
    clauses = [SafetyQuery(f"clause {i}", table.not_(c), on_state=True) for i, c in enumerate(stage.clauses)]
    members = [*case.safety(stage.queries), *clauses]
    facts, k = case.facts(), stage.places
    cone = cone_of(case.system, [q.bad for q in (*members, *facts)])
    ends = [_Until(q, k - 1) for q in members]
    yield _within(
        case, cone, facts, ends, f"{prefix}base", f"Induction over {k} place(s), base: the first {k} place(s) of every run are good."
    )
    states = [q for q in members if q.on_state]
    groups = (("states", states), ("faults", [q for q in members if q.faulting]))
    transitions = [q for q in members if not q.on_state and not q.faulting]
    for what, group in (*groups, ("transitions", transitions)):
        if not group:
            continue
        script, run = begin_anywhere(case, cone)
        run.take(0, k)
        for place in range(k):
            for member in (*states, *transitions):
                script.demand(f"assumed at {place}: no {member.name}", script.negated(run.bad(place, member)))
        for place in range(k + 1):
            known_states(run, facts, place)
        for place in range(k):
            known_transitions(run, facts, place)
        _distinct(run, k)
        if what != "states":
            for member in states:
                script.demand(f"assumed at {k}: no {member.name}", script.negated(run.bad(k, member)))
        if what == "transitions":
            run.take(k, k + 1)
        script.demand(f"place {k} is bad", script.any(run.bad(k, q) for q in group))
        says = f"Induction over {k} place(s), step: behind {k} good place(s), all distinct, the next one is good. Of {what}:"
        yield replace(finished(f"{prefix}{what}", script, says, *_listed(q.name for q in group)), unrolled=k > 1)


def _bounded(case: Case, stage: Counted, prefix: str) -> Iterator[Obligation]:
    """Induction over one place of the system with a counter beside it. What is settled holds of it, too: the counter changes no run."""
    if len(stage.queries) != 1:
        raise NoCertificate("a counter is of one property")
    (name,) = stage.queries
    query = case.query(name)
    if not isinstance(query, ProgressQuery):
        raise NoCertificate(f"`{name}` counts nothing")
    if stage.finite != (query.within is not None) or (stage.finite and stage.most != _most(query, ((name, stage.most),))):
        raise NoCertificate(f"`{name}` is not about a count of {stage.most}")
    made = counted_beside(case.system, query, stage.most, finite=stage.finite)
    beside = Case(made.system, {name: made.query}, dict(case.settled), list(case.clauses))
    yield from _inductive(beside, Inductive((name,), 1, stage.clauses), prefix)


def counted_beside(system: TransitionSystem, query: ProgressQuery, most: int, *, finite: bool) -> kliveness.Counted:
    """The system with the counter of a stage. Raises NoCertificate where it makes no sense."""
    if not 0 <= most <= MOST:
        raise NoCertificate(f"a count up to {most}")
    return kliveness.counted(system, query, most, finite=finite)


def _distinct(run: Unrolling, last: int) -> None:
    """No two of the states up to that place are the same, as far as anything here can see."""
    for left, right in combinations(range(last + 1), 2):
        different = run.script.negated(run.same(left, right, run.cone))
        run.script.demand(f"places {left} and {right} differ", different)


def _listed(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"  {name}" for name in names)


# ---------------------------------------------------------------------------------------------- runs from the initial states


@dataclass(frozen=True, slots=True)
class _Until:
    """A query, and the last place at which it is looked for."""

    query: SafetyQuery
    last: int


def _prefixes(run: Unrolling, length: int) -> list[Node]:
    """For each number of transitions up to `length`: they can be taken, one after the other."""
    script = run.script
    prefixes = [script.true]
    for place in range(length):
        run.move(place)
        prefixes.append(script.all((*(prefixes[-1:] if place else ()), run.took(place))))
    return prefixes


def _within(case: Case, cone: frozenset[str], facts: Sequence[SafetyQuery], ends: Sequence[_Until], name: str, says: str) -> Obligation:
    """No run from an initial state does what some of the queries ask for, up to their last place."""
    script = Script()
    run = Unrolling(script, case.system, cone)
    run.initialise()
    length = max((e.last + (not e.query.on_state and not e.query.faulting) for e in ends), default=0)
    prefixes = _prefixes(run, length)
    _known_so_far(run, facts, prefixes)
    hits: list[Node] = []
    for end in ends:
        for place in range(end.last + 1):
            lead = prefixes[place if end.query.on_state or end.query.faulting else place + 1]
            hits.append(script.all((lead, run.bad(place, end.query)) if place or lead is not script.true else (run.bad(place, end.query),)))
    script.demand("some place of some run is bad", script.any(hits))
    return finished(name, script, says, *_listed(e.query.name for e in ends))


def _known_so_far(run: Unrolling, facts: Sequence[SafetyQuery], prefixes: Sequence[Node]) -> None:
    script = run.script
    for place, lead in enumerate(prefixes):
        for fact in facts:
            if fact.on_state:
                script.demand(f"already shown, at {place}: {fact.name}", script.implies(lead, script.negated(run.bad(place, fact))))
            elif not fact.faulting and place:
                said = script.implies(lead, script.negated(run.bad(place - 1, fact)))
                script.demand(f"already shown, of transition {place - 1}: {fact.name}", said)


def _run_of(case: Case, cone: frozenset[str], facts: Sequence[SafetyQuery], length: int) -> tuple[Script, Unrolling]:
    """A run of that many transitions from an initial state."""
    script = Script()
    run = Unrolling(script, case.system, cone)
    run.initialise()
    run.take(0, length)
    for place in range(length + 1):
        known_states(run, facts, place)
    for place in range(length):
        known_transitions(run, facts, place)
    return script, run


def _exhausted(case: Case, stage: Exhausted, prefix: str) -> Iterator[Obligation]:
    n, facts = stage.transitions, case.facts()
    if n < 0:
        raise NoCertificate("a run of fewer than no transitions")
    script, _ = _run_of(case, cone_of(case.system, [f.bad for f in facts]), facts, n + 1)
    yield finished(f"{prefix}end", script, f"No run has more than {n} transitions: {n + 1} cannot be taken one after the other.")
    queries = [case.query(name) for name in stage.queries]
    safety = [q for q in queries if isinstance(q, SafetyQuery)]
    if safety:
        ends = [_Until(q, n if q.on_state or q.faulting else n - 1) for q in safety]
        cone = cone_of(case.system, [q.bad for q in (*safety, *facts)])
        yield _within(case, cone, facts, ends, f"{prefix}runs", f"No run of up to {n} transitions is bad.")
    for i, query in enumerate(q for q in queries if isinstance(q, ProgressQuery) and q.within is not None):
        yield _counted(case, query, _most(query, stage.least), n, facts, f"{prefix}count-{i + 1}")


def _most(query: ProgressQuery, least: Sequence[tuple[str, int]]) -> int:
    """How often what recurs may happen. Of a `within least` query a number that the proof names."""
    given = dict(least).get(query.name)
    most = query.within if isinstance(query.within, int) else given
    if most is None or most < 0:
        raise NoCertificate(f"how often `{query.name}` may happen is not said")
    return most


def _counted(case: Case, query: ProgressQuery, most: int, n: int, facts: Sequence[SafetyQuery], name: str) -> Obligation:
    script = Script()
    run = Unrolling(script, case.system, cone_of(case.system, [query.recurs, query.never, *(f.bad for f in facts)]))
    run.initialise()
    prefixes = _prefixes(run, n)
    _known_so_far(run, facts, prefixes)
    counter = Counter(script, lambda t: run.at(t, query.recurs), lambda t: run.at(t, query.never))
    hits = [script.all((prefixes[length], counter.at_least(length, most + 1))) for length in range(most + 1, n + 1)]
    script.demand(f"more than {most} in some run", script.any(hits))
    says = f"In no run of up to {n} transitions {query.name}'s event happens more than {most} times before its end."
    return finished(name, script, says)


def _recurrent(case: Case, stage: Recurrent, prefix: str) -> Iterator[Obligation]:
    n, facts = stage.transitions, case.facts()
    if n < 1:
        raise NoCertificate("a run of no transition repeats nothing")
    for i, name in enumerate(stage.queries):
        query = case.query(name)
        tag = f"{prefix}{i + 1}-"
        if stage.fair and (isinstance(query, SafetyQuery) or query.within is not None):
            raise NoCertificate(f"fairness plays no role in `{name}`")
        if isinstance(query, SafetyQuery):
            cone = query_cone(case.system, query)
            yield _no_simple_path(case, cone, facts, n, f"{tag}end", query.name)
            says = f"No run is bad up to place {n - 1}."
            yield _within(case, _wide(case, cone, facts), facts, [_Until(query, n - 1)], f"{tag}runs", says)
        elif query.within is not None:
            most = _most(query, stage.least)
            cone = query_cone(case.system, query)
            yield _no_simple_path(case, cone, facts, n, f"{tag}end", query.name, query, most)
            yield _counted(case, query, most, n, facts, f"{tag}count")
        else:
            cone = query_cone(case.system, query)
            if stage.fair:
                yield _no_simple_loop(case, query, cone, facts, n, f"{tag}end")
            else:
                yield _no_simple_path(case, cone, facts, n, f"{tag}end", query.name)
            yield _no_lasso(case, query, cone, facts, n, f"{tag}loops", fair=stage.fair)


def _wide(case: Case, cone: frozenset[str], facts: Sequence[SafetyQuery]) -> frozenset[str]:
    return cone_of(case.system, [f.bad for f in facts], cone)


def _no_simple_path(
    case: Case,
    cone: frozenset[str],
    facts: Sequence[SafetyQuery],
    n: int,
    name: str,
    of: str,
    counted: ProgressQuery | None = None,
    most: int = 0,
) -> Obligation:
    """Every run of n transitions has two places that are the same on the cone; of a query that counts, with one count."""
    script, run = _run_of(case, _wide(case, cone, facts), facts, n)
    names = [v for v in run.cone if v in cone]
    counter = None if counted is None else Counter(script, lambda t: run.at(t, counted.recurs), lambda t: run.at(t, counted.never))
    for left, right in combinations(range(n + 1), 2):
        same = script.all((run.same(left, right, names), *(_same_count(script, counter, left, right, most) if counter else ())))
        script.demand(f"places {left} and {right} differ", script.negated(same))
    return finished(name, script, f"Every run of {n} transitions repeats itself, as far as {of} can see.")


def _no_simple_loop(case: Case, query: ProgressQuery, cone: frozenset[str], facts: Sequence[SafetyQuery], n: int, name: str) -> Obligation:
    """The same with what fairness can see."""
    script, run = _run_of(case, _wide(case, cone, facts), facts, n)
    no_repetition(run, case.system, query, [v for v in run.cone if v in cone], n)
    says = f"Every run of {n} transitions, wherever its loop begins, repeats itself, as far as {query.name} and fairness can see."
    return finished(name, script, says)


def _same_count(script: Script, counter: Counter, left: int, right: int, most: int) -> Iterator[Node]:
    for n in range(1, most + 1):
        yield script.equal(counter.at_least(left, n), counter.at_least(right, n))


def _no_lasso(
    case: Case, query: ProgressQuery, cone: frozenset[str], facts: Sequence[SafetyQuery], n: int, name: str, *, fair: bool
) -> Obligation:
    """No loop of up to n transitions with its stem: no fair one, or neither a fair one nor another."""
    script = Script()
    run = Unrolling(script, case.system, _wide(case, cone, facts))
    run.initialise()
    prefixes = _prefixes(run, n)
    _known_so_far(run, facts, prefixes)
    names = [v for v in run.cone if v in cone]
    system = case.system if fair else replace(case.system, fairness=())
    hits: list[Node] = []
    for first in range(n):
        met, going = Met(run, system, query), script.true
        for last in range(first, n):
            moves = (run.at(last, case.system.step_ok_loop), script.negated(run.at(last, query.never)))
            going = script.all(moves if last == first else (going, *moves))
            met.grow(last)
            hits.append(script.all((prefixes[last + 1], going, met.all(), run.same(first, last + 1, names))))
    script.demand("some run comes back to where it was, and its event happens in between", script.any(hits))
    kind = "fair loop" if fair else "loop"
    return finished(
        name, script, f"No run of up to {n} transitions closes a {kind} in which {query.name}'s event happens and its end does not."
    )


def _empty(case: Case, prefix: str) -> Obligation:
    script = Script()
    Unrolling(script, case.system, frozenset()).initialise()
    return finished(f"{prefix}initial", script, "There is no initial state.")
