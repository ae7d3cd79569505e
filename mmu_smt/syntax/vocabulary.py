"""The words and symbols of the language, and those of other languages that are explained when they turn up."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DECLARATION_WORDS = frozenset(
    [
        "param",
        "const",
        "state",
        "ghost",
        "type",
        "enum",
        "flags",
        "record",
        "rule",
        "terminal",
        "assume",
        "init",
        "event",
        "fn",
        "handler",
        "step",
        "invariant",
        "progress",
        "cover",
        "default",
        "config",
        "expect",
        "claim",
        "recipe",
        "variant",
        "matrix",
    ]
)
STATEMENT_WORDS = frozenset(["let", "if", "match", "for", "return", "choose", "assert", "lock", "yield"])
KEYWORDS = (
    DECLARATION_WORDS
    | STATEMENT_WORDS
    | frozenset(
        [
            "module",
            "import",
            "override",
            "enable",
            "by",
            "when",
            "within",
            "least",
            "in",
            "recurs",
            "never",
            "decreases",
            "else",
            "has",
            "true",
            "false",
            "none",
            "all",
            "any",
            "count",
        ]
    )
)
# Keywords in one place each, names everywhere else: `name` in the grammar lists them.
SOFT_WORDS = frozenset(
    [
        *("guest", "kvm", "env", "of", "property", "stem", "weakly", "strongly", "fair", "each"),
        *("rows", "columns", "settings", "properties"),
        *("fixes", "introduces", "nothing", "equals", "contradicted"),
    ]
)
SOFT_TYPES = frozenset(word.upper() for word in SOFT_WORDS)

SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        "(": "LPAR",
        ")": "RPAR",
        "[": "LSQB",
        "]": "RSQB",
        "{": "LBRACE",
        "}": "RBRACE",
        ",": "COMMA",
        ":": "COLON",
        ";": "SEMICOLON",
        ".": "DOT",
        "?": "QMARK",
        "'": "QUOTE",
        "!": "BANG",
        "~": "TILDE",
        "=": "EQUAL",
        "->": "ARROW",
        "..": "DOTDOT",
        "=>": "IMPLIES",
        "|": "BAR",
        "+": "PLUS",
        "-": "MINUS",
        **dict.fromkeys(("||", "&&", "^", "&", "==", "!=", "<", "<=", ">", ">="), "OPERATOR"),
        **dict.fromkeys(("<<", ">>", "*", "/", "%"), "ARITHMETIC"),
        **dict.fromkeys(("+=", "-=", "|=", "&="), "ASSIGN_OP"),
    }
)
ANNOTATIONS: Mapping[str, str] = MappingProxyType(
    {f"@{word}": f"AT_{word.upper()}" for word in ("src", "link", "show", "minimise", "default", "cases")}
)

# Written as one symbol elsewhere, and not in the language: the text says what to write.
FOREIGN_SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        "++": "there is no `++`; write `x += 1`",
        "--": "there is no `--`; write `x -= 1`, or put a space between two minus signs",
        "===": "there is no `===`; `==` compares",
        "!==": "there is no `!==`; `!=` compares",
        ":=": "there is no `:=`; write `let x = e` or `x = e`",
        "::": "there is no `::`; write `Enum.MEMBER`",
        "...": "there is no `...`; a range is written `LO..HI`, both ends included",
        "..=": "there is no `..=`; `LO..HI` includes both ends",
        "<>": "there is no `<>`; write `!=`",
        "<=>": "there is no `<=>`; write `==`",
        "^=": "there is no `^=`; write `x = x ^ e`",
        "*=": "there is no `*=`; write `x = x * e`",
        "/=": "there is no `/=`; write `x = x / e`",
        "%=": "there is no `%=`; write `x = x % e`",
        "<<=": "there is no `<<=`; write `x = x << e`",
        ">>=": "there is no `>>=`; write `x = x >> e`",
        "/\\": "there is no `/\\`; write `&&`",
        "\\/": "there is no `\\/`; write `||`",
    }
)
FOREIGN_CHARACTERS: Mapping[str, str] = MappingProxyType(
    {
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        "′": "'",
        "–": "-",
        "—": "-",
        "−": "-",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "∧": "&&",
        "∨": "||",
        "¬": "!",
        "⇒": "=>",
        "→": "=>",
        "…": "..",
        "×": "*",
        "\u00a0": " ",
    }
)

# Words of C and of other languages that are names here, and what to write for them.
FOREIGN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                *("int", "unsigned", "signed", "long", "short", "char", "auto", "var", "size_t", "s8", "s16", "s32", "s64"),
                *("uint8_t", "uint16_t", "uint32_t", "uint64_t", "__u8", "__u16", "__u32", "__u64"),
                *("bool", "u8", "u16", "u32", "u64"),
            ),
            "the type follows the name: a local is `let x: T = e`, a state variable `state x: T`, a function `fn f(a: T) -> U { … }`",
        ),
        "void": "a function without a result is `fn f() { … }`",
        **dict.fromkeys(("static", "inline", "extern", "volatile", "public", "private"), "there are no such specifiers"),
        "struct": "a structure is `record R { a: T, b: U }`",
        "union": "there are no unions; a structure is `record R { a: T, b: U }`",
        "typedef": "a type alias is `type N = T`",
        **dict.fromkeys(("function", "func", "def", "fun", "proc"), "a function is `fn f(a: T) -> U { … }`"),
        **dict.fromkeys(("while", "do", "loop", "repeat"), "there are no unbounded loops; `for i in LO..HI { … }` is bounded"),
        **dict.fromkeys(("switch", "case"), "write `match e { A => { … } _ => { … } }`"),
        **dict.fromkeys(("break", "continue", "goto"), "there are no jumps; structure the code with `if` and `return`"),
        **dict.fromkeys(("elif", "elsif", "elseif"), "write `else if`"),
        **dict.fromkeys(("then", "begin", "end", "endif"), "blocks are written in braces"),
        "and": "write `&&`",
        "or": "write `||`",
        "not": "write `!`",
        "implies": "write `=>`",
        **dict.fromkeys(("mod", "div"), "write `%` or `/`"),
        "forall": "write `all(x in T: e)`",
        "exists": "write `any(x in T: e)`",
        "foreach": "write `for x in T { … }`",
        "action": "a transition is `step NAME() by kvm { … }`",
        "property": "a property is an `invariant`, `step property`, `progress` or `cover`",
        "constant": "write `const` (chosen by the solver) or `param` (a size)",
    }
)
