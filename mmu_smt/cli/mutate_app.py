"""The command line of `mmu-smt mutate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from mmu_smt.cli.exits import Exit, worst
from mmu_smt.cli.options import at_least, config_names, options
from mmu_smt.cli.output import Output
from mmu_smt.report.lines import one_line, shorten
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.witness.mutations import Fate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mmu_smt.api.mutating import Target
    from mmu_smt.variants.mutants import Choice
    from mmu_smt.witness.mutations import MutationReport


def mutate(
    target: str,
    *,
    config: Annotated[
        list[str] | None,
        Parameter(name=["--config", "-c"], help="Judge under this config, or several joined: A,B (repeatable). Else the default one."),
    ] = None,
    operator: Annotated[list[str] | None, Parameter(help="Mutants of this operator only (repeatable); `list` names them all.")] = None,
    function: Annotated[list[str] | None, Parameter(help="Change this function or handler only (repeatable).")] = None,
    max: Annotated[int | None, Parameter(name="--max", help="At most so many mutants, picked with the seed.")] = None,  # noqa: A002
    number: Annotated[list[int] | None, Parameter(name=["--number", "-n"], help="The mutant of this number only (repeatable).")] = None,
    variants: Annotated[
        list[str] | None, Parameter(help="Judge the variants of the target that this file declares, too (repeatable).")
    ] = None,
    without: Annotated[list[str] | None, Parameter(help="Do not ask about this property (repeatable).")] = None,
    all: Annotated[bool, Parameter(name="--all", help="Every property that notices a mutant, not only the first.")] = False,  # noqa: A002
    dry_run: Annotated[bool, Parameter(name="--dry-run", help="List the mutants, judge none.")] = False,
    show: Annotated[bool, Parameter(help="Print the mutants as specifications, judge none.")] = False,
    define: Annotated[list[str] | None, Parameter(name=["--define", "-D"], help="Set a parameter: NAME=VALUE (repeatable).")] = None,
    timeout: Annotated[float | None, Parameter(help="Seconds for each question about a mutant; 60 unless given.")] = None,
    seed: Annotated[int, Parameter(help="Seed of everything that is chosen.")] = 0,
    jobs: Annotated[
        int | None, Parameter(name=["--jobs", "-j"], help="Processes at once; as many as there are processors unless given.")
    ] = None,
    cache: Annotated[str | None, Parameter(help="The folder where answers are kept.")] = None,
    no_cache: Annotated[bool, Parameter(name="--no-cache", help="Ask everything, and keep nothing.")] = False,
    json: Annotated[bool, Parameter(help="One JSON document on standard output.")] = False,
    full: Annotated[bool, Parameter(help="Killed and equivalent mutants in full, too.")] = False,
    no_color: Annotated[bool, Parameter(name="--no-color", help="No colours, even on a terminal.")] = False,
) -> int:
    """Change the handlers of a variant in small ways, and see whether its properties notice.

    Exit codes: 0 every mutant is killed or proved equivalent | 1 a gap: one does something else, and no property notices | 2, 5 as for all
    commands | 3 one is undecided, or was not judged | 130 interrupted before there was anything to report.

    Parameters
    ----------
    target
        FILE, FILE:VARIANT, or the name of a VARIANT.
    """
    from mmu_smt.api import matrices, mutating
    from mmu_smt.api.targets import load, single_variant, unknown
    from mmu_smt.variants.mutants import Choice
    from mmu_smt.variants.operators import OPERATORS

    output = Output(colour=not no_color)
    if operator == ["list"]:
        output.text("".join(f"{name:<22}{text}\n" for name, text in OPERATORS.items()))
        return Exit.OK
    for name in operator or ():
        if name not in OPERATORS:
            raise unknown("MS545", "operator", name, OPERATORS)
    asked = options(define=define, timeout=mutating.SECONDS if timeout is None else timeout, seed=seed)
    choice = Choice(tuple(operator or ()), tuple(function or ()), at_least("--max", max, 1), seed, tuple(number or ()))
    how = mutating.How(
        configs=tuple(tuple(config_names([c]) or ()) for c in config or ()),
        seconds=asked.limits.seconds,
        params=asked.params,
        seed=seed,
        jobs=at_least("--jobs", jobs, 1),
        everything=all,
        without=tuple(without or ()),
    )
    try:
        spec = load(target)
        single = single_variant(spec)
        subject = mutating.Target(spec.workspace, target, single)
        if dry_run or show:
            return _listed(subject, choice, asked.params, output, show=show)
        others = tuple(o for name in variants or () for o in mutating.variants_in(name, single))
        kept = None if no_cache else matrices.cache_of(cache)
        with output.counting(f"mutants of {single or target}") as watch:
            report = mutating.mutate(subject, choice, how, others=others, cache=kept, watch=watch)
    except SpecError as error:
        if not json:
            raise
        from mmu_smt.report.json_report import encode
        from mmu_smt.report.mutation_json import mutate_document

        output.text(encode(mutate_document(None, error.diagnostics, Exit.USAGE)))
        return Exit.USAGE
    return _shown(report, output, json=json, full=full)


def _shown(report: MutationReport, output: Output, *, json: bool, full: bool) -> Exit:
    code = exit_code(report)
    if json:
        from mmu_smt.report.json_report import encode
        from mmu_smt.report.mutation_json import mutate_document

        output.text(encode(mutate_document(report, (), code)))
    else:
        from mmu_smt.report.mutation_text import mutation_lines

        output.lines(mutation_lines(report, full=full))
    return code


def exit_code(report: MutationReport) -> Exit:
    """The code for a report: problems of this program first, then gaps, then what is open."""
    if report.missing and not report.results:
        return Exit.INTERRUPTED
    codes = [Exit.OPEN] if report.missing else []
    for result in report.results:
        if result.problem:
            codes.append(Exit.INTERNAL)
        elif result.judgement.fate is Fate.GAP:
            codes.append(Exit.FAILED)
        elif result.judgement.fate is Fate.UNKNOWN:
            codes.append(Exit.OPEN)
    return worst(codes)


def _listed(asked: Target, choice: Choice, params: Mapping[str, int], output: Output, *, show: bool) -> Exit:
    """The mutants, one a line, or as specifications."""
    from mmu_smt.api.mutating import changed_lines, mutants_of

    made = mutants_of(asked, choice, params)
    module = asked.workspace.module_name
    for mutant in made.found:
        if show:
            output.text((f"import {module}\n\n" if module else "") + mutant.text + "\n")
            continue
        changed = "  ".join(one_line(text) for text in changed_lines(mutant.before, mutant.after))
        output.text(shorten(f"#{mutant.number:<5}{mutant.operator:<22}{mutant.function} :{mutant.at.line}  {changed}", 160) + "\n")
    if not show:
        output.text(f"{len(made.found)} mutants; left out: {made.ill_typed} changes ill-typed, {made.repeated} repeated\n")
    return Exit.OK
