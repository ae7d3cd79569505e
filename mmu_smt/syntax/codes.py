"""The catalogue of diagnostic codes, and the entries for text and grammar (MS0xx) and for running (MS5xx to MS9xx).

`mmu-smt explain CODE` prints an entry. Entries MS1xx to MS4xx are in `codes_semantics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mmu_smt.syntax.codeinfo import CodeInfo
from mmu_smt.syntax.codes_semantics import SEMANTIC_CODES

__all__ = ["CATALOGUE", "CodeInfo"]

TEXT_CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "MS001",
        "syntax-error",
        "the text does not follow the grammar",
        """\
## What it means
At the marked place the text stops being a specification. The message lists what could have stood there. Only the first error of
each declaration is reported; the declarations after it are still read.

## Example
```
state done bool
```

## Instead
```
state done: bool
```
""",
    ),
    CodeInfo(
        "MS002",
        "unknown-character",
        "a character that the language does not use",
        """\
## What it means
Outside comments and strings the language uses ASCII letters, digits, `_` and its own punctuation only. Typographic quotes, dashes and
no-break spaces often come from a word processor or a web page.

## Example
```
event stuck { a ≥ 1 }
```

## Instead
```
event stuck { a >= 1 }
```
""",
    ),
    CodeInfo(
        "MS003",
        "bad-literal",
        "a number or string that cannot be read",
        """\
## What it means
Integers are decimal without a leading zero, or hexadecimal after `0x`, without suffix, fraction or `_`, and at most 2^64-1. In a string
`\\"` and `\\\\` are the only escapes.

## Example
```
const mask: u32
assume low { mask == 0xFFUL && mask > 08 }
```

## Instead
```
const mask: u32
assume low { mask == 0xFF && mask > 8 }
```
""",
    ),
    CodeInfo(
        "MS004",
        "reserved-name",
        "a word of the language is used as a name",
        """\
## What it means
Keywords, the built-in types (`bool`, `u8`, `u16`, `u32`, `u64`), the built-in functions (`fill`, `taken`) and the words of annotations
(`src`, `link`, `show`, `minimise`, `default`) cannot be declared. Words that matter only in one place, such as `guest`, `fair` or `of`, can.

## Example
```
state state: bool
```

## Instead
```
state phase: bool
```
""",
    ),
    CodeInfo(
        "MS005",
        "unterminated",
        "a string or comment that does not end",
        """\
## What it means
A string ends on the line it begins on. A comment `/* … */` needs its `*/`; such comments do not nest.

## Example
```
yield "tracked check
```

## Instead
```
yield "tracked check"
```
""",
    ),
    CodeInfo(
        "MS006",
        "unbalanced-bracket",
        "a bracket without its partner",
        """\
## What it means
Every `(`, `[` and `{` is closed by its own kind, in the right order. A declaration keyword at the beginning of a line is taken as a sign
that the declaration before it should have ended.

## Example
```
fn f() {
    if a { b = true
}
```

## Instead
```
fn f() {
    if a { b = true }
}
```
""",
    ),
    CodeInfo(
        "MS007",
        "not-this-language",
        "a form of C (or of another language) that is written differently here",
        """\
## What it means
The text is understandable, but the language has another form for it: `let x = e` for a declaration with a type in front, `x += 1` for `x++`,
`a.b` for `a->b`, `==` to compare, `match` for `switch`, `import` for `#include`, `param` for `#define`.

## Example
```
if n = 0 { n++ }
```

## Instead
```
if n == 0 { n += 1 }
```
""",
    ),
    CodeInfo(
        "MS008",
        "misplaced",
        "a correct form in a place where it may not stand",
        """\
## What it means
`module` comes first, `import` next, then declarations. `override` stands only inside a `variant`; `enable` only inside a `config`; statements
only inside functions and steps. A declaration carries each annotation at most once.

## Example
```
state a: bool
import kinds
```

## Instead
```
import kinds
state a: bool
```
""",
    ),
    CodeInfo(
        "MS009",
        "nested-too-deep",
        "more than 100 levels of nesting",
        """\
## What it means
Brackets, unary operators, chains of binary operators and of `else if` all nest. More than 100 levels around one place are refused, so that no
later stage runs out of stack.

## Example
```
event e { ((((… a …)))) }
```

## Instead
Name the parts with `let` or `event`, or use `all`, `any` or `match`.
""",
    ),
    CodeInfo(
        "MS010",
        "cannot-read",
        "a file cannot be read",
        """\
## What it means
The file does not exist, is a directory, or may not be read. The message carries the system's reason.

## Example
```
mmu-smt check missing.mmu
```

## Instead
Check the path; for an import, `a.b` is the file `a/b.mmu`.
""",
    ),
    CodeInfo(
        "MS011",
        "not-text",
        "a file is not UTF-8 text",
        """\
## What it means
Specifications are UTF-8 text without NUL characters. The message says at which byte the file stops being so.

## Example
A file saved as UTF-16 or Latin-1, or a binary file.

## Instead
Save it as UTF-8: `iconv -f latin1 -t utf-8 old.mmu > new.mmu`.
""",
    ),
    CodeInfo(
        "MS012",
        "file-too-large",
        "a file is larger than a megabyte",
        """\
## What it means
A hand-written specification is some tens of kilobytes. Files above 1,000,000 bytes are refused before they are parsed.

## Example
A log or a trace given in place of a specification.

## Instead
Split a generated specification into modules.
""",
    ),
)

RUN_CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "MS501",
        "budget-exhausted",
        "time, memory or solver budget used up",
        """\
## What it means
The solver was stopped by a budget before the question was answered. The verdict is `unknown`, with the bound up to which nothing was found.

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
        "unknown-property",
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
        "unknown-config",
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
        "unknown-param",
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
        "unknown-variant",
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
An array, a range, a loop or the whole inlined model exceeds a size limit. The message names the limit and what exceeds it.

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
No values of the constants and state variables satisfy the assumptions, those of the config included, together with the initial conditions. There is nothing to run.

## Example
```
const c: bool
assume yes { c }
config never { assume no { !c } }
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
        "MS601",
        "replay-mismatch",
        "a counterexample does not replay",
        """\
## What it means
The solver found a run that the interpreter cannot repeat. One of the two meanings is wrong; no verdict of this run can be trusted.

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
There is a run of the specification that breaks the property. The run was replayed step by step by the interpreter; it is a shortest one, unless the verdict says
otherwise.

## Example
```
state n: 0..3 = 0
step up() by kvm when n < 3 { n += 1 }
terminal n == 3
invariant small { n < 3 }
```

## Instead
Read the trace from its end: the last transition is the one that breaks the property (for a lasso: the part that repeats).
""",
    ),
    CodeInfo(
        "MS702",
        "cover-unreachable",
        "a cover is unreachable",
        """\
## What it means
A cover asks for a run in which something happens, and there is none. Either the model excludes what it should allow, or the situation cannot occur.

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
The property has the form `A => B` and no run satisfies `A` (or, for progress, nothing ever happens that `recurs`). It holds, but says nothing.

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
No violation was found, but no proof either: `bounded(k)` says that there is none within k transitions, `unknown` that a budget ran out.

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
)


def _catalogue() -> Mapping[str, CodeInfo]:
    entries = sorted((*TEXT_CODES, *SEMANTIC_CODES, *RUN_CODES), key=lambda info: info.code)
    table = {info.code: info for info in entries}
    if len(table) != len(entries):
        raise ValueError("a diagnostic code is defined twice")
    return MappingProxyType(table)


CATALOGUE: Mapping[str, CodeInfo] = _catalogue()
