"""The public interface: load a specification, check it, compare two variants, run its expectations, run it.

Results are the plain records of `mmu_smt.witness`. Every function raises `SpecError`, with all diagnostics, for a specification or
a request that cannot be used. The parts that are slow to import are imported by the first call that needs them.
"""

# ruff: noqa: PT028 (`test` is no test)

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmu_smt.api.changes import cover, diff, mutate, predicate_text, repair
from mmu_smt.api.checking import COMPARE_SECONDS, Limits, Progress, Request, check_program
from mmu_smt.api.errors import DisagreementError, DisputedError, UnconfirmedError
from mmu_smt.api.targets import Spec, as_spec, choose_config, choose_properties, config_sum, joined_names, load, single_variant
from mmu_smt.witness.verdicts import Word, was_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mmu_smt.api.matrices import Watch
    from mmu_smt.api.traces import Opened, Refuted
    from mmu_smt.witness.claims import ClaimsReport, ClauseOutcome
    from mmu_smt.witness.comparisons import Comparison
    from mmu_smt.witness.expectations import Outcome, TestReport
    from mmu_smt.witness.matrices import Cell, MatrixReport, Row
    from mmu_smt.witness.traces import Trace
    from mmu_smt.witness.verdicts import CheckResult, Engine

__all__ = [
    "COMPARE_SECONDS",
    "DisagreementError",
    "DisputedError",
    "Limits",
    "Spec",
    "UnconfirmedError",
    "bundled",
    "check",
    "claims",
    "compare",
    "cover",
    "diff",
    "export",
    "format_text",
    "interrupted",
    "load",
    "matrix",
    "minimize",
    "mutate",
    "open_cell",
    "open_changes",
    "open_traces",
    "predicate_text",
    "repair",
    "report_text",
    "run",
    "save_traces",
    "test",
]


def check(
    target: str | Path | Spec,
    *,
    variant: str | None = None,
    properties: Sequence[str] | None = None,
    config: str | Sequence[str] | None = None,
    params: Mapping[str, int] | None = None,
    bound: int | None = None,
    timeout: float | None = None,
    rlimit: int | None = None,
    memory: int | None = None,
    seed: int = 0,
    cross_check: bool = False,
    minimize: bool = True,
    explain: bool = False,
    counterexamples: int = 1,
    cert: str | Path | None = None,
    engines: Sequence[Engine] | None = None,
    paranoid: bool = False,
    progress: Progress | None = None,
) -> tuple[CheckResult, ...]:
    """Judge the properties of every variant that the target stands for: one result each, in order.

    `target`: a file, `FILE:VARIANT`, the name of a variant, or a loaded `Spec`; `variant` picks one of it. `properties`: names, default
    all. `config`: a name, or several that are joined; default the specification's default config. `params`: sizes. `bound`: stop after so
    many transitions. `timeout` (seconds, for everything after loading), `rlimit` (solver units per variant), `memory` (megabytes): what is
    not decided within them is `unknown`. `cross_check`: systems that are small enough are also judged by enumeration. `minimize`: traces
    are made as plain as they can be; `explain`: verdicts say what would have broken their loops. `counterexamples`: so many of each
    violated property, if there are, which differ in what is decided. `cert`: an empty or new folder for the certificate of the proofs, of
    one variant. `engines`: only these prove anything; default all. `paranoid`: further engines, solvers and the interpreter are asked about
    every verdict. `progress` is told what goes on. After a Ctrl-C the variants not yet begun are left out.

    Raises UnconfirmedError for a counterexample that does not replay, DisagreementError where the cross-check says something else,
    DisputedError where somebody who is asked disagrees: defects of this program. SpecError (MS528) where `paranoid` lacks solvers.
    """
    spec = as_spec(target)
    limits = Limits(bound, timeout, rlimit, memory)
    if cert is not None:
        name = single_variant(spec) if variant is None else variant
        request = replace(_request(spec, name, properties, config, params, limits, seed), cross_check=cross_check)
        request = replace(request, engines=_engines(engines))
        return (_certified(spec, name, request, cert, progress),)
    started = time.monotonic()
    results: list[CheckResult] = []
    for name in spec.variants if variant is None else (variant,):
        request = replace(
            _request(spec, name, properties, config, params, limits, seed), cross_check=cross_check, simplify=minimize, explain=explain
        )
        request = replace(request, engines=_engines(engines))
        if timeout is not None:
            request = replace(request, limits=replace(limits, seconds=max(timeout - (time.monotonic() - started), 0.0)))
        result = _confirmed(request, progress) if paranoid else check_program(request, progress=progress)
        if counterexamples > 1 and not interrupted(result):
            from mmu_smt.api.diverse import with_further

            result = replace(result, verdicts=with_further(request, result.verdicts, counterexamples - 1))
        results.append(result)
        if interrupted(results[-1]):
            break
    return tuple(results)


def _engines(names: Sequence[Engine] | None) -> frozenset[Engine] | None:
    return None if names is None else frozenset(names)


def _confirmed(request: Request, progress: Progress | None) -> CheckResult:
    from mmu_smt.api import confirming
    from mmu_smt.api.certifying import Collected

    confirming.enough_solvers()
    collected = Collected()
    result = check_program(request, progress=progress, proved=collected.add)
    return result if interrupted(result) else replace(result, opinions=confirming.confirm(request, result, collected, progress))


def _certified(spec: Spec, variant: str | None, request: Request, folder: str | Path, progress: Progress | None) -> CheckResult:
    from mmu_smt.api import certifying

    path = certifying.prepare(folder)
    collected = certifying.Collected()
    result = check_program(request, progress=progress, proved=collected.add)
    return result if interrupted(result) else certifying.write(path, spec, variant, request, result, collected)


def compare(
    first: str | Path | Spec,
    second: str | Path | Spec,
    *,
    properties: Sequence[str] | None = None,
    config: str | Sequence[str] | None = None,
    params: Mapping[str, int] | None = None,
    bound: int | None = None,
    timeout: float | None = COMPARE_SECONDS,
    scenarios: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Comparison:
    """Decide what the second variant changes: is it equivalent to the first, which violations does it fix, which does it introduce?

    `first`, `second`: targets that stand for one variant each. `properties`: names, default all that both declare and that can be
    violated. `config`: as for `check`, the same for both; default each one's default config. `timeout`: seconds for everything after
    loading. `scenarios`: how many are tried for each question. Raises SpecError where the two cannot be compared.
    """
    from mmu_smt.api.comparing import Comparing, Variant, compare_programs
    from mmu_smt.api.scenarios import SCENARIOS

    found: list[Variant] = []
    for target in (first, second):
        spec = as_spec(target)
        program = spec.program(single_variant(spec), params)
        found.append(Variant(spec.target, program, choose_config(program, joined_names(config))))
    asked = Comparing(
        found[0],
        found[1],
        None if properties is None else tuple(properties),
        limits=Limits(bound, timeout),
        scenarios=SCENARIOS if scenarios is None else scenarios,
        given=dict(params or {}),
        seed=seed,
    )
    return compare_programs(asked, progress=progress)


def test(
    paths: str | Path | Iterable[str | Path],
    *,
    params: Mapping[str, int] | None = None,
    timeout: float | None = None,
    rlimit: int | None = None,
    memory: int | None = None,
    seed: int = 0,
    each: Callable[[Outcome], None] | None = None,
) -> TestReport:
    """Compare what the `expect` blocks of files (and of all `.mmu` files under folders) say with what a check finds.

    `timeout` (seconds) and `rlimit` are for each check. `each` is told every outcome as it comes. Files that cannot be used are listed in
    the report. Raises SpecError (MS508) for a path that does not exist.
    """
    from mmu_smt.api.testing import files_under, judge_files

    named = (paths,) if isinstance(paths, (str, Path)) else paths
    limits = Limits(None, timeout, rlimit, memory)
    return judge_files(list(files_under(str(p) for p in named)), params=dict(params or {}), limits=limits, seed=seed, each=each)


test.__test__ = False  # pyright: ignore[reportFunctionMemberAccess]  (no test, whatever pytest thinks of its name)


def matrix(
    target: str | Path,
    *,
    name: str | None = None,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    settings: Sequence[str] | None = None,
    properties: Sequence[str] | None = None,
    params: Mapping[str, int] | None = None,
    bound: int | None = None,
    timeout: float | None = 30.0,
    rlimit: int | None = None,
    memory: int | None = None,
    seed: int = 0,
    jobs: int | None = None,
    cache: str | Path | bool = True,
    retry: bool = False,
    marks: bool = False,
    watch: Watch | None = None,
) -> tuple[MatrixReport, ...]:
    """Fill the matrices that a file, a folder or the name of a bundled one stands for: one report each, in order.

    `name`, `rows`, `columns`, `settings`, `properties` select a part; columns and settings are written as in the declaration, `a + b`.
    `timeout` (seconds), `rlimit` and `memory` are for each cell, which is judged in a process of its own, `jobs` at a time (default: as
    many as there are processors). `cache`: whether finished cells are kept in the usual place, or the folder for them. `retry`: cells
    that ran out of time are judged again. `marks`: what each row fixes and introduces is decided, too: `changes` of the cells. `watch` is
    told what goes on. A Ctrl-C ends the run: the report says so, its missing cells are
    marked.

    `open_cell` gives the verdicts of a cell with their runs. Raises SpecError as `check` does, and where there is no matrix (MS513).
    """
    from mmu_smt.api import matrices

    filled = matrices.fill
    if marks:
        from mmu_smt.api.marking import fill_marked as filled

    selection = matrices.Selection(
        rows=None if rows is None else tuple(rows),
        columns=None if columns is None else tuple(map(config_sum, columns)),
        settings=None if settings is None else tuple(map(config_sum, settings)),
        properties=None if properties is None else tuple(properties),
    )
    how = matrices.How(Limits(bound, timeout, rlimit, memory), dict(params or {}), seed, jobs, retry)
    kept = None if cache is False else matrices.cache_of(None if cache is True else cache)
    reports: list[MatrixReport] = []
    for found in matrices.find((str(target),), name):
        reports.append(filled(found, selection, how, cache=kept, watch=watch))
        if reports[-1].interrupted:
            break
    return tuple(reports)


def open_cell(report: MatrixReport, row: Row, cell: Cell) -> CheckResult:
    """The verdicts of a cell that was judged, with their runs, each replayed now.

    Raises mmu_smt.api.cellcache.Damaged where a kept run does not replay.
    """
    from mmu_smt.api import cells

    return cells.open_cell(report, row, cell)


def open_changes(report: MatrixReport, row: Row, cell: Cell) -> Comparison:
    """What a row changes in a cell that was marked, with both runs of every scenario, replayed now.

    Raises mmu_smt.api.cellcache.Damaged where a kept run does not replay.
    """
    from mmu_smt.api import marking

    return marking.open_changes(report, row, cell)


def claims(
    paths: str | Path | Iterable[str | Path],
    *,
    only: Sequence[str] | None = None,
    params: Mapping[str, int] | None = None,
    timeout: float | None = COMPARE_SECONDS,
    seed: int = 0,
    each: Callable[[ClauseOutcome], None] | None = None,
    progress: Progress | None = None,
) -> ClaimsReport:
    """Put what the `claim` declarations of files (and of all `.mmu` files under folders) say to the model.

    `only`: the claims of these names. `timeout` (seconds) is for each statement of a claim. `each` is told every outcome as it comes. Files
    that cannot be used are listed in the report. Raises SpecError (MS508) for a path that does not exist.
    """
    from mmu_smt.api.claiming import judge_claims
    from mmu_smt.api.testing import files_under

    named = (paths,) if isinstance(paths, (str, Path)) else paths
    files = list(files_under(str(p) for p in named))
    limits = Limits(None, timeout)
    return judge_claims(files, only=only, params=dict(params or {}), limits=limits, seed=seed, each=each, progress=progress)


def run(
    target: str | Path | Spec,
    *,
    variant: str | None = None,
    config: str | Sequence[str] | None = None,
    params: Mapping[str, int] | None = None,
    seed: int = 0,
    steps: int = 10,
) -> Trace:
    """A run of at most `steps` transitions from a random initial state, every choice made with the seed; it ends early in a terminal state.

    A target that stands for several variants needs `variant`: the first is taken otherwise.
    """
    from mmu_smt.api.running import run_program

    spec = as_spec(target)
    program = spec.program(spec.variants[0] if variant is None else variant, params)
    return run_program(program, choose_config(program, joined_names(config)), seed=seed, steps=steps)


def export(
    target: str | Path | Spec,
    *,
    property: str | None = None,  # noqa: A002
    variant: str | None = None,
    config: str | Sequence[str] | None = None,
    params: Mapping[str, int] | None = None,
    format: str = "btor2",  # noqa: A002
    bound: int | None = None,
) -> bytes:
    """A property's question, or without one the system, for other tools: the content of a file.

    `format`: btor2, smt2 (with `bound`: is there a violation within so many transitions?) or aiger. Raises SpecError, with MS527 for what
    the format cannot say.
    """
    from mmu_smt.api.exporting import Format, export_program
    from mmu_smt.api.targets import unknown

    if format not in list(Format):
        raise unknown("MS527", "format", format, list(Format))
    spec = as_spec(target)
    program = spec.program(single_variant(spec) if variant is None else variant, params)
    return export_program(program, choose_config(program, joined_names(config)), property, Format(format), bound, spec.target)


def format_text(text: str, name: str = "spec.mmu") -> str:
    """The text of a file in the canonical layout. `name` stands for the file in diagnostics. Raises SpecError on syntax errors."""
    from mmu_smt.syntax.format import format_source
    from mmu_smt.syntax.source import SourceFile

    return format_source(SourceFile(name, text))


def save_traces(results: Sequence[CheckResult], path: str | Path) -> int:
    """Write the traces of checks into a file that `open_traces` and `mmu-smt trace` read; how many there are. Raises OSError."""
    from mmu_smt.report.trace_json import encode_traces, trace_document

    document = trace_document((r, v) for r in results for v in r.verdicts)
    Path(path).write_text(encode_traces(document), encoding="utf-8")
    return len(document.traces)


def open_traces(path: str | Path, *, properties: Sequence[str] | None = None, spec: str | None = None) -> tuple[Opened | Refuted, ...]:
    """Replay the traces of a file (of `FILE#N` the N-th), each against its specification as it is now or against the target `spec`.

    `Refuted` are those that do not show any more what they did. Raises SpecError for a file or specification that cannot be used.
    """
    from mmu_smt.api import traces

    return tuple(traces.open_trace(str(path), saved, spec=spec) for saved in traces.read_traces(path, properties))


def minimize(opened: Opened) -> Opened:
    """An opened trace made plainer, as far as it still shows its property; nothing is claimed to be minimal."""
    from mmu_smt.api import traces

    return traces.minimize(opened)


def report_text(result: CheckResult, *, full: bool = False) -> str:
    """What `mmu-smt check` prints of a result: findings with their traces, then the summary. `full`: every trace, without omissions."""
    from mmu_smt.report.lines import plain
    from mmu_smt.report.text import check_lines

    reached = frozenset(v.property.name for v in result.verdicts if v.word is Word.REACHED)
    return plain(check_lines((result,), traces_of=reached, full=full))


def bundled() -> dict[str, str | None]:
    """The variants that come with the tool and can be named without a file, with their subject lines."""
    from mmu_smt.semantics.specs import bundled_files
    from mmu_smt.syntax.nodes import VariantDecl
    from mmu_smt.syntax.parser import parse, read_source

    modules = [parse(read_source(path))[0] for path in bundled_files()]
    variants = [d for m in modules if m is not None for d in m.declarations if isinstance(d, VariantDecl)]
    return {v.name.text: v.subject for v in variants}


def interrupted(result: CheckResult) -> bool:
    """True iff the user stopped this check."""
    return any(was_interrupted(v) for v in result.verdicts)


def _request(
    spec: Spec,
    variant: str | None,
    properties: Sequence[str] | None,
    config: str | Sequence[str] | None,
    params: Mapping[str, int] | None,
    limits: Limits,
    seed: int,
) -> Request:
    program = spec.program(variant, params)
    several = len(spec.variants) > 1 and variant is not None
    return Request(
        target=f"{spec.target}:{variant}" if several else spec.target,
        program=program,
        config=choose_config(program, joined_names(config)),
        properties=choose_properties(program, properties),
        limits=limits,
        given=dict(params or {}),
        seed=seed,
    )
