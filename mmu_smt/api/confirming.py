"""Verdicts put to others: another engine, other solvers by way of another encoding, and the interpreter.

What found a verdict is not asked again. A run is asked for in an exported question, whose encoding the engines do not use, and which the
solvers read as text; so is that none is shorter. A proof is written down as for a certificate, and its obligations are put to the solvers;
the engines that did not find it are asked once more, alone; and the interpreter enumerates what happens from some starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from mmu_smt.api.certifying import STEPWISE, derived_from
from mmu_smt.api.checking import check_program
from mmu_smt.api.errors import DisputedError
from mmu_smt.api.targets import inapplicable
from mmu_smt.solve.scripts import ScriptSolver, solvers
from mmu_smt.syntax.diagnostics import Diagnostic, Note, SpecError
from mmu_smt.witness.opinions import SOLVERS, Opinion, Role
from mmu_smt.witness.verdicts import Engine, Verdict, Word

if TYPE_CHECKING:
    from mmu_smt.api.certifying import Collected
    from mmu_smt.api.checking import Progress, Request
    from mmu_smt.semantics.program import Property
    from mmu_smt.witness.traces import Candidate
    from mmu_smt.witness.verdicts import CheckResult

SECONDS = 60.0
"""For each question to each solver, and for each run of other engines, unless the user's time-out is shorter."""

STARTS = 4
"""From so many random starts the interpreter enumerates what can happen."""

STEPS = 30
"""Transitions of a random run, where enumeration would be too large."""

CONFIGURATIONS = 4_000
"""Enumeration from one start stops there."""

_RUNS = (Word.VIOLATED, Word.REACHED)
_PROOFS = (Word.PROVED, Word.UNREACHABLE, Word.VACUOUS)

Say: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Asking:
    request: Request
    solvers: tuple[ScriptSolver, ...]
    seconds: float
    say: Say


def enough_solvers() -> tuple[ScriptSolver, ...]:
    """Those that are installed. Raises SpecError (MS528) where there are not two."""
    there, missing = solvers()
    if len(there) < SOLVERS:
        note = Note("pip install 'mmu-smt[certify]'")
        raise SpecError((Diagnostic("MS528", f"two solvers must agree, and these are not installed: {', '.join(missing)}", None, (note,)),))
    return there


def confirm(request: Request, result: CheckResult, collected: Collected, progress: Progress | None = None) -> tuple[Opinion, ...]:
    """What the others say of every decided verdict, in the order of the verdicts.

    `collected`: the proofs, as the check of this request told them. Raises DisputedError for the first who disagrees.
    """
    limit = request.limits.seconds
    asking = _Asking(request, enough_solvers(), SECONDS if limit is None else min(limit, SECONDS), progress or _silent)
    found: list[Opinion] = []
    for verdict in result.verdicts:
        if verdict.word in _RUNS:
            found.extend(_of_run(asking, verdict))
    proved = [v for v in result.verdicts if v.word in _PROOFS]
    if proved:
        found.extend(_of_certificate(asking, proved, collected))
        found.extend(_of_engines(asking, proved))
        found.extend(_of_interpreter(asking, proved))
    order = {v.property.name: i for i, v in enumerate(result.verdicts)}
    return tuple(sorted(found, key=lambda o: order[o.property]))


def _silent(_phase: str) -> None:
    return None


# ---------------------------------------------------------------------------------------------- runs


def _of_run(asking: _Asking, verdict: Verdict) -> list[Opinion]:
    """The interpreter has replayed it. Is there one of this length for others, too, and none that is shorter?"""
    from mmu_smt.api.exporting import lasso_or_bad
    from mmu_smt.export.smtlib import smtlib
    from mmu_smt.model.lower import lower

    name, trace = verdict.property.name, verdict.trace
    assert trace is not None
    length = len(trace.steps)
    found = [Opinion(name, Role.INTERPRETER, "interpreter", True, "replayed")]
    request = asking.request
    asking.say(f"{name}, a run for other solvers")
    lowered = lower(request.program, request.config)
    machine = lasso_or_bad(lowered.system, lowered.query(verdict.property))
    questions = [(length, "sat", f"a run of {length} transitions")]
    if verdict.shortest and length:
        questions.append((length - 1, "unsat", f"none of up to {length - 1}"))
    for solver in asking.solvers:
        if solver.name in STEPWISE:
            continue
        said: list[str] = []
        agrees: bool | None = True
        for bound, expected, what in questions:
            text = smtlib(machine, bound)
            reply = solver.ask(text, seconds=asking.seconds)
            if reply.status.value not in ("sat", "unsat"):
                agrees, said = None, [*said, f"{what}: no answer"]
            elif reply.status.value != expected:
                wrong = Opinion(name, Role.SOLVER, solver.name, False, f"{what}: {reply.status.value}, where {expected} was expected")
                raise DisputedError(wrong, f"mmu-smt-disputed-{name}.smt2", text)
            else:
                said.append(what)
        found.append(Opinion(name, Role.SOLVER, solver.name, agrees, ", ".join(said)))
    return found


# ---------------------------------------------------------------------------------------------- proofs


def _of_certificate(asking: _Asking, proved: Sequence[Verdict], collected: Collected) -> list[Opinion]:
    """The obligations of all proofs, put to the solvers. A verdict rests on all of them."""
    request = asking.request
    asked = tuple(p for p in request.properties if not inapplicable(p, request.config))
    derived, reasons = derived_from(request.program, request.config, asked, collected)
    certified = {claim.property for claim in derived.claims}
    names = [v.property.name for v in proved]
    files = [o for case in derived.cases for o in case.obligations]
    found: list[Opinion] = []
    answered: dict[str, int] = {}
    for number, record in enumerate(files, start=1):
        asking.say(f"obligation {number} of {len(files)}")
        text = derived.texts[record.file]
        for solver in asking.solvers:
            if record.unrolled and solver.name in STEPWISE:
                continue
            reply = solver.ask(text, seconds=asking.seconds)
            if reply.status.value == "sat":
                about = next((n for n in names if n in record.says), names[0])
                wrong = Opinion(about, Role.SOLVER, solver.name, False, f"obligation {record.file} does not hold")
                raise DisputedError(wrong, f"mmu-smt-disputed-{about}.smt2", text)
            answered[solver.name] = answered.get(solver.name, 0) + (reply.status.value == "unsat")
    for name in names:
        if name not in certified:
            detail = f"no obligations: {reasons.get(name, 'the argument is not written down')}"
            found.extend(Opinion(name, Role.SOLVER, s.name, None, detail) for s in asking.solvers if s.name not in STEPWISE)
            continue
        for solver in asking.solvers:
            wanted = sum(not o.unrolled or solver.name not in STEPWISE for o in files)
            if wanted < len(files):
                continue  # it has not been asked everything
            done = answered.get(solver.name, 0)
            says = f"{done} of {wanted} obligations"
            found.append(Opinion(name, Role.SOLVER, solver.name, True if done == wanted else None, says))
    return found


def _of_engines(asking: _Asking, proved: Sequence[Verdict]) -> list[Opinion]:
    """Each proof once more, by the engines that had no part in it."""
    groups: dict[tuple[Engine, ...], list[Property]] = {}
    for verdict in proved:
        groups.setdefault(verdict.engines, []).append(verdict.property)
    words = {v.property.name: v for v in proved}
    found: list[Opinion] = []
    request = asking.request
    for used, properties in groups.items():
        others = frozenset(Engine) - frozenset(used)
        source = f"engines without {', '.join(e.value for e in used)}" if used else "all engines"
        again = replace(
            request,
            properties=tuple(properties),
            limits=replace(request.limits, seconds=asking.seconds),
            engines=others,
            simplify=False,
            explain=False,
            cross_check=False,
        )
        for verdict in check_program(again, progress=lambda what, s=source: asking.say(f"{s}: {what}")).verdicts:
            first = words[verdict.property.name]
            found.append(_second(request, first, verdict, source))
    return found


def _second(request: Request, first: Verdict, again: Verdict, source: str) -> Opinion:
    """Raises DisputedError where the engines come to different words, or to different bounds."""
    name = first.property.name
    if again.word in (Word.UNKNOWN, Word.BOUNDED):
        reached = "" if again.bound is None else f", none up to {again.bound}"
        return Opinion(name, Role.ENGINE, source, None, f"no answer{reached}")
    undecided = again.vacuity is not None or first.vacuity is not None  # then the one may say vacuous, and the other not
    same = again.word is first.word or (undecided and {again.word, first.word} == {Word.PROVED, Word.VACUOUS})
    if same and first.least == again.least:
        return Opinion(name, Role.ENGINE, source, True, f"{again.word.value} by {again.by}")
    from mmu_smt.api.exporting import lasso_or_bad
    from mmu_smt.export.btor2 import btor2
    from mmu_smt.model.lower import lower

    wrong = Opinion(name, Role.ENGINE, source, False, f"{_word(again)}, where it was {_word(first)}")
    lowered = lower(request.program, request.config)
    raise DisputedError(wrong, f"mmu-smt-disputed-{name}.btor2", btor2(lasso_or_bad(lowered.system, lowered.query(first.property))))


def _word(verdict: Verdict) -> str:
    return verdict.word.value + ("" if verdict.least is None else f" with least bound {verdict.least}")


def _of_interpreter(asking: _Asking, proved: Sequence[Verdict]) -> list[Opinion]:
    """Whatever can happen from some starts, or, where that is too much, what happens at random."""
    from mmu_smt.api.running import run_program
    from mmu_smt.interpret.contradicting import contradictions
    from mmu_smt.interpret.explicit import explore
    from mmu_smt.interpret.machine import TooLarge
    from mmu_smt.witness.serialise import candidate_to_json

    request, properties = asking.request, [v.property for v in proved]
    names = frozenset(p.name for p in properties)
    whole, runs, configurations = 0, 0, 0
    for start in range(STARTS):
        asking.say(f"interpreter, start {start + 1} of {STARTS}")
        try:
            trace = run_program(request.program, request.config, seed=request.seed + start, steps=STEPS)
        except SpecError:  # there is no start: then nothing happens, as the verdicts say
            return [Opinion(p.name, Role.INTERPRETER, "interpreter", True, "there is no initial state") for p in properties]
        fixed = {**trace.consts, **trace.initial}
        bad: Mapping[str, Candidate | None]
        try:
            result = explore(request.program, request.config, max_configurations=CONFIGURATIONS, max_initial=2, only=names, fixed=fixed)
            bad = {n: v.candidate for n, v in result.verdicts.items() if v.word in _RUNS}
            whole, configurations = whole + 1, configurations + result.configurations
        except TooLarge:
            bad = contradictions(request.program, request.config, trace, properties)
            runs += 1
        for name, candidate in bad.items():
            wrong = Opinion(name, Role.INTERPRETER, "interpreter", False, "a run contradicts the proof")
            text = "" if candidate is None else candidate_to_json(candidate)
            raise DisputedError(wrong, f"mmu-smt-disputed-{name}.json", text)
    parts = [f"everything from {whole} starts ({configurations} configurations)"] if whole else []
    parts += [f"{runs} random runs of up to {STEPS} transitions"] if runs else []
    return [
        Opinion(n, Role.INTERPRETER, "interpreter", True, f"no contradiction: {' and '.join(parts)}") for n in (p.name for p in properties)
    ]
