"""The `check` command's work: every target in turn, all of them reported, the worst exit code."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmu_smt import api
from mmu_smt.api.targets import single_variant
from mmu_smt.cli.defects import debugging, internal_error
from mmu_smt.cli.exits import Exit, of_result, worst
from mmu_smt.cli.formats import Wanted, write_formats
from mmu_smt.cli.output import OutputError
from mmu_smt.report.certificate_text import written_lines
from mmu_smt.report.opinion_text import opinion_lines
from mmu_smt.report.snippets import diagnostics_lines
from mmu_smt.report.text import check_lines
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
from mmu_smt.witness.opinions import unconfirmed
from mmu_smt.witness.serialise import candidate_to_json
from mmu_smt.witness.verdicts import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmu_smt.cli.options import Options
    from mmu_smt.cli.output import Output, Status
    from mmu_smt.report.lines import Line
    from mmu_smt.witness.verdicts import CheckResult


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of every target."""

    options: Options
    cross_check: bool = False
    minimize: bool = True
    counterexamples: int = 1
    formats: tuple[Wanted, ...] = ()
    cert: str | None = None
    engines: tuple[str, ...] | None = None
    paranoid: bool = False


class Checker:
    """Checks targets one after another and prints as it goes; with `json` one document at the end."""

    def __init__(self, asked: Asked, output: Output, *, json: bool, stats: bool, full: bool, accept_bounded: bool) -> None:
        self._asked = asked
        self._output = output
        self._json = json
        self._stats = stats
        self._full = full
        self._accept_bounded = accept_bounded
        self._results: list[CheckResult] = []
        self._diagnostics: list[Diagnostic] = []
        self._codes: list[Exit] = []
        self._seconds = 0.0
        self._stopped = False
        self._silent = any(w.path is None for w in asked.formats)  # standard output belongs to a format

    def check_all(self, targets: Sequence[str]) -> Exit:
        """The exit code for all targets. After a Ctrl-C the remaining ones are left out."""
        with self._output.progress(not self._json) as status:
            for target in targets:
                if self._stopped:
                    break
                self._check(target, status)
        code = worst(self._codes)
        try:
            write_formats(self._asked.formats, self._results, self._output, full=self._full)
        except SpecError as error:
            self._report(Exit.USAGE, *error.diagnostics)
            code = worst(self._codes)
        if self._json:
            from mmu_smt.report.json_report import document, encode

            self._output.text(encode(document(self._results, self._diagnostics, code)))
        return code

    def _check(self, target: str, status: Status | None) -> None:
        if status is not None:
            status.prefix = f"{target}: "
            status("loading")
        try:
            spec = api.load(target)
            self._warn(spec)
            if self._asked.cert is not None:
                single_variant(spec)  # a certificate is of one
            for variant in spec.variants:
                if not self._stopped:
                    self._check_variant(spec, variant, status)
        except SpecError as error:
            self._report(Exit.USAGE, *error.diagnostics)
        except api.DisagreementError as error:
            self._report(Exit.INTERNAL, Diagnostic("MS602", f"internal error: {error}; please report it with the specification", None))
        except OutputError:
            raise
        except Exception as error:
            if debugging():
                raise
            self._report(Exit.INTERNAL, internal_error(error))

    def _check_variant(self, spec: api.Spec, variant: str | None, status: Status | None) -> None:
        asked = self._asked
        limits = self._remaining()
        started = time.monotonic()
        try:
            (result,) = api.check(
                spec,
                variant=variant,
                properties=asked.options.properties,
                config=asked.options.config,
                params=asked.options.params,
                bound=limits.bound,
                timeout=limits.seconds,
                rlimit=limits.rlimit,
                memory=limits.memory,
                seed=asked.options.seed,
                cross_check=asked.cross_check,
                minimize=asked.minimize,
                counterexamples=asked.counterexamples,
                explain=not self._json or bool(asked.formats),
                cert=asked.cert,
                engines=None if asked.engines is None else [Engine(name) for name in asked.engines],
                paranoid=asked.paranoid,
                progress=status,
            )
        except api.UnconfirmedError as error:
            self._unconfirmed(error)
            return
        except api.DisputedError as error:
            saved = _save(error.file, error.evidence)
            message = f"internal error: {error}; saved in {saved}, please report it with the specification"
            self._report(Exit.INTERNAL, Diagnostic("MS602", message, None))
            return
        finally:
            self._seconds += time.monotonic() - started
        self._stopped = api.interrupted(result)
        self._codes.append(of_result(result, accept_bounded=self._accept_bounded))
        self._results.append(result)
        if result.certificate is not None and result.certificate.without:
            self._codes.append(Exit.OPEN)
        if result.opinions is not None and unconfirmed(result.opinions):
            self._codes.append(Exit.OPEN)
        if not self._json and not self._silent:
            named = frozenset(asked.options.properties or ())
            self._output.lines(
                (*self._separator(), *check_lines((result,), traces_of=named, full=self._full, stats=self._stats)),
            )
            if result.certificate is not None:
                self._output.lines(written_lines(result.certificate))
            if result.opinions is not None:
                self._output.lines(opinion_lines(result))

    def _separator(self) -> tuple[Line, ...]:
        return ((),) if len(self._codes) > 1 else ()

    def _remaining(self) -> api.Limits:
        limits = self._asked.options.limits
        return limits if limits.seconds is None else replace(limits, seconds=max(limits.seconds - self._seconds, 0.0))

    def _warn(self, spec: api.Spec) -> None:
        self._diagnostics.extend(spec.warnings)
        if spec.warnings and not self._json:
            self._output.complain(diagnostics_lines(spec.warnings))

    def _report(self, code: Exit, *diagnostics: Diagnostic) -> None:
        """What ends a target; the others are still checked."""
        self._codes.append(code)
        self._diagnostics.extend(diagnostics)
        if not self._json:
            self._output.complain(diagnostics_lines(diagnostics))

    def _unconfirmed(self, error: api.UnconfirmedError) -> None:
        """A defect of this program: keep the evidence and say where."""
        saved = _save(f"mmu-smt-unconfirmed-{error.property.name}.json", candidate_to_json(error.candidate))
        message = f"internal error: {error}; the run is saved in {saved}, please report it with the specification"
        self._report(Exit.INTERNAL, Diagnostic("MS601", message, error.property.span))


def _save(name: str, text: str) -> str:
    """Write a file into the current folder, else into the system's folder for temporary files; where it is, or why it is nowhere."""
    reason = ""
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            continue
        return str(folder / name)
    return f"no file ({reason})"
