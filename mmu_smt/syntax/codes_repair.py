"""Codes of repairs: MS540 and MS541."""

from __future__ import annotations

from mmu_smt.syntax.codeinfo import CodeInfo

REPAIR_CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "MS540",
        "nothing-to-mend",
        "the properties to be mended are not violated",
        """\
## What it means
`repair` looks for a change that makes violated properties hold. Under the named configs none of them is violated: they hold, do not
apply, or hold for want of anything to judge.

## Example
```
mmu-smt repair v2_04 -p retry_progress
```

## Instead
`mmu-smt check` says what is violated, and under which config. Name such a property and config.
""",
    ),
    CodeInfo(
        "MS541",
        "cannot-be-changed",
        "a name that `repair` cannot work with",
        """\
## What it means
There is no such function, or nothing that could be changed; or what is to be kept is no cover. Every property that holds is kept
anyway.

## Example
```
mmu-smt repair spec.mmu:broken -p safe --in no_such_function
```

## Instead
Name functions or handlers of the variant, and covers. By default the handlers and the functions that only they call may be changed.
""",
    ),
)
