"""Hostile inputs: sentences derived from the grammar file itself, mutations of good specifications, and texts made to break a reader.

`inputs(count)` is deterministic: the i-th input depends on i alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from lark.grammar import Rule, Symbol, Terminal
from lark.load_grammar import load_grammar

from tests.differential.generate import generate

# What each terminal with a pattern is spelled like; a literal terminal spells itself.
SAMPLES = {
    "NAME": ("a", "b", "x", "Gfn", "bool", "u8", "u64", "step_one", "f", "Colour", "RED", "N", "value", "decides", "fill", "taken", "_x"),
    "INT": ("0", "1", "2", "7", "0x1F", "255", "4294967296", "18446744073709551615", "99999999999999999999"),
    "STRING": ('"text"', '""', '"a \\" quote"', '"[red]"'),
    "POSITION": ("@0", "@5", "@63", "@64"),
    "LABEL": ("@north", "@south"),
    "RULE_LABEL": ("@north", "@south"),
    "RETURN_BARE": ("return",),
    "DOTTED": ("kvm.state", "fuzz", "state.step"),
    "OPERATOR": ("||", "&&", "^", "&", "==", "!=", "<", "<=", ">", ">=", "has"),
    "ARITHMETIC": ("<<", ">>", "*", "/", "%"),
    "ASSIGN_OP": ("+=", "-=", "|=", "&="),
}

TOKEN = re.compile(
    r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*(?:.|\n)*?\*/|[A-Za-z_]\w*|\d\w*|@\w+|[-+|&]=|=>|->|\.\.|&&|\|\||<<|>>|[<>=!]=|\s+|.', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Input:
    """One text to try. `kind` says how it was made, `seed` which one it is."""

    kind: str
    seed: int
    text: str


class Sentences:
    """Random derivations from the grammar file, of bounded depth."""

    def __init__(self) -> None:
        path = files("mmu_smt.syntax") / "grammar.lark"
        grammar, _ = load_grammar(path.read_text(encoding="utf-8"), str(path), [], False)
        terminals, rules, _ = grammar.compile(["start"], set())
        self.spellings: dict[str, tuple[str, ...]] = {t.name: (str(t.pattern.value),) for t in terminals if t.pattern.type == "str"}
        self.spellings.update(SAMPLES)
        self.rules: dict[str, list[Rule]] = {}
        for rule in sorted(rules, key=lambda r: (r.origin.name, r.order, [s.name for s in r.expansion])):
            self.rules.setdefault(rule.origin.name, []).append(rule)
        self.height = self._heights()
        self.declarations = tuple(sorted(name for name in self.rules if name.endswith("_decl")))
        """What a file consists of; some are derived as files on their own."""

    def _heights(self) -> dict[str, int]:
        """The least derivation depth of every nonterminal, so that a derivation can be brought to an end."""
        height: dict[str, int] = {}
        changed = True
        while changed:
            changed = False
            for name, rules in self.rules.items():
                known = [h for h in (self._rule_height(r, height) for r in rules) if h is not None]
                if known and min(known) < height.get(name, 1 << 30):
                    height[name] = min(known)
                    changed = True
        return height

    @staticmethod
    def _rule_height(rule: Rule, height: dict[str, int]) -> int | None:
        parts = [0 if isinstance(s, Terminal) else height.get(s.name) for s in rule.expansion]
        return None if any(p is None for p in parts) else 1 + max((p for p in parts if p is not None), default=0)

    def derive(self, rng: Random, start: str, depth: int) -> list[str]:
        """Tokens of a random sentence of the nonterminal."""
        tokens: list[str] = []
        stack: list[tuple[Symbol, int]] = [(self.rules[start][0].origin, depth)]
        while stack:
            symbol, left = stack.pop()
            if isinstance(symbol, Terminal):
                tokens.append(rng.choice(self.spellings[symbol.name]))
                continue
            rules = self.rules[symbol.name]
            if left <= 0:
                least = min(self._rule_height(r, self.height) or 1 for r in rules)
                rules = [r for r in rules if self._rule_height(r, self.height) == least]
            rule = rng.choice(rules)
            stack.extend((s, left - 1) for s in reversed(rule.expansion))
        return tokens


@cache
def _sentences() -> Sentences:
    return Sentences()


def sentence(rng: Random) -> str:
    """A derived file of a few declarations."""
    grammar = _sentences()
    if rng.random() < 0.5:
        tokens = grammar.derive(rng, "start", rng.randint(4, 14))
    else:
        tokens = [t for _ in range(rng.randint(1, 4)) for t in grammar.derive(rng, rng.choice(grammar.declarations), rng.randint(4, 16))]
    return _joined(rng, tokens)


def _joined(rng: Random, tokens: list[str]) -> str:
    gaps = (" ", " ", " ", " ", "\n", "  ", "\n\n", " /* note */ ", " // note\n", "\t", "\r\n", " ;\n")
    return "".join(token + (rng.choice(gaps) if rng.random() < 0.2 else " ") for token in tokens)


def mutant(rng: Random) -> str:
    """A well-typed specification with a few tokens deleted, doubled, swapped or replaced."""
    tokens = TOKEN.findall(generate(rng.randrange(100_000)).text)
    solid = [i for i, t in enumerate(tokens) if not t.isspace()]
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        place, other = rng.choice(solid), rng.choice(solid)
        match rng.randrange(6):
            case 0:
                tokens[place] = ""
            case 1:
                tokens[place] *= 2
            case 2:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 3:
                tokens[place] = tokens[other]
            case 4:
                tokens[place] = rng.choice(SAMPLES[rng.choice(sorted(SAMPLES))])
            case _:
                tokens[place] += f" {tokens[other]}"
    return "".join(tokens)


CLASSES = (
    re.compile(r"(?!(?:bool|fill|has|value|all|any|count|decides|taken|none|true|false)\b)[a-zA-Z]\w*\d+|[A-Z]{2,}"),
    re.compile(r"\d+"),
    re.compile(r"bool|u8|[A-Z][a-z]+\d*|\d\.\.\d"),
    re.compile(r"&&|\|\||=>|==|!=|<=|>=|[-+*/%<>&|^]"),
    re.compile(r"[-+|&]?="),
    re.compile(r"true|false|none"),
    re.compile(r"guest|kvm|env"),
    re.compile(r"all|any|count"),
    re.compile(r"fn|handler"),
)


def confusion(rng: Random) -> str:
    """A well-typed specification with a few tokens replaced by others of their class: it still parses, and is mostly wrong."""
    tokens = TOKEN.findall(generate(rng.randrange(100_000)).text)
    for _ in range(rng.choice((1, 1, 2, 3))):
        kind = rng.choice(CLASSES)
        places = [i for i, t in enumerate(tokens) if kind.fullmatch(t)]
        if len(places) > 1:
            tokens[rng.choice(places)] = tokens[rng.choice(places)]
    return "".join(tokens)


def line_shuffle(rng: Random) -> str:
    """A well-typed specification with lines moved, doubled or dropped, and sometimes cut off in the middle."""
    lines = generate(rng.randrange(100_000)).text.splitlines()
    for _ in range(rng.randint(1, 3)):
        line = lines.pop(rng.randrange(len(lines)))
        if rng.random() < 0.7:
            lines.insert(rng.randrange(len(lines) + 1), line)
    text = "\n".join(lines)
    return text[: rng.randrange(len(text))] if rng.random() < 0.3 else text


def noise(rng: Random) -> str:
    """Random bytes, decoded as they come, alone or inside a specification."""
    raw = bytes(rng.randrange(256) for _ in range(rng.randint(1, 120)))
    text = raw.decode("latin-1") if rng.random() < 0.5 else raw.decode("utf-8", "replace")
    if rng.random() < 0.5:
        return text
    good = generate(rng.randrange(100_000)).text
    place = rng.randrange(len(good))
    return good[:place] + text[: rng.randint(1, 5)] + good[place:]


def deep(rng: Random) -> str:
    """Nesting, chains and sizes that a careless reader recurses over or unrolls."""
    n = rng.choice((5, 90, 101, 1_000, 20_000))
    m = min(n, 1_000)
    return rng.choice(
        (
            f"invariant p {{ {'(' * n}true{')' * n} }}",
            f"invariant p {{ {'!' * n}true }}",
            f"invariant p {{ {'- ' * n}1 == 1 }}",
            f"invariant p {{ {' && '.join(['true'] * m)} }}",
            f"invariant p {{ {' => '.join(['true'] * m)} }}",
            f"invariant p {{ {' + '.join(['1'] * m)} == 1 }}",
            f"invariant p {{ {'true ? false : ' * n}true }}",
            f"invariant p {{ {'true ? ' * n}true{' : false' * n} }}",
            f"state a: {'[0..1]' * min(n, 5_000)}bool",
            f"state a: bool{'?' * n}",
            f"state a: bool invariant p {{ a{'[0]' * n} }}",
            f"state a: bool invariant p {{ a{'.b' * n} }}",
            f"step property p {{ a{chr(39) * n} }}",
            f"fn f() {{ {'if true { ' * n}{'} ' * n} }}",
            f"fn f() {{ {'if true { } else ' * n}{{ }} }}",
            f"fn f() {{ {'for i in 0..1 { ' * n}{'} ' * n} }}",
            f"fn f() {{ {'lock l { ' * n} }}",
            f"fn f() {{ {'let x = 1 ' * m} }}",
            f"state a: bool step s() by guest {{ {'a = !a ' * m} }}",
            "{" * n,
            "}" * n,
            "/*" * n,
            '"' * n,
            f"state a: 0..{'9' * n}",
            f"param N: 1..4 = {'1 + ' * m}1",
            f"type A = 0..({'1 + ' * m}1)",
            "".join(f"type T{i} = T{i + 1}\n" for i in range(m)) + f"type T{m} = bool state a: T0",
            "".join(f"fn f{i}() -> bool {{ return f{i + 1}() }}\n" for i in range(m))
            + f"fn f{m}() -> bool {{ return true }} step s() by guest {{ let v = f0() }}",
            "".join(f"fn f{i}() {{ f{i + 1}() f{i + 1}() }}\n" for i in range(min(m, 200)))
            + f"fn f{min(m, 200)}() {{ }} step s() by guest {{ f0() }}",
            "".join(f"record R{i} {{ a: R{i + 1}, b: R{i + 1} }}\n" for i in range(min(m, 200)))
            + f"record R{min(m, 200)} {{ a: bool }} state a: R0",
            "".join(f"event e{i} {{ e{i + 1} && e{i + 1} }}\n" for i in range(min(m, 200)))
            + f"event e{min(m, 200)} {{ true }} cover c {{ e0 }}",
            "".join(f"config c{i} = c{i + 1} + c{i + 1}\n" for i in range(min(m, 200))) + f"config c{min(m, 200)}",
            "".join(f'variant v{i} of v{i + 1} "" {{ }}\n' for i in range(min(m, 200))) + f'variant v{min(m, 200)} "" {{ }}',
        )
    )


MAKERS = (sentence, sentence, mutant, confusion, confusion, line_shuffle, noise, deep)


def inputs(first: int, count: int) -> Iterator[Input]:
    """Inputs `first` to `first + count - 1`."""
    for seed in range(first, first + count):
        maker = MAKERS[seed % len(MAKERS)]
        yield Input(maker.__name__, seed, maker(Random(seed)))
