"""Obligations of a rank: variables that stand still in every loop, and what cannot happen while they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mmu_smt.certify.cases import Case, NoCertificate, Obligation, finished
from mmu_smt.certify.fairness import in_company
from mmu_smt.certify.flights import Flight, env_leaves_alone, over
from mmu_smt.certify.rendering import rendered
from mmu_smt.certify.smtlib import Node, Script
from mmu_smt.certify.unrolling import Unrolling, by_env, valuation
from mmu_smt.model.argument import Along, Coordinate, Measured, Ranked, Way
from mmu_smt.model.cone import cone_of, query_cone
from mmu_smt.model.flight import PC
from mmu_smt.model.system import ProgressQuery, TransitionSystem
from mmu_smt.model.table import variables
from mmu_smt.model.term import Op, Term


def ranked(case: Case, stage: Ranked, prefix: str) -> Iterator[Obligation]:
    """The obligations; raises NoCertificate where the stage cannot be a rank."""
    for i, name in enumerate(stage.queries):
        query = case.query(name)
        if not isinstance(query, ProgressQuery) or query.within is not None:
            raise NoCertificate(f"a rank says nothing about `{name}`")
        yield from _Rank(case, stage, query, f"{prefix}{i + 1}-" if len(stage.queries) > 1 else prefix).obligations()


def measured(case: Case, stage: Measured, prefix: str) -> Iterator[Obligation]:
    """One obligation for each query; raises NoCertificate where it has no measure."""
    for i, name in enumerate(stage.queries):
        query = case.query(name)
        if not isinstance(query, ProgressQuery) or query.within is not None or query.measure is None:
            raise NoCertificate(f"`{name}` has no measure")
        system, table = case.system, case.system.table
        less, most = query.measure
        moves = table.and_(system.step_ok_loop, table.not_(query.never))
        facts = case.facts()
        script = Script()
        run = Unrolling(script, system, cone_of(system, [query.recurs, moves, less, most, *(f.bad for f in facts)]))
        run.permit()
        script.demand("place 0 has values of its types", run.at(0, system.domain_state))
        for fact in facts:
            if fact.on_state:
                script.demand(f"already shown, at 0: {fact.name}", script.negated(run.bad(0, fact)))
        script.demand("transition 0 is one of a loop", run.at(0, moves))
        run.move(0)
        stands = script.all((run.at(0, query.recurs), script.negated(run.at(0, less))))
        script.demand("the measure rises, or does not fall with the event", script.any((script.negated(run.at(0, most)), stands)))
        says = f"Declared measure of {name}: in no transition of a loop does it rise, and it falls with each event."
        yield finished(f"{prefix}measure-{i + 1}", script, says)


class _Rank:
    def __init__(self, case: Case, stage: Ranked, query: ProgressQuery, prefix: str) -> None:
        system = self._system = case.system
        table = system.table
        self._case, self._stage, self._query, self._prefix = case, stage, query, prefix
        self._cone = query_cone(system, query) | system.flight
        known = [table.not_(q.bad) for q in case.facts() if q.on_state]
        self._facts = over(system, [system.domain_state, *known], self._cone)
        self._moves = table.and_(system.step_ok_loop, table.not_(query.never))
        self._widths = {str(v.payload): v.width for v in system.state}
        self._along = stage.along or Along((), ())
        if (
            (stage.first < 1) != (stage.imprint is not None)
            or stage.behind < 0
            or (stage.along is None and (stage.behind or any(r.last is not None for r in stage.rounds)))
        ):
            raise NoCertificate("lengths of runs that make no sense")
        if system.flight and stage.along is None:
            raise NoCertificate("steps can be interrupted, and nothing is said of flights")
        self._check_imprint(stage.imprint or ())
        for turn in stage.rounds:
            if turn.last is not None and turn.last < 0:
                raise NoCertificate("a flight of no place")
            for coordinate in turn.coordinates:
                _check(system, coordinate, self._cone)

    def obligations(self) -> Iterator[Obligation]:
        stage = self._stage
        if stage.along is not None:
            yield env_leaves_alone(self._case, self._cone, self._along, facts=self._facts, moves=self._moves, name=f"{self._prefix}env")
        stable: list[Term] = []
        for number, turn in enumerate(stage.rounds):
            tag = f"{self._prefix}still-{number + 1}"
            if turn.last is None:
                yield self._anywhere(turn.coordinates, stable, tag)
            else:
                for place in range(turn.last + 1):
                    yield self._in_flight(turn.coordinates, stable, place, tag)
                yield self._flights_end(stable, turn.last, f"{tag}-end")
            stable += [c.term for c in turn.coordinates]
        if stage.along is not None:
            yield self._steps_end()
            yield self._env_alone()
            yield self._flights_end(stable, stage.behind, f"{self._prefix}flights-end")
        yield self._runs(stable) if stage.imprint is None else self._imprint(stable, stage.imprint)

    # ------------------------------------------------------------------------------------------ what stands still

    def _anywhere(self, coordinates: Sequence[Coordinate], stable: Sequence[Term], name: str) -> Obligation:
        run = self._anything()
        self._still(run, 0, stable)
        self._moves_otherwise(run, 0, coordinates)
        return finished(name, run.script, *self._says(coordinates, stable, "in every transition of a loop"))

    def _in_flight(self, coordinates: Sequence[Coordinate], stable: Sequence[Term], place: int, name: str) -> Obligation:
        flight = self._flight(stable, place)
        flight.counts(place)
        self._still(flight.run, place, stable)
        self._moves_otherwise(flight.run, place, coordinates)
        says = self._says(coordinates, stable, f"in transition {place} of every flight")
        return finished(f"{name}-{place}", flight.script, *says)

    def _flights_end(self, stable: Sequence[Term], place: int, name: str) -> Obligation:
        flight = self._flight(stable, place)
        flight.own(place)
        self._still(flight.run, place, stable)
        flight.stays(place)
        return finished(name, flight.script, f"No flight of a loop goes on behind place {place}.")

    def _flight(self, stable: Sequence[Term], place: int) -> Flight:
        flight = Flight(self._case, self._cone, self._along, place, facts=self._facts, moves=self._moves, undisturbed=stable)
        for before in range(place):
            self._still(flight.run, before, stable)
        return flight

    def _anything(self) -> Unrolling:
        """Any transition of a loop, from any valid state."""
        script = Script()
        run = Unrolling(script, self._system, self._cone)
        run.permit()
        for fact in self._facts:
            script.demand("place 0: types and what has been shown", run.at(0, fact))
        script.demand("transition 0 is one of a loop", run.at(0, self._moves))
        run.move(0)
        return run

    def _still(self, run: Unrolling, place: int, stable: Sequence[Term]) -> None:
        for term in stable:
            run.script.demand(f"{_named(term)} stands still", _stays(run, place, term))

    def _moves_otherwise(self, run: Unrolling, place: int, coordinates: Sequence[Coordinate]) -> None:
        script = run.script
        script.demand("some variable moves the other way", script.any(script.negated(self._way(run, place, c)) for c in coordinates))

    def _way(self, run: Unrolling, place: int, coordinate: Coordinate) -> Node:
        """The transition moves the variable its way, if at all."""
        script = run.script
        before, after = run.at(place, coordinate.term), run.after(place, coordinate.term)
        wide = coordinate.term.width > 0
        match coordinate.way:
            case Way.RISES:
                return script.node("bvule" if wide else "=>", (before, after), 0)
            case Way.FALLS:
                return script.node("bvule" if wide else "=>", (after, before), 0)
            case Way.SETTLES:
                assert coordinate.target is not None
                return script.any((script.equal(before, after), script.equal(after, run.at(place, coordinate.target))))

    def _says(self, coordinates: Sequence[Coordinate], stable: Sequence[Term], where: str) -> tuple[str, ...]:
        ways = {Way.RISES: "only rises", Way.FALLS: "only falls", Way.SETTLES: "is only ever set to one rigid value"}
        rest = f", with {', '.join(map(_named, stable))} standing still" if stable else ""
        return (f"Rank for {self._query.name}: {where}{rest}", *(f"  {_named(c.term)} {ways[c.way]}" for c in coordinates))

    # ------------------------------------------------------------------------------------------ what remains

    def _steps_end(self) -> Obligation:
        """Positions in a step only ever rise, so that no step in flight goes on for ever. Of every transition, not only of a loop's."""
        system, table = self._system, self._system.table
        script = Script()
        run = Unrolling(script, system, self._cone)
        run.permit()
        for fact in self._facts:
            script.demand("place 0: types and what has been shown", run.at(0, fact))
        run.take(0, 1)
        idle = valuation(system, dict(self._along.idle))
        script.demand("transition 0 is no env step", script.negated(run.at(0, by_env(system))))
        script.demand("a step is in flight", run.at(0, table.not_(idle)))
        script.demand("a step is in flight after transition 0", script.negated(run.after(0, idle)))
        if PC in self._widths:
            rises = script.node("bvult", (run.state(0, PC), run.led(0, PC)), 0)
            script.demand("its position does not rise", script.negated(rises))
        return finished(f"{self._prefix}steps-end", script, "A step in flight that is resumed goes on at a higher position, or ends.")

    def _env_alone(self) -> Obligation:
        run = self._anything()
        script = run.script
        script.demand("it is an env step", run.at(0, by_env(self._system)))
        script.demand(f"it is the event of {self._query.name}", run.at(0, self._query.recurs))
        return finished(f"{self._prefix}env-alone", script, f"Rank for {self._query.name}: no env step of a loop is its event.")

    def _runs(self, stable: Sequence[Term]) -> Obligation:
        """`first` transitions that are no env steps, or some more, from where no step is in flight."""
        system, table = self._system, self._system.table
        first, last = self._stage.first, self._stage.first + self._stage.behind
        flight = Flight(self._case, self._cone, self._along, 0, facts=self._facts, moves=self._moves, undisturbed=stable)
        script, run = flight.script, flight.run
        own = table.and_(self._moves, table.not_(by_env(system))) if self._stage.along is not None else self._moves
        hits: list[Node] = []
        lead: list[Node] = []
        for place in range(last):
            run.move(place)
            facts = [run.at(place, fact) for fact in self._facts] if place else []
            lead = [script.all((*lead, run.at(place, own), *facts, *(_stays(run, place, term) for term in stable)))]
            flight.hold(place)
            if place + 1 >= first:
                hits.append(script.all((*lead, run.at(place, self._query.recurs))))
        script.demand(f"the event of {self._query.name} happens last", script.any(hits))
        length = f"{first}" if first == last else f"{first} to {last}"
        what = f"no {length} transition(s) of a loop end with its event"
        if self._stage.fair:
            in_company(run, system, self._cone, self._facts, self._moves, stable)
            what += " and have one beside them for each fairness requirement"
        says = f"Rank for {self._query.name}: with all these standing still {what}:"
        return finished(f"{self._prefix}run", script, says, *(f"  {_named(v)}" for v in stable))

    def _imprint(self, stable: Sequence[Term], names: Sequence[str]) -> Obligation:
        """Two flights of one run: the event happens in one, and the other begins with what that leaves behind."""
        witness = Flight(self._case, self._cone, self._along, 0, facts=self._facts, moves=self._moves, undisturbed=stable)
        script, run = witness.script, witness.run
        again = Flight(self._case, self._cone, self._along, 0, facts=self._facts, moves=self._moves, undisturbed=stable, beside=script)
        for term in stable:
            script.demand(f"{_named(term)} is the same in both", script.equal(run.at(0, term), again.run.at(0, term)))
        lands: list[Node] = []
        events: list[Node] = []
        for place, (lead, landed) in enumerate(self._through(witness, stable)):
            events.append(self._happens(run, place))
            left = (script.equal(run.led(place, n), again.run.state(0, n)) for n in names)
            lands.append(script.all((lead, landed, script.any(events), *left)))
        script.demand("the event happens in the first, and the second begins with what that leaves behind", script.any(lands))
        broken: list[Node] = []
        for place, (lead, landed) in enumerate(self._through(again, stable)):
            kept = self._kept(again.run, place, names)
            wrong = script.any((self._happens(again.run, place), script.all((landed, script.negated(kept)))))
            broken.append(script.all((lead, wrong)))
        script.demand("it happens in the second, or that leaves something else behind", script.any(broken))
        says = f"Rank for {self._query.name}: once the event has happened, with all these standing still it does not happen again:"
        behind = ("What it leaves behind, and stays:", *(f"  {n}" for n in names))
        return finished(f"{self._prefix}imprint", script, says, *(f"  {_named(v)}" for v in stable), *behind)

    def _check_imprint(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in self._cone or name in self._along.disturbed:
                raise NoCertificate(f"`{name}` is not what an event leaves behind")

    def _happens(self, run: Unrolling, place: int) -> Node:
        return run.at(place, self._query.recurs)

    def _kept(self, run: Unrolling, place: int, names: Sequence[str]) -> Node:
        """The place's transition leads to where the run began, as far as these variables go."""
        return run.script.all(run.script.equal(run.led(place, n), run.state(0, n)) for n in names)

    def _through(self, flight: Flight, stable: Sequence[Term]) -> Iterator[tuple[Node, Node]]:
        """For each place: the flight goes on to there and through its transition; and with that it ends."""
        script, run = flight.script, flight.run
        table = self._system.table
        own = table.and_(self._moves, table.not_(by_env(self._system))) if self._stage.along is not None else self._moves
        idle = valuation(self._system, dict(self._along.idle))
        on: tuple[Node, ...] = ()
        for place in range(self._stage.behind + 1):
            run.move(place)
            facts = [run.at(place, fact) for fact in self._facts] if place else []
            lead = script.all((*on, run.at(place, own), *facts, *(_stays(run, place, term) for term in stable)))
            landed = run.after(place, idle)
            yield lead, landed
            flight.hold(place)
            on = (script.all((lead, script.negated(landed))),)


def _stays(run: Unrolling, place: int, term: Term) -> Node:
    return run.script.equal(run.at(place, term), run.after(place, term))


def _named(term: Term) -> str:
    return str(term.payload) if term.op is Op.VAR else rendered(term)


def _check(system: TransitionSystem, coordinate: Coordinate, cone: frozenset[str]) -> None:
    term, target = coordinate.term, coordinate.target
    constants = {str(v.payload) for v in system.constants}
    if term.op is Op.VAR and (term not in system.state or term.payload not in cone):
        raise NoCertificate(f"there is no state variable `{term.payload}`")
    if term.op is not Op.VAR and (term.width or not variables((term,)).keys() <= constants | cone):
        raise NoCertificate(f"`{_named(term)}` is neither a state variable nor a condition")
    if (coordinate.way is Way.SETTLES) != (target is not None):
        raise NoCertificate(f"`{_named(term)}` settles nowhere")
    if target is not None and (target.width != term.width or not variables((target,)).keys() <= constants):
        raise NoCertificate(f"`{_named(term)}` settles at what may change")
