"""The command line of `mmu-smt repair`, and its work: one search, printed as text or as one JSON document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from mmu_smt.cli.exits import Exit
from mmu_smt.cli.options import at_least, config_names, options, usage
from mmu_smt.cli.output import Output, OutputError
from mmu_smt.syntax.diagnostics import SpecError

if TYPE_CHECKING:
    from mmu_smt.witness.repairs import RepairReport


def repair(
    target: str,
    *,
    property: Annotated[list[str] | None, Parameter(name=["--property", "-p"], help="Mend this property (repeatable).")] = None,  # noqa: A002
    config: Annotated[
        list[str] | None,
        Parameter(name=["--config", "-c"], help="Mend it under this config, or several joined: A,B (repeatable: under each)."),
    ] = None,
    also_config: Annotated[
        list[str] | None, Parameter(name="--also-config", help="Nothing may break under this one either: A,B (repeatable).")
    ] = None,
    keep: Annotated[list[str] | None, Parameter(help="A cover that must not become reachable under these configs (repeatable).")] = None,
    only: Annotated[
        list[str] | None, Parameter(name="--in", help="Change this function only (repeatable). Default: the handlers and what they call.")
    ] = None,
    max_size: Annotated[int, Parameter(name="--max-size", help="The largest change that is tried. Default: 4.")] = 4,
    all: Annotated[bool, Parameter(help="Every change of the smallest size, not only the first.")] = False,  # noqa: A002
    any_end: Annotated[bool, Parameter(name="--any-end", help="Runs that were right may end in another way.")] = False,
    accept_vacuous: Annotated[
        bool, Parameter(name="--accept-vacuous", help="A property is mended, too, if nothing that it speaks of happens any more.")
    ] = False,
    output: Annotated[str | None, Parameter(name=["--output", "-o"], help="Write the variant file of the first suggestion here.")] = None,
    name: Annotated[str | None, Parameter(help="The name of the variant in it. Default: that of the target with `_repaired`.")] = None,
    define: Annotated[list[str] | None, Parameter(name=["--define", "-D"], help="Set a parameter: NAME=VALUE (repeatable).")] = None,
    timeout: Annotated[float, Parameter(help="Seconds of wall time for everything after loading. Default: 300.")] = 300.0,
    check_timeout: Annotated[float, Parameter(name="--check-timeout", help="Seconds for each check. Default: 60.")] = 60.0,
    seed: Annotated[int, Parameter(help="Seed of everything that is chosen.")] = 0,
    json: Annotated[bool, Parameter(help="One JSON document on standard output.")] = False,
    no_color: Annotated[bool, Parameter(name="--no-color", help="No colours, even on a terminal.")] = False,
) -> int:
    """Find the smallest change of a failing variant that mends properties and breaks nothing, and prove it by an ordinary check.

    Exit codes: 0 found | 1 none among the changes that were tried | 3 undecided: the time was up | 2 and 5 as usual | 130 interrupted
    before anything was found.

    Parameters
    ----------
    target
        FILE, FILE:VARIANT, or the name of a VARIANT.
    """
    if not property:
        raise usage("MS508", "name what is to be mended: --property NAME")
    out = Output(colour=not no_color)
    try:
        with out.progress(not json) as status:
            from mmu_smt import api

            asked = options(property=property, define=define, timeout=timeout, seed=seed)
            report = api.repair(
                target,
                properties=asked.properties or (),
                configs=[tuple(config_names([text]) or ()) for text in config] if config else None,
                also_configs=[tuple(config_names([text]) or ()) for text in also_config or ()],
                keep=tuple(keep or ()),
                functions=tuple(only) if only else None,
                max_size=int(at_least("--max-size", max_size, 1) or 1),
                every=all,
                any_end=any_end,
                accept_vacuous=accept_vacuous,
                name=_name(name),
                path=output,
                params=asked.params,
                timeout=asked.limits.seconds,
                check_timeout=at_least("--check-timeout", check_timeout, 0),
                seed=asked.seed,
                progress=status,
            )
    except SpecError as error:
        if not json:
            raise
        from mmu_smt.report.json_report import encode
        from mmu_smt.report.repair_json import repair_document

        out.text(encode(repair_document(None, error.diagnostics, Exit.USAGE)))
        return Exit.USAGE
    return _show(report, out, output, json=json)


def _name(name: str | None) -> str | None:
    if name is not None and not (name.isidentifier() and name.isascii()):
        raise usage("MS505", f"--name {name}: expected a name as the language has them")
    return name


def _show(report: RepairReport, out: Output, file: str | None, *, json: bool) -> Exit:
    code = code_of(report)
    if file is not None and report.suggestions:
        try:
            Path(file).write_text(report.suggestions[0].text, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{file}: {error.strerror or error}") from error
    if json:
        from mmu_smt.report.json_report import encode
        from mmu_smt.report.repair_json import repair_document

        out.text(encode(repair_document(report, (), code)))
        return code
    from mmu_smt.report.repair_text import file_lines, repair_lines

    out.lines(repair_lines(report))
    if report.suggestions and file is None:
        out.lines(((), *file_lines(report.suggestions[0])))
    elif report.suggestions:
        from mmu_smt.report.lines import line, safe

        out.lines((line(f"  written: {safe(file or '')}"),))
    return code


def code_of(report: RepairReport) -> Exit:
    """The exit code of a search."""
    if report.suggestions:
        return Exit.OK
    if report.interrupted:
        return Exit.INTERRUPTED
    return Exit.OPEN if report.stopped or report.counts.undecided else Exit.FAILED
