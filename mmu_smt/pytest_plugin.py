"""A pytest plugin: the `expect` blocks of `.mmu` files as tests, one for each expectation.

It does nothing unless it is asked to, by `--mmu-smt` or in the configuration file, and imports nothing of the package before that.
A test is named `FILE::VARIANT::CONFIG::PROPERTY`. The expectations of one variant and config are answered by one check, made by the first
of them that runs, of those alone that were selected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mmu_smt.api.targets import Spec
    from mmu_smt.api.testing import Group
    from mmu_smt.semantics.program import Expectation
    from mmu_smt.witness.expectations import Outcome
    from mmu_smt.witness.verdicts import CheckResult

SUFFIX = ".mmu"
NO_VARIANT = "system"
NO_CONFIG = "default"

_FILES = pytest.StashKey[frozenset[Path] | None]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--mmu-smt`, `--mmu-smt-timeout`, `mmu_smt` and `mmu_smt_files`."""
    group = parser.getgroup("mmu-smt", "expectations of mmu-smt specifications")
    group.addoption("--mmu-smt", action="store_true", default=False, help="Collect the expect blocks of .mmu files as tests.")
    group.addoption(
        "--mmu-smt-timeout", type=_seconds, default=None, metavar="SECONDS", help="Wall time for each check; what is open then has failed."
    )
    parser.addini("mmu_smt", "Collect the expect blocks of .mmu files as tests.", type="bool", default=False)
    parser.addini(
        "mmu_smt_files", "Only of these .mmu files: patterns below the root folder, such as spec/**/*.mmu.", type="args", default=[]
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise ValueError(text)
    return value


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SpecFile | None:
    """The collector of a specification, if such are wanted."""
    if file_path.suffix != SUFFIX or not _wanted(parent.config, file_path):
        return None
    return SpecFile.from_parent(parent, path=file_path)  # pyright: ignore[reportUnknownMemberType]


def _wanted(config: pytest.Config, path: Path) -> bool:
    patterns = _patterns(config)
    if not (config.getoption("--mmu-smt") or config.getini("mmu_smt") or patterns):
        return False
    if not patterns:
        return True
    files = config.stash.get(_FILES, None)
    if files is None:
        files = frozenset(found.resolve() for pattern in patterns for found in config.rootpath.glob(pattern))
        config.stash[_FILES] = files
    return path.resolve() in files


def _patterns(config: pytest.Config) -> list[str]:
    return list(config.getini("mmu_smt_files"))


class SpecFile(pytest.File):
    """A file with expectations. One that cannot be used is an error of the collection."""

    def collect(self) -> Iterator[VariantNode]:
        from mmu_smt.api.targets import load
        from mmu_smt.api.testing import groups

        spec = load(str(self.path))
        by_variant: dict[str | None, list[Group]] = {}
        for group in groups(spec.expectations()):
            spec.program(group.variant)  # its errors are the file's
            by_variant.setdefault(group.variant, []).append(group)
        for variant, found in by_variant.items():
            yield VariantNode.from_parent(self, name=variant or NO_VARIANT, spec=spec, groups=found)  # pyright: ignore[reportUnknownMemberType]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        """The diagnostics of a specification that cannot be used."""
        return _diagnosed(excinfo.value) or super().repr_failure(excinfo)


class VariantNode(pytest.Collector):
    """What is expected of one variant."""

    def __init__(self, *, spec: Spec, groups: list[Group], **rest: Any) -> None:
        super().__init__(**rest)
        self._spec = spec
        self._groups = groups

    def collect(self) -> Iterator[ConfigNode]:
        by_config: dict[str, list[Check]] = {}
        for group in self._groups:
            by_config.setdefault("+".join(group.configs) or NO_CONFIG, []).append(Check(self._spec, group))
        for name, checks in by_config.items():
            yield ConfigNode.from_parent(self, name=name, checks=checks)  # pyright: ignore[reportUnknownMemberType]


class ConfigNode(pytest.Collector):
    """What is expected of one variant under one config."""

    def __init__(self, *, checks: list[Check], **rest: Any) -> None:
        super().__init__(**rest)
        self._checks = checks

    def collect(self) -> Iterator[ExpectationItem]:
        for check in self._checks:
            for expectation in check.group.expectations:
                yield ExpectationItem.from_parent(self, name=expectation.property, check=check, expectation=expectation)  # pyright: ignore[reportUnknownMemberType]


class Check:
    """One check, made when the first of its expectations runs, of those that were selected."""

    def __init__(self, spec: Spec, group: Group) -> None:
        self.spec = spec
        self.group = group
        self._answer: tuple[CheckResult, tuple[Outcome, ...]] | None = None

    def outcome(self, expectation: Expectation, selected: Iterable[Expectation], seconds: float | None) -> tuple[CheckResult, Outcome]:
        """What the check says of an expectation; `selected` are all that it is to answer."""
        from dataclasses import replace

        from mmu_smt.api.checking import Limits
        from mmu_smt.api.testing import judge_group

        if self._answer is None:
            wanted = replace(self.group, expectations=tuple(selected))
            self._answer = judge_group(self.spec, wanted, params={}, limits=Limits(seconds=seconds), simplify=True)
        result, outcomes = self._answer
        return result, next(o for o in outcomes if o.expectation is expectation)


class MissedError(Exception):
    """A verdict is not the one expected."""

    def __init__(self, result: CheckResult, outcome: Outcome) -> None:
        super().__init__(outcome.expectation.property)
        self.result = result
        self.outcome = outcome


class ExpectationItem(pytest.Item):
    """One expectation."""

    def __init__(self, *, check: Check, expectation: Expectation, **rest: Any) -> None:
        super().__init__(**rest)  # pyright: ignore[reportUnknownMemberType]
        self.check = check
        self.expectation = expectation

    def runtest(self) -> None:
        """Raises MissedError where the verdict is another one."""
        selected = [i.expectation for i in self.session.items if isinstance(i, ExpectationItem) and i.check is self.check]
        result, outcome = self.check.outcome(self.expectation, selected, self.config.getoption("--mmu-smt-timeout"))
        if outcome.interrupted:
            raise KeyboardInterrupt
        if not outcome.met:
            raise MissedError(result, outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was expected and what came, with its run; no traceback, for it would show this program and not the specification."""
        error = excinfo.value
        if isinstance(error, MissedError):
            from mmu_smt.report.lines import plain
            from mmu_smt.report.text import finding_lines, outcome_lines

            found = finding_lines(error.result, error.outcome.verdict, traced=True)
            return plain((*outcome_lines(error.outcome), *(((), *found) if found else ()))).rstrip()
        return _diagnosed(error) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the expectation stands."""
        return self.path, self.expectation.span.line - 1, "::".join(n.name for n in self.listchain()[-3:])


def _diagnosed(error: BaseException) -> str | None:
    """An error of the specification, or one that this program found in itself, in words; None for others."""
    from mmu_smt.api.errors import DisagreementError, UnconfirmedError
    from mmu_smt.report.lines import plain
    from mmu_smt.report.snippets import diagnostics_lines
    from mmu_smt.syntax.diagnostics import SpecError

    if isinstance(error, SpecError):
        return plain(diagnostics_lines(error.diagnostics)).rstrip()
    if isinstance(error, UnconfirmedError | DisagreementError):
        return f"internal error of mmu-smt: {error}; please report it with the specification"
    return None
