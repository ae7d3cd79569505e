"""The JSON document and its published schema."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mmu_smt.report.json_report import CheckDocument, VacuityRecord, document, encode, plain_value, schema_text
from mmu_smt.report.json_runs import RunDocument, TestDocument, document_schema
from mmu_smt.semantics.types import ArrayType, EnumType, FlagsType, IntType, OptionalType, RecordType
from mmu_smt.syntax.diagnostics import Diagnostic
from mmu_smt.witness.verdicts import OpenPremise, UnknownReason, Verdict, Word
from tests.report import sample

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "check-result.schema.json"


def test_published_schemas_of_runs_and_tests() -> None:
    for name, kind in (("run", RunDocument), ("test", TestDocument)):
        assert (SCHEMA.parent / f"{name}-result.schema.json").read_text(encoding="utf-8") == document_schema(kind)


def test_published_schema_is_that_of_the_records() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()


def test_document_round_trip_and_content() -> None:
    results = [sample.result(sample.VIOLATED, Verdict(sample.SAFE, Word.BOUNDED, bound=3), seed=5)]
    text = encode(document(results, [Diagnostic("MS010", "no such file", None)], 2))
    read = msgspec.json.decode(text, type=CheckDocument)
    assert encode(read) == text
    assert (read.schema, read.exit_code, read.diagnostics[0].code) == (1, 2, "MS010")
    result = read.results[0]
    assert (result.variant, result.config, result.seed) == ("polite", "busy", 5)
    assert result.assumes.assumptions == ("prices_differ", "rainy")
    assert result.assumes.env_steps == ("thief",)
    lasso, bounded = result.verdicts
    assert (lasso.verdict, lasso.code, lasso.length) == ("violated", "MS701", 4)
    assert (bounded.verdict, bounded.bound, bounded.trace) == ("bounded", 3, None)
    trace = lasso.trace
    assert trace is not None
    assert trace.loop_start == 2
    assert trace.consts["price"] == {"MON": 1, "TUE": 2}
    assert trace.steps[1].args == {"c": {"wants": 1, "friend": None}}
    assert trace.steps[1].decisions[0].path[0].place.line == 5
    assert trace.steps[3].stops == "before lock till"


def test_a_proof_says_that_its_vacuity_is_open() -> None:
    premise = OpenPremise(UnknownReason.TIME, "depth 4", 3)
    results = [sample.result(Verdict(sample.SAFE, Word.PROVED, vacuity=premise), Verdict(sample.COVER, Word.PROVED))]
    read = msgspec.json.decode(encode(document(results, [], 3)), type=CheckDocument)
    open_one, plain_one = read.results[0].verdicts
    assert (open_one.verdict, open_one.code, open_one.vacuity) == ("proved", "MS706", VacuityRecord("time", "depth 4", 3))
    assert (plain_one.code, plain_one.vacuity) == (None, None)


def test_values() -> None:
    colour = EnumType("Colour", ("RED", "BLUE"))
    record = RecordType("R", (("a", OptionalType(IntType(0, 3))), ("f", FlagsType("F", ("X", "Y"), (0, 1)))))
    assert plain_value(ArrayType(colour, record), ((None, 3), (2, 0))) == {"RED": {"a": None, "f": ["X", "Y"]}, "BLUE": {"a": 2, "f": []}}
    assert plain_value(ArrayType(IntType(5, 6), colour), (0, 1)) == ["RED", "BLUE"]
