"""A small handler with variants whose differences are known."""

from __future__ import annotations

SPEC = """\
const direct: bool
const size: 0..3
state page: bool
state turn: 0..3 = 0
state kept: 0..3 = 0
state done: bool = false
ghost seen: bool = false
terminal done
rule quick, slow
enum Answer { RETRY, EMULATE }
init invariant known { turn < 3 }

fn zap() -> bool {
    let found = page
    page = false
    return found
}

fn tick() {
    turn = turn == 0 ? 1 : 0
}

handler decide(write: bool) -> Answer {
    seen = write
    if direct && write {
        zap()
        return RETRY @quick
    }
    return EMULATE
}

step attempt(write: bool) by guest when !done {
    if decide(write) == EMULATE {
        done = true
    }
    tick()
}

step restore() by env when !page {
    page = true
}

progress ends { recurs taken(attempt) never done' }
step property zaps { decide.decides(RETRY) => page && !page' }
cover retries { decide.decides(RETRY) }

config direct_only { assume is_direct { direct } }
config indirect_only { assume is_indirect { !direct } }
config restored { enable restore }

variant one { }
"""


def two(body: str, *, rest: str = "") -> str:
    """The text with a variant `two` whose handler has this body."""
    return SPEC + "variant two of one {\n override handler decide(write: bool) -> Answer {\n" + body + "\n}\n" + rest + "}\n"


SAME = "seen = write if direct && write { zap() return RETRY @quick } return EMULATE"
REWRITTEN = "seen = write if !direct || !write { return EMULATE } zap() return RETRY @quick"
ONLY_IF_ZAPPED = "seen = write if direct && write && zap() { return RETRY @quick } return EMULATE"
NO_ZAP = "seen = write if direct && write { return RETRY @quick } return EMULATE"
OTHER_LABEL = "seen = write if direct && write { zap() return RETRY @slow } return EMULATE"
OTHER_GHOST = "if direct && write { zap() return RETRY @quick } return EMULATE"
ON_ODD_TURNS = "seen = write if turn == 1 { return EMULATE } if direct && write { zap() return RETRY @quick } return EMULATE"
ON_TURN_TWO = "seen = write if turn == 2 { return EMULATE } if direct && write { zap() return RETRY @quick } return EMULATE"
KEEPS_SIZE = "seen = write if direct && write { zap() kept = size return RETRY @quick } return EMULATE"
FAULTS = "seen = write if direct && write { zap() kept = size + 1 kept = 0 return RETRY @quick } return EMULATE"
MATCHED = (
    "seen = write match turn { 0 => { if direct && write { zap() return RETRY @quick } }"
    " 1, 2 => { return EMULATE } _ => { } } return EMULATE"
)

BODIES = {
    "same": SAME,
    "rewritten": REWRITTEN,
    "only if zapped": ONLY_IF_ZAPPED,
    "no zap": NO_ZAP,
    "other label": OTHER_LABEL,
    "other ghost": OTHER_GHOST,
    "on odd turns": ON_ODD_TURNS,
    "on turn two": ON_TURN_TWO,
    "keeps size": KEEPS_SIZE,
    "faults": FAULTS,
    "matched": MATCHED,
}
