"""What each row of a matrix fixes and introduces, decided: not read off the verdicts, since a violation in both rows may hide both.

A row is marked against the nearest variant that it is made of among the rows of the matrix; a row that is made of none of them against the
row above it. What the verdicts of the two rows settle is settled here; for the rest scenarios are looked for (`comparing.py`), in a process
for each cell, and what was found is kept for each property.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING

from mmu_smt.api import workers
from mmu_smt.api.cellcache import Damaged, change_from_line, change_line, key_of, one_line
from mmu_smt.api.cells import evidence_of, open_cell, replayed
from mmu_smt.api.errors import DisagreementError, UnconfirmedError
from mmu_smt.api.matrices import GRACE, Step, fill
from mmu_smt.api.settled import NOT_ASKED, SAME_CHECK, settled_mark
from mmu_smt.api.targets import choose_config
from mmu_smt.semantics.fingerprint import Fingerprints
from mmu_smt.semantics.program import PropertyKind
from mmu_smt.syntax.diagnostics import Diagnostic, Note, Severity, SpecError
from mmu_smt.witness.comparisons import (
    Answer,
    AspectResult,
    Basis,
    Change,
    Comparison,
    Equivalence,
    EquivalenceResult,
    Likeness,
    Mark,
)
from mmu_smt.witness.matrices import Cell, CellChange, CellMark, CellVerdict, Changes, MatrixReport, Names, Row
from mmu_smt.witness.verdicts import CheckResult, Verdict

if TYPE_CHECKING:
    from mmu_smt.api.cellcache import CellCache
    from mmu_smt.api.matrices import Found, How, Selection, Watch
    from mmu_smt.api.scenarios import Party
    from mmu_smt.semantics.program import Program

_COVERS = (PropertyKind.COVER, PropertyKind.COVER_LASSO)
_NOT_COMPARED = "compared"  # the first word of a line with which a process says why nothing can be


def predecessor(found: Found, row: str) -> str | None:
    """The row that a row of a matrix is marked against; None for one that is made of no other row and has none above it."""
    rows, variants = found.matrix.rows, found.workspace.variants
    base = variants[row].of
    while base is not None:
        if base in rows:
            return base
        base = variants[base].of
    place = rows.index(row)
    return rows[place - 1] if place else None


def fill_marked(found: Found, selection: Selection, how: How, *, cache: CellCache | None, watch: Watch | None = None) -> MatrixReport:
    """Fill a matrix as `matrices.fill` does, and say of every selected row what it changes. Cells of rows that they are marked against are
    judged too. A Ctrl-C ends the run; what is not decided then is unknown.

    Raises SpecError as `matrices.fill` does.
    """
    wanted = found.matrix.rows if selection.rows is None else selection.rows
    known = [row for row in wanted if row in found.matrix.rows]
    bases = {row: predecessor(found, row) for row in known}
    rows = tuple(dict.fromkeys((*wanted, *(base for base in bases.values() if base is not None))))
    report = fill(found, replace(selection, rows=rows), how, cache=cache, watch=watch)
    return _Marking(report, bases, how, cache, watch).run()


@dataclass(frozen=True, slots=True)
class _Job:
    """A cell of which the verdicts do not settle all. `names`: the properties for which scenarios have to be looked for; `keys`: for each
    where its answer may be kept, the second where it is not decided.
    """

    row: Row
    before: Row
    place: int
    names: Names
    keys: Mapping[str, Names]

    @property
    def name(self) -> str:
        return f"{self.row.variant} against {self.before.variant} in {'+'.join(self.row.cells[self.place].config)}"


class _Marking:
    """The rows of one report while they are being marked."""

    def __init__(
        self, report: MatrixReport, bases: Mapping[str, str | None], how: How, cache: CellCache | None, watch: Watch | None
    ) -> None:
        self._report, self._bases, self._how, self._cache, self._watch = report, bases, how, cache, watch
        self._notes: list[Diagnostic] = []
        self._fingerprints: dict[str, Fingerprints] = {r.variant: Fingerprints(r.program) for r in report.rows}
        self._found: dict[tuple[str, int], dict[str, CellChange]] = {}
        self._problems: dict[tuple[str, int], Diagnostic] = {}
        self._worked: set[tuple[str, int]] = set()
        self._cells = self._done = 0

    def run(self) -> MatrixReport:
        interrupted = self._report.interrupted
        pairs = self._pairs()
        try:
            jobs = [job for row, before in pairs for place in range(len(row.cells)) if (job := self._begin(row, before, place)) is not None]
            self._cells = len(jobs)
            if not interrupted:
                self._work(jobs)
        except KeyboardInterrupt:
            interrupted = True
        befores = {row.variant: before for row, before in pairs}
        rows = tuple(self._row(r, befores.get(r.variant)) for r in self._report.rows if r.variant in self._bases)
        return replace(self._report, rows=rows, interrupted=interrupted, marked=True, notes=(*self._report.notes, *self._notes))

    def _pairs(self) -> list[tuple[Row, Row]]:
        rows = {row.variant: row for row in self._report.rows}
        return [(rows[name], rows[base]) for name, base in self._bases.items() if base is not None and name in rows]

    def _row(self, row: Row, before: Row | None) -> Row:
        if before is None:
            return row
        return replace(row, before=before, cells=tuple(self._marked(row, before, place) for place in range(len(row.cells))))

    def _marked(self, row: Row, before: Row, place: int) -> Cell:
        key = row.variant, place
        found = self._found.get(key, {})
        changes = tuple(found.get(n) or _open(n, "the run was interrupted before") for n in self._asked(row, before))
        made = Changes(before.cells[place], changes, self._problems.get(key), cached=key not in self._worked)
        return replace(row.cells[place], changes=made)

    def _asked(self, row: Row, before: Row) -> Names:
        """The properties that both declare and that can be violated."""
        programs = row.program, before.program
        declared = (p.name for p in self._report.properties if all(p.name in q.properties for q in programs))
        return tuple(n for n in declared if not any(q.properties[n].kind in _COVERS for q in programs))

    # ------------------------------------------------------------------------------------------ what the verdicts settle

    def _begin(self, row: Row, before: Row, place: int) -> _Job | None:
        """Settle what can be without looking for scenarios, and what is kept; what is left is a job."""
        old, new = before.cells[place], row.cells[place]
        found = self._found[row.variant, place] = {}
        keys: dict[str, Names] = {}
        for name in self._asked(row, before):
            verdicts = old.verdict(name), new.verdict(name)
            if verdicts[0] is None or verdicts[1] is None:
                missing = before if verdicts[0] is None else row
                found[name] = _open(name, f"{missing.variant} has not been judged")
                continue
            settled = self._settled(name, (before, verdicts[0]), (row, verdicts[1]), new)
            if isinstance(settled, CellChange):
                found[name] = settled
            elif (kept := self._kept(name, settled)) is not None:
                found[name] = kept
            else:
                keys[name] = settled
        return _Job(row, before, place, tuple(keys), keys) if keys else None

    def _settled(self, name: str, old: tuple[Row, CellVerdict], new: tuple[Row, CellVerdict], cell: Cell) -> CellChange | Names:
        """The answers, or the keys under which they may be kept."""
        marks = [settled_mark(row.program, _bare(row.program, verdict)) for row, verdict in (old, new)]
        if marks[0] is not None and marks[1] is not None and marks[0].answer is marks[1].answer is Answer.NO:
            return CellChange(name, _kept_mark(marks[0]), _kept_mark(marks[1]))
        prints = [self._fingerprint(row, name, cell) for row, _ in (old, new)]
        if prints[0] == prints[1]:
            return CellChange(name, _kept_mark(SAME_CHECK), _kept_mark(SAME_CHECK))
        return self._keys(name, (old, new), prints)

    def _fingerprint(self, row: Row, name: str, cell: Cell) -> str:
        program = row.program
        return self._fingerprints[row.variant].of(choose_config(program, cell.config), (program.properties[name],))

    def _keys(self, name: str, sides: Sequence[tuple[Row, CellVerdict]], prints: Sequence[str]) -> Names:
        limits = self._how.limits
        options = {"bound": limits.bound, "rlimit": limits.rlimit, "memory": limits.memory, "seed": self._how.seed}
        said = [sha256(one_line(replace(v, seconds=0.0))).hexdigest() for _, v in sides]
        what = " ".join((name, *prints, *said, *(row.variant for row, _ in sides)))
        return key_of(what, options), key_of(what, {**options, "seconds": limits.seconds})

    # ------------------------------------------------------------------------------------------ what is kept

    def _kept(self, name: str, keys: Names) -> CellChange | None:
        for key in keys[:1] if self._how.retry else keys:
            if self._cache is None:
                return None
            try:
                found = self._cache.read_change(key)
            except Damaged as damage:
                self._note("MS514", f"{self._cache.path(key)} is damaged ({damage}); scenarios are looked for again")
            except OSError as error:
                self._note("MS515", f"the cache {self._cache.folder} cannot be read: {error.strerror or error}")
                self._cache = None
            else:
                if found is not None and found.name == name:
                    return found
        return None

    def _keep(self, job: _Job, change: CellChange) -> None:
        if self._cache is None:
            return
        decided, still_open = job.keys[change.name]
        try:
            self._cache.write_change(decided if change.decided else still_open, change)
        except OSError as error:
            self._note("MS515", f"the cache {self._cache.folder} cannot be written: {error.strerror or error}; marks are not kept")
            self._cache = None

    def _note(self, code: str, message: str) -> None:
        self._notes.append(Diagnostic(code, message, None, (), Severity.WARNING))

    # ------------------------------------------------------------------------------------------ looking for scenarios

    def _work(self, jobs: Sequence[_Job]) -> None:
        if not jobs:
            return
        if not workers.available():
            raise SpecError((Diagnostic("MS516", "this system cannot copy a process, which judging the cells of a matrix needs", None),))
        import_module("mmu_smt.api.comparing")  # so that the copies of this process have it
        seconds = self._how.limits.seconds
        ends = workers.run_all(
            [self._work_of(job) for job in jobs],
            jobs=self._how.jobs or workers.processors(),
            seconds=None if seconds is None else seconds + max(GRACE, seconds),
            begun=lambda index: self._tell(jobs[index].name),
        )
        for index, end in ends:
            self._finish(jobs[index], end)
            self._done += 1
            self._tell(None)

    def _tell(self, current: str | None) -> None:
        if self._watch is not None:
            self._watch(Step(self._done, self._cells, current))

    def _work_of(self, job: _Job) -> workers.Work:
        return lambda send: look(self._report, job.before, job.row, job.place, job.names, self._how, send)

    def _finish(self, job: _Job, end: workers.End) -> None:
        self._worked.add((job.row.variant, job.place))
        match end:
            case workers.Finished(answer):
                why = self._take(job, answer.splitlines()) or "the process that looked for scenarios said nothing"
            case workers.OverTime(seconds, received):  # the last line may be cut off
                limit = f"time: the process that looked for scenarios was ended after {seconds:g} s"
                why = self._take(job, received.split(b"\n")[:-1]) or limit
            case workers.Died(how):
                why = f"the process that looked for scenarios {how}"
                self._fail(job, "MS901", f"internal error: {why}")
        found = self._found[job.row.variant, job.place]
        for name in job.names:
            if name not in found:
                found[name] = _open(name, why)
                if isinstance(end, workers.OverTime):
                    self._keep(job, found[name])

    def _take(self, job: _Job, lines: Sequence[bytes]) -> str:
        """Take and keep what a process found. Returns why it did not find the rest, if it says so."""
        why = ""
        for line in lines:
            if line.startswith(_REFUSED):
                code, message = json.loads(line.removeprefix(_REFUSED))
                why = message
                if code != _NOT_COMPARED:
                    self._fail(job, code, message)
                continue
            change = change_from_line(line)
            self._found[job.row.variant, job.place][change.name] = change
            self._keep(job, change)
        return why

    def _fail(self, job: _Job, code: str, message: str) -> None:
        file, names = self._report.file, ",".join(job.row.cells[job.place].config)
        given = "".join(f" -D {name}={value}" for name, value in self._how.params.items())
        command = f"mmu-smt compare {file}:{job.before.variant} {file}:{job.row.variant} --config {names}{given}"
        problem = Diagnostic(code, f"{job.name}: {message}", None, (Note(f"reproduce: {command}"),))
        self._problems[job.row.variant, job.place] = problem


def _open(name: str, why: str) -> CellChange:
    mark = CellMark(Answer.UNKNOWN, why, Basis.OPEN)
    return CellChange(name, mark, mark)


def _bare(program: Program, kept: CellVerdict) -> Verdict:
    """A verdict without its run."""
    return Verdict(program.properties[kept.property], kept.word, by=kept.by, bound=kept.bound, reason=kept.reason)


# ---------------------------------------------------------------------------------------------- in a process of its own

_REFUSED = b"refused "


def look(report: MatrixReport, before: Row, row: Row, place: int, names: Names, how: How, send: workers.Send) -> None:
    """Decide what a row does to some properties in a cell, and send a line for each; at last perhaps a refusal: code and message."""
    from mmu_smt.api.comparing import Comparing, Variant, compare_programs

    prints = Fingerprints(before.program), Fingerprints(row.program)
    sides = [(r, r.cells[place], choose_config(r.program, r.cells[place].config)) for r in (before, row)]
    first, second = (Variant(f"{report.file}:{r.variant}", r.program, config) for r, _, config in sides)
    known: list[CheckResult] = []
    with suppress(Damaged):  # where a kept run does not replay both are judged again
        known = [open_cell(report, r, cell, names) for r, cell, _ in sides]
    found = (known[0], known[1]) if known else None
    asked = Comparing(first, second, names, equivalence=False, limits=how.limits, given=how.params, seed=how.seed, known=found)
    try:
        compare_programs(asked, each=lambda change: send(change_line(_kept_change(change, prints))))
    except SpecError as error:
        _refuse(send, _NOT_COMPARED, error.diagnostics[0].message)
    except UnconfirmedError as error:
        _refuse(send, "MS601", f"internal error: {error}")
    except DisagreementError as error:
        _refuse(send, "MS602", f"internal error: {error}")
    except Exception as error:
        _refuse(send, "MS900", f"internal error: {type(error).__name__}: {error}")


def _refuse(send: workers.Send, code: str, message: str) -> None:
    send(_REFUSED + json.dumps([code, message]).encode() + b"\n")


def _kept_change(change: Change, prints: tuple[Fingerprints, Fingerprints]) -> CellChange:
    return CellChange(change.name, _kept_mark(change.fixes, prints[0]), _kept_mark(change.introduces, prints[1]))


def _kept_mark(mark: Mark, prints: Fingerprints | None = None) -> CellMark:
    """A mark as a cell holds it. `prints`: of the program that violates the property in the scenario."""
    scenario = mark.scenario
    if scenario is None:
        return CellMark(mark.answer, mark.by, mark.basis, mark.tried)
    assert prints is not None
    broken = scenario.broken
    return CellMark(
        mark.answer,
        mark.by,
        mark.basis,
        mark.tried,
        length=len(broken.steps),
        loop_start=broken.loop_start,
        other_length=len(scenario.intact.steps),
        evidence=evidence_of(broken, prints),
        unclosed=broken.unclosed,
    )


# ---------------------------------------------------------------------------------------------- opening a cell


def open_changes(report: MatrixReport, row: Row, cell: Cell) -> Comparison:
    """What a row changes in a cell, with both runs of every scenario, replayed now; whether the two are equivalent was not asked.

    Raises Damaged where a kept run does not replay, or the other row cannot begin as it does.
    """
    from mmu_smt.api.scenarios import Party

    assert row.before is not None
    assert cell.changes is not None
    results = open_cell(report, row.before, cell.changes.before), open_cell(report, row, cell)
    verdicts = [{v.property.name: v for v in result.verdicts} for result in results]
    one, two = (Party(r.program, r.config, found) for r, found in zip(results, verdicts, strict=True))
    changes = tuple(
        Change(one.verdicts[c.name], two.verdicts[c.name], _opened(c.name, c.fixes, one, two), _opened(c.name, c.introduces, two, one))
        for c in cell.changes.found
        if c.name in one.verdicts and c.name in two.verdicts
    )
    nothing = AspectResult(Likeness.UNKNOWN, NOT_ASKED)
    behaviour = EquivalenceResult(Equivalence.UNKNOWN, NOT_ASKED, nothing, nothing, nothing, nothing, nothing)
    return Comparison(*results, behaviour, changes)


def _opened(name: str, kept: CellMark, broken: Party, intact: Party) -> Mark:
    from mmu_smt.api.scenarios import side_by_side
    from mmu_smt.interpret.replay import ReplayMismatch
    from mmu_smt.model.product import common_names

    scenario = None
    if kept.evidence is not None:
        program = broken.program
        trace = replayed(program, broken.config, program.properties[name], kept.evidence, kept.unclosed, Fingerprints(program))
        try:
            scenario = side_by_side(intact, trace, kept.by, common_names(program, intact.program))
        except ReplayMismatch as mismatch:
            raise Damaged(str(mismatch)) from mismatch
        if scenario is None:
            raise Damaged(f"{intact.label} cannot begin as the run kept for {name} does")
    return Mark(kept.answer, kept.by, scenario, kept.tried, kept.basis)
