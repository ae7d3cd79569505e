"""The smallest change of a variant that mends named properties: counterexample-guided search over small edits.

The scheme is that of Solar-Lezama, Tancau, Bodik, Saraswat, Seshia: "Combinatorial sketching for finite programs" (ASPLOS 2006): what
refutes one candidate is kept, and refutes others without a solver. Candidates are made in order of size. Each is run from the starts that
are known to matter, then the properties to be mended are checked, then a file with the change is loaded and checked as a whole, as
`mmu-smt check` would, and the verdicts are compared with those of the variant: only what passes that is a suggestion.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from random import Random

from mmu_smt.api.checking import Limits, Progress, Request, check_program
from mmu_smt.api.targets import Spec, choose_config, inapplicable, load, unknown
from mmu_smt.semantics.editing import Editor
from mmu_smt.semantics.program import Config, Program, Property, PropertyKind
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
from mmu_smt.variants import repair_examples as examples
from mmu_smt.variants.repair_edits import Edit, edits
from mmu_smt.variants.repair_goals import decisions_to_reach
from mmu_smt.variants.repair_text import diff_text, variant_text
from mmu_smt.variants.repair_vocabulary import Vocabulary
from mmu_smt.witness.repairs import Counts, RepairReport, Suggestion
from mmu_smt.witness.verdicts import CheckResult, Verdict, Word, was_interrupted

CHECK_SECONDS = 60.0
LARGEST = 6
RANDOM_STARTS = 16
REACHED_WITHIN = 2

_HOLDS = (Word.PROVED, Word.VACUOUS)
_COVERS = (PropertyKind.COVER, PropertyKind.COVER_LASSO)


@dataclass(frozen=True, slots=True)
class Repairing:
    """What is asked.

    `properties`: to be mended; `configs`: in each of these sums; `also`: configs in which nothing may break. `keep`: covers that must not
    become reachable where they are not, wherever they apply otherwise. `only`: functions that may be changed; by default those of the
    handlers. `largest`: the largest change that is tried. `several`: all of the smallest size. `same_ends`: runs that were right end as
    they did. `accept_vacuous`: what is mended may hold for want of anything that it speaks of.
    `seconds`: for everything; `check_seconds`: for each check. `name`: of the variant that is written. `path`: where it will
    stand; next to the target otherwise. `progress` is told what goes on.
    """

    spec: Spec
    variant: str | None
    properties: tuple[str, ...]
    configs: tuple[tuple[str, ...] | None, ...]
    also: tuple[tuple[str, ...], ...] = ()
    keep: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    largest: int = LARGEST
    several: bool = False
    same_ends: bool = True
    accept_vacuous: bool = False
    seconds: float | None = None
    check_seconds: float = CHECK_SECONDS
    name: str | None = None
    path: str | None = None
    params: Mapping[str, int] = field(default_factory=dict[str, int])
    seed: int = 0


def repair_program(asked: Repairing, *, progress: Progress | None = None) -> RepairReport:
    """Search. Raises SpecError for names that do not exist, and (MS540) where nothing is to be mended."""
    return _Search(asked, progress or _silent).run()


def _silent(_text: str) -> None:
    pass


class _Stop(Exception):
    """The time is up, or the user has had enough."""


class _Search:
    def __init__(self, asked: Repairing, say: Progress) -> None:
        self._asked = asked
        self._say = say
        self._started = time.monotonic()
        editor = asked.spec.editor(asked.variant, asked.params)
        self._editor: Editor = editor
        self._program: Program = editor.program
        self._mending = tuple(choose_config(self._program, names) for names in asked.configs)
        self._configs = (*self._mending, *(choose_config(self._program, names) for names in asked.also))
        self._named = _named(self._program, asked.properties)
        self._kept = tuple(replace(p, configs=frozenset[str]()) for p in _named(self._program, asked.keep) if p.kind in _COVERS)
        self._check_names()
        self._vocabulary = Vocabulary(self._program, editor.declarations, editor.steps, asked.only)
        self._name = asked.name or f"{asked.variant or 'system'}_repaired"
        self._before: tuple[CheckResult, ...] = ()
        self._open: tuple[tuple[Config, tuple[str, ...]], ...] = ()
        self._wrong: list[examples.Wrong] = []
        self._executed: list[examples.Executed] = []
        self._right: list[examples.Right] = []
        self._counts = Counts()
        self._found: list[Suggestion] = []
        self._searched = 0
        self._seen: set[str] = set()

    def _check_names(self) -> None:
        for name in self._asked.keep:
            if self._program.properties[name].kind not in _COVERS:
                raise SpecError((Diagnostic("MS541", f"--keep {name}: it is no cover; every other property is kept anyway", None),))
        for name in self._asked.only or ():
            if name not in self._program.functions:
                raise unknown("MS541", "function", name, self._program.functions)

    # ------------------------------------------------------------------------------------------ the search

    def run(self) -> RepairReport:
        stopped, interrupted = "", False
        try:
            self._prepare()
            self._search()
        except _Stop as stop:
            stopped = str(stop)
        except KeyboardInterrupt:
            stopped, interrupted = "interrupted", True
        return RepairReport(
            target=self._asked.spec.target,
            variant=self._asked.variant,
            properties=tuple(p.name for p in self._named),
            before=self._before,
            suggestions=tuple(self._found),
            functions=self._vocabulary.editable,
            searched=self._searched,
            largest=self._asked.largest,
            counts=self._counts,
            wrong=len(self._wrong),
            right=len(self._right),
            stopped=stopped,
            interrupted=interrupted,
            seconds=time.monotonic() - self._started,
        )

    def _prepare(self) -> None:
        self._test_file()
        self._say("checking the variant")
        self._before = tuple(self._check(self._program, config, self._judged(self._program)) for config in self._configs)
        opened: list[tuple[Config, tuple[str, ...]]] = []
        for config, result in zip(self._mending, self._before, strict=False):
            found = {v.property.name: v for v in result.verdicts}
            broken = tuple(p.name for p in self._named if found[p.name].word in (Word.VIOLATED, Word.UNKNOWN, Word.BOUNDED))
            if broken:
                opened.append((config, broken))
            for name in broken:
                self._learn(config, found[name])
        if not any(v.word is Word.VIOLATED for r in self._before[: len(self._mending)] for v in r.verdicts if v.property in self._named):
            names = ", ".join(p.name for p in self._named)
            if opened:
                raise _Stop("it is not decided whether the variant violates what is to be mended")
            where = ", ".join(r.config.name or "the empty config" for r in self._before[: len(self._mending)])
            raise SpecError((Diagnostic("MS540", f"nothing is to be mended: {names} not violated in {where}", None),))
        self._open = tuple(opened)
        if self._asked.same_ends:
            self._say("collecting runs that are right")
            for config in self._configs:
                self._collect_right(config)

    def _test_file(self) -> None:
        """Whether a file that imports what it must can be loaded where it will stand, before any time is spent. Raises SpecError."""
        first = next(iter(self._vocabulary.editable), None)
        if first is None:
            raise SpecError((Diagnostic("MS541", "there is no handler, and no function with an effect, that could be changed", None),))
        spec, _ = self._load(None, first)
        spec.program(self._name, self._asked.params)

    def _search(self) -> None:
        for size, batch in self._batches():
            for index, edit in enumerate(batch):
                self._say(f"changes of size {size}: {index + 1} of {len(batch)}")
                if self._left() <= 0:
                    raise _Stop("the time is up")
                suggestion = self._try(edit)
                if suggestion is not None:
                    self._found.append(suggestion)
                    if not self._asked.several:
                        return
            self._searched = size
            if self._found:
                return

    def _batches(self) -> Iterator[tuple[int, list[Edit]]]:
        made = [e for name in self._vocabulary.editable for e in edits(self._vocabulary, name, self._asked.largest)]
        for size in range(1, self._asked.largest + 1):
            yield size, [e for e in made if e.size == size]

    def _try(self, edit: Edit) -> Suggestion | None:
        declaration = self._editor.declarations[edit.function]
        text = edit.text_of(declaration)
        key = edit.function + " ".join(text.split())
        if key in self._seen:
            return None
        self._seen.add(key)
        self._count("made")
        if not self._matters(edit):
            return self._count("by_runs")
        program = self._editor.with_function(text)
        if program is None:
            return self._count("unusable")
        if self._refuted(program):
            return self._count("by_runs")
        if self._fails(program):
            return None
        return self._confirmed(edit)

    def _count(self, what: str) -> None:
        self._counts = replace(self._counts, **{what: getattr(self._counts, what) + 1})

    def _matters(self, edit: Edit) -> bool:
        """Whether the changed place is executed in every run that must not recur."""
        return all(
            edit.function in done.functions and (edit.tested is None or not _is_if(edit) or done.evaluates(edit.tested))
            for done in self._executed
        )

    # ------------------------------------------------------------------------------------------ runs

    def _refuted(self, program: Program) -> bool:
        """Whether a known start refutes a candidate; that one is asked first next time."""
        for index, wrong in enumerate(self._wrong):
            if examples.violates(program, wrong):
                self._wrong.insert(0, self._wrong.pop(index))
                return True
        for index, right in enumerate(self._right):
            if examples.spoils(program, right):
                self._right.insert(0, self._right.pop(index))
                return True
        return False

    def _learn(self, config: Config, verdict: Verdict) -> None:
        """Keep the start of a counterexample."""
        if verdict.trace is None:
            return
        wrong = examples.Wrong(config, verdict.property.name, examples.start_of(self._program, verdict.trace))
        if verdict.property.name in self._program.properties and wrong not in self._wrong:
            self._wrong.insert(0, wrong)
            if examples.violates(self._program, wrong):
                self._executed.append(examples.executed(self._program, wrong))

    def _collect_right(self, config: Config) -> None:
        """Starts by which a candidate is asked whether it still does what was right: one for each decision, and random ones."""
        judged = tuple(p for p in self._judged(self._program) if not inapplicable(p, config))
        goals = decisions_to_reach(self._program, config, self._named)
        request = self._request(self._program, config, goals, bound=REACHED_WITHIN)
        result = check_program(request)
        self._stop_if_interrupted(result)
        starts = [examples.start_of(self._program, v.trace) for v in result.verdicts if v.trace is not None]
        starts += examples.random_starts(self._program, config, Random(self._asked.seed), RANDOM_STARTS)
        for start in dict.fromkeys(starts):
            found = examples.right(self._program, config, judged, start)
            if found is not None:
                self._right.append(found)

    # ------------------------------------------------------------------------------------------ checks

    def _judged(self, program: Program) -> tuple[Property, ...]:
        """Everything that is compared: all properties but covers, and the covers to be kept."""
        return (*(p for p in program.properties.values() if p.kind not in _COVERS), *self._kept_of(program))

    def _kept_of(self, program: Program) -> tuple[Property, ...]:
        return tuple(replace(program.properties[p.name], configs=frozenset[str]()) for p in self._kept)

    def _left(self) -> float:
        if self._asked.seconds is None:
            return float("inf")
        return self._asked.seconds - (time.monotonic() - self._started)

    def _request(self, program: Program, config: Config, properties: Sequence[Property], bound: int | None = None) -> Request:
        seconds = max(min(self._asked.check_seconds, self._left()), 0.0)
        return Request(
            target=self._asked.spec.target,
            program=program,
            config=config,
            properties=tuple(properties),
            limits=Limits(bound=bound, seconds=seconds),
            given=dict(self._asked.params),
            seed=self._asked.seed,
            simplify=False,
        )

    def _check(self, program: Program, config: Config, properties: Sequence[Property]) -> CheckResult:
        result = check_program(self._request(program, config, properties))
        self._stop_if_interrupted(result)
        return result

    @staticmethod
    def _stop_if_interrupted(result: CheckResult) -> None:
        if any(was_interrupted(v) for v in result.verdicts):
            raise KeyboardInterrupt

    def _fails(self, program: Program) -> bool:
        """Whether a candidate does not mend what it is to mend; what shows that is kept. Progress is asked last: it takes longest."""
        for endless, (config, names) in product((False, True), self._open):
            asked = [program.properties[n] for n in names if (program.properties[n].kind is PropertyKind.PROGRESS) is endless]
            if not asked:
                continue
            for verdict in self._check(program, config, asked).verdicts:
                if not self._mends(verdict):
                    self._learn(config, verdict)
                    self._count("undecided" if verdict.word in (Word.UNKNOWN, Word.BOUNDED, Word.PROVED) else "by_check")
                    return True
        return False

    def _mends(self, verdict: Verdict) -> bool:
        if verdict.word is Word.VACUOUS:
            return self._asked.accept_vacuous
        return verdict.word is Word.PROVED and verdict.vacuity is None

    def _confirmed(self, edit: Edit) -> Suggestion | None:
        """The suggestion, if an ordinary check of the file that makes the change finds nothing mended missing and nothing broken."""
        self._say(f"checking {edit.function}: {edit.what}")
        try:
            spec, text = self._load(edit, edit.function)
            program = spec.program(self._name, self._asked.params)
        except SpecError:
            return self._count("unusable")
        results: list[CheckResult] = []
        mended: list[tuple[str, str]] = []
        emptied: list[tuple[str, str]] = []
        kept = 0
        for number, config in enumerate(self._configs):
            changed = choose_config(program, self._config_names(number))
            result = self._check(program, changed, self._judged(program))
            results.append(result)
            before = {v.property.name: v for v in self._before[number].verdicts}
            named = self._asked.properties if number < len(self._mending) else ()
            for verdict in result.verdicts:
                was, name = before[verdict.property.name], verdict.property.name
                if name in named and was.word in (Word.VIOLATED, Word.UNKNOWN, Word.BOUNDED):
                    if not self._mends(verdict):
                        return self._rejected(config, verdict)
                    mended.append((result.config.name, name))
                elif holds(was):
                    if not holds(verdict):
                        return self._rejected(config, verdict)
                    kept += 1
                    if verdict.word is Word.VACUOUS is not was.word:
                        emptied.append((result.config.name, name))
        declaration = self._editor.declarations[edit.function]
        return Suggestion(
            edit.what,
            edit.function,
            edit.place,
            edit.size,
            self._name,
            text,
            diff_text(edit, declaration),
            tuple(results),
            tuple(mended),
            kept,
            tuple(emptied),
        )

    def _rejected(self, config: Config, verdict: Verdict) -> None:
        self._learn(config, verdict)
        self._count("undecided" if verdict.word in (Word.UNKNOWN, Word.BOUNDED) else "by_regression")

    def _config_names(self, number: int) -> tuple[str, ...] | None:
        return (*self._asked.configs, *self._asked.also)[number]

    # ------------------------------------------------------------------------------------------ the file

    def _load(self, edit: Edit | None, function: str) -> tuple[Spec, str]:
        """The file that makes a change, loaded from its text, and that text."""
        asked, declaration = self._asked, self._editor.declarations[function]
        module, folder = asked.spec.module
        subject = "repaired" if edit is None else f"{edit.function}: {edit.what}"
        text = variant_text(self._name, asked.variant, subject, (module,), edit, declaration)
        path = asked.path or str(folder / f"{self._name}.mmu")
        return load(f"{path}:{self._name}", overlay={**asked.spec.overlay, path: text}), text


def _is_if(edit: Edit) -> bool:
    """Whether the condition that must be evaluated is that of an `if`: those of results leave no trace."""
    assert edit.tested is not None
    return edit.tested.file.text[: edit.tested.start].rstrip().endswith("if")


def _named(program: Program, names: Iterable[str]) -> tuple[Property, ...]:
    for name in names:
        if name not in program.properties:
            raise unknown("MS503", "property", name, program.properties)
    return tuple(program.properties[n] for n in dict.fromkeys(names))


def holds(verdict: Verdict) -> bool:
    """Whether a cell is as it should be: proved, if only because the premise never happens; a cover that is to be kept is not reached."""
    return verdict.word is Word.UNREACHABLE if verdict.property.kind in _COVERS else verdict.word in _HOLDS
