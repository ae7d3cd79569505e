"""What the tests of the interpreter share: programs from text, and short ways to run them."""

from __future__ import annotations

from mmu_smt.interpret.explicit import ExplicitVerdict, explore
from mmu_smt.interpret.initial import Search
from mmu_smt.interpret.machine import Configuration, Machine, Outcome
from mmu_smt.semantics.program import EMPTY_CONFIG, Config, Program, combine
from mmu_smt.semantics.types import Value
from mmu_smt.semantics.workspace import Workspace


def program(text: str, variant: str | None = None) -> Program:
    return Workspace.from_text(text).program(variant)


def config(checked: Program, *names: str) -> Config:
    return combine(tuple(checked.configs[n] for n in names)) if names else EMPTY_CONFIG


def machine(text: str, *names: str, paths: bool = False) -> Machine:
    checked = program(text)
    return Machine(checked, config(checked, *names), paths=paths)


def start(m: Machine) -> tuple[tuple[Value, ...], Configuration]:
    """The only initial state."""
    ((consts, state),) = Search(m.codes, m.config).solutions()
    return consts, Configuration(state)


def only(m: Machine, consts: tuple[Value, ...], configuration: Configuration) -> Outcome:
    """The only transition from a configuration."""
    (outcome,) = m.successors(consts, configuration)
    return outcome


def transition(text: str, *names: str, paths: bool = False) -> tuple[Machine, Outcome]:
    """The only transition from the only initial state."""
    m = machine(text, *names, paths=paths)
    consts, configuration = start(m)
    return m, only(m, consts, configuration)


def after(text: str) -> dict[str, Value]:
    """The state after the only transition from the only initial state, which must not fault."""
    m, outcome = transition(text)
    assert outcome.after is not None, outcome.fault
    return m.valuation(outcome.after.state)


def verdicts(text: str, *names: str) -> dict[str, ExplicitVerdict]:
    checked = program(text)
    return dict(explore(checked, config(checked, *names)).verdicts)


def verdict(text: str, name: str, *names: str) -> tuple[str, int | None]:
    """Word and length of one property's verdict."""
    found = verdicts(text, *names)[name]
    return found.word.value, found.length
