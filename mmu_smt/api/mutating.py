"""Would the properties notice a wrong change? Mutants of a variant, each judged in a process of its own, cheap questions first.

Of each mutant is asked, until there is an answer: does a property fail within few transitions, under any of the configs; does it do
what the original does, in every state that can be reached; does a property fail at all. Every answer is kept under a digest of what it
depends on, so that an interrupted run goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import unified_diff
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from mmu_smt.api import workers
from mmu_smt.api.cellcache import CellCache, Damaged, key_of
from mmu_smt.api.cells import kept_verdict
from mmu_smt.api.checking import Limits, Request, check_program
from mmu_smt.api.errors import UnconfirmedError
from mmu_smt.api.matrices import GRACE, Step
from mmu_smt.api.targets import choose_config, choose_properties, inapplicable, unknown
from mmu_smt.semantics.fingerprint import Fingerprints
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError
from mmu_smt.variants.calls import observers
from mmu_smt.variants.mutants import Choice, Mutant, Mutants, mutants, targets
from mmu_smt.witness.comparisons import Comparison, Equivalence, Likeness
from mmu_smt.witness.mutations import Apart, Fate, Judgement, Kill, MutantResult, MutationReport
from mmu_smt.witness.verdicts import CheckResult, UnknownReason, Word

if TYPE_CHECKING:
    from mmu_smt.api.equivalence import Findings
    from mmu_smt.semantics.program import Config, Program, Property
    from mmu_smt.semantics.workspace import Workspace
    from mmu_smt.witness.matrices import CellVerdict

SECONDS = 60.0
"""What each question about a mutant may take, unless the user says otherwise."""

FIRST_BOUNDS = (1,)
"""Transitions searched before anything is proved: most mutants fail at once."""

_COUNTS = frozenset({Word.PROVED, Word.VACUOUS, Word.REACHED})
_FAILED = frozenset({Word.VIOLATED, Word.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class How:
    """How mutants are judged. `configs`: each a sum of names; none: the default config. `seconds`: for each question. `everything`: every
    property that notices a mutant, not only the first. `without`: properties that are not asked.
    """

    configs: tuple[tuple[str, ...], ...] = ()
    seconds: float | None = SECONDS
    params: Mapping[str, int] = field(default_factory=dict[str, int])
    seed: int = 0
    jobs: int | None = None
    everything: bool = False
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Original:
    """What mutants are compared with, under one config. `words`: the verdicts of the properties that count."""

    program: Program
    names: tuple[str, ...] | None
    config: Config
    words: Mapping[str, Word]


@dataclass(frozen=True, slots=True)
class Target:
    """What is changed: the specification, what the user named, and the variant in it (None: the modules alone)."""

    workspace: Workspace
    target: str
    variant: str | None


def variants_in(file: str, of: str | None) -> tuple[tuple[Workspace, str], ...]:
    """The variants of `of` that a file declares, each in its workspace. Raises SpecError."""
    from mmu_smt.semantics.workspace import Workspace

    workspace = Workspace.load(file)
    return tuple((workspace, name) for name in workspace.own_variants if workspace.variants[name].of == of)


def mutants_of(asked: Target, choice: Choice, params: Mapping[str, int]) -> Mutants:
    """The mutants of a target. Raises SpecError where it is wrong, and for functions (MS546) that have none."""
    program = asked.workspace.program(asked.variant, params)
    known = targets(program, observers(program))
    for name in choice.functions:
        if name not in known:
            raise unknown("MS546", "changeable function", name, known)
    return mutants(asked.workspace, asked.variant, params, choice)


def mutate(
    asked: Target,
    choice: Choice,
    how: How,
    *,
    others: Sequence[tuple[Workspace, str]] = (),
    cache: CellCache | None = None,
    watch: Callable[[Step], None] | None = None,
) -> MutationReport:
    """Judge mutants of a variant, and `others`: variants of it that somebody wrote, each in its workspace. After a Ctrl-C the rest is
    missing. Raises SpecError where the variant cannot be judged.
    """
    return _Run(asked, choice, how, tuple(others), cache, watch).run()


@dataclass(frozen=True, slots=True)
class _Subject:
    """A mutant, or a variant that is judged like one (number 0)."""

    number: int
    name: str
    operator: str
    function: str
    place: str
    change: tuple[str, ...]
    workspace: Workspace


class _Run:
    def __init__(
        self,
        asked: Target,
        choice: Choice,
        how: How,
        others: tuple[tuple[Workspace, str], ...],
        cache: CellCache | None,
        watch: Callable[[Step], None] | None,
    ) -> None:
        self._asked, self._choice, self._how = asked, choice, how
        self._others, self._cache, self._watch = others, cache, watch
        self._done = 0
        self._program = asked.workspace.program(asked.variant, how.params)

    def run(self) -> MutationReport:
        how, program = self._how, self._program
        if not workers.available():
            raise SpecError((Diagnostic("MS516", "this system cannot copy a process, which judging mutants needs", None),))
        _load()
        made = mutants_of(self._asked, self._choice, how.params)
        subjects = [*map(_written, self._others), *map(_subject, made.found)]
        results: dict[int, MutantResult] = {}
        originals: tuple[Original, ...] = ()
        try:
            originals = self._originals(len(subjects))
            for index, end in self._judged(subjects, originals):
                results[index] = _result(subjects[index], end)
                self._done = len(results)
                self._tell(len(results), len(subjects), None)
        except KeyboardInterrupt:
            pass
        return MutationReport(
            target=self._asked.target,
            variant=program.variant,
            subject=program.subject,
            configs=tuple(o.config.name for o in originals),
            counted=tuple((o.config.name, tuple(o.words.items())) for o in originals),
            results=tuple(results[i] for i in sorted(results)),
            ill_typed=made.ill_typed,
            repeated=made.repeated,
            missing=len(subjects) - len(results),
            everything=how.everything,
            seconds=how.seconds,
            seed=how.seed,
            given=tuple(sorted(how.params.items())),
        )

    def _tell(self, done: int, total: int, current: str | None) -> None:
        if self._watch is not None:
            self._watch(Step(done, total, current))

    def _originals(self, total: int) -> tuple[Original, ...]:
        """The verdicts of the original, under each config, judged in processes too."""
        names: tuple[tuple[str, ...] | None, ...] = self._how.configs or (None,)
        choose_properties(self._program, self._how.without)
        configs = [choose_config(self._program, n) for n in names]
        judge = _Judge(self._how, self._cache)

        def work(config: Config) -> workers.Work:
            def send_words(send: workers.Send) -> None:
                asked = tuple(p for p in _asked(self._program, config) if p.name not in self._how.without)
                found = judge.cell(self._program, config, asked, None)
                send(msgspec.json.encode([(v.property, v.word.value) for v in found]))

            return send_words

        found: dict[int, Mapping[str, Word]] = {}
        for index, end in workers.run_all(
            [work(c) for c in configs], jobs=self._jobs, seconds=None, begun=lambda _: self._tell(0, total, "original")
        ):
            if not isinstance(end, workers.Finished):
                raise SpecError((Diagnostic("MS901", f"internal error: the process that judged the original {end}", None),))
            words = {name: Word(word) for name, word in msgspec.json.decode(end.answer, type=list[tuple[str, str]])}
            found[index] = {n: w for n, w in words.items() if w in _COUNTS}
        return tuple(Original(self._program, n, c, found[i]) for i, (n, c) in enumerate(zip(names, configs, strict=True)))

    @property
    def _jobs(self) -> int:
        return self._how.jobs or workers.processors()

    def _judged(self, subjects: Sequence[_Subject], originals: tuple[Original, ...]) -> Iterator[tuple[int, workers.End]]:
        how = self._how
        works = [_work(s, originals, how, self._cache) for s in subjects]
        questions = len(originals) * (len(FIRST_BOUNDS) + 2)
        seconds = None if how.seconds is None else questions * (how.seconds + max(GRACE, how.seconds))
        yield from workers.run_all(
            works, jobs=self._jobs, seconds=seconds, begun=lambda index: self._tell(self._done, len(subjects), subjects[index].name)
        )


def _subject(mutant: Mutant) -> _Subject:
    at = mutant.at
    return _Subject(
        mutant.number,
        mutant.name,
        mutant.operator,
        mutant.function,
        f"{at.file.name}:{at.line}",
        changed_lines(mutant.before, mutant.after),
        mutant.workspace,
    )


def _written(other: tuple[Workspace, str]) -> _Subject:
    workspace, name = other
    info = workspace.variants[name]
    return _Subject(0, name, "variant", "", f"{info.span.file.name}:{info.span.line}", (info.subject or name,), workspace)


def changed_lines(before: str, after: str) -> tuple[str, ...]:
    """The lines that differ, without their common indentation, marked - and +."""
    lines = list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    return tuple(f"{one[0]} {one[1:].strip()}" for one in lines if not one.startswith("@@") and one[1:].strip())


def _asked(program: Program, config: Config) -> tuple[Property, ...]:
    return tuple(p for p in program.properties.values() if not inapplicable(p, config))


def _load() -> None:
    """Import what judging needs, so that the copies of this process have it."""
    for name in ("mmu_smt.api.comparing", "mmu_smt.api.simplify", "mmu_smt.interpret.replay", "mmu_smt.report.comparison_text"):
        import_module(name)


def _result(subject: _Subject, end: workers.End) -> MutantResult:
    problem, judgement = "", Judgement(Fate.UNKNOWN)
    match end:
        case workers.Finished(answer):
            judgement, problem = _last(answer)
        case workers.OverTime(seconds, received):
            judgement, problem = _last(received[: received.rfind(b"\n") + 1])
            judgement = replace(judgement, by=judgement.by or f"the process that judged it was ended after {seconds:g} s")
        case workers.Died(how):
            problem = f"internal error: the process that judged it {how}"
    return MutantResult(subject.number, subject.name, subject.operator, subject.function, subject.place, subject.change, judgement, problem)


class _Said(msgspec.Struct, frozen=True):
    judgement: Judgement
    problem: str = ""


def _last(answer: bytes) -> tuple[Judgement, str]:
    lines = answer.splitlines()
    if not lines:
        return Judgement(Fate.UNKNOWN), ""
    said = msgspec.json.decode(lines[-1], type=_Said)
    return said.judgement, said.problem


# ---------------------------------------------------------------------------------------------- in a process of its own


def _work(subject: _Subject, originals: tuple[Original, ...], how: How, cache: CellCache | None) -> workers.Work:
    def work(send: workers.Send) -> None:
        problem = ""
        judge = _Judge(how, cache)
        started = time.monotonic()
        judgement = Judgement(Fate.UNKNOWN)

        def say(found: Judgement) -> None:
            nonlocal judgement
            judgement = replace(found, seconds=round(time.monotonic() - started, 3))
            send(msgspec.json.encode(_Said(judgement)) + b"\n")

        try:
            say(judge.judge(subject.workspace.program(subject.name, how.params), originals, say))
            return
        except SpecError as error:
            problem = error.diagnostics[0].message
        except UnconfirmedError as error:
            problem = f"internal error: {error}"
        except Exception as error:
            problem = f"internal error: {type(error).__name__}: {error}"
        send(msgspec.json.encode(_Said(judgement, problem)) + b"\n")

    return work


class _Likeness(msgspec.Struct, frozen=True):
    """What is kept of a comparison. `word`: of the behaviour. `alike`: decisions and what properties observe are the same too."""

    word: str
    by: str
    alike: bool
    apart: Apart | None


class _Judge:
    """Asks about one mutant; what is kept is not asked again."""

    def __init__(self, how: How, cache: CellCache | None) -> None:
        self._how, self._cache = how, cache

    def judge(self, program: Program, originals: tuple[Original, ...], say: Callable[[Judgement], None]) -> Judgement:
        """What becomes of a mutant. `say` is told what is known so far."""
        kills: list[Kill] = []
        for bound in (*FIRST_BOUNDS,):
            for original in originals:
                kills.extend(self._kills(program, original, bound))
                if kills and not self._how.everything:
                    return Judgement(Fate.KILLED, tuple(kills[:1]))
        kills = _distinct(kills)
        likenesses = [] if kills else [self._likeness(program, o) for o in originals]
        proved = [i for i, found in enumerate(likenesses) if found.word == Equivalence.EQUIVALENT and found.alike]
        by = "; ".join(f"{originals[i].config.name}: {likenesses[i].by}" for i in proved)
        if originals and len(proved) == len(originals):
            return Judgement(Fate.EQUIVALENT, by=by)
        apart = tuple(found.apart for found in likenesses if found.apart is not None)
        say(Judgement(Fate.KILLED if kills else Fate.UNKNOWN, tuple(kills), apart, by))
        open_ones: list[str] = []
        for index, original in enumerate(originals):
            if index in proved:
                continue
            kills.extend(self._kills(program, original, None, open_ones))
            kills = _distinct(kills)
            if kills and not self._how.everything:
                return Judgement(Fate.KILLED, tuple(kills[:1]), apart)
        if kills:
            return Judgement(Fate.KILLED, tuple(kills), apart)
        if all(found.word == Equivalence.EQUIVALENT for found in likenesses):
            return Judgement(Fate.EQUIVALENT, by=by or "; ".join(found.by for found in likenesses), apart=apart)
        if open_ones:
            return Judgement(Fate.UNKNOWN, apart=apart, by="not decided: " + ", ".join(open_ones))
        if any(found.behaviour for found in apart):
            return Judgement(Fate.GAP, apart=apart)
        why = "; ".join(dict.fromkeys(f.by for f in likenesses))
        return Judgement(Fate.UNKNOWN, apart=apart, by=f"every property has its verdict; whether it is equivalent: {why}")

    def _kills(self, program: Program, original: Original, bound: int | None, open_ones: list[str] | None = None) -> list[Kill]:
        """The properties whose verdicts are worse than the original's; names of those without a verdict go to `open_ones`."""
        config = choose_config(program, original.names)
        asked = tuple(p for p in _asked(program, config) if p.name in original.words)
        kills: list[Kill] = []
        for verdict in self.cell(program, config, asked, bound):
            before = original.words[verdict.property]
            if verdict.word in _FAILED or (verdict.word is Word.VACUOUS and before is Word.PROVED):
                kills.append(Kill(verdict.property, config.name, before, verdict.word, verdict.length))
            elif verdict.word is Word.UNKNOWN and open_ones is not None:
                open_ones.append(f"{verdict.property} in {config.name} ({verdict.reason})")
        return sorted(kills, key=lambda k: k.length is None)

    def cell(self, program: Program, config: Config, asked: tuple[Property, ...], bound: int | None) -> tuple[CellVerdict, ...]:
        """The verdicts of these properties, as a cell of a matrix holds them."""
        if not asked:
            return ()
        how, fingerprints = self._how, Fingerprints(program)
        options: dict[str, object] = {"bound": bound, "rlimit": None, "memory": None, "seed": how.seed}
        digest = fingerprints.of(config, asked)
        keys = (key_of(digest, options), key_of(digest, {**options, "seconds": how.seconds}))
        for key in keys:
            kept = self._read(key)
            if kept is not None and {p.name for p in asked} <= {v.property for v in kept}:
                return kept
        limits = Limits(bound=bound, seconds=how.seconds)
        target = str(program.variant or "")
        found = check_program(Request(target, program, config, asked, limits, how.params, how.seed))
        verdicts = tuple(kept_verdict(v, fingerprints) for v in found.verdicts)
        timed = any(v.reason is UnknownReason.TIME for v in verdicts)
        if self._cache is not None and not any(v.reason is UnknownReason.INTERRUPTED for v in verdicts):
            try:
                self._cache.write(keys[1] if timed else keys[0], verdicts)
            except OSError:
                self._cache = None
        return verdicts

    def _read(self, key: str) -> tuple[CellVerdict, ...] | None:
        try:
            return None if self._cache is None else self._cache.read(key)
        except (Damaged, OSError):
            return None  # it is judged again, and written over

    def _likeness(self, program: Program, original: Original) -> _Likeness:
        """Whether the mutant does what the original does under a config."""
        config = choose_config(program, original.names)
        digests = [Fingerprints(p).of(c, ()) for p, c in ((original.program, original.config), (program, config))]
        if digests[0] == digests[1]:
            return _Likeness(Equivalence.EQUIVALENT.value, "the same program", alike=True, apart=None)
        options: dict[str, object] = {"seed": self._how.seed}
        subject = "like " + " ".join(digests)
        keys = (key_of(subject, options), key_of(subject, {**options, "seconds": self._how.seconds}))
        for key in keys:
            kept = self._read_likeness(key)
            if kept is not None:
                return kept
        found = self._compared(program, config, original)
        if self._cache is not None:
            settled = found.word != Equivalence.UNKNOWN
            try:
                self._cache.write_text(keys[0] if settled else keys[1], msgspec.json.encode(found).decode())
            except OSError:
                self._cache = None
        return found

    def _read_likeness(self, key: str) -> _Likeness | None:
        try:
            text = None if self._cache is None else self._cache.read_text(key)
            return None if text is None else msgspec.json.decode(text, type=_Likeness)
        except (Damaged, OSError, msgspec.DecodeError):
            return None

    def _compared(self, program: Program, config: Config, original: Original) -> _Likeness:
        from mmu_smt.api.equivalence import Question, decide
        from mmu_smt.model.product import product
        from mmu_smt.solve.budget import Budget

        made = product((original.program, original.config), (program, config), ())
        question = Question((original.program, original.config), (program, config))
        found = decide(question, made, bound=None, budget=Budget(seconds=self._how.seconds), seed=self._how.seed)
        result = found.result
        same = all(aspect.likeness is Likeness.SAME for aspect in (result.decisions, result.ghosts))
        return _Likeness(result.word.value, result.by, same, _apart(program, config, original, found))


def _distinct(kills: Sequence[Kill]) -> list[Kill]:
    return list({(k.property, k.config): k for k in kills}.values())


def _apart(program: Program, config: Config, original: Original, found: Findings) -> Apart | None:
    """The run that tells the two apart, if there is one."""
    from mmu_smt.report.comparison_text import difference_lines
    from mmu_smt.report.json_report import valuation_record
    from mmu_smt.report.lines import plain

    result = found.result
    aspects = (result.state, result.places, result.initial, result.decisions, result.ghosts)
    differing = next((a for a in aspects if a.likeness is Likeness.DIFFERS), None)
    if differing is None:
        return None
    trace = differing.first or differing.second
    assert trace is not None
    checks = [CheckResult(p, c, (), str(p.variant or "")) for p, c in ((original.program, original.config), (program, config))]
    lines = difference_lines(Comparison(checks[0], checks[1], result, ()))
    return Apart(
        config=config.name,
        steps=len(trace.steps),
        text=tuple(plain(lines).splitlines()),
        consts=valuation_record(original.program.consts, trace.consts),
        initial=valuation_record(original.program.states, trace.initial),
        behaviour=differing in aspects[:3],
    )
