"""Catalogue entries MS001 to MS099: text and grammar."""

from __future__ import annotations

from mmu_smt.syntax.codeinfo import CodeInfo

TEXT_CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "MS001",
        "syntax-error",
        "the text does not follow the grammar",
        """\
## What it means
At the marked place the text stops being a specification. The message lists what could have stood there. Only the
first error of each declaration is reported; the declarations after it are still read.

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
Outside comments and strings the language uses ASCII letters, digits, `_` and its own punctuation only. Typographic
quotes, dashes and no-break spaces often come from a word processor or a web page.

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
Integers are decimal without a leading zero, or hexadecimal after `0x`, without suffix, fraction or `_`, and at most
2^64-1. In a string `\\"` and `\\\\` are the only escapes.

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
Keywords, the built-in types (`bool`, `u8`, `u16`, `u32`, `u64`), the built-in functions (`fill`, `taken`) and the
words of annotations (`src`, `link`, `show`, `minimise`, `default`) cannot be declared. Words that matter only in
one place, such as `guest`, `fair` or `of`, can.

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
Every `(`, `[` and `{` is closed by its own kind, in the right order. A declaration keyword at the beginning of a
line is taken as a sign that the declaration before it should have ended.

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
The text is understandable, but the language has another form for it: `let x = e` for a declaration with a type in
front, `x += 1` for `x++`, `a.b` for `a->b`, `==` to compare, `match` for `switch`, `import` for `#include`, `param`
for `#define`.

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
`module` comes first, `import` next, then declarations. `override` stands only inside a `variant`; `enable` only
inside a `config`; statements only inside functions and steps. A declaration carries each annotation at most once.

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
Brackets, unary operators, chains of binary operators and of `else if` all nest. More than 100 levels around one
place are refused, so that no later stage runs out of stack.

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
A hand-written specification is some tens of kilobytes. Files above 1,000,000 bytes are refused before they are
parsed.

## Example
A log or a trace given in place of a specification.

## Instead
Split a generated specification into modules.
""",
    ),
)
