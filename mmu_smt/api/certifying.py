"""Certificates in folders: written after a check, and checked without anything that searched for the proof.

What is derived, and why it is enough, is `mmu_smt.certify`'s business; here are files and their failures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmu_smt.api.targets import Spec, choose_config, choose_properties, inapplicable, load
from mmu_smt.certify.cases import NoCertificate
from mmu_smt.certify.deriving import Derived, Judged, derive
from mmu_smt.certify.manifest import (
    FORMAT,
    NAME,
    BadManifest,
    Manifest,
    Question,
    StageRecord,
    WithoutRecord,
    decode,
    encode,
    record_of,
)
from mmu_smt.certify.smtlib import NotSmtLib
from mmu_smt.report.json_report import versions
from mmu_smt.solve.scripts import KNOWN, ScriptSolver, solvers
from mmu_smt.syntax.diagnostics import Diagnostic, Note, SpecError
from mmu_smt.witness.certificates import Answer, CertificateReport, ObligationOutcome, Written
from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from mmu_smt.api.checking import Request
    from mmu_smt.model.argument import Proof
    from mmu_smt.semantics.program import Config, Program, Property
    from mmu_smt.witness.verdicts import CheckResult

STEPWISE = frozenset({"cvc5"})
"""Solvers that are asked about single steps only: where several transitions are unrolled, they take hours."""

_PROOFS = (Word.PROVED, Word.UNREACHABLE, Word.VACUOUS)


@dataclass(slots=True)
class Collected:
    """What a check has settled, case by case; `add` is told."""

    proofs: list[tuple[Mapping[str, int], Proof]] = field(default_factory=list[tuple["Mapping[str, int]", "Proof"]])

    def add(self, case: Mapping[str, int], proof: Proof) -> None:
        self.proofs.append((case, proof))


def prepare(folder: str | Path) -> Path:
    """The folder for a certificate, made where it is not there. Raises SpecError (MS521) where it cannot be one, or is not empty."""
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            note = Note("a certificate is all that may be in its folder: name a new one, or empty it")
            raise SpecError((Diagnostic("MS521", f"{path} is not empty", None, (note,)),))
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    return path


def write(folder: Path, spec: Spec, variant: str | None, request: Request, result: CheckResult, collected: Collected) -> CheckResult:
    """Write the certificate of a finished check into an empty folder, the manifest last, so that without it nothing is one. Returns the
    result, which then says what was written.

    Raises SpecError (MS521) where it cannot be written.
    """
    applicable = tuple(p for p in request.properties if not inapplicable(p, request.config))
    derived, reasons = derived_from(request.program, request.config, applicable, collected)
    claimed = {c.property for c in derived.claims}
    proved = {v.property.name: v for v in result.verdicts if v.word in _PROOFS}
    claims = tuple(c for c in derived.claims if c.property in proved)
    without = tuple(
        WithoutRecord(name, reasons.get(name, f"not every case of `{v.by}` is written down"))
        for name, v in proved.items()
        if name not in claimed
    )
    limits = request.limits
    manifest = Manifest(
        format=FORMAT,
        tool=f"mmu-smt {versions().tool}",
        solver=versions().solver,
        options={"bound": limits.bound, "rlimit": limits.rlimit, "seed": request.seed},
        question=Question(
            target=spec.target,
            variant=variant,
            config=tuple(request.config.name.split("+")) if request.config.name else None,
            params=dict(request.given),
            spec=spec.digest,
            properties=tuple(p.name for p in applicable),
        ),
        claims=claims,
        without=without,
        cases=derived.cases,
    )
    data = {name: text.encode() for name, text in derived.texts.items()} | {NAME: encode(manifest)}
    for name, content in data.items():
        path = folder / name
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise _unwritable(path, error) from error
    certified = tuple(c.property for c in claims)
    left = tuple((w.property, w.reason) for w in without)
    return replace(result, certificate=Written(str(folder), certified, left, len(data), sum(map(len, data.values()))))


def derived_from(
    program: Program, config: Config, applicable: tuple[Property, ...], collected: Collected
) -> tuple[Derived, Mapping[str, str]]:
    """What the stages that were collected come to; and, by property, why something does not."""
    reasons: dict[str, str] = {}
    proofs = [(case, _records(proof, reasons)) for case, proof in collected.proofs]
    try:
        return derive(Judged(program, config, applicable), proofs), reasons
    except (NoCertificate, NotSmtLib) as error:
        reasons |= {p.name: str(error) for p in applicable if p.name not in reasons}
        return Derived((), (), {}, ()), reasons


def _records(proof: Proof, reasons: dict[str, str]) -> tuple[StageRecord, ...]:
    """The stages that can be written; why others cannot is noted for what they settle."""
    found: list[StageRecord] = []
    for stage in proof:
        try:
            found.append(record_of(stage))
        except NoCertificate as error:
            reasons.update(dict.fromkeys(stage.queries, str(error)))
    return tuple(found)


def _unwritable(path: Path, error: Exception) -> SpecError:
    reason = getattr(error, "strerror", None) or str(error)
    return SpecError((Diagnostic("MS521", f"{path}: the certificate cannot be written: {reason}", None),))


# ---------------------------------------------------------------------------------------------- checking


def check(
    folder: str | Path,
    *,
    spec: str | Spec | None = None,
    only: Sequence[str] | None = None,
    seconds: float | None = None,
    each: Callable[[ObligationOutcome], None] | None = None,
    progress: Callable[[str], None] | None = None,
) -> CertificateReport:
    """Check a certificate against the specification that it names, or against `spec`.

    `only`: the names of the solvers to ask; default all that are installed. `seconds`: for each question. `each` is told every outcome.
    Raises SpecError: MS522 for a folder that holds no certificate, MS523 for one of another specification, MS524 where the files do not say
    what the specification and the proof's stages come to, MS505 for an unknown solver and MS526 where none is installed.
    """
    for name in only or ():
        if name not in KNOWN:
            raise SpecError((Diagnostic("MS505", f"--solver {name}: expected one of {', '.join(KNOWN)}", None),))
    there, missing = solvers(only)
    if not there:
        raise SpecError((Diagnostic("MS526", f"none of these solvers is installed: {', '.join(missing)}", None),))
    path = Path(folder)
    manifest = _manifest(path)
    loaded = spec if isinstance(spec, Spec) else load(spec or manifest.question.target)
    derived = _derived(path, manifest, loaded)
    _compare(path, manifest, derived)
    outcomes: list[ObligationOutcome] = []
    for record in (o for case in derived.cases for o in case.obligations):
        if progress is not None:
            progress(record.file)
        text = derived.texts[record.file]
        asked = [s for s in there if not record.unrolled or s.name not in STEPWISE] or there
        answers = tuple(_ask(s, text, seconds) for s in asked)
        outcomes.append(ObligationOutcome(record.file, record.says, len(text), answers))
        if each is not None:
            each(outcomes[-1])
    return CertificateReport(
        folder=str(path),
        target=_shown(manifest.question),
        claims=tuple((c.property, c.word, c.says) for c in manifest.claims),
        without=tuple((w.property, w.reason) for w in manifest.without),
        obligations=tuple(outcomes),
        solvers={s.name: s.version for s in there},
        missing=missing,
    )


def _ask(solver: ScriptSolver, text: str, seconds: float | None) -> Answer:
    reply = solver.ask(text, seconds=seconds)
    return Answer(reply.solver, reply.status.value, reply.seconds, reply.trouble)


def _shown(question: Question) -> str:
    config = "+".join(question.config) if question.config is not None else "the default config"
    return f"{question.variant or question.target} in {config}"


def _manifest(folder: Path) -> Manifest:
    path = folder / NAME
    try:
        return decode(path.read_bytes())
    except FileNotFoundError as error:
        what = f"there is no {NAME} in it" if folder.is_dir() else "there is no such folder"
        raise SpecError((Diagnostic("MS522", f"{folder} holds no certificate: {what}", None),)) from error
    except (OSError, ValueError) as error:
        reason = str(error) if isinstance(error, BadManifest) else getattr(error, "strerror", None) or str(error)
        raise SpecError((Diagnostic("MS522", f"{path} cannot be read: {reason}", None),)) from error


def _derived(folder: Path, manifest: Manifest, spec: Spec) -> Derived:
    """What the specification and the stages come to. Raises SpecError."""
    question = manifest.question
    if spec.digest != question.spec:
        note = Note("a certificate holds for one text: write it again with `mmu-smt check … --cert`")
        raise SpecError((Diagnostic("MS523", f"{folder} is of another specification than {spec.target}", None, (note,)),))
    if question.variant is not None and question.variant not in spec.all_variants:
        raise _refused(folder, f"there is no variant {question.variant}")
    program = spec.program(question.variant, question.params)
    config = choose_config(program, question.config)
    properties = tuple(p for p in choose_properties(program, question.properties) if not inapplicable(p, config))
    if tuple(p.name for p in properties) != question.properties:
        raise _refused(folder, "it judges properties that are not judged there")
    try:
        return derive(Judged(program, config, properties), [(c.values, c.stages) for c in manifest.cases])
    except (NoCertificate, NotSmtLib) as error:
        raise _refused(folder, str(error)) from error


def _compare(folder: Path, manifest: Manifest, derived: Derived) -> None:
    """The manifest and the files say what was derived, and nothing else. Raises SpecError (MS524)."""
    derived_claims = {c.property: c for c in derived.claims}
    for claim in manifest.claims:
        if derived_claims.get(claim.property) != claim:
            raise _refused(folder, f"what it claims of {claim.property} does not follow")
    if len({c.property for c in manifest.claims}) < len(manifest.claims):
        raise _refused(folder, "it claims something twice")
    if derived.cases != manifest.cases:
        raise _refused(folder, "its list of obligations is not what follows from its stages")
    try:
        found = {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()} - {NAME}
        for name in sorted(found - derived.texts.keys()):
            raise _refused(folder, f"{name} is no part of it")
        for name, text in derived.texts.items():
            if name not in found:
                raise _refused(folder, f"{name} is missing")
            if (folder / name).read_bytes() != text.encode():
                raise _refused(folder, f"{name} is not the obligation that follows from the specification")
    except OSError as error:
        raise SpecError((Diagnostic("MS522", f"{folder} cannot be read: {error.strerror or error}", None),)) from error


def _refused(folder: Path, why: str) -> SpecError:
    return SpecError((Diagnostic("MS524", f"{folder} is no certificate of this specification: {why}", None),))
