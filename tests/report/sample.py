"""A small checked program and traces of it, built by hand: report tests need neither parser nor solver."""

from __future__ import annotations

from mmu_smt.semantics.program import (
    Choose,
    Condition,
    Config,
    Decides,
    Display,
    Enable,
    EventUse,
    Function,
    Literal,
    Local,
    Program,
    Property,
    PropertyKind,
    StateRef,
    Step,
    Variable,
)
from mmu_smt.semantics.types import BOOL, ArrayType, EnumType, IntType, OptionalType, RecordType
from mmu_smt.syntax.source import SourceFile, Span
from mmu_smt.witness.traces import Decision, Fault, Test, Trace, TraceStep
from mmu_smt.witness.verdicts import CheckResult, Verdict, Word

TEXT = """\
/// The shop does not turn a customer away for ever.
progress served_at_last { recurs turned_away  never served }

handler serve(c: Customer) -> Answer {
    if stock[c.wants] == EMPTY && !open {
        return LATER @refusal
    }
    return NOW
}
"""
FILE = SourceFile("shop/desk.mmu", TEXT)
SHELF = IntType(0, 3, "Shelf")
FILL = EnumType("Fill", ("EMPTY", "LOW", "FULL"))
ANSWER = EnumType("Answer", ("NOW", "LATER"))
DAY = EnumType("Day", ("MON", "TUE"))
CUSTOMER = RecordType("Customer", (("wants", SHELF), ("friend", OptionalType(SHELF))))


def span(text: str) -> Span:
    start = TEXT.index(text)
    return Span(FILE, start, start + len(text))


ANYWHERE = span("serve")
TRUE = Literal(type=BOOL, span=ANYWHERE, value=True)


def variable(name: str, kind: object, **display: object) -> Variable:
    return Variable(name=name, type=kind, initial=None, display=Display(**display), span=ANYWHERE)  # type: ignore[arg-type]


CHOSEN = Choose(id=7, span=ANYWHERE, local=Local(1, "weather", DAY, ANYWHERE))
GHOST = StateRef(type=SHELF, span=ANYWHERE, name="moved")
PROGRESS = Property(
    name="served_at_last",
    kind=PropertyKind.PROGRESS,
    recurs=EventUse(type=BOOL, span=ANYWHERE, name="turned_away"),
    never=TRUE,
    display=Display(doc="The shop does not turn a customer away for ever."),
    span=span("progress"),
)
COVER = Property(name="sold_out", kind=PropertyKind.COVER, condition=TRUE, span=span("recurs"))
FAULT = Property(name="no_runtime_fault", kind=PropertyKind.NO_FAULT)
SAFE = Property(name="safe", kind=PropertyKind.STEP, condition=GHOST, span=span("never"))
TURNED_AWAY = Condition(
    name="turned_away", condition=Decides(type=BOOL, span=ANYWHERE, handler="serve", value=1, rule="refusal"), span=ANYWHERE
)

PROGRAM = Program(
    variant="polite",
    subject="Greet before refusing",
    link=None,
    params={"SHELVES": 4},
    consts={
        "weekday": variable("weekday", DAY, default=0, has_default=True),
        "far": variable("far", ArrayType(SHELF, BOOL), show="far away", default=(False,) * 4, has_default=True),
        "price": variable("price", ArrayType(DAY, SHELF)),
    },
    states={
        "open": variable("open", BOOL),
        "stock": variable("stock", ArrayType(SHELF, FILL), show="stock of shelf"),
        "last": variable("last", OptionalType(CUSTOMER)),
    },
    ghosts={"moved": variable("moved", SHELF)},
    assumptions=(Condition(name="prices_differ", condition=TRUE, span=ANYWHERE),),
    inits=(),
    terminal=(),
    rules=("refusal",),
    functions={
        "serve": Function(
            name="serve",
            is_handler=True,
            params=(),
            returns=ANSWER,
            body=(),
            effectful=True,
            rules=("refusal",),
            display=Display(),
            span=ANYWHERE,
        )
    },
    steps={
        "ask": Step(
            name="ask",
            params=(Local(0, "c", CUSTOMER, ANYWHERE),),
            actor="guest",
            guard=None,
            body=(CHOSEN,),
            display=Display(show="a customer asks"),
            span=ANYWHERE,
        ),
        "thief": Step(name="thief", params=(), actor="env", guard=None, body=(), display=Display(), span=ANYWHERE),
    },
    events={"turned_away": TURNED_AWAY},
    properties={p.name: p for p in (FAULT, PROGRESS, COVER, SAFE)},
    configs={},
    default_config=None,
    digest="0" * 64,
)
BUSY = Config(
    name="busy",
    includes=frozenset({"busy"}),
    assumptions=(Condition(name="rainy", condition=TRUE, span=ANYWHERE),),
    enables=(
        Enable(step="thief", params=(), when=None, stem_only=False, fairness=None, each=False, span=ANYWHERE),
        Enable(step="ask", params=(), when=None, stem_only=False, fairness="weak", each=True, span=ANYWHERE),
    ),
)

DECISION = Decision(
    handler="serve",
    value=1,
    shown="LATER",
    rule="refusal",
    span=span("return LATER"),
    path=(
        Test(span("stock[c.wants] == EMPTY"), "stock[c.wants] == EMPTY", "true", "serve"),
        Test(span("!open"), "!open", "true", "serve"),
    ),
)
CONSTS = {"weekday": 0, "far": (False, True, False, False), "price": (1, 2)}
START = {"open": False, "stock": (2, 2, 1, 2), "last": None}
EMPTIED = {"open": False, "stock": (2, 0, 0, 2), "last": None}
ASKED = {"open": False, "stock": (2, 0, 0, 2), "last": (1, None)}
OPENED = {"open": True, "stock": (2, 0, 0, 2), "last": (1, 3)}


def step(name: str, after: dict[str, object], **more: object) -> TraceStep:
    given: dict[str, object] = {"args": (), "resume": False, "choices": {}, "observed": {"moved": 0}, "decisions": (), **more}
    return TraceStep(step=name, actor=PROGRAM.steps[name].actor, after=after, **given)  # type: ignore[arg-type]


LASSO = Trace(
    consts=CONSTS,
    initial=START,
    steps=(
        step("thief", EMPTIED),
        step("ask", ASKED, args=((1, None),), choices={(7,): 1}, decisions=(DECISION,)),
        step("thief", OPENED),
        step("ask", ASKED, resume=True, decisions=(DECISION,), position="before lock till", cut=span("return NOW")),
    ),
    loop_start=2,
)
FAULTY = Trace(
    consts=CONSTS,
    initial=START,
    steps=(step("ask", START, args=((3, 1),), fault=Fault("index 4 is outside 0..3", span("stock[c.wants]"))),),
)


def result(*verdicts: Verdict, **more: object) -> CheckResult:
    return CheckResult(program=PROGRAM, config=BUSY, verdicts=verdicts, target="shop/desk.mmu", **more)  # type: ignore[arg-type]


VIOLATED = Verdict(PROGRESS, Word.VIOLATED, trace=LASSO)
