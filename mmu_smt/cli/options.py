"""The options that commands share, read from the command line: one record for all that judge something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mmu_smt.syntax.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mmu_smt.api.checking import Limits

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Options:
    """What to judge, of what size, and what it may cost. `properties`, `config`: None where the user names none."""

    properties: tuple[str, ...] | None
    config: Sequence[str] | None
    params: Mapping[str, int]
    limits: Limits
    seed: int


def options(
    *,
    property: Sequence[str] | None = None,  # noqa: A002 (the option's name)
    config: Sequence[str] | None = None,
    define: Sequence[str] | None = None,
    bound: int | None = None,
    timeout: float | None = None,
    rlimit: int | None = None,
    memory: int | None = None,
    seed: int = 0,
) -> Options:
    """The record for options as they stand on the command line. Raises SpecError (MS505) for values that make no sense."""
    from mmu_smt.api.checking import Limits

    return Options(
        properties=tuple(property) if property else None,
        config=config_names(config),
        params=definitions(define),
        limits=Limits(
            bound=at_least("--bound", bound, 0),
            seconds=at_least("--timeout", timeout, 0),
            rlimit=at_least("--rlimit", rlimit, 1),
            memory=at_least("--memory", memory, 1),
        ),
        seed=seed,
    )


def usage(code: str, message: str) -> SpecError:
    """The error for a command line that cannot be used."""
    return SpecError((Diagnostic(code, message, None),))


def config_names(config: Sequence[str] | None) -> list[str] | None:
    """`A,B` texts as names."""
    return None if config is None else [name for text in config for name in text.split(",")]


def definitions(define: Sequence[str] | None) -> dict[str, int]:
    """`NAME=VALUE` texts as a mapping. Raises SpecError (MS505)."""
    found: dict[str, int] = {}
    for text in define or ():
        name, equals, value = text.partition("=")
        try:
            number = int(value, 0)
        except ValueError:
            equals = ""
            number = 0
        if not equals or not name.isidentifier():
            raise usage("MS505", f"-D {text}: expected NAME=VALUE with an integer value")
        if name in found and found[name] != number:
            raise usage("MS505", f"-D {name} is given twice")
        found[name] = number
    return found


def at_least(option: str, value: Number | None, least: int) -> Number | None:
    """The value. Raises SpecError (MS505) where it is less than that, or no number."""
    if value is not None and not value >= least:
        raise usage("MS505", f"{option} {value}: expected at least {least}")
    return value
