"""Codes of mutants and of branch coverage: MS545 to MS549."""

from __future__ import annotations

from mmu_smt.syntax.codeinfo import CodeInfo

MUTANT_CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "MS545",
        "unknown-operator",
        "a mutation operator that does not exist",
        """\
## What it means
`mmu-smt mutate --operator` was given a name that is no operator's.

## Example
```
mmu-smt mutate spec.mmu --operator negat
```

## Instead
`mmu-smt mutate spec.mmu --operator list` names the operators and says what each does.
""",
    ),
    CodeInfo(
        "MS546",
        "unchangeable-function",
        "a function that is not changed",
        """\
## What it means
`mmu-smt mutate --function` was given a function that does not exist, that no handler calls, or that is there for properties: it only
writes ghosts, or a property, an initial condition, an assumption, a guard or a config is made of it. Such a function is not changed,
because a mutant would be judged by other properties than the original.

## Example
```
mmu-smt mutate spec.mmu --function no_such_function
```

## Instead
Name one of the functions in the note.
""",
    ),
    CodeInfo(
        "MS547",
        "no-branch-there",
        "a place where no branch stands",
        """\
## What it means
`mmu-smt cover --at FILE:LINE` was given a line on which no side of an `if`, no operand, arm or return of a handler, or of a function
that a handler calls, begins.

## Example
```
mmu-smt cover spec.mmu --at spec.mmu:1
```

## Instead
Name a line that `mmu-smt cover` marks with `+`, `-`, `.` or `?`. The file may be named by its last parts.
""",
    ),
)
