"""Fill a matrix: what is kept is taken, the rest is judged in processes of its own, each cell is kept as soon as it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mmu_smt.api import workers
from mmu_smt.api.cellcache import CellCache, Damaged, default_folder, from_line, key_of, one_line
from mmu_smt.api.cells import kept_verdict
from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.api.errors import DisagreementError, UnconfirmedError
from mmu_smt.api.targets import choose_config, inapplicable, is_file, unknown
from mmu_smt.api.testing import files_under
from mmu_smt.semantics.fingerprint import Fingerprints
from mmu_smt.semantics.program import PropertyKind
from mmu_smt.syntax.diagnostics import Diagnostic, Note, Severity, SpecError
from mmu_smt.witness.matrices import Cell, CellState, CellVerdict, Judged, MatrixReport, Row
from mmu_smt.witness.verdicts import UnknownReason, Verdict, Word

if TYPE_CHECKING:
    from mmu_smt.semantics.matrices import Matrix
    from mmu_smt.semantics.program import Config, Program, Property
    from mmu_smt.semantics.workspace import Workspace

Names: TypeAlias = tuple[str, ...]

SECONDS = 30.0  # for each cell, unless the user says otherwise: a cell is some three groups of properties
GRACE = 5.0  # what a process may at least take beyond its time, for replays and because a solver stops late, before it is ended

_FOLDED = frozenset({PropertyKind.INVARIANT, PropertyKind.NO_FAULT, PropertyKind.NO_DEADLOCK})


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of a matrix that is wanted; None: all of it."""

    rows: Names | None = None
    columns: tuple[Names, ...] | None = None
    settings: tuple[Names, ...] | None = None
    properties: Names | None = None


@dataclass(frozen=True, slots=True)
class How:
    """How cells are judged. `limits.seconds` is for each cell. `retry`: cells that ran out of time are judged again."""

    limits: Limits = field(default_factory=lambda: Limits(seconds=SECONDS))
    params: Mapping[str, int] = field(default_factory=dict[str, int])
    seed: int = 0
    jobs: int | None = None
    retry: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What has just happened, for whoever watches: so many of all cells are there; `current` has begun, or is None."""

    done: int
    cells: int
    current: str | None = None


Watch: TypeAlias = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A matrix in the file that declares it."""

    workspace: Workspace
    matrix: Matrix


def find(paths: Iterable[str], name: str | None = None) -> tuple[Found, ...]:
    """The matrices that files, folders and names of bundled matrices stand for; `name` picks those of that name.

    Raises SpecError for what does not exist (MS508), for files that cannot be read, and where there is no matrix (MS513).
    """
    from mmu_smt.semantics.workspace import Workspace

    found: list[Found] = []
    named = tuple(paths)
    for path in named:
        files = list(files_under((path,))) if is_file(path) or Path(path).exists() else _bundled(path)
        for file in files:
            if Path(path).is_dir() and not _may_declare(file):
                continue
            workspace = Workspace.load(file if is_file(file) else f"./{file}")
            found.extend(Found(workspace, m) for m in workspace.matrices())
    chosen = tuple(f for f in found if name is None or f.matrix.name == name)
    if found and not chosen and name is not None:
        raise unknown("MS513", "matrix", name, (f.matrix.name for f in found))
    if not chosen:
        raise SpecError((Diagnostic("MS513", f"there is no matrix in {', '.join(named)}", None),))
    return chosen


def _may_declare(file: str) -> bool:
    """Whether a file of a folder is worth reading: whether it has the word in it. What cannot be read is reported by whoever reads it."""
    try:
        return b"matrix" in Path(file).read_bytes()
    except OSError:
        return True


def _bundled(name: str) -> list[str]:
    from mmu_smt.semantics.specs import bundled_files
    from mmu_smt.syntax.nodes import MatrixDecl
    from mmu_smt.syntax.parser import parse, read_source

    known: dict[str, str] = {}
    for path in bundled_files():
        if _may_declare(str(path)):
            module, _ = parse(read_source(path))
            for declaration in () if module is None else module.declarations:
                if isinstance(declaration, MatrixDecl):
                    known.setdefault(declaration.name.text, str(path))
    if name in known:
        return [known[name]]
    near = get_close_matches(name, known, 1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    raise SpecError(
        (Diagnostic("MS508", f"there is no file or folder {name}, and no matrix of that name comes with the tool{hint}", None),)
    )


# ---------------------------------------------------------------------------------------------- what is to be judged


@dataclass(frozen=True, slots=True)
class _Job:
    """A cell to be judged. `asked`: the properties that apply. `keys`: where its verdicts may be kept, best first; they are written under
    the last, and those of a cell that ran out of time under `open_key`.
    """

    row: int
    place: int
    request: Request
    asked: tuple[Property, ...]
    keys: Names
    open_key: str

    @property
    def name(self) -> str:
        return f"{self.request.program.variant} in {self.request.config.name}"


class _Filling:
    """One matrix while it is being filled."""

    def __init__(self, found: Found, selection: Selection, how: How, cache: CellCache | None, watch: Watch | None) -> None:
        matrix = found.matrix
        self.how = how
        self.cache = cache
        self.notes: list[Diagnostic] = []
        self.rows = _chosen("row", matrix.rows, selection.rows)
        self.columns = _chosen_sums("column", matrix.columns, selection.columns)
        self.settings = _chosen_sums("setting", matrix.settings, selection.settings)
        self.found = found
        self.programs = [found.workspace.program(row, how.params) for row in self.rows]
        self.properties = self._judged(selection.properties)
        self.narrow = selection.properties is not None
        self.interrupted = False
        places = len(self.settings) * len(self.columns)
        self.cells: list[list[Cell | None]] = [[None] * places for _ in self.rows]
        self.watch = watch
        self.done = 0

    def _judged(self, chosen: Names | None) -> tuple[Judged, ...]:
        """The properties of all rows, in the order in which they first come up."""
        named = self.found.matrix.properties
        declared: dict[str, Property] = {}
        for program in self.programs:
            for name, judged in program.properties.items():
                declared.setdefault(name, judged)
        if chosen is not None:
            _chosen("property", tuple(declared), chosen)
            named = chosen
        return tuple(
            Judged(p.name, p.kind, p.display.doc, folded=p.kind in _FOLDED and not (named is not None and p.name in named))
            for p in declared.values()
            if (p.name in named if chosen is not None and named is not None else named is None or p.name in named or p.kind in _FOLDED)
        )

    def run(self) -> MatrixReport:
        jobs = list(self._jobs())
        try:
            open_jobs = [job for job in jobs if not self._take(job)]
            self._work(open_jobs)
        except KeyboardInterrupt:
            self.interrupted = True
        matrix = self.found.matrix
        return MatrixReport(
            name=matrix.name,
            subject=matrix.subject,
            doc=matrix.doc,
            file=matrix.span.file.name,
            columns=self.columns,
            settings=self.settings,
            properties=self.properties,
            rows=tuple(self._row(i) for i in range(len(self.rows))),
            given=tuple(sorted(self.how.params.items())),
            bound=self.how.limits.bound,
            seconds=self.how.limits.seconds,
            seed=self.how.seed,
            interrupted=self.interrupted,
            notes=tuple(self.notes),
        )

    def _row(self, index: int) -> Row:
        places = [(setting, column) for setting in self.settings for column in self.columns]
        cells = tuple(cell or Cell(*place, CellState.MISSING) for cell, place in zip(self.cells[index], places, strict=True))
        return Row(self.rows[index], self.programs[index], cells)

    def _jobs(self) -> Iterator[_Job]:
        for row, program in enumerate(self.programs):
            fingerprints = Fingerprints(program)
            place = 0
            for setting in self.settings:
                for column in self.columns:
                    config = choose_config(program, (*setting, *column))
                    yield self._job(row, place, program, config, fingerprints)
                    place += 1

    def _job(self, row: int, place: int, program: Program, config: Config, fingerprints: Fingerprints) -> _Job:
        how = self.how
        names = {p.name for p in self.properties}
        asked = _applicable(program, config, names)
        limits = how.limits
        options = {"bound": limits.bound, "rlimit": limits.rlimit, "memory": limits.memory, "seed": how.seed}
        target = f"{self.found.matrix.span.file.name}:{program.variant}"
        request = Request(target, program, config, asked, limits, how.params, how.seed)
        keys = [key_of(fingerprints.of(config, asked), options)]
        if self.narrow:  # a cell that was judged for the whole matrix answers for a part of it too
            whole = _applicable(program, config, self._whole(program))
            keys.insert(0, key_of(fingerprints.of(config, whole), options))
        timed = {**options, "seconds": limits.seconds}
        return _Job(row, place, request, asked, tuple(keys), key_of(fingerprints.of(config, asked), timed))

    def _whole(self, program: Program) -> set[str]:
        named = self.found.matrix.properties
        return {p.name for p in program.properties.values() if named is None or p.name in named or p.kind in _FOLDED}

    # ------------------------------------------------------------------------------------------ cells

    def _set(self, job: _Job, verdicts: tuple[CellVerdict, ...], *, cached: bool) -> None:
        """Put a cell in its place, with what needs no judging."""
        by_name = {v.property: v for v in verdicts}
        program, config = job.request.program, job.request.config
        cell = tuple(by_name.get(p.name) or _not_applicable(p.name, program, config) for p in self.properties)
        self._put(job, Cell(*self._place(job), CellState.JUDGED, cell, cached=cached))

    def _place(self, job: _Job) -> tuple[Names, Names]:
        setting, column = divmod(job.place, len(self.columns))
        return self.settings[setting], self.columns[column]

    def _put(self, job: _Job, cell: Cell) -> None:
        self.cells[job.row][job.place] = cell
        self.done += 1
        self._tell(None)

    def _tell(self, current: str | None) -> None:
        if self.watch is not None:
            self.watch(Step(self.done, len(self.rows) * len(self.settings) * len(self.columns), current))

    def _take(self, job: _Job) -> bool:
        """Fill a cell from the cache, or because there is nothing to judge; False where it has to be judged."""
        if not job.asked:
            self._set(job, (), cached=True)
            return True
        if self.cache is None:
            return False
        wanted = {p.name for p in job.asked}
        for key in (*job.keys, *(() if self.how.retry else (job.open_key,))):
            verdicts = self._read(key)
            if verdicts is not None and wanted <= {v.property for v in verdicts}:
                self._set(job, verdicts, cached=True)
                return True
        return False

    def _read(self, key: str) -> tuple[CellVerdict, ...] | None:
        assert self.cache is not None
        try:
            return self.cache.read(key)
        except Damaged as damage:
            path = self.cache.path(key)
            self._note("MS514", f"{path} is damaged ({damage}); the cell is judged again")
        except OSError as error:
            self._note("MS515", f"the cache {self.cache.folder} cannot be read: {error.strerror or error}")
            self.cache = None
        return None

    def _write(self, job: _Job, verdicts: tuple[CellVerdict, ...]) -> None:
        if self.cache is None or any(v.reason is UnknownReason.INTERRUPTED for v in verdicts):
            return
        out_of_time = any(v.reason is UnknownReason.TIME for v in verdicts)
        try:
            self.cache.write(job.open_key if out_of_time else job.keys[-1], verdicts)
        except OSError as error:
            self._note("MS515", f"the cache {self.cache.folder} cannot be written: {error.strerror or error}; verdicts are not kept")
            self.cache = None

    def _note(self, code: str, message: str) -> None:
        self.notes.append(Diagnostic(code, message, None, (), Severity.WARNING))

    # ------------------------------------------------------------------------------------------ judging

    def _work(self, jobs: Sequence[_Job]) -> None:
        if not jobs:
            return
        if not workers.available():
            raise SpecError((Diagnostic("MS516", "this system cannot copy a process, which judging the cells of a matrix needs", None),))
        preload()
        seconds = self.how.limits.seconds
        works = [work_of(job.request) for job in jobs]
        ends = workers.run_all(
            works,
            jobs=self.how.jobs or workers.processors(),
            seconds=None if seconds is None else seconds + max(GRACE, seconds),
            begun=lambda index: self._tell(jobs[index].name),
        )
        for index, end in ends:
            self._finish(jobs[index], end)

    def _finish(self, job: _Job, end: workers.End) -> None:
        match end:
            case workers.Finished(answer):
                lines = answer.splitlines()
                if lines and lines[-1].startswith(REFUSED):
                    code, message = json.loads(lines[-1].removeprefix(REFUSED))
                    self._fail(job, code, f"{job.name}: {message}")
                    return
                self._judged_now(job, tuple(map(from_line, lines)))
            case workers.OverTime(seconds, received):
                # The last line may be cut off; what was said before that is settled.
                said = tuple(from_line(line) for line in received.split(b"\n")[:-1] if not line.startswith(REFUSED))
                phase = f"the process that judged it was ended after {seconds:g} s"
                silent = (p.name for p in job.asked if p.name not in {v.property for v in said})
                late = tuple(CellVerdict(name, Word.UNKNOWN, reason=UnknownReason.TIME, phase=phase) for name in silent)
                self._judged_now(job, (*said, *late))
            case workers.Died(how):
                self._fail(job, "MS901", f"internal error: the process that judged {job.name} {how}")

    def _judged_now(self, job: _Job, said: tuple[CellVerdict, ...]) -> None:
        verdicts = tuple({v.property: v for v in said}.values())
        self._write(job, verdicts)
        self._set(job, verdicts, cached=False)

    def _fail(self, job: _Job, code: str, message: str) -> None:
        names = job.request.config.name.replace("+", ",")
        given = "".join(f" -D {name}={value}" for name, value in self.how.params.items())
        problem = Diagnostic(code, message, None, (Note(f"reproduce: mmu-smt check {job.request.target} --config {names}{given}"),))
        self._put(job, Cell(*self._place(job), CellState.FAILED, problem=problem))


def fill(found: Found, selection: Selection, how: How, *, cache: CellCache | None, watch: Watch | None = None) -> MatrixReport:
    """Fill a matrix, or the part of it that is selected. A Ctrl-C ends the run; what is there then is reported.

    Raises SpecError for names that are not in the matrix (MS503, MS504, MS507) and for specifications that cannot be used.
    """
    return _Filling(found, selection, how, cache, watch).run()


def cache_of(folder: str | Path | None, environment: Mapping[str, str] = os.environ) -> CellCache | None:
    """The cache in a folder; without one in the usual place, or None where there is no such place."""
    if folder is not None:
        return CellCache(Path(folder))
    try:
        return CellCache(default_folder(environment))
    except RuntimeError:
        return None


def _chosen(what: str, there: Names, wanted: Names | None) -> Names:
    code = {"row": "MS507", "property": "MS503"}[what]
    for name in wanted or ():
        if name not in there:
            raise unknown(code, what, name, there)
    return tuple(name for name in there if wanted is None or name in wanted)


def _chosen_sums(what: str, there: tuple[Names, ...], wanted: tuple[Names, ...] | None) -> tuple[Names, ...]:
    """Sums of configs are the same if they join the same configs, in whatever order."""
    known = {frozenset(names): names for names in there}
    for names in wanted or ():
        if frozenset(names) not in known:
            raise unknown("MS504", what, "+".join(names), ("+".join(n) for n in there if n))
    chosen = None if wanted is None else {frozenset(names) for names in wanted}
    return tuple(names for names in there if chosen is None or frozenset(names) in chosen)


def _applicable(program: Program, config: Config, names: set[str]) -> tuple[Property, ...]:
    return tuple(p for p in program.properties.values() if p.name in names and not inapplicable(p, config))


def _not_applicable(name: str, program: Program, config: Config) -> CellVerdict:
    judged = program.properties.get(name)
    return CellVerdict(name, Word.INAPPLICABLE, by="not declared in this variant" if judged is None else inapplicable(judged, config))


# ---------------------------------------------------------------------------------------------- in a process of its own

REFUSED = b"refused "


def preload() -> None:
    """Import what judging needs, so that the copies of this process have it."""
    for name in ("mmu_smt.api.simplify", "mmu_smt.engines.check", "mmu_smt.interpret.replay", "mmu_smt.model.lower"):
        import_module(name)


def work_of(request: Request) -> workers.Work:
    """The work of judging a request: see `judge`."""
    return lambda send: judge(request, send)


def judge(request: Request, send: workers.Send) -> None:
    """Judge a cell and send a line for each verdict, or at last a refusal: code and message."""
    fingerprints = Fingerprints(request.program)
    sent: set[str] = set()

    def tell(verdict: Verdict) -> None:
        if verdict.property.name not in sent:
            sent.add(verdict.property.name)
            send(one_line(kept_verdict(verdict, fingerprints)))

    try:
        for verdict in check_program(request, settled=tell).verdicts:
            tell(verdict)
    except SpecError as error:
        _refuse(send, error.diagnostics[0].code, error.diagnostics[0].message)
    except UnconfirmedError as error:
        _refuse(send, "MS601", f"internal error: {error}")
    except DisagreementError as error:
        _refuse(send, "MS602", f"internal error: {error}")
    except Exception as error:
        _refuse(send, "MS900", f"internal error: {type(error).__name__}: {error}")


def _refuse(send: workers.Send, code: str, message: str) -> None:
    send(REFUSED + json.dumps([code, message]).encode() + b"\n")
