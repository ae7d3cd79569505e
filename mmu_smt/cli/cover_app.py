"""The command line of `mmu-smt cover`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from mmu_smt.cli.exits import Exit
from mmu_smt.cli.options import config_names, options
from mmu_smt.cli.output import Output
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.coverage import Reach

if TYPE_CHECKING:
    from mmu_smt.witness.coverage import Coverage


def cover(
    target: str,
    *,
    config: Annotated[
        list[str] | None,
        Parameter(
            name=["--config", "-c"],
            help="Look under this config, or several joined: A,B (repeatable). Default: the columns of the matrix with a row for the "
            "variant, under its first setting, else the default config.",
        ),
    ] = None,
    at: Annotated[str | None, Parameter(help="Only the branches at FILE:LINE, with the runs that get there.")] = None,
    define: Annotated[list[str] | None, Parameter(name=["--define", "-D"], help="Set a parameter: NAME=VALUE (repeatable).")] = None,
    bound: Annotated[int | None, Parameter(name=["--bound", "-k"], help="Stop after this many transitions.")] = None,
    timeout: Annotated[float | None, Parameter(help="Seconds of wall time for each config; 300 unless given.")] = None,
    rlimit: Annotated[int | None, Parameter(help="Units of solver work for each config; the same everywhere, unlike seconds.")] = None,
    memory: Annotated[int | None, Parameter(help="Megabytes that the solver may hold.")] = None,
    seed: Annotated[int, Parameter(help="Seed of everything that is chosen.")] = 0,
    json: Annotated[bool, Parameter(help="One JSON document on standard output.")] = False,
    full: Annotated[bool, Parameter(help="With --at: runs without omissions.")] = False,
    no_color: Annotated[bool, Parameter(name="--no-color", help="No colours, even on a terminal.")] = False,
) -> int:
    """Say which branches of the handlers are ever taken, and which premises of properties are ever met.

    Exit codes: 0 every branch is taken | 1 one is dead: proved never to be taken under any of the configs | 2, 5 as for all commands | 3
    one is not decided.

    Parameters
    ----------
    target
        FILE, FILE:VARIANT, or the name of a VARIANT.
    """
    from mmu_smt.api import covering
    from mmu_smt.api.targets import choose_config, load, single_variant

    output = Output(colour=not no_color)
    asked = options(
        define=define,
        bound=bound,
        timeout=covering.SECONDS if timeout is None else timeout,
        rlimit=rlimit,
        memory=memory,
        seed=seed,
    )
    try:
        spec = load(target)
        variant = single_variant(spec)
        program = spec.program(variant, asked.params)
        named = tuple(choose_config(program, config_names([c])) for c in config or ())
        configs = named or covering.default_configs(spec, variant, asked.params)
        request = covering.Asked(target, program, configs, asked.limits, asked.params, seed, at, simplify=at is not None)
        with output.progress(not json) as status:
            found = covering.cover(request, progress=status)
    except SpecError as error:
        if not json:
            raise
        from mmu_smt.report.coverage_json import cover_document
        from mmu_smt.report.json_report import encode

        output.text(encode(cover_document(None, error.diagnostics, Exit.USAGE)))
        return Exit.USAGE
    code = exit_code(found)
    if json:
        from mmu_smt.report.coverage_json import cover_document
        from mmu_smt.report.json_report import encode

        output.text(encode(cover_document(found, (), code)))
    else:
        from mmu_smt.report.coverage_text import coverage_lines, opened_lines

        output.lines(opened_lines(found, full=full) if at is not None else coverage_lines(found, width=output.width()))
    return code


def exit_code(found: Coverage) -> Exit:
    """The code for a coverage: dead branches before open ones. Premises are shown, and are for `check` to judge."""
    reaches = {p.reach for p in found.places}
    if Reach.DEAD in reaches:
        return Exit.FAILED
    return Exit.OPEN if Reach.UNKNOWN in reaches or found.interrupted else Exit.OK
