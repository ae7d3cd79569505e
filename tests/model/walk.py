"""Compare the two meanings of a specification step by step: every transition of the interpreter with the terms of the lowering.

The comparison goes breadth first over configurations. In each it takes all inputs (or a random sample of them), asks both sides what they
do, and checks that equal configurations have equal encodings and different ones different encodings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from random import Random

from mmu_smt.interpret.fairness import requirements
from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.judge import Judge, premise
from mmu_smt.interpret.machine import Configuration, Machine, NotEnabled, Outcome
from mmu_smt.model.evaluate import Evaluation
from mmu_smt.model.inputs import SELECTOR
from mmu_smt.model.lower import Lowered, lower
from mmu_smt.model.symbolic import decode, encode_leaves, leaf_types
from mmu_smt.model.system import ProgressQuery, SafetyQuery
from mmu_smt.model.term import Term
from mmu_smt.semantics.program import EMPTY_CONFIG, Property, PropertyKind, combine
from mmu_smt.semantics.types import Type, Value, values
from mmu_smt.semantics.workspace import Workspace

Frame = dict[str, int]


@dataclass
class Counts:
    """What a comparison has covered."""

    configurations: int = 0
    in_flight: int = 0
    transitions: int = 0
    faults: int = 0
    refused: int = 0
    env: int = 0
    true: dict[str, int] = field(default_factory=dict[str, int])  # property or event terms that were true at least once


def encoded(name: str, type: Type, value: Value) -> Frame:
    return {name + path: code for (path, _), code in zip(leaf_types(type), encode_leaves(type, value), strict=True)}


class Comparison:
    """One program under one config."""

    def __init__(self, text: str, config: str | None = None, variant: str | None = None, seed: int = 0) -> None:
        program = Workspace.from_text(text).program(variant)
        chosen = EMPTY_CONFIG if config is None else combine(tuple(program.configs[c] for c in config.split("+")))
        self.program = program
        self.random = Random(seed)
        self.machine = Machine(program, chosen)
        self.lowered: Lowered = lower(program, chosen)
        self.requirements = requirements(self.machine)
        self.counts = Counts()
        self._queries = {p.name: self.lowered.query(p) for p in program.properties.values()}
        self._inputs = [(i.name, i.type) for i in self.lowered._scene.inputs.every()]
        self._roots = self._terms()
        self._evaluation = Evaluation(self._roots.values())
        self._judges = {(p.name, part): Judge(self.machine.codes, expr) for p in program.properties.values() for part, expr in _parts(p)}
        for prop in program.properties.values():
            rests_on = None if prop.condition is None else premise(program, prop.condition)
            if rests_on is not None and prop.kind is not PropertyKind.COVER:
                self._judges[prop.name, "premise"] = Judge(self.machine.codes, rests_on)

    def _terms(self) -> dict[str, Term]:
        system = self.lowered.system
        roots = {"ok": system.step_ok, "ok_loop": system.step_ok_loop, "fault": system.step_fault, "domain": system.domain_state}
        roots |= {"can_move": system.can_move, "terminal": system.terminal}
        roots |= {f"next {n}": t for n, t in system.next.items()}
        for number, fair in enumerate(system.fairness):
            roots |= {f"enabled {number}": fair.enabled, f"taken {number}": fair.taken}
        for name, query in self._queries.items():
            if isinstance(query, SafetyQuery):
                roots[f"bad {name}"] = query.bad
                if query.premise is not None:
                    roots[f"premise {name}"] = query.premise
            else:
                roots |= {f"recurs {name}": query.recurs, f"never {name}": query.never}
        return roots

    def _evaluate(self, assignment: Mapping[str, int]) -> dict[str, int]:
        return dict(zip(self._roots, self._evaluation.run(assignment), strict=True))

    # ------------------------------------------------------------------------------------------ initial states

    def initial(self) -> list[tuple[tuple[Value, ...], tuple[Value, ...]]]:
        """The interpreter's initial states, compared with `init` over all encodings (where these are few)."""
        found = list(islice(Search(self.machine.codes, self.machine.config).solutions(), 3000))
        system = self.lowered.system
        variables = [*system.constants, *system.state]
        bits = sum(max(1, v.width) for v in variables)
        fixed = set(self.lowered.settled) | {n + path for n in self.lowered.frozen for path, _ in leaf_types(self.program.states[n].type)}
        accepted = Evaluation([system.domain_constants, system.assumptions, system.init])
        wanted = {tuple(sorted({**self._consts(c), **self._frame_of(s)}.items())) for c, s in found}
        for start in wanted:
            consts = dict(start)
            assert self.lowered.settled.items() <= consts.items()
            assert self.lowered.frozen_values(consts).items() <= consts.items()
            assert {n for n, _ in start} == {str(v.payload) for v in variables if not str(v.payload).startswith("%")} | fixed
            assert accepted.run({**{str(v.payload): 0 for v in variables}, **dict(start)}) == [1, 1, 1]
        if bits <= 12:
            ranges = [range(1 << max(1, v.width)) for v in variables]
            names = [str(v.payload) for v in variables]
            program = {n for start in wanted for n, _ in start}
            got = set[tuple[tuple[str, int], ...]]()
            for codes in product(*ranges):
                assignment = dict(zip(names, codes, strict=True))
                if all(accepted.run(assignment)):
                    assignment |= self.lowered.settled
                    assignment |= self.lowered.frozen_values(assignment)
                    got.add(tuple(sorted((n, c) for n, c in assignment.items() if n in program)))
            assert got == wanted
        return found

    def _consts(self, consts: tuple[Value, ...]) -> Frame:
        return {
            k: c for (n, v), value in zip(self.program.consts.items(), consts, strict=True) for k, c in encoded(n, v.type, value).items()
        }

    def _frame_of(self, state: tuple[Value, ...]) -> Frame:
        return {
            k: c for (n, v), value in zip(self.program.states.items(), state, strict=True) for k, c in encoded(n, v.type, value).items()
        }

    # ------------------------------------------------------------------------------------------ transitions

    def run(self, *, configurations: int = 40, inputs: int = 60, starts: int = 3) -> Counts:
        """Compare from some initial states up to so many configurations each, with at most so many inputs in each."""
        found = self.initial()
        for consts, state in self.random.sample(found, min(starts, len(found))):
            self._explore(consts, state, configurations, inputs)
        return self.counts

    def _explore(self, consts: tuple[Value, ...], state: tuple[Value, ...], limit: int, inputs: int) -> None:
        rigid = self._consts(consts)
        start = {str(v.payload): 0 for v in self.lowered.system.state} | self._frame_of(state)
        if self.lowered._scene.flight is not None:
            idle = self.lowered._scene.flight.idle_values
            start |= {n: int(t.payload) for n, t in idle.items()}  # pyright: ignore[reportArgumentType]
        known: dict[Configuration, Frame] = {Configuration(state): start}
        back = {tuple(start.items()): Configuration(state)}
        waiting = [Configuration(state)]
        while waiting and len(known) < limit:
            configuration = waiting.pop(0)
            frame = known[configuration]
            self.counts.configurations += 1
            self.counts.in_flight += configuration.flight is not None
            self._check_state(consts, configuration, {**rigid, **frame})
            for given in self._sampled(inputs):
                after = self._check_transition(consts, configuration, rigid, frame, given)
                if after is None:
                    continue
                following, encoding = after
                if following in known:
                    assert known[following] == encoding, "equal configurations, different encodings"
                    continue
                assert tuple(encoding.items()) not in back, "different configurations, equal encodings"
                known[following] = encoding
                back[tuple(encoding.items())] = following
                waiting.append(following)

    def _sampled(self, count: int) -> Iterator[Frame]:
        """Encoded inputs: all combinations if there are not too many, else random ones."""
        steps = range(len(self.lowered.system.choices))
        options = [[encoded(n, t, v) for v in values(t)] for n, t in self._inputs]
        size = len(steps)
        for option in options:
            size *= len(option)
        if size <= count:
            for step, *parts in product(steps, *options):
                yield {SELECTOR: step, **{k: c for part in parts for k, c in part.items()}}
            return
        for _ in range(count):
            yield {SELECTOR: self.random.choice(steps), **{k: c for o in options for k, c in self.random.choice(o).items()}}

    def _assignment(self, rigid: Frame, frame: Frame, given: Frame) -> Frame:
        """Everything that terms may mention, with the primed variables from the next values."""
        system = self.lowered.system
        base = {**rigid, **frame, **given}
        primed = {str(v.payload): 0 for v in system.primed.values()}
        first = self._evaluate({**base, **primed})
        return {**base, **{str(v.payload): first[f"next {n}"] for n, v in system.primed.items()}}

    def _check_state(self, consts: tuple[Value, ...], configuration: Configuration, base: Frame) -> None:
        system = self.lowered.system
        zeros = {str(v.payload): 0 for v in (*system.inputs, *system.primed.values())}
        found = self._evaluate({**zeros, **base})
        assert found["domain"] == 1
        outcomes = list(self.machine.successors(consts, configuration))
        actors = {n: s.actor for n, s in self.program.steps.items()}
        moves = any(actors[o.move.step] != "env" for o in outcomes)
        assert found["can_move"] == int(moves), "can_move"
        assert found["terminal"] == int(self.machine.is_terminal(consts, configuration.state))
        in_loop = list(self.machine.successors(consts, configuration, in_loop=True))
        for number, fair in enumerate(system.fairness):
            requirement = next(r for r in self.requirements if _same(r.step, r.args, r.strong, fair.step, fair.strong, fair.label, self))
            assert found[f"enabled {number}"] == int(requirement.enabled(in_loop)), f"enabled {fair.label}"
        for prop in self.program.properties.values():
            query = self._queries[prop.name]
            if prop.kind is PropertyKind.INVARIANT:
                self._check_property(prop, found, lambda judge: judge.of_state(consts, configuration.state))
            elif prop.kind is PropertyKind.NO_DEADLOCK:
                stuck = not moves and not self.machine.is_terminal(consts, configuration.state)
                assert found[f"bad {query.name}"] == int(stuck), "deadlock"

    def _check_transition(
        self, consts: tuple[Value, ...], configuration: Configuration, rigid: Frame, frame: Frame, given: Frame
    ) -> tuple[Configuration, Frame] | None:
        move = self.lowered.candidate(rigid, [frame], [given], None).moves[0]
        assignment = self._assignment(rigid, frame, given)
        found = self._evaluate(assignment)
        for suffix, in_loop in (("ok", False), ("ok_loop", True)):
            try:
                outcome: Outcome | None = self.machine.perform(consts, configuration, move, in_loop=in_loop)
            except NotEnabled:
                outcome = None
            fine = outcome is not None and outcome.fault is None
            assert found[suffix] == int(fine), f"{suffix} of {move} in {configuration}: {outcome}"
        try:
            outcome = self.machine.perform(consts, configuration, move)
        except NotEnabled:
            self.counts.refused += 1
            assert found["fault"] == 0, f"{move} is not enabled and faults"
            return None
        assert found["fault"] == int(outcome.fault is not None), f"fault of {move} in {configuration}: {outcome.fault}"
        if outcome.after is None:
            self.counts.faults += 1
            return None
        self.counts.transitions += 1
        self.counts.env += self.program.steps[move.step].actor == "env"
        encoding = {n: found[f"next {n}"] for n in self.lowered.system.next} | self.lowered.frozen_values(self._consts(consts))
        self._check_after(configuration, outcome, outcome.after, encoding, move)
        self._check_step_terms(consts, configuration, outcome, found)
        return outcome.after, encoding

    def _check_after(self, before: Configuration, outcome: Outcome, after: Configuration, encoding: Frame, move: object) -> None:
        for (name, variable), value in zip(self.program.states.items(), after.state, strict=True):
            assert decode(variable.type, name, encoding) == value, f"{name} after {move} in {before}: {outcome}"
        assert (encoding.get("%pc", 0) != 0) == (after.flight is not None), f"in flight after {move}"

    def _check_step_terms(self, consts: tuple[Value, ...], before: Configuration, outcome: Outcome, found: Mapping[str, int]) -> None:
        for number, fair in enumerate(self.lowered.system.fairness):
            requirement = next(r for r in self.requirements if _same(r.step, r.args, r.strong, fair.step, fair.strong, fair.label, self))
            assert found[f"taken {number}"] == int(requirement.concerns(outcome)), f"taken {fair.label}"
        for prop in self.program.properties.values():
            if prop.kind in (PropertyKind.STEP, PropertyKind.COVER, PropertyKind.PROGRESS, PropertyKind.COVER_LASSO):
                self._check_property(prop, found, lambda judge: judge.of_transition(consts, before, outcome))

    def _check_property(self, prop: Property, found: Mapping[str, int], judged: object) -> None:
        assert callable(judged)
        query = self._queries[prop.name]
        if isinstance(query, ProgressQuery):
            for part in ("recurs", "never"):
                expected = judged(self._judges[prop.name, part]) is True
                self._expect(f"{part} {prop.name}", found, expected)
            return
        assert (query.premise is not None) == ((prop.name, "premise") in self._judges)
        if query.premise is not None:
            self._expect(f"premise {prop.name}", found, judged(self._judges[prop.name, "premise"]) is True)
        value = judged(self._judges[prop.name, "condition"])
        self._expect(f"bad {prop.name}", found, value is True if query.is_cover else value is not True)

    def _expect(self, name: str, found: Mapping[str, int], expected: bool) -> None:
        assert found[name] == int(expected), name
        self.counts.true[name] = self.counts.true.get(name, 0) + expected


def _parts(prop: Property) -> list[tuple[str, object]]:
    return [(n, e) for n, e in (("condition", prop.condition), ("recurs", prop.recurs), ("never", prop.never)) if e is not None]


def _same(
    step: str, args: tuple[Value, ...] | None, strong: bool, fair_step: str, fair_strong: bool, label: str, comparison: Comparison
) -> bool:
    from mmu_smt.semantics.types import show_value

    shown = step
    if args is not None:
        params = comparison.program.steps[step].params
        shown = f"{step}({', '.join(show_value(p.type, a) for p, a in zip(params, args, strict=True))})"
    return step == fair_step and strong == fair_strong and shown == label
