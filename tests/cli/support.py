"""Small specifications for tests of the command line, and a way to run it in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mmu_smt.cli.app import main

# `loud` goes round for ever; `calm` stops; in `rush` somebody else may push it back.
DOOR = """\
param MAX: 1..7 = 3

state n: 0..MAX = 0
state done: bool = false
terminal done

rule gave_up

enum Answer { GO, STOP }

handler decide() -> Answer {
    if n == MAX {
        return STOP @gave_up
    }
    return GO
}

step act() by guest when !done {
    if decide() == GO {
        n += 1
    } else {
        done = true
    }
}

step push_back() by env when !done {
    n = 0
}

event stopped { done' }

/// Acting comes to an end.
progress ends { recurs taken(act) never stopped }
progress ends_soon within least { recurs taken(act) never stopped }
invariant bounded_n { n <= MAX }
step property gives_up_late { decide.decides(STOP) @gave_up => n == MAX }
cover gives_up { decide.decides(STOP) @gave_up }

variant calm "Stop at the end" { }

variant loud of calm "Never stop" {
    override handler decide() -> Answer {
        if n == MAX {
            return STOP @gave_up
        }
        n = 0
        return GO
    }
}

config quiet "nobody interferes" { }

config rush "somebody interferes" {
    enable push_back
    enable act weakly fair
}

default config alone = quiet

expect calm in quiet { ends: proved ends_soon: proved gives_up: reached bounded_n: proved }
expect loud { ends: violated ends_soon: violated | unknown gives_up: unreachable }
expect calm in rush { ends: violated }
"""


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str


class Command:
    """Runs `mmu-smt` with arguments in this process."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *args: str) -> Ran:
        self._capture.readouterr()
        code = main(args)
        captured = self._capture.readouterr()
        return Ran(code, captured.out, captured.err)


def write(folder: Path, files: Sequence[tuple[str, str]]) -> None:
    for name, text in files:
        (folder / name).write_text(text, encoding="utf-8")
