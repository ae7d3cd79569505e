"""Terms for people, as the language would write them. Nothing rests on it."""

from __future__ import annotations

from mmu_smt.model.term import Op, Term, topological

MOST = 4_000
"""Characters of a text; what is longer is cut."""

_INFIX = {
    Op.AND: "&&", Op.OR: "||", Op.EQ: "==", Op.BVULT: "<", Op.BVULE: "<=", Op.BVSLT: "<", Op.BVSLE: "<=", Op.BVADD: "+", Op.BVSUB: "-",
    Op.BVMUL: "*", Op.BVUDIV: "/", Op.BVUREM: "%", Op.BVAND: "&", Op.BVOR: "|", Op.BVXOR: "^", Op.BVSHL: "<<", Op.BVLSHR: ">>",
}  # fmt: skip


def rendered(root: Term) -> str:
    """A term over variables of the system. Numbers stand for themselves: what they encode is not looked up."""
    texts: dict[int, str] = {}
    for term in topological((root,)):
        args = [texts[a.id] for a in term.args]
        texts[term.id] = _cut(_text(term, args))
    text = texts[root.id]
    return text[1:-1] if text.startswith("(") and root.op in _INFIX else text


def _text(term: Term, args: list[str]) -> str:
    match term.op:
        case Op.VAR:
            return str(term.payload)
        case Op.CONST:
            return str(term.payload) if term.width else "true" if term.payload else "false"
        case Op.NOT if term.args[0].op is Op.EQ:
            return args[0].replace(" == ", " != ", 1) if args[0].count(" == ") == 1 else f"!{args[0]}"
        case Op.NOT:
            return f"!{args[0]}"
        case Op.ITE:
            return f"({args[0]} ? {args[1]} : {args[2]})"
        case Op.ZERO_EXTEND:
            return args[0]
        case Op.EXTRACT:
            assert isinstance(term.payload, tuple)
            high, low = term.payload
            moved = f"{args[0]} / {1 << low}" if low else args[0]
            return f"({moved} % {1 << (high - low + 1)})" if high + 1 < term.args[0].width else f"({moved})" if low else moved
        case op if op in _INFIX:
            return f"({f' {_INFIX[op]} '.join(args)})"
        case op:
            return f"{op.value}({', '.join(args)})"


def _cut(text: str) -> str:
    return text if len(text) <= MOST else text[:MOST] + "…"
