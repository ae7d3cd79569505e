"""Catalogue entries of formats and saved traces: MS530 to MS539 what was asked, MS620 to MS629 what the evidence says."""

from __future__ import annotations

from mmu_smt.syntax.codeinfo import CodeInfo

TRACE_CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "MS530",
        "bad-format",
        "no format of this name, or no place for it",
        """\
## What it means
`--format` takes `text`, `table`, `json`, `itf`, `sarif`, `mail`, `recipe` or `html`, alone or with `=PATH`. Only one thing can be
written to standard output: `--json` or one format without a path.

## Example
```
mmu-smt check spec.mmu --format xml
```

## Instead
```
mmu-smt check spec.mmu --format mail --format sarif=findings.sarif
```
""",
    ),
    CodeInfo(
        "MS531",
        "which-trace",
        "it is not clear what of a saved trace is meant",
        """\
## What it means
A file may hold several traces, of which `trace diff` wants one; `--step` counts from 0, the start, to the number of transitions;
`trace eval` wants an expression.

## Example
```
mmu-smt trace diff before.json after.json
```

## Instead
```
mmu-smt trace diff before.json after.json -p retry_ends
```
""",
    ),
    CodeInfo(
        "MS620",
        "not-a-trace",
        "a file is no saved trace",
        """\
## What it means
The file cannot be read, is no JSON, lacks what a saved trace has, or has a schema number that this version does not read. The
message says which.

## Example
```
mmu-smt trace show spec.mmu
```

## Instead
```
mmu-smt check spec.mmu --format json=trace.json
```
""",
    ),
    CodeInfo(
        "MS621",
        "trace-does-not-fit",
        "a saved trace speaks of what the specification does not have",
        """\
## What it means
A variable, step, parameter, choice or property of the trace does not exist in the specification that it names, or has a type
without the value that the trace gives it. So the trace cannot be replayed at all.

## Example
A state variable has been renamed since the trace was saved.

## Instead
Check again and save the trace anew, or name with `--spec` a specification that it fits.
""",
    ),
    CodeInfo(
        "MS622",
        "trace-does-not-replay",
        "a saved trace is no run of the specification, or does not show what it claims",
        """\
## What it means
The interpreter carried out the steps of the trace and came to something else: a step that is not possible, another state, a loop
that does not close, or a run that does not violate the property. Nothing of such a trace is shown. If the specification has
changed since the trace was saved, the change is the reason, and may well be the fix; if not, the file is not as it was written.

## Example
```
mmu-smt trace replay trace.json --spec fixed.mmu
```

## Instead
Check the specification as it is now.
""",
    ),
)
