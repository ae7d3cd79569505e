"""Catalogue entries of the commands for modified handlers: MS550 to MS559."""

from __future__ import annotations

from mmu_smt.syntax.codeinfo import CodeInfo

VARIANT_CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "MS550",
        "no-new-variant",
        "a new variant's file cannot be made",
        """\
## What it means
`mmu-smt new` writes a file that is not there yet. Its name ends in `.mmu`, the variant has a name as any other, and the file can import
the one that declares the other variant: that one is bundled, or lies in the same folder or below. There must be something to override.

## Example
```
mmu-smt new mine --of v2_04 --path mine.mmu   # and mine.mmu is there already
```

## Instead
Choose another `--path`, or write over the file with `--force`. Name what to override with `--override`.
""",
    ),
)
