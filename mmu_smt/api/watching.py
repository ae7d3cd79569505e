"""A file checked again whenever it or one of its imports is saved: what changes in its verdicts.

Files are polled: a handful of `stat` calls a few times a second needs no library, works on every file system, and notices editors that
replace a file instead of writing it.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mmu_smt.api import workers
from mmu_smt.api.cellcache import Damaged, from_line, key_of
from mmu_smt.api.checking import Limits, Request
from mmu_smt.api.matrices import GRACE, REFUSED, preload, work_of
from mmu_smt.api.targets import choose_config, choose_properties, inapplicable, load, split_target
from mmu_smt.semantics.fingerprint import Fingerprints
from mmu_smt.syntax.diagnostics import Diagnostic, Severity, SpecError
from mmu_smt.witness.matrices import CellVerdict
from mmu_smt.witness.verdicts import UnknownReason, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mmu_smt.api.cellcache import CellCache
    from mmu_smt.api.targets import Spec
    from mmu_smt.semantics.program import Property

POLL = 0.2
"""Seconds between two looks at the files."""

_COMMAND_LINE = ("MS503", "MS504", "MS506")
"""Names on the command line that do not exist: no save is likely to mend that, at first."""

Name: TypeAlias = tuple[str, str]
"""Of a verdict: the variant (empty for the modules alone) and the property."""

Seen: TypeAlias = "Mapping[str, tuple[int, int] | None]"


@dataclass(frozen=True, slots=True)
class Asked:
    """What to watch, and how it is judged. `target`: FILE or FILE:VARIANT. `limits.seconds` is for each variant."""

    target: str
    properties: tuple[str, ...] | None = None
    config: Sequence[str] | None = None
    params: Mapping[str, int] = field(default_factory=dict[str, int])
    limits: Limits = field(default_factory=lambda: Limits(seconds=30.0))
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A verdict that is not what it was; None where there was none, or is none any more."""

    name: Name
    before: CellVerdict | None
    after: CellVerdict | None


@dataclass(frozen=True, slots=True)
class Round:
    """One look at the file. `problems`: why it cannot be judged; then there are no verdicts, and the last ones stay what the next are
    compared with.

    `configs`: the config of each variant. `first`: there was nothing to compare with. `judged`: how many verdicts were not kept from
    before. `saved`: what was saved since the last round. `files`: how many are watched.
    """

    verdicts: Mapping[Name, CellVerdict]
    configs: Mapping[str, str]
    changes: tuple[Change, ...]
    first: bool
    judged: int
    problems: tuple[Diagnostic, ...]
    saved: tuple[str, ...]
    files: int
    seconds: float


def watch(
    asked: Asked,
    cache: CellCache | None,
    *,
    each: Callable[[Round], None],
    again: Callable[[tuple[str, ...]], None] | None = None,
    rounds: int | None = None,
) -> None:
    """Judge the file, tell `each`, wait until it or an import is saved, and so on: `rounds` times, or until a Ctrl-C.

    A save during a check ends that check; `again` is told which files. Raises SpecError where there is no such file (MS508), or what else
    is named on the command line does not exist, and where this system cannot copy a process (MS516).
    """
    if not workers.available():
        raise SpecError((Diagnostic("MS516", "this system cannot copy a process, which watching needs", None),))
    load_or_problems(asked.target, must_exist=True)
    _Watching(asked, cache, each, again, rounds).run()


def load_or_problems(target: str, *, must_exist: bool = False) -> Spec | tuple[Diagnostic, ...]:
    """The specification, or what is wrong with it. `must_exist`: raise SpecError where there is no such file."""
    try:
        return load(target)
    except SpecError as error:
        if must_exist and not Path(split_target(target)[0]).is_file():
            raise
        return error.diagnostics


class _Watching:
    def __init__(
        self,
        asked: Asked,
        cache: CellCache | None,
        each: Callable[[Round], None],
        again: Callable[[tuple[str, ...]], None] | None,
        rounds: int | None,
    ) -> None:
        self._asked, self._cache, self._each, self._again, self._rounds = asked, cache, each, again, rounds
        self._file = split_target(asked.target)[0]
        self._files: tuple[str, ...] = (self._file,)
        self._seen: Seen = {}
        self._known: dict[str, CellVerdict] = {}  # by key, what was judged here
        self._last: Mapping[Name, CellVerdict] | None = None

    def run(self) -> None:
        preload()
        saved: tuple[str, ...] = ()
        done = 0
        while self._rounds is None or done < self._rounds:
            round_ = self._round(saved)
            if round_ is None:
                saved = self._changed()
                if self._again is not None:
                    self._again(saved)
                continue
            self._each(round_)
            done += 1
            if self._rounds is not None and done >= self._rounds:
                return
            while not (saved := self._changed()):
                time.sleep(POLL)

    # ------------------------------------------------------------------------------------------ files

    def _look(self, files: Sequence[str]) -> None:
        self._files = tuple(dict.fromkeys((self._file, *files)))
        self._seen = {name: _stamp(name) for name in self._files}

    def _changed(self) -> tuple[str, ...]:
        return tuple(name for name in self._files if _stamp(name) != self._seen.get(name))

    # ------------------------------------------------------------------------------------------ one round

    def _round(self, saved: tuple[str, ...]) -> Round | None:
        """None where something was saved meanwhile."""
        started = time.monotonic()
        self._look(self._files)
        loaded = load_or_problems(self._asked.target)
        if isinstance(loaded, tuple):
            # An import that is not there may come into being: the folder changes then.
            self._look((*self._files, str(Path(self._file).resolve().parent)))
            return self._broken(loaded, saved, started)
        before = self._seen
        self._look(loaded.files)
        if any(name in before and before[name] != stamp for name, stamp in self._seen.items()):
            self._seen = {**self._seen, **{n: before[n] for n in self._seen if n in before}}
            return None
        try:
            requests = self._requests(loaded)
        except SpecError as error:
            if self._last is None and error.diagnostics[0].code in _COMMAND_LINE:
                raise
            return self._broken(error.diagnostics, saved, started)
        found, judged = self._judged(requests)
        if found is None:
            return None
        if isinstance(found, Diagnostic):
            return self._broken((found,), saved, started)
        changes = () if self._last is None else _changes(self._last, found)
        first, self._last = self._last is None, found
        configs = {label: request.config.name for label, request in requests.items()}
        return Round(found, configs, changes, first, judged, (), saved, len(self._files), time.monotonic() - started)

    def _broken(self, problems: tuple[Diagnostic, ...], saved: tuple[str, ...], started: float) -> Round:
        errors = tuple(p for p in problems if p.severity is Severity.ERROR) or problems
        return Round({}, {}, (), self._last is None, 0, errors, saved, len(self._files), time.monotonic() - started)

    def _requests(self, spec: Spec) -> dict[str, Request]:
        asked = self._asked
        found: dict[str, Request] = {}
        for variant in spec.variants:
            program = spec.program(variant, asked.params)
            config = choose_config(program, asked.config)
            properties = choose_properties(program, asked.properties)
            found[variant or ""] = Request(spec.target, program, config, properties, asked.limits, dict(asked.params), asked.seed)
        return found

    # ------------------------------------------------------------------------------------------ verdicts

    def _judged(self, requests: Mapping[str, Request]) -> tuple[dict[Name, CellVerdict] | Diagnostic | None, int]:
        """All verdicts, or why there are none, or None where something was saved; and how many had to be judged."""
        found: dict[Name, CellVerdict] = {}
        waiting: list[tuple[str, Request, dict[str, str]]] = []
        for label, request in requests.items():
            keys = self._keys(request)
            missing: list[Property] = []
            for judged in request.properties:
                reason = inapplicable(judged, request.config)
                kept = CellVerdict(judged.name, Word.INAPPLICABLE, by=reason) if reason else self._kept(keys[judged.name])
                if kept is None:
                    missing.append(judged)
                else:
                    found[label, judged.name] = kept
            if missing:
                waiting.append((label, replace(request, properties=tuple(missing), simplify=False), keys))
        count = sum(len(request.properties) for _, request, _ in waiting)
        ended = 0
        seconds = self._asked.limits.seconds
        most = None if seconds is None else seconds + max(GRACE, seconds)
        works = [work_of(request) for _, request, _ in waiting]
        for index, end in workers.run_all(works, jobs=workers.processors(), seconds=most, stop=lambda: bool(self._changed())):
            ended += 1
            label, request, keys = waiting[index]
            verdicts = _verdicts(request, end)
            if isinstance(verdicts, Diagnostic):
                return verdicts, count
            for verdict in verdicts:
                found[label, verdict.property] = verdict
                self._keep(keys[verdict.property], verdict)
        if ended < len(waiting) or self._changed():
            return None, count
        ordered = {(label, p.name): found[label, p.name] for label, request in requests.items() for p in request.properties}
        return ordered, count

    def _keys(self, request: Request) -> dict[str, str]:
        """Where the verdict on each property is kept: under what it depends on, and how it is judged."""
        limits = request.limits
        options = {"bound": limits.bound, "rlimit": limits.rlimit, "memory": limits.memory, "seed": request.seed}
        fingerprints = Fingerprints(request.program)
        return {p.name: key_of(fingerprints.of(request.config, (p,)), options) for p in request.properties}

    def _kept(self, key: str) -> CellVerdict | None:
        if key in self._known:
            return self._known[key]
        verdicts = None
        if self._cache is not None:
            with suppress(OSError, Damaged):
                verdicts = self._cache.read(key)
        return verdicts[0] if verdicts else None

    def _keep(self, key: str, verdict: CellVerdict) -> None:
        """What ran out of time is judged again, another time."""
        if verdict.reason is not None:
            return
        self._known[key] = verdict
        if self._cache is not None:
            with suppress(OSError):
                self._cache.write(key, (verdict,))


def _stamp(name: str) -> tuple[int, int] | None:
    """What changes when a file is saved; None where there is none."""
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _changes(before: Mapping[Name, CellVerdict], after: Mapping[Name, CellVerdict]) -> tuple[Change, ...]:
    names = dict.fromkeys((*after, *before))
    pairs = [(n, before.get(n), after.get(n)) for n in names]
    return tuple(Change(n, a, b) for n, a, b in pairs if a is None or b is None or _said(a) != _said(b))


def _said(verdict: CellVerdict) -> tuple[object, ...]:
    return verdict.word, verdict.least, verdict.bound, verdict.reason


def _verdicts(request: Request, end: workers.End) -> tuple[CellVerdict, ...] | Diagnostic:
    """What a process said, with `unknown` for what it did not say; or a refusal."""
    match end:
        case workers.Finished(answer):
            lines = answer.splitlines()
            if lines and lines[-1].startswith(REFUSED):
                code, message = json.loads(lines[-1].removeprefix(REFUSED))
                return Diagnostic(code, message, None)
            said = {v.property: v for v in map(from_line, lines)}
        case workers.OverTime(_, received):
            said = {v.property: v for v in map(from_line, (x for x in received.split(b"\n")[:-1] if not x.startswith(REFUSED)))}
        case workers.Died(how):
            return Diagnostic("MS901", f"internal error: the process that judged {request.target} {how}", None)
    late = UnknownReason.TIME
    return tuple(said.get(p.name) or CellVerdict(p.name, Word.UNKNOWN, reason=late) for p in request.properties)
