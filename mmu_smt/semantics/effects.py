"""What functions do to the state, and the rules that follow: no recursion, effects only where the language allows them.

The checker of expressions and statements writes down what each body does and calls (`Uses`). When all bodies are known, `analyse` closes
this under calls and judges every call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mmu_smt.semantics.findings import Findings
from mmu_smt.semantics.limits import MAX_DEPTH
from mmu_smt.syntax.diagnostics import Note
from mmu_smt.syntax.source import Span


@dataclass(frozen=True, slots=True)
class Where:
    """What an expression may see and do, by the place where it stands. `what` names the place in messages ("an assumption").

    `consts`, `state`, `ghosts`: these may be read. `step`: primes and events may be used. `primed`: inside a primed expression.
    `pure`: no call may have an effect (else it may, at the places that the language lists).
    """

    what: str
    consts: bool = True
    state: bool = True
    ghosts: bool = False
    step: bool = False
    primed: bool = False
    pure: bool = True


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something holds of a body: a place in it, in words ("assigns `x`")."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class CallUse:
    """A call. `free`: at a place where an effect is allowed."""

    function: str
    span: Span
    free: bool
    where: Where


@dataclass(slots=True)
class Uses:
    """What one body or expression does by itself, each with its first place."""

    owner: str
    span: Span
    calls: list[CallUse] = field(default_factory=list[CallUse])
    events: dict[str, Span] = field(default_factory=dict[str, Span])
    effect: Reason | None = None  # changes state, locks, yields, chooses, labels a decision, is a handler
    ghost_write: Reason | None = None
    state_read: Reason | None = None
    handler: Reason | None = None
    labels: dict[str, Span] = field(default_factory=dict[str, Span])  # carried by its returns
    mentioned_rules: dict[str, Span] = field(default_factory=dict[str, Span])  # asked for by `decides`

    def has_effect(self, message: str, span: Span) -> None:
        self.effect = self.effect or Reason(message, span)


Trace = tuple[Reason, ...]  # from a body through calls to the place where something happens


@dataclass(frozen=True, slots=True)
class Effects:
    """Closed under calls, per function: why it is effectful, writes ghosts, reads state, calls a handler (absent: it does not)."""

    effectful: Mapping[str, Trace]
    ghost_writes: Mapping[str, Trace]
    state_reads: Mapping[str, Trace]
    handlers: Mapping[str, Trace]


def ordered(graph: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The nodes of a graph, successors first; and those left over, which are on or lead to a cycle (Kahn's algorithm)."""
    waiting = {node: {s for s in successors if s in graph} for node, successors in graph.items()}
    users: dict[str, list[str]] = {node: [] for node in graph}
    for node, successors in waiting.items():
        for successor in successors:
            users[successor].append(node)
    ready = [node for node, successors in waiting.items() if not successors]
    order: list[str] = []
    for node in ready:
        order.append(node)
        for user in users[node]:
            waiting[user].discard(node)
            if not waiting[user]:
                ready.append(user)
    return tuple(order), frozenset(graph).difference(order)


def report_cycles(
    graph: Mapping[str, Mapping[str, Span]], leftover: frozenset[str], findings: Findings, code: str, describe: Callable[[str], str]
) -> None:
    """One error for each cycle found by walking from a leftover node, with a note for each edge."""
    seen: set[str] = set()
    for start in graph:
        if start not in leftover:
            continue
        path: list[str] = []
        node = start
        while node not in seen:
            seen.add(node)
            path.append(node)
            following = next((s for s in graph[node] if s in leftover), None)
            if following is None:
                break
            node = following
        if node not in path:
            continue
        cycle = path[path.index(node) :]
        edges = [(a, b, graph[a][b]) for a, b in zip(cycle, [*cycle[1:], cycle[0]], strict=True) if b in graph[a]]
        if edges:
            notes = [Note(f"`{a}` uses `{b}` here", span) for a, b, span in edges[1:]]
            findings.error(code, describe(edges[0][0]), edges[0][2], *notes)


def analyse(functions: Mapping[str, Uses], others: Iterable[Uses], findings: Findings) -> Effects | None:
    """Close the functions' uses under calls and judge every call of functions and of `others` (steps, conditions, properties).

    Returns None, with errors reported, where there is recursion.
    """
    graph: dict[str, dict[str, Span]] = {}
    for name, uses in functions.items():
        edges = graph.setdefault(name, {})
        for call in uses.calls:
            edges.setdefault(call.function, call.span)
    order, leftover = ordered(graph)
    if leftover:
        report_cycles(graph, leftover, findings, "MS302", lambda name: f"`{name}` calls itself: recursion is not allowed")
        return None
    _check_depth(graph, order, functions, findings)
    effects = Effects(
        effectful=_close(functions, order, lambda u: u.effect),
        ghost_writes=_close(functions, order, lambda u: u.ghost_write),
        state_reads=_close(functions, order, lambda u: u.state_read),
        handlers=_close(functions, order, lambda u: u.handler),
    )
    for uses in (*functions.values(), *others):
        for call in uses.calls:
            _judge(call, effects, findings)
    return effects


def _check_depth(graph: Mapping[str, Mapping[str, Span]], order: Iterable[str], functions: Mapping[str, Uses], findings: Findings) -> None:
    depth: dict[str, int] = {}
    for name in order:
        depth[name] = 1 + max((depth.get(callee, 0) for callee in graph[name]), default=0)
        if depth[name] == MAX_DEPTH + 1:
            findings.error("MS510", f"calls from `{name}` are nested deeper than {MAX_DEPTH}", functions[name].span)


def _close(functions: Mapping[str, Uses], order: Iterable[str], own: Callable[[Uses], Reason | None]) -> dict[str, Trace]:
    closed: dict[str, Trace] = {}
    for name in order:
        uses = functions[name]
        reason = own(uses)
        if reason is not None:
            closed[name] = (reason,)
            continue
        for call in uses.calls:
            if (inner := closed.get(call.function)) is not None:
                closed[name] = (Reason(f"calls `{call.function}`", call.span), *inner)
                break
    return closed


def _judge(call: CallUse, effects: Effects, findings: Findings) -> None:
    where = call.where
    if (trace := effects.effectful.get(call.function)) is not None and not call.free:
        if where.pure:
            message = f"{where.what} must be pure, but `{call.function}` {trace[0].message}"
            findings.error("MS317", message, call.span, *explain(call.function, trace))
        else:
            message = f"`{call.function}` {trace[0].message}: a call with an effect cannot stand here"
            advice = Note(
                "allowed: as a statement, a right-hand side or a match subject, or in a condition under `!`, `&&`, `||` or left of a"
                " comparison"
            )
            findings.error("MS301", message, call.span, *explain(call.function, trace), advice)
    if not where.state and (trace := effects.state_reads.get(call.function)) is not None:
        message = f"{where.what} cannot see the state, but `{call.function}` {trace[0].message}"
        findings.error("MS318", message, call.span, *explain(call.function, trace))


def explain(function: str, trace: Trace) -> tuple[Note, ...]:
    """A note for each place on the way to the effect."""
    notes: list[Note] = []
    name = function
    for reason in trace:
        notes.append(Note(f"`{name}` {reason.message} here", reason.span))
        if reason.message.startswith("calls `"):
            name = reason.message.removeprefix("calls `").removesuffix("`")
    return tuple(notes)
