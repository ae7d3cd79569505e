"""Codes of certificates, and of what else takes several solvers: MS521 to MS526, MS528."""

from __future__ import annotations

from mmu_smt.syntax.codeinfo import CodeInfo

CERTIFICATE_CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "MS521",
        "certificate-not-written",
        "a certificate cannot be written",
        """\
## What it means
The folder is not empty, or it cannot be made or written to. What was written before that is no certificate: the manifest comes last.

## Example
```
mmu-smt check spec.mmu --cert /
```

## Instead
Name a folder that is new or empty, where there is room and you may write.
""",
    ),
    CodeInfo(
        "MS522",
        "no-certificate",
        "a folder holds no certificate",
        """\
## What it means
There is no such folder, no `manifest.json` in it, or one that cannot be read. A folder without a manifest is one that was not finished.

## Example
```
mmu-smt cert check empty_folder
```

## Instead
Name the folder that `mmu-smt check … --cert` wrote.
""",
    ),
    CodeInfo(
        "MS523",
        "certificate-of-another-specification",
        "a certificate is of another specification",
        """\
## What it means
The text of the specification, its imports included, is not the one for which the certificate was written. Nothing was checked.

## Example
```
mmu-smt cert check folder --spec other.mmu
```

## Instead
Name the specification that is meant with `--spec`, or write the certificate again.
""",
    ),
    CodeInfo(
        "MS524",
        "certificate-refused",
        "a certificate does not say what it should",
        """\
## What it means
What follows from the specification and from the stages of the proof that the manifest lists is not what stands in the folder: a file was
changed, is missing or does not belong there; a claim does not follow; or a stage makes no sense for this specification. No solver was
asked. A certificate that another version of the tool has written may be refused, too.

## Example
A certificate in which a file was edited.

## Instead
Write the certificate again.
""",
    ),
    CodeInfo(
        "MS525",
        "obligation-refuted",
        "an obligation of a certificate does not hold",
        """\
## What it means
A solver answered `sat` where the proof needs `unsat`. The proof does not show what it claims. If the certificate is as `check` wrote it,
this is a defect of the tool or of a solver.

## Example
A certificate whose invariant was weakened by hand.

## Instead
Please report it, with the folder, if nobody has changed it.
""",
    ),
    CodeInfo(
        "MS526",
        "no-solver",
        "none of the named solvers is installed",
        """\
## What it means
There is nobody to put the obligations to.

## Example
```
mmu-smt cert check folder --solver cvc5
```

## Instead
Install it (`pip install 'mmu-smt[certify]'`), or name another one. The files can also be given to any solver that reads SMT-LIB 2.
""",
    ),
    CodeInfo(
        "MS528",
        "too-few-solvers",
        "two solvers must agree, and there are not two",
        """\
## What it means
`--paranoid` puts every verdict to at least two solvers, and only one is installed.

## Example
```
mmu-smt check spec.mmu --paranoid
```

## Instead
`pip install 'mmu-smt[certify]'` brings cvc5 and Bitwuzla.
""",
    ),
)
