"""The grammar, and the tables that are built from it."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest
from lark import Lark
from lark.lexer import PatternStr

from mmu_smt.syntax import tables, vocabulary
from mmu_smt.syntax.build_tables import build_tables
from mmu_smt.syntax.builder import Builder
from mmu_smt.syntax.source import SourceFile
from mmu_smt.syntax.tokens import scan


@pytest.fixture(scope="module")
def built() -> tables.Tables:
    return build_tables(tables.grammar_text())


def test_the_stored_tables_are_those_of_the_grammar(built: tables.Tables) -> None:
    assert tables.tables() == built, "run: python -m mmu_smt.syntax.build_tables"


def test_tables_survive_storing(built: tables.Tables) -> None:
    assert tables.decode(tables.encode(built)) == built


def test_stale_tables_are_not_used(built: tables.Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tables.encode(dataclasses.replace(built, digest="0" * 64, rules=()))
    stored = tables.get_data

    def get_data(package: str, name: str) -> bytes | None:
        return stale if name == tables.TABLES_FILE else stored(package, name)

    monkeypatch.setattr(tables, "get_data", get_data)
    assert tables.tables.__wrapped__() == built


def test_lark_finds_no_ambiguity() -> None:
    """In strict mode lark refuses conflicts in the tables, and terminals that overlap."""
    Lark(tables.grammar_text(), parser="lalr", lexer="contextual", strict=True)


def test_strict_mode_would_find_one() -> None:
    grammar = tables.grammar_text().replace("call_stmt: call\n", 'call_stmt: call | "(" expr ")"\n')
    with pytest.raises(Exception, match=r"(?i)shift/reduce"):
        Lark(grammar, parser="lalr", lexer="contextual", strict=True)


def test_every_rule_has_a_builder(built: tables.Tables) -> None:
    Builder(SourceFile("t.mmu", "")).actions(built)
    used = {rule.action for rule in built.rules if rule.action is not None}
    assert len(used) > 50


def test_the_vocabulary_is_that_of_the_grammar() -> None:
    lark = Lark(tables.grammar_text(), parser="lalr", lexer="basic")
    named = {t.name: t.pattern.value for t in lark.terminals if isinstance(t.pattern, PatternStr)}
    words = {word.upper(): word for word in vocabulary.KEYWORDS | vocabulary.SOFT_WORDS} | {"UNDERSCORE": "_"}
    symbols = {type: text for text, type in vocabulary.SYMBOLS.items() if type not in ("OPERATOR", "ARITHMETIC", "ASSIGN_OP")}
    annotations = {type: text for text, type in vocabulary.ANNOTATIONS.items()}
    assert named == words | symbols | annotations
    soft = {s.name for rule in lark.rules if rule.origin.name in ("name", "label") for s in rule.expansion}
    assert soft == vocabulary.SOFT_TYPES | {"NAME", "label"}
    patterns = {t.name: t.pattern.to_regexp() for t in lark.terminals}
    for text, terminal in vocabulary.SYMBOLS.items():
        assert re.fullmatch(patterns[terminal], text)
        (token,) = scan(SourceFile("t.mmu", text)).tokens
        assert token.type == terminal


def test_parsing_does_not_import_lark() -> None:
    program = (
        "import sys; from mmu_smt.syntax.parser import parse; from mmu_smt.syntax.source import SourceFile;"
        "assert parse(SourceFile('t', 'state a: bool'))[0]; assert not {'lark', 'z3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
