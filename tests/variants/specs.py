"""Small broken systems whose smallest repairs are known."""

# Two callers and one lock: `acquire` ignores whether it was taken.
LOCK = """\
type Who = 0..1
enum Answer { ENTER, WAIT }

state held: bool = false
state inside: [Who]bool = fill(false)

fn test_and_set() -> bool {
    let was = held
    held = true
    return was
}

handler acquire(w: Who) -> Answer {
    if inside[w] {
        return WAIT
    }
    test_and_set()
    return ENTER
}

step enter(w: Who) by guest when !inside[w] {
    if acquire(w) == ENTER {
        inside[w] = true
    }
}

step leave(w: Who) by guest when inside[w] {
    inside[w] = false
    held = false
}

invariant exclusive { !(inside[0] && inside[1]) }

variant racy "the result is ignored" { }
"""

# To let nobody in is no repair: whoever asks for ever is let in, if those inside leave.
SERVED = (
    LOCK
    + """
progress served { recurs taken(enter)  never acquire.decides(ENTER) }
default config fair { enable leave weakly fair }
"""
)

# The smallest change that keeps `n` low is not to ask for `armed`; `unarmed_goes_on` forbids it.
ARMED = """\
enum Answer { GO, STOP }
const armed: bool
state n: 0..3 = 0

handler decide() -> Answer {
    if n >= 2 && armed {
        return STOP
    }
    return GO
}

step act() by guest {
    if decide() == GO && n < 3 {
        n += 1
    }
}

invariant low { n <= 2 }

variant lax "it does not always stop" { }
"""

UNARMED = ARMED + "\nstep property unarmed_goes_on { !armed => !decide.decides(STOP) }\n"

# A counter that has to stop at its end; `decide` does not look.
COUNTER = """\
param MAX: 1..7 = 3

enum Answer { GO, STOP }
state n: 0..MAX = 0
state done: bool = false
ghost stopped_late: bool = true
terminal done

fn full() -> bool {
    return n == MAX
}

handler decide(limit: 0..MAX) -> Answer {
    if n > limit && !full() {
        return STOP
    }
    return GO
}

step act() by guest when !done {
    if decide(MAX) == GO {
        if n < MAX {
            n += 1
        }
    } else {
        done = true
    }
}

progress ends { recurs taken(act)  never done' }
step property not_early { decide.decides(STOP) => n == MAX }

variant loud "it never stops" { }
"""

# What the property rests on is told by a ghost: to tell less is no repair.
TOLD = """\
enum Answer { OK, DENIED }
state armed: bool = true
state done: bool = false
ghost fired: bool = false
terminal done

fn fire() {
    fired = true
    armed = false
}

handler serve() -> Answer {
    if armed {
        fire()
        return OK
    }
    return DENIED
}

step act() by guest when !done {
    serve()
    done = true
}

step property never_fires { !fired }

variant trigger "it fires" { }
"""

# Nothing that the handler can say keeps `n` from growing.
HOPELESS = """\
enum Answer { A, B }
state n: 0..3 = 0
state flag: bool = false

handler decide() -> Answer {
    if flag {
        return A
    }
    return B
}

step act() by guest when n < 3 {
    decide()
    n += 1
}

step rest() by guest when n == 3 { }

invariant small { n < 3 }

variant doomed "the step is at fault" { }
"""
