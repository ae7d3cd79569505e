"""What came of checking a certificate. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What a solver said of an obligation: `unsat`, `sat` or `unknown`, and, with the last, why."""

    solver: str
    said: str
    seconds: float
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class ObligationOutcome:
    """One obligation, by its file's name, with what it says, its size in bytes and every answer."""

    file: str
    says: str
    size: int
    answers: tuple[Answer, ...]

    @property
    def refuted(self) -> bool:
        """A solver says that what should follow does not."""
        return any(a.said == "sat" for a in self.answers)

    @property
    def open(self) -> bool:
        """A solver that was asked has no answer, or none was asked."""
        return not self.answers or any(a.said not in ("sat", "unsat") for a in self.answers)


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """`claims`: property, word, and the claim in words. `without`: properties that the folder says have no certificate, and why. `solvers`:
    those that were asked, with their versions; `missing`: those that are not installed.
    """

    folder: str
    target: str
    claims: tuple[tuple[str, str, str], ...]
    without: tuple[tuple[str, str], ...]
    obligations: tuple[ObligationOutcome, ...]
    solvers: Mapping[str, str]
    missing: tuple[str, ...]

    @property
    def refuted(self) -> bool:
        return any(o.refuted for o in self.obligations)

    @property
    def open(self) -> bool:
        return any(o.open for o in self.obligations)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written into a folder. `without`: proved properties that have no certificate, and why."""

    folder: str
    claims: tuple[str, ...]
    without: tuple[tuple[str, str], ...]
    files: int
    size: int
