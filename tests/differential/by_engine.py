"""Each engine alone against explicit search: whatever any of them decides must be so, whoever else would have decided it otherwise.

Where all engines judge together, the cheapest answers first, and what a dearer one would have said is not known. Here a system is parsed,
lowered and searched by enumeration once, and judged by all engines together and then by each of them alone, with a small budget. An
undecided property is no disagreement, but is counted: by engine, argument, kind of property, and whether steps can be interrupted.

To see a seed again: `python -c "from tests.differential.by_engine import *; print(judge(specification(SEED)))"`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple
from unittest.mock import patch

from mmu_smt.api.certifying import Collected, derived_from
from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.api.errors import UnconfirmedError
from mmu_smt.engines.check import check_queries
from mmu_smt.engines.induction import Induction
from mmu_smt.engines.result import EngineVerdict
from mmu_smt.engines.sums import bounds
from mmu_smt.interpret.depth import deep_recursion
from mmu_smt.interpret.explicit import ExplicitVerdict, Explorer
from mmu_smt.interpret.graph import Graph
from mmu_smt.interpret.machine import Machine, TooLarge
from mmu_smt.model.lower import Lowered, cases, lower
from mmu_smt.model.system import ProgressQuery, SafetyQuery
from mmu_smt.semantics.program import Config, Program, Property
from mmu_smt.solve.budget import Budget
from mmu_smt.solve.scripts import solvers
from mmu_smt.solve.session import Status
from mmu_smt.witness.verdicts import Engine, Verdict, Word
from tests.differential.compare import LASSOS, UNDECIDED, _settled, checked
from tests.differential.generate import GeneratedSpec, generate
from tests.differential.shaped import budgets, divided, shaped

TOGETHER, SUMS = "together", "sums"
ALONE: MappingProxyType[str, frozenset[Engine]] = MappingProxyType(
    {**{e.value: frozenset({e}) for e in Engine}, SUMS: frozenset({Engine.INDUCTION})}
)
"""Who judges alone. Sums are looked for where induction has failed; alone they are without it."""

BOUND = 10
"""So deep the engines that judge alone search: all but recurrence and termination decide at a smaller depth or not at all."""

UNITS = 500_000
UNITS_TOGETHER = 1_500_000
"""What a judgement may cost, in solver units."""

CONFIGURATIONS = 700
"""Larger systems are left out."""

BUDGETS, DIVIDED = 1_000_000, 2_000_000
"""Seeds from here on have populations of their own: numbers that are used up, and constants whose values are judged case by case."""

CERTIFIED = 20
"""Of one in so many systems of each population the proofs are put to a solver as certificates, too."""

PROOFS = (Word.PROVED, Word.UNREACHABLE, Word.VACUOUS)


class Met(NamedTuple):
    """What is counted: who judged, by which argument ("" where nothing was proved), what kind of property, in which word."""

    judge: str
    argument: str
    kind: str
    interrupted: bool
    word: str


@dataclass(slots=True)
class Judged:
    """What came of one system. `skipped`: it is too large for the explicit search. `other`: further counts."""

    spec: GeneratedSpec
    counts: Counter[Met] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    mismatches: list[str] = field(default_factory=list)
    skipped: bool = False

    def __str__(self) -> str:
        return "\n".join((f"seed {self.spec.seed}: {self.spec.description}", *self.mismatches, self.spec.text))


def specification(seed: int) -> GeneratedSpec:
    """Of even seeds a system of the general generator, of odd ones a shaped one; from BUDGETS and DIVIDED on those populations."""
    if seed >= DIVIDED:
        return divided(seed)
    if seed >= BUDGETS:
        return budgets(seed)
    return shaped(seed) if seed % 2 else generate(seed)


@deep_recursion()
def judge(spec: GeneratedSpec, *, certified: bool | None = None, only: frozenset[str] | None = None) -> Judged:
    """Judge every property of a system by explicit search, by all engines together and by each alone.

    `certified`: put the proofs to a solver; default: of one system in CERTIFIED. `only`: these judges.
    """
    judged = Judged(spec)
    program, config = checked(spec)
    lowered = lower(program, config)
    asked = [p for p in program.properties.values() if p.applies and (not p.configs or p.configs & config.includes)]
    queries = [lowered.query(p) for p in asked]
    cones = {p.name: lowered.cone_names(q) for p, q in zip(asked, queries, strict=True)}
    machine = Machine(program, config)
    try:
        graph = Graph(machine, max_configurations=CONFIGURATIONS, max_initial=CONFIGURATIONS, max_transitions=20 * CONFIGURATIONS)
    except TooLarge:
        judged.skipped = True
        return judged
    explorer = Explorer(machine, graph, cones)
    explicit = {p.name: explorer.verdict(p) for p in asked}
    kinds = _kinds(lowered, asked, explicit, explorer)
    bench = _Bench(judged, program, config, lowered, asked, queries, explicit, kinds, graph.initial == 0, len(cases(program, config)) > 1)
    system = lowered.system
    judged.other["systems: judged"] += 1
    judged.other["systems: divided into cases"] += bench.divided
    judged.other["systems: with env steps"] += any(c.actor == "env" for c in system.choices)
    judged.other["systems: with steps that can be interrupted"] += bool(system.flight)
    judged.other["systems: with weak fairness"] += any(not f.strong for f in system.fairness)
    judged.other["systems: with strong fairness"] += any(f.strong for f in system.fairness)
    for p in asked:
        judged.other[f"explicit: {kinds[p.name]}: {explicit[p.name].word}"] += 1
    if only is None or TOGETHER in only:
        bench.together()
    for name in ALONE:
        if (only is None or name in only) and bench.applicable(name):
            bench.alone(name, spec.seed // 2 % CERTIFIED == 0 if certified is None else certified)
    return judged


def _kinds(lowered: Lowered, asked: list[Property], explicit: dict[str, ExplicitVerdict], explorer: Explorer) -> dict[str, str]:
    """What each property asks for, in words; of infinite runs also which fairness there is, and whether the answer hangs on it."""
    fairness = lowered.system.fairness
    strength = "strongly fair" if any(f.strong for f in fairness) else "weakly fair" if fairness else ""
    found: dict[str, str] = {}
    for p in asked:
        kind = p.kind.value
        if p.within is not None:
            kind = "within least" if p.within == "least" else "within N"
        elif p.kind in LASSOS and strength:
            kind += f", {strength}"
            if explicit[p.name].length is None:
                kind += _need(explorer, p)
        found[p.name] = kind
    return found


def _need(explorer: Explorer, prop: Property) -> str:
    """Would there be a run without fairness, or if all of it were weak?"""
    kept = explorer._fairness
    try:
        for weaker, said in (((), ", needed"), (tuple(replace(r, strong=False) for r in kept), ", needed as it is")):
            explorer._fairness = weaker
            if explorer.verdict(prop).length is None:
                return "" if not weaker else ", needed"
            need = said
        return need if any(r.strong for r in kept) else ", needed"
    finally:
        explorer._fairness = kept


@dataclass(slots=True)
class _Bench:
    judged: Judged
    program: Program
    config: Config
    lowered: Lowered
    asked: list[Property]
    queries: list[SafetyQuery | ProgressQuery]
    explicit: dict[str, ExplicitVerdict]
    kinds: dict[str, str]
    empty: bool
    divided: bool

    def applicable(self, name: str) -> bool:
        """False where this judge has nothing to say, whatever is asked."""
        if name == Engine.RELY:
            return bool(self.lowered.system.flight)
        if name == Engine.RANKING:
            return any(isinstance(q, ProgressQuery) and q.within in (None, "least") for q in self.queries)
        if name == SUMS:
            return any(isinstance(q, SafetyQuery) and bounds(self.lowered.system, q) for q in self.queries)
        return True

    def together(self) -> None:
        self._checked(TOGETHER, Limits(rlimit=UNITS_TOGETHER, bound=None if self.judged.spec.seed % 32 < 2 else BOUND), None)

    def alone(self, name: str, certified: bool) -> None:
        with ExitStack() as stack:
            if name == SUMS:
                stack.enter_context(_without_induction())
            if self.divided:
                proved, collected = self._checked(name, Limits(rlimit=UNITS, bound=BOUND), ALONE[name])
            else:
                proved, collected = self._asked(name)
        if certified and proved:
            self._certify(name, proved, collected)

    def _checked(self, judge: str, limits: Limits, engines: frozenset[Engine] | None) -> tuple[dict[str, str], Collected]:
        """As `check` does, runs replayed, case by case. The arguments of what was proved, and all of them as data."""
        collected = Collected()
        request = Request("generated.mmu", self.program, self.config, tuple(self.asked), limits, simplify=False, engines=engines)
        try:
            verdicts = check_program(request, proved=collected.add).verdicts
        except UnconfirmedError as error:
            self.judged.mismatches.append(f"replay: {error}")
            return {}, collected
        for v in verdicts:
            self._note(judge, v.property.name, v.word, v.by)
            self._judge(judge, v.property.name, v, self._of_verdict(v))
        return {v.property.name: v.by for v in verdicts if v.word in PROOFS}, collected

    def _asked(self, judge: str) -> tuple[dict[str, str], Collected]:
        """The engines are asked of the system as it has been lowered; runs have been replayed where all judged together."""
        budget = Budget(rlimit=UNITS)
        result = check_queries(self.lowered.system, self.queries, max_bound=BOUND, budget=budget, engines=ALONE[judge])
        for v in result.verdicts:
            self._note(judge, v.name, v.word, v.by)
            self._judge(judge, v.name, v, self._of_answer(v))
        collected = Collected()
        collected.add({}, result.proof)
        return {v.name: v.by for v in result.verdicts if v.word in PROOFS}, collected

    def _note(self, judge: str, name: str, word: Word, by: str) -> None:
        for argument in _arguments(by) if word in PROOFS else ("",):
            self.judged.counts[Met(judge, argument, self.kinds[name], bool(self.lowered.system.flight), word.value)] += 1

    def _judge(self, judge: str, name: str, found: Verdict | EngineVerdict, problem: str) -> None:
        if problem:
            expected = self.explicit[name]
            shown = f"{found.word} by {found.by!r} least {found.least} bound {found.bound} vacuity {found.vacuity}"
            explicit = f"{expected.word} length {expected.length} least {expected.least}"
            self.judged.mismatches.append(f"{judge}: {name} ({self.kinds[name]}): {problem}: explicit {explicit}, {judge} {shown}")

    def _of_verdict(self, verdict: Verdict) -> str:
        expected = self.explicit[verdict.property.name]
        if self.empty and verdict.word is Word.VACUOUS:
            return ""
        if verdict.word in UNDECIDED:
            return _open(verdict, expected)
        problem = _settled(verdict, expected, self.program)
        # The fewest env steps are those of the case that is shown, where another case was left open at this length.
        return "" if self.divided and problem.startswith("not the fewest env steps") else problem

    def _of_answer(self, answer: EngineVerdict) -> str:
        """What is wrong with an engine's answer, "" where nothing is."""
        expected = self.explicit[answer.name]
        if answer.word in UNDECIDED:
            return _open(answer, expected)
        if self.empty and answer.word is Word.VACUOUS:
            return ""
        if answer.word is not expected.word and not (answer.vacuity is not None and expected.word is Word.VACUOUS):
            return "different verdicts"
        if answer.least != expected.least:
            return "different least bounds"
        if (None if answer.run is None else len(answer.run.inputs)) != expected.length:
            return "different lengths"
        return ""

    def _certify(self, judge: str, proved: dict[str, str], collected: Collected) -> None:
        """The obligations of what was proved have no model, and what they come to is what explicit search says."""
        derived, reasons = derived_from(self.program, self.config, tuple(self.asked), collected)
        other, mismatches = self.judged.other, self.judged.mismatches
        claimed = {c.property: c.word for c in derived.claims}
        for name, by in proved.items():
            if name not in claimed:
                other[f"certificates: {judge}: none"] += 1
                if name not in reasons:
                    mismatches.append(f"{judge}: {name}: proved by {by!r}, and no certificate says so, nor why not")
                continue
            other[f"certificates: {judge}: claims"] += 1
            word = self.explicit[name].word
            if claimed[name] != word.value and not self.empty and not (claimed[name] == "proved" and word is Word.VACUOUS):
                mismatches.append(f"{judge}: {name}: its certificate says {claimed[name]}, explicit search {word}")
        (z3,) = solvers(["z3"])[0]
        for name, text in derived.texts.items():
            status = z3.ask(text, seconds=20).status
            other[f"certificates: {judge}: obligations {status}"] += 1
            if status is Status.SAT:
                mismatches.append(f"{judge}: obligation {name} does not hold")


def _open(found: Verdict | EngineVerdict, expected: ExplicitVerdict) -> str:
    """What is wrong with nothing having been decided."""
    if expected.length is not None and found.bound is not None and expected.length <= found.bound:
        return "it says that there is no run up to its bound"
    return ""


@contextmanager
def _without_induction() -> Iterator[None]:
    """Nothing is found to be inductive by itself, as if the engine had no step but that with sums."""
    with patch.object(Induction, "inductive", lambda self, k, until: frozenset()):
        yield


_ARGUMENTS = (
    (r"no initial state", "no initial state"),
    (r"1-induction with \d+ sums?", "sums"),
    (r"1-induction", "1-induction"),
    (r"\d+-induction", "k-induction"),
    (r"rely-guarantee induction", "rely-guarantee"),
    (r"termination bound -?\d+", "termination"),
    (r"recurrence bound \d+", "recurrence"),
    (r"ranking by .*", "ranking"),
    (r"its own measure", "its own measure"),
    (r"k-liveness .*", "k-liveness"),
    (r"PDR, .*", "PDR"),
)


def _arguments(by: str) -> tuple[str, ...]:
    """Families of the arguments that a verdict names: of several cases there may be several."""
    said = re.sub(r" \(\d+ cases\)$", "", by).split("; ")
    return tuple(dict.fromkeys(next(name for pattern, name in _ARGUMENTS if re.fullmatch(pattern, one)) for one in said))
