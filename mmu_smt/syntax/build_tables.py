"""Builds the parse tables of grammar.lark with lark. Run as a program, it writes grammar_tables.json beside itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from lark import Lark
from lark.lexer import Lexer

from mmu_smt.syntax.tables import TABLES_FILE, Rule, Tables, digest_of, encode, grammar_text


class _NoLexer(Lexer):
    """Tokens come from tokens.py; this saves building lark's own lexers."""

    def __init__(self, _conf: object) -> None:
        pass

    def lex(self, lexer_state: object, parser_state: object) -> Any:
        raise NotImplementedError


def build_tables(grammar: str) -> Tables:
    """The LALR(1) tables of a grammar in lark's notation with the start rule `start`.

    Rules whose name begins with `_` (lark's own repetition rules among them) become lists that are spliced into their parents.
    Raises lark's GrammarError where the grammar is not LALR(1).
    """
    lark = Lark(grammar, parser="lalr", lexer=_NoLexer, keep_all_tokens=True, maybe_placeholders=False)
    table = cast(Any, lark.parser).parser._parse_table
    rules = sorted({argument for row in table.states.values() for kind, argument in row.values() if kind.name == "Reduce"}, key=_rule_key)
    numbers = {rule: i for i, rule in enumerate(rules)}
    start, end = table.start_states["start"], table.end_states["start"]
    order = _states_in_order(table.states, start)
    position = {state: i for i, state in enumerate(order)}
    shifts: list[Mapping[str, int]] = []
    gotos: list[Mapping[str, int]] = []
    for state in order:
        row = table.states.get(state, {})
        encoded = {symbol: -1 - numbers[arg] if kind.name == "Reduce" else position[arg] for symbol, (kind, arg) in row.items()}
        shifts.append({symbol: encoded[symbol] for symbol in sorted(encoded) if symbol.isupper()})
        gotos.append({symbol: encoded[symbol] for symbol in sorted(encoded) if not symbol.isupper()})
    return Tables(
        digest=digest_of(grammar),
        start=position[start],
        end=position[end],
        rules=tuple(_rule(rule) for rule in rules),
        shifts=tuple(shifts),
        gotos=tuple(gotos),
    )


def _rule_key(rule: Any) -> tuple[str, list[str], str]:
    return rule.origin.name, [symbol.name for symbol in rule.expansion], rule.alias or ""


def _states_in_order(states: Mapping[Any, Mapping[str, tuple[Any, Any]]], start: Any) -> list[Any]:
    """The states in an order that depends on the grammar only (lark numbers them by the order of its sets)."""
    order = [start]
    seen = {start}
    for state in order:
        row = states.get(state, {})
        for symbol in sorted(row):
            kind, argument = row[symbol]
            if kind.name == "Shift" and argument not in seen:
                seen.add(argument)
                order.append(argument)
    return order


def _rule(rule: Any) -> Rule:
    origin: str = rule.origin.name
    symbols = rule.expansion
    is_list = origin.startswith("_")
    passes = is_list is False and rule.options.expand1 and len(symbols) == 1
    return Rule(
        origin=origin,
        action=None if is_list or passes else (rule.alias or origin),
        size=len(symbols),
        splice=tuple(i for i in reversed(range(len(symbols))) if not symbols[i].is_term and symbols[i].name.startswith("_")),
        makes_list=is_list,
    )


def main() -> None:
    """Write grammar_tables.json."""
    Path(__file__).with_name(TABLES_FILE).write_bytes(encode(build_tables(grammar_text())))


if __name__ == "__main__":
    main()
