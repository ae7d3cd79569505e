"""Catalogue entries MS500 to MS999: running a check, and its outcome."""

from __future__ import annotations

from mmu_smt.syntax.codeinfo import CodeInfo

RUN_CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "MS501",
        "budget-exhausted",
        "time, memory or solver budget used up",
        """\
## What it means
The solver was stopped by a budget before the question was answered. The verdict is `unknown`, with the bound up to
which nothing was found.

## Example
```
mmu-smt check spec.mmu --timeout 5
```

## Instead
Raise the budget, make the parameters smaller (`-D`), or limit the run to one property.
""",
    ),
    CodeInfo(
        "MS502",
        "interrupted",
        "stopped by the user",
        """\
## What it means
The run was interrupted. Verdicts that were already reached are printed; the others are `unknown`.

## Example
Ctrl-C during `mmu-smt check`.

## Instead
Nothing is wrong; run it again.
""",
    ),
    CodeInfo(
        "MS503",
        "no-such-property",
        "no property of this name",
        """\
## What it means
The requested property is neither declared in the specification nor built in (`no_runtime_fault`, `no_deadlock`).

## Example
```
mmu-smt check spec.mmu --property retry_progres
```

## Instead
`mmu-smt list spec.mmu` shows the names.
""",
    ),
    CodeInfo(
        "MS504",
        "no-such-config",
        "no config of this name",
        """\
## What it means
`--config` names configs that the specification declares; several are joined with commas.

## Example
```
mmu-smt check spec.mmu --config quite
```

## Instead
`mmu-smt list spec.mmu` shows the names.
""",
    ),
    CodeInfo(
        "MS505",
        "bad-param-value",
        "a parameter value is not an integer or is out of range",
        """\
## What it means
`-D NAME=VALUE` wants a decimal or `0x` integer within the range that the parameter declares.

## Example
```
mmu-smt check spec.mmu -D PAGES=many
```

## Instead
```
mmu-smt check spec.mmu -D PAGES=5
```
""",
    ),
    CodeInfo(
        "MS506",
        "no-such-param",
        "no parameter of this name",
        """\
## What it means
`-D NAME=VALUE` sets a `param` that the specification declares.

## Example
```
mmu-smt check spec.mmu -D PAGE=5
```

## Instead
`mmu-smt list spec.mmu` shows the parameters and their ranges.
""",
    ),
    CodeInfo(
        "MS507",
        "no-such-variant",
        "no variant of this name",
        """\
## What it means
The variant is declared neither in the named file nor in a module that it imports.

## Example
```
mmu-smt check spec.mmu:fix2
```

## Instead
`mmu-smt list spec.mmu` shows the variants.
""",
    ),
    CodeInfo(
        "MS508",
        "no-such-target",
        "no file or bundled variant of this name",
        """\
## What it means
A target is the path of an `.mmu` file, or the name of a variant that comes with the tool.

## Example
```
mmu-smt check first_fxi
```

## Instead
Give a path (with `/` or ending in `.mmu`), or one of the names that `mmu-smt list` shows.
""",
    ),
    CodeInfo(
        "MS509",
        "cannot-write",
        "an output file cannot be written",
        """\
## What it means
Standard output, or a file that is to be rewritten, takes no text. The message carries the system's reason.

## Example
```
mmu-smt check spec.mmu > /dev/full
```

## Instead
Make room, or write to a place that you may write to.
""",
    ),
    CodeInfo(
        "MS510",
        "too-large",
        "the specification is larger than what can be checked",
        """\
## What it means
An array, a range, a loop or the whole inlined model exceeds a size limit. The message names the limit and what
exceeds it.

## Example
```
param N: 1..100000 = 100000
state a: [0..N]u64
```

## Instead
Choose smaller sizes: counterexamples to such properties are almost always small.
""",
    ),
    CodeInfo(
        "MS511",
        "no-initial-state",
        "there is no initial state",
        """\
## What it means
No values of the constants and state variables satisfy the assumptions, those of the config included, together with
the initial conditions. There is nothing to run.

## Example
```
const c: bool
assume yes { c }
config nowhere { assume no { !c } }
```

## Instead
Leave out one assumption at a time until there is an initial state.
""",
    ),
    CodeInfo(
        "MS512",
        "unknown-code",
        "no diagnostic of this code",
        """\
## What it means
`mmu-smt explain` takes the code in brackets at the end of a message, or its name.

## Example
```
mmu-smt explain MS7
```

## Instead
```
mmu-smt explain MS701
```
""",
    ),
    CodeInfo(
        "MS513",
        "no-such-matrix",
        "no matrix of this name, or none at all",
        """\
## What it means
`mmu-smt matrix` fills what a `matrix` declaration states. The files that were named have none, or none of the name
that `--name` asks for.

## Example
```
mmu-smt matrix spec.mmu --name seires
```

## Instead
```
matrix mine { rows before, after  columns quiet }
```
""",
    ),
    CodeInfo(
        "MS514",
        "damaged-cell",
        "a kept cell is damaged",
        """\
## What it means
A file of the cache is not as it was written, or the run that it keeps does not replay. The cell is judged again and
written anew.

## Example
A file cut off by a full disk of another program.

## Instead
Nothing has to be done; `--cache` names another folder, `--no-cache` does without.
""",
    ),
    CodeInfo(
        "MS515",
        "cache-unusable",
        "the cache cannot be read or written",
        """\
## What it means
Verdicts are printed, but not kept: the next run judges the same cells again. The message carries the system's reason.

## Example
```
mmu-smt matrix spec --cache /proc/cells
```

## Instead
Make room, or name a folder that you may write to.
""",
    ),
    CodeInfo(
        "MS516",
        "no-copies",
        "this system cannot copy a process",
        """\
## What it means
The cells of a matrix are judged in copies of the process (`fork`), which can be ended when their time is over. Cells
that have been kept can be shown everywhere.

## Example
`mmu-smt matrix` on Windows.

## Instead
Use a system with `fork`, or `mmu-smt check` for one variant and config at a time.
""",
    ),
    CodeInfo(
        "MS517",
        "not-comparable",
        "two variants cannot be compared",
        """\
## What it means
A constant or state variable of one name has another type in each variant, or is a constant in one and state in the other, so
that no state of one is a state of the other.

## Example
```
mmu-smt compare spec.mmu:first spec.mmu:second
```

## Instead
Give the variable of the second variant a name of its own; what only one variant declares is left out of the comparison.
""",
    ),
    CodeInfo(
        "MS518",
        "one-variant",
        "one variant was expected",
        """\
## What it means
A comparison is of two variants, a certificate of one, and the target stands for several.

## Example
```
mmu-smt compare spec.mmu spec.mmu:second
```

## Instead
Name the variant, as in `spec.mmu:first`.
""",
    ),
    CodeInfo(
        "MS527",
        "not-expressible",
        "a format cannot say this",
        """\
## What it means
`mmu-smt export` writes a question for other tools, and their format has no way to ask this one: the least bound of `within least` in any
format; an infinite run in SMT-LIB; no question at all in AIGER; or a property that does not apply under the config.

## Example
```
mmu-smt export spec.mmu --property completes_within --format btor2
```

## Instead
The message says what can be asked: `within N`, another format, or `--bound N`.
""",
    ),
    CodeInfo(
        "MS601",
        "replay-mismatch",
        "a counterexample does not replay",
        """\
## What it means
The solver found a run that the interpreter cannot repeat. One of the two meanings is wrong; no verdict of this run
can be trusted.

## Example
This is a defect of the tool, not of the specification.

## Instead
Please report it, with the specification and the command line.
""",
    ),
    CodeInfo(
        "MS602",
        "engines-disagree",
        "two engines give different verdicts",
        """\
## What it means
Two independent ways of judging the same property came to different answers. No verdict of this run can be trusted.

## Example
This is a defect of the tool, not of the specification.

## Instead
Please report it, with the specification and the command line.
""",
    ),
    CodeInfo(
        "MS701",
        "property-violated",
        "a property is violated",
        """\
## What it means
There is a run of the specification that breaks the property. The run was replayed step by step by the interpreter;
it is a shortest one, unless the verdict says otherwise.

## Example
```
state n: 0..3 = 0
step up() by kvm when n < 3 { n += 1 }
terminal n == 3
invariant small { n < 3 }
```

## Instead
Read the trace from its end: the last transition is the one that breaks the property (for a lasso: the part that
repeats).
""",
    ),
    CodeInfo(
        "MS702",
        "cover-unreachable",
        "a cover is unreachable",
        """\
## What it means
A cover asks for a run in which something happens, and there is none. Either the model excludes what it should
allow, or the situation cannot occur.

## Example
```
state n: 0..3 = 0
step up() by kvm when n < 2 { n += 1 }
terminal n == 2
cover top { n' == 3 }
```

## Instead
Weaken the assumptions one at a time, or choose another config, until the cover is reached.
""",
    ),
    CodeInfo(
        "MS703",
        "vacuous",
        "a property holds for want of a case",
        """\
## What it means
The property has the form `A => B` and no run satisfies `A` (or, for progress, nothing ever happens that `recurs`).
It holds, but says nothing.

## Example
```
state on: bool = false
step stay() by guest { on = false }
invariant safe { on => false }
```

## Instead
Add a `cover` for the premise, and find out why it cannot be reached.
""",
    ),
    CodeInfo(
        "MS704",
        "not-decided",
        "a property was not decided",
        """\
## What it means
No violation was found, but no proof either: `bounded(k)` says that there is none within k transitions, `unknown`
that a budget ran out.

## Example
```
mmu-smt check spec.mmu --bound 5
```

## Instead
Raise the bound or the budget, or add invariants that make the property provable.
""",
    ),
    CodeInfo(
        "MS705",
        "expectation-missed",
        "a verdict is not the expected one",
        """\
## What it means
An `expect` block states a verdict, and the check came to another one.

## Example
```
expect fix in quiet { progress_made: proved }
```

## Instead
Decide which of the two is wrong: look at the trace, or at what the expectation was based on.
""",
    ),
    CodeInfo(
        "MS706",
        "vacuity-undecided",
        "a property is proved, but perhaps for want of a case",
        """\
## What it means
No run violates the property. Whether any run puts it to the test (satisfies `A` of `A => B`, or makes happen what
`recurs`) was not decided before the bound or a budget ended: the proof stands, but it may turn out `vacuous`.

## Example
```
mmu-smt check spec.mmu --bound 2
```

## Instead
Raise the bound or the budget, or add a `cover` for the premise.
""",
    ),
    CodeInfo(
        "MS707",
        "variants-differ",
        "two variants behave differently",
        """\
## What it means
From one state that both reach by the same run, the same step does something else in each, or only one can take it or faults. Both
have been replayed.

## Example
```
mmu-smt compare first second
```

## Instead
Look at the two decision paths. Where no functional change was meant, one of the variants is wrong.
""",
    ),
    CodeInfo(
        "MS708",
        "steps-do-not-correspond",
        "two variants can be interrupted at different places",
        """\
## What it means
After one common run a step in flight of one variant stands at a lock or `yield` where the other one does not stop, so that their
steps cannot be compared one by one. Nothing is claimed about equivalence.

## Example
```
mmu-smt compare first second --config noisy
```

## Instead
Compare them under a config without env steps, where a step is never interrupted; or give both variants the same locks and
`yield`s.
""",
    ),
    CodeInfo(
        "MS709",
        "claim-missed",
        "a claim is not what was expected",
        """\
## What it means
The model contradicts a claim; or it confirms one that is declared as `contradicted`.

## Example
```
claim harmless { fix equals base in quiet }
```

## Instead
The run is shown. Where the claim is wrong, say so: `fix equals base in quiet contradicted \"the reason\"`. Otherwise the model is.
""",
    ),
    CodeInfo(
        "MS710",
        "claim-undecided",
        "a claim was not decided",
        """\
## What it means
The budget ended before the question behind a claim had an answer.

## Example
```
claim repaired { fix fixes progress_made of base in quiet }
```

## Instead
Raise `--timeout`, or make the parameters smaller (`-D`).
""",
    ),
    CodeInfo(
        "MS900",
        "internal-error",
        "the tool itself failed",
        """\
## What it means
An internal check failed. This is a defect of the tool; the verdicts of this run cannot be trusted.

## Example
Any input that leads here.

## Instead
Please report it, with the specification, the command line and the text below the message.
""",
    ),
    CodeInfo(
        "MS901",
        "worker-died",
        "a process that judged a cell ended without an answer",
        """\
## What it means
The operating system or the solver ended it: a crash, or no memory. The cell has no verdict; the others are not
affected.

## Example
Any input that leads here.

## Instead
Run the command that the message names; `--memory` limits what the solver may hold.
""",
    ),
)
