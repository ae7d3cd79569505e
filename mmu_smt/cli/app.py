"""The `mmu-smt` command: reads the command line, calls `mmu_smt.api`, prints what `mmu_smt.report` makes of the result."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

from cyclopts import App, CycloptsError, Parameter

from mmu_smt.cli.defects import debugging, internal_error
from mmu_smt.cli.exits import MEANINGS, Exit, worst
from mmu_smt.cli.options import at_least, config_names, definitions, options, usage
from mmu_smt.cli.output import Output, OutputError
from mmu_smt.cli.parameters import (
    Bound,
    Configs,
    Defines,
    Engines,
    Formats,
    Full,
    Html,
    Json,
    Memory,
    NoColor,
    Properties,
    Rlimit,
    Seed,
    Timeout,
)
from mmu_smt.report.lines import Piece, Style, line, safe
from mmu_smt.syntax.diagnostics import SpecError

if TYPE_CHECKING:
    from mmu_smt.semantics.program import Program
    from mmu_smt.witness.expectations import TestReport
    from mmu_smt.witness.traces import Trace


def version_text() -> str:
    """The versions of what a verdict depends on."""
    from mmu_smt.report.json_report import versions

    found = versions()
    return f"mmu-smt {found.tool} ({found.solver}, Python {found.python})"


app = App(
    name="mmu-smt",
    help="Check KVM write-protection fault handlers, written in a small language, with an SMT solver.",
    help_epilogue=MEANINGS,
    help_format="plaintext",
    version=version_text,
    default_parameter=Parameter(show_default=False, negative=()),
    suppress_keyboard_interrupt=False,
    result_action="return_value",
    exit_on_error=False,
    print_error=False,
)


@app.command
def check(
    *targets: str,
    property: Properties = None,  # noqa: A002 (the option's name)
    config: Configs = None,
    define: Defines = None,
    bound: Bound = None,
    timeout: Timeout = None,
    rlimit: Rlimit = None,
    memory: Memory = None,
    seed: Seed = 0,
    json: Json = False,
    stats: Annotated[bool, Parameter(help="Say where the time went.")] = False,
    accept_bounded: Annotated[bool, Parameter(help="Exit 0 where `-k` was exhausted without a counterexample.")] = False,
    cross_check: Annotated[bool, Parameter(help="Judge small systems by explicit-state search too; exit 5 if that differs.")] = False,
    format: Formats = None,  # noqa: A002 (the option's name)
    html: Html = None,
    max_cex: Annotated[
        int, Parameter(name="--max-cex", help="Up to N counterexamples of a property, which differ in what is decided.")
    ] = 1,
    no_minimize: Annotated[bool, Parameter(name="--no-minimize", help="Traces as the solver finds them: quicker, not plainer.")] = False,
    engine: Engines = None,
    paranoid: Annotated[
        bool, Parameter(help="Ask another engine, two more solvers and the interpreter about every verdict; exit 5 if one disagrees.")
    ] = False,
    cert: Annotated[str | None, Parameter(help="Write the proofs' certificate into this folder, new or empty; see `cert check`.")] = None,
    no_color: NoColor = False,
    full: Full = False,
) -> int:
    """Judge the properties of files and variants.

    Parameters
    ----------
    targets
        FILE (every variant that it declares, else the plain system), FILE:VARIANT, or the name of a VARIANT.
    """
    from mmu_smt.cli.checks import Asked, Checker
    from mmu_smt.cli.formats import wanted_formats

    _require(targets, "a file or the name of a variant to check")
    output = Output(colour=not no_color)
    asked = Asked(
        options(property=property, config=config, define=define, bound=bound, timeout=timeout, rlimit=rlimit, memory=memory, seed=seed),
        cross_check=cross_check,
        minimize=not no_minimize,
        counterexamples=int(at_least("--max-cex", max_cex, 1) or 1),
        formats=wanted_formats(format, json=json, html=html),
        cert=cert,
        engines=tuple(engine) if engine else None,
        paranoid=paranoid,
    )
    if cert is not None and paranoid:
        raise usage("MS518", "--paranoid checks what a certificate would hold, and writes none: choose one of the two")
    if cert is not None and len(targets) > 1:
        raise usage("MS518", "a certificate is of one variant: name one target with --cert")
    checker = Checker(asked, output, json=json, stats=stats, full=full, accept_bounded=accept_bounded)
    return checker.check_all(targets)


@app.command
def cert(
    action: Literal["check"],
    folder: str,
    *,
    spec: Annotated[
        str | None, Parameter(help="The specification: FILE, FILE:VARIANT or a VARIANT. Default: what the folder names.")
    ] = None,
    solver: Annotated[
        list[str] | None, Parameter(help="Ask this solver only (repeatable): z3, cvc5, bitwuzla. Default: all there are.")
    ] = None,
    timeout: Annotated[float | None, Parameter(help="Seconds for each question to each solver.")] = None,
    json: Json = False,
    no_color: NoColor = False,
) -> int:
    """Check a certificate: derive its obligations from the specification, compare them, and put them to other solvers.

    Exit codes: 0 accepted by every solver that was asked | 1 an obligation does not hold | 2 no certificate, or of something else |
    3 a solver has no answer | 5 as usual.

    Parameters
    ----------
    action
        What to do: `check`.
    folder
        The folder that `check --cert` wrote.
    """
    from mmu_smt.cli.certificates import Certified, check_certificate

    assert action == "check"
    asked = Certified(folder, spec, solver, at_least("--timeout", timeout, 0))
    return check_certificate(asked, Output(colour=not no_color), json=json)


@app.command
def compare(
    first: str,
    second: str,
    *,
    property: Properties = None,  # noqa: A002 (the option's name)
    config: Configs = None,
    define: Defines = None,
    bound: Bound = None,
    timeout: Annotated[float, Parameter(help="Seconds of wall time for everything after loading. Default: 300.")] = 300.0,
    scenarios: Annotated[int | None, Parameter(help="Scenarios to try for each question. Default: 24.")] = None,
    seed: Seed = 0,
    json: Annotated[bool, Parameter(help="One JSON document on standard output.")] = False,
    html: Html = None,
    no_color: NoColor = False,
    full: Full = False,
) -> int:
    """Decide what one variant changes in another: are they equivalent, and what does the second fix or introduce?

    Exit codes: 0 every question decided, whatever the answers | 3 something unknown | 2 and 5 as usual.

    Parameters
    ----------
    first
        The variant to compare with: FILE, FILE:VARIANT, or the name of a VARIANT.
    second
        The variant that is compared with it.
    """
    from mmu_smt.cli.comparing import Compared, run_comparison

    asked = Compared(
        first,
        second,
        options(property=property, config=config, define=define, bound=bound, timeout=timeout, seed=seed),
        at_least("--scenarios", scenarios, 1),
        html,
    )
    return run_comparison(asked, Output(colour=not no_color), json=json, full=full)


@app.command
def claims(
    *paths: str,
    claim: Annotated[list[str] | None, Parameter(help="Evaluate this claim only (repeatable).")] = None,
    define: Defines = None,
    timeout: Annotated[float, Parameter(help="Seconds of wall time for each statement of a claim. Default: 300.")] = 300.0,
    seed: Seed = 0,
    json: Annotated[bool, Parameter(help="One JSON document on standard output.")] = False,
    no_color: NoColor = False,
    full: Full = False,
) -> int:
    """Put what the `claim` declarations of files say to the model.

    Exit codes: 0 every statement is confirmed, or contradicted where it is declared so | 1 one is not as declared | 3 one is undecided | 2
    and 5 as usual.

    Parameters
    ----------
    paths
        Files, and folders whose `.mmu` files are meant.
    """
    from mmu_smt.cli.claiming import Claimed, evaluate_claims

    _require(paths, "a file or a folder with claims")
    only = tuple(claim) if claim else None
    asked = Claimed(paths, only, options(define=define, timeout=timeout, seed=seed))
    return evaluate_claims(asked, Output(colour=not no_color), json=json, full=full)


@app.command(name="test")
def run_expectations(
    *paths: str,
    define: Defines = None,
    timeout: Annotated[float | None, Parameter(help="Seconds of wall time for each check.")] = None,
    rlimit: Rlimit = None,
    memory: Memory = None,
    seed: Seed = 0,
    json: Json = False,
    no_color: NoColor = False,
) -> int:
    """Compare what the `expect` blocks of files say with what a check finds.

    Parameters
    ----------
    paths
        Files, and folders whose `.mmu` files are meant.
    """
    from mmu_smt import api
    from mmu_smt.report.snippets import diagnostics_lines
    from mmu_smt.report.text import outcome_lines, test_summary_line

    _require(paths, "a file or a folder to test")
    output = Output(colour=not no_color)

    def judged() -> TestReport:
        asked = options(define=define, timeout=timeout, rlimit=rlimit, memory=memory, seed=seed)
        report = api.test(
            paths,
            params=asked.params,
            timeout=asked.limits.seconds,
            rlimit=asked.limits.rlimit,
            memory=asked.limits.memory,
            seed=asked.seed,
            each=None if json else lambda outcome: output.lines(outcome_lines(outcome)),
        )
        if not report.outcomes and not report.unusable:
            raise usage("MS508", f"no expectation in {', '.join(paths)}")
        return report

    if json:
        from mmu_smt.report.json_runs import encode_document, test_document
        from mmu_smt.witness.expectations import TestReport

        try:
            report = judged()
        except SpecError as error:
            output.text(encode_document(test_document(TestReport(()), error.diagnostics, Exit.USAGE)))
            return Exit.USAGE
        output.text(encode_document(test_document(report, (), _of_report(report))))
        return _of_report(report)
    report = judged()
    for name, diagnostics in report.unusable.items():
        output.complain((line(Piece(safe(name) + ":", Style.PLACE), " cannot be tested"), *diagnostics_lines(diagnostics)))
    output.lines((test_summary_line(report),))
    return _of_report(report)


def _of_report(report: TestReport) -> Exit:
    if any(o.interrupted for o in report.outcomes):
        return Exit.INTERRUPTED
    return worst([*([Exit.FAILED] if report.missed else []), *(Exit.USAGE for _ in report.unusable)])


@app.command
def matrix(
    *paths: str,
    name: Annotated[str | None, Parameter(help="The matrix of this name only.")] = None,
    rows: Annotated[list[str] | None, Parameter(help="These rows only: A,B (repeatable).")] = None,
    columns: Annotated[list[str] | None, Parameter(help="These columns only: A+B,C (repeatable).")] = None,
    settings: Annotated[list[str] | None, Parameter(help="These settings only: A,B (repeatable).")] = None,
    property: Properties = None,  # noqa: A002 (the option's name)
    define: Defines = None,
    bound: Bound = None,
    timeout: Annotated[float | None, Parameter(help="Seconds of wall time for each cell; 30 unless given.")] = None,
    rlimit: Annotated[int | None, Parameter(help="Units of solver work for each cell; the same everywhere, unlike seconds.")] = None,
    memory: Annotated[int | None, Parameter(help="Megabytes that the solver may hold, for each process.")] = None,
    seed: Seed = 0,
    jobs: Annotated[
        int | None, Parameter(name=["--jobs", "-j"], help="Processes at once; as many as there are processors unless given.")
    ] = None,
    cell: Annotated[str | None, Parameter(help="Open one cell: ROW,CONFIG or ROW,CONFIG,PROPERTY, with its runs and arguments.")] = None,
    json: Annotated[bool, Parameter(help="One JSON document on standard output.")] = False,
    html: Annotated[str | None, Parameter(help="Write one HTML file, too.")] = None,
    cache: Annotated[str | None, Parameter(help="The folder where cells are kept.")] = None,
    no_cache: Annotated[bool, Parameter(name="--no-cache", help="Judge every cell, and keep none.")] = False,
    retry: Annotated[bool, Parameter(help="Judge cells again that ran out of time before.")] = False,
    marks: Annotated[bool, Parameter(help="Decide what each row fixes and introduces, against the one that it is made of.")] = False,
    no_color: NoColor = False,
    full: Annotated[bool, Parameter(help="With --cell: traces without omissions.")] = False,
) -> int:
    """Fill a matrix: variants as rows, properties and configs as columns, verdicts as cells.

    Exit codes: 0 every cell is decided, whatever the verdicts, and every mark | 2, 5 as for all commands | 3 something bounded or
    unknown | 130 interrupted; cells that were finished are printed and kept. With --cell as for `check`.

    Parameters
    ----------
    paths
        Files and folders that declare a matrix, or the name of one that comes with the tool.
    """
    from pathlib import Path

    from mmu_smt.api import matrices as filling
    from mmu_smt.cli import matrices

    _require(paths, "a file, a folder or a matrix")
    if cell is not None and not 2 <= len(cell.split(",")) <= 3:
        raise usage("MS505", f"--cell {cell}: expected ROW,CONFIG or ROW,CONFIG,PROPERTY")
    asked = options(
        property=property,
        define=define,
        bound=bound,
        timeout=filling.SECONDS if timeout is None else timeout,
        rlimit=rlimit,
        memory=memory,
        seed=seed,
    )
    how = filling.How(asked.limits, asked.params, asked.seed, at_least("--jobs", jobs, 1), retry)
    selection = filling.Selection(
        rows=matrices.names(rows),
        columns=matrices.sums(columns),
        settings=matrices.sums(settings),
        properties=asked.properties,
    )
    wanted = matrices.Wanted(json=json, html=None if html is None else Path(html), cell=cell, full=full, marks=marks)
    kept = None if no_cache else filling.cache_of(cache)
    command = matrices.MatrixCommand(filling.find(paths, name), how, kept, Output(colour=not no_color), wanted)
    return command.show(selection)


@app.command
def run(
    target: str,
    *,
    steps: Annotated[int, Parameter(name=["--steps", "-n"], help="At most this many transitions.")] = 10,
    config: Configs = None,
    define: Defines = None,
    seed: Seed = 0,
    json: Json = False,
    no_color: NoColor = False,
    full: Full = False,
) -> int:
    """Run a specification on plain values: a random initial state, random choices.

    Parameters
    ----------
    target
        FILE, FILE:VARIANT, or the name of a VARIANT.
    """
    from mmu_smt import api
    from mmu_smt.report.trace_text import trace_lines

    output = Output(colour=not no_color)

    def ran() -> tuple[Program, Trace]:
        params = definitions(define)
        spec = api.load(target)
        trace = api.run(spec, config=config_names(config), params=params, seed=seed, steps=int(at_least("--steps", steps, 0) or 0))
        return spec.program(spec.variants[0], params), trace

    if json:
        from mmu_smt.report.json_runs import encode_document, run_document, run_record

        try:
            program, trace = ran()
        except SpecError as error:
            output.text(encode_document(run_document(target, config_names(config), seed, None, error.diagnostics, Exit.USAGE)))
            return Exit.USAGE
        output.text(encode_document(run_document(target, config_names(config), seed, run_record(program, trace), (), Exit.OK)))
        return Exit.OK
    program, trace = ran()
    output.lines(trace_lines(program, trace, full=full))
    return Exit.OK


@app.command
def export(
    target: str,
    *,
    property: Annotated[str | None, Parameter(name=["--property", "-p"], help="The question to export. Without: the system.")] = None,  # noqa: A002
    config: Configs = None,
    define: Defines = None,
    format: Annotated[str, Parameter(name=["--format", "-f"], help="btor2 (default), smt2 or aiger.")] = "btor2",  # noqa: A002
    bound: Annotated[int | None, Parameter(name=["--bound", "-k"], help="smt2: ask for runs of at most this many transitions.")] = None,
    output: Annotated[str | None, Parameter(name=["--output", "-o"], help="The file to write; standard output without.")] = None,
) -> int:
    """Write a property's question, or the system, in a format that other tools read.

    Exit codes: 0 written | 2 and 5 as usual.

    Parameters
    ----------
    target
        FILE, FILE:VARIANT, or the name of a VARIANT.
    """
    from mmu_smt import api
    from mmu_smt.cli.exporting import write

    at_most = at_least("--bound", bound, 0)
    params = definitions(define)
    content = api.export(target, property=property, config=config_names(config), params=params, format=format, bound=at_most)
    write(content, output, binary=format == "aiger")
    return Exit.OK


app.command("mmu_smt.cli.repairing:repair", name="repair", help="Find the smallest change of a failing variant that mends properties.")
app.command("mmu_smt.cli.cover_app:cover", name="cover", help="Say which branches of the handlers are ever taken.")
app.command("mmu_smt.cli.mutate_app:mutate", name="mutate", help="See whether the properties notice small changes of the handlers.")
app.command("mmu_smt.cli.variant_app:diff", name="diff")
app.command("mmu_smt.cli.variant_app:new", name="new")
app.command("mmu_smt.cli.variant_app:watch", name="watch")
app.command("mmu_smt.cli.trace_app:trace", name="trace", help="Show, replay, compare, evaluate and minimize saved traces.")


@app.command(name="list")
def list_(
    target: str | None = None,
    *,
    define: Defines = None,
    no_color: NoColor = False,
) -> int:
    """Name the variants, configs, properties and parameters of a target.

    Parameters
    ----------
    target
        FILE, FILE:VARIANT, or the name of a VARIANT. Without one: every variant that comes with the tool.
    """
    from mmu_smt import api
    from mmu_smt.report.listing import bundled_lines, listing_lines

    output = Output(colour=not no_color)
    if target is None:
        output.lines(bundled_lines(api.bundled()))
        return Exit.OK
    spec = api.load(target)
    output.lines(listing_lines(spec.program(spec.variants[0], definitions(define)), spec.all_variants))
    return Exit.OK


@app.command
def fmt(
    *files: Annotated[str, Parameter(allow_leading_hyphen=True)],  # for `-`
    check: Annotated[bool, Parameter(help="Write nothing; name the files that would change, exit 1 if there are any.")] = False,
) -> int:
    """Rewrite files in the canonical layout.

    Parameters
    ----------
    files
        Files to rewrite; `-` formats standard input to standard output.
    """
    from mmu_smt.cli.formatting import format_files

    _require(files, "a file to format")
    return format_files(files, check=check, output=Output())


@app.command
def explain(code: str, *, no_color: NoColor = False) -> int:
    """Say what a diagnostic code means.

    Parameters
    ----------
    code
        For example MS701.
    """
    from mmu_smt.syntax.codes import CATALOGUE

    info = CATALOGUE.get(code.upper()) or next((i for i in CATALOGUE.values() if i.slug == code.lower()), None)
    if info is None:
        from mmu_smt.api.targets import unknown

        raise unknown("MS512", "code", code, CATALOGUE)
    output = Output(colour=not no_color)
    output.lines((line(Piece(f"{info.code} {info.slug}", Style.STRONG), f": {info.title}"), ()))
    output.text(info.explanation.rstrip() + "\n")
    return Exit.OK


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code. Never raises, except under MMU_SMT_DEBUG.

    Default: the process's own command line, which ends the process.
    """
    if argv is None:
        gc.set_threshold(100_000, 50, 50)  # nearly everything made here is in use until the end
        _leave(_run(sys.argv[1:]))
    return _run(argv)


def _run(argv: Sequence[str]) -> int:
    output = Output(colour="--no-color" not in argv)
    return int(_guarded(lambda: app(list(argv)) or Exit.OK, output))


def _leave(code: int) -> NoReturn:
    """End the process at once: taking the solver's memory apart would take longer than many a check."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # AttributeError: there is no such stream
            stream.flush()
    os._exit(code)


def _guarded(action: Callable[[], int], output: Output) -> int:
    """The action's exit code, or that of the error which ended it, after telling the user."""
    from mmu_smt.report.snippets import diagnostics_lines

    try:
        return action()
    except SpecError as error:
        output.complain(diagnostics_lines(error.diagnostics))
        return Exit.USAGE
    except CycloptsError as error:
        text = " ".join(str(error).split())
        output.complain((line(Piece("error:", Style.ERROR), " " + safe(text)), line("  see: mmu-smt --help")))
        return Exit.USAGE
    except OutputError as error:
        if error.reason:
            output.complain((line(Piece("error:", Style.ERROR), f" standard output cannot be written: {safe(error.reason)} [MS509]"),))
        return Exit.USAGE
    except KeyboardInterrupt:
        output.complain((line(Piece("error:", Style.ERROR), " interrupted [MS502]"),))
        return Exit.INTERRUPTED
    except Exception as error:
        if debugging():
            raise
        output.complain(diagnostics_lines((internal_error(error),)))
        return Exit.INTERNAL


# ---------------------------------------------------------------------------------------------- reading the command line


def _require(named: Sequence[str], what: str) -> None:
    if not named:
        raise usage("MS508", f"name {what}; `mmu-smt --help` shows the commands")
