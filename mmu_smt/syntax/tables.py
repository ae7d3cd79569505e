"""Parse tables and the LALR(1) driver.

The grammar is `grammar.lark`. Building its tables with lark takes longer than most checks, so they are kept in `grammar_tables.json`,
which carries a digest of the grammar; `python -m mmu_smt.syntax.build_tables` writes it anew. A stale or missing file is no error: the
tables are then built on the spot.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pkgutil import get_data
from typing import TypeAlias

from mmu_smt.syntax.tokens import Token

GRAMMAR_FILE = "grammar.lark"
TABLES_FILE = "grammar_tables.json"
END = "$END"

# What a reduction gets for its right-hand side, tokens and values of rules mixed, and what it makes of it.
Action: TypeAlias = Callable[[list[object]], object]


@dataclass(frozen=True, slots=True)
class Rule:
    """A production.

    `action` names the builder's method. Without one, a list rule makes a list of its children, and any other rule, which has one child,
    passes it on. `splice`: the positions of children that are lists, last first; their elements take their place.
    """

    origin: str
    action: str | None
    size: int
    splice: tuple[int, ...]
    makes_list: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """`shifts[s][terminal]` is a state, or -1-r for a reduction by rule r. `gotos[s][origin]` is the state after a reduction."""

    digest: str
    start: int
    end: int
    rules: tuple[Rule, ...]
    shifts: tuple[Mapping[str, int], ...]
    gotos: tuple[Mapping[str, int], ...]


class UnexpectedToken(Exception):
    """No parse continues with this token. `accepts`: the terminals that could stand in its place."""

    def __init__(self, index: int, accepts: frozenset[str]) -> None:
        self.index = index
        self.accepts = accepts
        super().__init__(f"token {index} is unexpected")


def grammar_text() -> str:
    """The text of grammar.lark."""
    data = get_data(__package__ or "", GRAMMAR_FILE)
    if data is None:
        raise RuntimeError("the package lacks its grammar")
    return data.decode()


def digest_of(grammar: str) -> str:
    """What tables carry to tell which grammar they are for."""
    return hashlib.sha256(grammar.encode()).hexdigest()


@cache
def tables() -> Tables:
    """The tables of the grammar, from the file that carries them or, where that is stale, from lark."""
    grammar = grammar_text()
    try:
        data = get_data(__package__ or "", TABLES_FILE)
    except OSError:
        data = None
    if data is not None:
        loaded = decode(data)
        if loaded.digest == digest_of(grammar):
            return loaded
    from mmu_smt.syntax.build_tables import build_tables  # lark is slow to import, and not needed otherwise

    return build_tables(grammar)


def encode(built: Tables) -> bytes:
    """Tables as JSON. Rows that are equal are written once."""
    rows: dict[str, int] = {}

    def row(mapping: Mapping[str, int]) -> int:
        return rows.setdefault(json.dumps(mapping, sort_keys=True, separators=(",", ":")), len(rows))

    shifts = [row(m) for m in built.shifts]
    gotos = [row(m) for m in built.gotos]
    rules = [[r.origin, r.action, r.size, list(r.splice), r.makes_list] for r in built.rules]
    head = json.dumps({"digest": built.digest, "start": built.start, "end": built.end, "rules": rules, "shifts": shifts, "gotos": gotos})
    return (head[:-1] + ', "rows": [\n' + ",\n".join(rows) + "\n]}\n").encode()


def decode(data: bytes) -> Tables:
    """The inverse of `encode`."""
    raw = json.loads(data)
    rows = raw["rows"]
    return Tables(
        digest=raw["digest"],
        start=raw["start"],
        end=raw["end"],
        rules=tuple(Rule(origin, action, size, tuple(splice), makes) for origin, action, size, splice, makes in raw["rules"]),
        shifts=tuple(rows[i] for i in raw["shifts"]),
        gotos=tuple(rows[i] for i in raw["gotos"]),
    )


def run(built: Tables, tokens: Sequence[Token], actions: Sequence[Action | None]) -> object:
    """Parse `tokens`; `actions[r]` makes the value of a reduction by rule r. Returns the value of the start rule.

    Raises UnexpectedToken at the first token (index len(tokens): the end) with which the text is no beginning of a sentence.
    """
    shifts, gotos, rules, end = built.shifts, built.gotos, built.rules, built.end
    states = [built.start]
    values: list[object] = []
    for index in range(len(tokens) + 1):
        token = tokens[index] if index < len(tokens) else None
        kind = END if token is None else token.type
        while True:
            step = shifts[states[-1]].get(kind)
            if step is None:
                raise UnexpectedToken(index, _accepts(built, tokens[:index]))
            if step >= 0:
                states.append(step)
                values.append(token)
                break
            rule = rules[-1 - step]
            size = rule.size
            action = actions[-1 - step]
            if size == 1 and action is None and not rule.makes_list:
                states.pop()
                states.append(gotos[states[-1]][rule.origin])
                continue
            children = values[-size:] if size else []
            if size:
                del states[-size:]
                del values[-size:]
            for i in rule.splice:
                children[i : i + 1] = children[i]  # type: ignore[call-overload]
            values.append(children if action is None else action(children))
            states.append(gotos[states[-1]][rule.origin])
            if token is None and states[-1] == end:
                return values[-1]
    raise RuntimeError("the end mark neither ends the parse nor is refused")


def _accepts(built: Tables, tokens: Sequence[Token]) -> frozenset[str]:
    """The terminals that can follow `tokens`.

    The parse is repeated: when an error shows, reductions for the wrong token (which LALR tables may allow) have already dropped
    possibilities.
    """
    states = [built.start]
    for token in tokens:
        _shifts(built, states, token.type)
    return frozenset(kind for kind in built.shifts[states[-1]] if _shifts(built, list(states), kind))


def _shifts(built: Tables, states: list[int], kind: str) -> bool:
    """Take one terminal, without values; False where it does not fit."""
    while True:
        step = built.shifts[states[-1]].get(kind)
        if step is None:
            return False
        if step >= 0:
            states.append(step)
            return True
        rule = built.rules[-1 - step]
        if rule.size:
            del states[-rule.size :]
        states.append(built.gotos[states[-1]][rule.origin])
        if kind == END and states[-1] == built.end:
            return True
