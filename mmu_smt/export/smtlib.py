"""Terms and machines as SMT-LIB 2.6 (logic QF_BV with Booleans).

A machine becomes functions `init`, `trans` and `bad`, and, for a number of transitions, the question whether a run of at most so many is
bad. Shared subterms are bound by `let`, all that do not depend on each other by one, so that the nesting stays as deep as the term.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mmu_smt.export.machine import Machine
from mmu_smt.model.term import Op, Term, topological


def sort(width: int) -> str:
    """The sort of terms of this width."""
    return f"(_ BitVec {width})" if width else "Bool"


def symbol(name: str) -> str:
    """A name as a quoted symbol."""
    return f"|{name}|"


def expression(root: Term, names: Mapping[str, str] | None = None) -> str:
    """A term as text. `names`: what stands for variables; by default their quoted names."""
    uses: dict[int, int] = {}
    order = topological((root,))
    for term in order:
        for arg in term.args:
            uses[arg.id] = uses.get(arg.id, 0) + 1
    shown: dict[int, str] = {}
    levels: dict[int, int] = {}
    bindings: dict[int, list[str]] = {}
    for term in order:
        level = max((levels[a.id] for a in term.args), default=0)
        text = _application(term, [shown[a.id] for a in term.args], names)
        if term.args and uses.get(term.id, 0) > 1:
            bindings.setdefault(level, []).append(f"(?{term.id} {text})")
            text, level = f"?{term.id}", level + 1
        shown[term.id], levels[term.id] = text, level
    opened = "".join(f"(let ({' '.join(bindings[level])})\n " for level in sorted(bindings))
    return opened + shown[root.id] + ")" * len(bindings)


def _application(term: Term, args: Sequence[str], names: Mapping[str, str] | None) -> str:
    match term.op:
        case Op.VAR:
            name = str(term.payload)
            return symbol(name) if names is None else names[name]
        case Op.CONST if term.width == 0:
            return "true" if term.payload else "false"
        case Op.CONST:
            return f"(_ bv{term.payload} {term.width})"
        case Op.EXTRACT:
            assert isinstance(term.payload, tuple)
            return f"((_ extract {term.payload[0]} {term.payload[1]}) {args[0]})"
        case Op.ZERO_EXTEND | Op.SIGN_EXTEND:
            return f"((_ {term.op} {term.payload}) {args[0]})"
        case _:
            return f"({term.op} {' '.join(args)})"


def smtlib(machine: Machine, bound: int | None = None) -> str:
    """The machine's functions; with `bound` the question whether a run of at most so many transitions is bad (`sat`: there is one)."""
    table = machine.table
    after = {str(v.payload): f"{v.payload}'" for v in machine.states}
    states, inputs = _parameters(machine.states), _parameters(machine.inputs)
    steps = [f"(= {symbol(after[n])} {expression(value)})" for n, value in machine.next.items()]
    constraint = table.and_(*machine.constraints)
    starts = table.and_(constraint, *[table.eq(v, machine.initial[n]) for v in machine.states if (n := str(v.payload)) in machine.initial])
    lines = [f"; {note}" for note in machine.notes]
    lines += ["(set-logic QF_BV)" if bound is not None else "(set-logic ALL)"]
    lines += [f"(define-fun init ({states}) Bool\n {expression(starts)})"]
    primed = " ".join(f"({symbol(after[str(v.payload)])} {sort(v.width)})" for v in machine.states)
    lines += [f"(define-fun trans ({states} {inputs} {primed}) Bool\n (and {expression(constraint)}\n  " + "\n  ".join(steps) + "))"]
    if machine.bad is not None:
        lines += [f"(define-fun bad ({states} {inputs}) Bool\n {expression(table.and_(constraint, machine.bad))})"]
    if bound is not None and machine.bad is not None:
        lines += _unrolled(machine, bound - machine.lag)
    return "\n".join(lines) + "\n"


def _unrolled(machine: Machine, last: int) -> list[str]:
    """Frames 0 to `last`; some frame is bad."""
    lines: list[str] = []

    def at(variables: Iterable[Term], t: int) -> str:
        return " ".join(symbol(f"{v.payload}@{t}") for v in variables)

    for t in range(last + 1):
        for variable in (*machine.states, *machine.inputs):
            lines.append(f"(declare-const {symbol(f'{variable.payload}@{t}')} {sort(variable.width)})")
    if last >= 0:
        lines.append(f"(assert {_call('init', at(machine.states, 0))})")
    for t in range(last):
        step = _call("trans", at(machine.states, t), at(machine.inputs, t), at(machine.states, t + 1))
        lines.append(f"(assert {step})")
    ends = [_call("bad", at(machine.states, t), at(machine.inputs, t)) for t in range(last + 1)]
    return [*lines, f"(assert (or false {' '.join(ends)}))" if ends else "(assert false)", "(check-sat)"]


def _call(function: str, *arguments: str) -> str:
    """An application; a function of nothing is a constant."""
    given = [a for a in arguments if a]
    return f"({function} {' '.join(given)})" if given else function


def _parameters(variables: Iterable[Term]) -> str:
    return " ".join(f"({symbol(str(v.payload))} {sort(v.width)})" for v in variables)
