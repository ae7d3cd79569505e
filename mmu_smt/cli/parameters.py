"""The options that several commands have, as cyclopts reads them from a signature."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

Properties = Annotated[list[str] | None, Parameter(name=["--property", "-p"], help="Judge this property only (repeatable).")]
Configs = Annotated[
    list[str] | None,
    Parameter(name=["--config", "-c"], help="Config, or several joined: A,B. Default: the specification's default config."),
]
Defines = Annotated[list[str] | None, Parameter(name=["--define", "-D"], help="Set a parameter: NAME=VALUE (repeatable).")]
Bound = Annotated[int | None, Parameter(name=["--bound", "-k"], help="Stop after this many transitions.")]
Timeout = Annotated[float | None, Parameter(help="Seconds of wall time for everything after loading.")]
Rlimit = Annotated[int | None, Parameter(help="Units of solver work for each variant; the same everywhere, unlike seconds.")]
Memory = Annotated[int | None, Parameter(help="Megabytes that the solver may hold.")]
Seed = Annotated[int, Parameter(help="Seed of everything that is chosen.")]
NoColor = Annotated[bool, Parameter(name="--no-color", help="No colours, even on a terminal.")]
Json = Annotated[bool, Parameter(help="One JSON document on standard output.")]
Formats = Annotated[
    list[str] | None,
    Parameter(
        name="--format", help="text, table, json, itf, sarif, mail, recipe or html, to standard output or to a file: FMT=PATH (repeatable)."
    ),
]
Engines = Annotated[
    list[Literal["termination", "recurrence", "induction", "rely-guarantee", "ranking", "reachability"]] | None,
    Parameter(name="--engine", help="Only this engine proves anything (repeatable). Default: all, cheap before dear.", negative=()),
]
Html = Annotated[str | None, Parameter(help="Write one HTML page to step through the runs, too.")]
Full = Annotated[bool, Parameter(help="Traces without omissions: every state in full, covers that are reached too.")]
