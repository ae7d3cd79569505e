"""The part of the public interface that is about changed handlers: what differs, what is covered and noticed, what would mend them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.api.checking import COMPARE_SECONDS, Limits, Progress
from mmu_smt.api.targets import Spec, as_spec, choose_config, config_sum, joined_names, single_variant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mmu_smt.api.matrices import Watch
    from mmu_smt.witness.coverage import Coverage
    from mmu_smt.witness.differences import Difference
    from mmu_smt.witness.mutations import MutationReport
    from mmu_smt.witness.repairs import RepairReport


def diff(
    first: str | Path | Spec,
    second: str | Path | Spec,
    *,
    properties: Sequence[str] | None = None,
    config: str | Sequence[str] | None = None,
    params: Mapping[str, int] | None = None,
    bound: int | None = None,
    timeout: float | None = COMPARE_SECONDS,
    verdicts: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
) -> Difference:
    """Say where two variants decide or do something else, as a predicate over what their handlers test, and what each part changes.

    `first`, `second`, `config`, `timeout`: as for `compare`. `properties`: whose verdicts to compare; default all that both declare, none
    if not `verdicts`. `bound`: transitions in which states are looked for that are not initial. Raises SpecError where the two cannot be
    compared.
    """
    from mmu_smt.api.comparing import Variant
    from mmu_smt.api.differing import Differing, diff_programs, rewritten
    from mmu_smt.syntax.format import format_source
    from mmu_smt.syntax.source import SourceFile

    found: list[Variant] = []
    texts: list[dict[str, str]] = []
    for target in (first, second):
        spec = as_spec(target)
        name = single_variant(spec)
        program = spec.program(name, params)
        found.append(Variant(spec.target, program, choose_config(program, joined_names(config))))
        texts.append({n: format_source(SourceFile("spec.mmu", body.span.text)) for n, body in spec.bodies(name).items()})
    asked = Differing(
        found[0],
        found[1],
        rewritten(texts[0], texts[1]),
        None if properties is None else tuple(properties),
        limits=Limits(bound, timeout),
        given=dict(params or {}),
        seed=seed,
        verdicts=verdicts,
    )
    return diff_programs(asked, progress=progress)


def predicate_text(found: Difference) -> str:
    """When two variants differ, part by part with what each changes, as `mmu-smt diff` prints it; empty where they do not."""
    from mmu_smt.report.difference_text import predicate_lines
    from mmu_smt.report.lines import plain

    return plain(predicate_lines(found, examples=False))


def cover(
    target: str | Path | Spec,
    *,
    variant: str | None = None,
    configs: Sequence[str] | None = None,
    params: Mapping[str, int] | None = None,
    bound: int | None = None,
    timeout: float | None = 300.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Coverage:
    """Which branches of a variant's handlers are ever taken, and which premises of its properties are ever met.

    `configs`: each a sum of names, `a + b`; default: the columns of the matrix with a row for the variant under its first setting, else
    the default config. `timeout` (seconds) is for each config. Every run is replayed. Raises as `check` does.
    """
    from mmu_smt.api import covering

    spec = as_spec(target)
    name = single_variant(spec) if variant is None else variant
    program = spec.program(name, params)
    chosen = tuple(choose_config(program, config_sum(c)) for c in configs or ()) or covering.default_configs(spec, name, dict(params or {}))
    return covering.cover(
        covering.Asked(spec.target, program, chosen, Limits(bound, timeout), dict(params or {}), seed),
        progress=progress,
    )


def mutate(
    target: str | Path | Spec,
    *,
    variant: str | None = None,
    configs: Sequence[str] | None = None,
    operators: Sequence[str] = (),
    functions: Sequence[str] = (),
    most: int | None = None,
    numbers: Sequence[int] = (),
    variants: Sequence[str] = (),
    without: Sequence[str] = (),
    everything: bool = False,
    params: Mapping[str, int] | None = None,
    timeout: float | None = 60.0,
    seed: int = 0,
    jobs: int | None = None,
    cache: str | Path | bool = True,
    watch: Watch | None = None,
) -> MutationReport:
    """Change the handlers of a variant in small ways, and see whether its properties notice.

    `configs`: each a sum of names, `a + b`; default the default config. `operators`, `functions`, `numbers`, `most`: which mutants.
    `variants`: files whose variants of this one are judged, too. `without`: properties that are not asked; `everything`: all kills of a
    mutant, not only the first. `timeout` (seconds) is for each question. `cache` as for `matrix`. A Ctrl-C ends the run.
    """
    from mmu_smt.api import matrices, mutating
    from mmu_smt.variants.mutants import Choice

    spec = as_spec(target)
    name = single_variant(spec) if variant is None else variant
    how = mutating.How(tuple(map(config_sum, configs or ())), timeout, dict(params or {}), seed, jobs, everything, tuple(without))
    kept = None if cache is False else matrices.cache_of(None if cache is True else cache)
    others = tuple(o for file in variants for o in mutating.variants_in(file, name))
    choice = Choice(tuple(operators), tuple(functions), most, seed, tuple(numbers))
    return mutating.mutate(mutating.Target(spec.workspace, spec.target, name), choice, how, others=others, cache=kept, watch=watch)


def repair(
    target: str | Path | Spec,
    *,
    properties: Sequence[str],
    configs: Sequence[str | Sequence[str]] | None = None,
    also_configs: Sequence[str | Sequence[str]] = (),
    keep: Sequence[str] = (),
    functions: Sequence[str] | None = None,
    max_size: int = 4,
    every: bool = False,
    any_end: bool = False,
    accept_vacuous: bool = False,
    name: str | None = None,
    path: str | Path | None = None,
    params: Mapping[str, int] | None = None,
    timeout: float | None = 300.0,
    check_timeout: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> RepairReport:
    """Search for the smallest change of a variant that makes properties hold under each of some configs and breaks nothing that held.

    `target` stands for one variant. `configs`: each a name, or several that are joined; default the specification's default config.
    `also_configs`: nothing may break there either. `keep`: covers that must not become reachable. `functions`: the ones that may be
    changed; default the handlers and what they call. `max_size`: the largest change, in expressions and statements. `every`: all of the
    smallest size. `any_end`: runs that were right may end in another way. `accept_vacuous`: a property is mended, too, if nothing that it
    speaks of happens any more. `name`, `path`: of the variant file that a suggestion is.
    `timeout`: seconds for everything after loading, `check_timeout` for each check (default 60).

    Every suggestion has been checked as `check` does, from its text. Raises SpecError, with MS540 where nothing is to be mended.
    """
    from mmu_smt.api import repairing

    spec = as_spec(target)
    return repairing.repair_program(
        repairing.Repairing(
            spec,
            single_variant(spec),
            tuple(properties),
            (None,) if configs is None else tuple(tuple(joined_names(c) or ()) for c in configs),
            also=tuple(tuple(joined_names(c) or ()) for c in also_configs),
            keep=tuple(keep),
            only=None if functions is None else tuple(functions),
            largest=max_size,
            several=every,
            same_ends=not any_end,
            accept_vacuous=accept_vacuous,
            seconds=timeout,
            check_seconds=repairing.CHECK_SECONDS if check_timeout is None else check_timeout,
            name=name,
            path=None if path is None else str(path),
            params=dict(params or {}),
            seed=seed,
        ),
        progress=progress,
    )
