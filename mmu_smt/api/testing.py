"""Run the `expect` blocks of files: what each says is compared with what a check finds."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.api.targets import choose_config, choose_properties, load
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
from mmu_smt.witness.expectations import Outcome, TestReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mmu_smt.api.targets import Spec
    from mmu_smt.semantics.program import Expectation
    from mmu_smt.witness.verdicts import CheckResult


def files_under(paths: Iterable[str]) -> Iterator[str]:
    """The files named, and for each folder every `.mmu` file below it, sorted. Raises SpecError (MS508) for what does not exist."""
    for name in paths:
        path = Path(name)
        if path.is_dir():
            yield from sorted(str(p) for p in path.rglob("*.mmu") if p.is_file())
        elif path.exists():
            yield name
        else:
            raise SpecError((Diagnostic("MS508", f"there is no file or folder {name}", None),))


def judge_files(
    files: Iterable[str], *, params: Mapping[str, int], limits: Limits, seed: int, each: Callable[[Outcome], None] | None = None
) -> TestReport:
    """Judge every expectation that the files state. `each` is told every outcome as it comes. A Ctrl-C ends the run."""
    started = time.perf_counter()
    outcomes: list[Outcome] = []
    unusable: dict[str, tuple[Diagnostic, ...]] = {}
    without: list[str] = []
    for name in files:
        try:
            found = list(_outcomes(name, params, limits, seed, each))
        except SpecError as error:
            unusable[name] = error.diagnostics
            continue
        outcomes.extend(found)
        if not found:
            without.append(name)
        if any(o.interrupted for o in found):
            break
    return TestReport(tuple(outcomes), unusable, tuple(without), time.perf_counter() - started)


def _outcomes(name: str, params: Mapping[str, int], limits: Limits, seed: int, each: Callable[[Outcome], None] | None) -> Iterator[Outcome]:
    spec = load(name)
    for group in groups(spec.expectations()):
        _, outcomes = judge_group(spec, group, params=params, limits=limits, seed=seed)
        for outcome in outcomes:
            if each is not None:
                each(outcome)
            yield outcome
            if outcome.interrupted:
                return


@dataclass(frozen=True, slots=True)
class Group:
    """Expectations that one check can answer: same variant, same config, and the same bound where `bounded(N)` is among what is wanted."""

    variant: str | None
    configs: tuple[str, ...]
    bound: int | None
    expectations: tuple[Expectation, ...]


def groups(expectations: Iterable[Expectation]) -> tuple[Group, ...]:
    """Expectations put together that one check can answer, in order."""
    found: dict[tuple[str | None, tuple[str, ...], int | None], list[Expectation]] = {}
    for expectation in expectations:
        bounds = [w.bound for w in expectation.wanted if w.bound is not None]
        key = (expectation.variant, expectation.configs, max(bounds, default=None))
        found.setdefault(key, []).append(expectation)
    return tuple(Group(*key, tuple(members)) for key, members in found.items())


def judge_group(
    spec: Spec, group: Group, *, params: Mapping[str, int], limits: Limits, seed: int = 0, simplify: bool = False
) -> tuple[CheckResult, tuple[Outcome, ...]]:
    """One check, and what it says of each expectation of the group. `simplify`: its traces are to be read."""
    program = spec.program(group.variant, params)
    config = choose_config(program, group.configs or None)
    properties = choose_properties(program, [e.property for e in group.expectations])
    chosen = replace(limits, bound=limits.bound if group.bound is None else group.bound)
    result = check_program(Request(spec.target, program, config, properties, chosen, params, seed, simplify=simplify, explain=simplify))
    verdicts = {v.property.name: v for v in result.verdicts}
    return result, tuple(Outcome(spec.target, e, config.name, verdicts[e.property]) for e in group.expectations)
