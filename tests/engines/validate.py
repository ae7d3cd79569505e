"""Does a claimed run do what its query says? Evaluated transition by transition on integers."""

from __future__ import annotations

from collections.abc import Mapping

from mmu_smt.engines.dependencies import Cones
from mmu_smt.engines.result import RawRun
from mmu_smt.model.evaluate import evaluate
from mmu_smt.model.inputs import SELECTOR
from mmu_smt.model.system import ProgressQuery, SafetyQuery, TransitionSystem
from mmu_smt.model.term import Term


def validate(system: TransitionSystem, query: SafetyQuery | ProgressQuery, run: RawRun, fewest_env: int | None) -> str | None:
    """What is wrong with the run, or None. States are recomputed from the first one; claimed values must agree."""
    state = dict(run.frames[0])
    if not all(evaluate([system.init, system.domain_state, system.assumptions], {**run.consts, **state})):
        return "the first state is not initial"
    faulting = isinstance(query, SafetyQuery) and query.faulting
    states = [state]
    holds: list[Mapping[str, int]] = []
    for i, inputs in enumerate(run.inputs):
        scope = {**run.consts, **states[-1], **inputs}
        after = dict(zip(system.next, evaluate(system.next.values(), scope), strict=True))
        scope |= {str(system.primed[n].payload): v for n, v in after.items()}
        holds.append(scope)
        last_fault = faulting and i == len(run.inputs) - 1
        in_loop = run.loop_start is not None and i >= run.loop_start
        if not last_fault and not evaluate([system.step_ok_loop if in_loop else system.step_ok], scope)[0]:
            return f"transition {i} cannot be taken"
        states.append(after)
    for i, frame in enumerate(run.frames):
        if any(states[i][n] != v for n, v in frame.items()):
            return f"frame {i} is not what the transitions give"
    env = sum(any(c.actor == "env" and c.index == s.get(SELECTOR) for c in system.choices) for s in run.inputs)
    if fewest_env is not None and any(c.actor == "env" for c in system.choices) and env != fewest_env:
        return f"{env} env transitions, {fewest_env} suffice"
    if isinstance(query, SafetyQuery):
        scope = {**run.consts, **states[-1]} if query.on_state else holds[-1]
        return None if evaluate([query.bad], scope)[0] else "the end is not bad"
    return _lasso(system, query, run, states, holds) if run.loop_start is not None else _count(query, holds)


def _count(query: ProgressQuery, holds: list[Mapping[str, int]]) -> str | None:
    count = 0
    for scope in holds:
        recurs, never = evaluate([query.recurs, query.never], scope)
        count = 0 if never else count + recurs
    assert isinstance(query.within, int)
    return None if count == query.within + 1 else f"the run ends with a count of {count}"


def _lasso(
    system: TransitionSystem, query: ProgressQuery, run: RawRun, states: list[dict[str, int]], holds: list[Mapping[str, int]]
) -> str | None:
    assert run.loop_start is not None
    cone = Cones(system).of_progress(query)
    if any(states[-1][n] != states[run.loop_start][n] for n in cone):
        return "the loop does not close"
    loop = holds[run.loop_start :]
    if not any(evaluate([query.recurs], s)[0] for s in loop) or any(evaluate([query.never], s)[0] for s in loop):
        return "the loop's events are not the query's"
    if query.within is not None:
        return None

    def always(term: Term) -> bool:
        return all(evaluate([term], s)[0] for s in loop)

    def ever(term: Term) -> bool:
        return any(evaluate([term], s)[0] for s in loop)

    for fair in system.fairness:
        starved = ever(fair.enabled) if fair.strong else always(fair.enabled)
        if starved and not ever(fair.taken):
            return f"unfair to {fair.label}"
    return None
