"""A system, or the question behind one of its properties, in a format that other tools read."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from mmu_smt.api.targets import choose_properties, inapplicable
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from mmu_smt.export.machine import Machine
    from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
    from mmu_smt.semantics.program import Config, Program


class Format(StrEnum):
    BTOR2 = "btor2"
    SMT2 = "smt2"
    AIGER = "aiger"


def export_program(program: Program, config: Config, name: str | None, format: Format, bound: int | None, target: str) -> bytes:  # noqa: A002
    """The file's content. `name`: a property, None for the system alone; `bound`: transitions, for SMT2 only.

    Raises SpecError: MS503 for an unknown property, MS505 for a bound where the format takes none, MS527 for what the format cannot say.
    """
    from mmu_smt.export.aiger import aiger
    from mmu_smt.export.btor2 import btor2
    from mmu_smt.export.questions import whole
    from mmu_smt.export.smtlib import smtlib
    from mmu_smt.model.lower import lower

    if bound is not None and (format is not Format.SMT2 or name is None):
        raise SpecError((Diagnostic("MS505", "--bound belongs to a property in the format smt2: otherwise the checker chooses", None),))
    lowered = lower(program, config)
    if name is None:
        if format is Format.AIGER:
            raise _refused("an AIGER file without an output says nothing: name a property")
        machine = whole(lowered.system)
    else:
        (judged,) = choose_properties(program, [name])
        reason = inapplicable(judged, config)
        if reason:
            raise _refused(f"`{name}` does not apply under this config: {reason}")
        machine = machine_of(lowered.system, lowered.query(judged), format, bound)
    sizes = " ".join(f"{n}={v}" for n, v in program.params.items())
    question = "the system" if name is None else f"property {name}"
    machine = replace(
        machine, notes=(f"mmu-smt export: {target}, {sizes}", f"config {config.name or '(none)'}; {question}", *machine.notes)
    )
    match format:
        case Format.BTOR2:
            return btor2(machine).encode()
        case Format.SMT2:
            return smtlib(machine, bound).encode()
        case Format.AIGER:
            return aiger(machine)
        case _:
            assert_never(format)


def machine_of(system: TransitionSystem, query: SafetyQuery | ProgressQuery, format: Format, bound: int | None) -> Machine:  # noqa: A002
    """The machine that asks a query in a format. Raises SpecError (MS527) where the format cannot ask it."""
    from mmu_smt.export import questions
    from mmu_smt.model.system import SafetyQuery

    found = "the property is violated" if not query.is_cover else "it is reached"
    if isinstance(query, SafetyQuery):
        return _noted(questions.safety(system, query), f"where `bad` is reachable, {found}")
    if isinstance(query.within, int):
        return _noted(questions.counted(system, query, query.within), f"where `bad` is reachable, {found}")
    if query.within is not None:
        raise _refused(f"`{query.name}` asks for the least bound, and a model checker of this format answers yes or no: declare `within N`")
    match format:
        case Format.BTOR2:
            return _noted(questions.infinite(system, query), f"where the `justice` property has a run, {found}")
        case Format.SMT2 if bound is None:
            raise _refused(
                f"`{query.name}` is about infinite runs, and SMT-LIB knows none: with --bound N, about loops within N transitions"
            )
        case Format.SMT2 | Format.AIGER:
            return _noted(questions.lasso(system, query), f"where `bad` is reachable, {found}: the run from the copied state on repeats")
        case _:
            assert_never(format)


def lasso_or_bad(system: TransitionSystem, query: SafetyQuery | ProgressQuery) -> Machine:
    """The machine that is bad where the query is violated, or reached: of a progress query without a bound, where a lasso closes."""
    from mmu_smt.export import questions
    from mmu_smt.model.system import SafetyQuery

    if isinstance(query, SafetyQuery):
        return questions.safety(system, query)
    if isinstance(query.within, int):
        return questions.counted(system, query, query.within)
    return questions.lasso(system, query)


def _noted(machine: Machine, note: str) -> Machine:
    return replace(machine, notes=(*machine.notes, note))


def _refused(message: str) -> SpecError:
    return SpecError((Diagnostic("MS527", message, None),))
