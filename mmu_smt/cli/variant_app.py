"""The command lines of `mmu-smt diff`, `new` and `watch`: what somebody does with a modified handler."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from mmu_smt.cli.options import at_least, options
from mmu_smt.cli.output import Output

Properties = Annotated[list[str] | None, Parameter(name=["--property", "-p"], help="Judge this property only (repeatable).")]
Configs = Annotated[
    list[str] | None,
    Parameter(name=["--config", "-c"], help="Config, or several joined: A,B. Default: the specification's default config."),
]
Defines = Annotated[list[str] | None, Parameter(name=["--define", "-D"], help="Set a parameter: NAME=VALUE (repeatable).")]
Seed = Annotated[int, Parameter(help="Seed of everything that is chosen.")]
NoColor = Annotated[bool, Parameter(name="--no-color", help="No colours, even on a terminal.")]


def diff(
    first: str,
    second: str,
    *,
    property: Properties = None,  # noqa: A002 (the option's name)
    config: Configs = None,
    define: Defines = None,
    bound: Annotated[int | None, Parameter(name=["--bound", "-k"], help="Look so many transitions far for states not initial.")] = None,
    timeout: Annotated[float, Parameter(help="Seconds of wall time for everything after loading. Default: 300.")] = 300.0,
    no_verdicts: Annotated[bool, Parameter(name="--no-verdicts", help="Only where they differ, not which verdicts that changes.")] = False,
    seed: Seed = 0,
    json: Annotated[bool, Parameter(help="One JSON document on standard output.")] = False,
    no_color: NoColor = False,
    full: Annotated[bool, Parameter(help="Decision paths and states without omissions.")] = False,
) -> int:
    """Say where two variants decide or do something else: a condition over what their handlers test, and which verdicts that changes.

    Exit codes: 0 equivalent | 1 they differ | 3 unknown | 2 and 5 as usual.

    Parameters
    ----------
    first
        The variant to compare with: FILE, FILE:VARIANT, or the name of a VARIANT.
    second
        The variant that is compared with it.
    """
    from mmu_smt.cli.differing import Diffed, run_diff

    judged = options(property=property, config=config, define=define, bound=bound, timeout=timeout, seed=seed)
    return run_diff(Diffed(first, second, judged, not no_verdicts), Output(colour=not no_color), json=json, full=full)


def new(
    variant: str,
    *,
    of: Annotated[str, Parameter(help="The variant that it changes: its name, FILE or FILE:VARIANT.")],
    path: Annotated[str | None, Parameter(help="The file to write. Default: VARIANT.mmu in this folder.")] = None,
    override: Annotated[
        list[str] | None,
        Parameter(help="The function, handler or step to override (repeatable). Default: the handlers that were last overridden."),
    ] = None,
    force: Annotated[bool, Parameter(help="Write over a file that is there already.")] = False,
    no_color: NoColor = False,
) -> int:
    """Write a file with a new variant to edit: what it overrides stands there with its present text.

    Exit codes: 0 written | 2 and 5 as usual.

    Parameters
    ----------
    variant
        The new variant's name.
    """
    from mmu_smt.cli.beginning import new_variant

    return new_variant(variant, of, path=path, overrides=override or (), force=force, output=Output(colour=not no_color))


def watch(
    target: str,
    *,
    property: Properties = None,  # noqa: A002 (the option's name)
    config: Configs = None,
    define: Defines = None,
    bound: Annotated[int | None, Parameter(name=["--bound", "-k"], help="Stop after this many transitions.")] = None,
    timeout: Annotated[float, Parameter(help="Seconds of wall time for each variant and save. Default: 60.")] = 60.0,
    seed: Seed = 0,
    runs: Annotated[int | None, Parameter(help="End after so many checks, for scripts. Default: only Ctrl-C ends it.")] = None,
    cache: Annotated[str | None, Parameter(help="The folder where verdicts are kept.")] = None,
    no_cache: Annotated[bool, Parameter(name="--no-cache", help="Keep no verdicts from one run of the command to the next.")] = False,
    no_color: NoColor = False,
) -> int:
    """Check a file again whenever it or one of its imports is saved, and say which verdicts change.

    Exit codes: 130 Ctrl-C | 0 after --runs checks, whatever the verdicts | 2 and 5 as usual.

    Parameters
    ----------
    target
        FILE (every variant that it declares, else the plain system) or FILE:VARIANT.
    """
    from mmu_smt.api.matrices import cache_of
    from mmu_smt.api.watching import Asked
    from mmu_smt.cli.watching import run_watch

    judged = options(property=property, config=config, define=define, bound=bound, timeout=timeout, seed=seed)
    asked = Asked(target, judged.properties, judged.config, judged.params, judged.limits, judged.seed)
    kept = None if no_cache else cache_of(cache)
    return run_watch(asked, kept, rounds=at_least("--runs", runs, 1), output=Output(colour=not no_color))
