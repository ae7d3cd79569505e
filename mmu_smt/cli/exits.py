"""Exit codes: what each means, and which one wins."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, assert_never

from mmu_smt.witness.verdicts import Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mmu_smt.witness.verdicts import CheckResult, Verdict


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    USAGE = 2
    OPEN = 3
    VACUOUS = 4
    INTERNAL = 5
    INTERRUPTED = 130


MEANINGS = """\
Exit codes: 0 everything proved or reached (test: every expectation met; fmt --check: nothing to change) | 1 something violated or a cover \
unreachable (an expectation missed; a file to change) | 2 usage or specification error, or the output could not be written | 3 nothing \
violated, but something bounded, unknown, or proved with its vacuity undecided | 4 nothing violated, but something vacuous | 5 internal \
error, including a counterexample that does not replay | 130 interrupted before there was anything to report. The first that applies of 5, \
2, 1, 3, 4, 0."""

_PRECEDENCE = (Exit.INTERRUPTED, Exit.INTERNAL, Exit.USAGE, Exit.FAILED, Exit.OPEN, Exit.VACUOUS, Exit.OK)


def worst(codes: Iterable[Exit]) -> Exit:
    """The code that wins; OK where there is none."""
    return min(codes, key=_PRECEDENCE.index, default=Exit.OK)


def of_result(result: CheckResult, *, accept_bounded: bool) -> Exit:
    """The code for one check."""
    return worst(_of_verdict(v, accept_bounded) for v in result.verdicts)


def _of_verdict(verdict: Verdict, accept_bounded: bool) -> Exit:
    """A proof that may be vacuous is as open as if the search for its premise were the question."""
    if verdict.vacuity is None:
        return _of_word(verdict.word, accept_bounded)
    return _of_word(Word.BOUNDED if verdict.vacuity.reason is None else Word.UNKNOWN, accept_bounded)


def _of_word(word: Word, accept_bounded: bool) -> Exit:
    match word:
        case Word.PROVED | Word.REACHED | Word.INAPPLICABLE:
            return Exit.OK
        case Word.VIOLATED | Word.UNREACHABLE:
            return Exit.FAILED
        case Word.BOUNDED:
            return Exit.OK if accept_bounded else Exit.OPEN
        case Word.UNKNOWN:
            return Exit.OPEN
        case Word.VACUOUS:
            return Exit.VACUOUS
        case _:
            assert_never(word)
