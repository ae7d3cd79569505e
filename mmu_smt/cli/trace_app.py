"""The command line of `mmu-smt trace`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from mmu_smt.cli.output import Output

if TYPE_CHECKING:
    from mmu_smt.cli.traces import TraceCommand

Properties = Annotated[list[str] | None, Parameter(name=["--property", "-p"], help="The traces for this property only (repeatable).")]
Spec = Annotated[str | None, Parameter(help="Replay against this specification: FILE, FILE:VARIANT, or the name of a VARIANT.")]
Formats = Annotated[
    list[str] | None,
    Parameter(
        name="--format", help="text, table, json, itf, sarif, mail, recipe or html, to standard output or to a file: FMT=PATH (repeatable)."
    ),
]
NoColor = Annotated[bool, Parameter(name="--no-color", help="No colours, even on a terminal.")]

trace = App(
    name="trace",
    help="Show, replay, compare, evaluate and minimize saved traces.",
    help_epilogue="""\
Traces are saved by `mmu-smt check ... --format json=FILE`. Each is replayed by the interpreter, against the specification as it is \
now, before anything of it is shown. Exit codes: 0 it replays (diff: the traces are the same) | 1 one does not (diff: they differ) | \
2 a file or specification cannot be used.""",
    help_format="plaintext",
    default_parameter=Parameter(show_default=False, negative=()),
)


@trace.command
def show(
    file: str,
    *,
    property: Properties = None,  # noqa: A002 (the option's name)
    step: Annotated[list[int] | None, Parameter(help="This step only, with the whole state after it; 0: the start (repeatable).")] = None,
    full: Annotated[bool, Parameter(help="Every state in full, not only what changed.")] = False,
    format: Formats = None,  # noqa: A002 (the option's name)
    html: Annotated[str | None, Parameter(help="Write one HTML page to step through, too.")] = None,
    spec: Spec = None,
    no_color: NoColor = False,
) -> int:
    """Show traces: what changed in each step, and what explains them.

    Parameters
    ----------
    file
        A file that `check --format json=FILE` has written; FILE#N for its N-th trace.
    """
    from mmu_smt.cli.formats import wanted_formats

    return _command(property, spec, no_color).show(file, steps=tuple(step or ()), full=full, formats=wanted_formats(format, html=html))


@trace.command
def replay(
    file: str,
    *,
    property: Properties = None,  # noqa: A002 (the option's name)
    spec: Spec = None,
    no_color: NoColor = False,
) -> int:
    """Replay traces against the specification as it is now and say whether they still show what they did.

    Parameters
    ----------
    file
        A file that `check --format json=FILE` has written; FILE#N for its N-th trace.
    """
    return _command(property, spec, no_color).replay(file)


@trace.command
def diff(
    first: str,
    second: str,
    *,
    property: Properties = None,  # noqa: A002 (the option's name)
    no_color: NoColor = False,
) -> int:
    """Two traces side by side.

    Parameters
    ----------
    first
        A file with one trace, or with one for the property that -p names; FILE#N for its N-th trace.
    second
        Another one.
    """
    return _command(property, None, no_color).diff(first, second)


@trace.command(name="eval")
def evaluate(
    file: str,
    *expressions: str,
    property: Properties = None,  # noqa: A002 (the option's name)
    spec: Spec = None,
    no_color: NoColor = False,
) -> int:
    """Evaluate expressions of the language in every state, or of every step where they speak of steps.

    Parameters
    ----------
    file
        A file that `check --format json=FILE` has written; FILE#N for its N-th trace.
    expressions
        For example `n + 1 == m`, `n' > n` or `decide.decides(STOP)`.
    """
    from mmu_smt.syntax.diagnostics import Diagnostic, SpecError

    if not expressions:
        raise SpecError((Diagnostic("MS531", "name an expression to evaluate; `mmu-smt trace eval --help` shows some", None),))
    return _command(property, spec, no_color).evaluate(file, expressions)


@trace.command
def minimize(
    file: str,
    *,
    property: Properties = None,  # noqa: A002 (the option's name)
    format: Formats = None,  # noqa: A002 (the option's name)
    spec: Spec = None,
    no_color: NoColor = False,
) -> int:
    """Make traces plainer: fewer steps, env steps first, and more values at their defaults, as far as they still show the property.

    Parameters
    ----------
    file
        A file that `check --format json=FILE` has written; FILE#N for its N-th trace.
    """
    from mmu_smt.cli.formats import wanted_formats

    return _command(property, spec, no_color).minimize(file, wanted_formats(format))


def _command(properties: list[str] | None, spec: str | None, no_color: bool) -> TraceCommand:
    from mmu_smt.cli.traces import TraceCommand

    return TraceCommand(Output(colour=not no_color), properties=properties, spec=spec)
