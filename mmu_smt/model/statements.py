"""Symbolic execution of inlined bodies: statements, calls, and the record of what handlers decide.

A body is walked once, in program order, with flows merged at every join; loops are unrolled. Where a step may be cut, the flow that
arrives is handed to a
`Cutter` and the walk goes on with the flow that resumes there, so a step and all its continuations are lowered in one walk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from mmu_smt.model.expressions import ExpressionWalker
from mmu_smt.model.flow import RETURNED, RULE, Flow, Joiner, Outcome, Returned, seen
from mmu_smt.model.symbolic import SVal, encode, equal, fit, parts, scalar, written
from mmu_smt.model.term import Op, Term
from mmu_smt.model.traits import Traits
from mmu_smt.semantics.program import (
    Assert,
    Assign,
    CallStatement,
    Choose,
    Decides,
    EventUse,
    For,
    Function,
    If,
    IndexStep,
    Let,
    Local,
    Lock,
    Match,
    Place,
    Primed,
    Program,
    Return,
    Site,
    Taken,
    TStmt,
    Yield,
)
from mmu_smt.semantics.types import Type, values
from mmu_smt.syntax.source import Span


@dataclass(frozen=True, slots=True)
class Decision:
    """A handler returned `value` under the rule register `rule`, whenever `condition` holds of the transition."""

    handler: str
    condition: Term
    value: SVal | None
    rule: Term


@dataclass(frozen=True, slots=True)
class CutPlace:
    """Where a step is cut. `phase` is `before` or `after` (a lock) or `at` (a yield); `scope` the locals in scope there.

    `result` is the type of the result that waits to be returned, `returning` whether a return (with or without result) is under way.
    """

    site: Site
    phase: str
    span: Span = field(repr=False)
    scope: tuple[Local, ...]
    returning: bool = False
    result: Type | None = None


class Cutter(Protocol):
    """Turns the flow that arrives at a cut into the one that resumes there."""

    def cut(self, place: CutPlace, flow: Flow, value: SVal | None) -> tuple[Flow, SVal | None]:
        """The resumed flow, and the result that waits to be returned."""
        ...


class BodyWalker(ExpressionWalker):
    """Walks the body of one step, or a pure function for a property (then without cutter and record)."""

    def __init__(
        self,
        program: Program,
        constants: Mapping[str, SVal],
        joiner: Joiner,
        traits: Traits,
        *,
        choose: Callable[[Site, Local], SVal],
        cutter: Cutter | None = None,
        recording: bool = False,
    ) -> None:
        super().__init__(program, constants, joiner, traits)
        self.decisions: list[Decision] = []
        self.assigned: dict[str, dict[Span, None]] = {}
        self._choose = choose
        self._cutter = cutter
        self._recording = recording
        self._path: list[int] = []
        self._scope: list[Local] = []
        self._locks = 0
        self._handlers = 0
        self._returns: list[Type | None] = [None]
        self._rules = {rule: i + 1 for i, rule in enumerate(program.rules)}
        self._pending: dict[tuple[int, int], Local] = {}

    def reference(self, expr: Primed | Decides | Taken | EventUse, flow: Flow) -> SVal:
        raise ValueError(f"{type(expr).__name__} in a body")

    def declare(self, local: Local, value: SVal, flow: Flow) -> None:
        """Bring a local into scope."""
        self._scope.append(local)
        flow.store[local] = value

    def _forget(self, flow: Flow | None, locals_: list[Local]) -> None:
        if flow is not None:
            for local in locals_:
                flow.store.pop(local, None)

    # ------------------------------------------------------------------------------------------ blocks

    def block(self, statements: tuple[TStmt, ...], flow: Flow) -> Outcome:
        """The outcome of a block; its locals go out of scope at its end."""
        mark, since = len(self._scope), flow.epoch
        exits: list[tuple[Returned, Term]] = []
        current: Flow | None = flow
        for statement in statements:
            outcome = self._statement(statement, current)
            if outcome.exit is not None:
                exits.append((outcome.exit, outcome.returns))
            current = outcome.fall
            if current is None:
                break
        declared = self._scope[mark:]
        del self._scope[mark:]
        self._forget(current, declared)
        for leaving, _ in exits:
            self._forget(leaving.flow, declared)
        return self.joiner.sequence(exits, current, since)

    def _statement(self, statement: TStmt, flow: Flow) -> Outcome:
        match statement:
            case Let():
                self.declare(statement.local, self._fitted(statement.value, statement.local.type, flow), flow)
            case Assign():
                self._assign(statement, flow)
            case If():
                return self._if(statement, flow)
            case CallStatement():
                self.call(statement.function, [self.evaluate(a, flow) for a in statement.args], statement.id, flow)
            case Return():
                return self._return(statement, flow)
            case Match():
                return self._match(statement, flow)
            case For():
                return self._for(statement, flow)
            case Choose():
                self.declare(statement.local, self._choose((*self._path, statement.id), statement.local), flow)
            case Assert():
                holds = self.condition(statement.condition, flow)
                self.fault(flow, self.table.not_(holds), "assertion failed", statement.span)
            case Lock():
                return self._lock(statement, flow)
            case Yield():
                if self._may_cut():
                    place = CutPlace((*self._path, statement.id), "at", statement.span, tuple(self._scope))
                    flow, _ = self._cut(place, flow, None)
            case _:
                assert_never(statement)
        return Outcome(flow, None, self.table.false)

    # ------------------------------------------------------------------------------------------ branching

    def _if(self, statement: If, flow: Flow) -> Outcome:
        table = self.table
        condition = self.condition(statement.condition, flow)
        if condition is table.true:
            return self.block(statement.then, flow)
        if condition is table.false:
            return self.block(statement.orelse, flow)
        entry, since = flow.condition, flow.epoch
        then = self.block(statement.then, flow.under(table.and_(entry, condition)))
        orelse = self.block(statement.orelse, flow.under(table.and_(entry, table.not_(condition))))
        return self.joiner.outcomes(condition, then, orelse, entry, since)

    def _match(self, statement: Match, flow: Flow) -> Outcome:
        """A chain of conditions over the arms; the last arm needs none, since the arms are exhaustive."""
        table = self.table
        subject = self.evaluate(statement.subject, flow)
        since, rest = flow.epoch, flow.condition
        chain: list[tuple[Term, Outcome, Term]] = []
        last: Outcome | None = None
        for number, arm in enumerate(statement.arms):
            condition = table.true
            if arm.values is not None and number < len(statement.arms) - 1:
                condition = table.or_(
                    *[equal(table, statement.subject.type, subject, encode(table, statement.subject.type, value)) for value in arm.values]
                )
            if condition is table.false:
                continue
            outcome = self.block(arm.body, flow.under(table.and_(rest, condition)))
            if condition is table.true:
                last = outcome
                break
            chain.append((condition, outcome, rest))
            rest = table.and_(rest, table.not_(condition))
        assert last is not None
        for condition, outcome, entry in reversed(chain):
            last = self.joiner.outcomes(condition, outcome, last, entry, since)
        return last

    def _for(self, statement: For, flow: Flow) -> Outcome:
        since = flow.epoch
        exits: list[tuple[Returned, Term]] = []
        current: Flow | None = flow
        for turn, value in enumerate(values(statement.local.type)):
            self._path.append(-(turn + 1))
            self.declare(statement.local, encode(self.table, statement.local.type, value), current)
            outcome = self.block(statement.body, current)
            self._scope.pop()
            self._path.pop()
            current = outcome.fall
            self._forget(current, [statement.local])
            if outcome.exit is not None:
                self._forget(outcome.exit.flow, [statement.local])
                exits.append((outcome.exit, outcome.returns))
            if current is None:
                break
        return self.joiner.sequence(exits, current, since)

    def _return(self, statement: Return, flow: Flow) -> Outcome:
        value: SVal | None = None
        if statement.value is not None:
            result = self._returns[-1]
            value = self.evaluate(statement.value, flow)
            if result is not None:
                value = fit(self.table, value, statement.value.type, result)
        if statement.rule is not None and self._recording and self._handlers:
            flow.store[RULE] = self.rule(statement.rule)
        return Outcome(None, Returned(flow, value), self.table.true)

    def rule(self, name: str | None) -> Term:
        """A rule label's encoding in the rule register."""
        return self.table.const(self._rules[name] if name is not None else 0, rule_width(self.program))

    # ------------------------------------------------------------------------------------------ cuts

    def _may_cut(self) -> bool:
        return self._cutter is not None and self._locks == 0

    def _cut(self, place: CutPlace, flow: Flow, value: SVal | None) -> tuple[Flow, SVal | None]:
        assert self._cutter is not None
        resumed, waiting = self._cutter.cut(place, flow, value)
        resumed.epoch = self.joiner.new_epoch()
        return resumed, waiting

    def _lock(self, statement: Lock, flow: Flow) -> Outcome:
        """Cuts before and after an outermost lock; a return from within releases the lock first, with its result waiting."""
        if not self._may_cut():
            return self.block(statement.body, flow)
        site, scope = (*self._path, statement.id), tuple(self._scope)
        flow, _ = self._cut(CutPlace(site, "before", statement.span, scope), flow, None)
        self._locks += 1
        inside = self.block(statement.body, flow)
        self._locks -= 1
        fall, leaving = inside.fall, inside.exit
        if fall is not None:
            fall, _ = self._cut(CutPlace(site, "after", statement.span, scope), fall, None)
        if leaving is not None:
            result = self._returns[-1] if leaving.value is not None else None
            place = CutPlace(site, "after", statement.span, scope, returning=True, result=result)
            leaving = Returned(*self._cut(place, leaving.flow, leaving.value))
        return Outcome(fall, leaving, self.joiner.tell(fall, leaving))

    # ------------------------------------------------------------------------------------------ assignment

    def _assign(self, statement: Assign, flow: Flow) -> None:
        target = statement.target
        indices = [self.index(s.index, s.array, flow) for s in target.steps if isinstance(s, IndexStep)]
        mark = len(self._scope)
        held = self._hold(statement, indices, flow)
        value = self._fitted(statement.value, target.type, flow)
        indices = [scalar(flow.store[i]) if isinstance(i, Local) else i for i in held]
        self._forget(flow, self._scope[mark:])
        del self._scope[mark:]
        root = target.root
        if isinstance(root, str):
            self.assigned.setdefault(root, {})[statement.span] = None
        flow.store[root] = self._updated(target, 0, flow.store[root], indices, value)

    def _hold(self, statement: Assign, indices: list[Term], flow: Flow) -> list[Term | Local]:
        """Where the assigned value may be cut, indices computed before it are kept as nameless locals."""
        if not self._may_cut() or not self.traits.touches(statement.value):
            return list(indices)
        held: list[Term | Local] = []
        arrays = [s.array for s in statement.target.steps if isinstance(s, IndexStep)]
        for number, (index, array) in enumerate(zip(indices, arrays, strict=True)):
            if index.op is Op.CONST:
                held.append(index)
                continue
            key = (statement.id, number)
            local = self._pending.get(key)
            if local is None:
                local = self._pending[key] = Local(-(1 + statement.id * 16 + number), "index", array.index, statement.span)
            self.declare(local, index, flow)
            held.append(local)
        return held

    def _updated(self, place: Place, level: int, old: SVal, indices: list[Term], value: SVal) -> SVal:
        """The root's new value: the part that `steps[level:]` addresses in `old` replaced."""
        if level == len(place.steps):
            return value
        step = place.steps[level]
        elements = parts(old)
        if not isinstance(step, IndexStep):
            inner = self._updated(place, level + 1, elements[step.position], indices, value)
            return (*elements[: step.position], inner, *elements[step.position + 1 :])
        index, rest = indices[0], indices[1:]
        return written(self.table, elements, step.array.index, index, lambda e: self._updated(place, level + 1, e, rest, value))

    # ------------------------------------------------------------------------------------------ calls

    def call(self, function: str, args: list[SVal], call: int, flow: Flow) -> SVal | None:
        callee = self.program.functions[function]
        records = callee.is_handler and self._recording
        outermost = records and self._handlers == 0
        if outermost:
            self._enter(flow)
        self._path.append(call)
        self._handlers += records
        self._returns.append(callee.returns)
        entry, since, mark = flow.condition, flow.epoch, len(self._scope)
        for param, value in zip(callee.params, args, strict=True):
            self.declare(param, value, flow)
        result = self._finish(callee, self.block(callee.body, flow), entry, since, flow)
        del self._scope[mark:]
        self._returns.pop()
        self._handlers -= records
        self._path.pop()
        if records:
            self.decisions.append(Decision(function, flow.condition, result, scalar(flow.store[RULE])))
        if outermost:
            self._leave(flow)
        return result

    def _finish(self, callee: Function, outcome: Outcome, entry: Term, since: int, flow: Flow) -> SVal | None:
        """Join what falls off the end of a function with its returns. Without a cut inside, all that entered comes out."""
        fall = Returned(outcome.fall, None) if outcome.fall is not None else None
        joined = self.joiner.exits(outcome.exit, fall, outcome.returns, since, entry)
        assert joined is not None
        if joined.flow.epoch == since:
            joined.flow.condition = entry
        self._forget(joined.flow, list(callee.params))
        flow.become(joined.flow)
        return joined.value

    def ghost_default(self, name: str) -> SVal:
        """A ghost's default, a constant."""
        variable = self.program.ghosts[name]
        assert variable.initial is not None
        return self._fitted(variable.initial, variable.type, Flow(self.table.true, {}))

    def _enter(self, flow: Flow) -> None:
        for ghost in self.program.ghosts:
            flow.store[ghost] = self.ghost_default(ghost)
        flow.store[RULE] = self.rule(None)

    def _leave(self, flow: Flow) -> None:
        for ghost in self.program.ghosts:
            flow.store[seen(ghost)] = flow.store[ghost]
        flow.store[RETURNED] = self.table.true


def rule_width(program: Program) -> int:
    """Width of the rule register."""
    return code_width(len(program.rules) + 1)


def code_width(count: int) -> int:
    """Width of an encoding with `count` codes."""
    return max(1, (count - 1).bit_length())
